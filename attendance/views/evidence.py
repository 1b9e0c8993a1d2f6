"""Evidence of a lesson online: who sends it up does not see it again, two roles look, each look leaves a line."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from attendance.actions import evidence as actions
from attendance.actions.papers import papers_of, places_of
from attendance.forms.papers import EvidenceForm
from attendance.models import Delivery, Lesson, LessonEvidence
from attendance.models.papers import EVIDENCE_READERS, SENDERS
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.files import open_file
from kvs.models import AccessEvent, Role, SealedFile
from kvs.pages import form_page
from kvs.pictures import JPEG, PDF, as_download
from kvs.retention import period_of
from kvs.vocabulary import LESSON_EVIDENCE_PERIOD

ENDINGS = {JPEG: "jpg", PDF: "pdf"}


@require_http_methods(["GET", "POST"])
@role_required(Role.TEACHER, *EVIDENCE_READERS)
def lesson_evidence(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The evidence of a lesson that was online, and a form to send up more."""
    lessons = Lesson.objects.visible_to(request.user).filter(delivery=Delivery.ONLINE)
    lesson = get_object_or_404(lessons.select_related("group", "register"), pk=pk)
    if not request.user.has_role(*SENDERS) or not papers_of(request.user).filter(pk=pk).exists():
        return _page(request, lesson, None)
    places = places_of(lesson)
    people = [place.enrolment.programme.student.audit_id for place in places]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    return _page(request, lesson, EvidenceForm(*sent, places=places))


def _page(request: KvsRequest, lesson: Lesson, form: EvidenceForm | None) -> HttpResponse:
    found = LessonEvidence.objects.known_to(request.user).filter(lesson=lesson).select_related("added_by").with_people()
    period = period_of(LESSON_EVIDENCE_PERIOD)
    may_look = set(LessonEvidence.objects.visible_to(request.user).filter(lesson=lesson).values_list("pk", flat=True))
    context = {
        "lesson": lesson,
        "lines": [(row, row.pk in may_look, actions.why_closed(row, period), actions.kept_until(row, period)) for row in found],
    }
    if form is None:
        if request.method == "POST":
            raise Http404
        return render(request, "attendance/evidence.html", context)

    def act() -> LessonEvidence:
        typed = form.cleaned_data
        return actions.add_evidence(
            lesson=lesson, kind=typed["kind"], content=typed["file"].read(), enrolments=typed["people"], by=request.user
        )

    def done(_made: LessonEvidence) -> str:
        messages.success(request, _("The proof of %(day)s is kept, sealed.") % {"day": date_format(lesson.day)})
        return reverse("attendance:evidence", args=[lesson.pk])

    return form_page(request, form, act=act, done=done, template="attendance/evidence.html", **context)


def _visible(request: KvsRequest, pk: uuid.UUID) -> LessonEvidence:
    rows = LessonEvidence.objects.visible_to(request.user).select_related("file__sealed", "lesson__group")
    return get_object_or_404(rows.with_people(), pk=pk)


@require_GET
@role_required(*EVIDENCE_READERS)
def evidence_file(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Look at it. Everybody in it sees in the own pages that it was opened, by whom and why: each time."""
    row = _visible(request, pk)
    if closed := actions.why_closed(row, period_of(LESSON_EVIDENCE_PERIOD)):
        messages.error(request, closed)
        return redirect("attendance:evidence", pk=row.lesson_id)
    try:
        content = open_file(row.file)
    except SealedFile.DoesNotExist as expired:
        raise Http404 from expired
    people = row.file.people.values_list("audit_id", flat=True)
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.DETAIL, reason="lesson_evidence")
    ending = ENDINGS.get(row.file.content_type, "txt")
    return as_download(content, row.file.content_type, f"online-les-{row.lesson.day:%Y-%m-%d}.{ending}")


@require_http_methods(["GET", "POST"])
@role_required(*EVIDENCE_READERS)
def evidence_remove(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Throw it away before its time, for instance because somebody in it objects."""
    row = _visible(request, pk)
    if request.method == "POST":
        actions.remove_evidence(evidence=row, by=request.user)
        messages.success(request, _("The proof is thrown away."))
        return redirect("attendance:evidence", pk=row.lesson_id)
    return render(request, "attendance/evidence_remove.html", {"row": row})

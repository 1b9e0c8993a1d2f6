"""Following up absence: what is due, the page of one student's follow-up, its steps and letters."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.db.models.functions import Coalesce
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance import letters
from attendance.actions import follow_up as actions
from attendance.forms.follow_up import CloseForm, FollowUpFilter, StepForm
from attendance.missing import number_missing
from attendance.models import AbsenceLetter, FollowUp, FollowUpStep, SignalLesson
from attendance.models.follow_up import FOLLOW_UP_READERS, FOLLOW_UP_WRITERS, LETTERS, OUTCOMES, FollowUpQuerySet, Outcome, Step
from attendance.views.missing import DECIDERS, follow_up_tabs
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.categories import ATTENDANCE
from kvs.drafts import form_data
from kvs.jobs import start_job
from kvs.models import AccessEvent, Job, User
from kvs.pages import Sorts, counted, form_page, list_page
from kvs.pdf import PdfUnavailable
from students.models import Student
from students.views.people import student_tabs, with_groups
from students.views.portal import own_file

NAME = "programme__student__sort_key"
DAY = Coalesce("due_on", "closed_on")
SORTS: Sorts = {"due": (DAY, NAME, "pk"), "name": (NAME, "pk"), "step": ("next_step", DAY, NAME, "pk")}
FINDING = "attendance.signals"


@require_GET
@role_required(*FOLLOW_UP_READERS)
def follow_ups(request: KvsRequest) -> HttpResponse:
    """Follow-ups by the day their next step is due (`?toon=nu`, `?toon=gesloten`). Ordered by day or name, by nothing else."""
    today = timezone.localdate()
    everything = FollowUp.objects.visible_to(request.user).usable()
    chosen = FollowUpFilter(request.GET)
    found = _chosen(everything, chosen).select_related("programme__student").only(*NEEDED)
    page = list_page(request, found, among=everything, sorts=SORTS)
    seen = [row.programme.student.audit_id for row in page.rows]
    audit.log_access(request.user, office_role(request.user), seen, AccessEvent.Kind.LIST)
    context = {
        "page": page,
        "filter": chosen,
        "count": counted(found)[0],
        "late": everything.open().filter(due_on__lt=today).count(),
        "today": today,
        "finding": Job.objects.unfinished().filter(kind=FINDING).exists(),
        "may_act": request.user.has_role(*FOLLOW_UP_WRITERS),
        "may_decide": request.account.has_role(*DECIDERS),
        "tabs": follow_up_tabs(request.account, "attendance:follow_ups", missing=number_missing(request.account)),
    }
    return render(request, "attendance/follow_ups.html", context)


# Names only: the sealed columns of the programme stay unread.
NEEDED = (
    *("opened_on", "next_step", "due_on", "closed_on", "version", "programme__id"),
    *(f"programme__student__{name}" for name in ("audit_id", "given_names", "call_name", "infix", "surname", "restricted")),
)


def _chosen(found: FollowUpQuerySet, chosen: FollowUpFilter) -> FollowUpQuerySet:
    show = chosen.cleaned_data["toon"] if chosen.is_valid() else ""
    if show == "nu":
        return found.due(timezone.localdate())
    return found.filter(closed_on__isnull=False) if show == "gesloten" else found.open()


@require_POST
@role_required(*FOLLOW_UP_WRITERS)
def signals_find(request: KvsRequest) -> HttpResponse:
    """Look at the registers now instead of tonight, unless that is being done."""
    if not Job.objects.unfinished().filter(kind=FINDING).exists():
        start_job(FINDING, {}, by=request.user)
    messages.info(request, _("The registers are being looked at. New signals are in this list in a minute."))
    return redirect("attendance:follow_ups")


def _one(request: KvsRequest, pk: uuid.UUID) -> FollowUp:
    """A follow-up the user may read, or 404; that it was opened stands in the file of the person."""
    row = get_object_or_404(FollowUp.objects.visible_to(request.user).select_related("programme__student").only(*NEEDED), pk=pk)
    kind = AccessEvent.Kind.DETAIL
    audit.log_access(request.user, office_role(request.user), [row.programme.student.audit_id], kind)
    return row


@require_GET
@role_required(*FOLLOW_UP_READERS)
def follow_up(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """One follow-up: the signals with the lessons that made them, what was done, and the one thing to do next."""
    row = _one(request, pk)
    locked = ATTENDANCE.code in row.programme.student.restricted
    context = {
        "row": row,
        "student": row.programme.student,
        "signals": signals_of(row),
        "steps": history_of(row),
        "today": timezone.localdate(),
        "locked": locked,
        "may_act": request.user.has_role(*FOLLOW_UP_WRITERS) and not locked and row.closed_on is None,
        "is_letter": row.next_step in LETTERS,
        "is_report": row.next_step == Step.REPORT,
        "has_client": actions.has_client(row.programme_id, timezone.localdate()),
    }
    return render(request, "attendance/follow_up.html", context)


def signals_of(row: FollowUp) -> list[Any]:
    """The signals with their lessons in order; each lesson with the mark as it stands now."""
    lines = SignalLesson.objects.select_related("mark__lesson__group").order_by("mark__lesson__starts_at")
    return list(row.signals.select_related("client").prefetch_related(Prefetch("lines", lines)))


def history_of(row: FollowUp) -> list[tuple[FollowUpStep, str, AbsenceLetter | None]]:
    """What was done, the last first: the step, who did it, and its letter."""
    steps = list(row.steps.order_by("-at"))
    people = {user.audit_id: user.full_name for user in User.objects.filter(audit_id__in=[step.by_audit_id for step in steps])}
    written = {letter.step_id: letter for letter in AbsenceLetter.objects.filter(step__in=steps).defer("page")}
    return [(step, people.get(step.by_audit_id, _("somebody who is no longer here")), written.get(step.pk)) for step in steps]


def _page(row: FollowUp, title: str, verb: str) -> dict[str, Any]:
    back = reverse("attendance:follow_up", args=[row.pk])
    return {"title": title, "verb": verb, "parent": row.programme.student.full_name, "parent_url": back, "row": row}


@require_http_methods(["GET", "POST"])
@role_required(*FOLLOW_UP_WRITERS)
def follow_up_step(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Record how the next step went. A report to the client is recorded where disclosures are; here it is passed over."""
    row = _one(request, pk)
    if row.closed_on:
        raise Http404
    outcomes = [one for one in OUTCOMES[row.next_step] if one != Outcome.REPORTED]
    form = StepForm(form_data(request), outcomes=outcomes, version=row.version)

    def act() -> FollowUpStep:
        said = {name: form.cleaned_data[name] for name in ("outcome", "skipped", "done_on")}
        return actions.take_step(follow_up=row, version=form.cleaned_data["version"] or 0, by=request.user, **said)

    def done(_made: FollowUpStep) -> str:
        messages.success(request, _("Recorded. The next step stands on this page."))
        return reverse("attendance:follow_up", args=[row.pk])

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="attendance/follow_up_step.html",
        is_letter=row.next_step in LETTERS,
        is_report=row.next_step == Step.REPORT,
        **_page(row, str(capfirst(str(Step(row.next_step).label))), _("Record")),
    )


@require_http_methods(["GET", "POST"])
@role_required(*FOLLOW_UP_WRITERS)
def follow_up_close(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """End a follow-up, with the reason."""
    row = _one(request, pk)
    if row.closed_on:
        raise Http404
    form = CloseForm(form_data(request), version=row.version)

    def act() -> FollowUpStep:
        said = {name: form.cleaned_data[name] for name in ("because", "done_on")}
        return actions.close_follow_up(follow_up=row, version=form.cleaned_data["version"] or 0, by=request.user, **said)

    def done(_made: FollowUpStep) -> str:
        messages.success(request, _("The follow-up is closed."))
        return reverse("attendance:follow_ups")

    return form_page(request, form, act=act, done=done, **_page(row, _("Close the follow-up"), _("Close")))


# --- letters


@require_GET
@role_required(*FOLLOW_UP_WRITERS)
def letter_preview(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The next letter as it would be given today. Nothing is kept."""
    row = _one(request, pk)
    if row.next_step not in LETTERS or ATTENDANCE.code in row.programme.student.restricted:
        raise Http404
    page = letters.absence_letter(row, row.next_step, timezone.localdate())
    return letter_answer(page, "brief-voorbeeld.pdf")


@require_GET
@role_required(*FOLLOW_UP_READERS)
def letter_file(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """A letter as it was given."""
    letter = get_object_or_404(AbsenceLetter.objects.visible_to(request.user).select_related("step__follow_up"), pk=pk)
    _one(request, letter.step.follow_up_id)
    return letter_answer(letter.page, FILE_NAMES[letter.step.kind])


FILE_NAMES: dict[str, str] = {
    Step.LETTER_1: "brief-1.pdf",
    Step.LETTER_2: "brief-2.pdf",
    Step.LETTER_3: "brief-3.pdf",
    Step.REPORT: "verzuimmelding.pdf",
}


def letter_answer(page: str, name: str) -> HttpResponse:
    """A letter as a PDF; as a page to print where no PDF can be made."""
    try:
        made = letters.as_pdf(page)
    except PdfUnavailable:
        return HttpResponse(page)
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


# --- the student


@require_GET
@role_required(*FOLLOW_UP_READERS)
def student_follow_ups(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Tab of the student page: the follow-ups of somebody's absence."""
    student = get_object_or_404(with_groups(Student.objects.visible_to(request.user)), pk=pk)
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    found = FollowUp.objects.visible_to(request.user).filter(programme__student=student)
    context = {
        "student": student,
        "rows": found.only(*NEEDED).select_related("programme__student").order_by("-opened_on", "pk"),
        "today": timezone.localdate(),
        "tabs": student_tabs(request.account, student, "attendance:student_follow_ups"),
    }
    return render(request, "attendance/student_follow_ups.html", context)


@require_GET
@own_file
def own_letters(request: KvsRequest, student: Student) -> HttpResponse:
    """The letters the school wrote about lessons I missed: to me, and to who pays for my course."""
    found = AbsenceLetter.objects.visible_to(request.user).filter(step__follow_up__programme__student=student)
    return render(request, "portal/letters.html", {"letters": found.select_related("step").defer("page")})


@require_GET
@own_file
def own_letter(request: KvsRequest, student: Student, pk: uuid.UUID) -> HttpResponse:
    """One of my letters."""
    mine = AbsenceLetter.objects.visible_to(request.user).filter(step__follow_up__programme__student=student)
    return letter_answer(get_object_or_404(mine, pk=pk).page, "brief.pdf")

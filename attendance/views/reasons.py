"""Reasons afterwards: the list of absences without one, for the administration; "why were you not there?" in the portal."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from attendance import absence_reasons as codes
from attendance import rules
from attendance.absence import may_still_say, without_reason
from attendance.actions import reasons as actions
from attendance.forms.absence import WhichForm, WhyForm
from attendance.models import AbsenceReason, AbsenceSettings, Mark, MarkQuerySet
from attendance.models.absence import REASON_READERS
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent
from kvs.pages import form_page
from students.models import Client, Contract, Group, Student
from students.views.portal import own_file

SHOWN = 200  # lines on one screen: the absences of a month in a school of two hundred students


@require_http_methods(["GET", "POST"])
@role_required(*REASON_READERS)
def absence_unknown(request: KvsRequest) -> HttpResponse:
    """Absences without a reason, of one group, month (`?maand=2026-11`) and client, or all; a reason chosen per line.

    POST takes `<mark>` = code of the reason; lines left open stay open.
    """
    which = WhichForm(request.GET, groups=Group.objects.visible_to(request.user).order_by("name"))
    if request.method == "GET":
        return _list(request, which, form_data(request) or QueryDict(), {})
    typed = form_data(request) or request.POST
    chosen = {key: str(code) for name, code in typed.items() if code and (key := _uuid(name))}
    try:
        number = actions.give_reasons(chosen=chosen, by=request.user)
    except ValidationError as problem:
        return _list(request, which, typed, problem.message_dict, status=422)
    text = ngettext("%(number)d reason is saved.", "%(number)d reasons are saved.", number) % {"number": number}
    messages.success(request, text)
    query = request.GET.urlencode()
    return redirect(f"{reverse('attendance:absence_unknown')}{'?' if query else ''}{query}")


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _open(request: KvsRequest, which: WhichForm) -> MarkQuerySet:
    marks = without_reason(Mark.objects.visible_to(request.user))
    known = which.cleaned_data if which.is_valid() else {}
    if known.get("group"):
        marks = marks.filter(lesson__group=known["group"])
    if month := rules.month_of(known.get("maand", "")):
        marks = marks.filter(lesson__day__gte=month, lesson__day__lt=rules.month_after(month))
    if client := known.get("opdrachtgever"):
        marks = marks.filter(Exists(_commissioned(client)))
    return marks


def _commissioned(client: Client) -> "QuerySet[Contract]":
    """Contracts of `client` on the day of the outer mark's lesson."""
    ends = Q(ends_on__isnull=True) | Q(ends_on__gte=OuterRef("lesson__day"))
    mine = Contract.objects.filter(client=client, programme=OuterRef("enrolment__programme"))
    return mine.filter(ends, starts_on__lte=OuterRef("lesson__day"))


def _list(
    request: KvsRequest, which: WhichForm, typed: QueryDict, errors: dict[str, list[str]], status: int = 200
) -> HttpResponse:
    found = _open(request, which).select_related("lesson__group", "enrolment__programme__student", "absence_reason")
    marks = list(found.order_by("lesson__starts_at", "enrolment__programme__student__sort_key", "pk")[: SHOWN + 1])
    students = [mark.enrolment.programme.student for mark in marks[:SHOWN]]
    audit.log_access(request.user, office_role(request.user), {student.audit_id for student in students}, AccessEvent.Kind.LIST)
    settings, today = AbsenceSettings.current(), timezone.localdate()
    context = {
        "lines": [_line(mark, typed, errors) for mark in marks[:SHOWN]],
        "more": len(marks) > SHOWN,
        "shown": SHOWN,
        "which": which,
        "settings": settings,
        "choices": codes.choices(today, student=False, before=False),
    }
    return render(request, "attendance/absence_unknown.html", context, status=status)


def _line(mark: Mark, typed: QueryDict, errors: dict[str, list[str]]) -> dict[str, Any]:
    """A line of the list; what the student said stands there as a proposal."""
    key, said = str(mark.pk), getattr(mark, "absence_reason", None)
    proposed = said.reason if said else ""
    return {
        "mark": mark,
        "student": mark.enrolment.programme.student,
        "said": said,
        "chosen": typed.get(key, proposed),
        "error": " ".join(errors.get(key, [])),
    }


@require_http_methods(["GET", "POST"])
@own_file
def own_reason(request: KvsRequest, student: Student, pk: uuid.UUID) -> HttpResponse:
    """Why were you not there?"""
    own = Mark.objects.visible_to(request.user).of_student(student).absent().select_related("lesson__group", "absence_reason")
    mark = get_object_or_404(own, pk=pk)
    said = getattr(mark, "absence_reason", None)
    form = WhyForm(form_data(request), day=mark.lesson.day, initial={"reason": said.reason if said else None})
    if not may_still_say(AbsenceSettings.current(), mark.lesson, timezone.localdate()):
        messages.error(request, _("You can not tell it here any more. Ask at the desk."))
        return redirect("attendance:own_hours")

    def act() -> AbsenceReason:
        return actions.give_own_reason(mark=mark, student=student, reason=form.cleaned_data["reason"], by=request.user)

    def done(row: AbsenceReason) -> str:
        waits = row.verdict == codes.UNKNOWN
        messages.success(request, _("Thank you. The school looks at it.") if waits else _("Thank you. The school knows it now."))
        return f"{reverse('attendance:own_hours')}?maand={mark.lesson.day:%Y-%m}#lessons"

    page = {"title": _("Why were you not there?"), "verb": _("Tell the school"), "lesson": mark.lesson}
    return form_page(request, form, act=act, done=done, template="portal/absence_form.html", **page)

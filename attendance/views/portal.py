"""The student's start page, the own "I was here", and the own hours."""

import datetime as dt
import uuid
from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncMonth
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from attendance import rules
from attendance.absence import with_verdict
from attendance.actions import CODE_PROBLEMS, confirm_presence
from attendance.hours import lesson_lines
from attendance.hours_overview import Overview, overview, settled, terms_of
from attendance.models import AbsenceSettings, Lesson, LessonQuerySet, Mark, MarkQuerySet, OpeningBalance, proven_only
from kvs.access import KvsRequest, confirm_allowed
from kvs.floods import guess
from kvs.models import Organisation, WebSession
from students.models import Contract, Programme, Student
from students.views.portal import own_file

LAPSES_SHOWN = dt.timedelta(days=14)
MONTHS_SHOWN = 24  # the longest term to learn in is three years; older months are reached by going back


class Now(NamedTuple):
    """A lesson that can be confirmed at this moment, also when it is signed. `at`: the student's own claim."""

    lesson: Lesson
    at: dt.datetime | None
    code_needed: bool = False
    typed: str = ""
    error: str = ""  # about the code


class Hours(NamedTuple):
    """Minutes attended over signed lessons, and the minutes agreed, if the contract says how many."""

    attended: int  # with `brought`
    agreed: int | None
    brought: int = 0  # minutes from before KVS kept the registers
    proven_only: bool = False  # who pays counts only what the student confirmed too

    @property
    def to_go(self) -> int:
        """Minutes left until what was agreed; 0 when there is nothing left."""
        return max((self.agreed or 0) - self.attended, 0)

    @property
    def whole(self) -> "Hours":
        """Hours begun are not counted yet: whole numbers are read at a glance, the page of the lessons has every minute."""
        return self._replace(attended=self.attended // 60 * 60)


@require_GET
@own_file
def portal(request: KvsRequest, student: Student) -> HttpResponse:
    """In order of need: confirm, next lesson, hours, the rest."""
    begin = timezone.now() + rules.CONFIRM_BEFORE
    coming = _own_lessons(request, student).filter(starts_at__gt=begin, cancelled=False)
    otherwise = _otherwise(request, student)
    context = {
        "student": student,
        "lessons": _confirmable(request, student),
        "next_lesson": coming.select_related("group").order_by("starts_at").first(),
        "lapsed": [lesson for lesson in otherwise if lesson.cancelled],
        "resumed": [lesson for lesson in otherwise if not lesson.cancelled],
        "hours": _hours(request, student).whole,
    }
    return render(request, "portal/home.html", context)


@confirm_allowed
@require_http_methods(["GET", "POST"])
@own_file
def confirm(request: KvsRequest, student: Student) -> HttpResponse:
    """ "I was here", by one tap; afterwards the tick with the time. The only page of a remembered phone."""
    row: WebSession | None = request.session.row  # type: ignore[attr-defined]
    only_confirming = row is not None and row.level == WebSession.Level.CONFIRM
    status = 200
    if request.method == "POST":
        lesson = _own_lessons(request, student).filter(pk=_uuid_or_404(request.POST.get("lesson", ""))).first()
        if lesson is None:
            raise Http404
        refused = _refused(request, lesson, student)
        if refused is None:
            return redirect("attendance:confirm")
        about_code = refused.code in CODE_PROBLEMS
        if not about_code:
            messages.error(request, refused.messages[0])
        typed, error = request.POST.get("code", ""), refused.messages[0] if about_code else ""
        status, lessons = 422, _confirmable(request, student)
        lessons = [now._replace(typed=typed, error=error) if now.lesson == lesson else now for now in lessons]
    else:
        lessons = _confirmable(request, student)
    context = {"lessons": lessons, "only_confirming": only_confirming}
    return render(request, "portal/confirm.html", context, status=status)


def _refused(request: KvsRequest, lesson: Lesson, student: Student) -> ValidationError | None:
    """Confirm, or say why not. Codes that do not fit are counted per account: six digits must not be walked through."""
    code = request.POST.get("code", "")[:40]
    attempt = guess(request, "board_code_failed", str(request.user.pk)) if code.strip() else None
    if code.strip() and attempt is None:
        return ValidationError(_("Wait 5 minutes. Then try again. Or tell your teacher."), code="wrong")
    device = request.session.browser_in(str(lesson.pk))  # type: ignore[attr-defined]
    try:
        confirm_presence(lesson=lesson, student=student, by=request.user, code=code, device=device)
    except ValidationError as problem:
        return problem
    if attempt:
        attempt.rollback()
    return None


def _uuid_or_404(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None


def _own_lessons(request: KvsRequest, student: Student) -> LessonQuerySet:
    return Lesson.objects.visible_to(request.user).of_student(student)


def _own_marks(request: KvsRequest, student: Student) -> MarkQuerySet:
    return Mark.objects.visible_to(request.user).of_student(student)


def _otherwise(request: KvsRequest, student: Student) -> list[Lesson]:
    """The first lessons of the coming two weeks that do not go on, or go on after all."""
    now = timezone.now()
    soon = _own_lessons(request, student).filter(ends_at__gt=now, starts_at__lt=now + LAPSES_SHOWN)
    other = soon.filter(Q(cancelled=True) | Q(resumed_at__isnull=False))
    return list(other.select_related("group").order_by("starts_at")[:5])


def _confirmable(request: KvsRequest, student: Student) -> list[Now]:
    now = timezone.now()
    lessons = _own_lessons(request, student).filter(
        cancelled=False, starts_at__lte=now + rules.CONFIRM_BEFORE, ends_at__gte=now - rules.CONFIRM_AFTER
    )
    found = list(lessons.select_related("group").order_by("starts_at"))
    said = dict(_own_marks(request, student).filter(lesson__in=found).values_list("lesson", "student_at"))
    required = bool(found) and Organisation.objects.filter(board_code_required=True).exists()
    return [Now(lesson, said.get(lesson.pk), rules.board_code_needed(required, lesson.delivery)) for lesson in found]


def _hours(request: KvsRequest, student: Student) -> Hours:
    """Over the programmes of today, as attendance.hours_overview counts them per contract; what was agreed only when each
    contract names hours. Five queries.
    """
    today, who = timezone.localdate(), request.user
    programmes = Programme.objects.visible_to(who).filter(student=student).active_on(today)
    contracts = {
        row.pk: row for row in Contract.objects.visible_to(who).filter(programme__in=programmes).select_related("hour_terms")
    }
    terms = {key: terms_of(contract) for key, contract in contracts.items()}
    clients = proven_only().clients
    strict = {key for key, contract in contracts.items() if contract.client_id in clients}
    lines = [settled(line, terms) for line in lesson_lines(programmes, today)]
    attended = sum(line.minutes.proven if line.contract in strict else line.minutes.attended for line in lines)
    brought = sum(row.minutes for row in OpeningBalance.objects.visible_to(who).filter(contract__in=contracts))
    agreed = [contract.hours * terms[key][0] for key, contract in contracts.items() if contract.hours is not None]
    complete = bool(agreed) and len(agreed) == len(contracts)
    return Hours(attended + brought, sum(agreed) if complete else None, brought, bool(strict))


def _overview(request: KvsRequest, student: Student) -> Overview | None:
    """What counts for which rule, in the programme that began last; None without one."""
    programmes = Programme.objects.visible_to(request.user).filter(student=student, starts_on__lte=timezone.localdate())
    programme = programmes.order_by("-starts_on", "-pk").first()
    return overview(programme, request.user, timezone.localdate()) if programme else None


@require_GET
@own_file
def own_hours(request: KvsRequest, student: Student) -> HttpResponse:
    """Hours per month over signed lessons, and the lessons of one month (`?maand=2026-11`, else the last with lessons)."""
    marks = _own_marks(request, student)
    months = list(
        marks.annotate(month=TruncMonth("lesson__day"))
        .values("month")
        .annotate(minutes=Sum("minutes_attended", filter=SIGNED), lessons=Count("pk", filter=SIGNED))
        .order_by("-month")[:MONTHS_SHOWN]
    )
    month = rules.month_of(request.GET.get("maand", "")) or (
        months[0]["month"] if months else timezone.localdate().replace(day=1)
    )
    lines = marks.filter(lesson__day__gte=month, lesson__day__lt=rules.month_after(month))
    context = {
        "hours": _hours(request, student),
        "months": months,
        "most": max((row["minutes"] or 0 for row in months), default=0),
        "month": month,
        "marks": with_verdict(lines).select_related(*SHOWN_WITH).order_by("-lesson__starts_at"),
        "reason_since": timezone.localdate() - dt.timedelta(days=AbsenceSettings.current().student_days),
        "address": reverse("attendance:own_hours"),
        "overview": _overview(request, student),
    }
    return render(request, "portal/hours.html", context)


SHOWN_WITH = ("lesson__group", "lesson__register", "absence_reason")
SIGNED = Q(lesson__register__signed_at__isnull=False, lesson__cancelled=False)  # as MarkQuerySet.counted

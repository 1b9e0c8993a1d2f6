"""Whether a missed lesson is excused: one rule for hours, reports, signals and pages. Each condition is on a Mark.

What is known of an absence, the first that there is: the reason said about this very lesson; an approved report that
covers it. Where the school notes reasons (AbsenceSettings, from a day on) the rest is not known yet, and counts as not
excused until it is. Where it notes none, who told beforehand is excused and who did not is not (decision 164).
"""

import datetime as dt

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from attendance import rules
from attendance.absence_reasons import EXCUSED, UNEXCUSED, UNKNOWN
from attendance.models import AbsenceReport, AbsenceSettings, Lesson, Mark, MarkQuerySet

_NEVER = Value(dt.date(9999, 12, 31))
_SINCE = Coalesce(Subquery(AbsenceSettings.objects.values("reasons_from")[:1]), _NEVER)
_AWAY = Q(state__in=rules.AWAY)
_OPEN = Q(absence_reason__isnull=True) | Q(absence_reason__verdict=UNKNOWN)
_REPORT = Exists(
    AbsenceReport.objects.covering(OuterRef("lesson__starts_at")).filter(student=OuterRef("enrolment__programme__student"))
)
_NOTED = Q(lesson__day__gte=_SINCE)
_NOT_NOTED = Q(lesson__day__lt=_SINCE)

IS_EXCUSED = _AWAY & (Q(absence_reason__verdict=EXCUSED) | _OPEN & (Q(_REPORT) | _NOT_NOTED & Q(state=rules.REPORTED)))
IS_UNKNOWN = _AWAY & _OPEN & _NOTED & ~Q(_REPORT)
IS_UNEXCUSED = _AWAY & (Q(absence_reason__verdict=UNEXCUSED) | _OPEN & _NOT_NOTED & Q(state=rules.ABSENT) & ~Q(_REPORT))


def with_verdict(marks: MarkQuerySet) -> "QuerySet[Mark]":
    """Each mark with `verdict`: "excused", "unexcused" or "unknown"; "" for who was there."""
    cases = [When(IS_EXCUSED, Value(EXCUSED)), When(IS_UNKNOWN, Value(UNKNOWN)), When(IS_UNEXCUSED, Value(UNEXCUSED))]
    return marks.annotate(verdict=Case(*cases, default=Value(""), output_field=CharField()))


def without_reason(marks: MarkQuerySet) -> MarkQuerySet:
    """Of these the absences that count and of which nobody knows whether they are excused."""
    return marks.counted().filter(IS_UNKNOWN)


def holding_up(marks: MarkQuerySet, today: dt.date) -> MarkQuerySet:
    """Of these the absences without a reason that are too old to end a month with (setting of the school)."""
    last = today - dt.timedelta(days=AbsenceSettings.current().unknown_days)
    return without_reason(marks).filter(lesson__day__lt=last)


def may_still_say(settings: AbsenceSettings, lesson: Lesson, today: dt.date) -> bool:
    """Whether the student may still say why: the school asks it, and it is not too long ago."""
    return settings.asks_on(lesson.day) and lesson.day >= today - dt.timedelta(days=settings.student_days)

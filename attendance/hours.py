"""Minutes of students by contract and kind of hour, over signed registers. Everything that asks for hours begins here.

Whole minutes; whoever shows hours rounds, once and at the end.
"""

import datetime as dt
import uuid
from collections.abc import Iterable
from functools import reduce
from typing import Any, NamedTuple

from django.db.models import F, FilteredRelation, IntegerField, Q, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Extract, Greatest

from attendance import hour_rules, rules
from attendance.absence import IS_EXCUSED, IS_UNKNOWN
from attendance.models import PROVEN, Mark, MarkQuerySet
from students.models import Programme

RECENT = dt.timedelta(weeks=8)  # a forecast looks back this far: about a term without its holidays

# Minutes of break in a lesson: what planned_minutes leaves of the time between its bells (elapsed time, so right on the two
# nights the clock changes). One place to change when a lesson holds its break itself.
BREAK: Combinable = Greatest(
    Cast(Extract(F("lesson__ends_at") - F("lesson__starts_at"), "epoch"), IntegerField()) / 60 - F("lesson__planned_minutes"),
    0,
)


class Minutes(NamedTuple):
    """Minutes of lesson: on offer to somebody, of these attended, attended by the word of both parties, missed with a good
    reason, and missed without a known reason (counts as not excused until it is known).
    """

    offered: int = 0
    attended: int = 0
    proven: int = 0
    excused: int = 0
    unknown: int = 0

    def plus(self, other: "Minutes") -> "Minutes":
        """Both together."""
        return Minutes(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    @property
    def unexcused(self) -> int:
        """The rest: away without a good reason, late, left early."""
        return self.offered - self.attended - self.excused - self.unknown

    @property
    def unproven(self) -> int:
        """Attended by the word of the teacher alone, or of nobody an auditor asks for."""
        return self.attended - self.proven

    @property
    def rate(self) -> float | None:
        """Attended of what was offered, in per cent; None when nothing was."""
        return _per_cent(self.attended, self.offered)

    @property
    def rate_unexcused(self) -> float | None:
        """The same with excused lessons left out of what was offered."""
        return _per_cent(self.attended, self.offered - self.excused)


def _per_cent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


class Line(NamedTuple):
    """Minutes of one kind under one contract; `contract` is None for days without one."""

    programme: uuid.UUID
    contract: uuid.UUID | None
    course: str
    subject: str
    hour_class: str
    minutes: Minutes
    breaks: Minutes  # the breaks of these lessons, for contracts that count them
    recent: int  # attended within RECENT, without breaks


def total(lines: Iterable[Line]) -> Minutes:
    """All of them, without breaks."""
    return reduce(Minutes.plus, (line.minutes for line in lines), Minutes())


def with_breaks(line: Line) -> Line:
    """The same with its breaks counted, for a contract that says so."""
    return line._replace(minutes=line.minutes.plus(line.breaks), breaks=Minutes())


def as_hours(lines: Iterable[Line], *, proven: bool = False) -> list[hour_rules.Hours]:
    """What rules are asked about: minutes attended, or of these only the proven ones."""
    return [
        hour_rules.Hours(line.course, line.subject, line.hour_class, line.minutes.proven if proven else line.minutes.attended)
        for line in lines
    ]


def lesson_lines(programmes: "Iterable[Programme] | QuerySet[Programme]", today: dt.date) -> list[Line]:
    """Minutes of lessons of these programmes up to and including `today`. One query."""
    return lines_of(Mark.objects.counted().filter(enrolment__programme__in=programmes, lesson__day__lte=today), today)


def lines_of(marks: MarkQuerySet, today: dt.date) -> list[Line]:
    """The same of these marks, all of them counted ones; `today` is what "recent" looks back from. One query."""
    lesson, there = F("lesson__planned_minutes"), Q(minutes_attended__gt=0)
    recently = Q(lesson__day__gt=today - RECENT)
    sums = (
        _with_contract(marks)
        .order_by()
        .values_list("enrolment__programme", "contract__id", "contract__course", "lesson__subject", "lesson__delivery")
        .annotate(
            offered=Sum(lesson),
            attended=Sum("minutes_attended"),
            proven=_sum(F("minutes_attended"), PROVEN),
            excused=_sum(lesson, IS_EXCUSED),
            unknown=_sum(lesson, IS_UNKNOWN),
            breaks_offered=Sum(BREAK),
            breaks_attended=_sum(BREAK, there),
            breaks_proven=_sum(BREAK, there & PROVEN),
            breaks_excused=_sum(BREAK, IS_EXCUSED),
            breaks_unknown=_sum(BREAK, IS_UNKNOWN),
            recent=_sum(F("minutes_attended"), recently),
        )
    )
    return [_line(*row) for row in sums]


def _sum(what: Combinable, where: Q) -> Coalesce:
    return Coalesce(Sum(what, filter=where), 0)


def _with_contract(marks: MarkQuerySet) -> QuerySet[Any]:
    """Each mark with the `contract` of its day, if there is one (never two: constraint contract_one_at_a_time)."""
    path = "enrolment__programme__contracts"
    open_end = Q(**{f"{path}__ends_on__isnull": True}) | Q(**{f"{path}__ends_on__gte": F("lesson__day")})
    covering = Q(open_end, **{f"{path}__starts_on__lte": F("lesson__day")})
    return marks.annotate(contract=FilteredRelation(path, condition=covering))


def _line(programme: uuid.UUID, contract: uuid.UUID | None, course: str | None, subject: str, delivery: str, *sums: int) -> Line:
    kind = kind_of(course or "", subject, delivery)
    return Line(programme, contract, course or "", subject, kind, Minutes(*sums[:5]), Minutes(*sums[5:10]), sums[10])


def kind_of(course: str, subject: str, delivery: str) -> str:
    """Which kind of hour a lesson is under a contract for `course`."""
    return hour_rules.REFUSED if rules.literacy_online(course, subject, delivery) else rules.hour_class(subject, delivery)


def forecast(left: int, recent: int, today: dt.date, since: dt.date) -> dt.date | None:
    """The day on which `left` minutes are attended at the pace of the last weeks; `recent` minutes since the later of
    `since` and RECENT ago. None when nothing is left, or nobody came: then nothing can be said.
    """
    if left <= 0 or recent <= 0:
        return None
    days = max((today - max(since, today - RECENT)).days, 7)
    ahead = -(-left * days // recent)  # rounded up
    return today + dt.timedelta(days=ahead) if ahead < 36500 else None

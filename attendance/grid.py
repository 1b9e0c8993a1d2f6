"""The lessons of a group in a month beside its students, with what stands for each: the page of the month shows and prints it.

Only signed registers count, by the same rule as the hours of a programme (attendance.hours): minutes, summed as they are.
"""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import BooleanField, ExpressionWrapper, Q

from attendance import rules
from attendance.models import LessonQuerySet, Mark, Minutes, with_names
from students.models import Enrolment, Group, Student

COUNTED, OPEN, COMING, OFF, OUT = "counted", "open", "coming", "off", "out"  # what a cell means; the last three hold no mark


class Cell(NamedTuple):
    """One student in one lesson. `kind`: counted, open (does not count yet), coming, off (cancelled), out (no place)."""

    kind: str
    state: str = ""  # of rules.STATES; "" for no mark
    missed: int = 0  # minutes


@dataclass
class Column:
    """One lesson; what it adds up to over the students."""

    pk: uuid.UUID
    day: dt.date
    starts_at: dt.datetime
    cancelled: bool
    planned: int
    signed_at: dt.datetime | None
    begun: bool
    present: int = 0
    attended: int = 0  # minutes, as below
    offered: int = 0

    @property
    def counts(self) -> bool:
        """Whether its minutes count: signed, and it took place."""
        return self.signed_at is not None and not self.cancelled

    @property
    def status(self) -> str:
        """What its head says: one of the kinds of cells."""
        if self.cancelled or self.counts:
            return OFF if self.cancelled else COUNTED
        return OPEN if self.begun else COMING

    @property
    def percentage(self) -> int | None:
        """Of what was offered."""
        return rules.percentage(self.attended, self.offered)


@dataclass
class Line:
    """One place in the group; what it adds up to over the lessons."""

    place: Enrolment
    cells: list[Cell] = field(default_factory=list)
    attended: int = 0
    offered: int = 0

    @property
    def student(self) -> Student:
        """Who has this place."""
        return self.place.programme.student

    @property
    def percentage(self) -> int | None:
        """Of what was offered."""
        return rules.percentage(self.attended, self.offered)


@dataclass
class Grid:
    """Lessons in order of time, places in order of surname."""

    columns: list[Column]
    lines: list[Line]

    @property
    def total(self) -> Minutes:
        """Minutes of everybody in all lessons that count."""
        return Minutes(sum(line.offered for line in self.lines), sum(line.attended for line in self.lines))

    @property
    def percentage(self) -> int | None:
        """Of everything that was offered."""
        return rules.percentage(self.total.attended, self.total.offered)

    @property
    def not_signed(self) -> int:
        """How many lessons began and do not count yet."""
        return sum(column.status == OPEN for column in self.columns)


class Found(NamedTuple):
    """A mark, of which a month has hundreds."""

    enrolment: uuid.UUID
    lesson: uuid.UUID
    state: str
    missed: int
    attended: int


def grid_of(group: Group, lessons: LessonQuerySet, now: dt.datetime) -> Grid:
    """Everybody who had a place in `group` on the day of one of `lessons`, or was marked in it. Three queries."""
    values = ("pk", "day", "starts_at", "cancelled", "planned_minutes", "register__signed_at", "begun")
    begun = ExpressionWrapper(Q(starts_at__lte=now + rules.OPENS_BEFORE), output_field=BooleanField())
    columns = [Column(*row) for row in lessons.annotate(begun=begun).order_by("starts_at").values_list(*values)]
    if not columns:
        return Grid([], [])
    marks = _marks(columns)
    lines = [_line(place, columns, marks) for place in _places(group, columns, {enrolment for enrolment, _lesson in marks})]
    return Grid(columns, [line for line in lines if any(cell.kind not in (OFF, OUT) for cell in line.cells)])


def _marks(columns: list[Column]) -> dict[tuple[uuid.UUID, uuid.UUID], Found]:
    values = ("enrolment", "lesson", "state", "minutes_missed", "minutes_attended")
    stored = Mark.objects.filter(lesson__in=[column.pk for column in columns]).order_by()
    return {(row[0], row[1]): Found(*row) for row in stored.values_list(*values)}


def _places(group: Group, columns: list[Column], marked: set[uuid.UUID]) -> Iterable[Enrolment]:
    reaching = Q(ends_on__isnull=True) | Q(ends_on__gte=columns[0].day)
    placed = Enrolment.objects.filter(reaching, group=group, starts_on__lte=columns[-1].day)
    both = placed.order_by().values("pk").union(Enrolment.objects.filter(pk__in=marked).order_by().values("pk"))
    ordered = ("programme__student__sort_key", "programme__student__number", "starts_on")
    return with_names(Enrolment.objects.filter(pk__in=both)).order_by(*ordered)


def _line(place: Enrolment, columns: list[Column], marks: dict[tuple[uuid.UUID, uuid.UUID], Found]) -> Line:
    line = Line(place)
    for column in columns:
        mark = marks.get((place.pk, column.pk))
        placed = place.starts_on <= column.day and (place.ends_on is None or column.day <= place.ends_on)
        cell = _cell(column, mark, placed=placed)
        line.cells.append(cell)
        if mark and cell.kind == COUNTED:
            line.attended += mark.attended
            line.offered += column.planned
            column.attended += mark.attended
            column.offered += column.planned
            column.present += mark.state in rules.THERE
    return line


def _cell(column: Column, mark: Found | None, *, placed: bool) -> Cell:
    """Absence in a group somebody was not in (any more) is no absence: attendance.hours leaves it out too."""
    if column.cancelled:
        return Cell(OFF)
    if mark is None:
        return Cell(column.status if column.status == COMING else OPEN) if placed else Cell(OUT)
    counted = column.counts and (placed or mark.attended > 0)
    return Cell(COUNTED if counted else OPEN, mark.state, mark.missed)

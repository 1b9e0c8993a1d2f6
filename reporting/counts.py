"""Numbers per year without people: what there is now, and what was frozen when files went (privacy_engineering.md 5.6).

A programme counts in the year it is in, at the location of intake. When its student is erased its part of every number is added
to the frozen rows in the same transaction, so the totals are the same before and after.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count, F, QuerySet, Sum

from attendance.models import Mark
from exams.models import ExamAttempt
from kvs.models import Location
from reporting.models import FrozenCount
from students.models import Programme

MEASURES = ("programmes", "started", "ended", "passed", "minutes")
Numbers = Counter[str]


class Cell(NamedTuple):
    """What a number is about."""

    year: int
    location: uuid.UUID
    law: str
    route: str


def live(programmes: "QuerySet[Programme]", today: dt.date) -> dict[Cell, Numbers]:
    """The numbers of these programmes up to and including `today`. Three queries."""
    found: dict[Cell, Numbers] = {}
    kinds = ("student__intake_location", "law", "route")
    for starts_on, ends_on, *kind in programmes.values_list("starts_on", "ends_on", *kinds).order_by():
        for year in range(starts_on.year, min(ends_on or today, today).year + 1):
            add(found, Cell(year, *kind), programmes=1, started=int(year == starts_on.year))
        if ends_on and ends_on <= today and starts_on <= today:
            add(found, Cell(ends_on.year, *kind), ended=1)
    passed = ExamAttempt.objects.filter(programme__in=programmes, result=ExamAttempt.Result.PASSED, taken_on__lte=today)
    far = [f"programme__{name}" for name in kinds]
    for year, *kind, number in passed.order_by().values_list("taken_on__year", *far).annotate(number=Count("pk")):
        add(found, Cell(year, *kind), passed=number)
    marks = Mark.objects.counted().filter(enrolment__programme__in=programmes, minutes_attended__gt=0, lesson__day__lte=today)
    far = [f"enrolment__programme__{name}" for name in kinds]
    for year, *kind, number in marks.order_by().values_list("lesson__day__year", *far).annotate(number=Sum("minutes_attended")):
        add(found, Cell(year, *kind), minutes=number)
    return found


def add(found: dict[Cell, Numbers], cell: Cell, **numbers: int) -> None:
    """Add to what is known of a cell."""
    found.setdefault(cell, Counter()).update(numbers)


def freeze(programmes: "QuerySet[Programme]", today: dt.date) -> None:
    """Keep the numbers of programmes that are about to go, without saying whose. Within the transaction in which they go."""
    for cell, numbers in sorted(live(programmes, today).items()):
        row, _made = FrozenCount.objects.get_or_create(year=cell.year, location_id=cell.location, law=cell.law, route=cell.route)
        FrozenCount.objects.filter(pk=row.pk).update(**{name: F(name) + numbers[name] for name in MEASURES})


def counted(locations: Iterable[Location], today: dt.date) -> dict[Cell, Numbers]:
    """All numbers of these locations: of the files that are there, and of those that went."""
    here = list(locations)
    found = live(Programme.objects.filter(student__intake_location__in=here), today)
    for row in FrozenCount.objects.filter(location__in=here):
        add(found, Cell(row.year, row.location_id, row.law, row.route), **{name: getattr(row, name) for name in MEASURES})
    return {cell: numbers for cell, numbers in found.items() if any(numbers.values())}

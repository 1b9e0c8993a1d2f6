"""Lessons given, per teacher and month: minutes without breaks, of lessons that are over and were not cancelled.

A lesson counts for who gave it: who signed its register, and while nobody has, who is named as its teacher. Established by a
coordinator it is nobody's signature, so it stays with the teacher who is named.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from attendance import rules
from attendance.models import Lesson
from kvs.models import Role, User

OFFICE = (Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.FINANCE)
LESSON_HOURS = (45, 50, 60)  # minutes
SIGNED = Q(register__signed_at__isnull=False, register__established=False)
ESTABLISHED = Q(register__established=True)
OPEN = Q(register__signed_at__isnull=True)


@dataclass(frozen=True)
class Given:
    """What one teacher gave in a month: numbers of lessons and minutes; `substituted`: planned for somebody else."""

    teacher: User | None = None
    signed: int = 0
    signed_minutes: int = 0
    established: int = 0
    established_minutes: int = 0
    unsigned: int = 0
    unsigned_minutes: int = 0
    substituted: int = 0

    @property
    def lessons(self) -> int:
        """All of them."""
        return self.signed + self.established + self.unsigned

    @property
    def minutes(self) -> int:
        """Of all of them."""
        return self.signed_minutes + self.established_minutes + self.unsigned_minutes

    @property
    def numbers(self) -> tuple[int, ...]:
        """The counts in the order of the columns."""
        return (
            *(self.signed, self.signed_minutes, self.established, self.established_minutes),
            *(self.unsigned, self.unsigned_minutes, self.substituted),
        )

    def lesson_hours(self, length: int) -> Decimal:
        """All minutes as lesson hours of `length` minutes, rounded once, to two decimals."""
        return (Decimal(self.minutes) / length).quantize(Decimal("0.01"), ROUND_HALF_UP)


def given_in(month: dt.date, user: User, now: dt.datetime) -> list[Given]:
    """A row for each teacher, by surname, then the lessons without one: for the office of the own locations, for a teacher
    only her own. Two queries.
    """
    lessons = _lessons(user).filter(day__gte=month, day__lt=rules.month_after(month), cancelled=False, ends_at__lte=now)
    found = {row[0]: row[1:] for row in _sums(lessons)}
    teachers = User.objects.filter(pk__in=[key for key in found if key]).order_by("surname", "call_name", "pk")
    rows = [Given(teacher, *found[teacher.pk]) for teacher in teachers]
    return [*rows, Given(None, *found[None])] if None in found else rows


def _lessons(user: User) -> "QuerySet[Any]":
    giver = Case(When(SIGNED, then=F("register__signed_by")), default=F("teacher"))
    mine = Q(giver=user.pk) if user.has_role(Role.TEACHER) else Q(pk__in=[])
    return Lesson.objects.visible_to(user).annotate(giver=giver).filter(mine | user.locations_as(*OFFICE))


def _sums(lessons: "QuerySet[Any]") -> "list[tuple[uuid.UUID | None, int, int, int, int, int, int, int]]":
    for_somebody_else = Q(slot__teacher__isnull=False) & ~Q(slot__teacher=F("giver"))
    kinds = (("signed", SIGNED), ("established", ESTABLISHED), ("unsigned", OPEN))
    sums: dict[str, Count | Coalesce] = {}
    for name, which in kinds:
        sums |= {name: Count("pk", filter=which), f"{name}_minutes": Coalesce(Sum("planned_minutes", filter=which), 0)}
    sums["substituted"] = Count("pk", filter=for_somebody_else & Q(giver__isnull=False))
    return list(lessons.order_by().values_list("giver").annotate(**sums))


def total(rows: list[Given]) -> Given:
    """All teachers together."""
    return Given(None, *(sum(column) for column in zip(*(row.numbers for row in rows), strict=True)))

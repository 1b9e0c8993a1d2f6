"""Levels, exams and attended hours of one student side by side. Here, because attendance and exams do not know each other
(design/architecture.md, section 2).
"""

import datetime as dt
import uuid
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, groupby
from typing import TypeVar

from django.db.models import Sum

from attendance.models import Mark
from exams import rules
from exams.models import ExamAttempt, ExamPart, Level, LevelMeasurement, Skill
from kvs.models import User
from reporting import chart
from students.models import Programme, Student

Row = TypeVar("Row", LevelMeasurement, ExamAttempt)
LADDER = tuple(str(Level(level).label) for level in rules.LEVELS)


@dataclass(frozen=True)
class Sitting:
    """What was measured on one day: the level per skill in the order of Skill, None where it was not measured."""

    day: dt.date
    minutes: int  # attended up to and including the day, in this programme
    kind: str
    levels: tuple[str | None, ...]
    assessors: str

    @property
    def by_skill(self) -> list[tuple[str, str | None]]:
        """Each skill by name with its level."""
        return list(zip(map(str, Skill.labels), self.levels, strict=True))


@dataclass(frozen=True)
class PartState:
    """How a part of the exam stands: passed, planned, tried, or not yet."""

    name: str
    state: ExamAttempt.Result | None
    day: dt.date | None
    confirmed: bool


@dataclass
class ProgrammeProgress:
    """One programme: sittings (latest first), a panel per measured skill, attempts (latest first), parts."""

    programme: Programme
    minutes: int
    sittings: list[Sitting] = field(default_factory=list)
    panels: list[tuple[str, chart.Panel]] = field(default_factory=list)
    attempts: list[ExamAttempt] = field(default_factory=list)
    parts: list[PartState] = field(default_factory=list)
    goal: str = ""


def progress_of(student: Student, user: User) -> list[ProgrammeProgress]:
    """Every programme of `student` that `user` may see, the latest first. Four queries, whatever the number of rows."""
    programmes = list(Programme.objects.visible_to(user).filter(student=student).order_by("-starts_on"))
    days = minutes_by_day(programmes)
    measured = LevelMeasurement.objects.visible_to(user).filter(programme__in=programmes).select_related("assessor")
    attempts = ExamAttempt.objects.visible_to(user).filter(programme__in=programmes).in_order()
    levels, sat = _by_programme(measured.in_order()), _by_programme(attempts)
    return [
        _one(programme, days.get(programme.pk, []), levels.get(programme.pk, []), sat.get(programme.pk, []))
        for programme in programmes
    ]


def minutes_by_day(programmes: Iterable[Programme]) -> dict[uuid.UUID, list[tuple[dt.date, int]]]:
    """Minutes attended per day of signed lessons, in order of time, by programme: of programmes the reader may see.

    The sum of all groups, also of those the reader does not teach: it is about the student, not about the lessons.
    """
    sums = (
        Mark.objects.counted()
        .filter(enrolment__programme__in=list(programmes))
        .order_by("lesson__day")
        .values_list("enrolment__programme", "lesson__day")
        .annotate(minutes=Sum("minutes_attended"))
    )
    found: dict[uuid.UUID, list[tuple[dt.date, int]]] = {}
    for programme, day, minutes in sums:
        found.setdefault(programme, []).append((day, minutes))
    return found


def minutes_until(days: list[tuple[dt.date, int]], day: dt.date) -> int:
    """Minutes attended up to and including `day`."""
    sums = list(accumulate((minutes for _day, minutes in days), initial=0))
    return sums[bisect_right(days, day, key=lambda row: row[0])]


def _by_programme(rows: Iterable[Row]) -> dict[uuid.UUID, list[Row]]:
    found: dict[uuid.UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row.programme_id, []).append(row)
    return found


def _one(
    programme: Programme, days: list[tuple[dt.date, int]], levels: list[LevelMeasurement], sat: list[ExamAttempt]
) -> ProgrammeProgress:
    made = ProgrammeProgress(programme, sum(minutes for _day, minutes in days))
    goal = rules.GOAL.get(programme.target_level)
    made.goal = str(Level(goal).label) if goal else ""
    made.sittings = [
        _sitting(day, list(rows), minutes_until(days, day)) for day, rows in groupby(levels, key=lambda row: row.measured_on)
    ][::-1]
    made.panels = _panels(levels, {sitting.day: sitting.minutes for sitting in made.sittings}, goal)
    made.attempts = sat[::-1]
    made.parts = parts_of(programme.law, sat)
    return made


def _sitting(day: dt.date, rows: list[LevelMeasurement], minutes: int) -> Sitting:
    by_skill = {row.skill: str(row.get_level_display()) for row in rows}
    names = dict.fromkeys(row.assessor.full_name for row in rows if row.assessor)
    return Sitting(
        day=day,
        minutes=minutes,
        kind=str(rows[0].get_kind_display()),
        levels=tuple(by_skill.get(skill) for skill in Skill.values),
        assessors=", ".join(names) or "–",
    )


def _panels(levels: list[LevelMeasurement], minutes: Mapping[dt.date, int], goal: str | None) -> list[tuple[str, chart.Panel]]:
    if not levels:
        return []
    target = rules.rank(goal) if goal else None
    ranks = [rules.rank(row.level) for row in levels]
    rungs, most = chart.scale([*minutes.values(), 60], ranks, target, len(LADDER))
    drawn = []
    for skill in Skill:
        points = [(minutes[row.measured_on], rules.rank(row.level)) for row in levels if row.skill == skill]
        if points:
            drawn.append((str(skill.label), chart.panel(points, LADDER, target, rungs, most)))
    return drawn


def parts_of(law: str, attempts: Iterable[ExamAttempt]) -> list[PartState]:
    """The parts of the exam of this law, each with how it stands; other exams only when they were sat."""
    tried: dict[str, list[ExamAttempt]] = {}
    for attempt in attempts:
        tried.setdefault(attempt.part, []).append(attempt)
    own = [part for part in rules.parts_of(law) if not part.code.startswith("nt2") or part.code in tried]
    return [_state(part, tried.get(part.code, [])) for part in own]


def _state(part: rules.Part, tried: list[ExamAttempt]) -> PartState:
    passed = next((attempt for attempt in tried if attempt.result == rules.PASSED), None)
    shown = passed or (tried[-1] if tried else None)
    return PartState(
        name=str(ExamPart(part.code).label) if shown is None else shown.exam,
        state=ExamAttempt.Result(shown.result) if shown else None,
        day=shown.taken_on if shown else None,
        confirmed=part.confirmed,
    )

"""Levels and exams of the demo school: the same every time, around today."""

import datetime as dt
from collections.abc import Iterator
from random import Random

from django.utils import timezone

from exams import rules
from exams.models import ExamAttempt, LevelMeasurement
from kvs.models import User
from students.demo import SEED, WEEKS, first_monday
from students.models import Enrolment, Programme

BETWEEN = 8  # weeks between two measurements
STARTS = {"a1": (0, 3), "a2": (2, 5), "b1": (3, 6), "b2": (5, 8)}  # rank of the first level, by the level aimed at


def fill(today: dt.date | None = None) -> None:
    """Measure everybody three or four times since the start of the lessons, and let some sit exams."""
    today = today or timezone.localdate()
    chance = Random(SEED + 4)  # noqa: S311  # the same school every time, nothing secret
    teachers = _teachers()
    measured: list[LevelMeasurement] = []
    attempts: list[ExamAttempt] = []
    for programme in Programme.objects.order_by("student__number", "starts_on"):
        levels = list(_levels(programme, teachers.get(programme.pk), today, chance))
        measured += levels
        attempts += _attempts(programme, levels, today, chance)
    LevelMeasurement.objects.bulk_create(measured)
    ExamAttempt.objects.bulk_create(attempts)


def _teachers() -> dict[object, User]:
    """Somebody who teaches each programme: the assessor."""
    places = Enrolment.objects.order_by("starts_on").prefetch_related("group__assignments__teacher")
    return {place.programme_id: assignment.teacher for place in places for assignment in list(place.group.assignments.all())[:1]}


def _levels(programme: Programme, teacher: User | None, today: dt.date, chance: Random) -> Iterator[LevelMeasurement]:
    low, high = STARTS.get(programme.target_level, (2, 5))
    top = rules.rank(rules.GOAL.get(programme.target_level, "b1_2"))
    now = {skill: chance.randint(low, high - 1) for skill in rules.SKILLS}
    day, last = max(programme.starts_on, first_monday(today)), programme.ends_on or today
    kind = LevelMeasurement.Kind.INTAKE
    while day <= min(today, last):
        for skill in rules.SKILLS:
            yield LevelMeasurement(
                programme=programme, skill=skill, level=rules.LEVELS[now[skill]], measured_on=day, kind=kind, assessor=teacher
            )
        kind = LevelMeasurement.Kind.INTERIM
        now = {skill: min(top, level + (chance.random() < 0.6)) for skill, level in now.items()}
        day += dt.timedelta(weeks=BETWEEN)


def _attempts(programme: Programme, levels: list[LevelMeasurement], today: dt.date, chance: Random) -> Iterator[ExamAttempt]:
    """Who is far enough sits exams: mostly with success, sometimes again, sometimes still to come."""
    if not levels or chance.random() > 0.3:
        return
    wanted = programme.target_level if programme.target_level in rules.EXAM_LEVELS else ""
    sat = [part for part in rules.parts_of(programme.law) if not part.code.startswith(("nt2", "map", "pvt"))][:3]
    for part in sat or rules.parts_of(programme.law)[:2]:
        level = next((level for level in part.levels if level == wanted), part.levels[0] if part.levels else "")
        day = first_monday(today) + dt.timedelta(days=chance.randrange(20, WEEKS * 7 + 40))
        if programme.ends_on and day > programme.ends_on:
            continue
        yield from _tries(programme, part.code, level, day, today, chance)


def _tries(programme: Programme, part: str, level: str, day: dt.date, today: dt.date, chance: Random) -> Iterator[ExamAttempt]:
    """An attempt, and after a failure the next one."""
    while True:
        registered = day - dt.timedelta(weeks=7)
        known = day + dt.timedelta(weeks=6)  # domain/duo.md: results take up to eight weeks
        told = known <= today
        result = rules.OPEN if not told else rules.PASSED if chance.random() < 0.75 else rules.FAILED
        yield ExamAttempt(
            programme=programme,
            part=part,
            level=level,
            taken_on=day,
            registered_on=registered,
            result=result,
            result_on=known if told else None,
            told_by=ExamAttempt.Told.LETTER if told else ExamAttempt.Told.STUDENT,
        )
        if result != rules.FAILED:
            return
        day = known + dt.timedelta(weeks=6)

"""Attendance by group and week, as a coordinator follows it: minutes of signed lessons, no figure about a person."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Sum
from django.db.models.functions import Lower, TruncWeek

from attendance import rules
from attendance.models import Closure, Lesson, Mark
from kvs.holidays import holiday_on
from kvs.models import User
from students.models import Group

WEEKS = 10
DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
WORKDAYS = 5


class WeekOf(NamedTuple):
    """A group in a week. `percentage` is None without a signed lesson; `free` says why there was none, when that is known."""

    monday: dt.date
    percentage: int | None = None
    free: str = ""


@dataclass(frozen=True)
class GroupWeeks:
    """A group over the weeks shown, oldest first."""

    group: Group
    weeks: Sequence[WeekOf]


def monday_of(day: dt.date) -> dt.date:
    """The Monday of the week of `day`."""
    return day - day.weekday() * DAY


def whole_weeks(today: dt.date) -> list[dt.date]:
    """The Mondays of the last weeks that are over."""
    this = monday_of(today)
    return [this - number * WEEK for number in range(WEEKS, 0, -1)]


def attendance_by_week(user: User, mondays: Sequence[dt.date]) -> list[GroupWeeks]:
    """Groups within reach that had lessons in these weeks, by name. Three queries."""
    first, after = mondays[0], mondays[-1] + WEEK
    lessons = Lesson.objects.visible_to(user).filter(day__gte=first, day__lt=after)
    groups = Group.objects.visible_to(user).filter(pk__in=lessons.values("group")).order_by(Lower("name"))
    marks = Mark.objects.counted().filter(lesson__in=lessons)
    sums = (
        marks.annotate(monday=TruncWeek("lesson__day"))
        .order_by()
        .values_list("lesson__group", "monday")
        .annotate(offered=Sum("lesson__planned_minutes"), attended=Sum("minutes_attended"))
    )
    found = {(group, monday): rules.percentage(attended, offered) for group, monday, offered, attended in sums}
    closures = list(Closure.objects.visible_to(user).covering(first, after - DAY))
    return [GroupWeeks(group, [_week(group, monday, found, closures) for monday in mondays]) for group in groups]


def _week(
    group: Group, monday: dt.date, found: dict[tuple[uuid.UUID, dt.date], int | None], closures: Iterable[Closure]
) -> WeekOf:
    percentage = found.get((group.pk, monday))
    return WeekOf(monday, percentage, "" if percentage is not None else _free(group, monday, closures))


def _free(group: Group, monday: dt.date, closures: Iterable[Closure]) -> str:
    """Which closure took the week; nothing when a working day of it was open."""
    here = [closure for closure in closures if closure.location_id in (None, group.location_id)]
    days = [monday + number * DAY for number in range(WORKDAYS)]
    closed = [[row for row in here if row.starts_on <= day <= row.ends_on] for day in days]
    if not all(rows or holiday_on(day) for rows, day in zip(closed, days, strict=True)):
        return ""
    return next((rows[0].name for rows in closed if rows), "")

"""A week of lessons on one page, and the lessons of a year as a file for one's own calendar."""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import icalendar
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from attendance.models import Closure, Lesson, LessonQuerySet
from attendance.models.papers import SENDERS
from kvs.access import STAFF, KvsRequest, role_required
from kvs.holidays import holiday_on
from kvs.models import Role

READERS = STAFF - {Role.SYSTEM_ADMINISTRATOR}
DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)
FILE_BACK, FILE_AHEAD = 4 * WEEK, 52 * WEEK
SATURDAY = 5
RELATED = ("group", "teacher", "location", "lapsed_by")
WEEK_FORM = re.compile(r"(20\d\d)-W(\d\d)")


class Day(NamedTuple):
    """A column of the week. `free` says why there are no lessons: a public holiday or closures."""

    day: dt.date
    free: list[str]
    lessons: list[Lesson]


@require_GET
@role_required(*READERS)
def week(request: KvsRequest) -> HttpResponse:
    """The lessons of a week (`?week=2026-W48`, else this one): a teacher's own, and everything the office may see."""
    monday = monday_of(request.GET.get("week", "")) or _monday(timezone.localdate())
    lessons = lessons_of(request).filter(day__gte=monday, day__lt=monday + WEEK).select_related(*RELATED)
    found = list(lessons.order_by("starts_at", "group__name"))
    context = {
        "monday": monday,
        "sunday": monday + 6 * DAY,
        "days": _days(monday, found),
        "before": week_word(monday - WEEK),
        "after": week_word(monday + WEEK),
        "is_this_week": monday == _monday(timezone.localdate()),
        "only_own": request.user.is_only(Role.TEACHER),
        "groups": list(dict.fromkeys(lesson.group for lesson in found if not lesson.cancelled)),
        "word": week_word(monday),
        "may_send": request.user.has_role(*SENDERS),
    }
    return render(request, "attendance/week.html", context)


def lessons_of(request: KvsRequest) -> LessonQuerySet:
    """A teacher's own, without those of colleagues in the same groups, and everything the office may see."""
    mine = request.user.is_only(Role.TEACHER)
    return Lesson.objects.given_by(request.user) if mine else Lesson.objects.visible_to(request.user)


def monday_of(text: str) -> dt.date | None:
    """The Monday of "2026-W48"; None for anything else."""
    found = WEEK_FORM.fullmatch(text)
    try:
        return dt.date.fromisocalendar(int(found[1]), int(found[2]), 1) if found else None
    except ValueError:
        return None


def _monday(day: dt.date) -> dt.date:
    return day - day.weekday() * DAY


def week_word(monday: dt.date) -> str:
    """The week in an address: "2026-W48"."""
    year, number, _weekday = monday.isocalendar()
    return f"{year}-W{number:02}"


def _days(monday: dt.date, lessons: list[Lesson]) -> list[Day]:
    """Monday to Friday, and the weekend when something happens in it."""
    closures = list(Closure.objects.covering(monday, monday + 6 * DAY).select_related("location"))
    days = []
    for day in (monday + number * DAY for number in range(7)):
        held = [lesson for lesson in lessons if lesson.day == day]
        if held or day.weekday() < SATURDAY:
            days.append(Day(day, free_on(day, closures), held))
    return days


def free_on(day: dt.date, closures: Iterable[Closure]) -> list[str]:
    """Why there are no lessons on `day`: a public holiday, and those of `closures` that hold then."""
    names = [holiday_on(day), *(_closed(row) for row in closures if row.starts_on <= day <= row.ends_on)]
    return [name for name in names if name]


def _closed(closure: Closure) -> str:
    return f"{closure.name} ({closure.location.name})" if closure.location else closure.name


@require_GET
@role_required(*READERS)
def week_file(request: KvsRequest) -> HttpResponse:
    """The same lessons as an iCalendar file, from four weeks back to a year ahead."""
    return _file(lessons_of(request))


@require_GET
@role_required(Role.STUDENT)
def own_file(request: KvsRequest) -> HttpResponse:
    """A student's own lessons as an iCalendar file."""
    return _file(Lesson.objects.visible_to(request.user))


def _file(lessons: LessonQuerySet) -> HttpResponse:
    today = timezone.localdate()
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//KVS//rooster//NL")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", _("Lessons"))
    wanted = lessons.filter(day__gte=today - FILE_BACK, day__lte=today + FILE_AHEAD).select_related("group", "location")
    for lesson in wanted.order_by("starts_at"):
        calendar.add_component(_event(lesson))
    answer = HttpResponse(calendar.to_ical(), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="rooster.ics"'
    return answer


def _event(lesson: Lesson) -> icalendar.Event:
    """Nobody's name is in it: the file leaves the system."""
    facts: dict[str, Any] = {
        "uid": f"{lesson.pk}@kvs",
        "dtstamp": timezone.now(),
        "dtstart": lesson.starts_at,
        "dtend": lesson.ends_at,
        "summary": lesson.group.name,
        "location": ", ".join(filter(None, [lesson.location.name, lesson.room])),
        "status": "CANCELLED" if lesson.cancelled else "CONFIRMED",
    }
    event = icalendar.Event()
    for name, value in facts.items():
        event.add(name, value)
    return event

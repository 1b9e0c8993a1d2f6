"""What goes on at this moment, for an inspector at the door: lessons, rooms, teachers, and how many are expected and seen.

No student is named here; the register of each lesson is one click away, and records who opened it.
"""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attendance import rules
from attendance.models import Lesson, LessonQuerySet, Mark
from kvs.access import KvsRequest, role_required
from kvs.models import Location, Role

READERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.AUDITOR)
ONE_DAY = dt.timedelta(days=1)


class Entry(NamedTuple):
    """A lesson that goes on. Numbers of students: `marked` by the teacher, of these `present`; `confirmed` by themselves."""

    lesson: Lesson
    expected: int
    confirmed: int = 0
    marked: int = 0
    present: int = 0


@dataclass
class Site:
    """A location at this moment: what goes on, what was cancelled, and the first lesson to come."""

    location: Location
    going: list[Entry] = field(default_factory=list)
    cancelled: list[Lesson] = field(default_factory=list)
    following: Lesson | None = None


@require_GET
@role_required(*READERS)
def inspection(request: KvsRequest) -> HttpResponse:
    """The lessons of this moment within reach, per location. A constant number of queries."""
    now = timezone.now()
    lessons = Lesson.objects.visible_to(request.user).select_related("group", "location", "teacher", "register")
    context = {"now": now, "sites": _sites(lessons, now)}
    return render(request, "attendance/inspection.html", context)


def _sites(lessons: LessonQuerySet, now: dt.datetime) -> list[Site]:
    """Locations by name, each with something to say."""
    today = timezone.localdate(now)
    around = lessons.filter(day__range=(today - ONE_DAY, today))  # by its index; a lesson may go on past midnight
    held = list(around.filter(starts_at__lte=now, ends_at__gt=now).with_places().order_by("starts_at", "group__name"))
    coming = lessons.filter(day__gte=today, starts_at__gt=now, cancelled=False)
    sites: dict[uuid.UUID, Site] = {}
    counts = _counts(held)
    for lesson in held:
        site = sites.setdefault(lesson.location_id, Site(lesson.location))
        if lesson.cancelled:
            site.cancelled.append(lesson)
        else:
            site.going.append(_entry(lesson, counts.get(lesson.pk)))
    for lesson in coming.order_by("location_id", "starts_at", "group__name").distinct("location_id"):
        sites.setdefault(lesson.location_id, Site(lesson.location)).following = lesson
    return sorted(sites.values(), key=lambda site: site.location.name)


def _counts(lessons: list[Lesson]) -> dict[uuid.UUID, tuple[int, int, int, int]]:
    """Per lesson: marks, and of these confirmed, marked by the teacher, and present as she says. One query."""
    by_teacher = Q(teacher_at__isnull=False)
    marks = Mark.objects.filter(lesson__in=lessons).order_by().values_list("lesson")
    found = marks.annotate(
        number=Count("pk"),
        confirmed=Count("pk", filter=Q(student_at__isnull=False)),
        marked=Count("pk", filter=by_teacher),
        present=Count("pk", filter=by_teacher & Q(state__in=rules.THERE)),
    )
    return {lesson: numbers for lesson, *numbers in found}  # type: ignore[misc]  # four of them


def _entry(lesson: Lesson, counts: tuple[int, int, int, int] | None) -> Entry:
    places: int = lesson.places  # type: ignore[attr-defined]  # with_places adds it
    if counts is None:
        return Entry(lesson, places)
    number, *seen = counts
    return Entry(lesson, max(places, number), *seen)

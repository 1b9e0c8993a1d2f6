"""One day of lessons on one page: per location, in order of time."""

import datetime as dt
import itertools
from collections.abc import Iterable

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attendance.forms import DayForm
from attendance.models import Closure, Lesson
from attendance.views.calendar import DAY, READERS, free_on, lessons_of
from kvs.access import KvsRequest, role_required
from kvs.models import Location, Role


@require_GET
@role_required(*READERS)
def day(request: KvsRequest) -> HttpResponse:
    """The lessons of `?dag=2026-11-24` (else today), cancelled ones too: a teacher's own, and everything the office may see."""
    shown = _chosen(request)
    related = ("group", "teacher", "location", "register", "lapsed_by")
    lessons = lessons_of(request).on(shown).with_places().select_related(*related)
    closures = Closure.objects.covering(shown, shown).select_related("location")
    year, week, _weekday = shown.isocalendar()
    context = {
        "day": shown,
        "is_today": shown == timezone.localdate(),
        "previous_day": shown - DAY,
        "next_day": shown + DAY,
        "week": f"{year}-W{week:02}",
        "now": timezone.now(),
        "free": free_on(shown, closures),
        "sites": _by_location(lessons.order_by("location__name", "location_id", "starts_at", "group__name")),
        "only_own": request.user.is_only(Role.TEACHER),
    }
    return render(request, "attendance/day.html", context)


def _chosen(request: KvsRequest) -> dt.date:
    form = DayForm(request.GET)
    asked: dt.date | None = form.cleaned_data["dag"] if form.is_valid() else None
    # The neighbours of year 1 and 9999 do not exist.
    return asked if asked and 2000 <= asked.year <= 2100 else timezone.localdate()


def _by_location(lessons: Iterable[Lesson]) -> list[tuple[Location, list[Lesson]]]:
    return [(location, list(found)) for location, found in itertools.groupby(lessons, key=lambda lesson: lesson.location)]

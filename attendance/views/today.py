"""A teacher's start page: the lessons of a day, and what is still open from before."""

import datetime as dt
from typing import NamedTuple

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from attendance import rules
from attendance.forms import DayForm
from attendance.missing import number_missing
from attendance.models import Lesson, LessonQuerySet, Mark
from kvs.access import KvsRequest, role_required
from kvs.models import Role

ONE_DAY = dt.timedelta(days=1)


class Entry(NamedTuple):
    """A lesson in the list. state: "signed", "to_sign", "cancelled" or "upcoming"."""

    lesson: Lesson
    state: str
    now: bool
    counts: rules.Counts
    size: int
    days_ago: int


@require_GET
@role_required(Role.TEACHER)
def today(request: KvsRequest) -> HttpResponse:
    """Lessons of the day (`?dag=2026-11-24`, default today), and unsigned registers of the last weeks, oldest first."""
    this_day = timezone.localdate()
    day = _chosen_day(request) or this_day
    lessons = Lesson.objects.taught_by(request.user)
    since = this_day - rules.OPEN_FROM_EARLIER
    entries = _entries(lessons.on(day))
    context = {
        "day": day,
        "is_today": day == this_day,
        "previous_day": day - ONE_DAY,
        "next_day": day + ONE_DAY,
        "now": timezone.now(),
        "entries": entries,
        "open_from_earlier": _entries(lessons.unsigned().filter(day__gte=since, day__lt=this_day)),
        "missing": number_missing(request.user),
        "teaches_something": bool(entries) or lessons.exists(),
    }
    return render(request, "attendance/today.html", context)


def _chosen_day(request: KvsRequest) -> dt.date | None:
    form = DayForm(request.GET)
    day: dt.date | None = form.cleaned_data["dag"] if form.is_valid() else None
    if not form.is_valid() or (day and not 2000 <= day.year <= 2100):  # the neighbours of year 1 and 9999 do not exist
        messages.warning(request, _("That is not a date. You see today."))
        return None
    return day


def _entries(lessons: LessonQuerySet) -> list[Entry]:
    found = list(lessons.with_places().select_related("group", "location", "teacher", "register").order_by("starts_at"))
    marks = Mark.objects.filter(lesson__in=found).order_by().values_list("lesson", "state")
    states: dict[object, list[str]] = {}
    confirmed: dict[object, int] = {}
    for lesson, state, number, own in marks.annotate(number=Count("pk"), own=Count("pk", filter=Q(student_at__isnull=False))):
        states.setdefault(lesson, []).extend([state] * number)
        confirmed[lesson] = confirmed.get(lesson, 0) + own
    return [_entry(lesson, states.get(lesson.pk, []), confirmed.get(lesson.pk, 0)) for lesson in found]


def _entry(lesson: Lesson, states: list[str], confirmed: int) -> Entry:
    now = timezone.now()
    register = getattr(lesson, "register", None)
    if lesson.cancelled:
        state = "cancelled"
    elif register and register.signed_at:
        state = "signed"
    else:
        state = "to_sign" if rules.has_begun(now, lesson.starts_at) else "upcoming"
    size = max(lesson.places, len(states))  # type: ignore[attr-defined]  # with_places adds it
    return Entry(
        lesson=lesson,
        state=state,
        now=not lesson.cancelled and lesson.starts_at <= now < lesson.ends_at,
        counts=rules.counts(states, size=size, confirmed=confirmed),
        size=size,
        days_ago=(timezone.localdate() - lesson.day).days,
    )

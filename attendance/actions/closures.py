"""Closing the school for some days, and taking that back: the lessons that lapsed through it can go on after all."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from attendance.actions.lapses import SOON, tell_of_lapse, tell_of_resumption, told_of
from attendance.clashes import clashes_of
from attendance.closing import by_group
from attendance.models import Closure, Lesson
from kvs import audit
from kvs.editing import changed
from kvs.models import AuditAction, User
from students.models.groups import hold_timetable


@transaction.atomic
def add_closure(*, by: User, **fields: Any) -> tuple[Closure, int]:
    """Days without lessons, and how many planned lessons lapse because of it. Lessons with a register stay."""
    closure = Closure(**fields)
    closure.full_clean()
    closure.save(force_insert=True)
    return closure, _lapse(closure, by)


def _lapse(closure: Closure, by: User) -> int:
    """Cancel what was planned. Only who would come in the next days is told by mail: a summer is on the own page."""
    hold_timetable()
    planned = Lesson.objects.lapsing(closure.location, closure.starts_on, closure.ends_on)
    list(planned.select_for_update(of=("self",), no_key=True).values_list("pk"))  # whoever signs one now is waited for
    found = list(planned.select_related("teacher"))
    these = Lesson.objects.filter(pk__in=[lesson.pk for lesson in found])
    number = these.update(cancelled=True, lapsed_by=closure, resumed_at=None)
    for lesson in found:
        if lesson.day <= timezone.localdate() + SOON:
            tell_of_lapse(lesson=lesson, by=by)
    return number


class StaysLapsed(NamedTuple):
    """A lesson to come that does not go on although its closure is gone, and why."""

    lesson: Lesson
    why: str


class Reopened(NamedTuple):
    """What became of a closure that is taken away: lessons that go on, and lessons to come that do not, in order of time."""

    closure: Closure
    back: list[Lesson]
    staying: list[StaysLapsed]


@transaction.atomic
def remove_closure(*, closure: Closure, version: int, by: User, resume: bool = False) -> Reopened:
    """Take a closure out of the calendar; with `resume` the lessons to come that lapsed through it go on after all, except
    those on days of another closure, of a group that ended or that clash by now. Raises ValidationError ("stale").
    """
    hold_timetable()
    row = changed(Closure.objects.all(), closure.pk, version, {})
    found = Lesson.objects.resumable(row).select_for_update(of=("self",)).order_by("group_id", "starts_at")
    coming = list(found.select_related("group", "location", "teacher"))
    staying = _pass_on(row, coming)
    back: list[Lesson] = []
    if resume:
        closed = {each.lesson.pk for each in staying}
        for _group, lessons in by_group(lesson for lesson in coming if lesson.pk not in closed):
            more, not_these = _resume(lessons, by)
            back += more
            staying += not_these
    row.delete()
    return Reopened(row, sorted(back, key=_time), sorted(staying if resume else [], key=lambda each: _time(each.lesson)))


def _time(lesson: Lesson) -> dt.datetime:
    return lesson.starts_at


def _pass_on(closure: Closure, lessons: Sequence[Lesson]) -> list[StaysLapsed]:
    """Those on days of another closure too lapse through that one from now on."""
    others = list(Closure.objects.covering(closure.starts_on, closure.ends_on).exclude(pk=closure.pk))
    found = []
    for lesson in lessons:
        other = next((row for row in others if row.closes(lesson.location_id, lesson.day)), None)
        if other:
            Lesson.objects.filter(pk=lesson.pk).update(lapsed_by=other)
            found.append(StaysLapsed(lesson, _("the school is closed then as well: %(name)s") % {"name": other.name}))
    return found


def _resume(lessons: list[Lesson], by: User) -> tuple[list[Lesson], list[StaysLapsed]]:
    """Let lessons of one group go on as far as nothing is in the way; tell who knew that they would not."""
    clashes = clashes_of(lessons)
    why = {lesson.pk: _in_the_way(lesson, clashes) for lesson in lessons}
    back = [lesson for lesson in lessons if not why[lesson.pk]]
    warned = told_of(back)
    for lesson in back:
        lesson.cancelled, lesson.lapsed_by, lesson.resumed_at = False, None, timezone.now()
        lesson.version += 1
    if back:
        Lesson.objects.bulk_update(back, ["cancelled", "lapsed_by", "resumed_at", "version"], batch_size=500)
        audit.log_bulk(back, AuditAction.UPDATE, ["cancelled"], by=by)
    for lesson in back:
        if lesson.pk in warned:
            tell_of_resumption(lesson=lesson, by=by)
    return back, [StaysLapsed(lesson, why[lesson.pk]) for lesson in lessons if why[lesson.pk]]


def _in_the_way(lesson: Lesson, clashes: Mapping[uuid.UUID, list[str]]) -> str:
    group = lesson.group
    if lesson.day < group.starts_on or (group.ends_on and lesson.day > group.ends_on):
        return _("The group %(group)s does not run on that day.") % {"group": group.name}
    return " ".join(clashes.get(lesson.pk, ()))

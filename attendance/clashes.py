"""What a lesson would clash with, in words. The constraints refuse a clash too, but cannot say with what."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attendance.models import Lesson
from attendance.models.lessons import ROOM
from attendance.rules import same_room
from students.models import Enrolment, Group
from students.models.groups import FAR_AWAY


def clashes_of(lessons: Sequence[Lesson]) -> dict[uuid.UUID, list[str]]:
    """For those of `lessons` (of one group, stored or not) that would clash: a sentence per clash, by primary key.

    With stored lessons that are not among them, and with those before them in the list. To be asked under the timetable
    lock (students.models.groups.hold_timetable). Four questions to the database, however many lessons.
    """
    if not lessons:
        return {}
    others = _others(lessons)
    classmates = _Classmates.of(lessons[0].group, others)
    found: dict[uuid.UUID, list[str]] = {}
    accepted = defaultdict(list, {day: list(rows) for day, rows in others.items()})
    for lesson in lessons:
        sentences = [
            sentence
            for other in _around(accepted, lesson.day)
            if other.starts_at < lesson.ends_at and lesson.starts_at < other.ends_at
            for sentence in _sentences(lesson, other, classmates)
        ]
        if sentences:
            found[lesson.pk] = sentences
        else:
            accepted[lesson.day].append(lesson)
    return found


def _others(lessons: Sequence[Lesson]) -> dict[dt.date, list[Lesson]]:
    """Stored lessons on the days of `lessons`, and the evening before them, that could be in the way, by day."""
    days = {lesson.day - dt.timedelta(days=back) for lesson in lessons for back in (-1, 0, 1)}
    group = lessons[0].group
    mine = Enrolment.objects.filter(group=group, starts_on__lte=max(days)).exclude(ends_on__lt=min(days))
    theirs = Enrolment.objects.filter(programme__student__in=mine.values("programme__student")).values("group")
    teachers = {lesson.teacher_id for lesson in lessons} - {None}
    rooms = {same_room(lesson.room) for lesson in lessons} - {""}
    near = Q(group__in=theirs) | Q(group=group) | Q(teacher__in=teachers) | Q(key__in=rooms, location=lessons[0].location_id)
    rows = (
        Lesson.objects.alias(key=ROOM)
        .filter(near, day__in=days, cancelled=False)
        .exclude(pk__in=[lesson.pk for lesson in lessons])
    )
    found = defaultdict(list)
    columns = ("group", "teacher", "location", "room", "day", "starts_at", "ends_at")
    for row in rows.only(*columns).prefetch_related("group", "teacher"):  # few groups and teachers in thousands of lessons
        found[row.day].append(row)
    return found


def _around(lessons: dict[dt.date, list[Lesson]], day: dt.date) -> Iterator[Lesson]:
    for away in (-1, 0, 1):
        yield from lessons.get(day + dt.timedelta(days=away), ())


def _sentences(lesson: Lesson, other: Lesson, classmates: "_Classmates") -> Iterator[str]:
    facts = {"group": other.group.name, "time": _time(other), "room": other.room}
    if other.group_id == lesson.group_id:
        yield _("This group already has a lesson then (%(time)s).") % facts
        return
    if lesson.teacher_id and lesson.teacher_id == other.teacher_id and other.teacher:
        yield _("%(name)s gives %(group)s then (%(time)s).") % {**facts, "name": other.teacher.full_name}
    room = same_room(lesson.room)
    if room and (room, lesson.location_id) == (same_room(other.room), other.location_id):
        yield _("Room %(room)s is taken by %(group)s then (%(time)s).") % facts
    number = classmates.shared(other.group_id, lesson.day)
    if number:
        yield ngettext(
            "%(number)d student has a lesson of %(group)s then (%(time)s).",
            "%(number)d students have a lesson of %(group)s then (%(time)s).",
            number,
        ) % {**facts, "number": number}


def _time(lesson: Lesson) -> str:
    begins, ends = (date_format(timezone.localtime(moment), "TIME_FORMAT") for moment in (lesson.starts_at, lesson.ends_at))
    return f"{begins} – {ends}"


@dataclass
class _Classmates:
    """Who is in two groups at once: the places of one group, and those of the same students in others."""

    mine: dict[uuid.UUID, list[Enrolment]] = field(default_factory=lambda: defaultdict(list))  # by student
    theirs: dict[uuid.UUID, list[Enrolment]] = field(default_factory=lambda: defaultdict(list))  # by group

    @classmethod
    def of(cls, group: Group, lessons: dict[dt.date, list[Lesson]]) -> "_Classmates":
        groups = {lesson.group_id for rows in lessons.values() for lesson in rows} - {group.pk}
        found = cls()
        if not groups:
            return found
        students = Enrolment.objects.filter(group=group).values("programme__student")
        places = Enrolment.objects.filter(group__in={*groups, group.pk}, programme__student__in=students)
        columns = ("group", "starts_on", "ends_on", "programme__student_id")
        for place in places.select_related("programme").only(*columns):
            if place.group_id == group.pk:
                found.mine[place.programme.student_id].append(place)
            else:
                found.theirs[place.group_id].append(place)
        return found

    def shared(self, group: uuid.UUID, day: dt.date) -> int:
        """How many students have a place here and in `group` on `day`."""
        there = {place.programme.student_id for place in self.theirs.get(group, ()) if _covers(place, day)}
        return sum(any(_covers(place, day) for place in self.mine.get(student, ())) for student in there)


def _covers(place: Enrolment, day: dt.date) -> bool:
    return place.starts_on <= day <= (place.ends_on or FAR_AWAY)

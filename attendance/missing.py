"""Registers that miss a signature. Everything that lists, counts or mails them begins here."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from attendance.models import Lesson, LessonQuerySet, Mark, teaches
from kvs.holidays import working_days_after
from kvs.models import Location, Role, User
from students.models import Enrolment

WATCHERS = (Role.ADMINISTRATION, Role.COORDINATOR)  # who see to it that registers are signed


def took_place(lessons: LessonQuerySet, now: dt.datetime) -> LessonQuerySet:
    """Lessons that are over by `now` and miss their signature. One that nobody is on has nothing to sign."""
    day = OuterRef("day")
    placed = Enrolment.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day, group=OuterRef("group"))
    marked = Mark.objects.filter(lesson=OuterRef("pk"))
    return lessons.unsigned().filter(Exists(placed) | Exists(marked), ends_at__lte=now)


def missing_registers(user: User) -> LessonQuerySet:
    """Lessons that took place without a signed register: a teacher's own, and for administration and coordinators those of
    their locations. In the order of the lessons.
    """
    mine = teaches(user)
    if user.has_role(*WATCHERS):
        mine |= user.locations_as(*WATCHERS)
    return took_place(Lesson.objects.filter(mine), timezone.now()).order_by("starts_at", "pk")


def number_missing(user: User) -> int:
    """How many lessons wait for a signature, of those `user` looks after."""
    return missing_registers(user).count()


def due_for_teacher(teacher: User, now: dt.datetime, hours: int) -> LessonQuerySet:
    """What `teacher` is reminded of: lessons she gives herself, or of her groups while nobody is named, over for `hours`."""
    own = Lesson.objects.filter(teaches(teacher)).filter(Q(teacher=teacher) | Q(teacher__isnull=True))
    return took_place(own, now - dt.timedelta(hours=hours))


def due_for_coordinator(coordinator: User, today: dt.date, days: int) -> LessonQuerySet:
    """What a coordinator is told of: lessons at the own locations that still miss it `days` working days after their day."""
    places = Location.objects.where_held(coordinator, Role.COORDINATOR)
    late = Lesson.objects.filter(location__in=places, day__lte=last_day_due(today, days))
    return took_place(late, timezone.now())


def last_day_due(today: dt.date, days: int) -> dt.date:
    """The latest day that lies `days` working days back on `today`; a lesson on a Saturday counts from the next working day."""
    day = today
    while working_days_after(day, days) > today:
        day -= dt.timedelta(days=1)
    return day

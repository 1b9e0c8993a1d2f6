"""When the time of a file is over: computed from the programmes each time, never stored."""

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from attendance.models import Mark
from kvs.retention import period_of
from kvs.terms import Period, add
from kvs.vocabulary import CONTACT_PERSON_PERIOD, STUDENT_FILE
from students.models import CaseManager, Programme, Student

NOTICE = dt.timedelta(days=30)  # how long beforehand a student is told
WITHOUT_LESSONS = Period(months=6)  # then somebody has to say whether a programme without an end has ended
SLACK = dt.timedelta(days=3)  # months differ in length: the database finds a little more, `add` decides


class Due(NamedTuple):
    """A student and the day on which the file goes."""

    student: Student
    on: dt.date


def before(day: dt.date, period: Period) -> dt.date:
    """`day` and a period earlier."""
    return add(day, Period(years=-period.years, months=-period.months, days=-period.days))


def due_until(day: dt.date, students: "QuerySet[Student] | None" = None) -> Iterator[Due]:
    """Students whose time is over on `day` or earlier, longest ago first: the latest end of all programmes counts.

    Somebody with a programme without an end is never among them (see `without_end`). Somebody who never began a programme
    counts from the day of registration.
    """
    period = period_of(STUDENT_FILE)
    latest = before(day, period) + SLACK
    found = (Student.objects.all() if students is None else students).annotate(
        last_end=Max("programmes__ends_on"), endless=Count("programmes", filter=Q(programmes__ends_on__isnull=True))
    )
    ended = Q(last_end__lte=latest) | Q(last_end__isnull=True, registered_on__lte=latest)
    for student in found.filter(ended, endless=0).order_by("last_end", "pk"):
        on = add(student.last_end or student.registered_on, period)
        if on <= day:
            yield Due(student, on)


def due_on(student: Student) -> dt.date | None:
    """The day on which this file goes as things are now; None while a programme runs without an end."""
    ends = list(student.programmes.values_list("ends_on", flat=True))
    known = [end for end in ends if end]
    if len(known) < len(ends):
        return None
    return add(max(known, default=student.registered_on), period_of(STUDENT_FILE))


def without_end(today: dt.date) -> "QuerySet[Programme]":
    """Programmes without an end in which nobody was marked for half a year: they would keep a file for ever, unseen."""
    since = before(today, WITHOUT_LESSONS)
    marked = Mark.objects.filter(enrolment__programme=OuterRef("pk"), lesson__day__gt=since)
    return Programme.objects.filter(~Exists(marked), ends_on__isnull=True, starts_on__lte=since).order_by("starts_on")


def contacts_due(today: dt.date) -> "QuerySet[CaseManager]":
    """Case managers whose last commission ended longer ago than the period of contact persons."""
    latest = before(today, period_of(CONTACT_PERSON_PERIOD))
    found = CaseManager.objects.annotate(
        last_end=Max("contract__ends_on"), endless=Count("contract", filter=Q(contract__ends_on__isnull=True))
    )
    return found.filter(Q(last_end__lte=latest) | Q(last_end__isnull=True, ends_on__lte=latest), endless=0)

"""Telling a group that a lesson does not go on, or goes on after all: on the own page, by mail, and for those without mail
a list to call.
"""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.db import models
from django.urls import reverse
from django.utils import timezone

from attendance.models import Lesson
from kvs.jobs import start_job
from kvs.mail import send_mail
from kvs.models import Job, User
from students.models import Student

LAPSE, RESUMPTION = "attendance.tell_lapse", "attendance.tell_resumption"
SOON = dt.timedelta(days=3)  # a closure mails about lessons so far ahead


def tell_of_lapse(*, lesson: Lesson, by: User) -> int:
    """Start a mail to every student with an address and to the teacher, unless the lesson is over; to how many.

    To be called inside the transaction that cancels. Each mail is a job of its own: one that is tried again is nobody else's.
    """
    return _start(LAPSE, lesson, by)


def tell_of_resumption(*, lesson: Lesson, by: User) -> int:
    """The same for a lesson that had lapsed and goes on after all."""
    return _start(RESUMPTION, lesson, by)


def told_of(lessons: Sequence[Lesson]) -> set[uuid.UUID]:
    """Of these lessons that lapsed through a closure those (primary keys) of which somebody may count on it that they do not go
    on: so near that its people saw it on the own page, or mailed about (at most SOON ahead, so the jobs are still there).
    """
    soon = timezone.localdate() + SOON
    later = [str(lesson.pk) for lesson in lessons if lesson.day > soon]
    mailed = set(Job.objects.filter(kind=LAPSE, arguments__lesson__in=later).values_list("arguments__lesson", flat=True))
    return {lesson.pk for lesson in lessons if lesson.day <= soon or str(lesson.pk) in mailed}


def _start(kind: str, lesson: Lesson, by: User) -> int:
    if lesson.ends_at <= timezone.now():
        return 0
    people = [("student", key) for key in students_of(lesson).exclude(email="").values_list("pk", flat=True)]
    if lesson.teacher and lesson.teacher.email and lesson.teacher != by:
        people.append(("user", lesson.teacher.pk))
    for whom, key in people:
        start_job(kind, {"lesson": lesson.pk, whom: key}, by=None)
    return len(people)


def mail_lapse(*, lesson: uuid.UUID, student: uuid.UUID | None = None, user: object = None) -> bool:
    """Mail one person that the lesson lapses, if it still does and the person still belongs to it; whether a mail went.

    Raises OSError when no mail server takes it.
    """
    return _mail("lesson_lapses", Lesson.objects.filter(pk=lesson, cancelled=True).first(), student, user)


def mail_resumption(*, lesson: uuid.UUID, student: uuid.UUID | None = None, user: object = None) -> bool:
    """Mail one person that the lesson goes on after all, if it still does. Raises OSError when no mail server takes it."""
    return _mail("lesson_resumed", Lesson.objects.filter(pk=lesson, cancelled=False).first(), student, user)


def _mail(template: str, row: Lesson | None, student: uuid.UUID | None, user: object) -> bool:
    if row is None:
        return False
    reader = _student(row, student) if student else User.objects.filter(pk=user, is_active=True).exclude(email=None).first()
    if reader is None:
        return False
    path = reverse("attendance:portal") if student else reverse("attendance:today")
    send_mail(template, reader, lesson=row, path=path)
    return True


def _student(lesson: Lesson, student: uuid.UUID) -> User | None:
    """Whom to greet, at the address of the file, which the family may share."""
    found = students_of(lesson).exclude(email="").filter(pk=student).select_related("user").first()
    if found is None:
        return None
    language = found.user.language if found.user else "nl"
    return User(email=found.email, call_name=found.call_name or found.given_names, language=language)


def students_of(lesson: Lesson) -> "models.QuerySet[Student]":
    """Who has a place in the group on the day of the lesson."""
    return Student.objects.filter(pk__in=lesson.roster().values("programme__student"))

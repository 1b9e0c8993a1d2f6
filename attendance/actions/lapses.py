"""Telling a group that a lesson does not go on: on the own page, by mail, and for those without mail a list to call."""

import uuid

from django.db import models
from django.urls import reverse
from django.utils import timezone

from attendance.models import Lesson
from kvs.jobs import start_job
from kvs.mail import send_mail
from kvs.models import User
from students.models import Student


def tell_of_lapse(*, lesson: Lesson, by: User) -> int:
    """Start a mail to every student with an address and to the teacher, unless the lesson is over; to how many.

    To be called inside the transaction that cancels. Each mail is a job of its own: one that is tried again is nobody else's.
    """
    if lesson.ends_at <= timezone.now():
        return 0
    people = [("student", key) for key in students_of(lesson).exclude(email="").values_list("pk", flat=True)]
    if lesson.teacher and lesson.teacher.email and lesson.teacher != by:
        people.append(("user", lesson.teacher.pk))
    for kind, key in people:
        start_job("attendance.tell_lapse", {"lesson": lesson.pk, kind: key}, by=None)
    return len(people)


def mail_lapse(*, lesson: uuid.UUID, student: uuid.UUID | None = None, user: object = None) -> bool:
    """Mail one person that the lesson lapses, if it still does and the person still belongs to it; whether a mail went.

    Raises OSError when no mail server takes it.
    """
    row = Lesson.objects.filter(pk=lesson, cancelled=True).first()
    if row is None:
        return False
    reader = _student(row, student) if student else User.objects.filter(pk=user, is_active=True).exclude(email=None).first()
    if reader is None:
        return False
    path = reverse("attendance:portal") if student else reverse("attendance:today")
    send_mail("lesson_lapses", reader, lesson=row, path=path)
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

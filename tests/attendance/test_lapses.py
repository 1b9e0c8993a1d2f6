"""A lesson that does not go on: who is mailed, who is to be called, and what a student sees."""

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from attendance.actions.closures import add_closure
from attendance.actions.planning import cancel_lesson
from attendance.models import Lesson
from kvs.jobs import WORK, Run
from kvs.models import AccessEvent, Job, Location, User
from students.actions import open_account
from students.models import Group, Student
from tests.factories import make_group, make_lesson, make_student, place
from tests.people import Browser, signed_in

pytestmark = pytest.mark.django_db
TOMORROW = dt.timedelta(days=1)


@pytest.fixture
def group(north: Location, ineke: User) -> Group:
    return make_group(north, ineke, name="Z-route 5")


@pytest.fixture
def students(group: Group, north: Location, ineke: User) -> list[Student]:
    """Selam and Ayşe have an address, Bilal has none; who left is not told."""
    known = [
        {"call_name": "Selam", "email": "selam@voorbeeld.test"},
        {"call_name": "Ayşe", "email": "ayse@voorbeeld.test"},
        {"call_name": "Bilal", "surname": "Haddad", "phone": "06-00000001"},
    ]
    students = [make_student(north, ineke, **facts) for facts in known]
    for student in students:
        place(student, group, ineke)
    left = make_student(north, ineke, call_name="Left", email="left@voorbeeld.test")
    place(left, group, ineke, ends_on=timezone.localdate() - TOMORROW)
    return students


def lesson_of(group: Group, by: User, days: int = 1, **fields: Any) -> Lesson:
    return make_lesson(group, by, starts_at=timezone.now() + days * TOMORROW, **fields)


def mailed() -> dict[str, str]:
    """Run the mails that wait: address -> body."""
    mail.outbox.clear()
    for job in Job.objects.filter(state="queued", kind="attendance.tell_lapse"):
        WORK[job.kind](Run(job))
    return {message.to[0]: str(message.body) for message in mail.outbox}


def test_students_and_the_teacher_are_told(group: Group, students: list[Student], ineke: User, anna: User) -> None:
    lesson = lesson_of(group, ineke, teacher=anna)
    cancel_lesson(lesson=lesson, version=lesson.version, by=ineke)

    sent = mailed()

    assert set(sent) == {"selam@voorbeeld.test", "ayse@voorbeeld.test", anna.email}
    assert sent["selam@voorbeeld.test"].startswith("Hallo Selam,")
    assert {message.subject for message in mail.outbox} == {"Een les gaat niet door"}
    assert all("Z-route" not in body and "Haddad" not in body for body in sent.values())
    pages = {reverse("attendance:portal"), reverse("attendance:today")}
    assert {address: [page for page in pages if f"{page}\n" in body] for address, body in sent.items()} == {
        "selam@voorbeeld.test": [reverse("attendance:portal")],
        "ayse@voorbeeld.test": [reverse("attendance:portal")],
        anna.email: [reverse("attendance:today")],
    }


def test_a_lesson_that_has_begun_is_told_too(group: Group, students: list[Student], ineke: User) -> None:
    lesson = make_lesson(group, ineke, starts_at=timezone.now() - dt.timedelta(minutes=10))
    cancel_lesson(lesson=lesson, version=lesson.version, by=ineke)
    assert set(mailed()) == {"selam@voorbeeld.test", "ayse@voorbeeld.test"}


def test_a_student_is_told_in_the_own_language(group: Group, students: list[Student], ineke: User) -> None:
    account = open_account(student=students[0], by=ineke)
    User.objects.filter(pk=account.pk).update(language="en")
    lesson = lesson_of(group, ineke)
    cancel_lesson(lesson=lesson, version=lesson.version, by=ineke)
    sent = mailed()
    assert sent["selam@voorbeeld.test"].startswith("Hello Selam,")
    assert sent["ayse@voorbeeld.test"].startswith("Hallo Ayşe,")


def test_what_changed_before_the_mail_goes_counts(group: Group, students: list[Student], ineke: User, anna: User) -> None:
    """An account that was closed, an address that was taken out; and nobody at all when the lesson goes on after all."""
    lesson = lesson_of(group, ineke, teacher=anna)
    cancel_lesson(lesson=lesson, version=lesson.version, by=ineke)
    User.objects.filter(pk=anna.pk).update(is_active=False)
    Student.objects.filter(pk=students[0].pk).update(email="")
    assert set(mailed()) == {"ayse@voorbeeld.test"}
    Lesson.objects.filter(pk=lesson.pk).update(cancelled=False)
    assert mailed() == {}


def test_who_cancels_her_own_lesson_is_not_told(group: Group, students: list[Student], bram: User) -> None:
    lesson = lesson_of(group, bram, teacher=bram)
    cancel_lesson(lesson=lesson, version=lesson.version, by=bram)
    assert bram.email not in mailed()


def test_a_lesson_of_the_past_lapses_in_silence(group: Group, students: list[Student], ineke: User) -> None:
    lesson = lesson_of(group, ineke, days=-1)
    cancel_lesson(lesson=lesson, version=lesson.version, by=ineke)
    assert mailed() == {}


def test_cancelling_twice_tells_once(group: Group, students: list[Student], ineke: User) -> None:
    lesson = lesson_of(group, ineke)
    lesson = cancel_lesson(lesson=lesson, version=lesson.version, by=ineke)
    cancel_lesson(lesson=lesson, version=lesson.version, by=ineke)
    assert Job.objects.filter(kind="attendance.tell_lapse").count() == 2


def test_who_left_the_group_meanwhile_gets_no_mail(group: Group, students: list[Student], ineke: User) -> None:
    lesson = lesson_of(group, ineke)
    cancel_lesson(lesson=lesson, version=lesson.version, by=ineke)
    group.enrolments.filter(programme__student=students[0]).update(ends_on=timezone.localdate())
    assert set(mailed()) == {"ayse@voorbeeld.test"}


@pytest.mark.parametrize(("days", "told"), [(2, 2), (9, 0)])
def test_a_closure_tells_of_the_next_days_only(group: Group, students: list[Student], ineke: User, days: int, told: int) -> None:
    lesson = lesson_of(group, ineke, days=days)
    add_closure(name="Storm", starts_on=lesson.day, ends_on=lesson.day, by=ineke)
    assert Lesson.objects.get(pk=lesson.pk).cancelled
    assert len(mailed()) == told


# --- the call list


def call_list(lesson: Lesson) -> str:
    return reverse("attendance:call_list", args=[lesson.pk])


def test_after_cancelling_comes_the_list_of_whom_to_call(group: Group, students: list[Student], ineke: User) -> None:
    lesson = lesson_of(group, ineke)
    browser = signed_in(ineke)
    answer = browser.post(reverse("attendance:lesson_cancel", args=[lesson.pk]), {"version": str(lesson.version)})
    assert answer["Location"] == call_list(lesson)

    page = browser.get(call_list(lesson)).content.decode()

    assert "Bilal Haddad" in page
    assert "06-00000001" in page
    assert "Selam" not in page
    assert "2 cursisten hebben een e-mailadres" in page
    events = AccessEvent.objects.filter(viewer_audit_id=ineke.audit_id)
    assert set(events.values_list("subject_audit_id", flat=True)) == {students[2].audit_id}


def test_a_stranger_calls_nobody(group: Group, students: list[Student], ineke: User, chris: User) -> None:
    assert signed_in(chris).get(call_list(lesson_of(group, ineke))).status_code in (403, 404)


def test_when_everybody_has_mail_there_is_nobody_to_call(group: Group, ineke: User) -> None:
    assert "Niemand om te bellen" in signed_in(ineke).get(call_list(lesson_of(group, ineke))).content.decode()


# --- the own page


def test_a_student_sees_the_lesson_that_lapses(group: Group, students: list[Student], ineke: User) -> None:
    lesson, far = lesson_of(group, ineke), lesson_of(group, ineke, days=20)
    me: Browser = signed_in(open_account(student=students[2], by=ineke))
    assert "Geen les" not in me.get(reverse("attendance:portal")).content.decode()

    for one in (lesson, far):
        cancel_lesson(lesson=one, version=one.version, by=ineke)

    answer = me.get(reverse("attendance:portal"))
    assert [one.pk for one in answer.context["lapsed"]] == [lesson.pk]
    assert "Geen les" in answer.content.decode()

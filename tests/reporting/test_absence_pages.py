"""Telling a client about absence: only the days it commissioned, recorded as a disclosure the student sees."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from attendance.actions import Row, sign_register
from attendance.models import FollowUp, FollowUpStep, Lesson
from kvs.models import Location, Role, User
from reporting.models import DisclosedPerson, Disclosure
from students.actions import add_contract
from students.models import Client, Student
from students.models.clients import Client as ClientModel
from tests.factories import consent, follow_up, limit, make_group, make_lesson, make_rule, make_student, place, staff, teach
from tests.people import signed_in

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def client_(school: object) -> Client:
    return Client.objects.create(name="Gemeente Oosterveen")


@pytest.fixture
def row(north: Location, ineke: User, anna: User, client_: Client) -> FollowUp:
    """Somebody who missed lessons 10 and 5 days ago; the client commissioned the course a week ago."""
    enrolment = place(make_student(north, ineke, surname="Warsame"), make_group(north, ineke), ineke)
    add_contract(programme=enrolment.programme, by=ineke, client=client_, starts_on=TODAY() - dt.timedelta(days=7))
    teach(anna, enrolment.group, ineke)
    earlier = make_lesson(enrolment.group, ineke, starts_at=timezone.now() - dt.timedelta(days=10))
    sign_register(lesson=earlier, rows=[Row(enrolment.pk, "absent")], by=anna)
    make_rule(ineke, threshold=2)
    return follow_up(enrolment, ineke)


def address(row: FollowUp) -> str:
    return reverse("reporting:report_absence", args=[row.pk])


def told(version: int = 1) -> dict[str, object]:
    return {"channel": "phone", "at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"), "version": version}


def test_only_days_the_client_commissioned_are_told(row: FollowUp, bram: User) -> None:
    page = signed_in(bram).get(address(row)).content.decode()
    days = [lesson.day for lesson in Lesson.objects.order_by("starts_at")]

    assert f"{days[1].day} " in page
    assert page.count("de hele les") == 1  # not the one before the contract


def test_telling_is_a_disclosure_and_a_step(row: FollowUp, bram: User, client_: Client) -> None:
    answer = signed_in(bram).post(address(row), told())

    assert answer.status_code == 302
    made = Disclosure.objects.get()
    assert (made.client, made.purpose, made.categories, made.by) == (client_, "client_reports", ["attendance", "identity"], bram)
    assert DisclosedPerson.objects.get().audit_id == row.programme.student.audit_id
    step = FollowUpStep.objects.get()
    assert (step.kind, step.outcome, step.by_audit_id) == ("report", "reported", bram.audit_id)
    row.refresh_from_db()
    assert row.next_step == "talk"  # told sooner than the ladder says: the ladder goes on


def test_both_or_neither(row: FollowUp, bram: User) -> None:
    assert signed_in(bram).post(address(row), told(version=7)).status_code == 422  # somebody was first

    assert (Disclosure.objects.count(), FollowUpStep.objects.count()) == (0, 0)


def test_without_a_ground_nothing_is_recorded(row: FollowUp, bram: User, ineke: User) -> None:
    Student.objects.update(objections=["client_reports"])
    objected = signed_in(bram).post(address(row), told())
    Student.objects.update(objections=[])
    limit(row.programme.student, ineke, "attendance")
    restricted = signed_in(bram).post(address(row), told())

    assert (objected.status_code, restricted.status_code) == (422, 422)
    assert "bezwaar" in objected.content.decode()
    assert not Disclosure.objects.exists()
    assert "de hele les" not in restricted.content.decode()


def test_a_private_client_needs_consent(row: FollowUp, bram: User, ineke: User, client_: Client) -> None:
    Client.objects.update(kind=ClientModel.Kind.EMPLOYER)
    refused = signed_in(bram).post(address(row), told())
    assert refused.status_code == 422
    assert "geen toestemming" in refused.content.decode()

    consent(row.programme.student, ineke, "private_client", Client.objects.get())
    assert signed_in(bram).post(address(row), told()).status_code == 302


def test_a_client_is_told_nothing_when_no_lesson_was_its_own(row: FollowUp, bram: User) -> None:
    row.programme.contracts.update(starts_on=TODAY())

    refused = signed_in(bram).post(address(row), told())

    assert refused.status_code == 422
    assert not Disclosure.objects.exists()
    row.programme.contracts.all().delete()
    assert "geen opdrachtgever" in signed_in(bram).get(address(row)).content.decode()
    assert signed_in(bram).post(address(row), told()).status_code == 422


def test_strangers_tell_nothing(row: FollowUp, south: Location, anna: User, dana: User) -> None:
    far = staff(Role.COORDINATOR, south)
    answers = [signed_in(user).post(address(row), told()).status_code for user in (far, anna, dana)]

    assert answers == [404, 403, 403]
    assert not Disclosure.objects.exists()

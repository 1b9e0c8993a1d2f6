"""Accounts nobody uses any more are closed by the night; statements go two years after somebody left."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from kvs.models import AuditEntry, Location, Membership, OneTimeLink, Organisation, Role, Statement, User, WebSession
from privacy.actions.closing import close_unused
from privacy.actions.retention import forget_old, run_retention
from students.actions import open_account
from students.models import Enrolment, Programme, Student
from tests.factories import make_group, make_student, place, staff, stated
from tests.people import signed_in

DAY = dt.timedelta(days=1)
TODAY = timezone.localdate


def closed(person: User) -> bool:
    return not User.objects.get(pk=person.pk).is_active


# --- colleagues


@pytest.mark.parametrize(
    ("role_ended", "contract_ended", "gone"),
    [  # days ago; None: no end. The issue, section 5: 30 days without any role
        (None, None, False),
        (30, None, False),
        (31, None, True),
        (-5, None, False),
        (None, 30, False),
        (None, 31, True),
        (None, -5, False),
        (31, -5, True),
    ],
)
def test_a_colleague_without_a_role(anna: User, role_ended: int | None, contract_ended: int | None, gone: bool) -> None:
    def day(ago: int | None) -> dt.date | None:
        return None if ago is None else TODAY() - ago * DAY

    Membership.objects.filter(user=anna).update(ends_on=day(role_ended))
    User.objects.filter(pk=anna.pk).update(contract_ends_on=day(contract_ended))

    assert close_unused(today=TODAY()) == int(gone)
    assert closed(anna) is gone
    assert close_unused(today=TODAY()) == 0


def test_a_role_to_come_keeps_the_account_open(anna: User, north: Location) -> None:
    Membership.objects.filter(user=anna).update(ends_on=TODAY() - 40 * DAY)
    Membership.objects.create(user=anna, role=Role.TEACHER, location=north, starts_on=TODAY() + 20 * DAY)

    assert close_unused(today=TODAY()) == 0


@pytest.mark.parametrize(("came_in", "gone"), [(None, True), (31, True), (29, False)])
def test_a_colleague_whose_only_role_was_withdrawn(anna: User, came_in: int | None, gone: bool) -> None:
    Membership.objects.all().delete()
    User.objects.update(last_login=None if came_in is None else timezone.now() - came_in * DAY)

    assert close_unused(today=TODAY()) == int(gone)


def test_closing_ends_sessions_and_links_and_is_in_the_log(anna: User, north: Location) -> None:
    signed_in(anna)
    OneTimeLink.objects.create(user=anna, kind="reset", expires_at=timezone.now() + DAY)
    Membership.objects.filter(user=anna).update(ends_on=TODAY() - 40 * DAY)

    assert run_retention(today=TODAY(), progress=lambda done, total, doing: None)["closed"] == 1

    assert (WebSession.objects.count(), OneTimeLink.objects.count()) == (0, 0)
    line = AuditEntry.objects.filter(model="kvs.user", subject_audit_id=anna.audit_id).last()
    assert line is not None
    assert (line.fields, line.actor_audit_id) == (["is_active"], None)


def test_the_school_chooses_the_days(anna: User) -> None:
    Membership.objects.filter(user=anna).update(ends_on=TODAY() - 40 * DAY)
    Organisation.objects.update(unused_account_days=60)

    assert close_unused(today=TODAY()) == 0


# --- students


@pytest.fixture
def rania(north: Location, ineke: User) -> Student:
    """Has a place and an account."""
    student = make_student(north, ineke)
    place(student, make_group(north, ineke), ineke)
    open_account(student=student, by=ineke)
    student.refresh_from_db()
    return student


@pytest.mark.parametrize(
    ("place_ended", "programme_ended", "gone"),
    [(None, None, False), (31, None, False), (30, 30, False), (31, 30, False), (31, 31, True), (60, -5, False)],
)
def test_a_student_without_a_place(rania: Student, place_ended: int | None, programme_ended: int | None, gone: bool) -> None:
    for model, ago in ((Enrolment, place_ended), (Programme, programme_ended)):
        model._default_manager.update(ends_on=None if ago is None else TODAY() - ago * DAY)

    assert close_unused(today=TODAY()) == int(gone)
    assert rania.user is not None
    assert closed(rania.user) is gone


def test_who_is_being_taken_in_keeps_the_account(north: Location, ineke: User) -> None:
    open_account(student=make_student(north, ineke), by=ineke)

    assert close_unused(today=TODAY() + 90 * DAY) == 0


def test_a_student_who_is_a_colleague_too_keeps_it(rania: Student, north: Location) -> None:
    Enrolment.objects.update(ends_on=TODAY() - 40 * DAY)
    Programme.objects.update(ends_on=TODAY() - 40 * DAY)
    assert rania.user
    Membership.objects.create(user=rania.user, role=Role.TEACHER, location=north)

    assert close_unused(today=TODAY()) == 0


def test_the_desk_opens_it_again(rania: Student, ineke: User) -> None:
    Enrolment.objects.update(ends_on=TODAY() - 40 * DAY)
    Programme.objects.update(ends_on=TODAY() - 40 * DAY)
    close_unused(today=TODAY())
    page = reverse("students:card", args=[rania.pk])
    assert "Dit account is gesloten" in signed_in(ineke).get(page).content.decode()

    assert open_account(student=rania, by=ineke).is_active
    assert "Dit account is gesloten" not in signed_in(ineke).get(page).content.decode()


def test_the_desk_does_not_open_what_management_closed(rania: Student, ineke: User, north: Location) -> None:
    assert rania.user
    Membership.objects.create(user=rania.user, role=Role.TEACHER, location=north)
    User.objects.filter(pk=rania.user_id).update(is_active=False)

    assert not open_account(student=rania, by=ineke).is_active


# --- statements


@pytest.mark.parametrize(("left", "kept"), [(None, True), (700, True), (740, False)])
def test_statements_go_two_years_after_somebody_left(north: Location, left: int | None, kept: bool) -> None:
    person = staff(Role.TEACHER, north)
    stated(person)
    Statement.objects.update(said_at=timezone.now() - 800 * DAY)
    Membership.objects.update(ends_on=None if left is None else TODAY() - left * DAY)

    forget_old(today=TODAY())

    assert Statement.objects.exists() is kept

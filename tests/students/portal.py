"""Rania, a student at North with an account, and what the tests of the portal do on her behalf."""

import pytest
from django.urls import reverse

from kvs.models import Location, User
from students import actions
from students.models import Programme, Student
from tests.factories import LONG_AGO, make_student
from tests.people import Browser, signed_in

BSN = "999990019"
PERMIT = "NX55511K"


def account_of(student: Student, by: User) -> User:
    """The student's own account."""
    return actions.open_account(student=student, by=by)


@pytest.fixture
def rania(north: Location, ineke: User) -> Student:
    """A student at North with an account, a BSN and a permit."""
    student = make_student(
        north, ineke, given_names="Rania Hala", call_name="Rania", surname="Haddad", residence_permit=PERMIT, city="Kadijk"
    )
    actions.start_programme(
        student=student, by=ineke, law="wi2021", route="b1", starts_on=LONG_AGO, bsn=BSN, bsn_basis="isi_delivery"
    )
    account_of(student, ineke)
    return Student.objects.get(pk=student.pk)


@pytest.fixture
def me(rania: Student) -> Browser:
    """Rania, signed in."""
    assert rania.user is not None
    return signed_in(rania.user)


def user_of(student: Student) -> User:
    assert student.user is not None
    return student.user


def programme_of(student: Student) -> Programme:
    return Programme.objects.get(student=student)


def page(browser: Browser, name: str, *args: object) -> str:
    response = browser.get(reverse(name, args=args))
    assert response.status_code == 200
    return str(response.content.decode())

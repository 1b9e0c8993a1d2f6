"""A student with an account and a private client; each test of privacy has a ledger file of its own, so that the database of
one test knows nothing of another's erasures.
"""

from pathlib import Path

import pytest
from pytest_django import Settings

from kvs.models import Location, User
from students.actions import open_account
from students.models import Client, Student
from tests.factories import make_student
from tests.people import Browser, signed_in


@pytest.fixture(autouse=True)
def own_ledger(settings: Settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path


@pytest.fixture
def rania(ineke: User, north: Location) -> Student:
    return make_student(north, ineke, call_name="Rania", surname="Al-Khatib")


@pytest.fixture
def me(rania: Student, ineke: User) -> Browser:
    made = signed_in(open_account(student=rania, by=ineke))
    rania.refresh_from_db()
    return made


@pytest.fixture
def bakery(school: object) -> Client:
    return Client.objects.create(name="Bakkerij De Korst", kind="employer")

"""People of the ground floor."""

import pytest

from kvs.models import Location, Role, User
from tests.factories import staff
from tests.kvs.door import NUMBER, student


@pytest.fixture
def rania(north: Location) -> User:
    return student(north, NUMBER, call_name="Rania", infix="", surname="Haddad")


@pytest.fixture
def wim(school: object) -> User:
    """Management, all locations."""
    return staff(Role.MANAGEMENT, call_name="Wim", infix="", surname="Terpstra", email="wim@voorbeeld.test")

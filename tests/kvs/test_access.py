"""Navigation: where a page belongs, and never more than seven entries."""

import pytest

from kvs.access import navigation_for
from kvs.models import Location, Role, User
from tests.factories import staff


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/vandaag/", ["/vandaag/"]),
        ("/lessen/0a/", ["/vandaag/"]),
        ("/cursisten/0a/bewerken/", ["/cursisten/"]),
        ("/trajecten/0a/", ["/cursisten/"]),
        ("/groepen/0a/", ["/groepen/"]),
        ("/apparaten/", []),
        ("/", []),
    ],
)
def test_a_page_stands_under_its_entry(anna: User, path: str, current: list[str]) -> None:
    assert [link.url for link in navigation_for(anna, path) if link.current] == current


@pytest.mark.parametrize("role", [role for role in Role if role != Role.AUDITOR])
def test_at_most_seven_entries(north: Location, role: Role) -> None:
    entries = navigation_for(staff(role, north), "/")

    assert 1 <= len(entries) <= 7

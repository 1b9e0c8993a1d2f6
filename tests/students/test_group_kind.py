"""What a group is for: from a closed list, shown and filtered, and the occupancy per kind."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kvs.models import Location, Role, User
from students.demo import GROUPS
from students.models import Group
from tests.factories import make_group, make_student, place, staff
from tests.people import signed_in

pytestmark = pytest.mark.django_db
LIST, OCCUPANCY = reverse("students:groups"), reverse("students:occupancy")


def listed(user: User, query: str = "") -> list[str]:
    return [group.name for group in signed_in(user).get(LIST + query).context["page"].rows]


@pytest.fixture
def three(north: Location, south: Location, ineke: User) -> None:
    """Of two kinds and of none at North; one at South."""
    make_group(north, ineke, name="Alfa 1", kind="literacy", capacity=10)
    make_group(north, ineke, name="Dag 1", kind="nt2", capacity=12)
    make_group(north, ineke, name="Oud")
    make_group(south, ineke, name="Alfa zuid", kind="literacy", capacity=7)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Alfa 1", "Dag 1", "Oud"]),
        ("?soort=literacy", ["Alfa 1"]),
        ("?soort=-", ["Oud"]),
        ("?soort=onzin", ["Alfa 1", "Dag 1", "Oud"]),
        ("?soort=knm", []),
    ],
)
def test_the_list_shows_one_kind(three: None, ineke: User, query: str, expected: list[str]) -> None:
    assert listed(ineke, query) == expected


def test_the_kind_stands_in_the_list_and_on_the_page(three: None, ineke: User, chris: User) -> None:
    group = Group.objects.get(name="Alfa 1")

    assert "alfabetisering" in signed_in(ineke).get(LIST).content.decode()
    assert "Alfabetisering" in signed_in(ineke).get(reverse("students:group", args=[group.pk])).content.decode()
    assert signed_in(chris).get(reverse("students:group", args=[group.pk])).status_code == 404
    assert listed(chris) == []


def test_the_database_knows_the_list(north: Location, ineke: User) -> None:
    group = make_group(north, ineke)

    for kind in Group.Kind.values:
        Group.objects.filter(pk=group.pk).update(kind=kind)
    with pytest.raises(IntegrityError, match="group_kind"), transaction.atomic():
        Group.objects.filter(pk=group.pk).update(kind="judo")


def test_a_new_group_needs_a_kind(north: Location, ineke: User) -> None:
    typed = {"name": "Nieuw", "location": str(north.pk), "capacity": "20", "starts_on": "2026-01-01"}
    browser = signed_in(ineke)

    refused = browser.post(reverse("students:group_add"), typed)
    taken = browser.post(reverse("students:group_add"), typed | {"kind": "knm"})

    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["kind"])
    assert taken.status_code == 302
    assert list(Group.objects.values_list("name", "kind")) == [("Nieuw", "knm")]


def test_occupancy_adds_up_by_kind(three: None, ineke: User) -> None:
    place(make_student(Location.objects.get(name="Zuid"), ineke), Group.objects.get(name="Alfa zuid"), ineke)

    found = signed_in(staff(Role.MANAGEMENT)).get(OCCUPANCY).context["kinds"]

    assert [(label, places.capacity, places.placed) for label, places in found] == [
        ("niet gekozen", 20, 0),
        ("NT2", 12, 0),
        ("alfabetisering", 17, 1),
    ]


@pytest.mark.parametrize("times", [1, 3])
def test_more_kinds_ask_no_more_queries(north: Location, ineke: User, times: int) -> None:
    for kind in Group.Kind.values[1 : times + 1]:
        make_group(north, ineke, kind=kind)
    browser = signed_in(ineke)
    found = []
    for page in (LIST, OCCUPANCY):
        browser.get(page)
        with CaptureQueriesContext(connection) as queries:
            browser.get(page)
        found.append(len(queries))

    assert found == [10, 10]


def test_every_group_of_the_demo_school_has_a_kind() -> None:
    assert {plan.kind for plan in GROUPS.values()} == {"nt2", "literacy", "z_route", "education"}

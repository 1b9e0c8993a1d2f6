"""Locations and sign-in times: who may, what is refused, and two people at once."""

from typing import Any

import pytest
from django.urls import reverse

from kvs.models import AuditEntry, Location, Role, RoleSetting, User, WebSession
from tests.factories import PASSWORD, staff
from tests.people import Browser, signed_in

TIMES = {"idle_minutes": "15", "absolute_minutes": "480", "version": "1"}


def times_of(role: str) -> str:
    return reverse("role_times_edit", args=[role])


def test_a_location_is_added_and_renamed(sami: User, north: Location) -> None:
    browser = signed_in(sami)

    browser.post(reverse("location_add"), {"name": "Oost", "city": "Kadijk"})
    browser.post(reverse("location_edit", args=[north.pk]), {"name": "Noordoost", "city": "", "version": north.version})

    assert {(place.name, place.city) for place in Location.objects.all()} == {("Oost", "Kadijk"), ("Noordoost", "")}
    lines = AuditEntry.objects.filter(model="kvs.location", actor_audit_id=sami.audit_id).order_by("id")
    assert [(line.action, line.fields) for line in lines] == [("create", []), ("update", ["name"])]


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("", "verplicht"), ("noord", "Een andere vestiging heeft deze naam"), ("x" * 81, "80"), ("\x00", "Null-tekens")],
)
def test_what_is_no_name_is_said(sami: User, north: Location, south: Location, name: str, complaint: str) -> None:
    browser = signed_in(sami)
    for answer in (
        browser.post(reverse("location_add"), {"name": name}),
        browser.post(reverse("location_edit", args=[south.pk]), {"name": name, "version": south.version}),
    ):
        assert answer.status_code == 422
        assert complaint in answer.content.decode()
    assert {place.name for place in Location.objects.all()} == {"Noord", "Zuid"}


@pytest.mark.parametrize("name", ["<script>", "=1+1", "مركز", "😀", "'; --"])
def test_names_of_every_kind_are_text(sami: User, name: str) -> None:
    browser = signed_in(sami)
    browser.post(reverse("location_add"), {"name": name})

    assert Location.objects.get().name == name
    assert "<script>" not in browser.get(reverse("locations")).content.decode().split("<main")[1]


def test_the_second_to_rename_is_told_who_was_first(sami: User, north: Location) -> None:
    wim = staff(Role.MANAGEMENT, call_name="Wim", infix="", surname="Terpstra")
    typed = {"name": "Anders", "city": "", "version": north.version}
    signed_in(wim).post(reverse("location_edit", args=[north.pk]), typed)

    answer = signed_in(sami).post(reverse("location_edit", args=[north.pk]), typed | {"name": "Weer anders"})

    assert answer.status_code == 422
    assert "Wim Terpstra" in answer.content.decode()
    assert "Weer anders" in answer.content.decode()
    assert Location.objects.get().name == "Anders"


def test_a_manager_of_one_location_renames_that_one(north: Location, south: Location) -> None:
    browser = signed_in(staff(Role.MANAGEMENT, north))

    assert browser.post(reverse("location_edit", args=[south.pk]), {"name": "X", "version": 1}).status_code == 404
    assert browser.post(reverse("location_edit", args=[north.pk]), {"name": "X", "version": 1}).status_code == 302


def test_times_begin_with_the_defaults(sami: User) -> None:
    page = signed_in(sami).get(times_of("teacher")).content.decode()

    assert 'value="30"' in page
    assert 'value="600"' in page


def test_new_times_hold_from_the_next_sign_in(sami: User, anna: User) -> None:
    signed_in(anna)
    browser = signed_in(sami)

    answer = browser.post(times_of("teacher"), TIMES)
    Browser().post(reverse("account_login"), {"login": anna.email, "password": PASSWORD})

    assert answer["Location"] == reverse("role_times")
    assert sorted(WebSession.objects.filter(user=anna).values_list("idle_minutes", flat=True)) == [15, 30]
    assert RoleSetting.objects.get().version == 2


@pytest.mark.parametrize(
    "typed",
    [
        {"idle_minutes": "0"},
        {"idle_minutes": ""},
        {"idle_minutes": "-5"},
        {"idle_minutes": "99999999999999999999"},
        {"idle_minutes": "een"},
        {"idle_minutes": "481"},
        {"absolute_minutes": "1441"},
        {"absolute_minutes": "14"},
        {"absolute_minutes": "\x00"},
    ],
)
def test_times_that_make_no_sense_are_refused(sami: User, typed: dict[str, str]) -> None:
    answer = signed_in(sami).post(times_of("teacher"), TIMES | typed)

    assert answer.status_code == 422
    assert "error-summary" in answer.content.decode()
    assert RoleSetting.objects.count() == 0


def test_the_second_to_set_times_is_told(sami: User) -> None:
    wim = staff(Role.MANAGEMENT, call_name="Wim", infix="", surname="Terpstra")
    signed_in(wim).post(times_of("finance"), TIMES)

    answer = signed_in(sami).post(times_of("finance"), TIMES | {"idle_minutes": "20"})

    assert answer.status_code == 422
    assert "Wim Terpstra" in answer.content.decode()
    assert RoleSetting.objects.get().idle_minutes == 15


@pytest.mark.parametrize("role", ["koning", "TEACHER", "-"])
def test_a_role_that_does_not_exist(sami: User, role: str) -> None:
    assert signed_in(sami).get(f"/aanmeldtijden/{role}/").status_code == 404


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SYSTEM_ADMINISTRATOR, Role.MANAGEMENT, Role.AUDITOR}))
def test_strangers_set_no_times(role: Role, north: Location) -> None:
    browser = signed_in(staff(role, north))

    answers = [
        browser.get(times_of("teacher")),
        browser.post(times_of("teacher"), TIMES),
        browser.post(reverse("location_add"), {"name": "X"}),
        browser.post(reverse("location_edit", args=[north.pk]), {"name": "X", "version": 1}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert Browser().get(times_of("teacher")).status_code == 302
    assert (RoleSetting.objects.count(), Location.objects.get().name) == (0, "Noord")


def test_the_lists_cost_the_same_for_one_and_for_three(sami: User, north: Location, django_assert_num_queries: Any) -> None:
    browser = signed_in(sami)
    browser.get(reverse("locations"))
    with django_assert_num_queries(6):
        browser.get(reverse("locations"))
    with django_assert_num_queries(5):
        browser.get(reverse("role_times"))
    for number in range(2):
        Location.objects.create(name=f"Plaats {number}")
        RoleSetting.objects.create(role=list(Role)[number], idle_minutes=5, absolute_minutes=50)
    with django_assert_num_queries(6):
        browser.get(reverse("locations"))
    with django_assert_num_queries(5):
        browser.get(reverse("role_times"))

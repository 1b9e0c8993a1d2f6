"""Choosing another password while signed in, and how long one must be."""

import pytest
from django.urls import reverse
from pytest_django import Settings

from kvs.models import Job, Location, Membership, Role, User, WebSession
from kvs.passwords import minimum_for
from tests.factories import PASSWORD, make_user, staff
from tests.people import signed_in

PAGE = reverse("account_change_password")
NEW = "acht gele eenden slapen"


def change(user: User, old: str = PASSWORD, new: str = NEW, again: str | None = None) -> tuple[int, str]:
    """Status and page of one attempt."""
    typed = {"oldpassword": old, "password1": new, "password2": new if again is None else again}
    answer = signed_in(user).post(PAGE, typed)
    return answer.status_code, answer.content.decode()


def test_a_new_password_ends_what_was_open_elsewhere_and_is_told(anna: User, chris: User) -> None:
    elsewhere, stranger = signed_in(anna), signed_in(chris)

    assert change(anna)[0] == 302

    assert User.objects.get(pk=anna.pk).check_password(NEW)
    assert elsewhere.get("/apparaten/").status_code == 302
    assert stranger.get("/apparaten/").status_code == 200
    assert User.objects.get(pk=chris.pk).check_password(PASSWORD)
    assert WebSession.objects.filter(user=anna).count() == 1
    assert [job.kind for job in Job.objects.all()] == ["kvs.tell_new_password"]


def test_this_browser_stays_signed_in_under_a_new_key(anna: User) -> None:
    browser = signed_in(anna)
    before = browser.cookies["__Host-kvs"].value
    browser.post(PAGE, {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    assert browser.get("/apparaten/").status_code == 200
    assert browser.cookies["__Host-kvs"].value != before


@pytest.mark.parametrize(
    ("old", "new", "again", "sentence"),
    [
        ("niet het goede", NEW, None, "Dit wachtwoord klopt niet."),
        (PASSWORD, NEW, "iets anders dan dat", "Dit is niet hetzelfde"),
        (PASSWORD, "kort7", None, "minstens 8 tekens"),
        (PASSWORD, "welkomwelkom", None, "makkelijk te raden"),
        ("\x00", "\x00" * 20, None, ""),
        ("", "", None, ""),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(anna: User, old: str, new: str, again: str | None, sentence: str) -> None:
    status, page = change(anna, old, new, again)

    assert status == 422
    assert sentence in page
    assert User.objects.get(pk=anna.pk).check_password(PASSWORD)


def test_guessing_the_present_password_slows_down(anna: User) -> None:
    for _attempt in range(5):
        change(anna, "niet het goede")

    assert change(anna)[0] == 422


@pytest.mark.parametrize("role", Role)
def test_fifteen_characters_alone_and_eight_with_a_second_step(role: Role, north: Location, settings: Settings) -> None:
    """NIST SP 800-63B-4, 3.1.1.2."""
    user = staff(role, north)

    assert minimum_for(user) == (15 if role == Role.STUDENT else 8)
    settings.DEMO = True
    assert minimum_for(user) == 15


def test_without_a_role_or_an_account_it_is_fifteen(school: object) -> None:
    assert (minimum_for(None), minimum_for(User()), minimum_for(make_user())) == (15, 15, 15)


def test_a_role_of_later_counts(north: Location, school: object) -> None:
    user = make_user()
    Membership.objects.create(user=user, role=Role.TEACHER, location=north, starts_on="2999-01-01")

    assert minimum_for(user) == 8


def test_the_page_says_the_rule_that_holds(anna: User) -> None:
    assert "minstens 8 tekens" in signed_in(anna).get(PAGE).content.decode()

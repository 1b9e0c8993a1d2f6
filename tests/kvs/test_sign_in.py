"""The staff door: e-mail address and password."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from kvs.models import Membership, User, WebSession
from tests.factories import PASSWORD, make_user
from tests.people import Browser

WRONG = "Het e-mailadres of het wachtwoord klopt niet."


def sign_in(email: str, password: str = PASSWORD, address: str = "203.0.113.9") -> tuple[int, str, str]:
    """Status, place to go and page of one attempt from one address."""
    response = Browser().post(reverse("account_login"), {"login": email, "password": password}, REMOTE_ADDR=address, follow=False)
    return response.status_code, response.headers.get("Location", ""), response.content.decode()


def test_right_password_opens_start(anna: User) -> None:
    status, place, _page = sign_in("Anna@Voorbeeld.test")

    assert (status, place) == (302, "/")


def test_unknown_address_and_wrong_password_get_the_same_sentence(anna: User) -> None:
    wrong = sign_in("anna@voorbeeld.test", "niet het goede wachtwoord")
    unknown = sign_in("niemand@voorbeeld.test", "niet het goede wachtwoord")

    assert wrong[0] == unknown[0] == 200
    assert WRONG in wrong[2]
    assert WRONG in unknown[2]


def test_typed_address_stays_after_a_mistake_and_the_password_does_not(anna: User) -> None:
    _status, _place, page = sign_in("anna@voorbeeld.test", "niet het goede wachtwoord")

    assert 'value="anna@voorbeeld.test"' in page
    assert "niet het goede wachtwoord" not in page


def test_guessing_slows_one_account_and_not_its_neighbours(anna: User, bram: User) -> None:
    for _attempt in range(5):
        sign_in("anna@voorbeeld.test", "niet het goede wachtwoord")

    assert sign_in("anna@voorbeeld.test")[0] == 200
    assert sign_in("bram@voorbeeld.test")[0] == 302


def test_thirty_colleagues_at_one_address_all_get_in(anna: User) -> None:
    others = [make_user() for _ in range(30)]
    Membership.objects.bulk_create(Membership(user=user, role="teacher", starts_on=dt.date(2020, 1, 1)) for user in others)

    assert {sign_in(user.email or "")[0] for user in others} == {302}


@pytest.mark.parametrize(("starts", "ends"), [(1, None), (-10, -1)])
def test_without_a_membership_today_there_is_no_way_in(anna: User, starts: int, ends: int | None) -> None:
    today = timezone.localdate()
    Membership.objects.update(
        starts_on=today + dt.timedelta(days=starts),
        ends_on=None if ends is None else today + dt.timedelta(days=ends),
    )

    assert sign_in("anna@voorbeeld.test")[:2] == (302, reverse("account_inactive"))
    assert WebSession.objects.filter(user=anna).count() == 0


def test_closed_account_does_not_get_in(anna: User) -> None:
    User.objects.update(is_active=False)

    assert sign_in("anna@voorbeeld.test")[:2] == (302, reverse("account_inactive"))


def test_sign_in_does_not_send_people_to_another_site(anna: User) -> None:
    response = Browser().post(
        reverse("account_login"),
        {"login": "anna@voorbeeld.test", "password": PASSWORD, "next": "https://elders.test/"},
    )

    assert response["Location"] == "/"


@pytest.mark.parametrize(
    "value", ["x" * 5000, "\x00", "anna@voorbeeld.test\r\nBcc: x@y.z", "'; DROP TABLE kvs_user; --", "😀@😀"]
)
def test_odd_input_gets_the_page_again(anna: User, value: str) -> None:
    assert sign_in(value)[0] == 200

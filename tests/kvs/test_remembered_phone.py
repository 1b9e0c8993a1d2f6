"""A phone that is remembered: only to confirm presence, for ninety days, and ended from the list of the own devices."""

import datetime as dt
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from pytest_django import Settings

from kvs import cards
from kvs.models import Location, Membership, User, WebSession
from kvs.sessions import SessionStore, hash_key
from tests.kvs.door import (
    DOOR,
    HOME,
    NUMBER,
    PIN,
    away,
    enter,
    remembered_phone,
    show_card,
    student,
)
from tests.people import Browser, signed_in

# The views a remembered phone may open. Each new one is a decision: it works for ninety days without a PIN.
OPEN_TO_A_REMEMBERED_PHONE = {"confirm"}


# --- this is my phone


@pytest.fixture
def presence(settings: Settings) -> str:
    """The address of a page that is open to a remembered phone."""
    settings.ROOT_URLCONF = "tests.kvs.remembered_phone_urls"
    return "/ik-was-erbij/"


def test_a_phone_is_remembered_only_when_ticked(rania: User) -> None:
    browser = Browser()
    enter(browser)
    assert browser.cookies["__Host-kvs"]["max-age"] == ""

    browser.post(reverse("account_logout"))

    assert WebSession.objects.filter(user=rania).count() == 0


def test_a_remembered_phone_stays_after_signing_out_for_ninety_days_with_one_cookie(rania: User) -> None:
    phone = Browser()
    enter(phone, phone="on")
    before = phone.cookies["__Host-kvs"].value
    assert WebSession.objects.get(user=rania).level == WebSession.Level.FULL

    response = phone.post(reverse("account_logout"))

    row = WebSession.objects.get(user=rania)
    assert row.level == WebSession.Level.CONFIRM
    assert row.key_hash != hash_key(before)
    assert row.expires_at == row.remembered_until
    assert dt.timedelta(days=89, hours=23) < row.expires_at - timezone.now() <= dt.timedelta(days=90)
    assert list(response.cookies) == ["__Host-kvs"]
    assert 89 * 86400 < int(phone.cookies["__Host-kvs"]["max-age"]) <= 90 * 86400


def test_a_remembered_phone_confirms_and_opens_nothing_else(rania: User, presence: str) -> None:
    phone = remembered_phone(rania)

    assert phone.get(presence).content.decode() == f"{NUMBER} GET"
    assert phone.post(presence).content.decode() == f"{NUMBER} POST"
    assert phone.get(presence)["Cache-Control"] == "no-store"
    for closed in ("/", "/apparaten/", "/cursisten/"):
        response = phone.get(closed)
        assert (response.status_code, response["Location"]) == (302, f"{DOOR}?next={closed}")
    assert Browser().get(presence).status_code == 302


def test_every_address_but_the_marked_ones_asks_a_remembered_phone_to_sign_in(rania: User, presence: str) -> None:
    phone = remembered_phone(rania)
    plain = [entry for entry in _patterns() if _closed_to_visitors(entry) and not entry.pattern.converters]
    answers = {str(entry.name): phone.get(f"/{_route(entry)}") for entry in plain}

    assert len(answers) > 5
    assert {name: (answer.status_code, answer["Location"].split("?")[0]) for name, answer in answers.items()} == dict.fromkeys(
        answers, (302, DOOR)
    )


def _closed_to_visitors(entry: URLPattern) -> bool:
    return getattr(entry.callback, "login_required", True) and not _marked(entry)


def _marked(entry: URLPattern) -> bool:
    return getattr(entry.callback, "confirm_allowed", False)


def _patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[URLPattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry, prefix + str(entry.pattern))
        else:
            entry.at = prefix + str(entry.pattern)  # type: ignore[attr-defined]  # for _route
            yield entry


def _route(entry: URLPattern) -> str:
    return str(entry.at)  # type: ignore[attr-defined]


def test_only_the_counted_views_are_open_to_a_remembered_phone() -> None:
    assert {str(entry.name) for entry in _patterns() if _marked(entry)} == OPEN_TO_A_REMEMBERED_PHONE


def test_an_idle_session_on_a_remembered_phone_falls_back_to_confirming(rania: User, presence: str) -> None:
    phone = Browser()
    enter(phone, phone="on")
    away(minutes=31)

    assert phone.get("/")["Location"] == f"{DOOR}?next=/"
    assert WebSession.objects.get(user=rania).level == WebSession.Level.CONFIRM
    assert phone.get("/").status_code == 302
    assert phone.get(presence).status_code == 200


def test_the_end_of_the_signed_in_time_leaves_the_remembered_phone(rania: User, presence: str) -> None:
    phone = Browser()
    enter(phone, phone="on")
    now = timezone.now()
    WebSession.objects.update(started_at=now - dt.timedelta(hours=11), expires_at=now - dt.timedelta(hours=1))

    assert phone.get("/").status_code == 302
    row = WebSession.objects.get(user=rania)
    assert (row.level, row.expires_at) == (WebSession.Level.CONFIRM, row.remembered_until)
    assert phone.get(presence).status_code == 200


def test_a_remembered_phone_ends_after_ninety_days(rania: User, presence: str) -> None:
    phone = remembered_phone(rania)
    now = timezone.now()
    WebSession.objects.update(started_at=now - dt.timedelta(days=91), expires_at=now, remembered_until=now)

    assert phone.get(presence).status_code == 302
    SessionStore.clear_expired()
    assert WebSession.objects.filter(user=rania).count() == 0


def test_clearing_keeps_what_lives(rania: User) -> None:
    remembered_phone(rania)
    enter(phone="on")
    WebSession.objects.filter(level=WebSession.Level.FULL).update(
        started_at=timezone.now() - dt.timedelta(hours=11), expires_at=timezone.now() - dt.timedelta(hours=1)
    )

    SessionStore.clear_expired()

    assert WebSession.objects.filter(user=rania).count() == 2


def test_on_a_remembered_phone_the_pin_is_enough_and_it_stays_remembered(rania: User) -> None:
    phone = remembered_phone(rania)
    until = WebSession.objects.get(user=rania).remembered_until
    page = phone.get(DOOR).content.decode()
    assert ("Uw telefoon" in page, "Rania" in page, "Haddad" in page) == (True, True, False)

    assert phone.post(DOOR, {"pin": PIN})["Location"] == "/"

    row = WebSession.objects.get(user=rania)
    assert (row.level, row.remembered_until) == (WebSession.Level.FULL, until)


def test_another_person_on_the_phone_ends_the_remembering(rania: User, north: Location, ineke: User, presence: str) -> None:
    phone = remembered_phone(rania)
    omar = student(north, "2025-0148", call_name="Omar")
    show_card(phone, cards.issue_card(user=omar, by=ineke))

    phone.post(DOOR, {"pin": PIN})

    row = WebSession.objects.get(user=omar)
    assert (row.level, row.remembered_until) == (WebSession.Level.FULL, None)
    phone.post(reverse("account_logout"))
    assert phone.get(presence).status_code == 302


def test_not_me_ends_the_remembering(rania: User, presence: str) -> None:
    phone = remembered_phone(rania)

    phone.post("/aanmelden/cursist/niet-ik/")

    assert phone.get(presence).status_code == 302
    assert WebSession.objects.filter(user=rania).count() == 0


@pytest.mark.parametrize("how", ["membership", "account", "card", "code", "pin"])
def test_what_ends_a_remembered_phone(rania: User, ineke: User, presence: str, how: str) -> None:
    phone = remembered_phone(rania)
    if how == "membership":
        Membership.objects.filter(user=rania).update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    elif how == "account":
        User.objects.filter(pk=rania.pk).update(is_active=False)
    elif how == "card":
        cards.revoke_cards(user=rania, by=ineke)
    elif how == "code":
        cards.issue_desk_code(user=rania, by=ineke)
    else:
        cards.set_pin(user=rania, pin="590318", by=rania)

    assert phone.get(presence).status_code == 302
    assert WebSession.objects.filter(user=rania).count() == 0


def test_ended_membership_leaves_no_remembered_phone_behind(rania: User) -> None:
    phone = Browser()
    enter(phone, phone="on")
    Membership.objects.update(ends_on=timezone.localdate() - dt.timedelta(days=1))

    assert phone.get("/").status_code == 302
    assert WebSession.objects.filter(user=rania).count() == 0
    assert phone.cookies["__Host-kvs"]["max-age"] == ""


# --- where am I signed in


def test_the_own_devices_are_listed_and_can_be_ended(rania: User, anna: User, presence: str) -> None:
    lost = remembered_phone(rania)
    lost_key = WebSession.objects.get(user=rania).pk
    here, stranger = signed_in(rania), signed_in(anna)
    assert here.get("/apparaten/").content.decode().count("Een ander apparaat") == 1

    stranger.post("/apparaten/", {"end": lost_key})
    assert lost.get(presence).status_code == 200
    here.post("/apparaten/", {"end": lost_key})
    assert lost.get(presence).status_code == 302
    assert (here.get(HOME).status_code, stranger.get(HOME).status_code) == (200, 200)


def test_all_others_can_be_ended_at_once(rania: User, anna: User) -> None:
    others, here, stranger = [signed_in(rania) for _ in range(2)], signed_in(rania), signed_in(anna)

    here.post("/apparaten/", {"end": "others"})

    assert [browser.get(HOME).status_code for browser in (*others, here, stranger)] == [302, 302, 200, 200]


def test_this_phone_can_be_no_longer_remembered(rania: User) -> None:
    phone = Browser()
    enter(phone, phone="on")

    phone.post("/apparaten/", {"end": WebSession.objects.get(user=rania).pk})
    phone.post(reverse("account_logout"))

    assert WebSession.objects.filter(user=rania).count() == 0


@pytest.mark.parametrize("value", ["", "\x00", "x" * 5000, "'; --"])
def test_odd_devices_end_nothing(rania: User, value: str) -> None:
    here = signed_in(rania)

    assert here.post("/apparaten/", {"end": value}).status_code == 302
    assert WebSession.objects.filter(user=rania).count() == 1

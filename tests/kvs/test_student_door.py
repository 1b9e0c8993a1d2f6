"""The door for students: card or number with a PIN, and the desk's one-time code."""

import datetime as dt
import re
import time

import pytest
from django.conf import settings as project
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from kvs import cards
from kvs.models import Card, DeskCode, Location, Membership, Role, User, WebSession
from kvs.sessions import SessionStore
from tests.factories import staff
from tests.kvs.door import (
    DOOR,
    HOME,
    NUMBER,
    PIN,
    SIX,
    WAIT,
    WRONG,
    enter,
    remembered_phone,
    show_card,
    student,
)
from tests.people import Browser, signed_in

# --- number and PIN


def test_number_and_pin_open_start(rania: User) -> None:
    browser = Browser()

    assert enter(browser)[:2] == (302, "/")
    row = WebSession.objects.get(user=rania)
    assert (row.level, row.remembered_until) == (WebSession.Level.FULL, None)
    assert browser.get(HOME).status_code == 200


@pytest.mark.parametrize(
    ("number", "pin", "status", "sentence"),
    [
        (NUMBER, "482918", 422, WRONG),
        ("2025-9999", PIN, 422, WRONG),
        ("anna@voorbeeld.test", PIN, 422, WRONG),
        ("'; DROP TABLE kvs_user; --", PIN, 422, WRONG),
        (NUMBER, "abcdef", 422, SIX),
        (NUMBER, "48291", 422, SIX),
        (NUMBER, "4829170", 422, SIX),
        (NUMBER, "48291²", 422, SIX),
        (NUMBER, "\x00" * 6, 422, "tekens zijn niet toegestaan"),
        ("\x00", PIN, 422, "tekens zijn niet toegestaan"),
        (NUMBER, "", 422, "Dit veld is verplicht."),
        ("", PIN, 422, "Dit veld is verplicht."),
        ("x" * 5000, PIN, 422, "niet meer dan 40 tekens"),
        (NUMBER, "٤٨٢٩١٧", 302, ""),  # Arabic-Indic
        (NUMBER, "۴۸۲۹۱۷", 302, ""),  # Persian
        (NUMBER, " 482 917 ", 302, ""),
        ("٢٠٢٥-٠١٤٧", PIN, 302, ""),
        (" 2025 \u2013 0147", PIN, 302, ""),  # the dash of a telephone keyboard
    ],
)
def test_what_people_type(rania: User, anna: User, number: str, pin: str, status: int, sentence: str) -> None:
    found, _place, page = enter(number=number, pin=pin)

    assert found == status
    assert sentence in page
    assert f'value="{pin}"' not in page


def test_letters_of_the_number_may_be_small(north: Location) -> None:
    student(north, "NT2-12")

    assert enter(number="nt2-12")[0] == 302


def test_wrong_pin_unknown_number_and_no_pin_get_the_same_page(rania: User, north: Location) -> None:
    staff(Role.STUDENT, north, email=None, student_number="2025-0200")  # without a PIN
    pages = {enter(number=number, pin="482918")[2].replace(number, "") for number in (NUMBER, "2025-9999", "2025-0200")}
    pages = {re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page) for page in pages}

    assert len(pages) == 1
    assert "pogingen" not in pages.pop()


def test_an_unknown_number_takes_as_long_as_a_wrong_pin(rania: User, north: Location, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    cards.set_pin(user=rania, pin=PIN, by=rania)
    staff(Role.STUDENT, north, email=None, student_number="2025-0200")

    def work(number: str) -> float:
        begun = time.thread_time()
        enter(number=number, pin="482918")
        return time.thread_time() - begun

    known, unknown, without = (min(work(number) for _ in range(2)) for number in (NUMBER, "2025-9999", "2025-0200"))
    assert 0.7 < unknown / known < 1.4
    assert 0.7 < without / known < 1.4


def test_thirty_classmates_get_in_while_one_pin_is_guessed(rania: User, north: Location) -> None:
    """Acceptance: one address, two minutes; only the account that is guessed slows down."""
    classmates = [student(north, f"2025-{serial:04}").student_number or "" for serial in range(1000, 1030)]
    begun = time.monotonic()
    guessed = []
    for guess, number in enumerate(classmates):
        guessed.append(enter(pin=f"55{guess:04}")[2])
        assert enter(number=number)[:2] == (302, "/")

    assert time.monotonic() - begun < 120
    assert [WRONG in page for page in guessed] == [True] * 5 + [False] * 25
    assert [WAIT in page for page in guessed] == [False] * 5 + [True] * 25
    status, _place, page = enter()  # the right PIN waits as well
    assert (status, WAIT in page) == (422, True)


def test_typing_errors_before_a_success_do_not_add_up(rania: User) -> None:
    for _morning in range(3):
        enter(pin="482918")
        assert [enter()[0] for _lesson in range(5)] == [302] * 5


def test_unknown_numbers_wait_as_known_ones_do(school: object) -> None:
    pages = [enter(number="2025-9999")[2] for _ in range(6)]

    assert [WAIT in page for page in pages] == [False] * 5 + [True]


def test_a_patient_guesser_gets_thirty_a_day(rania: User) -> None:
    """Five in five minutes would be 1440 a day: enough to meet one PIN a day in a school of seven hundred."""
    tried = 0
    for _round in range(8):
        for _guess in range(5):
            tried += WRONG in enter(pin="482918")[2]
        for key in [key for key in _counters() if "5/300" in key]:
            cache.delete(key)

    assert tried == 30


def _counters() -> list[str]:
    """The counters of attempts in the cache."""
    connection = cache._cache.get_client()  # type: ignore[attr-defined]  # the address of the cache itself
    return [key.decode().split(":", 2)[2] for key in connection.keys("*:pin_failed:*")]


def test_guessing_by_number_does_not_keep_the_owner_of_the_card_out(rania: User, ineke: User) -> None:
    token = cards.issue_card(user=rania, by=ineke)
    for _guess in range(6):
        enter(pin="482918")
    browser = Browser()
    show_card(browser, token)

    assert browser.post(DOOR, {"pin": PIN}).status_code == 302


def test_a_pin_does_not_open_what_needs_a_second_factor(rania: User) -> None:
    Membership.objects.create(user=rania, role=Role.ADMINISTRATION)

    assert WRONG in enter()[2]
    assert WebSession.objects.filter(user=rania).count() == 0


@pytest.mark.parametrize("closed", ["membership", "account"])
def test_a_closed_account_gets_the_closed_page_after_the_right_pin_only(rania: User, closed: str) -> None:
    if closed == "membership":
        Membership.objects.update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    else:
        User.objects.update(is_active=False)

    assert WRONG in enter(pin="482918")[2]
    assert enter(phone="on")[:2] == (302, reverse("account_inactive"))
    assert WebSession.objects.filter(user=rania).count() == 0


def test_signing_in_goes_on_where_it_was_asked_and_never_elsewhere(rania: User) -> None:
    assert enter(next="/apparaten/")[1] == "/apparaten/"
    assert enter(next="https://elders.test/")[1] == "/"


@pytest.mark.parametrize("place", [DOOR, "/aanmelden/cursist/code/"])
def test_who_is_signed_in_goes_home(rania: User, place: str) -> None:
    assert signed_in(rania).get(place)["Location"] == "/"


# --- the card


def test_the_page_of_the_card_asks_the_server_nothing_about_the_card(rania: User, ineke: User) -> None:
    page = Browser().get("/kaart/")

    assert (page.status_code, "data-secret" in page.content.decode(), page["Cache-Control"].count("no-store")) == (200, True, 1)


def test_after_a_good_card_only_the_call_name_shows_and_the_pin_opens(rania: User, ineke: User) -> None:
    browser = Browser()

    assert show_card(browser, cards.issue_card(user=rania, by=ineke)) == DOOR
    page = browser.get(DOOR).content.decode()
    assert ("Kaart gelezen" in page, "Rania" in page, "Haddad" in page, NUMBER in page) == (True, True, False, False)
    assert browser.get("/")["Location"].startswith("/aanmelden/")
    assert browser.post(DOOR, {"pin": "482918"}).status_code == 422
    assert browser.post(DOOR, {"pin": PIN})["Location"] == "/"


def test_not_me_forgets_the_card(rania: User, ineke: User) -> None:
    browser = Browser()
    show_card(browser, cards.issue_card(user=rania, by=ineke))

    browser.post("/aanmelden/cursist/niet-ik/")

    assert "Rania" not in browser.get(DOOR).content.decode()


def test_a_replaced_card_is_refused_also_when_it_was_read_before(rania: User, ineke: User) -> None:
    browser = Browser()
    old = cards.issue_card(user=rania, by=ineke)
    show_card(browser, old)
    cards.issue_card(user=rania, by=ineke)

    assert "Rania" not in browser.get(DOOR).content.decode()
    show_card(browser, old)
    page = browser.get(DOOR).content.decode()
    assert ("Deze kaart werkt niet meer." in page, "Rania" in page) == (True, False)


@pytest.mark.parametrize("token", ["", "x", "x" * 5000, "\x00", "٤٢"])
def test_an_odd_token_is_a_card_that_does_not_work(rania: User, token: str) -> None:
    browser = Browser()

    assert show_card(browser, token) == DOOR
    assert "Deze kaart werkt niet meer." in browser.get(DOOR).content.decode()


def test_on_a_shared_computer_the_card_signs_out_who_was_there(rania: User, north: Location, ineke: User) -> None:
    browser = signed_in(student(north, "2025-0148", call_name="Omar"))

    show_card(browser, cards.issue_card(user=rania, by=ineke))

    assert "Rania" in browser.get(DOOR).content.decode()


def test_a_card_without_a_pin_opens_nothing(north: Location, ineke: User) -> None:
    user = staff(Role.STUDENT, north, email=None, student_number="2025-0200")
    browser = Browser()
    show_card(browser, cards.issue_card(user=user, by=ineke))

    assert {browser.post(DOOR, {"pin": pin}).status_code for pin in (PIN, "!", "000000")} == {422}


# --- first use and forgotten PIN


def test_a_code_from_the_desk_leads_to_an_own_pin(rania: User, ineke: User) -> None:
    code = cards.issue_desk_code(user=rania, by=ineke)
    browser = Browser()

    assert browser.post("/aanmelden/cursist/code/", {"number": NUMBER, "code": code})["Location"] == "/aanmelden/cursist/pincode/"
    assert browser.post("/aanmelden/cursist/pincode/", {"pin": "590318", "again": "590318"})["Location"] == "/"
    assert browser.get(HOME).status_code == 200
    assert (enter(pin=PIN)[0], enter(pin="590318")[0]) == (422, 302)
    assert DeskCode.objects.count() == 0


@pytest.mark.parametrize(
    ("pin", "again", "sentence"),
    [
        ("123456", "123456", "Deze pincode is makkelijk te raden."),
        ("590318", "590319", "Dit is niet hetzelfde."),
        ("59031", "59031", SIX),
        ("", "", "Dit veld is verplicht."),
    ],
)
def test_a_pin_that_is_refused(rania: User, ineke: User, pin: str, again: str, sentence: str) -> None:
    browser = Browser()
    code = cards.issue_desk_code(user=rania, by=ineke)
    browser.post("/aanmelden/cursist/code/", {"number": NUMBER, "code": code})

    response = browser.post("/aanmelden/cursist/pincode/", {"pin": pin, "again": again})

    assert (response.status_code, sentence in response.content.decode()) == (422, True)
    assert User.objects.get(pk=rania.pk).pin is None


def test_the_page_for_a_new_pin_opens_after_a_code_only_and_not_for_long(rania: User, ineke: User, settings: Settings) -> None:
    browser = Browser()
    assert browser.get("/aanmelden/cursist/pincode/")["Location"] == "/aanmelden/cursist/code/"
    assert browser.post("/aanmelden/cursist/pincode/", {"pin": "590318", "again": "590318"}).status_code == 302
    code = cards.issue_desk_code(user=rania, by=ineke)
    browser.post("/aanmelden/cursist/code/", {"number": NUMBER, "code": code})
    session = SessionStore(browser.cookies[project.SESSION_COOKIE_NAME].value)
    session["new_pin"] = {**session["new_pin"], "until": timezone.now().timestamp() - 1}
    session.save()

    assert browser.get("/aanmelden/cursist/pincode/").status_code == 302
    assert User.objects.get(pk=rania.pk).pin is None


def test_guessing_a_code_waits_and_tells_nothing(rania: User, ineke: User) -> None:
    code = cards.issue_desk_code(user=rania, by=ineke)
    wrong = "482919" if code != "482919" else "482920"
    place = "/aanmelden/cursist/code/"
    known = [Browser().post(place, {"number": NUMBER, "code": wrong}).content.decode() for _ in range(6)]
    unknown = [Browser().post(place, {"number": "2025-9999", "code": wrong}).content.decode() for _ in range(6)]

    assert [WAIT in page for page in known] == [WAIT in page for page in unknown] == [False] * 5 + [True]
    assert Browser().post(place, {"number": NUMBER, "code": code}).status_code == 422
    assert enter(pin="111111")[0] == 422  # PIN and code have their own counts
    assert WRONG in enter(pin="111111")[2]


def test_a_new_pin_ends_the_wait(rania: User, ineke: User) -> None:
    for _guess in range(6):
        enter(pin="482918")
    browser = Browser()
    code = cards.issue_desk_code(user=rania, by=ineke)
    browser.post("/aanmelden/cursist/code/", {"number": NUMBER, "code": code})
    browser.post("/aanmelden/cursist/pincode/", {"pin": "590318", "again": "590318"})

    assert enter(pin="590318")[0] == 302


def test_a_forgotten_pin_is_mended_on_the_remembered_phone_too(rania: User, ineke: User) -> None:
    phone = remembered_phone(rania)
    code = cards.issue_desk_code(user=rania, by=ineke)
    phone.post("/aanmelden/cursist/code/", {"number": NUMBER, "code": code})

    assert phone.post("/aanmelden/cursist/pincode/", {"pin": "590318", "again": "590318"})["Location"] == "/"


# --- language, and what GET may do


def test_the_language_chosen_at_the_door_holds_until_signing_in(rania: User) -> None:
    browser = Browser()
    page = browser.get(DOOR).content.decode()
    assert [name in page for name in ("Nederlands", "English")] == [True, True]

    answer = browser.post("/aanmelden/taal/", {"language": "en", "next": "/aanmelden/cursist/code/"})

    assert answer["Location"] == "/aanmelden/cursist/code/"
    assert '<html lang="en"' in browser.get(DOOR).content.decode()
    enter(browser)
    assert '<html lang="nl"' in browser.get(HOME).content.decode()


@pytest.mark.parametrize("value", ["", "xx", "\x00", "../../etc", "nl-be"])
def test_an_unknown_language_changes_nothing(school: object, value: str) -> None:
    browser = Browser()

    assert browser.post("/aanmelden/taal/", {"language": value, "next": "https://elders.test/"})["Location"] == DOOR
    assert '<html lang="nl"' in browser.get(DOOR).content.decode()


@pytest.mark.parametrize("place", [DOOR, "/kaart/", "/aanmelden/cursist/code/", "/aanmelden/cursist/pincode/", "/apparaten/"])
def test_opening_a_page_writes_nothing(rania: User, ineke: User, place: str) -> None:
    cards.issue_card(user=rania, by=ineke)

    def state() -> list[object]:
        return [list(model.objects.order_by("pk").values()) for model in (Card, DeskCode, User, Membership)]

    before = state()
    for browser in (Browser(), remembered_phone(rania)):
        before = state()
        browser.get(place)
        assert state() == before


@pytest.mark.parametrize("place", ["/aanmelden/cursist/niet-ik/", "/aanmelden/taal/"])
def test_what_changes_something_is_not_for_get(school: object, place: str) -> None:
    assert Browser().get(place).status_code == 405


def test_the_two_doors_lead_to_each_other(school: object) -> None:
    assert f'href="{DOOR}"' in Browser().get("/aanmelden/").content.decode()
    assert 'href="/aanmelden/"' in Browser().get(DOOR).content.decode()

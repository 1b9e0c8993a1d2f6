"""Acceptance (iii): a class signs in from one address while one PIN is guessed; and a whole school with its typing errors.

And the other doors: colleagues, who come in the same second too.
"""

import http.client
import re
import threading
import time
import urllib.parse

import pytest
from django.conf import settings as project
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from kvs import cards, floods
from kvs.models import Location, Role, User
from tests.factories import PASSWORD, staff
from tests.people import Browser

DOOR, STAFF, FORGOTTEN = "/aanmelden/cursist/", "/aanmelden/", "/aanmelden/vergeten/"
PIN = "482917"
WRONG = "Kijk naar uw nummer en uw pincode. Probeer het nog een keer."
WAIT = "Wacht 5 minuten. Probeer het dan nog een keer."


def student(location: Location, number: str) -> User:
    """A student with PIN."""
    user = staff(Role.STUDENT, location, email=None, student_number=number)
    cards.set_pin(user=user, pin=PIN, by=user)
    return user


class Phone:
    """A browser of its own, over a connection of its own."""

    def __init__(self, server: LiveServer, door: str = DOOR) -> None:
        self.door = door
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=60)
        self.host = server.url.replace("http:", "https:")
        self.cookie = ""

    def __enter__(self) -> "Phone":
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()

    def ask(self, method: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        """Status and page."""
        body = urllib.parse.urlencode(fields or {})
        headers = {"X-Forwarded-Proto": "https", "Referer": f"{self.host}{self.door}", "Cookie": self.cookie}
        self.connection.request(method, self.door, body, headers | {"Content-Type": "application/x-www-form-urlencoded"})
        answer = self.connection.getresponse()
        page = answer.read().decode()
        if found := re.search(rf"{project.SESSION_COOKIE_NAME}=[^;]+", answer.headers.get("Set-Cookie", "")):
            self.cookie = found[0]
        return answer.status, page

    def fill(self, fields: dict[str, str], together: threading.Barrier | None = None) -> tuple[int, str]:
        """Open the door's page and send its form, at the same moment as the others."""
        _status, page = self.ask("GET")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        if together:
            together.wait(timeout=60)
        return self.ask("POST", {"csrfmiddlewaretoken": token[1], **fields})

    def enter(self, number: str, pin: str) -> tuple[int, str]:
        """Sign in as a student."""
        return self.fill({"number": number, "pin": pin})


@pytest.mark.django_db(transaction=True)
def test_thirty_classmates_enter_at_once_while_one_pin_is_guessed(
    live_server: LiveServer, north: Location, settings: Settings
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    guessed = student(north, "2025-0147").student_number or ""
    classmates = [student(north, f"2025-{serial:04}").student_number or "" for serial in range(1000, 1030)]
    entered: dict[str, tuple[int, str]] = {}
    guesses: list[str] = []
    ready = threading.Barrier(31)

    def enter(number: str) -> None:
        ready.wait(timeout=30)
        with Phone(live_server) as phone:
            status, page = phone.enter(number, PIN)
        entered[number] = (status, " ".join(re.findall(r"error[^>]*>([^<]+)<", page)))

    def guess() -> None:
        ready.wait(timeout=30)
        with Phone(live_server) as phone:
            guesses.extend(phone.enter(guessed, f"55{serial:04}")[1] for serial in range(30))

    begun = time.monotonic()
    people = [threading.Thread(target=enter, args=(number,)) for number in classmates]
    people.append(threading.Thread(target=guess))
    for person in people:
        person.start()
    for person in people:
        person.join(timeout=120)

    assert time.monotonic() - begun < 120
    assert entered == dict.fromkeys(classmates, (302, ""))
    assert [WRONG in page for page in guesses] == [True] * 5 + [False] * 25
    assert [WAIT in page for page in guesses] == [False] * 5 + [True] * 25
    with Phone(live_server) as owner, Phone(live_server) as classmate:
        status, page = owner.enter(guessed, PIN)  # also the right PIN waits
        assert (status, WAIT in page) == (422, True)
        assert classmate.enter(classmates[0], PIN)[0] == 302


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("door", "rest"), [(STAFF, {"password": PASSWORD}), (FORGOTTEN, {})])
def test_seventy_colleagues_come_in_the_same_second(
    live_server: LiveServer, north: Location, settings: Settings, door: str, rest: dict[str, str]
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    colleagues = [staff(Role.TEACHER, north, email=f"docent{serial}@voorbeeld.test").email or "" for serial in range(70)]
    entered: dict[str, int] = {}
    ready = threading.Barrier(len(colleagues))

    def come(email: str) -> None:
        with Phone(live_server, door) as phone:
            fields = {"login": email} if door == STAFF else {"email": email}
            entered[email] = phone.fill({**fields, **rest}, ready)[0]

    people = [threading.Thread(target=come, args=(email,)) for email in colleagues]
    for person in people:
        person.start()
    for person in people:
        person.join(timeout=120)
    assert entered == dict.fromkeys(colleagues, 302)


@pytest.fixture
def two_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small limit, and a minute that does not end."""
    monkeypatch.setattr(floods, "ATTEMPTS_A_MINUTE", 2)
    monkeypatch.setattr("kvs.floods.time.time", lambda: 1_800_000_000.0)


def statuses(door: str, forms: list[dict[str, str]]) -> tuple[list[int], str]:
    """What each form gets, all from one address but the last; and the page of the last but one."""
    addresses = ["203.0.113.9"] * (len(forms) - 1) + ["203.0.113.10"]
    answers = [Browser().post(door, form, REMOTE_ADDR=place) for form, place in zip(forms, addresses, strict=True)]
    return [answer.status_code for answer in answers], answers[-2].content.decode()


@pytest.mark.usefixtures("two_a_minute")
def test_a_flood_from_one_address_is_stopped(north: Location) -> None:
    numbers = [student(north, f"2026-{serial:04}").student_number or "" for serial in range(4)]
    found, page = statuses(DOOR, [{"number": number, "pin": PIN} for number in numbers])
    assert (found, WAIT in page) == ([302, 302, 422, 302], True)


@pytest.mark.usefixtures("two_a_minute")
def test_a_flood_at_the_door_of_staff_is_stopped(north: Location) -> None:
    emails = [staff(Role.TEACHER, north, email=f"docent{serial}@voorbeeld.test").email or "" for serial in range(4)]
    found, page = statuses(STAFF, [{"login": email, "password": PASSWORD} for email in emails])
    assert (found, "Te veel pogingen vanaf dit netwerk. Wacht een minuut" in page) == ([302, 302, 200, 302], True)
    found, page = statuses(FORGOTTEN, [{"email": email} for email in emails])  # a count of its own
    assert (found, "Te veel pogingen" in page) == ([302, 302, 422, 302], True)


def test_two_hundred_pupils_of_one_address_with_twenty_typing_errors(north: Location) -> None:
    """decisions.md 17: with the library's own limits the 31st pupil of one address was refused."""
    numbers = [student(north, f"2026-{serial:04}").student_number or "" for serial in range(200)]
    answers = []
    for place, number in enumerate(numbers):
        if place % 10 == 0:
            typo = Browser().post(DOOR, {"number": number, "pin": "482971"}, REMOTE_ADDR="203.0.113.9")
            assert (typo.status_code, WRONG in typo.content.decode()) == (422, True)
        answers.append(Browser().post(DOOR, {"number": number, "pin": PIN}, REMOTE_ADDR="203.0.113.9").status_code)
    assert answers == [302] * 200

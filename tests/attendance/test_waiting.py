"""The figures in the navigation are kept for a minute, per person, and what somebody does herself shows at once."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from attendance.actions import sign_register
from attendance.models import Lesson
from kvs import waiting
from kvs.models import Location, Role, User
from students.models import Enrolment, Group
from tests.factories import make_lesson, staff
from tests.people import Browser, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def figures_are_kept(figures_of_this_page: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "KEPT_SECONDS", 60)


@pytest.fixture
def over(group: Group, places: list[Enrolment], ineke: User, anna: User) -> Lesson:
    """A lesson of Anna that nobody signed."""
    return make_lesson(group, ineke, starts_at=timezone.now() - dt.timedelta(days=2), teacher=anna)


def figure(browser: Browser) -> str:
    """What stands beside "Opvolging"; empty without a figure."""
    page = browser.get(reverse("students:groups")).content.decode()
    entry = page.split(f'href="{reverse("attendance:missing")}"')[1].split("</a>")[0]
    return "".join(sign for sign in entry.split("</svg>")[1] if sign.isdigit())


def test_what_others_do_shows_within_a_minute_and_what_she_does_herself_at_once(
    over: Lesson, anna: User, bram: User, ineke: User
) -> None:
    browser, colleague = signed_in(bram), signed_in(ineke)
    assert (figure(browser), figure(colleague)) == ("1", "1")

    sign_register(lesson=over, rows=[], by=anna)
    assert (figure(browser), figure(colleague)) == ("1", "1")
    browser.post(reverse("students:search"), {"q": "Warsame"})

    assert (figure(browser), figure(colleague)) == ("", "1")


def test_kept_figures_cost_no_question(over: Lesson, bram: User) -> None:
    browser, counts = signed_in(bram), []
    browser.get(reverse("students:groups"))  # what a process keeps for all its pages is there from now on
    waiting.count_anew(bram)
    for _page in range(3):
        with CaptureQueriesContext(connection) as asked:
            browser.get(reverse("students:groups"))
        counts.append(len(asked))

    assert counts[0] - counts[1] == 3
    assert counts[1] == counts[2]


def test_a_new_role_counts_anew(over: Lesson, north: Location) -> None:
    both = staff(Role.PRIVACY_OFFICER, email="nieuw@voorbeeld.test")
    browser = signed_in(both)
    browser.get(reverse("students:groups"))

    both.memberships.create(role=Role.COORDINATOR, location=north, starts_on=timezone.localdate())

    assert figure(browser) == "1"


def test_a_stranger_has_figures_of_her_own(over: Lesson, south: Location, bram: User, ineke: User) -> None:
    noor = staff(Role.COORDINATOR, south, email="noor@voorbeeld.test")
    assert (figure(signed_in(bram)), figure(signed_in(noor))) == ("1", "")


def test_without_the_cache_pages_count_themselves(over: Lesson, bram: User, settings: Settings) -> None:
    browser = signed_in(bram)
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/valkey.sock"}}

    assert figure(browser) == "1"
    assert browser.post(reverse("students:search"), {"q": "Warsame"}).status_code == 302

"""A real school begins empty: the printed link, the first page, the first administrator."""

import re
import threading
import time
from io import StringIO
from typing import Any

import pytest
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from pytest_django import Settings

from kvs.begin import LIFETIME, begin_school, begin_token, may_begin
from kvs.models import Location, Membership, OneTimeLink, Organisation, Role, User
from kvs.sentinel import write_sentinel
from tests.people import Browser

FORM = {
    "school": "Taalschool De Linde",
    "location": "Centrum",
    "city": "Oosterveen",
    "call_name": "Sami",
    "infix": "",
    "surname": "Peeters",
    "email": "Sami@voorbeeld.test",
    "password1": "zeven gele eenden zwemmen",
    "password2": "zeven gele eenden zwemmen",
}


@pytest.fixture
def empty(db: None) -> None:
    """A database without a school."""
    write_sentinel()


def printed(*arguments: str) -> str:
    """What the command says."""
    out = StringIO()
    call_command("first_administrator", *arguments, stdout=out)
    return out.getvalue()


def opened(token: str) -> Browser:
    browser = Browser()
    browser.post(reverse("one_time_link"), {"token": token})
    return browser


def test_the_printed_link_leads_to_a_school_with_an_administrator(empty: None) -> None:
    found = re.search(r"https://localhost/aanmelden/link/#(\S+)", printed())
    assert found
    browser = opened(found[1])

    answer = browser.post(reverse("first_run"), FORM)

    assert answer["Location"] == "/"
    assert browser.get("/")["Location"] == reverse("mfa_index")  # to choose a second step
    assert (Organisation.objects.get().name, Organisation.objects.get().is_demo) == ("Taalschool De Linde", False)
    assert [(place.name, place.city) for place in Location.objects.all()] == [("Centrum", "Oosterveen")]
    user = User.objects.get()
    assert (user.email, user.full_name) == ("sami@voorbeeld.test", "Sami Peeters")
    assert [(role.role, role.location, role.ends_on) for role in user.memberships.all()] == [("system_administrator", None, None)]


def test_it_works_until_there_is_a_school(empty: None) -> None:
    token = begin_token()
    waiting = opened(token)
    opened(token).post(reverse("first_run"), FORM)

    assert not may_begin(token)
    assert Browser().post(reverse("one_time_link"), {"token": token}).status_code == 422
    assert waiting.post(reverse("first_run"), FORM | {"email": "ander@voorbeeld.test"})["Location"] == reverse("account_login")
    assert User.objects.count() == 1
    assert printed() == ""


@pytest.mark.parametrize(("demo", "sentence"), [(True, "passwords are public"), (False, "set KVS_DEMO=0")])
def test_a_demo_school_is_not_opened_as_a_real_one_nor_the_other_way_round(
    empty: None, settings: Settings, demo: bool, sentence: str
) -> None:
    Organisation.objects.create(name="Taalschool De Linde", is_demo=demo)
    settings.DEMO = demo
    assert printed() == ""
    settings.DEMO = not demo
    with pytest.raises(CommandError, match=sentence):
        printed()


# Named, because a signature holds the second of its making: two test processes would call one test by two names.
@pytest.mark.parametrize(
    "token",
    ["", "x", "\x00", signing.dumps("x"), signing.dumps("x", salt="other")],
    ids=["empty", "word", "nul", "signed", "salted"],
)
def test_another_secret_opens_nothing(empty: None, token: str) -> None:
    assert not may_begin(token)
    assert opened(token).get(reverse("first_run"))["Location"] == reverse("account_login")


def test_the_link_lasts_a_day(empty: None, monkeypatch: pytest.MonkeyPatch) -> None:
    token = begin_token()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + LIFETIME.total_seconds() + 1)

    assert not may_begin(token)


def test_the_door_of_an_empty_school_says_where_to_begin(empty: None) -> None:
    assert "deze school is nieuw" in Browser().get(reverse("account_login")).content.decode()
    Organisation.objects.create(name="Taalschool De Linde")
    assert "deze school is nieuw" not in Browser().get(reverse("account_login")).content.decode()


def test_without_the_link_nobody_begins(empty: None) -> None:
    assert Browser().post(reverse("first_run"), FORM)["Location"] == reverse("account_login")
    assert Organisation.objects.count() == 0


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"school": ""}, "verplicht"),
        ({"school": "x" * 121}, "120"),
        ({"location": "\x00"}, "Null-tekens"),
        ({"email": "geen"}, "geldig e-mailadres"),
        ({"password1": "kort", "password2": "kort"}, "Gebruik minstens 15 tekens"),
        ({"password1": "samipeeters2026sami", "password2": "samipeeters2026sami"}, "makkelijk te raden"),
        ({"password2": "iets anders dan hierboven"}, "niet hetzelfde"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(empty: None, wrong: dict[str, str], complaint: str) -> None:
    answer = opened(begin_token()).post(reverse("first_run"), FORM | wrong)

    assert answer.status_code == 422
    assert complaint in answer.content.decode()
    assert (Organisation.objects.count(), Location.objects.count(), User.objects.count()) == (0, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_school(empty: None) -> None:
    known = {key: value for key, value in FORM.items() if not key.startswith("password")}
    barrier, ends = threading.Barrier(2), []

    def begin(number: int) -> None:
        barrier.wait()
        try:
            begin_school(**(known | {"email": f"een{number}@voorbeeld.test"}), password=FORM["password1"])
            ends.append("made")
        except ValidationError:
            ends.append("told")
        connection.close()

    threads = [threading.Thread(target=begin, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["made", "told"]
    assert (Organisation.objects.count(), Location.objects.count(), User.objects.count()) == (1, 1, 1)


def test_at_the_machine_a_lost_administrator_gets_a_link(sami: User) -> None:
    found = re.search(r"#(\S+)", printed("SAMI@voorbeeld.test"))
    assert found
    browser = opened(found[1])

    answer = browser.post(reverse("new_password"), {"password1": FORM["password1"], "password2": FORM["password2"]})

    assert answer["Location"] == "/"
    assert OneTimeLink.objects.count() == 0


def test_at_the_machine_nobody_else_does(sami: User, anna: User) -> None:
    Membership.objects.create(user=anna, role=Role.FINANCE)
    for address in ("anna@voorbeeld.test", "niemand@voorbeeld.test"):
        with pytest.raises(CommandError, match="Nobody with this address"):
            printed(address)


def test_a_school_that_is_there_prints_nothing(school: Any) -> None:
    assert printed() == ""

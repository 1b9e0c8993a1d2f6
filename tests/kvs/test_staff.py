"""Accounts of staff: inviting, roles, what ends at once, and what never leaves the school."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from kvs import links, staff
from kvs.models import AuditEntry, Job, Location, Membership, OneTimeLink, Role, User, WebSession
from kvs.sessions import SessionStore
from tests.factories import PASSWORD, make_user
from tests.factories import staff as make_staff
from tests.mailbox import deliver, secret_in
from tests.people import Browser, signed_in
from tests.scanner import scan

TODAY = timezone.localdate
DAY = dt.timedelta(days=1)
NEW_PASSWORD = "zeven gele eenden zwemmen"


def invitation(place: Location | None, **fields: Any) -> dict[str, Any]:
    """What is typed to invite somebody."""
    known = {"call_name": "Fatma", "infix": "", "surname": "Yıldız", "email": "fatma@voorbeeld.test", "role": "teacher"}
    dates = {"starts_on": TODAY().isoformat(), "ends_on": ""}
    return known | {"location": str(place.pk) if place else "all"} | dates | fields


def opened(token: str) -> Browser:
    """A browser in which the link was opened."""
    browser = Browser()
    assert browser.post(reverse("one_time_link"), {"token": token}).status_code == 302
    return browser


def choose(browser: Browser, password: str = NEW_PASSWORD) -> Any:
    return browser.post(reverse("new_password"), {"password1": password, "password2": password})


def refusal(act: Callable[..., object], **arguments: Any) -> str:
    """What an action says when it refuses; empty when it does not."""
    try:
        act(**arguments)
    except ValidationError as problem:
        return " ".join(problem.messages)
    return ""


# --- inviting


def test_an_invited_teacher_chooses_a_password_and_is_in(sami: User, north: Location) -> None:
    answer = signed_in(sami).post(reverse("account_invite"), invitation(north))
    made = User.objects.get(email="fatma@voorbeeld.test")
    assert answer["Location"] == reverse("account", args=[made.pk])
    assert not made.has_usable_password()
    assert [(role.role, role.location, role.given_by) for role in made.memberships.all()] == [("teacher", north, sami)]

    [body] = deliver()
    browser = opened(secret_in(body))
    page = browser.get(reverse("new_password")).content.decode()
    assert "Welkom Fatma" in page
    assert choose(browser)["Location"] == "/"
    assert browser.get(reverse("attendance:today"))["Location"] == reverse("mfa_index")  # to choose a second step
    assert OneTimeLink.objects.count() == 0


def test_the_invitation_says_the_first_name_and_nothing_else(sami: User, north: Location) -> None:
    staff.invite_staff(
        by=sami,
        email="zeldzaam.adres@voorbeeld.test",
        call_name="Voornaam",
        infix="van den",
        surname="Kanarie",
        role=Role.COORDINATOR,
        location=north,
        starts_on=TODAY(),
        ends_on=TODAY() + 9 * DAY,
    )
    deliver()
    [message] = mail.outbox

    raw = message.message()
    assert message.subject == "Uw uitnodiging"
    assert message.from_email == "Taalschool Lindenhof <kvs@localhost>"
    del raw["To"]
    needles = ["Kanarie", "van den", "zeldzaam", "coördinator", "coordinator", "Noord", "Peeters", "Sami"]
    assert scan(raw.as_bytes(), needles) == set()
    assert "Beste Voornaam," in message.body


def test_a_name_is_text_in_an_email(sami: User, north: Location) -> None:
    signed_in(sami).post(reverse("account_invite"), invitation(north, call_name="O'Neil <b>"))
    [body] = deliver()

    assert "Beste O'Neil <b>," in body


def test_the_secret_is_in_no_table_and_no_job(sami: User, north: Location) -> None:
    signed_in(sami).post(reverse("account_invite"), invitation(north))
    [job] = Job.objects.filter(kind="kvs.send_link")
    assert job.arguments == {"link": str(OneTimeLink.objects.get().pk)}
    [body] = deliver()

    stored = f"{OneTimeLink.objects.values().get()}"
    assert secret_in(body) not in stored
    assert OneTimeLink.objects.get().token_index == links.token_index(secret_in(body))


def test_a_link_works_once(sami: User, north: Location) -> None:
    signed_in(sami).post(reverse("account_invite"), invitation(north))
    [body] = deliver()
    first, second = opened(secret_in(body)), opened(secret_in(body))

    assert choose(first)["Location"] == "/"
    assert choose(second, "een heel ander lang wachtwoord")["Location"] == reverse("one_time_link")
    assert User.objects.get(email="fatma@voorbeeld.test").check_password(NEW_PASSWORD)
    assert Browser().post(reverse("one_time_link"), {"token": secret_in(body)}).status_code == 422


def expire() -> None:
    past = timezone.now() - dt.timedelta(seconds=1)
    OneTimeLink.objects.update(issued_at=past - DAY, expires_at=past)


def resend(sami: User, person: User) -> None:
    signed_in(sami).post(reverse("account_act", args=[person.pk]), {"act": "invite"})


def take_back(sami: User, person: User) -> None:
    signed_in(sami).post(reverse("account_act", args=[person.pk]), {"act": "take_back"})


def close(sami: User, person: User) -> None:
    signed_in(sami).post(reverse("account_close", args=[person.pk]))


@pytest.mark.parametrize("end", [lambda sami, person: expire(), resend, take_back, close])
@pytest.mark.parametrize("open_already", [False, True])
def test_an_expired_replaced_or_revoked_link_opens_nothing(
    sami: User, north: Location, end: Callable[[User, User], None], open_already: bool
) -> None:
    signed_in(sami).post(reverse("account_invite"), invitation(north))
    [body] = deliver()
    person = User.objects.get(email="fatma@voorbeeld.test")
    browser = opened(secret_in(body)) if open_already else Browser()

    end(sami, person)

    assert browser.post(reverse("one_time_link"), {"token": secret_in(body)}).status_code == 422
    assert choose(browser)["Location"] == reverse("one_time_link")
    assert not User.objects.get(pk=person.pk).has_usable_password()


def test_the_invitation_lasts_a_week(sami: User, north: Location) -> None:
    signed_in(sami).post(reverse("account_invite"), invitation(north))
    link = OneTimeLink.objects.get()

    assert link.expires_at - link.issued_at == pytest.approx(dt.timedelta(days=7), abs=dt.timedelta(seconds=1))


def test_reading_the_link_changes_nothing(sami: User, north: Location) -> None:
    signed_in(sami).post(reverse("account_invite"), invitation(north))
    [body] = deliver()
    before = OneTimeLink.objects.values().get()

    page = Browser().get(reverse("one_time_link"))
    opened(secret_in(body)).get(reverse("new_password"))

    assert page["Referrer-Policy"] == "same-origin"
    assert OneTimeLink.objects.values().get() == before


def test_the_link_takes_the_place_of_who_was_signed_in(anna: User, sami: User, north: Location) -> None:
    signed_in(sami).post(reverse("account_invite"), invitation(north))
    [body] = deliver()
    shared = signed_in(anna)

    shared.post(reverse("one_time_link"), {"token": secret_in(body)})
    choose(shared)

    assert WebSession.objects.get(level="full", user__isnull=False, user__email="fatma@voorbeeld.test")
    assert WebSession.objects.filter(user=anna).count() == 0


@pytest.mark.parametrize(
    ("password", "again", "complaint"),
    [
        ("kort", "kort", "Gebruik minstens"),
        ("welkomwelkom2026", "welkomwelkom2026", "makkelijk te raden"),
        ("fatmayildizfatma", "fatmayildizfatma", "makkelijk te raden"),
        (NEW_PASSWORD, NEW_PASSWORD + "x", "niet hetzelfde"),
    ],
)
def test_a_weak_or_mistyped_password_is_refused(sami: User, north: Location, password: str, again: str, complaint: str) -> None:
    signed_in(sami).post(reverse("account_invite"), invitation(north, surname="Yildiz"))
    [body] = deliver()
    browser = opened(secret_in(body))

    answer = browser.post(reverse("new_password"), {"password1": password, "password2": again})

    assert answer.status_code == 422
    assert complaint in answer.content.decode()
    assert password not in answer.content.decode()


def test_a_role_that_begins_later_waits(sami: User, north: Location) -> None:
    signed_in(sami).post(reverse("account_invite"), invitation(north, starts_on=(TODAY() + 5 * DAY).isoformat()))
    [body] = deliver()

    answer = choose(opened(secret_in(body)))

    assert answer["Location"] == reverse("account_login")
    assert User.objects.get(email="fatma@voorbeeld.test").has_usable_password()
    assert WebSession.objects.filter(user__email="fatma@voorbeeld.test").count() == 0


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"email": "ANNA@voorbeeld.test"}, "bestaat al"),
        ({"email": "geen adres"}, "geldig e-mailadres"),
        ({"call_name": ""}, "verplicht"),
        ({"call_name": "\x00"}, "Null-tekens"),
        ({"role": "student"}, "geldige keuze"),
        ({"role": "koning"}, "geldige keuze"),
        ({"role": "auditor"}, "heeft een laatste dag nodig"),
        ({"starts_on": "2026-03-01", "ends_on": "2026-02-01"}, "laatste dag"),
        ({"starts_on": "0000-01-01"}, "geldige datum"),
        ({"surname": "x" * 121}, "120"),
        ({"location": str(uuid.uuid4())}, "geldige keuze"),
        ({"location": ""}, "verplicht"),
    ],
)
def test_what_is_wrong_with_an_invitation_is_said_and_nothing_is_made(
    sami: User, anna: User, north: Location, fields: dict[str, str], complaint: str
) -> None:
    answer = signed_in(sami).post(reverse("account_invite"), invitation(north, **fields))

    assert answer.status_code == 422
    assert complaint in answer.content.decode()
    assert User.objects.filter(call_name="Fatma").count() == 0
    assert (OneTimeLink.objects.count(), Job.objects.count()) == (0, 0)


@pytest.mark.parametrize("typed", ["😀 Fatma", "فاطمة", "=1+1", "<script>", "O'Brien; DROP TABLE"])
def test_names_of_every_kind(sami: User, north: Location, typed: str) -> None:
    browser = signed_in(sami)
    browser.post(reverse("account_invite"), invitation(north, call_name=typed, surname=typed))

    made = User.objects.get(email="fatma@voorbeeld.test")
    assert made.call_name == typed
    assert "<script>" not in browser.get(reverse("account", args=[made.pk])).content.decode().split("<main")[1]


# --- roles


def test_an_ended_role_is_out_at_once(sami: User, anna: User) -> None:
    theirs = signed_in(anna)
    membership = anna.memberships.get()

    signed_in(sami).post(reverse("role_end", args=[membership.pk]), {"when": "now"})

    assert WebSession.objects.filter(user=anna).count() == 0
    assert theirs.get(reverse("devices")).status_code == 302
    assert Membership.objects.get(pk=membership.pk).ends_on == TODAY() - DAY
    assert Browser().post(reverse("account_login"), {"login": anna.email, "password": PASSWORD})["Location"] == reverse(
        "account_inactive"
    )


def test_a_role_that_began_today_is_out_at_once_too(sami: User, north: Location) -> None:
    person = make_user()
    membership = Membership.objects.create(user=person, role=Role.TEACHER, location=north)
    signed_in(person)

    staff.end_role(membership=membership, by=sami, last_day=None)

    assert Membership.objects.filter(user=person).count() == 0
    assert WebSession.objects.filter(user=person).count() == 0
    assert "geen rol meer" in signed_in(sami).get(reverse("account", args=[person.pk])).content.decode()


def test_a_last_day_in_the_future_keeps_the_session(sami: User, anna: User) -> None:
    theirs = signed_in(anna)

    signed_in(sami).post(
        reverse("role_end", args=[anna.memberships.get().pk]), {"when": "day", "last_day": (TODAY() + DAY).isoformat()}
    )

    assert anna.memberships.get().ends_on == TODAY() + DAY
    assert theirs.get(reverse("devices")).status_code == 200


def test_a_session_left_idle_is_gone_after_the_last_day(anna: User, bram: User, north: Location) -> None:
    for user in (anna, bram):
        signed_in(user)
    Membership.objects.filter(user=anna).update(ends_on=TODAY() - DAY)

    SessionStore.clear_expired()

    assert set(WebSession.objects.values_list("user", flat=True)) == {bram.pk}


def test_a_closed_account_keeps_no_idle_session(anna: User) -> None:
    signed_in(anna)
    User.objects.filter(pk=anna.pk).update(is_active=False)

    SessionStore.clear_expired()

    assert WebSession.objects.count() == 0


def test_closing_signs_out_at_once_and_opening_gives_the_roles_back(sami: User, anna: User) -> None:
    theirs = signed_in(anna)
    manager = signed_in(sami)

    manager.post(reverse("account_close", args=[anna.pk]))
    assert WebSession.objects.filter(user=anna).count() == 0
    assert theirs.get(reverse("attendance:today")).status_code == 302
    assert Browser().post(reverse("account_login"), {"login": anna.email, "password": PASSWORD})["Location"] == reverse(
        "account_inactive"
    )

    manager.post(reverse("account_act", args=[anna.pk]), {"act": "reopen"})
    assert Browser().post(reverse("account_login"), {"login": anna.email, "password": PASSWORD})["Location"] == "/"


@pytest.mark.parametrize(
    ("when", "last_day", "complaint"),
    [
        ("day", "", "Welke dag"),
        ("day", "2020-01-01", "Deze dag is voorbij"),
        ("day", "morgen", "geldige datum"),
        ("ooit", "", "geldige keuze"),
        ("", "", "verplicht"),
    ],
)
def test_when_a_role_ends_is_asked_precisely(sami: User, anna: User, when: str, last_day: str, complaint: str) -> None:
    answer = signed_in(sami).post(reverse("role_end", args=[anna.memberships.get().pk]), {"when": when, "last_day": last_day})

    assert answer.status_code == 422
    assert complaint in answer.content.decode()
    assert anna.memberships.get().ends_on is None


def test_an_end_is_never_moved_later(sami: User, anna: User) -> None:
    anna.memberships.update(ends_on=TODAY() + DAY)

    assert "eindigt al eerder" in refusal(staff.end_role, membership=anna.memberships.get(), by=sami, last_day=TODAY() + 3 * DAY)


def test_a_role_may_be_given_again_for_a_later_period(sami: User, anna: User, north: Location) -> None:
    anna.memberships.update(ends_on=TODAY() + DAY)
    browser = signed_in(sami)
    typed = {"role": "teacher", "location": str(north.pk), "starts_on": TODAY().isoformat(), "ends_on": ""}

    clash = browser.post(reverse("role_give", args=[anna.pk]), typed)
    later = browser.post(reverse("role_give", args=[anna.pk]), typed | {"starts_on": (TODAY() + 2 * DAY).isoformat()})

    assert clash.status_code == 422
    assert "in die periode deze rol al" in clash.content.decode()
    assert later.status_code == 302
    assert anna.memberships.count() == 2


# --- traces and pages


def test_everything_is_in_the_audit_without_a_value(sami: User, anna: User, north: Location) -> None:
    begin = timezone.now()
    browser = signed_in(sami)
    browser.post(reverse("account_invite"), invitation(north))
    browser.post(reverse("role_give", args=[anna.pk]), {"role": "finance", "location": "all", "starts_on": TODAY().isoformat()})
    browser.post(reverse("role_end", args=[anna.memberships.get(role="finance").pk]), {"when": "now"})
    browser.post(reverse("account_close", args=[anna.pk]))
    browser.post(reverse("account_act", args=[anna.pk]), {"act": "reopen"})

    made = User.objects.get(email="fatma@voorbeeld.test")
    lines = AuditEntry.objects.filter(at__gte=begin, actor_audit_id=sami.audit_id).order_by("id")
    found = [(line.model, line.action, line.subject_audit_id, line.fields) for line in lines if line.model != "kvs.job"]
    assert found == [
        ("kvs.user", "create", made.audit_id, []),
        ("kvs.membership", "create", made.audit_id, []),
        ("kvs.onetimelink", "create", made.audit_id, []),
        ("kvs.membership", "create", anna.audit_id, []),
        ("kvs.membership", "delete", anna.audit_id, []),
        ("kvs.user", "update", anna.audit_id, ["is_active"]),
        ("kvs.user", "update", anna.audit_id, ["is_active"]),
    ]


def test_the_list_costs_the_same_for_one_and_for_many(
    sami: User, north: Location, south: Location, django_assert_num_queries: Any
) -> None:
    browser = signed_in(sami)
    browser.get(reverse("accounts"))
    with django_assert_num_queries(7):
        browser.get(reverse("accounts"))
    for place in (north, south, None):
        person = make_staff(Role.TEACHER, place)
        Membership.objects.create(user=person, role=Role.FINANCE, location=place)
    with django_assert_num_queries(7):
        browser.get(reverse("accounts"))


def test_the_page_of_an_account_costs_the_same_for_one_role_and_for_three(
    sami: User, anna: User, south: Location, django_assert_num_queries: Any
) -> None:
    browser, address = signed_in(sami), reverse("account", args=[anna.pk])
    browser.get(address)
    with django_assert_num_queries(8):
        browser.get(address)
    for role, place in ((Role.FINANCE, south), (Role.COORDINATOR, None)):
        Membership.objects.create(user=anna, role=role, location=place, given_by=sami)
    with django_assert_num_queries(8):
        browser.get(address)


@pytest.mark.parametrize(
    ("typed", "found"),
    [("yildiz", True), ("Yıldız fatma", True), ("FATMA@", True), ("hofstra", False), ("\x00", True), ("'; --", False)],
)
def test_search_finds_a_name_in_any_order_without_accents(
    sami: User, ineke: User, north: Location, typed: str, found: bool
) -> None:
    signed_in(sami).post(reverse("account_invite"), invitation(north))
    browser = signed_in(sami)

    answer = browser.post(reverse("account_search"), {"q": typed}, follow=True)

    assert typed.strip("\x00") == "" or typed not in answer.redirect_chain[-1][0]
    assert ("fatma@voorbeeld.test" in answer.content.decode()) == found


def test_the_filter_shows_who_left(sami: User, anna: User, bram: User, chris: User) -> None:
    Membership.objects.filter(user=anna).update(ends_on=TODAY() - DAY)
    User.objects.filter(pk=bram.pk).update(is_active=False)
    browser = signed_in(sami)

    def shown(**query: str) -> set[str]:
        rows = browser.get(reverse("accounts"), query).context["rows"]
        return {person.call_name for person, _state in rows}

    assert shown() == {"Sami", "Chris"}
    assert shown(status="former") == {"Anna", "Bram"}
    assert shown(status="all") == {"Sami", "Chris", "Anna", "Bram"}
    assert shown(role="teacher") == {"Chris"}
    assert shown(status="all", role="teacher") == {"Chris", "Anna"}
    assert shown(status="nonsense", role="\x00", after="x") == {"Sami", "Chris"}

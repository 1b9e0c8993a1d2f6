"""A colleague lost the second factor: one asks, another confirms, all that was is gone (ASVS 6.4.4). And names are corrected."""

import datetime as dt
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils import timezone

from kvs.models import AuditEntry, Location, OneTimeLink, Role, User, WebSession
from tests.factories import PASSWORD, staff
from tests.mailbox import deliver, secret_in
from tests.people import Browser, signed_in


@pytest.fixture
def wim(school: Any) -> User:
    """Management, all locations."""
    return staff(Role.MANAGEMENT, call_name="Wim", infix="", surname="Terpstra", email="wim@voorbeeld.test")


@pytest.fixture
def anna_has_a_factor(anna: User) -> User:
    Authenticator.objects.create(user=anna, type="totp", data={"secret": "x"})
    Authenticator.objects.create(user=anna, type="recovery_codes", data={"seed": "x"})
    return anna


def ask(by: User, person: User) -> Any:
    return signed_in(by).post(reverse("account_recover", args=[person.pk]), {"seen": "on"})


def act(by: User, person: User, what: str) -> str:
    """What the page says after a button."""
    answer = signed_in(by).post(reverse("account_act", args=[person.pk]), {"act": what}, follow=True)
    return str(answer.content.decode())


def old_is_gone(person: User) -> bool:
    fresh = User.objects.get(pk=person.pk)
    sessions = WebSession.objects.filter(user=person).exists()
    return not (fresh.has_usable_password() or Authenticator.objects.filter(user=person).exists() or sessions)


def test_one_asks_another_confirms_and_the_person_begins_anew(sami: User, wim: User, anna_has_a_factor: User) -> None:
    anna = anna_has_a_factor
    theirs = signed_in(anna)
    ask(sami, anna)
    assert deliver() == []
    assert theirs.get(reverse("devices")).status_code == 200  # nothing has happened yet

    act(wim, anna, "confirm")

    assert old_is_gone(anna)
    assert theirs.get(reverse("devices")).status_code == 302
    [body] = deliver()
    assert "Twee collega's" in body
    browser = Browser()
    browser.post(reverse("one_time_link"), {"token": secret_in(body)})
    browser.post(reverse("new_password"), {"password1": "zeven gele eenden zwemmen", "password2": "zeven gele eenden zwemmen"})
    assert User.objects.get(pk=anna.pk).has_usable_password()
    [told] = deliver()
    assert "zojuist veranderd" in told


def test_who_asked_does_not_confirm(sami: User, wim: User, anna_has_a_factor: User) -> None:
    ask(sami, anna_has_a_factor)

    page = act(sami, anna_has_a_factor, "confirm")

    assert "Iemand anders moet" in page
    assert 'value="confirm"' not in page
    assert not old_is_gone(anna_has_a_factor)
    assert 'value="confirm"' in signed_in(wim).get(reverse("account", args=[anna_has_a_factor.pk])).content.decode()


def test_nobody_confirms_for_the_own_account(sami: User, wim: User) -> None:
    ask(sami, wim)

    assert "Niemand wijzigt hier" in act(wim, wim, "confirm")
    assert User.objects.get(pk=wim.pk).check_password(PASSWORD)
    assert "Niemand wijzigt hier" in ask(wim, wim).content.decode()


@pytest.mark.parametrize("end", ["late", "withdrawn", "never asked", "confirmed before"])
def test_what_was_not_asked_or_is_over_is_not_confirmed(sami: User, wim: User, anna_has_a_factor: User, end: str) -> None:
    anna = anna_has_a_factor
    if end != "never asked":
        ask(sami, anna)
    if end == "late":
        past = timezone.now() - dt.timedelta(minutes=1)
        OneTimeLink.objects.update(issued_at=past - dt.timedelta(days=1), expires_at=past)
    elif end == "withdrawn":
        act(sami, anna, "withdraw")
    elif end == "confirmed before":
        OneTimeLink.objects.update(confirmed_by=wim)

    assert "Iemand anders moet" in act(wim, anna, "confirm")
    assert not old_is_gone(anna)


def test_the_asker_says_to_know_who_it_is(sami: User, anna: User) -> None:
    answer = signed_in(sami).post(reverse("account_recover", args=[anna.pk]))

    assert answer.status_code == 422
    assert "Ga eerst na wie het is" in answer.content.decode()
    assert OneTimeLink.objects.count() == 0


def test_an_unconfirmed_request_has_no_secret(sami: User, anna: User) -> None:
    ask(sami, anna)

    link = OneTimeLink.objects.get()
    assert (link.kind, link.token_index, link.issued_by, link.confirmed_by) == ("recover", None, sami, None)


def test_the_last_manager_is_not_left_without_a_way_in(sami: User, wim: User) -> None:
    other = staff(Role.MANAGEMENT)
    for user in (other, wim):
        user.memberships.update(ends_on=timezone.localdate() + dt.timedelta(days=3))
    ask(wim, sami)

    assert "Dan beheert niemand meer" in act(other, sami, "confirm")
    assert User.objects.get(pk=sami.pk).check_password(PASSWORD)


def test_it_is_in_the_audit(sami: User, wim: User, anna_has_a_factor: User) -> None:
    anna = anna_has_a_factor
    ask(sami, anna)
    begin = timezone.now()
    act(wim, anna, "confirm")

    lines = AuditEntry.objects.filter(at__gte=begin, subject_audit_id=anna.audit_id, actor_audit_id=wim.audit_id)
    assert {(line.model, line.action, *line.fields) for line in lines} == {
        ("kvs.onetimelink", "update", "confirmed_by"),
        ("kvs.user", "update", "password"),
        ("mfa.authenticator", "delete"),
    }


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SYSTEM_ADMINISTRATOR, Role.MANAGEMENT, Role.AUDITOR}))
def test_strangers_set_nothing_anew(role: Role, north: Location, anna: User) -> None:
    stranger = staff(role, north)
    answers = [ask(stranger, anna), signed_in(stranger).post(reverse("account_change", args=[anna.pk]), {"call_name": "X"})]

    assert {answer.status_code for answer in answers} == {403}
    assert OneTimeLink.objects.count() == 0


# --- names and addresses


def typed(person: User, **fields: Any) -> dict[str, Any]:
    known = {"call_name": person.call_name, "infix": person.infix, "surname": person.surname, "version": person.version}
    return known | fields


def test_a_name_is_corrected(sami: User, anna: User) -> None:
    signed_in(sami).post(reverse("account_change", args=[anna.pk]), typed(anna, surname="Bakker-Smit"))

    fresh = User.objects.get(pk=anna.pk)
    assert (fresh.full_name, fresh.version, fresh.email) == ("Anna Bakker-Smit", 2, "anna@voorbeeld.test")


def test_the_address_of_who_signs_in_stays(sami: User, anna: User) -> None:
    signed_in(sami).post(reverse("account_change", args=[anna.pk]), typed(anna, email="elders@voorbeeld.test"))

    assert User.objects.get(pk=anna.pk).email == "anna@voorbeeld.test"


def test_a_mistyped_address_is_mended_and_the_old_invitation_dies(sami: User, north: Location) -> None:
    invited = staff(Role.TEACHER, north, email="fout@voorbeeld.test")
    invited.set_unusable_password()
    invited.save()
    act(sami, invited, "invite")
    [old] = deliver()

    signed_in(sami).post(reverse("account_change", args=[invited.pk]), typed(invited, email="Goed@voorbeeld.test"))
    [new] = deliver()

    assert Browser().post(reverse("one_time_link"), {"token": secret_in(old)}).status_code == 422
    assert Browser().post(reverse("one_time_link"), {"token": secret_in(new)}).status_code == 302
    assert User.objects.get(pk=invited.pk).email == "goed@voorbeeld.test"


def test_the_second_to_correct_is_told_who_was_first(sami: User, wim: User, anna: User) -> None:
    signed_in(wim).post(reverse("account_change", args=[anna.pk]), typed(anna, surname="Eerst"))

    answer = signed_in(sami).post(reverse("account_change", args=[anna.pk]), typed(anna, surname="Daarna"))

    assert answer.status_code == 422
    assert "Wim Terpstra" in answer.content.decode()
    assert User.objects.get(pk=anna.pk).surname == "Eerst"


@pytest.mark.parametrize("fields", [{"call_name": ""}, {"surname": "\x00"}, {"surname": "x" * 121}, {"version": "x"}])
def test_what_is_wrong_with_a_name_is_said(sami: User, anna: User, fields: dict[str, str]) -> None:
    answer = signed_in(sami).post(reverse("account_change", args=[anna.pk]), typed(anna, **fields))

    assert answer.status_code == 422
    assert "error-summary" in answer.content.decode()
    assert User.objects.get(pk=anna.pk).version == 1

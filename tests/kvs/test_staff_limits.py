"""Who may do what to the account of whom, and that somebody is left who can."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse

from kvs import staff
from kvs.models import Location, Membership, Role, User
from tests.factories import LONG_AGO, make_user
from tests.factories import staff as make_staff
from tests.kvs.test_staff import DAY, TODAY, invitation, refusal
from tests.people import signed_in

# --- who may what


def test_nobody_changes_the_own_account(sami: User, wim: User) -> None:
    role: dict[str, Any] = {"role": Role.ADMINISTRATION, "location": None, "starts_on": TODAY(), "ends_on": None}
    for own in (sami, wim):
        said = {
            refusal(staff.give_role, user=own, by=own, **role),
            refusal(staff.end_role, membership=own.memberships.get(), by=own, last_day=None),
            refusal(staff.close_account, user=own, by=own),
            refusal(staff.reopen_account, user=own, by=own),
            refusal(staff.invite_again, user=own, by=own),
            refusal(staff.take_back_invitation, user=own, by=own),
        }
        assert {text.partition(":")[0] for text in said} == {"Niemand wijzigt hier het eigen account"}
        assert own.memberships.count() == 1


def test_a_colleague_may_give_the_system_administrator_a_role(sami: User, wim: User) -> None:
    answer = signed_in(wim).post(
        reverse("role_give", args=[sami.pk]), {"role": "teacher", "location": "all", "starts_on": TODAY().isoformat()}
    )

    assert answer.status_code == 302
    assert User.objects.get(pk=sami.pk).has_role(Role.TEACHER)
    assert "gegeven door Wim Terpstra" in signed_in(sami).get(reverse("account", args=[sami.pk])).content.decode()


def test_the_own_page_offers_nothing(sami: User, wim: User) -> None:
    page = signed_in(sami).get(reverse("account", args=[sami.pk])).content.decode()

    assert "Dit is uw eigen account" in page
    assert reverse("role_give", args=[sami.pk]) not in page
    assert reverse("account_close", args=[sami.pk]) not in page


def test_the_last_one_cannot_be_sent_away(sami: User, wim: User, north: Location) -> None:
    wim.memberships.update(ends_on=TODAY() + DAY)  # manages today, not for long
    sentence = "Dan beheert niemand meer de accounts"

    for act, how in (
        (staff.end_role, {"membership": sami.memberships.get(), "last_day": None}),
        (staff.end_role, {"membership": sami.memberships.get(), "last_day": TODAY() + 30 * DAY}),
        (staff.close_account, {"user": sami}),
    ):
        assert sentence in refusal(act, by=wim, **how)
        assert Membership.objects.get(user=sami).ends_on is None
        assert User.objects.get(pk=sami.pk).is_active


@pytest.mark.parametrize("spare", ["no_password", "one_location", "closed", "until"])
def test_who_cannot_step_in_does_not_count(sami: User, wim: User, north: Location, spare: str) -> None:
    wim.memberships.update(ends_on=TODAY() + DAY)
    other = make_staff(Role.MANAGEMENT, north if spare == "one_location" else None)
    if spare == "no_password":
        other.set_unusable_password()
        other.save()
    elif spare == "closed":
        User.objects.filter(pk=other.pk).update(is_active=False)
    elif spare == "until":
        other.memberships.update(ends_on=TODAY() + 90 * DAY)

    assert refusal(staff.end_role, membership=sami.memberships.get(), by=wim, last_day=None) != ""
    User.objects.filter(pk=other.pk).update(is_active=True, password=wim.password)
    other.memberships.update(ends_on=None, location=None)
    assert refusal(staff.end_role, membership=sami.memberships.get(), by=wim, last_day=None) == ""


def test_a_manager_of_one_location_stays_there(north: Location, south: Location, anna: User, chris: User) -> None:
    head = make_staff(Role.MANAGEMENT, north)
    browser = signed_in(head)
    fields: dict[str, Any] = {"starts_on": TODAY(), "ends_on": None}

    assert "eigen vestiging" in refusal(staff.close_account, user=chris, by=head)
    assert "eigen vestiging" in refusal(staff.end_role, membership=chris.memberships.get(), by=head, last_day=None)
    for place in (south, None):
        assert "eigen vestiging" in refusal(staff.give_role, user=anna, by=head, role=Role.FINANCE, location=place, **fields)
    assert browser.post(reverse("account_invite"), invitation(south)).status_code == 422
    assert browser.post(reverse("account_invite"), invitation(None)).status_code == 422
    assert browser.post(reverse("account_invite"), invitation(north)).status_code == 302
    assert chris.memberships.get().ends_on is None


def test_who_lost_the_role_in_the_meantime_changes_nothing(sami: User, wim: User, anna: User) -> None:
    stale = User.objects.get(pk=wim.pk)
    assert stale.has_role(Role.MANAGEMENT)  # remembered by this instance
    Membership.objects.filter(user=wim).update(ends_on=TODAY() - DAY)

    assert "Uw eigen rol" in refusal(staff.close_account, user=anna, by=stale)
    assert User.objects.get(pk=anna.pk).is_active


@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_once_cannot_send_each_other_away(sami: User, wim: User) -> None:
    said: list[str] = []

    def second() -> None:
        said.append(refusal(staff.close_account, user=sami, by=wim))
        connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic():
        staff.close_account(user=wim, by=sami)
        other.start()
        other.join(0.5)
        assert other.is_alive()  # waits for the first to be through
    other.join(10)

    assert [text.partition(":")[0] for text in said] == ["Uw eigen rol is intussen beëindigd"]
    assert set(User.objects.filter(is_active=True)) == {sami}


def test_accounts_of_students_are_not_here(sami: User, anna: User, north: Location) -> None:
    student = make_user(email=None, student_number="2026-0001")
    membership = Membership.objects.create(user=student, role=Role.STUDENT, location=north, starts_on=LONG_AGO)
    browser = signed_in(sami)

    for address in (
        reverse("account", args=[student.pk]),
        reverse("role_give", args=[student.pk]),
        reverse("account_close", args=[student.pk]),
        reverse("role_end", args=[membership.pk]),
    ):
        assert browser.get(address).status_code == 404
    assert browser.post(reverse("account_act", args=[student.pk]), {"act": "invite"}).status_code == 404
    assert "2026-0001" not in browser.get(reverse("accounts")).content.decode()


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SYSTEM_ADMINISTRATOR, Role.MANAGEMENT, Role.AUDITOR}))
def test_strangers_change_nothing(role: Role, anna: User, north: Location) -> None:
    browser = signed_in(make_staff(role, north))
    membership = anna.memberships.get()

    answers = [
        browser.post(reverse("account_search"), {"q": "anna"}),
        browser.post(reverse("account_invite"), invitation(north)),
        browser.post(reverse("account_act", args=[anna.pk]), {"act": "invite"}),
        browser.post(reverse("account_close", args=[anna.pk])),
        browser.post(reverse("role_give", args=[anna.pk]), {"role": "finance", "starts_on": TODAY().isoformat()}),
        browser.post(reverse("role_end", args=[membership.pk]), {"when": "now"}),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert (User.objects.filter(is_active=True).count(), Membership.objects.count()) == (2, 2)

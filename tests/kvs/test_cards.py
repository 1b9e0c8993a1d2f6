"""Cards, one-time codes and PINs: what is stored, what ends what, what is refused."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from kvs import cards
from kvs.models import AuditEntry, Card, DeskCode, Draft, Location, Membership, Role, User, WebSession
from kvs.tasks import delete_expired
from tests.factories import staff
from tests.people import signed_in

PIN = "482917"


@pytest.fixture
def rania(north: Location) -> User:
    """A student with an account, without a PIN."""
    return staff(Role.STUDENT, north, call_name="Rania", infix="", surname="Haddad", email=None, student_number="2025-0147")


def columns(table: str) -> str:
    """Everything a copy of the database shows of a table."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return str(cursor.fetchall())


def test_the_secret_of_a_card_has_at_least_128_bits_and_is_not_stored(rania: User, ineke: User) -> None:
    token = cards.issue_card(user=rania, by=ineke)

    assert len(token) * 6 >= 128  # characters of base64
    assert token not in columns("kvs_card")
    assert cards.token_index(token) == Card.objects.get().token_index
    assert cards.token_index(token) != cards.token_index(token[:-1])


def test_a_new_card_ends_the_old_one_and_its_sessions(rania: User, ineke: User) -> None:
    old = cards.issue_card(user=rania, by=ineke)
    phone = signed_in(rania)

    new = cards.issue_card(user=rania, by=ineke)

    assert cards.card_of(old) is None
    assert cards.card_of(new) == Card.objects.live().get()
    assert Card.objects.filter(revoked_at__isnull=False).count() == 1
    assert WebSession.objects.filter(user=rania).count() == 0
    assert phone.get("/").status_code == 302


def test_two_live_cards_for_one_account_are_refused_by_the_database(rania: User) -> None:
    Card.objects.create(user=rania, token_index="a" * 64)
    with pytest.raises(IntegrityError, match="card_one_live"), transaction.atomic():
        Card.objects.create(user=rania, token_index="b" * 64)


def test_ending_a_card_makes_no_new_one(rania: User, ineke: User) -> None:
    token = cards.issue_card(user=rania, by=ineke)

    cards.revoke_cards(user=rania, by=ineke)

    assert cards.card_of(token) is None
    assert Card.objects.live().count() == 0


@pytest.mark.parametrize("token", ["", "x", "x" * 200, "\x00", "é"])
def test_an_unknown_token_is_no_card(rania: User, ineke: User, token: str) -> None:
    cards.issue_card(user=rania, by=ineke)

    assert cards.card_of(token) is None


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.STUDENT, Role.AUDITOR)])
def test_staff_get_no_card_code_or_pin(rania: User, ineke: User, role: Role) -> None:
    Membership.objects.create(user=rania, role=role)

    for refused in (
        lambda: cards.issue_card(user=rania, by=ineke),
        lambda: cards.issue_desk_code(user=rania, by=ineke),
        lambda: cards.set_pin(user=rania, pin=PIN, by=rania),
    ):
        with pytest.raises(ValidationError):
            refused()
    assert (Card.objects.count(), DeskCode.objects.count(), User.objects.get(pk=rania.pk).pin) == (0, 0, None)


def test_without_a_membership_today_there_is_no_card(rania: User, ineke: User) -> None:
    Membership.objects.filter(user=rania).update(ends_on=timezone.localdate() - dt.timedelta(days=1))

    with pytest.raises(ValidationError):
        cards.issue_card(user=rania, by=ineke)


def test_a_code_works_once(rania: User, ineke: User) -> None:
    code = cards.issue_desk_code(user=rania, by=ineke)

    assert cards.use_desk_code(user=rania, code=code) is True
    assert cards.use_desk_code(user=rania, code=code) is False


def test_a_code_is_for_one_account(rania: User, ineke: User, north: Location) -> None:
    other = staff(Role.STUDENT, north, email=None, student_number="2025-0148")
    code = cards.issue_desk_code(user=rania, by=ineke)

    assert cards.use_desk_code(user=other, code=code) is False
    assert cards.use_desk_code(user=None, code=code) is False
    assert DeskCode.objects.count() == 1


def test_a_code_ends_after_fifteen_minutes(rania: User, ineke: User) -> None:
    code = cards.issue_desk_code(user=rania, by=ineke)
    issued = DeskCode.objects.get()
    assert dt.timedelta(minutes=14) < issued.expires_at - timezone.now() <= dt.timedelta(minutes=15)
    DeskCode.objects.update(expires_at=timezone.now())

    assert cards.use_desk_code(user=rania, code=code) is False


def test_expired_codes_drafts_and_sessions_are_deleted_on_the_timetable(rania: User, north: Location, ineke: User) -> None:
    other = staff(Role.STUDENT, north, email=None, student_number="2025-0148")
    now = timezone.now()
    for user in (rania, other):
        cards.issue_desk_code(user=user, by=ineke)
        Draft.objects.create(user=user, path_hash="0" * 64, data="", made_at=now)
        signed_in(user)
    DeskCode.objects.filter(user=other).update(expires_at=now)
    Draft.objects.filter(user=other).update(made_at=now - dt.timedelta(hours=2))
    WebSession.objects.filter(user=other).update(started_at=now - dt.timedelta(hours=11), expires_at=now)

    delete_expired()

    for model in (DeskCode, Draft, WebSession):
        assert [row.user for row in model.objects.all()] == [rania]


def test_a_second_code_ends_the_first(rania: User, ineke: User) -> None:
    DeskCode.objects.all().delete()
    first = cards.issue_desk_code(user=rania, by=ineke)
    second = cards.issue_desk_code(user=rania, by=ineke)
    while second == first:  # one in a million
        second = cards.issue_desk_code(user=rania, by=ineke)

    assert cards.use_desk_code(user=rania, code=first) is False
    assert cards.use_desk_code(user=rania, code=second) is True


def test_a_code_ends_the_old_pin_and_signs_out(rania: User, ineke: User) -> None:
    cards.set_pin(user=rania, pin=PIN, by=rania)
    signed_in(rania)

    cards.issue_desk_code(user=rania, by=ineke)

    assert cards.pin_fits(User.objects.get(pk=rania.pk), PIN) is False
    assert WebSession.objects.filter(user=rania).count() == 0


def test_pin_and_code_are_hashed_and_sealed(rania: User, ineke: User) -> None:
    code = cards.issue_desk_code(user=rania, by=ineke)
    cards.set_pin(user=rania, pin=PIN, by=rania)
    stored = User.objects.get(pk=rania.pk)

    assert stored.pin is not None
    assert stored.pin != PIN
    assert (cards.pin_fits(stored, PIN), cards.pin_fits(stored, "482918")) == (True, False)
    assert [secret for secret in (PIN, stored.pin) if secret in columns("kvs_user")] == []
    assert [secret for secret in (code, "md5$") if secret in columns("kvs_deskcode")] == []


def test_a_new_pin_signs_out_everywhere(rania: User) -> None:
    signed_in(rania)

    cards.set_pin(user=rania, pin=PIN, by=rania)

    assert WebSession.objects.filter(user=rania).count() == 0


@pytest.mark.parametrize(
    ("pin", "weak"),
    [
        ("000000", True),
        ("111112", True),
        ("123456", True),
        ("654321", True),
        ("012345", True),
        ("567890", True),
        ("098765", True),
        ("121212", True),
        ("123123", True),
        ("204014", True),  # the middle of the number below
        ("482917", False),
        ("190385", False),
        ("112233", False),
    ],
)
def test_what_everybody_tries_first_is_refused(rania: User, pin: str, weak: bool) -> None:
    assert cards.pin_is_weak(pin, "1204-0147") is weak


def test_a_weak_pin_is_not_stored(rania: User) -> None:
    with pytest.raises(ValidationError):
        cards.set_pin(user=rania, pin="123456", by=rania)
    assert User.objects.get(pk=rania.pk).pin is None


def test_the_audit_knows_that_and_not_what(rania: User, ineke: User) -> None:
    token = cards.issue_card(user=rania, by=ineke)
    code = cards.issue_desk_code(user=rania, by=ineke)
    cards.set_pin(user=rania, pin=PIN, by=rania)
    cards.revoke_cards(user=rania, by=ineke)

    lines = [(entry.model, entry.action) for entry in AuditEntry.objects.filter(subject_audit_id=rania.audit_id)]
    assert {("kvs.card", "create"), ("kvs.card", "update"), ("kvs.deskcode", "create"), ("kvs.user", "update")} <= set(lines)
    assert [secret for secret in (token, code, PIN) if secret in columns("kvs_auditentry")] == []


def test_cards_and_codes_are_seen_by_their_owner_only(rania: User, ineke: User, chris: User) -> None:
    cards.issue_card(user=rania, by=ineke)
    cards.issue_desk_code(user=rania, by=ineke)

    for user, seen in ((rania, 1), (ineke, 0), (chris, 0)):
        assert Card.objects.visible_to(user).count() == seen
        assert DeskCode.objects.visible_to(user).count() == seen

"""What the database refuses about accounts, memberships and the school."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from kvs.models import Location, Membership, Organisation, Role, User
from kvs.passwords import BlocklistValidator, LengthValidator
from tests.factories import make_user

JAN, MAR, JUN, DEC = dt.date(2026, 1, 1), dt.date(2026, 3, 1), dt.date(2026, 6, 1), dt.date(2026, 12, 31)


def refused(**fields: Any) -> bool:
    """Whether the database refuses an account with these fields."""
    try:
        with transaction.atomic():
            make_user(**fields)
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"email": "een@voorbeeld.test"}, False),
        ({"email": None, "student_number": "2026-0001"}, False),
        ({"email": None, "student_number": None}, True),
        ({"email": "", "student_number": None}, True),
        ({"email": "", "student_number": "2026-0001"}, True),
        ({"email": None, "student_number": "a@b.test"}, True),
        ({"email": None, "student_number": "2026 0001"}, True),
        ({"email": None, "student_number": "abc"}, True),
    ],
)
def test_account_needs_a_proper_way_in(school: Organisation, fields: dict[str, Any], expected: bool) -> None:
    assert refused(**fields) == expected


def test_address_is_unique_whatever_its_case(anna: User) -> None:
    assert refused(email="ANNA@voorbeeld.test")


def test_many_accounts_without_address(school: Organisation) -> None:
    assert not refused(email=None, student_number="A1")
    assert not refused(email=None, student_number="A2")


def test_account_prints_no_name(anna: User) -> None:
    assert str(anna) == f"User({anna.pk})"


def test_one_school(school: Organisation) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.create(id=2, name="Nog een school")


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ((JAN, MAR), (MAR, JUN), True),
        ((JAN, MAR), (MAR + dt.timedelta(days=1), JUN), False),
        ((JAN, None), (JUN, DEC), True),
        ((JUN, None), (JAN, MAR), False),
    ],
)
def test_same_role_at_same_place_never_overlaps(
    anna: User,
    south: Location,
    first: tuple[dt.date, dt.date | None],
    second: tuple[dt.date, dt.date | None],
    clash: bool,
) -> None:
    Membership.objects.create(user=anna, role=Role.TEACHER, location=south, starts_on=first[0], ends_on=first[1])
    another = Membership(user=anna, role=Role.TEACHER, location=south, starts_on=second[0], ends_on=second[1])

    try:
        another.full_clean()
        found = False
    except ValidationError:
        found = True

    assert found == clash


def test_all_locations_counts_as_one_place(bram: User) -> None:
    Membership.objects.create(user=bram, role=Role.TEACHER, starts_on=JAN)

    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=bram, role=Role.TEACHER, starts_on=JUN)


def test_period_runs_forward(bram: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=bram, role=Role.FINANCE, starts_on=JUN, ends_on=JAN)


def test_auditor_needs_a_last_day(bram: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=bram, role=Role.AUDITOR, starts_on=JUN)


@pytest.mark.parametrize(
    ("day", "active"),
    [(JAN - dt.timedelta(days=1), False), (JAN, True), (MAR, True), (MAR + dt.timedelta(days=1), False)],
)
def test_both_ends_of_a_membership_count(chris: User, day: dt.date, active: bool) -> None:
    membership = Membership.objects.create(user=chris, role=Role.FINANCE, starts_on=JAN, ends_on=MAR)

    assert (membership in Membership.objects.active_on(day)) == active


def test_accounts_are_visible_to_their_owner_and_to_who_manages_them(anna: User, chris: User, sami: User) -> None:
    assert set(User.objects.visible_to(anna)) == {anna}
    assert set(User.objects.visible_to(sami)) == {anna, chris, sami}


@pytest.mark.parametrize(
    ("password", "good"),
    [
        ("fiets onder de oude brug 7", True),
        ("zeven gele eenden zwemmen", True),
        ("correct paard batterij", True),
        ("Ω≈ç√∫˜µ≤ λόγος ἀρχή", True),
        ("x" * 15, False),
        ("kort", False),
        ("welkomwelkom2026", False),
        ("W€lk0m!W€lk0m!2026", False),
        ("Wachtwoord123456", False),
        ("inburgering2026!", False),
        ("lindenhoflindenhof1", False),
        ("annabakker1990anna", False),
        ("1234567890123456", False),
        ("de kat krabt de krullen van de trap " * 3, True),
    ],
)
def test_passwords(anna: User, password: str, good: bool) -> None:
    def accepted() -> bool:
        try:
            LengthValidator().validate(password, anna)
            BlocklistValidator().validate(password, anna)
        except ValidationError:
            return False
        return True

    assert accepted() == good

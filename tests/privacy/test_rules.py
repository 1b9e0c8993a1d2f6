"""The law of requests as tables of cases: terms, who may act, what proves identity, why a request may be refused."""

import datetime as dt

import pytest
from django.utils import timezone

from privacy import rules
from privacy.rules import Standing

D = dt.date
LONG_AGO = D(2020, 1, 1)


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        (D(2026, 11, 1), 28, D(2026, 11, 29)),
        (D(2027, 1, 31), 28, D(2027, 2, 28)),  # four weeks and the month end together
        (D(2027, 2, 1), 28, D(2027, 3, 1)),
        (D(2028, 2, 1), 28, D(2028, 2, 29)),
        (D(2028, 2, 29), 28, D(2028, 3, 28)),
        (D(2028, 1, 31), 28, D(2028, 2, 28)),  # one day before the law's last day, 29 February
        (D(2028, 1, 31), 31, D(2028, 2, 29)),  # the law's month governs
        (D(2027, 2, 1), 31, D(2027, 3, 1)),
        (D(2026, 12, 15), 31, D(2027, 1, 15)),
        (D(2026, 3, 15), 28, D(2026, 4, 12)),  # over the change to summer time
        (D(2026, 10, 10), 28, D(2026, 11, 7)),  # and back
        (D(2026, 11, 1), 14, D(2026, 11, 15)),
    ],
)
def test_the_first_term(received: dt.date, days: int, due: dt.date) -> None:
    assert rules.due_on(received, days) == due


@pytest.mark.parametrize(
    ("received", "first", "days", "last"),
    [
        (D(2026, 11, 1), D(2026, 11, 29), 28, D(2026, 12, 27)),
        (D(2026, 11, 1), D(2026, 12, 1), 90, D(2027, 2, 1)),  # never beyond three months
        (D(2027, 11, 30), D(2027, 12, 28), 90, D(2028, 2, 29)),
        (D(2026, 11, 30), D(2026, 12, 28), 90, D(2027, 2, 28)),
    ],
)
def test_the_extended_term(received: dt.date, first: dt.date, days: int, last: dt.date) -> None:
    assert rules.extended_to(received, first, days) == last


def test_four_weeks_are_never_longer_than_the_law() -> None:
    for number in range(4 * 366):
        day = D(2026, 1, 1) + dt.timedelta(days=number)
        assert rules.due_on(day) == day + dt.timedelta(days=28)
        assert rules.extended_to(day, rules.due_on(day)) == day + dt.timedelta(days=56)


@pytest.mark.parametrize(
    ("day", "extended", "may"), [(27, False, True), (28, False, True), (29, False, False), (28, True, False)]
)
def test_an_extension_only_while_the_first_term_runs(day: int, extended: bool, may: bool) -> None:
    received = D(2028, 2, 10)
    today = received + dt.timedelta(days=day)
    assert rules.may_extend(today, rules.due_on(received), extended=extended) is may


@pytest.mark.parametrize(
    ("day", "sent"), [(0, 0), (13, 0), (14, 1), (20, 1), (21, 2), (25, 2), (26, 3), (28, 3), (29, 4), (40, 4)]
)
def test_reminders(day: int, sent: int) -> None:
    """On day 14, 21 and 26 of four weeks, and once more when it is too late."""
    received = D(2028, 2, 10)
    assert rules.reminders_due(received + dt.timedelta(days=day), rules.due_on(received)) == sent


def test_a_night_in_the_school_belongs_to_the_day_of_the_school() -> None:
    """Half past midnight on the night of the change is the new day in Amsterdam, whatever the server's clock says."""
    assert timezone.localdate(dt.datetime(2026, 3, 28, 23, 30, tzinfo=dt.UTC)) == D(2026, 3, 29)
    assert timezone.localdate(dt.datetime(2026, 10, 25, 22, 30, tzinfo=dt.UTC)) == D(2026, 10, 25)


# --- who may act

BOTH = {"person", "representative"}


@pytest.mark.parametrize(
    ("age", "act", "consent", "withdraw"),
    [
        (0, {"representative"}, {"representative"}, {"representative"}),
        (11, {"representative"}, {"representative"}, {"representative"}),
        (12, BOTH, {"representative"}, BOTH),
        (15, BOTH, {"representative"}, BOTH),
        (16, {"person"}, {"person"}, {"person"}),
        (17, {"person"}, {"person"}, {"person"}),
        (40, {"person"}, {"person"}, {"person"}),
        (None, {"person"}, {"person"}, {"person"}),
    ],
)
def test_who_acts_at_what_age(age: int | None, act: set[str], consent: set[str], withdraw: set[str]) -> None:
    assert [set(who(age)) for who in (rules.who_may_act, rules.who_may_consent, rules.who_may_withdraw)] == [
        act,
        consent,
        withdraw,
    ]


@pytest.mark.parametrize(
    ("kind", "matter", "age", "representative", "person"),
    [
        ("parent", "everything", 11, True, False),
        ("parent", "everything", 15, True, True),
        ("parent", "everything", 16, False, True),  # on the 16th birthday the parent loses the way
        ("parent", "everything", None, False, True),
        ("curator", "everything", 40, True, False),
        ("curator", "property", 40, True, False),
        ("administrator", "property", 40, True, False),
        ("administrator", "personal", 40, False, True),
        ("administrator", "everything", 40, False, True),
        ("mentor", "personal", 40, True, False),
        ("mentor", "property", 40, False, True),
        ("authorised", "everything", 40, True, True),
    ],
)
def test_representatives_by_their_scope(kind: str, matter: str, age: int | None, representative: bool, person: bool) -> None:
    one, day = Standing(kind, LONG_AGO), D(2026, 11, 26)
    assert rules.representative_may_act(one, age, day, matter) is representative
    assert rules.person_may_act(age, day, matter, [one]) is person


@pytest.mark.parametrize(
    ("day", "holds"), [(D(2025, 12, 31), False), (D(2026, 1, 1), True), (D(2026, 6, 30), True), (D(2026, 7, 1), False)]
)
def test_a_representation_holds_in_its_period(day: dt.date, holds: bool) -> None:
    one = Standing("curator", D(2026, 1, 1), D(2026, 6, 30))
    assert rules.representative_may_act(one, 40, day, "everything") is holds
    assert rules.person_may_act(40, day, "everything", [one]) is not holds


def test_an_authorisation_for_money_is_none_for_the_rest() -> None:
    one = Standing("authorised", LONG_AGO, scope="property")
    asked = {matter: rules.representative_may_act(one, 40, LONG_AGO, matter) for matter in ("property", "personal", "everything")}
    assert asked == {"property": True, "personal": False, "everything": False}


# --- identity and grounds


@pytest.mark.parametrize("kind", rules.KINDS)
def test_what_proves_identity(kind: str) -> None:
    enough = {method for method in rules.METHODS if rules.identity_suffices(kind, method)}
    weak = set() if kind in ("access", "portability", "erasure") else {"signed_in"}
    assert enough == {"second_factor", "seen", "called_back"} | weak


def test_the_closed_list_of_grounds() -> None:
    always = {"identity", "unfounded", "uavg41", "law"}
    assert {kind: set(codes) for kind, codes in rules.GROUNDS.items()} == {
        "access": always | {"others"},
        "rectification": always | {"accurate"},
        "erasure": always | {"needed", "legal_duty", "claims"},
        "restriction": always | {"not_restrictable", "restricted_use"},
        "objection": always | {"compelling"},
        "portability": always | {"not_portable", "others"},
        "consent": {"identity"},
    }
    assert {code for codes in rules.GROUNDS.values() for code in codes} == set(rules.ARTICLES)
    assert set(rules.RIGHTS) == set(rules.GROUNDS) == set(rules.KINDS)

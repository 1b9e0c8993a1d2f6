"""Rules of absence as a table of cases. Each lesson is a letter: . present, m missed, x missed and excused, l late (half).

The figures are examples: no source names one (domain/blik_op_werk_and_municipalities.md 4.2).
"""

import datetime as dt

import pytest

from attendance import signal_rules as rules
from attendance.signal_rules import ALL, CONSECUTIVE, LESSONS, PERCENTAGE, UNEXCUSED, Presence, Rule, rules_for, signal

MONDAY = dt.date(2026, 3, 2)
ATTENDED = {".": 90, "m": 0, "x": 0, "l": 45}


def lessons(letters: str) -> list[Presence[int]]:
    """Two lessons a week, on Monday and Thursday, numbered from 0."""
    return [
        Presence(number, MONDAY + dt.timedelta(days=7 * (number // 2) + 3 * (number % 2)), 90, ATTENDED[letter], letter == "x")
        for number, letter in enumerate(letters)
    ]


def found(rule: Rule, letters: str, since: dt.date = MONDAY) -> list[int] | None:
    made = signal(rule, lessons(letters), since)
    return [lesson.key for lesson in made.lessons] if made else None


@pytest.mark.parametrize(
    ("rule", "letters", "made"),
    [
        # lessons: threshold within the weeks before the last lesson
        (Rule(LESSONS, 3, 4), "", None),
        (Rule(LESSONS, 3, 4), "m.m.....", None),
        (Rule(LESSONS, 3, 4), "m.m.m...", [0, 2, 4]),
        (Rule(LESSONS, 3, 4), "m.m.m....", None),  # the first fell out: four weeks end with the last lesson
        (Rule(LESSONS, 3, 4), "x.x.x.x.", None),  # excused does not count
        (Rule(LESSONS, 3, 4, ALL), "x.x.x.x.", [0, 2, 4, 6]),
        (Rule(LESSONS, 3, 4), "llllllll", None),  # late is not missed
        (Rule(LESSONS, 1, 1), "m", [0]),
        # consecutive: excused lessons are passed over where they do not count
        (Rule(CONSECUTIVE, 3, 4), "mm.m....", None),
        (Rule(CONSECUTIVE, 3, 4), "mmm.....", [0, 1, 2]),  # over, and still told: registers are signed late
        (Rule(CONSECUTIVE, 3, 4), "mmlm....", None),  # who came late was there
        (Rule(CONSECUTIVE, 3, 4), "mmxm....", [0, 1, 3]),
        (Rule(CONSECUTIVE, 3, 4, ALL), "mxm.....", [0, 1, 2]),
        (Rule(CONSECUTIVE, 2, 4), "mm..mmm.", [4, 5, 6]),  # the last row, whole
        (Rule(CONSECUTIVE, 3, 1), "mmmm", None),  # more than a week does not hold
        # percentage: of minutes, over whole weeks only
        (Rule(PERCENTAGE, 25, 4), "mm......", [0, 1]),
        (Rule(PERCENTAGE, 26, 4), "mm......", None),
        (Rule(PERCENTAGE, 25, 4), "llll....", [0, 1, 2, 3]),  # minutes late add up
        (Rule(PERCENTAGE, 25, 4), "mmx.....", [0, 1]),  # 2 of 7
        (Rule(PERCENTAGE, 29, 4), "mmx.....", None),  # 28.57 per cent; excused leaves both sides
        (Rule(PERCENTAGE, 37, 4, ALL), "mmx.....", [0, 1, 2]),  # 37.5 per cent
        (Rule(PERCENTAGE, 38, 4, ALL), "mmx.....", None),
        (Rule(PERCENTAGE, 1, 4), "xxxxxxxx", None),  # nothing was asked
        (Rule(PERCENTAGE, 1, 4), "........", None),
    ],
)
def test_which_lessons_make_a_signal(rule: Rule, letters: str, made: list[int] | None) -> None:
    since = MONDAY - dt.timedelta(weeks=8)
    assert found(rule, letters, since) == made


def test_a_percentage_waits_until_its_weeks_are_whole() -> None:
    rule = Rule(PERCENTAGE, 25, 4)

    assert found(rule, "mmmm...", MONDAY) is None  # three weeks and a Monday
    assert found(rule, "mmmm....", MONDAY) is None  # until Thursday: 25 days
    assert found(rule, "mmmm....", MONDAY - dt.timedelta(days=3)) == [0, 1, 2, 3]


def test_a_day_that_made_a_signal_makes_no_other() -> None:
    rule, letters = Rule(LESSONS, 2, 4), "mm..mm.."
    first = signal(rule, lessons(letters[:2]), MONDAY)
    assert first
    after = first.ends_on + dt.timedelta(days=1)

    assert found(rule, letters[:5], after) is None
    assert found(rule, letters, after) == [4, 5]


def test_the_period_goes_from_the_first_to_the_last_lesson_that_made_it() -> None:
    made = signal(Rule(LESSONS, 2, 4), lessons(".m.m.."), MONDAY)
    assert made
    assert (made.starts_on, made.ends_on) == (dt.date(2026, 3, 5), dt.date(2026, 3, 12))

    whole = signal(Rule(PERCENTAGE, 10, 1), lessons("..m."), MONDAY)
    assert whole
    assert (whole.starts_on, whole.ends_on) == (dt.date(2026, 3, 6), dt.date(2026, 3, 12))  # the week that was looked at


def test_a_client_goes_before_the_school_kind_by_kind() -> None:
    school = [(LESSONS, Rule(LESSONS, 3, 4)), (CONSECUTIVE, Rule(CONSECUTIVE, 2, 4)), (PERCENTAGE, None)]
    own = [(LESSONS, Rule(LESSONS, 5, 8, ALL)), (CONSECUTIVE, None)]

    assert rules_for([], school) == [Rule(LESSONS, 3, 4), Rule(CONSECUTIVE, 2, 4)]
    assert rules_for(own, school) == [Rule(LESSONS, 5, 8, ALL)]


def test_unexcused_counts_by_default() -> None:
    assert Rule(LESSONS, 3, 4).counts == UNEXCUSED == rules.UNEXCUSED

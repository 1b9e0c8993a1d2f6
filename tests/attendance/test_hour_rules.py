"""What counts for what. Each case names where the rule stands."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendance import rules
from attendance.hour_rules import (
    CLASS_LABELS,
    CLASSES,
    FAMILY,
    NEEDS_PIP_KNM,
    NEEDS_PIP_LANGUAGE,
    NEEDS_STATUS,
    RULES,
    STATUS_HOLDERS,
    Hours,
    Person,
    Rule,
    rules_for,
    whole_hours,
)

H = 60
RULE = {rule.key: rule for rule in RULES}
DAY = dt.date(2026, 11, 23)


def hours(amount: int, hour_class: str = "classroom", *, course: str = "integration", subject: str = "") -> Hours:
    """`amount` hours; the subject follows from the class unless told."""
    implied = {"knm": "knm", "ona_course": "ona"}.get(hour_class, "language")
    return Hours(course, subject or implied, hour_class, amount * H)


@pytest.mark.parametrize(
    ("key", "given_hours", "counted", "reached"),
    [
        # duo.md 1.4: at the school, never online
        ("duo_course", [hours(3, kind) for kind in rules.HOUR_CLASSES], 15, False),
        ("duo_ona", [hours(3, kind) for kind in rules.HOUR_CLASSES], 3, False),
        # duo.md 3.2: a course of 64 hours
        ("ona_64", [hours(63, "ona_course"), hours(50)], 63, False),
        ("ona_64", [hours(64, "ona_course")], 64, True),
        # duo.md 5.1: integration + NT2; literacy when 200 hours are integration
        ("agi_course", [hours(400), hours(200, course="nt2")], 600, True),
        ("agi_course", [hours(199), hours(200, course="nt2"), hours(400, course="literacy")], 399, False),
        ("agi_course", [hours(200), hours(400, course="literacy")], 600, True),
        ("agi_course", [hours(500), hours(100, "distance")], 500, False),
        ("agi_course", [hours(500), hours(100, "distance_2018")], 600, True),
        # duo.md 5.1: 600 of which 300 literacy, the rest integration
        ("agi_literacy", [hours(300, course="literacy"), hours(300)], 600, True),
        ("agi_literacy", [hours(299, course="literacy"), hours(301)], 600, False),
        ("agi_literacy", [hours(300, course="literacy"), hours(300, course="nt2")], 300, False),
        # duo.md 4.2: integration + NT2, at the school
        ("extension_300", [hours(200), hours(100, course="nt2")], 300, True),
        ("extension_300", [hours(299), hours(90, course="literacy"), hours(90, "distance")], 299, False),
        # duo.md 1.4 (conflict) and 4.1: at least half physical
        ("scale_down_600", [hours(600)], 600, True),
        ("scale_down_600", [hours(300), hours(300, "distance")], 600, True),
        ("scale_down_600", [hours(200), hours(400, "distance")], 400, False),
        ("scale_down_600", [hours(599), hours(90, "knm"), hours(90, "elearning_home"), hours(90, "refused")], 599, False),
        # duo.md 4.2: 450 of language, and KNM beside it
        ("extension_450", [hours(450), hours(20, "knm")], 450, True),
        ("extension_450", [hours(449), hours(20, "knm"), hours(9, "distance")], 449, False),
        # duo.md 4.2: all of the PIP, whose number we do not hold
        ("extension_pip", [hours(2000)], 2000, False),
        # duo.md 4.1: NT2 and KNM together
        ("z_course", [hours(700), hours(100, "knm")], 800, True),
        ("z_course", [hours(700), hours(99, "knm"), hours(99, subject="map"), hours(99, "participation")], 799, False),
        ("z_participation", [hours(700, "participation"), hours(100, "intake_participation")], 800, True),
        (
            "z_participation",
            [hours(799, "participation"), hours(99, "intake"), hours(99, "practice_outside"), hours(99)],
            799,
            False,
        ),
        # blik_op_werk_and_municipalities.md 4.3, the three totals of the API
        ("api_intake", [hours(12, "intake"), hours(5, "intake_participation"), hours(9)], 12, False),
        ("api_participation", [hours(12, "intake"), hours(5, "intake_participation"), hours(9, "participation")], 14, False),
        (
            "api_lessons",
            [hours(9), hours(4, "knm"), hours(12, "intake"), hours(5, "distance"), hours(6, subject="map")],
            13,
            False,
        ),
        ("api_lessons_education", [hours(9), hours(4, "knm"), hours(5, "distance"), hours(6, subject="map")], 24, False),
    ],
)
def test_what_counts(key: str, given_hours: list[Hours], counted: int, reached: bool) -> None:
    found = RULE[key].counted(given_hours)

    assert (found.minutes, RULE[key].reached(found)) == (counted * H, reached)


OLD = ["duo_course", "duo_ona", "ona_64", "agi_course", "agi_literacy", "extension_300"]
TOTALS = ["api_intake", "api_participation", "api_lessons"]


@pytest.mark.parametrize(
    ("law", "route", "expected"),
    [
        ("none", "", ["duo_course", "duo_ona"]),
        ("wi2007", "", ["duo_course", "duo_ona"]),
        ("wi2013", "", OLD),  # AGI and 300 hours: under the Wi2013 only
        (
            "wi2021",
            "b1",
            ["duo_course", "duo_ona", "scale_down_600", "extension_450", "extension_pip", "api_intake", "api_lessons"],
        ),
        ("wi2021", "z", ["duo_course", "duo_ona", "z_course", "z_participation", *TOTALS]),
        ("wi2021", "education", ["duo_course", "duo_ona", "api_intake", "api_lessons_education"]),
        ("wi2021", "", ["duo_course", "duo_ona", "api_intake", "api_lessons"]),
    ],
)
def test_rules_of_a_programme(law: str, route: str, expected: list[str]) -> None:
    assert [rule.key for rule in rules_for(law, route, DAY)] == expected


HOLDER, OTHER = Person(status_holder=True), Person(status_holder=False)


@pytest.mark.parametrize(
    ("route", "person", "only"),
    [
        # duo.md 4.1: 800 hours of participation for status holders only; 4.2: the PIP for them, 450 hours for others
        ("z", HOLDER, ["z_participation", "api_participation"]),
        ("z", OTHER, []),
        ("b1", HOLDER, ["extension_pip"]),
        ("b1", OTHER, ["extension_450"]),
        ("b1", Person(), ["extension_450", "extension_pip"]),  # unknown: both stand there
    ],
)
def test_rules_for_some_people_only(route: str, person: Person, only: list[str]) -> None:
    assert [rule.key for rule in rules_for("wi2021", route, DAY, person) if rule.people] == only


def test_the_rule_of_the_pip_asks_its_hours() -> None:
    person = Person(status_holder=True, pip_language=500, pip_knm=40)
    rule = next(rule for rule in rules_for("wi2021", "b1", DAY, person) if rule.key == "extension_pip")

    def reached(*given_hours: Hours) -> bool:
        return rule.reached(rule.counted(given_hours))

    assert rule.threshold == 500 * H
    assert reached(hours(500), hours(40, "knm"))
    assert not reached(hours(500), hours(39, "knm"))
    assert not reached(hours(499), hours(90, "knm"))


@pytest.mark.parametrize(
    ("key", "person", "facts"),
    [
        ("z_course", Person(), []),
        ("z_participation", Person(), [NEEDS_STATUS]),
        ("z_participation", HOLDER, []),
        ("extension_450", Person(), [NEEDS_STATUS]),
        ("extension_pip", Person(), [NEEDS_STATUS, NEEDS_PIP_LANGUAGE, NEEDS_PIP_KNM]),
        ("extension_pip", HOLDER._replace(pip_language=500), [NEEDS_PIP_KNM]),
        ("extension_pip", HOLDER._replace(pip_language=500, pip_knm=0), []),
    ],
)
def test_what_is_not_known_is_named(key: str, person: Person, facts: list[object]) -> None:
    assert RULE[key].missing(person) == facts


def test_for_whom_is_said_where_the_law_tells_people_apart() -> None:
    assert {rule.key: rule.people for rule in RULES if rule.people} == {
        "extension_450": FAMILY,
        "extension_pip": STATUS_HOLDERS,
        "z_participation": STATUS_HOLDERS,
        "api_participation": STATUS_HOLDERS,
    }
    holders = {FAMILY: False, STATUS_HOLDERS: True, "": None}
    assert [rule.key for rule in RULES if rule.status_holder is not holders[rule.people]] == []


def test_a_rule_holds_between_its_days() -> None:
    first, last, day = dt.date(2022, 1, 1), dt.date(2027, 1, 1), dt.timedelta(days=1)
    rule = RULE["z_course"]._replace(valid_until=last)

    assert [rule.holds_on(when) for when in (first - day, first, last, last + day)] == [False, True, True, False]
    assert rules_for("wi2021", "z", first - day) == [RULE["duo_course"], RULE["duo_ona"]]


def test_every_rule_names_its_source_and_every_class_has_a_word() -> None:
    assert [rule.key for rule in RULES if not rule.source or not rule.explanation or not rule.classes] == []
    assert set(CLASSES) | {"refused", "distance_2018"} == set(CLASS_LABELS)
    assert {rule.key for rule in RULES if rule.certainty.code == "open"} == {"api_lessons", "api_lessons_education"}
    assert len({rule.key for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(("minutes", "expected"), [(0, 0), (59, 0), (60, 1), (119, 1), (600_000, 9999)])
def test_totals_are_whole_hours_and_fit_the_api(minutes: int, expected: int) -> None:
    assert whole_hours(minutes) == expected


ANY = st.builds(
    Hours,
    st.sampled_from(["literacy", "integration", "nt2", ""]),
    st.sampled_from(["language", "literacy", "knm", "ona", "map", "other"]),
    st.sampled_from([*CLASS_LABELS]),
    st.integers(0, 60_000),
)


@given(st.sampled_from(list(RULES)), st.lists(ANY, max_size=6), ANY)
def test_more_hours_never_count_for_less_nor_for_more_than_was_attended(rule: Rule, rows: list[Hours], more: Hours) -> None:
    counted, with_more = rule.counted(rows).minutes, rule.counted([*rows, more]).minutes

    assert counted <= with_more
    assert 0 <= counted <= sum(row.minutes for row in rows)

"""What a mark is worth, and what a register adds up to."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attendance import rules
from attendance.models import Lesson

STATES = st.sampled_from(rules.STATES)
MINUTES = st.integers(min_value=0, max_value=600)


@pytest.mark.parametrize(
    ("state", "planned", "missed", "expected"),
    [
        ("present", 90, 0, 90),
        ("late", 90, 15, 75),
        ("left_early", 90, 90, 0),
        ("absent", 90, 0, 0),
        ("reported", 90, 0, 0),
    ],
)
def test_minutes_attended(state: str, planned: int, missed: int, expected: int) -> None:
    assert rules.minutes_attended(state, planned, missed) == expected


@given(STATES, MINUTES, MINUTES)
def test_nobody_attends_more_than_the_lesson_or_less_than_nothing(state: str, planned: int, missed: int) -> None:
    attended = rules.minutes_attended(state, planned, missed)

    assert 0 <= attended <= planned
    assert state in rules.THERE or attended == 0


@given(STATES, MINUTES, MINUTES)
def test_what_the_rule_accepts_adds_up_to_the_lesson(state: str, planned: int, missed: int) -> None:
    if state in rules.WITH_MINUTES and rules.minutes_problem(state, missed, planned) == "":
        assert rules.minutes_attended(state, planned, missed) + missed == planned


@pytest.mark.parametrize(
    ("teacher", "student", "paper", "expected"),
    [
        (True, True, False, "both"),
        (True, True, True, "both"),
        (True, False, False, "teacher"),
        (True, False, True, "paper"),
        (False, True, False, "student"),
        (False, True, True, "paper"),
        (False, False, True, "paper"),
        (False, False, False, "none"),
    ],
)
def test_evidence_of_a_mark(teacher: bool, student: bool, paper: bool, expected: str) -> None:
    assert rules.evidence(teacher=teacher, student=student, paper=paper) == expected


def test_proven_is_presence_with_both_parties_or_initials_on_paper() -> None:
    """Norm 2.9.2 of Blik op Werk."""

    def proven(state: str, said: str, mode: str = "both") -> bool:
        parties = {"teacher": "t" in said, "student": "s" in said, "paper": "p" in said}
        return rules.proven(state, **parties, mode=mode)

    for state in ("present", "late", "left_early"):
        assert [proven(state, said) for said in ("ts", "tp", "t", "s", "")] == [True, True, False, False, False]
        assert [proven(state, said, "paper") for said in ("ts", "tp", "tsp")] == [False, True, True]
        assert [proven(state, said, "digital") for said in ("ts", "tp", "tsp")] == [True, False, True]
    for state in ("absent", "reported"):
        assert not any(proven(state, said) for said in ("ts", "tp", "tsp"))


@pytest.mark.parametrize(
    ("state", "missed", "expected"),
    [
        ("present", 0, ""),
        ("absent", 700, ""),
        ("late", 0, "missing"),
        ("late", -5, "missing"),
        ("late", 1, ""),
        ("late", 90, ""),
        ("left_early", 91, "too_many"),
    ],
)
def test_minutes_problem_in_a_lesson_of_90(state: str, missed: int, expected: str) -> None:
    assert rules.minutes_problem(state, missed, 90) == expected


@pytest.mark.parametrize(
    ("states", "size", "expected"),
    [
        ([], 3, (0, 0, 3, 2)),
        (["present", "late", "left_early"], 3, (3, 0, 0, 2)),
        (["absent", "reported", "late"], 4, (1, 2, 1, 2)),
    ],
)
def test_counts(states: list[str], size: int, expected: tuple[int, int, int, int]) -> None:
    assert rules.counts(states, size=size, confirmed=2) == expected


@pytest.mark.parametrize(("attended", "offered", "expected"), [(0, 0, None), (0, 90, 0), (75, 90, 83), (90, 90, 100)])
def test_percentage(attended: int, offered: int, expected: int | None) -> None:
    assert rules.percentage(attended, offered) == expected


@pytest.mark.parametrize(("minutes", "expected"), [(-31, False), (-30, True), (0, True), (600, True)])
def test_a_register_opens_half_an_hour_before(minutes: int, expected: bool) -> None:
    start = dt.datetime(2026, 11, 24, 8, 45, tzinfo=dt.UTC)

    assert rules.has_begun(start + dt.timedelta(minutes=minutes), start) is expected


def test_a_row_hash_depends_on_every_part_and_its_place() -> None:
    hashes = {rules.row_hash(*parts) for parts in [("s", "a", "b"), ("s", "b", "a"), ("s", "ab"), ("t", "a", "b")]}

    assert len(hashes) == 4


def test_the_digest_of_a_register_does_not_depend_on_the_order_of_its_rows() -> None:
    assert rules.register_digest("les", 1, "nu", ["b", "a"]) == rules.register_digest("les", 1, "nu", ["a", "b"])
    assert rules.register_digest("les", 1, "nu", ["b", "a"]) != rules.register_digest("les", 2, "nu", ["a", "b"])


def test_lesson_codes_fit_the_constraint_and_hold_no_look_alikes() -> None:
    assert set(rules.CODE_LETTERS) & set("0OQ1IL5S8BAEU") == set()
    assert len(set(rules.CODE_LETTERS)) == len(rules.CODE_LETTERS)


# --- what a lesson counts as: domain/duo.md 1.4 (DUO, "uitwisselen contractgegevens"; Blik op Werk, e-learning since 2019)

AT_SCHOOL = ("classroom", "elearning_school", "practice")
# subject -> the class of a lesson in the classroom, as e-learning at school, as guided practice
CLASSES = {
    "language": ("classroom", "elearning_school", "practice"),
    "literacy": ("classroom", "elearning_school", "practice"),
    "map": ("classroom", "elearning_school", "practice"),
    "other": ("classroom", "elearning_school", "practice"),
    "knm": ("knm", "knm", "knm"),
    "ona": ("ona_course", "ona_course", "ona_course"),
}


def test_the_table_has_every_subject_and_way_of_teaching() -> None:
    assert set(CLASSES) == set(Lesson.Subject.values)
    assert {*AT_SCHOOL, "online", "elearning_home", "ona_school"} == set(Lesson.Delivery.values)


@pytest.mark.parametrize("subject", CLASSES)
def test_the_class_of_an_hour(subject: str) -> None:
    assert tuple(rules.hour_class(subject, delivery) for delivery in AT_SCHOOL) == CLASSES[subject]
    away = {delivery: rules.hour_class(subject, delivery) for delivery in ("online", "elearning_home", "ona_school")}
    assert away == {"online": "distance", "elearning_home": "elearning_home", "ona_school": "ona_portfolio"}


@pytest.mark.parametrize(
    ("hour_class", "course", "ona"),
    [
        ("classroom", True, False),  # classroom lesson at the school, attended
        ("elearning_school", True, False),  # e-learning done while physically at school
        ("practice", True, False),  # begeleide praktijkuren
        ("knm", True, False),  # a lesson at the school like any other
        ("ona_portfolio", True, False),  # hours at school spent on the ONA portfolio
        ("ona_course", False, True),  # own field
        ("distance", False, False),  # not since 2019-01-01
        ("elearning_home", False, False),
    ],
)
def test_what_duo_counts(hour_class: str, course: bool, ona: bool) -> None:
    assert hour_class in rules.HOUR_CLASSES
    assert (hour_class in rules.DUO_COURSE_HOURS, hour_class in rules.DUO_ONA_HOURS) == (course, ona)


def test_duo_counts_nothing_twice_and_knows_every_class() -> None:
    assert {rules.hour_class(subject, way) for subject in CLASSES for way in Lesson.Delivery.values} == set(rules.HOUR_CLASSES)
    assert len(rules.HOUR_CLASSES) == 8
    assert rules.DUO_COURSE_HOURS.isdisjoint(rules.DUO_ONA_HOURS)


@pytest.mark.parametrize(
    ("course", "subject", "delivery", "refused"),
    [
        ("literacy", "language", "online", True),  # literacy courses may not be given online
        ("literacy", "knm", "elearning_home", True),
        ("integration", "literacy", "online", True),
        ("literacy", "literacy", "classroom", False),
        ("literacy", "literacy", "elearning_school", False),
        ("integration", "language", "online", False),  # allowed, but it does not count
        ("nt2", "knm", "elearning_home", False),
    ],
)
def test_literacy_away_from_the_school(course: str, subject: str, delivery: str, refused: bool) -> None:
    assert rules.literacy_online(course, subject, delivery) is refused

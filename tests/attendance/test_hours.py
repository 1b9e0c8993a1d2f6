"""Minutes by contract and kind of hour: the example of issue 4, and any school against a slow obvious way of counting."""

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from attendance import rules
from attendance.hour_rules import RULES
from attendance.hours import RECENT, Minutes, as_hours, forecast, lesson_lines, total, with_breaks
from attendance.models import Lesson, Mark, Register
from kvs.models import Location, User
from students import actions
from students.models import Contract, Enrolment, Group, Programme
from tests.factories import make_group, make_lesson, make_student, place

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MONDAY = dt.date(2026, 9, 7)
TODAY = dt.date(2026, 11, 23)
DUO = next(rule for rule in RULES if rule.key == "duo_course")


def half_past_nine(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(9, 30), AMSTERDAM)


def sign(lesson: Lesson, by: User) -> None:
    """A signed register, without the ceremony of signing."""
    now = timezone.now()
    Register.objects.create(lesson=lesson, saved_by=by, signed_at=now, signed_by=by, digest="0" * 64)


def mark(lesson: Lesson, enrolment: Enrolment, state: str, missed: int = 0, *, both: bool = True) -> Mark:
    now = timezone.now()
    attended = rules.minutes_attended(state, lesson.planned_minutes, missed)
    claims = {"teacher_at": now, "student_at": now if both else None}
    worth = {"state": state, "minutes_missed": missed, "minutes_attended": attended}
    return Mark.objects.create(lesson=lesson, enrolment=enrolment, salt="0" * 32, row_hash="0" * 64, **worth, **claims)


def test_the_example_of_the_issue(places: list[Enrolment], group: Group, ineke: User) -> None:
    enrolment = places[0]
    programme = enrolment.programme
    actions.add_contract(programme=programme, by=ineke, starts_on=MONDAY)
    days = iter(MONDAY + dt.timedelta(days=number) for number in range(9))

    def lesson(minutes: int = 165, **fields: str) -> Lesson:
        made = make_lesson(group, ineke, starts_at=half_past_nine(next(days)), minutes=minutes, **fields)
        sign(made, ineke)
        return made

    mark(lesson(), enrolment, "present")
    mark(lesson(), enrolment, "late", 20, both=False)
    mark(lesson(), enrolment, "reported")
    cancelled = lesson()
    mark(cancelled, enrolment, "present")
    Lesson.objects.filter(pk=cancelled.pk).update(cancelled=True)
    mark(lesson(120, delivery="online"), enrolment, "present")
    after_leaving = lesson()
    mark(after_leaving, enrolment, "absent")
    Enrolment.objects.filter(pk=enrolment.pk).update(ends_on=after_leaving.day - dt.timedelta(days=1))

    lines = lesson_lines([programme], TODAY)
    sums = total(lines)

    assert sums == Minutes(offered=615, attended=430, proven=285, excused=165)
    assert sums.unexcused == 20
    assert DUO.counted(as_hours(lines)).minutes == 310
    assert (f"{sums.rate:.1f}", f"{sums.rate_unexcused:.1f}") == ("69.9", "95.6")


def test_the_break_is_what_the_lesson_leaves_of_its_time(places: list[Enrolment], group: Group, ineke: User) -> None:
    """09:30-12:30 with 15 minutes of break, once over the night on which the clock goes back: elapsed time counts."""
    night = dt.datetime(2026, 10, 25, 1, 30, tzinfo=AMSTERDAM)
    for starts_at, state in ((half_past_nine(MONDAY), "present"), (half_past_nine(TODAY), "absent"), (night, "present")):
        lesson = make_lesson(group, ineke, starts_at=starts_at, minutes=165)
        ends_at = starts_at.astimezone(dt.UTC) + dt.timedelta(minutes=180)
        Lesson.objects.filter(pk=lesson.pk).update(ends_at=ends_at)
        sign(lesson, ineke)
        mark(lesson, places[0], state, both=False)

    (line,) = lesson_lines([places[0].programme], TODAY)

    assert line.minutes == Minutes(offered=3 * 165, attended=2 * 165, proven=0, excused=0)
    assert line.breaks == Minutes(offered=45, attended=30, proven=0, excused=0)
    assert with_breaks(line).minutes == Minutes(offered=540, attended=360, proven=0, excused=0)


def test_literacy_away_from_the_school_counts_for_nothing(places: list[Enrolment], group: Group, ineke: User) -> None:
    actions.add_contract(programme=places[0].programme, by=ineke, starts_on=MONDAY, course="literacy")
    lesson = make_lesson(group, ineke, starts_at=half_past_nine(MONDAY), delivery="online")
    sign(lesson, ineke)
    mark(lesson, places[0], "present")

    (line,) = lesson_lines([places[0].programme], TODAY)

    assert (line.hour_class, line.course, line.minutes.attended) == ("refused", "literacy", 90)
    assert [rule.key for rule in RULES if rule.accepts(as_hours([line])[0])] == []


def test_a_day_without_contract_is_shown_apart(places: list[Enrolment], group: Group, ineke: User) -> None:
    contract = actions.add_contract(programme=places[0].programme, by=ineke, starts_on=MONDAY, ends_on=MONDAY)
    for day in (MONDAY, MONDAY + dt.timedelta(days=1)):
        lesson = make_lesson(group, ineke, starts_at=half_past_nine(day))
        sign(lesson, ineke)
        mark(lesson, places[0], "present")

    found = {line.contract: line.minutes.attended for line in lesson_lines([places[0].programme], TODAY)}

    assert found == {contract.pk: 90, None: 90}


def test_all_programmes_are_one_query(
    places: list[Enrolment], lesson: Lesson, ineke: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sign(lesson, ineke)
    for enrolment in places:
        mark(lesson, enrolment, "present")

    with django_assert_num_queries(1):
        lines = lesson_lines(Programme.objects.all(), timezone.localdate())
    assert {line.programme for line in lines} == {enrolment.programme_id for enrolment in places}


@pytest.mark.parametrize(
    ("left", "recent", "since", "expected"),
    [
        (600, 4800, TODAY - RECENT, TODAY + dt.timedelta(days=7)),  # 4800 in 56 days: 600 take a week
        (601, 4800, TODAY - RECENT, TODAY + dt.timedelta(days=8)),  # a part of a day is a day
        (600, 600, TODAY - dt.timedelta(days=14), TODAY + dt.timedelta(days=14)),  # began two weeks ago
        (600, 600, TODAY, TODAY + dt.timedelta(days=7)),  # began today: a week is the least to judge by
        (0, 4800, TODAY - RECENT, None),
        (-30, 4800, TODAY - RECENT, None),
        (600, 0, TODAY - RECENT, None),
        (5000 * 60, 1, TODAY - RECENT, None),  # beyond any life
    ],
)
def test_forecast(left: int, recent: int, since: dt.date, expected: dt.date | None) -> None:
    assert forecast(left, recent, TODAY, since) == expected


# --- any school against a slow obvious way of counting


class Fact(NamedTuple):
    """A mark as somebody would tell it."""

    day: dt.date
    group: int
    subject: str
    delivery: str
    state: str
    missed: int
    both: bool
    signed: bool
    cancelled: bool
    corrected_to: str


KINDS = [(s, d) for s in Lesson.Subject.values for d in Lesson.Delivery.values if not rules.literacy_online("", s, d)]
CLOCK_CHANGES = [dt.date(2026, 3, 29), dt.date(2026, 10, 25), dt.date(2025, 10, 26)]
DAYS = st.dates(dt.date(2026, 8, 1), TODAY) | st.sampled_from(CLOCK_CHANGES)
FACTS = st.lists(
    st.builds(
        lambda day, group, kind, state, missed, both, signed, cancelled, corrected: Fact(
            day, group, kind[0], kind[1], state, missed if state in rules.WITH_MINUTES else 0, both, signed, cancelled, corrected
        ),
        DAYS,
        st.integers(0, 2),
        st.sampled_from(KINDS),
        st.sampled_from(rules.STATES),
        st.integers(1, 90),
        st.booleans(),
        st.integers(0, 4).map(bool),
        st.integers(0, 4).map(lambda number: number == 0),
        st.sampled_from(["", "", "present", "absent"]),
    ),
    max_size=9,
    unique_by=lambda fact: (fact.day, fact.group),
)
PERIODS = st.lists(DAYS, min_size=2, max_size=2, unique=True).map(sorted)


def teach_it(fact: Fact, group: Group, enrolment: Enrolment, by: User) -> None:
    """Make it so, with a correction and a cancellation afterwards if it says so."""
    lesson = make_lesson(group, by, starts_at=half_past_nine(fact.day), subject=fact.subject, delivery=fact.delivery)
    row = mark(lesson, enrolment, fact.state, fact.missed, both=fact.both)
    if fact.signed:
        sign(lesson, by)
    if fact.corrected_to:
        attended = rules.minutes_attended(fact.corrected_to, 90, 0)
        Mark.objects.filter(pk=row.pk).update(state=fact.corrected_to, minutes_missed=0, minutes_attended=attended)
    Lesson.objects.filter(pk=lesson.pk).update(cancelled=fact.cancelled)


def slow(fact: Fact, place_of: list[dt.date], contracts: list[Contract]) -> tuple[tuple[object, str, str], Minutes] | None:
    """Under which contract and as what a mark counts, told step by step; None when it does not."""
    if not fact.signed or fact.cancelled:
        return None
    state, missed = (fact.corrected_to, 0) if fact.corrected_to else (fact.state, fact.missed)
    attended = {"present": 90, "late": 90 - missed, "left_early": 90 - missed}.get(state, 0)
    first, last = place_of
    if attended == 0 and not first <= fact.day <= last:
        return None
    contract = next((c for c in contracts if c.starts_on <= fact.day and (c.ends_on is None or fact.day <= c.ends_on)), None)
    proven = attended if fact.both else 0
    key = (contract.pk if contract else None, fact.subject, _class(contract, fact))
    return key, Minutes(90, attended, proven, 90 if state == "reported" else 0)


def _class(contract: Contract | None, fact: Fact) -> str:
    away = fact.delivery in ("online", "elearning_home")
    if away and (fact.subject == "literacy" or (contract and contract.course == "literacy")):
        return "refused"
    if away:
        return "distance" if fact.delivery == "online" else "elearning_home"
    if fact.delivery == "ona_school":
        return "ona_portfolio"
    return {"ona": "ona_course", "knm": "knm"}.get(fact.subject, fact.delivery)


@pytest.mark.django_db
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    facts=FACTS,
    periods=st.lists(PERIODS, min_size=3, max_size=3),
    contract_days=PERIODS,
    course=st.sampled_from(["nt2", "literacy"]),
)
def test_any_school_adds_up_as_somebody_would_do_by_hand(
    north: Location, ineke: User, facts: list[Fact], periods: list[list[dt.date]], contract_days: list[dt.date], course: str
) -> None:
    """Two programmes at once: the first moves between groups 0 and 1, the second sits in group 2."""
    student = make_student(north, ineke)
    groups = [make_group(north, ineke) for _number in range(3)]
    contracts = {}
    first = place(student, groups[0], ineke)
    second = place(student, groups[2], ineke)
    for programme in (first.programme, second.programme):
        early, late = contract_days
        made = [actions.add_contract(programme=programme, by=ineke, starts_on=early, ends_on=late, course=course)]
        after = late + dt.timedelta(days=3)
        made.append(actions.add_contract(programme=programme, by=ineke, starts_on=after))
        contracts[programme.pk] = made
    moved = actions.enrol_student(programme=first.programme, group=groups[1], starts_on=dt.date(2020, 1, 1), by=ineke)
    places = [first, moved, second]
    expected: dict[tuple[object, ...], Minutes] = {}
    for fact in facts:
        enrolment = places[fact.group]
        try:
            teach_it(fact, groups[fact.group], enrolment, ineke)
        except ValidationError:  # the student has another lesson then: the timetable refuses
            continue
        if found := slow(fact, periods[fact.group], contracts[enrolment.programme_id]):
            key = (enrolment.programme_id, *found[0])
            expected[key] = expected.get(key, Minutes()).plus(found[1])
    for enrolment, (begin, end) in zip(places, periods, strict=True):
        Enrolment.objects.filter(pk=enrolment.pk).update(starts_on=begin, ends_on=end)

    merged: dict[tuple[object, ...], Minutes] = {}
    for line in lesson_lines([first.programme, second.programme], TODAY):
        key = (line.programme, line.contract, line.subject, line.hour_class)
        merged[key] = merged.get(key, Minutes()).plus(line.minutes)
    assert merged == expected

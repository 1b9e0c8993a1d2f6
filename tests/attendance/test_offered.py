"""What was on offer to somebody: every sum of minutes against a slow obvious way, with places that end in hindsight."""

import datetime as dt
import uuid
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attendance.hours import lesson_lines, total
from attendance.models import hours_of
from attendance.weeks import attendance_by_week, monday_of
from kvs.models import Location, User
from reporting.reports.municipality import marks_of, sums_of
from reporting.reports.progress import courses_of
from reporting.reports.results import minutes_per_programme
from students import actions
from students.models import Client, Enrolment
from tests.attendance.test_hours import half_past_nine, mark, sign
from tests.factories import make_group, make_lesson, make_student, place

pytestmark = pytest.mark.django_db
FIRST = dt.date(2026, 2, 2)
LAST = dt.date(2026, 2, 27)
MINUTES = 60


class Fact(NamedTuple):
    """A mark in a lesson on a day so many days after FIRST, and how long somebody had a place."""

    after: int
    state: str
    begins: int
    ends: int | None


FACTS = st.lists(
    st.builds(
        Fact,
        st.integers(0, 25),
        st.sampled_from(["present", "absent", "reported"]),
        st.integers(0, 20),
        st.none() | st.integers(0, 25),
    ).filter(lambda fact: fact.ends is None or fact.ends >= fact.begins),
    min_size=1,
    max_size=4,
)


def slowly(facts: list[Fact]) -> dict[int, tuple[int, int]]:
    """By the number of the student minutes offered and attended, of whom anything is offered to."""
    found = {}
    for number, fact in enumerate(facts):
        there = fact.state == "present"
        placed = fact.begins <= fact.after and (fact.ends is None or fact.after <= fact.ends)
        if there or placed:
            found[number] = (MINUTES, MINUTES if there else 0)
    return found


def build(facts: list[Fact], location: Location, client: Client, by: User) -> list[Enrolment]:
    """Each student in a group with one lesson; the place is cut to its days after the mark was there, as in hindsight."""
    places = []
    for fact in facts:
        enrolment = place(make_student(location, by), make_group(location, by), by)
        actions.add_contract(programme=enrolment.programme, by=by, client=client, starts_on=dt.date(2026, 1, 1))
        lesson = make_lesson(
            enrolment.group, by, starts_at=half_past_nine(FIRST + dt.timedelta(days=fact.after)), minutes=MINUTES
        )
        sign(lesson, by)
        mark(lesson, enrolment, fact.state)
        ends_on = None if fact.ends is None else FIRST + dt.timedelta(days=fact.ends)
        Enrolment.objects.filter(pk=enrolment.pk).update(starts_on=FIRST + dt.timedelta(days=fact.begins), ends_on=ends_on)
        places.append(enrolment)
    return places


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=FACTS)
def test_every_sum_begins_at_one_rule(facts: list[Fact], north: Location, ineke: User) -> None:
    client_ = Client.objects.create(name=f"Gemeente {uuid.uuid4()}")  # examples share the database
    places = build(facts, north, client_, ineke)
    expected = slowly(facts)
    offered, attended = (sum(row[column] for row in expected.values()) for column in (0, 1))

    by_place = hours_of(places)
    assert {number: tuple(by_place[row.pk]) for number, row in enumerate(places) if row.pk in by_place} == expected
    sums = total(lesson_lines([row.programme for row in places], LAST))
    assert (sums.offered, sums.attended) == (offered, attended)
    month = sums_of(marks_of(client_, dt.date(2026, 2, 1), dt.date(2026, 2, 28), ineke))
    assert sum(row["offered"] for row in month.values()) == offered
    assert all(row["offered"] == row["attended"] + row["excused"] + row["unknown"] + row["unexcused"] for row in month.values())
    courses = courses_of(client_, dt.date(2026, 2, 1), dt.date(2026, 2, 28), ineke)
    assert sum(day[1] for course in courses for day in course.days) == offered
    per_programme = minutes_per_programme(dt.date(2026, 1, 1), ineke)
    numbers = {row.programme_id: number for number, row in enumerate(places)}
    assert {numbers[key]: sums for key, sums in per_programme.items() if key in numbers} == expected
    mondays = [monday_of(FIRST) + dt.timedelta(weeks=number) for number in range(4)]
    groups = {row.group_id: number for number, row in enumerate(places)}
    shown = {
        groups[row.group.pk]: week.percentage
        for row in attendance_by_week(ineke, mondays)
        for week in row.weeks
        if row.group.pk in groups and week.percentage is not None
    }
    assert shown == {number: 100 * there // planned for number, (planned, there) in expected.items()}

"""Numbers per year: the same before and after files go, counted once, and never about few people."""

import datetime as dt
import html

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from exams.actions import add_attempt
from kvs import ledger
from kvs.models import Location, Role, User
from privacy.actions.erasure import carry_out, prepare_retention, run_erasure
from privacy.models import Erasure
from privacy.plan import plan_for
from privacy.subject import subject_of
from reporting.counts import MEASURES, Cell, counted
from reporting.models import FrozenCount
from reporting.rules import hidden
from students.models import Programme, Student
from tests.factories import make_student, place, staff
from tests.people import signed_in
from tests.privacy.erasing import Pair, make_pair, nothing


@pytest.fixture
def pair(north: Location, ineke: User) -> Pair:
    """X and Y: lessons, a passed exam part each, from 2020 on; X ended in 2024."""
    made = make_pair(north, ineke)
    for programme in Programme.objects.all():
        add_attempt(
            programme=programme,
            by=ineke,
            part="nt2_1_sp",
            level="b1",
            taken_on=dt.date(2023, 5, 1),
            result="passed",
            told_by="student",
        )
    Programme.objects.filter(student=made.x).update(ends_on=dt.date(2024, 6, 30))
    return made


def all_numbers() -> dict[Cell, dict[str, int]]:
    """Whatever is counted, per cell."""
    return {cell: dict(+numbers) for cell, numbers in counted(Location.objects.all(), timezone.localdate()).items()}


def go(student: Student, today: dt.date | None = None) -> None:
    """Erase without the procedure around it."""
    day = today or timezone.localdate()
    carry_out(plan_for(subject_of(student), today=day), day)


def test_what_a_frozen_counts(pair: Pair, north: Location) -> None:
    found = all_numbers()
    year = timezone.localdate().year
    assert {cell.year for cell in found} == set(range(2020, year + 1))
    of = {cell.year: numbers for cell, numbers in found.items()}
    assert {(cell.location, cell.law, cell.route) for cell in found} == {(north.pk, "wi2021", "b1")}
    assert of[2020] == {"programmes": 2, "started": 2}
    assert of[2023] == {"programmes": 2, "passed": 2}
    assert of[2024] == {"programmes": 2, "ended": 1}
    assert of[2025] == {"programmes": 1}
    assert of[year]["minutes"] == 2 * 90


def test_the_totals_are_the_same_after_an_erasure(pair: Pair) -> None:
    before = all_numbers()
    go(pair.x)
    assert all_numbers() == before
    assert FrozenCount.objects.exists()
    go(pair.y)
    assert all_numbers() == before
    assert not Programme.objects.exists()


def test_an_erasure_that_fails_and_is_tried_again_counts_once(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    before, today = all_numbers(), timezone.localdate()
    erasure = prepare_retention(person=pair.x, today=today)
    assert erasure
    with monkeypatch.context() as broken:
        broken.setattr(ledger, "record_erasure", lambda **facts: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run_erasure(erasure=erasure, progress=nothing, today=today)
    assert not FrozenCount.objects.exists()
    Erasure.objects.filter(pk=erasure.pk).update(state="approved")
    assert run_erasure(erasure=erasure, progress=nothing, today=today).state == "done"
    assert all_numbers() == before


def test_a_frozen_row_says_nothing_of_a_person(pair: Pair) -> None:
    go(pair.x)
    names = {field.name for field in FrozenCount._meta.get_fields()}
    assert names == {"id", "year", "location", "law", "route", *MEASURES}


@pytest.mark.parametrize(
    ("values", "people", "out", "total_too"),
    [
        ([], [], set(), False),
        ([0, 0], [9, 9], set(), False),
        ([5, 12], [5, 12], set(), False),
        ([4, 12, 30], [4, 12, 30], {0, 1}, False),  # one alone could be worked out from the total
        ([1, 1, 30, 40], [1, 1, 30, 40], {0, 1, 2}, False),  # two of one: their sum says each
        ([2, 3, 30], [2, 3, 30], {0, 1}, False),
        ([4], [4], {0}, True),
        ([4, 0], [4, 9], {0}, True),
        ([4, 6], [4, 6], {0, 1}, False),
        ([1, 2], [1, 2], {0, 1}, True),
        ([540, 9000, 60], [1, 30, 12], {0, 2}, False),  # minutes of one programme
        ([3, 0, 8], [30, 20, 40], {0, 2}, False),  # three exam parts among thirty
    ],
)
def test_what_is_not_shown(values: list[int], people: list[int], out: set[int], total_too: bool) -> None:
    found, total = hidden(values, people)
    assert (set(found), total) == (out, total_too)


def test_the_page_hides_few_and_shows_many(pair: Pair, north: Location, ineke: User) -> None:
    browser, page = signed_in(staff(Role.MANAGEMENT, north)), reverse("reporting:numbers")
    text = html.unescape(browser.get(page, {"jaar": "2024"}).content.decode())
    assert text.count(">weinig<") == 4  # programmes and ended, of the row and together
    group = pair.lesson.group
    for _number in range(5):
        place(make_student(north, ineke), group, ineke)
    for _number in range(5):
        Programme.objects.filter(pk=place(make_student(north, ineke), group, ineke).programme_id).update(law="wi2013")
    text = html.unescape(browser.get(page, {"jaar": "2020"}).content.decode())
    assert "Noord" in text
    assert ">12<" in text
    assert text.count(">5<") >= 1
    assert browser.get(page, {"jaar": "geen"}).status_code == 200


def test_another_location_counts_its_own(pair: Pair, south: Location) -> None:
    text = signed_in(staff(Role.MANAGEMENT, south)).get(reverse("reporting:numbers")).content.decode()
    assert "Er is nog geen traject." in text


def test_as_many_questions_for_three_years_as_for_one(pair: Pair, north: Location) -> None:
    browser, page = signed_in(staff(Role.MANAGEMENT, north)), reverse("reporting:numbers")
    browser.get(page)
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as asked:
            browser.get(page)
        counts.append(len(asked))
        go(pair.x)
    assert counts[0] == counts[1]

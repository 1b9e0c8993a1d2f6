"""Lesson hours per teacher: whose lesson it was, what counts apart, who may look, and the workbook."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from attendance import rules
from attendance.actions import sign_register
from attendance.actions.planning import add_slot, cancel_lesson
from attendance.models import Lesson, Register
from attendance.teacher_hours import Given, given_in, total
from kvs.models import Location, Role, User
from students.models import Enrolment, Group
from tests.factories import make_group, make_lesson, staff, teach
from tests.people import signed_in

pytestmark = pytest.mark.django_db
NOW = timezone.now()
MONTH = rules.month_before(timezone.localdate())
PAGE, FILE = reverse("attendance:teacher_hours"), reverse("attendance:teacher_hours_file")


def given(group: Group, planner: User, day: int, teacher: User | None, signed_by: User | None = None) -> Lesson:
    """A lesson of 90 minutes last month."""
    begin = dt.datetime.combine(MONTH.replace(day=day), dt.time(9), timezone.get_default_timezone())
    lesson = make_lesson(group, planner, starts_at=begin, teacher=teacher)
    if signed_by:
        sign_register(lesson=lesson, rows=[], by=signed_by)
    return lesson


def by_name(user: User, month: dt.date = MONTH) -> dict[str, tuple[int, ...]]:
    return {row.teacher.call_name if row.teacher else "": row.numbers for row in given_in(month, user, NOW)}


@pytest.mark.parametrize("url", [PAGE, FILE])
@pytest.mark.parametrize(("who", "expected"), [("anna", 200), ("bram", 200), ("ineke", 200), ("dana", 403), ("sami", 403)])
def test_who_may_look(who: str, expected: int, url: str, lesson: Lesson, request: pytest.FixtureRequest) -> None:
    assert signed_in(request.getfixturevalue(who)).get(url).status_code == expected


def test_signed_established_and_unsigned_stand_apart(
    group: Group, places: list[Enrolment], anna: User, marijke: User, ineke: User, bram: User
) -> None:
    given(group, ineke, 2, anna, anna)
    given(group, ineke, 3, anna, anna)
    established = given(group, ineke, 4, anna, anna)
    Register.objects.filter(pk=established.pk).update(established=True, signed_by=bram)
    given(group, ineke, 5, anna)
    given(group, ineke, 6, marijke, marijke)

    assert by_name(bram) == {"Anna": (2, 180, 1, 90, 1, 90, 0), "Marijke": (1, 90, 0, 0, 0, 0, 0)}


def test_a_lesson_counts_for_who_gave_it(
    group: Group, places: list[Enrolment], anna: User, marijke: User, ineke: User, bram: User
) -> None:
    slot = add_slot(
        group=group, by=ineke, weekday=0, begins=dt.time(6), ends=dt.time(7), starts_on=timezone.localdate(), teacher=anna
    )
    for day, teacher, signer in ((2, marijke, marijke), (3, anna, marijke), (4, anna, anna), (5, marijke, None)):
        lesson = given(group, ineke, day, teacher, signer)
        Lesson.objects.filter(pk=lesson.pk).update(slot=slot, slot_day=lesson.day)
    given(group, ineke, 6, None)

    assert by_name(bram) == {
        "Anna": (1, 90, 0, 0, 0, 0, 0),
        "Marijke": (2, 180, 0, 0, 1, 90, 3),
        "": (0, 0, 0, 0, 1, 90, 0),
    }


def test_only_lessons_of_the_month_that_are_over(group: Group, places: list[Enrolment], anna: User, ineke: User) -> None:
    off = given(group, ineke, 2, anna)
    cancel_lesson(lesson=off, version=1, by=ineke)
    given(group, ineke, 1, anna, anna)
    make_lesson(group, ineke, teacher=anna)  # goes on

    assert by_name(ineke) == {"Anna": (1, 90, 0, 0, 0, 0, 0)}
    assert by_name(ineke, rules.month_after(MONTH)) == {}
    assert by_name(ineke, rules.month_before(MONTH)) == {}


def test_a_teacher_reads_her_own_and_nobody_elses(
    group: Group, places: list[Enrolment], anna: User, marijke: User, ineke: User
) -> None:
    given(group, ineke, 2, anna, anna)
    given(group, ineke, 3, marijke, marijke)

    assert list(by_name(anna)) == ["Anna"]


def test_a_coordinator_elsewhere_reads_nothing(
    group: Group, places: list[Enrolment], south: Location, anna: User, ineke: User
) -> None:
    given(group, ineke, 2, anna, anna)

    assert by_name(staff(Role.COORDINATOR, south)) == {}


@pytest.mark.parametrize(("length", "hours"), [(45, "3.67"), (50, "3.30"), (60, "2.75")])
def test_lesson_hours_are_rounded_once(length: int, hours: str) -> None:
    rows = [Given(None, 1, 80, 0, 0, 0, 0, 0), Given(None, 1, 85, 0, 0, 0, 0, 0)]

    assert total(rows).lesson_hours(length) == Decimal(hours)


def test_the_workbook_holds_the_page(group: Group, places: list[Enrolment], anna: User, marijke: User, ineke: User) -> None:
    anna.call_name = "=1+1"
    anna.save()
    given(group, ineke, 2, anna, anna)
    given(group, ineke, 3, marijke, marijke)

    answer = signed_in(ineke).get(FILE, {"maand": f"{MONTH:%Y-%m}", "lesuur": "45"})

    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows] == ["Docent", "=1+1 Bakker", "Marijke de Vries", "Totaal"]
    assert rows[0][-1] == "Lesuren van 45 minuten"
    assert rows[-1][1:] == [2, 180, 0, 0, 0, 0, 0, 2, 180, 4]


@pytest.mark.parametrize("query", ["maand=x", "maand=2026-13&lesuur=9", "lesuur=%27"])
def test_nonsense_is_this_month_in_hours_of_sixty(query: str, bram: User) -> None:
    context = signed_in(bram).get(f"{PAGE}?{query}").context

    assert (context["month"], context["length"]) == (timezone.localdate().replace(day=1), 60)


def test_more_teachers_cost_no_more_queries(north: Location, ineke: User, bram: User) -> None:
    def more(day: int) -> None:
        group = make_group(north, ineke)
        teacher = staff(Role.TEACHER, north)
        teach(teacher, group, ineke)
        given(group, ineke, day, teacher)

    def cost() -> int:
        browser = signed_in(bram)
        browser.get(PAGE, {"maand": f"{MONTH:%Y-%m}"})
        with CaptureQueriesContext(connection) as found:
            browser.get(PAGE, {"maand": f"{MONTH:%Y-%m}"})
        return len(found)

    more(1)
    before = cost()
    for day in range(2, 6):
        more(day)

    assert cost() == before

"""The month of a group: what stands in the cells, what counts, who may look, and what it costs."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from attendance import rules
from attendance.actions import Row, save_register, sign_register
from attendance.actions.planning import cancel_lesson
from attendance.models import Lesson
from kvs.models import AccessEvent, Location, Role, User
from students.models import Enrolment, Group, TeachingAssignment
from tests.attendance.test_actions import student_account
from tests.attendance.test_views import page
from tests.factories import make_group, make_lesson, make_student, place, staff, teach
from tests.people import Browser, signed_in

pytestmark = pytest.mark.django_db
LAST_MONTH = rules.month_before(timezone.localdate())


def on(day: int, hour: int = 9) -> dt.datetime:
    """A moment of last month, school time."""
    return dt.datetime.combine(LAST_MONTH.replace(day=day), dt.time(hour), timezone.get_default_timezone())


def url(group: Group, month: str = f"{LAST_MONTH:%Y-%m}") -> str:
    return f"{reverse('attendance:group_grid', args=[group.pk])}?maand={month}"


def signs(response: Any) -> dict[str, list[tuple[str, str, int]]]:
    """The cells by name of the student."""
    return {line.student.full_name: [tuple(cell) for cell in line.cells] for line in response.context["grid"].lines}


@pytest.fixture
def lessons(group: Group, places: list[Enrolment], anna: User, ineke: User) -> list[Lesson]:
    """Of last month: one signed, one saved, one cancelled, one signed."""
    made = [make_lesson(group, ineke, starts_at=on(day)) for day in (2, 4, 6, 8)]
    abdi, chen, olena = (enrolment.pk for enrolment in places)
    sign_register(lesson=made[0], rows=[Row(abdi, "present"), Row(chen, "late", 15), Row(olena, "absent")], by=anna)
    save_register(lesson=made[1], rows=[Row(abdi, "absent")], by=anna)
    cancel_lesson(lesson=made[2], version=1, by=ineke)
    sign_register(lesson=made[3], rows=[Row(abdi, "reported"), Row(chen, "left_early", 30), Row(olena, "present")], by=anna)
    return made


# --- who


@pytest.mark.parametrize(
    ("who", "expected"), [("anna", 200), ("bram", 200), ("ineke", 200), ("dana", 200), ("chris", 404), ("sami", 403)]
)
def test_who_may_open_the_month(who: str, expected: int, lessons: list[Lesson], request: pytest.FixtureRequest) -> None:
    assert signed_in(request.getfixturevalue(who)).get(url(lessons[0].group)).status_code == expected


def test_a_student_does_not_see_the_month_of_the_class(lessons: list[Lesson], places: list[Enrolment]) -> None:
    assert signed_in(student_account(places[0])).get(url(lessons[0].group)).status_code == 403


def test_a_teacher_sees_the_lessons_of_the_days_on_which_she_taught(
    lessons: list[Lesson], group: Group, north: Location, ineke: User
) -> None:
    fatma = staff(Role.TEACHER, north, call_name="Fatma")
    teach(fatma, group, ineke, starts_on=LAST_MONTH.replace(day=7))

    grid = signed_in(fatma).get(url(group)).context["grid"]

    assert [column.day.day for column in grid.columns] == [8]
    assert TeachingAssignment.objects.filter(group=group).count() == 2


def test_looking_is_recorded_for_each_student(lessons: list[Lesson], places: list[Enrolment], bram: User) -> None:
    signed_in(bram).get(url(lessons[0].group))

    seen = AccessEvent.objects.filter(viewer_audit_id=bram.audit_id).values_list("subject_audit_id", "kind", "viewer_role")
    assert sorted(seen) == sorted((place.programme.student.audit_id, "list", "coordinator") for place in places)


# --- what it shows


def test_signs_minutes_and_percentages(lessons: list[Lesson], bram: User) -> None:
    response = signed_in(bram).get(url(lessons[0].group))

    grid = response.context["grid"]
    assert signs(response) == {
        "Olena Marchenko": [("counted", "absent", 0), ("open", "", 0), ("off", "", 0), ("counted", "present", 0)],
        "Chen Meiling": [("counted", "late", 15), ("open", "", 0), ("off", "", 0), ("counted", "left_early", 30)],
        "Abdi Warsame": [("counted", "present", 0), ("open", "absent", 0), ("off", "", 0), ("counted", "reported", 0)],
    }
    assert [(line.attended, line.offered, line.percentage) for line in grid.lines] == [
        (90, 180, 50),
        (135, 180, 75),
        (90, 180, 50),
    ]
    assert [(column.present, column.attended, column.percentage) for column in grid.columns] == [
        (2, 165, 61),
        (0, 0, None),
        (0, 0, None),
        (2, 150, 56),
    ]
    assert (grid.total.attended, grid.total.offered, grid.percentage, grid.not_signed) == (315, 540, 58, 1)


def test_every_sign_has_a_word(lessons: list[Lesson], bram: User) -> None:
    text = page(signed_in(bram).get(url(lessons[0].group)))

    for word in ("te laat, 15 min gemist", "eerder weg, 30 min gemist", "afwezig", "afgemeld", "aanwezig", "geen aantekening"):
        assert word in text
    assert "1 les is niet getekend." in text


def test_days_before_and_after_a_place_are_no_absence(
    group: Group, lessons: list[Lesson], north: Location, anna: User, ineke: User, bram: User
) -> None:
    newcomer = place(make_student(north, ineke, call_name="Lwam", surname="Haile"), group, ineke, starts_on=on(7).date())
    gone = place(make_student(north, ineke, call_name="Goran", surname="Ilić"), group, ineke)
    late = make_lesson(group, ineke, starts_at=on(10))
    sign_register(lesson=late, rows=[Row(newcomer.pk, "present"), Row(gone.pk, "absent")], by=anna)
    Enrolment.objects.filter(pk=gone.pk).update(ends_on=on(9).date())  # heard of afterwards

    response = signed_in(bram).get(url(group))

    cells = signs(response)
    assert [kind for kind, _state, _missed in cells["Lwam Haile"]] == ["out", "out", "off", "open", "counted"]
    assert cells["Goran Ilić"][4] == ("open", "absent", 0)
    offered = {line.student.full_name: line.offered for line in response.context["grid"].lines}
    assert (offered["Lwam Haile"], offered["Goran Ilić"]) == (90, 0)


def test_a_lesson_to_come_is_not_called_unsigned(group: Group, places: list[Enrolment], ineke: User, bram: User) -> None:
    lesson = make_lesson(group, ineke, starts_at=timezone.now() + dt.timedelta(days=1))

    grid = signed_in(bram).get(url(group, f"{timezone.localdate(lesson.starts_at):%Y-%m}")).context["grid"]

    assert (grid.columns[-1].status, grid.not_signed) == ("coming", 0)
    assert {line.cells[-1].kind for line in grid.lines} == {"coming"}


@pytest.mark.parametrize("month", ["", "2026-13", "1999-12", "x", "2026-11-01"])
def test_an_odd_month_is_this_month(month: str, group: Group, bram: User) -> None:
    response = signed_in(bram).get(url(group, month))

    assert (response.status_code, response.context["month"]) == (200, timezone.localdate().replace(day=1))


def test_an_empty_month_says_where_lessons_are(lessons: list[Lesson], bram: User) -> None:
    browser = signed_in(bram)

    assert f"?maand={LAST_MONTH:%Y-%m}" in browser.get(url(lessons[0].group, "2095-01")).content.decode()
    assert "ook vóór deze maand zijn er geen lessen" in page(browser.get(url(lessons[0].group, "2001-01")))


def test_a_month_without_students_says_so(group: Group, ineke: User, bram: User) -> None:
    make_lesson(group, ineke, starts_at=on(3))

    assert "Er zat toen niemand in deze groep" in page(signed_in(bram).get(url(group)))


# --- what it costs


def test_a_large_class_costs_no_more_queries(north: Location, anna: User, ineke: User) -> None:
    def cost(students: int, days: int) -> int:
        group = make_group(north, ineke)
        teach(anna, group, ineke)
        for _student in range(students):
            place(make_student(north, ineke), group, ineke)
        for day in range(1, days + 1):
            lesson = make_lesson(group, ineke, starts_at=on(day, 8 + 2 * students))
            sign_register(lesson=lesson, rows=[], by=anna)
        browser: Browser = signed_in(anna)
        browser.get(url(group))
        with CaptureQueriesContext(connection) as found:
            assert len(browser.get(url(group)).context["grid"].lines) == students
        return len(found)

    assert cost(1, 1) == cost(4, 6)

"""The tab with levels against hours: the drawing, the sums, and who may see it."""

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from attendance.actions import sign_register
from exams.actions import Cell, add_attempt, record_levels
from kvs.models import AccessEvent, Location, Role, User
from reporting import chart
from reporting.student_progress import minutes_until, parts_of, progress_of
from students import actions
from students.models import Enrolment, Group, Programme
from tests.factories import LONG_AGO, make_group, make_lesson, make_student, place, staff, teach
from tests.people import signed_in

LADDER = ("A1.1", "A1.2", "A2.1", "A2.2", "B1.1", "B1.2", "B2")


# --- the drawing


@pytest.mark.parametrize(
    ("minutes", "ranks", "goal", "expected"),
    [
        ([0], [0], None, ((0, 4), 3600)),
        ([0, 3000], [1, 3], 5, ((1, 5), 3600)),
        ([36060], [6], None, ((2, 6), 54000)),  # 601 hours: 900 at the edge
        ([600_000], [0], 6, ((0, 6), 600_000)),  # beyond every nice number
    ],
)
def test_scale(minutes: list[int], ranks: list[int], goal: int | None, expected: tuple[tuple[int, int], int]) -> None:
    assert chart.scale(minutes, ranks, goal, len(LADDER)) == expected


def test_a_panel_steps_from_measurement_to_measurement() -> None:
    drawn = chart.panel([(0, 0), (1800, 2), (1800, 4)], LADDER, 5, (0, 4), 3600)

    assert drawn.path == "M44.0 162.0H97.0V87.0H97.0V12.0"
    assert drawn.dots == ((44.0, 162.0), (97.0, 87.0), (97.0, 12.0))
    assert (drawn.latest, drawn.latest_y, drawn.goal_y) == ("B1.1", 12.0, None)
    assert [(tick.at, tick.label) for tick in drawn.hours] == [(44.0, "0"), (97.0, "30"), (150.0, "60")]
    assert [tick.label for tick in drawn.levels] == ["A1.1", "A1.2", "A2.1", "A2.2", "B1.1"]


def test_nothing_measured_is_no_drawing() -> None:
    with pytest.raises(ValueError, match="measured"):
        chart.panel([], LADDER, None, (0, 4), 60)


def test_minutes_up_to_and_including_a_day() -> None:
    days = [(dt.date(2026, 9, 1), 90), (dt.date(2026, 9, 8), 60)]

    found = [minutes_until(days, dt.date(2026, *day)) for day in ((8, 31), (9, 1), (9, 7), (9, 8), (12, 31))]

    assert found == [0, 90, 90, 150, 150]


def test_parts_without_attempts_are_those_of_the_law() -> None:
    assert [(part.state, part.confirmed) for part in parts_of("wi2021", [])] == [(None, True)] * 7
    assert [part.confirmed for part in parts_of("wi2013", [])] == [False] * 7
    assert parts_of("none", []) == []


# --- with a student


@pytest.fixture
def group(north: Location, anna: User, ineke: User) -> Group:
    made = make_group(north, ineke)
    teach(anna, made, ineke)
    return made


@pytest.fixture
def enrolment(north: Location, group: Group, ineke: User) -> Enrolment:
    student = make_student(north, ineke, call_name="Abdi", surname="Warsame")
    fields: dict[str, Any] = {"law": "wi2021", "route": "b1", "target_level": "b1", "starts_on": LONG_AGO}
    programme = actions.start_programme(student=student, by=ineke, **fields)
    return actions.enrol_student(programme=programme, group=group, starts_on=LONG_AGO, by=ineke)


def lesson_on(day: dt.date, group: Group, anna: User, ineke: User, *, minutes: int, sign: bool = True) -> None:
    noon = timezone.make_aware(dt.datetime.combine(day, dt.time(12)))
    lesson = make_lesson(group, ineke, starts_at=noon, minutes=minutes)
    if sign:
        sign_register(lesson=lesson, rows=[], by=anna)


def measure(programme: Programme, day: dt.date, level: str, by: User) -> None:
    record_levels(day=day, kind="interim", cells={(programme.pk, "reading"): Cell({"level": level})}, by=by)


@pytest.mark.django_db
def test_hours_are_of_signed_lessons_up_to_the_measurement(group: Group, enrolment: Enrolment, anna: User, ineke: User) -> None:
    programme = enrolment.programme
    lesson_on(dt.date(2026, 9, 1), group, anna, ineke, minutes=90)
    lesson_on(dt.date(2026, 9, 3), group, anna, ineke, minutes=75, sign=False)
    lesson_on(dt.date(2026, 9, 8), group, anna, ineke, minutes=60)
    measure(programme, dt.date(2026, 8, 31), "a1_2", anna)
    measure(programme, dt.date(2026, 9, 8), "a2_1", anna)
    add_attempt(programme=programme, by=ineke, part="le", level="b1", taken_on=dt.date(2026, 9, 9), result="failed")

    [found] = progress_of(programme.student, anna)

    assert [(row.day.day, row.minutes, row.levels[0], row.assessors) for row in found.sittings] == [
        (8, 150, "A2.1", "Anna Bakker"),
        (31, 0, "A1.2", "Anna Bakker"),
    ]
    assert (found.minutes, found.goal, [name for name, _panel in found.panels]) == (150, "B1.2", ["lezen"])
    assert [attempt.exam for attempt in found.attempts] == ["Lezen B1"]
    assert [(part.name, part.state) for part in found.parts[:2]] == [("Lezen B1", "failed"), ("Luisteren", None)]


@pytest.mark.django_db
def test_the_tab_per_role(enrolment: Enrolment, north: Location, anna: User, chris: User) -> None:
    student = enrolment.programme.student
    measure(enrolment.programme, dt.date(2026, 9, 8), "a2_1", anna)
    page = reverse("reporting:student_progress", args=[student.pk])
    others = {Role(role): staff(role, north) for role in Role if role not in (Role.STUDENT, Role.TEACHER)}
    people = {Role.TEACHER: anna, **others}

    answers = {role: signed_in(user).get(page) for role, user in people.items()}

    assert {role: answer.status_code for role, answer in answers.items()} == {
        Role.TEACHER: 200,
        Role.ADMINISTRATION: 200,
        Role.COORDINATOR: 200,
        Role.PRIVACY_OFFICER: 200,
        Role.MANAGEMENT: 200,
        Role.FINANCE: 403,
        Role.AUDITOR: 403,
        Role.SYSTEM_ADMINISTRATOR: 403,
    }
    assert {role for role, answer in answers.items() if "A2.1" in answer.content.decode()} == {
        Role.TEACHER,
        Role.ADMINISTRATION,
        Role.COORDINATOR,
        Role.PRIVACY_OFFICER,
    }
    assert signed_in(chris).get(page).status_code == 404
    assert AccessEvent.objects.filter(subject_audit_id=student.audit_id, kind="detail").count() == 5


@pytest.mark.django_db
def test_the_student_sees_the_own_levels(enrolment: Enrolment, anna: User, ineke: User) -> None:
    student = enrolment.programme.student
    measure(enrolment.programme, dt.date(2026, 9, 8), "a2_1", anna)
    me = actions.open_account(student=student, by=ineke)

    page = signed_in(me).get(reverse("reporting:own_progress"))

    assert [(name, panel.latest) for name, panel in page.context["programmes"][0].panels] == [("lezen", "A2.1")]


@pytest.mark.django_db
def test_the_student_sees_all_that_is_kept_and_nothing_of_others(
    enrolment: Enrolment, group: Group, north: Location, anna: User, ineke: User
) -> None:
    student = enrolment.programme.student
    measure(enrolment.programme, dt.date(2026, 9, 1), "a1_2", anna)
    measure(enrolment.programme, dt.date(2026, 9, 8), "a2_1", anna)
    fields: dict[str, Any] = {"part": "le", "level": "b1", "told_by": "letter", "by": ineke, "programme": enrolment.programme}
    days: dict[str, Any] = {
        "registered_on": dt.date(2026, 8, 3),
        "taken_on": dt.date(2026, 9, 9),
        "result_on": dt.date(2026, 10, 5),
    }
    add_attempt(**fields, **days, result="none", reason="withdrawn")
    add_attempt(**fields, taken_on=dt.date(2026, 10, 20), result="passed")
    other = place(make_student(north, ineke), group, ineke)
    measure(other.programme, dt.date(2026, 9, 2), "c1", anna)
    me = signed_in(actions.open_account(student=student, by=ineke))

    page = " ".join(me.get(reverse("reporting:own_progress")).content.decode().split())

    kept = ("A1.2", "1 sep 2026", "A2.1", "8 sep 2026", "3 aug 2026", "9 sep 2026", "5 okt 2026", "20 okt 2026")
    said = ("poging 1", "poging 2", "afgemeld", "brief van DUO", "gehaald", "geen uitslag")
    assert [word for word in (*kept, *said) if word not in page] == []
    assert [word for word in ("C1", "2 sep 2026", anna.surname) if word in page] == []
    data = me.get(reverse("students:own_data")).content.decode()
    assert data.count(f'href="{reverse("reporting:own_progress")}"') == 2  # at progress and at exams


@pytest.mark.django_db
def test_a_skill_keeps_its_own_day(enrolment: Enrolment, anna: User, ineke: User) -> None:
    """The last time only speaking was measured: reading does not get that day."""
    measure(enrolment.programme, dt.date(2026, 9, 1), "a1_2", anna)
    cells = {(enrolment.programme_id, "speaking"): Cell({"level": "b1_1"})}
    record_levels(day=dt.date(2026, 9, 8), kind="interim", cells=cells, by=anna)
    me = actions.open_account(student=enrolment.programme.student, by=ineke)

    page = signed_in(me).get(reverse("reporting:own_progress")).content.decode()

    now, later, earlier = re.split(r"8 sep 2026|1 sep 2026", page)
    said = [[skill for skill in ("Lezen", "Spreken") if f"{skill}:" in part] for part in (now, later, earlier)]
    assert said == [[], ["Spreken"], ["Lezen"]]


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 3])
def test_the_tab_asks_the_same_for_one_and_three(
    enrolment: Enrolment, north: Location, ineke: User, anna: User, rows: int
) -> None:
    student = enrolment.programme.student
    for number in range(rows):
        programme = actions.start_programme(student=student, by=ineke, law="none", starts_on=LONG_AGO)
        actions.enrol_student(programme=programme, group=make_group(north, ineke), starts_on=LONG_AGO, by=ineke)
        measure(programme, dt.date(2026, 9, 8 + number), "a2_1", anna)
        add_attempt(programme=programme, by=ineke, part="nt2_1_le", level="b1", taken_on=dt.date(2026, 9, 9 + number))
    browser, page = signed_in(ineke), reverse("reporting:student_progress", args=[student.pk])
    browser.get(page)

    with CaptureQueriesContext(connection) as queries:
        browser.get(page)

    assert len(queries) == 16

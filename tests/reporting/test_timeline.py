"""The timeline of a student: everything in order of time, to each role what it may see."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from attendance.absence_reasons import ILL
from attendance.actions import Row, save_register, sign_register
from attendance.actions.absence import report_absence
from attendance.actions.follow_up import find_signals
from attendance.actions.hours import add_outside_hours
from attendance.models import FollowUp
from exams.actions import Cell, add_attempt, record_levels
from kvs.models import AccessEvent, Location, Role, User
from reporting.timeline import Kind, Period, timeline_of
from students import actions
from students.models import Client, Enrolment, Group, Student
from tests.factories import LONG_AGO, climb, make_group, make_lesson, make_rule, make_student, note_reasons, place, staff, teach
from tests.people import signed_in

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 9, 7)


@pytest.fixture
def group(north: Location, anna: User, ineke: User) -> Group:
    made = make_group(north, ineke, name="NT2 B1 dag 2")
    teach(anna, made, ineke)
    return made


@pytest.fixture
def abdi(group: Group, north: Location, ineke: User) -> Enrolment:
    """Abdi's place, since long ago."""
    return place(make_student(north, ineke, call_name="Abdi"), group, ineke)


def lesson_on(abdi: Enrolment, day: dt.date, by: User, teacher: User, state: str = "present", minutes: int = 0) -> None:
    """A signed lesson on `day` at nine, in which Abdi has `state`."""
    begin = timezone.make_aware(dt.datetime.combine(day, dt.time(9)))
    sign_register(lesson=make_lesson(abdi.group, by, starts_at=begin), rows=[Row(abdi.pk, state, minutes)], by=teacher)


@pytest.fixture
def full(abdi: Enrolment, ineke: User, anna: User) -> Student:
    """Of each kind something happened to Abdi."""
    programme, today = abdi.programme, timezone.localdate()
    make_rule(ineke)
    client = Client.objects.create(name="Gemeente Oosterveen")
    actions.add_contract(programme=programme, by=ineke, client=client, starts_on=LONG_AGO)
    for days in (12, 8, 3):
        lesson_on(abdi, today - dt.timedelta(days=days), ineke, anna, "absent")
    assert find_signals(today=today, by=ineke) == 1
    climb(FollowUp.objects.get(), "agreed", ineke)
    note_reasons()
    begin = timezone.now() + dt.timedelta(days=2)
    report_absence(student=programme.student, starts_at=begin, ends_at=begin + dt.timedelta(hours=5), reason=ILL, by=ineke)
    add_attempt(programme=programme, by=ineke, part="nt2_1_le", level="b1", taken_on=MONDAY)
    record_levels(day=MONDAY, kind="interim", cells={(programme.pk, "reading"): Cell({"level": "a2_1"})}, by=ineke)
    proof = {"provider": "Buurthuis Oost", "evidence": "statement", "reference": "12-11-2020"}
    add_outside_hours(programme=programme, by=ineke, kind="participation", day=LONG_AGO, minutes=120, **proof)
    return programme.student


def page_of(user: User, student: Student, query: str = "") -> str:
    answer = signed_in(user).get(reverse("reporting:student_timeline", args=[student.pk]) + query)
    assert answer.status_code == 200
    return str(answer.content.decode())


# --- what happened


def test_a_week_of_lessons_is_one_entry(abdi: Enrolment, ineke: User, anna: User) -> None:
    lesson_on(abdi, MONDAY, ineke, anna)
    lesson_on(abdi, MONDAY + dt.timedelta(days=2), ineke, anna, "absent")
    lesson_on(abdi, MONDAY + dt.timedelta(days=6), ineke, anna, "late", 20)
    lesson_on(abdi, MONDAY + dt.timedelta(days=7), ineke, anna)

    found = timeline_of(abdi.programme.student, ineke, Kind.LESSONS)

    assert [(row.day, row.title, row.detail, [mark.state for mark in row.marks]) for row in found] == [
        (MONDAY + dt.timedelta(days=7), "Week 38: 1 les", "", ["present"]),
        (MONDAY + dt.timedelta(days=6), "Week 37: 3 lessen", "1 gemist", ["present", "absent", "late"]),
    ]


def test_placed_moved_and_left(abdi: Enrolment, north: Location, ineke: User) -> None:
    other = make_group(north, ineke, name="NT2 B1 avond 1")
    moved = actions.move_to_group(enrolment=abdi, version=abdi.version, group=other, starts_on=MONDAY, by=ineke)
    actions.end_enrolment(enrolment=moved, version=moved.version, ends_on=MONDAY + dt.timedelta(days=30), by=ineke)

    found = timeline_of(abdi.programme.student, ineke, Kind.PLACES)

    assert [(row.day, row.title) for row in found] == [
        (MONDAY + dt.timedelta(days=30), "Laatste dag in NT2 B1 avond 1"),
        (MONDAY, "Verplaatst van NT2 B1 dag 2 naar NT2 B1 avond 1"),
        (LONG_AGO, "Geplaatst in NT2 B1 dag 2"),
    ]


def test_back_in_the_same_group_is_no_move(abdi: Enrolment, ineke: User) -> None:
    actions.end_enrolment(enrolment=abdi, version=abdi.version, ends_on=MONDAY, by=ineke)
    again = {"starts_on": MONDAY + dt.timedelta(days=1)}
    actions.enrol_student(programme=abdi.programme, group=abdi.group, by=ineke, **again)

    found = timeline_of(abdi.programme.student, ineke, Kind.PLACES)

    assert [(row.day, row.title) for row in found] == [
        (MONDAY + dt.timedelta(days=1), "Geplaatst in NT2 B1 dag 2"),
        (MONDAY, "Laatste dag in NT2 B1 dag 2"),
        (LONG_AGO, "Geplaatst in NT2 B1 dag 2"),
    ]


def test_kind_and_period_choose(full: Student, ineke: User) -> None:
    assert [(row.title, row.detail) for row in timeline_of(full, ineke, Kind.EXAMS)] == [
        ("Examen: Staatsexamen NT2 I, lezen B1", "nog geen uitslag"),
        ("Niveau gemeten", "lezen A2.1"),
    ]
    days = Period(MONDAY, MONDAY)
    assert {row.kind for row in timeline_of(full, ineke, period=days)} == {Kind.EXAMS}
    assert timeline_of(full, ineke, Kind.LESSONS, Period(last=MONDAY - dt.timedelta(days=900))) == []


def test_the_latest_comes_first_and_what_is_to_come_says_so(full: Student, ineke: User) -> None:
    found = timeline_of(full, ineke)

    assert [row.day for row in found] == sorted((row.day for row in found), reverse=True)
    assert [row.kind for row in found if row.coming] == [Kind.ABSENCE]


# --- who sees what

EVERYTHING = {"lessen", "groepen", "trajecten", "afmeldingen", "opvolging", "examens", "uren"}


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.ADMINISTRATION, EVERYTHING),
        (Role.COORDINATOR, EVERYTHING),
        (Role.PRIVACY_OFFICER, EVERYTHING - {"afmeldingen"}),
        (Role.MANAGEMENT, EVERYTHING - {"afmeldingen"}),
        (Role.FINANCE, {"lessen", "groepen", "trajecten", "uren"}),
        (Role.TEACHER, {"lessen", "groepen", "examens"}),
        (Role.AUDITOR, {"lessen", "groepen"}),
    ],
)
def test_each_role_sees_its_kinds(
    full: Student, group: Group, north: Location, ineke: User, role: Role, expected: set[str]
) -> None:
    user = staff(role, north)
    if role == Role.TEACHER:
        teach(user, group, ineke)
    if role == Role.AUDITOR:
        today = timezone.localdate()
        actions.give_group_access(user=user, group=group, starts_on=LONG_AGO, ends_on=today, reason="Audit", by=ineke)

    assert {str(row.kind) for row in timeline_of(full, user)} == expected


def test_only_the_administration_reads_why(full: Student, ineke: User, bram: User) -> None:
    def details(user: User) -> list[str]:
        return [row.detail for row in timeline_of(full, user, Kind.ABSENCE)]

    assert (details(ineke), details(bram)) == (["goedgekeurd · ziek"], ["goedgekeurd"])


def test_a_teacher_sees_the_lessons_of_her_groups_only(
    full: Student, abdi: Enrolment, north: Location, anna: User, ineke: User
) -> None:
    other = make_group(north, ineke, name="NT2 B1 avond 1")
    elsewhere = actions.enrol_student(programme=abdi.programme, group=other, starts_on=LONG_AGO, by=ineke)
    teach(staff(Role.TEACHER, north), other, ineke)
    lesson = make_lesson(other, ineke, starts_at=timezone.now() - dt.timedelta(days=20))
    save_register(lesson=lesson, rows=[Row(elsewhere.pk, "present")], rest_present=True, by=other.assignments.get().teacher)

    def groups(user: User) -> set[str]:
        return {mark.lesson.group.name for row in timeline_of(full, user, Kind.LESSONS) for mark in row.marks}

    assert groups(anna) == {"NT2 B1 dag 2"}
    assert groups(ineke) == {"NT2 B1 dag 2", "NT2 B1 avond 1"}
    assert {row.title for row in timeline_of(full, anna, Kind.PLACES)} == {"Geplaatst in NT2 B1 dag 2"}


def test_the_page_is_logged_and_closed_to_a_stranger(full: Student, ineke: User, chris: User) -> None:
    text = page_of(ineke, full)

    assert "Signaal van verzuim" in text
    seen = AccessEvent.objects.filter(subject_audit_id=full.audit_id, viewer_audit_id=ineke.audit_id)
    assert [event.kind for event in seen] == [AccessEvent.Kind.DETAIL]
    assert signed_in(chris).get(reverse("reporting:student_timeline", args=[full.pk])).status_code == 404


def test_a_kind_the_role_may_not_read_cannot_be_chosen(full: Student, anna: User) -> None:
    answer = signed_in(anna).get(reverse("reporting:student_timeline", args=[full.pk]) + "?soort=afmeldingen")

    assert answer.status_code == 422
    assert "Afgemeld" not in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?van=gisteren", "Voer een geldige datum in."),
        ("?van=2026-02-01&tot=2026-01-01", "De laatste dag kan niet voor de eerste dag liggen."),
    ],
)
def test_wrong_days_get_a_sentence(full: Student, ineke: User, query: str, sentence: str) -> None:
    answer = signed_in(ineke).get(reverse("reporting:student_timeline", args=[full.pk]) + query)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_sixty_weeks_are_two_pages(abdi: Enrolment, ineke: User, anna: User) -> None:
    for week in range(60):
        lesson_on(abdi, dt.date(2025, 1, 6) + week * dt.timedelta(weeks=1), ineke, anna)
    student = abdi.programme.student

    first, second = page_of(ineke, student, "?soort=lessen"), page_of(ineke, student, "?soort=lessen&pagina=2")

    assert (first.count("timeline-lessons"), second.count("timeline-lessons")) == (50, 10)
    assert "?soort=lessen&amp;pagina=2" in first
    assert "?soort=lessen&amp;pagina=1" in second


@pytest.mark.parametrize("times", [1, 3])
def test_more_happenings_ask_no_more_queries(full: Student, abdi: Enrolment, ineke: User, anna: User, times: int) -> None:
    for number in range(times):
        day = MONDAY + number * dt.timedelta(days=9)
        lesson_on(abdi, day, ineke, anna)
        add_attempt(programme=abdi.programme, by=ineke, part="nt2_1_sc", level="b1", taken_on=day)
        programme = actions.start_programme(student=full, by=ineke, law="none", starts_on=LONG_AGO)
        actions.enrol_student(programme=programme, group=make_group(abdi.group.location, ineke), starts_on=day, by=ineke)
    browser, page = signed_in(ineke), reverse("reporting:student_timeline", args=[full.pk])
    browser.get(page)

    with CaptureQueriesContext(connection) as queries:
        browser.get(page)

    assert len(queries) == 23

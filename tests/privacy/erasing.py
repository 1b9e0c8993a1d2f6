"""A student with everything that hangs on one, and a namesake in the same group, for tests of erasing."""

import datetime as dt
from dataclasses import dataclass

from attendance.actions import Row, sign_register
from attendance.models import Lesson
from exams.actions import Cell, add_attempt, record_levels
from kvs.audit import log_access
from kvs.cards import issue_card
from kvs.files import store_file
from kvs.models import AccessEvent, Location, Role, SealedFile, User
from privacy.actions.erasure import approve_erasure, prepare_erasure, run_erasure
from privacy.models import Erasure
from students import actions
from students.models import Enrolment, Student
from tests.factories import make_group, make_lesson, make_student, place, staff, teach

BSNS = ("999990019", "999990020", "999990032")


@dataclass
class Pair:
    """Two people with the same name in one group, their teacher, and a lesson whose register is signed."""

    x: Student
    y: Student
    teacher: User
    lesson: Lesson
    shared: SealedFile


def make_pair(location: Location, by: User) -> Pair:
    """X and Y, each with account, card, programme, place, mark, level, exam, and one report that holds both."""
    group, teacher = make_group(location, by), staff(Role.TEACHER, location)
    teach(teacher, group, by)
    people = [
        make_student(
            location,
            by,
            surname="Haddad",
            email=f"haddad{number}@voorbeeld.test",
            birth_year=1990,
            birth_month=2,
            birth_day=number,
        )
        for number in (1, 2)
    ]
    places = [place(student, group, by) for student in people]
    for student, enrolment, bsn in zip(people, places, BSNS, strict=False):
        fill(student, enrolment, bsn, by)
    lesson = make_lesson(group, by)
    sign_register(lesson=lesson, rows=[Row(enrolment.pk, "present") for enrolment in places], by=teacher)
    shared = store_file(
        b"Rania Haddad", kind="report.test", content_type="text/csv", people=[student.audit_id for student in people], by=by
    )
    for student in people:
        student.refresh_from_db()
    return Pair(people[0], people[1], teacher=teacher, lesson=lesson, shared=shared)


def fill(student: Student, enrolment: Enrolment, bsn: str, by: User) -> None:
    """All that the school records about somebody."""
    programme = enrolment.programme
    duty = {"law": "wi2021", "route": "b1", "bsn_basis": "isi_delivery", "bsn": bsn}
    actions.change_programme(programme=programme, version=programme.version, by=by, changes=duty)
    issue_card(user=actions.open_account(student=student, by=by), by=by)
    add_attempt(programme=programme, by=by, part="nt2_1_le", level="b1", taken_on=dt.date(2026, 1, 5), told_by="student")
    record_levels(day=dt.date(2026, 1, 5), kind="interim", cells={(programme.pk, "reading"): Cell({"level": "a2_1"})}, by=by)
    log_access(by, Role.ADMINISTRATION, [student.audit_id], AccessEvent.Kind.DETAIL)


def nothing(done: int, total: int | None, doing: str) -> None:
    """Nobody watches."""


def erase(student: Student, officer: User, second: User) -> Erasure:
    """Erase as two people do."""
    erasure = prepare_erasure(person=student, reason="request", by=officer)
    approve_erasure(erasure=erasure, by=second)
    return run_erasure(erasure=erasure, progress=nothing)

"""Rows of a spreadsheet become students: many at once, somebody known, nothing twice; and back again."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendance.actions.planning import plan_lesson
from attendance.models import Mark
from kvs.files import store_file
from kvs.models import AuditEntry, Location, SealedFile, User
from students import actions, rules
from students.actions.intake import NO_PLACE, NUMBER_TAKEN, OTHER_BSN, OTHER_CONTRACT, PROTECTED, Intake, take_in
from students.actions.taking_back import (
    EDITED,
    FORGOTTEN,
    IN_USE,
    finish_taking_back,
    take_back_import,
    take_back_rows,
    what_stays,
)
from students.models import (
    Client,
    Contract,
    CorrectionProposal,
    FieldSource,
    Group,
    ImportRow,
    ImportRun,
    InformTask,
    Programme,
    Student,
)
from tests.factories import make_group, make_student
from tests.students.portal import BSN

TODAY = dt.date(2026, 11, 2)
LAW = {"law": "wi2021", "route": "b1", "starts_on": TODAY, "bsn_basis": "isi_delivery"}
OUTCOME = ImportRow.Outcome


@pytest.fixture
def client_of(school: Any) -> Client:
    return Client.objects.create(name="Gemeente Oosterveen")


@pytest.fixture
def run(north: Location, ineke: User, client_of: Client) -> ImportRun:
    return make_run(north, ineke, client_of)


def make_run(location: Location, by: User, client: Client | None) -> ImportRun:
    upload = store_file(b"x", kind="import.upload", content_type="x/x", people=[], by=by)
    return ImportRun.objects.create(
        file_name="cursisten.xlsx", upload=upload, location=location, client=client, started_by=by, state="importing"
    )


def row(number: int = 5, **fields: Any) -> Intake:
    known: dict[str, Any] = {"student": {"call_name": "Hoa", "surname": f"Kanarie {number}"}, "key": f"{number:064x}"}
    return Intake(number, **{**known, **fields})


def outcomes(run: ImportRun) -> dict[int, str]:
    return dict(run.rows.values_list("number", "outcome"))


def test_a_new_row_brings_student_programme_contract_place_source_and_task(
    run: ImportRun, north: Location, ineke: User, client_of: Client
) -> None:
    group = make_group(north, ineke)
    take_in(
        run=run,
        rows=[row(programme=LAW, bsn=BSN, contract={"client": client_of, "hours": 120}, group=group)],
        by=ineke,
    )

    student = Student.objects.get()
    programme = student.programmes.get()
    assert (student.surname, student.intake_location, student.search_text) == ("Kanarie 5", north, student.search_text)
    assert student.number.endswith("-0001")
    assert (programme.bsn, programme.bsn_index, programme.route) == (BSN, actions.bsn_index(BSN), "b1")
    assert programme.contracts.get().hours == 120
    assert programme.enrolments.get().group == group
    source = FieldSource.objects.get(student=student)
    assert (source.group, source.source, source.organisation) == ("name", "third_party", "Gemeente Oosterveen")
    task = InformTask.objects.get()
    due_on = rules.month_after(timezone.localdate(run.started_at))
    assert (task.student, task.organisation, task.due_on) == (student, "Gemeente Oosterveen", due_on)
    made = set(AuditEntry.objects.filter(action="create", actor_audit_id=ineke.audit_id).values_list("model", "subject_audit_id"))
    assert {
        (f"students.{kind}", student.audit_id) for kind in ("student", "programme", "contract", "enrolment", "informtask")
    } <= made
    assert outcomes(run) == {5: OUTCOME.NEW}


def test_from_the_own_administration_nobody_has_to_be_informed(north: Location, ineke: User) -> None:
    take_in(run=make_run(north, ineke, None), rows=[row()], by=ineke)

    assert FieldSource.objects.get().source == "school"
    assert not InformTask.objects.exists()


def test_many_rows_cost_no_more_queries_than_a_few(run: ImportRun, ineke: User) -> None:
    def queries(first: int, count: int) -> int:
        rows = [row(number, programme=LAW) for number in range(first, first + count)]
        with CaptureQueriesContext(
            connection,
        ) as captured:
            take_in(run=run, rows=rows, by=ineke)
        return len(captured)

    assert queries(10, 1) == queries(20, 3) == queries(40, 60)
    assert Student.objects.count() == 64


def test_one_bad_row_keeps_only_itself_out(run: ImportRun, north: Location, ineke: User) -> None:
    other = make_student(north, ineke)
    actions.start_programme(student=other, by=ineke, bsn=BSN, **LAW)
    rows = [
        row(1),
        row(2, programme=LAW, bsn=BSN),
        row(3, student={"surname": "Twee", "number": other.number}),
        row(4, student={"surname": "x" * 300}),
        row(5),
    ]
    take_in(run=run, rows=rows, by=ineke)

    assert outcomes(run) == {1: "new", 2: "open", 3: "open", 4: "open", 5: "new"}
    told = {number: problems[0][1] for number, problems in run.rows.exclude(problems=[]).values_list("number", "problems")}
    assert told[2] == "Another student has this BSN."
    assert told[3] == NUMBER_TAKEN
    assert "x" * 10 not in str(told)
    assert sorted(Student.objects.exclude(pk=other.pk).values_list("surname", flat=True)) == ["Kanarie 1", "Kanarie 5"]


def test_who_does_not_fit_in_the_group_comes_in_without_a_place(run: ImportRun, north: Location, ineke: User) -> None:
    group = make_group(north, ineke, capacity=2)
    take_in(run=run, rows=[row(number, programme=LAW, group=group, columns={"group": 7}) for number in (1, 2, 3)], by=ineke)

    assert outcomes(run) == {1: "new", 2: "new", 3: "new"}
    assert group.enrolments.count() == 2
    assert run.rows.get(number=3).problems == [[7, NO_PLACE]]


def known_row(who: Student, number: int = 5, **fields: Any) -> Intake:
    return row(number, known=who.pk, **fields)


def test_somebody_known_gets_what_is_new(run: ImportRun, north: Location, ineke: User, client_of: Client) -> None:
    rania = make_student(north, ineke, surname="Haddad", city="Westerhaven")
    group = make_group(north, ineke)
    fields: dict[str, Any] = {"programme": LAW, "bsn": BSN, "contract": {"client": client_of}, "group": group}
    take_in(run=run, rows=[known_row(rania, student={"city": "Oosterveen"}, **fields)], by=ineke)
    take_in(run=run, rows=[known_row(rania, 6, student={"city": "Oosterveen"}, **fields)], by=ineke)

    saved = Student.objects.get()
    assert (saved.city, saved.version, saved.surname) == ("Oosterveen", 2, "Haddad")
    assert (Programme.objects.count(), Contract.objects.count(), group.enrolments.count()) == (1, 1, 1)
    assert outcomes(run) == {5: "changed", 6: "unchanged"}
    source = FieldSource.objects.get(student=rania, group="contact")
    assert (source.source, source.organisation) == ("third_party", "Gemeente Oosterveen")


def test_what_the_student_rectified_is_never_overwritten(run: ImportRun, north: Location, ineke: User) -> None:
    rania = make_student(north, ineke, surname="Haddad", city="Westerhaven")
    changes = {"city": "Lindewaard"}
    actions.change_student(student=rania, version=1, by=ineke, changes=changes, source="student", rectified=True)
    said = {"city": "Oosterveen", "birth_year": 1990}
    take_in(run=run, rows=[known_row(rania, student=said, columns={"city": 3, "birth_year": 2})], by=ineke)

    saved = Student.objects.get()
    assert (saved.city, saved.birth_year) == ("Lindewaard", 1990)
    assert run.rows.get().problems == [[3, PROTECTED]]


def test_another_bsn_or_client_is_for_a_person(run: ImportRun, north: Location, ineke: User, client_of: Client) -> None:
    rania = make_student(north, ineke)
    programme = actions.start_programme(student=rania, by=ineke, bsn=BSN, **LAW)
    actions.add_contract(programme=programme, by=ineke, starts_on=TODAY)
    columns = {"bsn": 1, "client": 2}
    said: dict[str, Any] = {"programme": LAW, "bsn": "999990160", "contract": {"client": client_of}, "columns": columns}
    take_in(run=run, rows=[known_row(rania, student={}, **said)], by=ineke)

    assert run.rows.get().problems == [[1, OTHER_BSN], [2, OTHER_CONTRACT]]
    assert run.rows.get().outcome == "unchanged"
    assert Programme.objects.get().bsn == BSN


# --- back again


def take_back(run: ImportRun, by: User) -> None:
    ImportRun.objects.filter(pk=run.pk).update(state="done")
    run = take_back_import(run=run, by=by)
    take_back_rows(rows=list(run.rows.all()), by=by)
    finish_taking_back(run=run)
    run.refresh_from_db()


def test_taking_back_erases_all_it_made(run: ImportRun, north: Location, ineke: User, client_of: Client) -> None:
    group = make_group(north, ineke)
    made = {"programme": LAW, "bsn": BSN, "contract": {"client": client_of}, "group": group}
    take_in(run=run, rows=[row(1, **made), row(2)], by=ineke)
    who = list(Student.objects.values_list("audit_id", flat=True))

    take_back(run, ineke)

    for model in (Student, Programme, Contract, FieldSource, InformTask):
        assert not model._default_manager.exists()
    assert outcomes(run) == {1: "taken_back", 2: "taken_back"}
    assert set(run.rows.values_list("key", flat=True)) == {""}
    run.refresh_from_db()
    assert (run.state, run.upload, SealedFile.objects.count()) == ("taken_back", None, 0)
    gone = AuditEntry.objects.filter(action="delete", model="students.student", actor_audit_id=None)
    assert set(gone.values_list("subject_audit_id", flat=True)) == set(who)


def test_what_was_touched_since_stays(run: ImportRun, north: Location, south: Location, ineke: User) -> None:
    take_in(run=run, rows=[row(number, programme=LAW) for number in range(1, 8)], by=ineke)
    students = {number: Student.objects.get(import_rows__number=number) for number in range(1, 8)}
    actions.change_student(student=students[1], version=1, by=ineke, changes={"city": "Kadijk"})
    actions.open_account(student=students[2], by=ineke)
    programme = students[3].programmes.get()
    actions.change_programme(programme=programme, version=1, by=ineke, changes={"target_level": "b1"})
    actions.start_programme(student=students[4], by=ineke, law="none", starts_on=TODAY)
    CorrectionProposal.objects.create(student=students[5], field="surname", value='{"surname": "Nieuw"}')
    store_file(b"x", kind="report", content_type="x/x", people=[students[6].audit_id], by=ineke)
    assert what_stays(run) == {"goes": 1, "returns": 0, "edited": 2, "used": 4, "forgotten": 0}

    take_back(run, ineke)

    assert outcomes(run) == {**dict.fromkeys(range(1, 7), "new"), 7: "taken_back"}
    told = {number: problems[0][1] for number, problems in run.rows.exclude(problems=[]).values_list("number", "problems")}
    assert told == {1: EDITED, 2: IN_USE, 3: EDITED, 4: IN_USE, 5: IN_USE, 6: IN_USE}
    assert ImportRun.objects.get().state == "done"


def test_a_lesson_that_was_marked_stays(run: ImportRun, north: Location, ineke: User) -> None:
    """Hours decide about money and term: what hangs on a place in another app is found by its foreign key."""
    group = make_group(north, ineke)
    take_in(run=run, rows=[row(1, programme=LAW, group=group), row(2, programme=LAW)], by=ineke)
    starts = dt.datetime(2026, 11, 10, 9, tzinfo=dt.UTC)
    lesson = plan_lesson(group=group, starts_at=starts, ends_at=starts + dt.timedelta(hours=2), planned_minutes=110, by=ineke)
    enrolment = group.enrolments.get()
    Mark.objects.create(lesson=lesson, enrolment=enrolment, state="present", minutes_attended=110, teacher_at=starts)
    take_back(run, ineke)

    assert outcomes(run) == {1: "new", 2: "taken_back"}
    assert run.rows.get(number=1).problems == [[None, IN_USE]]


def test_what_was_overwritten_comes_back(run: ImportRun, north: Location, ineke: User, client_of: Client) -> None:
    rania = make_student(north, ineke, surname="Haddad", city="Westerhaven", birth_year=1980)
    programme = actions.start_programme(student=rania, by=ineke, law="wi2021", starts_on=TODAY)
    group = make_group(north, ineke)
    said: dict[str, Any] = {"programme": LAW, "bsn": BSN, "contract": {"client": client_of}, "group": group}
    take_in(run=run, rows=[known_row(rania, student={"city": "Oosterveen", "birth_year": 1990}, **said)], by=ineke)

    take_back(run, ineke)

    saved, kept = Student.objects.get(), Programme.objects.get(pk=programme.pk)
    assert (saved.city, saved.birth_year) == ("Westerhaven", 1980)
    assert (kept.bsn, kept.route, kept.bsn_basis) == (None, "", "")
    assert not Contract.objects.exists()
    assert not group.enrolments.exists()
    assert not InformTask.objects.exists()
    assert FieldSource.objects.get(student=rania, group="contact").source == "school"
    assert outcomes(run) == {5: "taken_back"}


def test_once_the_file_is_destroyed_nothing_overwritten_comes_back(run: ImportRun, north: Location, ineke: User) -> None:
    rania = make_student(north, ineke, city="Westerhaven")
    take_in(run=run, rows=[known_row(rania, student={"city": "Oosterveen"})], by=ineke)
    assert run.upload
    run.upload.delete()

    take_back(run, ineke)

    assert Student.objects.get().city == "Oosterveen"
    assert run.rows.get().problems == [[None, FORGOTTEN]]


def test_groups_are_locked_in_one_order(run: ImportRun, north: Location, ineke: User) -> None:
    groups = [make_group(north, ineke) for _each in range(3)]
    rows = [row(number, programme=LAW, group=group) for number, group in enumerate(reversed(groups), start=1)]
    take_in(run=run, rows=rows, by=ineke)

    assert {group.enrolments.count() for group in Group.objects.all()} == {1}

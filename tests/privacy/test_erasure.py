"""An erasure takes all of one person, nothing of another, needs two people, and can be shown afterwards."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from attendance.actions.seal import verify_register
from attendance.models import Mark
from kvs import ledger
from kvs.files import open_file, store_file
from kvs.models import AccessEvent, AuditEntry, LedgerEntry, Location, Role, SealedFile, User
from privacy import plan as plans
from privacy.actions.erasure import (
    approve_erasure,
    cancel_erasure,
    erase_again,
    prepare_erasure,
    release_hold,
    renew_plan,
    run_erasure,
    set_hold,
)
from privacy.models import Erasure, Hold
from privacy.plan import plan_for
from privacy.subject import find_person, subject_of
from students.models import Enrolment, Programme, Student
from tests.factories import make_student, staff
from tests.privacy.erasing import BSNS, Pair, erase, make_pair, nothing

TODAY = dt.date(2026, 11, 26)


@pytest.fixture
def wim(school: object) -> User:
    """Management: the second person."""
    return staff(Role.MANAGEMENT, email="wim@voorbeeld.test")


@pytest.fixture
def pair(north: Location, ineke: User) -> Pair:
    return make_pair(north, ineke)


def counts(student: Student) -> dict[str, int]:
    """How many rows of each table are about this person, those that stay included."""
    plan = plan_for(subject_of(student), today=TODAY)
    return {line.model: line.count for line in plan.lines if line.action != plans.CUT}


def test_the_plan_names_every_table_and_why_some_rows_stay(pair: Pair) -> None:
    plan = plan_for(subject_of(pair.x), today=TODAY)

    goes = {line.model: line.count for line in plan.lines if line.action == plans.DELETE}
    assert goes == {
        "attendance.Claim": 1,
        "attendance.Mark": 1,
        "exams.ExamAttempt": 1,
        "exams.LevelMeasurement": 1,
        "kvs.Card": 1,
        "kvs.Membership": 1,
        "kvs.SealedContent": 1,
        "kvs.SealedFile": 1,
        "kvs.SealedFilePerson": 2,
        "kvs.User": 1,
        "students.Enrolment": 1,
        "students.FieldSource": pair.x.sources.count(),
        "students.Programme": 1,
        "students.Student": 1,
    }
    kept = {line.model: (line.ground, line.until) for line in plan.lines if line.action == plans.KEEP}
    assert kept == {"kvs.AccessEvent": ("log", "2028-11-26"), "kvs.AuditEntry": ("log", "2028-11-26")}
    assert plan.hash == plan_for(subject_of(pair.x), today=TODAY).hash != plan_for(subject_of(pair.y), today=TODAY).hash


def test_erasing_takes_all_of_one_and_nothing_of_the_namesake(pair: Pair, dana: User, wim: User) -> None:
    before, x = counts(pair.y), pair.x.audit_id

    done = erase(pair.x, dana, wim)

    assert done.state == Erasure.State.DONE
    assert find_person(x) is None
    gone = {"kvs.SealedFile": 1, "kvs.SealedContent": 1, "kvs.SealedFilePerson": 2}  # the report that held both
    after = counts(pair.y)
    assert after == {model: number for model, number in before.items() if model not in gone}
    assert verify_register(pair.lesson)
    assert Mark.objects.filter(lesson=pair.lesson).count() == 1
    assert (AccessEvent.objects.filter(subject_audit_id=x).count(), AuditEntry.objects.filter(subject_audit_id=x).exists()) == (
        1,
        True,
    )


def test_what_stays_cannot_be_joined_to_the_person(pair: Pair, dana: User, wim: User) -> None:
    x = pair.x.audit_id
    done = erase(pair.x, dana, wim)

    assert done.subject_audit_id != x
    assert str(x) not in str(list(Erasure.objects.values()))


def test_the_ledger_knows_it_in_the_database_and_beside_it(
    pair: Pair, dana: User, wim: User, django_capture_on_commit_callbacks: object
) -> None:
    x = pair.x.audit_id
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        done = erase(pair.x, dana, wim)

    entry = LedgerEntry.objects.get(person=ledger.pseudonym(x))
    assert (entry.seq, entry.plan_hash) == (done.ledger_seq, done.plan_hash)
    assert ledger.read_lines()[-1].person == entry.person
    assert ledger.was_erased("bsn", BSNS[0])
    assert not ledger.was_erased("bsn", BSNS[1])


def test_who_prepared_cannot_approve(pair: Pair, dana: User, wim: User) -> None:
    erasure = prepare_erasure(person=pair.x, reason="request", by=dana, handled_by=wim.audit_id)
    for who in (dana, wim):
        with pytest.raises(ValidationError, match="Iemand anders"):
            approve_erasure(erasure=erasure, by=who)
    with pytest.raises(IntegrityError), transaction.atomic():
        Erasure.objects.filter(pk=erasure.pk).update(
            state="approved", approved_at=timezone.now(), approved_by_audit_id=dana.audit_id
        )


def test_data_that_changed_meanwhile_are_looked_at_again(pair: Pair, dana: User, wim: User) -> None:
    erasure = prepare_erasure(person=pair.x, reason="request", by=dana)
    store_file(b"x", kind="report.test", content_type="text/csv", people=[pair.x.audit_id], by=dana)

    with pytest.raises(ValidationError) as refused:
        approve_erasure(erasure=erasure, by=wim)
    assert refused.value.code == "changed"
    renewed = renew_plan(erasure=erasure, by=wim)
    assert renewed.prepared_by_audit_id == wim.audit_id
    assert approve_erasure(erasure=erasure, by=dana).state == Erasure.State.APPROVED


def test_data_that_changed_after_approval_stop_the_run(pair: Pair, dana: User, wim: User) -> None:
    erasure = prepare_erasure(person=pair.x, reason="request", by=dana)
    approve_erasure(erasure=erasure, by=wim)
    store_file(b"x", kind="report.test", content_type="text/csv", people=[pair.x.audit_id], by=dana)

    stopped = run_erasure(erasure=erasure, progress=nothing)

    assert (stopped.state, stopped.problem, stopped.approved_by_audit_id) == ("prepared", "changed", None)
    assert find_person(pair.x.audit_id) == pair.x


def test_looking_at_the_file_changes_no_plan(pair: Pair, dana: User, wim: User) -> None:
    from kvs.audit import log_access  # noqa: PLC0415

    erasure = prepare_erasure(person=pair.x, reason="request", by=dana)
    log_access(wim, Role.MANAGEMENT, [pair.x.audit_id], AccessEvent.Kind.DETAIL)
    assert approve_erasure(erasure=erasure, by=wim).state == Erasure.State.APPROVED


def test_a_hold_keeps_everything_and_lifting_it_plans_anew(pair: Pair, dana: User, wim: User) -> None:
    erasure = prepare_erasure(person=pair.x, reason="request", by=dana)
    hold = set_hold(person=pair.x, ground="claim", review_on=timezone.localdate() + dt.timedelta(days=90), by=dana)
    erasure.refresh_from_db()
    assert erasure.state == Erasure.State.HELD
    assert {line["hold"] for line in erasure.plan if line["action"] == "held"} == {"claim"}
    with pytest.raises(ValidationError):
        approve_erasure(erasure=erasure, by=wim)

    release_hold(hold=hold, version=hold.version, by=dana)

    erasure.refresh_from_db()
    assert erasure.state == Erasure.State.PREPARED
    approve_erasure(erasure=erasure, by=wim)
    assert run_erasure(erasure=erasure, progress=nothing).state == Erasure.State.DONE


def test_a_hold_set_after_approval_stops_the_run(pair: Pair, dana: User, wim: User) -> None:
    erasure = prepare_erasure(person=pair.x, reason="request", by=dana)
    approve_erasure(erasure=erasure, by=wim)
    set_hold(person=pair.x, ground="claim", review_on=timezone.localdate() + dt.timedelta(days=90), by=dana)
    assert run_erasure(erasure=erasure, progress=nothing).problem == "held"
    assert find_person(pair.x.audit_id) == pair.x


def test_a_hold_without_a_day_to_look_again_does_not_exist(pair: Pair, dana: User) -> None:
    today = timezone.localdate()
    for day in (today, today + dt.timedelta(days=400)):
        with pytest.raises(ValidationError):
            set_hold(person=pair.x, ground="claim", review_on=day, by=dana)
    assert not Hold.objects.exists()


def test_a_name_in_somebody_elses_words_has_to_be_looked_at_first(pair: Pair, dana: User, wim: User) -> None:
    Student.objects.filter(pk=pair.y.pk).update(work_experience="Kookt samen met Rania Haddad", phone=pair.x.phone)
    erasure = prepare_erasure(person=pair.x, reason="request", by=dana)
    assert erasure.traces == [{"model": "students.Student", "column": "work_experience", "count": 1}]
    with pytest.raises(ValidationError) as refused:
        approve_erasure(erasure=erasure, by=wim)
    assert refused.value.code == "traces"
    approve_erasure(erasure=erasure, by=wim, looked=True)
    assert run_erasure(erasure=erasure, progress=nothing).state == Erasure.State.DONE


def test_a_name_that_turns_up_after_approval_stops_the_run(pair: Pair, dana: User, wim: User) -> None:
    erasure = prepare_erasure(person=pair.x, reason="request", by=dana)
    approve_erasure(erasure=erasure, by=wim)
    pair.lesson.group.name = f"Groep van {pair.x.number}"
    pair.lesson.group.save()
    assert run_erasure(erasure=erasure, progress=nothing).problem == "traces"


def test_a_second_run_does_nothing(pair: Pair, dana: User, wim: User) -> None:
    done = erase(pair.x, dana, wim)
    assert run_erasure(erasure=done, progress=nothing).done_at == done.done_at
    assert LedgerEntry.objects.count() == 1


def test_one_open_erasure_a_person(pair: Pair, dana: User) -> None:
    erasure = prepare_erasure(person=pair.x, reason="request", by=dana)
    with pytest.raises(ValidationError):
        prepare_erasure(person=pair.x, reason="no_ground", by=dana)
    cancel_erasure(erasure=erasure, by=dana)
    assert prepare_erasure(person=pair.x, reason="no_ground", by=dana).state == Erasure.State.PREPARED


def test_a_colleague_who_signed_stays_as_a_number_in_the_seal(pair: Pair, dana: User, wim: User) -> None:
    teacher, audit_id = pair.teacher, pair.teacher.audit_id

    erase(teacher, dana, wim)  # type: ignore[arg-type]

    teacher.refresh_from_db()
    assert (teacher.full_name, teacher.email, teacher.is_active, teacher.memberships.count()) == ("", None, False, 0)
    assert teacher.audit_id != audit_id
    assert verify_register(pair.lesson)
    assert plan_for(subject_of(pair.x), today=TODAY).goes[Mark]


def test_a_case_manager_goes_and_the_contract_stays(pair: Pair, dana: User, wim: User, ineke: User) -> None:
    from students import actions  # noqa: PLC0415
    from students.models import Client  # noqa: PLC0415

    client = Client.objects.create(name="Gemeente Oosterveen")
    manager = client.case_managers.create(surname="Jansen", call_name="Piet")
    programme = pair.x.programmes.get()
    contract = actions.add_contract(
        programme=programme, by=ineke, client=client, case_manager=manager, starts_on=programme.starts_on
    )
    erase(manager, dana, wim)  # type: ignore[arg-type]
    contract.refresh_from_db()
    assert contract.case_manager is None
    assert client.case_managers.count() == 0


def test_erasing_again_after_a_restore(pair: Pair) -> None:
    with transaction.atomic():
        erase_again(pair.x.audit_id, "all")
    assert find_person(pair.x.audit_id) is None
    erase_again(uuid.uuid4(), "all")
    assert not Enrolment.objects.filter(programme__student=pair.x.pk).exists()
    assert Programme.objects.count() == 1
    assert SealedFile.objects.count() == 0


def test_a_student_without_account_or_anything_else(north: Location, ineke: User, dana: User, wim: User) -> None:
    student = make_student(north, ineke)
    assert erase(student, dana, wim).state == Erasure.State.DONE
    assert not Student.objects.exists()


def test_the_file_of_another_stays_readable(pair: Pair, dana: User, wim: User) -> None:
    other = store_file(b"Y", kind="report.test", content_type="text/csv", people=[pair.y.audit_id], by=dana)
    erase(pair.x, dana, wim)
    assert open_file(other) == b"Y"

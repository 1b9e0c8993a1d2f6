"""Levels and attempts: what is saved, what is refused, and what two people at once are told."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from exams.actions import Cell, Clash, add_attempt, change_attempt, record_levels, record_results, remove_attempt
from exams.models import ExamAttempt, LevelMeasurement
from kvs.models import AuditEntry, User
from students.models import Programme

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 10, 5)


def save(programme: Programme, by: User, version: int = 0, **levels: str) -> int:
    cells = {(programme.pk, skill): Cell({"level": level} if level else None, version) for skill, level in levels.items()}
    return record_levels(day=DAY, kind="interim", cells=cells, by=by)


def stored(programme: Programme) -> list[tuple[str, str, int]]:
    rows = LevelMeasurement.objects.filter(programme=programme, measured_on=DAY).order_by("skill")
    return list(rows.values_list("skill", "level", "version"))


def test_a_sheet_adds_changes_and_removes(abdi: Programme, anna: User) -> None:
    assert save(abdi, anna, reading="a1_2", writing="a1_1", speaking="") == 2
    assert stored(abdi) == [("reading", "a1_2", 1), ("writing", "a1_1", 1)]

    assert save(abdi, anna, version=1, reading="a2_1", writing="") == 2

    assert stored(abdi) == [("reading", "a2_1", 2)]
    lines = AuditEntry.objects.filter(model="exams.levelmeasurement").order_by("id")
    assert [(line.action, line.actor_audit_id, line.subject_audit_id) for line in lines][2:] == [
        ("update", anna.audit_id, abdi.student.audit_id),
        ("delete", None, abdi.student.audit_id),  # outside a request the signal knows no actor
    ]


def test_saving_the_same_sheet_again_changes_nothing(abdi: Programme, anna: User) -> None:
    save(abdi, anna, reading="a1_2")

    assert save(abdi, anna, reading="a1_2") == 0  # even from a page that did not know it yet
    assert stored(abdi) == [("reading", "a1_2", 1)]


def test_a_cell_changed_meanwhile_is_told_and_nothing_is_saved(abdi: Programme, anna: User, ineke: User) -> None:
    save(abdi, ineke, reading="a2_1")

    with pytest.raises(Clash) as clash:
        save(abdi, anna, reading="b1_1", writing="a1_1")

    assert {key[1]: getattr(row, "level", None) for key, row in clash.value.rows.items()} == {"reading": "a2_1"}
    assert stored(abdi) == [("reading", "a2_1", 1)]


@pytest.mark.django_db(transaction=True)
def test_two_sheets_at_the_same_moment_lose_nothing(abdi: Programme, anna: User, ineke: User) -> None:
    told: list[str] = []
    barrier = threading.Barrier(2)

    def teacher(by: User, level: str) -> None:
        barrier.wait()
        try:
            save(abdi, by, reading=level)
        except Clash:
            told.append(level)
        finally:
            connection.close()

    for _round in range(10):
        LevelMeasurement.objects.all().delete()
        told.clear()
        threads = [threading.Thread(target=teacher, args=pair) for pair in ((anna, "a2_1"), (ineke, "a2_2"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted([*told, *(level for _skill, level, _version in stored(abdi))]) == ["a2_1", "a2_2"]


@pytest.mark.parametrize("day", [dt.date(1999, 12, 31), dt.date(9999, 1, 1)])
def test_a_day_that_cannot_be_is_refused(abdi: Programme, anna: User, day: dt.date) -> None:
    with pytest.raises(ValidationError):
        record_levels(day=day, kind="interim", cells={(abdi.pk, "reading"): Cell({"level": "a1_1"})}, by=anna)

    assert not LevelMeasurement.objects.exists()


ATTEMPT = {"part": "le", "level": "b1", "taken_on": DAY, "result": "passed"}


@pytest.mark.parametrize(
    "fields",
    [
        {"part": "ona", "level": ""},
        {"level": "a1"},
        {"part": "map", "level": "", "result": "failed"},
        {"result": "none"},
        {"result": "passed", "reason": "absent"},
        {"taken_on": dt.date(2999, 1, 1)},
        {"result": "open", "result_on": DAY},
        {"result_on": DAY - dt.timedelta(days=1)},
        {"result_on": dt.date(2999, 1, 1)},
        {"registered_on": DAY + dt.timedelta(days=1)},
        {"taken_on": dt.date(1999, 1, 1)},
    ],
)
def test_an_attempt_that_cannot_be_is_refused(abdi: Programme, ineke: User, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        add_attempt(programme=abdi, by=ineke, **(ATTEMPT | fields))

    assert not ExamAttempt.objects.exists()


@pytest.mark.parametrize(
    ("model", "wrong"),
    [
        (LevelMeasurement, {"skill": "singing", "level": "a1_1", "measured_on": DAY}),
        (LevelMeasurement, {"skill": "reading", "level": "z9", "measured_on": DAY}),
        (LevelMeasurement, {"skill": "reading", "level": "a1_1", "measured_on": DAY, "kind": "often"}),
        (LevelMeasurement, {"skill": "reading", "level": "a1_1", "measured_on": dt.date(1900, 1, 1)}),
        (ExamAttempt, ATTEMPT | {"part": "xx"}),
        (ExamAttempt, ATTEMPT | {"level": "c2"}),
        (ExamAttempt, ATTEMPT | {"result": "maybe"}),
        (ExamAttempt, ATTEMPT | {"reason": "absent"}),
        (ExamAttempt, ATTEMPT | {"told_by": "gossip"}),
        (ExamAttempt, ATTEMPT | {"registered_on": DAY + dt.timedelta(days=1)}),
        (ExamAttempt, ATTEMPT | {"result": "open", "result_on": DAY}),
    ],
)
def test_the_database_refuses_it_too(abdi: Programme, model: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(programme=abdi, **wrong)


def test_an_attempt_is_numbered_changed_and_removed(abdi: Programme, ineke: User) -> None:
    add_attempt(programme=abdi, by=ineke, **(ATTEMPT | {"result": "failed"}))
    later = add_attempt(programme=abdi, by=ineke, **(ATTEMPT | {"taken_on": DAY + dt.timedelta(days=30)}))

    change_attempt(attempt=later, version=1, by=ineke, changes={"told_by": "letter"})
    with pytest.raises(ValidationError, match="opgeslagen"):
        remove_attempt(attempt=later, version=1, by=ineke)
    assert [(row.number, row.result, row.told_by) for row in ExamAttempt.objects.in_order()] == [
        (1, "failed", "student"),
        (2, "passed", "letter"),
    ]

    remove_attempt(attempt=later, version=2, by=ineke)
    assert [row.result for row in ExamAttempt.objects.all()] == ["failed"]


def results(abdi: Programme, chen: Programme, by: User, **more: Any) -> int:
    cells = {
        abdi.pk: Cell({"result": "passed", "reason": "", "told_by": "letter"}),
        chen.pk: Cell({"result": "none", "reason": "absent", "told_by": "letter"}),
    }
    return record_results(part="nt2_1_le", level="b1", day=DAY, cells=cells, by=by, **more)


def test_results_of_a_group(abdi: Programme, chen: Programme, ineke: User) -> None:
    assert results(abdi, chen, ineke) == 2
    assert results(abdi, chen, ineke) == 0

    rows = ExamAttempt.objects.order_by("result").values_list("programme", "part", "level", "result", "reason", "told_by")
    assert list(rows) == [
        (chen.pk, "nt2_1_le", "b1", "none", "absent", "letter"),
        (abdi.pk, "nt2_1_le", "b1", "passed", "", "letter"),
    ]


def test_a_result_for_a_law_without_that_exam_is_refused_at_its_line(abdi: Programme, chen: Programme, ineke: User) -> None:
    cells = {programme.pk: Cell({"result": "passed", "reason": "", "told_by": "student"}) for programme in (abdi, chen)}

    with pytest.raises(ValidationError) as problem:
        record_results(part="le", level="b1", day=DAY, cells=cells, by=ineke)

    assert list(problem.value.error_dict) == [str(chen.pk)]
    assert not ExamAttempt.objects.exists()


def test_a_result_of_today_may_and_of_tomorrow_may_not(abdi: Programme, ineke: User) -> None:
    today = timezone.localdate()
    cells = {abdi.pk: Cell({"result": "passed", "reason": "", "told_by": "student"})}

    with pytest.raises(ValidationError):
        record_results(part="knm", level="", day=today + dt.timedelta(days=1), cells=cells, by=ineke)
    assert record_results(part="knm", level="", day=today, cells=cells, by=ineke) == 1

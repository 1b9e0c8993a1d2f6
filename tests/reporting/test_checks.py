"""I9: a column that may not go to this recipient stops the start."""

import dataclasses
from collections.abc import Iterable

import pytest

from kvs.catalogue import Purpose
from kvs.vocabulary import BANK, DUO, QUALITY
from reporting.checks import problems
from reporting.report import Column, Report, reports


def with_column(*sources: str, name: str = "number", **changes: object) -> list[Report]:
    """The report for a municipality with one more column."""
    report = reports()["municipality"]
    table = report.tables[0]
    more = dataclasses.replace(table, columns=(*table.columns, Column(name, "More", sources)))
    return [dataclasses.replace(report, tables=(more,), **changes)]  # type: ignore[arg-type]


def found(defined: Iterable[Report]) -> list[str]:
    return [f"{problem.obj}: {problem.msg}" for problem in problems(defined)]


def test_the_reports_of_this_installation_are_right() -> None:
    installed = [code for code in reports() if code != "slow"]  # slow: of tests
    assert installed == ["duo", "municipality", "processing_register", "progress", "results", "survey"]
    assert found(reports().values()) == []


@pytest.mark.parametrize(
    ("sources", "sentence"),
    [
        (("students.Programme.bsn",), "'students.Programme.bsn' may not go to 'municipality'"),
        (("students.Student.phone",), "'students.Student.phone' may not go to 'municipality'"),
        (("students.Student.hobby",), "'students.Student.hobby' is not in the catalogue"),
        (("students.Pupil.name",), "'students.Pupil.name' is not in the catalogue"),
        (("surname",), "'surname' is not in the catalogue"),
        ((), "names no field of the catalogue"),
    ],
)
def test_a_column_that_may_not_go_there(sources: tuple[str, ...], sentence: str) -> None:
    assert found(with_column(*sources)) == [f"municipality.number: {sentence}"]


def test_a_column_that_the_row_does_not_have() -> None:
    assert found(with_column("students.Student.surname", name="nickname")) == [
        "municipality.nickname: is no attribute of the row"
    ]


@pytest.mark.parametrize(("recipient", "purpose"), [(BANK, None), (DUO, QUALITY)])
def test_recipient_and_purpose_count(recipient: object, purpose: Purpose | None) -> None:
    report = reports()["municipality"]
    changed = dataclasses.replace(report, recipient=recipient, purpose=purpose or report.purpose)  # type: ignore[arg-type]
    wrong = {problem.obj for problem in problems([changed])}
    assert "municipality.offered" in wrong


def test_a_purpose_that_the_field_does_not_serve() -> None:
    assert found(with_column("students.Student.arrived_on")) == [
        "municipality.number: 'students.Student.arrived_on' does not serve 'client_reports'"
    ]


def test_personal_data_need_a_recipient() -> None:
    assert "municipality.number: 'students.Student.number' is personal, and this report names no recipient" in found(
        with_column(recipient=None)
    )

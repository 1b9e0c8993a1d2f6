"""A slow report without data, run by real workers in tests/reporting/test_runs.py (`celery --include`)."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from django import forms

from kvs.models import Role, User
from kvs.vocabulary import RIGHTS
from reporting.report import Asked, Column, Content, Filled, Progress, Report, Table, reports

ROWS = 30


@dataclass(frozen=True)
class Row:
    """A number."""

    number: str


TABLE = Table("Numbers", Row, (Column("number", "Number"),), "None.")


def build(asked: Asked, by: User, progress: Progress) -> Content:
    """Takes three seconds and says how far it is."""
    rows = []
    for number in range(1, ROWS + 1):
        time.sleep(0.1)
        rows.append(Row(str(number)))
        progress(number, ROWS, "Making the files")
    return Content("numbers", (Filled(TABLE, rows),))


def period(parameters: Mapping[str, str]) -> str:
    """None."""
    return ""


reports()["slow"] = Report(
    code="slow",
    title="Slow",
    explanation="",
    recipient=None,
    purpose=RIGHTS,
    roles=frozenset({Role.MANAGEMENT}),
    form=forms.Form,
    tables=(TABLE,),
    definitions=(),
    period=period,
    build=build,
)

"""I9 of the privacy design: what leaves are declared fields, and each names this recipient and this purpose."""

import dataclasses
from collections.abc import Iterable
from typing import Any

from django.core import checks

from kvs import catalogue
from kvs.catalogue import Field
from kvs.invariants import Problems, error
from reporting.report import Column, Layout, Report, Table, reports


@checks.register("privacy")
def check_reports(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    """All that is wrong with the columns of the reports of this installation."""
    return problems(reports().values())


def problems(defined: Iterable[Report]) -> list[checks.CheckMessage]:
    """An error for each column without a source, with an undeclared one, or with one that may not go there.

    The columns of a layout are all that a column profile can choose from, so they are checked alike.
    """
    return [
        problem
        for report in defined
        for part in _parts(report)
        for column in part.columns
        for problem in _column(report, column, {*dir(part.row), *(field.name for field in dataclasses.fields(part.row))})
    ]


def _parts(report: Report) -> list[Table | Layout]:
    return [*report.tables, *([report.layout] if report.layout else [])]


def _column(report: Report, column: Column, attributes: set[str]) -> Problems:
    where = f"{report.code}.{column.name}"
    if column.name.partition(".")[0] not in attributes:
        yield error(9, "is no attribute of the row", where)
    if report.recipient is not None and not column.sources:
        yield error(9, "names no field of the catalogue", where)
    for source in column.sources:
        field = catalogue.declared(source)
        if field is None:
            yield error(9, f"'{source}' is not in the catalogue", where)
        elif isinstance(field, Field):
            yield from _may_go(report, field, source, where)


def _may_go(report: Report, field: Field, source: str, where: str) -> Problems:
    if report.recipient is None:
        yield error(9, f"'{source}' is personal, and this report names no recipient", where)
    elif report.recipient not in field.category.recipients:
        yield error(9, f"'{source}' may not go to '{report.recipient.code}'", where)
    elif report.purpose not in field.category.purposes:
        yield error(9, f"'{source}' does not serve '{report.purpose.code}'", where)
    elif unable := sorted(report.roles - field.category.readable_by):
        yield error(9, f"'{source}' may not be read by {', '.join(unable)}, who make this report", where)

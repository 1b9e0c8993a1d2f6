"""A report as a page, PDF, workbook or CSV. Knows no report: only tables, columns and kinds of values."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from kvs.pdf import make_pdf
from kvs.sheets import Cell, Sheet, write_csv, write_xlsx
from reporting.report import Column, Content, Definition, Filled, Kind, Report

STYLESHEET = "paper.css"


@dataclass(frozen=True)
class Document:
    """A report that was made: its content and what stands around it on paper."""

    report: Report
    content: Content
    school: str
    period: str
    version: int
    made_at: dt.datetime  # in school time
    reference: str
    step: Callable[[], None] = lambda: None  # called before each table: says how far it is, and raises when it must stop


def to_html(document: Document, *, links: bool = True) -> str:
    """The whole page, for printing and (without links) for the PDF. What people typed is escaped by the template."""
    content = document.content
    numbered = enumerate(content.tables, start=1)
    tables = [_shown(document, filled, n, links=links) for n, filled in numbered if not filled.on_pages]
    pages = [(page.title, [_shown(document, filled, links=links) for filled in page.tables]) for page in content.pages]
    return render_to_string("reporting/document.html", {"document": document, "tables": tables, "pages": pages})


def _shown(document: Document, filled: Filled, number: int = 0, *, links: bool) -> dict[str, Any]:
    """A table for the template; `number` is its place in the report, by which a link finds it."""
    document.step()
    return {
        "number": number,
        "title": filled.table.title,
        "empty": filled.table.empty,
        "columns": filled.table.columns,
        "rows": [_texts(filled, row, links=links) for row in filled.rows],
        "total": _texts(filled, filled.total) if filled.total else None,
    }


def to_pdf(document: Document) -> bytes:
    """The same page as a tagged PDF. Raises kvs.pdf.PdfUnavailable without Pango."""
    return make_pdf(to_html(document, links=False), STYLESHEET)


def to_xlsx(document: Document) -> bytes:
    """A sheet for each table, and one that says what it is about and what its words mean."""
    sheets = [_sheet(document, filled) for filled in document.content.tables]
    document.step()
    return write_xlsx([*sheets, Sheet(_("Explanation"), [_("What"), _("Text")], list(_explanation(document)))])


def to_csv(document: Document, table: int) -> bytes:
    """One table, its rows only: `table` counts from 0."""
    filled = document.content.tables[table]
    return write_csv(_sheet(document, Filled(filled.table, filled.rows)))


def _sheet(document: Document, filled: Filled) -> Sheet:
    document.step()
    rows = [*filled.rows, filled.total] if filled.total else filled.rows
    columns = filled.table.columns
    head = [str(column.head) for column in columns]
    return Sheet(str(filled.table.title), head, [[_cell(row, column) for column in columns] for row in rows])


def _cell(row: Any, column: Column) -> Cell:
    value: Cell = column.of(row)
    return value


def _explanation(document: Document) -> Iterator[tuple[str, str]]:
    yield str(document.report.title), document.period
    yield _("About"), document.content.about
    yield _("Version"), str(document.version)
    yield _("Made on"), date_format(document.made_at, "DATETIME_FORMAT")
    yield _("Reference"), document.reference
    for definition in document.report.definitions:
        yield f"{definition.mark} {definition.term}".strip(), definition_text(definition)
    yield from document.content.remarks
    yield _("Note"), document.content.footer


def definition_text(definition: Definition) -> str:
    """What the term means, with the mark of what is still open."""
    text = str(definition.text)
    return text if definition.confirmed else f"{text} ({_('not confirmed yet')})"


def _texts(filled: Filled, row: Any, *, links: bool = False) -> list[tuple[str, Column, str]]:
    """Text, column and address of each cell."""
    return [
        (written(column.of(row), column.kind), column, getattr(row, column.link) if links and column.link else "")
        for column in filled.table.columns
    ]


def written(value: Cell, kind: Kind) -> str:
    """A value as people read it: 1.170, 92,3 %, do 15 okt 2026."""
    if value is None:
        return "–"
    if isinstance(value, dt.date):
        return date_format(value, "D j b Y")
    if isinstance(value, Decimal):
        return f"{number_format(value)}\N{NO-BREAK SPACE}%" if kind is Kind.PERCENT else str(number_format(value))
    return str(number_format(value, force_grouping=True)) if isinstance(value, int) else value

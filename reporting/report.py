"""What a report is. One file in reporting/reports/ makes one: it says which columns, for whom and why, and builds rows.

The file sets `REPORT` to a Report. Nothing else needs to change: it is found, checked against the data catalogue
(reporting/checks.py), offered at /rapporten/, built by a job (reporting/actions.py) and rendered (reporting/render.py).

A report that a machine of its recipient reads has a Layout too: its file is written by a column profile (the model
ColumnProfile, reporting/profile.py), which the school corrects without code.
"""

import datetime as dt
import enum
import functools
import operator
import pkgutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.forms import Form
from django.utils.translation import gettext_lazy

from kvs.catalogue import Purpose, Recipient, Text
from kvs.models import Role, User

Asked = Mapping[str, Any]  # the cleaned data of the report's form
Progress = Callable[[int, int | None, str], None]  # kvs.jobs.Run.progress: rows done, rows in all, what is going on


WITH_REASONS = gettext_lazy("with reasons of absence by agreement")


class Kind(enum.Enum):
    """How a value is written: see kvs.sheets.Cell for the types."""

    TEXT = "text"
    NUMBER = "number"
    PERCENT = "percent"  # Decimal: 92.3 is 92,3 %
    DATE = "date"
    MINUTES = "minutes"  # a file by column profile has hours of it, rounded there and nowhere else


@dataclass(frozen=True)
class Column:
    """A column: attribute `name` of the row, its head, and the catalogue fields ("app.Model.field") it is made of.

    A name may go on into the attribute: "knm.attempts".
    `mark` is the sign of a footnote behind the head. `link` names an attribute with the address where the page to print
    leads from here (not the PDF: it is read elsewhere). `values` are all values there can be, when a recipient may want codes
    of its own for them.
    """

    name: str
    head: Text
    sources: tuple[str, ...] = ()
    kind: Kind = Kind.TEXT
    mark: str = ""
    link: str = ""
    values: tuple[tuple[str, Text], ...] = ()

    def of(self, row: Any) -> Any:
        """The value of this column in `row`. Raises AttributeError."""
        return operator.attrgetter(self.name)(row)


@dataclass(frozen=True)
class Table:
    """A table as defined: `row` is the frozen dataclass of its rows, `empty` the sentence when there are none."""

    title: Text
    row: type
    columns: tuple[Column, ...]
    empty: Text


@dataclass(frozen=True)
class Filled:
    """A table with its rows; `total`, if any, is a row of the same dataclass.

    `on_pages`: on paper its rows stand on the pages of people (Content.pages) and not once more in one list.
    """

    table: Table
    rows: Sequence[Any]
    total: Any = None
    on_pages: bool = False


@dataclass(frozen=True)
class Definition:
    """A term of the report and what it means. Not confirmed: the school still has to settle it, and the report says so."""

    term: Text
    text: Text
    mark: str = ""
    confirmed: bool = True


@dataclass(frozen=True)
class KnownColumn:
    """What is known of a column of a recipient's file: its head, the column of the layout that fills it, and who says so."""

    head: str
    source: str
    basis: str
    required: bool = True
    confirmed: bool = False


@dataclass(frozen=True)
class Layout:
    """What a file by column profile can be made of: attributes of `row`, named by `columns`, and no others.

    `known` is the first version of the profile: the facts of the domain notes. `facts` are values of ColumnProfile that
    differ from its own defaults. `needs` says what is missing before anything is asked.
    """

    row: type
    columns: tuple[Column, ...]
    known: tuple[KnownColumn, ...]
    known_from: dt.date
    facts: Mapping[str, Any]
    needs: "Callable[[], list[Block]]"
    chooses_period: bool = False  # the profile says over which lessons hours are added up

    def column(self, name: str) -> Column:
        """The column of this name. Raises KeyError for one that was not declared: it may not leave."""
        return {column.name: column for column in self.columns}[name]


@dataclass(frozen=True)
class Block:
    """Why a file cannot be made, or a report is not handed over: a sentence without anybody's name, and where to mend it.

    That is an address, or a `table` of the report (from 1). `waits`: a report may go all the same, with a reason.
    """

    text: str
    url: str = ""
    link: str = ""
    table: int = 0
    waits: bool = False


@dataclass(frozen=True)
class Delivery:
    """The file for the recipient: `rows` of the layout, written by `profile` (a ColumnProfile) under `name`.

    `people` are the audit_ids of those in the file. With `blocks` it is not made.
    """

    profile: Any
    name: str
    rows: Sequence[Any]
    people: tuple[uuid.UUID, ...]
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True)
class PersonPage:
    """What a report on paper says of one person, beginning on a new page."""

    title: str
    tables: tuple[Filled, ...]


@dataclass(frozen=True)
class Content:
    """A report with its rows, before rendering. `people` are the audit_ids of everyone in it."""

    about: str
    tables: tuple[Filled, ...]
    people: tuple[uuid.UUID, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()  # a few numbers on top: value, name
    pages: tuple[PersonPage, ...] = ()  # on paper; workbook and CSV have the tables
    remarks: tuple[tuple[str, str], ...] = ()  # headings with a sentence
    blocks: tuple[Block, ...] = ()  # why it may be read and not be handed over yet
    footer: str = ""
    delivery: Delivery | None = None


@dataclass(frozen=True)
class Report:
    """A report. Without `recipient` it stays inside and holds nobody.

    `period` gives the months it is about from the stored parameters, as a text for lists. `build` takes what was asked
    and starts every query at what `by` may see; it calls progress at least every 25 rows.
    """

    code: str
    title: Text
    explanation: Text
    recipient: Recipient | None
    purpose: Purpose
    roles: frozenset[Role]
    form: type[Form]
    tables: tuple[Table, ...]
    definitions: tuple[Definition, ...]
    period: Callable[[Mapping[str, str]], str]
    build: Callable[[Asked, User, Progress], Content]
    landscape: bool = False
    layout: Layout | None = None
    adds: Callable[[Mapping[str, str]], Text] = lambda _parameters: ""  # what this one holds beyond others, from the same

    def titled(self, parameters: Mapping[str, str]) -> str:
        """The title of one that was asked with these parameters."""
        return ", ".join(str(part) for part in (self.title, self.adds(parameters)) if part)

    @property
    def carries_bsn(self) -> bool:
        """Whether its file may hold a BSN: then it never goes by mail (domain/duo.md 7.2)."""
        return self.layout is not None and any(
            source.endswith(".bsn") for column in self.layout.columns for source in column.sources
        )


@functools.cache
def reports() -> dict[str, Report]:
    """Every report by its code."""
    folder = import_module("reporting.reports")
    found = [import_module(f"reporting.reports.{module.name}").REPORT for module in pkgutil.iter_modules(folder.__path__)]
    return {report.code: report for report in found}


def reports_for(user: User) -> list[Report]:
    """The reports `user` may ask for, as a list to choose from."""
    return [report for report in reports().values() if user.has_role(*report.roles)]


def stored(asked: Asked) -> dict[str, str]:
    """The cleaned data of a report's form as ids, dates and codes: what a run and a disclosure keep of the question."""
    return {name: _code(value) for name, value in asked.items() if value is not None}


def _code(value: Any) -> str:
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(getattr(value, "pk", value))

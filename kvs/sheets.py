"""The only writer of spreadsheet cells. Text is text: what somebody typed can never become a formula (LAB 13).

In xlsx the kind of a cell is said aloud, so a name that begins with "=" stays a name. CSV knows no kinds: there a
leading sign that spreadsheet programs calculate with gets an apostrophe before it (OWASP, CSV injection).
"""

import csv
import datetime as dt
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Cell = str | int | Decimal | dt.date | None

CALCULATES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the wide forms of Asian keyboards too
QUOTING: dict[str, Literal[0, 1, 3]] = {"none": csv.QUOTE_NONE, "needed": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL}
LONGEST_TEXT = 32_767  # characters in a cell of xlsx
LONGEST_NAME = 31  # characters in the name of a sheet
MADE_ON = dt.datetime(2000, 1, 1)  # noqa: DTZ001  # xlsx demands a moment; a fixed one tells nothing and keeps files equal


@dataclass(frozen=True)
class Sheet:
    """A table: its name, its heads and its rows, each as long as the heads. Numbers are Decimal or int, never float."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def write_xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook without formulas, links and document properties. Raises ValueError for a text beyond LONGEST_TEXT."""
    target = io.BytesIO()
    with Workbook(target, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        book.set_properties({"created": MADE_ON})
        bold, whole, decimal = (
            book.add_format(look) for look in ({"bold": True}, {"num_format": "#,##0"}, {"num_format": "#,##0.0"})
        )
        taken: set[str] = set()
        for sheet in sheets:
            page = book.add_worksheet(_sheet_name(sheet.name, taken))
            for column, text in enumerate(sheet.head):
                _write_text(page, 0, column, text, bold)
            for number, row in enumerate(sheet.rows, start=1):
                for column, value in enumerate(row):
                    write_cell(page, number, column, value, whole, decimal)
            page.freeze_panes(1, 0)
            page.autofit(300)
    return target.getvalue()


def write_cell(page: Worksheet, row: int, column: int, value: Cell, whole: Format, decimal: Format) -> None:
    """The one place where a value becomes a cell of xlsx."""
    if isinstance(value, str):
        _write_text(page, row, column, value)
    elif isinstance(value, dt.date):
        page.write_datetime(row, column, value)
    elif value is not None:
        page.write_number(row, column, value, decimal if isinstance(value, Decimal) else whole)


def _write_text(page: Worksheet, row: int, column: int, text: str, look: Format | None = None) -> None:
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"A cell holds {LONGEST_TEXT} characters at most.")
    page.write_string(row, column, text, look)


def _sheet_name(name: str, taken: set[str]) -> str:
    """A name that xlsx accepts and that differs from those in `taken`, to which it is added."""
    known = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", name).strip(" '") or "1"
    clean, number = _cut(known, LONGEST_NAME), 2
    while clean.casefold() in taken:
        clean = f"{_cut(known, LONGEST_NAME - 4)} {number}"
        number += 1
    taken.add(clean.casefold())
    return clean


def _cut(name: str, most: int) -> str:
    """At most so many characters, cut behind a word with a sign that it goes on; one long word is cut where it must."""
    if len(name) <= most:
        return name
    part = name[:most]
    words = part.rpartition(" ")[0].rstrip(" ,;'")
    return f"{words or part[:-1]}…"


def write_csv(sheet: Sheet) -> bytes:
    """Semicolons and decimal commas, as Dutch spreadsheet programs read them; UTF-8 with the mark they recognise it by."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([harmless(text) for text in sheet.head])
    writer.writerows([_csv_value(value) for value in row] for row in sheet.rows)
    return target.getvalue().encode("utf-8-sig")


@dataclass(frozen=True)
class Dialect:
    """How a machine wants its CSV: separator, `quoting` (a key of QUOTING), codec of Python, end of a line."""

    separator: str
    quoting: str
    encoding: str
    line_end: str


def write_for_machine(rows: Sequence[Sequence[str]], dialect: Dialect) -> bytes:
    """Cells exactly as they are, heads included.

    Raises ValueError for a cell that a spreadsheet program would calculate with (text of people goes through `harmless`
    first), for one the encoding lacks (UnicodeEncodeError), and for one that would fall apart without quotes.
    """
    for row in rows:
        for cell in row:
            if cell.startswith(CALCULATES):
                raise ValueError("A cell begins with a sign that spreadsheet programs calculate with.")
    target = io.StringIO(newline="")
    writer = csv.writer(
        target, delimiter=dialect.separator, quoting=QUOTING[dialect.quoting], lineterminator=dialect.line_end, strict=True
    )
    try:
        writer.writerows(rows)
    except csv.Error as problem:
        raise ValueError("A cell holds the separator, and the file has no quotes.") from problem
    return target.getvalue().encode(dialect.encoding)


def _csv_value(value: Cell) -> str | int:
    if isinstance(value, str):
        return harmless(value)
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    return value if isinstance(value, int) else value.isoformat() if value else ""


def harmless(text: str) -> str:
    """`text` for a CSV cell: an apostrophe in front when a spreadsheet program would calculate with it."""
    return f"'{text}" if text.startswith(CALCULATES) else text

"""Reading a spreadsheet that anybody may have made: in a child process with limits, so that a bomb kills only the child.

calamine ends the whole process on some files (decisions.md 6), so only the child (kvs/reading_child.py) loads it.
"""

import datetime as dt
import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_noop

from kvs import reading_child
from kvs.reading_child import SECONDS

CHILD = reading_child.__file__
Value = str | int | float | bool | dt.date | None

EMPTY = gettext_noop("This file is empty.")
TOO_MUCH = gettext_noop("This file is too large to read safely. Keep only the sheet with the people, at most 50,000 rows.")
DAMAGED = gettext_noop("This file is damaged. Open it, and save it again as xlsx.")
NO_ROWS = gettext_noop("There are no rows in this file.")
SENTENCES = {  # by what the child answers
    "too_much": TOO_MUCH,
    "damaged": DAMAGED,
    "locked": gettext_noop("This file is protected with a password. Save it without a password."),
    "macros": gettext_noop("This file has macros. Save it as xlsx without macros."),
    "merges": gettext_noop("This file has too many merged cells. Copy only the values to a new sheet."),
    "no_spreadsheet": gettext_noop("This is no spreadsheet. Save it as xlsx, xls, ods or csv."),
    "is_xlsx": gettext_noop("This is an Excel workbook, but its name does not end in .xlsx. Open it, and save it as xlsx."),
    "is_xls": gettext_noop("This is an older Excel workbook, but its name does not end in .xls. Open it, and save it as xlsx."),
    "is_ods": gettext_noop("This is an OpenDocument sheet, but its name does not end in .ods. Open it, and save it as ods."),
    "is_csv": gettext_noop("This is plain text, but its name does not end in .csv. Open it, and save it as xlsx or csv."),
}


class Unreadable(Exception):
    """A file that is not read. Its text is a message id: one sentence that says what to do."""


@dataclass
class Sheet:
    """A sheet: every row as long as its last filled cell. Rows count from 0, as in `rows`."""

    name: str
    rows: list[list[Value]] = field(default_factory=list)
    hidden: bool = False


def read_workbook(content: bytes, name: str) -> list[Sheet]:
    """The sheets of a spreadsheet (xlsx, xls, ods, csv). Raises Unreadable, in less than ten seconds."""
    if not content.strip(b"\x00 \r\n\t"):
        raise Unreadable(EMPTY)
    ending = re.sub(r"[^a-z]", "", name.rpartition(".")[2].lower())[:5]
    command = [sys.executable, "-I", "-B", CHILD, ending]
    try:
        child = subprocess.run(  # noqa: S603  # our own file; nothing of the other is in the command but these letters
            command, input=content, capture_output=True, timeout=SECONDS + 1, cwd="/", check=False, env={"PATH": ""}
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(TOO_MUCH) from None
    if child.returncode:  # a signal: a limit was reached; else the library met something it does not know
        raise Unreadable(TOO_MUCH if child.returncode < 0 else DAMAGED)
    answer = json.loads(child.stdout)
    if "problem" in answer:
        raise Unreadable(SENTENCES[answer["problem"]])
    sheets = [_sheet(found) for found in answer["sheets"]]
    if not any(sheet.rows for sheet in sheets):
        raise Unreadable(NO_ROWS)
    return sheets


def _sheet(found: dict[str, Any]) -> Sheet:
    return Sheet(found["name"], [[_value(cell) for cell in row] for row in found["rows"]], found["hidden"])


def _value(cell: Any) -> Value:
    if isinstance(cell, dict):
        return dt.date.fromisoformat(cell["date"])
    known: Value = cell
    return known

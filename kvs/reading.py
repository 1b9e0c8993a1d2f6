"""Reading a spreadsheet that anybody may have made: in a child process with limits, so that a bomb kills only the child.

calamine ends the whole process on some files (decisions.md 6), so only the child (kvs/reading_child.py) loads it.
"""

import datetime as dt
import io
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_noop

from kvs.environment import PROJECT
from kvs.reading_child import SECONDS

Value = str | int | float | bool | dt.date | None

LARGEST_UNPACKED = 200 * 1024 * 1024  # bytes of all parts of a workbook together
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

EMPTY = gettext_noop("This file is empty.")
NO_SPREADSHEET = gettext_noop("This is no spreadsheet. Save it as xlsx, xls, ods or csv.")
WRONG_NAME = gettext_noop("The end of the file's name does not fit its content. Open it, and save it as xlsx, xls, ods or csv.")
LOCKED = gettext_noop("This file is protected with a password. Save it without a password.")
MACROS = gettext_noop("This file has macros. Save it as xlsx without macros.")
TOO_MUCH = gettext_noop("This file is too large to read safely. Keep only the sheet with the people, at most 50,000 rows.")
DAMAGED = gettext_noop("This file is damaged. Open it, and save it again as xlsx.")
NO_ROWS = gettext_noop("There are no rows in this file.")


class Unreadable(Exception):
    """A file that is not read. Its text is a message id: one sentence that says what to do."""


@dataclass
class Sheet:
    """A sheet: every row as long as its last filled cell. Rows count from 0, as in `rows`."""

    name: str
    rows: list[list[Value]] = field(default_factory=list)
    hidden: bool = False


def read_workbook(content: bytes, name: str) -> list[Sheet]:
    """The sheets of a spreadsheet (xlsx, xls, ods, csv). Raises Unreadable, in at most about ten seconds."""
    kind = _kind(content, name)
    command = [sys.executable, "-m", "kvs.reading_child", kind]
    try:
        child = subprocess.run(  # noqa: S603  # our own module; nothing of the file is in the command
            command, input=content, capture_output=True, timeout=SECONDS + 1, cwd=PROJECT, check=False, env={"PATH": ""}
        )
    except subprocess.TimeoutExpired:
        raise Unreadable(TOO_MUCH) from None
    if child.returncode:  # a signal: a limit was reached; else the library met something it does not know
        raise Unreadable(TOO_MUCH if child.returncode < 0 else DAMAGED)
    answer = json.loads(child.stdout)
    if "problem" in answer:
        raise Unreadable({"locked": LOCKED, "damaged": DAMAGED}.get(answer["problem"], TOO_MUCH))
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


def _kind(content: bytes, name: str) -> str:
    """What the content is, by its first bytes, not by its name. Raises Unreadable."""
    if not content.strip(b"\x00 \r\n\t"):
        raise Unreadable(EMPTY)
    ending = name.rpartition(".")[2].lower()
    if content.startswith(ZIP):
        found = _kind_of_zip(content)
    elif content.startswith(OLE):
        found = "xls"
    elif _is_no_text(content):
        raise Unreadable(NO_SPREADSHEET)
    else:
        found = "csv"
    fitting = {"xlsx": ("xlsx", "xlsm"), "ods": ("ods",), "xls": ("xls", "xlsx"), "csv": ("csv", "txt", "tsv")}
    if ending not in fitting[found]:
        raise Unreadable(WRONG_NAME)
    return found


def _is_no_text(content: bytes) -> bool:
    """Zeros where no UTF-16 is announced, or the beginning of a PDF, RTF, web page or XML."""
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return (b"\x00" in content[:4096] and not wide) or bool(re.match(rb"\s*(%PDF|\{\\rtf|<)", content[:200]))


def _kind_of_zip(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Unreadable(DAMAGED) from None
    names = {part.filename for part in parts}
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED or len(parts) > 5000:
        raise Unreadable(TOO_MUCH)
    if any(name.lower().endswith(("vbaproject.bin", "/script-lc.xml")) for name in names):
        raise Unreadable(MACROS)
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable(LOCKED)
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names:
        return "ods"
    raise Unreadable(NO_SPREADSHEET)

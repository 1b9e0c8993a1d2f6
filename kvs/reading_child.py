"""The child that reads a spreadsheet: bytes in, JSON out, under limits. No Django, and the only file that knows calamine.

All that looks into the file happens here, the table of contents of a zip too: 400,000 parts would fill the parent.
"""

import csv
import datetime as dt
import io
import json
import math
import re
import resource
import sys
import zipfile
from collections import Counter
from typing import Any

SECONDS, MEMORY = 8, 300 * 1024 * 1024
LARGEST_UNPACKED, MOST_PARTS = 200 * 1024 * 1024, 5000  # bytes of all parts of a workbook together; a bomb may lie about them
LARGEST_ANSWER = 64 * 1024 * 1024  # characters; the parent has to hold them
MOST_ROWS, MOST_COLUMNS, MOST_SHEETS, MOST_MERGES = 50_000, 300, 60, 10_000
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENDINGS = {"xlsx": ("xlsx", "xlsm"), "ods": ("ods",), "xls": ("xls",), "csv": ("csv", "txt", "tsv")}
# Names of parts in the older Office files, as they stand there: of one with a password, and of the macros of an xls.
ENCRYPTED, XLS_MACROS = ("EncryptedPackage".encode("utf-16-le"), "_VBA_PROJECT_CUR".encode("utf-16-le"))
DELIMITERS = (";", ",", "\t", "|")


class Refused(Exception):
    """Not read. Its text is a key of kvs.reading.SENTENCES."""


def main() -> None:
    """Read what comes in under limits; what goes wrong is answered by its key."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dead child leaves no copy of what it held
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        answer = json.dumps({"sheets": _read(sys.stdin.buffer.read(), sys.argv[1])})
        if len(answer) > LARGEST_ANSWER:
            raise Refused("too_much")  # beside the other that ends here
    except Refused as problem:
        answer = json.dumps({"problem": str(problem)})
    except MemoryError:
        answer = json.dumps({"problem": "too_much"})
    sys.stdout.write(answer)


def _read(content: bytes, ending: str) -> list[dict[str, Any]]:
    kind = _kind(content)
    if ending not in ENDINGS[kind]:
        raise Refused(f"is_{kind}")
    return _read_csv(content) if kind == "csv" else _read_book(content)


# --- what the content is, by its first bytes and parts, not by its name


def _kind(content: bytes) -> str:
    if content.startswith(ZIP):
        return _kind_of_zip(content)
    if content.startswith(OLE):
        if ENCRYPTED in content:
            raise Refused("locked")
        if XLS_MACROS in content:
            raise Refused("macros")
        return "xls"
    if _is_no_text(content):
        raise Refused("no_spreadsheet")
    return "csv"


def _is_no_text(content: bytes) -> bool:
    """Zeros where no UTF-16 is announced, or the beginning of a PDF, RTF, web page or XML."""
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return (b"\x00" in content[:4096] and not wide) or bool(re.match(rb"\s*(%PDF|\{\\rtf|<)", content[:200]))


def _kind_of_zip(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise Refused("damaged") from None
    names = {part.filename for part in parts}
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED or len(parts) > MOST_PARTS:
        raise Refused("too_much")
    if any(name.lower().endswith(("vbaproject.bin", "/script-lc.xml")) for name in names):
        raise Refused("macros")
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("locked")
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "content.xml" in names:
        return "ods"
    raise Refused("no_spreadsheet")


# --- workbooks


def _read_book(content: bytes) -> list[dict[str, Any]]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum  # noqa: PLC0415

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        found = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet][:MOST_SHEETS]
        return [_read_sheet(book, sheet.name, hidden=sheet.visible != SheetVisibleEnum.Visible) for sheet in found]
    except PasswordError:
        raise Refused("locked") from None
    except (CalamineError, ValueError, OSError):
        raise Refused("damaged") from None


def _read_sheet(book: Any, name: str, *, hidden: bool) -> dict[str, Any]:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height > MOST_ROWS or sheet.total_width > MOST_COLUMNS:
        raise Refused("too_much")
    merges = sheet.merged_cell_ranges or []
    if len(merges) > MOST_MERGES:
        raise Refused("merges")
    rows = [[_plain(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    _fill_down(rows, merges)
    return {"name": name, "hidden": hidden, "rows": [_cut(row) for row in rows]}


def _fill_down(rows: list[list[Any]], merges: list[Any]) -> None:
    """What is merged over several rows holds for each of them (a group name beside its people). Not sideways: a remark
    merged over a whole row would become somebody's name, birth date and all.
    """
    for (top, left), (bottom, _right) in merges:
        if top < len(rows) and left < len(rows[top]):
            for row in rows[top + 1 : bottom + 1]:
                row[left] = rows[top][left]


def _plain(cell: Any) -> Any:
    if isinstance(cell, dt.datetime):
        return {"date": cell.date().isoformat()}
    if isinstance(cell, dt.date):
        return {"date": cell.isoformat()}
    if isinstance(cell, dt.time | dt.timedelta):
        return str(cell)
    if isinstance(cell, float) and not math.isfinite(cell):
        return str(cell)  # JSON and whole numbers know no infinity
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    return cell


def _cut(row: list[Any]) -> list[Any]:
    while row and row[-1] in ("", None):
        row.pop()
    return row


# --- csv


def _read_csv(content: bytes) -> list[dict[str, Any]]:
    text = _decoded(content)
    csv.field_size_limit(100_000)
    rows: list[list[Any]] = []
    try:
        told = re.match(r"sep=(.)\r?\n", text)  # for Excel; no row of the file
        text, delimiter = (text[told.end() :], told[1]) if told else (text, _delimiter(text))
        for row in _lines(text, delimiter):
            if len(row) > MOST_COLUMNS and len(_cut(row)) > MOST_COLUMNS:
                raise Refused("too_much")
            rows.append(_cut(row))
            if len(rows) > MOST_ROWS:
                raise Refused("too_much")
    except csv.Error:
        raise Refused("damaged") from None
    return [{"name": "csv", "hidden": False, "rows": rows}]


def _lines(text: str, delimiter: str) -> Any:
    return csv.reader(io.StringIO(text, newline=None), delimiter=delimiter)


def _delimiter(text: str) -> str:
    """The sign that cuts the first lines into equally many pieces; commas in addresses do not."""
    head = "\n".join(text[:200_000].splitlines()[:40])

    def evenness(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in _lines(head, delimiter) if row]
        except csv.Error:
            return 0, 0
        width, count = Counter(widths).most_common(1)[0] if widths else (0, 0)
        return (count / len(widths), width) if width > 1 else (0, 0)

    return max(DELIMITERS, key=evenness)


def _decoded(content: bytes) -> str:
    """Text as Excel and others write it: UTF-8 with or without mark, UTF-16 with one, else Windows-1252 or an old Mac's."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", *(("mac_roman",) if _is_mac(content) else ()), "cp1252")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _is_mac(content: bytes) -> bool:
    """Letters with accents lie between 80 and 9F on a Mac and from C0 on in Windows, where 80 to 9F is rare between letters.

    Left out: the quotes and dashes of Windows (85, 91 to 97).
    """
    mac = len(re.findall(rb"[a-z][\x80-\x84\x86-\x90\x98-\x9f]|[\x80-\x84\x86-\x90\x98-\x9f][a-z]", content))
    return mac > len(re.findall(rb"[a-z][\xc0-\xff]|[\xc0-\xff][a-z]", content))


if __name__ == "__main__":
    main()

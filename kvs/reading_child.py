"""The child that parses a spreadsheet: bytes in, JSON out, under limits. No Django, and the only file that knows calamine."""

import csv
import datetime as dt
import io
import json
import resource
import sys
from typing import Any

SECONDS, MEMORY = 9, 300 * 1024 * 1024
MOST_ROWS, MOST_COLUMNS, MOST_SHEETS, MOST_MERGES = 50_000, 300, 60, 10_000
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the name of the part in an Office file with a password
DELIMITERS = (";", ",", "\t", "|")


class Refused(Exception):
    """Not parsed: "locked", "damaged" or "too_much"."""


def main() -> None:
    """Parse what comes in under limits; what goes wrong is answered as a sentence."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        content = sys.stdin.buffer.read()
        sheets = _read_csv(content) if sys.argv[1] == "csv" else _read_book(content)
        answer: dict[str, Any] = {"sheets": sheets}
    except Refused as problem:
        answer = {"problem": str(problem)}
    except MemoryError:
        answer = {"problem": "too_much"}
    json.dump(answer, sys.stdout)


def _read_book(content: bytes) -> list[dict[str, Any]]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum  # noqa: PLC0415

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        found = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet][:MOST_SHEETS]
        return [_read_sheet(book, sheet.name, hidden=sheet.visible != SheetVisibleEnum.Visible) for sheet in found]
    except PasswordError:
        raise Refused("locked") from None
    except (CalamineError, ValueError, OSError):
        raise Refused("locked" if ENCRYPTED in content else "damaged") from None


def _read_sheet(book: Any, name: str, *, hidden: bool) -> dict[str, Any]:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height > MOST_ROWS or sheet.total_width > MOST_COLUMNS:
        raise Refused("too_much")
    merges = sheet.merged_cell_ranges or []
    if len(merges) > MOST_MERGES:
        raise Refused("too_much")
    rows = [[_plain(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    return {"name": name, "hidden": hidden, "rows": [_cut(row) for row in rows]}


def _plain(cell: Any) -> Any:
    if isinstance(cell, dt.datetime):
        return {"date": cell.date().isoformat()}
    if isinstance(cell, dt.date):
        return {"date": cell.isoformat()}
    if isinstance(cell, dt.time | dt.timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return int(cell)
    return cell


def _cut(row: list[Any]) -> list[Any]:
    while row and row[-1] in ("", None):
        row.pop()
    return row


def _read_csv(content: bytes) -> list[dict[str, Any]]:
    text = _decoded(content)
    head = "\n".join(text.splitlines()[:20])
    delimiter = max(DELIMITERS, key=head.count)
    csv.field_size_limit(100_000)
    rows: list[list[Any]] = []
    try:
        for row in csv.reader(io.StringIO(text), delimiter=delimiter):
            rows.append(_cut(list(row)))
            if len(rows) > MOST_ROWS or len(row) > MOST_COLUMNS:
                raise Refused("too_much")
    except csv.Error:
        raise Refused("damaged") from None
    return [{"name": "csv", "hidden": False, "rows": rows}]


def _decoded(content: bytes) -> str:
    """Text as Excel and others write it: UTF-8 with or without mark, UTF-16 with one, else Windows-1252."""
    for encoding in ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


if __name__ == "__main__":
    main()

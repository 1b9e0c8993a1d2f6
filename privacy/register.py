"""The processing register as a frozen copy, and the differences between two copies in words. Nothing here changes a table."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from reporting import processing
from reporting.reports import processing_register
from reporting.reports.processing_register import DATA, PURPOSES, RECIPIENTS, STORES

# The name of each part in a stored copy -> its table: what the columns are called, and that the first one names a row.
PARTS = {"purposes": PURPOSES, "data": DATA, "recipients": RECIPIENTS, "stores": STORES}
REMARKS = "remarks"
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Change:
    """What became of one row: `kind` is "added", "removed" or "changed"; `fields` are (column, before, after)."""

    part: str
    row: str
    kind: str
    fields: tuple[tuple[str, str, str], ...] = ()


def rows_now() -> Rows:
    """The register of this moment, in Dutch, as it is stored."""
    with translation.override(settings.LANGUAGE_CODE):
        known = processing.subjects()
        tables = processing_register.filled(known)
        rows: Rows = {part: [asdict(row) for row in filled.rows] for part, filled in zip(PARTS, tables, strict=True)}
        rows[REMARKS] = [{"remark": title, "text": text} for title, text in processing_register.remarks(known).items()]
    return rows


def digest(rows: Rows) -> str:
    """SHA-256 (hex) of the rows; the order of rows and of columns does not count."""
    ordered = {part: sorted(lines, key=lambda line: json.dumps(line, sort_keys=True)) for part, lines in rows.items()}
    return hashlib.sha256(json.dumps(ordered, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def differences(before: Rows, after: Rows) -> list[Change]:
    """The rows that were added, removed or changed, by part."""
    return [change for part in _parts(before, after) for change in _part(part, before.get(part, []), after.get(part, []))]


def _parts(*copies: Rows) -> list[str]:
    """The parts of these copies in the order of the register: PostgreSQL keeps no order of keys (jsonb)."""
    found = {part for copy in copies for part in copy}
    return [part for part in (*PARTS, REMARKS) if part in found] + sorted(found - {*PARTS, REMARKS})


def _part(part: str, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Iterator[Change]:
    old, new = ({_name(part, line): line for line in lines} for lines in (before, after))
    title = part_title(part)
    for name in new:
        if name not in old:
            yield Change(title, name, "added")
        elif fields := _fields(part, old[name], new[name]):
            yield Change(title, name, "changed", fields)
    for name in old:
        if name not in new:
            yield Change(title, name, "removed")


def _name(part: str, line: dict[str, Any]) -> str:
    """What a row is called: its first column."""
    return str(line.get(_columns(part, line)[0], ""))


def _columns(part: str, line: dict[str, Any]) -> list[str]:
    """The columns of a row in the order of the register; behind them those this version of the software no longer has."""
    known = [column.name for column in PARTS[part].columns] if part in PARTS else ["remark", "text"]
    return [name for name in known if name in line] + sorted(set(line) - set(known))


def _fields(part: str, old: dict[str, Any], new: dict[str, Any]) -> tuple[tuple[str, str, str], ...]:
    changed = [name for name in _columns(part, {**old, **new}) if old.get(name) != new.get(name)]
    return tuple((column_title(part, name), _text(old.get(name)), _text(new.get(name))) for name in changed)


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def part_title(part: str) -> str:
    """What people call a part of the register."""
    return str(PARTS[part].title) if part in PARTS else _("Further")


def column_title(part: str, name: str) -> str:
    """What people call a column; its stored name when this version of the software no longer has it."""
    heads = {column.name: str(column.head) for column in PARTS[part].columns} if part in PARTS else {}
    return heads.get(name) or {"remark": _("What"), "text": _("Text")}.get(name, name)


def as_tables(rows: Rows) -> list[dict[str, Any]]:
    """A stored copy as tables for a page: title, heads and lines."""
    found = []
    for part in _parts(rows):
        names = _columns(part, {name: None for line in rows[part] for name in line})
        heads = [column_title(part, name) for name in names]
        lines = [[line.get(name, "") for name in names] for line in rows[part]]
        found.append({"title": part_title(part), "heads": heads, "lines": lines})
    return found

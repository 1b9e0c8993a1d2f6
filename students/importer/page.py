"""What a check found, as the page shows it, with what was decided meanwhile."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kvs.importing import Kind
from students.actions.imports import Choice
from students.importer.columns import NAMING, TOGETHER


def said(message: str) -> str:
    """A message id in the language of the reader; nothing stays nothing."""
    return _(message) if message else ""


def offered(kind: str, offer: str) -> str:
    """A proposal in words: "3 apr 1988", "Year of birth 1990, day and month unknown", or the message it is."""
    parts = offer.split("-")
    if kind not in TOGETHER or len(parts) != 3 or not parts[0].isdigit():
        return said(offer)
    year, month, day = (int(part) if part else 0 for part in parts)
    if month and day:
        return date_format(dt.date(year, month, day))
    if month:
        return _("%(month)s, day unknown") % {"month": date_format(dt.date(year, month, 1), "F Y")}
    return _("Year of birth %(year)d, day and month unknown") % {"year": year}


def shown(kind: str, text: str) -> str:
    """What a cell says; of a BSN only how many digits and how it ends."""
    if kind != Kind.BSN.value or ":" not in text:
        return text or _("empty")
    count, end = text.split(":")
    words = ngettext("%(count)d digit, ends in %(end)s", "%(count)d digits, ends in %(end)s", int(count))
    return words % {"count": int(count), "end": end}


def _numbers(rows: Sequence[int]) -> str:
    """ "3, 17, 40"; the first hundred."""
    more = _(" and %(count)d more") % {"count": len(rows) - 100} if len(rows) > 100 else ""
    return ", ".join(map(str, rows[:100])) + more


class Check:
    """The findings of a file. Rows count once: refused before open before ready."""

    def __init__(self, findings: Mapping[str, Any], choices: Mapping[str, Choice]) -> None:
        self.found, self.choices = findings, choices
        cells: list[dict[str, Any]] = findings["cells"]
        left_out = {cell["row"] for cell in cells if cell["kind"] == "row" and choices.get(cell["cell"]) == ["accept"]}
        self.cells = [cell for cell in cells if cell["kind"] == "row" or cell["row"] not in left_out]
        self.columns: list[dict[str, Any]] = [self._column(column) for column in findings["columns"]]
        self.mapping: dict[str, str] = findings["mapping"]
        self.no_ground: list[int] = findings["no_ground"]
        self.no_law: list[int] = findings.get("no_law", [])
        self.asks_law = "law" not in self.mapping.values()
        self.unchanged: int = findings["unchanged"]
        self.head_row: int | None = findings["head_row"]
        self.rows = len(findings["rows"]) - len(left_out)
        self.named = bool(set(NAMING) & set(self.mapping.values()))
        refused = {cell["row"] for cell in self.cells if cell["refused"]} if self.named else set(findings["rows"])
        self.refused = len(refused)
        self.open = len({cell["row"] for cell in self.cells if cell["cell"] not in choices} - refused)
        self.ready = self.rows - self.refused - self.open

    def _column(self, column: Mapping[str, Any]) -> dict[str, Any]:
        sure = (_("unknown"), _("perhaps"), _("likely"), _("sure"))[column["certainty"]]
        samples = column["samples"]
        if column["numbers"]:
            good, count = column["numbers"]
            samples = _("9 digits, %(good)d of %(count)d are right") % {"good": good, "count": count}
        return {**column, "sure": sure, "because": said(column["because"]), "samples": samples}

    @property
    def sheets(self) -> list[dict[str, Any]]:
        """The sheets of the file; one is chosen."""
        return [{**sheet, "chosen": number == self.found["sheet"]} for number, sheet in enumerate(self.found["sheets"])]

    @property
    def free_text(self) -> str:
        """The columns in which anything may stand: "H (Opmerkingen), K"."""
        found = [column for column in self.columns if column.get("free_text")]
        return ", ".join(f"{it['letter']} ({it['head']})" if it["head"] else it["letter"] for it in found)

    @property
    def used(self) -> int:
        """How many columns come along."""
        return len(self.mapping)

    @property
    def no_ground_text(self) -> str:
        """The rows whose BSN stays behind."""
        return _numbers(self.no_ground)

    @property
    def no_law_text(self) -> str:
        """The rows that come in without a programme."""
        return _numbers(self.no_law)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Every cell that asks, also when it was decided: it stays in its place. Without names only why rows are refused."""
        return [self._line(cell) for cell in self.cells if self.named or cell["refused"]]

    def _line(self, cell: Mapping[str, Any]) -> dict[str, Any]:
        about = f" ({cell['about']})" if cell["about"] else ""
        line = {**cell, "why": said(cell["why"]) + about, "offer": offered(cell["kind"], cell["offer"])}
        line["shown"] = shown(cell["kind"], cell["shown"])
        if choice := self.choices.get(cell["cell"]):
            line["decided"] = {
                "accept": _("Left out") if cell["kind"] == "row" else _("Accepted"),
                "empty": _("Left empty"),
                "new": _("A person") if cell["kind"] == "row" else _("Somebody else"),
                "value": _("Changed"),
            }.get(choice[0], "")
            if choice[0] == "value" and cell["kind"] != "bsn":
                line["offer"] = choice[1]
        return line

    def find(self, name: str) -> dict[str, Any] | None:
        """The cell of this name that may be decided on."""
        found = (cell for cell in self.cells if cell["cell"] == name and not cell["refused"])
        cell = next(found, None)
        return self._line(cell) | {"column": cell["column"], "code": self._code(cell)} if cell else None

    def _code(self, cell: Mapping[str, Any]) -> str:
        return self.mapping.get(str(cell["column"]), "")

    def together(self, kind: str) -> list[dict[str, Any]]:
        """Open cells of a kind that may be accepted together and have something to accept."""
        if kind != "dates":
            return []
        open_ones: Iterable[dict[str, Any]] = (cell for cell in self.cells if cell["cell"] not in self.choices)
        return [cell for cell in open_ones if cell["kind"] in TOGETHER and cell["value"] and not cell["refused"]]

    @property
    def kinds_together(self) -> list[tuple[str, str]]:
        """Buttons that accept many at once, with their words."""
        count = len(self.together("dates"))
        if count < 2:
            return []
        return [("dates", ngettext("Accept %(count)d date", "Accept the %(count)d dates", count) % {"count": count})]

    def place(self, name: str, page: int) -> str:
        """The end of the address at which a cell is in view."""
        names = [cell["cell"] for cell in self.cells]
        number = names.index(name) // page + 1 if name in names else 1
        return f"?pagina={number}#keuzes" if number > 1 else "#keuzes"

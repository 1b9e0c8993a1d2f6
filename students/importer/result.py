"""The workbook of what needs a person after an import: which cell, why, what to do. Never a BSN."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import override

from kvs import sheets
from kvs.importing import Kind
from students.importer.check import Understood
from students.importer.columns import BY_CODE
from students.importer.page import offered, said
from students.importer.rows import cell_name, letters
from students.models import ImportRun

LANGUAGE = "nl"  # of every workbook, like that of every report


def workbook(run: ImportRun, understood: Sequence[Understood], mapping: Mapping[str, str]) -> bytes:
    """Rows that stayed out and cells that were left empty, as xlsx."""
    asked = {each.intake.number: each for each in understood}
    with override(LANGUAGE):
        head = [_("Row"), _("Cell"), _("Column"), _("In your file"), _("Why"), _("What to do"), _("Student number")]
        lines: list[list[sheets.Cell]] = []
        written = run.rows.exclude(problems=[]).order_by("number").values_list("number", "problems", "outcome", "student__number")
        for number, problems, outcome, student in written:
            for column, why in problems:
                code = mapping.get(str(column), "") if column is not None else ""
                shown, offer = _of_cell(asked.get(number), column, code)
                todo = offer if outcome in ("open", "refused") else _("Look at the student and fill it in by hand.")
                label = str(BY_CODE[code].label) if code else ""
                title = f"{letters(column)} {label}".strip() if column is not None else ""
                lines.append([number, cell_name(column, number), title, shown, said(why), todo, student or ""])
        return sheets.write_xlsx([sheets.Sheet(_("To do"), head, lines)])


def _of_cell(each: Understood | None, column: int | None, code: str) -> tuple[str, str]:
    """What the cell said and what was proposed. A BSN is not repeated."""
    found = next((ask for ask in each.asks if ask.column == column), None) if each else None
    if found is None:
        return "", _("Mend it in your file and import again.")
    if code and BY_CODE[code].kind is Kind.BSN:
        return "", said(found.offer)
    return found.shown, offered(found.kind, found.offer)

"""The files of a copy: a PDF to read, JSON with its schema for machines, CSV to take along, the stored files, in one zip."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.apps import apps
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from kvs import catalogue
from kvs.catalogue import Category, Purpose, Recipient
from kvs.files import open_file
from kvs.models import Organisation
from kvs.pdf import make_pdf
from kvs.retention import as_kept, chosen_periods
from kvs.sheets import Sheet, write_csv
from kvs.templatetags.kvs import kept
from kvs.terms import Period, Source
from privacy.export.gather import Cell, Everything, Table
from privacy.export.words import is_person_id, title_of
from reporting.processing import once

SCHEMA = Path(__file__).with_name("gegevens.schema.json")
FORMAT = "kvs-gegevens-1"  # a change that breaks readers is a new number, and a new schema
PAPER_ROWS = 100  # of one table on paper, the newest; all are in the files. More pages take longer than people wait
BLOCK_ROWS = 3  # so few rows read better below each other than in a table
STYLESHEET = "paper.css"
LOG = ("kvs.AccessEvent", ("at", "viewer_role", "kind", "reason"))


def access_zip(everything: Everything) -> bytes:
    """Everything, AVG art. 15. Raises kvs.pdf.PdfUnavailable without Pango."""
    parts = {
        "overzicht.pdf": make_pdf(overview_page(everything), STYLESHEET),
        **portable_parts(everything),
        "gegevens.json": to_json(everything, everything.tables),
        "wie-keek.csv": access_log(everything),
        **{found.place: open_file(found.file) for found in everything.files if found.place},
    }
    return zipped(parts)


def portability_zip(everything: Everything) -> bytes:
    """What somebody takes along to another school, AVG art. 20."""
    tables = [part for table in everything.tables if (part := portable(table))]
    return zipped({**portable_parts(everything), "gegevens.json": to_json(everything, tables, acts=False)})


def zipped(parts: dict[str, bytes]) -> bytes:
    """One zip, with the schema; the moments in it say nothing."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**parts, SCHEMA.name: SCHEMA.read_bytes()}.items():
            archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


# --- for machines


def portable(table: Table) -> Table | None:
    """The part of a table that goes along; None when nothing of it does."""
    columns = [column for column in table.columns if column.portable]
    if not table.rows or all(column.category is None for column in columns):
        return None
    names = [column.name for column in columns]
    return Table(table.model, table.title, columns, [], [{name: row[name] for name in names} for row in table.rows])


def portable_parts(everything: Everything) -> dict[str, bytes]:
    """A CSV for each table of which something goes along."""
    found = [part for table in everything.tables if (part := portable(table))]
    return {f"overdraagbaar/{number:02}-{slugify(part.title)}.csv": to_csv(part) for number, part in enumerate(found, start=1)}


def to_csv(table: Table) -> bytes:
    """The words people read; text that a spreadsheet program would calculate with is made harmless."""
    rows = [[_csv_cell(row[column.name]) for column in table.columns] for row in table.rows]
    return write_csv(Sheet(table.title, [column.label for column in table.columns], rows))


def _csv_cell(cell: Cell) -> str | int:
    return cell.value if isinstance(cell.value, int) and not isinstance(cell.value, bool) and cell.text.isdigit() else cell.text


def access_log(everything: Everything) -> bytes:
    """Who looked at the person's data: moment, role, kind and reason, no names (CJEU C-579/21)."""
    model, names = LOG
    table = next((table for table in everything.tables if table.model == model), None)
    columns = [column for name in names for column in (table.columns if table else []) if column.name == name]
    rows = [row for row in (table.rows if table else []) if row["subject_audit_id"].value == _("you")]
    return to_csv(Table(model, title_of(model), columns, [], rows))


def to_json(everything: Everything, tables: list[Table], *, acts: bool = True) -> bytes:
    """All values with their words, by the published schema."""
    content = {
        "formaat": FORMAT,
        "gemaakt_op": everything.made_at.isoformat(),
        "school": _school(),
        "catalogus": catalogue.fingerprint(),
        "tabellen": [_json_table(table) for table in tables],
        "verstrekkingen": [
            {
                "aan": str(found.receiver),
                "wat": str(found.title),
                "over": found.period,
                "hoe": str(found.get_channel_display()),
                "op": found.at.isoformat(),
            }
            for found in everything.disclosures
        ],
        "bronnen": [_source(found) for found in everything.sources],
        "handelingen": [
            {
                "wat": act.title,
                "als": act.label,
                "aantal": act.count,
                **({"tabel": _json_table(act.table)} if act.table else {}),
            }
            for act in (everything.acts if acts else [])
        ],
        "bestanden": [
            {"sha256": found.file.sha256, "bytes": found.file.size, "plaats": found.place, "reden": found.reason}
            for found in everything.files
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _json_table(table: Table) -> dict[str, Any]:
    return {
        "naam": table.model,
        "titel": table.title,
        "kolommen": [
            {
                "naam": column.name,
                "titel": column.label,
                "categorie": column.category.code if column.category else None,
                "overdraagbaar": bool(column.category and column.category.portable),
            }
            for column in table.columns
        ],
        "niet_gegeven": [{"naam": name, "reden": reason} for name, _title, reason in table.withheld],
        "rijen": [
            {column.name: {"waarde": row[column.name].value, "tekst": row[column.name].text} for column in table.columns}
            for row in table.rows
        ],
    }


def _source(found: Any) -> dict[str, Any]:
    return {
        "over": str(found.get_group_display()),
        "van": found.organisation or str(found.get_source_display()),
        "sinds": found.on.isoformat(),
    }


def _school() -> str:
    return Organisation.objects.values_list("name", flat=True).first() or ""


# --- on paper


@dataclass(frozen=True)
class PaperTable:
    """The columns of one category of one table; `blocks` when rows stand below each other; `left` rows only in the files."""

    title: str
    heads: list[str]
    rows: list[list[str]]
    blocks: list[list[tuple[str, str]]]
    left: int
    withheld: list[tuple[str, str]]


@dataclass(frozen=True)
class Chapter:
    """All of one category: AVG art. 15(1)(a) to (d) and (g), then the data themselves."""

    category: Category
    purposes: tuple[Purpose, ...]
    recipients: tuple[Recipient, ...]
    sources: list[str]
    periods: list[str]
    tables: list[PaperTable]


def overview_page(everything: Everything) -> str:
    """The readable part as a page of its own."""
    context = {
        "everything": everything,
        "school": _school(),
        "made_at": timezone.localtime(everything.made_at),
        "chapters": list(_chapters(everything)),
        "acts": [
            (
                act,
                _paper(act.table.title, act.table, [column.name for column in act.table.columns if not column.technical], [])
                if act.table
                else None,
            )
            for act in everything.acts
        ],
        "name": getattr(everything.subject.person, "full_name", ""),
        "sources": [_source(found) | {"sinds": found.on} for found in everything.sources],
    }
    return render_to_string("privacy/copy.html", context)


def _chapters(everything: Everything) -> Iterator[Chapter]:
    found: dict[str, Category] = {}
    for table in everything.tables:
        for column in table.columns if table.rows else []:
            if column.category:
                found.setdefault(column.category.code, column.category)
        for name, _title, _reason in table.withheld if table.rows else []:
            category = catalogue.field_for(_model(table), name).category
            found.setdefault(category.code, category)
    chosen = chosen_periods()
    for code in found:
        yield _chapter(everything, code, chosen)


def _model(table: Table) -> Any:
    return apps.get_model(table.model)


def _chapter(everything: Everything, code: str, chosen: dict[str, Period]) -> Chapter:
    categories, tables = [], []
    for table in everything.tables:
        if not table.rows:
            continue
        own = [column for column in table.columns if column.category and column.category.code == code]
        fields = [part for part in catalogue.fields_of(_model(table)) if part.category.code == code]
        categories += [part.category for part in fields]
        hidden = {part.name for part in fields if part.category.withhold}
        withheld = [(label, reason) for name, label, reason in table.withheld if name in hidden]
        shown = [column.name for column in own if not column.technical and not _always_you(table, column.name)]
        if shown or withheld:
            tables.append(_paper(table.title, table, shown, withheld))
    return Chapter(
        category=categories[0],
        purposes=once(purpose for category in categories for purpose in category.purposes),
        recipients=once(recipient for category in categories for recipient in category.recipients),
        sources=list(dict.fromkeys(str(Source(source).label) for category in categories for source in category.sources)),
        periods=list(dict.fromkeys(kept(as_kept(category, chosen).retention) for category in categories)),
        tables=tables,
    )


def _always_you(table: Table, name: str) -> bool:
    return is_person_id(name) and all(row[name].text == _("you") for row in table.rows)


def _paper(title: str, table: Table, shown: list[str], withheld: list[tuple[str, str]]) -> PaperTable:
    """The newest rows; columns that are empty in all of them are left out, what a row belongs to stands in front."""
    rows = table.rows[-PAPER_ROWS:]
    belongs = [column.name for column in table.columns if column.category is None and not column.technical]
    names = list(dict.fromkeys([*belongs, *shown])) if shown else []
    labels = {column.name: column.label for column in table.columns}
    filled = [name for name in names if any(row[name].text for row in rows)]
    if len(rows) <= BLOCK_ROWS:
        blocks = [[(labels[name], row[name].text) for name in names if row[name].text or name in shown] for row in rows]
        return PaperTable(title, [], [], [block for block in blocks if block], 0, withheld)
    return PaperTable(
        title,
        [labels[name] for name in filled],
        [[row[name].text for name in filled] for row in rows] if filled else [],
        [],
        len(table.rows) - len(rows),
        withheld,
    )

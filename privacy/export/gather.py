"""Everything about a person, read along the catalogue: a new column joins by itself.

Rows that are about the person are handed over whole. Rows in which the person only acted are about somebody else or about
the school: of those the person gets that there are some, and of what belongs to nobody (lessons, reports) when and what.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kvs import catalogue
from kvs.catalogue import Category, NotPersonal
from kvs.drafts import CONTEXT as DRAFT_CONTEXT
from kvs.fields import unseal
from kvs.models import Draft, SealedFile, SealedFilePerson, User
from kvs.terms import Reason, Sensitivity
from privacy.export.words import ACTED, Others, as_json, is_person_id, label_of, person_behind, plain, said, title_of
from privacy.subject import Subject, about, acted, people_models
from reporting.models import Disclosure
from students.models import CaseManager, FieldSource, Student

Progress = Callable[[int, int, str], None]
GATHERING = gettext_noop("Reading everything about this person")
OF_NOBODY = (Reason.OFFER, Reason.ORGANISATION)  # columns that say which lesson, which group, which client
OWN_COPIES = "privacy.export"  # an earlier copy of everything is not copied again
DEEP = 3  # links to follow for words that say what a row belongs to


@dataclass(frozen=True)
class Column:
    """A column of a table: `category` is empty for one that only says what the row belongs to."""

    name: str  # of the column, or a path such as "lesson.day"
    label: str
    category: Category | None = None
    technical: bool = False  # in the files for machines, not on paper

    @property
    def portable(self) -> bool:
        """Whether it goes along under AVG art. 20; what says where a row belongs goes with its row."""
        return self.category is None or self.category.portable


@dataclass(frozen=True)
class Cell:
    """A value for machines and as people say it."""

    value: Any
    text: str


@dataclass
class Table:
    """Rows of one model. `withheld`: (column, label, reason) of what is not handed over."""

    model: str
    title: str
    columns: list[Column]
    withheld: list[tuple[str, str, str]] = field(default_factory=list)
    rows: list[dict[str, Cell]] = field(default_factory=list)


@dataclass(frozen=True)
class Act:
    """Rows in which the person only acted, in the part `label`; `table` holds what belongs to nobody else, if anything."""

    title: str
    label: str
    count: int
    table: Table | None


@dataclass(frozen=True)
class OwnFile:
    """A stored file with the person in it: where it lies in the copy, or why it does not."""

    file: SealedFile
    place: str
    reason: str


@dataclass
class Everything:
    """All there is to hand over."""

    subject: Subject
    made_at: dt.datetime
    tables: list[Table]
    acts: list[Act]
    files: list[OwnFile]
    disclosures: list[Disclosure]
    sources: list[FieldSource]


def gather(subject: Subject, progress: Progress) -> Everything:
    """Read everything. Raises whatever a part raises: half a copy is none."""
    others, files = Others(subject.audit_ids, of_student=isinstance(subject.person, Student)), own_files(subject)
    places = {found.file.pk: Cell(found.place or None, found.place or found.reason) for found in files}
    wanted = list(about(subject))
    tables = []
    for number, (declared, rows) in enumerate(wanted):
        progress(number, len(wanted), GATHERING)
        tables.append(_table(declared, rows, others, places))
    return Everything(
        subject=subject,
        made_at=timezone.now(),
        tables=tables,
        acts=list(_acts(subject, others)),
        files=files,
        disclosures=list(
            Disclosure.objects.standing().filter(people__audit_id__in=subject.audit_ids).select_related("client").distinct()
        ),
        sources=_sources(subject),
    )


def _sources(subject: Subject) -> list[FieldSource]:
    return list(subject.person.sources.order_by("pk")) if isinstance(subject.person, Student) else []


# --- rows about the person


def _table(declared: catalogue.Model, rows: QuerySet[Any], others: Others, places: dict[uuid.UUID, Cell]) -> Table:
    model = apps.get_model(declared.label)
    names = catalogue.exported_fields(model)
    by_name = {personal.name: personal.category for personal in declared.personal}
    context = list(_context(declared))
    table = Table(
        model=declared.label,
        title=title_of(declared.label),
        columns=[
            *(Column(".".join(path), _context_label(model, path), technical=path[-1] in TECHNICAL) for path in context),
            *(Column(name, label_of(model, name), by_name[name], _technical(model, name, by_name[name])) for name in names),
        ],
        withheld=[
            (name, label_of(model, name), str(category.withhold)) for name, category in by_name.items() if category.withhold
        ],
    )
    found = list(_reading(rows, model, names, context))
    others.learn(_ids(found, names))
    table.rows = sorted((_row(row, names, context, others, places) for row in found), key=_moment)
    return table


def _reading(rows: QuerySet[Any], model: type[Model], names: list[str], context: list[tuple[str, ...]]) -> QuerySet[Any]:
    """Only what is handed over is read: what is withheld stays sealed."""
    wanted, joined = set(names) - {"content"}, set()
    for path in context:
        wanted.add("__".join(path))
        if len(path) > 1:
            joined.add("__".join(path[:-1]))
    for name in [*names, *(path[0] for path in context if len(path) == 1)]:
        column: Any = model._meta.get_field(name)
        if not column.is_relation:
            continue
        joined.add(name)
        if column.related_model is User:
            wanted = wanted - {name} | {f"{name}__audit_id"}
        if column.related_model is CaseManager:
            joined.add(f"{name}__client")
            wanted = wanted - {name} | {f"{name}__audit_id", f"{name}__client__name"}
    assert model._meta.pk is not None
    return rows.select_related(*sorted(joined)).only(model._meta.pk.name, *sorted(wanted)).order_by(model._meta.pk.name)


def _ids(rows: list[Any], names: list[str]) -> set[uuid.UUID]:
    named = [name for name in names if is_person_id(name)]
    return {value for row in rows for name in named if (value := getattr(row, name)) is not None}


def _row(
    row: Any, names: list[str], context: list[tuple[str, ...]], others: Others, places: dict[uuid.UUID, Cell]
) -> dict[str, Cell]:
    cells = {".".join(path): _beside(row, path, others) for path in context}
    foreign = _only_acted(row, others)
    for name in names:
        if name == "content":
            cells[name] = places.get(row.file_id, Cell(None, ""))
        elif isinstance(row, Draft) and name == "data":
            cells[name] = _draft(row, others)
        elif foreign and not _harmless(type(row), name):
            cells[name] = Cell(None, _("about somebody else"))
        else:
            cells[name] = Cell(plain(row, name, others), said(row, name, others))
    return cells


# Ids of people who looked or handled. Who is complained about reads that there is a complaint, not what somebody wrote
# (AVG 15(4)).
ACTORS = ("actor_audit_id", "viewer_audit_id", "handler_audit_id", "request_handler_audit_id", "accused_audit_id")


def _only_acted(row: Any, others: Others) -> bool:
    """Whether the person is in this row as who looked, changed or reported: then what it says is about somebody else."""
    declared = catalogue.load().find(row)
    ids = [name for name in declared.pseudonyms if "__" not in name]
    about_whom = [name for name in ids if not name.endswith("by_audit_id") and name not in ACTORS]
    return bool(ids) and not declared.owners and not any(getattr(row, name) in others.own for name in about_whom)


def _draft(row: Draft, others: Others) -> Cell:
    """What was typed, opened; of a colleague only that it is there, for it is about the people she works for."""
    if not others.of_student:
        return Cell(None, _("a form of your work; it is about others and is destroyed within the hour"))
    typed = unseal(row.data, DRAFT_CONTEXT)
    return Cell(typed, typed)


def _harmless(model: type[Model], name: str) -> bool:
    """Whether the column of a row about somebody else says nothing about that person: a moment, a choice, a role."""
    column: Any = model._meta.get_field(name)
    return bool(isinstance(column, models.DateField) or column.choices or is_person_id(name) or name == "model")


def _technical(model: type[Model], name: str, category: Category) -> bool:
    """Whether only machines have use for it: search keys, digests, numbers of rows."""
    column: Any = model._meta.get_field(name)
    kinds = (models.JSONField, models.BinaryField)
    ids = isinstance(column, models.UUIDField | ArrayField) and not is_person_id(name) and name in ("locations",)
    return bool(isinstance(column, kinds) or ids or category.index_of or name in TECHNICAL)


TECHNICAL = frozenset(
    {
        *("sort_key", "search_text", "sha256", "object_pk", "bound_to", "path_hash", "key"),
        *("payer", "payer_called", "identity"),
        *("code", "day", "capacity", "planned_minutes", "room", "municipality_code", "cancelled", "city"),
    }
)


def _moment(cells: dict[str, Cell]) -> str:
    """What rows are sorted by: the first day or moment in them."""
    values = (cell.value for cell in cells.values())
    return next((value for value in values if isinstance(value, str) and value[:4].isdigit() and value[4:5] == "-"), "")


# --- which lesson, which group, who decided: what a row points to


def _context(declared: catalogue.Model, deep: int = 0) -> Iterator[tuple[str, ...]]:
    """Paths to columns that say what a row belongs to: of its links, those that are about nobody; and to who acted."""
    model = apps.get_model(declared.label)
    for linked in declared.fields:
        column: Any = model._meta.get_field(linked.name)
        if not (isinstance(linked, NotPersonal) and linked.because is Reason.LINK):
            continue
        if not (column.many_to_one or column.one_to_one):
            continue
        target = column.related_model
        if target in people_models():
            if not deep and linked.name not in declared.owners and linked.name in declared.actors:
                yield (linked.name,)
            continue
        other = catalogue.load().find(target)
        offers = [part.name for part in other.fields if isinstance(part, NotPersonal) and part.because in OF_NOBODY]
        if offers:
            yield from ((linked.name, name) for name in offers)
        elif deep < DEEP:
            yield from ((linked.name, *path) for path in _context(other, deep + 1))


def _context_label(model: type[Model], path: tuple[str, ...]) -> str:
    here: Any = model
    for step in path[:-1]:
        here = here._meta.get_field(step).related_model
    column = here._meta.get_field(path[-1])
    if len(path) == 1:
        return str(ACTED.get(path[0], column.verbose_name))
    return f"{title_of(here._meta.label)}: {column.verbose_name}"


def _beside(row: Any, path: tuple[str, ...], others: Others) -> Cell:
    here = row
    for step in path[:-1]:
        here = getattr(here, step)
        if here is None:
            return Cell(None, "")
    value = getattr(here, path[-1])
    if value is None:
        return Cell(None, "")
    if isinstance(value, Model):
        word = person_behind(value, others)
        return Cell(word, word)
    return Cell(as_json(value), said(here, path[-1], others))


# --- rows in which the person acted


def _acts(subject: Subject, others: Others) -> Iterator[Act]:
    for declared, path, rows in acted(subject):
        if number := rows.count():
            table = None if declared.owners or declared.pseudonyms else _of_nobody(declared, rows, others)
            yield Act(title_of(declared.label), str(ACTED.get(path, path)), number, table)


def _of_nobody(declared: catalogue.Model, rows: QuerySet[Any], others: Others) -> Table | None:
    """When and what of rows that are about nobody: lessons, registers, reports. Nothing in which a name could stand."""
    model = apps.get_model(declared.label)
    own = [(part.name,) for part in declared.fields if isinstance(part, NotPersonal) and part.because in OF_NOBODY]
    names = [part.name for part in declared.personal if _about_work(model, part)]
    context = [path for path in _context(declared) if len(path) > 1]
    columns = [Column(".".join(path), _context_label(model, path), technical=path[-1] in TECHNICAL) for path in context]
    columns += [Column(name, label_of(model, name), technical=name in TECHNICAL) for (name,) in own]
    columns += [Column(name, label_of(model, name)) for name in names]
    found = _reading(rows, model, [*(name for (name,) in own), *names], context)
    table = Table(declared.label, title_of(declared.label), columns)
    paths = [*context, *own, *((name,) for name in names)]
    table.rows = sorted(({".".join(path): _beside(row, path, others) for path in paths} for row in found), key=_moment)
    return table if columns else None


def _about_work(model: type[Model], part: catalogue.Field) -> bool:
    """Whether a column tells of the work only: open to colleagues, and no text or list that could name somebody else."""
    column: Any = model._meta.get_field(part.name)
    free = isinstance(column, models.JSONField | ArrayField | models.BinaryField | models.UUIDField)
    return part.category.sensitivity <= Sensitivity.CONTACT and not free and not column.is_relation


# --- files


def own_files(subject: Subject) -> list[OwnFile]:
    """Stored files with the person in them; only those with nobody else in them go along."""
    others = SealedFilePerson.objects.filter(file=OuterRef("pk")).exclude(audit_id__in=subject.audit_ids)
    alive = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    inside = SealedFilePerson.objects.filter(audit_id__in=subject.audit_ids).values("file")
    found = SealedFile.objects.filter(alive, pk__in=inside).annotate(shared=Exists(others)).order_by("created_at", "pk")
    return [_own_file(file, number) for number, file in enumerate(found, start=1)]


def _own_file(file: Any, number: int) -> OwnFile:
    if file.shared:
        return OwnFile(file, "", _("Others are in this file too. That is why it is not in your copy."))
    if file.kind == OWN_COPIES:
        return OwnFile(file, "", _("An earlier copy of everything."))
    ending = ENDINGS.get(file.content_type.partition(";")[0], "bin")
    return OwnFile(file, f"bestanden/{number:03}.{ending}", "")


ENDINGS = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/csv": "csv",
    "text/html": "html",
    "application/json": "json",
    "application/zip": "zip",
    "image/png": "png",
    "image/jpeg": "jpg",
}

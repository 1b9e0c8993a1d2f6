"""Where a person is named outside the rows that are about that person: a note, the name of a group, a remark of a substitute.

An erasure cannot know what to make of such a sentence, so it never edits one: it says in which table and column somebody
has to look first (privacy_engineering.md 5.5, self-scan). Values live in memory only.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, Model, Q, TextField
from django.db.models.functions import Cast

from kvs import catalogue
from kvs.catalogue import Field, NotPersonal
from kvs.fields import SealedField
from kvs.models import User
from kvs.terms import Container, Kind, Reason
from privacy.subject import Subject
from students import rules
from students.models import Programme, Student

# Columns no person writes in. What only the software writes (the log among it) is proven by scanning a whole dump.
WRITTEN_BY_SOFTWARE = frozenset(
    {Reason.ROW_ID, Reason.LINK, Reason.VERSION, Reason.SOFTWARE, Reason.AGGREGATE, Reason.LAW},
)
ELSEWHERE = frozenset({Container.SECURITY_LOG, Container.REQUESTS, Container.EXEMPTION, Container.FINANCE})
SHORTEST = 3  # a shorter word is everywhere


@dataclass(frozen=True)
class Trace:
    """Somebody is named in this column, in so many rows that are not about the person."""

    model: str
    column: str
    count: int


@dataclass(frozen=True)
class Value:
    """Words that together name the person, and the column they come from (where others may have the same)."""

    words: tuple[str, ...]
    source: str


def values_of(subject: Subject) -> list[Value]:
    """What identifies a person by itself: numbers, addresses for mail, a telephone number, and first name with surname."""
    found: list[Value] = []
    for row in subject.rows:
        label = row._meta.label
        for name in ("number", "student_number", "email", "phone"):
            if value := getattr(row, name, ""):
                found.append(Value((value,), f"{label}.{name}"))
        for first in {getattr(row, "call_name", ""), getattr(row, "given_names", "")} - {""}:
            if row.surname:
                found += [Value(words, f"{label}.surname") for words in {(first, row.surname), _folded(first, row.surname)}]
    if isinstance(subject.person, Student):
        numbers = Programme.objects.filter(student=subject.person, bsn__isnull=False).values_list("bsn", flat=True)
        found += [Value((bsn,), "students.Programme.bsn") for bsn in numbers if bsn]
    return [value for value in dict.fromkeys(found) if all(len(word) >= SHORTEST for word in value.words)]


def _folded(*words: str) -> tuple[str, ...]:
    return tuple(rules.folded(word) for word in words)


def find_traces(subject: Subject, goes: dict[type[Model], set[Any]]) -> list[Trace]:
    """The columns in which the person is named, outside the rows `goes` and the person's own. One query per table."""
    values = values_of(subject)
    found: list[Trace] = []
    for declared in catalogue.load().models:
        if declared.containers & ELSEWHERE:
            continue
        model = apps.get_model(declared.label)
        own = {row.pk for row in subject.rows if isinstance(row, model)} | goes.get(model, set())
        found += _in_sealed(declared, model, own, values)
        found += _in_table(declared, model, own, values)
    return found


def as_json(traces: list[Trace]) -> list[dict[str, Any]]:
    """As they are stored with the plan."""
    return [asdict(trace) for trace in traces]


def _in_table(declared: catalogue.Model, model: type[Model], own: set[Any], values: list[Value]) -> Iterator[Trace]:
    wanted: dict[str, list[Value]] = {}
    for column, personal in _text_columns(declared, model):
        label = f"{declared.label}.{column.name}"
        if found := [value for value in values if _may_not_stand_in(value, label, personal)]:
            wanted[column.name] = found
    texts = {f"text_{name}": Cast(name, TextField()) for name in wanted}
    rows = model._base_manager.annotate(**texts).exclude(pk__in=own)
    if not wanted or not rows.filter(_perhaps(wanted)).exists():
        return
    counts = {f"found_{name}": Count("pk", filter=_any_of(sought, f"text_{name}")) for name, sought in wanted.items()}
    for name, number in rows.aggregate(**counts).items():
        if number:
            yield Trace(declared.label, name.removeprefix("found_"), number)


def _perhaps(wanted: dict[str, list[Value]]) -> Q:
    """Rows in which one word of a value stands somewhere: nearly always none, and ten times as cheap as looking for all."""
    found = Q()
    for name, values in wanted.items():
        words = "|".join(sorted({re.escape(value.words[-1]) for value in values}))
        found |= Q(**{f"text_{name}__iregex": rf"(^|\W)({words})($|\W)"})
    return found


def _text_columns(declared: catalogue.Model, model: type[Model]) -> Iterator[tuple[Any, Field | None]]:
    """Columns of words in which a person can write what comes to mind, with their declaration when that is personal."""
    for field in declared.fields:
        if isinstance(field, NotPersonal) and field.because in WRITTEN_BY_SOFTWARE:
            continue
        column = model._meta.get_field(field.name)
        if isinstance(column, SealedField) or getattr(column, "choices", None) or column.is_relation:
            continue
        if isinstance(field, Field) and (field.category.index_of or field.category.sealed_by):
            continue
        if isinstance(column, models.CharField | models.TextField | models.JSONField | ArrayField):
            yield column, field if isinstance(field, Field) else None


def _may_not_stand_in(value: Value, label: str, personal: Field | None) -> bool:
    """A namesake has the same name and a brother the same telephone number: in their own columns that is no trace."""
    if len(value.words) > 1:
        return personal is None or personal.category.kind is not Kind.NAME
    return label != value.source and not (value.source.endswith(("email", "phone")) and label.endswith(("email", "phone")))


def _any_of(values: list[Value], name: str) -> Q:
    found = Q()
    for value in values:
        together = Q()
        for word in value.words:
            together &= Q(**{f"{name}__iregex": rf"(^|\W){re.escape(word)}($|\W)"})
        found |= together
    return found


def _in_sealed(declared: catalogue.Model, model: type[Model], own: set[Any], values: list[Value]) -> Iterator[Trace]:
    """Sealed columns of rows that belong to nobody, such as the name of an uploaded file. The rows are few."""
    if declared.owners or model is User:
        return
    for field in declared.personal:
        if isinstance(model._meta.get_field(field.name), SealedField):
            rows = model._base_manager.exclude(pk__in=own).exclude(**{f"{field.name}__isnull": True})
            number = sum(names(text, values) for text in rows.values_list(field.name, flat=True).iterator())
            if number:
                yield Trace(declared.label, field.name, number)


def names(text: str, values: list[Value]) -> bool:
    """Whether this text names the person."""
    plain = text.casefold()
    return any(all(re.search(rf"(^|\W){re.escape(w.casefold())}($|\W)", plain) for w in value.words) for value in values)

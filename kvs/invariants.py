"""What must hold for each declared model: invariants I2 to I15 of the privacy design, as functions that yield errors.

Each takes the declaration, the installed models by label ("app.Model") and the whole catalogue. kvs/checks.py runs
them. Elsewhere: unique sealing contexts in kvs/fields.py (I10), report columns in reporting (I9).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.module_loading import import_string

from kvs import catalogue
from kvs.catalogue import Catalogue, Category, Field, Model, NotPersonal, Purpose, Recipient, Retention
from kvs.fields import SealedField
from kvs.models import Role
from kvs.terms import Container, Kind, Reason, Sensitivity

COPIES = {Container.EXEMPTION, Container.FINANCE, Container.REQUESTS, Container.STATISTICS, Container.SECURITY_LOG}
SOFT_DELETE = re.compile(r"(is_)?(soft_)?(deleted|removed|trashed)(_at|_on|_by)?")
DERIVED = {"score", "scores", "risk", "rank", "ranking", "rating", "prediction", "profile", "label", "segment"}
LAWS = "AVG|UAVG|AWR|BW|Regeling inburgering|Besluit inburgering|Wet inburgering|Wi2021"
REFERENCE = re.compile(rf"A: \S.+|B \d+(\.\d+)*|({LAWS}) \d\S*")

Models = dict[str, type[models.Model]]
Problems = Iterator[checks.CheckMessage]
Cited = Category | Retention | Purpose | Recipient


def error(number: int, message: str, where: str) -> checks.Error:
    """An error of invariant `number` about `where`: a model, a column or a store."""
    return checks.Error(message, obj=where, id=f"privacy.E{number:03}")


def columns_of(model: type[models.Model]) -> dict[str, Any]:
    """What `model` itself stores: columns and many-to-many relations, by name."""
    own = [*model._meta.local_fields, *model._meta.local_many_to_many]
    return {field.name: field for field in own if field.column or field.many_to_many}


def pairs(model: Model, installed: Models) -> Iterator[tuple[Field, Any, str]]:
    """Each personal column of `model` that exists: its declaration, the Django field and "app.Model.name"."""
    columns = columns_of(installed[model.label])
    for field in model.personal:
        if field.name in columns:
            yield field, columns[field.name], f"{model.label}.{field.name}"


def reasons_fit(model: Model, installed: Models, declared: Catalogue) -> Problems:
    """I1: a reason that the column itself contradicts is no reason."""
    columns = columns_of(installed[model.label])
    for field in model.fields:
        if isinstance(field, NotPersonal) and field.name in columns:
            column = columns[field.name]
            if (field.because is Reason.LINK) != bool(column.is_relation):
                yield error(1, "LINK is the reason of relations, and of nothing else", f"{model.label}.{field.name}")
            if field.because is Reason.ROW_ID and not column.unique:
                yield error(1, "ROW_ID is the reason of unique columns only", f"{model.label}.{field.name}")


def grounds_complete(model: Model, installed: Models, declared: Catalogue) -> Problems:
    """I2: each personal column has a purpose, a source, readers that exist, and all of these say what they rest on."""
    for field, _, where in pairs(model, installed):
        kind = field.category
        if not kind.purposes or not kind.sources:
            yield error(2, "needs at least one purpose and one source", where)
        if unknown := kind.readable_by - set(Role.values):
            yield error(2, f"unknown roles: {', '.join(sorted(unknown))}", where)
        if kind.sensitivity == Sensitivity.SPECIAL and not all(purpose.special_ground for purpose in kind.purposes):
            yield error(2, "special data need a ground of AVG art. 9 in each purpose", where)
        if (least := kind.retention.law_minimum) and kind.retention.period.days_at_least() < least.days_at_least():
            yield error(2, "is kept shorter than the law demands", where)
        parts: tuple[Cited, ...] = (kind, kind.retention, *kind.purposes, *kind.recipients)
        for part in parts:
            if not part.references or not all(REFERENCE.fullmatch(reference) for reference in part.references):
                yield error(2, f"'{part.code}' must cite a policy or a law", where)


def sealed_where_needed(model: Model, installed: Models, declared: Catalogue) -> Problems:
    """I3: identifying and special values are sealed and never sorted by; I10: an index names its sealed source."""
    meta = installed[model.label]._meta
    ordering = {str(name).lstrip("-") for name in [*(meta.ordering or ()), *as_tuple(meta.get_latest_by)]}
    sealed = {field.name for field, column, _ in pairs(model, installed) if is_sealed(field, column)}
    for field, column, where in pairs(model, installed):
        if catalogue.must_be_sealed(field) and field.name not in sealed:
            yield error(3, "must be a SealedField", where)
        if field.category.sensitivity >= Sensitivity.IDENTIFIER and field.name in ordering:
            yield error(3, "must not decide the order of rows", where)
        if field.category.index_of and field.category.index_of not in sealed:
            yield error(10, "is the index of a column that is not sealed", where)
        if isinstance(column, SealedField) and column.get_internal_type() not in ("TextField", "BinaryField"):
            yield error(10, "a sealed column holds text or bytes", where)


def as_tuple(value: object) -> tuple[Any, ...]:
    """Django's "one name or a list of names" as a tuple."""
    if isinstance(value, list | tuple):
        return tuple(value)
    return (value,) if value else ()


def is_sealed(field: Field, column: Any) -> bool:
    """Whether the column stores sealed values: by its type, or by code that the declaration names and that exists."""
    if isinstance(column, SealedField):
        return True
    if not field.category.sealed_by:
        return False
    try:
        return callable(import_string(field.category.sealed_by))
    except ImportError:
        return False


def bsn_has_law(model: Model, installed: Models, declared: Catalogue) -> Problems:
    """I4: a BSN only for purposes whose law names it (UAVG art. 46); a column called after it is one, save a choice list."""
    for field, column, where in pairs(model, installed):
        is_bsn = field.category.kind is Kind.BSN or field.category.code == "bsn"
        if "bsn" in field.name.split("_") and not is_bsn and not getattr(column, "choices", None):
            yield error(4, "looks like a BSN and is not declared as one", where)
        allowed = [purpose.allows_bsn and cites_law(purpose.references) for purpose in field.category.purposes]
        if is_bsn and not all(allowed):
            yield error(4, "a BSN needs purposes that allow it and name the law", where)


def cites_law(references: Iterable[str]) -> bool:
    """Whether one of `references` is a law rather than a school's policy."""
    return any(not reference.startswith(("A: ", "B ")) for reference in references)


def subjects_found(model: Model, installed: Models, declared: Catalogue) -> Problems:
    """I5: the people a row is about are reachable along indexed foreign keys; none is forgotten."""
    people = {other.label for other in declared.models if "self" in other.owners}
    for name, column in columns_of(installed[model.label]).items():
        first_steps = {path.split("__")[0] for path in (*model.owners, *model.actors)}
        if column.is_relation and column.related_model._meta.label in people and name not in first_steps:
            yield error(5, "points to a person who is neither owner nor actor", f"{model.label}.{name}")
    if not model.personal:
        if model.owners or model.pseudonyms:
            yield error(5, "has people but no personal column", model.label)
        return
    if not (model.owners or model.actors or model.pseudonyms or model.containers <= COPIES):
        yield error(5, "names nobody whom its personal columns are about", model.label)
    for path in (*model.owners, *model.actors, *model.pseudonyms):
        if path != "self" and (reason := unreachable(installed[model.label], path, path in model.pseudonyms)):
            yield error(5, reason, f"{model.label}.{path}")


def unreachable(model: type[models.Model], path: str, pseudonym: bool) -> str:
    """Why `path` does not lead to a person; empty when it does."""
    here: Any = model
    for step in path.split("__"):
        try:
            column = here._meta.get_field(step)
        except FieldDoesNotExist:
            return "no such path"
        if not pseudonym and not (column.is_relation and column.concrete and not column.many_to_many):
            return "is no path of foreign keys"
        if not is_indexed(here, column if column.concrete else column.field):
            return "is not indexed"
        here = column.related_model
    return ""


def is_indexed(model: type[models.Model], column: Any) -> bool:
    """Whether the database finds rows by `column` quickly: own index, unique, or first in a longer one."""
    longer = [index.fields for index in model._meta.indexes]
    longer += [rule.fields for rule in model._meta.constraints if isinstance(rule, models.UniqueConstraint)]
    return bool(column.db_index or column.unique or any(fields and fields[0] == column.name for fields in longer))


def erasable(model: Model, installed: Models, declared: Catalogue) -> Problems:
    """I6: what is to be emptied can be empty; rows go with their owner and stay without their actor."""
    for field, column, where in pairs(model, installed):
        if field.category.emptied_early and not (column.null or column.blank):
            yield error(6, "is to be emptied before its row goes, but cannot be empty", where)
    columns = columns_of(installed[model.label])
    for paths, wrong, reason in (
        (model.owners, (models.SET_NULL, models.SET_DEFAULT, models.DO_NOTHING), "would stay when its owner goes"),
        (model.actors, (models.CASCADE, models.DO_NOTHING), "would take the row along when an actor goes"),
    ):
        for name in (path.split("__")[0] for path in paths if path != "self"):
            if name in columns and columns[name].is_relation and columns[name].remote_field.on_delete in wrong:
                yield error(6, reason, f"{model.label}.{name}")


def containers_closed(model: Model, installed: Models, declared: Catalogue) -> Problems:
    """I7: one container for a model; those that live longer hold copies, never references; statistics no person."""
    if len(model.containers) > 1:
        yield error(7, f"lives in more than one container: {', '.join(sorted(model.containers))}", model.label)
    if Container.STATISTICS in model.containers:
        yield error(7, "statistics hold no personal column", model.label)
    if not model.containers & COPIES:
        return
    containers = {other.label: other.containers for other in declared.models}
    for name, column in columns_of(installed[model.label]).items():
        if column.is_relation and containers.get(column.related_model._meta.label, frozenset()) - model.containers:
            yield error(7, "refers out of its container: copy what must stay", f"{model.label}.{name}")


def withheld_with_reason(model: Model, installed: Models, declared: Catalogue) -> Problems:
    """I8: what a person does not get on request has a reason in a whole sentence."""
    for field, _, where in pairs(model, installed):
        if field.category.withhold and len(str(field.category.withhold)) < 20:
            yield error(8, "is withheld without a sentence that says why", where)


def no_facts_of_secrets(model: Model, installed: Models, declared: Catalogue) -> Problems:
    """I11: what is written at every request must not fill the audit."""
    for field, column, where in pairs(model, installed):
        if field.category.audited and getattr(column, "auto_now", False):
            yield error(11, "changes by itself: declare it audited=False", where)


def nothing_hidden(model: Model, installed: Models, declared: Catalogue) -> Problems:
    """I13: deleted means gone; a column that marks rows as deleted is refused."""
    for name in columns_of(installed[model.label]):
        if SOFT_DELETE.fullmatch(name):
            yield error(13, "marks rows as deleted instead of deleting them", f"{model.label}.{name}")


def no_profile(model: Model, installed: Models, declared: Catalogue) -> Problems:
    """I15: no score, rank or risk label of a person is kept (policy B 4.4; AVG art. 22): people judge people."""
    for field in model.personal if model.owners else ():
        if DERIVED & {*field.name.split("_")}:
            yield error(15, "looks like a score, rank or label of a person", f"{model.label}.{field.name}")


INVARIANTS: tuple[Callable[[Model, Models, Catalogue], Problems], ...] = (
    reasons_fit,
    grounds_complete,
    sealed_where_needed,
    bsn_has_law,
    subjects_found,
    erasable,
    containers_closed,
    withheld_with_reason,
    no_facts_of_secrets,
    nothing_hidden,
    no_profile,
)

"""The data catalogue: every column is declared once, as personal (then why, how long, for whom) or as not personal.

The closed lists it chooses from stand in kvs/terms.py, the words in kvs/vocabulary.py (purposes, recipients, periods)
and kvs/categories.py. Each app declares its models in
`<app>/personal_data.py` as `MODELS`; kvs/personal_data.py also declares the models of libraries and the stores that
are no table. kvs/checks.py refuses to start the application while anything is missing.

Derived from here, never written by hand: processing register, privacy page, exports for the person, correction
forms, erasure plan, retention, columns that may leave, what the audit records, and the canaries of the tests.
"""

import dataclasses
import enum
import functools
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

from django.apps import apps
from django.db import models
from django.utils.functional import Promise
from django.utils.module_loading import module_has_submodule
from django.utils.translation import override

from kvs.terms import Basis, Container, Kind, Period, Reason, RecipientRole, Rectify, Sensitivity, Source, Trigger

Text = str | Promise  # what a user reads: made with gettext_lazy


@dataclass(frozen=True)
class Purpose:
    """Why data are processed. `references` cite policy A (a literal sentence), policy B (an article) or a law."""

    code: str
    title: Text
    basis: Basis
    references: tuple[str, ...]
    special_ground: str = ""  # exception of AVG art. 9(2) or UAVG for special data
    allows_bsn: bool = False
    confirmed: bool = True  # False: a question for the school's lawyer is open, shown as "not confirmed"


@dataclass(frozen=True)
class Recipient:
    """Who outside the school may receive data. `country` is an ISO 3166 code."""

    code: str
    name: Text
    role: RecipientRole
    references: tuple[str, ...]
    country: str = "NL"
    confirmed: bool = True


@dataclass(frozen=True)
class Retention:
    """How long by default. A school may choose another period, never shorter than `law_minimum`."""

    code: str
    container: Container
    trigger: Trigger
    period: Period
    references: tuple[str, ...]
    law_minimum: Period | None = None
    confirmed: bool = True


@dataclass(frozen=True)
class Category:
    """A kind of data as people speak of it, with everything that holds for it.

    `readable_by` names roles that may read it of others, within `visible_to`; the person always reads the own data,
    unless `withhold` says why not.
    """

    code: str
    title: Text
    explanation: Text
    purposes: tuple[Purpose, ...]
    retention: Retention
    sensitivity: Sensitivity
    sources: tuple[Source, ...]
    readable_by: frozenset[str]
    references: tuple[str, ...]
    recipients: tuple[Recipient, ...] = ()
    rectify: Rectify = Rectify.REQUEST
    audited: bool = True  # the audit records that it changed, never from what into what
    emptied_early: bool = False  # its period ends before that of its row
    kind: Kind = Kind.TEXT
    portable: bool = False
    withhold: Text = ""
    index_of: str = ""  # this column is the keyed look-up index of that sealed column
    index_purpose: str = ""  # the purpose of that index, when it is not the name of the sealed column
    sealed_by: str = ""  # not a SealedField, yet sealed: dotted name of the code that does it


@dataclass(frozen=True, init=False)
class Field:
    """A personal column: all that its category says, save the exceptions named here.

    >>> Field("email", CONTACT, recipients=())
    """

    name: str
    category: Category

    def __init__(self, name: str, category: Category, **exceptions: Any) -> None:
        """Raises TypeError when an exception is no attribute of a category."""
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "category", dataclasses.replace(category, **exceptions))


@dataclass(frozen=True)
class NotPersonal:
    """A column that says nothing about a person, and the reason."""

    name: str
    because: Reason


@dataclass(frozen=True)
class Model:
    """The declaration of one model ("app.Model") and all of its columns.

    `owners`: paths of foreign keys to the person the row is about, "self" when the row is the person; the row goes
    with its owner. `actors`: paths to people who did something; the row stays when they go. `pseudonyms`: columns
    with a person's random audit_id, meaningless once that person's row is gone.
    """

    label: str
    fields: tuple[Field | NotPersonal, ...]
    owners: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    pseudonyms: tuple[str, ...] = ()

    @property
    def personal(self) -> tuple[Field, ...]:
        """The personal columns."""
        return tuple(field for field in self.fields if isinstance(field, Field))

    @property
    def containers(self) -> frozenset[Container]:
        """Where its personal columns live; exactly one when the declaration is right."""
        return frozenset(field.category.retention.container for field in self.personal)


@dataclass(frozen=True)
class Store:
    """A place outside the tables of this database where data may lie.

    `code` is the key kvs.checks reads from the settings, such as "cache:default"; `backends` the implementations that
    `holds` describes. Without backends it is a place no setting names (a backup, a mailbox).
    """

    code: str
    title: Text
    holds: Text
    backends: tuple[str, ...] = ()
    gone_after: Period | None = None  # None: nothing personal is kept


@dataclass(frozen=True)
class Catalogue:
    """All declarations together."""

    models: tuple[Model, ...]
    stores: tuple[Store, ...]

    def find(self, model: "ModelLike") -> Model:
        """The declaration of `model`; raises KeyError when it has none."""
        concrete = model._meta.concrete_model
        assert concrete is not None  # only abstract models have none, and no rows either
        return self._by_label[concrete._meta.label]

    @functools.cached_property
    def _by_label(self) -> dict[str, Model]:
        return {model.label: model for model in self.models}


ModelLike: TypeAlias = type[models.Model] | models.Model


@functools.cache
def load() -> Catalogue:
    """The declarations of all installed apps, read once."""
    modules = [
        import_module(f"{config.name}.personal_data")
        for config in apps.get_app_configs()
        if config.module and module_has_submodule(config.module, "personal_data")
    ]
    return Catalogue(
        models=tuple(model for module in modules for model in module.MODELS),
        stores=tuple(store for module in modules for store in getattr(module, "STORES", ())),
    )


def fields_of(model: ModelLike) -> tuple[Field, ...]:
    """The personal columns of `model`; raises KeyError for an undeclared model."""
    return load().find(model).personal


def field_for(model: ModelLike, name: str) -> Field:
    """The declaration of one personal column; raises KeyError when `name` is no personal column of `model`."""
    return {field.name: field for field in fields_of(model)}[name]


def declared(source: str) -> Field | NotPersonal | None:
    """The declaration of a column by its full name, "app.Model.column"; None when there is none."""
    label, _dot, name = source.rpartition(".")
    found = load()._by_label.get(label)
    return next((field for field in found.fields if field.name == name), None) if found else None


def category(code: str) -> Category:
    """The category of this code that some column uses; raises KeyError when none does."""
    return _categories()[code]


@functools.cache
def _categories() -> dict[str, Category]:
    return {field.category.code: field.category for model in load().models for field in model.personal}


def personal_models() -> list[type[models.Model]]:
    """All installed models with a personal column, in the order of declaration."""
    return [apps.get_model(model.label) for model in load().models if model.personal]


def audited_fields(model: ModelLike) -> list[str]:
    """Columns whose change the audit records as a fact, without values: also settings, never mere bookkeeping.

    Links count only beside such a column; else every table that joins two others would fill the audit.
    """
    silent = {Reason.ROW_ID, Reason.VERSION, Reason.PROCESS, Reason.SOFTWARE, Reason.AGGREGATE}
    told = [
        field
        for field in load().find(model).fields
        if (field.category.audited if isinstance(field, Field) else field.because not in silent)
    ]
    only_links = all(isinstance(field, NotPersonal) and field.because is Reason.LINK for field in told)
    return [] if only_links else [field.name for field in told]


def sealed_fields(model: ModelLike) -> list[str]:
    """Columns that are stored sealed because of what they say."""
    return [field.name for field in fields_of(model) if must_be_sealed(field)]


def must_be_sealed(field: Field) -> bool:
    """Whether the value of `field` is to be stored sealed; a look-up index cannot be."""
    return field.category.sensitivity >= Sensitivity.IDENTIFIER and not field.category.index_of


def readable_by(model: ModelLike, role: str) -> list[str]:
    """Columns of others that `role` may read. Which rows is up to `visible_to`."""
    return [field.name for field in fields_of(model) if role in field.category.readable_by]


def exported_fields(model: ModelLike) -> list[str]:
    """Columns a person gets when asking for the own data: all personal ones, save those withheld with a reason."""
    return [field.name for field in fields_of(model) if not field.category.withhold]


@functools.cache
def fingerprint() -> str:
    """SHA-256 (hex) of the whole catalogue, the same in every process and language. Half a second, once per process."""
    return digest(load())


def digest(catalogue: Catalogue) -> str:
    """SHA-256 (hex) of `catalogue`; order of declaration does not count."""
    with override(None):  # message ids, whatever the language of the user
        content = [[_plain(item) for item in sorted(part, key=_key)] for part in (catalogue.models, catalogue.stores)]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _key(item: Model | Store) -> str:
    return item.label if isinstance(item, Model) else item.code


def _plain(value: object) -> object:
    """`value` as lists, dicts and strings that JSON writes the same every time."""
    if dataclasses.is_dataclass(value):
        names: Iterator[str] = (field.name for field in dataclasses.fields(value))
        return {name: _plain(getattr(value, name)) for name in names}
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, Iterable) and not isinstance(value, str | Promise):
        return [_plain(item) for item in value]
    return str(value)

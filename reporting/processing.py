"""What the school does with data of people, read from the data catalogue: for the public page and the register."""

import functools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _

from kvs import catalogue
from kvs.catalogue import Category, Field, Purpose, Recipient, Retention, Store
from kvs.retention import as_kept, chosen_periods
from kvs.templatetags.kvs import kept
from kvs.terms import Period, Sensitivity, Source

PEOPLE = {  # models of people -> who they are, in the words of the register (AVG 30(1)(c); B 8.4.5)
    "students.Student": _("students"),
    "kvs.User": _("colleagues and students with an account"),
    "students.CaseManager": _("case managers"),
}
Item = TypeVar("Item", Purpose, Recipient)


@dataclass(frozen=True)
class Subject:
    """A category of data with everything its columns need together; a column may differ from its category."""

    category: Category
    fields: tuple[str, ...]  # "app.Model.column"
    people: tuple[type[models.Model], ...]  # whose data these are
    purposes: tuple[Purpose, ...]
    recipients: tuple[Recipient, ...]
    retentions: tuple[Retention, ...]  # as this school keeps them

    @property
    def sources(self) -> list[str]:
        """From whom the school has the data."""
        return [str(Source(source).label) for source in self.category.sources]

    @property
    def period(self) -> str:
        """How long it is kept: "3 jaar na het einde van het laatste traject"; every period, when columns differ."""
        return "; ".join(kept(retention) for retention in self.retentions)

    @property
    def special(self) -> bool:
        """Whether the law calls these data special (AVG art. 9), such as health."""
        return self.category.sensitivity >= Sensitivity.SPECIAL

    @property
    def people_words(self) -> list[str]:
        """Whose data these are, as people say it."""
        return [str(PEOPLE[person._meta.label]) for person in self.people]


def subjects() -> list[Subject]:
    """Every category that a column uses, by its title."""
    columns: dict[str, list[tuple[str, Field]]] = defaultdict(list)
    for model in catalogue.load().models:
        for field in model.personal:
            columns[field.category.code].append((f"{model.label}.{field.name}", field))
    chosen = chosen_periods()
    made = [_subject(found, as_kept(found[0][1].category, chosen), chosen) for found in columns.values()]
    return sorted(made, key=lambda subject: str(subject.category.title))


def _subject(found: list[tuple[str, Field]], category: Category, chosen: dict[str, Period]) -> Subject:
    categories = [field.category for _name, field in found]
    return Subject(
        category=category,
        fields=tuple(name for name, _field in found),
        people=tuple(dict.fromkeys(person for name, _field in found for person in _people(name.rpartition(".")[0]))),
        purposes=once(purpose for category in categories for purpose in category.purposes),
        recipients=once(recipient for category in categories for recipient in category.recipients),
        retentions=tuple({row.code: row for row in (as_kept(found, chosen).retention for found in categories)}.values()),
    )


@functools.cache
def _people(label: str) -> tuple[type[models.Model], ...]:
    """The models of people the rows of a model are about; of a row with only a random id it may be anybody."""
    declared = catalogue.load().find(apps.get_model(label))
    persons = [apps.get_model(name) for name in PEOPLE]
    found = [_at_the_end_of(label, path) for path in declared.owners]
    return tuple(person for person in persons if person in found or (not found and declared.pseudonyms))


def _at_the_end_of(label: str, path: str) -> type[models.Model]:
    here: Any = apps.get_model(label)
    for step in path.split("__"):
        if step != "self":
            here = here._meta.get_field(step).related_model
    found: type[models.Model] = here
    return found


def once(items: Iterable[Item]) -> tuple[Item, ...]:
    """Each of `items` once, by its code, in order."""
    return tuple({item.code: item for item in items}.values())


def stores() -> tuple[Store, ...]:
    """Every place where data may lie."""
    return catalogue.load().stores

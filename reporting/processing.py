"""What the school does with data of people, read from the data catalogue: for the public page and the register."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from kvs import catalogue
from kvs.catalogue import Category, Field, Purpose, Recipient, Store
from kvs.retention import as_kept, chosen_periods
from kvs.templatetags.kvs import kept
from kvs.terms import Sensitivity, Source

Item = TypeVar("Item", Purpose, Recipient)


@dataclass(frozen=True)
class Subject:
    """A category of data with everything its columns need together; a column may differ from its category."""

    category: Category
    fields: tuple[str, ...]  # "app.Model.column"
    purposes: tuple[Purpose, ...]
    recipients: tuple[Recipient, ...]

    @property
    def sources(self) -> list[str]:
        """From whom the school has the data."""
        return [str(Source(source).label) for source in self.category.sources]

    @property
    def period(self) -> str:
        """How long it is kept: "3 jaar na het einde van het laatste traject"."""
        return kept(self.category.retention)

    @property
    def special(self) -> bool:
        """Whether the law calls these data special (AVG art. 9), such as health."""
        return self.category.sensitivity >= Sensitivity.SPECIAL


def subjects() -> list[Subject]:
    """Every category that a column uses, by its title."""
    columns: dict[str, list[tuple[str, Field]]] = defaultdict(list)
    for model in catalogue.load().models:
        for field in model.personal:
            columns[field.category.code].append((f"{model.label}.{field.name}", field))
    chosen = chosen_periods()
    made = [_subject(found, as_kept(found[0][1].category, chosen)) for found in columns.values()]
    return sorted(made, key=lambda subject: str(subject.category.title))


def _subject(found: list[tuple[str, Field]], category: Category) -> Subject:
    categories = [field.category for _name, field in found]
    return Subject(
        category=category,
        fields=tuple(name for name, _field in found),
        purposes=once(purpose for category in categories for purpose in category.purposes),
        recipients=once(recipient for category in categories for recipient in category.recipients),
    )


def once(items: Iterable[Item]) -> tuple[Item, ...]:
    """Each of `items` once, by its code, in order."""
    return tuple({item.code: item for item in items}.values())


def stores() -> tuple[Store, ...]:
    """Every place where data may lie."""
    return catalogue.load().stores

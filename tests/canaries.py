"""Canaries: for every personal column of the catalogue a unique, valid and recognisable value.

Derived from the catalogue and the column's type: a new column is in every proof without anyone editing a test.
"""

import datetime as dt
import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from stdnum.nl import bsn as bsn_rules

from kvs import catalogue
from kvs.catalogue import Field
from kvs.terms import Kind

SYLLABLES = ("ka", "ri", "mo", "zé", "lu", "ñe", "şi", "dö", "va", "ço", "pi", "hü", "ğa", "te", "jo", "ëb")


class NoCanary(Exception):
    """A column type for which nobody wrote a generator yet."""


@dataclass(frozen=True)
class Canary:
    """A value for a column, and the text by which a scan finds it; empty when the value says nothing by itself."""

    value: Any
    needle: str


def canaries_for(model: type[models.Model], number: int) -> dict[str, Canary]:
    """A canary for each personal column of `model` that holds a value of its own, by name.

    `number` (0 to 99) sets one person apart from another. Raises NoCanary for a column type without generator.
    """
    columns = {field.name: model._meta.get_field(field.name) for field in catalogue.fields_of(model)}
    return {
        field.name: canary(field, columns[field.name], number)
        for field in catalogue.fields_of(model)
        if not columns[field.name].is_relation and not field.category.index_of
    }


def canary(field: Field, column: Any, number: int) -> Canary:
    """A valid value for `column`, never given to another column or `number`."""
    seed = unique(f"{column.model._meta.label}.{field.name}", number)
    if column.choices:
        return Canary(column.choices[seed % len(column.choices)][0], "")
    if field.category.kind in OF_A_KIND:
        return said(OF_A_KIND[field.category.kind](seed), column)
    for kind, make in OF_A_TYPE:
        if isinstance(column, kind):
            return make(seed, column)
    raise NoCanary(f"{type(column).__name__} of {field.name}")


SEEDS: dict[str, int] = {}


def unique(column: str, number: int) -> int:
    """A number no other pair of column and person has: columns are counted as they come by, a hundred people each."""
    return SEEDS.setdefault(column, len(SEEDS)) * 100 + number


def said(text: str, column: Any) -> Canary:
    """A canary that is its own needle, provided that the column has room for it; a cut one is too ordinary to search for."""
    room = column.max_length or len(text)
    return Canary(text[-room:], text if len(text) <= room else "")


def word(seed: int) -> str:
    """A made-up word of letters with diacritics, another for each seed below a million."""
    parts = [SYLLABLES[(seed >> shift) % 16] for shift in (16, 12, 8, 4, 0)]
    return "".join(parts)


def name(seed: int) -> str:
    """A name as refugees and Frisians have them."""
    return word(seed).capitalize()


@functools.cache
def numbers_of_nobody() -> tuple[str, ...]:
    """The 909 numbers 99999xxxx that pass the elfproef; nobody has one (decisions.md 37)."""
    return tuple(number for number in (f"99999{end:04}" for end in range(10_000)) if bsn_rules.is_valid(number))


def bsn(seed: int) -> str:
    """One of the test numbers, the next one for each new seed. Raises NoCanary when all are in use."""
    place = BSN_SEEDS.setdefault(seed, len(BSN_SEEDS))
    if place >= len(numbers_of_nobody()):
        raise NoCanary("All test BSNs are in use.")
    return numbers_of_nobody()[place]


BSN_SEEDS: dict[int, int] = {}


def iban(seed: int) -> str:
    """A Dutch account number with the right check digits (ISO 13616) at a bank that does not exist."""
    account = f"TEST{9_000_000_000 + seed:010}"
    digits = "".join(str(int(char, 36)) for char in f"{account}NL00")
    return f"NL{98 - int(digits) % 97:02}{account}"


def phone(seed: int) -> str:
    """A mobile number in a range that is not given out."""
    return f"0600{seed:06}"


def postcode(seed: int) -> str:
    """A post code, four digits and two letters; unique below six million."""
    return f"{9999 - seed // 676} {chr(65 + seed // 26 % 26)}{chr(65 + seed % 26)}"


def document(seed: int) -> str:
    """A document number as Dutch passports have, without the letter O."""
    return f"NX{seed:06}K"


def email_address(seed: int, column: Any) -> Canary:
    """An address in a domain that never exists (RFC 2606)."""
    return said(f"kanarie{seed}@voorbeeld.test", column)


def text(seed: int, column: Any) -> Canary:
    """Words, as long as the column allows; in a very short column a number."""
    roomy = column.max_length is None or column.max_length >= 20
    return said(f"Kanarie {word(seed)}" if roomy else f"K{seed}", column)


def day(seed: int, column: Any) -> Canary:
    """A day more than a century ago: no other date of the tests is one."""
    value = dt.date(1850, 1, 1) + dt.timedelta(days=seed)
    return Canary(value, value.isoformat())


def moment(seed: int, column: Any) -> Canary:
    """A moment of a second of its own, in UTC."""
    value = dt.datetime(1950, 1, 1, 3, 7, 11, tzinfo=dt.UTC) + dt.timedelta(seconds=seed * 86_413)
    return Canary(value, value.strftime("%Y-%m-%d %H:%M:%S"))


def number(seed: int, column: Any) -> Canary:
    """A number, small if the column takes that; too ordinary to search for."""
    least = max((it.limit_value for it in column.validators if isinstance(it, MinValueValidator)), default=0)
    most = min((it.limit_value for it in column.validators if isinstance(it, MaxValueValidator)), default=100)
    first = max(1, least)
    return Canary(first + seed % min(100, most - first + 1), "")


def identifier(seed: int, column: Any) -> Canary:
    """A UUID that shows its seed."""
    value = uuid.UUID(int=0xCA4A71E0_0000_4000_8000_000000000000 + seed)
    return Canary(value, str(value))


OF_A_KIND: dict[Kind, Callable[[int], str]] = {
    Kind.NAME: name,
    Kind.PHONE: phone,
    Kind.POSTCODE: postcode,
    Kind.BSN: bsn,
    Kind.IBAN: iban,
    Kind.DOCUMENT: document,
}
OF_A_TYPE: tuple[tuple[type[Any], Callable[[int, Any], Canary]], ...] = (
    (models.EmailField, email_address),
    (models.CharField, text),
    (models.TextField, text),
    (models.DateTimeField, moment),
    (models.DateField, day),
    (models.BooleanField, lambda seed, column: Canary(bool(seed % 2), "")),
    (models.IntegerField, number),
    (models.UUIDField, identifier),
    (models.JSONField, lambda seed, column: Canary({"word": f"Kanarie {word(seed)}"}, f"Kanarie {word(seed)}")),
    (models.BinaryField, lambda seed, column: Canary(f"Kanarie {word(seed)}".encode(), f"Kanarie {word(seed)}")),
    (ArrayField, lambda seed, column: Canary([f"Kanarie {word(seed)}"], f"Kanarie {word(seed)}")),
)

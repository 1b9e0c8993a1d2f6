"""A plan in words that people read: what goes, what stays and why, until when."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from kvs import catalogue, vocabulary
from kvs.catalogue import Retention
from privacy.models import Hold
from privacy.plan import COPY, CUT, DELETE, EMPTY, HELD, KEEP

RETENTIONS = {word.code: word for word in vars(vocabulary).values() if isinstance(word, Retention)}
RECIPIENTS = {word.code: word.name for word in vars(vocabulary).values() if isinstance(word, catalogue.Recipient)}


@dataclass(frozen=True)
class Sentence:
    """One line of a plan: what it is about, how many, what happens, on what ground and until when."""

    what: str
    count: int
    happens: str
    ground: str
    until: dt.date | None


def in_words(lines: Iterable[dict[str, Any]], *actions: str) -> list[Sentence]:
    """The lines with one of `actions`, the largest numbers first."""
    chosen = sorted((line for line in lines if line["action"] in actions), key=lambda line: -line["count"])
    return [_sentence(line) for line in chosen]


def goes(lines: Iterable[dict[str, Any]]) -> list[Sentence]:
    """What goes, and the links that let go."""
    return in_words(lines, DELETE, EMPTY, CUT)


def stays(lines: Iterable[dict[str, Any]]) -> list[Sentence]:
    """What stays, copies and what is held included."""
    return in_words(lines, COPY, KEEP, HELD)


def _sentence(line: dict[str, Any]) -> Sentence:
    until = dt.date.fromisoformat(line["until"]) if line["until"] else None
    return Sentence(name_of(line["model"]), line["count"], _happens(line), _ground(line), until)


def name_of(label: str) -> str:
    """What people call rows of this table; its technical name when this version no longer has it."""
    try:
        return str(capfirst(apps.get_model(label)._meta.verbose_name))
    except LookupError:
        return label


def column_name(trace: dict[str, Any]) -> str:
    """What people call the column of a trace; its technical name when this version no longer has it."""
    try:
        return str(capfirst(apps.get_model(trace["model"])._meta.get_field(trace["column"]).verbose_name))
    except (LookupError, FieldDoesNotExist):
        return str(trace["column"])


def _happens(line: dict[str, Any]) -> str:
    return {
        DELETE: _("is erased"),
        EMPTY: _("is emptied; a number without a name stays, because signed registers refer to it"),
        CUT: _("stays without the name: it is about somebody else or about the school"),
        COPY: _("is copied out first, because it is kept longer"),
        KEEP: _("stays, without a name beside it"),
        HELD: _("may not go now"),
    }[line["action"]]


def _ground(line: dict[str, Any]) -> str:
    if line["hold"]:
        return str(dict(Hold.Ground.choices).get(line["hold"], _("restriction of processing (AVG 18)")))
    retention = RETENTIONS.get(line["ground"])
    return ", ".join(retention.references) if retention and line["action"] in (KEEP, COPY) else ""


def retention_title(code: str) -> str:
    """What this period is about."""
    return {
        "student_file": _("files of students"),
        "exemption": _("exemptions"),
        "request": _("requests about data, and erasures"),
        "log": _("who looked and who changed"),
        "contact_person": _("case managers"),
    }[code]


def recipient_name(told: dict[str, str]) -> str:
    """Who received data: the client by name, or the recipient."""
    return told["client"] or str(RECIPIENTS.get(told["recipient"], told["recipient"]))

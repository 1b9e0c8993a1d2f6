"""A plan in words that people read: what goes, what stays and why, until when."""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
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
LAWS = {  # as the vocabulary cites them -> as people know them; names of laws are not translated
    "AVG": "AVG",
    "UAVG": "Uitvoeringswet AVG",
    "AWR": "Algemene wet inzake rijksbelastingen",
    "BW": "Burgerlijk Wetboek",
    "Wet inburgering": "Wet inburgering",
    "Wi2021": "Wet inburgering 2021",
    "Besluit inburgering": "Besluit inburgering",
    "Regeling inburgering": "Regeling inburgering",
}
CITED = re.compile(rf"({'|'.join(LAWS)}) (.+)")
ARTICLE = re.compile(r"([^()]+)((?:\([^()]+\))*)")
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
    if line["action"] == KEEP and line["ground"] == vocabulary.BOOKS.code:
        return _("stays in the books of the school, with name and address as they were on the invoice; the law demands it")
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
    return ground_of(retention) if retention and line["action"] in (KEEP, COPY) else ""


def ground_of(retention: Retention) -> str:
    """Why these are kept, and where that stands."""
    why = {
        "exemption": _("somebody may need proof of an exemption years later, for example for a passport"),
        "books": _("tax law makes the school keep its books"),
        "request": _("the school must be able to show what was asked and what it did"),
        "breach": _("the authority can look in this register, and fine for five years; no law names a period"),
        "paper": _("the school must be able to show that the paper was destroyed"),
        "log": _("the school must be able to show who looked and who changed something"),
    }.get(retention.code, "")
    where = "; ".join(cited(reference) for reference in retention.references)
    return str(capfirst(f"{why} ({where})" if why else where))


def cited(reference: str) -> str:
    """A reference of the vocabulary in words: a sentence or an article of the privacy policy, or an article of a law."""
    if reference.startswith("A: "):
        return _("privacy policy: “%(sentence)s”") % {"sentence": reference.removeprefix("A: ")}
    if reference.startswith("B "):
        return _("privacy policy, article %(number)s") % {"number": reference.removeprefix("B ")}
    return law_in_words(reference)


def law_in_words(reference: str) -> str:
    """ "AVG 17(3)(b)" as "artikel 17 lid 3 onder b AVG"; what cites no law we know stays as it is."""
    found = CITED.fullmatch(reference)
    if not found:
        return reference
    return f"{_listed([_article(part) for part in found[2].split(', ')])} {LAWS[found[1]]}"


def _article(text: str) -> str:
    found = ARTICLE.fullmatch(text)
    if not found:
        return text
    words = [_("article %(number)s") % {"number": found[1]}]
    for part in re.findall(r"\(([^()]+)\)", found[2]):
        words.append((_("paragraph %(number)s") if part.isdigit() else _("under %(letter)s")) % {"number": part, "letter": part})
    return " ".join(words)


def _listed(parts: Sequence[str]) -> str:
    *most, last = parts
    return _("%(most)s and %(last)s") % {"most": ", ".join(most), "last": last} if most else last


def retention_title(code: str) -> str:
    """What this period is about."""
    return {
        "student_file": _("files of students"),
        "exemption": _("exemptions"),
        "lesson_evidence": _("pictures and logs of online lessons"),
        "request": _("requests about data, and erasures"),
        "breach": _("the register of data breaches"),
        "paper": _("the register of paper files"),
        "log": _("who looked and who changed"),
        "contact_person": _("case managers"),
    }[code]


def recipient_name(told: dict[str, str]) -> str:
    """Who received data: the client by name, or the recipient."""
    return told["client"] or str(RECIPIENTS.get(told["recipient"], told["recipient"]))

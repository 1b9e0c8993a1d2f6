"""The kinds of things a policy text can say, and what an answer is. Pure."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from kvs.catalogue import Text
from kvs.terms import Period

SILENT = "silent"  # the text says nothing about it
NOBODY = "nobody"  # the text says: we give data to nobody
TEXT, WHY, WHAT, HOW_LONG, RIGHTS, SAFETY = "text", "why", "what", "how-long", "rights", "safety"  # chapters
DAYS, WEEKS, MONTHS, YEARS = "days", "weeks", "months", "years"
# In days, at most: a month as long as the longest, so that "one month" of a text is the law's month.
UNIT_DAYS = {DAYS: 1, WEEKS: 7, MONTHS: 31, YEARS: 12 * 31}


class Kind(enum.Enum):
    """How a statement is answered."""

    ONE = "one"  # one of the options
    MANY = "many"  # as many options as the text names
    LENGTH = "length"  # a number and a unit, or nothing named


@dataclass(frozen=True)
class Answer:
    """What a text says, or what the software does: options, or a length of time."""

    codes: frozenset[str] = frozenset()
    number: int | None = None
    unit: str = ""

    @property
    def days(self) -> int:
        """The length in days, at most; 0 when there is none."""
        return (self.number or 0) * UNIT_DAYS.get(self.unit, 0)

    @property
    def code(self) -> str:
        """The one option that was chosen; empty when there are none or more."""
        return next(iter(self.codes)) if len(self.codes) == 1 else ""


def one(*codes: str) -> Answer:
    """An answer of options."""
    return Answer(frozenset(codes))


def length(period: Period) -> Answer:
    """A period of the software as an answer; raises ValueError for one that is not of whole days, months or years."""
    if period.hours or (period.days and (period.years or period.months)):
        raise ValueError(period)
    if period.days:
        return Answer(number=period.days, unit=DAYS)
    months = period.years * 12 + period.months
    return Answer(number=months, unit=MONTHS) if months % 12 else Answer(number=months // 12, unit=YEARS)


@dataclass(frozen=True)
class School:
    """What this school set, as far as a policy text speaks of it."""

    periods: Mapping[str, Period]  # code of a retention -> the period that holds
    answer_days: int
    extension_days: int
    backup_days: int
    cookies: int  # how many a signed-in browser holds
    second_step: bool  # whether colleagues need one
    notes_reasons: bool = False  # whether reasons of absence are noted


@dataclass(frozen=True)
class Option:
    """Something a text can say. `fits`: what the software may do without making the text untrue; None is anything.

    `article`: set when nobody may say this; `why` says so in a sentence.
    """

    code: str
    label: Text
    fits: frozenset[str] | None = None
    article: str = ""
    why: Text = ""


def option(code: str, label: Text, *more: str, article: str = "", why: Text = "") -> Option:
    """An option that is true when the software does just that, or one of `more`."""
    return Option(code, label, frozenset({code, *more}), article, why)


UNSAID = _("Our text says nothing about this")
MUST_SAY = _("People must be able to read this when you ask for their data.")


def silent(*fits: str, article: str = "", label: Text = UNSAID) -> Option:
    """Saying nothing: true whatever the software does, unless `fits` says what it may do then; `article` when it must be said."""
    return Option(SILENT, label, frozenset(fits) if fits else None, article, MUST_SAY if article else "")


def filled(text: Text, **values: Callable[[], Text]) -> Text:
    """`text` with its places filled in when somebody reads it, in the language of that moment."""
    return lazy(lambda: str(text) % {name: str(value()) for name, value in values.items()}, str)()


@dataclass(frozen=True)
class Setting:
    """The page on which the privacy officer changes what the software does."""

    url_name: str
    args: tuple[str, ...] = ()


def nothing(_school: School) -> Answer | None:
    """The software has no part in it: only the law is compared."""
    return None


@dataclass(frozen=True)
class Statement:
    """One question about the text. `rows`: numbers of docs/privacy_obligations.md.

    `does`: what the software does in this school; None when it has no part in it. `better`: a sentence for the text.
    `untrue`, `why`: the article that is broken when the text says otherwise than the software does; empty when no article is.
    `limit`: the longest the law allows, in days, with its article in `untrue`. `confirmed`: False while a lawyer is to look.
    """

    key: str
    chapter: str
    question: Text
    rows: tuple[int, ...]
    options: tuple[Option, ...]
    better: Callable[[School], str]
    does: Callable[[School], Answer | None] = nothing
    kind: Kind = Kind.ONE
    units: tuple[str, ...] = ()
    untrue: str = ""
    why: Text = ""
    limit: int = 0
    setting: Setting | None = None
    confirmed: bool = True

    def option(self, code: str) -> Option | None:
        """The option of this code; None for one that this version no longer has."""
        return next((found for found in self.options if found.code == code), None)


class Outcome(enum.IntEnum):
    """How text, software and law relate, the worst first."""

    UNLAWFUL = 1
    DIFFERS = 2
    AGREES = 3
    OPEN = 4  # nobody filled in what the text says


@dataclass(frozen=True)
class Finding:
    """What comes of comparing one statement."""

    statement: Statement
    said: Answer | None
    does: Answer | None
    outcome: Outcome
    article: str = ""
    why: Text = ""
    missing: tuple[str, ...] = field(default=())  # codes of what the text does not name and should

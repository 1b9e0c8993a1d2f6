"""What a spreadsheet means: which row has the titles, what each column is, what a cell says. Knows no column of any app.

A cell is certain, or there is a proposal that a person accepts, or a problem. Certain is only what can be read in one
way: "12-03-1991" is, "03-04-88" is not (which century?), nor is a BSN of eight digits that only fits with a zero in front.
"""

import datetime as dt
import enum
import functools
import hashlib
import json
import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop
from stdnum.nl import bsn as elfproef

from kvs.reading import Value

SEARCHED_ROWS = 40  # the titles stand in one of these
SAMPLE = 200  # rows that are looked at as evidence
SURE, LIKELY, MAYBE, UNKNOWN = 3, 2, 1, 0

BY_HEAD_AND_VALUES = gettext_noop("title and values")
BY_HEAD = gettext_noop("title")
BY_VALUES = gettext_noop("values")
BY_MEMORY = gettext_noop("remembered")
BY_NOTHING = gettext_noop("choose yourself")

NO_DATE = gettext_noop("This is no date.")
NO_SUCH_DAY = gettext_noop("This date does not exist.")
IN_FUTURE = gettext_noop("This date lies in the future.")
WHICH_CENTURY = gettext_noop("Which century?")
DAY_OR_MONTH = gettext_noop("Day or month first?")
AS_NUMBER = gettext_noop("A number instead of a date.")
AS_TEXT = gettext_noop("The date is written as text.")
PARTLY = gettext_noop("Day or month is missing.")
NO_BSN = gettext_noop("This is not a valid BSN: check the document.")
LOST_ZERO = gettext_noop("A zero in front may have been lost.")
NO_NUMBER = gettext_noop("This is no whole number.")
UNKNOWN_WORD = gettext_noop("KVS does not know this word here.")

MONTHS = (  # as they are written in Dutch and English, folded
    ("jan", "januari", "january"),
    ("feb", "februari", "february"),
    ("mrt", "maart", "mar", "march"),
    ("apr", "april"),
    ("mei", "may"),
    ("jun", "juni", "june"),
    ("jul", "juli", "july"),
    ("aug", "augustus", "august"),
    ("sep", "sept", "september"),
    ("okt", "oktober", "oct", "october"),
    ("nov", "november"),
    ("dec", "december"),
)
MONTH_NUMBERS = {word: number for number, words in enumerate(MONTHS, start=1) for word in words}
FIRST_OF_EXCEL = dt.date(1899, 12, 30)  # day 0 of its calendar, after the leap day 1900 that never was


class Kind(enum.Enum):
    """How the values of a column are written."""

    TEXT = "text"
    DATE = "date"
    BIRTH_DATE = "birth_date"  # parts may be unknown; never in the future
    BSN = "bsn"
    NUMBER = "number"
    CHOICE = "choice"
    EMAIL = "email"
    PHONE = "phone"
    POSTCODE = "postcode"


@dataclass(frozen=True)
class Column:
    """Something a column of a file can mean. `names`: how titles call it, folded when compared."""

    code: str
    label: Any
    names: tuple[str, ...]
    kind: Kind = Kind.TEXT
    words: Mapping[str, tuple[str, ...]] | None = None  # of a choice: stored value -> what is written for it

    @functools.cached_property
    def called(self) -> tuple[str, ...]:
        """Its names, folded once."""
        return tuple(map(folded, self.names))

    @functools.cached_property
    def meanings(self) -> dict[str, str]:
        """Of a choice: what is written, folded -> the stored value."""
        return {folded(word): value for value, known in (self.words or {}).items() for word in (value, *known)}


@dataclass(frozen=True)
class Guess:
    """What a column seems to be: a code or nothing, how sure (0 to 3), and on what that rests (a message id)."""

    code: str
    certainty: int
    because: str


@dataclass(frozen=True)
class Reading:
    """What a cell says. Certain: a `value`. Otherwise `why` (a message id), and what is proposed, if anything."""

    value: Any = None
    why: str = ""
    offered: Any = None

    @property
    def certain(self) -> bool:
        """Whether nobody needs to look."""
        return not self.why


def folded(text: object) -> str:
    """Lower case, without accents, signs and double spaces."""
    apart = unicodedata.normalize("NFKD", str(text)).casefold()
    return re.sub(r"[^\w]+|_", " ", "".join(c for c in apart if not unicodedata.combining(c))).strip()


# --- titles


@dataclass(frozen=True)
class Header:
    """The titles of a sheet: the row they end in, and the titles themselves."""

    row: int
    titles: tuple[str, ...]


def find_header(rows: Sequence[Sequence[Value]], columns: Sequence[Column]) -> Header | None:
    """The row (or the two rows under each other) that reads most like titles; None when no title is known."""
    best: tuple[float, Header] | None = None
    for number, row in enumerate(rows[:SEARCHED_ROWS]):
        for titles in _titles(rows, number):
            known = len(set(filter(None, (_by_name(title, columns) for title in titles))))
            filled = sum(bool(title) for title in titles)
            score = known - 0.1 * sum(not isinstance(cell, str) and cell is not None for cell in row) + 0.01 * filled
            if known and (best is None or score > best[0]):
                best = score, Header(number, titles)
    return best[1] if best else None


def _titles(rows: Sequence[Sequence[Value]], number: int) -> list[tuple[str, ...]]:
    """The row as titles; and together with the row above, whose merged titles hold for the columns behind them too."""
    own = tuple(_text(cell) for cell in rows[number])
    found = [own]
    if number:
        above, last = [], ""
        for cell in [*rows[number - 1], *[None] * len(own)][: len(own)]:
            last = _text(cell) or last
            above.append(last)
        found.append(tuple(f"{top} {title}".strip() for top, title in zip(above, own, strict=True)))
    return found


def _text(cell: Value) -> str:
    return " ".join(str(cell).replace("\x00", "").split()) if isinstance(cell, str) else "" if cell is None else str(cell)


def _by_name(title: str, columns: Sequence[Column]) -> str:
    """The code of the column that is called so: whole, else by its longest name that stands in the title as words."""
    written = folded(title)
    if not written or len(written) > 60:
        return ""
    best = ("", 0)
    for column in columns:
        for wanted in column.called:
            if wanted == written:
                return column.code
            if len(wanted) > max(best[1], 3) and f" {wanted} " in f" {written} ":
                best = column.code, len(wanted)
    return best[0]


def layout_key(titles: Sequence[str]) -> str:
    """By which a file with the same titles is known again; the titles themselves are not kept."""
    return hashlib.sha256(json.dumps([folded(title) for title in titles]).encode()).hexdigest()


# --- columns


def recognise(header: Header, rows: Sequence[Sequence[Value]], columns: Sequence[Column]) -> list[Guess]:
    """What each column seems to be, by its title and with its values as evidence. Each code once."""
    guesses = [_guess(header, number, rows, columns) for number in range(len(header.titles))]
    taken: dict[str, int] = {}
    for number, guess in enumerate(guesses):
        first = taken.setdefault(guess.code, number)
        if guess.code and first != number:
            loser = number if guesses[first].certainty >= guess.certainty else first
            guesses[loser] = Guess("", UNKNOWN, BY_NOTHING)
            taken[guess.code] = number if loser == first else first
    return guesses


def _guess(header: Header, number: int, rows: Sequence[Sequence[Value]], columns: Sequence[Column]) -> Guess:
    values = [row[number] for row in rows[:SAMPLE] if number < len(row) and row[number] not in (None, "")]
    named = next((it for it in columns if it.code == _by_name(header.titles[number], columns)), None)
    if named:
        share = fitting(named, values)
        if share >= 0.8:
            return Guess(named.code, SURE, BY_HEAD_AND_VALUES if values else BY_HEAD)
        return Guess(named.code, LIKELY if share >= 0.3 else MAYBE, BY_HEAD)
    if values:
        for column in columns:
            if column.kind in (Kind.BSN, Kind.EMAIL, Kind.POSTCODE) and fitting(column, values, offers=0) >= 0.8:
                return Guess(column.code, LIKELY, BY_VALUES)
    return Guess("", UNKNOWN, BY_NOTHING)


def fitting(column: Column, values: Sequence[Value], offers: float = 1) -> float:
    """The share of the values that reads as this kind of column; a mere proposal counts for `offers`. Text fits always."""
    if not values:
        return 1.0
    read = [interpret(column, value, dt.date.max) for value in values]
    return sum(1 if each.certain else offers * (each.offered is not None) for each in read) / len(read)


# --- cells


def interpret(column: Column, cell: Value, today: dt.date) -> Reading:
    """What a cell says under this column. An empty cell is certain and says nothing."""
    if cell is None or (isinstance(cell, str) and not cell.strip("\x00 \t\r\n\xa0")):
        return Reading()
    return READERS[column.kind](column, cell, today)


def _read_text(column: Column, cell: Value, today: dt.date) -> Reading:
    if isinstance(cell, dt.date):
        return Reading(f"{cell:%d-%m-%Y}")
    return Reading(_text(cell))


def _read_choice(column: Column, cell: Value, today: dt.date) -> Reading:
    written = folded("1" if cell is True else "0" if cell is False else cell)
    value = column.meanings.get(written)
    return Reading(value) if value is not None else Reading(why=UNKNOWN_WORD)


def _read_number(column: Column, cell: Value, today: dt.date) -> Reading:
    found = re.fullmatch(r"(\d{1,9})([.,]0+)?", _text(cell))
    if found and not isinstance(cell, bool):
        return Reading(int(found[1]))
    near = re.search(r"\d{1,9}", _text(cell))
    return Reading(why=NO_NUMBER, offered=int(near[0]) if near and isinstance(cell, str) else None)


def _read_email(column: Column, cell: Value, today: dt.date) -> Reading:
    text = _text(cell).removeprefix("mailto:")
    return Reading(text) if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", text) else Reading(why=NO_EMAIL)


def _read_phone(column: Column, cell: Value, today: dt.date) -> Reading:
    """Nine digits are a Dutch number whose zero a spreadsheet took for nothing."""
    text = _text(cell)
    digits = re.sub(r"\D", "", text)
    if not 6 <= len(digits) <= 15 or re.search(r"[^\d+()\s./-]", text):
        return Reading(why=NO_PHONE)
    if len(digits) == 9 and not text.startswith(("0", "+")):
        return Reading(why=LOST_ZERO, offered=f"0{digits}")
    return Reading(text)


def _read_postcode(column: Column, cell: Value, today: dt.date) -> Reading:
    found = re.fullmatch(r"([1-9]\d{3})\s?([A-Za-z]{2})", _text(cell))
    return Reading(f"{found[1]} {found[2].upper()}") if found else Reading(why=NO_POSTCODE, offered=_text(cell)[:12])


NO_EMAIL = gettext_noop("This is no e-mail address.")
NO_PHONE = gettext_noop("This is no telephone number.")
NO_POSTCODE = gettext_noop("This is no Dutch postcode.")


def _read_bsn(column: Column, cell: Value, today: dt.date) -> Reading:
    """Nine digits that pass the elfproef; eight only as a proposal with a zero in front."""
    text = re.sub(r"[\s.\-]", "", _text(cell))
    if not text.isascii() or not text.isdigit():
        return Reading(why=NO_BSN)
    if len(text) == 9 and elfproef.is_valid(text):
        return Reading(text)
    if len(text) == 8 and elfproef.is_valid(f"0{text}"):
        return Reading(why=LOST_ZERO, offered=f"0{text}")
    return Reading(why=NO_BSN)


Parts = tuple[int, int | None, int | None]


def _read_date(column: Column, cell: Value, today: dt.date) -> Reading:
    found = _date_parts(cell, today, born=False)
    if found.why and found.offered is None:
        return found
    year, month, day = found.value or found.offered
    if month is None or day is None:
        return Reading(why=PARTLY)
    date = dt.date(year, month, day)
    return Reading(date) if found.certain else Reading(why=found.why, offered=date)


def _read_birth_date(column: Column, cell: Value, today: dt.date) -> Reading:
    found = _date_parts(cell, today, born=True)
    parts = found.value or found.offered
    if parts is None:
        return found
    year, month, day = parts
    if (year, month or 1, day or 1) > (today.year, today.month, today.day):
        return Reading(why=IN_FUTURE)
    return found if year >= 1900 else Reading(why=NO_SUCH_DAY)


def _date_parts(cell: Value, today: dt.date, *, born: bool) -> Reading:
    """(year, month, day) of a cell, day or month None where the file knows none."""
    if isinstance(cell, dt.date):
        return Reading((cell.year, cell.month, cell.day))
    if isinstance(cell, bool):
        return Reading(why=NO_DATE)
    if isinstance(cell, int | float):
        return _date_of_number(int(cell), born=born)
    text = _text(cell)
    for pattern, read in DATE_FORMS:
        if found := re.fullmatch(pattern, text, re.IGNORECASE):
            return read(found, today, born)
    return Reading(why=NO_DATE)


def _date_of_number(number: int, *, born: bool) -> Reading:
    """A year, the eight digits of the BRP (19910312, zeros for what is unknown), or a day of Excel's calendar."""
    if 1900 <= number <= 2100:
        return Reading(why=PARTLY, offered=(number, None, None)) if born else Reading(why=PARTLY)
    if 19000000 <= number <= 21001231:
        return _brp(f"{number}", born)
    if 2000 < number < 73000:
        date = FIRST_OF_EXCEL + dt.timedelta(days=number)
        return Reading(why=AS_NUMBER, offered=(date.year, date.month, date.day))
    return Reading(why=NO_DATE)


def _brp(digits: str, born: bool) -> Reading:
    """Eight digits as the BRP writes a date; 00 is an unknown day or month (Logisch Ontwerp GBA)."""
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    if not month or not day:
        return Reading(why=PARTLY, offered=(year, month or None, None)) if born else Reading(why=PARTLY)
    return _checked(year, month, day)


def _checked(year: int, month: int, day: int, why: str = "") -> Reading:
    if not 1 <= month <= 12 or not 1 <= year <= 9998 or not 1 <= day <= monthrange(year, month)[1]:
        return Reading(why=NO_SUCH_DAY)
    return Reading(why=why, offered=(year, month, day)) if why else Reading((year, month, day))


def _whole_year(written: str, today: dt.date, born: bool) -> int:
    """Two digits: the last century unless that year has not come yet; a term or start lies in this one."""
    year = int(written)
    if len(written) > 2:
        return year
    return 2000 + year if not born or 2000 + year <= min(today.year, 2100) else 1900 + year


def _numbers(found: "re.Match[str]", today: dt.date, born: bool) -> Reading:
    """Day first, as in the Netherlands. With a slash it may be American, when both can be a month."""
    day, separator, month, written = int(found[1]), found[2], int(found[3]), found[4]
    if month > 12 >= day and separator == "/":
        return _checked(_whole_year(written, today, born), day, month, DAY_OR_MONTH)
    doubt = DAY_OR_MONTH if separator == "/" and day <= 12 and day != month else ""
    if (day, month) == (0, 0):
        return Reading(why=PARTLY, offered=(_whole_year(written, today, born), None, None)) if born else Reading(why=PARTLY)
    return _checked(_whole_year(written, today, born), month, day, WHICH_CENTURY if len(written) == 2 else doubt)


def _iso(found: "re.Match[str]", today: dt.date, born: bool) -> Reading:
    return _checked(int(found[1]), int(found[2]), int(found[3]))


def _words(found: "re.Match[str]", today: dt.date, born: bool) -> Reading:
    month = MONTH_NUMBERS.get(folded(found[2]))
    if month is None:
        return Reading(why=NO_DATE)
    return _checked(_whole_year(found[3], today, born), month, int(found[1]), AS_TEXT)


def _month_year(found: "re.Match[str]", today: dt.date, born: bool) -> Reading:
    month = MONTH_NUMBERS.get(folded(found[1])) or (int(found[1]) if found[1].isdigit() else 0)
    if not born or not 1 <= month <= 12:
        return Reading(why=PARTLY if 1 <= month <= 12 else NO_DATE)
    return Reading(why=PARTLY, offered=(int(found[2]), month, None))


DateReader = Callable[["re.Match[str]", dt.date, bool], Reading]
DATE_FORMS: tuple[tuple[str, DateReader], ...] = (
    (r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", _iso),
    (r"(\d{1,2})([-./ ])(\d{1,2})\2(\d{4}|\d{2})(?: 0?0:00(?::00)?)?", _numbers),
    (r"(\d{1,2})[-. ]*([^\W\d]+)\.?[-, ]*(\d{4}|\d{2})", _words),
    (r"([^\W\d]+|\d{1,2})[-./ ](\d{4})", _month_year),
    (r"((?:19|20)\d{2})", lambda found, today, born: _date_of_number(int(found[1]), born=born)),
    (r"((?:19|20)\d{6})", lambda found, today, born: _brp(found[1], born)),
    (r"(\d{5})", lambda found, today, born: _date_of_number(int(found[1]), born=born)),
)

READERS: dict[Kind, Callable[[Column, Value, dt.date], Reading]] = {
    Kind.TEXT: _read_text,
    Kind.DATE: _read_date,
    Kind.BIRTH_DATE: _read_birth_date,
    Kind.BSN: _read_bsn,
    Kind.NUMBER: _read_number,
    Kind.CHOICE: _read_choice,
    Kind.EMAIL: _read_email,
    Kind.PHONE: _read_phone,
    Kind.POSTCODE: _read_postcode,
}

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
TOO_EARLY = gettext_noop("KVS takes no dates before 1900.")
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

NOTHING = frozenset({"null", "NULL", "-", "--", "–", "—", ".", "?", "??"})  # what files write where they know nothing
# Words beside a name in a title: these change nothing about what it means ...
HARMLESS = frozenset(
    {
        *("van", "de", "het", "der", "in", "of", "the", "cursist", "deelnemer", "student", "kandidaat", "inburgeraar"),
        *("persoonsgegevens", "gegevens", "contact", "personal", "details", "adres", "address", "naam", "name", "gemeente"),
        *("volledig", "volledige", "officiele", "huidige", "verplicht", "nr", "dd", "mm", "jj", "jjjj", "yyyy"),
    }
)
# ... and these make it somebody else's.
OTHERS = frozenset(
    {
        *("partner", "echtgenoot", "echtgenote", "kind", "kinderen", "vader", "moeder", "ouder", "ouders", "voogd", "school"),
        *("werkgever", "klantmanager", "contactpersoon", "docent", "begeleider", "tolk", "huisarts", "noodgeval"),
        *("gemachtigde", "bewindvoerder", "spouse", "child", "children", "father", "mother", "parent", "guardian"),
        *("employer", "teacher", "interpreter", "emergency"),
    }
)

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
FIRST_YEAR, LAST_YEAR = 1900, 2100  # of dates about people who take lessons
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
        upper = [_text(cell) for cell in [*rows[number - 1], *[None] * len(own)][: len(own)]]
        last, both = "", []
        for top, title in zip(upper, own, strict=True):
            last = top or last
            both.append(_both(last, title) if title else top)
        found.append(tuple(both))
    return found


def _both(top: str, title: str) -> str:
    """A title with the one above it; a title that is merged over both rows is one."""
    return f"{top} {title}" if top and title and top != title else title


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
            if len(wanted) > max(best[1], 3) and _names_it(wanted, written, column):
                best = column.code, len(wanted)
    return best[0]


def _names_it(wanted: str, written: str, column: Column) -> bool:
    """Whether the words beside the name leave its meaning. Values speak for a date or an address, not for a text: there
    every word must be known ("IBAN nummer" is no student number).
    """
    if f" {wanted} " not in f" {written} ":
        return False
    beside = set(f" {written} ".replace(f" {wanted} ", " ", 1).split())
    unknown = {word for word in beside - HARMLESS if len(word) > 1 and not word.isdigit()}
    return not unknown if column.kind is Kind.TEXT else not beside & OTHERS


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
        whole = folded(header.titles[number]) in named.called
        if share >= 0.8:
            return Guess(named.code, SURE if whole else LIKELY, BY_HEAD_AND_VALUES if values else BY_HEAD)
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


class Order(enum.Enum):
    """In which order the numbers of the dates of a column stand, as far as its own values show it."""

    UNKNOWN = "unknown"
    DAY_FIRST = "day"
    MONTH_FIRST = "month"
    TURNED = "turned"  # month first, and the program that made real dates of the others took the month for the day


def date_order(values: Sequence[Value]) -> Order:
    """What the values of a date column tell about each other: after "03/25/1991" nobody knows what 03-04-1991 is.

    A Dutch Excel leaves an American 03/25/1991 as text and makes 3 April of 03/04/1991; then no real date has a day
    after the 12th.
    """
    found = [re.fullmatch(NUMBERS, _text(value)) for value in values if isinstance(value, str)]
    pairs = [(int(it[1]), int(it[3])) for it in found if it]
    if any(first <= 12 < second for first, second in pairs):
        later = any(value.day > 12 for value in values if isinstance(value, dt.date))
        return Order.MONTH_FIRST if later else Order.TURNED
    return Order.DAY_FIRST if any(second <= 12 < first for first, second in pairs) else Order.UNKNOWN


def interpret(column: Column, cell: Value, today: dt.date, order: Order = Order.UNKNOWN) -> Reading:
    """What a cell says under this column. An empty cell is certain and says nothing. `order`: of the dates of the column."""
    if cell is None or (isinstance(cell, str) and cell.strip("\x00 \t\r\n\xa0") in {"", *NOTHING}):
        return Reading()
    read = READERS[column.kind]
    if column.kind not in (Kind.DATE, Kind.BIRTH_DATE):
        return read(column, cell, today)
    turned = _turned(cell, order)
    if turned is None:
        found = read(column, cell, today)
        return Reading(found.offered) if found.why == DAY_OR_MONTH and order is Order.DAY_FIRST else found
    found = read(column, turned, today)
    offered = found.value if found.certain else found.offered
    return found if offered is None else Reading(why=DAY_OR_MONTH, offered=offered)


def _turned(cell: Value, order: Order) -> Value:
    """The date with day and month exchanged, where the column gives reason to; else None."""
    if isinstance(cell, dt.date):
        doubted = order is Order.TURNED and cell.day <= 12 and cell.day != cell.month
        return cell.replace(month=cell.day, day=cell.month) if doubted else None
    found = re.fullmatch(NUMBERS, _text(cell)) if order in (Order.MONTH_FIRST, Order.TURNED) else None
    if not found or not 1 <= int(found[1]) <= 12 or int(found[1]) == int(found[3]):
        return None
    return f"{found[3]}{found[2]}{found[1]}{found[2]}{found[4]}"


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
        return _checked(cell.year, cell.month, cell.day, born)
    if isinstance(cell, bool):
        return Reading(why=NO_DATE)
    if isinstance(cell, int | float):
        return _date_of_number(int(cell), born=born)
    text = re.sub(r"\?+|\b[xX]{1,2}\b", "00", _text(cell))  # unknown parts, as the BRP writes them
    for pattern, read in DATE_FORMS:
        if found := re.fullmatch(pattern, text, re.IGNORECASE):
            return read(found, today, born)
    return Reading(why=NO_DATE)


def _date_of_number(number: int, *, born: bool) -> Reading:
    """A year, the eight digits of the BRP (19910312, zeros for what is unknown), or a day of Excel's calendar."""
    if 1900 <= number <= 2100:
        return Reading(why=PARTLY, offered=(number, None, None)) if born else Reading(why=PARTLY)
    if 19000000 <= number <= 21001231:
        return _checked(number // 10000, number // 100 % 100, number % 100, born)
    if 1800 <= number < 1900:
        return Reading(why=TOO_EARLY)
    if 10000000 <= number < 19000000:
        early = _checked(number // 10000, number // 100 % 100, number % 100, born)
        return early if early.why == TOO_EARLY else Reading(why=NO_DATE)
    if 2000 < number < 73000:
        date = FIRST_OF_EXCEL + dt.timedelta(days=number)
        return Reading(why=AS_NUMBER, offered=(date.year, date.month, date.day))
    return Reading(why=NO_DATE)


def _checked(year: int, month: int, day: int, born: bool, why: str = "") -> Reading:
    """A date that can be. 0 is an unknown day or month, as in the BRP (Logisch Ontwerp GBA)."""
    if not 1000 <= year <= LAST_YEAR or month > 12 or day > (monthrange(year, month)[1] if month else 31):
        return Reading(why=NO_SUCH_DAY)
    if year < FIRST_YEAR:
        return Reading(why=TOO_EARLY)
    if not month or not day:
        return Reading(why=PARTLY, offered=(year, month or None, None)) if born else Reading(why=PARTLY)
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
    year = _whole_year(written, today, born)
    if month > 12 >= day and separator == "/":
        return _checked(year, day, month, born, DAY_OR_MONTH)
    doubt = DAY_OR_MONTH if separator == "/" and 0 < day <= 12 and day != month else ""
    return _checked(year, month, day, born, WHICH_CENTURY if len(written) == 2 else doubt)


def _iso(found: "re.Match[str]", today: dt.date, born: bool) -> Reading:
    return _checked(int(found[1]), int(found[2]), int(found[3]), born)


def _with_word(word: str, day: str, year: str, today: dt.date, born: bool) -> Reading:
    month = MONTH_NUMBERS.get(folded(word))
    return _checked(_whole_year(year, today, born), month, int(day), born, AS_TEXT) if month else Reading(why=NO_DATE)


def _month_year(found: "re.Match[str]", today: dt.date, born: bool) -> Reading:
    month = MONTH_NUMBERS.get(folded(found[1])) or (int(found[1]) if found[1].isdigit() else 0)
    if not born or not 1 <= month <= 12:
        return Reading(why=PARTLY if 1 <= month <= 12 else NO_DATE)
    return _checked(int(found[2]), month, 0, born)


NUMBERS = r"(\d{1,2})([-./ ])(\d{1,2})\2(\d{4}|\d{2})(?: 0?0:00(?::00)?)?"
DateReader = Callable[["re.Match[str]", dt.date, bool], Reading]
DATE_FORMS: tuple[tuple[str, DateReader], ...] = (
    (r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?", _iso),
    (NUMBERS, _numbers),
    (r"(\d{1,2})[-./ ]*([^\W\d]+)\.?[-/, ]*(\d{4}|\d{2})", lambda it, today, born: _with_word(it[2], it[1], it[3], today, born)),
    (r"([^\W\d]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", lambda it, today, born: _with_word(it[1], it[2], it[3], today, born)),
    (r"([^\W\d]+|\d{1,2})[-./ ](\d{4})", _month_year),
    (r"((?:18|19|20)\d{2}|(?:1\d|20)\d{6}|\d{5})", lambda found, today, born: _date_of_number(int(found[1]), born=born)),
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

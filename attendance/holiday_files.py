"""Reading school holidays from a file that anybody may have made: a calendar (.ics) or a spreadsheet. Nothing is stored here.

A spreadsheet is read by the child of kvs/reading.py. A calendar is text: it is small or it is refused, and is read by the
`icalendar` library. Regions are those of the Ministry of Education (OCW): north, middle, south; ../shared/data/openholidays-nl.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import icalendar
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from kvs.importing import Column, Kind, date_order, find_header, folded, interpret, recognise
from kvs.reading import Sheet, Unreadable, Value, read_workbook

LARGEST_CALENDAR = 256 * 1024  # bytes; the holidays of ten years are 30 KB
MOST_ROWS = 300
LONG = dt.timedelta(days=22)  # longer than a Christmas or May holiday: worth a look, and true of a summer
DAY = dt.timedelta(days=1)

NO_CALENDAR = gettext_noop("This is no calendar. Save the holidays as ics, xlsx or csv.")
BAD_CALENDAR = gettext_noop("This calendar is damaged. Download it again, or enter the holidays in a spreadsheet.")
LARGE_CALENDAR = gettext_noop("This calendar is too large for school holidays: more than 256 kB. Keep only the holidays.")
MANY = gettext_noop("This file has more than 300 rows. Keep only the holidays.")
NO_COLUMNS = gettext_noop("The columns were not found. Give the first row the titles: naam, van, tot en met.")
NOTHING = gettext_noop("There are no holidays in this file.")

NO_NAME = _("There is no name.")
LONG_NAME = _("The name is longer than 60 characters.")
NO_BEGIN = _("The first day is missing, or is no date such as 17-10-2026.")
NO_END = _("The last day is missing, or is no date such as 25-10-2026.")
BACKWARDS = _("The last day cannot be before the first day.")
REPEATS = _("This event repeats. Enter each period by itself.")
WHICH_REGION = _("This row is of one region. Choose the region of the school.")
OTHER_REGION = _("Of another region.")
FAR = _("Choose days between 2000 and 2100.")
TWICE = _("Stands in this file twice.")

REGIONS = {"NO": _("North"), "MI": _("Middle"), "ZU": _("South")}
REGION_WORDS = {"NO": ("no", "noord", "north"), "MI": ("mi", "midden", "middle"), "ZU": ("zu", "zuid", "south")}
COLUMNS = (
    Column("name", _("name"), ("naam", "vakantie", "omschrijving", "titel", "name", "summary", "onderwerp", "subject")),
    Column(
        "starts_on",
        _("first day"),
        ("van", "vanaf", "eerste dag", "begin", "begindatum", "startdatum", "start", "startdate", "start date", "dtstart"),
        Kind.DATE,
    ),
    Column(
        "ends_on",
        _("last day"),
        ("tot en met", "t/m", "tm", "tot", "laatste dag", "einde", "einddatum", "eind", "enddate", "end date", "end", "until"),
        Kind.DATE,
    ),
    Column("regions", _("region"), ("regio", "regios", "region", "regions", "groups")),
)


@dataclass(frozen=True)
class Holiday:
    """A row of a file: where it stands, what it says, and what is wrong with it, if anything."""

    number: int  # of the row or the event, as people count
    name: str = ""
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    regions: frozenset[str] = frozenset()  # of REGIONS; empty: for all
    problem: Any = ""  # not taken over because of it
    left_out: Any = ""  # not for this school, which is no mistake

    @property
    def usable(self) -> bool:
        """Whether it can be taken over."""
        return not self.problem and not self.left_out

    @property
    def is_long(self) -> bool:
        """Whether it is longer than most holidays: a summer, or a mistake in the file."""
        return bool(self.starts_on and self.ends_on and self.ends_on - self.starts_on >= LONG)


def read_holidays(content: bytes, name: str, region: str = "") -> list[Holiday]:
    """The holidays in a file, in its order, for a school in `region` (of REGIONS; empty: not said).

    Raises Unreadable with one sentence for a file that is no list of holidays, or is not safe to read.
    """
    found = _of_calendar(content) if _is_calendar(content, name) else _of_sheets(read_workbook(content, name))
    if not found:
        raise Unreadable(NOTHING)
    if len(found) > MOST_ROWS:
        raise Unreadable(MANY)
    return _without_doubles([_in_region(_checked(row), region) for row in found])


def _is_calendar(content: bytes, name: str) -> bool:
    """By what it is, not by its name; with the name of a calendar it must be one."""
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].upper() == b"BEGIN:VCALENDAR":
        return True
    if name.lower().endswith(".ics"):
        raise Unreadable(NO_CALENDAR)
    return False


# --- calendars


def _of_calendar(content: bytes) -> list[Holiday]:
    if len(content) > LARGEST_CALENDAR:
        raise Unreadable(LARGE_CALENDAR)
    try:
        text = content.decode("utf-8-sig")
        if len(re.findall(r"(?im)^BEGIN:", text)) > 2 * MOST_ROWS:
            raise Unreadable(MANY)
        calendar = icalendar.Calendar.from_ical(text)
        events = [part for part in calendar.subcomponents if part.name == "VEVENT"]
        return [_of_event(number, event) for number, event in enumerate(events, start=1)]
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        raise Unreadable(BAD_CALENDAR) from None


def _of_event(number: int, event: Any) -> Holiday:
    begin, end = (event.get(name) for name in ("DTSTART", "DTEND"))
    name = _dutch(str(event.get("SUMMARY", "")))
    known = Holiday(number, name, regions=_regions_in_name(name))
    if "RRULE" in event or "RDATE" in event:
        return replace(known, problem=REPEATS)
    first = _day(begin.dt) if begin else None
    return replace(known, starts_on=first, ends_on=_last_day(end.dt) if end else first)


def _day(moment: dt.date) -> dt.date:
    """The day of a date or a moment, school time; a time without a zone is school time already."""
    if not isinstance(moment, dt.datetime):
        return moment
    return timezone.localdate(moment) if timezone.is_aware(moment) else moment.date()


def _last_day(end: dt.date) -> dt.date:
    """The last day before `end`, which in a calendar is the first day or moment after it (RFC 5545, 3.6.1)."""
    if not isinstance(end, dt.datetime):
        return end - DAY
    return _day(end - dt.timedelta(microseconds=1))


# --- spreadsheets


def _of_sheets(sheets: Iterable[Sheet]) -> list[Holiday]:
    """The rows of the first visible sheet that has the titles."""
    for sheet in sheets:
        header = None if sheet.hidden else find_header(sheet.rows, COLUMNS)
        if header:
            rows = sheet.rows[header.row + 1 :]
            codes = [guess.code for guess in recognise(header, rows, COLUMNS)]
            if {"name", "starts_on", "ends_on"} <= set(codes):  # without the last days each holiday would be one day
                return _of_rows(rows, codes, header.row + 2)
    raise Unreadable(NO_COLUMNS)


def _of_rows(rows: Sequence[Sequence[Value]], codes: Sequence[str], first: int) -> list[Holiday]:
    cells = [
        (number, {code: row[at] for at, code in enumerate(codes) if code and at < len(row)})
        for number, row in enumerate(rows, start=first)
        if any(cell not in (None, "") for cell in row)
    ]
    if len(cells) > MOST_ROWS:
        raise Unreadable(MANY)
    orders = {code: date_order([known.get(code) for _number, known in cells]) for code in ("starts_on", "ends_on")}
    return [_of_cells(number, known, orders) for number, known in cells]


def _of_cells(number: int, cells: dict[str, Value], orders: dict[str, Any]) -> Holiday:
    def day(code: str) -> dt.date | None:
        column = next(column for column in COLUMNS if column.code == code)
        found = interpret(column, cells.get(code), timezone.localdate(), orders[code])
        return found.value if found.certain and isinstance(found.value, dt.date) else None

    name, where = _text(cells.get("name")), _text(cells.get("regions"))
    first, last = day("starts_on"), day("ends_on")
    if _text(cells.get("ends_on")) == "":
        last = first  # one day, as the list of public holidays of openholidays has it
    return Holiday(number, _dutch(name), first, last, _regions(where) if where else _regions_in_name(name))


def _text(cell: Value) -> str:
    return "" if cell is None else " ".join(str(cell).replace("\x00", "").split())


# --- what a row says


def _dutch(name: str) -> str:
    """The Dutch of "NL Kerstvakantie,DE Weihnachtsferien,EN Christmas Holidays"; another name as it is."""
    name = " ".join(name.replace("\x00", "").split())
    found = re.search(r"(?:^|,)NL ([^,]+)", name)
    return found[1] if found and re.search(r",[A-Z]{2} ", f",{name}") else name


def _regions(text: str) -> frozenset[str]:
    """The regions that are named in a cell or in a name ("Herfstvakantie regio Noord"); all three are none."""
    words = set(folded(text).split())
    named = {code for code, known in REGION_WORDS.items() if words & set(known)}
    return frozenset() if len(named) == len(REGIONS) else frozenset(named)


def _regions_in_name(name: str) -> frozenset[str]:
    """Only where it says "regio": a day off of the location South is no region."""
    return _regions(name) if "regio" in folded(name) else frozenset()


def _checked(row: Holiday) -> Holiday:
    """The row with its first problem, if it has one."""
    if row.problem:
        return row
    problem: Any = ""
    if not row.name:
        problem = NO_NAME
    elif len(row.name) > 60:
        problem = LONG_NAME
    elif row.starts_on is None:
        problem = NO_BEGIN
    elif row.ends_on is None:
        problem = NO_END
    elif row.ends_on < row.starts_on:
        problem = BACKWARDS
    elif not 2000 <= row.starts_on.year <= row.ends_on.year <= 2100:
        problem = FAR
    return replace(row, problem=problem)


def _in_region(row: Holiday, region: str) -> Holiday:
    if row.problem or not row.regions or region in row.regions:
        return row
    return replace(row, left_out=OTHER_REGION) if region else replace(row, problem=WHICH_REGION)


def _without_doubles(rows: Iterable[Holiday]) -> list[Holiday]:
    seen: set[tuple[Any, ...]] = set()
    found = []
    for row in rows:
        key = (row.name.casefold(), row.starts_on, row.ends_on)
        found.append(replace(row, left_out=TWICE) if row.usable and key in seen else row)
        if row.usable:
            seen.add(key)
    return found

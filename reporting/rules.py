"""How attendance is counted in a report. Sources: issue 2, 3.6; domain/blik_op_werk_and_municipalities.md 4.5 and 5
(proposals: no municipality's own layout could be verified, read 2026-11-22).
"""

import datetime as dt
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

FILES_KEPT_DAYS = 30  # how long the files of a report stay; what was handed over is on record without them


def percentage(part: int, whole: int) -> Decimal | None:
    """Per cent with one decimal, rounded once, at the end; None when there is nothing to divide by."""
    if whole <= 0:
        return None
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)


def in_hours(minutes: int) -> Decimal:
    """Minutes as hours with one decimal, rounded once, at the end."""
    return (Decimal(minutes) / 60).quantize(Decimal("0.1"), ROUND_HALF_UP)


def reference(run: str) -> str:
    """What stands on paper to find a report again: the first eight digits of its number, "9F2A-71C4"."""
    return f"{run[:4]}-{run[4:8]}".upper()


def measuring_year(first: dt.date) -> tuple[dt.date, dt.date]:
    """First and last day of the twelve months that begin with `first` (Blik op Werk, measuring period; domain notes 2)."""
    return first, first.replace(year=first.year + 1) - dt.timedelta(days=1)


def outside_measuring(law: str, route: str, is_elip: bool) -> str:
    """Why Blik op Werk does not measure a programme: "" (it does), "elip", "education" or "no_duty".

    ELIP: its mail of 9 March 2022. The education route is outside the quality mark (blikopwerk.nl, keurmerk inburgeren).
    That a programme without duty is no "inburgeringscursus" is not confirmed. Read 2026-11-22.
    """
    if is_elip:
        return "elip"
    if law == "none":
        return "no_duty"
    return "education" if route == "education" else ""


def list_file_name(what: str, first: dt.date) -> str:
    """Our own name for a list of the measuring year that begins on `first`: no name is prescribed as far as known."""
    begin, end = measuring_year(first)
    return f"{what}-{begin:%Y%m%d}-{end:%Y%m%d}.csv"


def duo_file_name(bow_number: str, day: dt.date) -> str:
    """How DUO wants the contract file to be called when it is delivered on `day`: "123456Aanlevering20150101.csv".

    Digits, without zeros in front; DUO's own example (domain/duo.md 1.2, read 2026-11-22).
    """
    return f"{bow_number.lstrip('0')}Aanlevering{day:%Y%m%d}.csv"


SMALLEST = (
    5  # a number below this may point to somebody; privacy_engineering.md 5.6 asks for a limit and names none: not confirmed
)


def hidden(values: Sequence[int], people: Sequence[int]) -> tuple[frozenset[int], bool]:
    """Which of `values` are not shown (their places), and whether their total is not shown either.

    `people`: of how many people each value is. Hidden is what is about fewer than SMALLEST, and so many others that what is
    hidden cannot be worked out from the total: at least two, together of SMALLEST people or more. Zero names nobody.
    """
    filled = sorted((value, place) for place, value in enumerate(values) if value)
    out = {place for value, place in filled if min(value, people[place]) < SMALLEST}
    if not out:
        return frozenset(), False
    for _value, place in filled:
        if _is_safe(out, values, people):
            break
        out.add(place)
    return frozenset(out), not _is_safe(out, values, people)


def _is_safe(out: set[int], values: Sequence[int], people: Sequence[int]) -> bool:
    fewest = min(sum(values[place] for place in out), sum(people[place] for place in out))
    return len(out) >= 2 and fewest >= SMALLEST

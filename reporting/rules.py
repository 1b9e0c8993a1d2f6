"""How attendance is counted in a report. Sources: issue 2, 3.6; domain/blik_op_werk_and_municipalities.md 4.5 and 5
(proposals: no municipality's own layout could be verified, read 2026-11-22).
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

FILES_KEPT_DAYS = 30  # how long the files of a report stay; what was handed over is on record without them
PDF_ROWS = 3_000  # of more no PDF is made: a row costs a worker 14 ms and 0.3 MB (measured), and others wait behind it


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


# --- what is given outside a report: by telephone, by mouth, in a letter, on a screen

CONSENT, LEGAL_DEMAND, OTHER = "consent", "legal_demand", "other"
BSN = "bsn"
# What can be given this way at all. Data about health (reason of absence, guidance, exemption) are on no list: AVG 9(1).
GIVEABLE = ("identity", "contact", "residence", "background", "programme", "attendance", "learning", "exams", BSN)
# Who is told for which purpose (policy B 2.2, 4.1.3, 4.2.2, 4.2.4 and 4.2.5; A: "Rapporteren aan ...").
RECIPIENTS_OF: dict[str, frozenset[str]] = {
    "client_reports": frozenset({"municipality"}),
    "duo_funding": frozenset({"duo"}),
    "duo_exams": frozenset({"duo"}),
    "quality": frozenset({"blik_op_werk"}),
    "survey": frozenset({"surveyor", "blik_op_werk"}),
}
NO_PURPOSE, NO_RECIPIENT, RESTRICTED, OBJECTED, NO_LAW, NO_CONSENT, BSN_ONLY_BY_LAW, NO_CLIENT = (
    *("no_purpose", "no_recipient", "restricted", "objected"),
    *("no_law", "no_consent", "bsn_only_by_law", "no_client"),
)


@dataclass(frozen=True)
class Giving:
    """What somebody wants to give, and what the catalogue and the student say about it. All but booleans are codes.

    `purposes` and `recipients`: per category, for which purposes and to whom the catalogue lets it go.
    """

    categories: tuple[str, ...]
    recipient: str
    purpose: str
    purposes: dict[str, frozenset[str]]
    recipients: dict[str, frozenset[str]]
    restricted: frozenset[str] = frozenset()
    objections: frozenset[str] = frozenset()
    client_of_student: bool = True  # when it goes to a client: whether that client pays for a course of this student
    names_law: bool = False
    consented: bool = False


def why_not_give(giving: Giving) -> list[tuple[str, str]]:
    """What keeps this from being given: (reason, code of the category or the purpose). Empty: it has a ground.

    AVG 6(1) and the school's own list of purposes and recipients; AVG 18(2): restricted data go with consent only; AVG 21:
    not for a purpose the student objects to; UAVG 46: a BSN goes where a law says so, and consent never is such a law.
    """
    if giving.purpose == LEGAL_DEMAND:
        found = [] if giving.names_law else [(NO_LAW, giving.purpose)]
    elif giving.purpose == CONSENT:
        found = [] if giving.consented else [(NO_CONSENT, giving.purpose)]
        found += [(BSN_ONLY_BY_LAW, code) for code in giving.categories if code == BSN]
    else:
        found = [(NO_PURPOSE, code) for code in giving.categories if giving.purpose not in giving.purposes[code]]
        known = [code for code in giving.categories if (NO_PURPOSE, code) not in found]
        able = RECIPIENTS_OF.get(giving.purpose, frozenset())
        found += [(NO_RECIPIENT, code) for code in known if giving.recipient not in giving.recipients[code] & able]
    if giving.purpose != CONSENT:
        found += [(RESTRICTED, code) for code in giving.categories if code in giving.restricted]
    if not giving.client_of_student:
        found.append((NO_CLIENT, giving.purpose))
    if giving.purpose in giving.objections:
        found.append((OBJECTED, giving.purpose))
    return found


def refused_purposes(objections: Collection[str], *, no_survey: bool) -> frozenset[str]:
    """The purposes the student says no to: the survey is a choice of its own in the own data."""
    return frozenset(objections) | (frozenset({"survey"}) if no_survey else frozenset())

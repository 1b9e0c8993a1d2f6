"""Which contracts and which minutes go to DUO (domain/duo.md section 1); the file itself: `reporting.reports.duo`."""

import datetime as dt
import uuid
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from attendance import hour_rules
from attendance import rules as attendance
from attendance.hours import lines_of
from attendance.hours_overview import brought_hours, settled, terms_of
from attendance.models import MarkQuerySet, OpeningBalance, proven_only
from kvs.models import User
from students.models import Contract, Programme


@dataclass(frozen=True)
class Minutes:
    """Minutes attended under one contract: in lessons with a signed register, and brought along."""

    course: int = 0
    ona: int = 0
    not_counted: int = 0  # online and at home
    refused: int = 0  # literacy away from the school
    brought: int = 0  # of course and ona together: from before KVS kept the registers


def month_end(month: dt.date) -> dt.date:
    """Its last day."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def first_lesson_day(month: dt.date, over: str) -> dt.date | None:
    """From which day lessons are added up (ColumnProfile.HoursOver); None: as far back as the contract goes."""
    return {"year": dt.date(month.year, 1, 1), "month": month, "contract": None}[over]


def contracts_of(month: dt.date, by: User | None) -> QuerySet[Contract]:
    """Contracts that touch the calendar year up to and including `month` (domain/duo.md 1.1); for nobody: of the whole school."""
    running = Q(ends_on__isnull=True) | Q(ends_on__gte=dt.date(month.year, 1, 1))
    among = Contract.objects.visible_to(by) if by else Contract.objects.all()
    return among.filter(running, starts_on__lte=month_end(month))


def to_report(path: str) -> Q:
    """Condition on a row with a programme behind `path`: DUO asks for who has a duty, and for who pays from a DUO loan."""
    return ~Q(**{f"{path}law": Programme.Law.NONE}) | Q(**{f"{path}has_duo_loan": True})


def minutes_per_contract(
    marks: MarkQuerySet, contracts: Iterable[Contract], balances: Iterable[OpeningBalance], day: dt.date
) -> dict[uuid.UUID, Minutes]:
    """Minutes by contract as attendance.hours_overview counts them: of lessons on its days, with their breaks where the
    contract counts these, only proven ones where the school says so, and what was brought along. Three queries.
    """
    known = {contract.pk: contract for contract in contracts}
    terms = {key: terms_of(contract) for key, contract in known.items()}
    only = proven_only().rules
    found: dict[uuid.UUID, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in lines_of(marks, day):
        if line.contract in known:
            minutes, field = settled(line, terms).minutes, bucket(line.hour_class)
            found[line.contract][field] += minutes.proven if f"duo_{field}" in only else minutes.attended
    for contract, rows in brought_hours([row for row in balances if row.contract_id in known], known.values()).items():
        for row in rows:
            if contract and row.hour_class not in hour_rules.OUTSIDE:
                field = bucket(row.hour_class, brought=True)
                found[contract][field] += row.minutes
                found[contract]["brought"] += row.minutes if field in ("course", "ona") else 0
    return {contract: Minutes(**buckets) for contract, buckets in found.items()}


def bucket(kind: str, *, brought: bool = False) -> str:
    """The field of Minutes that hours of this kind are added to. What was refused before KVS kept the registers can not be
    mended here any more: it is only not delivered.
    """
    if kind == hour_rules.REFUSED and not brought:
        return "refused"
    if kind in attendance.DUO_ONA_HOURS:
        return "ona"
    return "course" if kind in attendance.DUO_COURSE_HOURS else "not_counted"


def balances_of(month: dt.date, over: str, by: User) -> QuerySet[OpeningBalance]:
    """What was brought along and belongs to the hours that are delivered (ColumnProfile.HoursOver).

    DUO asks for the running calendar year (duo.md 1.1), and a school that began with KVS halfway has the first months of it
    only here: the balance of that year belongs in it, those of earlier years do not. Over the whole contract all do. Over one
    month none: a balance knows no month.
    """
    years = {"year": Q(year=month.year), "contract": Q(year__lte=month.year), "month": Q(pk__in=[])}[over]
    return OpeningBalance.objects.visible_to(by).filter(years)

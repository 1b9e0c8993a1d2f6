"""Contracts whose hours are nearly used and programmes whose term is nearly over: what has to be arranged in time.

The same minutes as the page of hours (attendance.hours); in order of the day, never of the person. Whose use of these data
is restricted is left out (AVG art. 18).
"""

import datetime as dt
import uuid
from collections import defaultdict
from typing import NamedTuple

from django.db.models import QuerySet, Sum

from attendance.hours import Line, forecast, lesson_lines
from attendance.hours_overview import settled, terms_of
from attendance.models import OpeningBalance
from kvs.models import User
from students.models import Contract, Programme
from students.models.groups import active

SOON = dt.timedelta(weeks=8)
TERM_SOON = dt.timedelta(days=122)  # four months
TERM_PAST = dt.timedelta(weeks=4)  # as long after it a term still stands here
NAMES = ("id", "audit_id", "given_names", "call_name", "infix", "surname", "sort_key")


class RunningOut(NamedTuple):
    """A contract: minutes `left` of those `purchased`, used up about `on`; None when nothing is left."""

    contract: Contract
    left: int
    purchased: int
    on: dt.date | None


def running_out(user: User, today: dt.date) -> list[RunningOut]:
    """Contracts of today whose hours are used, or will be within eight weeks at the pace of the last eight. Four queries."""
    contracts = list(_contracts(user, today))
    terms = {contract.pk: terms_of(contract) for contract in contracts}
    lines: dict[uuid.UUID | None, list[Line]] = defaultdict(list)
    for line in lesson_lines([contract.programme for contract in contracts], today):
        lines[line.contract].append(settled(line, terms))
    brought = OpeningBalance.objects.filter(contract__in=contracts).order_by().values_list("contract")
    balances = dict(brought.annotate(minutes=Sum("minutes")))
    rows = [_row(contract, lines[contract.pk], balances.get(contract.pk, 0), today) for contract in contracts]
    soon = [row for row in rows if row.left == 0 or (row.on and row.on <= today + SOON)]
    return sorted(soon, key=lambda row: (row.on or today, row.contract.programme.student.sort_key))


def _contracts(user: User, today: dt.date) -> "QuerySet[Contract]":
    names = (f"programme__student__{name}" for name in NAMES)
    return (
        Contract.objects.visible_to(user)
        .filter(active(today), hours__isnull=False)
        .exclude(programme__student__restricted__overlap=["attendance", "programme"])
        .select_related("programme__student", "hour_terms")
        .only("hours", "starts_on", "programme__id", "hour_terms", *names)
    )


def _row(contract: Contract, lines: list[Line], brought: int, today: dt.date) -> RunningOut:
    purchased = (contract.hours or 0) * terms_of(contract)[0]
    left = max(purchased - brought - sum(line.minutes.attended for line in lines), 0)
    recent = sum(line.recent for line in lines)
    return RunningOut(contract, left, purchased, forecast(left, recent, today, contract.starts_on))


def terms_ending(user: User, today: dt.date) -> list[Programme]:
    """Programmes of today whose integration term ends within four months, or ended in the last four weeks."""
    names = (f"student__{name}" for name in NAMES)
    return list(
        Programme.objects.visible_to(user)
        .filter(active(today), term_ends_on__range=(today - TERM_PAST, today + TERM_SOON))
        .exclude(student__restricted__overlap=["programme"])
        .select_related("student")
        .only("law", "term_ends_on", *names)
        .order_by("term_ends_on", "student__sort_key")
    )

"""What the rules of absence find in signed registers: read here, written by attendance/actions/follow_up.py."""

import datetime as dt
import uuid
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from django.db.models import Max

from attendance.absence import with_verdict
from attendance.absence_reasons import EXCUSED
from attendance.models import AbsenceSignal, Mark, SignalRule
from attendance.signal_rules import MOST_WEEKS, Presence, Rule, Signal, rules_for, signal
from kvs.categories import ATTENDANCE
from students.models import Contract, Enrolment, Programme

# How long ago somebody's last signed lesson may be: longer and it is no news any more.
NEWS = dt.timedelta(weeks=4)


class Found(NamedTuple):
    """A signal that is not stored yet; `client`: whose rule it is, None for the school's."""

    programme: uuid.UUID
    rule: Rule
    client: uuid.UUID | None
    signal: Signal[uuid.UUID]  # its lessons are marks


def find(today: dt.date, programme: uuid.UUID | None = None) -> Iterator[Found]:
    """What every rule finds now, for programmes that run; of one programme when it is named. A fixed number of queries.

    Left out is whose presence is restricted (AVG 18): those data are only kept.
    """
    running = Programme.objects.active_on(today).exclude(student__restricted__contains=[ATTENDANCE.code])
    if programme is not None:
        running = running.filter(pk=programme)
    rules = _Rules.load(today)
    if not rules.any:
        return
    told = _told()
    began = dict(Enrolment.objects.filter(programme__in=running).order_by("-starts_on").values_list("programme", "starts_on"))
    marks = Mark.objects.counted().filter(
        enrolment__programme__in=running, lesson__day__gt=today - dt.timedelta(weeks=MOST_WEEKS) - NEWS, lesson__day__lte=today
    )
    rows = (
        with_verdict(marks)
        .order_by("enrolment__programme", "lesson__starts_at", "pk")
        .values_list(
            *("enrolment__programme", "pk", "lesson__day", "lesson__planned_minutes", "minutes_attended", "verdict"),
        )
    )
    for pk, lines in groupby(rows.iterator(chunk_size=5000), key=itemgetter(0)):
        lessons = [
            Presence(mark, day, planned, attended, verdict == EXCUSED) for _pk, mark, day, planned, attended, verdict in lines
        ]
        if lessons[-1].day < today - NEWS:
            continue
        for rule, client in rules.of(pk):
            since = max(began[pk], told.get((pk, rule.kind), dt.date.min) + dt.timedelta(days=1))
            if made := signal(rule, lessons, since):
                yield Found(pk, rule, client, made)


def _told() -> dict[tuple[uuid.UUID, str], dt.date]:
    """Until which day each rule made a signal for each programme."""
    rows = AbsenceSignal.objects.order_by().values_list("programme", "kind").annotate(last=Max("ends_on"))
    return {(programme, kind): last for programme, kind, last in rows}


class _Rules(NamedTuple):
    """All rules of the school, and whose client's rules hold for which programme on a day."""

    by_client: dict[uuid.UUID | None, list[SignalRule]]
    clients: dict[uuid.UUID, uuid.UUID | None]

    @classmethod
    def load(cls, today: dt.date) -> "_Rules":
        by_client: dict[uuid.UUID | None, list[SignalRule]] = {}
        for row in SignalRule.objects.all():
            by_client.setdefault(row.client_id, []).append(row)
        contracts = Contract.objects.active_on(today).filter(client__in=[pk for pk in by_client if pk])
        return cls(by_client, dict(contracts.values_list("programme", "client")))

    @property
    def any(self) -> bool:
        """Whether there is a rule in use."""
        return any(row.active for rows in self.by_client.values() for row in rows)

    def of(self, programme: uuid.UUID) -> list[tuple[Rule, uuid.UUID | None]]:
        """The rules for this programme, each with the client it is of (None: the school)."""
        client = self.clients.get(programme)
        own = self.by_client.get(client, []) if client else []
        school = self.by_client.get(None, [])
        kinds = {row.kind for row in own}
        chosen = rules_for([(row.kind, row.rule) for row in own], [(row.kind, row.rule) for row in school])
        return [(rule, client if rule.kind in kinds else None) for rule in chosen]

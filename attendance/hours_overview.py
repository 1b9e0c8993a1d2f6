"""The hours of one programme as people read them: per contract what was offered and attended, per rule what counts.

A fixed number of queries, however many contracts and entries there are.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from attendance import hour_rules
from attendance.hour_rules import CLASS_LABELS, HOUR, Counted, Hours, Person, Rule
from attendance.hours import Line, Minutes, as_hours, forecast, lesson_lines, total, with_breaks
from attendance.models import ContractHours, OpeningBalance, OutsideHours, proven_only
from attendance.models.evidence import ProvenOnlyFor
from kvs.models import User
from students.models import Contract, Programme

ONLINE_COUNTED_UNTIL = 2018  # online hours of 2018 still count (domain/duo.md 1.4)


@dataclass(frozen=True)
class KindRow:
    """Minutes of one kind under one contract."""

    label: Any
    minutes: Minutes
    brought: int


@dataclass(frozen=True)
class RuleRow:
    """What counts for one rule, and how far that is."""

    rule: Rule
    counted: Counted
    proven_only: bool = False  # the school counts only proven minutes of lessons for it
    missing: tuple[Any, ...] = ()  # facts about the person, without which nothing is said to be reached

    @property
    def whole_hours(self) -> int:
        """Hours that are whole."""
        return hour_rules.whole_hours(self.counted.minutes)

    @property
    def needed(self) -> int | None:
        """Hours the rule asks for."""
        return self.rule.threshold // HOUR if self.rule.threshold else None

    @property
    def reached(self) -> bool:
        """Whether that is fulfilled."""
        return not self.missing and self.rule.reached(self.counted)

    @property
    def per_cent(self) -> int:
        """Of the bar, 0 to 100; full only when the number is there."""
        return min(100 * self.counted.minutes // self.rule.threshold, 100) if self.rule.threshold else 0


@dataclass
class ContractRow:
    """One contract; `contract` is None for lessons on days without one."""

    contract: Contract | None
    lesson_hour: int
    breaks_count: bool
    lessons: Minutes
    brought: int  # minutes of the opening balance
    kinds: list[KindRow]
    balances: list[OpeningBalance]
    rules: list[RuleRow]
    forecast_on: dt.date | None = None
    proven_only: bool = False  # its client counts only proven minutes

    @property
    def purchased(self) -> int | None:
        """Minutes agreed."""
        return self.contract.hours * self.lesson_hour if self.contract and self.contract.hours else None

    @property
    def used(self) -> int:
        """Minutes attended, with what was brought along."""
        return (self.lessons.proven if self.proven_only else self.lessons.attended) + self.brought

    @property
    def left(self) -> int | None:
        """Minutes agreed and not attended yet; never below zero."""
        return max(self.purchased - self.used, 0) if self.purchased is not None else None

    @property
    def per_cent(self) -> int:
        """Of the bar, 0 to 100."""
        return min(100 * self.used // self.purchased, 100) if self.purchased else 0


@dataclass
class Overview:
    """All about the hours of one programme."""

    programme: Programme
    contracts: list[ContractRow] = field(default_factory=list)
    rules: list[RuleRow] = field(default_factory=list)
    entries: list[OutsideHours] = field(default_factory=list)  # the last word on each, latest first


def overview(programme: Programme, by: User, today: dt.date) -> Overview:
    """The hours of `programme`; rules over all programmes of the student under the same law, so that hours of an earlier
    route stay (Gevolgde Uren API). Six queries.
    """
    siblings = list(Programme.objects.visible_to(by).filter(student=programme.student_id, law=programme.law))
    contracts = list(
        Contract.objects.visible_to(by)
        .filter(programme__in=siblings)
        .select_related("client", "hour_terms")
        .order_by("-starts_on")
    )
    terms = {contract.pk: terms_of(contract) for contract in contracts}
    lines = [settled(line, terms) for line in lesson_lines(siblings, today)]
    balances = list(OpeningBalance.objects.visible_to(by).filter(contract__in=contracts))
    entries = list(OutsideHours.objects.visible_to(by).filter(programme__in=siblings).current().select_related("corrects"))
    person = person_of(programme)
    rules = hour_rules.rules_for(programme.law, programme.route, today, person)
    brought = brought_hours(balances, contracts)
    only = proven_only()
    beside = [*(row for rows in brought.values() for row in rows), *outside_hours(entries)]
    made = Overview(programme)
    made.rules = [
        replace(row, missing=tuple(row.rule.missing(person)))
        for row in _rule_rows([rule for rule in rules if not rule.per_contract], lines, beside, only)
    ]
    made.entries = [entry for entry in entries if entry.programme_id == programme.pk]
    per_contract = [rule for rule in rules if rule.per_contract]
    by_contract: dict[uuid.UUID | None, list[Line]] = defaultdict(list)
    for line in lines:
        if line.programme == programme.pk:
            by_contract[line.contract].append(line)
    own: list[Contract | None] = [contract for contract in contracts if contract.programme_id == programme.pk]
    for contract in [*own, *([None] if None in by_contract else [])]:
        key = contract.pk if contract else None
        kept = [balance for balance in balances if balance.contract_id == key]
        made.contracts.append(_contract_row(contract, by_contract[key], kept, brought.get(key, []), per_contract, today, only))
    return made


def person_of(programme: Programme) -> Person:
    """What rules ask about the person behind a programme."""
    known = {Programme.StatusHolder.YES: True, Programme.StatusHolder.NO: False}
    status = known.get(Programme.StatusHolder(programme.status_holder))
    return Person(status, programme.pip_language_hours, programme.pip_knm_hours)


def _rule_rows(rules: Iterable[Rule], lines: list[Line], beside: list[Hours], only: ProvenOnlyFor) -> list[RuleRow]:
    """What counts for each rule: hours of lessons, proven ones only where the school says so, and the hours `beside` them."""
    counted = {proven: [*as_hours(lines, proven=proven), *beside] for proven in (True, False)}
    return [RuleRow(rule, rule.counted(counted[rule.key in only.rules]), rule.key in only.rules) for rule in rules]


def _contract_row(
    contract: Contract | None,
    lines: list[Line],
    balances: list[OpeningBalance],
    brought: list[Hours],
    rules: Iterable[Rule],
    today: dt.date,
    only: ProvenOnlyFor,
) -> ContractRow:
    lesson_hour, breaks_count = terms_of(contract) if contract else (HOUR, False)
    row = ContractRow(
        contract,
        lesson_hour,
        breaks_count,
        lessons=total(lines),
        brought=sum(balance.minutes for balance in balances),
        kinds=_kinds(lines, brought),
        balances=balances,
        rules=_rule_rows(rules, lines, brought, only),
        proven_only=contract is not None and contract.client_id in only.clients,
    )
    if contract and row.left and (contract.ends_on is None or contract.ends_on >= today):
        row.forecast_on = forecast(row.left, sum(line.recent for line in lines), today, contract.starts_on)
    return row


def _kinds(lines: list[Line], brought: list[Hours]) -> list[KindRow]:
    found = []
    for code, label in CLASS_LABELS.items():
        mine = [line for line in lines if line.hour_class == code]
        old = sum(row.minutes for row in brought if row.hour_class == code)
        if mine or old:
            found.append(KindRow(label, total(mine), old))
    return found


def terms_of(contract: Contract) -> tuple[int, bool]:
    """Minutes of a lesson hour, and whether breaks count. Reads `hour_terms`: select it along."""
    terms: ContractHours | None = getattr(contract, "hour_terms", None)
    return (terms.lesson_hour, terms.breaks_count) if terms else (HOUR, False)


def settled(line: Line, terms: dict[uuid.UUID, tuple[int, bool]]) -> Line:
    """With its breaks when its contract counts them."""
    return with_breaks(line) if line.contract in terms and terms[line.contract][1] else line


def brought_hours(balances: Iterable[OpeningBalance], contracts: Iterable[Contract]) -> dict[uuid.UUID | None, list[Hours]]:
    """Opening balances by contract, as what rules are asked about. A balance names no subject: kind and course imply it."""
    courses = {contract.pk: contract.course for contract in contracts}
    found: dict[uuid.UUID | None, list[Hours]] = defaultdict(list)
    for balance in balances:
        course = courses[balance.contract_id]
        found[balance.contract_id].append(
            Hours(course, _subject(balance.hour_class, course), _class(balance, course), balance.minutes)
        )
    return found


def _subject(hour_class: str, course: str) -> str:
    implied = {"knm": "knm", "ona_course": "ona", "ona_portfolio": "ona"}
    return implied.get(hour_class, "literacy" if course == "literacy" else "language")


def _class(balance: OpeningBalance, course: str) -> str:
    if balance.hour_class not in ("distance", "elearning_home"):
        return balance.hour_class
    if balance.year <= ONLINE_COUNTED_UNTIL:
        return hour_rules.OLD_DISTANCE
    return hour_rules.REFUSED if course == "literacy" else balance.hour_class


def outside_hours(entries: Iterable[OutsideHours]) -> list[Hours]:
    """Hours outside lessons, as what rules are asked about."""
    return [Hours("", "", entry.kind, entry.minutes) for entry in entries]

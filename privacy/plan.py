"""What an erasure will do, read from the catalogue and the tables: nothing here changes anything.

The rows that are about a person go, and with them every row the tables hang on those (ON DELETE of the models). What only
points to the person lets go. What lives in a container with a clock of its own stays, and the plan says on what ground
and until when (privacy_engineering.md 5.5; decisions.md 41).
"""

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Max, Model, QuerySet

from kvs import catalogue
from kvs.models import SealedFile, User
from kvs.retention import period_of
from kvs.terms import Container, add
from kvs.vocabulary import EXEMPTION_PERIOD
from privacy.subject import Subject, about
from privacy.uploads import uploads_with
from students.models import Exemption

DELETE, CUT, EMPTY, COPY, KEEP, HELD = "delete", "cut", "empty", "copy", "keep", "held"

GOES = frozenset({Container.CORE, Container.STAFF, Container.CLIENT_CONTACTS})
# A line about many people, without a value of any: only the line that puts this person in it goes.
SHARED = frozenset({"reporting.Disclosure"})
# What comes and goes while people work, the procedure of erasing included: no reason to ask for approval anew.
PASSING = frozenset({"session", "draft", "work", "log"})
DATED = frozenset({"privacy.FinancialRecord"})  # each row knows its own last day
AT_ONCE = 5_000  # primary keys in one statement

Keys = set[Any]
Rows = dict[type[Model], Keys]


@dataclass(frozen=True)
class Line:
    """What happens to rows of one table. `model` is "app.Model"; `field` the column when only that changes.

    `ground` is the code of a retention period of kvs/vocabulary.py, `until` an ISO date, `hold` what forbids it. No values.
    """

    model: str
    action: str
    count: int
    field: str = ""
    ground: str = ""
    until: str = ""
    hold: str = ""


@dataclass
class Plan:
    """The lines, and the primary keys behind them. `cuts` are links to empty, `renamed` columns with the pseudonym."""

    subject: Subject
    goes: Rows = field(default_factory=dict)
    cuts: list[tuple[type[Model], str, Keys]] = field(default_factory=list)
    renamed: list[tuple[type[Model], str]] = field(default_factory=list)
    shells: Keys = field(default_factory=set)
    exemptions: Keys = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)

    @property
    def does(self) -> list[Line]:
        """The lines that change something: what is left to do."""
        return [line for line in self.lines if line.action in (DELETE, CUT, EMPTY, COPY)]

    @property
    def held(self) -> list[Line]:
        """The lines a hold or a restriction keeps from happening."""
        return [line for line in self.lines if line.action == HELD]

    @property
    def hash(self) -> str:
        """SHA-256 (hex) of what will happen to which rows; other rows or another catalogue make another plan."""
        what = [
            (model._meta.label, sorted(str(key) for key in keys))
            for model, keys in sorted(self.goes.items(), key=lambda item: item[0]._meta.label)
            if not _passing(model)
        ]
        holds = sorted({line.hold for line in self.held})
        content = json.dumps([catalogue.fingerprint(), what, sorted(map(str, self.shells)), holds])
        return hashlib.sha256(content.encode()).hexdigest()

    def as_json(self) -> list[dict[str, Any]]:
        """The lines as they are stored and shown."""
        return [dataclasses.asdict(line) for line in self.lines]


def plan_for(subject: Subject, *, today: dt.date, holds: dict[str, str] | None = None) -> Plan:
    """What erasing `subject` would do on `today`. `holds`: container -> why nothing in it may go."""
    plan, holds = Plan(subject), holds or {}
    for declared, rows in about(subject):
        (container,) = declared.containers
        if declared.label in SHARED:
            continue
        if container in GOES and container not in holds:
            plan.goes.setdefault(rows.model, set()).update(rows.values_list("pk", flat=True))
        elif rows.exists():
            action = HELD if container in GOES else KEEP
            plan.lines.append(_kept(declared, action, rows, today, holds.get(container, "")))
            plan.renamed += [(rows.model, name) for name in _own_pseudonyms(declared, container)]
    if Container.CORE not in holds:
        plan.goes.setdefault(SealedFile, set()).update(uploads_with(subject))
    _follow(plan)
    plan.goes = {model: keys for model, keys in plan.goes.items() if keys}
    plan.exemptions = plan.goes.get(Exemption, set())
    plan.lines = [*_lines(plan, today), *plan.lines]
    return plan


def _kept(declared: catalogue.Model, action: str, rows: QuerySet[Any], today: dt.date, hold: str) -> Line:
    retention = declared.personal[0].category.retention
    until = ""
    if action == KEEP and declared.label in DATED:
        until = rows.aggregate(last=Max("kept_until"))["last"].isoformat()
    elif action == KEEP:
        until = add(today, period_of(retention)).isoformat()
    return Line(declared.label, action, rows.count(), ground=retention.code, until=until, hold=hold)


def _own_pseudonyms(declared: catalogue.Model, container: Container) -> Iterator[str]:
    """Columns whose pseudonym is renamed, so that rows that stay cannot be joined to the log by it."""
    if container is Container.REQUESTS:
        yield from (name for name in declared.pseudonyms if "__" not in name)


def _passing(model: type[Model]) -> bool:
    personal = catalogue.fields_of(model)
    return bool(personal) and all(field.category.retention.code in PASSING for field in personal)


# --- what hangs on the rows that go


def _follow(plan: Plan) -> None:
    """Add what the tables hang on rows that go, until nothing is added; note the links that will be emptied."""
    waiting = [(model, set(keys)) for model, keys in plan.goes.items() if keys]
    while waiting:
        model, keys = waiting.pop()
        for child, name, on_delete in _links_to(model):
            found = _pointing(child, name, keys) - plan.goes.get(child, set())
            if not found:
                continue
            if on_delete is models.CASCADE:
                plan.goes.setdefault(child, set()).update(found)
                waiting.append((child, found))
            elif on_delete is models.SET_NULL:
                plan.cuts.append((child, name, found))
            else:
                _keep_shell(plan, model, child, name, found)
    plan.cuts = [(child, name, left) for child, name, keys in plan.cuts if (left := keys - plan.goes.get(child, set()))]


def _links_to(model: type[Model]) -> Iterator[tuple[type[Model], str, Any]]:
    """Every foreign key to `model`: whose, its name and what happens to it when the row goes."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one):
            yield relation.related_model, relation.field.name, relation.on_delete  # type: ignore[union-attr,misc]


def _pointing(child: type[Model], name: str, keys: Keys) -> Keys:
    found: Keys = set()
    for some in chunks(keys):
        found.update(child._base_manager.filter(**{f"{name}__in": some}).values_list("pk", flat=True))
    return found


def _keep_shell(plan: Plan, model: type[Model], child: type[Model], name: str, found: Keys) -> None:
    """An account that signed registers is part of their seals: the row stays, with nothing in it."""
    if model is not User:
        raise ValueError(f"{child._meta.label}.{name} protects {model._meta.label}: such a row cannot be erased.")
    people = child._base_manager.filter(pk__in=found).values_list(name, flat=True)
    plan.shells.update(people)


def chunks(keys: Keys) -> Iterator[list[Any]]:
    """`keys` in parts that fit a statement."""
    ordered = list(keys)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]


# --- in lines


def _lines(plan: Plan, today: dt.date) -> Iterator[Line]:
    if plan.shells and User in plan.goes:
        plan.goes[User] -= plan.shells
        yield Line(User._meta.label, EMPTY, len(plan.shells), ground=_ground(User))
    if plan.exemptions:
        yield _copied(plan, today)
    for model, keys in plan.goes.items():
        if keys:
            yield Line(model._meta.label, DELETE, len(keys), ground=_ground(model))
    for model, name, keys in plan.cuts:
        yield Line(model._meta.label, CUT, len(keys), field=name)


def _copied(plan: Plan, today: dt.date) -> Line:
    until = exemption_until(plan.subject.person, today).isoformat()
    return Line("privacy.ExemptionRecord", COPY, len(plan.exemptions), ground=EXEMPTION_PERIOD.code, until=until)


def exemption_until(person: Any, today: dt.date) -> dt.date:
    """Until when an exemption is kept: counted from the end of the last programme (B 5), from today when it has none."""
    ends = [end for end in person.programmes.values_list("ends_on", flat=True) if end]
    return add(max(ends, default=today), period_of(EXEMPTION_PERIOD))


def _ground(model: type[Model]) -> str:
    personal = catalogue.fields_of(model)
    return personal[0].category.retention.code if personal else ""


def backup_days() -> int:
    """After how many days the last backup that still has a row is gone."""
    return int(getattr(settings, "BACKUP_DAYS", 35))

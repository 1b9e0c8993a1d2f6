"""From the cells of one row to what the school would write, with everything a person has to decide first."""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_noop

from kvs.fields import blind_index
from kvs.models import User
from students import rules
from students.actions.intake import Intake
from students.importer import words
from students.models import CaseManager, Client, Group, Programme

NO_NAME = gettext_noop("Without a name the row cannot come in.")
MEND_NAME = gettext_noop("Fill in the name in your file")
UNKNOWN_CLIENT = gettext_noop("KVS does not know this client. Add it first, or leave it empty.")
UNKNOWN_GROUP = gettext_noop("KVS does not know this group at your locations.")
UNKNOWN_MANAGER = gettext_noop("KVS does not know this case manager at this client.")
LEAVE_EMPTY = gettext_noop("Leave empty and put it on the list")
NO_ROUTE = gettext_noop("Only a programme under the Wi2021 has a route.")
NO_PIP = gettext_noop("Only a programme under the Wi2021 has a PIP with hours.")
ENDS_FIRST = gettext_noop("The last day lies before the first day.")
NOT_PLACED = gettext_noop("This group was not known: the student has no place yet.")
NOT_CLIENT = gettext_noop("This client was not known: the contract has no client yet.")
NOT_MANAGER = gettext_noop("This case manager was not known.")
NO_LAW = gettext_noop(
    "The row names no law, so no programme was started: what it says of one, of a contract or of a group did not come along."
)
EMPTIED = gettext_noop("This cell was left empty: fill it in by hand.")

NEARLY = 0.85  # how much alike two names must be to propose one for the other (difflib's ratio)
PIP_HOURS = ("pip_language_hours", "pip_knm_hours", "pip_participation_hours", "pip_week_hours")
PROGRAMME_FIELDS = (
    *("law", "route", "target_level", "has_duo_loan", "pip_on", "term_ends_on", "starts_on", "ends_on"),
    *("status_holder", *PIP_HOURS),
)
CONTRACT_FIELDS = ("reference", "hours", "course")
NAMING_LAW = ("law", "route", *PIP_HOURS)  # a route and a PIP with hours exist only under the Wi2021 (constraints)
ON_PROGRAMME = (*PROGRAMME_FIELDS, *CONTRACT_FIELDS, "client", "case_manager", "group", "placed_on")  # hangs on one


@dataclass
class Finding:
    """Something about a cell (or, without column, a row) that a person decides."""

    column: int | None
    kind: str  # of the column, or "person": what may be accepted together
    why: str  # message id
    shown: str = ""  # what the cell says; of a BSN only its last two digits
    offer: str = ""  # what is proposed, in words
    value: Any = None  # what accepting it stores; None: leave empty
    refused: bool = False
    known: uuid.UUID | None = None  # "person": who it seems to be
    same_as: int | None = None  # "person": which earlier row


@dataclass
class School:
    """What the file is compared with, as far as whoever imports may see it."""

    clients: dict[str, Client] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    managers: dict[str, list[CaseManager]] = field(default_factory=dict)

    @classmethod
    def seen_by(cls, user: User) -> "School":
        """Clients by name with and without "gemeente", groups by name, case managers by name."""
        clients = {rules.folded(client.name): client for client in Client.objects.all()}
        clients |= {name.removeprefix("gemeente "): client for name, client in clients.items()}
        groups = {rules.folded(group.name): group for group in Group.objects.visible_to(user)}
        managers: dict[str, list[CaseManager]] = {}
        for manager in CaseManager.objects.visible_to(user).select_related("client"):
            for name in {rules.folded(manager.surname), rules.folded(manager.full_name)}:
                managers.setdefault(name, []).append(manager)
        return cls(clients, groups, managers)

    def manager(self, written: str, client: Client | None) -> CaseManager | None:
        """The case manager that is meant, at that client if one is named; None when nobody or more than one is."""
        named = self.managers.get(rules.folded(written), [])
        found = [manager for manager in named if client is None or manager.client_id == client.pk]
        return found[0] if len(found) == 1 else None

    def near(self, code: str, written: str) -> str | None:
        """The name that is written nearly so: "Oosterven" is Gemeente Oosterveen. Only for clients and groups."""
        named: Mapping[str, Client | Group] = self.clients if code == "client" else self.groups if code == "group" else {}
        found = get_close_matches(rules.folded(written), named, 1, NEARLY) if written else []
        return named[found[0]].name if found else None

    def client(self, written: str) -> Client | None:
        """The client that is meant."""
        folded = rules.folded(written)
        return self.clients.get(folded) or self.clients.get(folded.removeprefix("gemeente "))


def assemble(
    number: int, values: Mapping[str, Any], columns: Mapping[str, int], school: School, default_start: dt.date, law: str = ""
) -> tuple[Intake, list[Finding]]:
    """What row `number` would write. `values`: by code, certain or decided; `columns`: the number of each code's column;
    `law`: what somebody said of all rows, when no column does.
    """
    row = Intake(number, columns=dict(columns))
    found: list[Finding] = []
    row.student = _student(values)
    if not row.student.get("surname"):
        column = columns.get("surname", columns.get("name_first_last", columns.get("name_last_first")))
        found.append(Finding(column, "name", NO_NAME, offer=MEND_NAME, refused=True))
    _programme(row, values, found, default_start, law)
    if row.programme or set(NAMING_LAW) & set(columns):  # else nothing of these can come in, so nothing is asked
        _contract(row, values, found, school)
        _group(row, values, found, school)
    if not row.programme:
        _without_programme(row, values)
    return row, found


def _student(values: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for code, value in values.items():
        if value in ("", None):
            continue
        if code == "name_first_last":
            fields = {**_split_name(value, values), **fields}
        elif code == "name_last_first":
            fields = {**words.split_last_first(value), **fields}
        elif code == "birth_date":
            fields |= dict(zip(("birth_year", "birth_month", "birth_day"), value, strict=True))
        elif code == "address":
            fields |= split_address(value)
        elif code in STUDENT_FIELDS:
            fields[code] = value
    return {name: value for name, value in fields.items() if value not in ("", None)}


def _split_name(name: str, values: Mapping[str, Any]) -> dict[str, str]:
    """A column "naam" beside one with surnames holds first names, or all names again; beside one with first names, surnames."""
    surname, infix = values.get("surname") or "", values.get("infix") or ""
    if surname:
        return {"call_name": name.removesuffix(surname).strip().removesuffix(infix).strip() or name}
    if values.get("call_name") or values.get("given_names"):
        return {"surname": name}
    return words.split_first_last(name)


STUDENT_FIELDS = (
    *("number", "given_names", "call_name", "infix", "surname", "gender", "birth_place", "birth_country", "nationality"),
    *("birth_year", "arrived_on", "residence_permit", "residence_permit_until", "street", "house_number", "postcode", "city"),
    *("phone", "email", "contact_language", "other_languages", "education_level", "school_years"),
)


def split_address(text: str) -> dict[str, str]:
    """ "Plein 1944 12b" as street and house number: the number is the last word that begins with a digit."""
    street, _space, last = text.strip().rpartition(" ")
    if street and last[:1].isdigit():
        return {"street": street, "house_number": last}
    return {"street": text.strip()}


def _programme(row: Intake, values: Mapping[str, Any], found: list[Finding], default_start: dt.date, law: str) -> None:
    """Law, route and ground. Without a law none is started: "not known" is not "no duty" (decision 210)."""
    fields = {name: values[name] for name in PROGRAMME_FIELDS if values.get(name) not in (None, "")}
    bsn = values.get("bsn")
    said = fields.get("law") or (Programme.Law.WI2021 if set(fields) & set(NAMING_LAW) else law)
    if not said:
        return
    fields["law"] = said
    if fields.get("route") and fields["law"] != Programme.Law.WI2021:
        found.append(Finding(row.columns.get("route"), "route", NO_ROUTE, fields["route"], LEAVE_EMPTY))
    if fields.get("status_holder"):
        fields["status_source"] = Programme.StatusSource.FILE
    if fields["law"] != Programme.Law.WI2021:
        refused = [name for name in PIP_HOURS if name in fields]
        found += [Finding(row.columns.get(name), "pip", NO_PIP, str(fields[name]), LEAVE_EMPTY) for name in refused]
    row.start_is_given = "starts_on" in fields
    fields.setdefault("starts_on", values.get("placed_on") or default_start)
    ends_on = fields.get("ends_on")
    if ends_on and ends_on < fields["starts_on"]:
        found.append(Finding(row.columns.get("ends_on"), "period", ENDS_FIRST, f"{ends_on:%d-%m-%Y}", LEAVE_EMPTY))
    ground = rules.bsn_ground(fields["law"], has_duo_loan=bool(fields.get("has_duo_loan")))
    if bsn and ground:
        row.bsn, fields["bsn_basis"] = bsn, ground
    row.number_left_out = bool(bsn and not ground)
    row.programme = fields


def _without_programme(row: Intake, values: Mapping[str, Any]) -> None:
    """What hangs on a programme stays behind, and a person is told so."""
    row.contract, row.group, row.placed_on = {}, None, None
    row.number_left_out = bool(values.get("bsn"))
    lost = any(values.get(code) not in (None, "") for code in ON_PROGRAMME)
    if lost:
        row.problems.append((None, NO_LAW))
    row.lawless = lost or row.number_left_out


def _contract(row: Intake, values: Mapping[str, Any], found: list[Finding], school: School) -> None:
    fields = {name: values[name] for name in CONTRACT_FIELDS if values.get(name) not in (None, "")}
    written = values.get("client") or ""
    if written and rules.folded(written) not in words.SELF_PAYING:
        client = school.client(written)
        if client:
            fields["client"] = client
        else:
            near = school.near("client", written)
            offer = near or LEAVE_EMPTY
            found.append(Finding(row.columns.get("client"), "client", UNKNOWN_CLIENT, written, offer, near))
    if values.get("case_manager"):
        manager = school.manager(values["case_manager"], fields.get("client"))
        if manager:
            fields.setdefault("client", manager.client)
            fields["case_manager"] = manager
        else:
            shown = values["case_manager"]
            found.append(Finding(row.columns.get("case_manager"), "case_manager", UNKNOWN_MANAGER, shown, LEAVE_EMPTY))
    if fields and set(fields) != {"course"}:
        row.contract = fields


def _group(row: Intake, values: Mapping[str, Any], found: list[Finding], school: School) -> None:
    row.placed_on = values.get("placed_on")
    written = values.get("group")
    if not written:
        return
    row.group = school.groups.get(rules.folded(written))
    if row.group is None:
        near = school.near("group", written)
        found.append(Finding(row.columns.get("group"), "group", UNKNOWN_GROUP, written, near or LEAVE_EMPTY, near))


# What stands on the list of a person when such a cell was left empty.
LEFT_EMPTY = {"group": NOT_PLACED, "client": NOT_CLIENT, "case_manager": NOT_MANAGER}


def row_key(values: Mapping[str, str], *, with_bsn: bool, law: str = "") -> str:
    """By which the same row of a later file is known again. A BSN counts only when it was taken over; `law`: as in assemble."""
    said = {code: value for code, value in values.items() if value not in (None, "") and (with_bsn or code != "bsn")}
    if said and law:
        said["law"] = law
    return blind_index("import_row", json.dumps(said, sort_keys=True)) if said else ""


def cleaned(model: Any, name: str, value: Any) -> Any:
    """The value as the column holds it. Raises ValidationError with the column's own sentence (too long, no address)."""
    return model._meta.get_field(name).clean(value, None)


def fits(model: Any, name: str, value: Any) -> str:
    """Why the column does not take this value, or nothing."""
    try:
        cleaned(model, name, value)
    except ValidationError as problem:
        return " ".join(problem.messages)
    return ""


def columns_by_code(mapping: Mapping[str, str]) -> dict[str, int]:
    """The number of the column for each code; the first when two columns mean the same."""
    found: dict[str, int] = {}
    for number, code in sorted(mapping.items(), key=lambda item: int(item[0])):
        if code:
            found.setdefault(code, int(number))
    return found


def letters(column: int | None) -> str:
    """ "A" for column 0, "AA" for column 26; a dash for a whole row."""
    if column is None:
        return "–"
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def cell_name(column: int | None, row: int) -> str:
    """ "E17"; "17" for a whole row."""
    return f"{letters(column)}{row}" if column is not None else str(row)


def in_order(found: Iterable[Finding]) -> list[Finding]:
    """By column."""
    return sorted(found, key=lambda each: -1 if each.column is None else each.column)

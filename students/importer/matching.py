"""Who in the school, or earlier in the file, a row is about. Certain only by student number, BSN, or the very same row."""

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_noop

from kvs import ledger
from kvs.models import User
from students import rules
from students.actions import bsn_index
from students.actions.intake import Intake
from students.importer.rows import Finding
from students.models import ImportRow, Programme, Student

SAME_IN_SCHOOL = gettext_noop("Looks like a student the school has: same name and date of birth.")
SAME_IN_FILE = gettext_noop("Looks like an earlier row of this file.")
SAME_PERSON = gettext_noop("The same person: complete the data")
TWO_PEOPLE = gettext_noop("The student number and the BSN belong to two different people. Mend it in your file.")
BATCH = 1000

Name = tuple[str, int | None, int | None, int | None]


def identity(fields: dict[str, Any]) -> Name | None:
    """Name, folded, and date of birth; None when too little is known to compare people by."""
    first = fields.get("call_name") or fields.get("given_names") or ""
    name = rules.folded(f"{first} {fields.get('surname', '')}")
    if not name or fields.get("birth_year") is None:
        return None
    return name, fields.get("birth_year"), fields.get("birth_month"), fields.get("birth_day")


def _said(row: Intake) -> dict[str, Any]:
    """What a row says of its person, with a birth date that is only proposed: accepting it must not bring up a new question."""
    return {**row.proposed, **row.student}


def find_people(rows: Sequence[Intake], user: User) -> tuple[dict[int, Finding], set[int]]:
    """Sets `known` on rows that are certainly about somebody; the rows that ask; the rows that were imported before."""
    before = _imported_before(rows, user)
    asked: dict[int, Finding] = {}
    by_number, by_bsn = _by_number(rows, user), _by_bsn(rows, user)
    names = _by_name(rows, user)
    earlier: dict[Any, int] = {}
    for row in rows:
        if row.number in before:
            row.known = before[row.number]
            continue
        sure = {by_number.get(row.student.get("number", "")), by_bsn.get(row.bsn or "")} - {None}
        if len(sure) > 1:
            asked[row.number] = Finding(None, "person", TWO_PEOPLE, refused=True)
        elif sure:
            row.known = sure.pop()
        elif finding := _ask(row, names, earlier):
            asked[row.number] = finding
        for key in _keys(row):
            earlier.setdefault(key, row.number)
    return asked, set(before)


def find_erased(rows: Sequence[Intake]) -> set[int]:
    """The rows of people the school does not know and whose data it erased: by number, BSN, or name with date of birth."""
    said = {row.number: set(_marks(row)) for row in rows if row.known is None and row.same_as is None}
    erased = ledger.erased_among({mark for marks in said.values() for mark in marks})
    return {number for number, marks in said.items() if marks & erased}


def _marks(row: Intake) -> Iterator[tuple[str, str]]:
    """As the privacy module remembers them (kvs.ledger.remember_erased)."""
    fields = _said(row)
    if number := fields.get("number"):
        yield "number", number
    if row.bsn:
        yield "bsn", row.bsn
    born = (fields.get("birth_year"), fields.get("birth_month"), fields.get("birth_day"))
    for first in {fields.get("call_name"), fields.get("given_names")} - {"", None} or {""}:
        if fields.get("surname") and born[0]:
            yield "identity", rules.identity_text(first or "", fields["surname"], *born)


def _keys(row: Intake) -> list[Any]:
    who = identity(_said(row))
    found: list[Any] = [who] if who else []
    return [*found, *(("number", it) for it in [row.student.get("number")] if it), *(("bsn", it) for it in [row.bsn] if it)]


def _ask(row: Intake, names: dict[Name, uuid.UUID], earlier: dict[Any, int]) -> Finding | None:
    same = next((earlier[key] for key in _keys(row) if key in earlier), None)
    who = identity(_said(row))
    shown = " ".join(row.student.get(part, "") for part in ("call_name", "infix", "surname")).strip()
    if same is not None:
        return Finding(None, "person", SAME_IN_FILE, shown, SAME_PERSON, same_as=same)
    if who and who in names:
        return Finding(None, "person", SAME_IN_SCHOOL, shown, SAME_PERSON, known=names[who])
    return None


def _imported_before(rows: Sequence[Intake], user: User) -> dict[int, uuid.UUID]:
    """Rows that an earlier import took in exactly so: they bring nothing new, whatever happened to the student since.

    Of rows that say the same, as many as one import took in: one that was left out then is asked about again.
    """
    there = _taken_in(sorted({row.key for row in rows if row.key}), user)
    found: dict[int, uuid.UUID] = {}
    for row in rows:
        if left := there.get(row.key):
            found[row.number] = left.pop(0)
    return found


def _taken_in(keys: Sequence[str], user: User) -> dict[str, list[uuid.UUID]]:
    """The students of the rows with these keys, in the order of the file, of the import that took in most of them."""
    runs: dict[str, dict[uuid.UUID, list[uuid.UUID]]] = {}
    seen = Student.objects.visible_to(user)
    for start in range(0, len(keys), BATCH):
        there = ImportRow.objects.filter(key__in=keys[start : start + BATCH], student__in=seen).order_by("run", "number")
        for key, run, student in there.values_list("key", "run", "student"):
            runs.setdefault(key, {}).setdefault(run, []).append(student)
    return {key: max(found.values(), key=len) for key, found in runs.items()}


def _by_number(rows: Sequence[Intake], user: User) -> dict[str, uuid.UUID]:
    numbers = [row.student["number"] for row in rows if row.student.get("number")]
    found: dict[str, uuid.UUID] = {}
    for start in range(0, len(numbers), BATCH):
        there = Student.objects.visible_to(user).filter(number__in=numbers[start : start + BATCH])
        found |= dict(there.values_list("number", "pk"))
    return found


def _by_bsn(rows: Sequence[Intake], user: User) -> dict[str, uuid.UUID]:
    """Through the keyed index: the numbers themselves are compared with nothing."""
    wanted = {bsn_index(row.bsn): row.bsn for row in rows if row.bsn}
    found: dict[str, uuid.UUID] = {}
    keys = list(wanted)
    for start in range(0, len(keys), BATCH):
        there = Programme.objects.visible_to(user).filter(bsn_index__in=keys[start : start + BATCH])
        found |= {wanted[index]: student for index, student in there.values_list("bsn_index", "student") if index}
    return found


def _by_name(rows: Sequence[Intake], user: User) -> dict[Name, uuid.UUID]:
    """Students of the same name and birth date. Compared by year first: a year has few people."""
    wanted = {who for row in rows if (who := identity(_said(row)))}
    years = {who[1] for who in wanted}
    found: dict[Name, uuid.UUID] = {}
    columns = ("pk", "call_name", "given_names", "surname", "birth_year", "birth_month", "birth_day")
    for fields in Student.objects.visible_to(user).filter(Q(birth_year__in=years)).values(*columns):
        for first in {fields["call_name"], fields["given_names"]} - {""} or {""}:
            who = identity({**fields, "call_name": first})
            if who in wanted:
                found.setdefault(who, fields["pk"])
    return found


def names_of(keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[str, uuid.UUID]]:
    """Number and audit_id of these students, for the page."""
    people = Student.objects.filter(pk__in=set(keys))
    return {student: (number, audit_id) for student, number, audit_id in people.values_list("pk", "number", "audit_id")}

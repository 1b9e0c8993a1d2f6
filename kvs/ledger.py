"""The ledger of erasures: which erasures were carried out, kept where putting back a backup cannot undo it.

Each erasure is a row (kvs.LedgerEntry) and a line of the file KVS_VAR/ledger/erasures.log. The row is written with the
erasure, in one transaction; the line when that is through. The file is in no backup. So a database that was put back is
behind its file, and until `replay` has erased those people again web and workers do no work (kvs/ledger_guard.py;
privacy_engineering.md 5.5).

A line knows the person by a keyed pseudonym only. Its key, the file `ledger` of the key folder, is never replaced: nobody
could make the pseudonyms of erased people anew.

Who erases (the privacy module) says how, once, and records each erasure in its transaction:

    @replayed_by                          # erases again after a restore; records nothing itself
    def erase_again(audit_id: uuid.UUID, scope: str) -> None: ...

    record_erasure(audit_id=person.audit_id, scope="all", plan_hash=plan.hash)
"""

import datetime as dt
import fcntl
import hashlib
import hmac
import json
import logging
import os
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from kvs import catalogue
from kvs.environment import fingerprint
from kvs.models import ErasedMark, LedgerEntry

log = logging.getLogger(__name__)

LOCK = 0x4B564C  # number of the advisory lock: one erasure at a time gets the next number

Erase = Callable[[uuid.UUID, str], None]
_erasers: list[Erase] = []


class LedgerProblem(Exception):
    """The ledger does not fit the database, or cannot be written. One sentence for whoever runs the school."""


class Line(NamedTuple):
    """One erasure, as the file has it. `key` is the fingerprint of the key that made the pseudonym."""

    seq: int
    person: str
    scope: str
    done_at: str
    plan_hash: str
    key: str


# --- names without names


def pseudonym(audit_id: uuid.UUID) -> str:
    """What the ledger calls a person: 64 hexadecimal digits."""
    return _keyed(f"person:v1:{audit_id}")


def _keyed(text: str) -> str:
    return hmac.new(settings.LEDGER_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def remember_erased(purpose: str, value: str, *, until: dt.date) -> None:
    """Have `was_erased` recognise this value of an erased person. The caller normalises it first.

    `purpose` is what the value is, for instance "bsn". Raises ValueError when one is empty.
    """
    ErasedMark.objects.update_or_create(mark=_mark(purpose, value), defaults={"until": until})


def was_erased(purpose: str, value: str) -> bool:
    """Whether somebody with this value was erased, for imports to warn. Raises ValueError for an empty value."""
    return ErasedMark.objects.filter(mark=_mark(purpose, value), until__gte=timezone.localdate()).exists()


def erased_among(values: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these pairs of purpose and value belong to somebody who was erased; one query per thousand."""
    marks = {_mark(purpose, value): (purpose, value) for purpose, value in values}
    found: set[tuple[str, str]] = set()
    keys = list(marks)
    for start in range(0, len(keys), 1000):
        there = ErasedMark.objects.filter(mark__in=keys[start : start + 1000], until__gte=timezone.localdate())
        found |= {marks[mark] for mark in there.values_list("mark", flat=True)}
    return found


def delete_old_marks() -> int:
    """Forget marks whose day is over; how many."""
    return ErasedMark.objects.filter(until__lt=timezone.localdate()).delete()[0]


def _mark(purpose: str, value: str) -> str:
    if not purpose or not value:
        raise ValueError("A mark needs a purpose and a value.")
    return _keyed(f"mark:{purpose}:v1:{value}")


# --- writing


def record_erasure(*, audit_id: uuid.UUID, scope: str, plan_hash: str) -> LedgerEntry:
    """Record an erasure inside its transaction; the line of the file follows when that is through.

    `scope` is a code of at most 80 characters that says what went, `plan_hash` 64 hexadecimal digits. Raises LedgerProblem
    when the file cannot be written or knows more than the database: then nothing may be erased.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An erasure is recorded in its own transaction.")
    _alone()
    if missing_lines():
        raise LedgerProblem(BEHIND)
    try:
        with _opened():
            pass
    except OSError as problem:
        raise LedgerProblem(f"The ledger of erasures cannot be written: {problem.strerror}.") from problem
    entry = LedgerEntry.objects.create(
        seq=_last_row() + 1, person=pseudonym(audit_id), scope=scope, plan_hash=plan_hash, done_at=timezone.now()
    )
    transaction.on_commit(_write_or_log)
    return entry


def _alone() -> None:
    """Until the end of this transaction nobody else takes a number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def begin_file() -> None:
    """Make the file of a school that erased nobody yet. After a restore its absence says that it was not brought along.

    Raises LedgerProblem when the file is gone, or OSError.
    """
    if not missing_lines() and not ledger_file().exists():
        with _opened():
            pass


def write_out(*, lost: bool = False) -> int:
    """Bring to the file what the database knows and the file does not; how many lines. Safe at any time, by anyone.

    `lost`: make a file that is gone anew. Raises LedgerProblem or OSError.
    """
    if not LedgerEntry.objects.exists():
        return 0
    if not lost and not ledger_file().exists():
        raise LedgerProblem(GONE)
    with _opened() as file:
        file.truncate(_whole(file))  # a line that was cut off is written again
        file.seek(0, os.SEEK_END)
        rows = LedgerEntry.objects.filter(seq__gt=_last(read_lines()))
        for row in rows.order_by("seq"):
            file.write(json.dumps(_line(row)._asdict()).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
        return len(rows)


def _write_or_log() -> None:
    """After the commit nothing may fail: `delete_expired` of kvs/tasks.py writes out what stayed behind."""
    try:
        write_out()
    except (OSError, LedgerProblem) as problem:
        log.error("A line of the ledger of erasures is not written yet: %s", type(problem).__name__)


@contextmanager
def _opened() -> Iterator[Any]:
    """The file, made when it is not there, for us alone."""
    path = ledger_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _whole(file: Any) -> int:
    """Length of the part that ends with a line's end."""
    file.seek(0)
    return int(file.read().rfind(b"\n")) + 1


def _line(row: LedgerEntry) -> Line:
    return Line(row.seq, row.person, row.scope, row.done_at.isoformat(), row.plan_hash, fingerprint(settings.LEDGER_KEY))


# --- reading


def ledger_file() -> Path:
    """Where the lines are."""
    found: Path = settings.LEDGER_FILE
    return found


def read_lines() -> list[Line]:
    """All lines, oldest first; none when there is no file. A last line without an end was cut off and does not count.

    Raises LedgerProblem when a line is damaged, out of order or made with another key.
    """
    try:
        content = ledger_file().read_bytes()
    except FileNotFoundError:
        return []
    except OSError as problem:
        raise LedgerProblem(f"The ledger of erasures cannot be read: {problem.strerror}.") from problem
    lines = [_read_line(number, text) for number, text in enumerate(content.split(b"\n")[:-1], start=1)]
    for before, line in zip([None, *lines], lines, strict=False):
        if before and line.seq <= before.seq:
            raise LedgerProblem(f"The ledger of erasures goes back after number {before.seq}: put the right file back.")
        if line.key != fingerprint(settings.LEDGER_KEY):
            raise LedgerProblem(
                "The key 'ledger' is not the one the ledger of erasures was written with: put the right one back."
            )
    return lines


def _read_line(number: int, text: bytes) -> Line:
    try:
        found = Line(**json.loads(text))
        dt.datetime.fromisoformat(found.done_at)
        if found.seq < 1 or not all(isinstance(part, str) for part in found[1:]):
            raise ValueError
    except (ValueError, TypeError) as problem:
        raise LedgerProblem(f"Line {number} of the ledger of erasures is damaged: put the right file back.") from problem
    return found


def _last(lines: list[Line]) -> int:
    return lines[-1].seq if lines else 0


def _last_row() -> int:
    return LedgerEntry.objects.aggregate(last=Max("seq"))["last"] or 0


def missing_lines() -> list[Line]:
    """The erasures the file knows and the database does not. Raises LedgerProblem.

    A file that is gone while the database knows erasures is no empty one: newer erasures may have stood in it.
    """
    lines, known = read_lines(), _last_row()
    if known and not ledger_file().exists():
        raise LedgerProblem(GONE)
    return [line for line in lines if line.seq > known]


def behind() -> int:
    """How many erasures the database does not know. Raises LedgerProblem."""
    return len(missing_lines())


BEHIND = (
    "This database was put back and does not know erasures that were carried out since: "
    "carry them out again with 'bin/manage replay_ledger'."
)
GONE = (
    "The ledger of erasures is gone: put the file ledger/erasures.log of the data folder back. "
    "Only if no copy exists: 'bin/manage replay_ledger --lost'."
)

# --- after a restore


def replayed_by(erase: Erase) -> Erase:
    """Register what erases a person again: called with audit_id and scope, in a transaction."""
    _erasers.append(erase)
    return erase


def replay() -> tuple[int, int]:
    """Erase again whom the file knows as erased: how many lines, and how many of them found their person.

    Each line is its own transaction and goes into the database with its own number, so a replay that was cut off goes on.
    Raises LedgerProblem.
    """
    lines = missing_lines()
    people = {pseudonym(audit_id): audit_id for audit_id in _everybody()} if lines else {}
    erased = 0
    for line in lines:
        with transaction.atomic():
            _alone()
            if line.seq <= _last_row():  # another replay did it meanwhile
                continue
            if found := people.get(line.person):
                _erase(found, line.scope)
                erased += 1
            columns = line._asdict() | {"done_at": dt.datetime.fromisoformat(line.done_at)}
            del columns["key"]
            LedgerEntry.objects.create(**columns)
    return len(lines), erased


def _erase(audit_id: uuid.UUID, scope: str) -> None:
    if not _erasers:
        raise LedgerProblem("Nothing in this version can erase a person: use the version the backup was made with, or newer.")
    for erase in _erasers:
        erase(audit_id, scope)


def _everybody() -> Iterator[uuid.UUID]:
    """The audit_id of every row that is a person."""
    for model in catalogue.load().models:
        if "self" in model.owners:
            yield from apps.get_model(model.label)._default_manager.values_list("audit_id", flat=True)

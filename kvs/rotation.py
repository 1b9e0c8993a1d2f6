"""Replacing the keys of an installation (decisions.md 35, 43). The command is `manage.py rotate_keys`.

The seal key changes while the school runs. Its file is the memory of a rotation: [new, old] while one is under way, so
whoever starts the command again after Ctrl-C, a power cut or `kill -9` goes on, and nothing is ever unreadable. Running
processes follow the file (kvs.environment.SealKeys). The old key leaves when the database holds nothing under it.

The other two change in one transaction, with nobody at work. The stored sentinel then says which of NAME and NAME.new
the database belongs to; a cut between the two is mended by starting the command again.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.apps.registry import Apps
from django.db import connection, models, transaction
from django.utils import timezone

from kvs import catalogue
from kvs.audit import log_bulk
from kvs.database import resealing
from kvs.environment import RETIRED, fingerprint, make_key, read_keys, write_key
from kvs.fields import SealBroken, SealedField, blind_index, reseal, reseal_bytes
from kvs.models import AuditAction, Card, KeySentinel, OneTimeLink, WebSession
from kvs.sentinel import known_values

BATCH = 500
FILES = 4  # contents of up to 20 MB
GRACE_SECONDS = 2.0  # longer than between sealing a value in a process and storing it
LOCK = 0x4B5653  # number of the advisory lock: one rotation at a time
SEALED = "gAAAAA"  # how every token begins: its version and the zero bytes of its time

Say = Callable[[str], None]


class RotationProblem(Exception):
    """Why a rotation cannot begin or end. One sentence for whoever runs it."""


class SealedColumn(NamedTuple):
    """A column that holds sealed values: a SealedField, or one whose declaration names the code that seals it."""

    model: type[models.Model]
    field: "models.Field[Any, Any]"

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.field.name}"


class Tally(NamedTuple):
    """What one walk through the database met."""

    values: int = 0
    moved: int = 0
    broken: int = 0


# --- walking


def sealed_columns(installed: Apps = apps) -> list[SealedColumn]:
    """Every sealed column of every installed model: a new one is rotated without being named anywhere."""
    declared = {
        (entry.label, field.name) for entry in catalogue.load().models for field in entry.personal if field.category.sealed_by
    }
    return [
        SealedColumn(model, field)
        for model in installed.get_models(include_auto_created=True)
        for field in model._meta.local_fields
        if isinstance(field, SealedField) or (model._meta.label, field.name) in declared
    ]


def resealed(value: Any) -> Any:
    """A stored value under the first key: text, bytes or JSON with tokens in it. None when nothing has to change.

    Raises SealBroken.
    """
    if isinstance(value, memoryview | bytes):
        return reseal_bytes(bytes(value))
    if isinstance(value, str):
        return reseal(value)
    changed = _json(value)
    return None if changed == value else changed


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_json(part) for part in value]
    return (reseal(value) or value) if isinstance(value, str) and value.startswith(SEALED) else value


def rows_of(column: SealedColumn) -> Iterator[list[tuple[Any, Any]]]:
    """Primary key and raw value of every filled row, in batches. Read past the field: what is stored is what counts."""
    name, pk, table = _names(column)
    size = FILES if isinstance(column.field, models.BinaryField) else BATCH
    last: list[Any] = []
    while True:
        after = f"AND {pk} > %s" if last else ""
        with connection.cursor() as cursor:
            # Only names of our own models are put into the text.
            question = f"SELECT {pk}, {name} FROM {table} WHERE {name} IS NOT NULL {after} ORDER BY {pk} LIMIT {size}"  # noqa: S608
            cursor.execute(question, last)
            rows = cursor.fetchall()
        if not rows:
            return
        yield rows
        last = [rows[-1][0]]


def move(column: SealedColumn) -> Tally:
    """Bring every value of a column under the first key.

    One row at a time, each its own transaction and only if it is still what was read: nobody waits for us, and what
    a colleague saved meanwhile stays (it lies under the new key already).
    """
    values = moved = broken = 0
    is_json = isinstance(column.field, models.JSONField)
    name, pk, table = _names(column)
    mark = "%s::jsonb" if is_json else "%s"
    for rows in rows_of(column):
        for key, raw in rows:
            values += 1
            try:
                fresh = resealed(json.loads(raw) if is_json else raw)
            except SealBroken:
                broken += 1
                continue
            if fresh is not None:
                moved += 1
                stored = json.dumps(fresh) if is_json else fresh
                with connection.cursor() as cursor:
                    change = f"UPDATE {table} SET {name} = {mark} WHERE {pk} = %s AND {name} = {mark}"  # noqa: S608
                    cursor.execute(change, [stored, key, raw])
    return Tally(values, moved, broken)


def _names(column: SealedColumn) -> tuple[str, str, str]:
    meta, quote = column.model._meta, connection.ops.quote_name
    names = (column.field.column, meta.pk and meta.pk.column, meta.db_table)
    value, key, table = (quote(name) for name in names if name)  # a sealed field has a column, its model a key
    return value, key, table


def walk(say: Say) -> Tally:
    """Bring everything under the first key; says per column how much there was."""
    total = Tally()
    for column in sealed_columns():
        with resealing(str(column.field.column)):
            found = move(column)
        say(f"  {column}: {found.values} values, {found.moved} moved")
        if found.broken:
            say(f"  {column}: {found.broken} values open with none of the keys")
        total = Tally(*(a + b for a, b in zip(total, found, strict=True)))
    return total


# --- the seal key


def rotate_seal(folder: Path, say: Say) -> None:
    """Replace the seal key, or finish a rotation that was cut off. May run while the school runs.

    Raises RotationProblem when another rotation runs, or values open with no key: then the old key stays.
    """
    with _alone():
        path, keys = folder / "seal", read_keys(folder).seal
        if len(keys) == 1:
            say("A new key seals from now on; the old one still opens.")
            write_key(path, [make_key("seal"), *path.read_text().split()])
        else:
            say("A rotation was cut off: it goes on.")
        first = walk(say)
        _wait_for_others(say)
        while (last := walk(lambda line: None)).moved:  # what was under way when the key changed
            say(f"  {last.moved} more, saved meanwhile")
        if last.broken:
            raise RotationProblem(f"{last.broken} values open with none of the keys. The old key stays in its place.")
        _drop(folder, say)
        say(f"Done: {last.values} values lie under the new key, {first.moved} were moved.")


def _drop(folder: Path, say: Say) -> None:
    """Take the replaced keys out of use. They go to `seal.retired`: back-ups made until now need them."""
    now, *old = read_keys(folder).seal
    away = folder / "seal.retired"
    kept = away.read_text().split() if away.exists() else []
    write_key(away, list(dict.fromkeys([*kept, *old])))
    marks = [word for word in (folder / "seal").read_text().split() if word.startswith(RETIRED)]
    write_key(folder / "seal", [now, *(RETIRED + fingerprint(key) for key in old), *marks])
    say(f"Nothing lies under the old key any more. It is kept in {away} for back-ups made before today.")


def _wait_for_others(say: Say) -> None:
    """Until every transaction that may hold a value sealed before now has ended."""
    time.sleep(GRACE_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [now] = cursor.fetchone()
    said = False
    while _others(now):
        if not said:
            say("  waiting for work that began before the new key ...")
        said = True
        time.sleep(0.5)


def _others(began_before: Any = None) -> int:
    """How many other connections this database has; with a time, those whose transaction began before it."""
    question = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend' AND (%s::timestamptz IS NULL OR xact_start < %s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(question, [began_before, began_before])
        return int(cursor.fetchone()[0])


@contextmanager
def _alone() -> Iterator[None]:
    """One rotation at a time; the lock goes with the connection, so a killed one leaves none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            raise RotationProblem("Another rotation of keys is under way.")
        cut_off = False
        try:
            yield
        except KeyboardInterrupt:
            cut_off = True
            raise
        finally:
            if cut_off:  # Ctrl-C in the middle of a query leaves the connection deaf; the lock goes with it
                connection.close()
            else:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


# --- the other two keys


def rotate_at_rest(folder: Path, name: str, change: Callable[[str, str, Say], None], say: Say) -> None:
    """Replace the key `name` and, in one transaction, what depends on it.

    Raises RotationProblem while the school runs: a process with the old key would write what the new one never finds.
    """
    with _alone():
        if _others():
            raise RotationProblem("The school is running: stop web server, worker and timetable first. It takes a minute.")
        path, pending = folder / name, folder / f"{name}.new"
        old = path.read_text().split()[0]
        if not pending.exists():
            write_key(pending, [make_key(name)])
        new = pending.read_text().split()[0]
        with transaction.atomic():
            stored = KeySentinel.objects.select_for_update().get()
            if getattr(stored, name) == known_values(**{name: old})[name]:
                change(old, new, say)
                setattr(stored, name, known_values(**{name: new})[name])
                stored.save(update_fields=[name])
            elif getattr(stored, name) != known_values(**{name: new})[name]:
                raise RotationProblem(f"The key '{name}' is not the one this database was made with: put the right one back.")
        write_key(path, [new])
        pending.unlink()
        say(f"The key '{name}' is replaced.")


def change_index(old: str, new: str, say: Say) -> None:
    """Write every blind index anew. What was made from a secret only its holder has cannot be: cards and links end."""
    for entry in catalogue.load().models:
        for field in entry.personal:
            if field.category.index_of:
                _reindex(apps.get_model(entry.label), field, old, new, say)
    cards = list(Card.objects.live().select_related("user"))
    Card.objects.live().update(revoked_at=timezone.now())
    log_bulk(cards, AuditAction.UPDATE, ["revoked_at"], by=None)
    links, _ = OneTimeLink.objects.all().delete()
    say(f"  {len(cards)} cards of students open nothing any more: print new ones per group.")
    say(f"  {links} invitations and links for a new password have ended: send them again.")


def _reindex(model: type[models.Model], declared: catalogue.Field, old: str, new: str, say: Say) -> None:
    """The purpose of an index is declared or bears the name of its column; that is checked on every row before it changes."""
    index, source = declared.name, declared.category.index_of
    purpose = declared.category.index_purpose or source
    rows = list(model._default_manager.exclude(**{index: None}).only("pk", index, source))
    for row in rows:
        value = getattr(row, source)
        if not value or getattr(row, index) != blind_index(purpose, value, key=old):
            raise RotationProblem(f"{model._meta.label}.{index} cannot be made anew: row {row.pk} does not fit its value.")
        setattr(row, index, blind_index(purpose, value, key=new))
    model._default_manager.bulk_update(rows, [index], batch_size=BATCH)
    say(f"  {model._meta.label}.{index}: {len(rows)} values made anew")


def change_secret(old: str, new: str, say: Say) -> None:
    """Nothing stored depends on it but what is signed for a short time: everybody signs in again."""
    sessions, _ = WebSession.objects.all().delete()
    say(f"  {sessions} sessions have ended: everybody signs in again.")

"""Putting a backup back into an empty database: first everything is looked at, then all of it goes in or nothing.

The keys of the school and its ledger of erasures must lie in their places already: they travel apart from the archives.
After this the database may know less than the ledger; `carry_on` erases those people again (kvs/ledger.py), and until that
is done web and workers do no work.
"""

import datetime as dt
import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pyrage
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from pyrage.x25519 import Identity

from kvs import ledger
from kvs.backup import FORMAT, BackupProblem, Header, count_rows, key_fingerprints, postgres_tool
from kvs.environment import fingerprint, keys_folder
from kvs.ledger import LedgerProblem
from kvs.sentinel import guard_start

HEADER_LIMIT = 1024 * 1024  # bytes; an archive with a longer first line is none of ours

Say = Callable[[str], None]


class _Reader(io.BufferedIOBase):
    """Takes what the decryption gives: the first line is kept, the rest goes to `rest` or nowhere."""

    def __init__(self, rest: IO[bytes] | None = None) -> None:
        self.first, self.whole, self.rest = b"", False, rest

    def write(self, data: Any, /) -> int:
        """Raises BackupProblem when no first line comes to an end."""
        size = len(more := bytes(data))
        if not self.whole:
            line, end, more = more.partition(b"\n")
            self.first, self.whole = self.first + line, bool(end)
            if len(self.first) > HEADER_LIMIT:
                raise BackupProblem(NOT_OURS)
        if more and self.rest:
            self.rest.write(more)
        return size


NOT_OURS = "This file is no backup of KVS."


def read_private_key(text: str) -> Identity:
    """The private half, out of whatever text holds it; lines with # are notes. Raises BackupProblem."""
    words = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
    try:
        [word] = words
        return Identity.from_str(word)
    except (ValueError, pyrage.IdentityError):
        raise BackupProblem("This is no private key of backups: it is one line that begins with AGE-SECRET-KEY-1.") from None


def check_archive(path: Path, identity: Identity) -> Header:
    """Decrypt the archive to its very end, so that nothing half is ever put back, and return what it says about itself.

    Raises BackupProblem.
    """
    reader = _Reader()
    _decrypt(path, identity, reader)
    try:
        found = json.loads(reader.first)
        if found["kvs_backup"] > FORMAT:
            raise BackupProblem(NEWER)
        return Header(**found)
    except (ValueError, TypeError, KeyError):
        raise BackupProblem(NOT_OURS) from None


NEWER = "This backup was made by a newer version of KVS: bring this installation to that version first."


def _decrypt(path: Path, identity: Identity, into: _Reader) -> None:
    try:
        with path.open("rb") as archive:
            pyrage.decrypt_io(archive, into, [identity])
    except FileNotFoundError:
        raise BackupProblem(f"There is no file {path}.") from None
    except pyrage.DecryptError as problem:
        if "No matching keys" in str(problem):
            raise BackupProblem("This backup was made for another key pair: this private key does not open it.") from None
        raise BackupProblem(f"{NOT_OURS} Or it is damaged: {problem}.") from None
    except OSError as problem:
        if problem.errno:  # of a disk; the decryption's own complaints have none
            raise BackupProblem(f"The backup cannot be read: {problem.strerror}.") from problem
        raise BackupProblem("This backup is damaged or only half of it is there: take another one.") from None


def check_place(header: Header, *, without_ledger: bool) -> None:
    """That this installation can take the backup: version, keys, ledger, empty database. Raises BackupProblem."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    if any((app, name) not in known for app, name in header.migrations):
        raise BackupProblem(NEWER)
    _check_keys(header)
    if not without_ledger:
        _check_ledger(header)
    with connection.cursor() as cursor:
        if connection.introspection.table_names(cursor):
            raise BackupProblem("The database is not empty: a backup is put back into a new one, this one stays as it is.")


def _check_keys(header: Header) -> None:
    ours = key_fingerprints()
    for name, wanted in header.keys.items():
        for key in wanted:
            if key not in ours.get(name, []):
                hint = " It stands in seal.retired: add that line below the one in seal." if _retired(name, key) else ""
                raise BackupProblem(
                    f"The key '{name}' in {keys_folder()} is not the one of this backup ({key}): "
                    f"put the keys of the school there first.{hint}"
                )


def _retired(name: str, wanted: str) -> bool:
    away = keys_folder() / f"{name}.retired"
    return away.exists() and wanted in [fingerprint(word) for word in away.read_text().split()]


def _check_ledger(header: Header) -> None:
    path = ledger.ledger_file()
    try:
        lines = ledger.read_lines()
    except LedgerProblem as problem:
        raise BackupProblem(str(problem)) from problem
    if not path.exists():
        raise BackupProblem(f"The ledger of erasures ({path}) is not there: put it there first. {ONLY_IF_LOST}")
    if (lines[-1].seq if lines else 0) < header.ledger:
        raise BackupProblem(f"The ledger of erasures ({path}) is older than this backup: put the newest there. {ONLY_IF_LOST}")


ONLY_IF_LOST = "Only if no copy exists: --without-ledger; who was erased since the backup is then back."


def put_back(path: Path, identity: Identity, header: Header) -> None:
    """Fill the database, in one transaction. Raises BackupProblem; then it is as empty as before."""
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
    with postgres_tool("pg_restore", *options, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as restore:
        try:
            _decrypt(path, identity, _Reader(restore.stdin))
        except BackupProblem:
            if restore.poll() is None:  # else it is pg_restore that has something to say
                raise
    rows = count_rows()
    if rows != header.rows:
        different = sorted(name for name in {*rows, *header.rows} if rows.get(name) != header.rows.get(name))
        raise BackupProblem(f"Not all rows came back ({', '.join(different)}): do not use this database, take another backup.")


def carry_on(*, without_ledger: bool, say: Say) -> None:
    """Bring a database that was put back up to date and erase again who had been erased since.

    Raises BackupProblem, LedgerProblem, EnvironmentProblem or OSError; until it went well no work is done.
    """
    say("Bringing the tables up to date ...")
    call_command("migrate", interactive=False, verbosity=0)
    guard_start()
    if without_ledger:
        ledger.write_out(lost=True)
    lines, erased = ledger.replay()
    ledger.write_out()
    say(f"Erasures since the backup: {lines}; people who were back and are erased again: {erased}.")


def restore(path: Path, identity: Identity, *, without_ledger: bool, say: Say) -> None:
    """All of it. Raises BackupProblem, LedgerProblem, EnvironmentProblem or OSError."""
    say("Reading the whole backup ...")
    header = check_archive(path, identity)
    check_place(header, without_ledger=without_ledger)
    made_at = dt.datetime.fromisoformat(header.made_at)
    say(f"Putting back the backup of {made_at:%Y-%m-%d %H:%M} UTC ...")
    put_back(path, identity, header)
    say(f"{sum(header.rows.values())} rows in {len(header.rows)} tables, as in the backup.")
    carry_on(without_ledger=without_ledger, say=say)
    if header.settings:
        say("The school's settings at that time; compare them with those of now:")
        for name, value in header.settings.items():
            say(f"  {name}={value}")

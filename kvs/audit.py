"""The audit: facts about who did what to whose data, never a value. The only file that knows django-auditlog.

The lines are kvs.AuditEntry and kvs.AccessEvent, both append-only. Which fields are followed comes from the catalogue.
"""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from auditlog.registry import auditlog  # noqa: TID251  (its owner)
from django.apps import apps
from django.core import checks
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from kvs import catalogue
from kvs.models import AccessEvent, AuditAction, AuditEntry, Role, User
from kvs.trace import acting

RECORDS = (AuditEntry, AccessEvent)  # the audit does not audit itself


def register_models() -> None:
    """Follow every model of which the catalogue audits a field. Called once, when the application is ready."""
    for model in followed_models():
        auditlog.register(model, include_fields=_included(model), m2m_fields=_relations(model))


def followed_models() -> list[type[Model]]:
    """The models the catalogue wants audited."""
    declared = [apps.get_model(entry.label) for entry in catalogue.load().models]
    return [model for model in declared if model not in RECORDS and catalogue.audited_fields(model)]


def _included(model: type[Model]) -> list[str]:
    """The primary key goes along: it always differs, so adding or deleting an otherwise empty row leaves a line too."""
    assert model._meta.pk is not None
    return list(dict.fromkeys([model._meta.pk.name, *catalogue.audited_fields(model)]))


def _relations(model: type[Model]) -> list[str]:
    audited = catalogue.audited_fields(model)
    return [field.name for field in model._meta.many_to_many if field.name in audited]


def actor_middleware(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """The actor of a request is who is signed in when a line is written, also right after signing in."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with acting(lambda: getattr(request, "user", None)):
            return get_response(request)

    return middleware


def log_bulk(instances: Iterable[Model], action: AuditAction, fields: Iterable[str] = (), *, by: User | None) -> None:
    """One line per row for what `bulk_create`, `bulk_update` and `update` do: they tell nobody (LAB 3).

    `fields` are names; a delete takes none. Fetch the rows with their owner's path (`select_related`), or each row
    costs a query. Raises KeyError for a model outside the catalogue.
    """
    names = list(fields)
    with acting(lambda: by):
        AuditEntry.objects.bulk_create([AuditEntry.objects.line(row, action, names) for row in instances], batch_size=1000)


# Every page that shows people writes these lines: said to the database at once, it takes a quarter of what `bulk_create` does.
SAW = """INSERT INTO "kvs_accessevent"
(at, day, kind, viewer_audit_id, viewer_role, subject_audit_id, reason) SELECT %s, %s, %s, %s, %s, unnest(%s::uuid[]), %s"""


def log_access(
    viewer: User, role: Role, subjects: Iterable[uuid.UUID], kind: AccessEvent.Kind, reason: str = "daily_work"
) -> None:
    """Record that `viewer`, in `role`, saw the data of `subjects` (their audit_ids).

    `reason` is a code of letters and underscores. A list is recorded once per viewer, person and day.
    """
    people = list(dict.fromkeys(subjects))
    if people:
        again = " ON CONFLICT DO NOTHING" if kind == AccessEvent.Kind.LIST else ""
        seen = (timezone.now(), timezone.localdate(), kind, viewer.audit_id, role, people, reason)
        with connection.cursor() as cursor:
            cursor.execute(SAW + again, seen)


@checks.register("privacy")
def check_registration(app_configs: Any, **options: Any) -> list[checks.CheckMessage]:
    """An error for each model that is followed otherwise than the catalogue says (privacy_engineering.md, I11)."""
    wanted = {model: (_included(model), _relations(model)) for model in followed_models()}
    found = {
        model: (auditlog.get_model_fields(model)["include_fields"], auditlog._registry[model]["m2m_fields"])
        for model in auditlog.get_models()
    }
    wrong = [model for model in {**wanted, **found} if wanted.get(model) != found.get(model)]
    return [checks.Error("Audited otherwise than the catalogue says.", obj=model, id="kvs.E010") for model in wrong]

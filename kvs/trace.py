"""Who acts now, and about whom a row is: what every audit line needs. No models here, so that models may ask."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model

from kvs import catalogue

_actor: ContextVar[Callable[[], Any]] = ContextVar("kvs_actor", default=lambda: None)


@contextmanager
def acting(who: Callable[[], Any]) -> Iterator[None]:
    """Audit lines written inside name the account that `who` returns at that moment (None: the system itself).

    Our own, because django-auditlog's contexts forget the outer actor when they are nested and leave receivers behind.
    """
    token = _actor.set(who)
    try:
        yield
    finally:
        _actor.reset(token)


def actor_audit_id() -> uuid.UUID | None:
    """The `audit_id` of who acts now; None for the system and for visitors."""
    found: uuid.UUID | None = getattr(_actor.get()(), "audit_id", None)
    return found


def subject_audit_id(instance: Model) -> uuid.UUID | None:
    """The `audit_id` of the person this row is about: its first owner in the catalogue. None when there is nobody."""
    owners = catalogue.load().find(instance).owners
    if not owners:
        return None
    person: Any = instance
    try:
        for name in [] if owners[0] == "self" else owners[0].split("__"):
            person = getattr(person, name, None)
    except ObjectDoesNotExist:  # deleted in the same sweep as this row
        return None
    found: uuid.UUID | None = getattr(person, "audit_id", None)
    return found

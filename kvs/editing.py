"""Two people editing one row: the second is told who was first, and loses nothing (decisions.md 29)."""

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from typing import Any, TypeVar

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.forms import BaseForm
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kvs.models import AuditEntry, User

Row = TypeVar("Row", bound=models.Model)
Made = TypeVar("Made")


def changed(queryset: "models.QuerySet[Row]", pk: object, version: int, changes: Mapping[str, object]) -> Row:
    """The row, locked until the transaction ends, with `changes` applied and one version further; not saved yet.

    Raises ValidationError (code "stale") when somebody saved since `version` was read, and DoesNotExist as `get` does.
    """
    row = queryset.select_for_update(of=("self",)).get(pk=pk)
    if row.version != version:  # type: ignore[attr-defined]  # every model edited in a form has it
        raise ValidationError(
            _("%(who)s changed this too, at %(at)s. Your changes are below and not saved: compare, then save again."),
            code="stale",
            params={**last_change(row), "version": row.version},  # type: ignore[attr-defined]
        )
    for name, value in {**changes, "version": version + 1}.items():
        setattr(row, name, value)
    return row


def last_change(row: models.Model, *others: models.Model) -> dict[str, str]:
    """Who changed one of these rows of one table last, and at what time, for a sentence that tells so."""
    keys = [str(one.pk) for one in (row, *others)]
    entry = AuditEntry.objects.filter(model=row._meta.label_lower, object_pk__in=keys).order_by("-id").first()
    who = User.objects.filter(audit_id=entry.actor_audit_id).first() if entry and entry.actor_audit_id else None
    at = timezone.localtime(entry.at if entry else None)
    return {"who": (who.full_name if who else "") or _("Somebody"), "at": date_format(at, "H:i")}


def attempt(form: BaseForm, action: "Callable[[], Made]") -> "Made | None":
    """Do the action for a valid form. What it refuses, and what the database refuses, becomes an error of the form.

    A constraint that no rule in the code foresaw (two people at once) speaks through its own `violation_error_message`;
    one without such a sentence is a bug and is raised.
    """
    try:
        with transaction.atomic():
            return action()
    except ValidationError as problem:
        _show(form, problem)
    except IntegrityError as problem:
        constraint = _broken(problem)
        if constraint is None:
            raise
        form.add_error(_field_of(form, constraint), _sentence_of(constraint, problem))
    return None


def _show(form: BaseForm, problem: ValidationError) -> None:
    if getattr(problem, "code", None) == "stale" and problem.params and "version" in form.fields:
        typed: Any = copy(form.data)  # a QueryDict's copy can be changed
        typed[form.add_prefix("version")] = problem.params["version"]  # who has compared may save again
        form.data = typed
    if not hasattr(problem, "error_dict"):
        form.add_error(None, problem)
        return
    for name, errors in problem.error_dict.items():
        for error in errors:
            form.add_error(name if name in form.fields else _field_of(form, _told_by(error)), error)


def _speaking() -> Iterator[models.BaseConstraint]:
    """The constraints with a sentence of their own."""
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.violation_error_message != constraint.default_violation_error_message:
                yield constraint


def _told_by(error: ValidationError) -> models.BaseConstraint | None:
    """The constraint whose sentence this is: the validation of a model puts it at no field."""
    return next((one for one in _speaking() if str(one.violation_error_message) == str(error.message)), None)


def _field_of(form: BaseForm, constraint: models.BaseConstraint | None) -> str | None:
    """The one field of the form that a check is about; None when there are more, or none."""
    condition = constraint.condition if isinstance(constraint, models.CheckConstraint) else None
    about = condition.referenced_base_fields if isinstance(condition, models.Q) else set()
    found = [name for name in about if name in form.fields]
    return found[0] if len(found) == 1 else None


def _broken(problem: IntegrityError) -> models.BaseConstraint | None:
    name = getattr(getattr(problem.__cause__, "diag", None), "constraint_name", None)
    return next((constraint for constraint in _speaking() if constraint.name == name), None)


def _sentence_of(constraint: models.BaseConstraint, problem: IntegrityError) -> str:
    """What a broken constraint says. One with `sentence_of(detail)` says more, by the detail of the database."""
    if hasattr(constraint, "sentence_of"):
        detail = getattr(getattr(problem.__cause__, "diag", None), "message_detail", None)
        return str(constraint.sentence_of(detail or ""))
    return str(constraint.violation_error_message)

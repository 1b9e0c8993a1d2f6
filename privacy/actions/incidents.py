"""What reports, weighs, tells and closes a data breach."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs.editing import changed
from kvs.jobs import start_job
from kvs.mail import send_mail
from kvs.models import AccessEvent, Role, User
from privacy.models import Incident, IncidentPerson
from privacy.models.counts import breaches_erased
from reporting.models import DisclosedPerson, Disclosure

NUMBER_LOCK = 4301  # advisory lock: two colleagues who report the same thing at once get two numbers


@transaction.atomic
def report_incident(*, kind: str, discovered_at: dt.datetime, description: str, by: User) -> Incident:
    """Put a breach in the register and tell the privacy officers. Raises ValidationError for a moment to come."""
    if discovered_at > timezone.now():
        raise ValidationError({"discovered_at": _("This moment is still to come.")})
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [NUMBER_LOCK])
    row = Incident(
        number=_next_number(),
        kind=kind,
        discovered_at=discovered_at,
        description=description,
        reported_by_audit_id=by.audit_id,
    )
    row.full_clean()
    row.save(force_insert=True)
    start_job("privacy.tell_incident", {"incident": row.pk}, by=by)
    return row


def _next_number() -> int:
    """One more than there ever were: the number of a breach that was erased stands in letters and is not given again."""
    last = Incident.objects.aggregate(last=Max("number"))["last"] or 0
    return max(last, Incident.objects.count() + breaches_erased()) + 1


def tell_officers(key: str) -> None:
    """A mail to every privacy officer: that something was reported, never what. A second time mails again."""
    incident = Incident.objects.open().filter(pk=key).first()
    for officer in User.objects.with_role_today(Role.PRIVACY_OFFICER).filter(email__isnull=False):
        if incident is not None:
            send_mail("incident", officer, number=incident.number)


@transaction.atomic
def change_incident(*, incident: Incident, version: int, by: User, changes: Mapping[str, Any]) -> Incident:
    """Weigh it, or note who was told. Raises ValidationError; a closed one does not change any more."""
    row = changed(Incident.objects.open(), incident.pk, version, changes)
    if row.risk and not row.reason:
        raise ValidationError({"reason": _("Say why: the authority can ask for it.")})
    for name in ("authority_told_at", "people_told_on"):
        told = getattr(row, name)
        if told and told > (timezone.now() if isinstance(told, dt.datetime) else timezone.localdate()):
            raise ValidationError({name: _("This moment is still to come.")})
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def close_incident(*, incident: Incident, version: int, by: User) -> Incident:
    """Close it. Raises ValidationError when no decision was taken or somebody has not been told."""
    row = changed(Incident.objects.open(), incident.pk, version, {"closed_at": timezone.now()})
    row.validate_constraints()
    row.save()
    return row


@transaction.atomic
def add_who_was_looked_at(*, incident: Incident, account: User, first: dt.date, last: dt.date, by: User) -> int:
    """Everybody whose file this account opened on these days; how many were new."""
    seen = AccessEvent.objects.filter(viewer_audit_id=account.audit_id, day__range=(first, last))
    return _add(incident, seen.values_list("subject_audit_id", flat=True).distinct(), IncidentPerson.Source.LOOKED)


@transaction.atomic
def add_who_was_in(*, incident: Incident, disclosure: Disclosure, by: User) -> int:
    """Everybody in a file that was handed over; how many were new."""
    people = DisclosedPerson.objects.filter(disclosure=disclosure).values_list("audit_id", flat=True)
    return _add(incident, people, IncidentPerson.Source.GIVEN)


def _add(incident: Incident, people: Iterable[uuid.UUID], source: str) -> int:
    before = incident.people.count()
    IncidentPerson.objects.bulk_create(
        [IncidentPerson(incident=incident, audit_id=person, source=source) for person in people], ignore_conflicts=True
    )
    return incident.people.count() - before

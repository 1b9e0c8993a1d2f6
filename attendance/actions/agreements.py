"""What a client agreed to hear of absence: recording an agreement, and its end."""

import datetime as dt
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from attendance.absence_reasons import TELLABLE
from attendance.models import ReasonAgreement
from kvs.editing import changed
from kvs.models import User
from students.models import Client


@transaction.atomic
def agree_reasons(*, client: Client, reasons: Sequence[str], source: str, starts_on: dt.date, by: User) -> ReasonAgreement:
    """From `starts_on` on the client hears these reasons. Raises ValidationError: also for days another agreement has."""
    if client.is_private:
        raise ValidationError({"client": _("Only a municipality can agree on this: others hear what the student consents to.")})
    if not reasons or not set(reasons) <= {*TELLABLE}:
        raise ValidationError({"reasons": _("Choose at least one reason; only reasons that say nothing about health.")})
    row = ReasonAgreement(client=client, reasons=list(reasons), source=" ".join(source.split()), starts_on=starts_on)
    row.full_clean()
    row.save(force_insert=True)
    return row


@transaction.atomic
def end_agreement(*, row: ReasonAgreement, version: int, ends_on: dt.date, by: User) -> ReasonAgreement:
    """The client hears no reason of lessons after `ends_on`. Raises ValidationError, also "stale"."""
    made = changed(ReasonAgreement.objects.all(), row.pk, version, {"ends_on": ends_on})
    if ends_on < made.starts_on:  # said here: for the constraint on overlap that would be no range at all
        raise ValidationError({"ends_on": _("The last day cannot be before the first day.")})
    made.full_clean()
    made.save()
    return made

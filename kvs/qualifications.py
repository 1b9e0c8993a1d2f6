"""Whether a teacher counts as qualified on a day, what to warn of, and changing what is known of it."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kvs.editing import changed
from kvs.models import Qualification, User
from kvs.staff import managed

VOG_PROFILE = "60"  # Blik op Werk, informatiemail of 9 March 2022
VOG_WEEKS = 13  # at most three months old at the start, for who starts from 2022 (same source)
VOG_SINCE = dt.date(2022, 1, 1)


def status_on(row: Qualification | None, day: dt.date) -> str:
    """How a lesson on `day` by this teacher counts: "registered", "exempt" or "none".

    Blik op Werk asks that 80% of the lessons are given by registered teachers, and counts the exceptions as such.
    """
    if row is None:
        return "none"
    if row.register and (row.valid_until is None or day <= row.valid_until):
        return "registered"
    if row.exemption == Qualification.Exemption.TRAINING:
        return "exempt" if row.training_started_on and row.training_started_on <= day else "none"
    return "exempt" if row.exemption else "none"


def warnings_about(teacher: User | None, day: dt.date) -> list[str]:
    """What a planner should know when this teacher gives a lesson on `day`: sentences, most often none. One query."""
    if teacher is None:
        return []
    row = Qualification.objects.filter(user=teacher).first()
    said = {"name": teacher.full_name, "day": date_format(day)}
    found = []
    if status_on(row, day) == "none":
        found.append(_("On %(day)s %(name)s is in no register of NT2 teachers, and no exception is noted.") % said)
    elif row and row.exemption and status_on(row, day) == "exempt" and row.exemption_reported_on is None:
        found.append(_("%(name)s teaches by an exception that was not reported to Blik op Werk yet.") % said)
    if row is None or row.vog_on is None:
        found.append(_("Of %(name)s no VOG is noted.") % said)
    elif row.vog_screening != VOG_PROFILE:
        profile = {**said, "profile": row.vog_screening, "needed": VOG_PROFILE}
        found.append(_("The VOG of %(name)s has profile %(profile)s; Blik op Werk asks for %(needed)s.") % profile)
    return found


def vog_too_old(row: Qualification, started_on: dt.date) -> bool:
    """Whether the VOG was older than three months when the work began, of who began in 2022 or later."""
    return bool(row.vog_on and started_on >= VOG_SINCE and row.vog_on < started_on - dt.timedelta(weeks=VOG_WEEKS))


@transaction.atomic
def change_qualification(*, user: User, version: int, by: User, changes: Mapping[str, Any]) -> Qualification:
    """Note what a teacher showed. Raises ValidationError, also "stale", and for the own account."""
    managed(user, by)
    Qualification.objects.get_or_create(user=user)
    row = changed(Qualification.objects.all(), user.pk, version, changes)
    row.full_clean(exclude=["user"])
    row.save()
    return row

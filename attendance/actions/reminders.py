"""Reminding of registers without a signature: at most one mail a day each, with a number and nothing else."""

import datetime as dt
import uuid
from collections.abc import Mapping

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from attendance.missing import due_for_coordinator, due_for_teacher
from attendance.models import FollowUpSetting, RegisterReminder, follow_up_settings
from kvs.editing import changed
from kvs.holidays import is_working_day
from kvs.jobs import start_job
from kvs.mail import send_mail
from kvs.models import Role, User

FROM_HOUR, UNTIL_HOUR = 8, 18  # people are mailed by day
KEPT = dt.timedelta(days=30)
Kind = RegisterReminder.Kind


@transaction.atomic
def change_settings(*, version: int, by: User, changes: Mapping[str, object]) -> FollowUpSetting:
    """Set when people are reminded. Raises ValidationError, also "stale"."""
    FollowUpSetting.objects.get_or_create(pk=1)
    row = changed(FollowUpSetting.objects.all(), 1, version, changes)
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def remind_of_registers(*, now: dt.datetime | None = None) -> int:
    """Start a mail for everybody who must be reminded today and was not yet; how many. Safe to repeat."""
    moment = timezone.localtime(now)
    today = moment.date()
    RegisterReminder.objects.filter(day__lt=today - KEPT).delete()
    if not is_working_day(today) or not FROM_HOUR <= moment.hour < UNTIL_HOUR:
        return 0
    return _start(Kind.TEACHER, Role.TEACHER, moment) + _start(Kind.COORDINATOR, Role.COORDINATOR, moment)


def _start(kind: Kind, role: Role, moment: dt.datetime) -> int:
    mailed = RegisterReminder.objects.filter(kind=kind, day=moment.date()).values("user")
    people = User.objects.with_role_today(role).filter(is_active=True, email__isnull=False).exclude(pk__in=mailed)
    started = 0
    for user in people.order_by("pk"):
        if number_due(user, kind, moment):
            row, made = RegisterReminder.objects.get_or_create(user=user, kind=kind, day=moment.date())
            if made:
                start_job("attendance.remind", {"reminder": row.pk}, by=None)
                started += 1
    return started


def number_due(user: User, kind: str, moment: dt.datetime) -> int:
    """How many registers `user` is to be reminded of at `moment`."""
    settings = follow_up_settings()
    if kind == Kind.TEACHER:
        return due_for_teacher(user, moment, settings.teacher_hours).count()
    return due_for_coordinator(user, timezone.localdate(moment), settings.coordinator_days).count()


@transaction.atomic
def mail_reminder(reminder: str | uuid.UUID) -> bool:
    """Mail what still waits; nothing when it was mailed, or signed meanwhile. Raises OSError when no mail server takes it."""
    mine = RegisterReminder.objects.select_for_update(of=("self",), skip_locked=True).select_related("user")
    row = mine.filter(pk=reminder, mailed_at__isnull=True).first()
    number = number_due(row.user, row.kind, timezone.now()) if row else 0
    if row is None or not number:
        return False
    send_mail("registers", row.user, number=number, kind=row.kind, path=reverse("attendance:missing"))
    row.mailed_at = timezone.now()
    row.save(update_fields=["mailed_at"])
    return True

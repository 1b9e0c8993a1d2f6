"""What the school wants followed up, and when: registers without a signature, and absence."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.models import User

# No public norm exists for any of these figures (domain/blik_op_werk_and_municipalities.md 4.2: "make all of these settings"):
# they are examples, shown as such until the school decides.
EXAMPLE_TEACHER_HOURS = 24
EXAMPLE_COORDINATOR_DAYS = 3


class FollowUpSetting(models.Model):
    """When somebody is reminded of a register without a signature; one row for the school."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    teacher_hours = models.PositiveSmallIntegerField(
        _("hours after the lesson before the teacher gets an e-mail"),
        default=EXAMPLE_TEACHER_HOURS,
        help_text=_("From 1 to 336 hours (two weeks). At most one e-mail a day, on working days."),
    )
    coordinator_days = models.PositiveSmallIntegerField(
        _("working days before the coordinator gets an e-mail"),
        default=EXAMPLE_COORDINATOR_DAYS,
        help_text=_("From 1 to 20 working days after the day of the lesson. At most one e-mail a day."),
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("reminders of registers")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="follow_up_setting_is_one_row"),
            models.CheckConstraint(
                condition=Q(teacher_hours__range=(1, 336)),
                name="follow_up_setting_hours",
                violation_error_message=_("Choose a number of hours from 1 to 336."),
            ),
            models.CheckConstraint(
                condition=Q(coordinator_days__range=(1, 20)),
                name="follow_up_setting_days",
                violation_error_message=_("Choose a number of working days from 1 to 20."),
            ),
        ]

    def __str__(self) -> str:
        return "FollowUpSetting"


def follow_up_settings() -> FollowUpSetting:
    """What the school decided; the examples while it decided nothing."""
    return FollowUpSetting.objects.first() or FollowUpSetting()


class RegisterReminder(models.Model):
    """That somebody is mailed about registers on a day: the constraint keeps it to one mail. Kept for a month."""

    class Kind(models.TextChoices):
        """As whom."""

        TEACHER = "teacher", _("teacher")
        COORDINATOR = "coordinator", _("coordinator")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=11, choices=Kind)
    day = models.DateField(_("day"), default=timezone.localdate)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("reminder of registers")
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "day"], name="register_reminder_once_a_day"),
            models.CheckConstraint(condition=Q(kind__in=["teacher", "coordinator"]), name="register_reminder_kind"),
        ]

    def __str__(self) -> str:
        return f"RegisterReminder({self.pk})"

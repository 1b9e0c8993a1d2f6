"""A file that has to go without somebody: the privacy officer looks before the day on which it goes. No names: those stand in
the restrictions and objections themselves.
"""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kvs.models import Role, User


class WithheldTaskQuerySet(models.QuerySet["WithheldTask"]):
    """Which tasks."""

    def open(self) -> "WithheldTaskQuerySet":
        """Nobody has said yet what is done about it."""
        return self.filter(outcome="")


class WithheldTask(models.Model):
    """So many students are not in the file of DUO of a month, because of a restriction or an objection."""

    class Outcome(models.TextChoices):
        """What was done about it."""

        LIFTED = "lifted", _("it was lifted: everybody is in the file")
        TOLD = "told", _("DUO was told that hours will follow later")
        STAYS = "stays", _("looked at: they stay out this month")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    month = models.DateField(_("month"), unique=True)  # its first day
    number = models.PositiveIntegerField(_("students left out"))
    last_on = models.DateField(_("before"))
    outcome = models.CharField(_("what was done"), max_length=6, choices=Outcome, blank=True)
    done_on = models.DateField(null=True, blank=True)
    done_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = WithheldTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("file without somebody")
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(condition=Q(month__day=1), name="withheld_task_month"),
            models.CheckConstraint(
                condition=Q(outcome="", done_on__isnull=True) | Q(outcome__in=["lifted", "told", "stays"], done_on__isnull=False),
                name="withheld_task_done_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"WithheldTask({self.pk})"

    @property
    def month_name(self) -> str:
        """As in "oktober 2026"."""
        return date_format(self.month, "YEAR_MONTH_FORMAT")

    @property
    def late(self) -> bool:
        """Whether the day has passed and nobody looked."""
        return not self.outcome and self.last_on < timezone.localdate()


def alarms_for(user: User) -> list[str]:
    """A sentence for each month whose day has passed."""
    if not user.has_role(Role.PRIVACY_OFFICER):
        return []
    late = [row for row in WithheldTask.objects.open() if row.late]
    text = gettext("The file for DUO of %(month)s goes without %(number)d students, and nobody looked at it before %(day)s.")
    return [text % {"month": row.month_name, "number": row.number, "day": date_format(row.last_on)} for row in late]

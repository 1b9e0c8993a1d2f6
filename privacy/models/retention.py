"""Whom the school told that the time of the file is nearly over."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.models import User
from students.models import Student


class RetentionNoticeQuerySet(models.QuerySet["RetentionNotice"]):
    """Which notices."""

    def visible_to(self, user: User) -> "RetentionNoticeQuerySet":
        """Those to visible students."""
        return self.filter(student__in=Student.objects.visible_to(user))


class RetentionNotice(models.Model):
    """A student was told on which day the file goes, in time to ask for a statement of the hours."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="retention_notices")
    due_on = models.DateField()
    told_on = models.DateField(default=timezone.localdate)
    mailed = models.BooleanField(default=False)
    hours_wanted_on = models.DateField(null=True)

    objects = RetentionNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice before erasing")
        constraints = [
            models.UniqueConstraint(fields=["student", "due_on"], name="retention_notice_once"),
            models.CheckConstraint(
                condition=Q(hours_wanted_on__isnull=True) | Q(hours_wanted_on__gte=F("told_on")), name="retention_notice_order"
            ),
        ]

    def __str__(self) -> str:
        return f"RetentionNotice({self.pk})"

"""What is left of a file that held an exemption: a frozen copy that refers to nothing (privacy_engineering.md 5.6)."""

import datetime as dt
import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.fields import SealedField


class ExemptionRecordQuerySet(models.QuerySet["ExemptionRecord"]):
    """Which records."""

    def known_as(self, index: str) -> "ExemptionRecordQuerySet":
        """Those of somebody of this name and date of birth: privacy.actions.exemption.identity_index."""
        return self.filter(identity_index=index)

    def over(self, day: dt.date) -> "ExemptionRecordQuerySet":
        """Those whose period has passed."""
        return self.filter(kept_until__lt=day)


class ExemptionRecord(models.Model):
    """Somebody was exempted from civic integration; found by name and date of birth only, with the person at the desk."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # What the index is made from, so that it can be made anew under another key (kvs/rotation.py).
    identity = SealedField(context="privacy.exemption_record.identity", null=True)
    identity_index = models.CharField(max_length=64, db_index=True)
    name = SealedField(context="privacy.exemption_record.name")
    born_on = SealedField(context="privacy.exemption_record.born_on")
    kind = SealedField(context="privacy.exemption_record.kind")
    body = SealedField(context="privacy.exemption_record.body")
    decided_on = SealedField(context="privacy.exemption_record.decided_on")
    copied_on = models.DateField(default=timezone.localdate)
    kept_until = models.DateField(db_index=True)

    objects = ExemptionRecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("kept exemption")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(identity_index__regex=r"^[0-9a-f]{64}$"), name="exemption_record_identity_index"
            ),
        ]

    def __str__(self) -> str:
        return f"ExemptionRecord({self.pk})"


class ExemptionLookup(models.Model):
    """Somebody at the desk asked about an exemption and got a statement: when, from whom. Without record: not known here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record = models.ForeignKey(ExemptionRecord, on_delete=models.CASCADE, null=True, related_name="lookups")
    at = models.DateTimeField(default=timezone.now)
    by_audit_id = models.UUIDField(db_index=True)

    class Meta:
        verbose_name = _("statement about an exemption")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"ExemptionLookup({self.pk})"

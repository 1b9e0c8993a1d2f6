"""The register of data breaches (AVG art. 33(5): all of them, also those nobody is told about)."""

import datetime as dt
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.fields import SealedField
from kvs.models import Role, User

AUTHORITY_WITHIN = dt.timedelta(hours=72)  # AVG art. 33(1); nights and weekends count (read 2026-11-22)
HANDLERS = (Role.PRIVACY_OFFICER, Role.MANAGEMENT)


class IncidentQuerySet(models.QuerySet["Incident"]):
    """Which breaches."""

    def visible_to(self, user: User) -> "IncidentQuerySet":
        """All of the school, for who handles them."""
        return self.all() if user.has_role(*HANDLERS) else self.none()

    def open(self) -> "IncidentQuerySet":
        """Not closed."""
        return self.filter(closed_at__isnull=True)


class Incident(models.Model):
    """Something happened to personal data. What happened is typed by people, so it is sealed."""

    class Kind(models.TextChoices):
        """What happened, coarse."""

        WRONG_PERSON = "wrong_person", _("sent or given to the wrong person")
        SEEN = "seen", _("seen by somebody who may not")
        LOST = "lost", _("paper, telephone or computer lost or stolen")
        HACKED = "hacked", _("account or computer taken over")
        CHANGED = "changed", _("deleted or changed by mistake")
        AWAY = "away", _("could not be reached for a while")
        OTHER = "other", _("something else")

    class Risk(models.TextChoices):
        """For the people it is about (AVG art. 33(1), 34(1))."""

        NONE = "none", _("no risk is likely: only in this register")
        RISK = "risk", _("a risk: tell the authority (AP)")
        HIGH = "high", _("a high risk: tell the authority (AP) and the people")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)
    kind = models.CharField(_("what happened"), max_length=12, choices=Kind)
    discovered_at = models.DateTimeField(_("discovered at"))
    description = SealedField(_("description"), context="privacy.incident.description")
    reported_at = models.DateTimeField(default=timezone.now)
    reported_by_audit_id = models.UUIDField(db_index=True)
    categories = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    measures = SealedField(_("what was done about it"), context="privacy.incident.measures", blank=True, default="")
    risk = models.CharField(_("risk for the people"), max_length=4, choices=Risk, blank=True)
    reason = SealedField(_("why"), context="privacy.incident.reason", blank=True, default="")
    authority_told_at = models.DateTimeField(_("the authority was told at"), null=True, blank=True)
    authority_reference = models.CharField(_("number of the report"), max_length=40, blank=True)
    people_told_on = models.DateField(_("the people were told on"), null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("data breach")
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["wrong_person", "seen", "lost", "hacked", "changed", "away", "other"]),
                name="incident_kind",
            ),
            models.CheckConstraint(condition=Q(risk__in=["", "none", "risk", "high"]), name="incident_risk"),
            models.CheckConstraint(
                condition=Q(authority_told_at__isnull=True) | Q(authority_told_at__gte=F("discovered_at")),
                name="incident_told_after_discovery",
                violation_error_message=_("The authority cannot have been told before it was discovered."),
            ),
            models.CheckConstraint(
                condition=Q(authority_reference="") | Q(authority_reference__regex=r"^[A-Za-z0-9][A-Za-z0-9 ./-]*$"),
                name="incident_reference",
                violation_error_message=_("A reference has letters, digits, spaces and . / - only."),
            ),
            # Nothing closes without a decision, nor before everybody was told whom the decision names.
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True)
                | Q(risk="none")
                | Q(risk="risk", authority_told_at__isnull=False)
                | Q(risk="high", authority_told_at__isnull=False, people_told_on__isnull=False),
                name="incident_closed_whole",
                violation_error_message=_("First decide on the risk, and tell everybody who has to be told."),
            ),
        ]

    def __str__(self) -> str:
        return f"Incident({self.pk})"

    @property
    def due_at(self) -> dt.datetime:
        """Until when the authority is to be told."""
        return self.discovered_at + AUTHORITY_WITHIN

    @property
    def waits_for_authority(self) -> bool:
        """Whether the clock still runs: not told, and not decided that there is no risk."""
        return self.closed_at is None and self.authority_told_at is None and self.risk != self.Risk.NONE

    @property
    def hours_left(self) -> int:
        """Whole hours until `due_at`; below zero when it has passed."""
        return int((self.due_at - timezone.now()).total_seconds() // 3600)

    @property
    def hours_late(self) -> int:
        """Whole hours since `due_at`."""
        return -self.hours_left


class IncidentPerson(models.Model):
    """That the breach is about a person; found again by the random id, as long as there is a file."""

    class Source(models.TextChoices):
        """How we know."""

        LOOKED = "looked", _("an account looked at the file")
        GIVEN = "given", _("was in a file that was handed over")

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="people")
    audit_id = models.UUIDField(db_index=True)
    source = models.CharField(max_length=6, choices=Source)

    class Meta:
        verbose_name = _("person in a data breach")
        constraints = [
            models.UniqueConstraint(fields=["incident", "audit_id"], name="incident_person_once"),
            models.CheckConstraint(condition=Q(source__in=["looked", "given"]), name="incident_person_source"),
        ]

    def __str__(self) -> str:
        return f"IncidentPerson({self.pk})"


def waiting_for(user: User) -> int:
    """How many breaches are not closed."""
    return Incident.objects.visible_to(user).open().count()

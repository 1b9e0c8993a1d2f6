"""Erasures from plan to certificate, and what holds them back.

Both outlive the person: they name nobody. While somebody is here `subject_audit_id` is the random id of the person; with the
erasure it becomes a new one that leads nowhere, also not to the lines of the log.
"""

import datetime as dt
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.models import Role, User
from students.models import Student

OFFICERS = (Role.PRIVACY_OFFICER, Role.MANAGEMENT)
OPEN_STATES = ("prepared", "approved", "running", "failed", "held")


def within_reach(user: User) -> Q:
    """Condition on a row with `subject_audit_id`: everything for who holds the role everywhere, else visible students."""
    if any(membership.location_id is None and membership.role in OFFICERS for membership in user.active_memberships()):
        return Q(pk__isnull=False)
    return Q(subject_audit_id__in=Student.objects.visible_to(user.only_as(*OFFICERS)).values("audit_id"))


class HoldQuerySet(models.QuerySet["Hold"]):
    """Which holds."""

    def visible_to(self, user: User) -> "HoldQuerySet":
        """Those on people within reach of a privacy officer or management."""
        return self.filter(within_reach(user)) if user.has_role(*OFFICERS) else self.none()

    def standing(self) -> "HoldQuerySet":
        """Those that were not lifted."""
        return self.filter(released_at__isnull=True)

    def due(self, day: dt.date) -> "HoldQuerySet":
        """Standing ones that must be looked at again by now. They keep standing: a hold never ends unseen."""
        return self.standing().filter(review_on__lte=day)


class Hold(models.Model):
    """Data of a person that may not be erased yet, on a ground of the law, until somebody looks again."""

    class Ground(models.TextChoices):
        """AVG art. 17(3): the only grounds there are. A code, so that nobody types a story about a person."""

        CLAIM = "claim", _("a claim or a dispute that runs (AVG 17(3)(e))")
        COMPLAINT = "complaint", _("a complaint that is not settled (AVG 17(3)(e))")
        SUPERVISOR = "supervisor", _("an investigation by a supervisor (AVG 17(3)(b))")
        DUTY = "duty", _("a duty to account to who paid for the course (AVG 17(3)(b))")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_audit_id = models.UUIDField(db_index=True)
    containers = ArrayField(models.CharField(max_length=20), default=list)
    ground = models.CharField(_("ground"), max_length=10, choices=Ground)
    set_by_audit_id = models.UUIDField(db_index=True)
    set_on = models.DateField(default=timezone.localdate)
    review_on = models.DateField(_("look again on"), db_index=True)
    released_at = models.DateTimeField(null=True)
    released_by_audit_id = models.UUIDField(null=True, db_index=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("hold")
        ordering = ["review_on"]
        constraints = [
            models.CheckConstraint(condition=Q(ground__in=["claim", "complaint", "supervisor", "duty"]), name="hold_ground"),
            models.CheckConstraint(
                condition=Q(containers__len__gte=1, containers__contained_by=["core", "staff", "client_contacts"]),
                name="hold_containers",
            ),
            models.CheckConstraint(
                condition=Q(review_on__gt=F("set_on"), review_on__lte=F("set_on") + dt.timedelta(days=366)),
                name="hold_review",
                violation_error_message=_("Choose a day within a year from now, to look at this again."),
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, released_by_audit_id__isnull=True)
                | Q(released_at__isnull=False, released_by_audit_id__isnull=False),
                name="hold_released_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"Hold({self.pk})"


class ErasureQuerySet(models.QuerySet["Erasure"]):
    """Which erasures."""

    def visible_to(self, user: User) -> "ErasureQuerySet":
        """Those of people within reach; when the person is gone, for who holds the role at all locations."""
        return self.filter(within_reach(user)) if user.has_role(*OFFICERS) else self.none()

    def open(self) -> "ErasureQuerySet":
        """Those that are not over."""
        return self.filter(state__in=OPEN_STATES)


class Erasure(models.Model):
    """One erasure: what was planned, who prepared and who approved it, how it ended. The plan holds no value of the person."""

    class Reason(models.TextChoices):
        """Why."""

        REQUEST = "request", _("the person asked for it (AVG 17)")
        NO_GROUND = "no_ground", _("there is no ground to keep this (AVG 17(1)(d))")
        RETENTION = "retention", _("the period of keeping is over")

    class State(models.TextChoices):
        """How far it is."""

        PREPARED = "prepared", _("waits for a second person")
        HELD = "held", _("waits: the data may not go yet")
        APPROVED = "approved", _("approved")
        RUNNING = "running", _("busy")
        DONE = "done", _("erased")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("stopped")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(_("reference"), max_length=12, unique=True)
    subject_audit_id = models.UUIDField(db_index=True)
    reason = models.CharField(_("reason"), max_length=9, choices=Reason)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.PREPARED)
    prepared_by_audit_id = models.UUIDField(null=True, db_index=True)  # nobody: the nightly retention
    prepared_at = models.DateTimeField(default=timezone.now)
    handled_by_audit_id = models.UUIDField(null=True, db_index=True)  # who handles the request this follows from
    approved_by_audit_id = models.UUIDField(null=True, db_index=True)
    approved_at = models.DateTimeField(null=True)
    plan = models.JSONField(default=list)  # privacy.plan.Line: tables, numbers and grounds
    plan_hash = models.CharField(max_length=64)
    catalogue = models.CharField(max_length=64)
    traces = models.JSONField(default=list)  # privacy.traces.Trace: where the person is named elsewhere; table and column
    told = models.JSONField(default=list)  # who received data and has to be told (AVG 19): code, client, day, report
    problem = models.CharField(max_length=12, blank=True)
    job = models.UUIDField(null=True)
    certificate = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)
    backups_gone_on = models.DateField(null=True)
    ledger_seq = models.PositiveBigIntegerField(null=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        ordering = ["-prepared_at"]
        constraints = [
            models.CheckConstraint(condition=Q(reason__in=["request", "no_ground", "retention"]), name="erasure_reason"),
            models.CheckConstraint(
                condition=Q(state__in=["prepared", "held", "cancelled"])
                | Q(state__in=["approved", "running", "failed"], approved_at__isnull=False, done_at__isnull=True)
                | Q(state="done", approved_at__isnull=False, done_at__isnull=False, ledger_seq__isnull=False),
                name="erasure_state",
            ),
            models.CheckConstraint(
                condition=Q(reason="retention")
                | Q(prepared_by_audit_id__isnull=False) & (Q(approved_at__isnull=True) | Q(approved_by_audit_id__isnull=False)),
                name="erasure_by_people",
            ),
            models.CheckConstraint(
                condition=(Q(approved_by_audit_id__isnull=True) | ~Q(approved_by_audit_id=F("prepared_by_audit_id")))
                & (
                    Q(approved_by_audit_id__isnull=True)
                    | Q(handled_by_audit_id__isnull=True)
                    | ~Q(approved_by_audit_id=F("handled_by_audit_id"))
                ),
                name="erasure_two_people",
                violation_error_message=_("Somebody else has to approve this: not who prepared it, nor who handles the request."),
            ),
            models.CheckConstraint(
                condition=Q(problem__in=["", "changed", "held", "traces", "shared", "ledger", "error"]), name="erasure_problem"
            ),
            models.CheckConstraint(condition=Q(plan_hash__regex=r"^[0-9a-f]{64}$"), name="erasure_plan_hash"),
            models.CheckConstraint(condition=Q(catalogue__regex=r"^[0-9a-f]{64}$"), name="erasure_catalogue"),
            models.UniqueConstraint(
                fields=["subject_audit_id"],
                condition=Q(state__in=["prepared", "held", "approved", "running", "failed"]),
                name="erasure_one_open",
                violation_error_message=_("An erasure of this person is open already."),
            ),
        ]

    def __str__(self) -> str:
        return f"Erasure({self.pk})"

    @property
    def is_open(self) -> bool:
        """Whether something can still be done."""
        return self.state in OPEN_STATES

"""Twice a year somebody looks at everybody's access, line by line, and signs that it is right (B 6; AVG 5(2), 32(1)(d))."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.models import ContractKind, Role, User

REVIEWERS = (Role.MANAGEMENT, Role.PRIVACY_OFFICER, Role.ADMINISTRATION)


class AccessReviewQuerySet(models.QuerySet["AccessReview"]):
    """Which reviews."""

    def visible_to(self, user: User) -> "AccessReviewQuerySet":
        """All of the school, for who reviews."""
        return self.all() if user.has_role(*REVIEWERS) else self.none()

    def open(self) -> "AccessReviewQuerySet":
        """The one that is not signed."""
        return self.filter(state=AccessReview.State.OPEN)


class AccessReview(models.Model):
    """One review of all access. Signed it is a register row: its lines do not change any more."""

    class State(models.TextChoices):
        """How far it is."""

        OPEN = "open", _("being reviewed")
        SIGNED = "signed", _("signed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(_("state"), max_length=6, choices=State, default=State.OPEN)
    started_at = models.DateTimeField(default=timezone.now)
    started_by_audit_id = models.UUIDField(db_index=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_by_audit_id = models.UUIDField(null=True, blank=True, db_index=True)

    objects = AccessReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review of access")
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", signed_at__isnull=True, signed_by_audit_id__isnull=True)
                | Q(state="signed", signed_at__isnull=False, signed_by_audit_id__isnull=False),
                name="access_review_state",
            ),
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state="open"),
                name="access_review_one_open",
                violation_error_message=_("A review is going on already."),
            ),
        ]

    def __str__(self) -> str:
        return f"AccessReview({self.pk})"


class AccessReviewLine(models.Model):
    """A role or an exception as it was reviewed: copied, so that it stays readable when role and account are gone."""

    class Kind(models.TextChoices):
        """What gives the access."""

        ROLE = "role", _("role")
        EXCEPTION = "exception", _("exception: one group")

    class Decision(models.TextChoices):
        """What the reviewer decided."""

        KEEP = "keep", _("stays")
        END = "end", _("ends")
        GONE = "gone", _("had ended by itself")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    review = models.ForeignKey(AccessReview, on_delete=models.CASCADE, related_name="lines")
    account_audit_id = models.UUIDField(db_index=True)
    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    object_pk = models.CharField(max_length=36)  # of the role or the exception: a number, no reference (invariant I7)
    role = models.CharField(_("role"), max_length=24, choices=Role, blank=True)
    place = models.CharField(_("where"), max_length=120, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until and including"), null=True, blank=True)
    last_sign_in_on = models.DateField(_("signed in last on"), null=True, blank=True)
    stated_until = models.DateField(_("statements hold until"), null=True, blank=True)
    contract_kind = models.CharField(_("kind of contract"), max_length=13, choices=ContractKind, blank=True)
    contract_ends_on = models.DateField(_("last day of the contract or clause"), null=True, blank=True)
    decision = models.CharField(_("decision"), max_length=4, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by_audit_id = models.UUIDField(null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = _("line of a review of access")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["role", "exception"]), name="access_review_line_kind"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True)
                | Q(decision__in=["keep", "end", "gone"], decided_at__isnull=False),
                name="access_review_line_decision",
            ),
            models.UniqueConstraint(fields=["review", "kind", "object_pk"], name="access_review_line_once"),
        ]

    def __str__(self) -> str:
        return f"AccessReviewLine({self.pk})"

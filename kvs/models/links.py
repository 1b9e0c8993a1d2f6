"""The one-time link that leads somebody from an e-mail to a password of the own. What happens with it: kvs/links.py."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.models.accounts import User


class OneTimeLinkQuerySet(models.QuerySet["OneTimeLink"]):
    """Which links."""

    def visible_to(self, user: User) -> "OneTimeLinkQuerySet":
        """Those of accounts `user` may see."""
        return self.filter(user__in=User.objects.visible_to(user))

    def live(self) -> "OneTimeLinkQuerySet":
        """Those whose time is not over."""
        return self.filter(expires_at__gt=timezone.now())


class OneTimeLink(models.Model):
    """A link that may be used once. Using it, or taking it back, deletes the row; a new one takes the place of the old.

    Its secret is not here, only the keyed hash of it, from the moment the e-mail is made: a copy of the database opens
    nothing.
    """

    class Kind(models.TextChoices):
        """What somebody got it for."""

        INVITE = "invite", _("invitation")
        RESET = "reset", _("forgotten password")
        RECOVER = "recover", _("lost second factor")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="one_time_links")
    kind = models.CharField(_("kind"), max_length=7, choices=Kind)
    token_index = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001  # null: no e-mail yet
    issued_at = models.DateTimeField(_("issued on"), default=timezone.now)
    issued_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    confirmed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    sent_at = models.DateTimeField(_("sent on"), null=True)
    expires_at = models.DateTimeField(_("valid until"), db_index=True)

    objects = OneTimeLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("one-time link")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["invite", "reset", "recover"]), name="one_time_link_kind"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="one_time_link_period"),
            models.CheckConstraint(
                condition=Q(token_index__isnull=True, sent_at__isnull=True) | Q(token_index__isnull=False, sent_at__isnull=False),
                name="one_time_link_sent",
            ),
            models.UniqueConstraint(
                fields=["user", "kind"],
                name="one_time_link_one_of_a_kind",
                violation_error_message=_("Somebody sent a link just now. Look at the page again."),
            ),
            models.CheckConstraint(
                condition=Q(issued_by__isnull=True) | Q(confirmed_by__isnull=True) | ~Q(issued_by=F("confirmed_by")),
                name="one_time_link_two_people",
                violation_error_message=_("Somebody else has to confirm this."),
            ),
        ]

    def __str__(self) -> str:
        return f"OneTimeLink({self.pk})"

"""Browsers that are signed in, and forms that were open when one locked."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.models.accounts import User


class WebSessionQuerySet(models.QuerySet["WebSession"]):
    """Which sessions."""

    def visible_to(self, user: User) -> "WebSessionQuerySet":
        """The own sessions only, for the page "where am I signed in"."""
        return self.filter(user=user)

    def tablets_of(self, lesson: uuid.UUID) -> "WebSessionQuerySet":
        """Class tablets that are open for one lesson."""
        return self.live().filter(level=WebSession.Level.KIOSK, bound_to=lesson)

    def live(self) -> "WebSessionQuerySet":
        """Those whose time is not over, as a signed-in browser, a remembered phone or a trusted device."""
        now = timezone.now()
        return self.filter(Q(expires_at__gt=now) | Q(remembered_until__gt=now) | Q(trusted_until__gt=now))


class WebSession(models.Model):
    """A signed-in browser (decisions.md 19). The cookie's value is not here, only its SHA-256: a copy of the
    database signs nobody in. What libraries keep in the session is sealed.
    """

    class Level(models.TextChoices):
        """What the browser may do."""

        ANONYMOUS = "anonymous", _("not signed in")
        FULL = "full", _("signed in")
        LOCKED = "locked", _("locked after inactivity")
        CONFIRM = "confirm", _("remembered phone, may confirm presence")
        TRUSTED = "trusted", _("signed out; no second step needed here")
        KIOSK = "kiosk", _("class tablet, one lesson")

    key_hash = models.CharField(primary_key=True, max_length=64, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="web_sessions")
    level = models.CharField(_("level"), max_length=10, choices=Level, default=Level.ANONYMOUS)
    bound_to = models.UUIDField(null=True)  # the one lesson a class tablet serves
    data = models.TextField(blank=True)
    idle_minutes = models.PositiveSmallIntegerField(default=30)  # copied at sign-in, so that a request needs no second read
    started_at = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    remembered_until = models.DateTimeField(null=True)  # "this is my phone": what stays when the signed-in time is over
    trusted_until = models.DateTimeField(null=True)  # until then signing in here needs no second step; opens nothing by itself

    objects = WebSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("web session")
        constraints = [
            models.CheckConstraint(
                condition=Q(level__in=["full", "locked"], user__isnull=False, bound_to__isnull=True)
                | Q(level="confirm", user__isnull=False, bound_to__isnull=True, remembered_until__isnull=False)
                | Q(level="trusted", user__isnull=False, bound_to__isnull=True, trusted_until__isnull=False)
                | Q(level="kiosk", bound_to__isnull=False)
                | Q(level="anonymous", user__isnull=True, bound_to__isnull=True),
                name="web_session_level",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("started_at")), name="web_session_period"),
        ]

    def __str__(self) -> str:
        return f"WebSession({self.level})"


class DraftQuerySet(models.QuerySet["Draft"]):
    """Which drafts."""

    def visible_to(self, user: User) -> "DraftQuerySet":
        """The own drafts only."""
        return self.filter(user=user)


class Draft(models.Model):
    """A form that came in after the session had locked. Sealed, for one hour, for its own sender (decisions.md 19)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
    path_hash = models.CharField(max_length=64)
    data = models.TextField()
    made_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        constraints = [models.UniqueConstraint(fields=["user", "path_hash"], name="draft_one_per_form")]

    def __str__(self) -> str:
        return f"Draft({self.pk})"

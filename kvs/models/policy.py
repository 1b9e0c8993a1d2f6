"""What the school promises about personal data, in its own words: the versions of its privacy policy (privacyreglement)."""

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kvs.models.vault import SealedFile


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    """Which versions."""

    def published(self) -> "PolicyVersionQuerySet":
        """Those everybody may read, the newest first."""
        return self.filter(published_at__isnull=False).order_by("-effective_on")

    def in_force(self, day: dt.date | None = None) -> "PolicyVersion | None":
        """The version that holds on `day` (default: today); None when none was published yet."""
        return self.published().filter(effective_on__lte=day or timezone.localdate()).first()


class PolicyVersion(models.Model):
    """One version: its text or its PDF, from when it holds and what it replaces. A trigger freezes it when it is published.

    The number is not unique: the policy of JAR Opleidingen is "V 5.0" and replaces "versie 5.0". Date and digest tell two apart.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(_("version number"), max_length=20)
    effective_on = models.DateField(_("in force from"))
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("replaces")
    )
    replaces_older = models.CharField(
        _("replaces a version that is not in KVS"),
        max_length=80,
        blank=True,
        help_text=_("For example: versie 4.0 van mei 2018."),
    )
    text = models.TextField(_("text"), max_length=100_000, blank=True)
    file = models.ForeignKey(SealedFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="PDF")
    sha256 = models.CharField(max_length=64, blank=True, editable=False)  # of the text and, behind it, of the PDF
    is_important = models.BooleanField(_("important change: tell everybody"), default=False)
    summary = models.TextField(_("what changes, in plain Dutch"), max_length=1000, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of the privacy policy")
        ordering = ["-effective_on"]
        constraints = [
            models.CheckConstraint(condition=~Q(number=""), name="policy_has_number"),
            models.CheckConstraint(
                condition=Q(is_important=False) | ~Q(summary=""),
                name="policy_important_is_explained",
                violation_error_message=_("Say in plain Dutch what changes: everybody reads it."),
            ),
            models.CheckConstraint(
                condition=Q(replaces__isnull=True) | (Q(replaces_older="") & ~Q(replaces=F("id"))),
                name="policy_replaces_one",
                violation_error_message=_("Choose one version that this one replaces, not two."),
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True)
                | (Q(sha256__regex=r"^[0-9a-f]{64}$") & (~Q(text="") | Q(file__isnull=False))),
                name="policy_published_whole",
                violation_error_message=_("Fill in the text or add the PDF before you publish."),
            ),
            models.UniqueConstraint(
                fields=["effective_on"],
                condition=Q(published_at__isnull=False),
                name="policy_one_a_day",
                violation_error_message=_("Another version is in force from that day. Choose another day."),
            ),
        ]

    def __str__(self) -> str:
        return f"PolicyVersion({self.pk})"

    @property
    def title(self) -> str:
        """As people speak of it: "versie 3.0 van 1 september 2019"."""
        return gettext("version %(number)s of %(day)s") % {"number": self.number, "day": date_format(self.effective_on, "j F Y")}

    @property
    def replaces_words(self) -> str:
        """Which version it replaces; empty for the first."""
        return self.replaces.title if self.replaces else self.replaces_older

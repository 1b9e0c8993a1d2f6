"""That a student was given the school's privacy policy, and the annex of the contract about data (B 4.1.1, B 8.1)."""

import uuid

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.models import PolicyVersion, Role, User
from students.models.programmes import Programme

HANDERS = (Role.ADMINISTRATION,)


class HandOutQuerySet(models.QuerySet["HandOut"]):
    """Which hand-outs."""

    def visible_to(self, user: User) -> "HandOutQuerySet":
        """Those of visible programmes."""
        return self.filter(programme__in=Programme.objects.visible_to(user))


class HandOut(models.Model):
    """A paper, mail or page that a student was given at the start of a programme. Being given something is no consent."""

    class Kind(models.TextChoices):
        """What was given."""

        POLICY = "policy", _("privacy policy")
        ANNEX = "annex", _("annex of the contract: your data")

    class How(models.TextChoices):
        """In what way."""

        PAPER = "paper", _("on paper")
        MAIL = "mail", _("by e-mail")
        PORTAL = "portal", _("in the portal, together at the desk")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="hand_outs")
    kind = models.CharField(_("what"), max_length=6, choices=Kind)
    # Of the annex: the version that was in force; none when the school had not published one yet.
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="hand_outs")
    handed_on = models.DateField(_("handed out on"), default=timezone.localdate)
    how = models.CharField(_("how"), max_length=6, choices=How)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = HandOutQuerySet.as_manager()

    class Meta:
        verbose_name = _("privacy policy handed out")
        ordering = ["-handed_on", "kind"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["policy", "annex"]), name="hand_out_kind"),
            models.CheckConstraint(condition=Q(how__in=["paper", "mail", "portal"]), name="hand_out_how"),
            models.CheckConstraint(condition=Q(kind="annex") | Q(policy__isnull=False), name="hand_out_of_a_version"),
            models.UniqueConstraint(
                fields=["programme", "kind", "policy", "handed_on"],
                nulls_distinct=False,
                name="hand_out_once_a_day",
                violation_error_message=_("This was recorded already."),
            ),
        ]

    def __str__(self) -> str:
        return f"HandOut({self.pk})"


def without_policy(user: User) -> "models.QuerySet[Programme]":
    """Programmes that run or are to begin, of students `user` sees, for which no version was ever handed out."""
    given = HandOut.objects.filter(programme=OuterRef("pk"), kind=HandOut.Kind.POLICY)
    current = Programme.objects.visible_to(user).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=timezone.localdate()))
    return current.filter(~Exists(given)).defer("bsn")

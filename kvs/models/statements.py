"""What every colleague has to state before seeing anybody's data, and that each of them did."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.models.accounts import User
from kvs.models.roles import Role


class StatementKind(models.TextChoices):
    """Confidentiality (B 7; UAVG 30(4)) and instruction (A; B, foreword)."""

    CONFIDENTIALITY = "confidentiality", _("confidentiality")
    INSTRUCTION = "instruction", _("instruction")


class StatementTextQuerySet(models.QuerySet["StatementText"]):
    """Which versions."""

    def newest(self) -> "StatementTextQuerySet":
        """The newest version of each kind."""
        return self.order_by("kind", "-number").distinct("kind")


class StatementText(models.Model):
    """A version of what is stated. Never changed: another text is another version, for people stated this one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=16, choices=StatementKind)
    number = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("text"))
    important = models.BooleanField(_("everybody states again"), default=True)
    made_at = models.DateTimeField(_("made on"), default=timezone.now)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects = StatementTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("text of a statement")
        ordering = ["kind", "-number"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["confidentiality", "instruction"]), name="statement_text_kind"),
            models.CheckConstraint(condition=Q(number__gte=1), name="statement_text_number"),
            models.CheckConstraint(
                condition=~Q(text=""), name="statement_text_is_there", violation_error_message=_("Type the text.")
            ),
            models.UniqueConstraint(
                fields=["kind", "number"],
                name="statement_text_version",
                violation_error_message=_("Somebody else made a version at the same moment. Look at the page again."),
            ),
        ]

    def __str__(self) -> str:
        return f"StatementText({self.kind}, {self.number})"


class StatementQuerySet(models.QuerySet["Statement"]):
    """Which statements."""

    def visible_to(self, user: User) -> "StatementQuerySet":
        """The own ones; those of everybody for who has to know that all have stated."""
        if user.has_role(Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER, Role.SYSTEM_ADMINISTRATOR):
            return self.all()
        return self.filter(user=user)


class Statement(models.Model):
    """A colleague stated this version of a text at this moment."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="statements")
    text = models.ForeignKey(StatementText, on_delete=models.PROTECT, related_name="statements")
    said_at = models.DateTimeField(_("stated on"), default=timezone.now)

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("statement of a colleague")
        ordering = ["-said_at"]

    def __str__(self) -> str:
        return f"Statement({self.pk})"

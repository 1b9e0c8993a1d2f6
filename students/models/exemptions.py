"""That somebody was exempted from civic integration: the fact, who decided and when. Never why (domain/duo.md 5.3)."""

import datetime as dt
import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from kvs.fields import SealedField
from kvs.models import User
from students.models.programmes import Programme


class ExemptionQuerySet(models.QuerySet["Exemption"]):
    """Which exemptions."""

    def visible_to(self, user: User) -> "ExemptionQuerySet":
        """Those of visible programmes."""
        return self.filter(programme__in=Programme.objects.visible_to(user))


class Exemption(models.Model):
    """The exemption (ontheffing) of one programme. That there is one already says something about health or effort, so
    all of it is sealed (Regeling inburgering art. 6.1). When the file goes, the privacy module keeps a copy for six years.
    """

    class Kind(models.TextChoices):
        """On what ground the law lets somebody off."""

        MEDICAL = "medical", _("medical (psychological, physical or mental)")
        EFFORT = "effort", _("shown enough effort")
        CIRCUMSTANCES = "circumstances", _("special personal circumstances")

    class Body(models.TextChoices):
        """Who decided."""

        DUO = "duo", "DUO"
        MUNICIPALITY = "municipality", _("the municipality")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    programme = models.OneToOneField(Programme, on_delete=models.CASCADE, related_name="exemption")
    kind = SealedField(_("kind of exemption"), context="students.exemption.kind")
    body = SealedField(_("decided by"), context="students.exemption.body")
    decided_on = SealedField(_("date of the decision"), context="students.exemption.decided_on")  # ISO
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ExemptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("exemption")

    def __str__(self) -> str:
        return f"Exemption({self.pk})"

    @property
    def kind_label(self) -> str:
        """Its kind in words."""
        return str(dict(self.Kind.choices).get(self.kind or "", self.kind))

    @property
    def body_label(self) -> str:
        """Who decided, in words."""
        return str(dict(self.Body.choices).get(self.body or "", self.body))

    @property
    def day(self) -> dt.date | str:
        """The date of the decision."""
        try:
            return dt.date.fromisoformat(self.decided_on or "")
        except ValueError:
            return self.decided_on or ""

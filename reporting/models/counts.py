"""Numbers of a year, frozen before the rows they come from are erased."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from kvs.models import Location


class FrozenCount(models.Model):
    """Numbers of programmes whose files went, added up: no row and no column says of whom (privacy_engineering.md 5.6)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    year = models.PositiveSmallIntegerField(_("year"))
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", verbose_name=_("location"))
    law = models.CharField(_("law"), max_length=8)
    route = models.CharField(_("route"), max_length=10, blank=True)
    programmes = models.PositiveIntegerField(_("programmes"), default=0)
    started = models.PositiveIntegerField(_("begun"), default=0)
    ended = models.PositiveIntegerField(_("ended"), default=0)
    passed = models.PositiveIntegerField(_("exam parts passed"), default=0)
    minutes = models.PositiveBigIntegerField(_("minutes attended"), default=0)

    class Meta:
        verbose_name = _("numbers of a year")
        constraints = [
            models.UniqueConstraint(fields=["year", "location", "law", "route"], name="frozen_count_once"),
            models.CheckConstraint(condition=Q(year__range=(1990, 2200)), name="frozen_count_year"),
        ]

    def __str__(self) -> str:
        return f"FrozenCount({self.pk})"

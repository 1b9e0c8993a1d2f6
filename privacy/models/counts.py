"""How many requests, complaints and data breaches there were in a year: numbers that stay when the rows go. They name nobody."""

from collections import Counter
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy.models.complaints import Complaint
from privacy.models.incidents import Incident
from privacy.models.requests import PrivacyRequest


class YearCount(models.Model):
    """So many of one kind with one outcome came in during a year and have been erased since."""

    class What(models.TextChoices):
        """What is counted."""

        REQUEST = "request", _("privacy request")
        COMPLAINT = "complaint", _("complaint")
        BREACH = "breach", _("data breach")

    id = models.BigAutoField(primary_key=True)
    year = models.PositiveSmallIntegerField(_("year"))
    what = models.CharField(max_length=9, choices=What)
    kind = models.CharField(max_length=13)  # PrivacyRequest.Kind, Complaint.About or Incident.Kind
    outcome = models.CharField(max_length=9)  # PrivacyRequest.Decision or Complaint.Decision, "withdrawn"; Incident.Risk
    number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("requests, complaints and data breaches in a year")
        ordering = ["-year", "what", "kind", "outcome"]
        constraints = [
            models.UniqueConstraint(fields=["year", "what", "kind", "outcome"], name="year_count_once"),
            models.CheckConstraint(condition=Q(what__in=["request", "complaint", "breach"]), name="year_count_what"),
        ]

    def __str__(self) -> str:
        return f"YearCount({self.pk})"


class Line(NamedTuple):
    """How many of one kind came in during a year."""

    year: int
    what: str
    kind: str
    number: int


def per_year() -> list[Line]:
    """All requests, complaints and breaches ever, by year and kind: the rows there are and the numbers of those that went."""
    what = YearCount.What
    live: tuple[tuple[YearCount.What, Any, str, str, Any], ...] = (
        (what.REQUEST, PrivacyRequest, "received_on__year", "kind", PrivacyRequest.Kind),
        (what.COMPLAINT, Complaint, "received_on__year", "about", Complaint.About),
        (what.BREACH, Incident, "discovered_at__year", "kind", Incident.Kind),
    )
    counts: Counter[tuple[int, str, str]] = Counter()
    for row in YearCount.objects.all():
        counts[row.year, row.what, row.kind] += row.number
    for code, model, year, kind, _labels in live:
        counts.update((when, code.value, about) for when, about in model.objects.values_list(year, kind))
    labels = {code.value: dict(choices.choices) for code, _model, _year, _kind, choices in live}
    lines = [
        Line(year, str(what(code).label), str(labels[code].get(kind, kind)), number)
        for (year, code, kind), number in counts.items()
    ]
    return sorted(lines, key=lambda line: (-line.year, line.what, line.kind))


def breaches_erased() -> int:
    """How many breaches were in the register once and have been erased since: their numbers are not given again."""
    return sum(YearCount.objects.filter(what=YearCount.What.BREACH).values_list("number", flat=True))

"""How many requests and complaints there were in a year: numbers that stay when the rows go. They name nobody."""

from collections import Counter
from typing import NamedTuple

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy.models.complaints import Complaint
from privacy.models.requests import PrivacyRequest


class YearCount(models.Model):
    """So many of one kind with one outcome came in during a year and have been erased since."""

    class What(models.TextChoices):
        """What is counted."""

        REQUEST = "request", _("privacy request")
        COMPLAINT = "complaint", _("complaint")

    id = models.BigAutoField(primary_key=True)
    year = models.PositiveSmallIntegerField(_("year"))
    what = models.CharField(max_length=9, choices=What)
    kind = models.CharField(max_length=13)  # PrivacyRequest.Kind or Complaint.About
    outcome = models.CharField(max_length=9)  # PrivacyRequest.Decision or Complaint.Decision; "withdrawn"
    number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("requests and complaints in a year")
        ordering = ["-year", "what", "kind", "outcome"]
        constraints = [
            models.UniqueConstraint(fields=["year", "what", "kind", "outcome"], name="year_count_once"),
            models.CheckConstraint(condition=Q(what__in=["request", "complaint"]), name="year_count_what"),
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
    """All requests and complaints ever, by year and kind: the rows there are and the numbers of those that went."""
    requests, complaints = YearCount.What.REQUEST, YearCount.What.COMPLAINT
    counts: Counter[tuple[int, str, str]] = Counter()
    for row in YearCount.objects.all():
        counts[row.year, row.what, row.kind] += row.number
    counts.update((year, requests.value, kind) for year, kind in PrivacyRequest.objects.values_list("received_on__year", "kind"))
    counts.update((year, complaints.value, about) for year, about in Complaint.objects.values_list("received_on__year", "about"))
    kinds = {requests.value: dict(PrivacyRequest.Kind.choices), complaints.value: dict(Complaint.About.choices)}
    lines = [
        Line(year, str(YearCount.What(what).label), str(kinds[what].get(kind, kind)), number)
        for (year, what, kind), number in counts.items()
    ]
    return sorted(lines, key=lambda line: (-line.year, line.what, line.kind))

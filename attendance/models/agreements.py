"""What a client agreed to hear of absence beyond excused or unexcused."""

import datetime as dt
import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from attendance import absence_reasons as reasons
from students.models import Client

LONGEST_SOURCE = 120


class ReasonAgreement(models.Model):
    """From which day a municipality hears which reasons of absence, and where that is agreed. Without one it hears none.

    privacy_obligations.md 41: excused or unexcused "unless the client contract demands otherwise". A change is a new row
    after the last day of the old one, so that an earlier month is told as it was agreed then.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="reason_agreements", verbose_name=_("client"))
    reasons = ArrayField(models.CharField(max_length=11), verbose_name=_("reasons the client hears"))
    source = models.CharField(_("where that is agreed or written"), max_length=LONGEST_SOURCE)
    starts_on = models.DateField(_("for lessons from"))
    ends_on = models.DateField(_("until and including"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("agreement on reasons of absence")
        ordering = ["client__name", "-starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reasons__contained_by=list(reasons.TELLABLE), reasons__len__gte=1),
                name="reason_agreement_reasons",
                violation_error_message=_("Choose at least one reason; only reasons that say nothing about health."),
            ),
            models.CheckConstraint(condition=~Q(source=""), name="reason_agreement_source"),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="reason_agreement_period",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
            ExclusionConstraint(
                name="reason_agreement_one_at_a_time",
                expressions=[
                    ("client", RangeOperators.EQUAL),
                    (Func("starts_on", "ends_on", models.Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("There is an agreement with this client for these days already. End that one first."),
            ),
        ]

    def __str__(self) -> str:
        return f"ReasonAgreement({self.pk})"

    @property
    def words(self) -> str:
        """The reasons, as people say them."""
        return ", ".join(reasons.label(code) for code in reasons.TELLABLE if code in self.reasons)

    def tells(self, code: str | None, day: dt.date) -> bool:
        """Whether the client hears the reason of this code about a lesson on `day`."""
        return code in self.reasons and self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


def agreements_of(client: Client, first: dt.date, last: dt.date) -> list[ReasonAgreement]:
    """What holds in the period. A private client hears no reason: consent in progress does not name it (policy B 4.1.4)."""
    if client.is_private:
        return []
    return list(
        ReasonAgreement.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=first), client=client, starts_on__lte=last)
    )

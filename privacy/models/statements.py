"""What the school's own policy text says, as answers to the questions of privacy/statements."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy.statements.kinds import DAYS, MONTHS, WEEKS, YEARS, Answer


class PolicyStatement(models.Model):
    """The answer to one question: options that were ticked, or a number with its unit."""

    class Unit(models.TextChoices):
        """Of a length of time."""

        DAYS = DAYS, _("days")
        WEEKS = WEEKS, _("weeks")
        MONTHS = MONTHS, _("months")
        YEARS = YEARS, _("years")

    key = models.CharField(_("question"), max_length=40, primary_key=True)
    said = ArrayField(models.CharField(max_length=40), verbose_name=_("what the text says"), default=list, blank=True)
    number = models.PositiveSmallIntegerField(_("number"), null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=6, choices=Unit, blank=True)
    version = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("sentence of the privacy policy")
        constraints = [
            models.CheckConstraint(
                condition=Q(said__len__gt=0, number__isnull=True, unit="")
                | Q(said__len=0, number__isnull=False, number__range=(1, 1000), unit__in=["days", "weeks", "months", "years"]),
                name="policy_statement_says_one_thing",
                violation_error_message=_("Choose an answer, or type a number from 1 to 1000 with its unit."),
            ),
        ]

    def __str__(self) -> str:
        return f"PolicyStatement({self.key})"

    @property
    def answer(self) -> Answer:
        """As it is compared."""
        return Answer(frozenset(self.said), self.number, self.unit)

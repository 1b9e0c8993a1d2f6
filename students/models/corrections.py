"""What a student says is wrong, where the school decides (art. 16 AVG): asked, decided, and then without the value."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs import catalogue
from kvs.fields import SealedField
from kvs.models import User
from kvs.terms import Rectify
from students.models.people import Student
from students.models.programmes import Programme

# Parts that are only right or wrong together are corrected together, under the name of the first.
TOGETHER = {"birth_year": ("birth_day", "birth_month", "birth_year")}
# Not typed by the student: the school gives out the number, chose the ground, and takes a BSN from a document only.
AT_THE_DESK = frozenset({"number", "registered_on", "intake_location", "bsn", "bsn_basis"})


def columns_of(field: str) -> tuple[str, ...]:
    """The columns that are corrected under this name."""
    return TOGETHER.get(field, (field,))


def corrected_at_once(model: "type[models.Model]") -> list[str]:
    """Columns of which the student is the source: the person corrects them without asking, says the catalogue."""
    return [field.name for field in catalogue.fields_of(model) if field.category.rectify is Rectify.DIRECT]


def proposable(model: "type[models.Model]") -> list[str]:
    """What the student may propose to correct in `model`, says the catalogue."""
    parts = {part for name, names in TOGETHER.items() for part in names if part != name}
    return [
        field.name
        for field in catalogue.fields_of(model)
        if field.category.rectify is Rectify.PROPOSE and not field.category.index_of and field.name not in AT_THE_DESK | parts
    ]


class CorrectionProposalQuerySet(models.QuerySet["CorrectionProposal"]):
    """Which proposals."""

    def visible_to(self, user: User) -> "CorrectionProposalQuerySet":
        """Those of visible students."""
        return self.filter(student__in=Student.objects.visible_to(user))

    def open(self) -> "CorrectionProposalQuerySet":
        """Those the school has not decided on."""
        return self.filter(decided_at__isnull=True)


class CorrectionProposal(models.Model):
    """One thing a student proposes to correct, in the own file or in a programme of it."""

    class Outcome(models.TextChoices):
        """What the school decided."""

        ACCEPTED = "accepted", _("changed")
        REFUSED = "refused", _("not changed")

    class Reason(models.TextChoices):
        """Why not. Codes, so that nobody types a story about a person here."""

        DOCUMENT_NEEDED = "document_needed", _("We must see your document first. Come to the desk.")
        DOCUMENT_DIFFERS = "document_differs", _("Your document says something else. Come to the desk.")
        AGREEMENT_DIFFERS = "agreement_differs", _("The contract says something else. Come to the desk.")
        UNCLEAR = "unclear", _("We do not understand it. Come to the desk.")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="corrections")
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, null=True, related_name="corrections")
    field = models.CharField(max_length=60)
    value = SealedField(context="students.correction_proposal.value", null=True)  # JSON: column -> value
    made_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True)

    objects = CorrectionProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposed correction")
        ordering = ["made_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "programme", "field"],
                condition=Q(decided_at__isnull=True),
                nulls_distinct=False,
                name="correction_one_open_per_field",
                violation_error_message=_("You asked this already. The school has not answered yet."),
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True, value__isnull=False, outcome="", reason="")
                | Q(decided_at__isnull=False, value__isnull=True, outcome="accepted", reason="")
                | Q(
                    decided_at__isnull=False,
                    value__isnull=True,
                    outcome="refused",
                    reason__in=["document_needed", "document_differs", "agreement_differs", "unclear"],
                ),
                name="correction_decided_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"CorrectionProposal({self.pk})"

    @property
    def target(self) -> Student | Programme:
        """The row that would change."""
        return self.programme or self.student

    def propose(self, values: Mapping[str, Any]) -> None:
        """Keep values of columns, sealed; nothing is saved here."""
        self.value = json.dumps(dict(values), cls=DjangoJSONEncoder)

    def proposed(self) -> dict[str, Any]:
        """The proposed values by column; empty after the decision."""
        columns = {name: self.target._meta.get_field(name) for name in columns_of(self.field)}
        kept = json.loads(self.value or "{}")
        return {name: columns[name].to_python(value) for name, value in kept.items()}  # type: ignore[union-attr]  # columns


def waiting_for(user: User) -> int:
    """How many proposals `user` could decide on: the number beside the entry in the navigation."""
    return CorrectionProposal.objects.visible_to(user).open().count()

"""What the school takes as evidence, and for which rule or client only proven minutes count."""

import uuid
from typing import NamedTuple

from django.db import models
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from attendance.hour_rules import RULES
from students.models import Client

RULE_TITLES = {rule.key: rule.title for rule in RULES}
LONGEST_SOURCE = 80


class EvidenceSetting(models.Model):
    """What shows that a student was there; one row for the school, without it both.

    Norm 2.9.2 of Blik op Werk asks for initials, 2.9.3 allows digital with an own login for each. The pilot for digital ended
    on 2025-12-31 (domain/blik_op_werk_and_municipalities.md, 1.1): whether an auditor accepts it is not confirmed.
    """

    class Mode(models.TextChoices):
        """What counts as evidence."""

        PAPER = "paper", _("only initials on paper")
        DIGITAL = "digital", _("only what student and teacher confirm digitally (not confirmed by an auditor)")
        BOTH = "both", _("initials on paper, or what student and teacher confirm digitally (not confirmed by an auditor)")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    mode = models.CharField(_("what counts as evidence"), max_length=8, choices=Mode, default=Mode.BOTH)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("evidence of presence")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="evidence_setting_is_one_row"),
            models.CheckConstraint(condition=Q(mode__in=["paper", "digital", "both"]), name="evidence_setting_mode"),
        ]

    def __str__(self) -> str:
        return "EvidenceSetting"


class ProvenOnly(models.Model):
    """A rule, or a client, for which only proven minutes count. Without a row all minutes of signed registers do.

    No source says that only proven minutes count for any rule, so that is the default; a client's contract may ask for it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.CharField(_("rule"), max_length=32, blank=True)
    client = models.OneToOneField(
        Client, on_delete=models.CASCADE, null=True, blank=True, related_name="proven_only", verbose_name=_("client")
    )
    source = models.CharField(_("where that is agreed or written"), max_length=LONGEST_SOURCE)

    class Meta:
        verbose_name = _("only proven minutes count")
        constraints = [
            models.CheckConstraint(
                condition=Q(rule="", client__isnull=False) | (~Q(rule="") & Q(client__isnull=True)), name="proven_only_for_one"
            ),
            models.CheckConstraint(condition=~Q(source=""), name="proven_only_source"),
            models.UniqueConstraint(fields=["rule"], condition=~Q(rule=""), name="proven_only_rule_once"),
        ]

    def __str__(self) -> str:
        return f"ProvenOnly({self.pk})"

    @property
    def title(self) -> str:
        """The rule or the client."""
        return self.client.name if self.client else capfirst(str(RULE_TITLES.get(self.rule, self.rule)))


class ProvenOnlyFor(NamedTuple):
    """For what only proven minutes count."""

    rules: frozenset[str]
    clients: frozenset[uuid.UUID]


def proven_only() -> ProvenOnlyFor:
    """What the school decided. One query."""
    rows = list(ProvenOnly.objects.values_list("rule", "client"))
    return ProvenOnlyFor(frozenset(rule for rule, _client in rows), frozenset(client for _rule, client in rows if client))

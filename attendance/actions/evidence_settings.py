"""What the school takes as evidence, and for what only proven minutes count."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from attendance.models.evidence import RULE_TITLES, EvidenceSetting, ProvenOnly
from kvs.editing import changed
from kvs.models import User
from students.models import Client


@transaction.atomic
def set_mode(*, mode: str, version: int, by: User) -> EvidenceSetting:
    """Choose what counts as evidence. It holds for all figures at once, of earlier lessons too. Raises ValidationError."""
    EvidenceSetting.objects.get_or_create(pk=1)
    row = changed(EvidenceSetting.objects.all(), 1, version, {"mode": mode})
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def count_proven_only(*, source: str, by: User, rule: str = "", client: Client | None = None) -> ProvenOnly:
    """From now on only proven minutes count for a rule or for a client. Raises ValidationError, also when it is so already."""
    if rule and rule not in RULE_TITLES:
        raise ValidationError({"what": _("Choose a rule or a client from the list.")})
    row = ProvenOnly(rule=rule, client=client, source=" ".join(source.split()))
    if ProvenOnly.objects.filter(rule=rule, client=client).exists():
        raise ValidationError({"what": _("For this only proven minutes count already.")})
    row.full_clean()
    row.save(force_insert=True)
    return row


@transaction.atomic
def count_all_signed(*, row: ProvenOnly, by: User) -> None:
    """All minutes of signed registers count again."""
    row.delete()

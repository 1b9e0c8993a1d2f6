"""Recording what students were given to read about their data."""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs import audit
from kvs.models import AuditAction, PolicyVersion, User
from students.models import HandOut, Programme


@transaction.atomic
def record_hand_outs(
    *,
    programmes: Sequence[Programme],
    kinds: Iterable[str],
    policy: PolicyVersion | None,
    handed_on: dt.date,
    how: str,
    by: User,
) -> int:
    """Record that these were handed out for each of `programmes`; how many programmes. What a colleague recorded meanwhile
    for the same day stays as it is. Raises ValidationError for a day to come, or a policy without version.
    """
    if handed_on > timezone.localdate():
        raise ValidationError({"handed_on": _("This day is still to come.")})
    if policy is None and HandOut.Kind.POLICY in kinds:
        raise ValidationError({"policy": _("Choose which version was handed out.")})
    rows = [
        HandOut(programme=programme, kind=kind, policy=policy, handed_on=handed_on, how=how, by=by)
        for programme in programmes
        for kind in kinds
    ]
    known = set(
        HandOut.objects.filter(programme__in=programmes, policy=policy, handed_on=handed_on).values_list("programme", "kind")
    )
    new = [row for row in rows if (row.programme_id, row.kind) not in known]
    HandOut.objects.bulk_create(new, ignore_conflicts=True)
    audit.log_bulk(new, AuditAction.CREATE, by=by)
    return len(programmes)


@transaction.atomic
def take_back_hand_out(*, hand_out: HandOut, by: User) -> None:
    """Remove a record that was made by mistake."""
    hand_out.delete()

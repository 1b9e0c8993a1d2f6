"""What ends an exception: a substitute or auditor loses the group at once."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from kvs.models import User
from students.models import GroupAccess


@transaction.atomic
def end_group_access(*, access: GroupAccess, by: User) -> None:
    """End an exception at once; one that has had no day yet is deleted."""
    row = GroupAccess.objects.select_for_update().get(pk=access.pk)
    row.ends_on = timezone.localdate() - dt.timedelta(days=1)
    if row.ends_on < row.starts_on:
        row.delete()
    else:
        row.save(update_fields=["ends_on"])

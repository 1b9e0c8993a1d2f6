"""The school's own facts: the one row of Organisation (decisions.md 14)."""

from collections.abc import Mapping

from django.db import transaction

from kvs.editing import changed
from kvs.models import Organisation, User


@transaction.atomic
def change_school(*, version: int, by: User, changes: Mapping[str, object]) -> Organisation:
    """Change facts of the school. Raises ValidationError, "stale" when somebody saved since `version` was read."""
    row = changed(Organisation.objects.all(), 1, version, changes)
    row.full_clean()
    row.save()
    return row

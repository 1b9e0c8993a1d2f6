"""The school's own facts: the one row of Organisation (decisions.md 14), its locations, how long signing in lasts."""

from collections.abc import Mapping

from django.db import transaction

from kvs import statements
from kvs.editing import changed
from kvs.models import Location, Organisation, Role, RoleSetting, User
from kvs.sessions import ABSOLUTE_MINUTES, IDLE_MINUTES


@transaction.atomic
def change_school(*, version: int, by: User, changes: Mapping[str, object]) -> Organisation:
    """Change facts of the school. Raises ValidationError, "stale" when somebody saved since `version` was read."""
    row = changed(Organisation.objects.all(), 1, version, changes)
    row.full_clean()
    row.save()
    if "statement_months" in changes:
        statements.reckon_everybody(row.statement_months)
    return row


@transaction.atomic
def change_location(*, location: Location, version: int, by: User, changes: Mapping[str, object]) -> Location:
    """Change the name or city of a location. Raises ValidationError, also "stale"."""
    row = changed(Location.objects.all(), location.pk, version, changes)
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def change_role_times(*, role: Role, version: int, by: User, idle_minutes: int, absolute_minutes: int) -> RoleSetting:
    """Set after how many minutes the sessions of `role` lock and end; who is signed in keeps the old times.

    A role nobody set yet has the defaults as version 1. Raises ValidationError, also "stale".
    """
    RoleSetting.objects.get_or_create(role=role, defaults={"idle_minutes": IDLE_MINUTES, "absolute_minutes": ABSOLUTE_MINUTES})
    times = {"idle_minutes": idle_minutes, "absolute_minutes": absolute_minutes}
    row = changed(RoleSetting.objects.all(), role, version, times)
    row.full_clean(validate_unique=False)
    row.save()
    return row

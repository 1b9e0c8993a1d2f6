"""Accounts nobody uses any more are closed by the night (B 6; AVG 5(1)(e)): nothing is deleted, nobody gets in."""

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from kvs import links
from kvs.cards import end_sessions
from kvs.models import Membership, Organisation, Role, User
from students.models import Enrolment, Programme


def without_role(since: dt.date) -> "QuerySet[User]":
    """Open accounts that no role opened since that day, of staff because of the contract too, and that no role opens later.

    An account without any role left counts from the last time somebody came in with it.
    """
    until = Q(ends_on__isnull=True) | Q(ends_on__gte=since)
    contract = Q(user__contract_ends_on__isnull=True) | Q(user__contract_ends_on__gte=since)
    lasting = Membership.objects.filter(until, Q(role=Role.STUDENT) | contract, user=OuterRef("pk"))
    had = Exists(Membership.objects.filter(user=OuterRef("pk")))
    found: QuerySet[User] = User.objects.filter(~Exists(lasting), is_active=True)
    return found.filter(Q(had) | Q(last_login__isnull=True) | Q(last_login__date__lt=since))


def without_place(since: dt.date) -> "QuerySet[User]":
    """Open accounts of students whose last place and last programme ended before that day. Somebody who never began one
    is still being taken in.
    """
    lasts = Q(ends_on__isnull=True) | Q(ends_on__gte=since)
    programmes = Programme.objects.filter(student__user=OuterRef("pk"))
    places = Enrolment.objects.filter(lasts, programme__student__user=OuterRef("pk"))
    colleague = Membership.objects.filter(user=OuterRef("pk")).exclude(role=Role.STUDENT)
    found: QuerySet[User] = User.objects.filter(Exists(programmes), is_active=True)
    return found.exclude(Exists(programmes.filter(lasts))).exclude(Exists(places)).exclude(Exists(colleague))


def close_unused(*, today: dt.date) -> int:
    """Close what has been without a role or a place for as many days as the school chose; how many. Safe to run twice."""
    days = Organisation.objects.values_list("unused_account_days", flat=True).first()
    if days is None:  # no school yet
        return 0
    since = today - dt.timedelta(days=days)
    keys = {*without_role(since).values_list("pk", flat=True), *without_place(since).values_list("pk", flat=True)}
    return sum(_close(pk, since) for pk in keys)


@transaction.atomic
def _close(pk: uuid.UUID, since: dt.date) -> int:
    Organisation.objects.select_for_update().get()  # nobody gives it a role meanwhile
    still = without_role(since).filter(pk=pk).first() or without_place(since).filter(pk=pk).first()
    if still is None:
        return 0
    still.is_active = False
    still.save(update_fields=["is_active"])
    links.take_back(user=still, by=still)
    end_sessions(user=still)
    return 1

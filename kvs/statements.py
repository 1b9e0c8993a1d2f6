"""Statements of confidentiality and instruction: who has to state what, and the gate until then (A; B 7; AVG 29, 32(4)).

The statements are the truth; `User.stated_until` is reckoned from them at every change here, so that a request asks for
nothing more than it reads anyway. Empty means: has to state first.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs.models import Membership, Organisation, Role, Statement, StatementKind, StatementText, User
from kvs.statement_texts import DEFAULT_TEXTS
from kvs.terms import Period, add

EARLY = dt.timedelta(days=30)  # so long before the day it may be stated again
# Where somebody may go who has not stated: to state, out, and to what opens the own account. Public pages are open anyway.
# Counted in tests/kvs/test_statements.py. None of them shows anybody's data but those of the account itself.
OPEN = frozenset(
    {
        *("statements", "account_logout"),
        *("mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "factor_remove"),
        *("mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
        *("account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"),
        *("account_change_password", "devices"),
    }
)


def missing(user: User) -> bool:
    """Whether `user` has to state before anything else: everybody with another role than student."""
    if user.is_only(Role.STUDENT):
        return False
    return user.stated_until is None or user.stated_until < timezone.localdate()


# --- the rule


class Said(NamedTuple):
    """A statement, as far as the rule needs it."""

    kind: str
    number: int
    on: dt.date


def valid_until(said: Iterable[Said], important: Mapping[str, int], months: int) -> dict[str, dt.date]:
    """The last day on which each kind holds: `months` after it was stated, of a version no older than the newest
    important one (`important`: kind -> number). A kind that does not hold is not in it.
    """
    found: dict[str, dt.date] = {}
    for kind, number, on in said:
        until = add(on, Period(months=months)) - dt.timedelta(days=1)
        if number >= important.get(kind, 1):
            found[kind] = max(until, found.get(kind, until))
    return found


def both_until(until: Mapping[str, dt.date]) -> dt.date | None:
    """The last day on which both kinds hold; None when one of them never did."""
    return min(until.values()) if set(until) == set(StatementKind.values) else None


# --- what is stated now


def current_texts() -> dict[str, StatementText]:
    """The version of each kind to state now: the school's newest, or the text KVS brings (not stored yet), in order."""
    found = {row.kind: row for row in StatementText.objects.newest()}
    return {kind: found.get(kind) or _brought(kind) for kind in StatementKind.values}


def _brought(kind: str) -> StatementText:
    return StatementText(kind=kind, number=1, text=DEFAULT_TEXTS[kind], important=True)


def held_by(user: User) -> dict[str, dt.date]:
    """Until when each kind holds for `user`."""
    return _until([user], _months()).get(user, {})


def to_state(user: User, until: Mapping[str, dt.date]) -> list[StatementText]:
    """What `user` has to state, or may state again because it ends within a month."""
    soon = timezone.localdate() + EARLY
    return [text for kind, text in current_texts().items() if until.get(kind, dt.date.min) < soon]


def without(today: dt.date) -> int:
    """How many colleagues with a role have to state before they can go on."""
    roles = Membership.objects.active_on(today).exclude(role=Role.STUDENT)
    people = User.objects.filter(is_active=True, pk__in=roles.values("user"))
    number: int = people.exclude(stated_until__gte=today).count()
    return number


def _months() -> int:
    return Organisation.objects.values_list("statement_months", flat=True).get()


def _until(users: Iterable[User], months: int) -> dict[User, dict[str, dt.date]]:
    newest = StatementText.objects.filter(important=True).order_by().values_list("kind").annotate(number=Max("number"))
    important: dict[str, int] = dict(newest)
    said: dict[User, list[Said]] = {}
    for row in Statement.objects.filter(user__in=users).select_related("text", "user"):
        said.setdefault(row.user, []).append(Said(row.text.kind, row.text.number, timezone.localdate(row.said_at)))
    return {user: valid_until(found, important, months) for user, found in said.items()}


# --- acts


@transaction.atomic
def state(*, user: User, seen: Mapping[str, int]) -> list[Statement]:
    """`user` states these versions (kind -> number). Raises ValidationError when one of them is not the newest any more."""
    months = Organisation.objects.select_for_update().get().statement_months  # nobody makes a version meanwhile
    if user.is_only(Role.STUDENT):
        raise ValidationError(_("Students state nothing."))
    made, texts, until = [], current_texts(), held_by(user)
    for kind, number in seen.items():
        text = texts[kind]
        if until.get(kind, dt.date.min) >= timezone.localdate() + EARLY:  # the button twice, or two tabs
            continue
        if text.number != number:
            raise ValidationError(_("The text changed while you were reading. Read the new one, then state again."))
        if text._state.adding:
            text.save(force_insert=True)
        made.append(Statement.objects.create(user=user, text=text))
    reckon([user], months)
    return made


def reckon(users: Iterable[User], months: int) -> None:
    """Note for each of `users` until when both statements hold."""
    people = list(users)
    until = _until(people, months)
    for person in people:
        User.objects.filter(pk=person.pk).update(stated_until=both_until(until.get(person, {})))


@transaction.atomic
def publish(*, kind: str, text: str, important: bool, number: int, by: User) -> StatementText:
    """The next version of a text, after `number`. An important one has to be stated by everybody before going on.

    Raises ValidationError, "stale" when somebody made a version since `number` was read.
    """
    Organisation.objects.select_for_update().get()
    now = current_texts()[kind]
    if now.number != number:
        sentence = _("Somebody made a new version meanwhile. Yours is below and not saved: compare, then save again.")
        raise ValidationError(sentence, code="stale", params={"version": now.number})
    if now._state.adding:
        now.save(force_insert=True)  # version 1 is what was asked until now
    made = StatementText(kind=kind, number=number + 1, text=text, important=important, made_by=by)
    made.full_clean()
    made.save(force_insert=True)
    if important:
        User.objects.filter(stated_until__isnull=False).update(stated_until=None)
    return made


@transaction.atomic
def reckon_everybody(months: int) -> None:
    """After the school chose another number of months."""
    reckon(User.objects.filter(pk__in=Statement.objects.values("user")), months)

"""Accounts of staff: invite, give and end roles, close and open again.

Who may: system administration and management, at the locations where they hold that role, and never for the own
account: nobody raises the own rights or drops the proof of what was done with them. Every act locks the school's row
and asks again whether the actor still may, so two of them at once cannot take each other's role away.
"""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs import links
from kvs.cards import end_sessions
from kvs.editing import changed
from kvs.models import Location, Membership, OneTimeLink, Organisation, Role, User

MANAGERS = (Role.SYSTEM_ADMINISTRATOR, Role.MANAGEMENT)


@transaction.atomic
def invite_staff(*, by: User, email: str, call_name: str, infix: str, surname: str, **fields: Any) -> User:
    """A new account without a password, its first role and an invitation by e-mail. `fields`: the role as in `give_role`,
    and `contract_kind` and `contract_ends_on` when they are known. Raises ValidationError.
    """
    actor = _actor(by)
    contract = {name: fields.pop(name) for name in ("contract_kind", "contract_ends_on") if name in fields}
    user = User(email=email, call_name=call_name, infix=infix, surname=surname, **contract)
    user.set_unusable_password()
    user.full_clean()
    user.save(force_insert=True)
    _give(actor, user, **fields)
    links.invite(user=user, by=by)
    return user


@transaction.atomic
def give_role(
    *, user: User, by: User, role: Role, location: Location | None, starts_on: dt.date, ends_on: dt.date | None
) -> Membership:
    """Give a staff account a role, at one location or (None) at all. Raises ValidationError."""
    actor = _actor(by)
    _check_other(actor, user)
    return _give(actor, user, role=role, location=location, starts_on=starts_on, ends_on=ends_on)


def _give(actor: User, user: User, **fields: Any) -> Membership:
    membership = Membership(user=user, given_by=actor, **fields)
    if membership.role == Role.STUDENT:
        raise ValidationError({"role": _("An account of a student is opened on the page of the student.")})
    if membership.ends_on and membership.ends_on < membership.starts_on:  # the database cannot make a range of it to compare
        raise ValidationError({"ends_on": _("The last day cannot be before the first day.")})
    _check_reach(actor, membership)
    membership.full_clean()
    membership.save(force_insert=True)
    return membership


@transaction.atomic
def end_role(*, membership: Membership, by: User, last_day: dt.date | None) -> None:
    """End a role after `last_day`, or at once (None): then every session of the account ends too.

    A role that began today and ends at once is deleted: its period would have no day. Raises ValidationError.
    """
    actor = _actor(by)
    row = Membership.objects.select_for_update(of=("self",)).select_related("user").filter(pk=membership.pk).first()
    if row is None:
        raise ValidationError(_("This role has ended already."))
    _check_other(actor, row.user)
    _check_reach(actor, row)
    end = timezone.localdate() - dt.timedelta(days=1) if last_day is None else last_day
    if row.ends_on and row.ends_on <= end:
        raise ValidationError(_("This role ends earlier already. Give the role again to make it last longer."))
    if last_day is None and row.starts_on > end:
        row.delete()
    else:
        row.ends_on = end
        if end < row.starts_on:
            raise ValidationError({"last_day": _("The last day cannot be before the first day.")})
        row.save(update_fields=["ends_on"])
    if row.role in MANAGERS:
        _check_somebody_manages()
    if last_day is None:
        end_sessions(user=row.user)


@transaction.atomic
def close_account(*, user: User, by: User) -> None:
    """Nobody signs in with this account until it is opened again. Sessions and links end at once; roles stay as they are.

    Raises ValidationError.
    """
    row = managed(user, by)
    row.is_active = False
    row.save(update_fields=["is_active"])
    links.take_back(user=row, by=by)
    end_sessions(user=row)
    if row.has_role(*MANAGERS):
        _check_somebody_manages()


@transaction.atomic
def reopen_account(*, user: User, by: User) -> None:
    """Let a closed account sign in again, in the roles it still has. Raises ValidationError."""
    row = managed(user, by)
    row.is_active = True
    row.save(update_fields=["is_active"])


@transaction.atomic
def invite_again(*, user: User, by: User) -> OneTimeLink:
    """A fresh invitation for who never came in; the old link dies. Raises ValidationError."""
    row = managed(user, by)
    if row.has_usable_password():
        raise ValidationError(_("This account has a password: an invitation is not needed any more."))
    if not row.is_active:
        raise ValidationError(_("This account is closed. Open it first."))
    return links.invite(user=row, by=by)


@transaction.atomic
def take_back_invitation(*, user: User, by: User) -> None:
    """End the link that was mailed. Raises ValidationError."""
    links.take_back(user=managed(user, by), by=by)


@transaction.atomic
def change_person(*, user: User, version: int, by: User, changes: Mapping[str, Any]) -> User:
    """Correct a name or the contract; the address too as long as nobody came in with it: then the invitation goes to the
    new one. When the contract is over, every session ends at once.

    Raises ValidationError, also "stale".
    """
    managed(user, by)
    row: User = changed(User.objects.all(), user.pk, version, changes)
    moved = row.email != user.email
    if moved and row.has_usable_password():
        raise ValidationError({"email": _("Somebody signs in with this address already: it cannot be changed here.")})
    row.full_clean()
    row.save(update_fields=[*changes, "version"])
    if row.contract_ends_on and row.memberships.filter(role__in=MANAGERS).exists():
        _check_somebody_manages()
    if contract_over(row):
        end_sessions(user=row)
    if moved:
        links.invite(user=row, by=by)
    return row


@transaction.atomic
def ask_recovery(*, user: User, by: User) -> OneTimeLink:
    """`by` has seen who it is and asks that a colleague who lost the second factor may begin anew; a second person
    confirms (ASVS 6.4.4). Raises ValidationError.
    """
    row = managed(user, by)
    if not row.is_active:
        raise ValidationError(_("This account is closed. Open it first."))
    return links.ask_recovery(user=row, by=by)


@transaction.atomic
def confirm_recovery(*, user: User, by: User) -> None:
    """The second person: password and factors go, every session ends, and a link is mailed. Raises ValidationError."""
    row = managed(user, by)
    if links.confirm_recovery(user=row, by=by) is None:
        raise ValidationError(_("Somebody else has to confirm what you asked, within a day. Or it was confirmed or taken back."))
    row.set_unusable_password()
    row.save(update_fields=["password"])
    Authenticator.objects.filter(user=row).delete()
    end_sessions(user=row)
    if row.has_role(*MANAGERS):
        _check_somebody_manages()


def contract_over(user: User) -> bool:
    """Whether the last day of the contract has passed: then no role of staff opens anything."""
    return user.contract_ends_on is not None and user.contract_ends_on < timezone.localdate()


def _actor(by: User) -> User:
    """`by` as the database knows it once everybody else has finished; raises ValidationError when the role is gone."""
    Organisation.objects.select_for_update().get()
    actor: User = User.objects.get(pk=by.pk)
    if not actor.is_active or not actor.has_role(*MANAGERS):
        raise ValidationError(_("Your own role has ended meanwhile: nothing was changed."))
    return actor


def managed(user: User, by: User) -> User:
    """The row of `user`, locked; raises ValidationError unless `by` may manage all of its roles of today and later."""
    actor = _actor(by)
    row: User = User.objects.select_for_update().get(pk=user.pk)
    _check_other(actor, row)
    for membership in row.memberships.exclude(ends_on__lt=timezone.localdate()):
        _check_reach(actor, membership)
    return row


def _check_other(actor: User, user: User) -> None:
    if actor.pk == user.pk:
        raise ValidationError(_("Nobody changes the own account here: ask a colleague in management or system administration."))


def _check_reach(actor: User, membership: Membership) -> None:
    held: set[uuid.UUID | None] = {own.location_id for own in actor.active_memberships() if own.role in MANAGERS}
    if None not in held and (membership.location_id is None or membership.location_id not in held):
        raise ValidationError(_("You manage accounts at your own location only."))


def _check_somebody_manages() -> None:
    """Raises ValidationError when no lasting manager of all locations would be left who can sign in."""
    lasting = Membership.objects.active_on(timezone.localdate()).filter(
        role__in=MANAGERS,
        location__isnull=True,
        ends_on__isnull=True,
        user__is_active=True,
        user__contract_ends_on__isnull=True,
    )
    if not lasting.exclude(user__password__startswith=UNUSABLE_PASSWORD_PREFIX).exists():
        raise ValidationError(
            _(
                "Then nobody would manage the accounts of this school any more. First give somebody else management or "
                "system administration for all locations, without a last day."
            )
        )

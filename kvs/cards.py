"""What happens with cards, one-time codes and PINs: how students get in without an e-mail address or a password.

A card (128 bits or more) shows who is there, the PIN that it is really that person; without a card the student number
takes its place. The secret of a card is known once, when it is made; of PIN and code only a hash is kept, sealed.
"""

import datetime as dt
import secrets

from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs.fields import blind_index
from kvs.models import Card, DeskCode, Role, User, WebSession

TOKEN_BYTES = 20
PIN_DIGITS = 6
CODE_LIFETIME = dt.timedelta(minutes=15)
NO_PIN = "!"  # no hash fits it, and checking it takes as long as checking one that could


def token_index(token: str) -> str:
    """The keyed look-up value of a card's secret. Raises ValueError when it is empty."""
    return blind_index("card", token)


def card_of(token: str) -> Card | None:
    """The live card with this secret, with its account."""
    if not token:
        return None
    return Card.objects.live().filter(token_index=token_index(token)).select_related("user").first()


@transaction.atomic
def issue_card(*, user: User, by: User) -> str:
    """A new card; returns its secret, which is known this once. The old card dies and the account is signed out
    everywhere. Raises ValidationError when `user` is not a student and nothing else: a card and a PIN must not open
    what staff open with a second factor.
    """
    _lock_student(user)
    revoke_cards(user=user, by=by)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    Card.objects.create(user=user, token_index=token_index(token), issued_by=by)
    return token


@transaction.atomic
def issue_desk_code(*, user: User, by: User) -> str:
    """A one-time code of six digits to choose a new PIN with, good for CODE_LIFETIME. The old PIN ends and the account
    is signed out everywhere. Raises ValidationError as `issue_card`.
    """
    locked = _lock_student(user)
    locked.pin = None
    locked.save(update_fields=["pin"])
    DeskCode.objects.filter(user=user).delete()
    code = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}}"
    DeskCode.objects.create(user=user, code=make_password(code), expires_at=timezone.now() + CODE_LIFETIME, issued_by=by)
    end_sessions(user=user)
    return code


@transaction.atomic
def revoke_cards(*, user: User, by: User) -> None:
    """End the card of `user`, the sessions it opened and the phones that were remembered."""
    for card in Card.objects.live().filter(user=user):  # at most one; saved singly, so that the audit sees it
        card.revoked_at = timezone.now()
        card.save(update_fields=["revoked_at"])
    end_sessions(user=user)


def end_sessions(*, user: User) -> None:
    """Sign `user` out everywhere, remembered phones included."""
    WebSession.objects.filter(user=user).delete()


@transaction.atomic
def use_desk_code(*, user: User | None, code: str) -> bool:
    """Whether this is the live code of `user`; when it is, it has been used. Takes as long for nobody as for somebody."""
    live = DeskCode.objects.filter(user=user, expires_at__gt=timezone.now()) if user else DeskCode.objects.none()
    found = live.select_for_update().first()
    if not check_password(code, found.code if found else NO_PIN) or found is None:
        return False
    found.delete()
    return True


def delete_expired_codes() -> None:
    """Delete codes nobody came to use."""
    for code in DeskCode.objects.filter(expires_at__lte=timezone.now()):  # singly, so that the audit sees it
        code.delete()


@transaction.atomic
def set_pin(*, user: User, pin: str, by: User) -> None:
    """Give `user` this PIN and sign out everywhere else. Raises ValidationError when it is easily guessed."""
    if pin_is_weak(pin, user.student_number or ""):
        raise ValidationError(_("This PIN is easy to guess. Choose other digits."))
    locked = _lock_student(user)
    locked.pin = make_password(pin)
    locked.save(update_fields=["pin"])
    end_sessions(user=user)


def pin_fits(user: User | None, pin: str) -> bool:
    """Whether this is the PIN of `user`. Takes as long for nobody, or without a PIN, as for somebody."""
    return check_password(pin, (user.pin if user else None) or NO_PIN)


def pin_is_weak(pin: str, student_number: str) -> bool:
    """Digits everybody tries first: one or two digits only, a repeated half or third, a row, the own number.

    NIST SP 800-63B-4 (3.1.1.2) asks for such a list. A birth date is not known here.
    """
    row = "0123456789012345"
    parts = {pin[:2] * 3, pin[:3] * 2}
    own = "".join(letter for letter in student_number if letter.isdigit())
    return len(set(pin)) < 3 or pin in parts or pin in row or pin in row[::-1] or pin in own


def _lock_student(user: User) -> User:
    """The row of `user`, locked: two desks at once must not make two cards. Raises ValidationError."""
    locked: User = User.objects.select_for_update().get(pk=user.pk)
    if not locked.is_only(Role.STUDENT):
        raise ValidationError(_("Cards and PINs are for students only, not for an account with another role."))
    return locked

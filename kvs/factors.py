"""The second step of signing in: who must have one, what counts as proof, and what ends when it changes.

Proof is a mark in the session, made by the second step itself and bound to the account: that an account has a factor
says nothing about the browser that asks (somebody may have signed in with a stolen password before it had one).
"""

import json
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import post_init, post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs.fields import seal, unseal
from kvs.jobs import Run, job, start_job
from kvs.mail import send_mail
from kvs.models import Role, User, WebSession

PROOF = "second_step"  # name in the session of whom the second step was proven for
CODE_SECONDS = 90  # one code is valid in its own half minute and, for clocks that differ, the one before and after
PASSKEY_CONTEXT = "mfa.authenticator.data"
APP, PASSKEY, CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
# Where somebody without a second step may go: to choose one. Signing out and public pages are open anyway.
ENROL = frozenset(
    {
        *("mfa_index", "mfa_activate_totp", "mfa_add_webauthn"),  # the codes are shown when the step is proven
        *("account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"),
    }
)


def required(user: User) -> bool:
    """Whether `user` must have a second step: everybody with another role than student, outside a demo."""
    return not settings.DEMO and not user.is_only(Role.STUDENT)


def prove(request: HttpRequest, user: User) -> None:
    """Note that `user` showed the second step in this browser."""
    request.session[PROOF] = str(user.pk)


def shown(request: HttpRequest, user: User) -> bool:
    """Whether `user` showed a second step or a passkey in this browser, whoever must."""
    return request.session.get(PROOF) == str(user.pk)


def missing(request: HttpRequest, user: User) -> bool:
    """Whether `user` still has to show, or first to choose, a second step."""
    return required(user) and not shown(request, user)


def factors_of(user: User) -> "QuerySet[Authenticator]":
    """Apps and passkeys of `user`; recovery codes only stand in for them."""
    found: QuerySet[Authenticator] = Authenticator.objects.filter(user=user, type__in=[APP, PASSKEY])
    return found


def first_use(user: User, code: str) -> bool:
    """False when this code of the app was used before: each opens once (ASVS 6.5.1).

    allauth remembers a code for half a minute, less than it is valid, and not the one an app was added with.
    """
    digits = "".join(letter for letter in code if letter.isalnum())
    return bool(cache.add(f"second-step:{user.pk}:{digits}", "used", CODE_SECONDS))


def codes_left(user: User) -> int | None:
    """How many recovery codes have not been used; None without a list."""
    row = Authenticator.objects.filter(user=user, type=CODES).first()
    return len(row.wrap().get_unused_codes()) if row else None


def new_codes(*, user: User) -> list[str]:
    """A fresh list of recovery codes; the old one dies. Raises ValidationError when there is nothing to stand in for."""
    with transaction.atomic():
        _lock(user)
        if not factors_of(user).exists():
            raise ValidationError(_("First add an app or a passkey."))
        for row in Authenticator.objects.filter(user=user, type=CODES):  # singly, so that the audit sees it
            row.delete()
        codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
        start_job("kvs.tell_second_step", {"user": user.pk, "what": "codes_made"}, by=user)
        return codes


@transaction.atomic
def add_app(*, user: User, secret: str) -> None:
    """Let an authenticator app be the second step. Raises ValidationError when there is one already."""
    _lock(user)
    if Authenticator.objects.filter(user=user, type=APP).exists():
        raise ValidationError(_("You already have an app. Remove it first."))
    TOTP.activate(user, secret)
    start_job("kvs.tell_second_step", {"user": user.pk, "what": "app_added"}, by=user)


@transaction.atomic
def add_passkey(*, user: User, name: str, credential: dict[str, Any]) -> None:
    """Let a passkey, already verified, open this account."""
    _lock(user)
    WebAuthn.add(user, name, credential)
    start_job("kvs.tell_second_step", {"user": user.pk, "what": "passkey_added"}, by=user)


@transaction.atomic
def remove_factor(*, user: User, factor: Authenticator) -> None:
    """Take an app or a passkey away; with the last one the recovery codes go. Raises ValidationError when the account must
    keep it.
    """
    _lock(user)
    if required(user) and not factors_of(user).exclude(pk=factor.pk).exists():
        raise ValidationError(_("This is your last second step, and you need one. First add another one."))
    what = "app_removed" if factor.type == APP else "passkey_removed"
    factor.delete()
    if not factors_of(user).exists():
        for row in Authenticator.objects.filter(user=user):
            row.delete()
    start_job("kvs.tell_second_step", {"user": user.pk, "what": what}, by=user)


def end_others(request: HttpRequest, user: User) -> None:
    """After a change of what opens an account: signed out everywhere else, no device trusted, a new key for this browser."""
    request.session.cycle_key()
    row: WebSession = request.session.row  # type: ignore[attr-defined]
    row.trusted_until = None
    WebSession.objects.filter(user=user).exclude(pk=row.pk).delete()


def _lock(user: User) -> None:
    """Two tabs at once must not take the last two factors away, or make two lists."""
    User.objects.select_for_update().get(pk=user.pk)


@job("kvs.tell_second_step")
def tell_second_step(run: Run) -> None:
    """Tell the owner of an account that the second step changed or a recovery code was used (ASVS 6.3.7). Raises OSError."""
    user = User.objects.filter(pk=run.arguments["user"]).first()
    if user is not None and user.email:
        send_mail("second_step", user, what=run.arguments["what"], at=timezone.now())


# --- what the library keeps of a passkey is sealed whole; it asks the adapter for its other secrets only (decisions.md 18)


@receiver(pre_save, sender=Authenticator)
def _seal_passkey(instance: Authenticator, **_kwargs: Any) -> None:
    if instance.type == PASSKEY:
        instance.data = {"sealed": seal(json.dumps(instance.data), PASSKEY_CONTEXT)}


@receiver(post_save, sender=Authenticator)
@receiver(post_init, sender=Authenticator)
def _unseal_passkey(instance: Authenticator, **_kwargs: Any) -> None:
    if instance.type == PASSKEY and "data" in instance.__dict__ and "sealed" in instance.data:
        instance.data = json.loads(unseal(instance.data["sealed"], PASSKEY_CONTEXT))

"""How allauth behaves here: no sign-up, and no way in without a membership of today."""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from kvs import factor_door, factors
from kvs.floods import flooded
from kvs.models import Role, User

WAYS = {  # to prove it again
    "reauthenticate": _("Use your password"),
    "mfa_reauthenticate": _("Type a code"),
    "mfa_reauthenticate:webauthn": _("Use a passkey"),
    "pin": _("Use your PIN"),
}


def _factor_counts(user: User) -> bool:
    """For a student a passkey is one of several ways in; for everybody else it is the second step."""
    return factors.factors_of(user).exists() and not user.is_only(Role.STUDENT)


def proven_recently(request: HttpRequest) -> bool:
    """Whether who is signed in here showed that within the last five minutes: by the second step if there is one."""
    if not isinstance(request.user, User):
        return False
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    recent = [record for record in get_authentication_records(request, request.user) if record["at"] > since]
    if _factor_counts(request.user):
        return any(record["method"] == "mfa" for record in recent)
    return bool(recent)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """The points where allauth asks the project."""

    # One sentence for a wrong address and a wrong password; allauth's own Dutch says "jou" where we say "u".
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The e-mail address or the password is not right."),
        "too_many_login_attempts": _("Too many attempts for this account. Wait five minutes and try again."),
        "rate_limited": _("Too many attempts for this account. Wait five minutes and try again."),
        "flooded": _("Too many attempts from this network. Wait a minute and try again."),
        "incorrect_password": _("This password is not right."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by the school, never by a visitor."""
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in; what somebody else began at a door of this browser is over."""
        for begun in ("new_pin", "card", "link", "begin"):
            request.session.pop(begun, None)
        trust = request.session.pop("trust", None)
        super().login(request, user)
        if trust == str(user.pk):
            request.session.trust_device(factor_door.trusted_until())  # type: ignore[attr-defined]

    def get_login_stages(self) -> list[str]:
        """allauth's, with our second step in place of its own."""
        own = f"{factor_door.FactorStage.__module__}.{factor_door.FactorStage.__name__}"
        return [own if stage == "allauth.mfa.stages.AuthenticateStage" else stage for stage in super().get_login_stages()]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Changing what opens an account needs a proof of the last five minutes; signing in just now is one."""
        return not proven_recently(self.request)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """The second step for who has one: a password alone must not replace it."""
        methods = [{**way, "description": WAYS[way["id"]]} for way in super().get_reauthentication_methods(user)]
        if isinstance(user, User) and user.pin and user.is_only(Role.STUDENT):
            return [*methods, {"id": "pin", "description": WAYS["pin"], "url": reverse("pin_again")}]
        if _factor_counts(user):
            return [way for way in methods if way["id"] != "reauthenticate"]
        return methods

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt before it is made. Raises ValidationError."""
        if flooded(request, "staff"):
            raise self.validation_error("flooded")
        super().pre_authenticate(request, **credentials)

    def reauthenticate(self, user: User, password: str) -> bool:
        """Whether this is the password; counted like signing in. allauth asks its own table for the address."""
        found: User | None = self.authenticate(self.request, email=user.email, password=password)
        return found == user

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Refuse whoever has no membership today, with the same page as a closed account."""
        refused: HttpResponse | None = super().pre_login(request, user, **kwargs)
        if refused is None and not user.active_memberships():
            refused = self.respond_user_inactive(request, user)
        return refused

    def logout(self, request: HttpRequest) -> None:
        """End the session; a remembered phone may go on confirming presence, under a new key (decisions.md 19)."""
        known = request.session.known()  # type: ignore[attr-defined]
        super().logout(request)
        if known:
            request.session.keep_known(known)  # type: ignore[attr-defined]

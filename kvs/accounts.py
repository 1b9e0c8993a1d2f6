"""How allauth behaves here: no sign-up, and no way in without a membership of today."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from kvs.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """The points where allauth asks the project."""

    # One sentence for a wrong address and a wrong password; allauth's own Dutch says "jou" where we say "u".
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The e-mail address or the password is not right."),
        "too_many_login_attempts": _("Too many attempts for this account. Wait five minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by the school, never by a visitor."""
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign in; what somebody else began at a door of this browser is over."""
        for begun in ("new_pin", "card", "link", "begin"):
            request.session.pop(begun, None)
        super().login(request, user)

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Refuse whoever has no membership today, with the same page as a closed account."""
        refused: HttpResponse | None = super().pre_login(request, user, **kwargs)
        if refused is None and not user.active_memberships():
            refused = self.respond_user_inactive(request, user)
        return refused

    def logout(self, request: HttpRequest) -> None:
        """End the session; a remembered phone may go on confirming presence, under a new key (decisions.md 19)."""
        remembered = request.session.remembered()  # type: ignore[attr-defined]
        super().logout(request)
        if remembered:
            request.session.remember_phone(*remembered)  # type: ignore[attr-defined]

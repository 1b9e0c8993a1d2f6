"""A teacher's phone for tests: adds an authenticator app to an account and says its codes."""

import time

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.urls import reverse

from kvs.models import User
from tests.factories import PASSWORD
from tests.people import Browser


def code_of(secret: str, steps: int = 0) -> str:
    """What an app with `secret` shows now, or some half minutes later or earlier."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def with_app(user: User) -> str:
    """Give `user` an app and recovery codes; the app's secret."""
    secret = str(generate_totp_secret())
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def recovery_code(user: User) -> str:
    """One that was not used."""
    code: str = Authenticator.objects.get(user=user, type="recovery_codes").wrap().get_unused_codes()[0]
    return code


def by_password(user: User, browser: Browser | None = None, **more: str) -> Browser:
    """A browser after the first step."""
    browser = browser or Browser()
    browser.post(reverse("account_login"), {"login": user.email or "", "password": PASSWORD, **more})
    return browser


def by_code(user: User, code: str, browser: Browser | None = None, **more: str) -> Browser:
    """A browser after both steps."""
    browser = by_password(user, browser)
    browser.post(reverse("mfa_authenticate"), {"code": code, **more})
    return browser

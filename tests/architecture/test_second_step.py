"""Every address, every role of staff, signed in with a password alone: nothing opens but the pages to choose a second step."""

import pytest
from django.urls import reverse

from kvs import factors
from kvs.models import Role, User
from tests.architecture.test_urls import PUBLIC
from tests.people import Browser
from tests.whole_school import WholeSchool

STAFF = [role for role in Role if role != Role.STUDENT]
OPEN = PUBLIC | factors.ENROL


def with_password(user: User) -> Browser:
    """A browser in which `user` is signed in, without the second step."""
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.mark.parametrize("method", ["get", "post"])
def test_nothing_opens_without_the_second_step(whole: WholeSchool, method: str) -> None:
    let_through = {}
    for role in STAFF:
        browser = with_password(whole.people[role])
        for name, address in whole.addresses().items():
            answer = getattr(browser, method)(address)
            if answer.cookies:  # some of what is sent signs out
                browser = with_password(whole.people[role])
            if name not in OPEN and answer.headers.get("Location") != reverse("mfa_index"):
                let_through[name, role] = answer.status_code

    assert len(whole.addresses()) > 80
    assert let_through == {}


def test_only_these_pages_are_open_to_choose_one() -> None:
    assert {
        *("mfa_index", "mfa_activate_totp", "mfa_add_webauthn"),
        *("account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"),
    } == factors.ENROL

"""A device of one's own, not asked for the second step for thirty days: what it opens, what it does not, what ends it."""

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils import timezone

from kvs import staff
from kvs.models import Membership, User, WebSession
from kvs.sessions import SessionStore
from tests.factories import PASSWORD
from tests.people import Browser
from tests.second_step import by_code, by_password, code_of, with_app

TODAY, DOOR = reverse("attendance:today"), reverse("account_login")
STEP = reverse("mfa_authenticate")
DAY = dt.timedelta(days=1)
NEW = "acht gele eenden slapen"


@pytest.fixture
def laptop(anna: User) -> Browser:
    """Anna's own, trusted yesterday's way, signed in."""
    return by_code(anna, code_of(with_app(anna), -1), trust="on")


def opens_with_password_alone(browser: Browser, user: User) -> bool:
    """Signed out and in again, with the first step only."""
    browser.post(reverse("account_logout"))
    assert browser.get(TODAY).status_code == 302
    by_password(user, browser)
    return bool(browser.get(TODAY).status_code == 200)


def test_it_is_not_asked_again_here_and_is_elsewhere(anna: User, laptop: Browser) -> None:
    assert opens_with_password_alone(laptop, anna)
    assert by_password(anna).get(TODAY).status_code == 302


def test_only_whoever_asked_for_it(anna: User) -> None:
    assert not opens_with_password_alone(by_code(anna, code_of(with_app(anna))), anna)


def test_signed_out_it_opens_nothing_and_has_one_cookie(anna: User, laptop: Browser) -> None:
    answer = laptop.post(reverse("account_logout"))

    row = WebSession.objects.get()
    assert (row.level, row.user, row.trusted_until) == (WebSession.Level.TRUSTED, anna, row.expires_at)
    assert list(answer.cookies) == ["__Host-kvs"]
    assert 29 * 86400 < int(answer.cookies["__Host-kvs"]["max-age"]) <= 30 * 86400
    assert laptop.get(TODAY)["Location"].startswith(DOOR)
    assert laptop.get(reverse("attendance:confirm"))["Location"].startswith("/aanmelden/")


def test_it_ends_after_thirty_days(anna: User, laptop: Browser) -> None:
    now = timezone.now()
    laptop.post(reverse("account_logout"))
    WebSession.objects.update(started_at=now - 31 * DAY, expires_at=now - DAY, trusted_until=now - DAY)

    by_password(anna, laptop)
    assert laptop.get(TODAY).status_code == 302


def test_it_lasts_when_the_signed_in_time_is_over(anna: User, laptop: Browser) -> None:
    now = timezone.now()
    WebSession.objects.update(started_at=now - DAY, expires_at=now - dt.timedelta(hours=1))

    assert laptop.get(TODAY).status_code == 302
    assert WebSession.objects.get().level == WebSession.Level.TRUSTED
    by_password(anna, laptop)
    assert laptop.get(TODAY).status_code == 200


def test_it_lasts_over_a_lock(anna: User, laptop: Browser) -> None:
    WebSession.objects.update(last_seen=timezone.now() - dt.timedelta(minutes=31))
    assert laptop.get(TODAY).status_code == 302

    by_password(anna, laptop)
    assert laptop.get(TODAY).status_code == 200


def test_a_colleague_at_the_same_device_is_asked_and_ends_it(anna: User, chris: User, laptop: Browser) -> None:
    secret = with_app(chris)
    assert not opens_with_password_alone(laptop, chris)
    laptop.post(STEP, {"code": code_of(secret)})
    assert laptop.get(TODAY).status_code == 200
    assert WebSession.objects.get(user=chris).trusted_until is None

    assert not opens_with_password_alone(laptop, anna)


def test_the_page_of_devices_ends_it(anna: User, laptop: Browser) -> None:
    page = laptop.get(reverse("devices")).content.decode()
    assert "Hier geen tweede stap nodig tot" in page

    laptop.post(reverse("devices"), {"end": WebSession.objects.get().pk})

    assert not opens_with_password_alone(laptop, anna)


def test_it_is_ended_from_another_device(anna: User, laptop: Browser) -> None:
    laptop.post(reverse("account_logout"))
    code = Authenticator.objects.get(user=anna, type="recovery_codes").wrap().get_unused_codes()[0]
    other = by_code(anna, code)
    assert "uitgelogd; hier is geen tweede stap nodig" in other.get(reverse("devices")).content.decode()

    other.post(reverse("devices"), {"end": "others"})

    by_password(anna, laptop)
    assert laptop.get(TODAY).status_code == 302


def test_a_new_password_ends_it(anna: User, laptop: Browser) -> None:
    answer = laptop.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    assert answer["Location"] == reverse("mfa_index")
    assert laptop.get(TODAY).status_code == 200
    assert WebSession.objects.get().trusted_until is None


def test_a_change_of_the_second_step_ends_it(anna: User, laptop: Browser) -> None:
    laptop.post(reverse("mfa_generate_recovery_codes"))

    assert WebSession.objects.get().trusted_until is None


def test_the_end_of_the_last_role_ends_it(anna: User, laptop: Browser, sami: User) -> None:
    laptop.post(reverse("account_logout"))
    staff.end_role(membership=anna.memberships.get(), by=sami, last_day=None)

    assert not WebSession.objects.filter(user=anna).exists()


def test_a_role_that_ran_out_ends_it_too(anna: User, laptop: Browser) -> None:
    laptop.post(reverse("account_logout"))
    Membership.objects.filter(user=anna).update(ends_on=timezone.localdate() - DAY)

    SessionStore.clear_expired()

    assert not WebSession.objects.filter(user=anna).exists()


def test_what_was_begun_by_one_is_not_trusted_for_another(anna: User, bram: User) -> None:
    """The wish stands in the session from the right code until signing in; it names its account."""
    with_app(bram)
    browser = Browser()
    browser.get(DOOR)
    session = browser.session
    session["trust"] = str(anna.pk)
    session.save()
    by_code(bram, Authenticator.objects.get(user=bram, type="recovery_codes").wrap().get_unused_codes()[0], browser)

    assert browser.get(reverse("devices")).status_code == 200
    assert WebSession.objects.get(user=bram).trusted_until is None
    assert browser.post(STEP, {"code": "1"}).status_code == 302

"""Web sessions: one sealed row per browser, locking, ending."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from kvs.middleware import note_seen
from kvs.models import Draft, Membership, Organisation, Role, RoleSetting, User, WebSession
from kvs.sessions import hash_key, limits_for
from tests.factories import PASSWORD
from tests.people import Browser, signed_in

HOME = "/"


def away(minutes: int) -> None:
    """Let every session be unused for this long."""
    then = timezone.now() - dt.timedelta(minutes=minutes)
    WebSession.objects.update(last_seen=then, started_at=then)


def test_cookie_value_is_not_in_the_database(anna: User) -> None:
    client = signed_in(anna)
    value = client.cookies["__Host-kvs"].value

    row = WebSession.objects.get()

    assert row.key_hash == hash_key(value)
    assert value not in f"{row.key_hash}{row.data}"


def test_contents_are_sealed(anna: User) -> None:
    signed_in(anna)

    assert str(anna.pk) not in WebSession.objects.get().data


def test_sign_in_makes_a_full_session_with_the_limits_of_the_role(anna: User) -> None:
    RoleSetting.objects.create(role=Role.TEACHER, idle_minutes=5, absolute_minutes=60)
    signed_in(anna)

    row = WebSession.objects.get()

    assert (row.level, row.user, row.idle_minutes) == (WebSession.Level.FULL, anna, 5)
    assert row.expires_at - row.started_at == dt.timedelta(minutes=60)


@pytest.mark.parametrize(
    ("settings_of", "expected"),
    [
        ({}, (30, 600)),
        ({Role.TEACHER: (5, 60)}, (5, 60)),
        ({Role.TEACHER: (50, 700)}, (50, 700)),
        ({Role.COORDINATOR: (50, 700)}, (30, 600)),
    ],
)
def test_limits_are_the_strictest_of_the_roles(
    anna: User, settings_of: dict[Role, tuple[int, int]], expected: tuple[int, int]
) -> None:
    if Role.COORDINATOR in settings_of:
        Membership.objects.create(user=anna, role=Role.COORDINATOR)
    for role, (idle, absolute) in settings_of.items():
        RoleSetting.objects.create(role=role, idle_minutes=idle, absolute_minutes=absolute)

    assert limits_for(User.objects.get(pk=anna.pk)) == expected


def test_idle_session_locks_and_shows_nothing(anna: User) -> None:
    client = signed_in(anna)
    away(minutes=31)

    response = client.get(HOME)

    assert response.status_code == 302
    assert response["Location"] == f"{reverse('account_login')}?next=/"
    assert WebSession.objects.get().level == WebSession.Level.LOCKED
    assert client.get(HOME).status_code == 302


def test_session_in_use_does_not_lock(anna: User) -> None:
    client = signed_in(anna)
    away(minutes=29)

    assert client.get(reverse("devices")).status_code == 200
    assert timezone.now() - WebSession.objects.get().last_seen < dt.timedelta(minutes=1)


def test_last_seen_is_written_at_most_once_a_minute(anna: User) -> None:
    client = signed_in(anna)
    before = WebSession.objects.get().last_seen

    client.get(HOME)

    assert WebSession.objects.get().last_seen == before


def test_absolute_time_ends_the_session(anna: User) -> None:
    client = signed_in(anna)
    now = timezone.now()
    WebSession.objects.update(started_at=now - dt.timedelta(hours=11), expires_at=now - dt.timedelta(hours=1))

    assert client.get(HOME).status_code == 302


def test_ending_the_last_membership_ends_the_session(anna: User) -> None:
    client = signed_in(anna)
    Membership.objects.update(ends_on=timezone.localdate() - dt.timedelta(days=1))

    response = client.get(HOME)

    assert response.status_code == 302
    assert WebSession.objects.filter(user=anna).count() == 0


def test_typed_form_survives_the_lock_for_its_sender_only(anna: User, bram: User) -> None:
    client = signed_in(anna)
    away(minutes=31)

    client.post(HOME, {"note": "half an hour of typing", "password": "never kept"})

    draft = Draft.objects.get()
    assert (draft.user, "typing" in draft.data) == (anna, False)
    assert list(Draft.objects.visible_to(bram)) == []


def test_signing_in_again_after_a_lock_gives_a_new_key(anna: User) -> None:
    client = signed_in(anna)
    old = client.cookies["__Host-kvs"].value
    away(minutes=31)
    client.get(HOME)

    response = client.post(reverse("account_login"), {"login": anna.email, "password": PASSWORD})

    assert response.status_code == 302
    row = WebSession.objects.get()
    assert row.level == WebSession.Level.FULL
    assert row.key_hash != hash_key(old)


def test_signing_out_ends_the_session(anna: User) -> None:
    client = signed_in(anna)

    client.post(reverse("account_logout"))

    assert WebSession.objects.filter(user=anna).count() == 0


def test_public_page_sets_no_cookie_and_sign_in_page_sets_one(school: Organisation) -> None:
    client = Browser()

    assert list(client.get(reverse("healthz")).cookies) == []
    assert list(client.get(reverse("account_login")).cookies) == ["__Host-kvs"]


def test_a_form_elsewhere_comes_back_to_its_page_and_is_not_kept(ineke: User) -> None:
    client = signed_in(ineke)
    away(minutes=31)

    response = client.post("/cursisten/zoeken/", {"q": "Al-Khatib"}, headers={"Referer": "https://testserver/groepen/"})

    assert response["Location"] == f"{reverse('account_login')}?next=/groepen/"
    assert Draft.objects.count() == 0


@pytest.mark.parametrize("referer", ["https://elders.test/x", "nonsense", "https://testserver@elders.test/"])
def test_a_foreign_page_is_no_place_to_come_back_to(ineke: User, referer: str) -> None:
    client = signed_in(ineke)
    away(minutes=31)

    response = client.post("/cursisten/zoeken/", {"q": "x"}, headers={"Referer": referer})

    assert response["Location"] == f"{reverse('account_login')}?next=/"


def test_what_opens_the_student_door_is_never_kept(anna: User) -> None:
    client = signed_in(anna)
    away(minutes=31)

    client.post(HOME, {"token": "SECRET", "pin": "123987", "again": "123987", "code": "555123", "once": "x"})

    assert Draft.objects.count() == 0


def test_a_session_ended_between_reading_and_noting_stays_ended(anna: User) -> None:
    signed_in(anna)
    away(minutes=5)
    row = WebSession.objects.get(user=anna)
    WebSession.objects.filter(user=anna).delete()  # another tab, or the desk

    note_seen(row, timezone.now())

    assert WebSession.objects.filter(user=anna).count() == 0


def test_a_late_request_with_the_old_cookie_leaves_the_new_one_alone(anna: User) -> None:
    client, other_tab = Browser(), Browser(enforce_csrf_checks=True)
    client.get(reverse("account_login"))
    before = client.cookies["__Host-kvs"].value
    client.post(reverse("account_login"), {"login": anna.email, "password": PASSWORD})
    assert client.cookies["__Host-kvs"].value != before
    assert WebSession.objects.get().level == WebSession.Level.FULL

    for method in ("get", "post"):  # sent before the browser had the answer of the sign-in
        other_tab.cookies["__Host-kvs"] = before
        late = getattr(other_tab, method)(HOME)

        assert (late.status_code, dict(late.cookies)) == ({"get": 302, "post": 403}[method], {})
    assert client.get(reverse("account_logout")).status_code == 200

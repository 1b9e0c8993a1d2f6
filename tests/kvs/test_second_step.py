"""The second step: who must have one, what it lets in, and what changing it ends."""

import datetime as dt
import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from kvs import factors
from kvs.jobs import Run
from kvs.models import Draft, Job, Location, Membership, Role, User, WebSession
from students.actions import open_account
from tests.factories import PASSWORD, make_student, staff
from tests.people import Browser, signed_in
from tests.second_step import by_code, by_password, code_of, recovery_code, with_app

CHOOSE = reverse("mfa_index")
TODAY = reverse("attendance:today")


def place(browser: Browser, address: str = TODAY) -> str:
    """Where a page sends the browser; nothing when it opens."""
    return str(browser.get(address).headers.get("Location", ""))


def jobs_told() -> list[str]:
    """What owners of accounts are told."""
    return [job.arguments["what"] for job in Job.objects.filter(kind="kvs.tell_second_step")]


# --- who needs one


@pytest.mark.parametrize("role", Role)
def test_everybody_but_students_needs_one(role: Role, north: Location) -> None:
    assert factors.required(staff(role, north)) == (role != Role.STUDENT)


def test_a_student_who_also_works_here_needs_one(north: Location) -> None:
    user = staff(Role.STUDENT, north)
    Membership.objects.create(user=user, role=Role.TEACHER, location=north)

    assert factors.required(User.objects.get(pk=user.pk))


def test_a_demo_needs_none_and_says_so(anna: User, settings: Settings) -> None:
    settings.DEMO = True
    browser = by_password(anna)

    assert place(browser) == ""
    assert "Aanmelden gaat hier zonder tweede stap" in browser.get(TODAY).content.decode()


def test_without_one_only_the_pages_to_choose_it_open(anna: User) -> None:
    browser = by_password(anna)

    assert place(browser) == CHOOSE
    page = browser.get(CHOOSE).content.decode()
    assert "Kies een tweede stap" in page or "kies een tweede stap" in page
    assert TODAY not in page  # no navigation to what does not open
    assert place(browser, reverse("mfa_activate_totp")) == ""
    assert browser.post(TODAY).headers["Location"] == CHOOSE
    answer = browser.get(TODAY, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == CHOOSE


# --- choosing one


def add_app(browser: Browser, code: str = "") -> tuple[int, str]:
    """Set up an app in `browser`; status and the secret."""
    page = browser.get(reverse("mfa_activate_totp")).content.decode()
    secret = re.findall(r'<code class="secret">([A-Z2-7]+)</code>', page)[0]
    answer = browser.post(reverse("mfa_activate_totp"), {"code": code or code_of(secret)})
    return answer.status_code, secret


def test_an_app_is_added_and_opens_the_school_here_and_now(anna: User) -> None:
    elsewhere, browser = by_password(anna), by_password(anna)
    before = browser.cookies["__Host-kvs"].value

    status, secret = add_app(browser)

    assert status == 302
    assert place(browser) == ""
    assert browser.cookies["__Host-kvs"].value != before
    assert place(elsewhere).startswith(reverse("account_login"))  # whoever was in with the password alone is out
    assert sorted(jobs_told()) == ["app_added", "codes_made"]
    assert place(by_password(anna)).startswith(reverse("account_login"))
    assert place(by_code(anna, code_of(secret, 1))) == ""


def test_the_page_has_the_code_as_a_picture_of_our_own(anna: User) -> None:
    page = by_password(anna).get(reverse("mfa_activate_totp")).content.decode()

    assert 'class="qr"' in page
    assert "data:image" not in page


def test_a_wrong_first_code_adds_nothing(anna: User) -> None:
    browser = by_password(anna)

    assert add_app(browser, "000000")[0] == 422
    assert not factors.factors_of(anna).exists()
    assert place(browser) == CHOOSE


def test_the_first_code_does_not_sign_in_as_well(anna: User) -> None:
    _status, secret = add_app(by_password(anna))

    assert place(by_code(anna, code_of(secret))).startswith(reverse("account_login"))


def test_recovery_codes_are_shown_once(anna: User) -> None:
    browser = by_password(anna)
    add_app(browser)

    page = browser.get(reverse("mfa_view_recovery_codes")).content.decode()

    shown = [code.replace(" ", "") for code in re.findall(r"<code>([0-9 ]+)</code>", page)]
    assert shown == Authenticator.objects.get(user=anna, type="recovery_codes").wrap().get_unused_codes()
    assert len(shown) == 10
    assert place(browser, reverse("mfa_view_recovery_codes")) == CHOOSE
    assert place(by_code(anna, shown[3])) == ""


def test_two_apps_are_refused_by_the_action(anna: User) -> None:
    with_app(anna)

    with pytest.raises(ValidationError):
        factors.add_app(user=anna, secret="JBSWY3DPEHPK3PXP")  # of a handbook


# --- showing it


def test_a_code_opens_once(anna: User) -> None:
    secret = with_app(anna)
    code = code_of(secret)

    assert place(by_code(anna, f"{code[:3]} {code[3:]}")) == ""
    assert place(by_code(anna, code)).startswith(reverse("account_login"))


@pytest.mark.parametrize(("steps", "opens"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_differ_half_a_minute(anna: User, steps: int, opens: bool) -> None:
    secret = with_app(anna)

    assert (place(by_code(anna, code_of(secret, steps))) == "") == opens


def test_a_used_code_stays_used_as_long_as_it_is_valid(anna: User) -> None:
    """allauth forgets it after half a minute, while a clock that is behind makes it valid for a minute and a half."""
    secret = with_app(anna)
    code = code_of(secret, 1)

    assert place(by_code(anna, code)) == ""
    assert factors.CODE_SECONDS == 90
    assert not factors.first_use(anna, code)


def test_a_recovery_code_opens_once_and_is_told(anna: User) -> None:
    with_app(anna)
    code = recovery_code(anna)

    assert place(by_code(anna, code)) == ""
    assert place(by_code(anna, code)).startswith(reverse("account_login"))
    assert factors.codes_left(anna) == 9
    assert jobs_told() == ["code_used"]


def test_guessing_codes_slows_this_account_only(anna: User, bram: User) -> None:
    secrets = {user.pk: with_app(user) for user in (anna, bram)}
    browser = by_password(anna)
    for _attempt in range(5):
        browser.post(reverse("mfa_authenticate"), {"code": "000000"})

    page = browser.post(reverse("mfa_authenticate"), {"code": code_of(secrets[anna.pk])}).content.decode()

    assert "Te veel pogingen" in page
    assert place(browser).startswith(reverse("account_login"))
    assert place(by_code(bram, code_of(secrets[bram.pk]))) == ""


def test_thirty_wrong_codes_a_day_are_enough(anna: User, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed": "1000/5m/key"}
    secret = with_app(anna)
    browser = by_password(anna)
    for _attempt in range(30):
        browser.post(reverse("mfa_authenticate"), {"code": "000000"})

    browser.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

    assert place(browser).startswith(reverse("account_login"))


@pytest.mark.parametrize("code", ["", "\x00", "x" * 5000, "😀😀😀", "١٢٣٤٥٦", "-1", "null", "{}"])
def test_odd_codes_get_the_page_again(anna: User, code: str) -> None:
    with_app(anna)
    browser = by_password(anna)

    assert browser.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert place(browser).startswith(reverse("account_login"))


def test_the_password_of_another_does_not_carry_the_proof_along(anna: User, bram: User) -> None:
    """One browser, two people after each other."""
    browser = by_code(anna, code_of(with_app(anna)))
    browser.post(reverse("account_logout"))

    assert place(by_password(bram, browser)) == CHOOSE


def test_a_proof_of_somebody_else_is_none(anna: User, bram: User) -> None:
    browser = signed_in(anna)
    session = browser.session
    session[factors.PROOF] = str(bram.pk)
    session.save()

    assert place(browser) == CHOOSE


# --- changing it


def test_changing_it_needs_a_fresh_code_not_a_password(anna: User) -> None:
    secret = with_app(anna)
    browser = signed_in(anna)
    remove = reverse("factor_remove", args=[factors.factors_of(anna).get().pk])

    assert place(browser, remove).startswith(reverse("mfa_reauthenticate"))
    assert place(browser, reverse("account_reauthenticate")).startswith(reverse("mfa_reauthenticate"))
    answer = browser.post(f"{reverse('mfa_reauthenticate')}?next={remove}", {"code": code_of(secret)})
    assert answer.headers["Location"] == remove
    assert place(browser, remove) == ""


def test_after_five_minutes_it_is_asked_again(anna: User, settings: Settings) -> None:
    browser = by_password(anna)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0

    assert place(browser, reverse("mfa_activate_totp")).startswith(reverse("account_reauthenticate"))
    answer = browser.post(reverse("mfa_activate_totp"), {"code": "123456"})
    assert answer.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert "123456" not in str(dict(browser.session.items()))  # nothing is kept to be replayed (decisions.md 19)


def test_the_last_one_stays(anna: User) -> None:
    browser = by_code(anna, code_of(with_app(anna)))
    remove = reverse("factor_remove", args=[factors.factors_of(anna).get().pk])

    answer = browser.post(remove)

    assert answer.status_code == 422
    assert "laatste tweede stap" in answer.content.decode()
    assert factors.factors_of(anna).exists()


def test_in_a_demo_the_last_one_goes_with_its_codes(anna: User, settings: Settings) -> None:
    browser = by_code(anna, code_of(with_app(anna)))
    elsewhere = signed_in(anna)
    settings.DEMO = True

    browser.post(reverse("factor_remove", args=[factors.factors_of(anna).get().pk]))

    assert not Authenticator.objects.filter(user=anna).exists()
    assert place(elsewhere).startswith(reverse("account_login"))
    assert jobs_told() == ["app_removed"]


def test_a_stranger_removes_nothing(anna: User, chris: User) -> None:
    with_app(anna)
    stranger = by_code(chris, code_of(with_app(chris)))

    assert stranger.post(reverse("factor_remove", args=[factors.factors_of(anna).get().pk])).status_code == 404
    assert factors.factors_of(anna).exists()


def test_new_recovery_codes_end_the_old_ones(anna: User) -> None:
    browser = by_code(anna, code_of(with_app(anna)))
    old = recovery_code(anna)

    browser.post(reverse("mfa_generate_recovery_codes"))

    assert old not in Authenticator.objects.get(user=anna, type="recovery_codes").wrap().get_unused_codes()
    assert "10 codes over" in browser.get(CHOOSE).content.decode()
    assert jobs_told() == ["codes_made"]


def test_without_a_factor_there_are_no_recovery_codes(anna: User) -> None:
    with pytest.raises(ValidationError):
        factors.new_codes(user=anna)


# --- what is kept of it


def test_the_raw_column_holds_no_secret(anna: User) -> None:
    secret = with_app(anna)
    factors.add_passkey(user=anna, name="Telefoon van Anna", credential={"id": "sleutel-op-de-telefoon"})
    codes = Authenticator.objects.get(user=anna, type="recovery_codes")

    with connection.cursor() as cursor:
        cursor.execute("SELECT type, data::text FROM mfa_authenticator WHERE user_id = %s", [anna.pk])
        raw = dict(cursor.fetchall())

    assert sorted(raw) == ["recovery_codes", "totp", "webauthn"]
    assert secret not in raw["totp"]
    assert codes.data["seed"] in raw["recovery_codes"]
    assert not re.search(r'"seed": "[0-9a-f]{80}"', raw["recovery_codes"])
    assert "Telefoon" not in raw["webauthn"]
    assert "sleutel" not in raw["webauthn"]
    assert Authenticator.objects.get(user=anna, type="webauthn").data == {
        "name": "Telefoon van Anna",
        "credential": {"id": "sleutel-op-de-telefoon"},
    }


def test_a_passkey_stays_sealed_when_it_is_used(anna: User) -> None:
    factors.add_passkey(user=anna, name="Telefoon", credential={})
    row = factors.factors_of(anna).get()

    row.record_usage()
    row.save()

    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        assert "Telefoon" not in cursor.fetchone()[0]
    row.refresh_from_db()
    assert row.data["name"] == "Telefoon"


@pytest.mark.parametrize("what", ["app_added", "app_removed", "passkey_added", "passkey_removed", "codes_made", "code_used"])
def test_the_owner_is_told_without_more_than_the_first_name(anna: User, what: str) -> None:
    factors.tell_second_step(Run(Job(kind="kvs.tell_second_step", arguments={"user": str(anna.pk), "what": what})))

    message = mail.outbox[0]
    assert "Anna" in message.body
    assert "Bakker" not in f"{message.body}{message.subject}"
    assert "Anna" not in message.subject
    assert "Taalschool Lindenhof" in message.body


# --- the same form again, after a lock


def test_a_form_survives_the_lock_and_both_steps(ineke: User, north: Location) -> None:
    secret = with_app(ineke)
    browser = by_code(ineke, code_of(secret, -1))
    WebSession.objects.filter(user=ineke).update(last_seen=timezone.now() - dt.timedelta(minutes=31))
    form = reverse("students:add")

    answer = browser.post(form, {"surname": "Getypt-voor-de-pauze"}, headers={"Referer": f"https://testserver{form}"})

    assert answer.headers["Location"] == f"{reverse('account_login')}?next={form}"
    assert Draft.objects.filter(user=ineke).count() == 1
    answer = browser.post(reverse("account_login"), {"login": ineke.email, "password": PASSWORD, "next": form})
    assert answer.headers["Location"] == reverse("mfa_authenticate")
    answer = browser.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert answer.headers["Location"] == form
    assert "Getypt-voor-de-pauze" in browser.get(form).content.decode()


# --- students


def test_a_student_is_never_asked(north: Location, ineke: User) -> None:
    student = open_account(student=make_student(north, ineke), by=ineke)

    assert place(signed_in(student), reverse("attendance:portal")) == ""
    browser = Browser()
    browser.force_login(student)
    assert place(browser, reverse("attendance:portal")) == ""

"""Passkeys: made, used as the one step and as the second, taken away; by staff and by students, and hostile ones refused."""

import json

import pytest
from django.urls import reverse

from kvs import cards, factors
from kvs.models import Location, Membership, User, WebSession
from students.actions import open_account
from tests.factories import make_student, stated
from tests.passkeys import Device, add, enter, options_in
from tests.people import Browser, signed_in
from tests.second_step import by_code, by_password, code_of, with_app

ADD, DOOR, STEP = reverse("mfa_add_webauthn"), reverse("mfa_login_webauthn"), reverse("mfa_authenticate")
TODAY, PORTAL = reverse("attendance:today"), reverse("attendance:portal")
PIN = "482917"


@pytest.fixture
def phone(anna: User) -> Device:
    """Anna's, with her passkey."""
    device = Device()
    assert add(by_password(anna), device) == 302
    return device


@pytest.fixture
def rania(north: Location, ineke: User) -> User:
    """A student with a PIN and no e-mail address."""
    user: User = open_account(student=make_student(north, ineke), by=ineke)
    cards.set_pin(user=user, pin=PIN, by=user)
    user.refresh_from_db()
    return user


def by_pin(user: User) -> Browser:
    """A browser after number and PIN."""
    browser = Browser()
    browser.post(reverse("student_login"), {"number": user.student_number or "", "pin": PIN})
    return browser


def test_a_passkey_is_the_second_step_from_then_on(anna: User, phone: Device) -> None:
    browser = by_password(anna)
    assert browser.get(TODAY).status_code == 302
    page = browser.get(STEP).content.decode()

    answer = browser.post(STEP, {"credential": phone.sign(options_in(page)), "trust": ""})

    assert answer["Location"] == "/"
    assert browser.get(TODAY).status_code == 200


def test_a_passkey_alone_opens_the_school(anna: User, phone: Device) -> None:
    browser, place = enter(phone)

    assert place == "/"
    assert browser.get(TODAY).status_code == 200
    assert factors.factors_of(anna).get().last_used_at is not None


def test_it_goes_on_where_it_was_asked_and_never_elsewhere(phone: Device) -> None:
    assert enter(phone, next="/apparaten/")[1] == "/apparaten/"
    assert enter(phone, next="https://elders.test/")[1] == "/"


def test_an_answer_works_once(phone: Device) -> None:
    browser = Browser()
    answer = phone.sign(browser.get(DOOR, headers={"Accept": "application/json"}).json())
    browser.post(DOOR, {"credential": answer})
    browser.post(reverse("account_logout"))

    assert browser.post(DOOR, {"credential": answer})["Location"] == reverse("account_login")
    assert Browser().post(DOOR, {"credential": answer})["Location"] == reverse("account_login")


def test_another_key_with_the_name_of_this_one_is_refused(phone: Device) -> None:
    thief = Device()
    thief.id, thief.handle = phone.id, phone.handle

    assert enter(thief)[1] == reverse("account_login")


def test_a_copy_of_the_site_gets_nothing(anna: User) -> None:
    assert add(by_password(anna), Device(origin="https://testserver.elders.test")) == 422
    assert not factors.factors_of(anna).exists()


def test_a_device_that_does_not_check_its_owner_is_refused(bram: User, phone: Device) -> None:
    """Alone it must be two steps: having it, and finger, face or code."""
    assert add(by_password(bram), Device(verifies=False)) == 422
    phone.flags = Device(verifies=False).flags

    assert enter(phone)[1] == reverse("account_login")


RUBBISH = [
    *("", "null", "5", "[]", "{}", '"x"', '{"id": 1}', '{"response": {"userHandle": 5}}'),
    *("{" * 900, '{"id": "\\u0000"}', "x" * 99_999),
]
MORE = [
    json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": dict.fromkeys(names, "AAAA")})
    for names in (["clientDataJSON", "attestationObject"], ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
]


@pytest.mark.parametrize("rubbish", [*RUBBISH, *MORE])
def test_rubbish_is_refused_and_never_an_error(anna: User, phone: Device, rubbish: str) -> None:
    browser = Browser()
    browser.get(DOOR, headers={"Accept": "application/json"})
    assert browser.post(DOOR, {"credential": rubbish})["Location"] == reverse("account_login")
    second = by_password(anna)
    second.get(STEP)
    assert second.post(STEP, {"credential": rubbish}).status_code == 200
    inside = enter(phone)[0]
    inside.get(ADD)
    assert inside.post(ADD, {"name": "x", "credential": rubbish}).status_code == 422
    assert factors.factors_of(anna).count() == 1


def test_a_changed_signature_is_refused_and_never_an_error(phone: Device) -> None:
    browser = Browser()
    answer = json.loads(phone.sign(browser.get(DOOR, headers={"Accept": "application/json"}).json()))
    answer["response"]["signature"] = answer["response"]["signature"][:-6] + "AAAAAA"

    assert browser.post(DOOR, {"credential": json.dumps(answer)})["Location"] == reverse("account_login")


def test_a_passkey_taken_away_opens_nothing(anna: User, phone: Device) -> None:
    browser = enter(phone)[0]
    with_app(anna)
    elsewhere = enter(phone)[0]
    key = factors.factors_of(anna).get(type=factors.PASSKEY)

    assert browser.post(reverse("factor_remove", args=[key.pk]))["Location"] == reverse("mfa_index")

    assert elsewhere.get(TODAY).status_code == 302
    assert enter(phone)[1] == reverse("account_login")


def test_without_a_membership_a_passkey_gets_the_closed_page(anna: User, phone: Device) -> None:
    Membership.objects.filter(user=anna).delete()
    WebSession.objects.all().delete()

    assert enter(phone)[1] == reverse("account_inactive")
    assert not WebSession.objects.filter(user=anna).exists()


def test_a_passkey_proves_it_again(anna: User, phone: Device) -> None:
    browser = signed_in(anna)
    assert browser.get(ADD)["Location"].startswith(reverse("mfa_reauthenticate_webauthn")) or browser.get(ADD)[
        "Location"
    ].startswith(reverse("mfa_reauthenticate"))
    again = f"{reverse('mfa_reauthenticate_webauthn')}?next={ADD}"
    page = browser.get(again).content.decode()

    assert browser.post(again, {"credential": phone.sign(options_in(page))})["Location"] == ADD
    assert browser.get(ADD).status_code == 200


def test_guessing_at_the_passkey_door_keeps_no_class_out(phone: Device) -> None:
    """Thirty classmates behind one address (decisions.md 17)."""
    assert {enter(phone)[1] for _ in range(30)} == {"/"}


def test_a_flood_of_passkeys_from_one_address_is_stopped(phone: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kvs.floods.ATTEMPTS_A_MINUTE", 2)
    monkeypatch.setattr("kvs.floods.time.time", lambda: 1_800_000_000.0)

    assert [enter(phone)[1] for _ in range(3)] == ["/", "/", reverse("account_login")]


# --- students


def test_a_student_adds_one_and_signs_in_with_it_or_with_the_pin(rania: User) -> None:
    device, browser = Device(), by_pin(rania)

    assert add(browser, device) == 302

    assert "Mijn telefoon" in browser.get(reverse("mfa_index")).content.decode()
    assert browser.get(PORTAL).status_code == 200
    assert enter(device)[0].get(PORTAL).status_code == 200
    assert by_pin(rania).get(PORTAL).status_code == 200
    assert factors.codes_left(rania) is None


def test_a_phone_left_lying_adds_no_passkey_without_the_pin(rania: User) -> None:
    browser = signed_in(rania)  # longer ago than five minutes

    assert browser.get(ADD)["Location"].startswith(reverse("pin_again"))
    again = f"{reverse('pin_again')}?next={ADD}"
    assert browser.post(again, {"pin": "482918"}).status_code == 422
    assert browser.post(again, {"pin": PIN})["Location"] == ADD
    assert browser.get(ADD).status_code == 200


def test_guessing_the_pin_again_slows_down(rania: User) -> None:
    browser = signed_in(rania)
    again = f"{reverse('pin_again')}?next={ADD}"
    for _attempt in range(5):
        browser.post(again, {"pin": "482918"})

    assert browser.post(again, {"pin": PIN}).status_code == 422


def test_staff_have_no_pin_to_prove_it_with(anna: User) -> None:
    assert signed_in(anna).get(reverse("pin_again")).status_code == 403


def test_a_student_takes_it_away(rania: User) -> None:
    device, browser = Device(), by_pin(rania)
    add(browser, device)

    browser.post(reverse("factor_remove", args=[factors.factors_of(rania).get().pk]))

    assert enter(device, door="student")[1] == reverse("student_login")


def test_a_student_has_no_app_to_add(rania: User) -> None:
    assert by_pin(rania).get(reverse("mfa_activate_totp"))["Location"] == reverse("mfa_index")


def test_a_student_who_becomes_staff_needs_the_second_step_and_has_it(rania: User, north: Location) -> None:
    device = Device()
    add(by_pin(rania), device)
    Membership.objects.create(user=rania, role="teacher", location=north)
    stated(User.objects.get(pk=rania.pk))

    assert by_pin(rania).get(TODAY).status_code == 302
    assert enter(device)[0].get(TODAY).status_code == 200


def test_two_people_keep_their_own(anna: User, bram: User, phone: Device) -> None:
    assert (
        by_code(bram, code_of(with_app(bram))).get(reverse("factor_remove", args=[factors.factors_of(anna).get().pk])).status_code
        == 404
    )

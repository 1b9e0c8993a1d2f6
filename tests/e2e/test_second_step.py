"""A passkey from beginning to end, with the virtual authenticator of Chromium; an app with codes; a student's own passkey."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Page, expect

from kvs.demo import DOMAIN, PASSWORD
from tests.e2e.conftest import Visitor
from tests.e2e.test_student_door import made_student, press

pytestmark = pytest.mark.e2e


def give_finger(page: Page) -> None:
    """A device that checks its owner and keeps passkeys."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def prove_again(page: Page, button: str = "") -> None:
    """When the page asks for it: the password, or the passkey."""
    if button:
        page.get_by_role("button", name=button).click()
    else:
        page.get_by_label("Wachtwoord").fill(PASSWORD)
        page.get_by_role("button", name="Verder").click()


def test_a_passkey_is_made_used_and_taken_away(visitor: Visitor) -> None:
    page, name = visitor.page, "kees" if visitor.width > 700 else "fatma"
    give_finger(page)
    visitor.sign_in(name)
    page.goto("/veiligheid/")
    visitor.check("security")
    page.get_by_role("link", name="Passkey toevoegen").click()
    visitor.check("passkey-add")
    page.get_by_label("Naam van deze passkey").fill("Mijn laptop")
    page.get_by_role("button", name="Passkey maken").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Uw herstelcodes")
    visitor.check("recovery-codes")
    page.goto("/veiligheid/")
    expect(page.get_by_text("Mijn laptop", exact=True)).to_be_visible()
    visitor.check("security-with-passkey")

    page.context.clear_cookies()
    page.goto("/aanmelden/")
    visitor.check("sign-in-with-passkey")
    page.get_by_role("button", name="Met een passkey").click()
    page.wait_for_url(lambda url: "/aanmelden/" not in url)

    page.context.clear_cookies()
    page.goto("/aanmelden/")
    page.get_by_label("E-mailadres").fill(f"{name}@{DOMAIN}")
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Aanmelden").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tweede stap")
    visitor.check("second-step")
    page.get_by_label("Op dit apparaat 30 dagen").check()
    page.get_by_role("button", name="Passkey gebruiken").click()
    page.wait_for_url(lambda url: "/aanmelden/" not in url)
    page.goto("/apparaten/")
    expect(page.get_by_text("Hier geen tweede stap nodig tot")).to_be_visible()
    visitor.check("devices-trusted")

    page.goto("/veiligheid/")
    page.get_by_role("link", name="Verwijderen").click()
    visitor.check("passkey-remove")
    page.get_by_role("button", name="Verwijderen").click()
    expect(page.get_by_text("U kunt er niet meer mee aanmelden")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/aanmelden/")
    page.get_by_role("button", name="Met een passkey").click()
    expect(page.get_by_text("Deze passkey is niet goedgekeurd")).to_be_visible()
    visitor.sign_in(name)  # the demo asks for no second step


def test_an_app_with_codes(visitor: Visitor) -> None:
    page, name = visitor.page, "femke" if visitor.width > 700 else "samira"  # nobody another journey signs in as later
    visitor.sign_in(name)
    page.goto("/veiligheid/app/")
    page.get_by_text("Lukt het scannen niet?").click()
    visitor.check("app-add")
    secret = re.findall("[A-Z2-7]{32}", page.locator("code.secret").inner_text())[0]
    page.get_by_label("Code van de app").fill("000000")
    page.get_by_role("button", name="Dit is mijn tweede stap").click()
    expect(page.locator(".error-summary")).to_be_focused()
    visitor.check("app-add-wrong")
    page.get_by_label("Code van de app").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.get_by_role("button", name="Dit is mijn tweede stap").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Uw herstelcodes")
    codes = page.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10

    page.context.clear_cookies()
    page.goto("/aanmelden/")
    page.get_by_label("E-mailadres").fill(f"{name}@{DOMAIN}")
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Aanmelden").click()
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Aanmelden").click()
    expect(page.locator(".error-summary")).to_be_focused()
    visitor.check("second-step-wrong")
    page.get_by_label("Code", exact=True).fill(codes[0])
    page.get_by_role("button", name="Aanmelden").click()
    page.wait_for_url(lambda url: "/aanmelden/" not in url)
    page.goto("/veiligheid/")
    expect(page.get_by_text("Nog 9 codes over")).to_be_visible()
    visitor.check("security-with-app")
    page.get_by_role("link", name="Wachtwoord wijzigen").click()
    visitor.check("password-change")


def test_a_student_makes_uses_and_takes_away_a_passkey(visitor: Visitor) -> None:
    page = visitor.page
    give_finger(page)
    number, _card, _key = made_student(visitor.school)
    page.goto("/aanmelden/cursist/")
    page.get_by_label("Uw nummer").fill(number)
    press(visitor, "482917")
    page.wait_for_url("**/mijn/")
    page.goto("/veiligheid/")
    visitor.check("student-security")
    page.get_by_role("link", name="Passkey toevoegen").click()
    visitor.check("student-passkey-add")
    page.get_by_label("Naam van deze passkey").fill("Mijn telefoon")
    page.get_by_role("button", name="Passkey maken").click()
    page.wait_for_url("**/veiligheid/")  # no list of codes to keep: the PIN stays
    expect(page.get_by_text("Mijn telefoon", exact=True)).to_be_visible()
    visitor.check("student-security-with-passkey")

    page.context.clear_cookies()
    page.goto("/aanmelden/cursist/")
    visitor.check("student-door-with-passkey")
    page.get_by_role("button", name="Met een passkey").click()
    page.wait_for_url("**/mijn/")
    visitor.check("student-in-by-passkey")

    page.goto("/veiligheid/")
    page.get_by_role("link", name="Verwijderen").click()
    visitor.check("student-passkey-remove")
    page.get_by_role("button", name="Verwijderen").click()
    expect(page.get_by_text("U kunt er niet meer mee aanmelden")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/aanmelden/cursist/")
    page.get_by_role("button", name="Met een passkey").click()
    expect(page.get_by_text("Deze passkey is niet goedgekeurd")).to_be_visible()
    page.get_by_label("Uw nummer").fill(number)
    press(visitor, "482917")  # the PIN still opens
    page.wait_for_url("**/mijn/")


def test_the_second_step_works_without_script(without_script: Visitor) -> None:
    page, name = without_script.page, "olga" if without_script.width > 700 else "noor"
    without_script.sign_in(name)
    page.goto("/veiligheid/app/")
    secret = re.findall("[A-Z2-7]{32}", page.locator("code.secret").text_content() or "")[0]
    page.get_by_label("Code van de app").fill(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.get_by_role("button", name="Dit is mijn tweede stap").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Uw herstelcodes")

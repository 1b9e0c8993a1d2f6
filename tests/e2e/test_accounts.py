"""A colleague from invitation to goodbye: the link of the e-mail, a password, a day of work, out at once."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.running import RunningSchool

pytestmark = pytest.mark.e2e

PASSWORD = "zeven gele eenden zwemmen"  # of a made-up person
LINK = re.compile(r"(/aanmelden/link/#[\w-]+)")


def mailed_link(school: RunningSchool, address: str, after: int, timeout: float = 30) -> str:
    """The link in the newest e-mail to `address`; demo mode prints e-mail in the worker's log."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        found = school.log[after:].partition(f"To: {address}")[2]
        if link := LINK.search(found):
            return link[1]
        time.sleep(0.2)
    raise AssertionError(f"No e-mail to {address}:\n{school.log[after:]}")


def test_a_teacher_is_invited_comes_in_and_is_out_at_once(visitor: Visitor, colleague: Visitor) -> None:
    page, address = visitor.page, f"fatma.{visitor.width}@voorbeeld.test"
    visitor.sign_in("sami")
    if visitor.width < 700:
        page.get_by_text("Menu", exact=True).click()
    page.get_by_role("link", name="Accounts").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Accounts")
    visitor.check("accounts")
    page.get_by_role("link", name="Collega uitnodigen").click()
    visitor.check("account-invite")
    page.get_by_role("button", name="Uitnodigen").click()
    expect(page.locator(".error-summary")).to_be_focused()
    visitor.check("account-invite-wrong")
    page.get_by_label("Voornaam").fill("Fatma")
    page.get_by_label("Achternaam").fill(f"Yıldız {visitor.width}")
    page.get_by_label("E-mailadres").fill(address)
    page.get_by_label("Rol", exact=True).select_option(label="docent")
    page.get_by_label("Vestiging").select_option(label="Noord")
    printed = len(visitor.school.log)
    page.get_by_role("button", name="Uitnodigen").click()
    expect(page.get_by_text("is onderweg")).to_be_visible()
    link = mailed_link(visitor.school, address, printed)
    page.reload()
    expect(page.get_by_text("verstuurd op")).to_be_visible()
    visitor.check("account-invited")

    theirs = colleague.page
    theirs.goto(link)
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Kies uw wachtwoord")
    assert "#" not in theirs.url
    colleague.check(f"new-password-{visitor.width}")
    theirs.get_by_label("Nieuw wachtwoord").fill("kort")
    theirs.get_by_label("Nog een keer hetzelfde wachtwoord").fill("kort")
    theirs.get_by_role("button", name="Mijn wachtwoord opslaan").click()
    expect(theirs.locator(".error-summary")).to_be_focused()
    colleague.check(f"new-password-wrong-{visitor.width}")
    theirs.get_by_label("Nieuw wachtwoord").fill(PASSWORD)
    theirs.get_by_label("Nog een keer hetzelfde wachtwoord").fill(PASSWORD)
    theirs.get_by_role("button", name="Mijn wachtwoord opslaan").click()
    theirs.wait_for_url("**/verklaringen/**")  # confidentiality and instruction come before anybody's data
    colleague.check(f"statements-{visitor.width}")
    for tick in theirs.get_by_role("checkbox").all():
        tick.check()
    theirs.get_by_role("button", name="Dit verklaar ik").click()
    theirs.wait_for_url("**/vandaag/**")

    page.reload()
    expect(page.get_by_text("kan zich aanmelden")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Rol beëindigen")).click()
    visitor.check("role-end")
    page.get_by_role("button", name="Rol beëindigen").click()
    expect(page.get_by_text("is beëindigd")).to_be_visible()
    visitor.check("account-ended")

    theirs.reload()
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Aanmelden")
    theirs.goto(link)
    theirs.reload()  # the same page with another # is not loaded anew
    expect(theirs.get_by_text("Deze link werkt niet meer").first).to_be_visible()
    colleague.check(f"link-dead-{visitor.width}")


def test_a_forgotten_password(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/aanmelden/")
    page.get_by_role("link", name="Wachtwoord vergeten?").click()
    visitor.check("password-forgotten")
    page.get_by_label("E-mailadres").fill("niemand@voorbeeld.test")
    page.get_by_role("button", name="Stuur mij een link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kijk in uw e-mail")
    visitor.check("password-sent")


def test_without_script_the_code_is_pasted(without_script: Visitor) -> None:
    page = without_script.page
    page.goto("/aanmelden/link/#is-not-a-secret")
    page.get_by_label("Code uit de e-mail").fill("https://school.test/aanmelden/link/#is-not-a-secret")
    page.get_by_role("button", name="Verder").click()
    expect(page.get_by_text("Deze link werkt niet meer").first).to_be_visible()


def test_closing_and_searching(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("wim")
    page.goto("/accounts/")
    page.get_by_label("Naam of e-mailadres").fill("boat")
    page.get_by_role("button", name="Zoeken").click()
    assert "boat" not in page.url
    page.get_by_role("link", name="Kees Boateng").click()
    page.get_by_role("link", name="Account sluiten").click()
    visitor.check("account-close")
    page.get_by_role("button", name="Account sluiten").click()
    visitor.check("account-closed")
    page.get_by_role("button", name="Account weer openen").click()
    expect(page.get_by_text("is weer open")).to_be_visible()


def test_locations_and_sign_in_times(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("sami")
    page.goto("/vestigingen/")
    visitor.check("locations")
    page.get_by_role("link", name="Nieuwe vestiging").click()
    page.get_by_label("Naam").fill("noord")
    page.get_by_role("button", name="Opslaan").click()
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_label("Naam").fill(f"Oost {visitor.width}")
    page.get_by_role("button", name="Opslaan").click()
    expect(page.get_by_text("is opgeslagen")).to_be_visible()
    page.goto("/aanmeldtijden/")
    visitor.check("role-times")
    page.get_by_role("link", name="Auditor").click()
    page.get_by_label("Minuten zonder gebruik").fill("10")
    visitor.check("role-times-edit")
    page.get_by_role("button", name="Opslaan").click()
    expect(page.get_by_text("Ze gelden vanaf de volgende keer aanmelden")).to_be_visible()


def test_a_lost_second_factor_takes_two_colleagues(visitor: Visitor, colleague: Visitor) -> None:
    page, who = visitor.page, "Agnieszka Wójcik" if visitor.width > 700 else "Joost van der Meulen"
    visitor.sign_in("sami")
    page.goto("/accounts/")
    page.get_by_role("link", name=who).click()
    page.get_by_role("link", name="Opnieuw instellen").click()
    visitor.check("account-recover")
    page.get_by_role("button", name="Aanvragen").click()
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_label("Ik heb deze persoon gezien").check()
    page.get_by_role("button", name="Aanvragen").click()
    expect(page.get_by_text("Sami Peeters vroeg op")).to_be_visible()
    expect(page.get_by_role("button", name="Bevestigen")).to_have_count(0)
    visitor.check("account-recovery-asked")

    colleague.sign_in("wim")
    colleague.page.goto(page.url)
    colleague.check(f"account-recovery-second-{visitor.width}")
    colleague.page.get_by_role("button", name="Bevestigen").click()
    expect(colleague.page.get_by_text("is uitgelogd en krijgt een link")).to_be_visible()
    colleague.check(f"account-recovered-{visitor.width}")
    colleague.page.get_by_role("link", name="Wijzigen").click()
    colleague.check(f"account-change-{visitor.width}")

"""A real school from nothing: `KVS_DEMO=0 bin/run` behind a TLS proxy, the printed link, the second step, the first pages."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import DESKTOP, PHONE, Visitor, visit
from tests.running import data_folder, free_port, start_school
from tests.tls import HOST, tls_front

pytestmark = pytest.mark.e2e

PASSWORD = "zeven gele eenden zwemmen"  # of a made-up person


@pytest.fixture(params=[DESKTOP, PHONE])
def founder(request: pytest.FixtureRequest, browser: Browser, tmp_path: Path) -> Iterator[Visitor]:
    """A window on a real school without anything in it yet."""
    port = free_port()
    with data_folder() as var, tls_front(port, tmp_path) as address:
        env = {"KVS_DEMO": "0", "KVS_HOSTS": HOST, "KVS_URL": address, "KVS_TRUSTED_PROXIES": "1"}
        with start_school(var, port, env) as school:
            school.front = address
            yield from visit(browser, school, request.param)


def printed_link(visitor: Visitor) -> str:
    """What the start of the school says to open."""
    found = re.search(rf"{re.escape(visitor.school.url)}/aanmelden/link/#\S+", visitor.school.log)
    assert found, visitor.school.log
    return found[0]


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def test_from_the_printed_link_to_the_first_pages(founder: Visitor) -> None:
    page = founder.page
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Aanmelden")
    page.goto(printed_link(founder))
    expect(page.get_by_role("heading", level=1)).to_have_text("Een nieuwe school")
    founder.check("first-run")
    page.get_by_role("button", name="Beginnen").click()
    expect(page.locator(".error-summary")).to_be_focused()
    founder.check("first-run-wrong")
    for label, text in {
        "Naam van de school": "Taalschool De Linde",
        "Eerste vestiging": "Centrum",
        "Uw voornaam": "Sami",
        "Uw achternaam": "Peeters",
        "Uw e-mailadres": "sami@voorbeeld.test",
    }.items():
        page.get_by_label(label).fill(text)
    for field in page.locator('input[type="password"]').all():
        field.fill(PASSWORD)
    page.get_by_role("button", name="Beginnen").click()

    page.wait_for_url("**/veiligheid/")
    founder.check("first-second-step")
    page.goto("/accounts/")
    page.wait_for_url("**/veiligheid/**")  # nothing else opens yet
    page.get_by_role("link", name=re.compile("app", re.IGNORECASE)).first.click()
    page.get_by_text("Lukt het scannen niet?").click()
    secret = re.findall("[A-Z2-7]{32}", page.locator("code.secret").inner_text())[0]
    page.get_by_label("Code van de app").fill(code_of(secret))
    page.get_by_role("button", name="Dit is mijn tweede stap").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Uw herstelcodes")
    codes = page.locator(".recovery-codes code").all_inner_texts()

    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Verklaringen")  # first confidentiality and instruction
    founder.check("first-statements")
    for tick in page.get_by_role("checkbox").all():
        tick.check()
    page.get_by_role("button", name="Dit verklaar ik").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Systeem")
    wrong = page.get_by_role("listitem").filter(has_text="niet in orde")
    expect(wrong).to_have_text([re.compile("bin/backup keys")])  # the owner's key for backups is made by hand
    founder.check("first-system")
    if founder.width == PHONE:
        page.get_by_text("Menu", exact=True).click()
    page.get_by_role("link", name="Accounts").first.click()
    founder.check("first-accounts")
    [cookie] = page.context.cookies()
    assert (cookie["name"], cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == ("__Host-kvs", True, True, "Lax")

    page.context.clear_cookies()
    page.goto("/aanmelden/")
    page.get_by_label("E-mailadres").fill("sami@voorbeeld.test")
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Aanmelden").click()
    page.get_by_label("Code", exact=True).fill(codes[0])
    page.get_by_role("button", name="Aanmelden").click()
    page.wait_for_url(f"{founder.school.url}/")
    expect(page.get_by_text("demo", exact=False)).to_have_count(0)

    page.goto(printed_link(founder))  # there is a school: it is over
    expect(page.locator(".error-summary")).to_contain_text("Deze link werkt niet meer")

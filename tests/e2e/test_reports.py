"""Administration makes a municipality's report with a real worker, takes the file and records the hand-over."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import REGION, Visitor

pytestmark = pytest.mark.e2e
PASSWORD = "gele fiets in de regen"  # of every employee of the demo school


def sign_in(page: Page, email: str) -> None:
    page.goto("/aanmelden/")
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Aanmelden").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Aanmelden")


def test_a_report_from_asking_to_handing_over(visitor: Visitor) -> None:
    page = visitor.page
    sign_in(page, "ineke@lindenhof.example")
    page.goto("/rapporten/")
    visitor.check("reports")
    page.get_by_role("link", name="Presentie", exact=False).first.click()
    page.get_by_role("button", name="Rapport maken").click()
    expect(page.locator(".error-summary")).to_be_focused()
    visitor.check("report-ask-wrong")
    page.get_by_label("Gemeente").select_option(index=1)
    page.get_by_role("button", name="Rapport maken").click()
    expect(page.get_by_role("heading", name="Bestanden")).to_be_visible(timeout=60_000)  # htmx watches the job
    visitor.check("report-made")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^XLSX")).click()
    assert re.fullmatch(r"presentie-[a-z]+-\d{4}-gemeente-[a-z]+-v\d+\.xlsx", download.value.suggested_filename)
    page.get_by_role("link", name="Overdragen").click()
    page.get_by_label("XLSX").check()
    page.get_by_label("via het portaal van de ontvanger").check()
    visitor.say_why_it_goes()
    visitor.check("report-hand-over")
    page.get_by_role("button", name="Overdracht vastleggen").click()
    expect(page.get_by_text("De overdracht is vastgelegd.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^\s*Verstrekt aan Gemeente")).first).to_be_visible()
    visitor.check("report-handed-over")


def test_the_page_to_print(visitor: Visitor) -> None:
    page = visitor.page
    sign_in(page, "dana@lindenhof.example")
    page.goto("/rapporten/nieuw/processing_register/")
    page.get_by_role("button", name="Rapport maken").click()
    expect(page.get_by_role("heading", name="Bestanden")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name=re.compile("^Pagina om te printen")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Verwerkingsregister")
    visitor.check("report-print", *REGION)
    page.goto("/bijlage-uw-gegevens/")
    visitor.check("annex", *REGION)


def test_which_data_and_why(visitor: Visitor) -> None:
    visitor.page.goto("/gegevens-en-waarom/")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Welke gegevens en waarom")
    assert visitor.page.context.cookies() == []
    visitor.check("data-and-why")


def test_without_javascript_the_page_is_looked_at_again(visitor: Visitor) -> None:
    browser = visitor.page.context.browser
    assert browser is not None
    context = browser.new_context(base_url=visitor.school.url, java_script_enabled=False, locale="nl-NL")
    page = context.new_page()
    sign_in(page, "ineke@lindenhof.example")
    page.goto("/rapporten/nieuw/municipality/")
    page.get_by_label("Gemeente").select_option(index=2)
    page.get_by_role("button", name="Rapport maken").click()
    for _attempt in range(60):
        if page.get_by_role("heading", name="Bestanden").is_visible():
            break
        page.get_by_role("link", name="Opnieuw kijken").click()
        page.wait_for_timeout(500)
    expect(page.get_by_role("heading", name="Bestanden")).to_be_visible()
    context.close()

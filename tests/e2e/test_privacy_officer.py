"""The privacy officer: the processing register, a look at a file, a report that is handed over; and the student sees it all."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.e2e.test_portal import enter

pytestmark = pytest.mark.e2e


def leave(visitor: Visitor) -> None:
    visitor.page.context.clear_cookies()


def test_what_the_officer_does_stands_in_the_students_file(visitor: Visitor) -> None:
    page = visitor.page
    enter(visitor, "Z-route 5")
    page.goto("/mijn/gegevens/")
    text = page.content()
    number, client = re.findall(r"\b20\d\d-\d{4}\b", text)[0], re.findall(r"Gemeente \w+", text)[0]
    leave(visitor)

    visitor.sign_in("dana")
    page.goto("/rapporten/nieuw/processing_register/")
    page.get_by_role("button", name="Rapport maken").click()
    expect(page.get_by_role("heading", name="Bestanden")).to_be_visible(timeout=60_000)
    visitor.check("officer-register")
    page.get_by_role("link", name=re.compile("^Pagina om te printen")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Verwerkingsregister")
    visitor.check("officer-register-print")

    page.goto("/cursisten/")
    if visitor.width < 500:
        page.locator("summary", has_text="Menu").click()
    page.get_by_role("searchbox").locator("visible=true").fill(number)
    page.keyboard.press("Enter")
    page.locator("tbody th a").first.click()
    expect(page.get_by_text(number).first).to_be_visible()
    visitor.check("officer-student")

    page.goto("/rapporten/nieuw/municipality/")
    page.get_by_label("Gemeente").select_option(label=client)
    page.get_by_role("button", name="Rapport maken").click()
    expect(page.get_by_role("heading", name="Bestanden")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Overdragen").click()
    page.get_by_label("XLSX").check()
    page.get_by_label("via het portaal van de ontvanger").check()
    visitor.say_why_it_goes()
    page.get_by_role("button", name="Overdracht vastleggen").click()
    expect(page.get_by_text(re.compile(r"^\s*Verstrekt aan")).first).to_be_visible()
    visitor.check("officer-handed-over")
    leave(visitor)

    page.goto("/aanmelden/cursist/")
    page.get_by_label("Uw nummer").fill(number)
    page.get_by_label("Uw pincode").press_sequentially("482917")
    page.wait_for_url("**/mijn/")
    page.goto("/mijn/inzage/")
    expect(page.get_by_text("FG (functionaris gegevensbescherming)").first).to_be_visible()
    visitor.check("officer-seen-by-student")
    page.goto("/verstrekt/")
    expect(page.get_by_text(re.compile(f"Verstrekt aan {client}")).first).to_be_visible()
    visitor.check("officer-disclosed-to-student")

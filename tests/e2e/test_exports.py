"""A copy of everything: a student with a PIN is sent to the desk; the privacy officer makes it, downloads it, hands it over."""

import re
import zipfile

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.e2e.test_portal import enter

pytestmark = pytest.mark.e2e


def test_from_the_portal_to_the_desk(visitor: Visitor) -> None:
    page = visitor.page
    enter(visitor, "Alfabetisering 2")
    number = re.findall(r"\b20\d\d-\d{4}\b", page.request.get("/mijn/gegevens/").text())[0]
    page.get_by_role("link", name=re.compile("^Al mijn gegevens")).click()
    expect(page.get_by_role("heading", name="Vraag het aan de balie")).to_be_visible()
    visitor.check("copy-by-pin")
    page.context.clear_cookies()

    visitor.sign_in("dana")
    page.goto("/cursisten/")
    if visitor.width < 500:
        page.locator("summary", has_text="Menu").click()
    page.get_by_role("searchbox").locator("visible=true").fill(number)
    page.keyboard.press("Enter")
    page.locator("tbody th a").first.click()
    page.goto(page.url + "privacy/")
    visitor.check("copy-student-privacy")
    page.get_by_role("link", name="Kopie van alles").click()
    visitor.check("copy-ask")
    page.get_by_role("button", name="Kopie maken").click()
    expect(page.get_by_role("link", name=re.compile("^Zip downloaden"))).to_be_visible(timeout=60_000)
    visitor.check("copy-made")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Zip downloaden")).click()
    with zipfile.ZipFile(download.value.path()) as archive:
        names = set(archive.namelist())
    assert {"overzicht.pdf", "gegevens.json", "gegevens.schema.json", "wie-keek.csv"} <= names
    page.get_by_role("link", name="Overdragen").click()
    page.get_by_label("gezien aan de balie, met een document").check()
    visitor.check("copy-hand-over")
    page.get_by_role("button", name="Overdracht vastleggen").click()
    expect(page.get_by_text(re.compile(r"^\s*Overgedragen op"))).to_be_visible()
    page.goto("/privacy/kopieen/")
    visitor.check("copy-list")
    page.get_by_role("link", name="Voor een collega of klantmanager").click()
    visitor.check("copy-other")

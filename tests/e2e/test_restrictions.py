"""A student says no on the own telephone; the privacy officer restricts and lifts; the office sees that it is locked."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.e2e.test_portal import enter

pytestmark = pytest.mark.e2e


def test_from_saying_no_to_lifting(visitor: Visitor) -> None:
    page = visitor.page
    enter(visitor, "Alfabetisering 2")
    number = re.findall(r"\b20\d\d-\d{4}\b", page.request.get("/mijn/gegevens/").text())[0]
    page.get_by_role("link", name=re.compile("^Nee zeggen")).click()
    visitor.check("say-no")
    page.get_by_role("button", name="Nee, doe dit niet").first.click()
    expect(page.get_by_role("button", name="Het mag weer")).to_have_count(1)
    visitor.check("said-no")
    page.context.clear_cookies()

    visitor.sign_in("dana")
    page.goto("/privacy/")
    visitor.check("privacy-overview")
    page.get_by_role("link", name=re.compile("^Beperkingen en bezwaren")).click()
    visitor.check("restrictions")
    page.goto("/cursisten/")
    if visitor.width < 500:
        page.locator("summary", has_text="Menu").click()
    page.get_by_role("searchbox").locator("visible=true").fill(number)
    page.keyboard.press("Enter")
    page.locator("tbody th a").first.click()
    page.goto(page.url + "privacy/")
    visitor.check("student-privacy")
    privacy_page = page.url
    page.get_by_role("link", name="Beslissen").click()
    expect(page.get_by_text("omdat de cursist een brief krijgt")).to_be_visible()
    visitor.check("objection-request")
    page.goto(privacy_page)
    page.get_by_role("link", name="Beperken").click()
    page.get_by_role("button", name="Beperken").click()
    expect(page.locator(".error-summary")).to_be_focused()
    visitor.check("restrict-wrong")
    page.get_by_label("Examens").check()
    page.get_by_label(re.compile("gegevens niet kloppen")).check()
    page.get_by_role("button", name="Beperken").click()
    expect(page.get_by_text("beperkt: Examens")).to_be_visible()
    visitor.check("student-restricted")
    page.get_by_role("link", name="Opheffen").click()
    page.get_by_label("De cursist is ingelicht op").fill("2020-01-01")
    page.get_by_label("per telefoon").check()
    page.get_by_role("button", name="Beperking opheffen").click()
    expect(page.get_by_text("Deze dag ligt vóór het begin van de beperking.").first).to_be_visible()
    visitor.check("lift-wrong")
    page.get_by_label("De cursist is ingelicht op").fill(page.evaluate("new Date().toLocaleDateString('sv')"))
    page.get_by_role("button", name="Beperking opheffen").click()
    expect(page.get_by_text(re.compile("De beperking van Examens is opgeheven"))).to_be_visible()
    visitor.check("student-lifted")

"""Two people erase somebody in the browser; what goes and what stays is read first, and a letter ends it."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.e2e


def register(visitor: Visitor, surname: str) -> str:
    """Somebody nobody else meets in these journeys; the address of the file."""
    page = visitor.page
    visitor.sign_in("ineke")
    page.goto("/cursisten/nieuw/")
    page.get_by_label("Achternaam").fill(surname)
    page.get_by_label("Roepnaam").fill("Tarek")
    page.locator("[name=intake_location]").select_option(index=1)
    page.get_by_role("button", name="Cursist inschrijven").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(surname)
    return page.url


def test_two_people_erase_somebody(visitor: Visitor) -> None:
    page = visitor.page
    file = register(visitor, f"Wegman{visitor.width}")
    page.context.clear_cookies()

    visitor.sign_in("dana")
    page.goto(f"{file}privacy/")
    visitor.check("erasing-student")
    page.get_by_role("link", name="Verwijdering bekijken").click()
    expect(page.get_by_role("heading", name="Wat blijft, en waarom")).to_be_visible()
    visitor.check("erasing-plan")
    page.get_by_label("de persoon vroeg erom").check()
    page.get_by_role("button", name="Laat een tweede persoon hiernaar kijken").click()
    expect(page.get_by_text("U hebt dit voorbereid")).to_be_visible()
    visitor.check("erasing-prepared")
    here = page.url
    page.context.clear_cookies()

    visitor.sign_in("wim")
    page.goto("/privacy/wissen/")
    visitor.check("erasing-list")
    page.goto(here)
    page.get_by_role("link", name="Lezen en goedkeuren").click()
    visitor.check("erasing-approve")
    page.get_by_label("Ik heb gelezen wat weggaat").check()
    page.get_by_role("button", name="Voorgoed verwijderen").click()
    expect(page.get_by_text("Het systeem weet niet meer wie het was")).to_be_visible(timeout=60_000)
    visitor.check("erasing-done")
    assert "Wegman" not in page.content()
    with page.expect_download() as letter:
        page.get_by_role("link", name="Brief voor de persoon").click()
    assert re.fullmatch(r"W-[A-Z2-9]{8}\.pdf", letter.value.suggested_filename)
    page.goto("/privacy/bewaartermijnen/")
    visitor.check("erasing-retention")
    page.context.clear_cookies()

    visitor.sign_in("dana")
    page.goto("/privacy/ontheffingen/")
    visitor.check("erasing-exemptions")
    page.goto("/privacy/bewaartermijnen/student_file/")
    visitor.check("erasing-period")
    assert page.goto(file).status == 404  # type: ignore[union-attr]

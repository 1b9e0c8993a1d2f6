"""Administration makes the file for DUO with a real worker: first it waits, then it goes; the layout is corrected."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.e2e


def wait_for_files(page: Page) -> None:
    expect(page.get_by_role("heading", name="Bestanden")).to_be_visible(timeout=90_000)  # htmx watches the job


def test_from_waiting_to_handing_over(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("ineke")
    page.goto("/rapporten/")
    page.get_by_role("link", name=re.compile("^DUO: contracten en uren")).first.click()
    expect(page.get_by_text("nog niet bevestigd").first).to_be_visible()
    visitor.check("duo-ask")
    page.get_by_role("button", name="Bestand maken").click()
    wait_for_files(page)
    expect(page.get_by_text("Het bestand kan nog niet worden gemaakt")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Van \d+ cursisten ontbreekt iets"))).to_be_visible()
    expect(page.get_by_role("link", name="Overdragen")).to_have_count(0)
    visitor.check("duo-waits")
    page.goto("/rapporten/nieuw/duo/")
    page.get_by_label("Laat cursisten weg van wie iets ontbreekt").check()
    page.get_by_role("button", name="Bestand maken").click()
    wait_for_files(page)
    visitor.check("duo-made")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Aanlevering")).click()
    assert re.fullmatch(r"99999Aanlevering\d{8}\.csv", download.value.suggested_filename)
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("Burgerservicenummer;Soort cursus;")
    assert len(lines) > 50
    assert [line for line in lines[1:] if not re.fullmatch(r"99999\d{4};DEMO-[A-Z0-9]+;\d{8};\d{8};\d+;\d+;\d+", line)] == []
    page.get_by_role("link", name="Overdragen").click()
    page.get_by_label(re.compile("Aanlevering")).check()
    page.get_by_label("via het portaal van de ontvanger").check()
    visitor.check("duo-hand-over")
    page.get_by_role("button", name="Overdracht vastleggen").click()
    expect(page.get_by_text(re.compile(r"^\s*Verstrekt aan DUO")).first).to_be_visible()


def test_the_page_to_print_names_who_was_left_out(desktop: Visitor) -> None:
    page = desktop.page
    desktop.sign_in("dana")
    page.goto("/rapporten/nieuw/duo/")
    page.get_by_role("button", name="Bestand maken").click()
    wait_for_files(page)
    page.get_by_role("link", name=re.compile("^Pagina om te printen")).click()
    expect(page.get_by_role("heading", name="Cursisten van wie iets ontbreekt")).to_be_visible()
    desktop.check("duo-print")


def test_the_layout_is_corrected(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("ineke")
    page.goto("/rapporten/indeling/duo/")
    visitor.check("duo-layout")
    page.get_by_role("link", name="Nieuwe versie").click()
    page.get_by_label("NT2-cursus").fill("=1+1")
    page.get_by_role("button", name="Nieuwe versie opslaan").click()
    expect(page.locator(".error-summary")).to_be_focused()
    visitor.check("duo-layout-wrong")
    page.get_by_label("NT2-cursus").fill("DEMO-NT2")
    page.get_by_label("Wie dit zegt").first.fill("Handleiding van de demo, bladzijde 1")
    page.get_by_role("button", name="Nieuwe versie opslaan").click()
    expect(page.get_by_text(re.compile(r"Versie \d+ van de indeling is opgeslagen"))).to_be_visible()
    page.get_by_role("link", name="Versie 1", exact=True).click()
    expect(page.get_by_text("alfabetiseringscursus = ?")).to_be_visible()
    visitor.check("duo-layout-first")


@pytest.mark.parametrize(
    ("title", "file"),
    [
        ("Blik op Werk: resultaten", r"resultaten-\d{8}-\d{8}\.csv"),
        ("Blik op Werk: tevredenheidsonderzoek", r"tevredenheidsonderzoek-\d{8}-\d{8}\.csv"),
    ],
)
def test_a_list_for_blik_op_werk(visitor: Visitor, title: str, file: str) -> None:
    page, name = visitor.page, title.split()[-1]
    visitor.sign_in("ineke")
    page.goto("/rapporten/")
    page.get_by_role("link", name=re.compile(f"^{title}")).first.click()
    visitor.check(f"bow-{name}-ask")
    page.get_by_role("button", name="Bestand maken").click()
    wait_for_files(page)
    visitor.check(f"bow-{name}-made")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile(file)).click()
    assert re.fullmatch(file, download.value.suggested_filename)
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("Cursistnummer;")
    assert len(lines) > 50
    page.get_by_role("link", name=re.compile("^Pagina om te printen")).click()
    expect(page.get_by_role("heading", name="Weggelaten")).to_be_visible()
    visitor.check(f"bow-{name}-print")


def test_the_facts_of_the_school(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("wim")
    page.get_by_role("link", name="School", exact=True).first.click() if visitor.width > 400 else page.goto("/school/")
    visitor.check("school")
    page.get_by_label("Blik op Werk-nummer").fill("12a")
    page.get_by_role("button", name="Opslaan").click()
    expect(page.locator(".error-summary")).to_be_focused()
    visitor.check("school-wrong")

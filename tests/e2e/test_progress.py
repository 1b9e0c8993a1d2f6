"""A teacher measures her class, the coordinator enters exam results, both on the student's page; at the desk and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.e2e.test_portal import enter

pytestmark = pytest.mark.e2e


def test_a_teacher_measures_her_class(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("marijke")
    page.goto("/groepen/")
    page.get_by_role("link", name="NT2 B1 dag 2").first.click()
    page.get_by_role("link", name="Niveaus invoeren").click()
    page.get_by_label("Kidane, Yonas, lezen").select_option("b1_1")
    page.get_by_label("Kidane, Yonas, spreken").select_option("a2_2")
    visitor.check("levels-sheet")
    page.get_by_role("button", name="Niveaus opslaan").click()
    expect(page.get_by_text("niveaus van")).to_be_visible()
    page.get_by_role("link", name="Kidane, Yonas").click()
    if visitor.width < 768:
        page.get_by_text("Gegevens", exact=True).first.click()
    page.get_by_role("link", name="Voortgang en examens").first.click()
    expect(page.get_by_role("img", name="lezen: nu B1.1")).to_be_visible()
    expect(page.get_by_role("img", name="spreken: nu A2.2")).to_be_visible()
    visitor.check("progress-tab")


def test_a_coordinator_enters_results_of_a_class(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("bram")
    page.goto("/groepen/")
    page.get_by_role("link", name="NT2 B1 dag 2").first.click()
    page.get_by_role("link", name="Examenuitslagen invoeren").click()
    visitor.check("results-choose")
    page.get_by_label("Examen", exact=True).select_option("nt2_1_le:b1")
    page.get_by_label("Examendag").fill("2026-11-02" if visitor.width < 768 else "2026-11-03")
    page.get_by_role("button", name="Kiezen").click()
    page.get_by_label("Kidane, Yonas, uitslag").select_option("none")
    page.get_by_role("button", name="Uitslagen opslaan").click()
    expect(page.locator(".error-summary")).to_be_focused()
    visitor.check("results-wrong")
    page.get_by_label("Kidane, Yonas, waarom er geen uitslag is").select_option("absent")
    page.get_by_role("button", name="Uitslagen opslaan").click()
    expect(page.get_by_text(re.compile("1 uitslag van .* nov 2026 is opgeslagen."))).to_be_visible()
    page.get_by_role("link", name="Kidane, Yonas").click()
    page.goto(f"{page.url}voortgang/")
    visitor.check("progress-exams")
    page.get_by_role("link", name="Staatsexamen NT2 I, lezen").first.click()
    page.get_by_role("link", name="Verwijderen").click()
    visitor.check("attempt-remove")
    page.get_by_label("Typ het woord VERWIJDEREN").fill("verwijderen")
    page.get_by_role("button", name="Dit examen verwijderen").click()
    expect(page.get_by_text("is verwijderd.")).to_be_visible()


def test_a_sheet_without_script(without_script: Visitor) -> None:
    page = without_script.page
    without_script.sign_in("kees")
    page.goto("/groepen/")
    page.get_by_role("link", name="Z-route 4").first.click()
    page.get_by_role("link", name="Niveaus invoeren").click()
    page.locator("table select").first.select_option("a1_2" if without_script.width < 768 else "a1_1")
    page.get_by_role("button", name="Niveaus opslaan").click()
    expect(page.get_by_text("1 niveau van")).to_be_visible()


def test_a_student_sees_level_and_exams(visitor: Visitor) -> None:
    page = visitor.page
    enter(visitor, "Z-route 5")
    page.get_by_role("link", name="Mijn voortgang").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mijn voortgang")
    visitor.check("own-progress")
    page.get_by_text("Elke keer dat wij keken").click()
    expect(page.get_by_text("uur les").first).to_be_visible()
    visitor.check("own-progress-open")


def test_administration_makes_the_progress_report(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("ineke")
    page.goto("/rapporten/nieuw/progress/")
    visitor.check("progress-ask")
    page.get_by_label("Gemeente").select_option(index=1)
    page.get_by_role("button", name="Rapport maken").click()
    expect(page.get_by_text("Metingen")).to_be_visible(timeout=30_000)
    visitor.check("progress-report")

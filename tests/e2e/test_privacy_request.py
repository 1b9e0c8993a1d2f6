"""A student asks the school to erase, the privacy officer sees who asks, decides with a ground, and the student reads why."""

import io
import re

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.e2e.conftest import Visitor
from tests.e2e.test_portal import enter

pytestmark = pytest.mark.e2e

WHY = "U volgt nog lessen bij ons. Daarom hebben wij uw gegevens nodig."


def test_from_asking_to_reading_the_answer(visitor: Visitor) -> None:
    page = visitor.page
    enter(visitor, "NT2 A2 dag 3")
    ask(visitor)
    student = page.context.cookies()
    page.context.clear_cookies()

    visitor.sign_in("dana")
    establish(visitor)
    refuse(visitor)
    answer(visitor)
    page.context.clear_cookies()

    page.context.add_cookies(student)  # type: ignore[arg-type]  # what one context gives another takes
    page.goto("/mijn/rechten/")
    page.get_by_role("link", name=re.compile("Mijn gegevens weghalen De school gaf antwoord")).click()
    visitor.check("request-answered")
    letter = page.request.get(page.get_by_role("link", name="Lees de brief").get_attribute("href") or "")
    text = " ".join(" ".join(part.extract_text().split()) for part in PdfReader(io.BytesIO(letter.body())).pages)
    assert WHY in text
    assert "nog nodig voor de cursus (artikel 17 lid 1 onder a AVG)" in text


def ask(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("link", name=re.compile("^Mijn rechten")).click()
    page.get_by_role("link", name="Iets vragen").click()
    visitor.check("request-choices")
    page.get_by_role("link", name=re.compile("^Mijn gegevens weghalen")).click()
    page.get_by_label("Wilt u meer zeggen?").fill("Ik wil dat alles weg is.")
    visitor.check("request-ask")
    page.get_by_role("button", name="Vraag het de school").click()
    expect(page.get_by_text("Wij moeten zeker weten dat u het bent.")).to_be_visible()
    visitor.check("request-asked")


def establish(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/privacy/verzoeken/?kind=erasure")
    visitor.check("requests")
    page.locator("tbody tr").filter(has_text="ontvangen").get_by_role("link").click()
    expect(page.get_by_text("Ik wil dat alles weg is.")).to_be_visible()
    visitor.check("request-received")
    page.get_by_role("link", name="Vaststellen wie het vraagt").click()
    page.get_by_label("gezien aan de balie, met een document").check()
    page.get_by_role("button", name="Vastleggen").click()
    expect(page.get_by_text("Er wordt geen kopie van een document bewaard.")).to_be_visible()


def refuse(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("link", name="Beslissen").click()
    page.get_by_label("geweigerd").check()
    page.get_by_role("button", name="Beslissen").click()
    expect(page.locator(".error-summary")).to_be_focused()
    visitor.check("request-decide-wrong")
    page.get_by_label("de gegevens zijn nog nodig voor de cursus").check()
    page.get_by_label("Toelichting").fill(WHY)
    page.get_by_role("button", name="Beslissen").click()
    expect(page.get_by_text("Besloten: geweigerd.")).to_be_visible()


def answer(visitor: Visitor) -> None:
    page = visitor.page
    page.get_by_role("link", name="Brief versturen").click()
    page.get_by_label("in de eigen pagina's van de persoon").check()
    page.get_by_role("button", name="De brief is verstuurd").click()
    visitor.check("request-decided")
    page.get_by_role("button", name="Verzoek afsluiten").click()
    expect(page.get_by_text("Het verzoek is afgesloten.")).to_be_visible()

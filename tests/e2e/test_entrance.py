"""The door of the school, before anybody has signed in."""

import pytest
from playwright.sync_api import Dialog, expect

from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.e2e


def test_sign_in_page(visitor: Visitor) -> None:
    visitor.page.goto("/")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Aanmelden")
    visitor.check("sign-in")


def test_wrong_password_is_told_at_the_top_and_nothing_typed_is_lost(visitor: Visitor) -> None:
    visitor.page.goto("/aanmelden/")
    visitor.page.get_by_label("E-mailadres").fill("niemand@voorbeeld.test")
    visitor.page.get_by_label("Wachtwoord").fill("een lang maar fout wachtwoord")
    visitor.page.get_by_role("button", name="Aanmelden").click()
    expect(visitor.page.locator(".error-summary")).to_be_focused()
    expect(visitor.page.get_by_label("E-mailadres")).to_have_value("niemand@voorbeeld.test")
    visitor.check("sign-in-wrong")


def test_a_page_that_is_not_there(visitor: Visitor) -> None:
    answer = visitor.page.goto("/bestaat-niet/")
    assert answer is not None
    assert answer.status == 404
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("Deze pagina is er niet")
    visitor.check("404")


def test_the_skip_link_leads_to_the_content(desktop: Visitor) -> None:
    desktop.page.goto("/aanmelden/")
    desktop.page.keyboard.press("Tab")
    expect(desktop.page.locator(".skip-link")).to_be_focused()
    desktop.page.keyboard.press("Enter")
    assert desktop.page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ("document.querySelector('main').append(document.createElement('input'))", "label: <input>"),
        ("document.querySelector('h1').className = 'text-white'", "color-contrast: "),
        ("console.error('broken')", "console: broken"),
        ("fetch('https://elsewhere.example/').catch(() => 0)", "console: Connecting to 'https://elsewhere.example/'"),
        ("Object.assign(document.querySelector('h1').style, {width: '2000px'})", "pixels wide"),
    ],
)
def test_the_check_of_every_page_sees_a_fault(visitor: Visitor, fault: str, complaint: str) -> None:
    visitor.page.goto("/aanmelden/")
    visitor.page.evaluate(f"() => {{ {fault} }}")
    visitor.page.wait_for_timeout(100)
    with pytest.raises(AssertionError, match=complaint):
        visitor.check("fault")


def test_a_request_to_another_server_is_seen(desktop: Visitor) -> None:
    elsewhere = f"http://127.0.0.1:{desktop.school.port}/aanmelden/"
    desktop.page.goto(elsewhere)
    with pytest.raises(AssertionError, match=f"foreign request: {elsewhere}"):
        desktop.check("fault")


def test_leaving_a_changed_form_asks_first_and_sending_it_does_not(desktop: Visitor) -> None:
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    desktop.page.on("dialog", answer)
    desktop.page.goto("/aanmelden/")
    desktop.page.evaluate("document.querySelector('form').dataset.warnUnsaved = ''")
    desktop.page.get_by_label("E-mailadres").press_sequentially("niemand")
    desktop.page.goto("/bestaat-niet/")
    assert asked == ["beforeunload"]
    desktop.page.goto("/aanmelden/")
    desktop.page.evaluate("document.querySelector('form').dataset.warnUnsaved = ''")
    desktop.page.get_by_label("E-mailadres").press_sequentially("niemand@voorbeeld.test")
    desktop.page.get_by_role("button", name="Aanmelden").click()
    desktop.page.wait_for_load_state()
    assert asked == ["beforeunload"]

"""The door for students in a real browser: keypad, card behind the #, reading aloud, the desk, paper."""

import os

import pytest
from playwright.sync_api import expect

from kvs.environment import PROJECT
from tests.e2e.conftest import Visitor
from tests.running import RunningSchool

pytestmark = pytest.mark.e2e

MAKE_STUDENT = """
from kvs import cards
from kvs.models import Location, Role, User
from students.actions import open_account, register_student
desk = User.objects.filter(memberships__role=Role.ADMINISTRATION).first()
student = register_student(by=desk, intake_location=Location.objects.first(), call_name="Rania", surname="Haddad")
user = open_account(student=student, by=desk)
cards.set_pin(user=user, pin="482917", by=user)
print("MADE", student.number, cards.issue_card(user=user, by=desk), student.pk)
"""


def made_student(school: RunningSchool) -> tuple[str, str, str]:
    """Number, secret of the card and key of a new student with PIN 482917."""
    number, secret, key = school.made(MAKE_STUDENT).split()
    return number, secret, key


def press(visitor: Visitor, digits: str) -> None:
    """Type on the keypad of the page."""
    for digit in digits:
        visitor.page.locator(f'.keypad [data-key="{digit}"]').click()


def test_number_and_keypad(visitor: Visitor) -> None:
    number, _token, _key = made_student(visitor.school)
    visitor.page.goto("/aanmelden/")
    visitor.page.get_by_role("link", name="Cursist? Aanmelden met kaart of nummer").click()
    visitor.check("student-door")
    box = visitor.page.locator('.keypad [data-key="5"]').bounding_box()
    assert box is not None
    assert box["height"] >= 62
    press(visitor, "111111")
    expect(visitor.page.get_by_label("Uw nummer")).to_be_focused()  # six digits without a number send nothing
    visitor.page.get_by_label("Uw nummer").fill(number)
    visitor.page.get_by_role("button", name="Alles wissen").click()
    press(visitor, "482918")
    expect(visitor.page.locator(".error-summary")).to_contain_text("Kijk naar uw nummer en uw pincode.")
    expect(visitor.page.get_by_label("Uw nummer")).to_have_value(number)
    expect(visitor.page.get_by_label("Uw pincode")).to_have_value("")
    visitor.check("student-door-wrong")
    press(visitor, "48299")
    visitor.page.get_by_role("button", name="Laatste cijfer wissen").click()
    press(visitor, "17")
    visitor.page.wait_for_url(lambda url: "/aanmelden/" not in url)
    visitor.page.goto("/apparaten/")
    visitor.check("devices")


def test_the_sixth_digit_of_the_keyboard_and_a_paste_send_too(desktop: Visitor) -> None:
    number, _token, _key = made_student(desktop.school)
    for how in ("type", "paste"):
        desktop.page.context.clear_cookies()
        desktop.page.goto("/aanmelden/cursist/")
        desktop.page.get_by_label("Uw nummer").fill(number)
        pin = desktop.page.get_by_label("Uw pincode")
        if how == "type":
            pin.press_sequentially("482917")
        else:
            pin.evaluate(
                """field => {
                    const data = new DataTransfer();
                    data.setData("text", " 482 917 ");
                    field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
                }"""
            )
        desktop.page.wait_for_url(lambda url: "/aanmelden/" not in url)


def test_a_card_is_read_from_behind_the_hash_and_wiped(visitor: Visitor) -> None:
    _number, token, _key = made_student(visitor.school)
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.page.goto(f"/kaart/#{token}")
    expect(visitor.page.get_by_text("Kaart gelezen")).to_be_visible()
    expect(visitor.page.get_by_text("Rania")).to_be_visible()
    assert [url for url in asked if token in url and "#" not in url] == []
    assert token not in visitor.page.url
    visitor.check("student-card-read")
    visitor.page.go_back()
    assert token not in visitor.page.url  # the address in the browser's history has been wiped too
    visitor.page.goto("/aanmelden/cursist/")
    visitor.page.get_by_label("Dit is mijn telefoon").check()
    press(visitor, "482917")
    visitor.page.wait_for_url(lambda url: "/aanmelden/" not in url)


def test_a_card_that_does_not_work_any_more(phone: Visitor) -> None:
    phone.page.goto("/kaart/#oud")
    expect(phone.page.get_by_text("Deze kaart werkt niet meer.")).to_be_visible()
    phone.check("student-card-refused")


def test_without_javascript_number_pin_and_button_do(desktop: Visitor) -> None:
    number, _token, _key = made_student(desktop.school)
    browser = desktop.page.context.browser
    assert browser is not None
    page = browser.new_context(base_url=desktop.school.url, java_script_enabled=False).new_page()
    page.goto("/kaart/#x")
    page.get_by_role("link", name="Aanmelden met mijn nummer").click()
    expect(page.locator(".keypad")).to_be_hidden()
    page.get_by_label("Uw nummer").fill(number)
    page.get_by_label("Uw pincode").fill("482917")
    page.get_by_role("button", name="Aanmelden").click()
    page.wait_for_url(lambda url: "/aanmelden/" not in url)
    page.context.close()


VOICES = """
    window.spoken = [];
    const voices = [%s];
    Object.defineProperty(window, "speechSynthesis", {value: {
        getVoices: () => voices,
        addEventListener: () => {},
        cancel: () => {},
        speak: (words) => window.spoken.push(words.text),
    }});
    window.SpeechSynthesisUtterance = function (text) { this.text = text; };
"""


@pytest.mark.parametrize(
    ("voice", "offered"),
    [
        ('{lang: "nl-NL", localService: true}', True),
        ('{lang: "nl-NL", localService: false}', False),  # a voice elsewhere: the text would leave the device
        ('{lang: "en-US", localService: true}', False),
    ],
)
def test_reading_aloud_only_with_a_dutch_voice_of_the_device(phone: Visitor, voice: str, offered: bool) -> None:
    phone.page.add_init_script(VOICES % voice)
    phone.page.goto("/aanmelden/cursist/")
    button = phone.page.get_by_role("button", name="Voorlezen")
    assert button.is_visible() is offered
    if offered:
        phone.check("student-door-aloud")
        button.click()
        [said] = phone.page.evaluate("window.spoken")
        assert said.startswith("Aanmelden. Scan uw kaart")


def test_the_desk_makes_card_and_code_and_the_student_chooses_a_pin(visitor: Visitor) -> None:
    number, _token, key = made_student(visitor.school)
    page = visitor.page
    page.goto("/aanmelden/")
    page.get_by_label("E-mailadres").fill("ineke@lindenhof.example")
    page.get_by_label("Wachtwoord").fill("gele fiets in de regen")
    page.get_by_role("button", name="Aanmelden").click()
    page.wait_for_url(lambda url: "/aanmelden/" not in url)
    page.goto(f"/cursisten/{key}/kaart/")
    visitor.check("desk")
    page.get_by_role("button", name="Kaart en code maken").click()
    code = page.locator(".desk-code").inner_text()
    visitor.check("desk-made")
    page.context.clear_cookies()
    page.goto("/aanmelden/cursist/code/")
    visitor.check("student-code")
    page.get_by_label("Uw nummer").fill(number)
    press(visitor, code)
    expect(page.get_by_role("heading", level=1)).to_have_text("Kies uw pincode")
    visitor.check("student-new-pin")
    page.get_by_label("Uw nieuwe pincode").fill("123456")
    page.get_by_label("Nog een keer dezelfde pincode").fill("123456")
    page.get_by_role("button", name="Mijn pincode opslaan").click()
    expect(page.locator(".error-summary")).to_contain_text("makkelijk te raden")
    page.get_by_label("Uw nieuwe pincode").fill("590318")
    page.get_by_label("Nog een keer dezelfde pincode").fill("590318")
    page.get_by_role("button", name="Mijn pincode opslaan").click()
    page.wait_for_url(lambda url: "/aanmelden/" not in url)


def test_cards_of_a_group_fit_ten_on_a_sheet(desktop: Visitor) -> None:
    page = desktop.page
    page.goto("/aanmelden/")
    page.get_by_label("E-mailadres").fill("ineke@lindenhof.example")
    page.get_by_label("Wachtwoord").fill("gele fiets in de regen")
    page.get_by_role("button", name="Aanmelden").click()
    page.wait_for_url(lambda url: "/aanmelden/" not in url)
    page.goto("/groepen/")
    address = page.locator('a[href^="/groepen/"]').evaluate_all(
        "links => links.map(a => a.getAttribute('href')).find(href => /[0-9a-f]{8}-/.test(href))"
    )
    page.goto(f"{address}kaarten/")
    desktop.check("group-cards")
    count = page.locator('input[name="student"]').count()
    page.get_by_role("button", name="Kaarten maken om te printen").click()
    expect(page.locator(".id-card")).to_have_count(count)
    desktop.check("group-cards-made")
    pdf = page.pdf(format="A4", margin={"top": "8mm", "bottom": "8mm", "left": "10mm", "right": "10mm"})
    if folder := os.environ.get("KVS_SCREENSHOTS"):
        (PROJECT / folder / "group-cards.pdf").write_bytes(pdf)
    assert pdf.count(b"/Type /Page\n") == -(-count // 10)

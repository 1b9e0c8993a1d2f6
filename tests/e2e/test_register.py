"""Today and the register in a browser: few taps, nothing lost, nothing twice. Every test has a lesson of its own."""

import re
import secrets
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Locator, Route, expect

from attendance.rules import CODE_LENGTH, CODE_LETTERS
from tests.e2e.conftest import DESKTOP, Visitor
from tests.running import RunningSchool

pytestmark = pytest.mark.e2e

GROUP = "NT2 B1 dag 2"  # marijke and kees teach it

# What is on in these hours lapses: a teacher, a room and a class are in one lesson at a time.
MAKE_ROOM = """
update attendance_lesson set cancelled = true
where not cancelled and starts_at < now() + interval '2 hours' and ends_at > now() - interval '2 hours'
"""
# Nobody of the demo school is reported absent now: a test that wants that says so.
NOBODY_REPORTED = """
delete from attendance_absencereport
where starts_at < now() + interval '2 hours' and (ends_at is null or ends_at > now() - interval '2 hours')
"""
REPORTED = """
insert into attendance_absencereport (id, student_id, starts_at, ends_at, reason, status, party, by_audit_id, made_at, version)
select gen_random_uuid(), programme.student_id, now() - interval '1 hour', null, null, 'approved', 'office',
    gen_random_uuid(), now(), 1
from students_enrolment place join students_programme programme on programme.id = place.programme_id where place.id = %s
"""
# A copy of a lesson of the group that began a quarter of an hour ago (just after midnight: at midnight).
NEW_LESSON = """
with begun as (select greatest(
    now() - interval '15 minutes', date_trunc('day', now() at time zone 'Europe/Amsterdam') at time zone 'Europe/Amsterdam'
) as at)
insert into attendance_lesson (id, group_id, location_id, teacher_id, day, starts_at, ends_at, planned_minutes, room, subject,
    delivery, cancelled, code, version)
select %(key)s, group_id, lesson.location_id, teacher_id, (begun.at at time zone 'Europe/Amsterdam')::date, begun.at,
    begun.at + interval '90 minutes', 90, room, subject, delivery, false, %(code)s, 1
from attendance_lesson lesson join students_group on students_group.id = group_id, begun
where students_group.name = %(group)s order by starts_at limit 1
"""
CLAIMS = """
select mark.enrolment_id::text, claim.state, claim.minutes_missed from attendance_claim claim
join attendance_mark mark on mark.id = mark_id where lesson_id = %s and party = 'teacher' order by claim.id
"""


@dataclass
class Register:
    """The lesson of this test as it stands in the school's database."""

    school: RunningSchool
    key: uuid.UUID

    @property
    def path(self) -> str:
        return f"/lessen/{self.key}/"

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.school.database_url) as database:
            return database.execute(question, [self.key]).fetchall()

    def change(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.school.database_url) as database:
            database.execute(statement, values)

    @property
    def marks(self) -> dict[object, tuple[object, object]]:
        """State and minutes by enrolment."""
        rows = self.ask("select enrolment_id::text, state, minutes_missed from attendance_mark where lesson_id = %s")
        return {enrolment: (state, minutes) for enrolment, state, minutes in rows}

    @property
    def states(self) -> list[str]:
        return sorted(str(state) for state, _minutes in self.marks.values())

    @property
    def claims(self) -> list[tuple[Any, ...]]:
        return self.ask(CLAIMS)

    @property
    def signed(self) -> bool:
        return self.ask("select signed_at is not null from attendance_register where lesson_id = %s") == [(True,)]


@pytest.fixture
def register(school: RunningSchool) -> Register:
    made = Register(school, uuid.uuid4())
    with psycopg.connect(school.database_url) as database:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        database.execute(MAKE_ROOM)
        database.execute(NOBODY_REPORTED)
        database.execute(NEW_LESSON, {"key": made.key, "code": code, "group": GROUP})
    return made


def row(visitor: Visitor, number: int) -> Locator:
    return visitor.page.locator("[data-row]").nth(number)


def button(visitor: Visitor, number: int) -> Locator:
    """The state of a student, on which one taps."""
    return row(visitor, number).locator("[data-tap]")


def key_of(visitor: Visitor, number: int) -> str:
    return row(visitor, number).get_attribute("data-row") or ""


def open_register(visitor: Visitor, register: Register, name: str = "marijke") -> None:
    visitor.sign_in(name)
    visitor.page.goto(register.path)


def expect_saved(visitor: Visitor) -> None:
    expect(visitor.page.locator("[data-save=saved]")).to_be_visible()
    assert visitor.page.locator("[data-save=saved]").inner_text().startswith("Opgeslagen")


def counts(visitor: Visitor) -> list[int]:
    """Present, absent, open, confirmed."""
    return [int(text) for text in visitor.page.locator(".register-counts strong").all_inner_texts()]


def test_two_absent_and_signed_in_four_taps(visitor: Visitor, register: Register) -> None:
    visitor.sign_in("marijke")
    visitor.page.goto("/vandaag/")
    visitor.check("today")
    taps = 0

    def tap(place: Locator) -> None:
        nonlocal taps
        place.click()
        taps += 1

    tap(visitor.page.locator(f'a[href="{register.path}"]'))
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text(GROUP)
    visitor.check("register")
    size = visitor.page.locator("[data-row]").count()
    assert counts(visitor) == [0, 0, size, 0]
    absent = {key_of(visitor, 1): ("absent", 0), key_of(visitor, 4): ("absent", 0)}
    tap(button(visitor, 1))
    tap(button(visitor, 4))
    assert counts(visitor) == [0, 2, size - 2, 0]
    tap(visitor.page.get_by_role("button", name="Presentielijst tekenen"))

    expect(visitor.page.locator(".sign-bar")).to_contain_text("Getekend")
    assert taps == 4
    assert counts(visitor) == [size - 2, 2, 0, 0]
    assert register.signed
    marks = register.marks
    assert {key: mark for key, mark in marks.items() if mark != ("present", 0)} == absent
    assert len(register.claims) == len(marks) == size
    assert visitor.page.locator("[data-tap]").count() == 0
    visitor.check("register-signed")


def test_a_tap_goes_round_and_is_saved_by_itself(visitor: Visitor, register: Register) -> None:
    open_register(visitor, register)
    first, key = button(visitor, 0), key_of(visitor, 0)
    expect(first).to_contain_text("Aanwezig voorstel")
    word, small = first.locator("[data-word]"), first.locator("[data-small]")
    seen = []
    for _ in range(4):
        first.click()
        seen.append((word.inner_text(), re.sub(r"\d+", "#", small.inner_text())))
    assert seen == [("Afwezig", ""), ("Te laat", "# min"), ("Afgemeld", ""), ("Aanwezig", "")]
    expect_saved(visitor)
    assert register.marks == {key: ("present", 0)}
    visitor.page.get_by_role("button", name="Laatste stap terug").click()
    expect(first).to_contain_text("Afgemeld")
    expect_saved(visitor)
    assert register.marks == {key: ("reported", 0)}
    expect(row(visitor, 0)).to_contain_text("alleen docent")


def test_minutes_come_from_the_clock_and_change_by_five(visitor: Visitor, register: Register) -> None:
    open_register(visitor, register)
    key, small = key_of(visitor, 2), row(visitor, 2).locator("[data-small]")
    button(visitor, 2).dblclick()
    [(begun,)] = register.ask("select ceil(extract(epoch from now() - starts_at) / 60)::int from attendance_lesson where id = %s")
    assert int(small.inner_text().split()[0]) in (begun, begun - 1)
    row(visitor, 2).get_by_role("button", name="5 minuten meer").click()
    more = begun // 5 * 5 + 5
    expect(small).to_have_text(f"{more} min")
    row(visitor, 2).get_by_role("button", name="5 minuten minder").click()
    expect(small).to_have_text(f"{more - 5 or 1} min")
    expect_saved(visitor)
    assert register.marks == {key: ("late", more - 5 or 1)}

    field = row(visitor, 2).get_by_label("min")  # any number, with the keyboard, on every width
    field.click()
    field.press("ControlOrMeta+a")
    field.press_sequentially("12")
    field.press("Enter")
    expect(button(visitor, 2)).to_be_focused()
    expect_saved(visitor)
    assert register.marks == {key: ("late", 12)}
    visitor.check("register-minutes")


def test_left_early_lies_behind_the_name_on_the_phone(phone: Visitor, register: Register) -> None:
    open_register(phone, register)
    name = row(phone, 3).get_by_role("button", name=re.compile("alle keuzes"))
    name.click()
    expect(name).to_have_attribute("aria-expanded", "true")
    row(phone, 3).get_by_text("Eerder weg", exact=True).click()
    expect(row(phone, 3).locator("[data-when]")).to_contain_text("Weg om")
    phone.check("register-opened")
    expect_saved(phone)
    [(state, minutes)] = register.marks.values()
    assert (state, minutes in range(70, 91)) == ("left_early", True)


def test_the_other_lessons_stand_in_one_row_on_the_phone(phone: Visitor, register: Register) -> None:
    open_register(phone, register)
    arrows = phone.page.get_by_role("navigation", name="Andere lessen van deze groep").locator("a, strong")
    longest = """all => all.forEach(part => part.childNodes.forEach(node => {
        if (node.nodeType === Node.TEXT_NODE && node.data.trim()) node.data = "ma 26 mei";
    }))"""
    arrows.evaluate_all(longest)
    tops = {round(box["y"] + box["height"] / 2) for part in arrows.all() if (box := part.bounding_box())}
    assert (arrows.count(), len(tops)) == (3, 1)
    phone.check("register-arrows")


def test_the_rest_present(visitor: Visitor, register: Register) -> None:
    open_register(visitor, register)
    button(visitor, 0).click()
    visitor.page.get_by_role("button", name="Zet de rest op aanwezig").click()
    expect_saved(visitor)
    size = visitor.page.locator("[data-row]").count()
    assert counts(visitor) == [size - 1, 1, 0, 0]
    assert register.states == ["absent"] + ["present"] * (size - 1)


def test_who_is_reported_absent_is_proposed_so_and_the_rest_present(visitor: Visitor, register: Register) -> None:
    open_register(visitor, register)
    reported = key_of(visitor, 1)
    register.change(REPORTED, reported)
    visitor.page.reload()
    expect(button(visitor, 1)).to_contain_text("Afgemeld voorstel")
    visitor.check("register-reported")
    visitor.page.get_by_role("button", name="Zet de rest op aanwezig").click()
    expect_saved(visitor)
    size = visitor.page.locator("[data-row]").count()
    assert counts(visitor) == [size - 1, 1, 0, 0]
    assert register.states == ["present"] * (size - 1) + ["reported"]
    assert register.marks[reported] == ("reported", 0)


def test_without_javascript(without_script: Visitor, register: Register) -> None:
    open_register(without_script, register)
    page = without_script.page
    assert page.locator(".with-script").locator("visible=true").count() == 0
    row(without_script, 0).get_by_role("radio", name="Afwezig").check()
    row(without_script, 1).get_by_role("radio", name="Te laat").check()
    page.get_by_role("button", name="Opslaan").click()
    expect(page.locator(".field-error:visible")).to_have_text("Vul in hoeveel minuten: minstens 1.")
    expect(row(without_script, 0).get_by_role("radio", name="Afwezig")).to_be_checked()
    row(without_script, 1).get_by_role("textbox").fill("20")
    page.get_by_role("button", name="Opslaan").click()
    expect(page.locator(".notice-success")).to_contain_text("is opgeslagen")
    keys = [key_of(without_script, number) for number in (0, 1)]
    assert register.marks == {keys[0]: ("absent", 0), keys[1]: ("late", 20)}
    page.get_by_role("button", name="Presentielijst tekenen").click()
    expect(page.locator(".notice-success")).to_contain_text("is getekend")
    assert register.signed


def test_the_plain_form_is_accessible_too(visitor: Visitor, register: Register) -> None:
    visitor.page.route("**/register*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    open_register(visitor, register)
    visitor.check("register-plain")


def test_without_connection_marks_wait_and_go_along_later(visitor: Visitor, register: Register) -> None:
    open_register(visitor, register)
    page, sign = visitor.page, visitor.page.get_by_role("button", name="Presentielijst tekenen")
    page.context.set_offline(True)
    button(visitor, 0).click()
    button(visitor, 1).click()
    trouble = page.locator("[data-trouble=offline]")
    expect(trouble).to_contain_text(re.compile(r"Geen verbinding sinds \d\d:\d\d"))
    expect(trouble).to_contain_text("Nog niet verstuurd: 2.")
    assert page.get_by_text("wacht op verbinding").locator("visible=true").count() == 2
    expect(sign).to_be_disabled()
    visitor.complaints = [found for found in visitor.complaints if "ERR_INTERNET_DISCONNECTED" not in found]
    visitor.check("register-offline")
    button(visitor, 1).click()  # she goes on: late after all
    assert register.marks == {}
    page.context.set_offline(False)
    expect_saved(visitor)
    expect(trouble).to_be_hidden()
    expect(sign).to_be_enabled()
    absent, late = key_of(visitor, 0), key_of(visitor, 1)
    assert {key: state for key, (state, _minutes) in register.marks.items()} == {absent: "absent", late: "late"}
    assert [claim[:2] for claim in sorted(register.claims, key=str)] == sorted([(absent, "absent"), (late, "late")])


def test_an_answer_that_got_lost_is_no_clash_with_oneself(phone: Visitor, register: Register) -> None:
    open_register(phone, register)
    lost: list[int] = []

    def lose_the_answer(route: Route) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    phone.page.route(f"**{register.path}", lose_the_answer)
    key = key_of(phone, 0)
    button(phone, 0).click()
    expect(phone.page.locator("[data-trouble=offline]")).to_be_visible()
    assert (lost, register.marks) == ([200], {key: ("absent", 0)})
    button(phone, 0).click()
    expect_saved(phone)
    expect(button(phone, 0)).to_contain_text("Te laat")
    expect(phone.page.locator("[data-clash]")).to_have_count(0)
    assert [claim[:2] for claim in register.claims] == [(key, "absent"), (key, "late")]


def test_two_teachers_clash_only_where_they_differ(visitor: Visitor, colleague: Visitor, register: Register) -> None:
    open_register(visitor, register)
    open_register(colleague, register, "kees")
    for number in (1, 2):
        button(colleague, number).click()
    expect_saved(colleague)

    page, sign = visitor.page, visitor.page.get_by_role("button", name="Presentielijst tekenen")
    button(visitor, 0).click()
    button(visitor, 1).click()  # absent too: no clash
    for _ in range(3):
        button(visitor, 2).click()
    clash = page.locator("[data-clash]")
    expect(clash).to_have_count(1)
    expect(clash).to_contain_text(re.compile(r"Kees Boateng heeft deze lijst ook gewijzigd, om \d\d:\d\d"))
    assert clash.get_by_role("button").all_inner_texts() == ["Uw merk: afgemeld", "Van Kees Boateng: afwezig"]
    keys = [key_of(visitor, number) for number in (0, 1, 2)]
    assert register.marks == dict.fromkeys(keys, ("absent", 0))
    visitor.check("register-clash")

    sign.click()
    expect(clash.get_by_role("button").first).to_be_focused()
    assert not register.signed
    clash.get_by_role("button").first.click()
    expect(clash).to_have_count(0)
    expect_saved(visitor)
    assert register.marks[keys[2]] == ("reported", 0)
    assert [claim[1] for claim in register.claims if claim[0] == keys[2]] == ["absent", "reported"]


def test_signed_by_somebody_else_meanwhile(desktop: Visitor, colleague: Visitor, register: Register) -> None:
    open_register(desktop, register)
    open_register(colleague, register, "kees")
    colleague.page.get_by_role("button", name="Presentielijst tekenen").click()
    expect(colleague.page.locator(".sign-bar")).to_contain_text("Getekend")
    button(desktop, 0).click()
    refused = desktop.page.locator("[data-trouble=refused]")
    expect(refused).to_contain_text("getekend door Kees Boateng")
    desktop.check("register-refused")
    assert set(register.states) == {"present"}


def test_a_locked_session_keeps_the_marks_on_the_page(visitor: Visitor, register: Register) -> None:
    open_register(visitor, register)
    page, key = visitor.page, key_of(visitor, 0)
    register.change("update kvs_websession set last_seen = now() - interval '2 hours' where user_id is not null")
    button(visitor, 0).click()
    locked = page.locator("[data-trouble=locked]")
    expect(locked).to_be_visible()
    expect(visitor.page.get_by_role("button", name="Presentielijst tekenen")).to_be_disabled()
    expect(button(visitor, 0)).to_contain_text("Afwezig")
    visitor.check("register-locked")
    button(visitor, 1).click()
    with page.expect_popup() as opened:
        locked.get_by_role("link").click()
    other = Visitor(opened.value, visitor.school, visitor.width)
    other.sign_in("marijke")
    page.bring_to_front()
    locked.get_by_role("button", name="Probeer nu").click()
    expect(locked).to_be_hidden()
    expect_saved(visitor)
    assert register.marks == {key: ("absent", 0), key_of(visitor, 1): ("absent", 0)}


def test_what_student_and_teacher_say_may_not_fit(visitor: Visitor, register: Register) -> None:
    open_register(visitor, register)
    visitor.page.get_by_role("button", name="Zet de rest op aanwezig").click()
    expect_saved(visitor)
    register.change(
        "update attendance_mark set student_at = now() where lesson_id = %s and enrolment_id = %s",
        register.key,
        key_of(visitor, 0),
    )
    visitor.page.reload()
    size = visitor.page.locator("[data-row]").count()
    assert counts(visitor) == [size, 0, 0, 1]
    block = row(visitor, 0).locator("[data-mismatch]")
    expect(block).to_be_hidden()
    button(visitor, 0).click()
    expect(block).to_contain_text("Dit klopt niet met elkaar")
    expect(block).to_contain_text("U zegt: afwezig.")
    expect_saved(visitor)
    visitor.check("register-mismatch")
    block.get_by_role("button", name="Toch aanwezig").click()
    expect(block).to_be_hidden()
    expect_saved(visitor)
    assert register.marks[key_of(visitor, 0)] == ("present", 0)


def test_by_keyboard_alone(desktop: Visitor, register: Register) -> None:
    desktop.sign_in("marijke")
    page, press = desktop.page, desktop.page.keyboard.press
    page.goto("/vandaag/")
    page.locator(".skip-link").focus()
    press("Enter")
    link = page.locator(f'a[href="{register.path}"]')
    for _ in range(30):
        press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(GROUP)
    press("2")  # outside the list a digit does nothing
    assert page.locator("[data-proposal]").count() == page.locator("[data-tap]").count() + 1  # the form has one too
    row(desktop, 0).get_by_role("button", name=re.compile("alle keuzes")).focus()
    press("Tab")
    expect(button(desktop, 0)).to_be_focused()
    expect(row(desktop, 0).locator(".row-choices")).to_be_visible()
    desktop.check("register-keyboard")
    press("2")
    for key in ("ArrowDown", "ArrowDown", "5", "z", "4", "ArrowDown", "2", "z", "r"):
        press(key)
    expect(button(desktop, 3)).to_be_focused()
    expect_saved(desktop)
    press("t")
    expect(page.get_by_role("button", name="Presentielijst tekenen")).to_be_focused()
    keys = [key_of(desktop, number) for number in range(page.locator("[data-row]").count())]
    press("Enter")
    expect(page.locator(".sign-bar")).to_contain_text("Getekend")
    away = {keys[0]: ("absent", 0), keys[2]: ("reported", 0)}
    assert register.marks == {key: away.get(key, ("present", 0)) for key in keys}


def test_the_days_have_arrows(desktop: Visitor) -> None:
    desktop.sign_in("marijke")
    desktop.page.goto("/vandaag/?dag=2026-11-24")
    desktop.page.keyboard.press("ArrowRight")
    desktop.page.wait_for_url("**/vandaag/?dag=2026-11-25")
    desktop.page.keyboard.press("ArrowLeft")
    desktop.page.wait_for_url("**/vandaag/?dag=2026-11-24")


def test_the_paper_list_fits_one_page_of_a4(desktop: Visitor, register: Register) -> None:
    desktop.sign_in("marijke")
    desktop.page.goto(f"{register.path}lijst/")
    desktop.check("initials-list")
    fill = "body => { while (body.rows.length < 21) body.insertBefore(body.rows[0].cloneNode(true), body.rows[0]); }"
    desktop.page.locator("tbody").evaluate(fill)
    written = desktop.page.pdf(prefer_css_page_size=True)
    assert re.findall(rb"/Type\s*/Page\b", written) == [b"/Type /Page"]
    assert desktop.width == DESKTOP

"""Teacher and student meet in a lesson: the code on the board, confirmed on the own phone."""

import json
import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.e2e

# The group has one lesson now, given by marijke; three of its students have a PIN. No other lesson is in the way.
PREPARE = """
import datetime as dt
import json
from django.utils import timezone
from attendance.actions.planning import plan_lesson
from attendance.models import Lesson
from kvs import cards
from kvs.models import Role, User
from students.models import Enrolment, Group
desk = User.objects.filter(memberships__role=Role.ADMINISTRATION).first()
group = Group.objects.get(name="NT2 B1 dag 2")
now = timezone.now()
begin, two_hours = now - dt.timedelta(minutes=10), dt.timedelta(hours=2)
Lesson.objects.filter(starts_at__lt=now + two_hours, ends_at__gt=now - two_hours).update(cancelled=True)
teacher = User.objects.get(email="marijke@lindenhof.example")
lesson = plan_lesson(group=group, starts_at=begin, ends_at=begin + dt.timedelta(minutes=90), planned_minutes=90, by=desk,
                     room="1.04", teacher=teacher)
people = []
places = Enrolment.objects.filter(pk__in=lesson.roster().values("pk"), programme__student__user__isnull=False)
for place in places.order_by("pk")[:3]:
    student = place.programme.student
    cards.set_pin(user=student.user, pin="482917", by=desk)
    people.append([student.number, student.call_name or student.given_names or student.surname])
card = cards.issue_card(user=student.user, by=desk)
print("MADE", json.dumps([str(lesson.pk), people, card]))
"""


@dataclass
class Now:
    """A lesson that has begun, three of its students (number, name they are called by), and the card of the last."""

    path: str
    people: list[list[str]]
    card: str


def lesson_now(visitor: Visitor) -> Now:
    key, people, card = json.loads(visitor.school.made(PREPARE))
    return Now(f"/lessen/{key}/", people, card)


def type_pin(visitor: Visitor, number: str) -> None:
    visitor.page.get_by_label("Uw nummer").fill(number)
    visitor.page.get_by_label("Uw pincode").press_sequentially("482917")


def test_the_code_of_the_board_is_typed(visitor: Visitor, colleague: Visitor) -> None:
    now = lesson_now(visitor)
    colleague.sign_in("marijke")
    colleague.page.goto(now.path)
    colleague.page.get_by_role("link", name="Code op het bord").click()
    expect(colleague.page.get_by_text("Nieuwe code over")).to_be_visible()
    colleague.check("board")
    digits = colleague.page.locator(".board-digits").inner_text()

    page = visitor.page
    page.goto("/mijn/les/")
    type_pin(visitor, now.people[0][0])
    page.wait_for_url("**/mijn/les/")
    page.get_by_text("Code op het bord").click()
    page.get_by_label("Typ de code van het bord").fill("000 00")
    page.get_by_role("button", name="Ik ben er").click()
    expect(page.get_by_text("De code op het bord heeft 6 cijfers.")).to_be_visible()
    visitor.check("confirm-wrong-code")
    page.get_by_label("Typ de code van het bord").fill(digits)
    page.get_by_role("button", name="Ik ben er").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("U bent er")
    visitor.check("confirm-by-code")
    # Nobody reloads the board: it asks for itself.
    expect(colleague.page.locator("#board-people")).to_contain_text(now.people[0][1], timeout=15_000)


def test_the_code_of_the_board_is_scanned_before_signing_in(visitor: Visitor, colleague: Visitor) -> None:
    now = lesson_now(visitor)
    colleague.sign_in("marijke")
    colleague.page.goto(f"{now.path}bord/")
    digits = colleague.page.locator(".board-digits").inner_text().replace(" ", "")
    colleague.page.goto(f"{now.path}lijst/")
    code = re.sub(r"\W", "", colleague.page.locator(".code strong").first.inner_text())

    visitor.page.goto(f"/mijn/les/#{code}-{digits}")
    type_pin(visitor, now.people[1][0])
    visitor.page.wait_for_url("**/mijn/les/")
    expect(visitor.page.get_by_text("De code is gescand.")).to_be_visible()
    visitor.check("confirm-scanned")
    assert "#" not in visitor.page.url
    visitor.page.get_by_role("button", name="Ik ben er").click()

    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("U bent er")


def test_the_board_without_a_script(without_script: Visitor) -> None:
    now = lesson_now(without_script)
    without_script.sign_in("marijke")
    without_script.page.goto(f"{now.path}bord/")

    expect(without_script.page.locator(".board-digits")).to_be_visible()
    expect(without_script.page.get_by_role("link", name="Nieuwste code tonen")).to_be_visible()


def test_the_register_hears_of_a_confirmation(visitor: Visitor, colleague: Visitor) -> None:
    now = lesson_now(visitor)
    visitor.sign_in("marijke")
    visitor.page.goto(now.path)
    count = visitor.page.locator("[data-count=confirmed]")
    expect(count).to_have_text("0")
    chosen = visitor.page.locator("[data-row]").last.locator("[data-tap]")
    chosen.click()
    expect(chosen).to_have_attribute("data-state", "absent")

    colleague.page.goto("/mijn/les/")
    type_pin(colleague, now.people[2][0])
    colleague.page.get_by_role("button", name="Ik ben er").click()
    expect(colleague.page.get_by_role("heading", level=1)).to_have_text("U bent er")

    expect(count).to_have_text("1", timeout=15_000)
    expect(visitor.page.locator(".row-evidence [data-at]")).to_have_count(1)
    expect(chosen).to_have_attribute("data-state", "absent")
    visitor.check("register-live")
    visitor.page.goto(f"{now.path}bord/")
    visitor.check("board-of-teacher")


REPORT_ABSENT = """
import json
from django.utils import timezone
from attendance.models import AbsenceReport
from students.models import Enrolment, Student
from kvs.models import User
student = Student.objects.get(number="{number}")
AbsenceReport.objects.filter(student=student).delete()
desk = User.objects.get(email="ineke@lindenhof.example")
AbsenceReport.objects.create(student=student, starts_at=timezone.now() - timezone.timedelta(hours=1), party="office",
                             status="approved", by_audit_id=desk.audit_id)
place = Enrolment.objects.active_on(timezone.localdate()).get(programme__student=student, group__name="NT2 B1 dag 2")
print("MADE", json.dumps(str(place.pk)))
"""


def test_a_proposal_of_absence_becomes_present_when_the_student_confirms(visitor: Visitor, colleague: Visitor) -> None:
    now = lesson_now(visitor)
    number = now.people[0][0]
    place = json.loads(visitor.school.made(REPORT_ABSENT.format(number=number)))
    visitor.sign_in("marijke")
    page = visitor.page
    page.goto(now.path)
    row = page.locator(f"#line-{place}")
    state, open_rows = row.locator("[data-tap]"), int(page.locator("[data-count=open]").inner_text())
    expect(state).to_contain_text("Afgemeld voorstel")

    colleague.page.goto("/mijn/les/")
    type_pin(colleague, number)
    colleague.page.get_by_role("button", name="Ik ben er").click()
    expect(colleague.page.get_by_role("heading", level=1)).to_have_text("U bent er")

    expect(row.locator("[data-at]")).to_be_visible(timeout=15_000)
    expect(state).to_have_attribute("data-state", "present")
    expect(state).not_to_have_attribute("data-proposal", "")
    expect(row.locator("[data-reported]")).to_be_visible()
    expect(page.locator("[data-count=open]")).to_have_text(str(open_rows - 1))
    expect(page.locator("[data-count=present]")).to_have_text("1")
    state.click()  # to absent: the contradiction shows at once, with who and when
    notice = row.locator("[data-mismatch]")
    expect(notice).to_contain_text("zei om")
    expect(notice).to_contain_text("U zegt: afwezig.")
    assert place in (notice.get_by_role("link").get_attribute("href") or "")
    visitor.check("register-live-mismatch")


def test_what_the_teacher_chose_and_could_not_send_stays(visitor: Visitor, colleague: Visitor) -> None:
    now = lesson_now(visitor)
    number = now.people[0][0]
    place = json.loads(visitor.school.made(REPORT_ABSENT.format(number=number)))
    visitor.sign_in("marijke")
    page = visitor.page
    page.goto(now.path)
    page.route(f"**{now.path}", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    state = page.locator(f"#line-{place} [data-tap]")
    page.locator(f"#line-{place} [data-open]").click()
    page.locator(f"#line-{place} .row-choices label", has_text="Afwezig").click()
    expect(state).to_have_attribute("data-state", "absent")

    colleague.page.goto("/mijn/les/")
    type_pin(colleague, number)
    colleague.page.get_by_role("button", name="Ik ben er").click()

    expect(page.locator(f"#line-{place} [data-at]")).to_be_visible(timeout=15_000)
    expect(state).to_have_attribute("data-state", "absent")
    expect(page.locator(f"#line-{place} [data-mismatch]")).to_contain_text("U zegt: afwezig.")
    expect(page.locator("[data-trouble=offline]")).to_be_visible()
    page.unroute_all()


def test_the_class_tablet(visitor: Visitor) -> None:
    now = lesson_now(visitor)
    page = visitor.page
    visitor.sign_in("marijke")
    page.goto(now.path)
    page.get_by_role("link", name="Klastablet").click()
    visitor.check("tablet-open")
    page.get_by_role("button", name="Maak dit apparaat de klastablet").click()
    page.wait_for_url("**/klastablet/")
    visitor.check("tablet")

    type_pin(visitor, now.people[0][0])  # the sixth digit sends
    expect(page.get_by_text(f"{now.people[0][1]}, u bent er.")).to_be_visible()
    expect(page.get_by_label("Uw nummer")).to_have_value("")
    visitor.check("tablet-confirmed")
    page.get_by_label("Uw nummer").fill(now.people[1][0])
    page.get_by_label("Uw pincode").press_sequentially("111222")
    expect(page.locator(".error-summary")).to_be_visible()
    visitor.check("tablet-wrong-pin")
    page.get_by_role("button", name="Opnieuw beginnen").click()
    page.goto(now.path)
    page.wait_for_url("**/klastablet/")  # there is nothing else on it

    name = now.people[2][1]
    page.goto(f"/kaart/#{now.card}")  # what the camera of the tablet opens
    expect(page.get_by_text(f"Hallo {name}. Typ uw pincode.")).to_be_visible()
    visitor.check("tablet-card")
    page.get_by_role("button", name="Opnieuw beginnen").click()
    page.get_by_label("Uw nummer").press_sequentially(f"{visitor.school.url}/kaart/#{now.card}")  # a reader types
    page.get_by_label("Uw nummer").press("Enter")
    page.get_by_label("Uw pincode").press_sequentially("482917")
    expect(page.get_by_text(f"{name}, u bent er.")).to_be_visible()

    page.get_by_role("button", name="Docent: tablet sluiten").click()
    page.wait_for_url("**/aanmelden/")

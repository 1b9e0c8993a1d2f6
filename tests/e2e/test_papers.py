"""Proof on paper and of lessons online: the list of the week goes out and comes back as a scan, a picture of the screen
comes in with who is in it.
"""

import io
import json
import re
from dataclasses import dataclass

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, expect

from tests.e2e.conftest import REGION, Visitor

pytestmark = pytest.mark.e2e

# Two signed lessons of marijke, each with somebody marked absent: one on paper, and one that was online.
PREPARE = """
import json
from attendance.models import Lesson, LessonEvidence, LessonScan, Mark
# Other journeys in this school cancel what stands in their way, signed or not.
signed = Lesson.objects.filter(teacher__email="marijke@lindenhof.example", register__signed_at__isnull=False, cancelled=False)
free = signed.filter(group__name="NT2 B1 dag 2", marks__state="absent").distinct().order_by("-starts_at")
paper, online = free.exclude(scans__isnull=False).exclude(evidence__isnull=False)[:2]
Lesson.objects.filter(pk=online.pk).update(delivery="online")
def names(lesson, states):
    marks = Mark.objects.filter(lesson=lesson, state__in=states).select_related("enrolment__programme__student")
    return sorted(mark.enrolment.programme.student.full_name for mark in marks)
there = ["present", "late", "left_early"]
day = paper.day.isocalendar()
found = {"paper": str(paper.pk), "code": paper.code, "group": str(paper.group_id), "week": f"{day.year}-W{day.week:02d}"}
found |= {"there": names(paper, there), "absent": names(paper, ["absent"])}
print("MADE", json.dumps(found | {"online": str(online.pk), "online_there": names(online, there)}))
"""


@dataclass
class Proof:
    """What was prepared: keys of lessons and group, the code of the one on paper, and names."""

    paper: str
    code: str
    group: str
    week: str
    there: list[str]
    absent: list[str]
    online: str
    online_there: list[str]


def prepared(visitor: Visitor) -> Proof:
    return Proof(**json.loads(visitor.school.made(PREPARE)))


def photo(name: str) -> FilePayload:
    """A photo of a telephone, as large as they are."""
    made = io.BytesIO()
    picture = Image.new("RGB", (1600, 2200), "#f6f4ee")
    ImageDraw.Draw(picture).rectangle((200, 300, 1400, 1900), outline="#23408f", width=8)
    picture.save(made, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": made.getvalue()}


def test_the_list_of_the_week_goes_out_and_comes_back(visitor: Visitor) -> None:
    proof, page = prepared(visitor), visitor.page
    visitor.sign_in("marijke")
    page.goto(f"/groepen/{proof.group}/weeklijst/?week={proof.week}")
    printed = f"{proof.code[:4]}-{proof.code[4:]}"
    expect(page.locator(".lesson .code strong").filter(has_text=printed)).to_have_count(1)
    expect(page.locator("tbody th").filter(has_text=proof.absent[0])).to_have_count(1)
    visitor.check("week-list", *REGION)
    page.goto(f"/lessen/{proof.paper}/lijst/")
    visitor.check("initials-list", *REGION)

    page.goto("/vandaag/")
    page.get_by_role("link", name="Scans", exact=True).click()
    page.get_by_label("Scans of foto's").set_input_files([photo("IMG_0001.jpg")])
    page.get_by_role("button", name="Opsturen").click()
    expect(page.get_by_text("1 scan is binnen.")).to_be_visible()
    page.get_by_label("Lescode").fill("AAAA-AAAA")
    page.get_by_role("button", name="Bij de lessen zetten").click()
    expect(page.locator(".field-error, .invalid-feedback").first).to_be_visible()
    visitor.check("scan-wrong-code")
    page.get_by_label("Lescode").fill(printed.lower())
    page.get_by_role("button", name="Bij de lessen zetten").click()
    expect(page.get_by_text("1 scan staat bij zijn les.")).to_be_visible()
    visitor.check("scans")


def test_who_put_initials_stands_beside_the_register(visitor: Visitor) -> None:
    proof, page = prepared(visitor), visitor.page
    visitor.sign_in("marijke")
    page.goto(f"/lessen/{proof.paper}/")
    page.get_by_role("link", name="Scan van de lijst toevoegen").click()
    page.get_by_label("Scan of foto").set_input_files(photo("lijst.jpg"))
    visitor.check("scan-of-lesson")
    page.get_by_role("button", name="Opsturen").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Wie heeft geparafeerd?")
    assert page.locator("img.scan-picture").evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 1000
    for name in (*proof.there, *proof.absent):
        expect(page.get_by_label(name, exact=True)).not_to_be_checked()
    page.get_by_role("button", name="Alles aanvinken").click()
    for name in (proof.there[0], *proof.absent):
        page.get_by_label(name, exact=True).uncheck()
    visitor.check("initials")
    page.get_by_role("button", name="Parafen bewaren").click()

    page.wait_for_url(f"**/lessen/{proof.paper}/")
    expect(page.locator(".papers img.scan-picture")).to_be_visible()
    for name in (*proof.there[1:], *proof.absent):  # their own word, or the paper; without a tick neither
        row = page.locator(".register-row").filter(has=page.get_by_role("link", name=name, exact=True))
        proven = row.locator(".row-evidence").get_by_text(re.compile(r"^\s*(bevestigd|papier)"))
        expect(proven).to_have_count(0 if name in proof.absent else 1)
    visitor.check("register-with-paper")


def test_a_picture_of_an_online_lesson_is_seen_by_the_office_only(visitor: Visitor, colleague: Visitor) -> None:
    proof, page = prepared(visitor), visitor.page
    visitor.sign_in("marijke")
    page.goto(f"/lessen/{proof.online}/")
    page.get_by_role("link", name="Bewijs van een online les").click()
    page.get_by_role("radio", name="schermafdruk").check()
    page.get_by_label("Schermafdruk of logboek").set_input_files(photo("scherm.jpg"))
    for name in proof.online_there:
        expect(page.get_by_label(name, exact=True)).to_be_checked()
    page.get_by_label(proof.online_there[0], exact=True).uncheck()
    visitor.check("online-proof-form")
    page.get_by_role("button", name="Opsturen").click()
    line = page.locator(".table-list tbody tr")
    expect(line.locator("td").nth(1)).to_have_text(str(len(proof.online_there) - 1))
    expect(line.locator("td").nth(3)).to_have_text("alleen administratie en coördinator")
    visitor.check("online-proof-sent")

    colleague.sign_in("ineke")
    colleague.page.goto(f"/lessen/{proof.online}/online/")
    colleague.check("online-proof-office")
    with colleague.page.expect_download() as found:
        colleague.page.get_by_role("link", name=re.compile("^Openen schermafdruk")).click()
    with Image.open(found.value.path()) as picture:
        assert picture.format == "JPEG"

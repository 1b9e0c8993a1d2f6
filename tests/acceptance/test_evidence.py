"""Acceptance (section 6 of issue 4): 20 students, 18 confirm, 1 does not, 1 confirms and is marked absent. The teacher signs,
the next day a coordinator corrects one, and then somebody changes minutes past KVS. Through real pages.
"""

import datetime as dt
import html
import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from attendance.hours import lesson_lines, total
from attendance.models import PROVEN, Lesson, Mark
from kvs.models import Location, User
from students.actions import open_account
from students.models import Enrolment, Group
from tests.factories import make_group, make_lesson, make_student, place, teach
from tests.people import Browser, signed_in

pytestmark = pytest.mark.django_db


@dataclass
class Class:
    """Twenty students in the order of the register, and their lesson of 90 minutes that began half an hour ago."""

    group: Group
    places: list[Enrolment]
    accounts: list[User]
    lesson: Lesson
    teacher: Browser

    def register(self) -> str:
        return reverse("attendance:register", args=[self.lesson.pk])

    def row(self, number: int, reader: Browser) -> str:
        """What the register says of one student."""
        page = reader.get(self.register()).content.decode()
        start = page.index(f'id="line-{self.places[number].pk}"')
        found = re.match(r".*?</li>", page[start:], flags=re.DOTALL)
        assert found
        return words(found[0])


def words(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL))))


NOT_CONFIRMED, CONTRADICTED, CORRECTED, FORGED = 18, 19, 3, 5


@pytest.fixture
def twenty(north: Location, ineke: User, anna: User) -> Class:
    """Everybody but number 18 confirms in the own portal; the teacher marks 19 absent, the rest present, and signs."""
    group = make_group(north, ineke, name="NT2 A2 ochtend")
    teach(anna, group, ineke)
    students = [make_student(north, ineke, call_name=f"Cursist{number:02}", surname="Jansen") for number in range(20)]
    places = [place(student, group, ineke) for student in students]
    accounts = [open_account(student=student, by=ineke) for student in students]
    made = Class(group, places, accounts, make_lesson(group, ineke), signed_in(anna))
    for number, account in enumerate(accounts):
        if number != NOT_CONFIRMED:
            answer = signed_in(account).post(reverse("attendance:confirm"), {"lesson": str(made.lesson.pk)})
            assert answer.status_code == 302
    posted: dict[str, Any] = {"action": "sign"}
    for number, enrolment in enumerate(places):
        known = Mark.objects.filter(enrolment=enrolment).first()
        posted |= {
            f"{enrolment.pk}-state": "absent" if number == CONTRADICTED else "present",
            f"{enrolment.pk}-version": known.version if known else 0,
        }
    assert made.teacher.post(made.register(), posted).status_code == 302
    return made


def verify(capsys: pytest.CaptureFixture[str]) -> str:
    """What `verify_registers` prints. Raises CommandError when a register does not fit: exit code 1."""
    capsys.readouterr()
    call_command("verify_registers")
    return capsys.readouterr().out


def test_the_register_that_passes_an_audit(
    twenty: Class, anna: User, bram: User, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher = twenty.teacher
    evidence = [mark.evidence for mark in Mark.objects.order_by("enrolment__programme__student__sort_key")]
    there = Mark.objects.filter(minutes_attended__gt=0)
    assert (there.filter(PROVEN).count(), there.count()) == (18, 19)
    assert evidence[NOT_CONFIRMED] == "teacher"
    shown = twenty.row(NOT_CONFIRMED, teacher)
    assert "alleen docent" in shown
    assert "bevestigd" not in shown.replace("nog niet bevestigd", "")
    assert sum("bevestigd" in twenty.row(number, teacher) for number in range(18)) == 18
    sums = total(lesson_lines([each.programme for each in twenty.places], timezone.localdate()))
    assert (sums.offered, sums.attended, sums.proven) == (20 * 90, 19 * 90, 18 * 90)

    shown = twenty.row(CONTRADICTED, teacher)
    assert "Dit klopt niet met elkaar" in shown
    assert re.search(r"Cursist19 Jansen zei om \d\d:\d\d: “Ik ben er”\. De docent zegt: afwezig", shown)
    missing = words(teacher.get(reverse("attendance:without_evidence")).content.decode())
    assert "NT2 A2 ochtend 1 19 1 1" in missing
    assert verify(capsys).startswith("1 signed registers ")

    tomorrow = timezone.now() + dt.timedelta(days=1)
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", lambda: tomorrow)
        corrected(twenty, bram, anna)
    assert verify(capsys).startswith("1 signed registers ")

    with connection.cursor() as cursor:
        cursor.execute("UPDATE attendance_mark SET minutes_attended = 45 WHERE enrolment_id = %s", [twenty.places[FORGED].pk])
    with pytest.raises(CommandError) as problem:
        verify(capsys)
    assert problem.value.returncode == 1
    assert str(twenty.lesson.pk) in capsys.readouterr().out


def corrected(twenty: Class, bram: User, anna: User) -> None:
    """The next day: the coordinator says that number 3 came 20 minutes late. Both stay to be read, by the teacher too."""
    browser, place = signed_in(bram), twenty.places[CORRECTED]
    address = reverse("attendance:correct", args=[twenty.lesson.pk, place.pk])
    page = browser.get(address)
    version = page.context["form"]["version"].value()
    said = {"state": "late", "minutes": "20", "reason": "times", "remark": "", "version": version}
    assert browser.post(address, said).status_code == 302
    mark = Mark.objects.get(enrolment=place)
    assert (mark.state, mark.minutes_attended, mark.evidence) == ("late", 70, "both")
    day = timezone.localtime(timezone.now())
    for reader in (browser, signed_in(anna)):
        shown = twenty.row(CORRECTED, reader)
        assert f"Correctie {day.day} " in shown
        assert f"door {bram.full_name} (coördinator): eerst aanwezig, daarna te laat (20 min)." in shown
        assert "Reden: kwam of vertrok op een ander tijdstip." in shown
    sums = total(lesson_lines([place.programme], timezone.localdate()))
    assert (sums.offered, sums.attended, sums.proven) == (90, 70, 70)

"""Pages past signing: who may, what stays visible for ever, and what lacks evidence."""

import datetime as dt
import html
import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from attendance.actions import Row, confirm_presence, save_register, sign_register
from attendance.actions.corrections import correct_mark, establish_register
from attendance.actions.seal import verify_register
from attendance.models import Claim, Correction, Lesson, Mark, Register
from kvs.models import AccessEvent, Location, Role, User
from students.models import Enrolment, Group
from tests.attendance.test_actions import student_account
from tests.attendance.test_corrections import all_rows
from tests.factories import make_lesson, make_student, place, staff
from tests.people import signed_in

pytestmark = pytest.mark.django_db


def url(name: str, lesson: Lesson, enrolment: Enrolment | None = None) -> str:
    return reverse(f"attendance:{name}", args=[lesson.pk, *([enrolment.pk] if enrolment else [])])


def text(answer: Any) -> str:
    """The words of a page."""
    page = re.sub(r"<(script|style|svg).*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.fixture
def signed(lesson: Lesson, places: list[Enrolment], anna: User) -> Lesson:
    """Abdi is absent, Chen present by Anna's word alone, Olena confirmed and is absent by Anna's word."""
    confirm_presence(lesson=lesson, student=places[2].programme.student, by=student_account(places[2]))
    rows = [Row(places[0].pk, "absent"), Row(places[1].pk, "present"), Row(places[2].pk, "absent", 0, 1)]
    sign_register(lesson=lesson, rows=rows, by=anna)
    return lesson


CORRECTED = {"state": "present", "minutes": "", "reason": "seen", "remark": "Zat in 1.05", "version": "1"}


# --- correcting


@pytest.mark.parametrize(("who", "page"), [("bram", 200), ("ineke", 200), ("anna", 403), ("dana", 403), ("chris", 403)])
def test_who_corrects(who: str, page: int, signed: Lesson, places: list[Enrolment], request: pytest.FixtureRequest) -> None:
    browser, address = signed_in(request.getfixturevalue(who)), url("correct", signed, places[0])

    assert browser.get(address).status_code == page
    assert browser.post(address, CORRECTED).status_code == (302 if page == 200 else page)
    assert Correction.objects.count() == (page == 200)


def test_strangers_change_no_signed_register(
    signed: Lesson, places: list[Enrolment], south: Location, chris: User, request: pytest.FixtureRequest
) -> None:
    stranger = signed_in(office_at(south, Role.COORDINATOR))

    assert stranger.post(url("correct", signed, places[0]), CORRECTED).status_code == 404
    assert stranger.post(url("keep_away", signed, places[2]), {"reason": "went"}).status_code == 404
    assert stranger.post(url("establish", signed), {}).status_code == 404
    assert signed_in(chris).post(url("came", signed), {"enrolment": str(places[0].pk)}).status_code == 404
    assert not Correction.objects.exists()
    assert not Claim.objects.exclude(reason="").exists()


def office_at(location: Location, role: Role) -> User:
    return staff(role, location, email=f"{uuid.uuid4().hex}@voorbeeld.test")


def test_the_register_shows_both_for_ever(signed: Lesson, places: list[Enrolment], anna: User, bram: User) -> None:
    signed_in(bram).post(url("correct", signed, places[0]), CORRECTED)

    for reader in (anna, bram):
        shown = text(signed_in(reader).get(url("register", signed)))
        assert f"door {bram.full_name} (coördinator): eerst afwezig, daarna aanwezig." in shown
        assert "Reden: was er wel: de docent of de groep heeft het gezien. “Zat in 1.05”" in shown
    again = CORRECTED | {"state": "absent", "reason": "not_seen", "version": "2"}
    signed_in(bram).post(url("correct", signed, places[0]), again)
    shown = text(signed_in(anna).get(url("register", signed)))
    assert shown.count("Correctie") == 2
    assert verify_register(signed)


def test_what_was_typed_stays_with_a_sentence(signed: Lesson, places: list[Enrolment], bram: User) -> None:
    answer = signed_in(bram).post(url("correct", signed, places[0]), CORRECTED | {"state": "late", "minutes": "abc"})

    assert answer.status_code == 422
    assert "Vul de minuten in als heel getal" in text(answer)
    assert 'value="Zat in 1.05"' in answer.content.decode()
    answer = signed_in(bram).post(url("correct", signed, places[0]), CORRECTED | {"version": "9"})
    assert "intussen gewijzigd" in text(answer)


def test_opening_the_form_is_logged(signed: Lesson, places: list[Enrolment], bram: User) -> None:
    signed_in(bram).get(url("correct", signed, places[0]))

    seen = AccessEvent.objects.filter(viewer_audit_id=bram.audit_id)
    assert places[0].programme.student.audit_id in set(seen.values_list("subject_audit_id", flat=True))


def test_unsigned_cannot_be_corrected(lesson: Lesson, places: list[Enrolment], anna: User, bram: User) -> None:
    save_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=anna)

    answer = signed_in(bram).post(url("correct", lesson, places[0]), CORRECTED)

    assert (answer.status_code, "niet getekend" in text(answer)) == (422, True)
    assert "Corrigeren" not in text(signed_in(bram).get(url("register", lesson)))


# --- the late comer


def test_one_tap_and_no_more(signed: Lesson, places: list[Enrolment], anna: User) -> None:
    browser = signed_in(anna)
    assert "Toch gekomen" in text(browser.get(url("register", signed)))

    shown = text(browser.post(url("came", signed), {"enrolment": str(places[0].pk)}, follow=True))

    mark = Mark.objects.get(enrolment=places[0])
    assert (mark.state, 30 <= mark.minutes_missed <= 32) == ("late", True)
    assert f"te laat, {mark.minutes_missed} min." in shown
    assert f"door {anna.full_name} (docent): eerst afwezig, daarna te laat" in shown
    shown = text(browser.post(url("came", signed), {"enrolment": str(places[0].pk)}, follow=True))
    assert "staat al als aanwezig" in shown
    for wrong in ("", "x", str(uuid.uuid4())):
        assert browser.post(url("came", signed), {"enrolment": wrong}).status_code == 404


def test_the_next_day_the_teacher_has_no_such_tap(group: Group, places: list[Enrolment], anna: User, ineke: User) -> None:
    lesson = make_lesson(group, ineke, starts_at=timezone.now() - dt.timedelta(days=1))
    sign_register(lesson=lesson, rows=[Row(places[0].pk, "absent")], by=anna)

    assert "Toch gekomen" not in text(signed_in(anna).get(url("register", lesson)))
    shown = text(signed_in(anna).post(url("came", lesson), {"enrolment": str(places[0].pk)}, follow=True))
    assert "De les is voorbij" in shown
    assert not Correction.objects.exists()


# --- what does not fit together


def test_the_teacher_decides_before_signing(lesson: Lesson, places: list[Enrolment], anna: User, bram: User) -> None:
    confirm_presence(lesson=lesson, student=places[2].programme.student, by=student_account(places[2]))
    save_register(lesson=lesson, rows=[Row(places[2].pk, "absent", 0, 1)], by=anna)
    browser, address = signed_in(anna), url("keep_away", lesson, places[2])
    assert "Olena Marchenko zei om" in text(browser.get(url("register", lesson)))
    assert signed_in(bram).get(address).status_code == 404

    assert browser.post(address, {"reason": ""}).status_code == 422
    shown = text(browser.post(address, {"reason": "went"}, follow=True))

    assert "Olena Marchenko zei om" not in shown
    assert "Blijft afwezig" in shown
    assert "Reden: bevestigde en ging meteen weer weg." in shown
    assert "Er is niets te beslissen" in text(browser.get(address, follow=True))


def test_after_signing_it_is_the_office(signed: Lesson, places: list[Enrolment], anna: User, bram: User) -> None:
    address = url("keep_away", signed, places[2])
    assert signed_in(anna).get(address).status_code == 404

    assert signed_in(bram).post(address, {"reason": "not_seen"}).status_code == 302
    assert not Mark.objects.mismatched().exists()


# --- established


@pytest.fixture
def over(group: Group, places: list[Enrolment], anna: User, ineke: User) -> Lesson:
    made = make_lesson(group, ineke, starts_at=timezone.now() - dt.timedelta(days=1))
    save_register(lesson=made, rows=[Row(places[0].pk, "absent")], by=anna)
    return made


def test_established_shows_nowhere_as_signed(over: Lesson, places: list[Enrolment], anna: User, bram: User) -> None:
    browser = signed_in(bram)
    assert url("establish", over) in browser.get(url("register", over)).content.decode()
    states = zip(places, ("absent", "present", "present"), (1, 0, 0), strict=True)
    typed = {
        f"{each.pk}-{name}": value for each, state, version in states for name, value in (("state", state), ("version", version))
    }
    missing = {name: value for name, value in typed.items() if not name.startswith(str(places[1].pk))}
    answer = browser.post(url("establish", over), missing)
    assert (answer.status_code, "Kies wat deze cursist was" in text(answer)) == (422, True)

    shown = text(browser.post(url("establish", over), typed, follow=True))

    who = f"Vastgesteld door {bram.full_name}, coördinator"
    assert who in shown
    shown = text(signed_in(anna).get(url("register", over)))
    assert (who in shown, "Getekend" in shown) == (True, False)
    shown = text(signed_in(anna).get(reverse("attendance:today") + f"?dag={over.day:%Y-%m-%d}"))
    assert ("Vastgesteld door de coördinator" in shown, "Getekend" in shown) == (True, False)
    shown = text(browser.get(reverse("attendance:group_lessons", args=[over.group_id]) + f"?maand={over.day:%Y-%m}"))
    assert "vastgesteld door de coördinator" in shown
    assert "getekend" not in shown.replace("niet getekend", "")


@pytest.mark.parametrize(("who", "code"), [("ineke", 403), ("anna", 403), ("chris", 403), ("bram", 200)])
def test_who_establishes(who: str, code: int, over: Lesson, request: pytest.FixtureRequest) -> None:
    browser = signed_in(request.getfixturevalue(who))

    assert browser.get(url("establish", over)).status_code == code
    answer = browser.post(url("establish", over), {})
    assert answer.status_code == (422 if code == 200 else code)
    assert not Register.objects.get(lesson=over).signed_at


def test_a_running_lesson_says_why_not(lesson: Lesson, places: list[Enrolment], bram: User) -> None:
    browser = signed_in(bram)

    assert url("establish", lesson) not in browser.get(url("register", lesson)).content.decode()
    assert "nog niet voorbij" in text(browser.get(url("establish", lesson)))


# --- without evidence


def listed(who: User, group: Group | None = None, month: str = "") -> str:
    asked = {"maand": month} | ({"groep": str(group.pk)} if group else {})
    answer = signed_in(who).get(reverse("attendance:without_evidence"), asked)
    assert answer.status_code == 200
    return text(answer)


def test_what_is_missing_by_group_and_by_lesson(
    signed: Lesson, group: Group, places: list[Enrolment], anna: User, bram: User, ineke: User
) -> None:
    for reader in (anna, bram, ineke):
        assert f"{group.name} 1 1 1 1" in listed(reader)
        shown = listed(reader, group)
        assert "Chen Meiling alleen docent" in shown
        assert "Olena Marchenko bevestigde om" in shown
        assert "Abdi" not in shown


def test_proof_and_reasons_empty_the_list(signed: Lesson, group: Group, places: list[Enrolment], anna: User, bram: User) -> None:
    Mark.objects.filter(enrolment=places[1]).update(paper_at=timezone.now())
    correct_mark(lesson=signed, row=Row(places[2].pk, "present", 0, 2), reason="seen", by=bram)
    assert "Olena Marchenko alleen cursist" in listed(anna, group)
    correct_mark(lesson=signed, row=Row(places[2].pk, "absent", 0, 3), reason="not_seen", by=bram)

    assert "Er ontbreekt niets" in listed(anna, group)
    assert f"{group.name} 1 1 0 0" in listed(anna)


def test_established_presence_lacks_evidence(over: Lesson, group: Group, places: list[Enrolment], bram: User) -> None:
    establish_register(lesson=over, rows=all_rows(places, "absent", "present", "present"), by=bram)

    assert "Chen Meiling geen bewijs" in listed(bram, group, f"{over.day:%Y-%m}")


def test_strangers_see_nothing_of_it(signed: Lesson, group: Group, chris: User, south: Location) -> None:
    for stranger in (chris, office_at(south, Role.COORDINATOR)):
        browser = signed_in(stranger)
        assert group.name not in text(browser.get(reverse("attendance:without_evidence")))
        assert browser.get(reverse("attendance:without_evidence"), {"groep": str(group.pk)}).status_code == 404


@pytest.mark.parametrize("asked", [{"groep": "x"}, {"groep": str(uuid.uuid4())}])
def test_an_unknown_group(asked: dict[str, str], signed: Lesson, bram: User) -> None:
    assert signed_in(bram).get(reverse("attendance:without_evidence"), asked).status_code == 404


def test_constant_queries(signed: Lesson, group: Group, places: list[Enrolment], bram: User, ineke: User, anna: User) -> None:
    def numbers() -> list[int]:
        found = []
        for address in (url("register", signed), reverse("attendance:without_evidence"), listing):
            browser.get(address)
            with CaptureQueriesContext(connection) as seen:
                browser.get(address)
            found.append(len(seen))
        return found

    browser, listing = signed_in(bram), reverse("attendance:without_evidence") + f"?groep={group.pk}"
    correct_mark(lesson=signed, row=Row(places[0].pk, "present", 0, 1), reason="seen", by=bram)
    for hours in (3, 6):
        earlier = make_lesson(group, ineke, starts_at=signed.starts_at - dt.timedelta(hours=hours))
        sign_register(lesson=earlier, rows=[], by=anna)
    before = numbers()
    for number in range(4):
        late = place(make_student(group.location, ineke, call_name=f"Nieuw{number}"), group, ineke)
        correct_mark(lesson=signed, row=Row(late.pk, "present"), reason="seen", by=(bram, ineke)[number % 2])
    other = make_lesson(group, ineke, starts_at=signed.starts_at - dt.timedelta(hours=9))
    sign_register(lesson=other, rows=[], by=anna)

    assert numbers() == before

"""Pictures and logs of a lesson online: taken in with who is in them, two roles look, and they go in time (policy B 3.1.10)."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from attendance.actions import Row, save_register
from attendance.actions.evidence import add_evidence
from attendance.models import Lesson, LessonEvidence
from kvs.files import open_file
from kvs.models import AccessEvent, Location, Role, SealedFile, SealedFilePerson, User
from privacy.actions.erasure import set_hold
from privacy.actions.restrictions import object_to, restrict
from privacy.actions.retention import change_period, forget_old
from students.models import Enrolment, Group
from tests.attendance.test_actions import student_account
from tests.attendance.test_views import page
from tests.factories import make_lesson, picture, staff
from tests.people import signed_in
from tests.privacy.erasing import erase

pytestmark = pytest.mark.django_db
LOG = "Naam;Kwam;Ging\r\nAbdi Warsame;09:01;10:30\r\n"


@pytest.fixture
def online(group: Group, places: list[Enrolment], ineke: User) -> Lesson:
    """A lesson online that began half an hour ago."""
    return make_lesson(group, ineke, delivery="online")


def shown(lesson: Lesson, by: User, *people: Enrolment, kind: str = "screenshot", content: bytes = b"") -> LessonEvidence:
    return add_evidence(lesson=lesson, kind=kind, content=content or picture(), enrolments=[place.pk for place in people], by=by)


def send(user: User, lesson: Lesson, *people: Enrolment, kind: str = "screenshot", content: bytes = b"") -> Any:
    file = SimpleUploadedFile("les.png", content or picture(kind="PNG"))
    sent = {"kind": kind, "file": file, "people": [str(place.pk) for place in people]}
    return signed_in(user).post(reverse("attendance:evidence", args=[lesson.pk]), sent)


def address(row: LessonEvidence, name: str = "evidence_file") -> str:
    return reverse(f"attendance:{name}", args=[row.pk])


# --- in


def test_a_teacher_sends_up_a_picture_with_who_is_in_it(online: Lesson, places: list[Enrolment], anna: User) -> None:
    abdi, chen, _olena = places

    assert send(anna, online, abdi, chen).status_code == 302

    row = LessonEvidence.objects.get()
    people = set(SealedFilePerson.objects.filter(file=row.file).values_list("audit_id", flat=True))
    assert people == {abdi.programme.student.audit_id, chen.programme.student.audit_id}
    assert (row.file.content_type, row.kind, row.lesson) == ("image/jpeg", "screenshot", online)
    assert open_file(row.file).startswith(b"\xff\xd8")  # drawn anew


def test_who_was_there_is_proposed(online: Lesson, places: list[Enrolment], anna: User) -> None:
    save_register(lesson=online, rows=[Row(places[0].pk, "present"), Row(places[1].pk, "absent")], by=anna)

    form = signed_in(anna).get(reverse("attendance:evidence", args=[online.pk])).context["form"]

    assert form["people"].initial == [str(places[0].pk)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_log_becomes_plain_text(encoding: str, online: Lesson, places: list[Enrolment], anna: User) -> None:
    row = shown(online, anna, places[0], kind="log", content=(LOG + "José;09:02;10:30").encode(encoding))

    assert (row.file.content_type, open_file(row.file).decode()) == ("text/plain; charset=utf-8", LOG + "José;09:02;10:30")


@pytest.mark.parametrize(
    ("kind", "content", "sentence"),
    [
        ("screenshot", b"%PDF-1.7", "geen pdf, jpg of png"),
        ("screenshot", LOG.encode(), "geen pdf, jpg of png"),
        ("log", b"MZ\x00\x01\x02", "geen tekst"),
        ("log", b"", "geen tekst"),
        ("log", b"a" * 1024 * 1024 + b"a", "groter dan 1 MB"),
        ("filmpje", picture(), "filmpje"),
    ],
)
def test_what_is_no_proof_is_refused_with_a_sentence(
    kind: str, content: bytes, sentence: str, online: Lesson, places: list[Enrolment], anna: User
) -> None:
    file = SimpleUploadedFile("x", content)
    sent = {"kind": kind, "file": file, "people": [str(places[0].pk)]}

    answer = signed_in(anna).post(reverse("attendance:evidence", args=[online.pk]), sent)

    assert answer.status_code == 422
    assert sentence in page(answer)
    assert (LessonEvidence.objects.count(), SealedFile.objects.count()) == (0, 0)


def test_without_anybody_in_it_or_with_a_stranger_it_is_refused(
    online: Lesson, group: Group, places: list[Enrolment], anna: User, ineke: User
) -> None:
    lesson = make_lesson(group, ineke, starts_at=online.starts_at - dt.timedelta(days=1))
    assert send(anna, online).status_code == 422
    with pytest.raises(ValidationError):
        add_evidence(lesson=online, kind="screenshot", content=picture(), enrolments=[online.pk], by=anna)
    with pytest.raises(ValidationError, match="niet online"):
        shown(lesson, anna, places[0])
    assert send(anna, lesson, places[0]).status_code == 404


# --- who may look


@pytest.mark.parametrize(
    ("who", "page_code", "file_code"),
    [("anna", 200, 403), ("ineke", 200, 200), ("bram", 200, 200), ("dana", 403, 403), ("chris", 404, 403), ("sami", 403, 403)],
)
def test_two_roles_look_and_whoever_sent_it_up_does_not(
    who: str, page_code: int, file_code: int, online: Lesson, places: list[Enrolment], request: pytest.FixtureRequest
) -> None:
    row = shown(online, request.getfixturevalue("anna"), places[0])
    browser = signed_in(request.getfixturevalue(who))

    assert browser.get(reverse("attendance:evidence", args=[online.pk])).status_code == page_code
    assert browser.get(address(row)).status_code == file_code
    assert browser.get(address(row, "evidence_remove")).status_code == file_code


@pytest.mark.parametrize("role", [Role.FINANCE, Role.MANAGEMENT, Role.AUDITOR])
def test_no_other_role_looks(role: Role, online: Lesson, places: list[Enrolment], anna: User, north: Location) -> None:
    row = shown(online, anna, places[0])

    assert signed_in(staff(role, north)).get(address(row)).status_code == 403


def test_another_location_and_a_student_see_nothing(online: Lesson, places: list[Enrolment], anna: User, south: Location) -> None:
    row = shown(online, anna, places[0])
    elsewhere = signed_in(staff(Role.ADMINISTRATION, south))

    assert [elsewhere.get(address(row, name)).status_code for name in ("evidence_file", "evidence_remove")] == [404, 404]
    assert elsewhere.post(address(row, "evidence_remove")).status_code == 404
    assert signed_in(student_account(places[0])).get(address(row)).status_code == 403


def test_administration_elsewhere_lends_no_look_to_the_teacher_here(
    online: Lesson, places: list[Enrolment], anna: User, south: Location
) -> None:
    row = shown(online, anna, places[0])
    anna.memberships.create(role=Role.ADMINISTRATION, location=south, starts_on=dt.date(2020, 1, 1))
    anna = User.objects.get(pk=anna.pk)

    assert not LessonEvidence.objects.visible_to(anna).exists()  # in all her roles together
    assert signed_in(anna).get(address(row)).status_code == 404


def test_each_look_is_a_line_with_its_reason_in_the_file_of_everybody_in_it(
    online: Lesson, places: list[Enrolment], anna: User, ineke: User
) -> None:
    row = shown(online, anna, places[0], places[1])
    browser = signed_in(ineke)

    for _look in range(2):
        answer = browser.get(address(row))

    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    lines = AccessEvent.objects.filter(reason="lesson_evidence").values_list("subject_audit_id", "kind", "viewer_role")
    in_it = [place.programme.student.audit_id for place in places[:2]]
    assert sorted(lines) == sorted([(one, "detail", "administration") for one in in_it] * 2)
    own = signed_in(student_account(places[0])).get(reverse("students:who_looked"))
    assert "bewijs van een online les" in page(own)


# --- objection and restriction


def test_an_objection_closes_it_the_same_minute_and_keeps_it(
    online: Lesson, places: list[Enrolment], anna: User, ineke: User
) -> None:
    row, browser = shown(online, anna, places[0], places[1]), signed_in(ineke)
    student = places[1].programme.student
    assert browser.get(address(row)).status_code == 200

    object_to(student=student, purpose="quality", by=ineke)

    answer = browser.get(address(row), follow=True)
    assert answer.redirect_chain == [(reverse("attendance:evidence", args=[online.pk]), 302)]
    assert "maakt bezwaar" in page(answer)
    assert open_file(row.file)  # kept until it is decided
    refused = send(anna, online, places[0], places[1])
    assert refused.status_code == 422
    assert student.full_name in page(refused)
    assert places[0].programme.student.full_name not in page(refused).split("Dit mag niet bewaard worden")[1].split(":")[0]


def test_who_objects_has_it_thrown_away_by_the_office(online: Lesson, places: list[Enrolment], anna: User, bram: User) -> None:
    row = shown(online, anna, places[0])
    object_to(student=places[0].programme.student, purpose="client_reports", by=bram)

    assert signed_in(bram).post(address(row, "evidence_remove")).status_code == 302

    assert (LessonEvidence.objects.count(), SealedFile.objects.count()) == (0, 0)


def test_a_restriction_closes_it_and_the_night_leaves_it(
    online: Lesson, places: list[Enrolment], anna: User, ineke: User, dana: User
) -> None:
    row = shown(online, anna, places[0], places[1])
    until = timezone.localdate() + dt.timedelta(days=20)
    restrict(student=places[0].programme.student, categories=["attendance"], ground="claim", review_on=until, by=dana)

    assert signed_in(ineke).get(address(row)).status_code == 302

    assert forget_old(today=timezone.localdate() + dt.timedelta(days=800))["evidence"] == 0
    assert LessonEvidence.objects.exists()


# --- how long


def test_after_a_year_nobody_looks_and_the_night_throws_it_away(
    online: Lesson, places: list[Enrolment], anna: User, ineke: User
) -> None:
    row, today = shown(online, anna, places[0]), timezone.localdate()
    year = today.replace(year=today.year + 1) if (today.month, today.day) != (2, 29) else dt.date(today.year + 1, 2, 28)
    assert forget_old(today=year - dt.timedelta(days=1))["evidence"] == 0
    assert forget_old(today=year)["evidence"] > 0
    assert (LessonEvidence.objects.count(), SealedFile.objects.count(), SealedFilePerson.objects.count()) == (0, 0, 0)

    row = shown(online, anna, places[0])
    LessonEvidence.objects.update(added_at=timezone.now() - dt.timedelta(days=366))
    answer = signed_in(ineke).get(address(row), follow=True)
    assert "bewaartermijn is voorbij" in page(answer)


def test_the_school_chooses_a_shorter_period(online: Lesson, places: list[Enrolment], anna: User, dana: User) -> None:
    shown(online, anna, places[0])
    in_100_days = timezone.localdate() + dt.timedelta(days=100)
    assert forget_old(today=in_100_days)["evidence"] == 0

    change_period(code="lesson_evidence", years=0, months=3, version=0, by=dana)

    assert forget_old(today=in_100_days)["evidence"] > 0


def test_what_is_held_stays(online: Lesson, places: list[Enrolment], anna: User, dana: User) -> None:
    shown(online, anna, places[0], places[1])
    later = timezone.localdate() + dt.timedelta(days=100)
    change_period(code="lesson_evidence", years=0, months=3, version=0, by=dana)

    set_hold(person=places[1].programme.student, ground="claim", review_on=later, by=dana)

    assert forget_old(today=later)["evidence"] == 0


def test_erasing_one_of_them_throws_the_picture_away_for_all(
    online: Lesson, places: list[Enrolment], anna: User, dana: User
) -> None:
    """Row 43 of the obligations: what shows the erased is gone, what shows only others stays."""
    together, of_chen = shown(online, anna, places[0], places[1]), shown(online, anna, places[1])
    second = staff(Role.PRIVACY_OFFICER, email="tweede@voorbeeld.test")

    assert erase(places[0].programme.student, dana, second).state == "done"

    assert list(LessonEvidence.objects.all()) == [of_chen]
    assert not SealedFile.objects.filter(pk=together.file_id).exists()

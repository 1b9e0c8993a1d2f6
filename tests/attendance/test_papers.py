"""Lessons on paper: the list of a week, scans that come back, and who put initials."""

import datetime as dt
import io
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from attendance.actions import Row, save_register, sign_register
from attendance.actions.papers import WAITING, add_scan, match_scan, record_initials, remove_scan
from attendance.actions.planning import cancel_lesson
from attendance.actions.seal import verify_register
from attendance.models import PROVEN, Claim, Lesson, LessonScan, Mark, Scan
from kvs.files import expire_files, open_file
from kvs.models import AccessEvent, Location, SealedFile, SealedFilePerson, User
from kvs.pictures import MAX_BYTES, clean_upload
from privacy.actions.restrictions import restrict
from students.models import Enrolment, Group
from tests.attendance.test_actions import student_account
from tests.attendance.test_views import page, url
from tests.factories import make_group, make_lesson, make_student, picture, place
from tests.people import Browser, signed_in

pytestmark = pytest.mark.django_db


def is_proven(mark: Mark) -> bool:
    return Mark.objects.filter(PROVEN, pk=mark.pk).exists()


def pdf(pages: int = 1, password: str = "") -> bytes:
    writer = PdfWriter()
    for _page in range(pages):
        writer.add_blank_page(200, 300)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def attached(lesson: Lesson, by: User, content: bytes = b"") -> LessonScan:
    """The lesson with a scan."""
    (link,) = match_scan(scan=add_scan(content=content or picture(), by=by), lessons=[lesson], by=by)
    return link


def people_in(scan: Scan) -> set[object]:
    return set(SealedFilePerson.objects.filter(file=scan.file_id).values_list("audit_id", flat=True))


# --- what comes in is made anew


def test_a_photo_loses_where_and_by_what_it_was_taken_and_stands_upright() -> None:
    facts = Image.Exif()
    facts[0x010F], facts[0x0112] = "Telefoon van Fatma", 6  # maker; turned a quarter
    facts.get_ifd(0x8825)[1] = "N"  # where

    clean = clean_upload(picture(size=(60, 80), exif=facts) + b"<script>alert(1)</script>")

    with Image.open(io.BytesIO(clean.content)) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == ("JPEG", (80, 60), {})
    assert b"Fatma" not in clean.content
    assert b"<script>" not in clean.content
    assert clean.content_type == "image/jpeg"


def test_a_large_photo_is_made_smaller_and_a_png_gets_white_paper() -> None:
    made = io.BytesIO()
    Image.new("RGBA", (3000, 1500), (0, 0, 0, 0)).save(made, "PNG")

    with Image.open(io.BytesIO(clean_upload(made.getvalue()).content)) as kept:
        assert (kept.size, kept.getpixel((5, 5))) == ((2600, 1300), (255, 255, 255))


def test_of_a_pdf_only_the_pages_are_kept() -> None:
    writer = PdfWriter()
    writer.add_blank_page(200, 300)
    script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert('hello')")}
    writer._root_object[NameObject("/OpenAction")] = DictionaryObject({NameObject(key): value for key, value in script.items()})
    writer.add_attachment("extra.exe", b"MZ-hostile")
    writer.add_annotation(0, Link(rect=(0, 0, 50, 50), url="https://kwaad.test/"))
    writer.add_metadata({"/Author": "Fatma"})
    made = io.BytesIO()
    writer.write(made)

    assert b"alert" in made.getvalue()  # control
    clean = clean_upload(made.getvalue())

    kept = PdfReader(io.BytesIO(clean.content))
    assert (clean.content_type, len(kept.pages), kept.attachments) == ("application/pdf", 1, {})
    assert "/OpenAction" not in kept.root_object
    assert kept.root_object.get("/Names") is None
    assert "/Annots" not in kept.pages[0]
    assert [word for word in (b"alert", b"hostile", b"kwaad", b"Fatma") if word in clean.content] == []


def heic() -> bytes:
    return b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(200)


def bomb() -> bytes:
    """A PNG of a few kilobytes that says it has 100 million points."""
    return picture(kind="PNG", size=(10_000, 10_000))


REFUSED = [
    (b"", "geen pdf, jpg of png"),
    (b"MZ" + bytes(500), "geen pdf, jpg of png"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "geen pdf, jpg of png"),
    (b"GIF89a" + bytes(100), "geen pdf, jpg of png"),
    (picture()[:300], "geen pdf, jpg of png"),
    (heic(), "HEIC"),
    (bytes(MAX_BYTES + 1), "groter dan 15 MB"),
    (b"%PDF-1.7\nnothing of the sort", "beschadigd"),
    (pdf(password="geheim"), "wachtwoord"),
    (pdf(pages=31), "1 tot 30 bladzijden"),
]


@pytest.mark.parametrize(("content", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_kept_is_refused_with_a_sentence(content: bytes, sentence: str, lesson: Lesson, anna: User) -> None:
    answer = signed_in(anna).post(url(lesson, "lesson_scan"), {"file": SimpleUploadedFile("lijst.jpg", content), "others": ""})

    assert answer.status_code == 422
    assert sentence in page(answer)
    assert (Scan.objects.count(), SealedFile.objects.count()) == (0, 0)


@pytest.mark.filterwarnings("ignore")  # in the school Pillow only warns of this size; our own limit refuses it
def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(ValidationError, match="png"):
        clean_upload(bomb())


# --- from the register


def test_a_scan_from_the_register_is_kept_with_everybody_on_the_list(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    browser = signed_in(anna)

    answer = browser.post(url(lesson, "lesson_scan"), {"file": SimpleUploadedFile("lijst.jpg", picture()), "others": ""})

    link = LessonScan.objects.select_related("scan__file").get()
    assert answer["Location"] == reverse("attendance:initials", args=[link.pk])
    assert link.scan
    assert link.scan.file.expires_at is None
    assert people_in(link.scan) == {place.programme.student.audit_id for place in places}
    assert link.sha256 == link.scan.file.sha256
    register = browser.get(url(lesson)).content.decode()
    assert reverse("attendance:scan_file", args=[link.scan.pk]) in register


def test_a_guest_written_by_hand_is_in_the_manifest(
    lesson: Lesson, north: Location, south: Location, anna: User, ineke: User
) -> None:
    guest, far = make_student(north, ineke), make_student(south, ineke)
    sent = {"file": SimpleUploadedFile("lijst.png", picture(kind="PNG")), "others": f" {guest.number.lower()},"}
    signed_in(ineke).post(url(lesson, "lesson_scan"), sent)
    scan = Scan.objects.get()
    assert guest.audit_id in people_in(scan)

    sent |= {"file": SimpleUploadedFile("lijst.png", picture("grey")), "others": f"{far.number}, 0-0"}
    answer = signed_in(ineke).post(url(lesson, "lesson_scan"), sent)
    assert answer.status_code == 422
    assert "Deze nummers zijn niet bekend" in page(answer)
    assert Scan.objects.count() == 1


def week_of_lessons(group: Group, by: User) -> list[Lesson]:
    """A Monday, a cancelled Wednesday and a Friday, two weeks ago, and the Monday after; the place began long ago."""
    today = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0)
    monday = today - dt.timedelta(days=today.weekday() + 14)
    made = [make_lesson(group, by, starts_at=monday + dt.timedelta(days=days)) for days in (0, 2, 4, 7)]
    cancel_lesson(lesson=made[1], version=made[1].version, by=by)
    return made


def test_a_scan_of_a_week_is_at_all_its_lessons(group: Group, places: list[Enrolment], anna: User, ineke: User) -> None:
    monday, _wednesday, friday, _next_monday = week_of_lessons(group, ineke)
    sent = {"file": SimpleUploadedFile("w.pdf", pdf(2)), "whole_week": "on", "others": ""}

    browser = signed_in(anna)
    browser.post(url(friday, "lesson_scan"), sent)

    assert set(LessonScan.objects.values_list("lesson", flat=True)) == {monday.pk, friday.pk}
    assert browser.get(reverse("attendance:scan_file", args=[Scan.objects.get().pk])).status_code == 200


# --- several at once, matched by their codes


def sent_up(browser: Browser, *contents: bytes) -> Any:
    files = [SimpleUploadedFile(f"scan{number}.jpg", content) for number, content in enumerate(contents)]
    return browser.post(reverse("attendance:scans"), {"scans": files})


def test_several_scans_wait_and_are_matched_by_the_code_on_the_paper(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    browser = signed_in(anna)
    assert sent_up(browser, picture("white"), picture("grey"), heic()).status_code == 422  # the good ones are in
    first, second = Scan.objects.order_by("uploaded_at")
    assert (first.file.expires_at is None, people_in(first)) == (False, set())
    code = f"{lesson.code[:4].lower()} - {lesson.code[4:]}"
    typed = {f"{first.pk}-code": code, f"{first.pk}-others": "", f"{second.pk}-code": "ZZZZZZZZ", f"{second.pk}-others": ""}

    answer = browser.post(reverse("attendance:scans_match"), typed)

    assert answer.status_code == 422
    assert "U hebt geen les met deze code" in page(answer)
    assert list(LessonScan.objects.values_list("scan", "lesson")) == [(first.pk, lesson.pk)]
    first.refresh_from_db()
    assert first.file.expires_at is None
    assert len(people_in(first)) == len(places)
    assert list(Scan.objects.waiting()) == [second]
    assert "Abdi" not in page(browser.get(reverse("attendance:scans")))


def test_a_code_of_somebody_elses_lesson_is_unknown(lesson: Lesson, chris: User) -> None:
    browser = signed_in(chris)
    sent_up(browser, picture())
    scan = Scan.objects.get()

    answer = browser.post(reverse("attendance:scans_match"), {f"{scan.pk}-code": lesson.code, f"{scan.pk}-others": ""})

    assert (answer.status_code, LessonScan.objects.count()) == (422, 0)


def test_more_than_ten_files_are_refused(anna: User) -> None:
    answer = sent_up(signed_in(anna), *[picture()] * 11)

    assert (answer.status_code, Scan.objects.count()) == (422, 0)
    assert "meer dan 10 bestanden" in page(answer)


def test_a_scan_is_matched_once_and_never_to_a_lesson_without_anybody(
    lesson: Lesson, places: list[Enrolment], north: Location, anna: User, ineke: User
) -> None:
    link = attached(lesson, anna)
    assert link.scan
    with pytest.raises(ValidationError, match="al gezegd"):
        match_scan(scan=link.scan, lessons=[lesson], by=anna)
    other = add_scan(content=picture("red"), by=ineke)
    with pytest.raises(ValidationError, match="Niemand"):
        match_scan(scan=other, lessons=[make_lesson(make_group(north, ineke), ineke)], by=ineke)
    coming = make_lesson(lesson.group, ineke, starts_at=timezone.now() + dt.timedelta(days=1))
    with pytest.raises(ValidationError, match="nog niet begonnen"):
        match_scan(scan=other, lessons=[coming], by=ineke)
    with pytest.raises(PermissionDenied):
        match_scan(scan=other, lessons=[], by=ineke)


# --- who may


@pytest.mark.parametrize(
    ("who", "list_of_week", "send", "look"),
    [
        ("anna", 200, 200, 200),
        ("ineke", 200, 200, 200),
        ("bram", 200, 403, 200),
        ("dana", 200, 403, 200),
        ("chris", 404, 404, 404),
        ("sami", 403, 403, 403),
    ],
)
def test_who_may_what(who: str, list_of_week: int, send: int, look: int, lesson: Lesson, request: pytest.FixtureRequest) -> None:
    link = attached(lesson, request.getfixturevalue("anna"))
    assert link.scan
    browser = signed_in(request.getfixturevalue(who))

    assert browser.get(reverse("attendance:week_list", args=[lesson.group_id])).status_code == list_of_week
    assert browser.get(url(lesson, "lesson_scan")).status_code == send
    assert browser.get(reverse("attendance:initials", args=[link.pk])).status_code == send
    assert browser.get(reverse("attendance:scan_remove", args=[link.scan.pk])).status_code == send
    assert browser.get(reverse("attendance:scan_file", args=[link.scan.pk])).status_code == look


def test_a_student_sees_no_scan(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    link = attached(lesson, anna)
    assert link.scan
    browser = signed_in(student_account(places[0]))

    assert browser.get(reverse("attendance:scan_file", args=[link.scan.pk])).status_code == 403


def test_a_scan_that_waits_is_seen_by_its_sender_only(lesson: Lesson, anna: User, ineke: User, chris: User) -> None:
    address = reverse("attendance:scan_file", args=[add_scan(content=picture(), by=anna).pk])

    assert [signed_in(user).get(address).status_code for user in (anna, ineke, chris)] == [200, 404, 404]


def test_a_scan_is_given_as_a_download_that_runs_nothing_and_is_logged(
    lesson: Lesson, places: list[Enrolment], anna: User
) -> None:
    link = attached(lesson, anna, pdf())
    assert link.scan

    answer = signed_in(anna).get(reverse("attendance:scan_file", args=[link.scan.pk]))

    assert answer.content == open_file(link.scan.file)
    kept = {name: answer[name] for name in ("Content-Type", "X-Content-Type-Options", "Cache-Control", "Content-Security-Policy")}
    assert kept == {
        "Content-Type": "application/pdf",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    assert answer["Content-Disposition"].startswith('attachment; filename="scan-')
    seen = AccessEvent.objects.filter(viewer_audit_id=anna.audit_id).values_list("subject_audit_id", flat=True)
    assert set(seen) == {place.programme.student.audit_id for place in places}


# --- who put initials


def test_nobody_is_ticked_beforehand_and_what_is_saved_proves_presence(
    lesson: Lesson, places: list[Enrolment], anna: User
) -> None:
    abdi, chen, _olena = places
    save_register(lesson=lesson, rows=[Row(abdi.pk, "present"), Row(chen.pk, "absent")], by=anna)
    browser, link = signed_in(anna), attached(lesson, anna)
    address = reverse("attendance:initials", args=[link.pk])
    form = browser.get(address).context["form"]
    assert [box.initial for _place, box in form.lines()] == [False] * 3

    answer = browser.post(address, {str(abdi.pk): "on", str(chen.pk): "on"})

    assert answer["Location"] == url(lesson)
    marks = {mark.enrolment_id: mark for mark in Mark.objects.filter(lesson=lesson)}
    assert marks.keys() == {abdi.pk, chen.pk}
    assert (marks[abdi.pk].evidence, is_proven(marks[abdi.pk])) == ("paper", True)
    assert (marks[chen.pk].state, is_proven(marks[chen.pk])) == ("absent", False)  # both claims stand
    paper = Claim.objects.filter(party="paper").values_list("mark__enrolment", "state", "by_audit_id")
    assert set(paper) == {(abdi.pk, "present", anna.audit_id), (chen.pk, "present", anna.audit_id)}
    written = {box.name for _place, box in browser.get(address).context["form"].lines() if box.initial}
    assert written == {str(abdi.pk), str(chen.pk)}
    shown = browser.get(url(lesson)).content.decode()  # also while the teacher still marks
    assert (shown.count('data-evidence="paper"'), 'data-row="' in shown) == (2, True)
    link.refresh_from_db()
    assert link.initials_at is not None
    assert record_initials(link=link, enrolments=[abdi.pk, chen.pk], by=anna) == 0  # again changes nothing
    assert Claim.objects.filter(party="paper").count() == 2


def test_paper_comes_after_the_signature_and_the_seal_holds(
    lesson: Lesson, places: list[Enrolment], anna: User, ineke: User
) -> None:
    sign_register(lesson=lesson, rows=[Row(place.pk, "present") for place in places], by=anna)

    changed = record_initials(link=attached(lesson, ineke), enrolments=[place.pk for place in places], by=ineke)

    assert changed == 3
    assert verify_register(lesson)
    assert all(is_proven(mark) for mark in Mark.objects.filter(lesson=lesson))


def test_who_came_after_the_signature_gets_no_mark(lesson: Lesson, north: Location, anna: User, ineke: User) -> None:
    sign_register(lesson=lesson, rows=[Row(place.pk, "present") for place in lesson.roster()], by=anna)
    late = place(make_student(north, ineke), lesson.group, ineke)
    link = attached(lesson, anna)

    with pytest.raises(ValidationError) as refused:
        record_initials(link=link, enrolments=[late.pk], by=anna)

    assert str(late.pk) in refused.value.message_dict
    assert verify_register(lesson)


def test_a_tick_is_taken_back_and_both_claims_stay(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    abdi, chen, _olena = places
    save_register(lesson=lesson, rows=[Row(abdi.pk, "present")], by=anna)
    link = attached(lesson, anna)
    record_initials(link=link, enrolments=[abdi.pk], by=anna)

    record_initials(link=link, enrolments=[], by=anna)

    mark = Mark.objects.get(enrolment=abdi)
    assert (mark.paper_at, mark.state) == (None, "present")
    assert list(Claim.objects.filter(party="paper").order_by("id").values_list("state", flat=True)) == ["present", "absent"]
    record_initials(link=link, enrolments=[chen.pk], by=anna)  # nobody marked Chen: the mark rests on the paper alone
    answer = signed_in(anna).post(reverse("attendance:initials", args=[link.pk]), {})
    assert answer.status_code == 422
    assert "berust alleen op de paraaf" in page(answer)


def test_marks_of_paper_are_open_for_the_teacher(lesson: Lesson, places: list[Enrolment], anna: User, ineke: User) -> None:
    record_initials(link=attached(lesson, ineke), enrolments=[places[0].pk], by=ineke)

    saved = save_register(lesson=lesson, rows=[Row(places[0].pk, "late", 10)], by=anna)

    assert saved.conflicts == []
    mark = Mark.objects.get()
    assert (mark.state, mark.minutes_attended, is_proven(mark)) == ("late", 80, True)


def test_presence_that_is_restricted_is_left_alone(lesson: Lesson, places: list[Enrolment], anna: User, dana: User) -> None:
    student = places[0].programme.student
    until = timezone.localdate() + dt.timedelta(days=20)
    restrict(student=student, categories=["attendance"], ground="accuracy", review_on=until, by=dana)
    link = attached(lesson, anna)

    with pytest.raises(ValidationError) as refused:
        record_initials(link=link, enrolments=[places[0].pk], by=anna)

    assert str(places[0].pk) in refused.value.message_dict
    address = reverse("attendance:initials", args=[link.pk])
    assert signed_in(anna).post(address, {str(place.pk): "on" for place in places}).status_code == 302  # its box is closed
    assert set(Mark.objects.values_list("enrolment", flat=True)) == {places[1].pk, places[2].pk}


# --- scans that go


def test_a_scan_is_thrown_away_until_initials_were_written_down(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    browser, link = signed_in(anna), attached(lesson, anna)
    assert link.scan
    record_initials(link=link, enrolments=[places[0].pk], by=anna)
    with pytest.raises(ValidationError, match="blijft"):
        remove_scan(scan=link.scan, by=anna)
    second = attached(lesson, anna, picture("grey"))
    assert second.scan

    assert browser.post(reverse("attendance:scan_remove", args=[second.scan.pk])).status_code == 302

    assert list(LessonScan.objects.all()) == [link]
    assert SealedFile.objects.count() == 1


def test_a_scan_without_a_lesson_goes_after_a_week(lesson: Lesson, anna: User) -> None:
    waiting, link = add_scan(content=picture(), by=anna), attached(lesson, anna, picture("grey"))
    past = timezone.now() - dt.timedelta(days=8)
    SealedFile.objects.filter(pk=waiting.file_id).update(created_at=past, expires_at=past + WAITING)
    assert not Scan.objects.waiting().exists()

    assert expire_files() == 1

    assert list(Scan.objects.all()) == [link.scan]


# --- the list of a week


def test_the_list_of_a_week_has_every_lesson_with_its_code_and_who_is_placed(
    group: Group, places: list[Enrolment], north: Location, anna: User, ineke: User
) -> None:
    monday, wednesday, friday, after = week_of_lessons(group, ineke)
    late = make_student(north, ineke, call_name="Yusuf", surname="Demir")
    place(late, group, ineke, starts_on=friday.day)
    address = reverse("attendance:week_list", args=[group.pk])

    answer = signed_in(anna).get(address, {"week": f"{monday.day:%G-W%V}"})

    text = page(answer)
    assert [f"{lesson.code[:4]}-{lesson.code[4:]}" in text for lesson in (monday, wednesday, friday, after)] == [
        True,
        False,
        True,
        False,
    ]
    assert answer.content.decode().count('class="qr"') == 2
    (sheet,) = answer.context["sheets"]
    assert [(student.call_name, placed) for _number, student, placed in sheet.rows] == [
        ("Abdi", [True, True]),
        ("Chen", [True, True]),
        ("Olena", [True, True]),
        ("Yusuf", [False, True]),
    ]
    seen = AccessEvent.objects.filter(viewer_audit_id=anna.audit_id).values_list("subject_audit_id", flat=True)
    assert set(seen) == {late.audit_id, *(place.programme.student.audit_id for place in places)}


def test_a_large_group_goes_on_on_the_next_page_with_the_same_head(
    group: Group, north: Location, anna: User, ineke: User
) -> None:
    Group.objects.filter(pk=group.pk).update(capacity=25)
    group.refresh_from_db()
    for _number in range(21):
        place(make_student(north, ineke), group, ineke)
    monday, *_others = week_of_lessons(group, ineke)

    answer = signed_in(anna).get(reverse("attendance:week_list", args=[group.pk]), {"week": f"{monday.day:%G-W%V}"})

    assert [(len(sheet.rows), sheet.ends) for sheet in answer.context["sheets"]] == [(18, False), (3, True)]
    assert page(answer).count(f"{monday.code[:4]}-{monday.code[4:]}") == 2


def test_a_week_without_lessons_says_so(group: Group, anna: User) -> None:
    answer = signed_in(anna).get(reverse("attendance:week_list", args=[group.pk]), {"week": "2020-W10"})

    assert "Er zijn geen lessen in week 10" in page(answer)


def test_the_register_asks_one_question_more_for_its_scans(lesson: Lesson, places: list[Enrolment], anna: User) -> None:
    browser = signed_in(anna)

    def asked() -> int:
        browser.get(url(lesson))
        with CaptureQueriesContext(connection) as found:
            browser.get(url(lesson))
        return len(found)

    without = asked()
    attached(lesson, anna, picture("white"))
    assert asked() == without + 1
    for colour in ("grey", "red"):
        attached(lesson, anna, picture(colour))
    assert asked() == without + 1

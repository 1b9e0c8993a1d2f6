"""Scans of signed consents: sealed, made anew, for two roles to look at, and gone with the file of the student."""

import hashlib
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from kvs.files import open_file
from kvs.models import AccessEvent, Location, Role, SealedFile, User
from privacy.actions.erasure import approve_erasure, prepare_erasure, run_erasure
from students.actions import open_account
from students.actions.consent_scans import add_scan
from students.models import ConsentEvent, ConsentScan, Student
from tests.factories import consent, make_student, picture, staff
from tests.people import Browser, signed_in

PHOTO_OF_PAPER = picture("blue")


@pytest.fixture
def rania(ineke: User, north: Location) -> Student:
    return make_student(north, ineke, call_name="Rania", surname="Al-Khatib")


@pytest.fixture
def wim(school: object) -> User:
    return staff(Role.MANAGEMENT)


@pytest.fixture
def signed(rania: Student, ineke: User) -> ConsentEvent:
    """A yes on paper."""
    return consent(rania, ineke).events.get()


def send(browser: Browser, signed: ConsentEvent, content: bytes = PHOTO_OF_PAPER, name: str = "papier.jpg") -> Any:
    address = reverse("privacy:consent_scan_add", args=[signed.consent.student_id, signed.pk])
    return browser.post(address, {"file": SimpleUploadedFile(name, content)})


def page(browser: Browser, student: Student) -> str:
    return str(browser.get(reverse("privacy:consents", args=[student.pk])).content.decode())


def test_the_desk_sends_up_a_scan_and_looks_at_it(signed: ConsentEvent, rania: Student, ineke: User) -> None:
    desk = signed_in(ineke)
    assert "Scan toevoegen" in page(desk, rania)

    assert send(desk, signed)["Location"] == reverse("privacy:consents", args=[rania.pk])

    scan = ConsentScan.objects.get()
    assert (scan.event, scan.added_by, scan.file.kind) == (signed, ineke, "students.consent_scan")
    assert list(scan.file.people.values_list("audit_id", flat=True)) == [rania.audit_id]
    assert scan.file.sha256 != hashlib.sha256(PHOTO_OF_PAPER).hexdigest()  # drawn anew
    assert scan.file.expires_at is None  # it lives as long as the consent
    assert "Scan toevoegen" not in page(desk, rania)
    answer = desk.get(reverse("privacy:consent_scan", args=[scan.pk]))
    assert (answer.content, answer["Content-Type"]) == (open_file(scan.file), "image/jpeg")
    assert answer["Content-Disposition"] == f'attachment; filename="toestemming-{signed.on:%Y-%m-%d}.jpg"'


def test_two_roles_look_at_a_scan_and_strangers_do_nothing_with_it(
    signed: ConsentEvent, rania: Student, ineke: User, dana: User, bram: User, anna: User, south: Location, north: Location
) -> None:
    me, away = signed_in(open_account(student=rania, by=ineke)), signed_in(staff(Role.ADMINISTRATION, south))
    strangers = [signed_in(anna), signed_in(staff(Role.MANAGEMENT, north)), me]
    assert [send(browser, signed).status_code for browser in (*strangers, away, Browser())] == [403, 403, 403, 404, 302]
    assert not ConsentScan.objects.exists()

    coordinator = signed_in(bram)
    assert send(coordinator, signed).status_code == 302  # who records the paper sends it up
    scan = ConsentScan.objects.get()
    for name in ("privacy:consent_scan", "privacy:consent_scan_remove"):
        address = reverse(name, args=[scan.pk])
        assert address not in page(coordinator, rania)
        assert [browser.get(address).status_code for browser in (*strangers, coordinator, away)] == [403, 403, 403, 403, 404]
        assert [signed_in(who).get(address).status_code for who in (ineke, dana)] == [200, 200]
        assert away.post(address).status_code in (404, 405)
    assert "met een scan" in page(coordinator, rania)
    assert ConsentScan.objects.count() == 1


def test_each_look_stands_in_the_file(signed: ConsentEvent, rania: Student, ineke: User, dana: User) -> None:
    scan = add_scan(event=signed, content=picture(), by=ineke)
    before = AccessEvent.objects.filter(subject_audit_id=rania.audit_id, viewer_audit_id=dana.audit_id).count()
    signed_in(dana).get(reverse("privacy:consent_scan", args=[scan.pk]))
    assert AccessEvent.objects.filter(subject_audit_id=rania.audit_id, viewer_audit_id=dana.audit_id).count() == before + 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Dit is geen pdf, jpg of png die geopend kan worden."),
        (b"MZ een programma", "Dit is geen pdf, jpg of png die geopend kan worden."),
        (b"%PDF-1.7 stuk", "Deze pdf kan niet geopend worden"),
        (b"0" * 4 + b"ftypheic", "HEIC"),
        (b"0" * (15 * 1024 * 1024 + 1), "groter dan 15 MB"),
    ],
)
def test_what_is_no_picture_is_refused_at_the_field(content: bytes, sentence: str, signed: ConsentEvent, ineke: User) -> None:
    answer = send(signed_in(ineke), signed, content)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert (ConsentScan.objects.count(), SealedFile.objects.count()) == (0, 0)


def test_one_scan_a_paper_until_it_is_thrown_away(signed: ConsentEvent, rania: Student, ineke: User) -> None:
    desk = signed_in(ineke)
    send(desk, signed)
    again = send(desk, signed)
    assert again.status_code == 422
    assert "Er is al een scan van dit papier." in again.content.decode()

    address = reverse("privacy:consent_scan_remove", args=[ConsentScan.objects.get().pk])
    assert "is voorgoed weg" in desk.get(address).content.decode()
    assert desk.post(address).status_code == 302

    assert (ConsentScan.objects.count(), SealedFile.objects.count()) == (0, 0)
    assert ConsentEvent.objects.get() == signed  # what was said stays
    assert send(desk, signed).status_code == 302


def test_what_was_not_said_on_paper_has_no_scan(rania: Student, ineke: User) -> None:
    consent(rania, ineke, yes=False)
    ConsentEvent.objects.get()
    spoken = ConsentEvent(consent=ConsentEvent.objects.get().consent, way="spoken")
    with pytest.raises(ValidationError, match="niet op papier"):
        add_scan(event=spoken, content=picture(), by=ineke)


def test_it_goes_with_the_file_of_the_student(signed: ConsentEvent, rania: Student, ineke: User, dana: User, wim: User) -> None:
    add_scan(event=signed, content=picture(), by=ineke)
    erasure = prepare_erasure(person=rania, reason="request", by=dana)
    approve_erasure(erasure=erasure, by=wim)
    erasure.refresh_from_db()
    run_erasure(erasure=erasure, progress=lambda done, total, doing: None)
    assert (ConsentScan.objects.count(), SealedFile.objects.filter(kind="students.consent_scan").count()) == (0, 0)

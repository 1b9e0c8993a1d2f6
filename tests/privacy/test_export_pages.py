"""Who gets a copy of everything: the person behind a second step, or the privacy officer for the desk; nobody else."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kvs.factors import PROOF
from kvs.models import AccessEvent, Location, Role, SealedFile, User
from kvs.pdf import pdf_available
from privacy.actions.exports import ask_export, make_export
from privacy.models import PersonExport
from students.actions import open_account
from students.models import Student
from tests.factories import make_student, staff
from tests.people import Browser, signed_in

pytestmark = pytest.mark.skipif(bool(pdf_available()), reason=pdf_available())


def quiet(done: int, total: int | None = None, doing: str = "") -> None:
    """Progress that nobody watches."""


@pytest.fixture
def rania(north: Location, ineke: User) -> Student:
    student = make_student(north, ineke)
    open_account(student=student, by=ineke)
    return Student.objects.get(pk=student.pk)


@pytest.fixture
def account(rania: Student) -> User:
    assert rania.user
    return rania.user


def made(person: Student | User, by: User) -> PersonExport:
    export = ask_export(person=person, kind="access", by=by)
    make_export(export=export, progress=quiet)
    return export


def by_pin(user: User) -> Browser:
    """A browser in which a student signed in with number and PIN: no second step was shown."""
    client = Browser()
    client.force_login(user)
    return client


PAGE = "privacy:own_exports"


def test_with_a_pin_only_there_is_the_way_to_the_desk_and_no_copy(account: User, rania: Student) -> None:
    export = made(rania, account)
    browser = by_pin(account)
    page = browser.get(reverse(PAGE)).content.decode()
    assert "Vraag het aan de balie" in page
    assert "Downloaden" not in page
    browser.post(reverse(PAGE), {"kind": "access"})
    assert PersonExport.objects.count() == 1
    answer = browser.post(reverse("privacy:own_export_file", args=[export.pk]))
    assert (answer.status_code, answer["Location"]) == (302, reverse(PAGE))
    assert not AccessEvent.objects.filter(kind="export").exists()


def test_behind_a_passkey_it_is_made_and_downloaded_again_and_again(account: User, rania: Student) -> None:
    browser = signed_in(account)
    browser.post(reverse(PAGE), {"kind": "access"})
    export = PersonExport.objects.get()
    assert (export.subject_audit_id, export.requested_by) == (rania.audit_id, account)
    make_export(export=export, progress=quiet)
    assert "Downloaden" in browser.get(reverse(PAGE)).content.decode()
    for _time in range(2):
        answer = browser.post(reverse("privacy:own_export_file", args=[export.pk]))
        assert answer.status_code == 200
        assert answer.content[:2] == b"PK"
    export.refresh_from_db()
    assert (export.seen, export.handed_over_by) == ("second_factor", account)
    events = AccessEvent.objects.filter(kind="export", subject_audit_id=rania.audit_id)
    assert list(events.values_list("viewer_audit_id", "reason")) == [(account.audit_id, "own_copy")] * 2


def test_a_get_takes_nothing(account: User, rania: Student) -> None:
    export = made(rania, account)
    assert signed_in(account).get(reverse("privacy:own_export_file", args=[export.pk])).status_code == 405
    export.refresh_from_db()
    assert export.handed_over_at is None


def test_a_colleague_gets_the_own_account(anna: User) -> None:
    browser = signed_in(anna)
    browser.post(reverse(PAGE), {"kind": "portability"})
    assert PersonExport.objects.get().subject_audit_id == anna.audit_id
    session = browser.session
    del session[PROOF]
    session.save()
    assert browser.get(reverse(PAGE)).status_code == 302  # the door asks for the second step first


def test_an_unknown_kind_makes_nothing(anna: User) -> None:
    signed_in(anna).post(reverse(PAGE), {"kind": "alles"})
    assert not PersonExport.objects.exists()


def test_a_stranger_gets_nothing(account: User, rania: Student, anna: User, chris: User, ineke: User, north: Location) -> None:
    export = made(rania, account)
    other = make_student(north, ineke)
    classmate = open_account(student=other, by=ineke)
    for stranger in (anna, chris, ineke, classmate):
        browser = signed_in(stranger)
        assert browser.post(reverse("privacy:own_export_file", args=[export.pk])).status_code == 404
        assert browser.get(reverse("privacy:own_export_progress", args=[export.pk])).status_code == 404
        for name in ("export", "export_file", "export_progress", "export_hand_over"):
            assert browser.get(reverse(f"privacy:{name}", args=[export.pk])).status_code == 403
        assert browser.get(reverse("privacy:export_student", args=[rania.pk])).status_code == 403
    south = staff(Role.PRIVACY_OFFICER, Location.objects.create(name="Elders"))
    browser = signed_in(south)
    for name in ("export", "export_file", "export_progress", "export_hand_over"):
        assert browser.get(reverse(f"privacy:{name}", args=[export.pk])).status_code == 404
    assert browser.get(reverse("privacy:export_student", args=[rania.pk])).status_code == 404
    assert browser.get(reverse("privacy:export_other")).status_code == 404


def test_the_officer_makes_it_hands_it_over_and_the_student_sees_that(rania: Student, account: User, dana: User) -> None:
    browser = signed_in(dana)
    answer = browser.post(reverse("privacy:export_student", args=[rania.pk]), {"kind": "access"})
    export = PersonExport.objects.get()
    assert answer["Location"] == reverse("privacy:export", args=[export.pk])
    assert "wacht op zijn beurt" in browser.get(answer["Location"]).content.decode()
    assert browser.get(reverse("privacy:export_hand_over", args=[export.pk])).status_code == 404
    make_export(export=export, progress=quiet)
    assert browser.get(reverse("privacy:export_file", args=[export.pk])).content[:2] == b"PK"
    refused = browser.post(reverse("privacy:export_hand_over", args=[export.pk]), {"seen": "second_factor"})
    assert refused.status_code == 422
    browser.post(reverse("privacy:export_hand_over", args=[export.pk]), {"seen": "desk"})
    export.refresh_from_db()
    assert (export.seen, export.handed_over_by) == ("desk", dana)
    assert "gezien aan de balie" in browser.get(reverse("privacy:export", args=[export.pk])).content.decode()
    assert "een kopie van al uw gegevens" in signed_in(account).get(reverse("students:who_looked")).content.decode()


def test_the_officer_makes_one_for_a_colleague(anna: User, dana: User) -> None:
    browser = signed_in(dana)
    assert "Anna Bakker" in browser.get(reverse("privacy:export_other")).content.decode()
    browser.post(reverse("privacy:export_other"), {"person": str(anna.audit_id), "kind": "access"})
    assert PersonExport.objects.get().subject_audit_id == anna.audit_id
    assert browser.post(reverse("privacy:export_other"), {"person": "x", "kind": "access"}).status_code == 422


def test_after_a_week_there_is_nothing_to_download(account: User, rania: Student, dana: User) -> None:
    export = made(rania, dana)
    past = timezone.now() - dt.timedelta(days=1)
    assert export.file_id
    SealedFile.objects.filter(pk=export.file_id).update(created_at=past - dt.timedelta(days=7), expires_at=past)
    assert signed_in(dana).get(reverse("privacy:export_file", args=[export.pk])).status_code == 404
    assert signed_in(account).post(reverse("privacy:own_export_file", args=[export.pk])).status_code == 404
    assert "Maak een nieuwe kopie" in signed_in(account).get(reverse(PAGE)).content.decode()


def test_the_list_says_what_waits_in_a_constant_number_of_queries(
    rania: Student, dana: User, north: Location, ineke: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ask_export(person=rania, kind="access", by=dana)
    browser = signed_in(dana)
    browser.get(reverse("privacy:exports"))
    with CaptureQueriesContext(connection) as one:
        page = browser.get(reverse("privacy:exports")).content.decode()
        number = len(one)
    assert rania.full_name in page
    assert "nog niet" in page
    for _more in range(2):
        ask_export(person=make_student(north, ineke), kind="access", by=dana)
    browser.get(reverse("privacy:exports"))
    with django_assert_num_queries(number):
        browser.get(reverse("privacy:exports"))

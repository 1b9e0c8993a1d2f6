"""Telling a client about absence: only the days it commissioned, recorded as a disclosure the student sees."""

import datetime as dt
from pathlib import Path

import pdfua
import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.timezone import localtime
from django.utils.translation import override

from attendance.actions import Row, sign_register
from attendance.actions.reasons import give_reasons
from attendance.models import AbsenceLetter, FollowUp, FollowUpStep, Lesson, Mark
from kvs.models import Location, Role, User
from kvs.pdf import pdf_available
from privacy.export.pages import words_of
from reporting.models import DisclosedPerson, Disclosure
from students.actions import add_contract, open_account
from students.models import Client, Student
from students.models.clients import Client as ClientModel
from tests.factories import (
    agree,
    climb,
    consent,
    follow_up,
    limit,
    make_group,
    make_lesson,
    make_rule,
    make_student,
    note_reasons,
    place,
    staff,
    teach,
)
from tests.people import signed_in

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def client_(school: object) -> Client:
    return Client.objects.create(name="Gemeente Oosterveen")


@pytest.fixture
def row(north: Location, ineke: User, anna: User, client_: Client) -> FollowUp:
    """Somebody who missed lessons 10 and 5 days ago; the client commissioned the course a week ago."""
    enrolment = place(make_student(north, ineke, surname="Warsame"), make_group(north, ineke), ineke)
    add_contract(programme=enrolment.programme, by=ineke, client=client_, starts_on=TODAY() - dt.timedelta(days=7))
    teach(anna, enrolment.group, ineke)
    earlier = make_lesson(enrolment.group, ineke, starts_at=timezone.now() - dt.timedelta(days=10))
    sign_register(lesson=earlier, rows=[Row(enrolment.pk, "absent")], by=anna)
    make_rule(ineke, threshold=2)
    return follow_up(enrolment, ineke)


def address(row: FollowUp) -> str:
    return reverse("reporting:report_absence", args=[row.pk])


def told(version: int = 1) -> dict[str, object]:
    return {"channel": "phone", "at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"), "version": version}


def test_only_days_the_client_commissioned_are_told(row: FollowUp, bram: User) -> None:
    page = signed_in(bram).get(address(row)).content.decode()
    days = [lesson.day for lesson in Lesson.objects.order_by("starts_at")]

    assert f"{days[1].day} " in page
    assert page.count("de hele les") == 1  # not the one before the contract


def test_telling_is_a_disclosure_and_a_step(row: FollowUp, bram: User, client_: Client) -> None:
    answer = signed_in(bram).post(address(row), told())

    assert answer.status_code == 302
    made = Disclosure.objects.get()
    assert (made.client, made.purpose, made.categories, made.by) == (client_, "client_reports", ["attendance", "identity"], bram)
    assert DisclosedPerson.objects.get().audit_id == row.programme.student.audit_id
    step = FollowUpStep.objects.get()
    assert (step.kind, step.outcome, step.by_audit_id) == ("report", "reported", bram.audit_id)
    row.refresh_from_db()
    assert row.next_step == "talk"  # told sooner than the ladder says: the ladder goes on


def page_of(row: FollowUp) -> str:
    page: str | None = AbsenceLetter.objects.get(step__follow_up=row, step__kind="report").page
    assert page
    return page


def test_what_was_told_is_kept_as_it_was_given(row: FollowUp, bram: User, ineke: User, client_: Client) -> None:
    row.programme.contracts.update(reference="OV-2026/17")
    for outcome in ("agreed", "handed", "skipped"):  # talk, first letter; the second one is passed over
        climb(row, outcome, bram, **({"skipped": "client"} if outcome == "skipped" else {}))
    signed_in(bram).post(address(row), told(version=4))

    read, made = words_of(page_of(row)), Disclosure.objects.get()
    lesson = Lesson.objects.order_by("starts_at")[1]
    day = date_format(lesson.day, "l j F Y")
    assert "Voor · Gemeente Oosterveen\nUw kenmerk · OV-2026/17\nOns kenmerk · " + made.reference in read
    assert [line for line in read.split("\n") if line.startswith(day)] == [
        f"{day} · {time_format(localtime(lesson.starts_at))} – {time_format(localtime(lesson.ends_at))} · 90 · 90 · Ongeoorloofd"
    ]
    assert "Samen · · 90 · 90" in read
    today = date_format(TODAY(), "j F Y")
    done = read.split("Wat de school deed\n")[1].split("\n")[1:]
    assert done == [f"{today} · Gesprek · Gesproken en afspraken gemaakt", f"{today} · Eerste brief · Brief meegegeven"]
    assert bram.surname not in read
    assert made.by_hand.note == "Kenmerk van de opdrachtgever: OV-2026/17"

    Lesson.objects.update(day=TODAY())
    assert words_of(page_of(row)) == read


def test_the_report_is_a_tagged_pdf_for_office_and_student(row: FollowUp, bram: User, tmp_path: Path) -> None:
    signed_in(bram).post(address(row), told())
    letter = AbsenceLetter.objects.get(step__kind="report")
    student = row.programme.student
    mine = open_account(student=student, by=bram)
    answers = [
        signed_in(bram).get(reverse("attendance:absence_letter", args=[letter.pk])),
        signed_in(mine).get(reverse("attendance:own_letter", args=[letter.pk])),
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "Melding aan de opdrachtgever" in signed_in(mine).get(reverse("attendance:own_letters")).content.decode()
    if not pdf_available():
        (tmp_path / "report.pdf").write_bytes(answers[0].content)
        findings = pdfua.validate(str(tmp_path / "report.pdf")).findings
        assert [finding.message for finding in findings if finding.severity >= pdfua.Severity.ERROR] == []


def test_a_preview_keeps_nothing(row: FollowUp, bram: User, ineke: User, anna: User) -> None:
    see = reverse("reporting:report_absence_preview", args=[row.pk])

    assert signed_in(bram).get(see).status_code == 200
    assert (AbsenceLetter.objects.count(), Disclosure.objects.count()) == (0, 0)
    assert signed_in(anna).get(see).status_code == 403
    limit(row.programme.student, ineke, "attendance")
    assert signed_in(bram).get(see).status_code == 404


@pytest.mark.parametrize(("code", "said"), [("holiday", "Geoorloofd: vakantie"), ("ill", "Geoorloofd"), ("", "Nog onbekend")])
def test_an_agreed_reason_is_told_and_illness_never(
    code: str, said: str, row: FollowUp, bram: User, ineke: User, client_: Client
) -> None:
    note_reasons()
    agree(client_, ineke)
    row.signals.update(counts="all")
    mark = Mark.objects.order_by("lesson__starts_at").last()
    assert mark
    if code:
        give_reasons(chosen={mark.pk: code}, by=ineke)

    assert said in signed_in(bram).get(address(row)).content.decode()
    signed_in(bram).post(address(row), told())

    (line,) = [line for line in words_of(page_of(row)).split("\n") if line.startswith(date_format(mark.lesson.day, "l j F Y"))]
    assert line.endswith(f" · {said}")
    with override("nl"):
        title = Disclosure.objects.get().title
    assert title == "Aanwezigheid, Wie u bent" + (", met redenen van afwezigheid volgens afspraak" if code == "holiday" else "")


def test_what_was_told_on_an_earlier_day_is_what_was_known_of_the_days_before(row: FollowUp, bram: User) -> None:
    FollowUp.objects.update(opened_on=TODAY() - dt.timedelta(days=9))
    browser = signed_in(bram)
    for days, sentence in [(6, "viel geen gemiste les"), (900, "betaalde niemand anders deze cursus")]:
        moment = timezone.localtime() - dt.timedelta(days=days)  # before the lesson this client commissioned, before its contract
        refused = browser.post(address(row), told() | {"at": moment.strftime("%Y-%m-%dT%H:%M")})
        assert refused.status_code == 422
        (said,) = refused.context["form"].errors["at"]
        assert sentence in said
        assert date_format(moment.date()) in said
    assert not Disclosure.objects.exists()


def test_both_or_neither(row: FollowUp, bram: User) -> None:
    assert signed_in(bram).post(address(row), told(version=7)).status_code == 422  # somebody was first

    assert (Disclosure.objects.count(), FollowUpStep.objects.count(), AbsenceLetter.objects.count()) == (0, 0, 0)


def test_without_a_ground_nothing_is_recorded(row: FollowUp, bram: User, ineke: User) -> None:
    Student.objects.update(objections=["client_reports"])
    objected = signed_in(bram).post(address(row), told())
    Student.objects.update(objections=[])
    limit(row.programme.student, ineke, "attendance")
    restricted = signed_in(bram).post(address(row), told())

    assert (objected.status_code, restricted.status_code) == (422, 422)
    assert "bezwaar" in objected.content.decode()
    assert not Disclosure.objects.exists()
    assert "de hele les" not in restricted.content.decode()


def test_a_private_client_needs_consent(row: FollowUp, bram: User, ineke: User, client_: Client) -> None:
    Client.objects.update(kind=ClientModel.Kind.EMPLOYER)
    refused = signed_in(bram).post(address(row), told())
    assert refused.status_code == 422
    assert "geen toestemming" in refused.content.decode()

    consent(row.programme.student, ineke, "private_client", Client.objects.get())
    assert signed_in(bram).post(address(row), told()).status_code == 302


def test_a_client_is_told_nothing_when_no_lesson_was_its_own(row: FollowUp, bram: User) -> None:
    row.programme.contracts.update(starts_on=TODAY())

    refused = signed_in(bram).post(address(row), told())

    assert refused.status_code == 422
    assert not Disclosure.objects.exists()
    row.programme.contracts.all().delete()
    assert "geen opdrachtgever" in signed_in(bram).get(address(row)).content.decode()
    assert signed_in(bram).post(address(row), told()).status_code == 422


def test_strangers_tell_nothing(row: FollowUp, south: Location, anna: User, dana: User) -> None:
    far = staff(Role.COORDINATOR, south)
    answers = [signed_in(user).post(address(row), told()).status_code for user in (far, anna, dana)]

    assert answers == [404, 403, 403]
    assert not Disclosure.objects.exists()

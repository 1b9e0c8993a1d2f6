"""Reasons as data, reports of absence, leave, and what the register proposes."""

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries

from attendance import absence_reasons as reasons
from attendance import rules
from attendance.actions import Row, save_register, sign_register
from attendance.actions import absence as actions
from attendance.models import AbsenceReason, AbsenceReport, AbsenceSettings, Claim, Lesson, Mark
from attendance.models.absence import reported_absent
from kvs import catalogue
from kvs.fields import unseal
from kvs.models import Location, Role, User
from students.actions import open_account
from students.actions.restrictions import set_limits
from students.models import Enrolment, Student
from tests.factories import note_reasons, staff
from tests.people import Browser, signed_in

ONE_DAY = dt.timedelta(days=1)


def midnight(days: int = 0) -> dt.datetime:
    return actions.day_start(timezone.localdate() + days * ONE_DAY)


def ill(student: Student, by: User, first: int = 0, last: int | None = 0, reason: str = "ill") -> AbsenceReport:
    """Reported by the administration from day to day, counted from today; `last` None: until further notice."""
    ends_at = None if last is None else midnight(last + 1)
    return actions.report_absence(student=student, starts_at=midnight(first), ends_at=ends_at, reason=reason, by=by)


@pytest.fixture
def abdi(places: list[Enrolment]) -> Student:
    note_reasons()
    return places[0].programme.student


@pytest.fixture
def his_account(abdi: Student, ineke: User) -> User:
    return open_account(student=abdi, by=ineke)


# --- reasons are data


@pytest.mark.parametrize(
    ("code", "by_student", "by_office"),
    [  # issue 4, section 2; policy B 3.1.8; only the words on health need no decision of the school
        ("ill", "excused", "excused"),
        ("birth", "excused", "excused"),
        ("holiday", "unknown", "excused"),
        ("leave", "unknown", "excused"),
        ("appointment", "unknown", "excused"),
        ("pip_work", "unknown", "excused"),
        ("excused", "unknown", "excused"),
        ("unexcused", "unknown", "unexcused"),
    ],
)
def test_what_a_reason_makes_of_an_absence(code: str, by_student: str, by_office: str) -> None:
    said = reasons.reason(code)
    assert said
    assert (reasons.verdict_of(said, student=True), reasons.verdict_of(said, student=False)) == (by_student, by_office)


def test_reasons_have_validity_and_source() -> None:
    assert reasons.reason("pip_work", dt.date(2021, 12, 31)) is None  # no PIP before the Wi2021
    assert reasons.reason("pip_work", dt.date(2022, 1, 1))
    assert {row.code for row in reasons.REASONS if row.health} == {"ill", "birth"}
    assert {row.code for row in reasons.REASONS if row.confirmed} == {"ill", "birth", "holiday"}  # policy B 3.1.8
    assert all(row.source for row in reasons.REASONS)


def test_a_student_says_no_judgement_of_the_school() -> None:
    day = timezone.localdate()
    office, student = (dict(reasons.choices(day, student=who, before=False)) for who in (False, True))
    assert set(office) - set(student) == {"excused", "unexcused"}
    assert "unexcused" not in dict(reasons.choices(day, student=False, before=True))


# --- reports


def test_a_reason_is_stored_sealed_whatever_it_is(abdi: Student, ineke: User) -> None:
    made = [ill(abdi, ineke), ill(abdi, ineke, 3, 4, "holiday")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason FROM attendance_absencereport ORDER BY starts_at")
        tokens = [row[0] for row in cursor.fetchall()]
    assert not {"ill", "holiday"} & set(tokens)
    assert [unseal(token, "attendance.absence_report.reason") for token in tokens] == ["ill", "holiday"]
    assert [AbsenceReport.objects.get(pk=row.pk).reason for row in made] == ["ill", "holiday"]
    for model in (AbsenceReport, AbsenceReason):  # privacy_obligations.md 41
        assert catalogue.field_for(model, "reason").category.readable_by == {"administration"}
        assert catalogue.field_for(model, "reason").category.recipients == ()


def test_the_same_report_twice_is_one(abdi: Student, ineke: User) -> None:
    assert ill(abdi, ineke) == ill(abdi, ineke)
    assert AbsenceReport.objects.count() == 1


def test_two_reports_of_one_student_do_not_overlap(abdi: Student, ineke: User, places: list[Enrolment]) -> None:
    open_end = ill(abdi, ineke, last=None)
    with pytest.raises(ValidationError, match="Er is al een afmelding"):
        ill(abdi, ineke, 5, 6)
    ill(places[1].programme.student, ineke, last=None)  # somebody else may
    AbsenceReport.objects.filter(pk=open_end.pk).update(status="refused", decided_at=timezone.now(), decided_by_audit_id=abdi.pk)
    ill(abdi, ineke, 5, 6)  # what was refused is in nobody's way
    clash: dict[str, Any] = {"student": abdi, "status": "asked", "party": "student", "by_audit_id": abdi.audit_id}
    with pytest.raises(IntegrityError, match="absence_report_once"), transaction.atomic():
        AbsenceReport.objects.create(starts_at=midnight(6), ends_at=midnight(8), **clash)


def test_an_open_end_runs_until_the_next_report_and_says_so(abdi: Student, ineke: User) -> None:
    """Leave is known for the day after tomorrow; ill from today, for nobody knows how long."""
    leave = ill(abdi, ineke, 2, 3, "leave")
    me = signed_in(open_account(student=abdi, by=ineke))
    answer = me.post(reverse("attendance:own_sick"), {"until": "open"}, follow=True)

    sick = AbsenceReport.objects.exclude(pk=leave.pk).get()
    assert (sick.ends_at, sick.last_day) == (leave.starts_at, timezone.localdate() + dt.timedelta(days=1))
    day = date_format(timezone.localdate() + dt.timedelta(days=1))
    assert f"Dit is tot en met {day}. Daarna hebt u de school al iets laten weten." in answer.content.decode()

    sick.delete()
    typed = {"reason": "ill", "first": timezone.localdate().isoformat(), "last": ""}
    told = signed_in(ineke).post(reverse("attendance:absence_add", args=[abdi.pk]), typed, follow=True)
    assert f"Deze afmelding loopt tot en met {day}" in told.content.decode()
    AbsenceReport.objects.exclude(pk=leave.pk).delete()
    AbsenceReport.objects.filter(pk=leave.pk).update(status="refused", decided_at=timezone.now(), decided_by_audit_id=abdi.pk)
    assert ill(abdi, ineke, last=None).ends_at is None  # what was refused is in nobody's way


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        (-100, -99, "meer dan drie maanden geleden"),
        (400, 401, "meer dan een jaar vooruit"),
        (0, 400, "meer dan een jaar"),
        (2, 0, "eindigt nadat zij begint"),
    ],
)
def test_days_that_cannot_be(abdi: Student, ineke: User, first: int, last: int, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        ill(abdi, ineke, first, last)


def test_a_reason_off_the_list_is_refused(abdi: Student, ineke: User) -> None:
    for code in ("", "griep", "unexcused"):
        with pytest.raises(ValidationError, match="redenen in de lijst"):
            ill(abdi, ineke, reason=code)


def test_a_school_without_reasons_stores_none(abdi: Student, ineke: User) -> None:
    AbsenceSettings.objects.all().delete()  # so it begins (AVG 25(2))
    assert ill(abdi, ineke).reason is None


def test_nothing_is_added_to_a_restricted_file(abdi: Student, ineke: User) -> None:
    set_limits(student=abdi, restricted=["attendance"], objections=[], by=ineke)
    with pytest.raises(ValidationError, match="beperkt"):
        ill(abdi, ineke)


def test_who_comes_again_ends_the_report(abdi: Student, ineke: User) -> None:
    report = ill(abdi, ineke, -2, None)
    with pytest.raises(ValidationError, match="voor de eerste dag"):
        actions.end_absence(report=report, version=1, ends_at=midnight(-2), by=ineke)
    ended = actions.end_absence(report=report, version=1, ends_at=midnight(1), by=ineke)
    assert ended.last_day == timezone.localdate()
    with pytest.raises(ValidationError, match="later dan de melding"):
        actions.end_absence(report=report, version=2, ends_at=midnight(5), by=ineke)


def test_switching_reasons_off_empties_them_and_keeps_what_they_made(
    abdi: Student, ineke: User, lesson: Lesson, anna: User
) -> None:
    report = ill(abdi, ineke)
    sign_register(lesson=lesson, rows=[], by=anna)
    mark = Mark.objects.get(enrolment__programme__student=abdi)
    AbsenceReason.objects.create(
        mark=mark, reason="ill", tellable="untold", verdict="excused", party="office", by_audit_id=ineke.audit_id
    )

    actions.change_absence_settings(version=1, by=ineke, reasons_from=None, student_days=14, unknown_days=14)

    report.refresh_from_db()
    said = AbsenceReason.objects.get()
    assert (report.reason, said.reason, said.verdict) == (None, None, "excused")
    assert (report.tellable, said.tellable) == (None, None)


# --- leave


def ask(student: Student, by: User, reason: str = "holiday", first: int = 7) -> AbsenceReport:
    days = {"starts_at": midnight(first), "ends_at": midnight(first + 2)}
    return actions.report_own_absence(student=student, reason=reason, leave=True, by=by, **days)


def test_leave_waits_for_the_school_and_illness_does_not(abdi: Student, his_account: User) -> None:
    asked, sick, birth = ask(abdi, his_account), ask(abdi, his_account, "ill", 20), ask(abdi, his_account, "birth", 30)
    assert [row.status for row in (asked, sick, birth)] == ["asked", "approved", "approved"]
    with pytest.raises(ValidationError, match="redenen in de lijst"):
        ask(abdi, his_account, "excused", 40)


def test_the_answer_is_mailed_without_saying_what_it_is(
    abdi: Student, his_account: User, bram: User, django_capture_on_commit_callbacks: Any
) -> None:
    Student.objects.filter(pk=abdi.pk).update(email="abdi@voorbeeld.test")
    asked = ask(abdi, his_account)
    decided = actions.decide_leave(report=asked, version=1, approve=False, by=bram)
    actions.tell_answer(str(decided.pk))

    assert decided.status == "refused"
    assert decided.decided_by_audit_id == bram.audit_id
    (sent,) = mail.outbox
    assert sent.to == ["abdi@voorbeeld.test"]
    assert sent.subject == "Een antwoord van uw school"
    assert not {"vakantie", "vrij", "Warsame", "geweigerd"} & set(sent.body.split())
    with pytest.raises(ValidationError, match="collega"):
        actions.decide_leave(report=asked, version=2, approve=True, by=bram)


def test_only_who_handles_absence_there_answers(
    abdi: Student, his_account: User, anna: User, bram: User, chris: User, south: Location
) -> None:
    asked = ask(abdi, his_account)
    address = reverse("attendance:absence_decide", args=[asked.pk])
    stranger = staff(Role.COORDINATOR, south)
    said = {"decision": "approve", "version": "1"}
    assert [signed_in(user).post(address, said).status_code for user in (anna, chris, his_account)] == [403, 403, 403]
    assert signed_in(stranger).post(address, said).status_code == 404
    assert signed_in(bram).get(address).status_code == 405
    assert signed_in(bram).post(address, {"decision": "misschien", "version": "x"}).status_code == 302
    asked.refresh_from_db()
    assert asked.status == "asked"
    page = signed_in(bram).post(address, said, follow=True).content.decode()
    asked.refresh_from_db()
    assert asked.status == "approved"
    assert "Antwoord gegeven: goedgekeurd." in page


def test_the_coordinator_answers_without_reading_the_reason(abdi: Student, his_account: User, bram: User, ineke: User) -> None:
    ask(abdi, his_account)
    ill(abdi, ineke)
    seen = {user: signed_in(user).get(reverse("attendance:absences")).content.decode() for user in (bram, ineke)}
    assert "Warsame" in seen[bram]
    assert "alleen de administratie ziet dit" in seen[bram]
    assert not [word for word in ("vakantie", '<td data-label="Reden">ziek') if word in seen[bram]]
    assert "vakantie" in seen[ineke]
    assert ">ziek<" in seen[ineke]


# --- at the desk


def test_a_sick_call_takes_two_clicks_from_the_search(abdi: Student, ineke: User) -> None:
    desk = signed_in(ineke)
    found = desk.post(reverse("students:search"), {"q": "warsame"}, follow=True).content.decode()
    address = reverse("attendance:absence_add", args=[abdi.pk])
    assert f'href="{address}"' in found  # the first click
    form = desk.get(address).context["form"]
    as_it_opens = {name: form[name].value() or "" for name in form.fields}
    assert desk.post(address, as_it_opens).status_code == 302  # the second
    report = AbsenceReport.objects.get()
    assert (report.reason, report.status, report.party) == ("ill", "approved", "office")
    assert (report.first_day, report.last_day) == (timezone.localdate(), timezone.localdate())


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"reason": ""}, "Kies een reden."),
        ({"reason": "griep"}, "Selecteer een geldige keuze"),
        ({"first": "2026-02-31"}, "geldige datum"),
        ({"first": "1999-01-01"}, "Klopt het jaar?"),
        ({"last": "2020-01-01"}, "kan niet voor de eerste dag"),
        ({"last": "", "begins": "09:00"}, "Een tijd is alleen voor een deel"),
        ({"begins": "11:00", "ends": "10:00"}, "eindigt nadat zij begint"),
    ],
)
def test_what_cannot_be_is_said_at_the_field(abdi: Student, ineke: User, typed: dict[str, str], sentence: str) -> None:
    today = timezone.localdate().isoformat()
    known = {"reason": "ill", "first": today, "last": today}
    answer = signed_in(ineke).post(reverse("attendance:absence_add", args=[abdi.pk]), known | typed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert AbsenceReport.objects.count() == 0


def test_the_desk_ends_and_takes_out(abdi: Student, ineke: User) -> None:
    report, desk = ill(abdi, ineke, -1, None), signed_in(ineke)
    today = timezone.localdate().isoformat()
    assert desk.post(reverse("attendance:absence_end", args=[report.pk]), {"back": today, "version": "1"}).status_code == 302
    report.refresh_from_db()
    assert report.last_day == timezone.localdate() - ONE_DAY
    assert (
        desk.post(reverse("attendance:absence_remove", args=[report.pk]), {"version": "1"}).status_code == 422
    )  # seen too early
    assert desk.post(reverse("attendance:absence_remove", args=[report.pk]), {"version": "2"}).status_code == 302
    assert AbsenceReport.objects.count() == 0


def test_a_school_without_reasons_asks_and_shows_none(abdi: Student, his_account: User, ineke: User) -> None:
    AbsenceSettings.objects.all().delete()
    desk, me = signed_in(ineke), signed_in(his_account)
    ask(abdi, his_account, reason="")
    pages = [desk.get(reverse("attendance:absence_add", args=[abdi.pk])), desk.get(reverse("attendance:absences"))]
    pages += [me.get(reverse(f"attendance:{name}")) for name in ("own_absence", "own_sick", "own_leave")]
    for page in pages:
        text = page.content.decode()
        assert 'name="reason"' not in text
        assert "Reden" not in text
        assert "Ik ben ziek" not in text


def test_the_settings_are_for_the_administration(ineke: User, bram: User, north: Location) -> None:
    address = reverse("attendance:absence_settings")
    typed = {"reasons_from": "2026-11-01", "student_days": "7", "unknown_days": "10", "version": "1"}
    assert signed_in(bram).post(address, typed).status_code == 403
    assert signed_in(ineke).post(address, typed | {"student_days": "91"}).status_code == 422
    assert signed_in(ineke).post(address, typed).status_code == 302
    kept = AbsenceSettings.current()
    assert (kept.reasons_from, kept.student_days, kept.unknown_days) == (dt.date(2026, 11, 1), 7, 10)
    stale = signed_in(ineke).post(address, typed | {"student_days": "8"})
    assert (stale.status_code, AbsenceSettings.current().student_days) == (422, 7)


# --- in the portal


def test_a_student_reports_sick_and_well_again(abdi: Student, his_account: User) -> None:
    me = signed_in(his_account)
    assert me.post(reverse("attendance:own_sick"), {"until": "open"}).status_code == 302
    report = AbsenceReport.objects.get()
    assert (report.reason, report.status, report.ends_at, report.party) == ("ill", "approved", None, "student")
    page = me.get(reverse("attendance:own_absence")).content.decode()
    assert "tot nader bericht" in page
    assert "Ik kom weer" in page
    me.post(reverse("attendance:own_back", args=[report.pk]), {"version": "1"})
    report.refresh_from_db()
    assert report.ends_at
    assert report.ends_at <= timezone.now()


def test_a_student_asks_leave_and_reads_the_answer(abdi: Student, his_account: User, bram: User) -> None:
    me, day = signed_in(his_account), timezone.localdate() + 7 * ONE_DAY
    typed = {"reason": "holiday", "first": day.isoformat(), "last": day.isoformat()}
    assert me.post(reverse("attendance:own_leave"), typed).status_code == 302
    assert me.post(reverse("attendance:own_leave"), typed | {"reason": "ill"}).status_code == 422  # that has its own button
    report = AbsenceReport.objects.get()
    assert "nog geen antwoord" in me.get(reverse("attendance:own_absence")).content.decode()
    actions.decide_leave(report=report, version=1, approve=False, by=bram)
    assert "geen vrij" in me.get(reverse("attendance:own_absence")).content.decode()


def test_what_is_not_answered_can_be_taken_back(abdi: Student, his_account: User, bram: User) -> None:
    me, asked = signed_in(his_account), ask(abdi, his_account)
    me.post(reverse("attendance:own_withdraw", args=[asked.pk]), {"version": "1"})
    assert AbsenceReport.objects.count() == 0
    refused = actions.decide_leave(report=ask(abdi, his_account, first=0), version=1, approve=False, by=bram)
    page = me.post(reverse("attendance:own_withdraw", args=[refused.pk]), {"version": "2"}, follow=True).content.decode()
    assert "Dit is al begonnen of al beantwoord" in page
    assert AbsenceReport.objects.count() == 1


def test_nobody_ends_or_takes_back_the_report_of_somebody_else(
    abdi: Student, his_account: User, places: list[Enrolment], ineke: User
) -> None:
    other = signed_in(open_account(student=places[1].programme.student, by=ineke))
    report = ill(abdi, ineke, last=None)
    for name in ("own_back", "own_withdraw"):
        address = reverse(f"attendance:{name}", args=[report.pk])
        assert other.post(address, {"version": "1"}).status_code == 404
        assert signed_in(ineke).post(address, {"version": "1"}).status_code == 403
        assert Browser().post(address, {"version": "1"}).status_code == 302
    assert AbsenceReport.objects.get().ends_at is None


# --- the register


def state_of(lesson: Lesson, student: Student) -> str:
    return Mark.objects.get(lesson=lesson, enrolment__programme__student=student).state


def line_of(user: User, lesson: Lesson, student: Student) -> Any:
    page = signed_in(user).get(reverse("attendance:register", args=[lesson.pk]))
    return next(line for line in page.context["lines"] if line.student == student)


def test_the_register_proposes_and_saves_nothing(abdi: Student, ineke: User, anna: User, lesson: Lesson) -> None:
    assert line_of(anna, lesson, abdi).proposed == "present"
    ill(abdi, ineke)
    line = line_of(anna, lesson, abdi)
    assert (line.proposed, line.chosen) == ("reported", "")
    assert (Mark.objects.count(), Claim.objects.count()) == (0, 0)
    page = signed_in(anna).get(reverse("attendance:register", args=[lesson.pk])).content.decode()
    assert 'data-proposed="reported"' in page
    assert "Voorstel: afgemeld" in page or "voorstel: afgemeld" in page
    assert "ziek" not in page.lower()


@pytest.mark.parametrize("wanted", ["sign", "rest_present"])
def test_signing_and_the_rest_make_the_proposal_real(
    abdi: Student, ineke: User, anna: User, lesson: Lesson, places: list[Enrolment], wanted: str
) -> None:
    ill(abdi, ineke)
    if wanted == "sign":
        sign_register(lesson=lesson, rows=[Row(place.pk, "") for place in places], by=anna)
    else:
        save_register(lesson=lesson, rows=[], by=anna, rest_present=True)
    states = [state_of(lesson, place.programme.student) for place in places]
    assert states == ["reported", "present", "present"]


def test_the_teachers_own_mark_wins(abdi: Student, ineke: User, anna: User, lesson: Lesson, places: list[Enrolment]) -> None:
    ill(abdi, ineke)
    sign_register(lesson=lesson, rows=[Row(places[0].pk, "present")], by=anna)
    assert state_of(lesson, abdi) == "present"
    page = signed_in(anna).get(reverse("attendance:register", args=[lesson.pk])).content.decode()
    assert page.count(" afgemeld</span>") == 1  # beside the name, without a word on why
    assert "ziek" not in page.lower()


def test_a_report_after_signing_changes_no_mark(abdi: Student, ineke: User, anna: User, lesson: Lesson) -> None:
    sign_register(lesson=lesson, rows=[], by=anna)
    ill(abdi, ineke)
    assert state_of(lesson, abdi) == "present"


@pytest.mark.parametrize(
    ("begin", "end", "covered"),
    [  # minutes from the beginning of the lesson
        (-60, 600, True),
        (0, 1, True),
        (-60, 0, False),  # comes just in time
        (1, 600, False),  # leaves halfway: the teacher says "left early"
        (-60, None, True),
    ],
)
def test_which_lessons_a_report_covers(
    abdi: Student, ineke: User, lesson: Lesson, begin: int, end: int | None, covered: bool
) -> None:
    minutes = [lesson.starts_at + dt.timedelta(minutes=number) if number is not None else None for number in (begin, end)]
    assert minutes[0]
    actions.report_absence(student=abdi, starts_at=minutes[0], ends_at=minutes[1], reason="appointment", by=ineke)
    assert (abdi.pk in reported_absent(lesson)) is covered


def test_leave_nobody_gave_is_not_proposed(abdi: Student, his_account: User, anna: User, lesson: Lesson) -> None:
    actions.report_own_absence(
        student=abdi, starts_at=midnight(), ends_at=midnight(1), reason="holiday", leave=True, by=his_account
    )
    assert line_of(anna, lesson, abdi).proposed == "present"


def test_the_register_asks_one_more_question_whatever_the_reports(
    abdi: Student,
    ineke: User,
    anna: User,
    lesson: Lesson,
    places: list[Enrolment],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    teacher, address = signed_in(anna), reverse("attendance:register", args=[lesson.pk])
    teacher.get(address)
    with CaptureQueriesContext(connection) as before:
        teacher.get(address)
    for each in places:
        ill(each.programme.student, ineke)
    with django_assert_num_queries(len(before)):
        teacher.get(address)


def test_strangers_see_no_absence(abdi: Student, ineke: User, chris: User, anna: User, south: Location) -> None:
    ill(abdi, ineke)
    far = staff(Role.ADMINISTRATION, south)
    assert AbsenceReport.objects.visible_to(chris).count() == 0
    assert AbsenceReport.objects.visible_to(anna).count() == 0  # a teacher sees it on the register only
    assert AbsenceReport.objects.visible_to(far).count() == 0
    assert AbsenceReport.objects.visible_to(ineke).count() == 1
    assert "Warsame" not in signed_in(far).get(reverse("attendance:absences")).content.decode()


def test_rules_know_what_away_is() -> None:
    assert frozenset(rules.STATES) - rules.THERE == rules.AWAY

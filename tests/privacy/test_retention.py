"""What goes by itself: on the right day, after telling, never unseen; with days given instead of waited for."""

import datetime as dt
import html
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from kvs.models import AccessEvent, AuditEntry, Location, Organisation, RetentionSetting, Role, User
from privacy import clocks
from privacy.actions.complaints import assign_complaint, decide_complaint
from privacy.actions.erasure import release_hold, set_hold
from privacy.actions.incidents import report_incident
from privacy.actions.requests import add_paper, destroy_paper
from privacy.actions.retention import (
    change_period,
    empty_bsn,
    forget_answered,
    forget_old,
    purge_people,
    run_retention,
    tell_students,
)
from privacy.models import (
    Complaint,
    Erasure,
    ExemptionRecord,
    FinancialRecord,
    Hold,
    Incident,
    IncidentPerson,
    PaperDossier,
    PrivacyRequest,
    RetentionNotice,
    YearCount,
)
from privacy.models.counts import per_year
from students.actions import record_exemption, start_programme
from students.models import Programme, Student
from tests.factories import ask_privacy, complain, invoice, make_student, staff
from tests.people import Browser, signed_in
from tests.privacy.erasing import Pair, make_pair, nothing

END = dt.date(2026, 6, 30)
DUE = dt.date(2029, 6, 30)


@pytest.fixture
def pair(north: Location, ineke: User) -> Pair:
    """X ended on END, Y goes on."""
    made = make_pair(north, ineke)
    Programme.objects.filter(student=made.x).update(ends_on=END)
    return made


def ends(student: Student, day: dt.date | None) -> None:
    Programme.objects.filter(student=student).update(ends_on=day)


def goes(day: dt.date) -> list[Student]:
    return [due.student for due in clocks.due_until(day)]


def test_three_years_after_the_last_end_and_not_a_day_before(pair: Pair) -> None:
    assert goes(DUE - dt.timedelta(days=1)) == []
    assert goes(DUE) == [pair.x]


def test_who_came_back_counts_from_the_latest_end(pair: Pair, ineke: User) -> None:
    start_programme(student=pair.x, by=ineke, law="none", starts_on=dt.date(2027, 1, 1), ends_on=dt.date(2028, 1, 31))
    assert goes(DUE) == []
    assert goes(dt.date(2031, 1, 31)) == [pair.x]


def test_a_missing_end_keeps_the_file_and_is_shown_after_half_a_year(pair: Pair) -> None:
    assert goes(dt.date(2060, 1, 1)) == [pair.x]
    lesson_day = pair.lesson.day
    assert list(clocks.without_end(lesson_day)) == []
    assert [row.student for row in clocks.without_end(lesson_day + dt.timedelta(days=190))] == [pair.y]


def test_the_student_is_told_a_month_before_and_only_then_erased(pair: Pair) -> None:
    told_on = DUE - dt.timedelta(days=30)
    assert tell_students(today=told_on - dt.timedelta(days=1)) == 0
    assert (tell_students(today=told_on), tell_students(today=told_on)) == (1, 0)
    notice = RetentionNotice.objects.get()
    assert (notice.student, notice.due_on, notice.mailed) == (pair.x, DUE, True)
    (message,) = mail.outbox
    assert message.to == [pair.x.email]
    assert "Haddad" not in message.subject + str(message.body)
    assert "Bewaar" not in message.subject

    assert purge_people(today=DUE - dt.timedelta(days=1), progress=nothing) == {"erased": 0, "waiting": 0}
    assert purge_people(today=DUE, progress=nothing) == {"erased": 1, "waiting": 0}

    assert list(Student.objects.all()) == [pair.y]
    done = Erasure.objects.get()
    assert (done.reason, done.state, done.prepared_by_audit_id, done.approved_by_audit_id) == ("retention", "done", None, None)


def test_who_was_never_told_is_told_first(pair: Pair) -> None:
    late = DUE + dt.timedelta(days=400)
    assert run_retention(today=late, progress=nothing)["erased"] == 0
    assert RetentionNotice.objects.get().due_on == late + dt.timedelta(days=30)
    assert run_retention(today=late + dt.timedelta(days=29), progress=nothing)["erased"] == 0
    assert run_retention(today=late + dt.timedelta(days=30), progress=nothing)["erased"] == 1


def test_a_hold_and_a_restriction_stop_the_clock_until_lifted(pair: Pair, dana: User) -> None:
    tell_students(today=DUE - dt.timedelta(days=30))
    hold = set_hold(person=pair.x, ground="claim", review_on=timezone.localdate() + dt.timedelta(days=90), by=dana)
    assert purge_people(today=DUE, progress=nothing) == {"erased": 0, "waiting": 1}
    release_hold(hold=hold, version=1, by=dana)
    Student.objects.filter(pk=pair.x.pk).update(restricted=["exams"])
    assert purge_people(today=DUE, progress=nothing) == {"erased": 0, "waiting": 1}
    Student.objects.filter(pk=pair.x.pk).update(restricted=[])
    assert purge_people(today=DUE, progress=nothing) == {"erased": 1, "waiting": 0}


def test_a_name_elsewhere_waits_for_people(pair: Pair) -> None:
    Student.objects.filter(pk=pair.y.pk).update(work_experience="Met Rania Haddad")
    tell_students(today=DUE - dt.timedelta(days=30))
    assert purge_people(today=DUE, progress=nothing) == {"erased": 0, "waiting": 1}
    assert Erasure.objects.values_list("state", "problem").get() == ("prepared", "traces")
    assert purge_people(today=DUE, progress=nothing) == {"erased": 0, "waiting": 1}
    assert Erasure.objects.count() == 1


def test_the_exemption_lives_six_years_from_then_and_not_longer(pair: Pair, ineke: User) -> None:
    record_exemption(
        programme=pair.x.programmes.get(), version=0, by=ineke, kind="effort", body="duo", decided_on=dt.date(2025, 1, 1)
    )
    tell_students(today=DUE - dt.timedelta(days=30))
    run_retention(today=DUE, progress=nothing)
    assert ExemptionRecord.objects.get().kept_until == dt.date(2032, 6, 30)
    forget_old(today=dt.date(2032, 6, 30))
    assert ExemptionRecord.objects.count() == 1
    forget_old(today=dt.date(2032, 7, 1))
    assert ExemptionRecord.objects.count() == 0


def test_three_six_and_seven_years_on_one_clock(pair: Pair, ineke: User) -> None:
    """The file after three, the exemption after six, the invoice after seven years and the rest of its calendar year."""
    record_exemption(
        programme=pair.x.programmes.get(), version=0, by=ineke, kind="effort", body="duo", decided_on=dt.date(2025, 1, 1)
    )
    invoice(pair.x.programmes.get(), ineke, issued_on=dt.date(2026, 3, 2))
    tell_students(today=DUE - dt.timedelta(days=30))
    left = {}
    for day in (DUE, dt.date(2032, 6, 30), dt.date(2032, 7, 1), dt.date(2033, 12, 31), dt.date(2034, 1, 1)):
        purge_people(today=day, progress=nothing)
        forget_old(today=day)
        left[day.year, day.month] = [model.objects.count() for model in (Student, ExemptionRecord, FinancialRecord)]
    assert left == {
        (2029, 6): [1, 1, 1],
        (2032, 6): [1, 1, 1],
        (2032, 7): [1, 0, 1],
        (2033, 12): [1, 0, 1],
        (2034, 1): [1, 0, 0],
    }


def test_the_books_wait_for_no_file_that_goes_on(pair: Pair, ineke: User) -> None:
    """Who came back and who has no end keep their file; the invoice of 2026 goes on its own day."""
    start_programme(student=pair.x, by=ineke, law="none", starts_on=dt.date(2027, 1, 1), ends_on=dt.date(2033, 1, 31))
    for student in (pair.x, pair.y):
        invoice(student.programmes.order_by("starts_on")[0], ineke, issued_on=dt.date(2026, 3, 2))
    day = dt.date(2034, 1, 1)
    assert goes(day) == []
    assert forget_old(today=day)["books"] == 4  # two, with their links
    assert Student.objects.count() == 2


def test_the_bsn_goes_two_months_after_the_last_ground(pair: Pair) -> None:
    assert empty_bsn(today=dt.date(2026, 8, 29)) == 0
    assert empty_bsn(today=dt.date(2026, 8, 30)) == 1
    assert list(Programme.objects.filter(bsn_index__isnull=False).values_list("student", flat=True)) == [pair.y.pk]
    line = AuditEntry.objects.filter(model="students.programme", action="update").latest("id")
    assert line.fields == ["bsn"]


def test_lines_of_the_log_go_after_two_years(pair: Pair) -> None:
    before = AuditEntry.objects.count(), AccessEvent.objects.count()
    assert all(before)
    today = timezone.localdate()
    forget_old(today=today + dt.timedelta(days=700))
    assert (AuditEntry.objects.count(), AccessEvent.objects.count()) == before
    forget_old(today=today + dt.timedelta(days=740))
    assert (AuditEntry.objects.count(), AccessEvent.objects.count()) == (0, 0)


def test_requests_and_complaints_go_two_years_after_closing_and_their_numbers_stay(
    north: Location, ineke: User, dana: User
) -> None:
    student, closed = make_student(north, ineke), dt.date(2026, 6, 30)
    for kind, day in (("access", closed), ("erasure", closed + dt.timedelta(days=1)), ("consent", None)):
        asked = ask_privacy(student, ineke, kind=kind, received_on=dt.date(2026, 6, 1))
        if day:
            PrivacyRequest.objects.filter(pk=asked.pk).update(state="withdrawn", closed_on=day)
    complaint = assign_complaint(complaint=complain(student, ineke), version=1, handler=dana, by=dana)
    complaint = decide_complaint(complaint=complaint, version=2, decision="unfounded", reasons="Nee", by=dana)
    sent = {"letter_sent_on": timezone.localdate(), "letter_sent_how": "post", "received_on": dt.date(2026, 6, 1)}
    Complaint.objects.filter(pk=complaint.pk).update(**sent, state="closed", closed_on=closed)
    before = per_year()

    assert forget_answered(today=dt.date(2028, 6, 29)) == {"requests": 0, "complaints": 0, "breaches": 0}
    assert forget_answered(today=dt.date(2028, 6, 30)) == {"requests": 1, "complaints": 1, "breaches": 0}
    assert forget_answered(today=dt.date(2028, 6, 30)) == {"requests": 0, "complaints": 0, "breaches": 0}
    assert run_retention(today=dt.date(2060, 1, 1), progress=nothing)["requests"] == 1

    assert list(PrivacyRequest.objects.values_list("kind", flat=True)) == ["consent"]  # nobody answered it: it stays
    assert list(YearCount.objects.values_list("year", "what", "kind", "outcome", "number").order_by("what", "kind")) == [
        (2026, "complaint", "data", "unfounded", 1),
        (2026, "request", "access", "withdrawn", 1),
        (2026, "request", "erasure", "withdrawn", 1),
    ]
    assert per_year() == before
    assert "Verzoeken, klachten en datalekken per jaar" in signed_in(dana).get(reverse("privacy:retention")).content.decode()


def test_a_request_somebody_complains_about_waits_for_the_end_of_that(north: Location, ineke: User) -> None:
    student = make_student(north, ineke)
    asked = ask_privacy(student, ineke, received_on=dt.date(2026, 6, 1))
    PrivacyRequest.objects.filter(pk=asked.pk).update(state="withdrawn", closed_on=END)
    asked.refresh_from_db()
    complain(student, ineke, about="request", request=asked)
    assert forget_answered(today=dt.date(2030, 1, 1)) == {"requests": 0, "complaints": 0, "breaches": 0}


def test_a_school_keeps_requests_as_long_as_it_chose(north: Location, ineke: User, dana: User) -> None:
    change_period(code="request", years=1, months=0, version=0, by=dana)
    asked = ask_privacy(make_student(north, ineke), ineke, received_on=dt.date(2026, 6, 1))
    PrivacyRequest.objects.filter(pk=asked.pk).update(state="withdrawn", closed_on=END)
    assert forget_answered(today=dt.date(2027, 6, 29))["requests"] == 0
    assert forget_answered(today=dt.date(2027, 6, 30))["requests"] == 1


# --- breaches and paper


def breach(by: User, closed: dt.datetime | None = None, **facts: Any) -> Incident:
    """A breach without a risk; closed at that moment."""
    found_out = dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)
    row = report_incident(kind="lost", discovered_at=found_out, description="Map met lijsten in de trein", by=by)
    Incident.objects.filter(pk=row.pk).update(risk="none" if closed else "", closed_at=closed, **facts)
    return row


CLOSED = dt.datetime(2026, 6, 30, 22, 30, tzinfo=dt.UTC)  # the first of July in Amsterdam


def test_breaches_go_five_years_after_closing_and_their_number_stays(pair: Pair, dana: User) -> None:
    first, _open = breach(dana, CLOSED), breach(dana)
    first.people.create(audit_id=pair.x.audit_id, source="looked")
    before = per_year()

    assert forget_answered(today=dt.date(2031, 6, 30))["breaches"] == 0
    assert forget_answered(today=dt.date(2031, 7, 1))["breaches"] == 1
    assert run_retention(today=dt.date(2060, 1, 1), progress=nothing)["breaches"] == 0

    assert list(Incident.objects.values_list("number", flat=True)) == [2]  # nobody closed it: it stays
    assert not IncidentPerson.objects.exists()
    assert list(YearCount.objects.values_list("year", "what", "kind", "outcome", "number")) == [
        (2026, "breach", "lost", "none", 1)
    ]
    assert per_year() == before


def test_the_number_of_a_breach_that_went_is_never_given_again(dana: User) -> None:
    breach(dana), breach(dana, CLOSED), breach(dana, CLOSED)
    assert forget_answered(today=dt.date(2060, 1, 1))["breaches"] == 2
    assert breach(dana).number == 4


@pytest.mark.parametrize("stops", ["hold", "restriction"])
def test_a_breach_and_paper_wait_for_who_is_held_or_restricted(pair: Pair, dana: User, stops: str) -> None:
    breach(dana, CLOSED).people.create(audit_id=pair.x.audit_id, source="looked")
    destroyed(pair.x, dana, dt.date(2026, 6, 30))
    hold = None
    if stops == "hold":
        hold = set_hold(person=pair.x, ground="claim", review_on=timezone.localdate() + dt.timedelta(days=90), by=dana)
    else:
        Student.objects.filter(pk=pair.x.pk).update(restricted=["exams"])
    late = dt.date(2060, 1, 1)
    assert (forget_answered(today=late)["breaches"], forget_old(today=late)["papers"]) == (0, 0)
    if hold:
        release_hold(hold=hold, version=1, by=dana)
    Student.objects.filter(pk=pair.x.pk).update(restricted=[])
    assert (forget_answered(today=late)["breaches"], forget_old(today=late)["papers"]) == (1, 1)


def destroyed(student: Student, by: User, on: dt.date) -> PaperDossier:
    """A paper file of long ago that was destroyed on that day."""
    where: dict[str, Any] = {"place": "Noord", "cabinet": "kast 3", "since": dt.date(2020, 1, 1)}
    paper = add_paper(subject_audit_id=student.audit_id, name=student.list_name, by=by, **where)
    return destroy_paper(paper=paper, on=on, by=by)


def test_paper_goes_from_the_register_two_years_after_it_was_destroyed(pair: Pair, dana: User) -> None:
    destroyed(pair.x, dana, dt.date(2026, 6, 30))
    there = add_paper(subject_audit_id=pair.y.audit_id, name="Nog in de kast", place="Noord", cabinet="kast 4", by=dana)
    assert forget_old(today=dt.date(2028, 6, 29))["papers"] == 0
    assert forget_old(today=dt.date(2028, 6, 30))["papers"] == 1
    assert run_retention(today=dt.date(2060, 1, 1), progress=nothing)["papers"] == 0
    assert list(PaperDossier.objects.all()) == [there]


def test_a_school_chooses_how_long_it_keeps_breaches_and_paper(pair: Pair, dana: User) -> None:
    change_period(code="breach", years=1, months=0, version=0, by=dana)
    change_period(code="paper", years=0, months=6, version=0, by=dana)
    breach(dana, CLOSED)
    destroyed(pair.x, dana, dt.date(2026, 6, 30))
    assert forget_answered(today=dt.date(2027, 7, 1))["breaches"] == 1
    assert forget_old(today=dt.date(2026, 12, 30))["papers"] == 1
    page = html.unescape(signed_in(dana).get(reverse("privacy:retention")).content.decode())
    assert "Het register van datalekken" in page
    assert "het vernietigen van het papieren dossier" in page


def test_paper_of_somebody_who_was_erased_has_to_be_destroyed(pair: Pair, dana: User) -> None:
    for one in (pair.x, pair.y):
        add_paper(subject_audit_id=one.audit_id, name=one.list_name, place="Noord", cabinet="kast 3", by=dana)
    officer, sentence = signed_in(dana), "1 papieren dossier is van iemand van wie het dossier gewist is: vernietig het."
    pages = [reverse("privacy:overview"), reverse("privacy:papers")]
    assert sentence not in officer.get(pages[0]).content.decode()
    assert officer.get(pages[1]).content.decode().count("Het dossier is gewist") == 0

    tell_students(today=DUE - dt.timedelta(days=30))
    purge_people(today=DUE, progress=nothing)

    assert sentence in officer.get(pages[0]).content.decode()
    assert officer.get(pages[1]).content.decode().count("Het dossier is gewist") == 1
    paper = PaperDossier.objects.left_behind().get()
    destroy_paper(paper=paper, on=timezone.localdate(), by=dana)
    assert sentence not in officer.get(pages[0]).content.decode()


def test_case_managers_go_a_year_after_their_last_commission(pair: Pair, ineke: User) -> None:
    from students import actions  # noqa: PLC0415
    from students.models import CaseManager, Client  # noqa: PLC0415

    client = Client.objects.create(name="Gemeente Oosterveen")
    manager = client.case_managers.create(surname="Jansen", call_name="Piet")
    programme = pair.x.programmes.get()
    agreed = {"client": client, "case_manager": manager, "starts_on": programme.starts_on, "ends_on": END}
    actions.add_contract(programme=programme, by=ineke, **agreed)
    assert list(clocks.contacts_due(dt.date(2027, 6, 29))) == []
    assert list(clocks.contacts_due(dt.date(2027, 6, 30))) == [manager]
    assert purge_people(today=dt.date(2027, 6, 30), progress=nothing)["erased"] == 1
    assert not CaseManager.objects.exists()


def test_a_school_may_keep_files_shorter_or_longer(pair: Pair, dana: User) -> None:
    change_period(code="student_file", years=1, months=6, version=0, by=dana)
    assert goes(dt.date(2027, 12, 29)) == []
    assert goes(dt.date(2027, 12, 30)) == [pair.x]
    with pytest.raises(ValidationError) as refused:
        change_period(code="student_file", years=2, months=0, version=0, by=dana)
    assert refused.value.code == "stale"
    with pytest.raises(ValidationError):
        change_period(code="student_file", years=0, months=0, version=1, by=dana)


# --- pages


def test_the_officer_sees_what_goes_and_what_has_no_end(pair: Pair, dana: User, south: Location) -> None:
    ends(pair.x, timezone.localdate() - dt.timedelta(days=3 * 366))
    page = html.unescape(signed_in(dana).get(reverse("privacy:retention")).content.decode())
    assert "Rania Haddad" in page
    assert AccessEvent.objects.filter(viewer_audit_id=dana.audit_id, subject_audit_id=pair.x.audit_id).exists()
    there = signed_in(staff(Role.PRIVACY_OFFICER, south)).get(reverse("privacy:retention")).content.decode()
    assert "Haddad" not in there


def test_strangers_change_no_period(dana: User, anna: User, chris: User, ineke: User) -> None:
    address = reverse("privacy:period", args=["student_file"])
    sent = {"years": 2, "months": 0, "version": 0}
    assert Browser().get(address).status_code == 302
    assert {signed_in(user).post(address, sent).status_code for user in (anna, chris, ineke)} == {403}
    assert not RetentionSetting.objects.exists()
    officer = signed_in(dana)
    assert officer.get(reverse("privacy:period", args=["books"])).status_code == 404
    assert officer.post(address, {**sent, "years": 99}).status_code == 422
    assert officer.post(address, sent).status_code == 302
    assert RetentionSetting.objects.get().years == 2


def test_the_student_asks_for_a_paper_with_the_hours(pair: Pair) -> None:
    assert pair.x.user
    mine, address = signed_in(pair.x.user), reverse("privacy:own_retention")
    assert "30 juni 2029" in mine.get(address).content.decode()
    mine.post(address)
    assert not RetentionNotice.objects.exists()
    RetentionNotice.objects.create(student=pair.x, due_on=DUE)
    mine.post(address)
    assert RetentionNotice.objects.get().hours_wanted_on == timezone.localdate()
    assert Hold.objects.count() == 0


def test_every_page_tells_the_period_of_this_school(school: Organisation, dana: User) -> None:
    """The public page must not promise three years to people of a school that keeps files for two."""
    browser = signed_in(dana)
    page = reverse("reporting:data_and_why")
    assert "3 jaar na het einde van het laatste traject" in browser.get(page).content.decode()

    RetentionSetting.objects.create(code="student_file", years=2, months=6)

    told = browser.get(page).content.decode()
    assert "2 jaar 6 maanden na het einde van het laatste traject" in told
    assert "3 jaar na het einde van het laatste traject" not in told

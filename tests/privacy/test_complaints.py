"""Complaints from the day they come in to the letter: never handled or seen by whom they are about, never closed in silence."""

import datetime as dt
import html
import io
from pathlib import Path
from typing import Any

import pdfua
import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader
from pytest_django import DjangoAssertNumQueries

from kvs.jobs import WORK, Run
from kvs.models import AccessEvent, Job, Location, Role, User
from kvs.pdf import pdf_available
from privacy import letters, rules
from privacy.actions import complaints as actions
from privacy.actions.requests import change_terms
from privacy.export.gather import gather
from privacy.models import Complaint, PrivacyRequest, Representation
from privacy.models.complaints import alarms_for, waiting_for
from privacy.subject import subject_of
from students.actions import open_account
from students.models import Student
from tests.factories import LONG_AGO, ask_privacy, complain, make_group, make_student, place, staff, teach
from tests.people import Browser, signed_in

NEEDS_PDF = pytest.mark.skipif(bool(pdf_available()), reason=pdf_available())


@pytest.fixture
def rania(north: Location, ineke: User) -> Student:
    student = make_student(north, ineke, surname="Haddad")
    open_account(student=student, by=ineke)
    return Student.objects.get(pk=student.pk)


@pytest.fixture
def me(rania: Student) -> Browser:
    """Rania, signed in with number and PIN."""
    assert rania.user
    browser = Browser()
    browser.force_login(rania.user)
    return browser


@pytest.fixture
def wim(school: object) -> User:
    """Management of the whole school."""
    return staff(Role.MANAGEMENT, email="wim@voorbeeld.test", call_name="Wim", infix="", surname="Dekker")


def today() -> dt.date:
    return timezone.localdate()


def fresh(row: Complaint) -> Complaint:
    return Complaint.objects.get(pk=row.pk)


def do(act: Any, row: Complaint, by: User, **typed: Any) -> Complaint:
    made: Complaint = act(complaint=row, version=fresh(row).version, by=by, **typed)
    return made


def handled(row: Complaint, handler: User, by: User) -> Complaint:
    return do(actions.assign_complaint, row, by, handler=handler)


def decided(row: Complaint, by: User, decision: str = "founded", **facts: Any) -> Complaint:
    known = {"reasons": "De lijst hing er een dag.", "measures": "Wij hangen geen cijfers meer op."}
    return do(actions.decide_complaint, row, by, decision=decision, **(known | facts))


def page(browser: Browser, name: str, *args: object) -> str:
    answer = browser.get(reverse(f"privacy:{name}", args=args))
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def post(browser: Browser, name: str, row: Complaint, **data: object) -> Any:
    return browser.post(reverse(f"privacy:{name}", args=[row.pk]), {"version": fresh(row).version, **data})


# --- terms


@pytest.mark.parametrize(
    ("received", "about", "days", "due"),
    [  # the school's own term; AVG 12(3) stands behind it where somebody uses rights of the AVG
        (dt.date(2026, 3, 2), "other", 28, dt.date(2026, 3, 30)),
        (dt.date(2026, 3, 2), "person", 42, dt.date(2026, 4, 13)),
        (dt.date(2026, 3, 2), "data", 42, dt.date(2026, 4, 2)),
        (dt.date(2026, 1, 31), "request", 42, dt.date(2026, 2, 28)),
        (dt.date(2026, 2, 1), "data", 28, dt.date(2026, 3, 1)),
    ],
)
def test_the_term_of_the_school_with_the_law_behind_it(received: dt.date, about: str, days: int, due: dt.date) -> None:
    assert rules.complaint_due_on(received, about, days) == due


@pytest.mark.parametrize(
    ("about", "until"), [("data", dt.date(2026, 6, 2)), ("person", dt.date(2026, 6, 15))]
)  # AVG 12(3): three months in all
def test_more_time_ends_where_the_law_ends(about: str, until: dt.date) -> None:
    assert rules.complaint_extended_to(dt.date(2026, 3, 2), dt.date(2026, 4, 14), about, 62) == until


def test_the_terms_hold_for_what_comes_in_next(rania: Student, ineke: User, dana: User) -> None:
    change_terms(version=1, by=dana, changes={"confirm_days": 3, "complaint_days": 42})
    row = complain(rania, ineke, about="other")
    assert (row.confirm_by, row.last_day) == (today() + dt.timedelta(days=3), today() + dt.timedelta(days=42))
    with pytest.raises(ValidationError):
        change_terms(version=2, by=dana, changes={"complaint_days": 63})


# --- who handles it


def parties(rania: Student, ineke: User, dana: User, wim: User) -> dict[str, tuple[Complaint, User]]:
    """Complaints, each with somebody who is a party in it."""
    asked = ask_privacy(rania, ineke, identity="seen")
    PrivacyRequest.objects.filter(pk=asked.pk).update(handler_audit_id=dana.audit_id)
    about_request = complain(rania, ineke, about="request", request=PrivacyRequest.objects.get(pk=asked.pk))
    by_wim = complain(rania, ineke, about="other", person_kind="staff", subject_audit_id=wim.audit_id, name="Wim Dekker")
    return {
        "accused": (complain(rania, ineke, about="person", accused_user=wim), wim),
        "complainant": (by_wim, wim),
        "handled the request": (about_request, dana),
    }


@pytest.mark.parametrize("who", ["accused", "complainant", "handled the request"])
def test_a_party_never_handles_it(who: str, rania: Student, ineke: User, dana: User, wim: User) -> None:
    """Obligation 72 (policy B art. 10): refused by the action, not offered by the form, and refused by the database."""
    row, party = parties(rania, ineke, dana, wim)[who]
    third = staff(Role.PRIVACY_OFFICER, email="derde@voorbeeld.test", surname="Zwart")
    with pytest.raises(ValidationError, match="nooit degene over wie"):
        handled(row, party, third)
    assert party not in actions.possible_handlers(row)
    assert third in actions.possible_handlers(row)
    with pytest.raises(IntegrityError, match="complaint_handler_is_no_party"), transaction.atomic():
        Complaint.objects.filter(pk=row.pk).update(state="handling", handler_audit_id=party.audit_id, assigned_on=today())
    offered = page(signed_in(third), "complaint_assign", row.pk)
    assert f'value="{third.pk}"' in offered
    assert f'value="{party.pk}"' not in offered
    assert post(signed_in(third), "complaint_assign", row, handler=party.pk).status_code == 422
    assert fresh(row).handler_audit_id is None


def test_who_decided_the_request_does_not_handle_the_complaint_about_it(
    rania: Student, ineke: User, dana: User, wim: User
) -> None:
    asked = ask_privacy(rania, ineke, identity="seen")
    PrivacyRequest.objects.filter(pk=asked.pk).update(handler_audit_id=dana.audit_id, decided_by_audit_id=wim.audit_id)
    row = complain(rania, ineke, about="request", request=PrivacyRequest.objects.get(pk=asked.pk))
    with pytest.raises(ValidationError):
        handled(row, wim, wim)


def test_neither_a_teacher_nor_a_party_decides_who_handles_it(
    rania: Student, ineke: User, anna: User, dana: User, wim: User
) -> None:
    row = complain(rania, ineke, about="person", accused_user=wim)
    with pytest.raises(ValidationError, match="privacyfunctionaris"):
        handled(row, anna, dana)
    with pytest.raises(ValidationError, match="gaat over u"):
        handled(row, dana, wim)


def test_only_the_handler_decides(rania: Student, ineke: User, dana: User, wim: User) -> None:
    row = complain(rania, ineke)
    with pytest.raises(ValidationError):
        decided(row, dana)
    row = handled(row, dana, wim)
    with pytest.raises(ValidationError, match="Alleen de collega"):
        decided(row, wim)
    assert "De collega die de klacht behandelt" in page(signed_in(wim), "complaint", confirmed(row, wim).pk)


def confirmed(row: Complaint, by: User) -> Complaint:
    return do(actions.confirm_complaint, row, by, confirmed_on=today())


def test_another_handler_decides_anew(rania: Student, ineke: User, dana: User, wim: User) -> None:
    row = handled(decided(handled(complain(rania, ineke), dana, dana), dana), wim, dana)
    assert (row.state, row.decision, row.letter, row.handler_audit_id) == ("handling", "", None, wim.audit_id)


def test_a_name_turns_out_to_be_a_colleague(rania: Student, ineke: User, dana: User, wim: User) -> None:
    row = complain(rania, ineke, about="person", accused="Die meneer Dekker")
    officer = signed_in(dana)
    assert "Somebody without" not in page(officer, "complaint_assign", row.pk)
    both = post(officer, "complaint_assign", row, accused_user=wim.pk, handler=wim.pk)
    assert both.status_code == 422
    assert post(officer, "complaint_assign", row, accused_user=wim.pk, handler=dana.pk).status_code == 302
    assert (fresh(row).accused_audit_id, fresh(row).handler_audit_id) == (wim.audit_id, dana.audit_id)
    assert signed_in(wim).get(reverse("privacy:complaint", args=[row.pk])).status_code == 404


# --- who sees it


def test_strangers_and_the_accused_see_no_complaint(
    rania: Student, ineke: User, anna: User, dana: User, wim: User, south: Location
) -> None:
    row = complain(rania, ineke, about="person", accused_user=wim)
    elsewhere = staff(Role.PRIVACY_OFFICER, south, email="zuid@voorbeeld.test")
    names: list[tuple[str, list[Any]]] = [
        ("complaint", [row.pk]),
        ("complaint_file", [row.pk, "ontvangst"]),
        ("complaint_decide", [row.pk]),
    ]
    found = {
        user.email: {signed_in(user).get(reverse(f"privacy:{name}", args=args)).status_code for name, args in names}
        for user in (anna, ineke, elsewhere, wim, dana)
    }
    assert found == {anna.email: {403}, ineke.email: {403}, elsewhere.email: {404}, wim.email: {404}, dana.email: {200}}
    for user in (elsewhere, wim):
        assert rania.full_name not in page(signed_in(user), "complaints")
        assert (waiting_for(user), Complaint.objects.visible_to(user).count()) == (0, 0)
    assert rania.full_name in page(signed_in(dana), "complaints")


def test_strangers_and_the_accused_change_no_complaint(rania: Student, ineke: User, anna: User, wim: User, dana: User) -> None:
    row = complain(rania, ineke, about="person", accused_user=wim)
    names = (
        "complaint_assign",
        "complaint_confirm",
        "complaint_extend",
        "complaint_decide",
        "complaint_letter",
        "complaint_close",
    )
    found = [[post(signed_in(user), name, row, handler=dana.pk).status_code for name in names] for user in (anna, ineke, wim)]
    assert found == [[403] * 6, [403] * 6, [404] * 6]
    assert fresh(row).version == 1


def test_nobody_sees_the_complaint_of_somebody_else(rania: Student, me: Browser, ineke: User, north: Location) -> None:
    row = complain(rania, ineke)
    stranger = signed_in(open_account(student=make_student(north, ineke), by=ineke))
    for browser in (stranger, signed_in(ineke)):
        assert browser.get(reverse("privacy:own_complaint", args=[row.pk])).status_code == 404
        assert browser.get(reverse("privacy:own_complaint_letter", args=[row.pk])).status_code == 404
        assert "cijfers" not in page(browser, "own_complaints")
    assert "Mijn cijfers hingen op de deur" in page(me, "own_complaint", row.pk)
    assert me.get(reverse("privacy:own_complaint_letter", args=[row.pk])).status_code == 404  # nothing was sent yet


def test_opening_it_leaves_a_line_in_the_file_of_who_complains_only(rania: Student, ineke: User, dana: User, wim: User) -> None:
    row = complain(rania, ineke, about="person", accused_user=wim)
    page(signed_in(dana), "complaint", row.pk)
    lines = AccessEvent.objects.filter(viewer_audit_id=dana.audit_id)
    assert list(lines.values_list("subject_audit_id", "reason")) == [(rania.audit_id, "privacy_complaint")]


def test_names_and_words_are_sealed(rania: Student, ineke: User, wim: User) -> None:
    row = complain(rania, ineke, about="person", accused_user=wim)
    with transaction.atomic():
        from django.db import connection  # noqa: PLC0415

        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(r)::text FROM privacy_complaint r WHERE id = %s", [row.pk])
            (stored,) = cursor.fetchone()
    assert [word for word in ("Haddad", "Kade", "cijfers", "Dekker") if word in stored] == []


def test_who_it_is_about_reads_in_the_own_copy_that_it_exists_and_no_word_of_it(
    rania: Student, ineke: User, anna: User, dana: User
) -> None:
    """AVG 15(4): nor does a colleague who handled something read the words of others in the own copy."""
    complain(rania, ineke, about="person", accused_user=anna)
    handled(complain(rania, ineke), dana, dana)
    for colleague, rows in ((anna, 1), (dana, 1), (rania, 2)):
        everything = gather(subject_of(colleague), lambda done, total, doing: None)
        (table,) = [table for table in everything.tables if table.model == "privacy.Complaint"]
        words = [row["words"].value for row in table.rows]
        assert words == ["Mijn cijfers hingen op de deur" if colleague == rania else None] * rows
        assert {row["name"].value for row in table.rows} == {rania.full_name if colleague == rania else None}


# --- the way through


@NEEDS_PDF
def test_from_complaint_to_letter(
    rania: Student, me: Browser, dana: User, wim: User, anna: User, north: Location, ineke: User
) -> None:
    group = make_group(north, ineke)
    place(rania, group, ineke)
    teach(anna, group, ineke)
    offered = page(me, "own_complain")
    assert [user.pk for user in (anna, dana, wim, ineke) if f'value="{user.pk}"' in offered] == [anna.pk, dana.pk, wim.pk]
    told = {"about": "person", "accused_user": anna.pk, "words": "Zij riep mijn cijfer door de klas"}
    asked = me.post(reverse("privacy:own_complain"), told)
    row = Complaint.objects.get()
    assert (asked.status_code, asked["Location"]) == (302, reverse("privacy:own_complaint", args=[row.pk]))
    assert (row.subject_audit_id, row.accused, row.accused_audit_id) == (rania.audit_id, "Anna Bakker", anna.audit_id)
    assert (row.confirmed_on, row.taken_in_by_audit_id, row.name) == (today(), None, rania.full_name)
    officer = signed_in(dana)
    assert post(officer, "complaint_assign", row, handler=dana.pk).status_code == 302
    bare = post(officer, "complaint_decide", row, decision="founded", reasons="", measures="")
    assert (bare.status_code, fresh(row).decision) == (422, "")
    assert "Zeg wat de school eraan doet." in bare.content.decode()
    typed = {"decision": "founded", "reasons": "Wij hoorden u en haar.", "measures": "Cijfers gaan per persoon."}
    assert post(officer, "complaint_decide", row, **typed).status_code == 302
    early = post(officer, "complaint_close", row)
    assert "De brief is nog niet verstuurd." in html.unescape(officer.get(early["Location"]).content.decode())
    assert post(officer, "complaint_letter", row, sent_on=today().isoformat(), how="portal").status_code == 302
    assert post(officer, "complaint_close", row).status_code == 302
    assert (fresh(row).state, fresh(row).closed_on) == ("closed", today())
    assert "Gegrond" in page(me, "own_complaint", row.pk)
    letter = me.get(reverse("privacy:own_complaint_letter", args=[row.pk]))
    text = " ".join(PdfReader(io.BytesIO(letter.content)).pages[0].extract_text().split())
    assert [
        part
        for part in ("Cijfers gaan per persoon.", "Wij hoorden u en haar.", "Autoriteit Persoonsgegevens", "rechter")
        if part not in text
    ] == []


@NEEDS_PDF
@pytest.mark.parametrize("about", ["data", "request", "other"])
def test_the_letter_is_a_tagged_pdf_with_the_ways_on(about: str, rania: Student, ineke: User, dana: User, tmp_path: Path) -> None:
    change_terms(version=1, by=dana, changes={"disputes_committee": "Geschillencommissie Oosterveen"})
    row = decided(handled(complain(rania, ineke, about=about), dana, dana), dana, "unfounded", measures="")
    assert row.letter
    (tmp_path / "made.pdf").write_bytes(letters.as_pdf(row.letter))
    report = pdfua.validate(str(tmp_path / "made.pdf"))
    assert [finding.message for finding in report.findings if finding.severity >= pdfua.Severity.ERROR] == []
    ways = {"data": "AVG 79", "request": "UAVG 35", "other": "Ga naar de rechter."}
    assert [way for way in (ways[about], "AVG 77", "Geschillencommissie Oosterveen") if way not in row.letter] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "closed", "closed_on": dt.date(2026, 1, 1)},
        {"state": "decided"},
        {"decision": "founded", "measures": None},
        {"reasons": None},
        {"state": "handling", "handler_audit_id": None},
        {"letter_sent_on": dt.date(2099, 1, 1), "letter_sent_how": "post", "letter": None},
        {"extended_to": dt.date(2099, 1, 1), "last_day": dt.date(2099, 1, 1)},
        {"about": "person"},
    ],
)
def test_the_database_refuses_half_a_complaint(rania: Student, ineke: User, dana: User, wrong: dict[str, Any]) -> None:
    row = handled(complain(rania, ineke), dana, dana)
    if "state" not in wrong:
        row = decided(row, dana)
    with pytest.raises(IntegrityError), transaction.atomic():
        Complaint.objects.filter(pk=row.pk).update(**wrong)


def test_a_decision_stands_once_its_letter_is_sent(rania: Student, ineke: User, dana: User, wim: User) -> None:
    row = decided(handled(complain(rania, ineke), dana, dana), dana)
    row = decided(row, dana, "unfounded")
    row = do(actions.send_complaint_letter, row, dana, sent_on=today(), how="post")
    with pytest.raises(ValidationError, match="staat vast"):
        decided(row, dana)
    with pytest.raises(ValidationError, match="staat vast"):
        handled(row, wim, dana)
    assert do(actions.close_complaint, row, wim).state == "closed"


@pytest.mark.parametrize(("ago", "fits"), [(27, True), (28, True), (29, False)])
def test_more_time_once_and_before_the_term_has_passed(rania: Student, ineke: User, dana: User, ago: int, fits: bool) -> None:
    row = handled(complain(rania, ineke, about="other", received_on=today() - dt.timedelta(days=ago)), dana, dana)
    if not fits:
        with pytest.raises(ValidationError, match="voordat hij voorbij is"):
            do(actions.extend_complaint, row, dana, reason="complex", told_on=today())
        return
    row = do(actions.extend_complaint, row, dana, reason="hearing", told_on=today())
    assert row.last_day == row.due_on + dt.timedelta(days=28)
    with pytest.raises(ValidationError):
        do(actions.extend_complaint, row, dana, reason="complex", told_on=today())


def test_two_colleagues_do_not_write_over_each_other(rania: Student, ineke: User, dana: User) -> None:
    row = complain(rania, ineke)
    handled(row, dana, dana)
    answer = signed_in(dana).post(reverse("privacy:complaint_confirm", args=[row.pk]), {"version": 1, "confirmed_on": today()})
    assert answer.status_code == 422
    assert fresh(row).confirmed_on is None


# --- taking in


def intake(**changes: object) -> dict[str, object]:
    known: dict[str, object] = {"about": "other", "channel": "letter", "received_on": today().isoformat()}
    return {**known, "person_kind": "unknown", "name": "Yusuf Demir", "contact": "Kade 1", "words": "Bewaar mij", **changes}


def test_a_teacher_takes_in_a_letter_and_cannot_read_it_again(rania: Student, anna: User) -> None:
    browser = signed_in(anna)
    assert reverse("privacy:complaint_add") in page(browser, "own_complaints")
    assert browser.post(reverse("privacy:complaint_add"), intake()).status_code == 302
    row = Complaint.objects.get()
    assert (row.taken_in_by_audit_id, row.subject_audit_id, row.confirmed_on) == (anna.audit_id, None, None)
    assert browser.get(reverse("privacy:complaint", args=[row.pk])).status_code == 403


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"about": "person"}, "Zeg over wie de klacht gaat."),
    ({"person_kind": "student", "who": "2020-9999"}, "Hiermee is niemand bekend"),
    ({"received_on": "2099-01-01"}, "toekomst"),
    ({"about": "request", "reference": "AVG 0000-0000"}, "geen AVG-verzoek van deze persoon"),
    ({"name": ""}, "verplicht"),
])  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_typed_stays(ineke: User, wrong: dict[str, object], sentence: str) -> None:
    answer = signed_in(ineke).post(reverse("privacy:complaint_add"), intake(**wrong))
    text = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert sentence in text
    assert "Bewaar mij" in text
    assert Complaint.objects.count() == 0


def test_a_number_leads_to_the_request_of_that_person_only(rania: Student, ineke: User, dana: User, north: Location) -> None:
    asked = ask_privacy(rania, ineke, identity="seen")
    PrivacyRequest.objects.filter(pk=asked.pk).update(handler_audit_id=dana.audit_id)
    browser, typed = signed_in(ineke), {"about": "request", "person_kind": "student", "reference": asked.reference.lower()}
    other = browser.post(reverse("privacy:complaint_add"), intake(who=make_student(north, ineke).number, **typed))
    assert other.status_code == 422
    assert browser.post(reverse("privacy:complaint_add"), intake(who=rania.number, **typed)).status_code == 302
    assert Complaint.objects.values_list("request", "request_handler_audit_id").get() == (asked.pk, dana.audit_id)


def test_a_representative_complains_for_a_student(north: Location, ineke: User) -> None:
    student = make_student(north, ineke, birth_year=2015)
    one = Representation.objects.create(
        subject_audit_id=student.audit_id, subject_name=student.full_name, name="Hala Haddad", kind="parent",
        document="civil", starts_on=LONG_AGO, seen_by_audit_id=ineke.audit_id,
    )  # fmt: skip
    browser, typed = signed_in(ineke), {"person_kind": "student", "representation": one.pk}
    stranger = browser.post(reverse("privacy:complaint_add"), intake(who=make_student(north, ineke).number, **typed))
    assert stranger.status_code == 422
    assert browser.post(reverse("privacy:complaint_add"), intake(who=student.number, **typed)).status_code == 302
    row = Complaint.objects.get()
    assert (row.subject_audit_id, row.asked_by) == (student.audit_id, "Hala Haddad")


# --- being told


def run_mail() -> None:
    for job in Job.objects.filter(kind="privacy.tell_complaint", state="queued"):
        WORK[job.kind](Run(job))
        job.delete()


def test_who_it_is_about_is_not_told_and_a_mail_says_nothing(rania: Student, ineke: User, dana: User, wim: User) -> None:
    row = complain(rania, ineke, about="person", accused_user=dana)
    run_mail()
    assert [message.to for message in mail.outbox] == [[wim.email]]  # the only privacy officer is the accused
    text = f"{mail.outbox[0].subject} {mail.outbox[0].body}"
    assert row.reference in text
    assert [word for word in ("Haddad", "Rania", "Kaya", "cijfers", rania.number) if word in text] == []
    handled(row, wim, wim)
    run_mail()
    assert [message.to for message in mail.outbox] == [[wim.email]] * 2


def test_reminders_are_sent_once_each_to_the_handler(rania: Student, ineke: User, dana: User, wim: User) -> None:
    row = handled(complain(rania, ineke, received_on=today() - dt.timedelta(days=21)), wim, dana)
    Job.objects.all().delete()
    assert [actions.remind_of_complaints(), actions.remind_of_complaints()] == [1, 0]
    run_mail()
    assert (fresh(row).reminders, [message.to for message in mail.outbox]) == (2, [[wim.email]])


def test_what_is_too_late_is_on_the_overview(rania: Student, ineke: User, dana: User, wim: User) -> None:
    complain(rania, ineke, about="other", received_on=today() - dt.timedelta(days=29))
    complain(rania, ineke, about="person", accused_user=wim, received_on=today() - dt.timedelta(days=8))
    assert alarms_for(dana) == [
        "1 klacht is niet op tijd beantwoord.",
        "2 mensen hebben niet op tijd gehoord dat hun klacht binnen is.",
    ]
    assert alarms_for(wim)[1] == "1 persoon heeft niet op tijd gehoord dat de klacht binnen is."
    assert "1 klacht is niet op tijd beantwoord." in page(signed_in(dana), "overview")


def test_three_complaints_take_as_many_questions_as_one(
    rania: Student, ineke: User, dana: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    row, officer = handled(complain(rania, ineke), dana, dana), signed_in(dana)
    for name, args in (("complaints", ()), ("complaint", (row.pk,))):
        page(officer, name, *args)  # the first request of a process reads more
    for _round in range(2):
        with django_assert_num_queries(LIST_QUERIES):
            page(officer, "complaints")
        with django_assert_num_queries(PAGE_QUERIES):
            page(officer, "complaint", row.pk)
        for _more in range(2):
            complain(rania, ineke, about="other")


LIST_QUERIES, PAGE_QUERIES = 8, 7

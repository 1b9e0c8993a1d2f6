"""Correcting the own data: at once, or as a proposal; and the school's answers."""

import datetime as dt
import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from kvs.environment import PROJECT
from kvs.models import AccessEvent, AuditEntry, Location, Role, User
from students import actions
from students.actions import corrections
from students.forms import ProgrammeForm, StudentForm
from students.models import CorrectionProposal, FieldSource, Programme, Student
from students.models.corrections import columns_of, corrected_at_once, proposable
from tests.factories import LONG_AGO, make_student, staff
from tests.people import Browser, signed_in
from tests.students.portal import BSN, PERMIT, account_of, page, programme_of, user_of

CONTACT = {"street": "Rozemarijnpad", "house_number": "7", "postcode": "1234ab", "city": "Oosterveen", "phone": "0600000007"}
CONTACT |= {"email": "rania@voorbeeld.test", "contact_language": "ara", "version": "1"}
FALLBACK = ("undefined", "<script>alert(1)</script>", "'; DROP TABLE students; --", "\u202etest", "👩🏽", "a" * 5000, "\x00")


def naughty() -> list[str]:
    """The public list where it lies beside the project, else the worst of it."""
    found = PROJECT.parent / "shared/data/naughty-strings/blns.json"
    return [*FALLBACK, *(json.loads(found.read_text()) if Path(found).is_file() else ())]


# --- correcting at once


def test_the_forms_follow_the_catalogue() -> None:
    """What the catalogue lets a student correct has a field with the office's own rules."""
    assert set(corrected_at_once(Student)) <= set(StudentForm.Meta.fields)
    for model, fields in ((Student, StudentForm.Meta.fields), (Programme, ProgrammeForm.Meta.fields)):
        assert {column for name in proposable(model) for column in columns_of(name)} <= set(fields)
    assert {"street", "phone", "email", "call_name", "contact_language", "education_level", "work_experience"} <= set(
        corrected_at_once(Student)
    )
    assert "bsn" not in proposable(Programme)


def test_a_student_changes_the_own_address_at_once(rania: Student, me: Browser, ineke: User) -> None:
    response = me.post(reverse("students:correct", args=["contact"]), CONTACT)

    saved = Student.objects.get(pk=rania.pk)
    source = FieldSource.objects.get(student=rania, group="contact")
    assert (response.status_code, response["Location"]) == (302, reverse("students:own_data"))
    assert (saved.street, saved.postcode, saved.contact_language, saved.version) == ("Rozemarijnpad", "1234 AB", "ara", 2)
    assert (source.source, source.rectified) == ("student", True)
    entry = AuditEntry.objects.filter(model="students.student").latest("id")
    assert (entry.actor_audit_id, entry.subject_audit_id) == (user_of(rania).audit_id, rania.audit_id)
    assert {"street", "city"} <= set(entry.fields)
    assert "Rania Haddad</a> · adres en contact" in signed_in(ineke).get(reverse("students:corrections")).content.decode()


def test_rectified_stays_rectified_when_the_school_changes_something_there(rania: Student, ineke: User) -> None:
    corrections.correct_own_data(student=rania, version=1, by=user_of(rania), changes={"city": "Oosterveen"})
    actions.change_student(student=rania, version=2, by=ineke, changes={"phone": "0600000001"})

    source = FieldSource.objects.get(student=rania, group="contact")
    assert (source.source, source.rectified) == ("school", True)


def test_the_call_name_greets_at_once(rania: Student, me: Browser) -> None:
    me.post(reverse("students:correct", args=["identity"]), {"call_name": "Rani", "version": "1"})

    assert User.objects.get(pk=rania.user_id).call_name == "Rani"


def test_only_fields_of_that_form_can_be_changed(rania: Student, me: Browser) -> None:
    me.post(reverse("students:correct", args=["identity"]), {"call_name": "R", "surname": "Prins", "number": "1", "version": "1"})

    saved = Student.objects.get(pk=rania.pk)
    assert (saved.call_name, saved.surname, saved.number) == ("R", "Haddad", rania.number)
    with pytest.raises(PermissionDenied):
        corrections.correct_own_data(student=rania, version=2, by=user_of(rania), changes={"surname": "Prins"})


@pytest.mark.parametrize("category", ["programme", "bsn", "bestaat-niet"])
def test_categories_that_cannot_be_changed_at_once(me: Browser, category: str) -> None:
    assert me.get(reverse("students:correct", args=[category])).status_code == 404


@pytest.mark.parametrize(
    ("category", "wrong", "sentence"),
    [
        ("contact", {"email": "geen adres"}, "Voer een geldig e-mailadres in."),
        ("contact", {"phone": "0" * 33}, "niet meer dan 32 tekens"),
        ("contact", {"contact_language": "nederlands"}, "niet meer dan 3 tekens"),
        ("contact", {"city": "\x00"}, "Null-tekens zijn niet toegestaan."),
        ("background", {"school_years": "veel"}, "Voer een geheel getal in."),
        ("background", {"school_years": "41"}, "Een aantal jaren onderwijs is een getal van 0 tot en met 40."),
        ("background", {"school_years": "-1"}, "Een aantal jaren onderwijs is een getal van 0 tot en met 40."),
        ("background", {"education_level": "doctor"}, "Selecteer een geldige keuze"),
    ],
)
def test_bad_input_is_told_at_the_field_and_kept(
    rania: Student, me: Browser, category: str, wrong: dict[str, str], sentence: str
) -> None:
    response = me.post(reverse("students:correct", args=[category]), {"version": "1", **wrong})

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert "error-summary" in response.content.decode()
    assert Student.objects.get(pk=rania.pk).version == 1


def test_two_tabs_the_second_is_told_and_may_save_again(rania: Student, me: Browser) -> None:
    address = reverse("students:correct", args=["contact"])
    me.post(address, CONTACT)

    second = me.post(address, {**CONTACT, "city": "Westerhaven"})

    shown = second.content.decode()
    assert second.status_code == 422
    assert "Rania Haddad heeft dit ook gewijzigd" in shown
    assert 'value="Westerhaven"' in shown
    assert Student.objects.get(pk=rania.pk).city == "Oosterveen"
    version = re.search(r'name="version" value="(\d+)"', shown)
    assert version is not None
    me.post(address, {**CONTACT, "city": "Westerhaven", "version": version[1]})
    assert Student.objects.get(pk=rania.pk).city == "Westerhaven"


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_the_very_same_moment(rania: Student) -> None:
    address = reverse("students:correct", args=["contact"])
    for version in range(1, 6):
        barrier = threading.Barrier(2)
        answers: list[int] = []

        def save(city: str, version: int = version, barrier: threading.Barrier = barrier, answers: list[int] = answers) -> None:
            browser = signed_in(user_of(rania))
            barrier.wait()
            answers.append(browser.post(address, {**CONTACT, "city": city, "version": str(version)}).status_code)
            connection.close()

        tabs = [threading.Thread(target=save, args=(f"{city}{version}",)) for city in ("Kadijk", "Lindewaard")]
        for tab in tabs:
            tab.start()
        for tab in tabs:
            tab.join()
        assert sorted(answers) == [302, 422]
        assert Student.objects.get(pk=rania.pk).version == version + 1


def test_naughty_strings_go_in_as_text_or_are_refused(rania: Student, me: Browser) -> None:
    contact = reverse("students:correct", args=["contact"])
    for text in naughty():
        version = str(Student.objects.get(pk=rania.pk).version)
        typed = {**CONTACT, "street": text, "house_number": text[:20], "postcode": text[:12], "city": text, "version": version}
        assert me.post(contact, typed).status_code in (302, 422)
    assert Student.objects.get(pk=rania.pk).version > 5
    for text in FALLBACK:
        typed = {**CONTACT, "email": text, "contact_language": text, "phone": text}
        assert me.post(contact, typed).status_code == 422
    identity, background = (reverse("students:correct", args=[code]) for code in ("identity", "background"))
    for text in FALLBACK:
        version = str(Student.objects.get(pk=rania.pk).version)
        assert me.post(identity, {"call_name": text, "version": version}).status_code in (302, 422)
        version = str(Student.objects.get(pk=rania.pk).version)
        typed = dict.fromkeys(("other_languages", "work_experience", "availability", "school_years", "education_level"), text)
        assert me.post(background, {**typed, "version": version}).status_code in (302, 422)
        assert me.get(reverse("students:own_data")).status_code == 200


# --- proposing


def propose(browser: Browser, field: str, values: dict[str, Any]) -> int:
    return int(browser.post(reverse("students:propose", args=[field]), values).status_code)


def test_a_proposal_waits_sealed_and_changes_nothing(rania: Student, me: Browser) -> None:
    assert propose(me, "surname", {"surname": "Haddad-Kanarie"}) == 302

    proposal = CorrectionProposal.objects.get()
    assert (proposal.student, proposal.field, proposal.proposed()) == (rania, "surname", {"surname": "Haddad-Kanarie"})
    assert Student.objects.get(pk=rania.pk).surname == "Haddad"
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM students_correctionproposal")
        assert "Kanarie" not in cursor.fetchone()[0]
    assert "De school kijkt ernaar." in page(me, "students:own_data")


def test_a_date_of_birth_is_proposed_as_one(rania: Student, me: Browser, ineke: User) -> None:
    assert propose(me, "birth_year", {"birth_day": "31", "birth_month": "2", "birth_year": "1990"}) == 422
    assert propose(me, "birth_year", {"birth_day": "28", "birth_month": "2", "birth_year": "1990"}) == 302
    corrections.decide_correction(proposal=CorrectionProposal.objects.get(), version=1, accept=True, by=ineke)

    saved = Student.objects.get(pk=rania.pk)
    assert (saved.birth_day, saved.birth_month, saved.birth_year) == (28, 2, 1990)


@pytest.mark.parametrize("field", ["number", "intake_location", "registered_on", "city", "version", "user", "search_text", "x"])
def test_fields_that_are_not_proposed(rania: Student, me: Browser, field: str) -> None:
    assert me.get(reverse("students:propose", args=[field])).status_code == 404
    with pytest.raises(PermissionDenied):
        corrections.propose_correction(student=rania, field=field, values={field: "1"}, by=user_of(rania))


@pytest.mark.parametrize("field", ["bsn", "bsn_basis", "student", "version"])
def test_fields_of_a_programme_that_are_not_proposed(rania: Student, me: Browser, field: str) -> None:
    assert me.get(reverse("students:propose_programme", args=[programme_of(rania).pk, field])).status_code == 404


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("surname", {"surname": ""}),
        ("surname", {"surname": "x" * 201}),
        ("surname", {"surname": "Haddad"}),  # as it is
        ("surname", {"surname": "\x00"}),
        ("gender", {"gender": "q"}),
        ("arrived_on", {"arrived_on": "2999-01-01"}),
        ("arrived_on", {"arrived_on": "morgen"}),
    ],
)
def test_a_proposal_obeys_the_rules_of_the_office(rania: Student, me: Browser, field: str, wrong: dict[str, str]) -> None:
    assert propose(me, field, wrong) == 422
    assert CorrectionProposal.objects.count() == 0


def test_naughty_proposals(rania: Student, me: Browser, ineke: User) -> None:
    office = signed_in(ineke)
    for text in FALLBACK:
        if propose(me, "nationality", {"nationality": text}) == 302:
            shown = office.get(reverse("students:corrections")).content.decode()
            assert "<script>" not in shown
            CorrectionProposal.objects.all().delete()
    for text in naughty():
        proposal = CorrectionProposal(student=rania, field="nationality")
        proposal.propose({"nationality": text})
        assert proposal.proposed() == {"nationality": text}


def test_one_open_proposal_per_field(rania: Student, me: Browser) -> None:
    assert propose(me, "surname", {"surname": "Een"}) == 302

    again = me.post(reverse("students:propose", args=["surname"]), {"surname": "Twee"})

    assert again.status_code == 422
    assert "U hebt dit al gevraagd." in again.content.decode()
    assert propose(me, "nationality", {"nationality": "Syrische"}) == 302
    with pytest.raises(IntegrityError), transaction.atomic():
        CorrectionProposal.objects.create(student=rania, field="surname", value="{}")


# --- the school answers


def decide(browser: Browser, proposal: CorrectionProposal, **typed: object) -> str:
    """The list after answering."""
    answer = browser.post(reverse("students:correction_decide", args=[proposal.pk]), typed, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.fixture
def asked(rania: Student) -> CorrectionProposal:
    """Rania says her permit has another number."""
    return corrections.propose_correction(
        student=rania, field="residence_permit", values={"residence_permit": "NX99999K"}, by=user_of(rania)
    )


def test_accepting_changes_the_file_and_forgets_the_value(
    rania: Student, asked: CorrectionProposal, ineke: User, me: Browser
) -> None:
    before = signed_in(ineke).get(reverse("students:corrections")).content.decode()
    assert [number in before for number in (PERMIT, "NX99999K")] == [True, True]
    assert '<span class="count">1</span>' in before

    after = decide(signed_in(ineke), asked, decision="accepted", version=1)

    saved, proposal = Student.objects.get(pk=rania.pk), CorrectionProposal.objects.get()
    source = FieldSource.objects.get(student=rania, group="birth")
    assert saved.residence_permit == "NX99999K"
    assert (proposal.outcome, proposal.value, proposal.decided_by) == ("accepted", None, ineke)
    assert (source.source, source.rectified) == ("student", True)
    assert '<span class="count">' not in after
    assert "De school heeft dit veranderd op" in page(me, "students:own_data")


def test_refusing_needs_a_reason_and_the_student_reads_it(
    rania: Student, asked: CorrectionProposal, ineke: User, me: Browser
) -> None:
    assert "Kies een reden: de cursist leest die." in decide(signed_in(ineke), asked, decision="refused", version=1)
    assert CorrectionProposal.objects.open().count() == 1

    decide(signed_in(ineke), asked, decision="refused", reason="document_needed", version=1)

    proposal = CorrectionProposal.objects.get()
    assert (proposal.outcome, proposal.value) == ("refused", None)
    assert Student.objects.get(pk=rania.pk).residence_permit == PERMIT
    assert "Wij moeten eerst uw document zien. Kom naar de balie." in page(me, "students:own_data")
    assert propose(me, "residence_permit", {"residence_permit": "NX11111K"}) == 302  # asking again is allowed


def test_the_second_colleague_is_told(asked: CorrectionProposal, ineke: User) -> None:
    decide(signed_in(ineke), asked, decision="accepted", version=1)

    assert "Een collega heeft hier al antwoord op gegeven." in decide(signed_in(ineke), asked, decision="accepted", version=2)


def test_a_file_that_changed_meanwhile_is_not_overwritten(rania: Student, asked: CorrectionProposal, ineke: User) -> None:
    actions.change_student(student=rania, version=1, by=ineke, changes={"residence_permit": "NX22222K"})

    decide(signed_in(ineke), asked, decision="accepted", version=1)

    assert Student.objects.get(pk=rania.pk).residence_permit == "NX22222K"
    assert CorrectionProposal.objects.open().count() == 1


def test_a_programme_is_corrected_too(rania: Student, me: Browser, ineke: User) -> None:
    programme = programme_of(rania)
    me.post(reverse("students:propose_programme", args=[programme.pk, "term_ends_on"]), {"term_ends_on": "2028-03-01"})

    decide(signed_in(ineke), CorrectionProposal.objects.get(), decision="accepted", version=programme.version)

    assert programme_of(rania).term_ends_on == dt.date(2028, 3, 1)
    assert programme_of(rania).bsn == BSN


def test_a_value_that_no_longer_fits_is_told_and_stays_open(rania: Student, me: Browser, ineke: User) -> None:
    programme = programme_of(rania)
    corrections.propose_correction(
        student=rania, programme=programme, field="starts_on", values={"starts_on": dt.date(2026, 1, 1)}, by=user_of(rania)
    )
    actions.change_programme(programme=programme, version=1, by=ineke, changes={"ends_on": dt.date(2025, 1, 1)})

    shown = decide(signed_in(ineke), CorrectionProposal.objects.get(), decision="accepted", version=2)

    assert "De laatste dag kan niet voor de eerste dag liggen." in shown
    assert CorrectionProposal.objects.open().count() == 1


@pytest.mark.parametrize("typed", [{}, {"decision": "x", "version": 1}, {"decision": "accepted"}, {"decision": "refused"}])
def test_odd_answers_change_nothing(asked: CorrectionProposal, ineke: User, typed: dict[str, object]) -> None:
    decide(signed_in(ineke), asked, **typed)

    assert CorrectionProposal.objects.open().count() == 1


def test_only_administration_of_that_location_answers(
    asked: CorrectionProposal, rania: Student, bram: User, anna: User, south: Location
) -> None:
    elsewhere = staff(Role.ADMINISTRATION, south)
    address = reverse("students:correction_decide", args=[asked.pk])

    answers = [signed_in(user).post(address, {"decision": "accepted", "version": 1}).status_code for user in (bram, anna)]
    own = signed_in(user_of(rania)).post(address, {"decision": "accepted", "version": 1}).status_code
    other = signed_in(elsewhere).post(address, {"decision": "accepted", "version": 1}).status_code

    assert (answers, own, other) == ([403, 403], 403, 404)
    assert "NX99999K" not in signed_in(elsewhere).get(reverse("students:corrections")).content.decode()


def test_a_value_never_stays_after_the_decision(asked: CorrectionProposal) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CorrectionProposal.objects.filter(pk=asked.pk).update(outcome="accepted", decided_at=asked.made_at)


def test_the_list_of_corrections_is_logged_and_takes_constant_queries(
    rania: Student, asked: CorrectionProposal, ineke: User, north: Location, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office = signed_in(ineke)
    page(office, "students:corrections")
    assert AccessEvent.objects.filter(subject_audit_id=rania.audit_id, kind="list").count() == 1
    with CaptureQueriesContext(connection) as one:
        page(office, "students:corrections")
    for _number in range(2):
        student = make_student(north, ineke)
        user = account_of(student, ineke)
        student.refresh_from_db()
        programme = actions.start_programme(student=student, by=ineke, law="wi2021", starts_on=LONG_AGO)
        values = {"term_ends_on": dt.date(2028, 1, 1)}
        corrections.propose_correction(student=student, programme=programme, field="term_ends_on", values=values, by=user)
    with django_assert_num_queries(len(one)):
        page(office, "students:corrections")


def test_an_action_for_a_refusal_without_reason(asked: CorrectionProposal, ineke: User) -> None:
    with pytest.raises(ValidationError):
        corrections.decide_correction(proposal=asked, version=1, accept=False, by=ineke, reason="ik vind van niet")

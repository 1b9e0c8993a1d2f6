"""What was told, shown or sent about a student outside a report: only with a ground, seen by the student, never deleted."""

import datetime as dt
import html
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kvs import catalogue
from kvs.models import AccessEvent, Location, Role, User
from kvs.terms import Sensitivity
from privacy.actions.erasure import recipients_of as told_of_an_erasure
from privacy.actions.requests import recipients_of
from privacy.actions.restrictions import object_to, restrict
from privacy.export.gather import gather
from privacy.plan import plan_for
from privacy.subject import subject_of
from reporting import rules
from reporting.actions import withdraw_given
from reporting.models import Disclosure, GivenByHand
from students.actions import add_contract, open_account
from students.models import Client, Student
from tests.factories import LONG_AGO, give, make_group, make_student, place, staff
from tests.people import Browser, signed_in


@pytest.fixture
def oosterveen(db: None) -> Client:
    return Client.objects.create(name="Gemeente Oosterveen")


@pytest.fixture
def rania(north: Location, ineke: User, oosterveen: Client) -> Student:
    """Oosterveen pays for her course."""
    student = make_student(north, ineke, surname="Haddad")
    enrolment = place(student, make_group(north, ineke), ineke)
    add_contract(programme=enrolment.programme, by=ineke, client=oosterveen, starts_on=LONG_AGO)
    open_account(student=student, by=ineke)
    return Student.objects.get(pk=student.pk)


def page(browser: Browser, name: str, *args: object) -> str:
    answer = browser.get(reverse(f"reporting:{name}", args=args))
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


# --- the ground, as a rule

DUO_EXAMS = rules.Giving(
    categories=("exams",),
    recipient="duo",
    purpose="duo_exams",
    purposes={"exams": frozenset({"duo_exams"}), "contact": frozenset({"teaching"}), "bsn": frozenset({"duo_exams"})},
    recipients={"exams": frozenset({"duo"}), "contact": frozenset({"duo"}), "bsn": frozenset({"duo"})},
)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, []),
        ({"categories": ("exams", "bsn")}, []),  # B 4.2.5 names DUO and the exams
        ({"categories": ("exams", "contact")}, [("no_purpose", "contact")]),
        ({"recipient": "municipality"}, [("no_recipient", "exams")]),
        ({"recipient": "blik_op_werk", "recipients": {"exams": frozenset({"duo", "blik_op_werk"})}}, [("no_recipient", "exams")]),
        ({"client_of_student": False}, [("no_client", "duo_exams")]),
        ({"restricted": frozenset({"exams"})}, [("restricted", "exams")]),  # AVG 18(2)
        ({"restricted": frozenset({"contact"})}, []),
        ({"objections": frozenset({"duo_exams"})}, [("objected", "duo_exams")]),  # AVG 21(1)
        ({"purpose": "legal_demand", "recipient": "other"}, [("no_law", "legal_demand")]),  # AVG 6(1)(c)
        ({"purpose": "legal_demand", "recipient": "other", "names_law": True}, []),
        ({"purpose": "legal_demand", "names_law": True, "restricted": frozenset({"exams"})}, [("restricted", "exams")]),
        ({"purpose": "consent", "recipient": "other"}, [("no_consent", "consent")]),  # AVG 7(1)
        ({"purpose": "consent", "recipient": "other", "consented": True, "restricted": frozenset({"exams"})}, []),  # AVG 18(2)
        ({"purpose": "consent", "categories": ("bsn",), "consented": True}, [("bsn_only_by_law", "bsn")]),  # UAVG 46
    ],
)
def test_a_ground_or_none(changes: dict[str, Any], wrong: list[tuple[str, str]]) -> None:
    assert rules.why_not_give(replace(DUO_EXAMS, **changes)) == wrong


def test_nothing_about_health_can_be_given() -> None:
    special = {code for code in rules.GIVEABLE if catalogue.category(code).sensitivity >= Sensitivity.SPECIAL}
    assert special == set()
    assert {"absence_reason", "support", "exemption"} & set(rules.GIVEABLE) == set()


def test_the_survey_is_refused_by_the_own_choice() -> None:
    assert rules.refused_purposes(["quality"], no_survey=True) == {"quality", "survey"}
    assert rules.refused_purposes([], no_survey=False) == set()


# --- the action


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"categories": ["exams", "background"]}, "Opleiding en werk"),
        ({"recipient": "blik_op_werk"}, "deze ontvanger"),
        ({"purpose": "legal_demand"}, "Noem de wet"),
        ({"purpose": "consent"}, "akkoord ging"),
        ({"at": dt.datetime(2999, 1, 1, tzinfo=dt.UTC)}, "moment"),
        ({"recipient": "municipality", "purpose": "client_reports", "client": "elsewhere"}, "betaalt geen traject"),
    ],
)
def test_without_a_ground_nothing_is_recorded(rania: Student, ineke: User, facts: dict[str, Any], sentence: str) -> None:
    if facts.get("client"):
        facts = {**facts, "client": Client.objects.create(name="Gemeente Elders")}
    with pytest.raises(ValidationError, match=sentence):
        give(rania, ineke, **facts)
    assert (Disclosure.objects.count(), GivenByHand.objects.count()) == (0, 0)


def test_a_restriction_and_an_objection_stop_it_at_once(rania: Student, ineke: User, oosterveen: Client) -> None:
    stale = Student.objects.get(pk=rania.pk)
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    restrict(student=rania, categories=["exams"], ground="accuracy", review_on=tomorrow, by=ineke)
    object_to(student=rania, purpose="client_reports", by=ineke)
    with pytest.raises(ValidationError, match="beperkt"):
        give(stale, ineke)
    report = {"recipient": "municipality", "client": oosterveen, "purpose": "client_reports", "categories": ["attendance"]}
    with pytest.raises(ValidationError, match="bezwaar"):
        give(stale, ineke, **report)
    agreed = {"recipient": "other", "organisation": "education", "name": "ROC Elders", "purpose": "consent"}
    assert give(stale, ineke, consent_on=timezone.localdate(), **agreed).receiver == "ROC Elders"  # AVG 18(2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"categories": []},
        {"categories": ["absence_reason"]},
        {"purpose": "consent"},
        {"purpose": "legal_demand"},
        {"law": "Wetboek van Strafvordering 126nd"},
        {"recipient": "other"},
        {"name": "ROC Elders"},
        {"channel": "rumour"},
        {"report": "municipality"},
        {"withdrawn_reason": "twice"},
    ],
)
def test_the_database_refuses_half_a_record(rania: Student, ineke: User, wrong: dict[str, Any]) -> None:
    row = give(rania, ineke)
    with pytest.raises(IntegrityError), transaction.atomic():
        Disclosure.objects.filter(pk=row.pk).update(**wrong)


def test_a_demand_of_the_law_has_no_consent_and_names_it(rania: Student, ineke: User) -> None:
    asked = {"recipient": "other", "organisation": "police", "name": "Politie Oosterveen", "purpose": "legal_demand"}
    row = give(rania, ineke, law="Sv 126nd", categories=["identity", "bsn"], identity="document", **asked)
    assert (row.receiver, row.law, row.title) == ("Politie Oosterveen", "Sv 126nd", "Burgerservicenummer (BSN), Wie u bent")


def test_who_asked_and_the_note_are_sealed(rania: Student, ineke: User) -> None:
    give(rania, ineke, note="Over Rania Haddad")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(g)::text FROM reporting_givenbyhand g")
        (stored,) = cursor.fetchone()
    assert [word for word in ("Karin", "Haddad") if word in stored] == []
    with pytest.raises(ValidationError, match="wie erom vroeg"):
        give(rania, ineke, asked_by="", identity="known")


# --- what hangs on it


def test_recipients_are_told_and_the_copy_lists_it_unless_it_was_a_mistake(rania: Student, ineke: User) -> None:
    """AVG 15(1)(c) and 19: the actual recipients."""
    row, subject = give(rania, ineke), subject_of(rania)
    wrong = give(rania, ineke, recipient="blik_op_werk", purpose="quality")
    withdraw_given(disclosure=wrong, reason="other_person", by=ineke)
    duo = "DUO (Dienst Uitvoering Onderwijs)"
    assert recipients_of(rania.audit_id) == [(duo, timezone.localdate(row.at))]
    assert [one["recipient"] for one in told_of_an_erasure(subject)] == ["duo"]
    everything = gather(subject, lambda done, total, doing: None)
    assert everything.disclosures == [row]
    (table,) = [table for table in everything.tables if table.model == "reporting.GivenByHand"]
    assert [name for name, _title, _why in table.withheld] == ["asked_by"]  # the name of somebody else (AVG 15(4))


def test_a_named_organisation_is_told_by_name(rania: Student, ineke: User) -> None:
    agreed = {"recipient": "other", "organisation": "education", "name": "ROC Elders", "purpose": "consent"}
    give(rania, ineke, consent_on=timezone.localdate(), **agreed)
    assert [one["client"] for one in told_of_an_erasure(subject_of(rania))] == ["ROC Elders"]


def test_an_erasure_takes_the_names_and_leaves_a_line_about_nobody(rania: Student, ineke: User) -> None:
    row = give(rania, ineke)
    plan = plan_for(subject_of(rania), today=timezone.localdate())
    assert plan.goes[GivenByHand] == {row.by_hand.pk}
    assert Disclosure not in plan.goes


def test_a_wrong_record_is_taken_back_once_with_a_reason(rania: Student, ineke: User) -> None:
    row = give(rania, ineke)
    back = withdraw_given(disclosure=row, reason="not_given", by=ineke)
    assert (back.withdrawn_reason, back.withdrawn_by) == ("not_given", ineke)
    with pytest.raises(ValidationError, match="al ingetrokken"):
        withdraw_given(disclosure=row, reason="twice", by=ineke)
    assert Disclosure.objects.get() == row


# --- the pages


def typed(client: Client, **changes: object) -> dict[str, object]:
    moment = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    known: dict[str, object] = {"to": f"client:{client.pk}", "categories": ["attendance"], "purpose": "client_reports"}
    return {**known, "channel": "phone", "at": moment, "identity": "called_back", "asked_by": "Karin Post", **changes}


def test_from_the_student_page_to_the_own_pages(rania: Student, ineke: User, oosterveen: Client) -> None:
    office = signed_in(ineke)
    assert "Verstrekking vastleggen" in page(office, "student_disclosures", rania.pk)
    answer = office.post(reverse("reporting:record_given", args=[rania.pk]), typed(oosterveen, note="Belde over uren"))
    row = Disclosure.objects.get()
    assert answer["Location"] == reverse("reporting:student_disclosures", args=[rania.pk])
    assert (row.receiver, row.recipient, row.by, row.channel) == ("Gemeente Oosterveen", "municipality", ineke, "phone")
    assert "Karin Post" in page(office, "student_disclosures", rania.pk)
    assert rania.user
    mine = Browser()
    mine.force_login(rania.user)
    told = page(mine, "own_disclosures")
    assert [word for word in ("Gemeente Oosterveen", "per telefoon", "Aanwezigheid") if word not in told] == []
    assert [word for word in ("Karin", "Belde over uren") if word in told] == []
    office.post(reverse("reporting:withdraw_given", args=[row.pk]), {"reason": "wrong"})
    assert "Ingetrokken op" in page(mine, "own_disclosures")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"purpose": "quality"}, "deze ontvanger mag dit niet krijgen"),
        ({"categories": ["residence", "background"], "purpose": "duo_exams"}, "niet geven voor dit doel"),
        ({"to": "other", "purpose": "consent", "consent_on": "2026-01-05"}, "Kies wat voor organisatie"),
        ({"asked_by": ""}, "Vul in wie erom vroeg."),
        ({"identity": "not at all"}, "not at all"),
        ({"at": "2999-01-01T10:00"}, "moment"),
        ({"categories": ["absence_reason"]}, "absence_reason"),
        ({"to": "client:00000000-0000-0000-0000-000000000000"}, "Selecteer een geldige keuze"),
    ],
)
def test_what_may_not_is_said_and_what_was_typed_stays(
    rania: Student, ineke: User, oosterveen: Client, changes: dict[str, object], sentence: str
) -> None:
    answer = signed_in(ineke).post(
        reverse("reporting:record_given", args=[rania.pk]), typed(oosterveen, note="Bewaar mij", **changes)
    )
    text = html.unescape(answer.content.decode())
    assert answer.status_code == 422
    assert sentence in text
    assert "Bewaar mij" in text
    assert Disclosure.objects.count() == 0


def test_who_has_no_ground_is_led_to_the_register_of_breaches(rania: Student, ineke: User, oosterveen: Client) -> None:
    address = reverse("reporting:record_given", args=[rania.pk])
    answer = signed_in(ineke).post(address, typed(oosterveen, purpose="quality")).content.decode()
    assert reverse("privacy:incident_report") in answer


def test_strangers_record_and_take_back_nothing(
    rania: Student, ineke: User, anna: User, south: Location, oosterveen: Client
) -> None:
    row, elsewhere = give(rania, ineke), staff(Role.ADMINISTRATION, south, email="zuid@voorbeeld.test")
    found = []
    for user in (anna, elsewhere):
        browser = signed_in(user)
        found.append(
            [
                browser.get(reverse("reporting:student_disclosures", args=[rania.pk])).status_code,
                browser.post(reverse("reporting:record_given", args=[rania.pk]), typed(oosterveen)).status_code,
                browser.post(reverse("reporting:withdraw_given", args=[row.pk]), {"reason": "twice"}).status_code,
            ]
        )
    assert found == [[403] * 3, [404] * 3]
    assert Disclosure.objects.get().withdrawn_at is None


def test_opening_the_list_leaves_a_line_in_the_file(rania: Student, ineke: User) -> None:
    page(signed_in(ineke), "student_disclosures", rania.pk)
    assert AccessEvent.objects.filter(subject_audit_id=rania.audit_id, viewer_audit_id=ineke.audit_id).exists()


def test_three_lines_take_as_many_questions_as_one(
    rania: Student, ineke: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    give(rania, ineke)
    office = signed_in(ineke)
    page(office, "student_disclosures", rania.pk)  # the first request of a process reads more
    for _round in range(2):
        with django_assert_num_queries(QUERIES):
            page(office, "student_disclosures", rania.pk)
        give(rania, ineke)
        give(rania, ineke, recipient="blik_op_werk", purpose="quality")


QUERIES = 13

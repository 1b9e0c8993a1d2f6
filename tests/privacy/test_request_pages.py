"""The pages of requests: each kind from question to closed file, who may see what, and what a page costs."""

import datetime as dt
import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kvs.models import AccessEvent, Location, Role, User
from privacy import rules
from privacy.actions import requests as actions
from privacy.models import Erasure, PaperDossier, PersonExport, PrivacyRequest, Representation, RequestTask
from students.actions import open_account
from students.models import Student
from tests.factories import LONG_AGO, ask_privacy, limit, make_everything, make_student, staff
from tests.people import Browser, signed_in

DIRECTLY = "seen"


@pytest.fixture
def rania(north: Location, ineke: User) -> Student:
    student = make_student(north, ineke, surname="Haddad", birth_year=1990)
    open_account(student=student, by=ineke)
    return Student.objects.get(pk=student.pk)


@pytest.fixture
def me(rania: Student) -> Browser:
    """Rania, signed in with number and PIN."""
    assert rania.user
    browser = Browser()
    browser.force_login(rania.user)
    return browser


def page(browser: Browser, name: str, *args: object) -> str:
    answer = browser.get(reverse(f"privacy:{name}", args=args))
    assert answer.status_code == 200
    return str(answer.content.decode())


def post(browser: Browser, name: str, row: Any, **data: object) -> Any:
    known = {"version": PrivacyRequest.objects.get(pk=row.pk).version} if isinstance(row, PrivacyRequest) else {}
    return browser.post(reverse(f"privacy:{name}", args=[row.pk]), {**known, **data})


def today() -> str:
    return timezone.localdate().isoformat()


# --- each kind, from the own pages to the closed file


@pytest.mark.parametrize("kind", rules.KINDS)
def test_from_question_to_closed_file(kind: str, rania: Student, me: Browser, dana: User) -> None:
    asked = me.post(reverse("privacy:own_ask_kind", args=[kind]), {"words": "Graag snel"})
    row = PrivacyRequest.objects.get()
    assert (asked.status_code, asked["Location"]) == (302, reverse("privacy:own_request", args=[row.pk]))
    assert (row.kind, row.name, row.words, row.identity) == (kind, rania.full_name, "Graag snel", "signed_in")
    officer = signed_in(dana)
    if row.state == "new":
        assert post(officer, "request_identity", row, method="seen").status_code == 302
    assert post(officer, "request_decide", row, decision="granted", explanation="Dat doen wij.").status_code == 302
    assert post(officer, "request_letter", row, sent_on=today(), how="portal").status_code == 302
    early = post(officer, "request_close", row)
    assert "nog niet uitgevoerd" in officer.get(early["Location"]).content.decode()
    carry_out(kind, row, rania, dana, officer)
    assert post(officer, "request_executed", row, done_on=today()).status_code == 302
    post(officer, "request_close", row)
    row.refresh_from_db()
    assert (row.state, row.handler_audit_id) == ("closed", dana.audit_id)
    if kind != "erasure":
        assert "De school gaf antwoord" in page(me, "own_request", row.pk)
        letter = me.get(reverse("privacy:own_letter", args=[row.pk]))
        assert letter.status_code == 200


def carry_out(kind: str, row: PrivacyRequest, student: Student, dana: User, officer: Browser) -> None:
    """Do what was granted, where the system does it; before that it cannot be confirmed."""
    if kind in ("erasure", "access", "portability", "restriction", "objection"):
        assert post(officer, "request_executed", row, done_on=today()).status_code == 422
    if kind in ("erasure", "access", "portability"):
        post(officer, "request_start", row)
        row.refresh_from_db()
        assert row.execution is not None
    if kind == "restriction":
        limit(student, dana)
    if kind == "objection":
        officer.post(reverse("privacy:objection_add", args=[student.pk]), {"purpose": "client_reports"})
    if kind == "erasure":
        assert row.execution
        Erasure.objects.filter(pk=row.execution).update(
            state="done", approved_at=timezone.now(), approved_by_audit_id=student.audit_id, done_at=timezone.now(), ledger_seq=1
        )
    if kind in ("access", "portability"):
        assert row.execution
        made = PersonExport.objects.filter(pk=row.execution)
        made.update(made_at=timezone.now(), handed_over_at=timezone.now(), seen="desk", catalogue="0" * 64)


def test_who_handles_the_request_does_not_approve_the_erasure(rania: Student, dana: User, ineke: User, north: Location) -> None:
    row = actions.decide_request(
        request=ask_privacy(rania, ineke, kind="erasure", identity=DIRECTLY), version=1, decision="granted", by=dana
    )
    second = staff(Role.PRIVACY_OFFICER, email="tweede@voorbeeld.test")
    post(signed_in(second), "request_letter", row, sent_on=today(), how="post")
    post(signed_in(second), "request_start", row)
    erasure = Erasure.objects.get()
    assert (erasure.handled_by_audit_id, erasure.prepared_by_audit_id) == (dana.audit_id, second.audit_id)
    assert "Gegevens wissen" in page(signed_in(dana), "request", row.pk)


# --- refusing


def test_a_refusal_needs_a_ground_and_a_reason_at_the_field(rania: Student, ineke: User, dana: User) -> None:
    row, officer = ask_privacy(rania, ineke, kind="erasure", identity=DIRECTLY), signed_in(dana)
    bare = post(officer, "request_decide", row, decision="refused", explanation="")
    text = bare.content.decode()
    assert bare.status_code == 422
    assert "Kies de grond uit de wet" in text
    assert "Zeg waarom, tegen de persoon." in text
    foreign = post(officer, "request_decide", row, decision="refused", grounds=["compelling"], explanation="Nee")
    assert foreign.status_code == 422
    effort = page(officer, "request_decide", row.pk)
    assert "artikel 17 lid 3 onder b AVG" in effort
    assert re.search("inspanning|effort", effort) is None
    unnamed = post(officer, "request_decide", row, decision="refused", grounds=["law"], explanation="Een wet")
    assert "Noem de wet en het artikel." in unnamed.content.decode()
    assert PrivacyRequest.objects.get().decision == ""


def test_late_more_time_is_a_sentence(rania: Student, ineke: User, dana: User) -> None:
    received = timezone.localdate() - dt.timedelta(days=29)
    row = ask_privacy(rania, ineke, identity=DIRECTLY, received_on=received)
    answer = post(signed_in(dana), "request_extend", row, reason="complex", told_on=today())
    assert answer.status_code == 422
    assert "voordat hij voorbij is" in answer.content.decode()


# --- taking in


def intake(**changes: object) -> dict[str, object]:
    known: dict[str, object] = {"kind": "access", "channel": "letter", "received_on": today(), "person_kind": "student"}
    return {**known, "name": "Rania Haddad", "contact": "Kade 1", "matter": "everything", **changes}


def test_a_colleague_takes_in_a_letter_and_cannot_read_it_again(rania: Student, ineke: User) -> None:
    browser = signed_in(ineke)
    answer = browser.post(reverse("privacy:request_add"), intake(who=rania.number.lower()))
    row = PrivacyRequest.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, reverse("privacy:request_add"))
    assert (row.subject_audit_id, row.taken_in_by_audit_id, row.state) == (rania.audit_id, ineke.audit_id, "new")
    assert browser.get(reverse("privacy:request", args=[row.pk])).status_code == 403


def test_a_former_student_nobody_knows(ineke: User, dana: User) -> None:
    signed_in(ineke).post(
        reverse("privacy:request_add"), intake(person_kind="unknown", name="Yusuf Demir", channel="desk", seen="on")
    )
    row, officer = PrivacyRequest.objects.get(), signed_in(dana)
    assert (row.subject_audit_id, row.state, row.name) == (None, "handling", "Yusuf Demir")
    assert "Persoon zoeken" in page(officer, "request", row.pk)
    post(officer, "request_decide", row, decision="granted", explanation="Wij hebben geen gegevens van u.")
    post(officer, "request_letter", row, sent_on=today(), how="post")
    post(officer, "request_executed", row, done_on=today())
    post(officer, "request_close", row)
    assert PrivacyRequest.objects.get().state == "closed"


def test_a_student_is_recognised_later(rania: Student, ineke: User, dana: User) -> None:
    signed_in(ineke).post(reverse("privacy:request_add"), intake(person_kind="unknown"))
    row, officer = PrivacyRequest.objects.get(), signed_in(dana)
    assert post(officer, "request_person", row, person_kind="student", who="BESTAAT-NIET").status_code == 422
    assert post(officer, "request_person", row, person_kind="student", who=rania.number).status_code == 302
    assert PrivacyRequest.objects.get().subject_audit_id == rania.audit_id


@pytest.mark.parametrize(("wrong", "sentence"), [
    ({"who": "2020-9999"}, "Hiermee is niemand bekend"),
    ({"received_on": "2099-01-01"}, "toekomst"),
    ({"seen": "on"}, "alleen aan de balie"),
    ({"name": ""}, "verplicht"),
])  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_typed_stays(ineke: User, wrong: dict[str, object], sentence: str) -> None:
    answer = signed_in(ineke).post(reverse("privacy:request_add"), intake(words="Bewaar mij", **wrong))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "Bewaar mij" in answer.content.decode()
    assert PrivacyRequest.objects.count() == 0


@pytest.mark.parametrize(("born", "kind", "matter", "fits"), [
    (2015, "parent", "everything", True),
    (1990, "parent", "everything", False),
    (1990, "administrator", "property", True),
    (1990, "administrator", "everything", False),
    (1990, "curator", "everything", True),
])  # fmt: skip
def test_a_representative_asks_within_the_law(
    north: Location, ineke: User, born: int, kind: str, matter: str, fits: bool
) -> None:
    student, browser = make_student(north, ineke, birth_year=born), signed_in(ineke)
    data = {"number": student.number, "name": "Hala Haddad", "kind": kind, "scope": "everything", "document": "court"}
    browser.post(reverse("privacy:representation_add"), {**data, "starts_on": LONG_AGO.isoformat()})
    one = Representation.objects.get()
    assert (one.subject_audit_id, one.seen_by_audit_id) == (student.audit_id, ineke.audit_id)
    asked = intake(who=student.number, representation=one.pk, matter=matter)
    assert browser.post(reverse("privacy:request_add"), asked).status_code == (302 if fits else 422)
    stranger = intake(who=make_student(north, ineke).number, representation=one.pk, matter=matter)
    assert browser.post(reverse("privacy:request_add"), stranger).status_code == 422


def test_a_child_under_twelve_is_told_to_the_officer(rania: Student, me: Browser, dana: User) -> None:
    Student.objects.filter(pk=rania.pk).update(birth_year=timezone.localdate().year - 8)
    me.post(reverse("privacy:own_ask_kind", args=["rectification"]), {"words": ""})
    assert "moet de vertegenwoordiger dit vragen" in page(signed_in(dana), "request", PrivacyRequest.objects.get().pk)


def test_paper_is_recorded_and_destroyed(rania: Student, ineke: User) -> None:
    browser = signed_in(ineke)
    browser.post(reverse("privacy:paper_add"), {"number": rania.number, "place": "Noord", "cabinet": "kast 3", "since": LONG_AGO})
    paper = PaperDossier.objects.get()
    assert "kast 3" in page(browser, "papers")
    assert browser.post(reverse("privacy:paper_destroyed", args=[paper.pk]), {"on": "2019-01-01"}).status_code == 422
    browser.post(reverse("privacy:paper_destroyed", args=[paper.pk]), {"on": today()})
    paper.refresh_from_db()
    assert (paper.destroyed_on, paper.destroyed_by_audit_id) == (timezone.localdate(), ineke.audit_id)


def test_the_terms_are_set(dana: User) -> None:
    browser = signed_in(dana)
    terms = {
        "answer_days": 21,
        "extension_days": 14,
        "execute_days": 3,
        "confirm_days": 5,
        "complaint_days": 42,
        "complaint_extension_days": 14,
        "disputes_committee": "Geschillencommissie, Postbus 1, Oosterveen",
        "version": 1,
        "systems": "NT2 Admin\n\n DUO-portaal \nNT2 Admin",
    }
    assert browser.post(reverse("privacy:terms"), terms).status_code == 302
    assert "NT2 Admin\nDUO-portaal" in page(browser, "terms")
    assert browser.post(reverse("privacy:terms"), {**terms, "answer_days": 60, "version": 2}).status_code == 422


# --- the own pages


def test_everybody_asks_for_the_own_data(rania: Student, me: Browser, anna: User, sami: User) -> None:
    address = reverse("privacy:own_ask_kind", args=["access"])
    people = {"Anna Bakker": signed_in(anna), "Sami Peeters": signed_in(sami), rania.full_name: me}
    for browser in people.values():
        assert browser.get(address).status_code == 200
        assert browser.post(address, {"words": ""}).status_code == 302
        again = browser.post(address, {"words": "nog eens"})
        assert again.status_code == 422
        assert "al gevraagd" in again.content.decode()
    found = {(row.person_kind, row.name, row.subject_audit_id, row.taken_in_by_audit_id) for row in PrivacyRequest.objects.all()}
    assert found == {
        ("staff", "Anna Bakker", anna.audit_id, None),
        ("staff", "Sami Peeters", sami.audit_id, None),
        ("student", rania.full_name, rania.audit_id, None),
    }
    assert Browser().get(address).status_code == 302
    assert me.get(reverse("privacy:own_ask_kind", args=["bestaat-niet"])).status_code == 404


def test_with_a_second_step_nothing_more_is_asked(anna: User, me: Browser) -> None:
    desk = "Kom naar de balie"
    assert desk not in page(signed_in(anna), "own_ask_kind", "access")
    assert desk in page(me, "own_ask_kind", "access")
    assert desk not in page(me, "own_ask_kind", "rectification")


def test_nobody_sees_the_request_of_somebody_else(rania: Student, me: Browser, ineke: User, north: Location, dana: User) -> None:
    row = ask_privacy(rania, ineke, identity=DIRECTLY)
    other = make_student(north, ineke)
    stranger = signed_in(open_account(student=other, by=ineke))
    for browser in (stranger, signed_in(ineke)):
        assert browser.get(reverse("privacy:own_request", args=[row.pk])).status_code == 404
        assert browser.get(reverse("privacy:own_letter", args=[row.pk])).status_code == 404
        assert browser.post(reverse("privacy:own_withdraw", args=[row.pk])).status_code == 404
    assert rania.full_name not in page(stranger, "own_requests")
    assert me.get(reverse("privacy:own_letter", args=[row.pk])).status_code == 404  # nothing was sent yet
    assert "Gevraagd op" in page(me, "own_request", row.pk)
    assert me.post(reverse("privacy:own_withdraw", args=[row.pk])).status_code == 302
    assert PrivacyRequest.objects.get(pk=row.pk).state == "withdrawn"


# --- strangers


@pytest.fixture
def strangers(north: Location, south: Location, anna: User, ineke: User) -> list[Browser]:
    """Colleagues who are no privacy contact, and one whose students are elsewhere."""
    management = staff(Role.MANAGEMENT, north, email="directie@voorbeeld.test")
    officer = staff(Role.PRIVACY_OFFICER, south, email="zuid@voorbeeld.test")
    return [signed_in(user) for user in (anna, ineke, management, officer)]


def test_strangers_read_no_request(rania: Student, ineke: User, strangers: list[Browser]) -> None:
    row = ask_privacy(rania, ineke, identity=DIRECTLY)
    names: list[tuple[str, list[Any]]] = [
        ("request", [row.pk]),
        ("letter_file", [row.pk, "besluit"]),
        ("letter_file", [row.pk, "uitstel"]),
        ("request_decide", [row.pk]),
    ]
    found = [[browser.get(reverse(f"privacy:{name}", args=args)).status_code for name, args in names] for browser in strangers]
    assert found == [[403] * 4, [403] * 4, [403] * 4, [404] * 4]
    assert rania.full_name not in page(strangers[3], "requests")


def test_strangers_change_no_request(rania: Student, ineke: User, strangers: list[Browser], dana: User) -> None:
    row = ask_privacy(rania, ineke, identity=DIRECTLY)
    names = ("request_start", "request_close", "request_withdraw", "request_decide", "request_letter", "request_executed")
    found = [[post(browser, name, row, decision="granted").status_code for name in names] for browser in strangers]
    assert found == [[403] * 6, [403] * 6, [403] * 6, [404] * 6]
    assert PrivacyRequest.objects.get().version == 1


def test_opening_a_request_leaves_a_line_in_the_file(rania: Student, ineke: User, dana: User) -> None:
    row = ask_privacy(rania, ineke)
    page(signed_in(dana), "request", row.pk)
    line = AccessEvent.objects.get(subject_audit_id=rania.audit_id, kind="detail")
    assert (line.viewer_audit_id, line.reason) == (dana.audit_id, "privacy_request")


# --- the desk


def test_what_is_too_late_is_first_and_on_the_overview(rania: Student, ineke: User, dana: User) -> None:
    ask_privacy(rania, ineke, kind="access", identity=DIRECTLY)
    late = ask_privacy(rania, ineke, kind="erasure", received_on=timezone.localdate() - dt.timedelta(days=29))
    undone = actions.decide_request(
        request=ask_privacy(rania, ineke, kind="consent", identity=DIRECTLY), version=1, decision="granted", by=dana
    )
    PrivacyRequest.objects.filter(pk=undone.pk).update(execute_by=timezone.localdate() - dt.timedelta(days=1))
    officer = signed_in(dana)
    text = page(officer, "requests")
    assert text.index(str(late.pk)) < text.index(str(undone.pk))
    assert "1 verzoek had al beantwoord moeten zijn." in text
    listed = officer.get(reverse("privacy:requests"), {"show": "late"}).content.decode()
    assert sorted(re.findall(r"verzoeken/([0-9a-f-]{36})/", listed)) == sorted([str(late.pk), str(undone.pk)])
    overview = page(officer, "overview")
    assert "1 verzoek is niet op tijd beantwoord." in overview
    assert "1 verzoek is toegewezen en niet op tijd uitgevoerd." in overview
    assert "niet op tijd" not in page(signed_in(staff(Role.MANAGEMENT, email="mt@voorbeeld.test")), "overview")


def test_three_requests_take_as_many_questions_as_one(
    north: Location, ineke: User, dana: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    officer = signed_in(dana)
    made = make_everything(north, ineke)
    for name, args in (("requests", ()), ("request", (made["privacy_request"],))):
        page(officer, name, *args)  # the first request of a process reads more
    for _round in range(2):
        with django_assert_num_queries(LIST_QUERIES):
            page(officer, "requests")
        with django_assert_num_queries(PAGE_QUERIES):
            page(officer, "request", made["privacy_request"])
        for _more in range(2):
            make_everything(north, ineke)
        RequestTask.objects.create(request_id=made["privacy_request"], kind="system", what=f"Boekhouding {_round}")


LIST_QUERIES, PAGE_QUERIES = 9, 12

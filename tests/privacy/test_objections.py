"""Saying no runs a term: it stops at once, is one request, is decided by its letter, and ends when it is taken back (AVG 21)."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from kvs.models import Location, User
from privacy import rules
from privacy.actions import requests as actions
from privacy.actions.objections import say_no, take_back
from privacy.actions.restrictions import object_to
from privacy.models import Objection, PrivacyRequest
from students.actions import open_account
from students.models import Student
from tests.factories import ask_privacy, make_student
from tests.people import Browser, signed_in

TODAY = timezone.localdate
OWN = "privacy:own_objections"


@pytest.fixture
def rania(ineke: User, north: Location) -> Student:
    return make_student(north, ineke, call_name="Rania", surname="Al-Khatib")


@pytest.fixture
def account(rania: Student, ineke: User) -> User:
    made = open_account(student=rania, by=ineke)
    rania.refresh_from_db()
    return made


@pytest.fixture
def me(account: User) -> Browser:
    return signed_in(account)


def no(browser: Browser, purpose: str = "client_reports", act: str = "no") -> Any:
    return browser.post(reverse(OWN), {"purpose": purpose, "act": act})


def decided(row: PrivacyRequest, by: User, decision: str, **more: Any) -> PrivacyRequest:
    row.refresh_from_db()
    return actions.decide_request(request=row, version=row.version, decision=decision, by=by, **more)


def sent(row: PrivacyRequest, by: User) -> PrivacyRequest:
    return actions.send_letter(request=row, version=row.version, sent_on=TODAY(), how="portal", by=by)


REFUSAL: dict[str, Any] = {"grounds": ["compelling"], "explanation": "De gemeente betaalt."}


def test_saying_no_stops_at_once_and_runs_the_term_of_a_request(rania: Student, me: Browser) -> None:
    no(me)

    rania.refresh_from_db()
    assert rania.objections == ["client_reports"]
    row = PrivacyRequest.objects.get()
    assert (row.kind, row.channel, row.state, row.identity) == ("objection", "portal", "handling", "second_factor")
    assert (row.subject_audit_id, row.taken_in_by_audit_id) == (rania.audit_id, None)
    assert (row.received_on, row.last_day) == (TODAY(), rules.due_on(TODAY()))
    text = me.get(reverse(OWN)).content.decode()
    assert "U krijgt uiterlijk op" in text


def test_saying_no_twice_and_to_two_things_is_one_request(rania: Student, me: Browser) -> None:
    for purpose in ("quality", "quality", "client_reports"):
        no(me, purpose)

    assert Objection.objects.count() == 2
    assert PrivacyRequest.objects.count() == 1
    no(me, "quality", "back")
    assert PrivacyRequest.objects.get().state == "handling"  # the other one still waits
    no(me, "client_reports", "back")
    assert PrivacyRequest.objects.get().state == "withdrawn"
    rania.refresh_from_db()
    assert rania.objections == []


def test_it_joins_a_request_that_came_by_letter(rania: Student, ineke: User, me: Browser) -> None:
    asked = ask_privacy(rania, ineke, kind="objection", identity="seen")

    no(me)

    assert list(PrivacyRequest.objects.values_list("pk", flat=True)) == [asked.pk]


def test_taking_the_request_back_takes_the_objection_back(rania: Student, me: Browser) -> None:
    no(me)
    me.post(reverse("privacy:own_withdraw", args=[PrivacyRequest.objects.get().pk]))

    rania.refresh_from_db()
    assert (rania.objections, Objection.objects.standing().count()) == ([], 0)


def test_a_refusal_lets_it_go_on_only_when_its_letter_is_sent(rania: Student, dana: User, me: Browser) -> None:
    no(me)
    row = decided(PrivacyRequest.objects.get(), dana, "refused", **REFUSAL)
    rania.refresh_from_db()
    assert rania.objections == ["client_reports"]

    row = sent(row, dana)

    rania.refresh_from_db()
    assert (rania.objections, Objection.objects.get().outcome) == ([], "refused")
    assert actions.close_request(request=row, version=row.version, by=dana).state == "closed"
    assert "De school heeft in een brief uitgelegd waarom" in me.get(reverse(OWN)).content.decode()


def test_after_a_refusal_that_is_not_closed_a_new_objection_gets_a_letter_of_its_own(
    rania: Student, dana: User, me: Browser
) -> None:
    no(me)
    first = sent(decided(PrivacyRequest.objects.get(), dana, "refused", **REFUSAL), dana)

    no(me, "quality")

    second = PrivacyRequest.objects.exclude(pk=first.pk).get()
    assert (second.kind, second.state, second.last_day) == ("objection", "handling", rules.due_on(TODAY()))
    assert actions.close_request(request=first, version=first.version, by=dana).state == "closed"  # it waits for nothing
    row = decided(second, dana, "refused", **REFUSAL)
    with pytest.raises(ValidationError, match="nog niet verstuurd"):
        actions.close_request(request=row, version=row.version, by=dana)
    assert row.letter
    assert "U zei nee tegen: verantwoording aan Blik op Werk voor het keurmerk." in row.letter
    for words in ("Autoriteit Persoonsgegevens", "rechtbank", "De gemeente betaalt."):
        assert words in row.letter
    row = sent(row, dana)
    assert actions.close_request(request=row, version=row.version, by=dana).state == "closed"
    assert set(Objection.objects.values_list("purpose", "outcome")) == {("client_reports", "refused"), ("quality", "refused")}


def test_the_same_no_after_a_refusal_is_answered_by_a_new_letter(rania: Student, dana: User, me: Browser) -> None:
    no(me)
    first = sent(decided(PrivacyRequest.objects.get(), dana, "refused", **REFUSAL), dana)
    no(me)
    second = PrivacyRequest.objects.exclude(pk=first.pk).get()
    sent(decided(second, dana, "granted"), dana)
    assert list(Objection.objects.order_by("made_at").values_list("request", "outcome")) == [
        (first.pk, "refused"),
        (second.pk, "upheld"),
    ]


def test_what_comes_after_the_decision_and_before_its_letter_is_in_the_letter(rania: Student, dana: User, me: Browser) -> None:
    no(me)
    row = decided(PrivacyRequest.objects.get(), dana, "refused", **REFUSAL)

    no(me, "quality")

    row.refresh_from_db()
    assert (row.state, row.decision, row.letter) == ("handling", "", None)
    with pytest.raises(ValidationError):
        sent(row, dana)
    row = decided(row, dana, "refused", **REFUSAL)
    assert row.letter
    assert "keurmerk" in row.letter.split("U zei nee tegen:")[1].split("</p>")[0]

    no(me, "quality", "back")
    assert PrivacyRequest.objects.get().state == "handling"
    row = decided(row, dana, "refused", **REFUSAL)
    assert row.letter
    assert "keurmerk" not in row.letter.split("U zei nee tegen:")[1].split("</p>")[0]


def test_at_the_desk_it_carries_out_what_was_granted_by_letter(rania: Student, ineke: User, dana: User) -> None:
    """Asked by letter, granted by letter; only then somebody stops the purpose: that is no new objection."""
    asked = ask_privacy(rania, ineke, kind="objection", identity="seen")
    row = sent(decided(asked, dana, "granted"), dana)
    signed_in(dana).post(reverse("privacy:objection_add", args=[rania.pk]), {"purpose": "quality"})
    assert PrivacyRequest.objects.count() == 1
    row.refresh_from_db()
    row = actions.confirm_executed(request=row, version=row.version, done_on=TODAY(), by=dana)
    assert actions.close_request(request=row, version=row.version, by=dana).state == "closed"
    assert Objection.objects.get().outcome == "upheld"

    signed_in(dana).post(reverse("privacy:objection_add", args=[rania.pk]), {"purpose": "client_reports"})
    assert PrivacyRequest.objects.count() == 2


def test_the_database_keeps_one_unanswered_request_per_kind(rania: Student, ineke: User, dana: User) -> None:
    first = ask_privacy(rania, ineke, kind="objection", identity="seen")
    with pytest.raises(ValidationError, match="nog niet beantwoord"):
        ask_privacy(rania, ineke, kind="objection")
    sent(decided(first, dana, "refused", **REFUSAL), dana)
    assert ask_privacy(rania, ineke, kind="objection").state == "new"


def test_granted_it_stays_stopped_and_closes(rania: Student, dana: User, me: Browser) -> None:
    no(me)
    row = sent(decided(PrivacyRequest.objects.get(), dana, "granted"), dana)
    row = actions.confirm_executed(request=row, version=row.version, done_on=TODAY(), by=dana)

    assert actions.close_request(request=row, version=row.version, by=dana).state == "closed"
    rania.refresh_from_db()
    assert (rania.objections, Objection.objects.get().outcome) == (["client_reports"], "upheld")
    no(me, act="back")  # afterwards it can still be allowed again, without touching the answer
    rania.refresh_from_db()
    assert (rania.objections, PrivacyRequest.objects.get().state) == ([], "closed")


def test_granted_in_part_is_decided_per_purpose_before_it_closes(rania: Student, dana: User, me: Browser) -> None:
    no(me)
    row = sent(decided(PrivacyRequest.objects.get(), dana, "partly", **REFUSAL), dana)
    row = actions.confirm_executed(request=row, version=row.version, done_on=TODAY(), by=dana)
    with pytest.raises(ValidationError, match="nog niet beslist"):
        actions.close_request(request=row, version=row.version, by=dana)
    url = reverse("privacy:objection_decide", args=[Objection.objects.get().pk])

    assert signed_in(dana).post(url, {"outcome": "upheld"}).status_code == 302

    assert actions.close_request(request=row, version=row.version, by=dana).state == "closed"


def test_the_officer_decides_in_the_request(dana: User, me: Browser) -> None:
    no(me)
    officer, url = signed_in(dana), reverse("privacy:objection_decide", args=[Objection.objects.get().pk])

    answer = officer.post(url, {"outcome": "refused"})

    assert answer["Location"] == reverse("privacy:request", args=[PrivacyRequest.objects.get().pk])
    assert Objection.objects.get().outcome == ""
    assert "omdat de cursist een brief krijgt" in officer.get(answer["Location"]).content.decode()


def test_an_objection_at_the_desk_runs_the_term_too(rania: Student, dana: User) -> None:
    signed_in(dana).post(reverse("privacy:objection_add", args=[rania.pk]), {"purpose": "quality"})

    row = PrivacyRequest.objects.get()
    assert (row.channel, row.state, row.taken_in_by_audit_id) == ("desk", "new", dana.audit_id)


def test_the_page_to_take_it_back_stays_open(me: Browser) -> None:
    no(me)
    assert f'href="{reverse(OWN)}"' in me.get(reverse("privacy:own_ask")).content.decode()


def test_an_unknown_purpose_opens_nothing(me: Browser) -> None:
    no(me, "teaching")
    no(me, "")
    assert (Objection.objects.count(), PrivacyRequest.objects.count()) == (0, 0)


def test_a_strangers_objection_is_not_touched(north: Location, ineke: User, rania: Student, account: User) -> None:
    other = make_student(north, ineke)
    theirs = object_to(student=other, purpose="quality", by=ineke)
    made = say_no(student=rania, purpose="quality", by=account, own=True, identity="signed_in")
    take_back(objection=made, by=account)
    theirs.refresh_from_db()
    assert theirs.withdrawn_at is None


def test_the_survey_asks_for_no_decision() -> None:
    """An own choice in the own data, always honoured: it is no purpose to object to, so no request can come of it."""
    assert "survey" not in Objection.Purpose.values


def test_too_late_is_told_like_any_request(rania: Student, dana: User, me: Browser) -> None:
    no(me)
    day = TODAY() - dt.timedelta(days=29)
    PrivacyRequest.objects.update(received_on=day, due_on=rules.due_on(day), last_day=rules.due_on(day))
    assert "1 verzoek is niet op tijd beantwoord." in signed_in(dana).get(reverse("privacy:overview")).content.decode()

"""Whose word about a consent counts (UAVG 5), and what follows when it is taken back."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from kvs.models import User
from privacy import rules
from privacy.actions.consents import say
from privacy.actions.requests import close_request, confirm_executed, decide_request, send_letter
from privacy.consents import speakers
from privacy.models import PrivacyRequest, Representation, RequestTask
from privacy.rules import Standing
from reporting.models import Disclosure
from students.models import Client, Consent, ConsentEvent, Student
from tests.factories import LONG_AGO, ask_privacy, consent
from tests.people import Browser, signed_in
from tests.privacy.consenting import DAY, OWN, TODAY, contract, disclose, record, represent, state, tap

# --- who may say it (UAVG 5, text of 1 September 2026)

ADULT = dict.fromkeys(("authorised",), False) | {"curator": True, "mentor": True, "administrator": False, "parent": False}


@pytest.mark.parametrize(
    ("age", "gives", "withdraws", "parent"),
    [
        (11, False, False, True),
        (12, False, True, True),
        (15, False, True, True),
        (16, True, True, False),
        (None, True, True, False),
    ],
)
def test_a_child_takes_back_from_twelve_and_gives_from_sixteen(
    age: int | None, gives: bool, withdraws: bool, parent: bool
) -> None:
    one = Standing("parent", LONG_AGO)
    assert rules.person_may_consent(age, TODAY(), [one]) is gives
    assert rules.person_may_withdraw(age) is withdraws
    assert rules.representative_may_consent(one, age, TODAY()) is parent


@pytest.mark.parametrize(("kind", "may"), sorted(ADULT.items()))
def test_whose_yes_counts_for_an_adult(kind: str, may: bool) -> None:
    one = Standing(kind, LONG_AGO)
    assert rules.representative_may_consent(one, 30, TODAY()) is may
    assert rules.person_may_consent(30, TODAY(), [one]) is (kind not in ("curator", "mentor"))
    assert rules.person_may_withdraw(30) is True
    over = Standing(kind, LONG_AGO, TODAY() - DAY)
    assert rules.representative_may_consent(over, 30, TODAY()) is False


def test_a_child_of_fourteen_in_the_own_pages(rania: Student, ineke: User, me: Browser) -> None:
    Student.objects.filter(pk=rania.pk).update(birth_year=TODAY().year - 14, birth_month=1, birth_day=1)
    rania.refresh_from_db()
    parent = represent(rania, ineke, "parent")
    page = me.get(reverse(OWN)).content.decode()
    assert 'value="yes"' not in page
    assert "Nee zeggen mag u zelf." in page
    refused = tap(me, "photo", "yes")
    assert "zegt een ouder of een andere vertegenwoordiger ja" in refused.content.decode()
    assert not Consent.objects.exists()
    assert record(signed_in(ineke), rania, "photo").status_code == 422
    assert record(signed_in(ineke), rania, "photo", said_by=parent.pk).status_code == 302
    event = ConsentEvent.objects.get()
    assert (event.said_by, event.representation) == ("representative", parent.pk)
    tap(me, "photo", "no")
    assert state(rania) == "withdrawn"


def test_a_child_of_eleven_says_nothing_alone(rania: Student, me: Browser) -> None:
    Student.objects.filter(pk=rania.pk).update(birth_year=TODAY().year - 10)
    page = me.get(reverse(OWN)).content.decode()
    assert 'name="answer"' not in page
    tap(me, "photo", "no")
    assert not Consent.objects.exists()


def test_a_representative_who_ended_gives_nothing(rania: Student, ineke: User) -> None:
    one = represent(rania, ineke, "curator", ends_on=TODAY() - DAY)
    assert speakers(rania, TODAY()).givers == ()
    assert speakers(rania, TODAY() - DAY).givers == (one,)
    with pytest.raises(ValidationError, match="Op die dag"):
        consent_by(rania, ineke, one)


def consent_by(student: Student, by: User, one: Representation) -> Consent:
    paper: dict[str, Any] = {"way": "paper", "place": "kast 3", "on": TODAY(), "version": 0}
    return say(student=student, purpose="photo", client=None, yes=True, representation=one, by=by, **paper)


# --- what follows


def test_taking_back_with_nothing_told_asks_nothing_of_anybody(rania: Student, ineke: User, me: Browser) -> None:
    tap(me, "keep_in_touch", "yes")
    tap(me, "keep_in_touch", "no")
    assert not PrivacyRequest.objects.exists()


def test_photos_are_taken_down_by_a_task(rania: Student, dana: User, me: Browser) -> None:
    tap(me, "photo", "yes")
    tap(me, "photo", "no")
    row = PrivacyRequest.objects.get()
    assert (row.kind, row.channel, row.state, row.last_day) == ("consent", "portal", "handling", rules.due_on(TODAY()))
    task = RequestTask.objects.get()
    assert (task.kind, task.what) == ("system", "website, sociale media en folders: foto's en filmpjes")
    tap(me, "photo", "yes")
    tap(me, "photo", "no")
    assert (PrivacyRequest.objects.count(), RequestTask.objects.count()) == (1, 1)


def test_a_client_who_heard_something_is_told_and_the_past_stays(
    rania: Student, bakery: Client, ineke: User, dana: User, me: Browser
) -> None:
    contract(rania, bakery, ineke)
    consent(rania, ineke, "private_client", bakery)
    disclose(rania, bakery, ineke)

    me.post(reverse(OWN), {"about": bakery.pk, "answer": "no"})

    row, task = PrivacyRequest.objects.get(), RequestTask.objects.get()
    assert (task.kind, task.what, task.last_on) == ("recipient", "Bakkerij De Korst", TODAY())
    assert Disclosure.objects.count() == 1
    row = decide_request(request=row, version=row.version, decision="granted", by=dana)
    assert "Bakkerij De Korst" in str(row.letter)
    row = send_letter(request=row, version=row.version, sent_on=TODAY(), how="portal", by=dana)
    row = confirm_executed(request=row, version=row.version, done_on=TODAY(), by=dana)
    with pytest.raises(ValidationError, match="nog taken"):
        close_request(request=row, version=row.version, by=dana)


def test_a_request_by_letter_is_done_when_it_was_taken_back(rania: Student, ineke: User, dana: User) -> None:
    consent(rania, ineke, "keep_in_touch")
    row = ask_privacy(rania, ineke, kind="consent", identity="seen")
    row = decide_request(request=row, version=row.version, decision="granted", by=dana)
    row = send_letter(request=row, version=row.version, sent_on=TODAY(), how="post", by=dana)
    with pytest.raises(ValidationError, match="nog niet uitgevoerd"):
        confirm_executed(request=row, version=row.version, done_on=TODAY(), by=dana)
    assert (
        reverse("privacy:consents", args=[rania.pk])
        in signed_in(dana).get(reverse("privacy:request", args=[row.pk])).content.decode()
    )
    consent(rania, ineke, "keep_in_touch", yes=False)
    row = confirm_executed(request=row, version=row.version, done_on=TODAY(), by=dana)
    assert close_request(request=row, version=row.version, by=dana).state == "closed"


def test_the_way_to_take_back_leads_to_the_page_that_does_it(me: Browser) -> None:
    assert f'href="{reverse(OWN)}"' in me.get(reverse("privacy:own_ask")).content.decode()

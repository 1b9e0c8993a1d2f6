"""A representation is ended with a day and a reason; who may act follows from the day of the act."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from kvs.models import AccessEvent, Location, Role, User
from privacy import rules
from privacy.actions.requests import add_representation, end_representation
from privacy.models import Representation
from students.models import Student
from tests.factories import LONG_AGO, make_student, staff
from tests.people import signed_in

TODAY = timezone.localdate
DAY = dt.timedelta(days=1)


@pytest.fixture
def rania(ineke: User, north: Location) -> Student:
    return make_student(north, ineke)


@pytest.fixture
def hala(rania: Student, ineke: User) -> Representation:
    return represent(rania, ineke)


def represent(student: Student, by: User, **more: Any) -> Representation:
    known = {"name": "Hala Haddad", "kind": "authorised", "document": "letter", "starts_on": LONG_AGO}
    return add_representation(subject_audit_id=student.audit_id, subject_name=student.full_name, by=by, **(known | more))


def ended(row: Representation, by: User, on: dt.date, **more: Any) -> Representation:
    known: dict[str, Any] = {"version": row.version, "end_reason": "withdrawn"} | more
    return end_representation(representation=row, ends_on=on, by=by, **known)


def test_it_is_ended_on_its_page(hala: Representation, rania: Student, ineke: User) -> None:
    browser, url = signed_in(ineke), reverse("privacy:representation_end", args=[hala.pk])
    assert AccessEvent.objects.filter(subject_audit_id=rania.audit_id).count() == 0
    browser.get(url)
    assert AccessEvent.objects.get(subject_audit_id=rania.audit_id).kind == "detail"
    empty = browser.post(url, {"ends_on": "", "end_reason": "", "version": hala.version})
    assert (empty.status_code, set(empty.context["form"].errors)) == (422, {"ends_on", "end_reason"})

    answer = browser.post(url, {"ends_on": TODAY().isoformat(), "end_reason": "withdrawn", "version": hala.version})

    assert answer["Location"] == reverse("privacy:representations")
    text = browser.get(answer["Location"]).content.decode()
    assert "de volmacht is ingetrokken" in text
    assert url not in text
    hala.refresh_from_db()
    assert (hala.ends_on, hala.end_reason, hala.ended_by_audit_id) == (TODAY(), "withdrawn", ineke.audit_id)
    assert browser.get(url).status_code == 404


def test_the_day_decides_what_holds(hala: Representation, ineke: User) -> None:
    row = ended(hala, ineke, TODAY() + 7 * DAY)
    may = [rules.representative_may_act(row.standing, 30, TODAY() + days * DAY, "everything") for days in (0, 7, 8)]
    assert may == [True, True, False]


def test_after_the_end_a_request_in_that_name_is_refused(hala: Representation, rania: Student, ineke: User) -> None:
    ended(hala, ineke, TODAY() - DAY)
    asked = {"kind": "access", "channel": "letter", "received_on": TODAY().isoformat(), "person_kind": "student"}
    more = {"name": rania.full_name, "who": rania.number, "representation": hala.pk, "matter": "everything", "contact": "Kade 1"}
    answer = signed_in(ineke).post(reverse("privacy:request_add"), {**asked, **more})
    assert "vertegenwoordigde deze persoon de cursist niet" in answer.content.decode()


@pytest.mark.parametrize(
    ("known_end", "on", "sentence"),
    [
        (None, LONG_AGO - DAY, "kan niet voor de eerste dag liggen"),
        (LONG_AGO + 9 * DAY, LONG_AGO + 10 * DAY, "eindigt al op"),
    ],
)
def test_a_day_that_cannot_be(rania: Student, ineke: User, known_end: dt.date | None, on: dt.date, sentence: str) -> None:
    row = represent(rania, ineke, ends_on=known_end)
    with pytest.raises(ValidationError) as refused:
        ended(row, ineke, on)
    assert sentence in refused.value.message_dict["ends_on"][0]


def test_who_comes_second_is_told(hala: Representation, ineke: User, dana: User) -> None:
    Representation.objects.filter(pk=hala.pk).update(version=2)
    with pytest.raises(ValidationError, match="ook gewijzigd"):
        ended(hala, dana, TODAY())
    ended(hala, ineke, TODAY(), version=2)
    with pytest.raises(ValidationError, match="intussen"):
        ended(hala, dana, TODAY())


def test_strangers_end_nothing(hala: Representation, south: Location, chris: User) -> None:
    url = reverse("privacy:representation_end", args=[hala.pk])
    typed = {"ends_on": TODAY().isoformat(), "end_reason": "court", "version": hala.version}
    assert signed_in(chris).post(url, typed).status_code == 403
    assert signed_in(staff(Role.ADMINISTRATION, south)).post(url, typed).status_code == 404
    hala.refresh_from_db()
    assert hala.end_reason == ""


def test_the_database_refuses_an_end_without_a_day(hala: Representation) -> None:
    for wrong in ({"end_reason": "court"}, {"ended_by_audit_id": hala.pk}, {"end_reason": "bored", "ends_on": TODAY()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Representation.objects.filter(pk=hala.pk).update(**wrong)

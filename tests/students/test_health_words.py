"""No note says what somebody suffers from (policy B 3.1.8; privacy_obligations.md 40)."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from kvs.models import Location, User
from students import actions
from students.actions import corrections
from students.health_words import CARE, WORDS, says_health
from students.models import GroupAccess, Student
from tests.factories import make_group, make_student
from tests.people import signed_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Niet op dinsdag: griep", True),
        ("is ziekgemeld", True),
        ("Zwangerschap", True),
        ("heeft een burn-out", True),
        ("epilépsie", True),  # as typed in a hurry
        ("DEPRESSIEF", True),
        ("moet naar het hospital", True),
        ("Alleen in de ochtend, werkt 's middags", False),
        ("Niet op vrijdag: gebed", False),
        ("Heeft oppas nodig voor twee kinderen", False),
        ("Kan niet op maandag, zit in de medezeggenschap", False),
        ("", False),
    ],
)
def test_which_texts_say_something_about_health(text: str, found: bool) -> None:
    assert says_health(text) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Verpleegkundige in een ziekenhuis", False),
        ("huisarts, later psycholoog", False),
        ("kapper, gestopt door ziekte", True),
        ("huisarts tot zijn burn-out", True),
    ],
)
def test_work_in_care_is_work(text: str, found: bool) -> None:
    assert says_health(text, of_work=True) is found


def test_the_words_are_folded_and_stand_once() -> None:
    for words in (WORDS, CARE):
        assert len(set(words)) == len(words)
        assert all(word == word.lower() and word.removesuffix("*").isalpha() for word in words)


def test_work_experience_and_the_reason_of_an_exception_say_nothing_about_health(
    north: Location, ineke: User, anna: User
) -> None:
    group = make_group(north, ineke)
    student = make_student(north, ineke)
    typed = {"surname": student.surname, "work_experience": "kok, gestopt door een hernia", "version": "1"}
    answer = signed_in(ineke).post(reverse("students:edit", args=[student.pk]), typed | {"intake_location": str(north.pk)})
    assert (answer.status_code, "Schrijf hier niets over ziekte" in answer.content.decode()) == (422, True)
    assert Student.objects.get(pk=student.pk).work_experience == ""

    until = (timezone.localdate() + dt.timedelta(days=5)).isoformat()
    given = {"user": str(anna.pk), "starts_on": timezone.localdate().isoformat(), "ends_on": until}
    address = reverse("students:access_add", args=[group.pk])
    answer = signed_in(ineke).post(address, given | {"reason": "collega heeft griep"})
    page = answer.content.decode()
    assert (answer.status_code, "Schrijf hier niets over ziekte" in page, "collega heeft griep" in page) == (422, True, True)
    assert not GroupAccess.objects.exists()
    assert signed_in(ineke).post(address, given | {"reason": "vervanging"}).status_code == 302


def test_a_note_about_health_is_refused_with_a_sentence_and_stays_in_the_form(north: Location, ineke: User) -> None:
    student = make_student(north, ineke)
    typed = {"surname": student.surname, "availability": "Niet op dinsdag, dan is hij bij de psychiater", "version": "1"}
    answer = signed_in(ineke).post(reverse("students:edit", args=[student.pk]), typed | {"intake_location": str(north.pk)})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Schrijf hier niets over ziekte of gezondheid" in page
    assert "bij de psychiater" in page
    assert Student.objects.get(pk=student.pk).availability == ""


def test_it_is_refused_at_registering_and_from_the_student_too(north: Location, ineke: User) -> None:
    with pytest.raises(ValidationError, match="ziekte of gezondheid"):
        make_student(north, ineke, availability="na de operatie")
    student = make_student(north, ineke, availability="ochtend")
    me = actions.open_account(student=student, by=ineke)
    student.refresh_from_db()
    with pytest.raises(ValidationError, match="ziekte of gezondheid"):
        corrections.correct_own_data(student=student, version=student.version, by=me, changes={"availability": "na de griep"})
    assert Student.objects.get(pk=student.pk).availability == "ochtend"


def test_what_stood_there_already_keeps_nothing_else_from_changing(north: Location, ineke: User) -> None:
    student = make_student(north, ineke)
    Student.objects.filter(pk=student.pk).update(availability="na de operatie")
    changes = {"availability": "na de operatie", "city": "Oosterveen"}
    saved = actions.change_student(student=student, version=student.version, by=ineke, changes=changes)
    assert saved.city == "Oosterveen"

"""No note says what somebody suffers from (policy B 3.1.8; privacy_obligations.md 40)."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from kvs.models import Location, User
from students import actions
from students.health_words import WORDS, says_health
from students.models import Student
from tests.factories import make_student
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


def test_the_words_are_folded_and_stand_once() -> None:
    assert len(set(WORDS)) == len(WORDS)
    assert all(word == word.lower() and word.removesuffix("*").isalpha() for word in WORDS)


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
        actions.correct_own_data(student=student, version=student.version, by=me, changes={"availability": "na de griep"})
    assert Student.objects.get(pk=student.pk).availability == "ochtend"


def test_what_stood_there_already_keeps_nothing_else_from_changing(north: Location, ineke: User) -> None:
    student = make_student(north, ineke)
    Student.objects.filter(pk=student.pk).update(availability="na de operatie")
    changes = {"availability": "na de operatie", "city": "Oosterveen"}
    saved = actions.change_student(student=student, version=student.version, by=ineke, changes=changes)
    assert saved.city == "Oosterveen"

"""The student's own pages: what is held, who looked, and the language."""

import re
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from kvs import audit, catalogue
from kvs.environment import PROJECT
from kvs.models import AccessEvent, AuditEntry, Location, Membership, Role, User
from students import actions
from students.actions import corrections
from students.models import Programme, Student
from students.views.portal import REASONS, label_of
from tests.factories import LONG_AGO, make_group, make_policy, make_student, place, staff, stated
from tests.people import Browser, signed_in
from tests.students.portal import BSN, PERMIT, page, programme_of, user_of


def own_pages(student: Student) -> list[str]:
    """Every address of this part of the portal."""
    programme = programme_of(student)
    return [
        reverse("students:own_data"),
        reverse("students:own_numbers"),
        reverse("students:correct", args=["contact"]),
        reverse("students:propose", args=["surname"]),
        reverse("students:propose_programme", args=[programme.pk, "term_ends_on"]),
        reverse("students:who_looked"),
        reverse("students:language"),
    ]


# --- who gets in


def test_a_student_opens_every_own_page(rania: Student, me: Browser) -> None:
    assert {address: me.get(address).status_code for address in own_pages(rania)} == dict.fromkeys(own_pages(rania), 200)


def test_a_student_stays_in_the_own_pages(rania: Student, me: Browser, ineke: User, anna: User) -> None:
    """The same pages for colleagues have the menu of the office, and for a visitor neither."""
    make_policy(ineke)
    back, menu = '<p class="way-back">', "menu-main"
    for name in ("devices", "reporting:data_and_why", "privacy:policy", "privacy:your_rights"):
        mine, theirs = page(me, name), page(signed_in(anna), name)
        assert (back in mine, menu in mine, back in theirs, menu in theirs) == (True, False, False, True), name
        if name != "devices":
            assert back not in page(Browser(), name)


def test_a_correction_of_a_programme_says_of_which(rania: Student, me: Browser) -> None:
    text = page(me, "students:propose_programme", programme_of(rania).pk, "term_ends_on")
    assert "<h1>Klopt niet bij uw traject (Wi2021): Einde inburgeringstermijn</h1>" in text


def test_staff_are_no_students_and_visitors_sign_in(rania: Student, ineke: User, anna: User, sami: User) -> None:
    for user in (ineke, anna, sami):
        assert {signed_in(user).get(address).status_code for address in own_pages(rania)} == {403}
    assert {Browser().get(address).status_code for address in own_pages(rania)} == {302}


def test_an_account_without_a_file_is_told_so(north: Location) -> None:
    user = staff(Role.STUDENT, north, email=None, student_number="2025-0999")

    response = signed_in(user).get(reverse("students:own_data"))

    assert response.status_code == 404
    assert "De school heeft geen gegevens van u" in response.content.decode()


def test_nothing_of_another_student_is_there(rania: Student, me: Browser, north: Location, ineke: User) -> None:
    other = make_student(north, ineke, call_name="Zeynep", surname="Yılmaz", city="Verweg")
    programme = actions.start_programme(student=other, by=ineke, law="none", starts_on=LONG_AGO)
    for name in ("students:own_data", "students:own_numbers", "students:who_looked"):
        assert [word for word in ("Zeynep", "Yılmaz", "Verweg") if word in page(me, name)] == []

    assert me.get(reverse("students:propose_programme", args=[programme.pk, "term_ends_on"])).status_code == 404
    with pytest.raises(PermissionDenied):
        corrections.correct_own_data(student=other, version=1, by=user_of(rania), changes={"city": "Hier"})
    with pytest.raises(PermissionDenied):
        corrections.propose_correction(student=other, field="surname", values={"surname": "X"}, by=user_of(rania))
    with pytest.raises(PermissionDenied):
        corrections.propose_correction(
            student=rania, programme=programme, field="term_ends_on", values={"term_ends_on": None}, by=user_of(rania)
        )


def test_a_teacher_who_also_learns_sees_the_own_file_only(rania: Student, me: Browser, ineke: User, north: Location) -> None:
    Membership.objects.create(user=user_of(rania), role=Role.ADMINISTRATION, location=north, starts_on=LONG_AGO)
    stated(User.objects.get(pk=rania.user_id))
    other = make_student(north, ineke, surname="Aalders")
    programme = actions.start_programme(student=other, by=ineke, law="none", starts_on=LONG_AGO)

    assert "Aalders" not in page(signed_in(User.objects.get(pk=rania.user_id)), "students:own_data")
    address = reverse("students:propose_programme", args=[programme.pk, "term_ends_on"])
    assert signed_in(User.objects.get(pk=rania.user_id)).get(address).status_code == 404


# --- what is held


def test_every_filled_field_stands_there_in_words(rania: Student, me: Browser) -> None:
    actions.change_student(
        student=rania, version=1, by=user_of(rania), changes={"birth_year": 1990, "birth_month": 3, "contact_language": "ara"}
    )

    shown = page(me, "students:own_data")

    for words in ("Rania Hala", "Haddad", "mrt 1990", "العربية", "Kadijk", "Wi2021", rania.number, "Noord"):
        assert words in shown
    for explained in ("Wie u bent", "Waarvoor", "3 jaar na het einde van het laatste traject", "Wie kan dit ook krijgen"):
        assert explained in shown


def test_the_page_has_a_line_for_every_exported_column(rania: Student, me: Browser) -> None:
    """From the catalogue, so that a new column is shown without anybody thinking of it."""
    shown = page(me, "students:own_data")
    for row in (rania, programme_of(rania)):
        names = {"birth_year" if name.startswith("birth_") and name[6:] in ("day", "month") else name for name in _held(row)}
        assert [name for name in names if f"<dt>{label_of(row, name)}</dt>" not in shown] == []


def _held(row: Student | Programme) -> list[str]:
    return [name for name in catalogue.exported_fields(row) if row._meta.get_field(name).editable]


def test_sealed_numbers_need_a_tap(rania: Student, me: Browser) -> None:
    shown = page(me, "students:own_data")

    assert [number for number in (BSN, PERMIT) if number in shown] == []
    assert shown.count("bewaard, hier niet te zien") == 2
    response = me.get(reverse("students:own_numbers"))
    assert [number in response.content.decode() for number in (BSN, PERMIT)] == [True, True]
    assert response["Cache-Control"] == "no-store"


def test_secrets_and_search_words_are_not_shown(rania: Student, me: Browser) -> None:
    user = user_of(rania)
    user.set_password("fiets onder de oude brug 7")
    user.save()

    shown = page(signed_in(user), "students:own_data")

    assert user.password not in shown
    assert rania.search_text.strip() not in shown


def test_queries_do_not_grow_with_the_file(
    rania: Student, me: Browser, north: Location, ineke: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def grow() -> None:
        enrolment = place(rania, make_group(north, ineke), ineke)
        actions.add_contract(programme=enrolment.programme, by=ineke, starts_on=LONG_AGO, hours=100)
        audit.log_access(ineke, Role.ADMINISTRATION, [rania.audit_id], AccessEvent.Kind.DETAIL)

    names = ("students:own_data", "students:own_numbers", "students:who_looked")
    grow()
    page(me, "students:own_data")  # the first request of a session reads more
    with CaptureQueriesContext(
        connection,
    ) as one:
        for name in names:
            page(me, name)
    grow()
    grow()
    with django_assert_num_queries(len(one)):
        for name in names:
            page(me, name)


# --- who looked


def test_the_student_sees_when_in_which_role_and_why_never_who(rania: Student, me: Browser, ineke: User, anna: User) -> None:
    for _time in range(2):
        audit.log_access(anna, Role.TEACHER, [rania.audit_id], AccessEvent.Kind.LIST)
        audit.log_access(ineke, Role.ADMINISTRATION, [rania.audit_id], AccessEvent.Kind.DETAIL)

    shown = page(me, "students:who_looked")

    assert shown.count("Docent · zag uw naam in een lijst") == 1
    assert shown.count("Administratie · opende uw gegevens") == 2
    assert shown.count("Waarom: dagelijks werk") == 3
    assert [name for name in ("Anna", "Bakker", "Ineke", "Hofstra", str(anna.audit_id)) if name in shown] == []


def test_only_lines_about_the_own_file(rania: Student, me: Browser, north: Location, ineke: User) -> None:
    audit.log_access(ineke, Role.ADMINISTRATION, [make_student(north, ineke).audit_id], AccessEvent.Kind.DETAIL)

    assert "Nog niemand heeft uw gegevens geopend." in page(me, "students:who_looked")


def test_who_looked_in_pages(rania: Student, me: Browser, ineke: User) -> None:
    for _time in range(51):
        audit.log_access(ineke, Role.ADMINISTRATION, [rania.audit_id], AccessEvent.Kind.DETAIL)
    first = page(me, "students:who_looked")
    older = re.search(r'href="(\?voor=\d+)"', first)
    assert older is not None

    second = me.get(reverse("students:who_looked") + older[1]).content.decode()

    assert [text.count("opende uw gegevens") for text in (first, second)] == [50, 1]


@pytest.mark.parametrize("odd", ["x", "-1", "²", "9" * 40, "%00"])
def test_odd_places_in_the_list_show_the_newest(me: Browser, odd: str) -> None:
    assert me.get(f"{reverse('students:who_looked')}?voor={odd}").status_code == 200


def test_every_reason_of_looking_has_words() -> None:
    code = [path.read_text() for app in ("kvs", "students", "attendance", "exams", "reporting") for path in _files(app)]
    used = {found for text in code for found in re.findall(r'log_access\([^)]*reason="([a-z_]+)"', text)} | {"daily_work"}
    assert used <= set(REASONS)


def _files(app: str) -> list[Path]:
    return list((PROJECT / app).rglob("*.py"))


# --- language


def test_a_tap_changes_the_language_and_keeps_the_page(rania: Student, me: Browser) -> None:
    response = me.post(reverse("students:language"), {"language": "en", "next": "/mijn/gegevens/"})

    assert (response.status_code, response["Location"]) == (302, "/mijn/gegevens/")
    assert User.objects.get(pk=rania.user_id).language == "en"
    assert '<html lang="en"' in page(signed_in(User.objects.get(pk=rania.user_id)), "students:own_data")


@pytest.mark.parametrize(
    ("typed", "place"),
    [({"language": "xx"}, "/mijn/"), ({}, "/mijn/"), ({"language": "nl", "next": "https://elders.test/"}, "/mijn/")],
)
def test_odd_languages_and_places(rania: Student, me: Browser, typed: dict[str, str], place: str) -> None:
    response = me.post(reverse("students:language"), typed)

    assert (response["Location"], User.objects.get(pk=rania.user_id).language) == (place, "nl")


def test_reading_writes_nothing(rania: Student, me: Browser) -> None:
    before = (AuditEntry.objects.count(), AccessEvent.objects.count(), Student.objects.get(pk=rania.pk).version)
    for address in own_pages(rania):
        me.get(address)

    assert (AuditEntry.objects.count(), AccessEvent.objects.count(), Student.objects.get(pk=rania.pk).version) == before

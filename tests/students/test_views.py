"""Pages of students, groups and clients: the happy way, the stranger, wrong input, constant queries."""

import datetime as dt
import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries

from kvs.models import AccessEvent, Location, User
from students import actions
from students.models import Client, Contract, Enrolment, Group, Programme, Student
from tests.factories import LONG_AGO, make_group, make_student, place
from tests.people import Browser, signed_in

BSN = "999990019"
NEW = {"surname": "Al-Khatib", "call_name": "Rania", "given_names": "Rania", "birth_year": "1990", "school_years": ""}


def errors_of(page: str) -> list[str]:
    """The sentences in the error summary."""
    if "error-summary" not in page:
        return []
    box = page.split("error-summary", 1)[1].split("</ul>", 1)[0]
    return [re.sub(r"<[^>]*>", "", line).strip() for line in box.split("<li>")[1:]]


def post(client: Browser, address: str, data: dict[str, Any]) -> tuple[int, str]:
    response = client.post(address, data)
    return response.status_code, response.content.decode()


def search(client: Browser, typed: str) -> str:
    """The list after searching, as a person does it."""
    response = client.post(reverse("students:search"), {"q": typed}, follow=True)
    return str(response.content.decode())


# --- list and search


def test_search_finds_whatever_the_order_and_accents(north: Location, ineke: User) -> None:
    make_student(north, ineke, call_name="Hevîn", given_names="Hevîn", surname="Şahîn")
    make_student(north, ineke, call_name="Yusuf", given_names="Yusuf", surname="Demir")

    page = search(signed_in(ineke), "sahin hev")

    assert "Şahîn, Hevîn" in page
    assert "Demir" not in page


def test_typed_name_stands_in_no_address(north: Location, ineke: User) -> None:
    make_student(north, ineke)

    response = signed_in(ineke).post(reverse("students:search"), {"q": "Khatib"})

    assert "hatib" not in response["Location"]


def test_search_by_bsn_for_administration_and_not_for_a_coordinator(north: Location, ineke: User, bram: User) -> None:
    student = make_student(north, ineke)
    actions.start_programme(
        student=student, by=ineke, law="wi2021", route="b1", starts_on=LONG_AGO, bsn=BSN, bsn_basis="isi_delivery"
    )

    assert student.list_name in search(signed_in(ineke), "9999.90.019")
    assert student.list_name not in search(signed_in(bram), BSN)


def test_misspelt_name_offers_who_was_meant(north: Location, ineke: User) -> None:
    student = make_student(north, ineke, call_name="Rania", surname="Haddad")

    page = search(signed_in(ineke), "Rahnia Hadad")

    assert "Bedoelt u" in page
    assert student.full_name in page


def test_a_filter_that_hides_says_so_and_leads_out(north: Location, ineke: User) -> None:
    student, group = make_student(north, ineke, surname="Demir"), make_group(north, ineke)
    client = signed_in(ineke)
    word = client.post(reverse("students:search"), {"q": "Demir"})["Location"].split("q=")[1]

    hidden = client.get(f"{reverse('students:list')}?q={word}&group={group.pk}").content.decode()
    found = client.get(f"{reverse('students:list')}?q={word}").content.decode()

    assert f'<a href="?q={word}">Zoek bij iedereen</a>' in hidden
    assert (student.list_name in found, "Zoek bij iedereen" in found) == (True, False)
    assert "Zoek bij iedereen" not in search(client, "Kanarie")


def test_search_shows_nobody_of_another_location(south: Location, north: Location, ineke: User, bram: User) -> None:
    student = make_student(south, ineke, surname="Demir")

    page = search(signed_in(bram), "Demir")

    assert student.list_name not in page
    assert student.number not in page


@pytest.mark.parametrize(
    "typed", ["%", "_", "\\", "'", "\x00", "<script>alert(1)</script>", "x" * 5000, "🙂", "a" * 3 + "%" * 50]
)
def test_odd_search_is_harmless(north: Location, ineke: User, typed: str) -> None:
    make_student(north, ineke)

    page = search(signed_in(ineke), typed)

    assert "<script>alert" not in page


@pytest.mark.parametrize("query", ["after=nonsense", "after=%00", "group=x", "status=zzz", "q=unknown", "group=%27"])
def test_odd_addresses_show_the_list(north: Location, ineke: User, query: str) -> None:
    assert signed_in(ineke).get(f"{reverse('students:list')}?{query}").status_code == 200


def test_list_goes_on_where_the_page_ended(north: Location, ineke: User) -> None:
    for number in range(53):
        make_student(north, ineke, surname=f"Zaal {number:03d}")
    client = signed_in(ineke)

    first = client.get(f"{reverse('students:list')}?status=all")
    second = client.get(reverse("students:list") + first.context["page"].next_url)

    names = [student.surname for page in (first, second) for student in page.context["page"].rows]
    assert names == [f"Zaal {number:03d}" for number in range(53)]
    assert second.context["page"].next_url is None


@pytest.mark.parametrize("rows", [1, 3])
def test_list_asks_the_same_number_of_questions(
    north: Location, south: Location, ineke: User, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    for number in range(rows):
        place(make_student(north, ineke), make_group([north, south][number % 2], ineke), ineke)
    client = signed_in(ineke)
    client.get(reverse("students:list"))

    with django_assert_num_queries(15):
        client.get(reverse("students:list"))


def test_who_begins_later_shows_the_coming_group(north: Location, ineke: User) -> None:
    later = timezone.localdate() + dt.timedelta(days=20)
    coming = place(make_student(north, ineke), make_group(north, ineke, name="NT2 A1 dag 9"), ineke, starts_on=later)
    alone = actions.start_programme(student=make_student(north, ineke), by=ineke, law="none", starts_on=LONG_AGO)
    listed = signed_in(ineke).get(reverse("students:list")).content.decode()
    assert f"vanaf {date_format(later)}: NT2 A1 dag 9" in listed
    assert listed.count("nog geen groep") == 1
    assert [programme.student.number in listed for programme in (coming.programme, alone)] == [True, True]


def test_list_is_recorded_once_a_day_per_person(north: Location, ineke: User) -> None:
    student = make_student(north, ineke)
    client = signed_in(ineke)

    for _time in range(2):
        client.get(f"{reverse('students:list')}?status=all")

    lines = AccessEvent.objects.values_list("kind", "subject_audit_id", "viewer_audit_id", "viewer_role")
    assert list(lines) == [("list", student.audit_id, ineke.audit_id, "administration")]


# --- page


def test_page_is_recorded_every_time(north: Location, ineke: User) -> None:
    student = make_student(north, ineke)
    client = signed_in(ineke)

    for _time in range(2):
        client.get(reverse("students:detail", args=[student.pk]))

    assert AccessEvent.objects.filter(kind="detail", subject_audit_id=student.audit_id).count() == 2


def test_teacher_reads_contact_and_no_residence_permit(north: Location, ineke: User, anna: User) -> None:
    group = make_group(north, ineke)
    student = make_student(north, ineke, city="Oosterveen", residence_permit="NL1234567")
    place(student, group, ineke)
    actions.assign_teacher(teacher=anna, group=group, starts_on=LONG_AGO, by=ineke)
    address = reverse("students:detail", args=[student.pk])

    seen_by_teacher = signed_in(anna).get(address).content.decode()
    seen_by_office = signed_in(ineke).get(address).content.decode()

    assert ("Oosterveen" in seen_by_teacher, "NL1234567" in seen_by_teacher) == (True, False)
    assert "NL1234567" in seen_by_office


def test_bsn_is_on_no_page(north: Location, ineke: User) -> None:
    student = make_student(north, ineke)
    programme = actions.start_programme(
        student=student, by=ineke, law="wi2021", route="b1", starts_on=LONG_AGO, bsn=BSN, bsn_basis="isi_delivery"
    )
    client = signed_in(ineke)

    pages = [
        client.get(reverse("students:detail", args=[student.pk])),
        client.get(reverse("students:programmes", args=[student.pk])),
        client.get(reverse("students:programme_edit", args=[programme.pk])),
        client.get(reverse("students:list")),
    ]

    assert [BSN in page.content.decode() for page in pages] == [False] * 4


# --- register and change


def test_new_student_gets_a_number_and_a_page(north: Location, ineke: User) -> None:
    response = signed_in(ineke).post(reverse("students:add"), NEW | {"intake_location": str(north.pk)}, follow=True)

    student = Student.objects.get()
    assert response.redirect_chain == [(reverse("students:detail", args=[student.pk]), 302)]
    assert f"Rania Al-Khatib is ingeschreven onder nummer {student.number}." in response.content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"surname": ""}, "Achternaam: Dit veld is verplicht."),
        ({"birth_day": "31", "birth_month": "2", "birth_year": "1990"}, "Geboortedag: Deze maand heeft die dag niet."),
        ({"birth_day": "5", "birth_year": "1990"}, None),
        ({"birth_year": "90"}, "Geboortejaar: Een geboortejaar heeft vier cijfers en ligt niet in de toekomst."),
        ({"birth_month": "13"}, "Geboortemaand: Een maand is een getal van 1 tot en met 12."),
        ({"email": "geen adres"}, "E-mailadres: Voer een geldig e-mailadres in."),
        ({"arrived_on": "2099-01-01"}, "In Nederland sinds: Deze datum ligt in de toekomst."),
        ({"contact_language": "xxxx"}, None),
        ({"surname": "x" * 5000}, None),
        ({"school_years": "-1"}, None),
        ({"school_years": "٣٠٠"}, None),
        ({"surname": "\x00"}, None),
    ],
)
def test_wrong_input_says_what_is_wrong_and_keeps_the_rest(
    north: Location, ineke: User, wrong: dict[str, str], sentence: str | None
) -> None:
    typed = NEW | {"intake_location": str(north.pk), "city": "Oosterveen"} | wrong

    status, page = post(signed_in(ineke), reverse("students:add"), typed)

    assert (status, Student.objects.count()) == (422, 0)
    assert 'value="Oosterveen"' in page
    found = errors_of(page)
    assert len(found) >= 1
    assert sentence is None or found == [sentence]


def test_intake_at_a_foreign_location_is_refused(north: Location, south: Location, ineke: User) -> None:
    status, _page = post(signed_in(ineke), reverse("students:add"), NEW | {"intake_location": str(south.pk)})

    assert (status, Student.objects.count()) == (422, 0)


def test_two_people_changing_one_student(north: Location, ineke: User) -> None:
    student = make_student(north, ineke)
    address = reverse("students:edit", args=[student.pk])
    typed = NEW | {"intake_location": str(north.pk), "version": "1"}
    client = signed_in(ineke)

    first = post(client, address, typed | {"city": "Kadijk"})
    second = post(client, address, typed | {"city": "Oosterveen"})

    assert (first[0], second[0]) == (302, 422)
    assert "Ineke Hofstra heeft dit ook gewijzigd" in errors_of(second[1])[0]
    assert 'value="Oosterveen"' in second[1]
    assert Student.objects.get().city == "Kadijk"


@pytest.mark.parametrize("wrong", ["", "abc", "-1", "99999999999999999999"])
def test_missing_or_odd_version_never_overwrites(north: Location, ineke: User, wrong: str) -> None:
    student = make_student(north, ineke, city="Kadijk")
    typed = NEW | {"intake_location": str(north.pk), "version": wrong, "city": "Oosterveen"}

    status, _page = post(signed_in(ineke), reverse("students:edit", args=[student.pk]), typed)

    assert (status, Student.objects.get().city) == (422, "Kadijk")


# --- programme, contract, place


@pytest.mark.parametrize(
    ("bsn", "sentence"),
    [
        ("99999001", "BSN: Een BSN heeft negen cijfers; dit heeft er 8. Ontbreekt er vooraan een nul?"),
        ("999990018", "BSN: Dit is geen geldig BSN: controleer de cijfers op het document."),
        ("99999001x", "BSN: Een BSN bestaat alleen uit cijfers."),
        ("٩٩٩٩٩٠٠١٩", "BSN: Een BSN bestaat alleen uit cijfers."),
    ],
)
def test_wrong_bsn(north: Location, ineke: User, bsn: str, sentence: str) -> None:
    student = make_student(north, ineke)
    typed = {"law": "wi2021", "route": "b1", "starts_on": "2026-01-01", "bsn_basis": "isi_delivery", "bsn": bsn}

    status, page = post(signed_in(ineke), reverse("students:programme_add", args=[student.pk]), typed)

    assert (status, errors_of(page), Programme.objects.count()) == (422, [sentence], 0)


def test_bsn_without_ground_is_refused_at_the_field(north: Location, ineke: User) -> None:
    student = make_student(north, ineke)
    typed = {"law": "none", "starts_on": "2026-01-01", "bsn": BSN}

    status, page = post(signed_in(ineke), reverse("students:programme_add", args=[student.pk]), typed)

    assert (status, Programme.objects.count()) == (422, 0)
    assert errors_of(page) == ["BSN: Kies eerst de grondslag voor het BSN. Zonder grondslag mag de school het niet bewaren."]


def test_saving_a_programme_without_typing_keeps_the_stored_bsn(north: Location, ineke: User) -> None:
    programme = actions.start_programme(
        student=make_student(north, ineke),
        by=ineke,
        law="wi2021",
        route="b1",
        starts_on=LONG_AGO,
        bsn=BSN,
        bsn_basis="isi_delivery",
    )
    typed = {"law": "wi2021", "route": "z", "starts_on": "2026-01-01", "bsn_basis": "isi_delivery", "bsn": "", "version": "1"}

    status, _page = post(signed_in(ineke), reverse("students:programme_edit", args=[programme.pk]), typed)

    saved = Programme.objects.get()
    assert (status, saved.route, saved.bsn) == (302, "z", BSN)


def test_contract_that_overlaps_says_so_and_keeps_what_was_typed(north: Location, ineke: User) -> None:
    enrolment = place(make_student(north, ineke), make_group(north, ineke), ineke)
    Contract.objects.create(programme=enrolment.programme, starts_on=LONG_AGO)
    typed = {"course": "nt2", "starts_on": "2026-01-01", "reference": "OV-77"}

    status, page = post(signed_in(ineke), reverse("students:contract_add", args=[enrolment.programme.pk]), typed)

    assert (status, errors_of(page)) == (422, ["Dit traject heeft in die periode al een contract."])
    assert 'value="OV-77"' in page


def test_placing_and_leaving(north: Location, ineke: User, bram: User) -> None:
    student, group = make_student(north, ineke), make_group(north, ineke)
    programme = actions.start_programme(student=student, by=ineke, law="none", starts_on=LONG_AGO)
    client = signed_in(bram)

    placed = client.post(
        reverse("students:enrolment_add", args=[student.pk]),
        {"programme": programme.pk, "group": group.pk, "starts_on": "2026-01-01"},
    )
    enrolment = Enrolment.objects.get()
    left = client.post(
        reverse("students:enrolment_end", args=[enrolment.pk]), {"ends_on": "2026-02-01", "version": enrolment.version}
    )

    assert (placed.status_code, left.status_code) == (302, 302)
    assert str(Enrolment.objects.get().ends_on) == "2026-02-01"


def test_nobody_is_placed_through_another_students_page(north: Location, south: Location, ineke: User, bram: User) -> None:
    mine, foreign = make_student(north, ineke), make_student(south, ineke)
    programme = actions.start_programme(student=foreign, by=ineke, law="none", starts_on=LONG_AGO)
    typed = {"programme": programme.pk, "group": make_group(north, ineke).pk, "starts_on": "2026-01-01"}

    status, _page = post(signed_in(bram), reverse("students:enrolment_add", args=[mine.pk]), typed)

    assert (status, Enrolment.objects.count()) == (422, 0)


# --- groups and clients


def test_group_page_lists_who_is_in_today(north: Location, ineke: User) -> None:
    group = make_group(north, ineke)
    inside = place(make_student(north, ineke, surname="Binnen"), group, ineke)
    place(make_student(north, ineke, surname="Weg"), group, ineke, ends_on=LONG_AGO)

    page = signed_in(ineke).get(reverse("students:group", args=[group.pk]))

    assert page.context["enrolments"] == [inside]


@pytest.mark.parametrize("rows", [1, 3])
def test_group_page_asks_the_same_number_of_questions(
    north: Location, ineke: User, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    group = make_group(north, ineke)
    for _number in range(rows):
        place(make_student(north, ineke), group, ineke)
    client = signed_in(ineke)
    client.get(reverse("students:group", args=[group.pk]))

    with django_assert_num_queries(13):
        client.get(reverse("students:group", args=[group.pk]))


def test_two_groups_cannot_share_a_name(north: Location, ineke: User) -> None:
    make_group(north, ineke, name="NT2 B1 dag 2")
    typed = {"name": "nt2 b1 DAG 2", "location": str(north.pk), "kind": "nt2", "capacity": "20", "starts_on": "2026-01-01"}

    status, page = post(signed_in(ineke), reverse("students:group_add"), typed)

    assert (status, Group.objects.count()) == (422, 1)
    assert errors_of(page) == ["Er is al een groep met deze naam."]


def test_client_with_a_wrong_code(ineke: User) -> None:
    typed = {"name": "Gemeente Oosterveen", "kind": "municipality", "municipality_code": "12"}

    status, page = post(signed_in(ineke), reverse("students:client_add"), typed)

    assert (status, Client.objects.count()) == (422, 0)
    assert errors_of(page) == ["Een gemeentecode heeft vier cijfers en hoort bij een gemeente."]


def test_case_manager_is_added_to_the_client(ineke: User) -> None:
    client = Client.objects.create(name="Gemeente Oosterveen")

    signed_in(ineke).post(reverse("students:case_manager_add", args=[client.pk]), {"surname": "Jansen", "call_name": "P."})

    assert [manager.full_name for manager in client.case_managers.all()] == ["P. Jansen"]


def test_substitute_gets_one_group_until_a_day(north: Location, ineke: User, bram: User, chris: User) -> None:
    group = make_group(north, ineke)
    place(make_student(north, ineke), group, ineke)
    today = timezone.localdate()
    typed = {"user": chris.pk, "starts_on": today, "ends_on": today + dt.timedelta(days=1), "reason": "vervangt Anna"}

    before = signed_in(chris).get(reverse("students:group", args=[group.pk])).status_code
    given = signed_in(bram).post(reverse("students:access_add", args=[group.pk]), typed)
    after = signed_in(chris).get(reverse("students:group", args=[group.pk]))

    assert (before, given.status_code, after.status_code) == (404, 302, 200)
    assert len(after.context["enrolments"]) == 1


@pytest.mark.parametrize(("starts", "ends"), [(0, -1), (2, 1), (-9, -2)])
def test_access_in_the_past_or_backwards_is_refused(
    north: Location, ineke: User, bram: User, chris: User, starts: int, ends: int
) -> None:
    group, today = make_group(north, ineke), timezone.localdate()
    typed = {"user": chris.pk, "reason": "x", "starts_on": today + dt.timedelta(starts), "ends_on": today + dt.timedelta(ends)}

    status, _page = post(signed_in(bram), reverse("students:access_add", args=[group.pk]), typed)

    assert (status, group.access.count()) == (422, 0)


def test_case_manager_changed_by_two_people(ineke: User) -> None:
    manager = Client.objects.create(name="Gemeente Oosterveen").case_managers.create(surname="Jansen")
    address = reverse("students:case_manager_edit", args=[manager.pk])
    client = signed_in(ineke)

    first = post(client, address, {"surname": "Jansen", "phone": "0600000001", "version": "1"})
    second = post(client, address, {"surname": "Janssen", "version": "1"})

    manager.refresh_from_db()
    assert (first[0], second[0], manager.surname, manager.phone) == (302, 422, "Jansen", "0600000001")


@pytest.mark.parametrize("address", ["enrolment_add", "enrolment_end", "contract_add", "assignment_add"])
def test_a_period_that_runs_backwards_is_told_and_saves_nothing(north: Location, ineke: User, anna: User, address: str) -> None:
    student, group = make_student(north, ineke), make_group(north, ineke)
    enrolment = place(student, make_group(north, ineke), ineke, starts_on=dt.date(2026, 6, 1))
    keys = {
        "enrolment_add": student.pk,
        "enrolment_end": enrolment.pk,
        "contract_add": enrolment.programme.pk,
        "assignment_add": group.pk,
    }
    typed = {"programme": enrolment.programme.pk, "group": group.pk, "teacher": anna.pk, "course": "nt2", "version": 1}

    status, page = post(
        signed_in(ineke),
        reverse(f"students:{address}", args=[keys[address]]),
        typed | {"starts_on": "2026-06-01", "ends_on": "2020-01-01"},
    )

    assert status == 422
    assert "De laatste dag kan niet voor de eerste dag liggen." in page


def test_a_group_that_begins_next_week_can_be_filled(north: Location, ineke: User) -> None:
    begins = timezone.localdate() + dt.timedelta(days=7)
    student, group = make_student(north, ineke), make_group(north, ineke, starts_on=begins)
    programme = actions.start_programme(student=student, by=ineke, law="none", starts_on=LONG_AGO)
    typed = {"programme": programme.pk, "group": group.pk, "starts_on": begins}

    status, _page = post(signed_in(ineke), reverse("students:enrolment_add", args=[student.pk]), typed)

    assert (status, Enrolment.objects.count()) == (302, 1)
    assert group.name in signed_in(ineke).get(reverse("students:groups")).content.decode()

"""What the actions on people, programmes and places do, and what they refuse."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from kvs.models import AuditEntry, Location, User
from kvs.trace import acting
from students import actions
from students.models import Client, FieldSource, Programme, Student
from tests.factories import LONG_AGO, make_group, make_student, place

JAN, MAR, JUN = dt.date(2026, 1, 1), dt.date(2026, 3, 1), dt.date(2026, 6, 1)
BSN, OTHER_BSN = "999990019", "999990020"  # test range; checked by stdnum in test_bsn_of_the_tests_are_valid


def programme(student: Student, by: User, **fields: Any) -> Programme:
    """A programme under the Wi2021 since January."""
    known: dict[str, Any] = {"law": "wi2021", "route": "b1", "starts_on": JAN}
    return actions.start_programme(student=student, by=by, **(known | fields))


def raw(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def test_registering_gives_the_next_number_and_notes_the_source(north: Location, ineke: User) -> None:
    first = make_student(north, ineke, city="Oosterveen")
    second = make_student(north, ineke, surname="de Vries")

    assert int(second.number.split("-")[1]) == int(first.number.split("-")[1]) + 1
    assert sorted(first.sources.values_list("group", "source")) == [("contact", "school"), ("name", "school")]


def test_third_party_is_named_as_the_source(north: Location, ineke: User) -> None:
    student = make_student(north, ineke, source=FieldSource.Source.THIRD_PARTY, organisation="Gemeente Oosterveen")

    assert list(student.sources.values_list("source", "organisation")) == [("third_party", "Gemeente Oosterveen")]


def test_changing_keeps_order_search_and_account_in_step(north: Location, ineke: User) -> None:
    student = make_student(north, ineke)
    student.user = User.objects.create(student_number=student.number, email=None)
    student.save()

    saved = actions.change_student(
        student=student, version=1, by=ineke, changes={"call_name": "Ayşe", "infix": "el", "surname": "Mansouri"}
    )

    assert (saved.sort_key, saved.version) == ("mansouri ayse", 2)
    assert list(Student.objects.all().matching("ayse mans")) == [saved]
    account = User.objects.get(student_number=student.number)
    assert account.full_name == "Ayşe el Mansouri"


def test_second_saver_is_told_who_was_first(north: Location, ineke: User, bram: User) -> None:
    student = make_student(north, ineke)
    with acting(lambda: bram):
        actions.change_student(student=student, version=1, by=bram, changes={"city": "Kadijk"})

    with pytest.raises(ValidationError) as refused:
        actions.change_student(student=student, version=1, by=ineke, changes={"city": "Oosterveen"})

    assert "Bram Smit" in refused.value.messages[0]
    assert Student.objects.get(pk=student.pk).city == "Kadijk"


def test_change_leaves_an_audit_line_without_values(north: Location, ineke: User) -> None:
    student = make_student(north, ineke)

    with acting(lambda: ineke):
        actions.change_student(student=student, version=1, by=ineke, changes={"city": "Kadijk", "phone": "0600000001"})

    line = AuditEntry.objects.filter(model="students.student").latest("id")
    assert (line.action, line.fields, line.actor_audit_id, line.subject_audit_id) == (
        "update",
        ["city", "phone"],
        ineke.audit_id,
        student.audit_id,
    )


def test_bsn_is_sealed_and_found_by_its_index(north: Location, ineke: User) -> None:
    made = programme(make_student(north, ineke), ineke, bsn=BSN, bsn_basis="isi_delivery")

    stored = raw("SELECT bsn, bsn_index FROM students_programme")

    assert BSN not in str(stored)
    assert list(Programme.objects.filter(bsn_index=actions.bsn_index(BSN))) == [made]
    assert Programme.objects.get().bsn == BSN


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"bsn_basis": "isi_delivery"}, False),
        ({"bsn_basis": ""}, True),
        ({"bsn_basis": "loan_invoice"}, True),
        ({"bsn_basis": "loan_invoice", "has_duo_loan": True}, False),
        ({"bsn_basis": "isi_delivery", "law": "none", "route": ""}, True),
    ],
)
def test_bsn_only_with_a_ground_that_fits(north: Location, ineke: User, fields: dict[str, object], refused: bool) -> None:
    student = make_student(north, ineke)

    try:
        programme(student, ineke, bsn=BSN, **fields)
        found = False
    except ValidationError:
        found = True

    assert found == refused


def test_database_refuses_a_bsn_without_ground_even_from_the_shell(north: Location, ineke: User) -> None:
    made = programme(make_student(north, ineke), ineke)

    with pytest.raises(IntegrityError), transaction.atomic():
        Programme.objects.filter(pk=made.pk).update(bsn="x", bsn_index="y")


def test_one_bsn_belongs_to_one_person_over_several_programmes(north: Location, ineke: User) -> None:
    student, other = make_student(north, ineke), make_student(north, ineke)
    programme(student, ineke, bsn=BSN, bsn_basis="isi_delivery", ends_on=MAR)
    programme(student, ineke, bsn=BSN, bsn_basis="isi_delivery", starts_on=JUN)

    with pytest.raises(ValidationError) as refused:
        programme(other, ineke, bsn=BSN, bsn_basis="isi_delivery")

    assert refused.value.messages == ["Een andere cursist heeft dit BSN."]


def test_taking_the_ground_away_takes_the_bsn_away(north: Location, ineke: User) -> None:
    made = programme(make_student(north, ineke), ineke, bsn=BSN, bsn_basis="isi_delivery")

    saved = actions.change_programme(programme=made, version=1, by=ineke, changes={"bsn_basis": ""})

    assert (saved.bsn, saved.bsn_index) == (None, None)


def test_one_contract_at_a_time(north: Location, ineke: User) -> None:
    made = programme(make_student(north, ineke), ineke)
    utrecht = Client.objects.create(name="Gemeente A")
    actions.add_contract(programme=made, by=ineke, client=utrecht, starts_on=JAN, ends_on=MAR)

    with pytest.raises(ValidationError) as refused:
        actions.add_contract(programme=made, by=ineke, starts_on=MAR)

    assert refused.value.messages == ["Dit traject heeft in die periode al een contract."]
    actions.add_contract(programme=made, by=ineke, starts_on=MAR + dt.timedelta(days=1))


def test_case_manager_of_another_client_is_refused(north: Location, ineke: User) -> None:
    made = programme(make_student(north, ineke), ineke)
    here, elsewhere = Client.objects.create(name="Gemeente A"), Client.objects.create(name="Gemeente B")
    manager = elsewhere.case_managers.create(surname="Jansen")

    with pytest.raises(ValidationError) as refused:
        actions.add_contract(programme=made, by=ineke, client=here, case_manager=manager, starts_on=JAN)

    assert list(refused.value.message_dict) == ["case_manager"]


def test_full_group_takes_nobody_more(north: Location, ineke: User) -> None:
    group = make_group(north, ineke, capacity=1)
    place(make_student(north, ineke), group, ineke)

    with pytest.raises(ValidationError) as refused:
        place(make_student(north, ineke), group, ineke)

    assert list(refused.value.message_dict) == ["group"]


def test_group_that_does_not_run_takes_nobody(north: Location, ineke: User) -> None:
    group = make_group(north, ineke, starts_on=MAR, ends_on=JUN)

    for day in (MAR - dt.timedelta(days=1), JUN + dt.timedelta(days=1)):
        with pytest.raises(ValidationError):
            place(make_student(north, ineke), group, ineke, starts_on=day)


def test_moving_leaves_no_gap_and_no_overlap(north: Location, ineke: User) -> None:
    old, new = make_group(north, ineke), make_group(north, ineke)
    enrolment = place(make_student(north, ineke), old, ineke)

    moved = actions.move_to_group(enrolment=enrolment, version=1, group=new, starts_on=MAR, by=ineke)

    enrolment.refresh_from_db()
    assert (enrolment.ends_on, moved.starts_on) == (MAR - dt.timedelta(days=1), MAR)


@pytest.mark.django_db(transaction=True)
def test_two_intakes_at_once_get_two_numbers(north: Location, ineke: User) -> None:
    numbers: list[str] = []
    barrier = threading.Barrier(2)

    def intake() -> None:
        barrier.wait()
        numbers.append(make_student(north, ineke).number)
        connection.close()

    for _round in range(10):
        threads = [threading.Thread(target=intake) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(set(numbers)) == 20


def test_placed_on_the_first_and_last_day(north: Location, ineke: User) -> None:
    group = make_group(north, ineke)
    enrolment = place(make_student(north, ineke), group, ineke, starts_on=JAN, ends_on=MAR)

    found = [enrolment in group.enrolments.active_on(day) for day in (JAN - dt.timedelta(1), JAN, MAR, MAR + dt.timedelta(1))]

    assert found == [False, True, True, False]
    assert enrolment.starts_on > LONG_AGO


def test_places_are_counted_over_the_whole_period(north: Location, ineke: User) -> None:
    group = make_group(north, ineke, capacity=1)
    place(make_student(north, ineke), group, ineke, starts_on=JUN)

    with pytest.raises(ValidationError):
        place(make_student(north, ineke), group, ineke, starts_on=JAN)
    place(make_student(north, ineke), group, ineke, starts_on=JAN, ends_on=JUN - dt.timedelta(days=1))


def test_a_place_that_ended_does_not_come_back_into_a_full_group(north: Location, ineke: User) -> None:
    group = make_group(north, ineke, capacity=1)
    ended = place(make_student(north, ineke), group, ineke, starts_on=JAN, ends_on=MAR)
    place(make_student(north, ineke), group, ineke, starts_on=JUN)

    with pytest.raises(ValidationError):
        actions.end_enrolment(enrolment=ended, version=1, ends_on=JUN, by=ineke)
    assert actions.end_enrolment(enrolment=ended, version=1, ends_on=JUN - dt.timedelta(days=1), by=ineke).version == 2


def test_numbers_go_on_after_ten_thousand(north: Location, ineke: User) -> None:
    year = timezone.localdate().year
    for serial in ("9999", "10000"):
        Student.objects.filter(pk=make_student(north, ineke).pk).update(number=f"{year}-{serial}")

    assert make_student(north, ineke).number == f"{year}-10001"


def test_long_given_names_still_get_an_account(north: Location, ineke: User) -> None:
    student = make_student(north, ineke, call_name="", given_names="Maria " * 20)

    assert actions.open_account(student=student, by=ineke).call_name == ("Maria " * 20)[:80]

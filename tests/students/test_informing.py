"""People whose data came from somebody else are told so within a month (art. 14 AVG)."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from kvs.models import AuditEntry, Location, User
from students import rules
from students.models import InformTask, Student
from tests.factories import make_student
from tests.people import signed_in


def task(student: Student, days: int = 10) -> InformTask:
    due_on = timezone.localdate() + dt.timedelta(days=days)
    return InformTask.objects.create(student=student, organisation="Gemeente Oosterveen", due_on=due_on)


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (dt.date(2026, 11, 25), dt.date(2026, 12, 25)),
        (dt.date(2026, 12, 31), dt.date(2027, 1, 31)),
        (dt.date(2027, 1, 31), dt.date(2027, 2, 28)),
        (dt.date(2028, 1, 30), dt.date(2028, 2, 29)),
        (dt.date(2026, 10, 31), dt.date(2026, 11, 30)),
    ],
)
def test_a_month_ends_on_the_same_date(day: dt.date, last: dt.date) -> None:
    """Regulation 1182/71 art. 3(2)(c)."""
    assert rules.month_after(day) == last


@pytest.mark.parametrize(
    ("law", "loan", "ground"),
    [
        ("wi2021", False, "isi_delivery"),
        ("wi2013", True, "isi_delivery"),
        ("wi2007", False, "isi_delivery"),
        ("none", True, "loan_invoice"),
        ("none", False, ""),
    ],
)
def test_the_ground_for_a_bsn(law: str, loan: bool, ground: str) -> None:
    """UAVG art. 46; Besluit inburgering art. 6.2; Regeling inburgering art. 4.2."""
    assert rules.bsn_ground(law, has_duo_loan=loan) == ground


def test_the_list_shows_who_is_late_and_marks_who_was_told(north: Location, ineke: User) -> None:
    late, later = task(make_student(north, ineke, surname="Haddad"), -1), task(make_student(north, ineke, surname="Kaya"))
    office = signed_in(ineke)
    shown = office.get(reverse("students:inform_tasks")).content.decode()
    assert shown.index("Haddad") < shown.index("Kaya")
    assert "1 persoon had al geïnformeerd moeten zijn." in shown
    assert "1 te laat" in office.get(reverse("students:imports")).content.decode()

    answer = office.post(reverse("students:inform_done"), {"tasks": [late.pk], "how": "letter"})

    assert answer.status_code == 302
    late.refresh_from_db()
    assert (late.how, late.done_by) == ("letter", ineke)
    assert list(InformTask.objects.open()) == [later]
    line = AuditEntry.objects.filter(model="students.informtask", action="update").get()
    assert (line.actor_audit_id, line.subject_audit_id) == (ineke.audit_id, late.student.audit_id)


@pytest.mark.parametrize(("sent", "sentence"), [({"how": "letter"}, "Kies wie geïnformeerd is."), ({"tasks": "x"}, "")])
def test_what_is_missing_is_said_and_what_was_chosen_stays(
    north: Location, ineke: User, sent: dict[str, str], sentence: str
) -> None:
    waiting = task(make_student(north, ineke))
    more = {"tasks": str(waiting.pk)} if "tasks" in sent else {}
    answer = signed_in(ineke).post(reverse("students:inform_done"), {**sent, **more})

    assert answer.status_code == 422
    shown = answer.content.decode()
    assert "error-summary" in shown
    assert sentence in shown
    assert f'value="{waiting.pk}" checked' in shown or "tasks" not in sent
    assert InformTask.objects.open().count() == 1


def test_only_visible_people_are_marked(north: Location, south: Location, anna: User, ineke: User) -> None:
    elsewhere = task(make_student(south, ineke))
    assert "Al-Khatib" not in signed_in(ineke).get(reverse("students:inform_tasks")).content.decode()
    for tasks in ([elsewhere.pk], ["onzin"], ["\x00"]):
        assert signed_in(ineke).post(reverse("students:inform_done"), {"tasks": tasks, "how": "letter"}).status_code == 422
    assert signed_in(anna).post(reverse("students:inform_done")).status_code == 403
    assert InformTask.objects.open().count() == 1


def test_a_second_click_changes_nothing(north: Location, ineke: User) -> None:
    done = task(make_student(north, ineke))
    sent = {"tasks": [done.pk], "how": "talk"}
    signed_in(ineke).post(reverse("students:inform_done"), sent)
    signed_in(ineke).post(reverse("students:inform_done"), {**sent, "how": "letter"})

    assert InformTask.objects.get().how == "talk"


def test_the_list_costs_the_same_for_one_and_for_three(
    north: Location, ineke: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office = signed_in(ineke)
    task(make_student(north, ineke))
    office.get(reverse("students:inform_tasks"))
    with django_assert_num_queries(11):
        office.get(reverse("students:inform_tasks"))
    task(make_student(north, ineke))
    task(make_student(north, ineke))
    office.get(reverse("students:inform_tasks"))
    with django_assert_num_queries(11):
        office.get(reverse("students:inform_tasks"))


def test_the_database_takes_no_half_answer(north: Location, ineke: User) -> None:
    done = task(make_student(north, ineke))
    for changes in (
        {"how": "letter"},
        {"done_at": timezone.now()},
        {"how": "x", "done_at": timezone.now()},
        {"organisation": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            InformTask.objects.filter(pk=done.pk).update(**changes)
    with pytest.raises(IntegrityError), transaction.atomic():
        task(done.student)


def test_people_of_one_import_stand_by_name_in_pages(north: Location, ineke: User) -> None:
    names = [f"Naam {number:02}" for number in range(52)]
    for name in sorted(names, key=lambda it: it[::-1]):
        task(make_student(north, ineke, surname=name))
    task(make_student(north, ineke, surname="Zaal"), 1)
    office = signed_in(ineke)

    first = office.get(reverse("students:inform_tasks"))
    second = office.get(reverse("students:inform_tasks") + first.context["page"].next_url)

    shown = [[row.student.surname for row in page.context["page"].rows] for page in (first, second)]
    assert shown == [["Zaal", *names[:49]], names[49:]]
    assert "Volgende" in first.content.decode()

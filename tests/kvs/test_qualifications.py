"""Whether a teacher counts as qualified, who notes it, and what a planner is warned of."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from attendance.actions import sign_register
from kvs.models import Location, Organisation, Qualification, Role, User
from kvs.qualifications import status_on, vog_too_old, warnings_about
from tests.factories import make_group, make_lesson, make_student, place, staff, teach
from tests.people import signed_in

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 26)
BEFORE, AFTER = DAY - dt.timedelta(days=1), DAY + dt.timedelta(days=1)
REGISTERED: dict[str, object] = {"register": "bvnt2", "number": "12345"}
VOG: dict[str, object] = {"vog_on": dt.date(2026, 6, 1), "vog_screening": "60"}


@pytest.fixture
def wim(school: Organisation) -> User:
    """Management, all locations."""
    return staff(Role.MANAGEMENT, call_name="Wim", email="wim@voorbeeld.test")


# Source: Blik op Werk, handleiding 2022 norm 1.4.11.a1 and the exceptions of 1 January 2023
# (domain/blik_op_werk_and_municipalities.md, 1.4).
@pytest.mark.parametrize(
    ("facts", "status"),
    [
        (None, "none"),
        ({}, "none"),
        (REGISTERED, "registered"),
        (REGISTERED | {"valid_until": DAY}, "registered"),
        (REGISTERED | {"valid_until": BEFORE}, "none"),
        ({"exemption": "training", "training_started_on": DAY}, "exempt"),
        ({"exemption": "training", "training_started_on": AFTER}, "none"),
        ({"training_started_on": BEFORE}, "none"),
        ({"exemption": "experienced"}, "exempt"),
        (REGISTERED | {"valid_until": BEFORE, "exemption": "experienced"}, "exempt"),
    ],
)
def test_status(facts: dict[str, object] | None, status: str) -> None:
    row = None if facts is None else Qualification(**facts)
    assert status_on(row, DAY) == status


@pytest.mark.parametrize(
    ("vog", "began", "too_old"),
    [
        (dt.date(2022, 1, 1), dt.date(2022, 3, 1), False),
        (dt.date(2021, 9, 1), dt.date(2022, 1, 1), True),
        (dt.date(2015, 1, 1), dt.date(2021, 12, 31), False),  # the term holds for who began in 2022 or later
        (None, dt.date(2024, 1, 1), False),
    ],
)
def test_age_of_a_vog(vog: dt.date | None, began: dt.date, too_old: bool) -> None:
    assert vog_too_old(Qualification(vog_on=vog), began) is too_old


@pytest.mark.parametrize(
    "wrong",
    [
        {"register": "bvnt2"},
        {"number": "1"},
        {"valid_until": DAY},
        {"register": "elders", "number": "1"},
        {"exemption": "training"},
        {"exemption": "anders"},
        {"exemption_reported_on": DAY},
        {"vog_on": DAY},
        {"vog_screening": "60"},
        {"vog_on": DAY, "vog_screening": "x1"},
    ],
)
def test_the_database_refuses_half_a_fact(anna: User, wrong: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Qualification.objects.create(user=anna, **wrong)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (
            {},
            [
                "Op 26 nov 2026 staat Anna Bakker in geen register van NT2-docenten en is geen uitzondering genoteerd.",
                "Van Anna Bakker is geen VOG genoteerd.",
            ],
        ),
        (REGISTERED | VOG, []),
        (
            {"exemption": "experienced", "vog_on": DAY, "vog_screening": "45"},
            [
                "Anna Bakker geeft les op grond van een uitzondering die nog niet aan Blik op Werk is gemeld.",
                "De VOG van Anna Bakker heeft profiel 45; Blik op Werk vraagt 60.",
            ],
        ),
    ],
)
def test_warnings(anna: User, facts: dict[str, object], told: list[str]) -> None:
    Qualification.objects.create(user=anna, **facts)
    assert warnings_about(anna, DAY) == told


# --- noting it


def url(person: User) -> str:
    return reverse("account_qualification", args=[person.pk])


def test_a_manager_notes_it(anna: User, wim: User) -> None:
    browser = signed_in(wim)
    typed = REGISTERED | {"valid_until": "2027-01-31", "vog_on": "2026-06-01", "vog_screening": "60", "version": "1"}
    answer = browser.post(url(anna), typed)
    row = Qualification.objects.get(user=anna)
    assert (answer.status_code, row.number, row.valid_until, row.version) == (302, "12345", dt.date(2027, 1, 31), 2)
    page = browser.get(reverse("account", args=[anna.pk])).content.decode()
    assert "BVNT2 12345" in page


def test_the_second_of_two_is_told(anna: User, wim: User) -> None:
    browser = signed_in(wim)
    browser.post(url(anna), REGISTERED | {"version": "1"})
    answer = browser.post(url(anna), {"register": "bow", "number": "9", "version": "1"})
    assert (answer.status_code, Qualification.objects.get(user=anna).number) == (422, "12345")


def test_half_a_fact_gets_a_sentence(anna: User, wim: User) -> None:
    answer = signed_in(wim).post(url(anna), {"register": "bvnt2", "number": "", "version": "1"})
    assert answer.status_code == 422
    assert "heeft een register en een nummer" in answer.content.decode()
    assert not Qualification.objects.exists()


@pytest.mark.parametrize("who", ["ineke", "bram", "anna", "chris"])
def test_who_may_not(who: str, anna: User, request: pytest.FixtureRequest) -> None:
    browser = signed_in(request.getfixturevalue(who))
    assert [browser.get(url(anna)).status_code, browser.post(url(anna), REGISTERED).status_code] == [403, 403]


def test_nobody_notes_the_own(wim: User) -> None:
    answer = signed_in(wim).post(url(wim), REGISTERED | {"version": "1"})
    assert (answer.status_code, Qualification.objects.exists()) == (422, False)


# --- planning


def test_planning_warns(north: Location, ineke: User, anna: User) -> None:
    group = make_group(north, ineke)
    lesson = make_lesson(group, ineke, starts_at=timezone.now() + dt.timedelta(days=1))
    typed = {
        "day": str(lesson.day + dt.timedelta(days=7)),
        "begins": "09:00",
        "ends": "10:30",
        "planned_minutes": "90",
        "subject": "language",
        "delivery": "classroom",
        "teacher": str(anna.pk),
        "room": "",
    }
    page = signed_in(ineke).post(reverse("attendance:lesson_add", args=[group.pk]), typed, follow=True).content.decode()
    assert "in geen register van NT2-docenten" in page


# --- the list


def test_the_part_of_the_lessons(north: Location, ineke: User, anna: User, bram: User) -> None:
    group = make_group(north, ineke)
    place(make_student(north, ineke), group, ineke)
    other = staff(Role.TEACHER, north, call_name="Onno", email="onno@voorbeeld.test")
    Qualification.objects.create(user=anna, **REGISTERED)
    for teacher in (anna, other):
        teach(teacher, group, ineke)
    for days, teacher in ((1, anna), (2, anna), (3, anna), (4, other)):
        lesson = make_lesson(group, ineke, starts_at=timezone.now() - dt.timedelta(days=days), teacher=teacher)
        sign_register(lesson=lesson, rows=[], by=teacher)

    shares = signed_in(bram).get(reverse("attendance:teachers")).context["shares"]

    assert [(share.status, share.lessons, share.minutes, share.percentage) for share in shares] == [
        ("registered", 3, 270, 75),
        ("exempt", 0, 0, 0),
        ("none", 1, 90, 25),
    ]


def test_as_many_questions_for_three_teachers(
    north: Location, bram: User, anna: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser, address = signed_in(bram), reverse("attendance:teachers")
    browser.get(address)
    with CaptureQueriesContext(connection) as one:
        browser.get(address)
    for name in ("Onno", "Piet"):
        row = staff(Role.TEACHER, north, call_name=name, email=f"{name.lower()}@voorbeeld.test")
        Qualification.objects.create(user=row, **REGISTERED)
    with django_assert_num_queries(len(one)):
        page = browser.get(address).content.decode()
    assert "Onno" in page


@pytest.mark.parametrize(("who", "status"), [("ineke", 200), ("wim", 200), ("anna", 403), ("dana", 403)])
def test_who_sees_the_list(who: str, status: int, request: pytest.FixtureRequest) -> None:
    assert signed_in(request.getfixturevalue(who)).get(reverse("attendance:teachers")).status_code == status

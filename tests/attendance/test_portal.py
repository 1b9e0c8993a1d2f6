"""The student's start page, "I was here" and the own hours."""

import datetime as dt
import re

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries

from attendance import rules
from attendance.actions import Row, confirm_presence, save_register, sign_register
from attendance.actions.evidence_settings import count_proven_only
from attendance.actions.hours import set_contract_hours, set_opening_balance
from attendance.actions.planning import cancel_lesson
from attendance.hours_overview import overview
from attendance.models import Claim, Lesson, Mark
from attendance.views.portal import Now
from kvs import cards
from kvs.models import Location, Role, User
from students import actions
from students.models import Client, Enrolment, Group, Student
from tests.factories import LONG_AGO, make_group, make_lesson, make_student, place, staff
from tests.people import Browser, signed_in

PIN = "482917"
ADDRESSES = ("attendance:portal", "attendance:confirm", "attendance:own_hours")
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def abdi(places: list[Enrolment], ineke: User) -> Student:
    """The first of the class, with an account."""
    student = places[0].programme.student
    actions.open_account(student=student, by=ineke)
    return Student.objects.select_related("user").get(pk=student.pk)


@pytest.fixture
def me(abdi: Student) -> Browser:
    """Abdi, signed in."""
    return signed_in(account(abdi))


def account(student: Student) -> User:
    assert student.user is not None
    return student.user


def page(browser: Browser, name: str, query: str = "") -> str:
    response = browser.get(reverse(name) + query)
    assert response.status_code == 200
    return str(response.content.decode())


def i_am_here(browser: Browser, lesson: Lesson) -> tuple[int, str]:
    """Status and page after the tap."""
    response = browser.post(reverse("attendance:confirm"), {"lesson": str(lesson.pk)})
    return response.status_code, response.content.decode()


def sign(lesson: Lesson, teacher: User, **states: str) -> None:
    """Sign the register; who is not named by primary key is present."""
    rows = [Row(place, states.get(str(place), "present")) for place in lesson.roster().values_list("pk", flat=True)]
    sign_register(lesson=lesson, rows=rows, by=teacher)


# --- who gets in


def test_students_only(me: Browser, anna: User, ineke: User, sami: User) -> None:
    assert [me.get(reverse(name)).status_code for name in ADDRESSES] == [200, 200, 200]
    for user in (anna, ineke, sami):
        assert [signed_in(user).get(reverse(name)).status_code for name in ADDRESSES] == [403, 403, 403]
    assert [Browser().get(reverse(name)).status_code for name in ADDRESSES] == [302, 302, 302]


def test_signing_in_leads_to_the_portal(me: Browser) -> None:
    assert me.get("/")["Location"] == reverse("attendance:portal")


# --- I was here


def test_one_tap_is_one_claim_and_a_tick_with_the_time(lesson: Lesson, abdi: Student, me: Browser) -> None:
    assert "Ik ben er</button>" in page(me, "attendance:portal")

    assert i_am_here(me, lesson)[0] == 302

    mark = Mark.objects.get()
    assert mark.student_at is not None
    at = timezone.localtime(mark.student_at).strftime("%H:%M")
    assert (mark.enrolment.programme.student, mark.state, mark.teacher_at) == (abdi, "present", None)
    assert f"bevestigd om <strong>{at}</strong>" in page(me, "attendance:confirm")
    home = page(me, "attendance:portal")
    assert f"U bent er. Bevestigd om {at}." in home
    assert "Ik ben er</button>" not in home


def test_a_lesson_over_midnight_names_its_day(lesson: Lesson) -> None:
    assert "Les van vandaag" in render_to_string("portal/_now.html", {"now": Now(lesson, None, False)})
    lesson.day = timezone.localdate() - dt.timedelta(days=1)
    yesterday = render_to_string("portal/_now.html", {"now": Now(lesson, None, False)})
    assert f"Les van {date_format(lesson.day, 'l j F')}" in yesterday
    assert "vandaag" not in yesterday


def test_confirming_twice_is_one_claim_with_the_first_time(lesson: Lesson, me: Browser) -> None:
    i_am_here(me, lesson)
    first = Mark.objects.get().student_at

    assert i_am_here(me, lesson)[0] == 302
    assert (Claim.objects.count(), Mark.objects.get().student_at) == (1, first)


@pytest.mark.parametrize(
    ("minutes", "fits"), [(-200, False), (-149, True), (-89, True), (-1, True), (14, True), (16, False), (60, False)]
)
def test_the_time_for_confirming(group: Group, abdi: Student, me: Browser, ineke: User, minutes: int, fits: bool) -> None:
    """A lesson of 90 minutes that starts so many minutes from now: from 15 before it until 60 after it."""
    lesson = make_lesson(group, ineke, starts_at=timezone.now() + minutes * MINUTE)

    assert ("Ik ben er</button>" in page(me, "attendance:portal")) == fits
    status, shown = i_am_here(me, lesson)

    assert (status, Claim.objects.count()) == ((302, 1) if fits else (422, 0))
    if not fits:
        late = "Het is te laat. Zeg tegen uw docent dat u er was."
        opens = timezone.localtime(lesson.starts_at - rules.CONFIRM_BEFORE).strftime("%H:%M")
        assert (late if minutes < 0 else f"Het is nog te vroeg. U kunt dit doen vanaf {opens}.") in shown


def test_the_edges_of_the_time() -> None:
    start = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
    end = start + 90 * MINUTE
    moments = (start - 16 * MINUTE, start - 15 * MINUTE, end + 60 * MINUTE, end + 61 * MINUTE)

    assert [rules.confirm_problem(moment, start, end) for moment in moments] == ["early", "", "", "late"]


def test_a_signed_lesson_has_a_button_and_a_cancelled_one_has_none(
    lesson: Lesson, group: Group, me: Browser, anna: User, ineke: User
) -> None:
    other = make_lesson(group, ineke, starts_at=timezone.now() - 60 * MINUTE, minutes=25)
    cancel_lesson(lesson=other, version=1, by=ineke)
    sign(lesson, anna)

    home = page(me, "attendance:portal")

    assert home.count("Ik ben er</button>") == 1
    assert [i_am_here(me, one)[0] for one in (lesson, other)] == [302, 422]
    assert [mark.lesson for mark in Mark.objects.filter(student_at__isnull=False)] == [lesson]


def test_lessons_of_others_are_not_there(me: Browser, north: Location, south: Location, ineke: User) -> None:
    elsewhere = [make_lesson(make_group(location, ineke, name=f"Vreemd {location}"), ineke) for location in (north, south)]

    assert "Vreemd" not in page(me, "attendance:portal") + page(me, "attendance:confirm")
    assert [i_am_here(me, lesson)[0] for lesson in elsewhere] == [404, 404]
    assert Claim.objects.count() == 0


def test_before_the_place_begins_there_is_no_lesson(north: Location, ineke: User, group: Group, lesson: Lesson) -> None:
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    student = make_student(north, ineke)
    place(student, group, ineke, starts_on=tomorrow)
    newcomer = signed_in(actions.open_account(student=student, by=ineke))

    assert i_am_here(newcomer, lesson)[0] == 404


@pytest.mark.parametrize("odd", ["", "x", "\x00", "00000000-0000-4000-8000-000000000000"])
def test_odd_lessons(me: Browser, lesson: Lesson, odd: str) -> None:
    assert me.post(reverse("attendance:confirm"), {"lesson": odd}).status_code == 404


def test_an_administrator_who_also_learns_confirms_the_own_lessons_only(
    abdi: Student, north: Location, ineke: User, lesson: Lesson
) -> None:
    from_office = staff(Role.ADMINISTRATION, north)
    Student.objects.filter(pk=abdi.pk).update(user=from_office)
    abdi.user.memberships.update(user=from_office)  # type: ignore[union-attr]
    both = User.objects.get(pk=from_office.pk)
    other = make_lesson(make_group(north, ineke), ineke)

    assert i_am_here(signed_in(both), other)[0] == 404
    assert i_am_here(signed_in(both), lesson)[0] == 302


def test_a_remembered_phone_confirms_and_sees_nothing_else(lesson: Lesson, abdi: Student, anna: User) -> None:
    user = account(abdi)
    cards.set_pin(user=user, pin=PIN, by=user)
    phone = Browser()
    phone.post(reverse("student_login"), {"number": user.student_number, "pin": PIN, "phone": "on"})
    phone.post(reverse("account_logout"))

    shown = page(phone, "attendance:confirm")
    assert "Ik ben er</button>" in shown
    assert [hidden for hidden in (abdi.full_name, "Mijn uren", "Mijn gegevens", "Noord") if hidden in shown] == []
    assert i_am_here(phone, lesson)[0] == 302
    assert Mark.objects.get().enrolment.programme.student == abdi
    for name in ("attendance:portal", "attendance:own_hours", "students:own_data", "students:language"):
        assert phone.get(reverse(name))["Location"].split("?")[0] == reverse("student_login")
    assert reverse("attendance:confirm") in phone.get(reverse("student_login")).content.decode()


# --- start page


def test_the_next_lesson_is_the_first_to_come(group: Group, me: Browser, ineke: User) -> None:
    now = timezone.now()
    for days, room in ((9, "later"), (2, "eerst"), (1, "vervalt")):
        lesson = make_lesson(group, ineke, starts_at=now + dt.timedelta(days=days), room=room)
        if room == "vervalt":
            cancel_lesson(lesson=lesson, version=1, by=ineke)

    home = page(me, "attendance:portal")

    assert "<bdi>eerst</bdi>" in home
    assert [room for room in ("later", "vervalt") if f"<bdi>{room}</bdi>" in home] == []


def test_without_lessons_the_page_says_so(me: Browser) -> None:
    assert "Er staat nu geen les voor u klaar." in page(me, "attendance:portal")
    assert "Nu geen les" in page(me, "attendance:confirm")


def test_hours_count_signed_lessons_only(group: Group, places: list[Enrolment], me: Browser, anna: User, ineke: User) -> None:
    now = timezone.now()
    signed, saved = (make_lesson(group, ineke, starts_at=now - dt.timedelta(days=days)) for days in (3, 2))
    sign(signed, anna)
    save_register(lesson=saved, rows=[Row(places[0].pk, "present")], by=anna)
    assert "1 uur" in page(me, "attendance:portal")  # whole hours at a glance, every minute a page further
    assert "1,5 uur" in page(me, "attendance:own_hours")

    actions.add_contract(programme=places[0].programme, by=ineke, starts_on=LONG_AGO, hours=600)

    home = page(me, "attendance:portal")
    assert "1 van 600 uur" in home
    assert re.search(r'value="60"\s+max="36000"', home)
    assert "Nog 599 uur." in home
    assert "Nog 598,5 uur." in page(me, "attendance:own_hours")


def test_hours_are_those_of_the_contract(group: Group, places: list[Enrolment], me: Browser, anna: User, ineke: User) -> None:
    """A lesson of 90 minutes with a break of 15, confirmed by nobody; 60 minutes brought along."""
    utrecht = Client.objects.create(name="Gemeente Utrecht")
    held = actions.add_contract(programme=places[0].programme, by=ineke, starts_on=LONG_AGO, hours=600, client=utrecht)
    lesson = make_lesson(group, ineke, starts_at=timezone.now() - dt.timedelta(days=3))
    sign_register(lesson=lesson, rows=[Row(places[0].pk, "present")], by=anna)
    Lesson.objects.update(ends_at=F("ends_at") + dt.timedelta(minutes=15))
    set_opening_balance(contract=held, by=ineke, year=2020, minutes=60, hour_class="classroom", source="paper")
    assert "2,5 van 600 uur" in page(me, "attendance:own_hours")

    set_contract_hours(contract=held, version=1, by=ineke, lesson_hour=45, breaks_count=True)
    shown = page(me, "attendance:own_hours")
    row = overview(places[0].programme, ineke, timezone.localdate()).contracts[0]
    assert (row.used, row.purchased) == (165, 600 * 45)
    assert "2,75 van 450 uur" in shown
    assert "Alleen uren die u zelf hebt bevestigd, tellen mee." not in shown

    count_proven_only(client=utrecht, source="Contract", by=ineke)
    shown = page(me, "attendance:own_hours")
    assert overview(places[0].programme, ineke, timezone.localdate()).contracts[0].used == 60
    assert "1 van 450 uur" in shown
    assert "Alleen uren die u zelf hebt bevestigd, tellen mee." in shown


# --- own hours


def test_own_marks_of_the_month_with_the_evidence(
    group: Group, places: list[Enrolment], abdi: Student, me: Browser, anna: User, ineke: User
) -> None:
    confirmed = make_lesson(group, ineke)
    mark = confirm_presence(lesson=confirmed, student=abdi, by=account(abdi))
    assert mark.student_at is not None
    sign(confirmed, anna, **{str(places[0].pk): "absent", str(places[1].pk): "late"} | {str(places[1].pk): "present"})

    shown = page(me, "attendance:own_hours")

    assert f"U zei om {timezone.localtime(mark.student_at):%H:%M}: ik ben er." in shown
    assert "De docent schreef: afwezig." in shown
    assert "0 minuten" in shown
    assert shown.count('<li class="lesson-line">') == 1


def test_an_unsigned_and_a_cancelled_lesson_say_that_they_do_not_count(
    group: Group, places: list[Enrolment], me: Browser, anna: User, ineke: User
) -> None:
    for hour in (9, 12):  # one month, whatever day it is
        lesson = make_lesson(group, ineke, starts_at=dt.datetime(2026, 3, 3, hour, tzinfo=dt.UTC))
        save_register(lesson=lesson, rows=[Row(places[0].pk, "present")], by=anna)
        if hour == 9:
            cancel_lesson(lesson=lesson, version=1, by=ineke)

    shown = page(me, "attendance:own_hours")

    assert (shown.count("Nog niet getekend: deze telt nog niet mee."), shown.count("De les ging niet door")) == (1, 1)
    assert "0 uur · 0 lessen" in shown  # what does not count yet is in no sum


def test_a_month_can_be_chosen(group: Group, me: Browser, anna: User, ineke: User) -> None:
    long_ago = dt.datetime(2026, 3, 3, 9, 0, tzinfo=dt.UTC)
    sign(make_lesson(group, ineke, starts_at=long_ago), anna)
    sign(make_lesson(group, ineke, starts_at=long_ago + dt.timedelta(days=31)), anna)

    assert "<h2>April 2026</h2>" in page(me, "attendance:own_hours")  # the last with lessons
    march = page(me, "attendance:own_hours", "?maand=2026-03")
    assert "<h2>Maart 2026</h2>" in march
    assert "di 3 mrt" in march
    assert "vr 3 apr" not in march


@pytest.mark.parametrize("odd", ["x", "2026-13", "0001-01", "9999-12", "2026-1-1", "%00", "²"])
def test_odd_months_show_the_last(me: Browser, odd: str) -> None:
    assert "In deze maand is er niets over u opgeschreven." in page(me, "attendance:own_hours", f"?maand={odd}")


def test_queries_are_the_same_for_one_and_three(
    group: Group, places: list[Enrolment], me: Browser, anna: User, ineke: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def grow(number: int) -> None:
        other = make_group(group.location, ineke)
        actions.enrol_student(programme=places[0].programme, group=other, starts_on=LONG_AGO, by=ineke)
        lesson = make_lesson(other, ineke, starts_at=timezone.now() - 10 * number * MINUTE, minutes=5, teacher=anna)
        sign(lesson, anna)
        make_lesson(other, ineke, starts_at=timezone.now() + dt.timedelta(days=number))

    def visit() -> None:
        for name in ADDRESSES:
            page(me, name)

    grow(1)
    visit()  # the first request of a session reads more
    with CaptureQueriesContext(connection) as one:
        visit()
    grow(2)
    grow(3)
    with django_assert_num_queries(len(one)):
        visit()


def test_confirming_early_is_refused_for_everybody_who_asks_the_action(group: Group, abdi: Student, ineke: User) -> None:
    lesson = make_lesson(group, ineke, starts_at=timezone.now() + 20 * MINUTE)

    with pytest.raises(ValidationError):
        confirm_presence(lesson=lesson, student=abdi, by=account(abdi))


def test_opening_pages_writes_nothing(lesson: Lesson, me: Browser) -> None:
    for name in ADDRESSES:
        page(me, name)

    assert (Claim.objects.count(), Mark.objects.count()) == (0, 0)

"""Registers without a signature: who sees which, what is mailed to whom and when."""

import datetime as dt

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from attendance.actions import Row, save_register, sign_register
from attendance.actions.planning import cancel_lesson
from attendance.actions.reminders import change_settings, mail_reminder, remind_of_registers
from attendance.missing import last_day_due, missing_registers
from attendance.models import FollowUpSetting, Lesson, RegisterReminder
from kvs.jobs import WORK, Run
from kvs.models import Job, Location, Role, User
from students.models import Enrolment, Group
from tests.factories import make_group, make_lesson, make_student, place, staff, teach
from tests.people import signed_in

pytestmark = pytest.mark.django_db
PAGE = "attendance:missing"
TUESDAY = dt.date(2026, 3, 10)


def ago(**time: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(**time)


def at(day: dt.date, hour: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), tzinfo=timezone.get_default_timezone())


@pytest.fixture
def over(group: Group, places: list[Enrolment], ineke: User, anna: User) -> Lesson:
    """A lesson of Anna that ended long ago, without a word on its register."""
    return make_lesson(group, ineke, starts_at=ago(days=20), teacher=anna)


# --- which lessons


def test_a_lesson_that_is_over_misses_its_signature_until_it_is_signed(over: Lesson, anna: User, lesson: Lesson) -> None:
    assert list(missing_registers(anna)) == [over]  # not the one that goes on

    save_register(lesson=over, rows=[Row(over.roster()[0].pk, "present")], by=anna)
    assert list(missing_registers(anna)) == [over]

    sign_register(lesson=over, rows=[], by=anna)
    assert list(missing_registers(anna)) == []


def test_cancelled_lessons_and_lessons_of_nobody_miss_nothing(over: Lesson, anna: User, ineke: User, north: Location) -> None:
    empty = make_group(north, ineke)
    teach(anna, empty, ineke)
    make_lesson(empty, ineke, starts_at=ago(days=3))
    assert list(missing_registers(anna)) == [over]

    cancel_lesson(lesson=over, version=over.version, by=ineke)
    assert list(missing_registers(anna)) == []


def test_a_place_that_ended_before_the_lesson_leaves_nothing_to_sign(
    group: Group, places: list[Enrolment], ineke: User, anna: User
) -> None:
    make_lesson(group, ineke, starts_at=ago(days=5))
    assert missing_registers(anna).count() == 1

    Enrolment.objects.update(ends_on=timezone.localdate() - dt.timedelta(days=6))
    assert missing_registers(anna).count() == 0


def test_who_came_after_the_lesson_had_nothing_to_sign(group: Group, places: list[Enrolment], ineke: User, anna: User) -> None:
    make_lesson(group, ineke, starts_at=ago(days=5))
    Enrolment.objects.update(starts_on=timezone.localdate() - dt.timedelta(days=4))
    assert missing_registers(anna).count() == 0


def test_what_was_marked_waits_for_its_signature_also_when_the_place_ended_before(over: Lesson, anna: User) -> None:
    save_register(lesson=over, rows=[Row(over.roster()[0].pk, "present")], by=anna)
    Enrolment.objects.update(ends_on=over.day - dt.timedelta(days=1))
    assert list(missing_registers(anna)) == [over]


def test_the_office_sees_its_locations_and_a_teacher_the_own_lessons(
    over: Lesson, anna: User, ineke: User, bram: User, chris: User, dana: User, north: Location
) -> None:
    other = make_group(north, ineke)
    place(make_student(north, ineke), other, ineke)
    colleague = make_lesson(other, ineke, starts_at=ago(days=30))

    assert list(missing_registers(anna)) == [over]
    assert list(missing_registers(bram)) == list(missing_registers(ineke)) == [colleague, over]
    assert list(missing_registers(chris)) == list(missing_registers(dana)) == []


# --- the page


def test_the_list_opens_that_very_lesson_oldest_first(over: Lesson, group: Group, ineke: User, anna: User) -> None:
    older = make_lesson(group, ineke, starts_at=ago(days=40), teacher=anna)
    save_register(lesson=older, rows=[Row(older.roster()[0].pk, "absent")], by=anna)

    page = signed_in(anna).get(reverse(PAGE))

    text = page.content.decode()
    links = [reverse("attendance:register", args=[lesson.pk]) for lesson in (older, over)]
    assert text.index(links[0]) < text.index(links[1])
    assert "bewaard, niet getekend" in text
    assert "niet ingevuld" in text
    assert "Warsame" not in text  # it names no student
    assert signed_in(anna).get(links[0]).status_code == 200


def test_it_is_filtered_by_group_and_teacher(over: Lesson, ineke: User, anna: User, north: Location) -> None:
    other = make_group(north, ineke, name="Avondgroep")
    place(make_student(north, ineke), other, ineke)
    colleague = make_lesson(other, ineke, starts_at=ago(days=30))
    browser = signed_in(ineke)

    def shown(**query: str) -> list[bool]:
        text = browser.get(reverse(PAGE), query).content.decode()
        return [reverse("attendance:register", args=[lesson.pk]) in text for lesson in (colleague, over)]

    assert shown() == [True, True]
    assert shown(groep=str(other.pk)) == [True, False]
    assert shown(docent=str(anna.pk)) == [False, True]
    assert shown(groep="onzin", docent="'; --") == [True, True]


def test_strangers_see_nothing_and_others_are_refused(over: Lesson, chris: User, dana: User, sami: User) -> None:
    page = signed_in(chris).get(reverse(PAGE))

    assert page.status_code == 200
    assert str(over.pk) not in page.content.decode()
    assert over.group.name not in page.content.decode()  # not in the filter either
    assert [signed_in(user).get(reverse(PAGE)).status_code for user in (dana, sami)] == [403, 403]


def test_the_number_stands_on_the_start_page_and_in_the_navigation(over: Lesson, anna: User, bram: User) -> None:
    count = '<span class="count">1</span>'
    assert count in signed_in(anna).get(reverse("attendance:today")).content.decode()
    assert count in signed_in(bram).get(reverse("students:list")).content.decode()


def test_queries_do_not_grow_with_the_lessons(over: Lesson, group: Group, ineke: User, anna: User) -> None:
    browser = signed_in(ineke)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert browser.get(reverse(PAGE)).status_code == 200
        return len(found)

    queries()
    before = queries()
    for days in range(30, 40):
        colleague = staff(Role.TEACHER, group.location)
        teach(colleague, group, ineke)
        make_lesson(group, ineke, starts_at=ago(days=days), teacher=colleague)
    assert queries() == before


# --- reminders


@pytest.mark.parametrize(
    ("today", "days", "last"),
    [
        (dt.date(2026, 3, 10), 1, dt.date(2026, 3, 9)),  # Tuesday: the lesson of Monday
        (dt.date(2026, 3, 9), 1, dt.date(2026, 3, 8)),  # Monday: the weekend lessons too
        (dt.date(2026, 3, 9), 2, dt.date(2026, 3, 5)),  # Thursday; Friday's has had one working day
        (dt.date(2026, 4, 7), 1, dt.date(2026, 4, 6)),  # after Easter: Thursday is two working days ago with Good Friday off
        (dt.date(2026, 4, 7), 2, dt.date(2026, 4, 1)),
    ],
)
def test_working_days_are_counted_back_from_the_lesson(today: dt.date, days: int, last: dt.date) -> None:
    assert last_day_due(today, days) == last


@pytest.fixture
def tuesday(group: Group, places: list[Enrolment], ineke: User, anna: User) -> Lesson:
    """Anna's lesson from 9 to 11 on Tuesday 10 March 2026."""
    return make_lesson(group, ineke, starts_at=at(TUESDAY, 9), minutes=120, teacher=anna)


@pytest.mark.parametrize(
    ("moment", "kinds"),
    [
        (at(TUESDAY + dt.timedelta(days=1), 10), []),  # 23 hours after the end
        (at(TUESDAY + dt.timedelta(days=1), 11), ["teacher"]),
        (at(TUESDAY + dt.timedelta(days=1), 18), []),  # in the evening nobody is mailed
        (at(TUESDAY + dt.timedelta(days=2), 7), []),
        (at(TUESDAY + dt.timedelta(days=2), 8), ["teacher"]),
        (at(TUESDAY + dt.timedelta(days=3), 8), ["coordinator", "teacher"]),  # Friday, three working days later
        (at(TUESDAY + dt.timedelta(days=4), 8), []),  # Saturday
    ],
)
def test_who_is_reminded_when(tuesday: Lesson, bram: User, moment: dt.datetime, kinds: list[str]) -> None:
    remind_of_registers(now=moment)

    assert sorted(RegisterReminder.objects.values_list("kind", flat=True)) == kinds


def test_one_mail_a_day_with_a_number_and_no_names(tuesday: Lesson, group: Group, ineke: User, anna: User) -> None:
    make_lesson(group, ineke, starts_at=at(TUESDAY, 13), teacher=anna)
    day = TUESDAY + dt.timedelta(days=2)

    assert [remind_of_registers(now=at(day, hour)) for hour in (9, 10)] == [1, 0]
    job = Job.objects.get(kind="attendance.remind")
    for _time in range(2):
        WORK[job.kind](Run(job))

    assert len(mail.outbox) == 1
    sent = mail.outbox[0]
    assert sent.to == ["anna@voorbeeld.test"]
    assert sent.subject == "Lessen wachten op een handtekening"
    assert "2 lessen van u" in sent.body
    assert reverse(PAGE) in sent.body
    assert group.name not in sent.body
    assert "maart" not in sent.body
    with pytest.raises(IntegrityError), transaction.atomic():
        RegisterReminder.objects.create(user=anna, kind="teacher", day=day)


def test_nothing_is_mailed_when_it_was_signed_meanwhile(tuesday: Lesson, anna: User) -> None:
    remind_of_registers(now=at(TUESDAY + dt.timedelta(days=2), 9))
    sign_register(lesson=tuesday, rows=[], by=anna)

    assert mail_reminder(RegisterReminder.objects.get().pk) is False
    assert mail.outbox == []


def test_a_lesson_of_a_colleague_is_hers_alone(tuesday: Lesson, anna: User, marijke: User, chris: User) -> None:
    remind_of_registers(now=at(TUESDAY + dt.timedelta(days=2), 9))

    assert [row.user for row in RegisterReminder.objects.all()] == [anna]  # not Marijke, who teaches the group too


def test_without_a_named_teacher_all_of_the_group_are_reminded(
    group: Group, places: list[Enrolment], ineke: User, anna: User, marijke: User
) -> None:
    make_lesson(group, ineke, starts_at=at(TUESDAY, 9))

    remind_of_registers(now=at(TUESDAY + dt.timedelta(days=2), 9))

    assert {row.user for row in RegisterReminder.objects.all()} == {anna, marijke}


def test_a_coordinator_hears_of_the_own_location_only(tuesday: Lesson, bram: User, south: Location) -> None:
    staff(Role.COORDINATOR, south)

    remind_of_registers(now=at(TUESDAY + dt.timedelta(days=3), 9))

    assert [row.user for row in RegisterReminder.objects.filter(kind="coordinator")] == [bram]
    reminder = RegisterReminder.objects.get(kind="coordinator")
    assert mail_reminder(reminder.pk) is True
    assert "1 les op uw vestiging" in mail.outbox[0].body


def test_old_reminders_are_forgotten(anna: User) -> None:
    day = TUESDAY - dt.timedelta(days=31)
    RegisterReminder.objects.create(user=anna, kind="teacher", day=day)

    remind_of_registers(now=at(TUESDAY, 3))

    assert not RegisterReminder.objects.exists()


# --- settings


def test_the_school_decides_after_how_long(ineke: User, tuesday: Lesson) -> None:
    browser, address = signed_in(ineke), reverse("attendance:reminder_settings")
    assert "een voorbeeld, door de school te bepalen" in browser.get(address).content.decode()

    answer = browser.post(address, {"teacher_hours": 48, "coordinator_days": 5, "version": 1})

    assert answer.status_code == 302
    assert FollowUpSetting.objects.values_list("teacher_hours", "coordinator_days").get() == (48, 5)
    assert "een voorbeeld, door de school te bepalen" not in browser.get(address).content.decode()
    assert remind_of_registers(now=at(TUESDAY + dt.timedelta(days=2), 10)) == 0  # 47 hours
    assert remind_of_registers(now=at(TUESDAY + dt.timedelta(days=2), 11)) == 1


@pytest.mark.parametrize(("hours", "days"), [(0, 3), (337, 3), (24, 0), (24, 21), ("", 3), ("morgen", 3)])
def test_what_cannot_be_is_refused_in_words(ineke: User, hours: object, days: object) -> None:
    address = reverse("attendance:reminder_settings")
    answer = signed_in(ineke).post(address, {"teacher_hours": hours, "coordinator_days": days, "version": 1})

    assert answer.status_code == 422
    assert "error-summary" in answer.content.decode()
    assert not FollowUpSetting.objects.exists()


def test_two_people_deciding_meet(ineke: User) -> None:
    change_settings(version=1, by=ineke, changes={"teacher_hours": 12})
    answer = signed_in(ineke).post(
        reverse("attendance:reminder_settings"), {"teacher_hours": 36, "coordinator_days": 3, "version": 1}
    )

    assert answer.status_code == 422
    assert FollowUpSetting.objects.get().teacher_hours == 12


def test_strangers_decide_nothing(bram: User, anna: User, dana: User) -> None:
    address = reverse("attendance:reminder_settings")
    answers = [signed_in(user).post(address, {"teacher_hours": 1}).status_code for user in (bram, anna, dana)]

    assert answers == [403, 403, 403]

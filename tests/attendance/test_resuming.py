"""Lessons that lapsed and go on after all: one by hand, and those of a closure that is taken away."""

import datetime as dt
import importlib
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from attendance.actions import Row, save_register
from attendance.actions.closures import add_closure, remove_closure
from attendance.actions.planning import add_slot, cancel_lesson, make_lessons, resume_lesson
from attendance.models import Closure, Lesson
from kvs.jobs import WORK, Run
from kvs.models import AuditEntry, Job, Location, Role, User
from students.actions import give_group_access, open_account
from students.models import Group, Student
from tests.factories import make_group, make_lesson, make_student, place, staff, teach
from tests.people import signed_in

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def group(north: Location, ineke: User) -> Group:
    return make_group(north, ineke, name="Z-route 5")


@pytest.fixture
def selam(group: Group, north: Location, ineke: User) -> Student:
    student = make_student(north, ineke, call_name="Selam", email="selam@voorbeeld.test")
    place(student, group, ineke)
    return student


def lesson_of(group: Group, by: User, days: int = 1, **fields: Any) -> Lesson:
    return make_lesson(group, by, starts_at=timezone.now() + days * DAY, **fields)


def close(lesson: Lesson, by: User, name: str = "Studiedag", **fields: Any) -> Closure:
    return add_closure(name=name, starts_on=lesson.day, ends_on=lesson.day, by=by, **fields)[0]


def fresh(lesson: Lesson) -> Lesson:
    return Lesson.objects.get(pk=lesson.pk)


def told(kind: str = "attendance.tell_resumption") -> dict[str, str]:
    """Run the mails of this kind that wait: address -> body."""
    mail.outbox.clear()
    for job in Job.objects.filter(state="queued", kind=kind):
        WORK[job.kind](Run(job))
    return {message.to[0]: str(message.body) for message in mail.outbox}


# --- one lesson


def test_a_cancelled_lesson_goes_on_and_its_people_are_told(group: Group, selam: Student, ineke: User, anna: User) -> None:
    lesson = cancel_lesson(lesson=lesson_of(group, ineke, teacher=anna), version=1, by=ineke)

    row = resume_lesson(lesson=lesson, version=lesson.version, by=ineke)

    assert (fresh(lesson).cancelled, row.version) == (False, 3)
    sent = told()
    assert set(sent) == {"selam@voorbeeld.test", anna.email}
    assert "gaat toch door. U hebt dus wel les." in sent["selam@voorbeeld.test"]
    assert {message.subject for message in mail.outbox} == {"Een les gaat toch door"}
    assert all("Z-route" not in body and "Anna" not in body for body in [sent["selam@voorbeeld.test"]])
    assert told("attendance.tell_lapse") == {}  # the first mail still waited: nobody gets it any more


def test_cancelled_again_before_the_mail_goes_tells_nobody_that_it_goes_on(group: Group, selam: Student, ineke: User) -> None:
    lesson = cancel_lesson(lesson=lesson_of(group, ineke), version=1, by=ineke)
    lesson = resume_lesson(lesson=lesson, version=lesson.version, by=ineke)
    lesson = cancel_lesson(lesson=lesson, version=lesson.version, by=ineke)
    assert (told(), lesson.resumed_at) == ({}, None)


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("goes on", "is niet vervallen"),
        ("begun", "begonnen of voorbij"),
        ("register", "al een presentielijst"),
        ("stale", "ook gewijzigd"),
    ],
)
def test_what_cannot_go_on(group: Group, selam: Student, ineke: User, anna: User, what: str, sentence: str) -> None:
    teach(anna, group, ineke)
    lesson = make_lesson(group, ineke) if what in ("begun", "register") else lesson_of(group, ineke)
    if what == "register":
        rows = [Row(place_of, "present") for place_of in lesson.roster().values_list("pk", flat=True)]
        save_register(lesson=lesson, rows=rows, by=anna)
    if what != "goes on":
        lesson = cancel_lesson(lesson=lesson, version=1, by=ineke)
    with pytest.raises(ValidationError) as problem:
        resume_lesson(lesson=lesson, version=1 if what == "stale" else lesson.version, by=ineke)
    assert sentence in problem.value.messages[0]
    assert fresh(lesson).cancelled == (what != "goes on")


def test_a_lesson_does_not_go_on_into_what_was_planned_since(group: Group, north: Location, ineke: User, anna: User) -> None:
    lesson = cancel_lesson(lesson=lesson_of(group, ineke, teacher=anna, room="2.04"), version=1, by=ineke)
    other = make_group(north, ineke, name="NT2 A1 dag 1")
    make_lesson(other, ineke, starts_at=lesson.starts_at, teacher=anna, room="2.04 ")
    with pytest.raises(ValidationError) as problem:
        resume_lesson(lesson=lesson, version=2, by=ineke)
    teacher, room = problem.value.messages
    assert teacher.startswith("Anna Bakker geeft dan NT2 A1 dag 1")
    assert "is dan bezet door NT2 A1 dag 1" in room
    assert fresh(lesson).cancelled


def test_the_page_of_a_cancelled_lesson_leads_there_and_back(group: Group, selam: Student, ineke: User, anna: User) -> None:
    teach(anna, group, ineke)
    lesson = lesson_of(group, ineke)
    close(lesson, ineke, "Studiedag")
    browser, here = signed_in(ineke), reverse("attendance:register", args=[lesson.pk])
    url = reverse("attendance:lesson_resume", args=[lesson.pk])
    shown = browser.get(here).text
    assert url in shown
    assert "De school is dicht: Studiedag" in shown
    assert url not in signed_in(anna).get(here).text
    assert signed_in(anna).get(url).status_code == 403
    assert "De les verviel omdat de school dicht is: Studiedag." in browser.get(url).text
    done = browser.post(url, {"version": str(fresh(lesson).version)}, follow=True)
    assert done.redirect_chain[0][0] == reverse("attendance:call_list", args=[lesson.pk])
    assert "gaat toch door." in done.text
    assert "is een dag zonder lessen: Studiedag. Deze les is toch ingepland." in done.text
    assert url not in browser.get(here).text
    assert "Deze les is niet vervallen: hij gaat door." in browser.get(url).text


def test_a_student_reads_that_there_is_a_lesson_after_all(group: Group, selam: Student, ineke: User) -> None:
    lesson = cancel_lesson(lesson=lesson_of(group, ineke), version=1, by=ineke)
    me = signed_in(open_account(student=selam, by=ineke))
    assert "Er is toch les" not in me.get(reverse("attendance:portal")).text
    resume_lesson(lesson=lesson, version=2, by=ineke)
    answer = me.get(reverse("attendance:portal"))
    assert "Er is toch les" in answer.text
    assert (answer.context["lapsed"], [row.pk for row in answer.context["resumed"]]) == ([], [lesson.pk])


def test_a_lesson_that_goes_on_lapsed_through_nothing(group: Group, ineke: User) -> None:
    lesson = lesson_of(group, ineke)
    closure = close(lesson_of(group, ineke, 30), ineke)
    for wrong in ({"lapsed_by": closure}, {"cancelled": True, "resumed_at": timezone.now()}):
        with pytest.raises(IntegrityError, match="lesson_lapse"), transaction.atomic():
            Lesson.objects.filter(pk=lesson.pk).update(**wrong)


# --- a closure that is taken away


def test_lessons_of_a_removed_closure_go_on_except_those_that_clash(
    group: Group, north: Location, ineke: User, anna: User
) -> None:
    first, second = (lesson_of(group, ineke, days, teacher=anna) for days in (10, 11))
    closure = add_closure(name="Herfstvakantie", starts_on=first.day, ends_on=second.day, by=ineke)[0]
    by_hand = cancel_lesson(lesson=lesson_of(group, ineke, 12), version=1, by=ineke)
    make_lesson(make_group(north, ineke, name="NT2 A1 dag 1"), ineke, starts_at=second.starts_at, teacher=anna)

    made = remove_closure(closure=closure, version=1, by=ineke, resume=True)

    assert [row.pk for row in made.back] == [first.pk]
    [staying] = made.staying
    assert staying.lesson.pk == second.pk
    assert staying.why.startswith("Anna Bakker geeft dan NT2 A1 dag 1")
    assert [fresh(row).cancelled for row in (first, second, by_hand)] == [False, True, True]
    assert fresh(second).lapsed_by is None
    assert AuditEntry.objects.filter(model="attendance.lesson", object_pk=str(first.pk), action="update").exists()


def test_without_the_choice_they_stay_lapsed(group: Group, ineke: User) -> None:
    lesson = lesson_of(group, ineke, 10)
    made = remove_closure(closure=close(lesson, ineke), version=1, by=ineke)
    assert (made.back, made.staying, fresh(lesson).cancelled, Closure.objects.count()) == ([], [], True, 0)


def test_a_day_of_another_closure_stays_free_and_belongs_to_that_one(group: Group, north: Location, ineke: User) -> None:
    lesson = lesson_of(group, ineke, 10)
    closure = close(lesson, ineke, "Vergissing")
    other = close(lesson, ineke, "Studiedag", location=north)
    made = remove_closure(closure=closure, version=1, by=ineke, resume=True)
    assert [(row.lesson.pk, row.why) for row in made.staying] == [(lesson.pk, "de school is dan ook dicht: Studiedag")]
    assert (fresh(lesson).cancelled, fresh(lesson).lapsed_by) == (True, other)
    remove_closure(closure=other, version=1, by=ineke, resume=True)
    assert not fresh(lesson).cancelled


@pytest.mark.parametrize(("days", "number"), [(2, 1), (9, 0)])
def test_who_was_told_of_the_closure_is_told_that_the_lesson_goes_on(
    group: Group, selam: Student, ineke: User, days: int, number: int
) -> None:
    closure = close(lesson_of(group, ineke, days), ineke)
    remove_closure(closure=closure, version=1, by=ineke, resume=True)
    assert len(told()) == number


def test_the_page_lists_them_and_the_tick_can_be_taken_out(group: Group, ineke: User) -> None:
    everywhere = staff(Role.ADMINISTRATION)
    lesson = lesson_of(group, ineke, 10)
    closure, browser = close(lesson, ineke, "Vergissing"), signed_in(everywhere)
    url = reverse("attendance:closure_remove", args=[closure.pk])
    shown = browser.get(url)
    assert (shown.context["number"], shown.context["groups"]) == (1, [(group, [fresh(lesson)])])
    assert "1 komende les verviel hierdoor" in shown.text
    assert shown.context["form"]["resume"].value() is True
    answer = browser.post(url, {"version": "1", "resume": "on"}, follow=True)
    assert "1 les gaat toch door." in answer.text
    again = close(lesson, ineke, "Nog een keer")
    assert browser.post(reverse("attendance:closure_remove", args=[again.pk]), {"version": "1"}).status_code == 302
    assert fresh(lesson).cancelled


def test_removing_asks_the_same_of_the_database_for_three_lessons(
    group: Group, ineke: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = signed_in(staff(Role.ADMINISTRATION))
    lessons = [lesson_of(group, ineke, days) for days in (10, 11, 12)]
    urls = [reverse("attendance:closure_remove", args=[close(lessons[0], ineke).pk])]
    both = add_closure(name="Twee dagen", starts_on=lessons[1].day, ends_on=lessons[2].day, by=ineke)[0]
    urls.append(reverse("attendance:closure_remove", args=[both.pk]))
    browser.get(urls[0])
    for url in urls:
        with django_assert_num_queries(12):
            browser.get(url)


# --- planning


def test_one_room_in_two_spellings_is_one_room(group: Group, north: Location, ineke: User) -> None:
    other = make_group(north, ineke, name="Z-route 4")
    lesson = lesson_of(group, ineke, room="Lokaal  A")
    with pytest.raises(ValidationError, match="is dan bezet door Z-route 5"):
        make_lesson(other, ineke, starts_at=lesson.starts_at, room="lokaal A ")
    later = make_lesson(other, ineke, starts_at=lesson.ends_at, room="lokaal A")
    with pytest.raises(IntegrityError, match="lesson_room_once"), transaction.atomic():
        Lesson.objects.filter(pk=later.pk).update(starts_at=lesson.starts_at)


def test_rooms_booked_twice_before_get_a_mark_when_the_school_updates(group: Group, north: Location, ineke: User) -> None:
    migration = importlib.import_module("attendance.migrations.0020_lapses_and_rooms")
    others = [make_group(north, ineke) for _group in range(2)]
    first = lesson_of(group, ineke, room="Lokaal A")
    second, third = (make_lesson(other, ineke, starts_at=first.starts_at + dt.timedelta(minutes=5)) for other in others)
    [rule] = [rule for rule in Lesson._meta.constraints if rule.name == "lesson_room_once"]
    with connection.schema_editor() as editor:
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the rows are of this transaction
        editor.execute("ALTER TABLE attendance_lesson DROP CONSTRAINT lesson_room_once")
        for lesson, room in ((second, "lokaal  a"), (third, "LOKAAL A ")):
            Lesson.objects.filter(pk=lesson.pk).update(room=room)
        editor.execute(migration.MARK_DOUBLE)
        editor.add_constraint(Lesson, rule)
    shown = [fresh(lesson).room for lesson in (first, second, third)]
    assert shown == ["Lokaal A", f"lokaal  a (dubbel {second.code})", f"LOKAAL A  (dubbel {third.code})"]


def test_a_series_that_clashes_names_teacher_and_room(group: Group, north: Location, ineke: User, anna: User) -> None:
    day = timezone.localdate() + DAY
    for made in (make_group(north, ineke, name="Z-route 4"), group):
        times = {"weekday": day.weekday(), "begins": dt.time(9), "ends": dt.time(10), "starts_on": day}
        add_slot(group=made, by=ineke, teacher=anna, room="2.04", **times)
        done = make_lessons(group=made, until=day, since=day, by=ineke)
    [skipped] = done.clashing
    assert "Anna Bakker geeft dan Z-route 4" in skipped.why
    assert "Lokaal 2.04 is dan bezet door Z-route 4" in skipped.why


def test_the_own_week_leaves_out_what_a_colleague_gives(group: Group, ineke: User, anna: User, north: Location) -> None:
    teach(anna, group, ineke)
    colleague = staff(Role.TEACHER, north)
    day = dt.datetime.combine(dt.date(2026, 3, 4), dt.time(9), tzinfo=timezone.get_default_timezone())
    mine, nobodys, theirs = (
        make_lesson(group, ineke, starts_at=day + hours * dt.timedelta(hours=2), teacher=teacher)
        for hours, teacher in enumerate((anna, None, colleague))
    )
    browser = signed_in(anna)
    for url in (reverse("attendance:calendar") + "?week=2026-W10", reverse("attendance:calendar_day") + "?dag=2026-03-04"):
        shown = browser.get(url).text
        assert [str(lesson.pk) in shown for lesson in (mine, nobodys, theirs)] == [True, True, False]
    today = browser.get(reverse("attendance:today") + "?dag=2026-03-04").text
    assert str(theirs.pk) in today  # of her groups: she may have to keep its register


def test_the_week_of_a_substitute_holds_what_she_stands_in_for(group: Group, ineke: User, anna: User, chris: User) -> None:
    day = dt.datetime.combine(timezone.localdate(), dt.time(9), tzinfo=timezone.get_default_timezone())
    lesson = make_lesson(group, ineke, starts_at=day, teacher=anna)
    week = reverse("attendance:calendar")
    assert str(lesson.pk) not in signed_in(chris).get(week).text
    give_group_access(user=chris, group=group, reason="vervanging", by=ineke, starts_on=lesson.day, ends_on=lesson.day)
    assert str(lesson.pk) in signed_in(chris).get(week).text


def test_an_extra_lesson_on_a_free_day_is_told_and_planned(group: Group, ineke: User) -> None:
    typed = {"begins": "09:00", "ends": "10:00", "planned_minutes": "60", "subject": "language", "delivery": "classroom"}
    url = reverse("attendance:lesson_add", args=[group.pk])
    for day, warned in (("2026-04-27", True), ("2026-04-28", False)):
        text = signed_in(ineke).post(url, typed | {"day": day}, follow=True).text
        assert ("is een dag zonder lessen: Koningsdag. Deze les is toch ingepland." in text) is warned
        assert Lesson.objects.filter(day=day).exists()


def test_a_lesson_leads_to_its_weekly_lesson_from_that_day_on(group: Group, ineke: User) -> None:
    day = timezone.localdate() + 8 * DAY
    times = {"weekday": day.weekday(), "begins": dt.time(9), "ends": dt.time(10), "starts_on": timezone.localdate()}
    slot = add_slot(group=group, by=ineke, **times)
    [lesson] = make_lessons(group=group, until=day, since=day, by=ineke).lessons
    browser = signed_in(ineke)
    change = reverse("attendance:lesson_change", args=[lesson.pk])
    series = f"{reverse('attendance:slot_change', args=[slot.pk])}?vanaf={day.isoformat()}"
    assert change in browser.get(reverse("attendance:register", args=[lesson.pk])).text
    assert series in browser.get(change).text
    assert browser.get(series).context["form"]["from_day"].value() == day
    assert browser.get(series.replace(day.isoformat(), "morgen")).status_code == 200
    alone = lesson_of(group, ineke, 9)
    assert "wekelijkse les vanaf hier" not in browser.get(reverse("attendance:lesson_change", args=[alone.pk])).text.lower()

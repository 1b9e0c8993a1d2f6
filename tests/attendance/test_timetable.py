"""The timetable: series around closures, changes from a day on, and that nobody can be in two lessons at once."""

import datetime as dt
from typing import Any

import icalendar
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from attendance.actions import Row, save_register
from attendance.actions.closures import add_closure
from attendance.actions.planning import (
    add_slot,
    cancel_lesson,
    change_lesson,
    change_slot,
    end_slot,
    free_days,
    make_lessons,
)
from attendance.models import Closure, Lesson, Mark, Slot
from kvs.models import AuditEntry, Location, Role, User
from students.actions import enrol_student, move_to_group, start_programme
from students.models import Group
from students.models.groups import TIMETABLE_LOCK
from tests.attendance.test_actions import student_account
from tests.factories import LONG_AGO, make_group, make_lesson, make_student, place, staff, teach
from tests.people import signed_in

pytestmark = pytest.mark.django_db
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = range(5)
# 2026: Easter Monday 6 April, King's Day Monday 27 April, clocks go forward on 29 March.
MARCH, APRIL_END = dt.date(2026, 3, 2), dt.date(2026, 4, 30)


@pytest.fixture
def group(north: Location, ineke: User) -> Group:
    return make_group(north, ineke, name="NT2 A1 dag 1")


def slot(group: Group, by: User, weekday: int = MONDAY, begins: str = "09:15", ends: str = "11:45", **fields: Any) -> Slot:
    known = {"starts_on": MARCH, "break_minutes": 15}
    times = {"begins": dt.time.fromisoformat(begins), "ends": dt.time.fromisoformat(ends)}
    return add_slot(group=group, by=by, weekday=weekday, **times, **(known | fields))


def make(group: Group, by: User, until: dt.date = APRIL_END, since: dt.date = MARCH) -> Any:
    return make_lessons(group=group, by=by, since=since, until=until)


def days(group: Group) -> list[str]:
    return [f"{lesson.day:%m-%d}" for lesson in Lesson.objects.filter(group=group, cancelled=False).order_by("starts_at")]


def at(day: dt.date, clock: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), tzinfo=timezone.get_default_timezone())


# --- series


def test_lessons_are_made_around_holidays_and_closures_in_school_time(group: Group, ineke: User, south: Location) -> None:
    slot(group, ineke)
    add_closure(name="Studiedag", starts_on=dt.date(2026, 3, 16), ends_on=dt.date(2026, 3, 16), location=group.location, by=ineke)
    add_closure(name="Elders dicht", starts_on=dt.date(2026, 3, 23), ends_on=dt.date(2026, 3, 23), location=south, by=ineke)

    made = make(group, ineke)

    assert days(group) == ["03-02", "03-09", "03-23", "03-30", "04-13", "04-20"]
    assert [(f"{day:%m-%d}", why) for day, why in made.free] == [
        ("03-16", "Studiedag"),
        ("04-06", "Tweede paasdag"),
        ("04-27", "Koningsdag"),
    ]
    assert made.clashing == []
    lessons = list(Lesson.objects.filter(group=group).order_by("starts_at"))
    assert {timezone.localtime(lesson.starts_at).time() for lesson in lessons} == {dt.time(9, 15)}
    assert {lesson.planned_minutes for lesson in lessons} == {135}
    assert {lesson.starts_at.astimezone(dt.UTC).hour for lesson in lessons} == {8, 7}  # winter and summer
    assert len({lesson.code for lesson in lessons}) == 6
    assert AuditEntry.objects.filter(model="attendance.lesson", action="create").count() == 6


def test_making_again_adds_nothing_also_after_moving_and_cancelling(group: Group, ineke: User) -> None:
    slot(group, ineke)
    first, second, *_ = make(group, ineke, dt.date(2026, 3, 31)).lessons
    moved = {"starts_at": at(dt.date(2026, 3, 4), "13:00"), "ends_at": at(dt.date(2026, 3, 4), "15:30")}
    change_lesson(lesson=first, version=1, changes=moved, by=ineke)
    cancel_lesson(lesson=second, version=1, by=ineke)

    assert make(group, ineke, dt.date(2026, 3, 31)).lessons == []
    assert days(group) == ["03-04", "03-16", "03-23", "03-30"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["03-02", "03-09", "03-16", "03-23", "03-30"]),
        ({"starts_on": dt.date(2026, 3, 10)}, ["03-16", "03-23", "03-30"]),
        ({"ends_on": dt.date(2026, 3, 16)}, ["03-02", "03-09", "03-16"]),
        ({"weekday": FRIDAY, "ends_on": dt.date(2026, 3, 13)}, ["03-06", "03-13"]),
    ],
)
def test_a_slot_holds_in_its_period(group: Group, ineke: User, fields: dict[str, Any], expected: list[str]) -> None:
    slot(group, ineke, **fields)
    make(group, ineke, dt.date(2026, 3, 31))
    assert days(group) == expected


def test_no_lessons_after_the_group_ends_or_for_more_than_a_year(north: Location, ineke: User) -> None:
    group = make_group(north, ineke, ends_on=dt.date(2026, 3, 9))
    slot(group, ineke)
    make(group, ineke)
    assert days(group) == ["03-02", "03-09"]
    with pytest.raises(ValidationError, match="Ten hoogste 400 dagen"):
        make(group, ineke, dt.date(2027, 6, 1))


def test_closing_the_school_lets_planned_lessons_lapse_but_none_with_a_register(
    group: Group, north: Location, ineke: User, anna: User
) -> None:
    teach(anna, group, ineke)
    enrolment = place(make_student(north, ineke), group, ineke)
    begun = make_lesson(group, ineke)
    save_register(lesson=begun, rows=[Row(enrolment.pk, "present")], by=anna)
    tomorrow = begun.day + dt.timedelta(days=1)
    make_lesson(group, ineke, starts_at=at(tomorrow, "12:00"))
    _closure, lapsed = add_closure(name="Lek", starts_on=begun.day, ends_on=tomorrow, by=ineke)
    assert lapsed == 1
    assert set(Lesson.objects.filter(cancelled=False)) == {begun}
    assert free_days(group, tomorrow, tomorrow) == {tomorrow: "Lek"}


# --- from here on


def test_change_from_a_day_on_keeps_what_was_and_what_was_done_by_hand(group: Group, ineke: User) -> None:
    old = slot(group, ineke)
    lessons = make(group, ineke, dt.date(2026, 3, 31)).lessons
    by_hand = lessons[3]
    change_lesson(
        lesson=by_hand, version=1, changes={"starts_at": at(by_hand.day, "10:00"), "ends_at": at(by_hand.day, "12:15")}, by=ineke
    )
    codes = {lesson.pk: lesson.code for lesson in lessons}

    change = change_slot(
        slot=old, version=1, from_day=dt.date(2026, 3, 16), changes={"weekday": WEDNESDAY, "ends": dt.time(11, 15)}, by=ineke
    )

    new = change.slot
    assert days(group) == ["03-02", "03-09", "03-18", "03-23", "04-01"]
    assert (change.gone, [(row.lesson, row.why) for row in change.kept]) == ([], [(by_hand.pk, "de les is met de hand verzet")])
    old.refresh_from_db()
    assert (old.ends_on, new.starts_on, new.weekday) == (dt.date(2026, 3, 15), dt.date(2026, 3, 16), WEDNESDAY)
    moved = Lesson.objects.get(day=dt.date(2026, 3, 18))
    assert (moved.slot, moved.planned_minutes, moved.version) == (new, 105, 2)
    assert {lesson.pk: lesson.code for lesson in Lesson.objects.all()} == codes  # paper lists stay valid
    assert Lesson.objects.get(pk=by_hand.pk).slot == old


def test_a_series_moved_to_another_day_keeps_holidays_free(group: Group, ineke: User) -> None:
    held = slot(group, ineke, TUESDAY)
    make(group, ineke, dt.date(2026, 4, 14))
    change = change_slot(slot=held, version=1, from_day=dt.date(2026, 3, 30), changes={"weekday": MONDAY}, by=ineke)
    gone = [(row.starts_at.date(), row.why) for row in change.gone]
    assert gone == [(dt.date(2026, 4, 7), "geen lessen op 6 apr 2026: Tweede paasdag")]
    assert days(group)[-3:] == ["03-24", "03-30", "04-13"]  # 6 April is Easter Monday


def test_a_lesson_somebody_confirmed_keeps_its_times(group: Group, north: Location, ineke: User) -> None:
    enrolment = place(make_student(north, ineke), group, ineke)
    held = slot(group, ineke)
    [lesson] = make(group, ineke, MARCH).lessons
    said = {"state": "present", "minutes_attended": 135, "student_at": lesson.starts_at, "row_hash": "0" * 64}
    Mark.objects.create(lesson=lesson, enrolment=enrolment, **said)

    change = change_slot(slot=held, version=1, from_day=MARCH, changes={"begins": dt.time(8)}, by=ineke)
    assert [(row.lesson, row.why) for row in change.kept] == [(lesson.pk, "de presentielijst is al begonnen")]
    with pytest.raises(ValidationError, match="al begonnen"):
        change_lesson(lesson=lesson, version=1, changes={"planned_minutes": 30}, by=ineke)

    assert Lesson.objects.get().starts_at == lesson.starts_at


def test_change_that_clashes_changes_nothing_and_says_with_what(group: Group, north: Location, ineke: User, anna: User) -> None:
    other = make_group(north, ineke, name="Z-route 4")
    slot(other, ineke, TUESDAY, teacher=anna)
    make(other, ineke, dt.date(2026, 3, 31))
    mine = slot(group, ineke, MONDAY, teacher=anna)
    make(group, ineke, dt.date(2026, 3, 31))
    before = days(group)
    with pytest.raises(ValidationError) as problem:
        change_slot(slot=mine, version=1, from_day=dt.date(2026, 3, 16), changes={"weekday": TUESDAY}, by=ineke)
    first, second, *_ = problem.value.messages
    assert first == "Er is niets veranderd: 3 lessen zouden botsen."
    assert second == "17 mrt 2026: Anna Bakker geeft dan Z-route 4 (09:15 – 11:45)."
    assert days(group) == before
    mine.refresh_from_db()
    assert (mine.version, mine.ends_on) == (1, None)


def test_a_series_can_be_pushed_into_the_place_of_its_own_lessons(group: Group, ineke: User, anna: User) -> None:
    """Half an hour later, back to back with another of the same teacher: all at once, not one by one."""
    slot(group, ineke, begins="09:00", ends="10:00", break_minutes=0, teacher=anna)
    second = slot(group, ineke, begins="10:00", ends="11:00", break_minutes=0, teacher=anna)
    make(group, ineke, dt.date(2026, 3, 16))
    change_slot(slot=second, version=1, from_day=MARCH, changes={"begins": dt.time(10, 30), "ends": dt.time(11, 30)}, by=ineke)
    assert [timezone.localtime(row.starts_at).hour for row in Lesson.objects.filter(day=MARCH).order_by("starts_at")] == [9, 10]


def test_end_of_a_slot_takes_later_lessons_away(group: Group, ineke: User) -> None:
    held = slot(group, ineke)
    make(group, ineke, dt.date(2026, 3, 31))
    change = end_slot(slot=held, version=1, ends_on=dt.date(2026, 3, 16), by=ineke)
    assert days(group) == ["03-02", "03-09", "03-16"]
    why = "na de laatste dag van de wekelijkse les"
    assert [(f"{row.starts_at:%m-%d}", row.why) for row in change.gone] == [("03-23", why), ("03-30", why)]
    assert change.kept == []
    with pytest.raises(ValidationError):
        end_slot(slot=held, version=2, ends_on=dt.date(2026, 1, 1), by=ineke)


# --- one lesson at a time

CLASH = dt.date(2026, 3, 2)


def lesson_of(group: Group, by: User, clock: str = "09:15", **fields: Any) -> Lesson:
    return make_lesson(group, by, starts_at=at(CLASH, clock), minutes=60, **fields)


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ({"teacher": True}, "Anna Bakker geeft dan Z-route 4 (09:00 – 10:00)."),
        ({"room": "2.04"}, "Lokaal 2.04 is dan bezet door Z-route 4 (09:00 – 10:00)."),
    ],
)
def test_a_teacher_and_a_room_are_taken_once(
    group: Group, north: Location, south: Location, ineke: User, anna: User, who: dict[str, Any], sentence: str
) -> None:
    fields: dict[str, Any] = {name: anna if name == "teacher" else value for name, value in who.items()}
    other = make_group(north, ineke, name="Z-route 4")
    theirs = lesson_of(other, ineke, "09:00", **fields)
    with pytest.raises(ValidationError) as problem:
        lesson_of(group, ineke, **fields)
    assert problem.value.messages == [sentence]
    lesson_of(group, ineke, "10:00", **fields)  # when one ends the next may begin
    cancel_lesson(lesson=theirs, version=1, by=ineke)
    lesson_of(make_group(north, ineke), ineke, "09:00", **fields)  # a lapsed lesson takes no place
    if "room" in fields:
        lesson_of(make_group(south, ineke), ineke, "09:00", **fields)  # another building


def test_a_group_has_one_lesson_at_a_time(group: Group, ineke: User) -> None:
    lesson_of(group, ineke)
    with pytest.raises(ValidationError) as problem:
        lesson_of(group, ineke, "09:45")
    assert problem.value.messages == ["Deze groep heeft dan al een les (09:15 – 10:15)."]


def test_a_student_is_in_one_lesson_at_a_time(group: Group, north: Location, ineke: User) -> None:
    other = make_group(north, ineke, name="Z-route 4")
    rania = make_student(north, ineke)
    place(rania, group, ineke, ends_on=CLASH)
    place(rania, other, ineke)
    lesson_of(other, ineke, "09:00")
    with pytest.raises(ValidationError) as problem:
        lesson_of(group, ineke)
    assert problem.value.messages == ["1 cursist heeft dan les van Z-route 4 (09:00 – 10:00)."]
    make_lesson(group, ineke, starts_at=at(CLASH + dt.timedelta(days=7), "09:15"))  # the place is over by then
    made = make(group, ineke)
    assert made.lessons == []


def test_a_student_cannot_be_placed_where_lessons_coincide(group: Group, north: Location, ineke: User) -> None:
    other = make_group(north, ineke)
    lesson_of(group, ineke)
    lesson_of(other, ineke, "10:00")
    rania = make_student(north, ineke)
    enrolment = place(rania, group, ineke)
    programme = start_programme(student=rania, by=ineke, law="none", starts_on=LONG_AGO)
    with pytest.raises(IntegrityError, match="lesson_student_once"), transaction.atomic():
        enrol_student(programme=programme, group=other, starts_on=LONG_AGO, by=ineke)
    move_to_group(enrolment=enrolment, version=1, group=other, starts_on=CLASH, by=ineke)
    enrol_student(programme=programme, group=group, starts_on=CLASH + dt.timedelta(days=1), by=ineke)


@pytest.mark.parametrize("of", ["group", "teacher", "room", "student"])
def test_the_database_refuses_what_the_code_would_let_through(
    of: str, group: Group, north: Location, ineke: User, anna: User
) -> None:
    other = make_group(north, ineke)
    rania = make_student(north, ineke)
    if of == "student":
        place(rania, group, ineke)
        place(rania, other, ineke)
    ways: dict[str, dict[str, Any]] = {"teacher": {"teacher": anna}, "room": {"room": "2.04"}}
    fields = ways.get(of, {})
    lesson_of(group, ineke, **fields)
    later = lesson_of(group if of == "group" else other, ineke, "11:00", **fields)
    with pytest.raises(IntegrityError, match=f"lesson_{of}_once"), transaction.atomic():
        Lesson.objects.filter(pk=later.pk).update(starts_at=at(CLASH, "10:00"))


def test_refused_in_a_race_is_a_sentence_in_the_form(group: Group, north: Location, ineke: User) -> None:
    """Nobody looked for clashes here: what the database says is shown."""
    other = make_group(north, ineke, name="Z-route 4")
    for made in (other, group):
        lesson_of(made, ineke)
    rania = make_student(north, ineke)
    place(rania, other, ineke)
    url = reverse("students:enrolment_add", args=[rania.pk])
    programme = rania.programmes.get()
    answer = signed_in(ineke).post(url, {"programme": programme.pk, "group": group.pk, "starts_on": LONG_AGO.isoformat()})
    assert answer.status_code == 422
    clash = "er is les van Z-route 4 op maandag 2 maart 2026, 09:15 – 10:15. Bekijk de roosters van beide groepen."
    assert f"Een cursist zou twee lessen tegelijk hebben: {clash}" in answer.content.decode()


def test_constraints_of_a_slot(group: Group, ineke: User) -> None:
    held = slot(group, ineke)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"ends": dt.time(9)}, "slot_time"),
        ({"break_minutes": 150}, "slot_time"),
        ({"weekday": 7}, "slot_weekday"),
        ({"ends_on": dt.date(2026, 3, 1)}, "slot_period"),
        ({"subject": "literacy", "delivery": "online"}, "slot_literacy_at_school"),
    ]
    for values, name in wrong:
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Slot.objects.filter(pk=held.pk).update(**values)


# --- pages


FORM = {
    "weekday": "0",
    "begins": "09:15",
    "ends": "11:45",
    "break_minutes": "15",
    "subject": "language",
    "delivery": "classroom",
    "starts_on": "2026-03-02",
}


def test_from_an_empty_timetable_to_lessons(group: Group, ineke: User, chris: User) -> None:
    browser = signed_in(ineke)
    here = reverse("attendance:timetable", args=[group.pk])
    assert "Nog geen wekelijkse lessen" in browser.get(here).content.decode()
    assert browser.post(reverse("attendance:slot_add", args=[group.pk]), FORM)["Location"] == here
    made = {"since": "2026-03-02", "until": "2026-04-30"}
    assert browser.post(reverse("attendance:lessons_make", args=[group.pk]), made)["Location"] == here
    shown = browser.get(here).content.decode()
    assert "7 lessen zijn gemaakt." in shown
    assert "Geen les op: ma 6 apr (Tweede paasdag), ma 27 apr (Koningsdag)." in shown
    assert signed_in(chris).get(here).status_code == 404


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"ends": "09:00"}, "Een les eindigt nadat hij begint."),
        ({"break_minutes": "150"}, "Een les eindigt nadat hij begint, en duurt langer dan de pauze."),
        ({"subject": "literacy", "delivery": "online"}, "Alfabetisering mag niet online"),
        ({"ends_on": "2026-01-01"}, "De laatste dag kan niet voor de eerste dag liggen."),
        ({"starts_on": "1990-01-01"}, "loopt op die dag niet"),
        ({"begins": "25:00"}, "geldige tijd"),
    ],
)
def test_a_bad_slot_is_told_and_kept(group: Group, ineke: User, fields: dict[str, str], sentence: str) -> None:
    answer = signed_in(ineke).post(reverse("attendance:slot_add", args=[group.pk]), FORM | fields)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Slot.objects.count() == 0


def test_changing_and_ending_on_the_pages(group: Group, ineke: User) -> None:
    held = slot(group, ineke)
    make(group, ineke)
    browser = signed_in(ineke)
    url = reverse("attendance:slot_change", args=[held.pk])
    data = {name: value for name, value in FORM.items() if name != "starts_on"}
    changed = {**data, "begins": "10:15", "from_day": "2026-03-16", "version": "1"}
    assert browser.post(url, changed).status_code == 302
    assert browser.post(url, changed).status_code == 422  # somebody was first
    new = Slot.objects.get(begins=dt.time(10, 15))
    end, last = reverse("attendance:slot_end", args=[new.pk]), {"ends_on": "2026-03-20", "version": "1"}
    shown = browser.post(end, last)
    assert shown.status_code == 200  # the lessons that go are shown first, and nothing is changed
    assert [f"{row.starts_at:%m-%d}" for row in shown.context["change"].gone] == ["03-23", "03-30", "04-13", "04-20"]
    assert days(group) == ["03-02", "03-09", "03-16", "03-23", "03-30", "04-13", "04-20"]
    assert browser.post(end, last | {"seen": "0" * 16}).status_code == 200  # another list than was shown
    ended = browser.post(end, last | {"seen": shown.context["change"].seen}, follow=True)
    assert "Weggehaald: ma 23 mrt 10:15 (na de laatste dag van de wekelijkse les), ma 30 mrt" in ended.content.decode()
    assert days(group) == ["03-02", "03-09", "03-16"]


def test_lessons_that_do_not_follow_are_shown_before_and_after(group: Group, ineke: User, anna: User, chris: User) -> None:
    """One falls on a day off, one was moved by hand: both by day and time with the reason, and nothing before "Zo opslaan"."""
    held = slot(group, ineke, TUESDAY)
    make(group, ineke, dt.date(2026, 4, 14))
    moved = Lesson.objects.get(day=dt.date(2026, 3, 24))
    begins, ends = at(moved.day, "13:00"), at(moved.day, "15:00")
    change_lesson(lesson=moved, version=1, changes={"starts_at": begins, "ends_at": ends, "planned_minutes": 120}, by=ineke)
    browser, url = signed_in(ineke), reverse("attendance:slot_change", args=[held.pk])
    data = {name: value for name, value in FORM.items() if name != "starts_on"}
    typed = data | {"weekday": str(MONDAY), "from_day": "2026-03-24", "version": "1"}
    before = days(group)

    shown = browser.post(url, typed)
    text = shown.content.decode()

    assert "dinsdag 24 maart 2026 13:00" in text
    assert "dinsdag 7 april 2026 09:15" in text
    assert "geen lessen op 6 apr 2026: Tweede paasdag" in text
    assert (days(group), Slot.objects.count()) == (before, 1)
    back = browser.post(url, typed | {"back": "1"})
    assert (back.status_code, back.context["form"]["from_day"].value()) == (200, "2026-03-24")
    assert Slot.objects.count() == 1
    saved = browser.post(url, typed | {"seen": shown.context["change"].seen}, follow=True).content.decode()
    assert "Weggehaald: di 7 apr 09:15 (geen lessen op 6 apr 2026: Tweede paasdag)." in saved
    assert "Deze zijn gebleven zoals ze waren: di 24 mrt 13:00 (de les is met de hand verzet)." in saved
    assert signed_in(chris).post(url, typed).status_code == 403


def test_only_who_plans_everywhere_closes_the_whole_school(group: Group, north: Location, south: Location, ineke: User) -> None:
    everywhere = staff(Role.ADMINISTRATION)
    data = {"name": "Zomervakantie", "starts_on": "2026-07-11", "ends_on": "2026-08-23"}
    url = reverse("attendance:closure_add")
    assert signed_in(ineke).post(url, data).status_code == 422
    assert signed_in(ineke).post(url, data | {"location": str(south.pk)}).status_code == 422
    assert signed_in(everywhere).post(url, data).status_code == 302
    remove = reverse("attendance:closure_remove", args=[Closure.objects.get().pk])
    assert signed_in(ineke).get(remove).status_code == 404
    assert signed_in(everywhere).post(remove, {"version": "1"}).status_code == 302
    assert Closure.objects.count() == 0


def test_lessons_that_lapse_are_shown_before_the_school_closes(group: Group, ineke: User, anna: User, chris: User) -> None:
    slot(group, ineke, teacher=anna)
    make(group, ineke, dt.date(2026, 3, 20))
    first, *later = Lesson.objects.order_by("starts_at")
    url, browser = reverse("attendance:closure_add"), signed_in(ineke)
    data = {"name": "Studiedag", "location": str(group.location_id), "starts_on": str(first.day), "ends_on": str(first.day)}
    shown = browser.post(url, data)
    assert (shown.status_code, shown.context["groups"], Closure.objects.count()) == (200, [(group, [first])], 0)
    assert "1 geplande les vervalt" in shown.text
    back = browser.post(url, data | {"seen": shown.context["seen"], "back": "1"})
    assert (back.status_code, back.context["form"]["name"].value(), Closure.objects.count()) == (200, "Studiedag", 0)
    longer = browser.post(url, data | {"ends_on": str(later[0].day), "seen": shown.context["seen"]})
    assert (longer.status_code, longer.context["number"], Closure.objects.count()) == (200, 2, 0)
    assert browser.post(url, data | {"seen": shown.context["seen"]}).status_code == 302
    assert (Closure.objects.count(), [row.pk for row in Lesson.objects.filter(cancelled=True)]) == (1, [first.pk])
    assert signed_in(chris).post(url, data).status_code == 403


def test_the_timetable_asks_the_same_of_the_database_for_three_rows(
    group: Group, ineke: User, anna: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = signed_in(ineke)
    url = reverse("attendance:timetable", args=[group.pk])
    slot(group, ineke, teacher=anna)
    browser.get(url)  # the session notes once a minute that it was used
    with django_assert_num_queries(11):
        browser.get(url)
    slot(group, ineke, TUESDAY, teacher=anna)
    slot(group, ineke, WEDNESDAY, teacher=anna)
    with django_assert_num_queries(11):
        browser.get(url)


def test_the_lock_is_real(group: Group, ineke: User) -> None:
    lesson_of(group, ineke)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND pid = pg_backend_pid()",
            [TIMETABLE_LOCK],
        )
        assert cursor.fetchone() == (1,)


# --- the week


def test_the_week_of_a_teacher_and_of_the_office(
    group: Group, north: Location, south: Location, ineke: User, anna: User, chris: User
) -> None:
    lesson_of(group, ineke, teacher=anna, room="2.04")
    lapsed = lesson_of(make_group(north, ineke, name="Z-route 4"), ineke)
    cancel_lesson(lesson=lapsed, version=1, by=ineke)
    lesson_of(make_group(south, ineke, name="Onderwijsroute 1"), ineke)
    add_closure(name="Studiedag", starts_on=dt.date(2026, 3, 5), ends_on=dt.date(2026, 3, 5), location=north, by=ineke)
    url = reverse("attendance:calendar") + "?week=2026-W10"

    def shown(user: User) -> list[bool]:
        text = signed_in(user).get(url).content.decode()
        return [words in text for words in ("NT2 A1 dag 1", "Z-route 4", "Onderwijsroute 1", "Studiedag (Noord)", "zaterdag")]

    assert shown(anna) == [True, False, False, True, False]
    assert shown(ineke) == [True, True, False, True, False]
    assert shown(chris) == [False, False, False, True, False]


@pytest.mark.parametrize("asked", ["", "2026-W54", "2026-W00", "week", "2026-10", "9999-W01"])
def test_another_word_for_a_week_is_this_week(asked: str, ineke: User) -> None:
    answer = signed_in(ineke).get(reverse("attendance:calendar"), {"week": asked})
    assert answer.status_code == 200
    assert f"Week {timezone.localdate().isocalendar().week}" in answer.content.decode()


def test_the_week_asks_the_same_of_the_database_for_three_lessons(
    north: Location, ineke: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = signed_in(ineke)
    url = reverse("attendance:calendar") + "?week=2026-W10"
    lesson_of(make_group(north, ineke), ineke)
    browser.get(url)
    with django_assert_num_queries(10):
        browser.get(url)
    for clock in ("11:00", "13:00"):
        lesson_of(make_group(north, ineke), ineke, clock)
    with django_assert_num_queries(10):
        browser.get(url)


def test_the_file_for_a_calendar_names_no_student(group: Group, north: Location, ineke: User, anna: User) -> None:
    rania = make_student(north, ineke, surname="Kanarie")
    place(rania, group, ineke)
    begin = timezone.now().replace(microsecond=0) + dt.timedelta(days=3)
    make_lesson(group, ineke, starts_at=begin, teacher=anna, room="2.04")
    answer = signed_in(anna).get(reverse("attendance:calendar_file"))
    [event] = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert (str(event["summary"]), str(event["location"]), event.start) == ("NT2 A1 dag 1", "Noord, 2.04", begin)
    assert b"Kanarie" not in answer.content


def test_a_student_takes_the_own_lessons_along(group: Group, north: Location, ineke: User) -> None:
    mine = place(make_student(north, ineke), group, ineke)
    other = place(make_student(north, ineke), make_group(north, ineke), ineke)
    make_lesson(group, ineke, starts_at=timezone.now() + dt.timedelta(days=3))
    numbers = []
    for enrolment in (mine, other):
        answer = signed_in(student_account(enrolment)).get(reverse("attendance:own_calendar_file"))
        numbers.append(len(icalendar.Calendar.from_ical(answer.content).walk("VEVENT")))
    assert numbers == [1, 0]

"""Lessons and registers of the demo school: half a year behind us and two weeks ahead.

The timetable has a lesson of marijke on every day of the week, so that whoever opens the demo finds something to mark.
Everything is made in bulk: attendance is not audited (the claims are its record), and the lessons are no news to anybody.
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from django.utils import timezone

from attendance import demo_absence, demo_follow_up, demo_hours, demo_papers, models, rules
from attendance.actions.seal import seal_rows
from attendance.models import Claim, Lesson, Mark, Register
from kvs.models import Job, User
from students.demo import SEED, WEEKS, first_monday, staff
from students.models import Enrolment, Group

WEEKS_AHEAD = 2
HOLIDAY_WEEKS = (8, 17)  # counted from the first lesson
FREE_DAYS = ((12, 25), (12, 26), (1, 1), (4, 27))  # month, day; a demo opened on such a day has lessons all the same
WEEK = dt.timedelta(weeks=1)
BREAK = 15  # minutes, in every lesson longer than two hours
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)


class Slot(NamedTuple):
    """A weekly lesson: from and to in school time; the weeks of the demo in which it holds."""

    group: str
    weekday: int
    starts: str
    ends: str
    teacher: str
    room: str
    subject: str = "language"
    delivery: str = "classroom"
    first_week: int = 0
    last_week: int = WEEKS + WEEKS_AHEAD  # week WEEKS is the present one


TIMETABLE = (
    Slot("NT2 A1 dag 1", MONDAY, "09:15", "11:45", "marijke", "2.04"),
    Slot("NT2 A1 dag 1", WEDNESDAY, "09:15", "11:45", "marijke", "2.04"),
    Slot("NT2 A1 dag 1", FRIDAY, "09:15", "11:45", "marijke", "2.04"),
    Slot("NT2 B1 dag 2", TUESDAY, "09:15", "11:45", "marijke", "2.04"),
    Slot("NT2 B1 dag 2", THURSDAY, "09:15", "11:45", "marijke", "2.04"),
    Slot("NT2 B1 dag 2", FRIDAY, "13:00", "15:00", "kees", "1.10", "knm"),
    Slot("NT2 A2 weekend", SATURDAY, "10:00", "12:30", "marijke", "1.02"),
    Slot("NT2 A2 weekend", SUNDAY, "13:00", "15:00", "marijke", "1.02"),
    Slot("Alfabetisering 1", MONDAY, "09:00", "11:30", "fatma", "0.01", "literacy"),
    Slot("Alfabetisering 1", TUESDAY, "09:00", "11:30", "fatma", "0.01", "literacy"),
    Slot("Alfabetisering 1", THURSDAY, "09:00", "11:30", "fatma", "0.01", "literacy"),
    Slot("NT2 A2 avond", MONDAY, "19:00", "21:00", "kees", "1.10"),
    Slot("NT2 A2 avond", WEDNESDAY, "19:00", "21:00", "kees", "", delivery="online"),
    Slot("Z-route 4", TUESDAY, "09:30", "12:00", "kees", "1.10"),
    Slot("Z-route 4", WEDNESDAY, "13:00", "15:00", "kees", "1.10", "knm"),
    Slot("Z-route 4", THURSDAY, "09:30", "12:00", "kees", "1.10"),
    Slot("Z-route 4", FRIDAY, "09:30", "11:30", "fatma", "0.01", "map", "practice"),
    Slot("Alfabetisering 2", MONDAY, "09:00", "11:30", "samira", "B3", "literacy"),
    Slot("Alfabetisering 2", WEDNESDAY, "09:00", "11:30", "samira", "B3", "literacy"),
    Slot("Alfabetisering 2", THURSDAY, "09:00", "11:30", "samira", "B3", "literacy"),
    Slot("Z-route 5", TUESDAY, "09:30", "12:00", "joost", "B1"),
    Slot("Z-route 5", THURSDAY, "09:30", "12:00", "joost", "B1"),
    Slot("Z-route 5", FRIDAY, "09:30", "11:30", "joost", "B1", "map"),
    Slot("NT2 A2 dag 3", MONDAY, "13:00", "15:30", "samira", "B3", last_week=13),
    Slot("NT2 A2 dag 3", WEDNESDAY, "13:00", "15:30", "samira", "B3", last_week=13),
    Slot("NT2 A2 dag 3", MONDAY, "13:00", "15:30", "agnieszka", "B2", first_week=14),
    Slot("NT2 A2 dag 3", WEDNESDAY, "13:00", "15:30", "agnieszka", "B2", first_week=14),
    Slot("Onderwijsroute 1", MONDAY, "09:00", "11:30", "joost", "B1"),
    Slot("Onderwijsroute 1", TUESDAY, "09:00", "11:30", "agnieszka", "B2"),
    Slot("Onderwijsroute 1", WEDNESDAY, "09:00", "11:30", "joost", "B1"),
    Slot("Onderwijsroute 1", THURSDAY, "13:00", "15:30", "agnieszka", "B2"),
)
# What a teacher left undone with the last lesson before today. All other registers are signed.
UNTOUCHED, CONFIRMED, SAVED, CANCELLED = "untouched", "confirmed", "saved", "cancelled"
LEFT = {"marijke": SAVED, "kees": UNTOUCHED, "joost": CONFIRMED, "samira": CANCELLED}


class Planned(NamedTuple):
    """A lesson on a day."""

    day: dt.date
    slot: Slot


def lessons(today: dt.date) -> Iterator[Planned]:
    """What is taught when, in order, from the first week to two weeks after `today`."""
    monday = first_monday(today)
    for number in range((WEEKS + 1 + WEEKS_AHEAD) * 7):
        day = monday + dt.timedelta(days=number)
        week = number // 7
        if day != today and (week in HOLIDAY_WEEKS or (day.month, day.day) in FREE_DAYS):
            continue
        held = [slot for slot in TIMETABLE if slot.weekday == day.weekday() and slot.first_week <= week <= slot.last_week]
        for slot in sorted(held, key=lambda slot: (slot.starts, slot.group)):
            yield Planned(day, slot)


class Habit(NamedTuple):
    """How somebody attends: chances from 0 to 1, and from which day on only half as often."""

    comes: float
    late: float
    reports: float  # an absence beforehand
    confirms: float
    fades_from: dt.date | None


@dataclass
class Book:
    """Everything that is stored about the lessons behind us."""

    marks: list[Mark] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    registers: list[Register] = field(default_factory=list)


def fill(today: dt.date | None = None) -> None:
    """Lessons around `today` (default: the day it is in the school's zone), with registers up to yesterday."""
    today = today or timezone.localdate()
    chance = Random(SEED + 1)  # noqa: S311  # to repeat itself is the point
    made = _make_lessons(today, chance)
    places = list(
        Enrolment.objects.select_related("programme__student__user").order_by("programme__student__number", "starts_on")
    )
    people = {place.programme.student_id: _habit(today, chance) for place in places}
    voices = {place.programme.student_id: _voice(place) for place in places}
    last = {teacher: lesson for teacher, lesson in made if lesson.day < today}
    book = Book()
    for teacher, lesson in made:
        if lesson.day < today:
            left = LEFT.get(teacher, "") if last[teacher] is lesson else ""
            lesson.cancelled = left == CANCELLED
            if left not in (UNTOUCHED, CANCELLED):
                present = [place for place in places if place.group_id == lesson.group_id and _covers(place, lesson.day)]
                _keep(book, lesson, present, people, voices, left, chance)
    Lesson.objects.bulk_create([lesson for _teacher, lesson in made], batch_size=1000)
    Register.objects.bulk_create(book.registers, batch_size=1000)
    Mark.objects.bulk_create(book.marks, batch_size=2000)
    Claim.objects.bulk_create(sorted(book.claims, key=lambda claim: claim.at), batch_size=2000)  # numbered in order of time
    demo_papers.fill(today)
    demo_absence.fill(today)
    demo_follow_up.fill(today)
    demo_hours.closures(today, HOLIDAY_WEEKS, WEEKS + 1 + WEEKS_AHEAD)
    demo_hours.fill(today)
    Job.objects.filter(kind__startswith="attendance.tell_").delete()  # no mail for invented people


def _make_lessons(today: dt.date, chance: Random) -> list[tuple[str, Lesson]]:
    groups = {group.name: group for group in Group.objects.all()}
    teachers = {mail: staff(mail) for mail in {slot.teacher for slot in TIMETABLE}}
    slots = {slot: _slot(slot, today, groups[slot.group], teachers[slot.teacher]) for slot in TIMETABLE}
    models.Slot.objects.bulk_create(slots.values())
    made = []
    for day, slot in lessons(today):
        starts_at, ends_at = (_moment(day, clock) for clock in (slot.starts, slot.ends))
        length = int((ends_at - starts_at).total_seconds()) // 60
        lesson = Lesson(
            group=groups[slot.group],
            location_id=groups[slot.group].location_id,
            teacher=teachers[slot.teacher],
            day=day,
            starts_at=starts_at,
            ends_at=ends_at,
            planned_minutes=length - slots[slot].break_minutes,
            slot=slots[slot],
            slot_day=day,
            room=slot.room,
            subject=slot.subject,
            delivery=slot.delivery,
            code="".join(chance.choices(rules.CODE_LETTERS, k=rules.CODE_LENGTH)),
        )
        made.append((slot.teacher, lesson))
    return made


def _slot(slot: Slot, today: dt.date, group: Group, teacher: User) -> models.Slot:
    """A line of the timetable; one that holds to the end of the demo goes on."""
    monday = first_monday(today)
    begins, ends = dt.time.fromisoformat(slot.starts), dt.time.fromisoformat(slot.ends)
    ended = slot.last_week < WEEKS + WEEKS_AHEAD
    return models.Slot(
        group=group,
        weekday=slot.weekday,
        begins=begins,
        ends=ends,
        break_minutes=BREAK if (ends.hour - begins.hour) * 60 + ends.minute - begins.minute > 120 else 0,
        teacher=teacher,
        room=slot.room,
        subject=slot.subject,
        delivery=slot.delivery,
        starts_on=monday + slot.first_week * WEEK,
        ends_on=monday + (slot.last_week + 1) * WEEK - dt.timedelta(days=1) if ended else None,
    )


def _moment(day: dt.date, clock: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), timezone.get_default_timezone())


def _habit(today: dt.date, chance: Random) -> Habit:
    fades = chance.random() < 0.07
    return Habit(
        comes=chance.triangular(0.8, 0.98, 0.94),
        late=chance.choice((0.01, 0.02, 0.03, 0.15)),
        reports=chance.choice((0.3, 0.6, 0.8)),
        confirms=chance.choice((0.0, 0.85, 0.9, 0.97, 0.97, 0.97, 0.97)),  # some never do
        fades_from=today - dt.timedelta(days=chance.randrange(25, 70)) if fades else None,
    )


def _voice(place: Enrolment) -> uuid.UUID:
    """By which account a student speaks; that of a former student is gone, what it claimed stays."""
    account = place.programme.student.user
    return account.audit_id if account else uuid.uuid4()


def _covers(place: Enrolment, day: dt.date) -> bool:
    return place.starts_on <= day and (place.ends_on is None or day <= place.ends_on)


def _keep(
    book: Book,
    lesson: Lesson,
    places: list[Enrolment],
    habits: dict[uuid.UUID, Habit],
    voices: dict[uuid.UUID, uuid.UUID],
    left: str,
    chance: Random,
) -> None:
    """The register of one lesson: what students and teacher said, and unless something was `left` undone its seal."""
    assert lesson.teacher
    saved_at = lesson.starts_at + dt.timedelta(minutes=chance.randrange(10, 25), seconds=chance.randrange(60))
    marks = []
    for place in places:
        student = place.programme.student_id
        mark = _mark(lesson, place, habits[student], chance)
        if left == CONFIRMED:  # without a teacher's word it stands as the student says
            mark.state, mark.minutes_missed, mark.minutes_attended = rules.PRESENT, 0, lesson.planned_minutes
        if mark.student_at:
            book.claims.append(_claim(mark, Claim.Party.STUDENT, voices[student], mark.student_at, rules.PRESENT, 0))
        if left != CONFIRMED:
            mark.teacher_at = saved_at
            book.claims.append(
                _claim(mark, Claim.Party.TEACHER, lesson.teacher.audit_id, saved_at, mark.state, mark.minutes_missed)
            )
        if mark.student_at or mark.teacher_at:
            marks.append(mark)
    book.marks += marks
    if left == CONFIRMED:
        return
    register = Register(lesson=lesson, saved_at=saved_at, saved_by=lesson.teacher)
    if left != SAVED:
        register.saved_at = lesson.ends_at - dt.timedelta(seconds=chance.randrange(20, 300))
        seal_rows(lesson, register, marks, by=lesson.teacher, at=register.saved_at)
    book.registers.append(register)


def _mark(lesson: Lesson, place: Enrolment, habit: Habit, chance: Random) -> Mark:
    fading = habit.fades_from is not None and lesson.day >= habit.fades_from
    state, missed = rules.PRESENT, 0
    if chance.random() > habit.comes * (0.5 if fading else 1):
        state = rules.REPORTED if chance.random() < habit.reports else rules.ABSENT
    elif chance.random() < habit.late:
        state, missed = rules.LATE, chance.choice((5, 10, 10, 15, 20, 30))
    elif chance.random() < 0.01:
        state, missed = rules.LEFT_EARLY, chance.choice((15, 30, 45))
    attended = rules.minutes_attended(state, lesson.planned_minutes, missed)
    mark = Mark(lesson=lesson, enrolment=place, state=state, minutes_missed=missed, minutes_attended=attended)
    if state in rules.THERE and chance.random() < habit.confirms:
        mark.student_at = lesson.starts_at + dt.timedelta(minutes=missed, seconds=chance.randrange(-300, 1500))
    return mark


def _claim(mark: Mark, party: Claim.Party, voice: uuid.UUID, at: dt.datetime, state: str, missed: int) -> Claim:
    return Claim(mark=mark, party=party, by_audit_id=voice, at=at, state=state, minutes_missed=missed)

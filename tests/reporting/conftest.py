"""The fixed school of issue 2, acceptance (ii), with a colleague: October 2025 at North."""

import datetime as dt
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest

from attendance.actions import Row, save_register, sign_register
from attendance.models import Lesson
from kvs.models import Location, User
from students import actions
from students.models import Client, Enrolment, Group, Student
from tests.factories import LONG_AGO, make_group, make_lesson, make_student, place, teach

ZONE = ZoneInfo("Europe/Amsterdam")
LINK = '=HYPERLINK("http://x")'
OCTOBER = dt.date(2025, 10, 1)
CONTRACTS_FROM = dt.date(2025, 1, 1)


def at(day: int, hour: int = 9, month: int = 10) -> dt.datetime:
    """A moment in October 2025."""
    return dt.datetime(2025, month, day, hour, tzinfo=ZONE)


@dataclass
class FixedSchool:
    """Who and what is in it."""

    group: Group
    utrecht: Client
    zeist: Client
    people: dict[str, Student] = field(default_factory=dict)
    places: dict[str, Enrolment] = field(default_factory=dict)
    lessons: dict[int, Lesson] = field(default_factory=dict)


def municipality(name: str) -> Client:
    return Client.objects.create(name=name, kind=Client.Kind.MUNICIPALITY)


def enrolled(school: FixedSchool, by: User, name: str, **student: str) -> Enrolment:
    """A student with a place since long ago, without contract."""
    made = make_student(school.group.location, by, **{"given_names": "", "call_name": "", **student})
    school.people[name], school.places[name] = made, place(made, school.group, by)
    return school.places[name]


@pytest.fixture
def fixed(north: Location, anna: User, ineke: User) -> FixedSchool:
    """Wisselaar moves from Utrecht to Zeist on the 15th; a self-payer lives in Utrecht; one is called like a formula.

    Lessons of 90 minutes on the 10th (signed), the 12th (saved, never signed) and the 20th (signed).
    """
    group = make_group(north, ineke, name="NT2 B1 dag 2")
    teach(anna, group, ineke)
    school = FixedSchool(group, municipality("Gemeente Utrecht"), municipality("Gemeente Zeist"))
    moved = enrolled(school, ineke, "moved", call_name="Siti", infix="van den", surname="Wisselaar").programme
    end = dt.date(2025, 10, 14)
    actions.add_contract(programme=moved, by=ineke, client=school.utrecht, starts_on=CONTRACTS_FROM, ends_on=end)
    actions.add_contract(programme=moved, by=ineke, client=school.zeist, starts_on=end + dt.timedelta(days=1))
    alone = enrolled(school, ineke, "alone", call_name="Olena", surname="Zelfbetaler", city="Utrecht").programme
    actions.add_contract(programme=alone, by=ineke, starts_on=CONTRACTS_FROM)
    odd = enrolled(school, ineke, "odd", surname=LINK).programme
    actions.add_contract(programme=odd, by=ineke, client=school.utrecht, starts_on=LONG_AGO)
    for day in (10, 12, 20):
        school.lessons[day] = make_lesson(group, ineke, starts_at=at(day))
    sign(school, anna, 10, moved=("late", 15), alone=("present", 0), odd=("absent", 0))
    save_register(lesson=school.lessons[12], rows=[], rest_present=True, by=anna)
    sign(school, anna, 20, moved=("present", 0), alone=("present", 0), odd=("reported", 0))
    return school


def sign(school: FixedSchool, teacher: User, day: int, **marks: tuple[str, int]) -> None:
    """Sign the lesson of `day` with these states and minutes missed."""
    rows = [Row(school.places[name].pk, state, missed, 0) for name, (state, missed) in marks.items()]
    sign_register(lesson=school.lessons[day], rows=rows, by=teacher)

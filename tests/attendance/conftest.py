"""One class at North: Anna teaches it, three students are in it, the lesson has begun."""

import pytest

from attendance.models import Lesson
from kvs.models import Location, Role, User
from students.models import Enrolment, Group
from tests.factories import make_group, make_lesson, make_student, place, staff, teach


@pytest.fixture
def group(north: Location, anna: User, ineke: User) -> Group:
    """Anna's group."""
    made = make_group(north, ineke, name="NT2 B1 dag 2")
    teach(anna, made, ineke)
    return made


@pytest.fixture
def places(group: Group, north: Location, ineke: User) -> list[Enrolment]:
    """Abdi, Chen and Olena, in the order of the register."""
    people = [("Olena", "Marchenko"), ("Abdi", "Warsame"), ("Chen", "Meiling")]
    made = {call: place(make_student(north, ineke, call_name=call, surname=surname), group, ineke) for call, surname in people}
    return [made[name] for name in sorted(made)]


@pytest.fixture
def lesson(group: Group, places: list[Enrolment], ineke: User) -> Lesson:
    """A lesson of 90 minutes that began half an hour ago."""
    return make_lesson(group, ineke)


@pytest.fixture
def marijke(group: Group, north: Location, ineke: User) -> User:
    """Teaches the same group."""
    user = staff(Role.TEACHER, north, call_name="Marijke", infix="de", surname="Vries", email="marijke@voorbeeld.test")
    teach(user, group, ineke)
    return user

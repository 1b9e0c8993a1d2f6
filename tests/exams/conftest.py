"""Anna's class at North: Abdi under the Wi2021, Chen without duty."""

import pytest

from kvs.models import Location, User
from students import actions
from students.models import Group, Programme
from tests.factories import LONG_AGO, make_group, make_student, teach


@pytest.fixture
def group(north: Location, anna: User, ineke: User) -> Group:
    """Anna teaches it."""
    made = make_group(north, ineke, name="NT2 B1 dag 2")
    teach(anna, made, ineke)
    return made


def placed(north: Location, group: Group, by: User, call_name: str, law: str) -> Programme:
    student = make_student(north, by, call_name=call_name, surname=call_name)
    programme = actions.start_programme(student=student, by=by, law=law, starts_on=LONG_AGO)
    actions.enrol_student(programme=programme, group=group, starts_on=LONG_AGO, by=by)
    return programme


@pytest.fixture
def abdi(north: Location, group: Group, ineke: User) -> Programme:
    """Has a duty under the Wi2021."""
    return placed(north, group, ineke, "Abdi", "wi2021")


@pytest.fixture
def chen(north: Location, group: Group, ineke: User) -> Programme:
    """Learns by choice."""
    return placed(north, group, ineke, "Chen", "none")

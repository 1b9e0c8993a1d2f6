"""An old list brings nobody back unseen whose data the school erased."""

import pytest
from django.urls import reverse

from kvs.models import Location, Role, User
from students.actions import next_numbers
from students.actions.imports import findings_of
from students.importer.check import WAS_ERASED
from students.models import Student
from tests.factories import staff
from tests.people import signed_in
from tests.privacy.erasing import BSNS, erase, make_pair
from tests.students.importing import book, press, send, start

HEAD = ("Achternaam", "Voornaam", "Geb.datum")
SHEET = [["HADDAD", "Rania", "01-02-1990"], ["Haddad", "Rania", "01-02-1991"]]


@pytest.mark.parametrize(("answer", "back"), [("accept", False), ("new", True)])
def test_the_row_of_an_erased_person_asks_first(answer: str, back: bool, north: Location, ineke: User, dana: User) -> None:
    pair = make_pair(north, ineke)
    for student in (pair.x, pair.y):
        erase(student, dana, staff(Role.MANAGEMENT))
    office = signed_in(ineke)

    run = send(office, book(SHEET, head=HEAD), location=north.pk)

    asked = {cell["cell"]: cell["why"] for cell in findings_of(run)["cells"]}
    (cell,) = [cell for cell, why in asked.items() if why == WAS_ERASED]
    assert run.findings
    if answer == "accept":
        press(office, run, "decide", accept=cell)
    else:
        office.post(reverse("students:import_other", args=[run.pk, cell]), {"do": "new"})
    run.refresh_from_db()
    start(office, run)
    assert Student.objects.filter(birth_year=1990).exists() == back
    assert Student.objects.filter(birth_year=1991).exists()


def test_a_number_is_not_given_to_somebody_else(north: Location, ineke: User, dana: User) -> None:
    pair = make_pair(north, ineke)
    last = max(pair.x.number, pair.y.number)
    erase(pair.x if pair.x.number == last else pair.y, dana, staff(Role.MANAGEMENT))
    assert next_numbers(1) != [last]
    assert BSNS

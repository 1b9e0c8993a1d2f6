"""The page on which a file is checked says what will happen: without a law, without a name, with double rows."""

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse

from kvs.models import Location, User
from students import actions
from students.actions.imports import findings_of
from students.models import Client, ImportRun, Programme, Student
from tests.factories import make_group
from tests.people import Browser, signed_in
from tests.students.importing import book, page, press, say_law, send, start, work
from tests.students.portal import BSN

pytestmark = pytest.mark.django_db
BORN = dt.date(1991, 3, 12)
NO_LAW = "The row names no law, so no programme was started: what it says of one, of a contract or of a group did not come along."


@pytest.fixture
def office(ineke: User) -> Browser:
    return signed_in(ineke)


def asked(run: ImportRun) -> dict[str, str]:
    return {cell["cell"]: cell["why"] for cell in findings_of(run)["cells"]}


# --- a law that nobody names


def test_without_a_law_no_programme_is_made_up(office: Browser, north: Location, ineke: User) -> None:
    """Unknown is not "no duty": Blik op Werk would count these people as without one."""
    make_group(north, ineke, name="NT2 dinsdag")
    Client.objects.create(name="Gemeente Oosterveen")
    head = ("Achternaam", "Geb.datum", "BSN", "Groep", "Opdrachtgever")
    rows = [["Haddad", BORN, BSN, "", ""], ["Kaya", BORN, "", "NT2 dinsdag", "Oosterveen"], ["Berg", BORN, "", "", ""]]
    run = send(office, book(rows, head=head), location=north.pk)

    shown = page(office, run)
    assert "2 cursisten komen binnen zonder traject: er is geen wet bekend" in shown
    assert "Bij 1 rij gaat het BSN niet mee: geen grondslag" in shown
    assert "Welke wet geldt voor iedereen in dit bestand?" in shown
    run = start(office, run)

    assert Student.objects.count() == 3
    assert not Programme.objects.exists()
    assert run.rows.filter(number_left_out=True).count() == 1
    assert list(run.rows.exclude(problems=[]).values_list("number", "problems")) == [(3, [[None, NO_LAW]])]
    assert "De rij noemt geen wet, dus is er geen traject gestart" in page(office, run)


@pytest.mark.parametrize(("law", "bsn"), [("wi2021", BSN), ("none", None)])
def test_who_imports_may_say_the_law_of_all(office: Browser, north: Location, ineke: User, law: str, bsn: str | None) -> None:
    make_group(north, ineke, name="NT2 dinsdag")
    head = ("Achternaam", "Geb.datum", "BSN", "Groep")
    run = send(office, book([["Haddad", BORN, BSN, "NT2 dinsdag"]], head=head), location=north.pk)

    run = say_law(office, run, law)

    shown = page(office, run)
    assert ("geen grondslag" in shown, "zonder traject: er is" in shown) == (bsn is None, False)
    assert f'<option value="{law}" selected>' in shown
    start(office, run)
    programme = Programme.objects.get()
    assert (programme.law, programme.bsn, programme.enrolments.count()) == (law, bsn, 1)


def test_a_file_sent_again_with_its_law_is_not_taken_for_done(office: Browser, north: Location) -> None:
    content = book([["Haddad", BORN]], head=("Achternaam", "Geb.datum"))
    start(office, send(office, content, location=north.pk))

    again = say_law(office, send(office, content, location=north.pk), "wi2021")
    press(office, again, "decide", accept="2")
    start(office, again)

    assert (Student.objects.count(), Programme.objects.get().law) == (1, "wi2021")


def test_a_column_with_the_law_is_the_only_word_about_it(office: Browser, north: Location) -> None:
    head = ("Achternaam", "Geb.datum", "Wet", "Kenmerk")
    rows = [["Haddad", BORN, "Wi2021", ""], ["Kaya", BORN, "", "OV-1"], ["Berg", BORN, "geen", ""]]
    run = send(office, book(rows, head=head), location=north.pk)
    assert "Welke wet geldt" not in page(office, run)

    run = say_law(office, run, "wi2013")  # as somebody with tools would send it
    assert run.law == ""
    assert "1 cursist komt binnen zonder traject" in page(office, run)
    start(office, run)

    laws = {student.surname: [it.law for it in student.programmes.all()] for student in Student.objects.all()}
    assert laws == {"Haddad": ["wi2021"], "Kaya": [], "Berg": ["none"]}


@pytest.mark.parametrize("law", ["wi1998", "\x00", "x" * 500])
def test_a_law_that_does_not_exist_is_told(office: Browser, north: Location, law: str) -> None:
    run = send(office, book([["Haddad"]], head=("Achternaam",)), location=north.pk)
    sent: dict[str, Any] = {"version": run.version, "sheet": 0, "column-0": "surname", "law": law}

    answer = office.post(reverse("students:import_layout", args=[run.pk]), sent)

    assert answer.status_code == 422
    assert "law" in answer.context["layout"].errors


# --- rows that are refused, double, or came in before


def test_refused_rows_are_shown_when_no_column_is_a_name(office: Browser, north: Location) -> None:
    run = send(office, book([["aap", 1], ["noot", 2]], head=("Soort", "Aantal")), location=north.pk)

    shown = page(office, run)

    assert shown.count("Zonder naam kan de rij niet binnenkomen.") == 2
    assert "Geen kolom met een naam is herkend" in shown
    assert "Niets. Elke rij is duidelijk." not in shown


HEAD = ("Achternaam", "Voornaam", "Geb.datum", "Wet")


def test_double_rows_with_open_cells_are_asked_about_before_they_go_in(office: Browser, north: Location) -> None:
    run = send(office, book([["Haddad", "Rania", "03-04-88", "geen"]] * 2, head=HEAD), location=north.pk)
    assert list(asked(run)) == ["C2", "3", "C3"]
    for cell in ("C2", "C3"):
        press(office, run, "decide", accept=cell)
    assert "1 rij importeren" in page(office, run)
    press(office, run, "decide", accept="3")
    assert "2 rijen importeren" in page(office, run)

    run = start(office, run)

    assert not run.rows.filter(outcome__in=["open", "refused"]).exists()
    assert Student.objects.count() == 1


def test_what_is_typed_is_compared_with_the_other_rows(office: Browser, north: Location) -> None:
    rows = [["Haddad", "Rania", BORN, "geen"], ["Haddad", "Rania", "onbekend", "geen"]]
    run = send(office, book(rows, head=HEAD), location=north.pk)
    assert list(asked(run)) == ["C3"]
    other = reverse("students:import_other", args=[run.pk, "C3"])
    assert office.post(other, {"do": "value", "value": "12-03-1991"}).status_code == 302
    work(run)

    run = ImportRun.objects.get()
    assert asked(run) == {"3": "Looks like an earlier row of this file.", "C3": "This is no date."}
    shown = page(office, run)
    assert ("Lijkt op een eerdere rij" in shown, "1 rij importeren" in shown) == (True, True)
    press(office, run, "decide", accept="3")
    run = start(office, run)
    assert Student.objects.count() == 1
    assert not run.rows.filter(outcome="open").exists()


def test_a_row_that_was_left_out_is_asked_about_again(office: Browser, north: Location) -> None:
    content = book([["Haddad", "Rania", BORN, "geen"]] * 2, head=HEAD)
    first = start(office, send(office, content, location=north.pk))
    assert dict(first.rows.values_list("number", "outcome")) == {2: "new", 3: "open"}

    second = send(office, content, location=north.pk)

    assert list(asked(second)) == ["3"]
    assert "1 rij is eerder ge" in page(office, second)
    office.post(reverse("students:import_other", args=[second.pk, "3"]), {"do": "new"})
    start(office, second)
    third = send(office, content, location=north.pk)
    assert "2 rijen zijn eerder ge" in page(office, third)
    assert Student.objects.count() == 2


@pytest.mark.parametrize("born", ["10-12-1899", "02-01-1898", "18991210"])
def test_a_birth_date_before_1900_gets_a_true_sentence(office: Browser, north: Location, born: str) -> None:
    run = send(office, book([["Haddad", "Rania", born, "geen"]], head=HEAD), location=north.pk)

    assert "KVS neemt geen datums van voor 1900 over." in page(office, run)


def test_taking_back_announces_what_really_goes(office: Browser, north: Location, ineke: User) -> None:
    rows = [["Haddad", "Rania", BORN, "geen"], ["Kaya", "Mina", BORN, "geen"]]
    run = start(office, send(office, book(rows, head=HEAD), location=north.pk))
    rania = Student.objects.get(surname="Haddad")
    actions.change_student(student=rania, version=1, by=ineke, changes={"city": "Kadijk"})

    shown = office.get(reverse("students:import_take_back", args=[run.pk])).content.decode()

    assert "1 nieuwe cursist, met" in shown
    assert "1 cursist die daarna is gewijzigd" in shown
    assert "0 cursisten over wie de school sindsdien meer heeft vastgelegd" in shown

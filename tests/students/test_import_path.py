"""A spreadsheet from sending up to the result, through the pages and with the work functions of the worker."""

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext, override
from pytest_django import DjangoAssertNumQueries

from kvs.models import AccessEvent, Location, Role, SealedFile, User
from kvs.reading import read_workbook
from students import actions
from students.actions.imports import choices_of, findings_of, tidy
from students.actions.intake import Intake, take_in
from students.models import Client, FieldSource, ImportLayout, ImportRow, ImportRun, InformTask, Programme, Student
from tests.factories import make_group, make_student, staff
from tests.people import Browser, signed_in
from tests.students.importing import book, page, press, say_law, send, start, work
from tests.students.portal import BSN

BORN = dt.date(1991, 3, 12)
REMARK = "This looks like a remark under the list, not like a person."
ZERO = "012345672"  # nine digits that pass the elfproef, the first of them 0


@pytest.fixture
def office(ineke: User) -> Browser:
    return signed_in(ineke)


@pytest.fixture
def oosterveen(school: Any) -> Client:
    return Client.objects.create(name="Gemeente Oosterveen")


def asked(run: ImportRun) -> dict[str, str]:
    return {cell["cell"]: cell["why"] for cell in findings_of(run)["cells"]}


def test_nothing_is_written_before_importing(office: Browser, north: Location, oosterveen: Client) -> None:
    content = book([["Haddad", "Rania", BORN, BSN, "Wi2021", "Oosterveen"]], title="Cursisten najaar 2026")
    run = send(office, content, location=north.pk, source=oosterveen.pk)

    shown = page(office, run)
    assert (run.state, run.sheet) == ("checked", 0)
    assert run.mapping == {"0": "surname", "1": "call_name", "2": "birth_date", "3": "bsn", "4": "law", "5": "client"}
    assert "Titels gevonden in rij 3" in shown
    assert "1 rij importeren" in shown
    assert BSN not in shown
    assert not Student.objects.exists()
    assert not ImportRow.objects.exists()

    run = start(office, run)

    student = Student.objects.get()
    programme = student.programmes.get()
    assert (student.full_name, student.birth_date_text) == ("Rania Haddad", "12 mrt 1991")
    assert (programme.law, programme.bsn, programme.bsn_basis) == ("wi2021", BSN, "isi_delivery")
    assert programme.contracts.get().client == oosterveen
    assert FieldSource.objects.filter(student=student, organisation="Gemeente Oosterveen").count() == 2
    assert InformTask.objects.get().student == student
    assert run.state == "done"
    assert "Rania Haddad" not in page(office, run)  # nothing is left to do for her


def test_a_bsn_without_ground_is_kept_nowhere(office: Browser, north: Location) -> None:
    rows = [["Haddad", "Rania", BORN, BSN, "geen", ""], ["Kaya", "Mina", "onzin", "999990160", "geen", ""]]
    run = send(office, book(rows), location=north.pk)
    assert "Bij 2 rijen gaat het BSN niet mee: geen grondslag" in page(office, run)
    run = start(office, run)

    shown = page(office, run)
    assert "BSN niet overgenomen in 1 rij: geen grondslag." in shown or "BSN niet overgenomen in 2 rijen" in shown
    assert Programme.objects.get(student__surname="Haddad").bsn is None
    assert run.workbook
    answer = office.get(reverse("students:import_workbook", args=[run.pk]))
    assert answer.status_code == 200
    cells = [cell for sheet in read_workbook(answer.content, "x.xlsx") for line in sheet.rows for cell in line]
    assert "onzin" in cells
    assert not any("99999" in str(cell) for cell in cells)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE %s OR t::text LIKE %s', [f"%{BSN}%", "%999990160%"]
            )
            assert cursor.fetchone() == (0,), table


def test_eight_digits_are_stored_only_after_the_click(office: Browser, north: Location) -> None:
    run = send(office, book([["Haddad", "Rania", BORN, int(ZERO), "Wi2021", ""]]), location=north.pk)
    shown = page(office, run)
    assert asked(run) == {"D2": "A zero in front may have been lost."}
    assert "8 cijfers, eindigt op 72" in shown
    assert "12345672" not in shown
    assert "0 rijen importeren" in shown

    press(office, run, "decide", accept="D2")
    assert "Overgenomen" in page(office, run)
    press(office, run, "decide", undo="D2")
    assert choices_of(ImportRun.objects.get()) == {}
    press(office, run, "decide", accept="D2")
    start(office, run)

    assert Programme.objects.get().bsn == ZERO


def test_the_same_file_again_brings_nothing(office: Browser, north: Location, oosterveen: Client, ineke: User) -> None:
    rows = [
        ["Haddad", "Rania", BORN, BSN, "Wi2021", "Oosterveen"],
        ["Haddad", "Lina", BORN, "", "geen", ""],
        ["Kaya", "Mina", "03-04-88", int(ZERO), "Wi2021", ""],
    ]
    first = send(office, book(rows), location=north.pk)
    press(office, first, "decide", accept="C4")
    press(office, first, "decide", accept="D4")
    start(office, first)
    lina = Student.objects.get(call_name="Lina")
    actions.change_student(student=lina, version=1, by=ineke, changes={"surname": "Haddad-Kanarie"})

    second = send(office, book(rows), location=north.pk)
    assert "3 rijen zijn eerder ge" in page(office, second)
    second = start(office, second)

    assert sorted(second.rows.values_list("outcome", flat=True)) == ["unchanged"] * 3
    assert Student.objects.count() == 3
    assert Student.objects.get(pk=lina.pk).surname == "Haddad-Kanarie"


def test_twins_are_two_and_a_double_row_asks(office: Browser, north: Location) -> None:
    rows = [
        ["Haddad", "Rania", BORN, "", "", ""],
        ["Haddad", "Lina", BORN, "", "", ""],
        ["HADDAD", "Ránia", BORN, "", "", "zelf"],
    ]
    run = send(office, book(rows), location=north.pk)

    assert asked(run) == {"4": "Looks like an earlier row of this file."}
    press(office, run, "decide", accept="4")
    run = start(office, run)
    assert Student.objects.count() == 2
    assert dict(run.rows.values_list("number", "outcome"))[4] in ("unchanged", "changed")


def test_somebody_the_school_may_know_is_asked_never_merged(
    office: Browser, north: Location, south: Location, ineke: User
) -> None:
    born = {"birth_year": 1991, "birth_month": 3, "birth_day": 12}
    rania = make_student(north, ineke, call_name="Rania", surname="Haddad", **born)
    make_student(south, ineke, call_name="Mina", surname="Kaya", **born)  # elsewhere: nobody here may know
    rows = [["Haddad", "Rania", BORN, "", "", ""], ["Kaya", "Mina", BORN, "", "", ""]]
    run = send(office, book(rows), location=north.pk)

    assert asked(run) == {"2": "Looks like a student the school has: same name and date of birth."}
    shown = page(office, run)
    assert rania.number in shown
    assert AccessEvent.objects.filter(subject_audit_id=rania.audit_id, kind="list").exists()
    other = reverse("students:import_other", args=[run.pk, "2"])
    assert office.post(other, {"do": "new"}).status_code == 302
    start(office, run)
    assert Student.objects.filter(surname="Haddad").count() == 2


def test_by_student_number_it_is_certainly_the_same(office: Browser, north: Location, ineke: User) -> None:
    rania = make_student(north, ineke, surname="Haddad", city="Westerhaven")
    head = ("Cursistnummer", "Achternaam", "Woonplaats")
    run = start(office, send(office, book([[rania.number, "Haddad", "Oosterveen"]], head=head), location=north.pk))

    assert Student.objects.get().city == "Oosterveen"
    assert run.rows.get().outcome == "changed"


def test_cells_are_decided_otherwise(office: Browser, north: Location, oosterveen: Client) -> None:
    rows = [["Haddad", "Rania", "1990", "123", "Wi2021", "Oosterven"], ["", "Mina", "31-02-1962", "", "", ""]]
    run = send(office, book(rows), location=north.pk)
    cells = asked(run)
    assert cells == {
        "C2": "Day or month is missing.",
        "D2": "This is not a valid BSN: check the document.",
        "F2": "KVS does not know this client. Add it first, or leave it empty.",
        "A3": "Without a name the row cannot come in.",
        "C3": "This date does not exist.",
    }
    other = [reverse("students:import_other", args=[run.pk, cell]) for cell in ("C2", "D2", "F2")]
    assert office.get(other[0]).status_code == 200
    wrong = office.post(other[0], {"do": "value", "value": "31-02-1990"})
    assert wrong.status_code == 422
    assert "Deze datum bestaat niet." in wrong.content.decode()
    assert 'value="31-02-1990"' in wrong.content.decode()
    assert office.post(other[0], {"do": "value", "value": "1990"}).status_code == 302
    work(run)  # who it is may have become somebody known
    assert office.post(other[1], {"do": "empty"}).status_code == 302
    assert office.post(other[2], {"do": "value", "value": "Oosterveen"}).status_code == 302
    assert office.get(reverse("students:import_other", args=[run.pk, "A3"])).status_code == 404
    run = start(office, run)

    student = Student.objects.get()
    assert (student.birth_year, student.birth_month) == (1990, None)
    assert student.programmes.get().contracts.get().client == oosterveen
    assert dict(run.rows.values_list("number", "outcome")) == {2: "new", 3: "refused"}
    assert run.rows.get(number=2).problems == [[3, "This cell was left empty: fill it in by hand."]]


def test_after_an_american_date_no_date_of_the_column_is_certain(office: Browser, north: Location) -> None:
    """03-04-1988 is 3 April; beneath 03/25/1991 it may be 4 March, and a real date may have been misread before it came."""
    rows = [["Een", "A", "03/25/1991", "", "", ""], ["Twee", "B", "03-04-1988", "", "", ""], ["Drie", "C", BORN, "", "", ""]]
    run = send(office, book(rows), location=north.pk)
    assert asked(run) == dict.fromkeys(("C2", "C3", "C4"), "Day or month first?")
    press(office, run, "decide", all="dates")
    start(office, run)

    born = Student.objects.values_list("surname", "birth_year", "birth_month", "birth_day")
    assert set(born) == {("Een", 1991, 3, 25), ("Twee", 1988, 3, 4), ("Drie", 1991, 12, 3)}


@pytest.mark.parametrize(
    ("head", "row"),
    [
        (("Name", "Surname"), ("Rania", "el Idrissi")),
        (("Naam", "Achternaam"), ("Rania el Idrissi", "el Idrissi")),
        (("Naam", "Voornaam"), ("el Idrissi", "Rania")),
    ],
)
def test_no_name_is_lost_where_one_column_is_just_called_name(
    office: Browser, north: Location, head: tuple[str, ...], row: tuple[str, ...]
) -> None:
    start(office, send(office, book([row], head=head), location=north.pk))

    assert Student.objects.values_list("call_name", "infix", "surname").get() == ("Rania", "", "el Idrissi")


def test_only_dates_are_accepted_together(office: Browser, north: Location) -> None:
    rows = [
        ["Een", "A", "03-04-88", int(ZERO), "Wi2021", ""],
        ["Twee", "B", 33245, "", "Wi2021", "Nergens"],
        ["Drie", "C", "x", "", "", ""],
    ]
    run = send(office, book(rows), location=north.pk)
    assert "De 2 datums overnemen" in page(office, run)
    press(office, run, "decide", all="dates")

    assert choices_of(ImportRun.objects.get()) == {"C2": ["accept"], "C3": ["accept"]}
    for kind in ("bsn", "person", "client", ""):
        assert office.post(reverse("students:import_decide", args=[run.pk]), {"all": kind}).status_code == 404


def test_a_layout_is_corrected_and_remembered(office: Browser, north: Location) -> None:
    content = book([["Rania", "Haddad", "opm"]], head=("Kolom een", "Kolom twee", "Opmerking"))
    run = send(office, content, location=north.pk)
    assert run.mapping == {}
    sent = {"version": run.version, "sheet": 0, "column-0": "call_name", "column-1": "surname", "column-2": ""}
    twice = office.post(reverse("students:import_layout", args=[run.pk]), {**sent, "column-0": "surname"})
    assert twice.status_code == 422
    assert "kunnen niet hetzelfde betekenen" in twice.content.decode()
    press(office, run, "layout", **sent)
    work(run)
    assert ImportRun.objects.get().mapping == {"0": "call_name", "1": "surname"}

    again = send(office, content, location=north.pk)
    assert again.mapping == {"0": "call_name", "1": "surname"}
    assert "onthouden" in page(office, again)
    assert "Kolom" not in str(ImportLayout.objects.values_list("key", "mapping").get())
    start(office, again)
    assert Student.objects.get().full_name == "Rania Haddad"


def test_choices_stay_where_a_cell_asks_the_same(office: Browser, north: Location) -> None:
    rows = [["Haddad", "Rania", "03-04-88", "", "", "Nergens"], ["Haddad", "Lina", BORN, "", "", ""], ["Haddad", "Lina", BORN]]
    run = send(office, book(rows, hidden=True), location=north.pk)
    for cell in ("C2", "F2", "4"):
        press(office, run, "decide", accept=cell)
    decided = {"C2": ["accept"], "F2": ["accept"], "4": ["accept"]}
    assert choices_of(ImportRun.objects.get()) == decided

    def changed(**columns: str) -> dict[str, list[str]]:
        now = ImportRun.objects.get()
        sent = {f"column-{number}": code for number, code in (now.mapping or {}).items()}
        press(office, now, "layout", **{"version": now.version, "sheet": now.sheet, **sent, **columns})
        work(now)
        return choices_of(ImportRun.objects.get())

    assert changed() == decided
    assert changed(**{"column-3": "reference"}) == decided  # a column nobody was asked about
    assert changed(**{"column-5": "case_manager"}) == {"C2": ["accept"], "4": ["accept"]}  # the cell asks something else
    assert changed(**{"column-2": "starts_on"}) == {}  # nor do two people of one name and another day look like one
    assert changed(sheet="1") == {}


@pytest.mark.parametrize("note", ["Bron: gemeente", "* gestart na de zomer"])
def test_a_remark_under_the_list_becomes_no_person(office: Browser, north: Location, note: str) -> None:
    run = send(office, book([["Haddad", "Rania", BORN], [note], ["Kaya", "Lina", BORN], ["Totaal", "", 2]]), location=north.pk)
    assert asked(run) == {"3": REMARK, "5": REMARK} | {"C5": "This is no date."}
    shown = page(office, run)
    assert (shown.count("Deze rij weglaten"), escape(note) in shown, "2 rijen importeren" in shown) == (2, True, True)

    press(office, run, "decide", accept="3")
    press(office, run, "decide", accept="5")

    shown = page(office, run)
    assert (shown.count("Weggelaten"), ">C5<" in shown) == (2, False)
    assert "2 rijen importeren" in shown
    run = start(office, run)
    assert set(Student.objects.values_list("surname", flat=True)) == {"Haddad", "Kaya"}
    assert list(run.rows.values_list("number", flat=True)) == [2, 4]


def test_a_name_alone_may_be_a_person(office: Browser, north: Location) -> None:
    run = send(office, book([["Haddad", "Rania", BORN], ["Kaya"]]), location=north.pk)
    other = reverse("students:import_other", args=[run.pk, "3"])
    assert "Dit is een persoon: een nieuwe cursist" in office.get(other).content.decode()
    assert office.post(other, {"do": "new"}).status_code == 302
    assert "Een persoon" in page(office, run)

    start(office, run)

    assert set(Student.objects.values_list("surname", flat=True)) == {"Haddad", "Kaya"}


def test_a_list_of_names_alone_is_a_list_of_people(office: Browser, north: Location) -> None:
    run = send(office, book([["Haddad"], ["Kaya"], ["Berg", "Siti"]]), location=north.pk)
    assert asked(run) == {}


HEALTH = "Kan gezondheid bevatten:"


@pytest.mark.parametrize(
    ("title", "cell", "code", "warned"),
    [
        ("Opmerkingen", "komt uit Aleppo", "reference", "C (Opmerkingen)"),
        ("Opmerkingen", "komt uit Aleppo", "", ""),  # does not come along
        ("Kenmerk", "kan maandag niet, dan naar de specialist", "reference", "C (Kenmerk)"),
        ("Kenmerk", "OV-2026-118", "reference", ""),
        ("Straat", "Burgemeester van der Laan tot Dam straat", "street", ""),
    ],
)
def test_a_column_that_may_hold_health_is_warned_of(
    office: Browser, north: Location, title: str, cell: str, code: str, warned: str
) -> None:
    run = send(office, book([["Haddad", "Rania", cell]], head=("Achternaam", "Voornaam", title)), location=north.pk)
    sent = {"version": run.version, "sheet": 0, "column-0": "surname", "column-1": "call_name", "column-2": code}
    press(office, run, "layout", **sent)
    work(run)

    shown = page(office, run)

    assert (HEALTH in shown) == bool(warned)
    assert f"{HEALTH} {warned}<" in shown or not warned


def test_two_at_once_the_second_is_told(office: Browser, north: Location) -> None:
    run = send(office, book([["Haddad", "Rania", BORN, "", "", ""]]), location=north.pk)
    sent = {"sheet": 0, "column-0": "surname", "version": 99}
    shown = office.post(reverse("students:import_layout", args=[run.pk]), sent, follow=True).content.decode()
    assert "Een collega heeft de kolommen intussen veranderd." in shown
    start(office, run)
    shown = office.post(reverse("students:import_start", args=[run.pk]), {"version": run.version}, follow=True).content.decode()
    assert "is intussen verder" in shown
    assert Student.objects.count() == 1


def test_a_group_that_is_not_known(office: Browser, north: Location, south: Location, ineke: User) -> None:
    make_group(north, ineke, name="NT2 dinsdag")
    make_group(south, ineke, name="NT2 zuid")
    rows = [["Een", "nt2 dinsdag"], ["Twee", "NT2 zuid"]]
    run = say_law(office, send(office, book(rows, head=("Achternaam", "Groep")), location=north.pk), "none")
    assert asked(run) == {"B3": "KVS does not know this group at your locations."}
    press(office, run, "decide", accept="B3")
    run = start(office, run)

    assert run.rows.get(number=3).problems == [[1, "This group was not known: the student has no place yet."]]
    assert Student.objects.get(surname="Een").programmes.get().enrolments.count() == 1
    assert "Deze groep was niet bekend" in page(office, run)


def test_a_stopped_import_goes_on_behind_the_last_row(office: Browser, north: Location) -> None:
    rows = [[f"Kanarie {number}", "A", "", "", "", ""] for number in range(5)]
    run = send(office, book(rows), location=north.pk)
    press(office, run, "start", version=run.version)
    by = run.started_by
    assert by
    take_in(run=ImportRun.objects.get(), rows=[Intake(2, student={"surname": "Kanarie 0", "call_name": "A"})], by=by)
    work(run)

    assert sorted(Student.objects.values_list("surname", flat=True)) == [f"Kanarie {number}" for number in range(5)]


def test_a_case_manager_is_only_taken_when_it_is_clear_who(office: Browser, north: Location, oosterveen: Client) -> None:
    other = Client.objects.create(name="Gemeente Westerhaven")
    mine = oosterveen.case_managers.create(call_name="Joke", surname="Jansen")
    other.case_managers.create(call_name="Piet", surname="Jansen")
    head = ("Achternaam", "Opdrachtgever", "Klantmanager")
    rows = [["Een", "Oosterveen", "Jansen"], ["Twee", "", "Jansen"], ["Drie", "", "Joke Jansen"]]
    run = say_law(office, send(office, book(rows, head=head), location=north.pk), "none")

    assert asked(run) == {"C3": "KVS does not know this case manager at this client."}
    start(office, run)
    contracts = [student.programmes.get().contracts.get() for student in Student.objects.all()]
    assert [(contract.client, contract.case_manager) for contract in contracts] == [(oosterveen, mine)] * 2


def test_a_stop_ends_between_two_batches_and_keeps_what_is_in(office: Browser, north: Location) -> None:
    run = send(office, book([[f"Kanarie {number}", "A", "", "", "", ""] for number in range(3)]), location=north.pk)
    press(office, run, "start", version=run.version)
    press(office, run, "stop")

    job = ImportRun.objects.select_related("job").get().job
    assert job
    assert job.state == "cancelled"
    assert "Halverwege gestopt" in page(office, run)
    press(office, run, "start", version=run.version)
    work(run)
    assert Student.objects.count() == 3
    assert ImportRun.objects.get().state == "done"


def test_the_file_is_erased_on_request_and_after_its_time(office: Browser, north: Location) -> None:
    content = book([["Haddad", "Rania", BORN, "", "", ""]])
    first = send(office, content, location=north.pk)
    press(office, first, "discard")
    assert not SealedFile.objects.exists()
    assert "Er is niets geïmporteerd" in page(office, first)

    second = send(office, content, location=north.pk)
    assert second.upload
    assert second.upload.expires_at
    assert (second.upload.expires_at - second.started_at).days == 14
    SealedFile.objects.all().delete()
    assert office.get(reverse("students:import", args=[second.pk])).status_code == 404
    tidy()
    assert ImportRun.objects.get(pk=second.pk).state == "cancelled"


def test_the_page_costs_the_same_for_one_row_and_for_many(
    office: Browser, north: Location, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    few = send(office, book([["Een", "A", "03-04-88", "", "", "Nergens"]]), location=north.pk)
    many = send(office, book([[f"Rij {number}", "A", "03-04-88", "", "", "Nergens"] for number in range(40)]), location=north.pk)
    page(office, few)
    for run in (few, many):
        with django_assert_num_queries(11):
            page(office, run)
    for run in (few, many):
        press(office, run, "decide", all="dates") if run is many else press(office, run, "decide", accept="C2")
        start(office, run)
    for run in (few, many):
        with CaptureQueriesContext(connection) as captured:
            page(office, run)
        assert len(captured) == 13


@pytest.mark.parametrize("address", ["import", "import_progress", "import_workbook", "import_take_back"])
def test_strangers_see_no_import(office: Browser, north: Location, south: Location, anna: User, dana: User, address: str) -> None:
    run = start(office, send(office, book([["Haddad", "Rania", BORN, "", "", ""]]), location=north.pk))
    url = reverse(f"students:{address}", args=[run.pk])
    assert office.get(url).status_code == 200
    assert signed_in(staff(Role.ADMINISTRATION, south)).get(url).status_code == 404
    for other in (anna, dana):
        assert signed_in(other).get(url).status_code == 403
    assert Browser().get(url).status_code == 302


@pytest.mark.parametrize("address", ["layout", "decide", "start", "stop", "discard", "other"])
def test_strangers_change_no_import(office: Browser, north: Location, south: Location, anna: User, address: str) -> None:
    run = send(office, book([["Haddad", "Rania", "03-04-88", "", "", ""]]), location=north.pk)
    url = reverse(f"students:import_{address}", args=[run.pk, *(["C2"] if address == "other" else [])])
    assert signed_in(staff(Role.ADMINISTRATION, south)).post(url, {"accept": "C2", "version": 1}).status_code == 404
    assert signed_in(anna).post(url).status_code == 403
    assert Browser().post(url).status_code == 302
    assert office.get(url).status_code == (200 if address == "other" else 405)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cursisten.xlsx", b""),
        ("cursisten.csv", b"%PDF-1.7"),
        ("cursisten.xlsx", b"PK\x03\x04 half"),
        ("=HYPERLINK(1).exe", b"Achternaam\nHaddad\n"),
        ("\u202e.csv", b"a;b\n" * 50_001),
    ],
)
def test_a_hostile_file_gets_one_sentence_and_is_erased(office: Browser, north: Location, name: str, content: bytes) -> None:
    run = send(office, content, name, location=north.pk)

    assert run.state == "refused"
    with override("nl"):
        sentence = gettext(run.refusal)
    assert sentence != run.refusal
    assert escape(sentence) in page(office, run)
    assert not SealedFile.objects.exists()
    assert "kon niet worden gelezen" in office.get(reverse("students:imports")).content.decode()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Dit veld is verplicht."),
        ({"source": "own", "location": "x"}, "error-summary"),
        ({"source": "x"}, "Selecteer een geldige keuze."),
    ],
)
def test_what_is_missing_at_the_upload_is_said(office: Browser, north: Location, sent: dict[str, str], sentence: str) -> None:
    answer = office.post(reverse("students:imports"), sent)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_nobody_imports_into_another_location(office: Browser, south: Location) -> None:
    file = SimpleUploadedFile("a.csv", b"Achternaam\nHaddad\n")
    answer = office.post(reverse("students:imports"), {"file": file, "source": "own", "location": south.pk})

    assert answer.status_code == 422
    assert not ImportRun.objects.exists()


def test_naughty_names_come_in_as_text_or_are_asked(office: Browser, north: Location) -> None:
    naughty = [
        '=HYPERLINK("http://x")',
        "<script>alert(1)</script>",
        "'; DROP TABLE x; --",
        "\u202etest",
        "👩🏽",
        "a" * 400,
        "null",
    ]
    run = send(office, book([[text, "A", "", "", "", ""] for text in naughty]), location=north.pk)
    assert "<script>alert" not in page(office, run)
    assert list(asked(run)) == ["A7", "A8"]  # too long; "null" is what systems write for nothing
    run = start(office, run)

    assert Student.objects.count() == len(naughty) - 2
    assert "<script>alert" not in page(office, run)
    assert office.get(reverse("students:list")).status_code == 200

"""Layouts: versions that never change, a page to correct them, and nothing in them that may not leave."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kvs.models import Location, Role, User
from kvs.vocabulary import BLIK_OP_WERK, QUALITY
from reporting import profile
from reporting.actions import change_layout, make_report
from reporting.checks import problems
from reporting.models import ColumnProfile, ProfileColumn, ReportRun
from reporting.report import (
    Asked,
    Column,
    Content,
    Delivery,
    Filled,
    KnownColumn,
    Layout,
    Progress,
    Report,
    Table,
    reports,
)
from reporting.reports.duo import LAYOUT, REPORT
from tests.factories import staff
from tests.people import signed_in
from tests.reporting.duo_school import CODES, new_version

PAGE, CHANGE = "/rapporten/indeling/duo/", "/rapporten/indeling/duo/nieuw/"
TODAY = dt.date(2026, 3, 1)


def stored(version: int, valid_from: str, **facts: Any) -> ColumnProfile:
    """A version as it lies in the database."""
    known = {"report": "duo", "version": version, "valid_from": dt.date.fromisoformat(valid_from), "basis": "handleiding"}
    return ColumnProfile.objects.create(**(known | facts))


def typed(**changes: Any) -> dict[str, Any]:
    """The form as the page shows it first, with `changes`."""
    from reporting.forms import LayoutForm  # noqa: PLC0415

    newest = ColumnProfile.objects.order_by("-version").first() or profile.known(REPORT)
    form = LayoutForm(None, report=REPORT, present=newest)
    shown = {name: form[name].value() for name in form.fields}
    sent = {name: str(value) for name, value in shown.items() if value is not None and value is not False}
    return {name: value for name, value in {**sent, **changes}.items() if value is not None}


# --- which version holds


def test_the_known_facts_are_version_one_and_nothing_is_confirmed() -> None:
    known = profile.known(REPORT)
    assert (known.version, known.confirmed, known._state.adding) == (1, False, True)
    assert [(part.position, part.head, part.source) for part in known.parts] == [
        (1, "Burgerservicenummer", "bsn"),
        (2, "Soort cursus", "course"),
        (3, "Begindatum cursus", "starts_on"),
        (4, "Einddatum cursus", "ends_on"),
        (5, "Aantal ingekochte uren", "hours_agreed"),
        (6, "Aantal uren deelname aan cursus", "attended"),
        (7, "Aantal uren ONA-cursus gevolgd", "ona"),
    ]
    assert {part.confirmed for part in known.parts} == {False}
    assert known.parts[1].codes == {"literacy": "", "integration": "", "nt2": ""}  # no code is invented


@pytest.mark.parametrize(
    ("starts", "day", "holds"),
    [
        (["2026-01-01"], "2026-01-01", 1),
        (["2026-01-01", "2026-03-01"], "2026-02-28", 1),
        (["2026-01-01", "2026-03-01"], "2026-03-01", 2),
        (["2026-01-01", "2026-06-01", "2026-03-01"], "2026-07-01", 3),  # made later, so it replaces the one before
        (["2026-01-01", "2026-03-01", "2026-03-01"], "2026-03-01", 3),
    ],
)
def test_which_version_holds(db: None, starts: list[str], day: str, holds: int) -> None:
    for number, first in enumerate(starts, start=1):
        stored(number, first)
    assert profile.current(REPORT, dt.date.fromisoformat(day)).version == holds


def test_before_the_first_version_the_known_facts_hold(db: None) -> None:
    stored(2, "2026-03-01")
    assert profile.current(REPORT, dt.date(2026, 2, 1)).version == 1


def test_the_history_says_until_when(db: None) -> None:
    versions = [stored(1, "2026-01-01"), stored(2, "2026-06-01"), stored(3, "2026-03-01")]
    found = [(row.number, row.valid_from.isoformat(), str(row.valid_until), row.never) for row in profile.history(versions)]
    assert found == [
        (3, "2026-03-01", "None", False),
        (2, "2026-06-01", "2026-02-28", True),
        (1, "2026-01-01", "2026-02-28", False),
    ]


# --- versions never change


def test_the_database_refuses_to_change_a_version(ineke: User) -> None:
    new_version(REPORT, ineke, codes=CODES)
    for rows in (ColumnProfile.objects.all(), ProfileColumn.objects.all()):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            rows.update(confirmed=True)
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            rows.delete()


def test_a_change_is_a_new_version_and_the_known_facts_are_kept_as_the_first(ineke: User) -> None:
    made = new_version(REPORT, ineke, codes=CODES, decimals=2)
    assert (made.version, made.decimals, made.columns.get(source="course").codes) == (2, 2, CODES)
    first = ColumnProfile.objects.get(version=1)
    assert (first.decimals, first.columns.get(source="course").codes) == (0, {"literacy": "", "integration": "", "nt2": ""})
    assert [part.head for part in first.parts] == [part.head for part in made.parts]


def test_two_who_change_the_same_version(ineke: User) -> None:
    facts = {name: getattr(profile.known(REPORT), name) for name in profile.FACTS}
    columns = [{"position": 1, "head": "BSN", "source": "bsn", "codes": {}}]
    change_layout(report=REPORT, version=1, by=ineke, facts=facts, columns=columns)
    with pytest.raises(ValidationError, match="versie 2"):
        change_layout(report=REPORT, version=1, by=ineke, facts=facts, columns=columns)
    with pytest.raises(IntegrityError, match="column_profile_version_once"), transaction.atomic():
        stored(2, "2026-01-01")


# --- nothing in it that may not leave


@pytest.mark.parametrize("source", ["phone", "students.Student.phone", "person", "bsn_basis", "__class__", "note"])
def test_a_column_the_report_does_not_declare_is_refused(ineke: User, source: str) -> None:
    facts = {name: getattr(profile.known(REPORT), name) for name in profile.FACTS}
    columns = [{"position": 1, "head": "Iets", "source": source, "codes": {}}]
    with pytest.raises(ValidationError, match="uit de lijst"):
        change_layout(report=REPORT, version=1, by=ineke, facts=facts, columns=columns)
    smuggled = ProfileColumn(profile=profile.known(REPORT), position=1, head="Iets", source=source)
    with pytest.raises(KeyError):  # and past the action nothing is written either
        profile.written(profile.known(REPORT), smuggled, LAYOUT, object())


@pytest.mark.parametrize("code", ["=1+1", "+A", "-A", "@A", "A;B", 'A"B', "A\nB", "\tA", "ü", "💣"])
def test_a_code_is_letters_and_digits(ineke: User, code: str) -> None:
    with pytest.raises(ValidationError):
        new_version(REPORT, ineke, codes=CODES | {"nt2": code})
    answer = signed_in(ineke).post(CHANGE, typed(**{"code-course-nt2": code}))
    assert (answer.status_code, ColumnProfile.objects.count()) == (422, 0) or code.strip() == "A"


@pytest.mark.parametrize("head", ["=SUM(A1)", "-kop", "@kop", " ", "kop;kop", "kop\x00", "‮kop"])
def test_a_head_is_no_formula(ineke: User, head: str) -> None:
    answer = signed_in(ineke).post(CHANGE, typed(**{"head-0": head}))
    assert (answer.status_code, ColumnProfile.objects.count()) == (422, 0)


# --- the pages


def test_who_may_see_and_change_a_layout(ineke: User, dana: User, anna: User, chris: User, sami: User, south: Location) -> None:
    users = [ineke, staff(Role.ADMINISTRATION, south), dana, staff(Role.MANAGEMENT), anna, chris, sami, staff(Role.FINANCE)]
    assert [signed_in(user).get(PAGE).status_code for user in users] == [200, 200, 200, 403, 403, 403, 403, 403]
    assert [signed_in(user).get(CHANGE).status_code for user in users] == [200, 200, 403, 403, 403, 403, 403, 403]
    for code in ("municipality", "nothing"):  # no layout
        assert signed_in(ineke).get(f"/rapporten/indeling/{code}/").status_code == 404
        assert signed_in(ineke).get(f"/rapporten/indeling/{code}/nieuw/").status_code == 404


def test_administration_fills_in_the_codes(ineke: User) -> None:
    client = signed_in(ineke)
    first = client.get(PAGE).content.decode()
    assert "De codes voor “Soort cursus” zijn niet ingevuld." in first
    assert first.count("nog niet bevestigd") == 8  # seven columns and how it is written
    codes = {f"code-course-{value}": code for value, code in CODES.items()}
    answer = client.post(CHANGE, typed(**codes, basis="Handleiding DUO 2026, blz. 12", confirmed="on"))
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    page = client.get(PAGE).content.decode()
    assert "De codes voor" not in page
    assert "inburgeringscursus = I1" in page
    assert "Handleiding DUO 2026, blz. 12" in page
    assert "Ineke Hofstra" in page
    assert page.count("nog niet bevestigd") == 7
    assert "alfabetiseringscursus = ?" in client.get(f"{PAGE}?versie=1").content.decode()
    assert ColumnProfile.objects.get(version=2).valid_from == timezone.localdate()


def test_columns_are_added_moved_and_taken_out(ineke: User) -> None:
    changes = {
        "position-0": "9",
        "head-2": "",
        "source-2": "",
        "position-7": "1",
        "head-7": "BoW-nummer",
        "source-7": "bow_number",
    }
    assert signed_in(ineke).post(CHANGE, typed(**changes)).status_code == 302
    parts = ColumnProfile.objects.get(version=2).parts
    assert [(part.position, part.source) for part in parts] == [
        (1, "bow_number"),
        (2, "course"),
        (4, "ends_on"),
        (5, "hours_agreed"),
        (6, "attended"),
        (7, "ona"),
        (9, "bsn"),
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"position-1": "1"}, "Een andere kolom heeft deze plaats al."),
        ({"position-1": "0"}, "Een plaats is een getal van 1 tot en met 99."),
        ({"position-1": "999999999999999999999"}, ""),
        ({"position-1": ""}, "Vul in op welke plaats deze kolom staat."),
        ({"head-1": ""}, "Vul de kop in, of kies"),
        ({"source-1": "phone"}, "Selecteer een geldige keuze."),
        ({"max_length-1": "0"}, "Een waarde heeft 1 tot en met 999 tekens."),
        ({"hour_minutes": "0"}, "Een uur heeft 30 tot en met 60 minuten."),
        ({"decimals": "3"}, "Uren hebben 0, 1 of 2 decimalen."),
        ({"basis": ""}, "Dit veld is verplicht."),
        ({"valid_from": "2020-01-01"}, "Een nieuwe versie geldt vanaf vandaag of later."),
        ({"valid_from": "0000-01-01"}, "Voer een geldige datum in."),
        ({"separator": "|"}, "Selecteer een geldige keuze."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(ineke: User, changes: dict[str, str], sentence: str) -> None:
    answer = signed_in(ineke).post(CHANGE, typed(**{"head-7": "Nieuwe kop", "position-7": "8"} | changes))
    page = answer.content.decode()
    assert (answer.status_code, ColumnProfile.objects.count()) == (422, 0)
    assert sentence in page
    assert 'value="Nieuwe kop"' in page


def test_the_second_saver_keeps_what_was_typed_and_is_told(ineke: User) -> None:
    client, both = signed_in(ineke), typed(**{"head-0": "Mijn kop"})
    assert client.post(CHANGE, typed()).status_code == 302
    answer = client.post(CHANGE, both)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Een collega maakte intussen versie 2." in page
    assert 'value="Mijn kop"' in page
    assert ColumnProfile.objects.count() == 2
    again = {**both, "version": "2"}  # as the page now has it
    assert 'name="version" value="2"' in page
    assert client.post(CHANGE, again).status_code == 302


def test_the_page_needs_the_same_queries_for_one_version_and_for_four(ineke: User) -> None:
    def count() -> int:
        client = signed_in(ineke)
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        return len(queries)

    new_version(REPORT, ineke, codes=CODES)
    before = count()
    for decimals in (1, 2):
        new_version(REPORT, ineke, codes=CODES, decimals=decimals)
    assert count() == before


def test_looking_writes_nothing(ineke: User) -> None:
    client = signed_in(ineke)
    for address in (PAGE, CHANGE, f"{PAGE}?versie=99999999999999999999", f"{PAGE}?versie=x", "/rapporten/nieuw/duo/"):
        assert client.get(address).status_code == 200
    assert ColumnProfile.objects.count() == 0


# --- adding one


@dataclass(frozen=True)
class Room:
    """A row of a file about nobody."""

    name: str
    kind: str


def rooms_report() -> Report:
    """A report with a layout as one file in reporting/reports/ would define it, and nothing else anywhere."""
    columns = (
        Column("name", "Lokaal", ("attendance.Lesson.room",)),
        Column("kind", "Soort", ("attendance.Lesson.delivery",), values=(("classroom", "klas"),)),
    )
    layout = Layout(
        row=Room,
        columns=columns,
        known=(KnownColumn("Lokaal", "name", "test"),),
        known_from=dt.date(2026, 1, 1),
        facts={"basis": "test", "with_head": False},
        needs=list,
    )
    table = Table("Lokalen", Room, columns[:1], "Geen.")

    def build(asked: Asked, by: User, progress: Progress) -> Content:
        rows = [Room("2.04", "classroom"), Room("@1.10", "classroom")]
        sent = Delivery(profile.current(report, TODAY), "lokalen.csv", rows, ())
        return Content("lokalen", (Filled(table, rows),), delivery=sent)

    report = Report(
        code="rooms",
        title="Lokalen",
        explanation="",
        recipient=BLIK_OP_WERK,
        purpose=QUALITY,
        roles=frozenset({Role.ADMINISTRATION}),
        form=forms.Form,
        tables=(table,),
        definitions=(),
        period=lambda parameters: "",
        build=build,
        layout=layout,
    )
    return report


def test_a_report_with_a_layout_is_one_file(ineke: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reports(), "rooms", rooms_report())
    assert list(problems([reports()["rooms"]])) == []
    client = signed_in(ineke)
    assert "Lokalen" in client.get("/rapporten/").content.decode()
    assert [
        client.get(f"/rapporten/{path}/").status_code for path in ("nieuw/rooms", "indeling/rooms", "indeling/rooms/nieuw")
    ] == [*(200, 200, 200)]
    assert client.post("/rapporten/nieuw/rooms/").status_code == 302
    run = ReportRun.objects.get()
    make_report(run, lambda done, total, doing: None)
    file = run.files.get(format="csv")
    answer = client.get(f"/rapporten/{run.pk}/bestand/{file.pk}/")
    assert (answer.content, answer["Content-Disposition"]) == (b"2.04\r\n'@1.10\r\n", 'attachment; filename="lokalen.csv"')
    assert ColumnProfile.objects.get(report="rooms").version == 1
    assert "voor Blik op Werk" in client.get(f"/rapporten/{run.pk}/").content.decode()


# --- how values look


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("jjjjmmdd", "20260309"),
        ("dd-mm-jjjj", "09-03-2026"),
        ("dd/mm/jjjj", "09/03/2026"),
        ("jjjj-mm-dd", "2026-03-09"),
        ("ddmmjjjj", "09032026"),
    ],
)
def test_dates(form: str, written: str) -> None:
    assert profile.date_written(form, dt.date(2026, 3, 9)) == written
    assert form in ColumnProfile.DateForm.values


def test_every_way_of_writing_dates_is_tried() -> None:
    assert len(ColumnProfile.DateForm) == 5
    assert profile.date_written("jjjjmmdd", dt.date(202, 1, 1)) == "02020101"  # a typing error stays a date of eight digits

"""The report for a municipality: issue 2, acceptance (ii), and golden rows of one fixed school."""

import csv
import datetime as dt
import io
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pdfua
import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from attendance.actions import Row as RegisterRow
from attendance.actions import sign_register
from attendance.actions.planning import cancel_lesson
from attendance.actions.reasons import give_reasons
from attendance.models import Mark
from kvs.files import open_file
from kvs.models import Location, Role, User
from kvs.pdf import pdf_available
from reporting.actions import LANGUAGE, ask_report, hand_over, make_report
from reporting.lessons import UnsignedRow, first_of_month
from reporting.models import Disclosure, ReportRun
from reporting.render import Document, to_csv, to_html, to_pdf, to_xlsx
from reporting.report import Content
from reporting.reports.municipality import REPORT, MunicipalityForm, Row
from students import actions
from students.models import Client
from tests.factories import agree, limit, make_group, make_lesson, make_student, note_reasons, place, staff, teach
from tests.people import signed_in
from tests.reporting.conftest import CONTRACTS_FROM, LINK, OCTOBER, FixedSchool, at

needs_pango = pytest.mark.skipif(bool(pdf_available()), reason=pdf_available())


def made(client: Client, by: User, month: dt.date = OCTOBER) -> Content:
    with override(LANGUAGE):
        return REPORT.build({"client": client, "month": month}, by, lambda done, total, doing: None)


def rows(content: Content) -> list[Row]:
    return list(content.tables[0].rows)


def unsigned(content: Content) -> list[UnsignedRow]:
    return list(content.tables[1].rows)


def minutes(row: Row) -> tuple[int, ...]:
    """Lessons, offered, attended, excused, not known yet, unexcused, late."""
    return (row.lessons, row.offered, row.attended, row.excused, row.unknown, row.unexcused, row.late)


def test_utrecht_has_only_the_tenth_and_zeist_only_the_twentieth(fixed: FixedSchool, ineke: User) -> None:
    utrecht, zeist = made(fixed.utrecht, ineke), made(fixed.zeist, ineke)
    moved, odd = fixed.people["moved"], fixed.people["odd"]
    assert {row.person: minutes(row) for row in rows(utrecht)} == {
        moved.audit_id: (1, 90, 75, 0, 0, 0, 15),
        odd.audit_id: (2, 180, 0, 90, 0, 90, 0),
    }
    assert {row.person: minutes(row) for row in rows(zeist)} == {moved.audit_id: (1, 90, 90, 0, 0, 0, 0)}
    assert (utrecht.people, zeist.people) == ((odd.audit_id, moved.audit_id), (moved.audit_id,))


def test_the_twelfth_stands_under_not_signed(fixed: FixedSchool, ineke: User) -> None:
    twelfth = UnsignedRow(dt.date(2025, 10, 12), "NT2 B1 dag 2", "09:00 – 10:30", 2)
    assert unsigned(made(fixed.utrecht, ineke)) == [twelfth]
    assert unsigned(made(fixed.zeist, ineke)) == []


def test_the_names_are_as_in_lists_and_the_odd_one_is_itself(fixed: FixedSchool, ineke: User) -> None:
    assert [(row.name, row.number) for row in rows(made(fixed.utrecht, ineke))] == [
        (LINK, fixed.people["odd"].number),
        ("Wisselaar, Siti van den", fixed.people["moved"].number),
    ]


def test_minutes_add_up_and_percentages_are_of_the_sums(fixed: FixedSchool, ineke: User) -> None:
    content = made(fixed.utrecht, ineke)
    total = content.tables[0].total
    for row in [*rows(content), total]:
        assert row.offered == row.attended + row.excused + row.unknown + row.unexcused + row.late
    assert minutes(total) == (3, 270, 75, 90, 0, 90, 15)
    assert [(row.present, row.present_unexcused) for row in [*rows(content), total]] == [
        (Decimal("0.0"), Decimal("0.0")),
        (Decimal("83.3"), Decimal("83.3")),
        (Decimal("27.8"), Decimal("41.7")),
    ]
    assert content.figures == (("2", "cursisten"), ("4,5", "uur aangeboden"), ("1,25", "uur gevolgd"), ("27,8 %", "aanwezig"))


def test_excused_minutes_leave_the_second_percentage() -> None:
    row = Row(None, "x", "1", 2, offered=180, attended=90, excused=60, unknown=0, unexcused=30, late=0, proven=0)
    assert (row.present, row.present_unexcused) == (Decimal("50.0"), Decimal("75.0"))
    nothing = Row(None, "x", "1", 1, offered=90, attended=0, excused=90, unknown=0, unexcused=0, late=0, proven=0)
    assert (nothing.present, nothing.present_unexcused) == (Decimal("0.0"), None)


def test_what_both_said_is_proven(fixed: FixedSchool, ineke: User) -> None:
    assert made(fixed.utrecht, ineke).remarks[0][1].startswith("Van de gevolgde minuten is 0,0 % bevestigd")
    moved = Mark.objects.filter(lesson=fixed.lessons[10], enrolment=fixed.places["moved"])
    moved.update(student_at=at(10))
    assert made(fixed.utrecht, ineke).remarks[0][1].startswith("Van de gevolgde minuten is 100,0 % bevestigd")


def test_a_cancelled_lesson_counts_nowhere(fixed: FixedSchool, anna: User, ineke: User) -> None:
    cancel_lesson(lesson=fixed.lessons[12], version=1, by=ineke)
    assert unsigned(made(fixed.utrecht, ineke)) == []


def test_the_months_around_it_are_empty(fixed: FixedSchool, ineke: User) -> None:
    for month in (dt.date(2025, 9, 1), dt.date(2025, 11, 1)):
        content = made(fixed.utrecht, ineke, month)
        assert [list(filled.rows) for filled in content.tables] == [[], []]
        assert content.people == ()


def test_two_places_of_one_student_are_one_row(fixed: FixedSchool, north: Location, anna: User, ineke: User) -> None:
    other = make_group(north, ineke, name="KNM")
    teach(anna, other, ineke)
    second = place(fixed.people["odd"], other, ineke)
    actions.add_contract(programme=second.programme, by=ineke, client=fixed.utrecht, starts_on=CONTRACTS_FROM)
    lesson = make_lesson(other, ineke, starts_at=at(21), minutes=60)
    sign_register(lesson=lesson, rows=[RegisterRow(second.pk, "present")], by=anna)
    assert minutes(rows(made(fixed.utrecht, ineke))[0]) == (3, 240, 60, 90, 0, 90, 0)


def test_another_location_is_left_out_and_that_is_said(fixed: FixedSchool, south: Location, chris: User, ineke: User) -> None:
    group = make_group(south, ineke)
    teach(chris, group, ineke)
    elsewhere = place(make_student(south, ineke, surname="Zuidema"), group, ineke)
    actions.add_contract(programme=elsewhere.programme, by=ineke, client=fixed.utrecht, starts_on=CONTRACTS_FROM)
    make_lesson(group, ineke, starts_at=at(22))
    lesson = make_lesson(group, ineke, starts_at=at(23))
    sign_register(lesson=lesson, rows=[RegisterRow(elsewhere.pk, "present")], by=chris)
    boss = staff(Role.MANAGEMENT)
    part, whole = made(fixed.utrecht, ineke), made(fixed.utrecht, boss)
    assert part.about == "Gemeente Utrecht · 1 okt 2025 t/m 31 okt 2025 · alleen vestiging Noord"
    assert whole.about == "Gemeente Utrecht · 1 okt 2025 t/m 31 okt 2025"
    assert len(rows(whole)) - len(rows(part)) == 1
    assert len(unsigned(whole)) - len(unsigned(part)) == 1


def test_a_teacher_role_elsewhere_adds_nothing(fixed: FixedSchool, south: Location, ineke: User, sami: User) -> None:
    """Ineke also teaches at South; her report as administration of North stays that of North."""
    from kvs.models import Membership  # noqa: PLC0415

    group = make_group(south, sami)
    Membership.objects.create(user=ineke, role=Role.TEACHER, location=south, starts_on=CONTRACTS_FROM)
    ineke = User.objects.get(pk=ineke.pk)
    teach(ineke, group, sami)
    elsewhere = place(make_student(south, sami), group, sami)
    actions.add_contract(programme=elsewhere.programme, by=sami, client=fixed.utrecht, starts_on=CONTRACTS_FROM)
    sign_register(lesson=make_lesson(group, sami, starts_at=at(23)), rows=[RegisterRow(elsewhere.pk, "present")], by=ineke)
    assert len(rows(made(fixed.utrecht, ineke))) == 2


def test_queries_do_not_grow_with_students(fixed: FixedSchool, north: Location, anna: User, ineke: User) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            made(fixed.utrecht, User.objects.get(pk=ineke.pk))
        return len(queries)

    before = count()
    for number in range(3):  # each in a group and programme of its own
        group = make_group(north, ineke)
        teach(anna, group, ineke)
        placed = place(make_student(north, ineke), group, ineke)
        actions.add_contract(programme=placed.programme, by=ineke, client=fixed.utrecht, starts_on=CONTRACTS_FROM)
        lesson = make_lesson(group, ineke, starts_at=at(24, 9 + number))
        sign_register(lesson=lesson, rows=[RegisterRow(placed.pk, "present")], by=anna)
    assert len(rows(made(fixed.utrecht, ineke))) == 5
    assert count() == before


def test_progress_is_told_for_every_row(fixed: FixedSchool, ineke: User) -> None:
    told: list[tuple[int, int | None]] = []
    REPORT.build({"client": fixed.utrecht, "month": OCTOBER}, ineke, lambda done, total, doing: told.append((done, total)))
    assert told == [(1, None), (2, None)]


# --- the four files say the same


def document(content: Content) -> Document:
    made_at = dt.datetime(2025, 11, 3, 11, 2, tzinfo=dt.UTC)
    return Document(REPORT, content, "Taalschool Lindenhof", "oktober 2025", 1, made_at, "9F2A-71C4")


HEAD = [
    "Cursist",
    "Nummer",
    "Lessen",
    "Aangeboden",
    "Gevolgd",
    "Geoorloofd",
    "Nog onbekend",
    "Ongeoorloofd",
    "Te laat",
    "Aanwezig (%)",
    "Zonder geoorloofd (%)",
]


def golden(fixed: FixedSchool) -> list[list[Any]]:
    """The rows of Utrecht as every file has them."""
    return [
        [LINK, fixed.people["odd"].number, 2, 180, 0, 90, 0, 90, 0, 0.0, 0.0],
        ["Wisselaar, Siti van den", fixed.people["moved"].number, 1, 90, 75, 0, 0, 0, 15, 83.3, 83.3],
    ]


def test_the_workbook(fixed: FixedSchool, ineke: User) -> None:
    with override(LANGUAGE):
        book = CalamineWorkbook.from_filelike(io.BytesIO(to_xlsx(document(made(fixed.utrecht, ineke)))))
    assert book.sheet_names == ["Per cursist, in minuten", "Niet getekend, dus niet…", "Toelichting"]
    sheet = book.get_sheet_by_index(0).to_python()
    assert sheet[0] == HEAD
    assert sheet[1:] == [*golden(fixed), ["Totaal, 2 cursisten", "", 3, 270, 75, 90, 0, 90, 15, 27.8, 41.7]]
    assert book.get_sheet_by_index(1).to_python()[1:] == [[dt.date(2025, 10, 12), "NT2 B1 dag 2", "09:00 – 10:30", 2]]
    explained = {row[0]: str(row[1]) for row in book.get_sheet_by_index(2).to_python()[1:]}
    assert explained["¹ Aanwezig"] == "gevolgde minuten gedeeld door aangeboden minuten."
    assert explained["Geoorloofd"].endswith("(nog niet bevestigd)")


def test_the_csv(fixed: FixedSchool, ineke: User) -> None:
    with override(LANGUAGE):
        first, second = (to_csv(document(made(fixed.utrecht, ineke)), number).decode("utf-8-sig") for number in (0, 1))
    found = list(csv.reader(io.StringIO(first), delimiter=";"))
    expected = [[str(cell).replace(".", ",") for cell in row] for row in golden(fixed)]
    expected[0][0] = f"'{LINK}"
    assert found == [HEAD, *expected]
    assert list(csv.reader(io.StringIO(second), delimiter=";"))[1:] == [["2025-10-12", "NT2 B1 dag 2", "09:00 – 10:30", "2"]]


def test_the_page_escapes_what_was_typed(fixed: FixedSchool, ineke: User) -> None:
    student = fixed.people["odd"]
    student.surname = "<img src=x><script>"
    student.save()
    with override(LANGUAGE):
        page = to_html(document(made(fixed.utrecht, ineke)))
    assert "&lt;img src=x&gt;&lt;script&gt;" in page
    assert re.findall(r"<(?:img|script)", page) == []


def written(row: list[Any]) -> str:
    """A golden row as it reads on paper, without spaces: a long name goes on at the next line."""
    texts = [f"{cell:.1f}%".replace(".", ",") if isinstance(cell, float) else str(cell) for cell in row]
    return "".join("".join(texts).split())


@needs_pango
def test_the_pdf_reads_back_as_the_rows(fixed: FixedSchool, ineke: User, tmp_path: Path) -> None:
    with override(LANGUAGE):
        content = to_pdf(document(made(fixed.utrecht, ineke)))
    (tmp_path / "report.pdf").write_bytes(content)
    findings = pdfua.validate(str(tmp_path / "report.pdf")).findings
    assert [finding.message for finding in findings if finding.severity >= pdfua.Severity.ERROR] == []
    text = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())
    assert [written(row) in text for row in golden(fixed)] == [True, True]
    assert written(["Totaal, 2 cursisten", 3, 270, 75, 90, 0, 90, 15, 27.8, 41.7]) in text
    assert written(["zo 12 okt 2025", "NT2 B1 dag 2", "09:00 – 10:30", 2]) in text
    assert "Zelfbetaler" not in text
    assert written(["Versie 1 · Kenmerk 9F2A-71C4 · 1 / 1"]) in text


# --- asking


@pytest.mark.parametrize(
    ("month", "wrong"),
    [
        ("2025-10-01", False),
        ("2025-10-02", True),
        ("oktober", True),
        ("", True),
        ("9999-01-01", True),
        ("2025-13-01", True),
    ],
)
def test_months(db: None, month: str, wrong: bool) -> None:
    client = Client.objects.create(name="Gemeente Rijnkerk")
    form = MunicipalityForm({"client": str(client.pk), "month": month})
    assert form.is_valid() is not wrong
    assert set(form.errors) == ({"month"} if wrong else set())


def test_only_municipalities_can_be_chosen(db: None) -> None:
    baker = Client.objects.create(name="Bakkerij", kind=Client.Kind.EMPLOYER)
    for value in (str(baker.pk), "", "x", "00000000-0000-0000-0000-000000000000"):
        form = MunicipalityForm({"client": value, "month": "2025-10-01"})
        assert set(form.errors) == {"client"}


def test_months_go_back_over_new_year() -> None:
    assert [first_of_month(dt.date(2026, 1, 31), back) for back in (0, 1, 13)] == [
        dt.date(2026, 1, 1),
        dt.date(2025, 12, 1),
        dt.date(2024, 12, 1),
    ]


def test_absence_without_a_reason_holds_up_the_month(fixed: FixedSchool, ineke: User) -> None:
    note_reasons()
    content = made(fixed.utrecht, ineke)
    assert minutes(content.tables[0].total) == (3, 270, 75, 0, 180, 0, 15)
    block, unsigned_one = content.blocks
    assert block.text == "2 afwezigheden van deze maand hebben nog geen reden. Waren ze geoorloofd of niet?"
    assert block.url == f"/afwezig/zonder-reden/?maand=2025-10&opdrachtgever={fixed.utrecht.pk}"
    assert made(fixed.zeist, ineke).blocks == ()  # nobody of theirs was absent

    absent = Mark.objects.absent().filter(enrolment__programme__student=fixed.people["odd"]).order_by("lesson__day")
    give_reasons(chosen={mark.pk: code for mark, code in zip(absent, ("ill", "unexcused"), strict=True)}, by=ineke)
    content = made(fixed.utrecht, ineke)
    assert content.blocks == (unsigned_one,)
    assert minutes(content.tables[0].total) == (3, 270, 75, 90, 0, 90, 15)
    assert not {"ziek", "ill"} & {str(value) for row in rows(content) for value in vars(row).values()}


def test_a_report_that_is_held_up_is_not_handed_over(fixed: FixedSchool, ineke: User, north: Location) -> None:
    note_reasons()
    run = ask_report(report=REPORT, asked={"client": fixed.utrecht, "month": OCTOBER}, by=ineke)
    make_report(run, lambda done, total, doing: None)
    run.refresh_from_db()
    assert [block["waits"] for block in run.blocks] == [False, True]
    assert signed_in(ineke).get(reverse("reporting:hand_over", args=[run.pk])).status_code == 404
    page = signed_in(ineke).get(reverse("reporting:run", args=[run.pk])).content.decode()
    assert "Dit rapport kan nog niet worden overgedragen" in page
    assert f"/afwezig/zonder-reden/?maand=2025-10&amp;opdrachtgever={fixed.utrecht.pk}" in page
    with pytest.raises(ValueError, match="not handed over"):
        hand_over(file=run.files.get(format="csv", table=1), channel="portal", by=ineke, despite="later")


def finished(client: Client, by: User, month: dt.date = OCTOBER) -> ReportRun:
    run = ask_report(report=REPORT, asked={"client": client, "month": month}, by=by)
    make_report(run, lambda done, total, doing: None)
    run.refresh_from_db()
    return run


def test_a_month_with_unsigned_lessons_waits_and_goes_all_the_same_with_a_reason(fixed: FixedSchool, ineke: User) -> None:
    """design/look.md: the client waits; "toch maken" with a reason, with those lessons listed apart."""
    run, browser = finished(fixed.utrecht, ineke), signed_in(ineke)
    address = reverse("reporting:hand_over", args=[run.pk])
    page = browser.get(reverse("reporting:run", args=[run.pk])).content.decode()
    assert "1 les van deze maand is niet getekend, en telt dus niet mee." in page
    assert "Toch overdragen" in page

    typed = {"file": str(run.files.get(format="xlsx").pk), "channel": "portal"}
    refused = browser.post(address, typed)
    assert (refused.status_code, Disclosure.objects.count()) == (422, 0)
    assert refused.context["form"].errors["despite"]
    with pytest.raises(ValidationError, match="Kies waarom"):
        hand_over(file=run.files.get(format="xlsx"), channel="portal", by=ineke)

    assert browser.post(address, typed | {"despite": "unsigned"}).status_code == 302
    assert Disclosure.objects.get().despite == "unsigned"
    assert "deze lessen kunnen niet meer worden getekend" in browser.get(reverse("reporting:run", args=[run.pk])).content.decode()


def test_a_finished_month_asks_no_reason(fixed: FixedSchool, ineke: User) -> None:
    run = finished(fixed.zeist, ineke)
    assert (run.blocks, run.waits) == ([], False)
    page = signed_in(ineke).get(reverse("reporting:hand_over", args=[run.pk])).content.decode()
    assert "Waarom gaat het toch?" not in page
    assert hand_over(file=run.files.get(format="xlsx"), channel="portal", by=ineke, despite="asked").despite == ""


def test_a_month_that_is_not_over_says_so_on_the_page_and_in_the_document_and_waits(fixed: FixedSchool, ineke: User) -> None:
    run = finished(fixed.zeist, ineke, first_of_month(timezone.localdate()))
    assert (run.waits, run.held_up) == (True, False)
    sentence = "De maand eindigt op "
    assert sentence in signed_in(ineke).get(reverse("reporting:run", args=[run.pk])).content.decode()
    document = open_file(run.files.get(format="html").file).decode()
    assert document.count("De maand is nog niet voorbij") == 2  # under the title, and with what it means
    assert sentence in document


def test_the_link_to_the_reasons_opens_those_of_the_client_only(fixed: FixedSchool, ineke: User) -> None:
    note_reasons()
    block = made(fixed.utrecht, ineke).blocks[0]
    lines = signed_in(ineke).get(block.url).context["lines"]
    assert {line["student"] for line in lines} == {fixed.people["odd"]}
    for wrong in (block.url.replace(str(fixed.utrecht.pk), str(fixed.zeist.pk)), block.url.replace("2025-10", "2025-11")):
        assert signed_in(ineke).get(wrong).context["lines"] == []
    assert len(lines) == 2


# --- reasons by agreement


def reasons_of(content: Content) -> list[tuple[str, dt.date, int, str]]:
    return [(row.name, row.day, row.minutes, row.reason) for filled in content.tables[2:] for row in filled.rows]


def made_whole(fixed: FixedSchool, by: User) -> ReportRun:
    form = MunicipalityForm({"client": str(fixed.utrecht.pk), "month": "2025-10-01"})
    assert form.is_valid()
    run = ask_report(report=REPORT, asked=form.cleaned_data, by=by)
    make_report(run, lambda done, total, doing: None)
    run.refresh_from_db()
    return run


@pytest.fixture
def away(fixed: FixedSchool, ineke: User) -> list[Mark]:
    """The two lessons that Utrecht's student with the odd name missed, on the 10th and the 20th."""
    note_reasons()
    return list(Mark.objects.absent().filter(enrolment=fixed.places["odd"]).order_by("lesson__day"))


def test_an_agreement_adds_a_table_and_changes_nothing_else(fixed: FixedSchool, away: list[Mark], ineke: User) -> None:
    give_reasons(chosen={away[0].pk: "holiday", away[1].pk: "holiday"}, by=ineke)
    without = made(fixed.utrecht, ineke)
    agree(fixed.utrecht, ineke, starts_on=dt.date(2025, 10, 11))
    form = MunicipalityForm({"client": str(fixed.utrecht.pk), "month": "2025-10-01"})
    assert form.is_valid()
    with override(LANGUAGE):
        content = REPORT.build(form.cleaned_data, ineke, lambda done, total, doing: None)

    assert reasons_of(content) == [(LINK, dt.date(2025, 10, 20), 90, "vakantie")]
    assert (content.tables[:2], content.figures, content.people) == (without.tables, without.figures, without.people)
    assert ("Redenen volgens afspraak" in dict(content.remarks), len(without.tables)) == (True, 2)
    assert "vakantie (Overeenkomst, artikel 7)" in dict(content.remarks)["Redenen volgens afspraak"]
    assert "Redenen volgens afspraak" not in dict(without.remarks)


def test_pdf_workbook_and_csv_name_the_same_reasons(fixed: FixedSchool, away: list[Mark], ineke: User) -> None:
    agree(fixed.utrecht, ineke, "holiday", "appointment")
    give_reasons(chosen={away[0].pk: "appointment", away[1].pk: "ill"}, by=ineke)
    run = made_whole(fixed, ineke)
    row = [fixed.people["odd"].number, "2025-10-10", "90", "examen of afspraak bij de gemeente"]

    table = list(csv.reader(io.StringIO(opened(run, "csv", 3).decode("utf-8-sig")), delimiter=";"))
    assert table[1:] == [[f"'{LINK}", *row]]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(opened(run, "xlsx"))).get_sheet_by_name("Redenen volgens afspraak")
    (cells,) = sheet.to_python()[1:]
    assert [str(cells[1]), cells[2], cells[3], cells[4]] == [row[0], dt.date(2025, 10, 10), 90, row[3]]
    page = opened(run, "html").decode()
    assert (page.count(row[3]), page.count("vakantie"), page.count("ziek")) == (2, 1, 0)  # the row, and what is agreed
    if not pdf_available():
        text = "".join(part.extract_text() for part in PdfReader(io.BytesIO(opened(run, "pdf"))).pages)
        assert "examen of afspraak bij de" in text


def opened(run: ReportRun, kind: str, table: int = 0) -> bytes:
    return open_file(run.files.get(format=kind, table=table).file)


def test_the_disclosure_says_that_reasons_were_given(fixed: FixedSchool, away: list[Mark], ineke: User) -> None:
    give_reasons(chosen={away[0].pk: "holiday", away[1].pk: "ill"}, by=ineke)
    plain = made_whole(fixed, ineke)
    agree(fixed.utrecht, ineke)
    named = made_whole(fixed, ineke)

    given = [
        hand_over(file=run.files.get(format="csv", table=1), channel="portal", by=ineke, despite="later")
        for run in (plain, named)
    ]
    with override(LANGUAGE):
        titles = [str(disclosure.title) for disclosure in given]
    assert titles == ["Presentie", "Presentie, met redenen van afwezigheid volgens afspraak"]
    assert (plain.version, named.version) == (1, 1)  # another question


def test_who_is_not_in_the_report_is_not_in_its_reasons(fixed: FixedSchool, away: list[Mark], ineke: User) -> None:
    agree(fixed.utrecht, ineke)
    give_reasons(chosen={mark.pk: "holiday" for mark in away}, by=ineke)
    limit(fixed.people["odd"], ineke, "attendance")

    (file,) = made_whole(fixed, ineke).files.filter(format="csv", table=3)
    assert len(open_file(file.file).decode("utf-8-sig").splitlines()) == 1  # the head


def test_a_report_is_not_made_when_the_agreement_ended_meanwhile(fixed: FixedSchool, away: list[Mark], ineke: User) -> None:
    agreement = agree(fixed.utrecht, ineke)
    form = MunicipalityForm({"client": str(fixed.utrecht.pk), "month": "2025-10-01"})
    assert form.is_valid()
    run = ask_report(report=REPORT, asked=form.cleaned_data, by=ineke)
    agreement.delete()

    with pytest.raises(ValueError, match="no longer holds"):
        make_report(run, lambda done, total, doing: None)
    assert not run.files.exists()

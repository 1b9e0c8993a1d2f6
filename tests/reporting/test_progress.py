"""The progress report for a municipality: levels, exams and hours on days it commissioned, in the school of October 2025."""

import csv
import datetime as dt
import io
from decimal import Decimal
from pathlib import Path

import pdfua
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from attendance.actions import Row as RegisterRow
from attendance.actions import sign_register
from exams.actions import Cell, add_attempt, record_levels
from exams.models import ExamAttempt
from kvs.models import Location, Membership, Role, User
from kvs.pdf import pdf_available
from reporting.actions import LANGUAGE, ask_report, hand_over, make_report
from reporting.models import DisclosedPerson
from reporting.render import Document, to_csv, to_html, to_pdf, to_xlsx
from reporting.report import Content
from reporting.reports.progress import REPORT, ExamRow, MeasuredRow, Row
from reporting.rules import in_hours
from students import actions
from students.models import Client, Enrolment, Programme
from tests.factories import make_group, make_lesson, make_student, place, staff, teach
from tests.people import signed_in
from tests.reporting.conftest import CONTRACTS_FROM, LINK, OCTOBER, FixedSchool, at

needs_pango = pytest.mark.skipif(bool(pdf_available()), reason=pdf_available())
READ, LISTEN, SPEAK = "nt2_1_le", "nt2_1_lu", "nt2_1_sp"


def october(day: int, month: int = 10) -> dt.date:
    return dt.date(2025, month, day)


def measure(enrolment: Enrolment, day: dt.date, by: User, kind: str = "interim", **levels: str) -> None:
    cells = {(enrolment.programme_id, skill): Cell({"level": level}) for skill, level in levels.items()}
    record_levels(day=day, kind=kind, cells=cells, by=by)


def sit(enrolment: Enrolment, day: dt.date, by: User, part: str = READ, result: str = "failed") -> ExamAttempt:
    programme: Programme = enrolment.programme
    return add_attempt(programme=programme, by=by, part=part, level="b1", taken_on=day, result=result)


@pytest.fixture
def measured(fixed: FixedSchool, anna: User, ineke: User) -> FixedSchool:
    """Wisselaar, who moves from Utrecht to Zeist on the 15th, was measured on the 9th and the 16th and sat exams on both sides.

    The odd one of Utrecht was measured in August and on the 31st; the self-payer too. An exam is planned for next year.
    """
    moved, odd, alone = (fixed.places[name] for name in ("moved", "odd", "alone"))
    measure(moved, october(9), anna, "intake", reading="a2_1", listening="a1_2")
    measure(moved, october(16), anna, reading="b1_1")
    measure(odd, october(20, month=8), anna, "intake", reading="a1_1", writing="a1_1")
    measure(odd, october(31), anna, reading="a1_2")
    measure(odd, october(1, month=11), anna, reading="b2")  # after the month
    measure(alone, october(9), anna, reading="c1")
    sit(moved, october(13), ineke)
    sit(moved, october(17), ineke, result="passed")
    sit(odd, october(3), ineke, LISTEN, "passed")
    sit(odd, october(3, month=11), ineke, SPEAK, "passed")  # after the month
    add_attempt(programme=odd.programme, by=ineke, part=SPEAK, level="b1", taken_on=dt.date(2027, 3, 1), result="open")
    sit(alone, october(3), ineke, LISTEN, "passed")
    return fixed


def made(client: Client, by: User, month: dt.date = OCTOBER) -> Content:
    with override(LANGUAGE):
        return REPORT.build({"client": client, "month": month}, by, lambda done, total, doing: None)


def rows(content: Content) -> list[Row]:
    return list(content.tables[0].rows)


def sittings(content: Content) -> list[MeasuredRow]:
    return list(content.tables[1].rows)


def attempts(content: Content) -> list[ExamRow]:
    return list(content.tables[2].rows)


def levels(row: Row | MeasuredRow) -> tuple[str | None, ...]:
    return (row.reading, row.listening, row.writing, row.speaking, row.conversation)


# --- what belongs to whom


def test_each_municipality_gets_the_level_of_its_own_days(measured: FixedSchool, ineke: User) -> None:
    utrecht, zeist = made(measured.utrecht, ineke), made(measured.zeist, ineke)
    moved, odd = measured.people["moved"], measured.people["odd"]
    assert [(row.person, levels(row), row.measured_on) for row in rows(utrecht)] == [
        (odd.audit_id, ("A1.2", None, "A1.1", None, None), october(31)),
        (moved.audit_id, ("A2.1", "A1.2", None, None, None), october(9)),
    ]
    assert [(row.person, levels(row), row.measured_on) for row in rows(zeist)] == [
        (moved.audit_id, ("B1.1", None, None, None, None), october(16)),
    ]
    assert (utrecht.people, zeist.people) == ((odd.audit_id, moved.audit_id), (moved.audit_id,))


def test_each_measurement_stands_with_its_day_kind_and_hours(measured: FixedSchool, ineke: User) -> None:
    number = {name: student.number for name, student in measured.people.items()}
    assert [(row.number, row.day, row.kind, row.so_far, levels(row)) for row in sittings(made(measured.utrecht, ineke))] == [
        (number["odd"], october(20, month=8), "intake", Decimal("0.0"), ("A1.1", None, "A1.1", None, None)),
        (number["odd"], october(31), "tussentijds", Decimal("0.0"), ("A1.2", None, None, None, None)),
        (number["moved"], october(9), "intake", Decimal("0.0"), ("A2.1", "A1.2", None, None, None)),
    ]
    assert [(row.day, row.so_far) for row in sittings(made(measured.zeist, ineke))] == [(october(16), Decimal("0.0"))]


def test_hours_are_those_of_signed_lessons_that_were_commissioned(measured: FixedSchool, ineke: User) -> None:
    utrecht, zeist = made(measured.utrecht, ineke), made(measured.zeist, ineke)
    assert [(row.offered, row.attended, row.so_far) for row in rows(utrecht)] == [
        (Decimal("3.0"), Decimal("0.0"), Decimal("0.0")),
        (Decimal("1.5"), Decimal("1.3"), Decimal("1.3")),  # 75 minutes; the unsigned lesson of the 12th counts nowhere
    ]
    assert [(row.offered, row.attended, row.so_far) for row in rows(zeist)] == [
        (Decimal("1.5"), Decimal("1.5"), Decimal("1.5")),
    ]
    later = made(measured.utrecht, ineke, dt.date(2025, 11, 1))
    assert [(row.number, row.attended, row.so_far) for row in rows(later)] == [
        (measured.people["odd"].number, Decimal("0.0"), Decimal("0.0"))
    ]
    november = made(measured.zeist, ineke, dt.date(2025, 11, 1))
    assert [(row.offered, row.attended, row.so_far) for row in rows(november)] == [
        (Decimal("0.0"), Decimal("0.0"), Decimal("1.5"))
    ]


def test_the_second_attempt_is_the_second_also_for_who_did_not_see_the_first(measured: FixedSchool, ineke: User) -> None:
    odd, moved = measured.people["odd"].number, measured.people["moved"].number
    listening, reading, speaking = (f"Staatsexamen NT2 I, {skill} B1" for skill in ("luisteren", "lezen", "spreken"))
    assert [(row.number, row.exam, row.attempt, row.day, row.result) for row in attempts(made(measured.utrecht, ineke))] == [
        (odd, listening, 1, october(3), "gehaald"),
        (odd, speaking, 2, dt.date(2027, 3, 1), "nog geen uitslag"),
        (moved, reading, 1, october(13), "niet gehaald"),
    ]
    assert [(row.number, row.exam, row.attempt, row.result) for row in attempts(made(measured.zeist, ineke))] == [
        (moved, reading, 2, "gehaald")
    ]


def test_who_has_nothing_yet_is_there_with_nothing(fixed: FixedSchool, ineke: User) -> None:
    content = made(fixed.utrecht, ineke, dt.date(2025, 3, 1))
    assert [(row.number, levels(row), row.measured_on, row.so_far) for row in rows(content)] == [
        (fixed.people[name].number, (None,) * 5, None, Decimal("0.0")) for name in ("odd", "moved")
    ]
    assert (sittings(content), attempts(content)) == ([], [])


def test_the_months_outside_the_contract_are_empty(measured: FixedSchool, ineke: User) -> None:
    content = made(measured.zeist, ineke, dt.date(2025, 9, 1))
    assert [list(filled.rows) for filled in content.tables] == [[], [], [], []]
    assert content.people == ()


def test_the_figures_on_top(measured: FixedSchool, south: Location, ineke: User) -> None:
    content = made(measured.utrecht, ineke)
    assert content.figures == (
        ("2", "cursisten"),
        ("1,25", "uur gevolgd deze maand"),
        ("2", "cursisten gemeten deze maand"),
        ("1", "examens gehaald tot nu toe"),
    )
    assert content.about == "Gemeente Utrecht · tot en met 31 okt 2025 · alleen vestiging Noord"


def test_hours_are_rounded_once_at_the_end() -> None:
    assert [in_hours(minutes) for minutes in (0, 2, 3, 75, 90, 24_720)] == [
        Decimal(text) for text in ("0.0", "0.0", "0.1", "1.3", "1.5", "412.0")
    ]


# --- who makes it


def test_another_location_is_left_out_and_a_teacher_role_there_adds_nothing(
    measured: FixedSchool, south: Location, chris: User, ineke: User, dana: User
) -> None:
    group = make_group(south, dana)
    teach(chris, group, dana)
    elsewhere = place(make_student(south, dana, surname="Zuidema"), group, dana)
    actions.add_contract(programme=elsewhere.programme, by=dana, client=measured.utrecht, starts_on=CONTRACTS_FROM)
    measure(elsewhere, october(8), chris, reading="a1_1")
    sit(elsewhere, october(8), dana)
    Membership.objects.create(user=ineke, role=Role.TEACHER, location=south, starts_on=CONTRACTS_FROM)
    ineke = User.objects.get(pk=ineke.pk)
    teach(ineke, group, dana)

    part, whole = made(measured.utrecht, ineke), made(measured.utrecht, dana)

    assert [len(filled.rows) for filled in part.tables[:3]] == [2, 3, 3]
    assert [len(filled.rows) for filled in whole.tables[:3]] == [3, 4, 4]
    assert whole.about == "Gemeente Utrecht · tot en met 31 okt 2025"


def test_only_who_reads_levels_makes_it(measured: FixedSchool, north: Location, anna: User, ineke: User, dana: User) -> None:
    asking = "/rapporten/nieuw/progress/"
    boss, money = staff(Role.MANAGEMENT), staff(Role.FINANCE, north)
    asked = {user.email: signed_in(user).get(asking).status_code for user in (ineke, dana, boss, money, anna)}
    assert list(asked.values()) == [200, 200, 403, 403, 403]

    run = ask_report(report=REPORT, asked={"client": measured.utrecht, "month": OCTOBER}, by=ineke)
    make_report(run, lambda done, total, doing: None)

    page = f"/rapporten/{run.pk}/"
    file = f"{page}bestand/{run.files.get(format='xlsx').pk}/"
    assert [signed_in(user).get(page).status_code for user in (ineke, dana, boss)] == [200, 200, 404]
    assert [signed_in(user).get(file).status_code for user in (ineke, dana, boss)] == [200, 200, 404]


def test_handing_it_over_is_told_to_those_in_it(measured: FixedSchool, ineke: User) -> None:
    run = ask_report(report=REPORT, asked={"client": measured.utrecht, "month": OCTOBER}, by=ineke)
    make_report(run, lambda done, total, doing: None)
    hand_over(file=run.files.get(format="xlsx"), channel="portal", by=ineke, despite="later")
    told = set(DisclosedPerson.objects.values_list("audit_id", flat=True))
    assert told == {measured.people[name].audit_id for name in ("moved", "odd")}


def test_queries_do_not_grow_with_students(measured: FixedSchool, north: Location, anna: User, ineke: User) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            made(measured.utrecht, User.objects.get(pk=ineke.pk))
        return len(queries)

    before = count()
    for number in range(3):
        group = make_group(north, ineke)
        teach(anna, group, ineke)
        placed = place(make_student(north, ineke), group, ineke)
        actions.add_contract(programme=placed.programme, by=ineke, client=measured.utrecht, starts_on=CONTRACTS_FROM)
        lesson = make_lesson(group, ineke, starts_at=at(24, 9 + number))
        sign_register(lesson=lesson, rows=[RegisterRow(placed.pk, "present")], by=anna)
        measure(placed, october(24), anna, reading="a1_1", speaking="a2_2")
        sit(placed, october(24), ineke)
    assert [len(filled.rows) for filled in made(measured.utrecht, ineke).tables[:3]] == [5, 6, 6]
    assert count() == before


def test_progress_is_told_for_every_row(measured: FixedSchool, ineke: User) -> None:
    told: list[tuple[int, int | None]] = []
    REPORT.build({"client": measured.utrecht, "month": OCTOBER}, ineke, lambda done, total, doing: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


# --- the files say the same


def document(content: Content) -> Document:
    made_at = dt.datetime(2025, 11, 3, 11, 2, tzinfo=dt.UTC)
    return Document(REPORT, content, "Taalschool Lindenhof", "oktober 2025", 1, made_at, "9F2A-71C4")


HEAD = [
    "Cursist",
    "Nummer",
    "Doel",
    "Aangeboden deze maand",
    "Gevolgd deze maand",
    "Gevolgd tot nu toe",
    "Lezen",
    "Luisteren",
    "Schrijven",
    "Spreken",
    "Gesprekken",
    "Laatst gemeten",
]


def test_the_workbook_and_the_csv(measured: FixedSchool, ineke: User) -> None:
    number = {name: student.number for name, student in measured.people.items()}
    with override(LANGUAGE):
        made_document = document(made(measured.utrecht, ineke))
        book = CalamineWorkbook.from_filelike(io.BytesIO(to_xlsx(made_document)))
        found = list(csv.reader(io.StringIO(to_csv(made_document, 0).decode("utf-8-sig")), delimiter=";"))
    assert book.sheet_names == ["Uren en niveau per cursist", "Metingen", "Examens", "Niet getekend, dus niet…", "Toelichting"]
    assert book.get_sheet_by_index(0).to_python() == [
        HEAD,
        [LINK, number["odd"], "", 3.0, 0.0, 0.0, "A1.2", "", "A1.1", "", "", october(31)],
        ["Wisselaar, Siti van den", number["moved"], "", 1.5, 1.3, 1.3, "A2.1", "A1.2", "", "", "", october(9)],
    ]
    assert found == [
        HEAD,
        [f"'{LINK}", number["odd"], "", "3,0", "0,0", "0,0", "A1.2", "", "A1.1", "", "", "2025-10-31"],
        ["Wisselaar, Siti van den", number["moved"], "", "1,5", "1,3", "1,3", "A2.1", "A1.2", "", "", "", "2025-10-09"],
    ]


def test_the_page_names_no_teacher_and_no_reason(measured: FixedSchool, anna: User, ineke: User) -> None:
    attempt = ExamAttempt.objects.get(programme=measured.places["odd"].programme, taken_on=october(3))
    ExamAttempt.objects.filter(pk=attempt.pk).update(result="none", reason="culpable", told_by="municipality")
    with override(LANGUAGE):
        page = to_html(document(made(measured.utrecht, ineke)))
    assert "geen uitslag" in page
    assert [word for word in (anna.surname, "verwijtbaar", "Zelfbetaler", "C1", "B2") if word in page] == []


def test_each_student_has_a_page_with_hours_levels_and_exams(measured: FixedSchool, ineke: User) -> None:
    """Issue 2, 3.6: a progress page per student."""
    with override(LANGUAGE):
        content = made(measured.utrecht, ineke)
        page = to_html(document(content))
    moved = measured.people["moved"].number
    assert [shown.title for shown in content.pages] == [
        f"{LINK} · {measured.people['odd'].number}",
        f"Wisselaar, Siti van den · {moved}",
    ]
    hours, _level, sitting, exam = content.pages[1].tables
    assert [(row.attended, row.reading) for row in hours.rows] == [(Decimal("1.3"), "A2.1")]
    assert [row.day for row in sitting.rows] == [october(9)]
    assert [(row.day, row.result) for row in exam.rows] == [(october(13), "niet gehaald")]
    assert page.count('<section class="person">') == 2
    assert page.count("do 9 okt 2025") == 3  # in the list of all, and twice on her own page


@needs_pango
def test_the_pdf_is_accessible_and_reads_back(measured: FixedSchool, ineke: User, tmp_path: Path) -> None:
    with override(LANGUAGE):
        content = to_pdf(document(made(measured.utrecht, ineke)))
    (tmp_path / "report.pdf").write_bytes(content)
    findings = pdfua.validate(str(tmp_path / "report.pdf")).findings
    assert [finding.message for finding in findings if finding.severity >= pdfua.Severity.ERROR] == []
    pages = ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]
    heads = [f"{LINK}·{measured.people['odd'].number}", f"Wisselaar,Sitivanden·{measured.people['moved'].number}"]
    assert [[head for head in heads if head in page] for page in pages] == [[], heads[:1], heads[1:]]  # each on a page of its own
    text = "".join(pages)
    assert f"Wisselaar,Sitivanden{measured.people['moved'].number}–1,51,31,3A2.1A1.2–––do9okt2025" in text
    assert "Zelfbetaler" not in text

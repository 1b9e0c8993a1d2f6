"""The two lists for Blik op Werk: hand-computed rows of one fixed school, and who is not in them."""

import dataclasses
import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from exams.models import ExamAttempt, ExamPart
from kvs.files import open_file
from kvs.models import Location, Organisation, Role, User
from reporting import profile, rules
from reporting.actions import LANGUAGE, ask_report, hand_over, make_report
from reporting.checks import problems
from reporting.measuring import MeasuringYearForm, year_choices
from reporting.models import Disclosure, ReportRun
from reporting.report import Column, Content, Report
from reporting.reports import results, survey
from students.actions import open_account
from students.actions.corrections import correct_own_data
from students.models import Programme, Student
from tests.factories import make_student, staff
from tests.people import signed_in
from tests.reporting.conftest import LINK, at
from tests.reporting.duo_school import (
    LOAN,
    WI2021,
    DuoSchool,
    contract,
    make_duo,  # noqa: F401  # a fixture
)

YEAR = dt.date(2025, 1, 1)
REPORTS = {"results": results.REPORT, "survey": survey.REPORT}


def made(report: Report, by: User, first: dt.date = YEAR) -> Content:
    with override(LANGUAGE):
        return report.build({"first": first}, by, lambda done, total, doing: None)


def lines(content: Content) -> list[str]:
    """The file, line by line, without the mark in front."""
    assert content.delivery
    report = next(report for report in REPORTS.values() if report.code == content.delivery.profile.report)
    sent = content.delivery
    return profile.to_file(sent.profile, profile.layout_of(report), sent.rows).decode("utf-8-sig").split("\r\n")[:-1]


def left_out(content: Content) -> str:
    return dict(content.remarks)["Weggelaten"]


@pytest.fixture(name="bow")
def make_bow(duo: DuoSchool, ineke: User) -> DuoSchool:
    """The school of the DUO tests with an ELIP student, one of the education route, one who objects, one without contact."""
    Organisation.objects.update(handbook_edition="2026")
    Student.objects.filter(pk=duo.people["moved"].pk).update(
        phone="06-11111111", email="siti@voorbeeld.test", contact_language="ind"
    )
    Student.objects.filter(pk=duo.people["odd"].pk).update(email="odd@voorbeeld.test")
    Programme.objects.filter(student=duo.people["moved"]).update(route="b1", target_level="b1")
    Programme.objects.filter(student=duo.people["odd"]).update(law="wi2013", ends_on="2025-10-31")
    extra: dict[str, dict[str, Any]] = {
        "elip": {**WI2021, "route": "z", "is_elip": True},
        "school": {**WI2021, "route": "education"},
        "objects": {**WI2021, "route": "z"},
        "silent": {**WI2021, "route": "z"},
    }
    for name, programme in extra.items():
        reach = {} if name == "silent" else {"phone": "06-22222222"}
        duo.add(name, programme=programme, contracts=[contract("2025-02-01")], surname=name.capitalize(), **reach)
    Student.objects.filter(pk=duo.people["objects"].pk).update(no_survey=True)
    for who, part, level, day, result, reason in SAT:
        sitter = duo.places[who].programme
        ExamAttempt.objects.create(programme=sitter, part=part, level=level, taken_on=day, result=result, reason=reason)
    return duo


# --- the results


def test_the_results_of_2025(bow: DuoSchool, ineke: User) -> None:
    """Minutes of 2025 in signed registers, online too. Offered to all: 100, 150, 90, 64 (ONA), 60 (online), 45, 200 = 709.

    The odd name attended 100 + 150 + 60 + 200 = 510. Wisselaar 100 + 150 + 90 + 64 + 60 + 200 = 664. 709 minutes are 11,81
    hours rounded down, 510 are 8,5, 664 are 11,06. Nobody else had a lesson: they came after the last one.
    """
    number = {name: student.number for name, student in bow.people.items()}
    content = made(results.REPORT, ineke)
    assert lines(content) == [
        "Cursistnummer;Wet;Leerroute;Beoogd niveau;Opdrachtgever;Begindatum traject;Einddatum traject;Stand;Ingekochte uren;"
        "Aangeboden uren;Gevolgde uren;LE pogingen;LE uitslag;LE niveau;LU pogingen;LU uitslag;LU niveau;SC pogingen;SC uitslag;"
        "SC niveau;SP pogingen;SP uitslag;SP niveau;KNM pogingen;KNM uitslag;ONA pogingen;ONA uitslag;MAP pogingen;MAP uitslag;"
        "PVT pogingen;PVT uitslag",
        f"{number['odd']};Wi2013;;;Gemeente Utrecht;01-01-2020;31-10-2025;geëindigd;300;11,81;8,50;"
        f"{NEVER};{NEVER};{NEVER};{NEVER};0;;1;Gezakt;0;;0;",
        f"{number['objects']};Wi2021;Z-route;;de cursist betaalt;01-01-2020;;lopend;300;0,00;0,00;{NOTHING}",
        f"{number['silent']};Wi2021;Z-route;;de cursist betaalt;01-01-2020;;lopend;300;0,00;0,00;{NOTHING}",
        f"{number['moved']};Wi2021;B1-route;B1;Gemeente Utrecht, Gemeente Zeist;01-01-2020;;lopend;300;11,81;11,06;"
        f"3;Geslaagd;B2;2;Geslaagd;B1;1;;A2;{NEVER};1;Geen;0;;1;Geslaagd;0;",
    ]


NEVER = "0;;"
NOTHING = ";".join([NEVER] * 4 + ["0;"] * 4)
SAT = (  # who, part, level, day, result, reason
    ("moved", "le", "b1", "2025-03-01", "failed", ""),
    ("moved", "le", "b1", "2025-06-01", "passed", ""),
    ("moved", "nt2_2_le", "b2", "2025-09-01", "passed", ""),  # the state exam counts at its skill, and is the highest
    ("moved", "le", "b1", "2026-01-01", "failed", ""),  # after the year
    ("moved", "lu", "b1", "2024-05-01", "passed", ""),  # before the year, and still passed
    ("moved", "lu", "b1", "2025-05-01", "failed", ""),
    ("moved", "sc", "a2", "2025-12-31", "open", ""),  # sat on the last day, no result yet
    ("moved", "knm", "", "2025-05-02", "none", "absent"),
    ("moved", "map", "", "2025-05-03", "passed", ""),
    ("odd", "ona", "", "2025-05-04", "failed", ""),
    ("alone", "nt2_1_sp", "b1", "2025-05-05", "passed", ""),  # not measured
)


def test_a_planned_exam_is_no_attempt(bow: DuoSchool, ineke: User) -> None:
    today = timezone.localdate()
    programme = bow.places["silent"].programme
    for days, part in ((0, "knm"), (1, "pvt")):
        ExamAttempt.objects.create(programme=programme, part=part, taken_on=today + dt.timedelta(days=days))
    [row] = [row for row in made(results.REPORT, ineke, dt.date(today.year, 1, 1)).tables[0].rows if row.name == "Silent"]
    assert (row.knm.attempts, row.pvt.attempts, row.exams) == (1, 0, "KNM (1×)")


@pytest.mark.parametrize(("part", "expected"), [("le", "le"), ("knm", "knm"), ("nt2_1_lu", "lu"), ("nt2_2_sp", "sp")])
def test_the_component_of_a_part(part: str, expected: str) -> None:
    assert results.component(part) == expected


def test_every_part_and_every_result_has_a_place() -> None:
    assert {results.component(part) for part in ExamPart.values} == set(results.COMPONENTS)
    assert set(results.DUO_RESULT) == set(ExamAttempt.Result.values)


def test_who_is_not_in_the_results_is_counted(bow: DuoSchool, ineke: User) -> None:
    content = made(results.REPORT, ineke)
    assert left_out(content) == (
        "1 ELIP-cursist van een gemeente. 1 cursist van de onderwijsroute (valt buiten het keurmerk). "
        "2 cursisten zonder inburgeringsplicht (nog niet bevestigd)."
    )
    assert content.figures == (("4", "trajecten"), ("1", "geëindigd"), ("19,57", "uur gevolgd"), ("4", "weggelaten"))
    assert content.about == "Blik op Werk-nummer 0012345 · Handleiding 2026"


def test_the_file_of_results_has_no_names(bow: DuoSchool, ineke: User) -> None:
    text = "\n".join(lines(made(results.REPORT, ineke)))
    assert [student.surname for student in bow.people.values() if student.surname in text] == []
    names = {"name", "surname", "call_name", "given_names", "infix", "phone", "email", "bsn"}
    assert names & {column.name for column in profile.layout_of(results.REPORT).columns} == set()


def test_a_measuring_year_that_begins_in_september(bow: DuoSchool, ineke: User) -> None:
    """September 2024 to August 2025: only the 120 minutes of 30 December 2024. Ended in October 2025 is running here."""
    content = made(results.REPORT, ineke, dt.date(2024, 9, 1))
    found = {row.name: (row.state, row.offered, row.attended) for row in content.tables[0].rows}
    assert found[LINK] == ("running", 120, 120)
    assert found["Wisselaar, Siti van den"] == ("running", 120, 120)
    assert [row.ends_on for row in content.tables[0].rows if row.name == LINK] == [dt.date(2025, 10, 31)]


def test_a_programme_that_ended_before_the_year_is_not_in_it(bow: DuoSchool, ineke: User) -> None:
    assert LINK not in {row.name for row in made(results.REPORT, ineke, dt.date(2026, 1, 1)).tables[0].rows}


def test_an_end_in_the_future_is_running(bow: DuoSchool, ineke: User) -> None:
    today = timezone.localdate()
    Programme.objects.filter(student=bow.people["moved"]).update(ends_on=today)
    Programme.objects.filter(student=bow.people["silent"]).update(ends_on=today + dt.timedelta(days=1))
    first = dt.date(today.year, 1, 1)
    found = {row.name: row.state for row in made(results.REPORT, ineke, first).tables[0].rows}
    assert (found["Wisselaar, Siti van den"], found["Silent"]) == ("ended", "running")


def test_unsigned_lessons_are_no_result(bow: DuoSchool, ineke: User) -> None:
    before = {row.name: row.offered for row in made(results.REPORT, ineke).tables[0].rows}
    bow.lesson(at(28), 500, tuple(bow.places), signed=False)
    assert {row.name: row.offered for row in made(results.REPORT, ineke).tables[0].rows} == before


# --- the survey


def test_the_survey_of_2025(bow: DuoSchool, ineke: User) -> None:
    number = {name: student.number for name, student in bow.people.items()}
    assert lines(made(survey.REPORT, ineke)) == [
        "Cursistnummer;Roepnaam;Tussenvoegsel;Achternaam;Telefoon;E-mailadres;Taal;Traject",
        f'{number["odd"]};;;"\'=HYPERLINK(""http://x"")";;odd@voorbeeld.test;;Wi2013',
        f"{number['moved']};Siti;van den;Wisselaar;06-11111111;siti@voorbeeld.test;Bahasa Indonesia;B1-route",
    ]


def test_who_is_not_asked_is_counted_and_who_cannot_be_reached_is_named(bow: DuoSchool, ineke: User) -> None:
    content = made(survey.REPORT, ineke)
    assert left_out(content) == (
        "1 ELIP-cursist van een gemeente. 1 cursist van de onderwijsroute (valt buiten het keurmerk). "
        "2 cursisten zonder inburgeringsplicht (nog niet bevestigd). 1 cursist die niet gevraagd wil worden. "
        "1 cursist zonder telefoonnummer en e-mailadres."
    )
    assert [row.name for row in content.tables[1].rows] == ["Silent"]
    assert [name for name in ("Objects", "Elip", "School", "Zelfbetaler", "Lener") if name in repr(content)] == []


def test_a_student_objects_and_is_gone_from_the_next_list(bow: DuoSchool, ineke: User) -> None:
    student = bow.people["moved"]
    account = open_account(student=student, by=ineke)
    fresh = Student.objects.get(pk=student.pk)
    page = signed_in(account).get(reverse("students:correct", args=["contact"])).content.decode()
    assert "Wil niet meedoen aan het onderzoek van Blik op Werk" in page
    correct_own_data(student=fresh, version=fresh.version, by=account, changes={"no_survey": True})
    content = made(survey.REPORT, ineke)
    assert content.delivery
    assert student.audit_id not in content.delivery.people
    assert "2 cursisten die niet gevraagd willen worden." in left_out(content)


def test_one_student_is_one_line_also_with_two_programmes(bow: DuoSchool, ineke: User) -> None:
    student = bow.people["moved"]
    Programme.objects.create(student=student, law="none", starts_on=dt.date(2025, 11, 1))  # the latest, but not measured
    Programme.objects.create(student=student, law="wi2021", route="z", starts_on=dt.date(2025, 12, 1))
    found = [row.route_name for row in made(survey.REPORT, ineke).tables[0].rows if row.number == student.number]
    assert found == ["Z-route"]
    alone = bow.people["alone"]
    Student.objects.filter(pk=alone.pk).update(phone="06-33333333")
    Programme.objects.create(student=alone, law="wi2021", starts_on=dt.date(2020, 1, 1), ends_on=dt.date(2025, 1, 1))
    assert alone.number in {row.number for row in made(survey.REPORT, ineke).tables[0].rows}


def test_who_was_given_before_is_marked(bow: DuoSchool, ineke: User) -> None:
    this_year = dt.date(timezone.localdate().year, 1, 1)
    run = finished("survey", ineke, this_year)
    assert {row.before for row in made(survey.REPORT, ineke, this_year).tables[0].rows} == {""}
    hand_over(file=run.files.get(format="csv"), channel="portal", by=ineke)
    assert {row.before for row in made(survey.REPORT, ineke, this_year).tables[0].rows} == {"ja"}


# --- both


def finished(code: str, by: User, first: dt.date = YEAR) -> ReportRun:
    run = ask_report(report=REPORTS[code], asked={"first": first}, by=by)
    make_report(run, lambda done, total, doing: None)
    return ReportRun.objects.get(pk=run.pk)


@pytest.mark.parametrize(
    ("code", "name", "receiver"),
    [
        ("results", "resultaten-20250101-20251231.csv", "Blik op Werk"),
        ("survey", "tevredenheidsonderzoek-20250101-20251231.csv", "het onderzoeksbureau (Panteia)"),
    ],
)
def test_made_sealed_and_handed_over(bow: DuoSchool, ineke: User, code: str, name: str, receiver: str) -> None:
    run = finished(code, ineke)
    file = run.files.get(format="csv")
    assert (file.name, run.blocks, run.period) == (name, [], "1 jan 2025 t/m 31 dec 2025")
    assert open_file(file.file).startswith(b"\xef\xbb\xbfCursistnummer;")
    assert b"Cursistnummer" not in bytes(file.file.sealed.content)
    page = signed_in(ineke).get(f"/rapporten/{run.pk}/").content.decode()
    assert page.count("nog niet bevestigd") == len(profile.layout_of(REPORTS[code]).known)
    hand_over(file=file, channel="portal", by=ineke)
    sentence = f"Verstrekt aan {receiver} op"
    seen = {
        who: sentence in signed_in(open_account(student=student, by=ineke)).get("/verstrekt/").content.decode()
        for who, student in bow.people.items()
    }
    inside = {"results": {"moved", "odd", "objects", "silent"}, "survey": {"moved", "odd"}}[code]
    assert {who for who, found in seen.items() if found} == inside
    assert Disclosure.objects.get().recipient == REPORTS[code].recipient.code  # type: ignore[union-attr]  # both have one


@pytest.mark.parametrize("code", REPORTS)
def test_who_holds_one_location_cannot_make_the_list_of_the_school(
    bow: DuoSchool, ineke: User, south: Location, code: str
) -> None:
    content = made(REPORTS[code], ineke)
    assert content.delivery
    assert [block.text for block in content.delivery.blocks] == ["De lijst is van de hele school; u hebt alleen Noord."]
    stranger = make_student(south, staff(Role.ADMINISTRATION), surname="Zuidema", phone="06-44444444")
    Programme.objects.create(student=stranger, law="wi2021", starts_on=YEAR)
    assert "Zuidema" not in repr(made(REPORTS[code], ineke))
    assert "Zuidema" in repr(made(REPORTS[code], staff(Role.ADMINISTRATION)))


@pytest.mark.parametrize(
    ("code", "expected"), [("results", [200, 200, 200, 403, 403, 403]), ("survey", [200, 200, 403, 403, 403, 403])]
)
def test_who_may_ask(ineke: User, dana: User, anna: User, chris: User, code: str, expected: list[int]) -> None:
    users = [ineke, dana, staff(Role.MANAGEMENT), anna, chris, staff(Role.FINANCE)]
    assert [signed_in(user).get(f"/rapporten/nieuw/{code}/").status_code for user in users] == expected


@pytest.mark.parametrize("code", REPORTS)
def test_queries_do_not_grow(bow: DuoSchool, ineke: User, code: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            made(REPORTS[code], User.objects.get(pk=ineke.pk))
        return len(queries)

    before = count()
    more: list[dict[str, Any]] = [{**WI2021, "route": "b1"}, LOAN, {**WI2021, "route": "z"}]
    for number, programme in enumerate(more):
        client = bow.client(f"Gemeente {number}")
        bow.add(f"m{number}", programme=programme, contracts=[contract("2025-02-01", client=client)], phone="06-55555555")
    assert count() == before


@pytest.mark.parametrize("code", REPORTS)
def test_only_what_may_go_can_be_chosen(code: str) -> None:
    report = REPORTS[code]
    layout = profile.layout_of(report)
    assert list(problems([report])) == []
    for source in (
        "students.Programme.bsn",
        "students.Student.street",
        "students.Student.birth_year",
        "students.Student.nationality",
    ):
        wrong = dataclasses.replace(layout, columns=(*layout.columns, Column("number", "Te veel", (source,))))
        found = list(problems([dataclasses.replace(report, layout=wrong)]))
        allowed_to_auditor = code == "results" and source in ("students.Student.birth_year", "students.Student.nationality")
        street_to_surveyor = code == "survey" and source == "students.Student.street"
        assert bool(found) is not (allowed_to_auditor or street_to_surveyor)


# --- rules and asking


@pytest.mark.parametrize(
    ("law", "route", "is_elip", "reason"),
    [
        ("wi2021", "b1", False, ""),
        ("wi2021", "z", False, ""),
        ("wi2021", "", False, ""),
        ("wi2013", "", False, ""),
        ("wi2007", "", False, ""),
        ("wi2021", "z", True, "elip"),  # mail of Blik op Werk, 9 March 2022
        ("none", "", True, "elip"),
        ("wi2021", "education", False, "education"),  # outside the quality mark
        ("none", "", False, "no_duty"),  # not confirmed
    ],
)
def test_who_is_measured(law: str, route: str, is_elip: bool, reason: str) -> None:
    assert rules.outside_measuring(law, route, is_elip) == reason


@pytest.mark.parametrize(
    ("first", "last"),
    [("2025-01-01", "2025-12-31"), ("2024-03-01", "2025-02-28"), ("2023-03-01", "2024-02-29"), ("2025-09-01", "2026-08-31")],
)
def test_a_measuring_year_is_twelve_months(first: str, last: str) -> None:
    begin = dt.date.fromisoformat(first)
    assert rules.measuring_year(begin) == (begin, dt.date.fromisoformat(last))


def test_the_years_to_choose_from_begin_in_the_month_of_the_school(school: Organisation) -> None:
    today = timezone.localdate()
    assert [value for value, _text in year_choices()] == [f"{today.year - back}-01-01" for back in range(5)]
    month = today.month % 12 + 1  # the next month: this year's has not begun
    Organisation.objects.update(measuring_year_month=month)
    begun = today.year if month == 1 else today.year - 1
    assert year_choices()[0][0] == f"{begun}-{month:02}-01"


@pytest.mark.parametrize("typed", ["", "2025", "2025-01-02", "9999-01-01", "1999-01-01", "0000-00-00", "'; drop"])
def test_a_year_that_is_none(school: Organisation, typed: str) -> None:
    form = MeasuringYearForm({"first": typed})
    assert set(form.errors) == {"first"}


def test_the_layout_of_a_list_without_hours_asks_nothing_about_hours(ineke: User) -> None:
    pages = {code: signed_in(ineke).get(f"/rapporten/indeling/{code}/").content.decode() for code in (*REPORTS, "duo")}
    asked = {code: re.findall(r"<dt>(Uren gaan over|Decimalen van uren)</dt>", page) for code, page in pages.items()}
    assert asked == {"results": ["Decimalen van uren"], "survey": [], "duo": ["Decimalen van uren", "Uren gaan over"]}
    form = signed_in(ineke).get("/rapporten/indeling/survey/nieuw/").content.decode()
    assert 'name="hour_minutes"' not in form

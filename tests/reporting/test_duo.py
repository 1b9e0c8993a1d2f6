"""The contract and hours file for DUO: hand-computed rows of one fixed school, and everything that keeps it from going."""

import dataclasses
import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attendance.actions.evidence_settings import count_proven_only
from attendance.actions.hours import set_contract_hours, set_opening_balance
from attendance.hours import kind_of
from attendance.hours_overview import overview
from attendance.models import Lesson
from kvs.files import open_file
from kvs.models import AccessEvent, Organisation, Role, SealedFilePerson, User
from kvs.models import Location as Place
from reporting import profile
from reporting.actions import ask_report, hand_over, make_report
from reporting.checks import problems
from reporting.duo_hours import bucket
from reporting.lessons import UnsignedRow
from reporting.models import Disclosure, ReportRun
from reporting.report import Column, Content, Delivery
from reporting.reports.duo import LAYOUT, REPORT, Row
from reporting.rules import duo_file_name
from students.actions import open_account
from students.models import Contract, Programme
from tests.factories import make_group, make_student, staff, teach
from tests.people import signed_in
from tests.reporting.conftest import LINK, OCTOBER, at
from tests.reporting.duo_school import BSN, CODES, LOAN, WI2021, DuoSchool, contract, made, make_coded, make_duo, new_version  # noqa: F401  # fixtures

HEAD = (
    "Burgerservicenummer;Soort cursus;Begindatum cursus;Einddatum cursus;Aantal ingekochte uren;"
    "Aantal uren deelname aan cursus;Aantal uren ONA-cursus gevolgd"
)


def delivery(content: Content) -> Delivery:
    assert content.delivery
    return content.delivery


def lines(content: Content) -> list[str]:
    """The file for DUO, line by line."""
    sent = delivery(content)
    text = profile.to_file(sent.profile, LAYOUT, sent.rows).decode("utf-8")
    assert text.endswith("\r\n")
    return text.removesuffix("\r\n").split("\r\n")


def blocks(content: Content) -> list[str]:
    return [block.text for block in delivery(content).blocks]


def waiting(content: Content) -> dict[str, str]:
    return {row.name: row.lacking for row in content.tables[1].rows}


def minutes(content: Content) -> dict[str, list[tuple[int, int, int, int]]]:
    """Attended, ONA, not counted and refused minutes of each row, by name."""
    found: dict[str, list[tuple[int, int, int, int]]] = {}
    for row in content.tables[0].rows:
        found.setdefault(row.name, []).append((row.attended, row.ona, row.not_counted, row.refused))
    return found


# --- the rows


def test_the_file_of_october(coded: DuoSchool, ineke: User) -> None:
    """Minutes of 2025 up to 31 October in signed registers at the school; 60 minutes an hour, rounded down at the end.

    Lener, from 1 September: 100 + 150 + 45 (KNM) = 295 -> 4; ONA 64 -> 1. Wisselaar under Utrecht: 100 + 150 = 250 -> 4;
    under Zeist 90 -> 1, ONA 64 -> 1. The odd name: 250 -> 4. Online never counts, 2024 and November are outside.
    """
    content = made(ineke)
    assert blocks(content) == []
    assert lines(content) == [
        HEAD,
        f"{BSN['odd']};I1;20250101;20260630;300;4;0",
        f"{BSN['borrower']};N1;20250901;20260630;300;4;1",
        f"{BSN['moved']};I1;20241101;20251014;100;4;0",
        f"{BSN['moved']};I1;20251015;20260630;200;1;1",
    ]
    assert minutes(content) == {
        LINK: [(250, 0, 60, 0)],
        "Lener": [(295, 64, 60, 0)],
        "Wisselaar, Siti van den": [(250, 0, 0, 0), (90, 64, 60, 0)],
    }


def test_the_self_payer_is_counted_and_not_named(coded: DuoSchool, ineke: User) -> None:
    content = made(ineke)
    assert content.figures == (
        ("3", "cursisten in het bestand"),
        ("14,75", "uur gevolgd"),
        ("0", "cursisten op wie het bestand wacht"),
        ("1", "zonder plicht en lening, niet gemeld"),
    )
    people = {coded.people[name].audit_id for name in ("moved", "borrower", "odd")}
    assert (set(content.people), set(delivery(content).people)) == (people, people)
    assert "Zelfbetaler" not in repr(content)


def test_unsigned_lessons_do_not_count_and_are_listed(coded: DuoSchool, ineke: User) -> None:
    twelfth = UnsignedRow(dt.date(2025, 10, 12), "NT2 B1 dag 2", "09:00 – 10:30", 3)  # the self-payer is nobody's business
    assert list(made(ineke).tables[2].rows) == [twelfth]


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ("year", {"Lener": [(295, 64, 60, 0)], "odd": (250, 0)}),
        ("month", {"Lener": [(195, 64, 60, 0)], "odd": (150, 0)}),
        ("contract", {"Lener": [(295, 64, 60, 0)], "odd": (250, 0)}),
    ],
)
def test_over_which_lessons(coded: DuoSchool, ineke: User, over: str, expected: dict[str, Any]) -> None:
    new_version(REPORT, ineke, codes=CODES, hours_over=over)
    found = minutes(made(ineke))
    assert (found["Lener"], found[LINK][0][:2]) == (expected["Lener"], expected["odd"])
    # The contract with Utrecht began in 2024: only "the whole contract" has the 120 minutes of December.
    assert found["Wisselaar, Siti van den"][0][0] == {"year": 250, "month": 150, "contract": 370}[over]


# --- as the overview of hours counts them


def brought(contract: Contract, by: User, year: int, minutes_: int, hour_class: str = "classroom") -> None:
    set_opening_balance(contract=contract, by=by, year=year, minutes=minutes_, hour_class=hour_class, source="old_system")


@pytest.mark.parametrize(("over", "course", "along"), [("year", 250 + 90, 90), ("month", 150, 0), ("contract", 250 + 390, 390)])
def test_what_was_brought_along_belongs_to_its_year(coded: DuoSchool, ineke: User, over: str, course: int, along: int) -> None:
    held = Contract.objects.get(programme__student=coded.people["odd"])
    brought(held, ineke, 2025, 90)
    brought(held, ineke, 2024, 300)
    brought(held, ineke, 2026, 800)  # not begun yet
    brought(held, ineke, 2025, 700, "participation")  # in no register: never for DUO
    new_version(REPORT, ineke, codes=CODES, hours_over=over)

    (row,) = [row for row in made(ineke).tables[0].rows if row.name == LINK]

    assert (row.attended, row.brought, row.ona) == (course, along, 0)


def test_kinds_that_were_brought_along(coded: DuoSchool, ineke: User) -> None:
    held = Contract.objects.get(programme__student=coded.people["odd"])
    for hour_class, minutes_ in (("ona_course", 45), ("distance", 30), ("ona_portfolio", 15)):
        brought(held, ineke, 2025, minutes_, hour_class)

    assert minutes(made(ineke))[LINK] == [(250 + 15, 45, 60 + 30, 0)]


def test_breaks_count_where_the_contract_says_so(coded: DuoSchool, ineke: User) -> None:
    held = Contract.objects.get(programme__student=coded.people["odd"])
    Lesson.objects.filter(day=dt.date(2025, 10, 10)).update(ends_at=F("ends_at") + dt.timedelta(minutes=15))
    assert minutes(made(ineke))[LINK] == [(250, 0, 60, 0)]

    set_contract_hours(contract=held, version=1, by=ineke, lesson_hour=45, breaks_count=True)

    assert minutes(made(ineke))[LINK] == [(265, 0, 60, 0)]


@pytest.mark.parametrize("breaks_count", [False, True])
@pytest.mark.parametrize("rule", ["", "duo_course"])
def test_the_file_agrees_with_the_overview(coded: DuoSchool, ineke: User, breaks_count: bool, rule: str) -> None:
    new_version(REPORT, ineke, codes=CODES, hours_over="contract")
    Lesson.objects.update(ends_at=F("ends_at") + dt.timedelta(minutes=10))
    if rule:
        count_proven_only(rule=rule, source="Handleiding", by=ineke)
    for held in Contract.objects.filter(hours__isnull=False):
        set_contract_hours(contract=held, version=1, by=ineke, lesson_hour=60, breaks_count=breaks_count)
        brought(held, ineke, 2024, 77)
        brought(held, ineke, 2024, 33, "ona_course")
    delivered = {(row.number, row.starts_on): (row.attended, row.ona) for row in made(ineke).tables[0].rows}

    shown = {}
    for name in ("moved", "borrower", "odd"):
        student = coded.people[name]
        for row in overview(student.programmes.get(), ineke, dt.date(2025, 10, 31)).contracts:
            counted = {line.rule.key: line.counted.minutes for line in row.rules}
            if row.contract:
                shown[(student.number, row.contract.starts_on)] = (counted["duo_course"], counted["duo_ona"])
    assert delivered == shown


def test_more_than_agreed_is_seen_in_lesson_hours(coded: DuoSchool, ineke: User) -> None:
    held = Contract.objects.get(programme__student=coded.people["odd"])
    Contract.objects.filter(pk=held.pk).update(hours=5)
    assert [row.note for row in made(ineke).tables[0].rows if row.name == LINK] == [""]  # 250 of 300 minutes

    set_contract_hours(contract=held, version=1, by=ineke, lesson_hour=45, breaks_count=False)

    assert [row.note for row in made(ineke).tables[0].rows if row.name == LINK] == ["meer uren dan afgesproken"]


@pytest.mark.parametrize(
    ("facts", "minutes_", "written"),
    [
        ({}, 119, "1"),
        ({"rounding": "half_up"}, 90, "2"),
        ({"rounding": "half_up"}, 89, "1"),
        ({"decimals": 1}, 119, "1,9"),
        ({"decimals": 2, "decimal_sign": "."}, 119, "1.98"),
        ({"decimals": 2, "rounding": "half_up", "hour_minutes": 45}, 100, "2,22"),
        ({"hour_minutes": 45}, 90, "2"),
        ({}, 0, "0"),
    ],
)
def test_hours_are_rounded_once_as_the_profile_says(facts: dict[str, Any], minutes_: int, written: str) -> None:
    found = profile.known(REPORT)
    for name, value in facts.items():
        setattr(found, name, value)
    assert profile.hours_written(found, minutes_) == written


def test_rounding_happens_after_adding_up(coded: DuoSchool, ineke: User) -> None:
    """Two lessons of 59 minutes are 1 hour and 58 minutes: 1, not 0 + 0."""
    coded.add("late", programme={**WI2021, "bsn": BSN["late"]}, contracts=[contract("2025-10-01")], surname="Later")
    for day in (28, 29):
        coded.lesson(at(day), 59, ("late",))
    assert f"{BSN['late']};I1;20251001;20260630;300;1;0" in lines(made(ineke))


@pytest.mark.parametrize(
    ("course", "subject", "delivery_", "field"),
    [
        ("integration", "language", "classroom", "course"),
        ("integration", "ona", "classroom", "ona"),
        ("integration", "language", "ona_school", "course"),
        ("integration", "language", "online", "not_counted"),
        ("nt2", "knm", "elearning_home", "not_counted"),
        ("literacy", "language", "online", "refused"),
    ],
)
def test_where_a_lesson_is_added(course: str, subject: str, delivery_: str, field: str) -> None:
    assert bucket(kind_of(course, subject, delivery_)) == field


def test_every_lesson_that_can_be_goes_somewhere() -> None:
    fields = {"course", "ona", "not_counted", "refused"}
    found = {
        bucket(kind_of(course, subject, way))
        for course in Contract.Course.values
        for subject in Lesson.Subject.values
        for way in Lesson.Delivery.values
    }
    assert found == fields


def test_the_months_before(coded: DuoSchool, ineke: User) -> None:
    assert minutes(made(ineke, dt.date(2025, 9, 1)))[LINK] == [(100, 0, 0, 0)]
    december = minutes(made(ineke, dt.date(2024, 12, 1)))  # another year: only the contract that ran then
    assert december == {"Wisselaar, Siti van den": [(120, 0, 0, 0)]}


# --- what keeps the file from going


def test_without_codes_and_without_number_nothing_can_be_asked(duo: DuoSchool, ineke: User) -> None:
    Organisation.objects.update(bow_number="")
    page = signed_in(ineke).get("/rapporten/nieuw/duo/").content.decode()
    found = re.findall(r"<li>\s*([^<]+?)\s*<a href=\"([^\"]+)\">([^<]+)</a></li>", page)
    assert found == [
        ("Het Blik op Werk-nummer van de school is niet ingevuld.", "/school/", "Vul het nummer in"),
        ("De codes voor “Soort cursus” zijn niet ingevuld.", "/rapporten/indeling/duo/nieuw/", "Vul de codes in"),
    ]
    answer = signed_in(ineke).post("/rapporten/nieuw/duo/", {"month": "2025-10-01"})
    assert answer.status_code == 422
    assert ReportRun.objects.count() == 0


def test_one_code_that_is_missing_is_as_bad_as_none(duo: DuoSchool, ineke: User) -> None:
    new_version(REPORT, ineke, codes={"literacy": "A", "integration": "I"})
    assert blocks(made(ineke)) == ["De codes voor “Soort cursus” zijn niet ingevuld."]


@pytest.mark.parametrize(
    ("programme", "contracts", "sentence"),
    [
        ({"law": "wi2021", "bsn_basis": "isi_delivery"}, [contract("2025-01-01")], "Burgerservicenummer ontbreekt"),
        (
            {"law": "wi2013"},
            [contract("2025-01-01")],
            "Burgerservicenummer ontbreekt; bij het traject is geen grondslag voor het BSN gekozen",
        ),
        ({**WI2021, "bsn": BSN["late"]}, [contract("2025-01-01", None)], "Einddatum cursus ontbreekt"),
        ({**WI2021, "bsn": BSN["late"]}, [contract("2025-01-01", hours=None)], "Aantal ingekochte uren ontbreekt"),
        (
            {**WI2021, "bsn": BSN["late"]},
            [contract("2025-01-01", "2025-09-30")],
            "volgde lessen op dagen zonder contract",
        ),
        ({**WI2021, "bsn": BSN["late"]}, [], "volgde lessen op dagen zonder contract"),
    ],
)
def test_the_file_waits_for_who_lacks_something(
    coded: DuoSchool, ineke: User, programme: dict[str, Any], contracts: list[dict[str, Any]], sentence: str
) -> None:
    coded.add("late", programme=programme, contracts=contracts, surname="Later")
    coded.lesson(at(27), 60, ("late",))
    content = made(ineke)
    assert waiting(content) == {"Later": sentence}
    assert blocks(content) == ["Van 1 cursist ontbreekt iets."]
    without = made(ineke, leave_out=True)
    assert blocks(without) == []
    assert [line for line in lines(without) if BSN["late"] in line] == []
    assert (waiting(without), without.figures[2]) == ({"Later": sentence}, ("1", "weggelaten"))
    late = coded.people["late"].audit_id
    assert (late in without.people, late in delivery(without).people) == (True, False)


def test_a_bsn_that_is_none_keeps_the_file(coded: DuoSchool, ineke: User) -> None:
    Programme.objects.filter(student=coded.people["odd"]).update(bsn="123456789")  # past every form
    assert waiting(made(ineke)) == {LINK: "het BSN is niet geldig"}


def test_literacy_online_cannot_be_left_out(coded: DuoSchool, ineke: User) -> None:
    bsn = BSN["late"]
    coded.add("late", programme={**WI2021, "bsn": bsn}, contracts=[contract("2025-01-01", course="literacy")], surname="Later")
    assert blocks(made(ineke)) == []
    coded.lesson(at(30), 60, ("late",), delivery="online")
    refused = "1 cursist met een alfabetiseringscursus volgde lessen die niet op school waren. Dat mag niet."
    assert blocks(made(ineke)) == [refused]
    assert blocks(made(ineke, leave_out=True)) == [refused]


def test_who_holds_one_location_cannot_make_the_file_of_the_school(coded: DuoSchool, ineke: User, south: Place) -> None:
    assert blocks(made(ineke)) == ["Het bestand voor DUO is van de hele school; u hebt alleen Noord."]
    assert blocks(made(staff(Role.ADMINISTRATION))) == []


def test_an_empty_year_makes_no_file(coded: DuoSchool, ineke: User) -> None:
    assert blocks(made(ineke, dt.date(2023, 10, 1))) == ["Er is geen cursist om te melden."]


# --- the file as it is kept


def finished(by: User, **asked: Any) -> ReportRun:
    run = ask_report(report=REPORT, asked={"month": OCTOBER, "leave_out": False, **asked}, by=by)
    make_report(run, lambda done, total, doing: None)
    return ReportRun.objects.get(pk=run.pk)


def test_the_file_has_duos_name_and_is_sealed(coded: DuoSchool, ineke: User) -> None:
    run = finished(ineke)
    file = run.files.get(format="csv")
    day = timezone.localdate()
    assert file.name == file.label == f"12345Aanlevering{day:%Y%m%d}.csv"
    assert re.fullmatch(r"[1-9][0-9]*Aanlevering[0-9]{8}\.csv", file.name)
    content = open_file(file.file)
    assert content.startswith(b"Burgerservicenummer;Soort cursus;")
    assert BSN["moved"].encode() in content
    assert BSN["moved"].encode() not in bytes(file.file.sealed.content)
    assert (run.profile and run.profile.version, run.blocks) == (2, [])
    people = set(SealedFilePerson.objects.filter(file=file.file).values_list("audit_id", flat=True))
    assert people == {coded.people[name].audit_id for name in ("moved", "borrower", "odd")}


def test_no_paper_beside_it_has_a_bsn(coded: DuoSchool, ineke: User) -> None:
    papers = [open_file(file.file) for file in finished(ineke).files.exclude(format="csv")]
    assert len(papers) >= 2
    assert [bsn for bsn in BSN.values() for paper in papers if bsn.encode() in paper] == []


def test_the_papers_say_what_is_not_confirmed(coded: DuoSchool, ineke: User) -> None:
    page = open_file(finished(ineke).files.get(format="html").file).decode()
    table = page.split("Kolommen van het bestand")[-1].split("</table>")[0]
    assert table.count("nog niet bevestigd") == 7
    assert "inburgeringscursus = I1" in table
    assert page.count('<strong class="open">nog niet bevestigd</strong>') == 5  # definitions
    assert "Versie 2, geldt vanaf" in page


def test_who_was_left_out_is_in_the_papers_and_not_in_the_file(coded: DuoSchool, ineke: User) -> None:
    coded.add("late", programme={"law": "wi2013"}, contracts=[contract("2025-01-01")], surname="Later")
    run = finished(ineke, leave_out=True)
    late = coded.people["late"].audit_id
    holds = {
        file.format: SealedFilePerson.objects.filter(file=file.file, audit_id=late).exists()
        for file in run.files.select_related("file")
    }
    assert (holds["csv"], holds["html"], holds["xlsx"]) == (False, True, True)
    address = f"/cursisten/{coded.people['late'].pk}/trajecten/"
    page = open_file(run.files.get(format="html").file).decode()
    assert f'<a href="{address}">Burgerservicenummer ontbreekt' in page


def test_a_blocked_run_keeps_its_papers_and_offers_nothing_to_hand_over(coded: DuoSchool, ineke: User) -> None:
    coded.add("late", programme={"law": "wi2013"}, contracts=[contract("2025-01-01")], surname="Later")
    run = finished(ineke)
    assert [file.format for file in run.files.all() if file.name or file.format == "csv"] == []
    client = signed_in(ineke)
    page = client.get(f"/rapporten/{run.pk}/").content.decode()
    assert "Het bestand kan nog niet worden gemaakt" in page
    assert "Van 1 cursist ontbreekt iets." in page
    assert f"/rapporten/{run.pk}/overdragen/" not in page
    assert client.get(f"/rapporten/{run.pk}/overdragen/").status_code == 404


def test_downloading_leaves_a_line_for_everybody_in_it(coded: DuoSchool, ineke: User) -> None:
    run = finished(ineke)
    file = run.files.get(format="csv")
    answer = signed_in(ineke).get(f"/rapporten/{run.pk}/bestand/{file.pk}/")
    assert answer["Content-Disposition"] == f'attachment; filename="{file.name}"'
    events = AccessEvent.objects.filter(kind="export").values_list("subject_audit_id", "viewer_audit_id", "reason")
    assert set(events) == {(coded.people[name].audit_id, ineke.audit_id, "report") for name in ("moved", "borrower", "odd")}


def test_only_the_file_goes_and_only_through_the_portal(coded: DuoSchool, ineke: User) -> None:
    run = finished(ineke)
    client, address = signed_in(ineke), f"/rapporten/{run.pk}/overdragen/"
    page = client.get(address).content.decode()
    assert re.findall(r'name="(file|channel)" value="([^"]+)"', page) == [
        ("file", str(run.files.get(format="csv").pk)),
        ("channel", "portal"),
    ]
    paper, file = run.files.get(format="xlsx"), run.files.get(format="csv")
    assert client.post(address, {"file": str(paper.pk), "channel": "portal"}).status_code == 422
    assert client.post(address, {"file": str(file.pk), "channel": "secure_mail"}).status_code == 422
    with pytest.raises(ValueError, match="not handed over"):
        hand_over(file=paper, channel="portal", by=ineke)
    assert Disclosure.objects.count() == 0
    assert client.post(address, {"file": str(file.pk), "channel": "portal"}).status_code == 302
    sentence = "Verstrekt aan DUO (Dienst Uitvoering Onderwijs) op"
    seen = {
        name: sentence in signed_in(open_account(student=student, by=ineke)).get("/verstrekt/").content.decode()
        for name, student in coded.people.items()
    }
    assert seen == {"moved": True, "borrower": True, "odd": True, "alone": False}


# --- who


def test_strangers_and_roles(coded: DuoSchool, ineke: User, dana: User, anna: User, chris: User, south: Place) -> None:
    run = finished(staff(Role.ADMINISTRATION))
    address = f"/rapporten/{run.pk}/"
    expected = {"ineke of north": 404, "privacy": 200, "management": 404, "teacher": 403, "stranger": 403, "finance": 403}
    users = [ineke, dana, staff(Role.MANAGEMENT), anna, chris, staff(Role.FINANCE)]
    assert dict(zip(expected, (signed_in(user).get(address).status_code for user in users), strict=True)) == expected
    asking = [signed_in(user).get("/rapporten/nieuw/duo/").status_code for user in users]
    assert asking == [200, 200, 403, 403, 403, 403]  # management may not read a BSN


def test_a_student_of_another_location_is_not_in_it(coded: DuoSchool, ineke: User, chris: User, south: Place) -> None:
    group = make_group(south, ineke)
    teach(chris, group, ineke)
    stranger = make_student(south, ineke, surname="Zuidema")
    Programme.objects.create(student=stranger, law="wi2021", starts_on=dt.date(2025, 1, 1))
    assert "Zuidema" not in repr(made(ineke))
    assert blocks(made(staff(Role.ADMINISTRATION))) == []  # without contract and lessons nobody asks for him


def test_queries_do_not_grow_with_students(coded: DuoSchool, ineke: User, south: Place) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            made(User.objects.get(pk=ineke.pk), leave_out=True)
        return len(queries)

    coded.add("one", programme={"law": "wi2013"}, contracts=[contract("2025-01-01")], surname="Een")
    coded.lesson(at(24), 60, ("one",))
    before = count()
    more: list[dict[str, Any]] = [WI2021, LOAN, WI2021]
    for number, extra in enumerate(more):
        name = f"more{number}"
        coded.add(name, programme=extra, contracts=[contract("2025-01-01", client=coded.client(f"Gemeente {number}"))])
        coded.lesson(at(25, 9 + number), 60, (name,))
    assert count() == before


# --- names, files and columns


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("123456", "123456Aanlevering20150101.csv"),  # DUO's own example
        ("0012345", "12345Aanlevering20150101.csv"),
        ("1000", "1000Aanlevering20150101.csv"),
    ],
)
def test_the_name_of_the_file(number: str, name: str) -> None:
    assert duo_file_name(number, dt.date(2015, 1, 1)) == name


def test_names_of_people_cannot_be_formulas_and_codes_stay_codes(coded: DuoSchool, ineke: User) -> None:
    version = new_version(REPORT, ineke, codes={"literacy": "0A", "integration": "1-2", "nt2": "N/1"})
    columns = [
        {"position": 1, "head": "Achternaam", "source": "surname", "codes": {}},
        {"position": 2, "head": "Soort", "source": "course", "codes": {"literacy": "0A", "integration": "1-2", "nt2": "N/1"}},
        {"position": 3, "head": "Leeg", "source": "", "codes": {}},
    ]
    from reporting.actions import change_layout  # noqa: PLC0415

    facts = {name: getattr(version, name) for name in profile.FACTS} | {"quoting": "all"}
    change_layout(report=REPORT, version=version.version, by=ineke, facts=facts, columns=columns)
    assert lines(made(ineke))[:3] == [
        '"Achternaam";"Soort";"Leeg"',
        '"\'=HYPERLINK(""http://x"")";"1-2";""',
        '"Lener";"N/1";""',
    ]


def test_the_layout_offers_only_what_may_go_to_duo() -> None:
    assert list(problems([REPORT])) == []
    for source in ("students.Student.phone", "students.Student.residence_permit", "attendance.Mark.state"):
        wrong = dataclasses.replace(LAYOUT, columns=(*LAYOUT.columns, Column("name", "Telefoon", (source,))))
        [problem] = list(problems([dataclasses.replace(REPORT, layout=wrong)]))
        assert problem.msg in (f"'{source}' may not go to 'duo'", f"'{source}' does not serve 'duo_funding'")


def test_who_may_not_read_a_bsn_may_not_make_its_file() -> None:
    wider = dataclasses.replace(REPORT, roles=REPORT.roles | {Role.MANAGEMENT})
    assert {(problem.obj, problem.msg) for problem in problems([wider])} == {
        ("duo.bsn", "'students.Programme.bsn' may not be read by management, who make this report")
    }


def test_a_row_does_not_show_its_bsn() -> None:
    shown = {field.name: field.repr for field in dataclasses.fields(Row)}
    assert shown["bsn"] is False

"""A copy of everything about a person: all of the catalogue, nothing of anybody else, whole or not at all."""

import csv
import datetime as dt
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pdfua
import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.functional import Promise

from attendance.models import Claim, Lesson, Mark
from kvs import catalogue
from kvs.audit import log_access
from kvs.files import expire_files, open_file, store_file
from kvs.models import AccessEvent, Location, Role, SealedFile, User
from kvs.pdf import pdf_available
from privacy.actions import exports
from privacy.actions.exports import ask_export, hand_over_export, make_export
from privacy.actions.incidents import report_incident
from privacy.export import gather as gathering
from privacy.export.pages import words_of
from privacy.export.words import ACTED, LABELS
from privacy.models import PersonExport
from privacy.subject import about, subject_of
from students.models import CaseManager, Student
from tests.canaries import canaries_for
from tests.factories import make_lesson, make_student, staff
from tests.scanner import scan
from tests.whole_school import WholeSchool, make_school

pytestmark = pytest.mark.skipif(bool(pdf_available()), reason=pdf_available())


def quiet(done: int, total: int | None = None, doing: str = "") -> None:
    """Progress that nobody watches."""


@pytest.fixture
def whole(north: Location, ineke: User) -> WholeSchool:
    return make_school(north, ineke)


def the_student(whole: WholeSchool) -> Student:
    return Student.objects.get(pk=whole.keys["student"])


def copy_of(person: Any, by: User, kind: str = "access") -> dict[str, bytes]:
    """The files of a copy that was asked for and made."""
    export = ask_export(person=person, kind=kind, by=by)
    make_export(export=export, progress=quiet)
    assert export.file
    return unzipped(open_file(export.file))


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def data_of(files: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files["gegevens.json"])
    return found


def people_of(whole: WholeSchool) -> dict[str, Model]:
    return {
        "student": the_student(whole),
        "teacher": whole.people[Role.TEACHER],
        "administration": whole.office,
        "case manager": CaseManager.objects.get(pk=whole.keys["case_manager"]),
    }


@pytest.mark.parametrize("kind", ["student", "teacher", "administration", "case manager"])
def test_every_column_of_the_catalogue_is_in_the_copy(kind: str, whole: WholeSchool, dana: User, tmp_path: Path) -> None:
    person = people_of(whole)[kind]
    files = copy_of(person, dana)
    data = data_of(files)

    wanted = {
        declared.label: set(catalogue.exported_fields(apps.get_model(declared.label)))
        for declared, _rows in about(subject_of(person))
    }
    found = {table["naam"]: {column["naam"] for column in table["kolommen"] if column["categorie"]} for table in data["tabellen"]}
    assert found == wanted
    withheld = {table["naam"]: {left["naam"] for left in table["niet_gegeven"]} for table in data["tabellen"]}
    personal = {label: {field.name for field in catalogue.fields_of(apps.get_model(label))} for label in wanted}
    assert withheld == {label: personal[label] - names for label, names in wanted.items()}
    rows = {table["naam"]: len(table["rijen"]) for table in data["tabellen"]}
    counted = {declared.label: rows_.count() for declared, rows_ in about(subject_of(person))}
    assert {name: number for name, number in rows.items() if name not in GROWING} == {
        name: number for name, number in counted.items() if name not in GROWING
    }

    jsonschema.validate(data, json.loads(files["gegevens.schema.json"]), format_checker=jsonschema.FormatChecker())
    (tmp_path / "made.pdf").write_bytes(files["overzicht.pdf"])
    report = pdfua.validate(str(tmp_path / "made.pdf"))
    assert [finding.message for finding in report.findings if finding.severity >= pdfua.Severity.ERROR] == []


GROWING = {"kvs.AuditEntry", "kvs.SealedFile", "kvs.SealedContent", "kvs.SealedFilePerson", "privacy.PersonExport"}


def test_every_exported_column_has_a_name_that_people_read() -> None:
    nameless = []
    for declared in catalogue.load().models:
        model = apps.get_model(declared.label)
        of_somebody = declared.owners or declared.actors or declared.pseudonyms
        for name in catalogue.exported_fields(model) if of_somebody else ():
            column: Any = model._meta.get_field(name)
            if not isinstance(column.verbose_name, Promise) and name not in LABELS:
                nameless.append(f"{model._meta.label}.{name}")
        nameless += [f"{declared.label}.{path}" for path in declared.actors if path not in ACTED]
    assert nameless == []


def plant(row: Model, number: int) -> set[str]:
    """Put a canary in each column of the row that takes one; what to look for."""
    found = canaries_for(type(row), number)
    shown = set(catalogue.exported_fields(type(row)))
    leave = {"starts_on", "ends_on", "is_active", "language", "restricted", "objections", "contact_language", "education_level"}
    needles = set()
    for name, canary in found.items():
        column: Any = row._meta.get_field(name)
        if name in leave or column.choices or not canary.needle or name not in shown or column.unique:
            continue
        type(row)._default_manager.filter(pk=row.pk).update(**{name: canary.value})
        needles.add(canary.needle)
    return needles


def test_a_canary_of_every_column_is_found_and_none_of_a_classmate_or_teacher(
    whole: WholeSchool, dana: User, north: Location
) -> None:
    me, other = the_student(whole), make_student(north, whole.office)
    mine, theirs = plant(me, 1), plant(other, 2)
    teacher = plant(whole.people[Role.TEACHER], 3)
    manager = plant(CaseManager.objects.get(pk=whole.keys["case_manager"]), 4)
    assert min(len(mine), len(theirs), len(teacher), len(manager)) >= 3

    export = ask_export(person=me, kind="access", by=dana)
    make_export(export=export, progress=quiet)
    assert export.file
    content = open_file(export.file)

    assert scan(content, mine) == mine
    assert scan(content, theirs | teacher | manager) == set()
    assert scan(content, ["999990019"]) == {"999990019"}  # the BSN, sealed in the database


def test_a_teachers_copy_lists_lessons_and_never_a_student(whole: WholeSchool, dana: User) -> None:
    me = the_student(whole)
    needles = plant(me, 5) | {me.number, str(me.pk), str(me.audit_id)}
    Lesson.objects.update(teacher=whole.people[Role.TEACHER])
    export = ask_export(person=whole.people[Role.TEACHER], kind="access", by=dana)
    make_export(export=export, progress=quiet)
    assert export.file
    content = open_file(export.file)
    assert scan(content, needles) == set()
    acts = {act["wat"]: act for act in data_of(unzipped(content))["handelingen"]}
    assert acts["Les"]["aantal"] == len(acts["Les"]["tabel"]["rijen"]) >= 1


def test_where_a_colleague_only_acted_the_copy_says_when_and_never_whom(whole: WholeSchool, dana: User) -> None:
    """In the same tables: where the colleague looked or reported all but the moment is masked, what is about her is whole."""
    me, office = the_student(whole), whole.office
    log_access(office, Role.ADMINISTRATION, [me.audit_id], AccessEvent.Kind.DETAIL)
    log_access(dana, Role.PRIVACY_OFFICER, [office.audit_id], AccessEvent.Kind.DETAIL)
    report_incident(kind="lost", discovered_at=timezone.now(), description=f"Map van {me.full_name}", by=office)
    needles = plant(me, 6) | {me.number, str(me.pk), str(me.audit_id), "Map van"}
    files = copy_of(office, dana)
    assert {name for name, content in files.items() if scan(content, needles)} == set()
    tables = {table["naam"]: table["rijen"] for table in data_of(files)["tabellen"]}
    masked = {"waarde": None, "tekst": "over iemand anders"}
    reasons: dict[str, list[Any]] = {"administration": [], "privacy_officer": []}
    for row in tables["kvs.AccessEvent"]:
        assert row["at"]["waarde"]
        reasons[row["viewer_role"]["waarde"]].append(row["reason"])
    assert reasons["administration"]
    assert [reason for reason in reasons["administration"] if reason != masked] == []
    assert [reason["waarde"] for reason in reasons["privacy_officer"]] == ["daily_work"]
    assert tables["privacy.Incident"]
    assert [row["description"] for row in tables["privacy.Incident"] if row["description"] != masked] == []


def test_a_case_manager_is_known_to_the_student_by_the_client_only(whole: WholeSchool, dana: User) -> None:
    me, manager = the_student(whole), CaseManager.objects.get(pk=whole.keys["case_manager"])
    contract = me.programmes.get().contracts.get()
    contract.case_manager = manager
    contract.save()
    CaseManager.objects.filter(pk=manager.pk).update(surname="Wapperman", phone="0600123456")
    files = copy_of(me, dana)
    (row,) = next(table for table in data_of(files)["tabellen"] if table["naam"] == "students.Contract")["rijen"]
    assert row["case_manager"]["tekst"] == f"een klantmanager van {manager.client.name}"
    assert all(scan(content, ["Wapperman", "0600123456"]) == set() for content in files.values())


def test_choices_are_words_and_the_access_log_names_roles_only(whole: WholeSchool, dana: User) -> None:
    me = the_student(whole)
    log_access(whole.office, Role.ADMINISTRATION, [me.audit_id], AccessEvent.Kind.DETAIL)
    files = copy_of(me, dana)
    rows = list(csv.reader(io.StringIO(files["wie-keek.csv"].decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Moment", "Rol", "Soort", "Reden"]
    assert ["administratie", "geopend", "dagelijks werk"] in [row[1:] for row in rows]
    assert b"Hofstra" not in b"".join(files.values())
    programme = next(table for table in data_of(files)["tabellen"] if table["naam"] == "students.Programme")["rijen"][0]
    assert programme["law"] == {"waarde": "wi2021", "tekst": "Wi2021"}


def test_a_letter_is_words_and_no_tags(whole: WholeSchool, dana: User) -> None:
    files = copy_of(the_student(whole), dana)

    table = next(table for table in data_of(files)["tabellen"] if table["naam"] == "attendance.AbsenceLetter")
    (letter,) = [row["page"] for row in table["rijen"]]
    assert letter["waarde"] == letter["tekst"]
    lines = letter["tekst"].split("\n")
    assert lines.count("U miste lessen") == 1  # the title in the head of the page is not read
    assert "Dag · Tijd · Groep · Gemist" in lines
    assert not {"<", ">", "{"} & set(letter["tekst"])


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<p>a  b\n c</p><p>d</p>", "a b c\nd"),
        ("<table><tr><th>Dag</th><td>maandag</td><td></td><td>3</td></tr></table>", "Dag · maandag · · 3"),
        ("<head><title>x</title><style>p{}</style></head><body>a &lt;b&gt; &amp; c<br>d</body>", "a <b> & c\nd"),
        ("no page", "no page"),
        ("", ""),
    ],
)
def test_the_words_of_a_page(page: str, words: str) -> None:
    assert words_of(page) == words


def test_files_of_the_person_alone_go_along_and_others_are_told_of(whole: WholeSchool, dana: User) -> None:
    me = the_student(whole)
    own = {"kind": "letter", "content_type": "application/pdf", "by": None}
    store_file(b"voor mij alleen", people=[me.audit_id], **own)  # type: ignore[arg-type]
    store_file(b"van ons samen", people=[me.audit_id, dana.audit_id], **own)  # type: ignore[arg-type]
    files = copy_of(me, dana)
    inside = [content for name, content in files.items() if name.startswith("bestanden/")]
    assert b"voor mij alleen" in inside
    assert b"van ons samen" not in inside
    reasons = {found["reden"] for found in data_of(files)["bestanden"]}
    assert "Er staan ook andere mensen in dit bestand. Daarom zit het niet bij uw kopie." in reasons


def test_what_goes_along_is_what_the_catalogue_calls_portable(whole: WholeSchool, dana: User) -> None:
    data = data_of(copy_of(the_student(whole), dana, "portability"))
    found = {(table["naam"], column["naam"]) for table in data["tabellen"] for column in table["kolommen"] if column["categorie"]}
    wanted = {
        (declared.label, field.name)
        for declared, rows in about(subject_of(the_student(whole)))
        for field in declared.personal
        if rows.exists() and field.category.portable and not field.category.withhold
    }
    assert found == wanted
    assert ("students.Student", "given_names") in found
    assert ("exams.LevelMeasurement", "level") not in found


def test_text_that_a_spreadsheet_would_calculate_with_stays_text(whole: WholeSchool, dana: User) -> None:
    Student.objects.filter(pk=whole.keys["student"]).update(birth_place="=1+1")
    files = copy_of(the_student(whole), dana, "portability")
    assert any(b'"\'=1+1"' in content for name, content in files.items() if name.endswith(".csv"))


def test_a_part_that_fails_fails_the_whole_and_stores_nothing(
    whole: WholeSchool, dana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = ask_export(person=the_student(whole), kind="access", by=dana)
    before = SealedFile.objects.count()

    def broken(*args: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(gathering, "_acts", broken)
    with pytest.raises(RuntimeError):
        make_export(export=export, progress=quiet)
    export.refresh_from_db()
    assert (export.made_at, export.file_id, SealedFile.objects.count()) == (None, None, before)


def test_made_twice_is_made_once_and_asked_twice_is_asked_once(whole: WholeSchool, dana: User) -> None:
    first = ask_export(person=the_student(whole), kind="access", by=dana)
    assert ask_export(person=the_student(whole), kind="access", by=dana) == first
    make_export(export=first, progress=quiet)
    kept = first.file_id
    make_export(export=first, progress=quiet)
    assert first.file_id == kept


def test_the_file_goes_after_a_week_and_that_it_was_made_after_two_years(whole: WholeSchool, dana: User) -> None:
    export = ask_export(person=the_student(whole), kind="access", by=dana)
    make_export(export=export, progress=quiet)
    assert export.file
    assert export.file.expires_at
    assert dt.timedelta(days=6) < export.file.expires_at - timezone.now() <= dt.timedelta(days=7)
    SealedFile.objects.filter(pk=export.file.pk).update(
        created_at=timezone.now() - dt.timedelta(days=8), expires_at=timezone.now() - dt.timedelta(days=1)
    )
    expire_files()
    export.refresh_from_db()
    assert (export.file_id, export.until, export.made_at is None) == (None, None, False)
    assert exports.delete_old_exports() == 0
    PersonExport.objects.update(requested_at=timezone.now() - dt.timedelta(days=731))
    assert exports.delete_old_exports() == 3  # the school had two already
    assert not PersonExport.objects.exists()


def test_handing_over_is_recorded_once(whole: WholeSchool, dana: User) -> None:
    export = ask_export(person=the_student(whole), kind="access", by=dana)
    make_export(export=export, progress=quiet)
    first = hand_over_export(pk=export.pk, seen="desk", by=dana)
    again = hand_over_export(pk=export.pk, seen="called_back", by=whole.office)
    assert (again.seen, again.handed_over_by, again.handed_over_at) == ("desk", dana, first.handed_over_at)


def test_a_constant_number_of_queries(whole: WholeSchool, north: Location) -> None:
    me = the_student(whole)
    subject = subject_of(me)
    numbers = []
    for extra in (0, 2):
        enrolment = me.programmes.get().enrolments.get()
        for day in range(extra):
            begin = timezone.now() - dt.timedelta(days=30 + day)
            lesson = make_lesson(enrolment.group, whole.office, starts_at=begin)
            mark = Mark.objects.create(
                lesson=lesson, enrolment=enrolment, state="present", minutes_attended=90, teacher_at=begin, salt="", row_hash=""
            )
            Claim.objects.create(mark=mark, party="teacher", by_audit_id=staff(Role.TEACHER, north).audit_id, state="present")
        with CaptureQueriesContext(connection) as seen:
            gathering.gather(subject, quiet)
        numbers.append(len(seen))
    assert numbers[0] == numbers[1]


def test_two_years_of_lessons_take_less_than_ten_seconds(whole: WholeSchool, dana: User, north: Location) -> None:
    """Of computing: the machine may be shared. 420 lessons with what two parties said, and as many times that somebody looked."""
    me, teacher = the_student(whole), whole.people[Role.TEACHER]
    enrolment = me.programmes.get().enrolments.get()
    begins = [timezone.now() - dt.timedelta(days=10 + 1.7 * number) for number in range(420)]
    lessons = Lesson.objects.bulk_create(
        Lesson(
            group=enrolment.group,
            location=north,
            teacher=teacher,
            day=timezone.localdate(begin),
            starts_at=begin,
            ends_at=begin + dt.timedelta(hours=3),
            planned_minutes=150,
            code="TIJD" + "".join(chr(65 + number // 26**place % 26) for place in range(4)),
        )
        for number, begin in enumerate(begins)
    )
    marks = Mark.objects.bulk_create(
        Mark(lesson=lesson, enrolment=enrolment, state="present", minutes_attended=150, teacher_at=lesson.ends_at)
        for lesson in lessons
    )
    Claim.objects.bulk_create(
        Claim(mark=mark, party=party, by_audit_id=teacher.audit_id, state="present")
        for mark in marks
        for party in ("teacher", "student")
    )
    seen = {"kind": "detail", "viewer_role": "teacher", "viewer_audit_id": teacher.audit_id, "subject_audit_id": me.audit_id}
    AccessEvent.objects.bulk_create(AccessEvent(at=begin, **seen) for begin in begins)
    before = time.process_time()
    files = copy_of(me, dana)
    assert time.process_time() - before < 10
    rows = {table["naam"]: len(table["rijen"]) for table in data_of(files)["tabellen"]}
    assert rows["attendance.Mark"] >= 420
    assert len(files["wie-keek.csv"].splitlines()) >= 421

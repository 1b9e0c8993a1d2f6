"""What holds for every page of the school, generated from its addresses: a new page is in every proof here by itself."""

import datetime as dt
import html
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.template.loader import get_template
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import override
from pytest_django import Settings

from kvs import catalogue
from kvs.models import AccessEvent, Location, Role, User
from students.models import CaseManager, Student
from tests.architecture.test_urls import named_addresses
from tests.canaries import canaries_for
from tests.people import Browser, signed_in
from tests.whole_school import KEYWORDS, WholeSchool, grow

pytestmark = pytest.mark.django_db
MAY_WRITE = {"kvs_accessevent", "kvs_websession"}  # decisions.md 22
READERS = 3  # in how many roles a page is opened: a page is one view, and ten roles times four hundred pages take minutes


def test_every_address_is_walked_through() -> None:
    """Name the keys of a new address in tests/whole_school.py (MORE)."""
    assert [name for name in named_addresses() if name not in KEYWORDS] == []


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside leaves no trace: the next page finds the school as it was."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# --- reading writes nothing


def written() -> dict[str, int]:
    """Rows added, changed and deleted in this transaction, by table. PostgreSQL counts: nothing escapes it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return dict(cursor.fetchall())


def changed_since(before: dict[str, int]) -> set[str]:
    """The tables that were written to, save those any request may."""
    return {table for table, rows in written().items() if rows != before.get(table, 0)} - MAY_WRITE


def test_reading_writes_nothing_but_access_lines(whole: WholeSchool) -> None:
    browsers = [("nobody", Browser()), *whole.browsers().items()]
    found = {}
    for name, address in whole.addresses().items():
        opened = 0
        for who, browser in browsers:
            if opened < READERS:
                before = written()
                opened += browser.get(address).status_code == 200
                if tables := changed_since(before):
                    found[name, who] = tables
    assert found == {}


def test_a_write_is_seen(whole: WholeSchool) -> None:
    browser = signed_in(whole.people[Role.STUDENT])
    before = written()
    browser.post(whole.address("students:language"), {"language": "en"})
    assert {table for table, rows in written().items() if rows != before[table]} - MAY_WRITE == {"kvs_user", "kvs_auditentry"}


# --- what may not be read may not be sent to


def test_who_may_not_open_a_page_may_not_send_to_it(whole: WholeSchool) -> None:
    let_in = {}
    for role, browser in whole.browsers().items():
        for name, address in whole.addresses().items():
            if browser.get(address).status_code in (403, 404):
                with undone():
                    answer = browser.post(address)
                if answer.status_code not in (403, 404, 405):
                    let_in[name, role] = answer.status_code
    assert let_in == {}


def test_nobody_sends_anything_without_signing_in(whole: WholeSchool) -> None:
    browser = Browser()
    closed = [name for name, address in whole.addresses().items() if browser.get(address).status_code == 302]
    answers = {name: browser.post(whole.address(name)).headers.get("Location", "") for name in closed}
    assert {name: where for name, where in answers.items() if not where.startswith("/aanmelden/")} == {"account_logout": "/"}


# --- as many questions for three as for one


def questions(whole: WholeSchool) -> dict[tuple[str, Role], int]:
    """How many queries each page takes that opens, for the first roles that may."""
    counts = {}
    browsers = whole.browsers()
    for name, address in whole.addresses().items():
        opened = 0
        for role, browser in browsers.items():
            if opened < READERS:
                connection.queries_log.clear()  # it forgets what is older than 9,000 questions
                with CaptureQueriesContext(connection) as asked:
                    answer = browser.get(address)
                if answer.status_code == 200:
                    counts[name, role] = len(asked)
                    opened += 1
    return counts


def test_three_of_everything_take_as_many_questions_as_one(whole: WholeSchool, north: Location) -> None:
    questions(whole)  # the first request of a process reads more
    before = questions(whole)
    grow(whole, north, 2)
    after = questions(whole)
    assert len(before) > 100
    differ = {page: (count, after[page]) for page, count in before.items() if after[page] != count}
    # A choice between one programme has no empty line, and Django's Select then looks at its first choice once more.
    assert {page: counts for page, counts in differ.items() if page[0] != "students:enrolment_add"} == {}


# --- reading somebody's file leaves a line


def read_by(user: User, browser: Browser, address: str, student: Student) -> tuple[bool, bool]:
    """Whether the page names the student, and whether the file then says that `user` read it."""
    shown = student.surname in browser.get(address).content.decode(errors="replace")
    events = AccessEvent.objects.filter(subject_audit_id=student.audit_id, viewer_audit_id=user.audit_id)
    return shown, shown and events.exists()


def test_every_page_that_names_a_student_leaves_a_line_in_the_file(whole: WholeSchool) -> None:
    student = Student.objects.get(pk=whole.keys["student"])
    silent, spoken = [], set()
    browsers = {role: browser for role, browser in whole.browsers().items() if role != Role.STUDENT}
    for name, address in whole.addresses().items():
        opened = 0
        for role, browser in browsers.items():
            if opened < READERS:
                with undone():
                    shown, line = read_by(whole.people[role], browser, address, student)
                opened += shown
                if shown:
                    spoken.add(name)
                if shown and not line:
                    silent.append((name, role))
    assert silent == []
    assert len(spoken) > 15


# --- a demo says so


def test_a_demo_school_says_so_on_every_page_also_on_errors(whole: WholeSchool, settings: Settings) -> None:
    settings.DEMO = True
    browsers = [whole.browsers()[role] for role in (Role.ADMINISTRATION, Role.TEACHER, Role.STUDENT)]
    pages = {
        (name, answer.status_code): answer.content.decode()
        for browser in [*browsers, Browser()]
        for name, address in {**whole.addresses(), "no such page": "/bestaat-niet/"}.items()
        if name != "reporting:file" and "html" in (answer := browser.get(address)).headers.get("Content-Type", "")
    }
    pages |= {(name, 0): get_template(name).render() for name in ("400.html", "403_csrf.html", "429.html", "500.html")}
    whole_pages = {page: text for page, text in pages.items() if "<html" in text}
    assert {status for _name, status in whole_pages} >= {200, 403, 404, 0}
    assert [page for page, text in whole_pages.items() if text.count('class="demo-strip"') != 1] == []


# --- nobody reads a field the catalogue keeps from the role

# Values with a form of their own, where a canary of the column's type does not fit its rule.
BY_HAND: dict[str, Any] = {
    "students.Student.number": "KANARIE-7",
    "students.Student.birth_year": 1937,
    "students.Student.postcode": "9987 QX",
}


# Codes of our own software in a column of text: another word there is no value but a broken row.
CODES = {
    "attendance.AbsenceLetter.page",
    "privacy.Complaint.letter",
    "privacy.PrivacyRequest.letter",
    "students.CorrectionProposal.field",
    "students.CorrectionProposal.value",
    "students.FieldSource.group",
    "kvs.User.language",
}


# Columns a constraint ties to others, or whose table only grows.
REFUSED = {
    *("attendance.AbsenceReport.decided_at", "attendance.AbsenceReport.decided_by_audit_id"),
    "attendance.Claim.at",
    "attendance.Claim.by_audit_id",
    "attendance.Claim.device",
    *(f"attendance.Correction.{name}" for name in ("remark", "was_office_at", "was_student_at", "was_teacher_at")),
    *(f"attendance.OutsideHours.{name}" for name in ("at", "by_audit_id", "day", "provider", "reference")),
    *(f"attendance.FollowUpStep.{name}" for name in ("at", "by_audit_id", "done_on")),
    "attendance.FollowUp.closed_on",
    "exams.ExamAttempt.result_on",
    "exams.ExamAttempt.taken_on",
    "exams.LevelMeasurement.measured_on",
    "kvs.User.student_number",
    "students.Consent.purpose",
    *(f"students.ConsentEvent.{name}" for name in ("at", "by_audit_id", "language", "on", "place", "representation")),
    "students.FieldSource.organisation",
    "students.InformTask.done_at",
    "students.Student.objections",
    "students.Student.restricted",
}
# Periods that decide who may look: with a canary in them nobody would see anything.
DECIDE = {
    f"{model}.{end}"
    for model in ("students.Programme", "students.Enrolment", "kvs.Membership")
    for end in ("starts_on", "ends_on")
}


def rows_about(student: Student) -> Iterator[models.Model]:
    """Every row whose owner is this student, the account of the student, or a case manager."""
    for model in catalogue.personal_models():
        declared = catalogue.load().find(model)
        for path in declared.owners:
            if model._meta.label == "students.CaseManager":
                yield from model._default_manager.all()
            elif (whose := _path_to(model, path)) is not None:
                yield from model._default_manager.filter(**{whose: student.pk})


def _path_to(model: type[models.Model], path: str) -> str | None:
    """The look-up by which rows of `model` are found that belong to a student; None when they belong to somebody else."""
    here: Any = model
    steps = [] if path == "self" else path.split("__")
    for step in steps:
        here = here._meta.get_field(step).related_model
    ends = {"students.Student": "pk", "kvs.User": "student"}
    end = ends.get(here._meta.label)
    return "__".join([*steps, end]) if end else None


def plant(student: Student) -> tuple[dict[str, set[str]], set[str]]:
    """A canary in every field of every row about the student: the forms it may be written in by field, and fields without one."""
    planted: dict[str, set[str]] = {}
    refused: set[str] = set()
    for number, row in enumerate(rows_about(student), start=1):
        for name, found in canaries_for(type(row), min(number, 99)).items():
            label = f"{row._meta.label}.{name}"
            value = BY_HAND.get(label, found.value)
            if label in CODES | DECIDE or (not found.needle and label not in BY_HAND):
                continue
            try:
                with transaction.atomic():
                    type(row)._default_manager.filter(pk=row.pk).update(**{name: value})
                planted.setdefault(label, set()).update(
                    written_forms(value, found.needle if label not in BY_HAND else str(value))
                )
            except DatabaseError:
                refused.add(label)
    return planted, refused - planted.keys()


def written_forms(value: Any, needle: str) -> set[str]:
    """How a page may write a value."""
    with override("nl"):
        if isinstance(value, dt.datetime):
            local = timezone.localtime(value)
            return {date_format(local, "DATETIME_FORMAT"), date_format(local), needle}
        if isinstance(value, dt.date):
            return {date_format(value), date_format(value, "SHORT_DATE_FORMAT"), date_format(value, "MONTH_DAY_FORMAT"), needle}
    return {needle}


# Of what the catalogue lets staff read about students these are on no page: each with the reason.
ON_NO_PAGE = {
    "students.Student.sort_key",  # the names once more, folded to sort and to search by
    "students.Student.search_text",
    "students.FieldSource.on",
    "students.CorrectionProposal.decided_at",
    "students.Programme.bsn",  # it travels once, in the file for DUO (docs/decisions 12)
}
# Neither teaching nor checking a sample needs the contract (data minimisation, art. 5 AVG).
CONTRACT = {"students.Contract.starts_on", "students.Contract.ends_on", "students.Contract.reference"}
TERM = {"students.Programme.pip_on", "students.Programme.term_ends_on"}
ASKED = {"students.CorrectionProposal.made_at"}  # only who decides on a proposal sees since when it waits
WITHOUT_CONTRACT = (Role.TEACHER, Role.AUDITOR)


def readable(role: Role, planted: Iterable[str]) -> set[str]:
    """The planted columns ("app.Model.name") that `role` may read; a student everything of the own file that is not withheld."""
    found = set()
    for label in planted:
        model, name = apps.get_model(label.rpartition(".")[0]), label.rpartition(".")[2]
        names = catalogue.exported_fields(model) if role == Role.STUDENT else catalogue.readable_by(model, role)
        if name in names and not (role == Role.STUDENT and model is CaseManager):
            found.add(label)
    return found


def test_nobody_reads_more_or_less_than_the_catalogue_says(whole: WholeSchool) -> None:
    planted, refused = plant(Student.objects.get(pk=whole.keys["student"]))
    leaks, hidden = {}, {}
    for role, user in whole.people.items():
        browser = signed_in(User.objects.get(pk=user.pk))
        answers = [browser.get(address) for address in whole.addresses().values()]
        text = html.unescape(" ".join(page.content.decode(errors="replace") for page in answers if page.status_code == 200))
        seen = {label for label, forms in planted.items() if any(form in text for form in forms)}
        leaks[role] = seen - readable(role, planted)
        hidden[role] = readable(role, planted) - seen
    assert {role: found for role, found in leaks.items() if found} == {}
    del hidden[Role.STUDENT]
    expected = {role: ON_NO_PAGE | ASKED | (CONTRACT | TERM if role in WITHOUT_CONTRACT else set()) for role in hidden}
    expected[Role.ADMINISTRATION] -= ASKED
    ours = {role: {label for label in found if label.startswith("students.")} for role, found in hidden.items()}
    assert ours == {role: expected[role] & readable(role, planted) for role in hidden}
    assert refused == REFUSED

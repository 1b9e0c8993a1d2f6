"""The demo school: the same people every time, whatever day it is. Its lessons are looked at here too: one making of 4 s."""

import datetime as dt
from collections.abc import Iterator
from io import BytesIO, StringIO
from itertools import pairwise
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.core.management import call_command
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoDbBlocker
from stdnum.nl import bsn as elfproef

from attendance.actions.seal import claims_to_verify, still_fits
from attendance.demo import FREE_DAYS, LEFT, TIMETABLE, lessons
from attendance.models import (
    Claim,
    Closure,
    ContractHours,
    Lesson,
    LessonEvidence,
    LessonScan,
    Mark,
    NightDigest,
    OpeningBalance,
    OutsideHours,
    Register,
    Scan,
)
from kvs.fields import SealedField
from kvs.files import open_file
from kvs.models import AuditEntry, Job, Location, Membership, Organisation, Role, User, WebSession
from privacy.models import Complaint, Erasure, Incident, Objection, PaperDossier, PrivacyRequest, Representation, Restriction
from reporting.models import GivenByHand
from students.demo import GROUPS, TEACHING, Person, people, spare_bsns, staff
from students.demo_names import BACKGROUNDS
from students.models import (
    CaseManager,
    Client,
    Consent,
    Contract,
    CorrectionProposal,
    Enrolment,
    Exemption,
    Group,
    GroupAccess,
    Programme,
    Student,
)

MONDAY = dt.date(2026, 11, 16)
WEEK = [MONDAY + dt.timedelta(days=number) for number in range(7)]


def run() -> str:
    printed = StringIO()
    with override_settings(DEMO=True):
        call_command("demo_school", stdout=printed)
    return printed.getvalue()


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The demo school, made once for all tests that only look at it; midnight waits until they have."""
    now = timezone.now()
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: now)
        with connection.cursor() as cursor:  # a question that is asked in the wrong order once took all of an hour
            cursor.execute("SET LOCAL statement_timeout = '60s'")
        run()
        yield
        transaction.set_rollback(True)


def names(plan: list[Person]) -> list[tuple[str, str, str]]:
    return [(person.student["given_names"], person.student["infix"], person.student["surname"]) for person in plan]


# --- the plan, without a database


def test_two_plans_are_equal_and_the_names_do_not_depend_on_the_day() -> None:
    assert people(MONDAY) == people(MONDAY)
    assert names(people(dt.date(2028, 2, 29))) == names(people(MONDAY))
    assert len(set(names(people(MONDAY)))) == 160


def test_all_test_numbers_are_valid_and_from_the_range_given_to_nobody() -> None:
    found = spare_bsns()
    assert (len(found), len(set(found))) == (909, 909)
    assert {number[:5] for number in found} == {"99999"}


@pytest.mark.parametrize("today", [*WEEK, dt.date(2028, 2, 29), dt.date(2027, 1, 1)])
def test_every_period_fits_the_database_whatever_day_it_is(today: dt.date) -> None:
    for person in people(today):
        periods = [[(row["starts_on"], row["ends_on"]) for row in person.contracts], [row[1:] for row in person.places]]
        for parts in periods:
            assert all(ends_on is None or starts_on <= ends_on for starts_on, ends_on in parts)
            assert all(first[1] is not None and first[1] < second[0] for first, second in pairwise(parts))
        ends_on = person.programme["ends_on"]
        assert ends_on is None or person.programme["starts_on"] <= ends_on
        assert person.contracts[0]["starts_on"] == person.programme["starts_on"] <= person.places[0][1]


@pytest.mark.parametrize("today", WEEK)
def test_no_group_ever_holds_more_than_its_places(today: dt.date) -> None:
    places = [place for person in people(today) for place in person.places]
    for group, plan in GROUPS.items():
        mine = [place for place in places if place[0] == group]
        starts = {starts_on for _group, starts_on, _ends_on in mine}
        assert max(sum(a <= day and (b is None or day <= b) for _group, a, b in mine) for day in starts) <= plan.capacity


@pytest.mark.parametrize("today", [*WEEK, *(dt.date(2026, month, day) for month, day in FREE_DAYS)])
def test_marijke_teaches_today_whatever_day_it_is(today: dt.date) -> None:
    assert [lesson.slot.teacher for lesson in lessons(today) if lesson.day == today].count("marijke") == 1


def test_nobody_teaches_two_groups_at_once_or_a_group_not_assigned() -> None:
    assigned = {(mail, group) for mail, group, _begun, _ended in TEACHING}
    assert {(slot.teacher, slot.group) for slot in TIMETABLE} == assigned
    busy: dict[tuple[dt.date, str], list[tuple[str, str]]] = {}
    for day, slot in lessons(MONDAY):
        busy.setdefault((day, slot.teacher), []).append((slot.starts, slot.ends))
    assert all(first[1] <= second[0] for times in busy.values() for first, second in pairwise(sorted(times)))


def test_a_free_day_has_no_lessons_for_who_looks_at_it_from_another_day() -> None:
    new_year = dt.date(2027, 1, 1)
    assert [day for day, _slot in lessons(dt.date(2027, 1, 6)) if day == new_year] == []
    assert [day for day, _slot in lessons(new_year) if day == new_year] != []


# --- the school that comes of it


def test_it_is_as_large_as_promised(made: None, db: None) -> None:
    counted = {model.__name__: model._base_manager.count() for model in (Organisation, Location, Group, Student, GroupAccess)}
    assert counted == {"Organisation": 1, "Location": 2, "Group": 10, "Student": 160, "GroupAccess": 3}
    assert set(Group.objects.values_list("location__name", flat=True)) == {"Noord", "Zuid"}
    assert Membership.objects.filter(role=Role.TEACHER).count() == 6
    assert Client.objects.filter(kind=Client.Kind.MUNICIPALITY).count() == 4
    assert set(Client.objects.filter(case_managers__isnull=False)) == set(Client.objects.all())
    assert Client.objects.exclude(municipality_code="").count() == 0  # invented towns have no code
    assert CaseManager.objects.count() == 7


def test_bsns_are_test_numbers_and_stand_only_where_there_is_a_ground(made: None, db: None) -> None:
    numbers = [programme.bsn for programme in Programme.objects.all() if programme.bsn]
    assert len(numbers) == len(set(numbers)) > 90
    assert [number for number in numbers if not elfproef.is_valid(number) or not number.startswith("99999")] == []
    assert Programme.objects.filter(bsn_basis="", bsn_index__isnull=False).count() == 0
    assert Programme.objects.filter(law="none").exclude(bsn_basis="").count() == 0


def test_names_show_what_a_list_must_bear(made: None, db: None) -> None:
    students = list(Student.objects.all())
    assert {student.nationality for student in students} == {background.nationality for background in BACKGROUNDS.values()}
    assert len({background.language for background in BACKGROUNDS.values()}) >= 10
    assert max(len(student.full_name) for student in students) > 45
    assert {student.surname for student in students if not student.given_names} == {"Zarghuna", "Suharti", "Rahmatullah"}
    assert {student.infix for student in students} == {"", "de", "de la", "dos", "el", "van den"}
    assert {student.birth_date_text == "" for student in students} == {True, False}
    assert {(student.birth_month is None, student.birth_day is None) for student in students} == {
        (True, True),
        (False, True),
        (False, False),
    }


def test_programmes_of_every_kind_and_changes_on_the_way(made: None, db: None) -> None:
    kinds = set(Programme.objects.values_list("law", "route"))
    assert kinds == {("wi2021", "b1"), ("wi2021", "z"), ("wi2021", "education"), ("wi2013", ""), ("none", "")}
    payers = set(Contract.objects.values_list("client__kind", flat=True))
    assert payers == {"municipality", "employer", None}
    today = timezone.localdate()
    placed = set(Enrolment.objects.active_on(today).values_list("programme__student", flat=True))
    later = set(Enrolment.objects.filter(starts_on__gt=today).values_list("programme__student", flat=True))
    assert (len(placed), len(later), 160 - len(placed | later)) == (136, 8, 16)
    assert Enrolment.objects.count() == 160 + 12  # twelve moved to another group
    assert Contract.objects.count() > 165  # and some to another client


def test_every_current_student_has_an_account_that_nobody_can_guess(made: None, db: None) -> None:
    placed = Student.objects.filter(programmes__enrolments__in=Enrolment.objects.active_on(timezone.localdate()))
    accounts = User.objects.filter(memberships__role=Role.STUDENT)
    assert set(accounts.values_list("student_number", flat=True)) == set(placed.values_list("number", flat=True))
    assert set(accounts) == {student.user for student in placed.select_related("user")}
    assert [user for user in accounts if user.has_usable_password() or user.email] == []


def test_contact_data_reach_nobody(made: None, db: None) -> None:
    for student in Student.objects.all():
        assert student.email == "" or student.email.endswith("@voorbeeld.example")
        assert student.phone == "" or student.phone.startswith("06-0000")


def test_exceptions_open_what_they_say(made: None, db: None) -> None:
    sample = set(Group.objects.visible_to(staff("olga")).values_list("name", flat=True))
    assert sample == {"NT2 B1 dag 2", "Z-route 5"}
    mine = set(Group.objects.visible_to(staff("marijke")).values_list("name", flat=True))
    assert mine == {"NT2 A1 dag 1", "NT2 B1 dag 2", "NT2 A2 weekend", "NT2 A2 avond"}


def test_the_audit_names_who_registered_the_students(made: None, db: None) -> None:
    about = Student.objects.values_list("audit_id", flat=True)
    made_by = AuditEntry.objects.filter(subject_audit_id__in=about, model="students.student", action="create")
    assert set(made_by.values_list("actor_audit_id", flat=True)) == {staff("ineke").audit_id}


# --- its lessons


def test_marijke_finds_an_open_lesson_of_today_and_one_left_unsigned(made: None, db: None) -> None:
    today = timezone.localdate()
    mine = Lesson.objects.filter(teacher=staff("marijke"))
    assert mine.visible_to(staff("marijke")).on(today).filter(register=None, marks=None).count() == 1
    assert mine.filter(register__signed_at=None, register__isnull=False).count() == 1
    assert Mark.objects.filter(lesson__day__gte=today).count() == 0
    assert Lesson.objects.filter(day__gt=today + dt.timedelta(days=7)).values("group").distinct().count() == 10


def test_registers_are_signed_but_for_what_was_left(made: None, db: None) -> None:
    past = Lesson.objects.filter(day__lt=timezone.localdate())
    assert past.count() > 650
    assert past.filter(cancelled=True).count() == 1
    unsigned = past.exclude(register__signed_at__isnull=False)
    assert set(unsigned.values_list("teacher__email", flat=True)) == {staff(mail).email for mail in LEFT}
    assert unsigned.count() == len(LEFT)


def test_every_signed_register_verifies_and_a_changed_mark_does_not(made: None, db: None) -> None:
    marks: dict[Any, list[Mark]] = {}
    for mark in Mark.objects.prefetch_related(claims_to_verify()):
        marks.setdefault(mark.lesson_id, []).append(mark)
    registers = list(Register.objects.filter(signed_at__isnull=False).select_related("lesson"))
    assert [register for register in registers if not still_fits(register, marks[register.lesson_id])] == []
    marks[registers[0].lesson_id][0].minutes_attended += 1
    assert not still_fits(registers[0], marks[registers[0].lesson_id])


def test_attendance_looks_like_a_school(made: None, db: None) -> None:
    total = Mark.objects.count()
    assert 8_500 < total < 11_000
    assert set(Mark.objects.values_list("state", flat=True)) == set(Mark.State.values)
    there = Mark.objects.filter(state__in=["present", "late", "left_early"])
    assert 0.84 < there.count() / total < 0.94
    assert 0.7 < there.filter(student_at__isnull=False).count() / there.count() < 0.9
    assert Mark.objects.exclude(student_at=None).exclude(state__in=["present", "late", "left_early"]).count() == 0


# --- what shows lessons besides registers, and hours outside them


def test_a_week_on_paper_came_back(made: None, db: None) -> None:
    links = list(LessonScan.objects.select_related("lesson", "scan__file").order_by("lesson__starts_at"))
    assert {(link.scan_id, link.lesson.group.name, link.lesson.teacher) for link in links} == {
        (links[0].scan_id, "Alfabetisering 1", staff("fatma"))
    }
    assert [link.initials_at is None for link in links] == [False] * (len(links) - 1) + [len(links) > 1]
    present = Mark.objects.filter(lesson=links[0].lesson, state__in=["present", "late", "left_early"])
    assert set(Mark.objects.filter(lesson=links[0].lesson, paper_at__isnull=False)) == set(present)
    assert links[0].scan
    with Image.open(BytesIO(open_file(links[0].scan.file))) as picture:
        assert (picture.format, picture.width < picture.height) == ("JPEG", True)
    assert [scan.uploaded_by for scan in Scan.objects.waiting()] == [staff("fatma")]


def test_lessons_online_have_a_picture_and_a_log_of_who_was_there(made: None, db: None) -> None:
    found = {row.kind: row for row in LessonEvidence.objects.select_related("file", "lesson")}
    assert set(found) == {"screenshot", "log"}
    for row in found.values():
        there = Mark.objects.filter(lesson=row.lesson, state__in=["present", "late", "left_early"])
        people = {mark.enrolment.programme.student.audit_id for mark in there.select_related("enrolment__programme__student")}
        assert set(row.file.people.values_list("audit_id", flat=True)) == people


def test_hours_outside_lessons_and_what_was_brought_along(made: None, db: None) -> None:
    entries = OutsideHours.objects.current()
    assert sorted(set(entries.values_list("kind", "minutes"))) == [
        ("intake", 180),
        ("participation", 210),
        ("participation", 240),
    ]
    assert (entries.count(), OutsideHours.objects.count()) == (16, 17)  # one was mended
    assert set(OpeningBalance.objects.values_list("contract__programme__law", flat=True)) == {"wi2013"}
    assert (OpeningBalance.objects.count(), ContractHours.objects.filter(lesson_hour=45).count()) == (3, 2)


def test_the_school_is_closed_when_there_are_no_lessons(made: None, db: None) -> None:
    closed = list(Closure.objects.order_by("starts_on"))
    assert [(row.name, row.location and row.location.name) for row in closed] == [
        ("Lesvrije week", None),
        ("Lesvrije week", None),
        ("Studiedag docenten", "Zuid"),
        ("Lesvrije week", None),
    ]
    for row in closed:
        assert Lesson.objects.filter(day__range=(row.starts_on, row.ends_on)).count() == 0


def test_one_register_was_corrected_and_every_day_has_a_digest(made: None, db: None) -> None:
    claim = Claim.objects.get(correction__isnull=False)
    assert (claim.party, claim.state, claim.correction.was_state) == ("coordinator", "late", "absent")
    signed = Register.objects.exclude(signed_at=None).filter(signed_at__date__lt=timezone.localdate())
    assert set(NightDigest.objects.values_list("day", flat=True)) == set(signed.values_list("signed_at__date", flat=True))


def test_a_class_tablet_lies_open_until_an_hour_after_the_lesson_of_today(made: None, db: None) -> None:
    lesson = Lesson.objects.filter(teacher=staff("marijke"), day=timezone.localdate()).latest("starts_at")
    until = lesson.ends_at + dt.timedelta(hours=1)
    tablets = list(WebSession.objects.tablets_of(lesson.pk).values_list("user", "expires_at"))
    assert tablets == ([(staff("marijke").pk, until)] if until > timezone.now() else [])


# --- what people say about their data


def test_students_say_yes_and_no_and_take_back(made: None, db: None) -> None:
    assert set(Consent.objects.values_list("purpose", "state")) == {
        ("photo", "given"),
        ("photo", "refused"),
        ("photo", "withdrawn"),
        ("keep_in_touch", "given"),
        ("keep_in_touch", "refused"),
        ("private_client", "given"),
        ("private_client", "refused"),
    }
    assert list(CorrectionProposal.objects.open().order_by("field").values_list("field", flat=True)) == [
        "arrived_on",
        "birth_place",
    ]


def test_complaints_in_every_state(made: None, db: None) -> None:
    found = Complaint.objects.order_by("received_on")
    assert [(row.about, row.channel, row.state, row.decision, row.is_overdue) for row in found] == [
        ("data", "desk", "closed", "founded", False),
        ("person", "desk", "handling", "", False),
        ("other", "portal", "new", "", False),
    ]
    assert (found[1].accused_audit_id, found[1].handler_audit_id) == (staff("agnieszka").audit_id, staff("dana").audit_id)


def test_two_talks_with_a_municipality_are_recorded_and_one_is_taken_back(made: None, db: None) -> None:
    assert sorted(GivenByHand.objects.values_list("disclosure__withdrawn_reason", flat=True)) == ["", "other_person"]


# --- what the privacy officer has on the desk


def test_there_is_one_of_everything_for_the_privacy_officer(made: None, db: None) -> None:
    today = timezone.localdate()
    found = PrivacyRequest.objects.order_by("received_on", "kind")
    assert [(row.kind, row.channel, row.state, row.is_overdue) for row in found] == [
        ("rectification", "letter", "handling", True),
        ("erasure", "portal", "decided", False),
        ("access", "portal", "new", False),
        ("consent", "desk", "new", False),  # to take away the pictures of who took back a yes
        ("objection", "portal", "handling", False),
    ]
    answered = found[1]
    assert (answered.decision, answered.letter_sent_on, len(answered.ground_lines)) == ("refused", today, 2)
    assert answered.letter
    assert [(row.state, row.problem) for row in Erasure.objects.all()] == [("prepared", "")]
    assert [row.waits_for_authority and 50 < row.hours_left < 54 for row in Incident.objects.all()] == [True]
    assert (Restriction.objects.in_force().count(), Objection.objects.open().count()) == (1, 1)
    assert Student.objects.filter(no_survey=True).count() == 7
    assert (Exemption.objects.count(), Representation.objects.count(), PaperDossier.objects.count()) == (1, 1, 1)


def test_nobody_is_mailed_about_invented_people(made: None, db: None) -> None:
    assert Job.objects.count() == 0
    assert mail.outbox == []


# --- the command


def content() -> dict[str, object]:
    """A digest of every row of every table."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"SELECT count(*), md5(string_agg(row::text, '' ORDER BY row::text)) FROM {table} AS row")
            found[model._meta.label] = cursor.fetchone()
    return found


def test_a_second_run_changes_nothing(made: None, db: None) -> None:
    before = content()
    assert run().count("marijke@lindenhof.example") == 1
    assert content() == before


def test_no_number_lies_open_in_a_table(made: None, db: None) -> None:
    sealed = [field.name for field in Programme._meta.local_fields if isinstance(field, SealedField)]
    assert sealed == ["bsn"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM students_programme AS row WHERE row::text LIKE '%99999____%'")
        assert cursor.fetchone() == (0,)

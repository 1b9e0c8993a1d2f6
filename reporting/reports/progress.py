"""Levels, exams and hours of students, for the municipality that commissioned their course (issue 2, 3.6).

What the report holds follows domain/blik_op_werk_and_municipalities.md 4.5, a proposal: no municipality's own layout could
be verified (read 2026-11-22). Who judged a level, why an exam has no result and where the school knows it from stay inside.
"""

import datetime as dt
import uuid
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, pgettext_lazy

from attendance.models import Mark
from exams import rules as exams
from exams.models import ExamAttempt, LevelMeasurement, Skill, latest_levels
from kvs.models import Role, User
from kvs.templatetags.kvs import hours
from kvs.vocabulary import CLIENT_REPORTS, MUNICIPALITY
from reporting.lessons import lessons_within, locations_missing
from reporting.report import Asked, Column, Content, Definition, Filled, Kind, PersonPage, Progress, Report, Table
from reporting.reports.municipality import (
    ATTENDED,
    OFFERED,
    UNSIGNED,
    MunicipalityForm,
    commissioned,
    not_over,
    period,
    unsigned_of,
    waiting_for,
)
from reporting.rules import in_hours
from reporting.withheld import figure, remark, withheld
from students.models import Client, Contract, Programme

ROLES = frozenset({Role.ADMINISTRATION, Role.PRIVACY_OFFICER})  # management does not read levels (the data catalogue)
PLANNED = "lesson__planned_minutes"


@dataclass(frozen=True)
class Row:
    """One student in one programme: hours, and the last level of each skill."""

    person: uuid.UUID
    name: str
    number: str
    goal: str | None
    offered: Decimal
    attended: Decimal
    so_far: Decimal
    reading: str | None
    listening: str | None
    writing: str | None
    speaking: str | None
    conversation: str | None
    measured_on: dt.date | None


@dataclass(frozen=True)
class MeasuredRow:
    """What was measured of one student on one day, and how many hours were attended by then."""

    name: str
    number: str
    day: dt.date
    kind: str
    so_far: Decimal
    reading: str | None
    listening: str | None
    writing: str | None
    speaking: str | None
    conversation: str | None


@dataclass(frozen=True)
class ExamRow:
    """One attempt at an exam part; `attempt` counts the attempts of this student at this part, from 1."""

    name: str
    number: str
    exam: str
    attempt: int
    day: dt.date
    result: str


@dataclass
class Course:
    """A programme as far as one client commissioned it: every list holds only days within `contracts`, oldest first."""

    programme: Programme
    contracts: list[Contract]
    days: list[tuple[dt.date, int, int]] = field(default_factory=list)  # minutes offered and attended
    levels: list[LevelMeasurement] = field(default_factory=list)
    attempts: list[ExamAttempt] = field(default_factory=list)

    def covers(self, day: dt.date) -> bool:
        """Whether the client commissioned the course on `day`."""
        return any(row.starts_on <= day and (row.ends_on is None or day <= row.ends_on) for row in self.contracts)

    def attended(self, until: dt.date) -> int:
        """Minutes attended up to and including `until`."""
        return sum(attended for day, _offered, attended in self.days if day <= until)


def programmes_of(client: Client, first: dt.date, last: dt.date, who: User) -> QuerySet[Programme]:
    """Programmes with a contract of `client` that runs in the period."""
    running = Contract.objects.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=first), client=client, starts_on__lte=last)
    return Programme.objects.visible_to(who).filter(Exists(running.filter(programme=OuterRef("pk"))))


def courses_of(client: Client, first: dt.date, last: dt.date, by: User) -> list[Course]:
    """What `client` commissioned in the period, with everything up to its end. Five queries, whatever the number."""
    who = by.only_as(*ROLES)  # a teacher's role elsewhere adds nothing
    contracts: dict[uuid.UUID, list[Contract]] = defaultdict(list)
    for contract in Contract.objects.visible_to(who).filter(client=client).order_by("starts_on"):
        contracts[contract.programme_id].append(contract)
    names = ("audit_id", "number", "given_names", "call_name", "infix", "surname")
    programmes = (
        programmes_of(client, first, last, who)
        .exclude(student__in=withheld(REPORT, client))
        .select_related("student")
        .only("target_level", *(f"student__{name}" for name in names))
        .order_by("student__sort_key", "student__number", "starts_on")
    )
    found = {programme.pk: Course(programme, contracts[programme.pk]) for programme in programmes}
    _add_hours(found, client, last, by)
    _add_levels_and_exams(found, last, by)
    return list(found.values())


def _add_hours(found: dict[uuid.UUID, Course], client: Client, last: dt.date, by: User) -> None:
    marks = (
        Mark.objects.visible_to(by)
        .counted()
        .filter(
            Exists(commissioned(client, "enrolment__programme", "lesson__day")),
            enrolment__programme__in=list(found),
            lesson__in=lessons_within(None, last, by, *ROLES),
        )
        .order_by("lesson__day")
        .values_list("enrolment__programme", "lesson__day")
        .annotate(offered=Sum(PLANNED), attended=Sum("minutes_attended"))
    )
    for programme, day, offered, attended in marks:
        found[programme].days.append((day, offered, attended))


def _add_levels_and_exams(found: dict[uuid.UUID, Course], last: dt.date, by: User) -> None:
    measured = LevelMeasurement.objects.visible_to(by).filter(programme__in=list(found), measured_on__lte=last)
    for measurement in measured.in_order():
        course = found[measurement.programme_id]
        if course.covers(measurement.measured_on):
            course.levels.append(measurement)
    students = {course.programme.student_id for course in found.values()}
    # All of the student's: otherwise the second attempt would be called the first.
    for attempt in ExamAttempt.objects.visible_to(by).filter(programme__student__in=students).in_order():
        mine = found.get(attempt.programme_id)
        told = attempt.taken_on <= last or attempt.result == exams.OPEN
        if mine and told and mine.covers(attempt.taken_on):
            mine.attempts.append(attempt)


def _row(course: Course, first: dt.date, last: dt.date) -> Row:
    student, latest = course.programme.student, latest_levels(course.levels)
    month = [(offered, attended) for day, offered, attended in course.days if day >= first]
    return Row(
        person=student.audit_id,
        name=student.list_name,
        number=student.number,
        goal=course.programme.get_target_level_display() if course.programme.target_level else None,
        offered=in_hours(sum(offered for offered, _attended in month)),
        attended=in_hours(sum(attended for _offered, attended in month)),
        so_far=in_hours(course.attended(last)),
        measured_on=max((row.measured_on for row in latest.values()), default=None),
        **_by_skill(latest.values()),
    )


def _by_skill(rows: Iterable[LevelMeasurement]) -> dict[str, str | None]:
    """Every skill by its code with the level, None where it was not measured."""
    measured = {row.skill: str(row.get_level_display()) for row in rows}
    return {skill: measured.get(skill) for skill in Skill.values}


def _measured(course: Course) -> Iterator[MeasuredRow]:
    student = course.programme.student
    by_day: dict[dt.date, list[LevelMeasurement]] = defaultdict(list)
    for measurement in course.levels:
        by_day[measurement.measured_on].append(measurement)
    for day, rows in by_day.items():
        kind, so_far = str(rows[0].get_kind_display()), in_hours(course.attended(day))
        yield MeasuredRow(student.list_name, student.number, day, kind, so_far, **_by_skill(rows))


def _exams(course: Course) -> Iterator[ExamRow]:
    student = course.programme.student
    for attempt in course.attempts:
        number: int = attempt.number  # type: ignore[attr-defined]  # in_order() counts them
        result = str(attempt.get_result_display())
        yield ExamRow(student.list_name, student.number, attempt.exam, number, attempt.taken_on, result)


def build(asked: Asked, by: User, progress: Progress) -> Content:
    """Where the students of one municipality stood at the end of the month, as far as `by` may see it."""
    client, first = asked["client"], asked["month"]
    last = first.replace(day=monthrange(first.year, first.month)[1])
    courses = courses_of(client, first, last, by)
    rows: list[Row] = []
    measured: list[MeasuredRow] = []
    sat: list[ExamRow] = []
    for number, course in enumerate(courses, start=1):
        rows.append(_row(course, first, last))
        measured += _measured(course)
        sat += _exams(course)
        progress(number, len(courses), gettext_noop("Gathering levels, exams and hours of students"))
    people = tuple(dict.fromkeys(row.person for row in rows))
    on_pages = (Filled(MEASURED, measured, on_pages=True), Filled(EXAMS, sat, on_pages=True))
    restricted = programmes_of(client, first, last, by.only_as(*ROLES)).filter(student__in=withheld(REPORT, client))
    left_out = restricted.values("student").distinct().count()
    lapsed = unsigned_of(client, first, last, by, *ROLES)
    return Content(
        about=_about(client, last, by),
        tables=(Filled(STUDENTS, rows), *on_pages, Filled(UNSIGNED, lapsed)),
        pages=tuple(_pages(rows, measured, sat)),
        people=people,
        figures=(*_figures(courses, len(people), first), *figure(left_out)),
        remarks=(*not_over(last), *remark(left_out)),
        blocks=tuple(waiting_for(last, lapsed, table=4)),
        footer=_("Only what falls on days on which %(client)s commissioned the course. Confidential.") % {"client": client.name},
    )


def _about(client: Client, last: dt.date, by: User) -> str:
    until = _("until %(last)s inclusive") % {"last": date_format(last)}
    return " · ".join([client.name, until, *(title for title, _text in not_over(last)), *_part_only(by)])


def _pages(rows: list[Row], measured: list[MeasuredRow], sat: list[ExamRow]) -> Iterator[PersonPage]:
    """A page for each student: hours, levels and exams (issue 2, 3.6). Who has two programmes here has one page."""
    for number in dict.fromkeys(row.number for row in rows):
        mine = [row for row in rows if row.number == number]
        tables = (
            Filled(HOURS_OF_ONE, mine),
            Filled(LEVELS_OF_ONE, mine),
            Filled(MEASURED_OF_ONE, [row for row in measured if row.number == number]),
            Filled(EXAMS_OF_ONE, [row for row in sat if row.number == number]),
        )
        yield PersonPage(f"{mine[0].name} · {number}", tables)


def _figures(courses: list[Course], people: int, first: dt.date) -> tuple[tuple[str, str], ...]:
    minutes = sum(attended for course in courses for day, _offered, attended in course.days if day >= first)
    lately = {
        course.programme.student_id for course in courses for measurement in course.levels if measurement.measured_on >= first
    }
    passed = sum(attempt.result == exams.PASSED for course in courses for attempt in course.attempts)
    return (
        (str(people), _("students")),
        (hours(minutes), _("hours attended this month")),
        (str(len(lately)), _("students measured this month")),
        (str(passed), _("exams passed so far")),
    )


def _part_only(by: User) -> list[str]:
    """Who does not see the whole school says so on paper: the municipality must not take a part for the whole."""
    here = locations_missing(by, *ROLES)
    return [_("only location %(names)s") % {"names": ", ".join(here)}] if here else []


NAME = (
    Column(
        "name",
        gettext_lazy("Student"),
        ("students.Student.surname", "students.Student.infix", "students.Student.call_name", "students.Student.given_names"),
    ),
    Column("number", pgettext_lazy("of a student", "Number"), ("students.Student.number",)),
)
LEVEL = ("exams.LevelMeasurement.skill", "exams.LevelMeasurement.level")
SKILLS = tuple(Column(skill.value, capfirst(skill.label), LEVEL) for skill in Skill)
MEASURED_ON = ("exams.LevelMeasurement.measured_on",)
SO_FAR = Column("so_far", gettext_lazy("Attended so far"), ATTENDED, Kind.NUMBER, "¹")

STUDENTS = Table(
    gettext_lazy("Hours and level per student"),
    Row,
    (
        *NAME,
        Column("goal", gettext_lazy("Goal"), ("students.Programme.target_level",)),
        Column("offered", gettext_lazy("Offered this month"), OFFERED, Kind.NUMBER, "¹"),
        Column("attended", gettext_lazy("Attended this month"), ATTENDED, Kind.NUMBER, "¹"),
        SO_FAR,
        *SKILLS,
        Column("measured_on", gettext_lazy("Last measured"), MEASURED_ON, Kind.DATE),
    ),
    gettext_lazy("This municipality commissioned nobody's course in this month."),
)
MEASURED = Table(
    gettext_lazy("Measurements"),
    MeasuredRow,
    (
        *NAME,
        Column("day", gettext_lazy("Measured on"), MEASURED_ON, Kind.DATE),
        Column("kind", gettext_lazy("Kind of measurement"), ("exams.LevelMeasurement.kind",)),
        SO_FAR,
        *SKILLS,
    ),
    gettext_lazy("No level was measured yet on a day that this municipality commissioned."),
)
EXAMS = Table(
    gettext_lazy("Exams"),
    ExamRow,
    (
        *NAME,
        Column("exam", gettext_lazy("Exam"), ("exams.ExamAttempt.part", "exams.ExamAttempt.level")),
        Column("attempt", gettext_lazy("Attempt"), ("exams.ExamAttempt.part", "exams.ExamAttempt.taken_on"), Kind.NUMBER),
        Column("day", gettext_lazy("Day of the exam"), ("exams.ExamAttempt.taken_on",), Kind.DATE),
        Column("result", gettext_lazy("Result"), ("exams.ExamAttempt.result",)),
    ),
    gettext_lazy("No exam was taken or planned on a day that this municipality commissioned."),
)
# What stands on the page of one student: the same columns, without the name.
HOURS_OF_ONE = Table(gettext_lazy("Hours"), Row, STUDENTS.columns[2:6], STUDENTS.empty)
LEVELS_OF_ONE = Table(gettext_lazy("Level now"), Row, STUDENTS.columns[6:], STUDENTS.empty)
MEASURED_OF_ONE = Table(MEASURED.title, MeasuredRow, MEASURED.columns[2:], MEASURED.empty)
EXAMS_OF_ONE = Table(EXAMS.title, ExamRow, EXAMS.columns[2:], EXAMS.empty)
DEFINITIONS = (
    Definition(
        gettext_lazy("Hours"),
        gettext_lazy(
            "hours of lessons with a signed register, rounded once, to one decimal. Hours so far count from the first day "
            "that this municipality commissioned."
        ),
        "¹",
    ),
    Definition(
        gettext_lazy("Level"),
        gettext_lazy(
            "the last measurement of each skill, by the school itself. A level that was measured before this municipality "
            "commissioned the course is not shown."
        ),
    ),
    Definition(
        gettext_lazy("Exams"),
        gettext_lazy(
            "what the school knows, also of exams that are planned; DUO tells results to the candidate, not to the school."
        ),
    ),
)
REPORT = Report(
    code="progress",
    title=gettext_lazy("Progress and exams"),
    explanation=gettext_lazy(
        "For a municipality, at the end of a month: hours, level per skill and exams of each student it commissioned."
    ),
    recipient=MUNICIPALITY,
    purpose=CLIENT_REPORTS,
    roles=ROLES,
    form=MunicipalityForm,
    tables=(STUDENTS, MEASURED, EXAMS, UNSIGNED),
    definitions=DEFINITIONS,
    period=period,
    build=build,
    landscape=True,
)

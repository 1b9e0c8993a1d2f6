"""Whom the survey agency of Blik op Werk may ask (tevredenheidsonderzoek), for one measuring year (issue 2, 3.6).

domain/blik_op_werk_and_municipalities.md, section 3: the school delivers contact data; the agency calls or mails. Only
columns that serve the survey go, never a BSN; who objected is not in it (privacy_obligations.md 40).
"""

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, pgettext_lazy

from kvs.models import Role, User
from kvs.vocabulary import SURVEY, SURVEYOR
from reporting import profile as profiles
from reporting import rules
from reporting.measuring import (
    SEALED,
    MeasuringYearForm,
    counted_out,
    of_the_school,
    period,
    programmes_in,
    whole_school,
    why_outside,
)
from reporting.models import DisclosedPerson
from reporting.report import (
    Asked,
    Column,
    Content,
    Definition,
    Delivery,
    Filled,
    KnownColumn,
    Layout,
    Progress,
    Report,
    Table,
)
from reporting.withheld import figure, remark, withheld
from students.models import Programme

ROLES = frozenset({Role.ADMINISTRATION, Role.PRIVACY_OFFICER})  # who may read contact data


@dataclass(frozen=True)
class Row:
    """One student whom the agency may ask."""

    person: uuid.UUID
    name: str
    number: str
    call_name: str
    infix: str
    surname: str
    phone: str
    email: str
    language: str
    language_name: str
    route: str
    route_name: str
    course: str
    before: str = ""  # whether the school gave this person earlier this measuring year


@dataclass(frozen=True)
class Unreachable:
    """A student who could be asked, but not reached."""

    person: uuid.UUID
    name: str
    number: str


def latest_programmes(first: dt.date, by: User) -> Iterator[Programme]:
    """One programme per student of the measuring year: the latest that is measured, otherwise the latest. By name."""
    found: dict[Any, Programme] = {}
    programmes = programmes_in(first, by).select_related("student").defer(*SEALED).prefetch_related("contracts")
    for programme in programmes.order_by("student__sort_key", "student__number", "starts_on"):
        known = found.get(programme.student_id)
        if known is None or not why_outside(programme) or why_outside(known):
            found[programme.student_id] = programme
    return iter(found.values())


def why_not_asked(programme: Programme) -> str:
    """Why a student is not in the list: a key of measuring.LEFT_OUT, "" when nothing speaks against it."""
    student = programme.student
    if reason := why_outside(programme):
        return reason
    if student.no_survey:
        return "objects"
    return "" if student.phone or student.email else "unreachable"


def _row(programme: Programme, before: set[uuid.UUID]) -> Row:
    student = programme.student
    contracts = sorted(programme.contracts.all(), key=lambda contract: contract.starts_on)
    return Row(
        person=student.audit_id,
        name=student.list_name,
        number=student.number,
        call_name=student.call_name or student.given_names,
        infix=student.infix,
        surname=student.surname,
        phone=student.phone,
        email=student.email,
        language=student.contact_language,
        language_name=student.contact_language_name,
        route=programme.route or Programme.Route.NONE.name.lower(),
        route_name=str(programme.get_route_display() if programme.route else programme.get_law_display()),
        course=str(contracts[-1].get_course_display()) if contracts else "",
        before=_("yes") if student.audit_id in before else "",
    )


def given_before(first: dt.date) -> set[uuid.UUID]:
    """Who was in a list that was handed over since the measuring year began."""
    handed = DisclosedPerson.objects.filter(disclosure__report=REPORT.code, disclosure__at__date__gte=first)
    return set(handed.values_list("audit_id", flat=True))


def build(asked: Asked, by: User, progress: Progress) -> Content:
    """The list of a measuring year, and who is not in it."""
    first = asked["first"]
    progress(0, None, gettext_noop("Looking who may be asked"))  # before the questions about everybody
    profile = profiles.current(REPORT, timezone.localdate())
    before, made, unreachable, reasons = given_before(first), [], [], []
    restricted, kept_out = set(withheld(REPORT).values_list("pk", flat=True)), 0
    for number, programme in enumerate(latest_programmes(first, by), start=1):
        progress(number, None, gettext_noop("Looking who may be asked"))
        reason = why_not_asked(programme)
        if not reason and programme.student_id in restricted:
            kept_out += 1
            continue
        reasons.append(reason)
        if reason == "unreachable":
            student = programme.student
            unreachable.append(Unreachable(student.audit_id, student.list_name, student.number))
        elif not reason:
            made.append(_row(programme, before))
    delivery = Delivery(
        profile=profile,
        name=rules.list_file_name("tevredenheidsonderzoek", first),
        rows=made,
        people=tuple(row.person for row in made),
        blocks=(*profiles.standing_blocks(REPORT, profile), *whole_school(by, *ROLES)),
    )
    return Content(
        about=of_the_school(),
        tables=(
            Filled(STUDENTS, made),
            Filled(UNREACHABLE, unreachable),
            Filled(profiles.LAYOUT, profiles.layout_rows(REPORT, profile)),
        ),
        people=(*delivery.people, *(row.person for row in unreachable)),
        figures=(
            (str(len(made)), _("students in the list")),
            (str(len([reason for reason in reasons if reason])), _("left out")),
            *figure(kept_out),
        ),
        remarks=(
            (_("Left out"), counted_out(reasons)),
            *remark(kept_out),
            *profiles.remarks(profile, delivery),
        ),
        footer=_("For the school's own check: only the file %(name)s goes to the survey agency. Confidential.")
        % {"name": delivery.name},
        delivery=delivery,
    )


NAME = (
    *("students.Student.surname", "students.Student.infix"),
    *("students.Student.call_name", "students.Student.given_names"),
)
NAME_COLUMNS = (
    Column("name", gettext_lazy("Student"), NAME),
    Column("number", pgettext_lazy("of a student", "Number"), ("students.Student.number",)),
)
REACH = ("students.Student.phone", "students.Student.email")
STUDENTS = Table(
    gettext_lazy("In the list"),
    Row,
    (
        *NAME_COLUMNS,
        Column("phone", gettext_lazy("Telephone"), REACH[:1]),
        Column("email", gettext_lazy("E-mail"), REACH[1:]),
        Column("language_name", gettext_lazy("Language"), ("students.Student.contact_language",)),
        Column("route_name", gettext_lazy("Route"), ("students.Programme.route",)),
        Column("course", gettext_lazy("Course"), ("students.Contract.course",)),
        Column("before", gettext_lazy("Given before this year"), ("students.Student.number",)),
    ),
    gettext_lazy("No student is in the list."),
)
UNREACHABLE = Table(
    gettext_lazy("Without telephone number and e-mail address"),
    Unreachable,
    NAME_COLUMNS,
    gettext_lazy("Everyone can be reached."),
)
ROUTES = tuple((value or "none", label) for value, label in Programme.Route.choices)
LAYOUT = Layout(
    row=Row,
    columns=(
        Column("number", gettext_lazy("student number"), ("students.Student.number",)),
        Column("call_name", gettext_lazy("call name"), ("students.Student.call_name", "students.Student.given_names")),
        Column("infix", gettext_lazy("name prefix"), ("students.Student.infix",)),
        Column("surname", gettext_lazy("surname"), ("students.Student.surname",)),
        Column("phone", gettext_lazy("telephone"), REACH[:1]),
        Column("email", gettext_lazy("e-mail address"), REACH[1:]),
        Column("language", gettext_lazy("language, as ISO 639-3 code"), ("students.Student.contact_language",)),
        Column("language_name", gettext_lazy("language, by its own name"), ("students.Student.contact_language",)),
        Column("route_name", gettext_lazy("route or law, in words"), ("students.Programme.route",)),
        Column("route", gettext_lazy("route, as a code"), ("students.Programme.route",), values=ROUTES),
        Column("course", gettext_lazy("kind of course, in words"), ("students.Contract.course",)),
    ),
    known=tuple(
        KnownColumn(head, source, f"Voorstel van KVS van 22-11-2026: {basis}", required=required)
        for head, source, basis, required in (
            ("Cursistnummer", "number", "de indeling van het portaal is niet gezien.", True),
            ("Roepnaam", "call_name", "de indeling van het portaal is niet gezien.", False),
            ("Tussenvoegsel", "infix", "de indeling van het portaal is niet gezien.", False),
            ("Achternaam", "surname", "de indeling van het portaal is niet gezien.", True),
            ("Telefoon", "phone", "het bureau belt of mailt; schrijfwijze niet gezien.", False),
            ("E-mailadres", "email", "het bureau belt of mailt; schrijfwijze niet gezien.", False),
            ("Taal", "language_name", "welke taalcodes het portaal kent is niet gezien.", False),
            ("Traject", "route_name", "belt of mailt hangt af van het traject; codes niet gezien.", True),
        )
    ),
    known_from=dt.date(2015, 1, 1),
    facts={
        "encoding": "utf-8-sig",
        "basis": "Het sjabloon staat in het portaal van het onderzoeksbureau (Panteia), alleen voor keurmerkhouders: alles "
        "hieraan is een voorstel tot de school het heeft nagekeken.",
    },
    needs=list,
)
DEFINITIONS = (
    Definition(
        gettext_lazy("Who is in it"),
        gettext_lazy("everyone with a programme under an integration law on some day of the measuring year, running or ended."),
        confirmed=False,
    ),
    Definition(
        gettext_lazy("Not in it"),
        gettext_lazy(
            "ELIP students whom a municipality placed, the education route, and who does not want to be asked. A student says so "
            "under “My data”."
        ),
    ),
    Definition(
        gettext_lazy("Learner profile and alphabetisation"),
        gettext_lazy("the agency may want these to choose between telephone and e-mail; the school does not keep them yet."),
        confirmed=False,
    ),
)
REPORT = Report(
    code="survey",
    title=pgettext_lazy("title of a report", "Blik op Werk: satisfaction survey"),
    explanation=gettext_lazy("Whom the survey agency may ask, with telephone number and e-mail address, for one measuring year."),
    recipient=SURVEYOR,
    purpose=SURVEY,
    roles=ROLES,
    form=MeasuringYearForm,
    tables=(STUDENTS, UNREACHABLE, profiles.LAYOUT),
    definitions=DEFINITIONS,
    period=period,
    build=build,
    landscape=True,
    layout=LAYOUT,
)

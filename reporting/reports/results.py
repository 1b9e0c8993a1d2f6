"""The results of one measuring year for Blik op Werk: a row per programme (issue 2, 3.6).

domain/blik_op_werk_and_municipalities.md, section 2: formula, thresholds and layout are not public, so this is the data
set underneath: nothing is divided here. ELIP students and the education route are not measured.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Sum
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, pgettext_lazy

from attendance.models import Mark
from exams.models import ExamAttempt
from kvs.models import Role, User
from kvs.templatetags.kvs import hours
from kvs.vocabulary import BLIK_OP_WERK, QUALITY
from reporting import profile as profiles
from reporting import rules
from reporting.lessons import lessons_within
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
from reporting.report import (
    Asked,
    Column,
    Content,
    Definition,
    Delivery,
    Filled,
    Kind,
    KnownColumn,
    Layout,
    Progress,
    Report,
    Table,
)
from reporting.withheld import figure, remark, withheld
from students.models import Contract, Programme

ROLES = frozenset({Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER})


# DUO's own words for a result (Examen API 1.0.0, read 2026-11-22); without one yet there is no word.
DUO_RESULT = {"passed": "Geslaagd", "failed": "Gezakt", "none": "Geen", "open": ""}
# What is examined: the parts of the Wi2021 and Wi2013. A state exam NT2 is an exam in the same skill, at its own level.
COMPONENTS = ("le", "lu", "sc", "sp", "knm", "ona", "map", "pvt")
SKILLS = COMPONENTS[:4]


@dataclass(frozen=True)
class Sat:
    """Where somebody stands with one component at the end of the measuring year: passed, or the last attempt."""

    attempts: int = 0
    result: str = ""
    level: str = ""
    on: dt.date | None = None


@dataclass(frozen=True)
class Row:
    """One programme that ran in the measuring year; minutes are of lessons of that year with a signed register."""

    person: uuid.UUID
    name: str
    number: str
    law: str
    law_name: str
    route: str
    route_name: str
    level: str
    clients: str
    starts_on: dt.date
    ends_on: dt.date | None
    state: str
    state_name: str
    hours_agreed: int | None
    offered: int
    attended: int
    le: Sat
    lu: Sat
    sc: Sat
    sp: Sat
    knm: Sat
    ona: Sat
    map: Sat
    pvt: Sat

    @property
    def exams(self) -> str:
        """All that was sat, on one line: "LE B1 Geslaagd (2×)"."""
        sat = [(name, getattr(self, name)) for name in COMPONENTS]
        return ", ".join(
            " ".join(word for word in (name.upper(), one.level, one.result, f"({one.attempts}×)") if word)
            for name, one in sat
            if one.attempts
        )


def component(part: str) -> str:
    """The component an exam part belongs to: "nt2_1_le" -> "le"."""
    return part.rpartition("_")[2]


def sat_until(day: dt.date, programmes: list[Programme], by: User) -> dict[uuid.UUID, dict[str, Sat]]:
    """What was sat up to and including `day`, by programme and component. One query. Planned attempts are none."""
    found: dict[uuid.UUID, dict[str, list[ExamAttempt]]] = defaultdict(lambda: defaultdict(list))
    attempts = ExamAttempt.objects.visible_to(by).filter(programme__in=programmes, taken_on__lte=day)
    for attempt in attempts.order_by("taken_on", "pk"):
        found[attempt.programme_id][component(attempt.part)].append(attempt)
    return {key: {name: _sat(sat) for name, sat in parts.items()} for key, parts in found.items()}


def _sat(attempts: list[ExamAttempt]) -> Sat:
    """The highest that was passed; when nothing was, the last attempt."""
    passed = sorted((one for one in attempts if one.result == "passed"), key=lambda one: one.level)
    telling = passed[-1] if passed else attempts[-1]
    return Sat(len(attempts), DUO_RESULT[telling.result], telling.get_level_display() if telling.level else "", telling.taken_on)


def minutes_per_programme(first: dt.date, by: User) -> dict[uuid.UUID, tuple[int, int]]:
    """Minutes offered and attended in the measuring year, by programme. One query."""
    lessons = lessons_within(*rules.measuring_year(first), by, *ROLES)
    sums = (
        Mark.objects.visible_to(by)
        .counted()
        .filter(lesson__in=lessons)
        .order_by()
        .values_list("enrolment__programme")
        .annotate(offered=Sum("lesson__planned_minutes"), attended=Sum("minutes_attended"))
    )
    return {programme: (offered, attended) for programme, offered, attended in sums}


def state_of(programme: Programme, first: dt.date) -> str:
    """Whether the programme ended in the measuring year: the only end that is kept yet."""
    _begin, end = rules.measuring_year(first)
    return "ended" if programme.ends_on and programme.ends_on <= min(end, timezone.localdate()) else "running"


def rows(programmes: list[Programme], first: dt.date, by: User) -> Iterator[Row]:
    """A row for each of `programmes`, in their order."""
    minutes = minutes_per_programme(first, by)
    _begin, end = rules.measuring_year(first)
    sat = sat_until(min(end, timezone.localdate()), programmes, by)
    for programme in programmes:
        contracts = _contracts_in(programme, first)
        agreed = [contract.hours for contract in contracts if contract.hours is not None]
        state = state_of(programme, first)
        offered, attended = minutes.get(programme.pk, (0, 0))
        yield Row(
            person=programme.student.audit_id,
            name=programme.student.list_name,
            number=programme.student.number,
            law=programme.law,
            law_name=programme.get_law_display(),
            route=programme.route or "none",
            route_name=programme.get_route_display() if programme.route else "",
            level=programme.get_target_level_display() if programme.target_level else "",
            clients=", ".join(dict.fromkeys(_client(contract) for contract in contracts)),
            starts_on=programme.starts_on,
            ends_on=programme.ends_on,
            state=state,
            state_name=str(dict(STATES)[state]),
            hours_agreed=sum(agreed) if agreed else None,
            offered=offered,
            attended=attended,
            **{name: sat.get(programme.pk, {}).get(name, Sat()) for name in COMPONENTS},
        )


def _contracts_in(programme: Programme, first: dt.date) -> list[Contract]:
    """Its contracts that touch the measuring year, by date."""
    begin, end = rules.measuring_year(first)
    touching = [
        row for row in programme.contracts.all() if row.starts_on <= end and (row.ends_on is None or row.ends_on >= begin)
    ]
    return sorted(touching, key=lambda contract: contract.starts_on)


def _client(contract: Contract) -> str:
    return contract.client.name if contract.client else _("the student pays")


def build(asked: Asked, by: User, progress: Progress) -> Content:
    """The list of a measuring year, and how many are not in it."""
    first = asked["first"]
    progress(0, None, gettext_noop("Adding up the hours of students"))  # before the questions about everybody
    profile = profiles.current(REPORT, timezone.localdate())
    found = programmes_in(first, by).select_related("student").defer(*SEALED).prefetch_related("contracts__client")
    kept_out = found.filter(student__in=withheld(REPORT)).values("student").distinct().count()
    found = found.exclude(student__in=withheld(REPORT))
    programmes = list(found.order_by("student__sort_key", "student__number", "starts_on"))
    reasons = [why_outside(programme) for programme in programmes]
    measured = [programme for programme, reason in zip(programmes, reasons, strict=True) if not reason]
    progress(0, len(measured), gettext_noop("Adding up the hours of students"))
    made: list[Row] = []
    for row in rows(measured, first, by):
        made.append(row)
        progress(len(made), len(measured), gettext_noop("Adding up the hours of students"))
    delivery = Delivery(
        profile=profile,
        name=rules.list_file_name("resultaten", first),
        rows=made,
        people=tuple(dict.fromkeys(row.person for row in made)),
        blocks=(*profiles.standing_blocks(REPORT, profile), *whole_school(by, *ROLES)),
    )
    return Content(
        about=of_the_school(),
        tables=(Filled(PROGRAMMES, made), Filled(profiles.LAYOUT, profiles.layout_rows(REPORT, profile))),
        people=delivery.people,
        figures=(
            (str(len(made)), _("programmes")),
            (str(len([row for row in made if row.state == "ended"])), _("ended")),
            (hours(sum(row.attended for row in made)), _("hours attended")),
            (str(len(reasons) - len(measured)), _("left out")),
            *figure(kept_out),
        ),
        remarks=((_("Left out"), counted_out(reasons)), *remark(kept_out), *profiles.remarks(profile, delivery)),
        footer=_("For the school's own check: only the file %(name)s goes to Blik op Werk. Confidential.")
        % {"name": delivery.name},
        delivery=delivery,
    )


STATES = (("ended", gettext_lazy("ended")), ("running", gettext_lazy("running")))
ROUTES = tuple((value or "none", label) for value, label in Programme.Route.choices)
NUMBER = ("students.Student.number",)
NAME = (
    *("students.Student.surname", "students.Student.infix"),
    *("students.Student.call_name", "students.Student.given_names"),
)
EXAMS = ("exams.ExamAttempt.part", "exams.ExamAttempt.taken_on", "exams.ExamAttempt.result", "exams.ExamAttempt.level")
OFFERED = ("attendance.Lesson.planned_minutes", "attendance.Mark.state")
ATTENDED = ("attendance.Mark.minutes_attended",)
STARTS, ENDS = ("students.Programme.starts_on",), ("students.Programme.ends_on",)
PROGRAMMES = Table(
    gettext_lazy("Per programme"),
    Row,
    (
        Column("name", gettext_lazy("Student"), NAME),
        Column("number", pgettext_lazy("of a student", "Number"), NUMBER),
        Column("law_name", gettext_lazy("Law"), ("students.Programme.law",)),
        Column("route_name", gettext_lazy("Route"), ("students.Programme.route",)),
        Column("level", gettext_lazy("Level aimed at"), ("students.Programme.target_level",)),
        Column("clients", gettext_lazy("Client"), ("students.Contract.client",)),
        Column("starts_on", gettext_lazy("From"), STARTS, Kind.DATE),
        Column("ends_on", gettext_lazy("Until"), ENDS, Kind.DATE),
        Column("state_name", gettext_lazy("State"), ENDS, mark="¹"),
        Column("hours_agreed", gettext_lazy("Hours agreed"), ("students.Contract.hours",), Kind.NUMBER),
        Column("offered", gettext_lazy("Offered (min.)"), OFFERED, Kind.NUMBER, "²"),
        Column("attended", gettext_lazy("Attended (min.)"), ATTENDED, Kind.NUMBER, "²"),
        Column("exams", gettext_lazy("Exams"), EXAMS, mark="³"),
    ),
    gettext_lazy("No programme was measured in this year."),
)


def _exam_columns(name: str) -> list[Column]:
    """What a file can have of one component."""
    head = {"part": name.upper()}
    return [
        Column(f"{name}.attempts", format_lazy(gettext_lazy("{part}: number of attempts"), **head), EXAMS[:2], Kind.NUMBER),
        Column(f"{name}.result", format_lazy(gettext_lazy("{part}: result in DUO's words"), **head), EXAMS),
        Column(f"{name}.level", format_lazy(gettext_lazy("{part}: level"), **head), ("exams.ExamAttempt.level",)),
        Column(f"{name}.on", format_lazy(gettext_lazy("{part}: day of the exam"), **head), EXAMS[1:2], Kind.DATE),
    ]


def _known_of(name: str) -> list[tuple[str, str, bool]]:
    """The columns of one component in the first version: KNM, ONA, MAP and PVT have no level."""
    heads = [("pogingen", "attempts", True), ("uitslag", "result", False), ("niveau", "level", False)]
    return [
        (f"{name.upper()} {head}", f"{name}.{part}", required)
        for head, part, required in heads
        if name in SKILLS or part != "level"
    ]


PROPOSAL = "Voorstel van KVS van 22-11-2026: de indeling van Blik op Werk is niet gezien."
LAYOUT = Layout(
    row=Row,
    columns=(
        Column("number", gettext_lazy("student number"), NUMBER),
        Column("law_name", gettext_lazy("law, in words"), ("students.Programme.law",)),
        Column("law", gettext_lazy("law, as a code"), ("students.Programme.law",), values=tuple(Programme.Law.choices)),
        Column("route_name", gettext_lazy("route, in words"), ("students.Programme.route",)),
        Column("route", gettext_lazy("route, as a code"), ("students.Programme.route",), values=ROUTES),
        Column("level", gettext_lazy("level aimed at"), ("students.Programme.target_level",)),
        Column("clients", gettext_lazy("client"), ("students.Contract.client",)),
        Column("starts_on", gettext_lazy("first day of the programme"), STARTS, Kind.DATE),
        Column("ends_on", gettext_lazy("last day of the programme"), ENDS, Kind.DATE),
        Column("state_name", gettext_lazy("ended or running, in words"), ENDS),
        Column("state", gettext_lazy("ended or running, as a code"), ENDS, values=STATES),
        Column("hours_agreed", gettext_lazy("hours agreed"), ("students.Contract.hours",), Kind.NUMBER),
        Column("offered", gettext_lazy("hours offered in the year"), OFFERED, Kind.MINUTES),
        Column("attended", gettext_lazy("hours attended in the year"), ATTENDED, Kind.MINUTES),
        *(column for name in COMPONENTS for column in _exam_columns(name)),
    ),
    known=tuple(
        KnownColumn(head, source, PROPOSAL, required=required)
        for head, source, required in (
            ("Cursistnummer", "number", True),
            ("Wet", "law_name", True),
            ("Leerroute", "route_name", False),
            ("Beoogd niveau", "level", False),
            ("Opdrachtgever", "clients", False),
            ("Begindatum traject", "starts_on", True),
            ("Einddatum traject", "ends_on", False),
            ("Stand", "state_name", True),
            ("Ingekochte uren", "hours_agreed", False),
            ("Aangeboden uren", "offered", True),
            ("Gevolgde uren", "attended", True),
            *(head for name in COMPONENTS for head in _known_of(name)),
        )
    ),
    known_from=dt.date(2015, 1, 1),
    facts={
        "encoding": "utf-8-sig",
        "decimals": 2,
        "date_form": "dd-mm-jjjj",
        "basis": "Welke gegevens de resultatenaudit vraagt staat in de Handleiding Keurmerk Inburgeren; die is niet gezien.",
    },
    needs=list,
)
DEFINITIONS = (
    Definition(
        pgettext_lazy("of a programme", "State"),
        gettext_lazy("ended: its last day lies in the measuring year and has passed. Why it ended is not kept yet."),
        "¹",
        confirmed=False,
    ),
    Definition(
        gettext_lazy("Minutes"),
        gettext_lazy("of lessons of the measuring year with a signed register, also online; rounded to hours only in the file."),
        "²",
        confirmed=False,
    ),
    Definition(
        gettext_lazy("Exams"),
        gettext_lazy(
            "the highest that was passed up to the end of the measuring year, otherwise the last attempt, with the number of "
            "attempts, also those without a result. A state exam NT2 counts at its skill. LE reading, LU listening, SC writing, "
            "SP speaking."
        ),
        "³",
        confirmed=False,
    ),
    Definition(
        gettext_lazy("Who is in it"),
        gettext_lazy("a row for each programme under an integration law that ran on some day of the measuring year."),
        confirmed=False,
    ),
    Definition(
        gettext_lazy("Not in it"),
        gettext_lazy("ELIP students whom a municipality placed, and the education route: Blik op Werk does not measure these."),
    ),
    Definition(
        gettext_lazy("Success rate"),
        gettext_lazy("is not worked out here: its formula and minimum stand in the handbook of the quality mark."),
        confirmed=False,
    ),
)
REPORT = Report(
    code="results",
    title=pgettext_lazy("title of a report", "Blik op Werk: results"),
    explanation=gettext_lazy(
        "A row for each programme of one measuring year: route, dates, hours and exams. The file has no names."
    ),
    recipient=BLIK_OP_WERK,
    purpose=QUALITY,
    roles=ROLES,
    form=MeasuringYearForm,
    tables=(PROGRAMMES, profiles.LAYOUT),
    definitions=DEFINITIONS,
    period=period,
    build=build,
    landscape=True,
    layout=LAYOUT,
)

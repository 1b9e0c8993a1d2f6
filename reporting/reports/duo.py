"""The contract and hours file for DUO, each month over the running year (issue 2, 3.6; domain/duo.md section 1)."""

import dataclasses
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext, pgettext_lazy
from stdnum.nl import bsn as elfproef

from attendance.hours_overview import terms_of
from attendance.models import Mark, MarkQuerySet
from kvs.models import Organisation, Role, User
from kvs.templatetags.kvs import hours
from kvs.vocabulary import DUO, DUO_FUNDING
from reporting import profile as profiles
from reporting.duo_hours import Minutes, balances_of, contracts_of, first_lesson_day, minutes_per_contract, month_end, to_report
from reporting.lessons import MonthForm, lessons_within, locations_missing, unsigned, unsigned_table
from reporting.models import ColumnProfile
from reporting.report import (
    Asked,
    Block,
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
from reporting.rules import duo_file_name
from reporting.withheld import figure, remark, withheld
from students.models import Contract, Enrolment, Student
from students.rules import folded

ROLES = frozenset({Role.ADMINISTRATION, Role.PRIVACY_OFFICER})  # the file holds BSNs: who may read those


class DuoForm(MonthForm):
    """Up to which month, and whether students who lack something may be left out."""

    leave_out = forms.BooleanField(
        label=gettext_lazy("Leave out students who lack something"),
        required=False,
        help_text=gettext_lazy(
            "Without this the file waits until everything is filled in. With it DUO does not get the hours of these students "
            "yet; the report names them."
        ),
    )


@dataclass(frozen=True)
class Row:
    """One contract of one student; the texts of hours are as they stand in the file."""

    person: uuid.UUID
    name: str
    number: str
    surname: str
    infix: str
    given_names: str
    birth_date: dt.date | None
    bsn: str | None = field(repr=False)
    bsn_basis: str
    course: str
    course_name: str
    starts_on: dt.date
    ends_on: dt.date | None
    hours_agreed: int | None
    reference: str
    bow_number: str
    attended: int
    ona: int
    not_counted: int
    refused: int
    brought: int
    lesson_hour: int  # minutes of an hour that was agreed
    attended_hours: str
    ona_hours: str
    url: str

    @property
    def note(self) -> str:
        """What somebody should look at before it goes (domain/duo.md 7.3)."""
        too_many = self.hours_agreed is not None and self.attended > self.hours_agreed * self.lesson_hour
        return _("more hours than agreed") if too_many else ""


@dataclass(frozen=True)
class WaitingRow:
    """A student who lacks something: the file waits, or goes knowingly without."""

    person: uuid.UUID
    name: str
    number: str
    lacking: str
    url: str  # where it is filled in


# --- the rows


def without_contract(marks: QuerySet[Mark], by: User) -> Iterator[WaitingRow]:
    """Students to be reported with minutes on days without any contract: no row can hold these."""
    covering = Contract.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=OuterRef("lesson__day")),
        programme=OuterRef("enrolment__programme"),
        starts_on__lte=OuterRef("lesson__day"),
    )
    lost = marks.filter(to_report("enrolment__programme__"), ~Exists(covering)).values("enrolment__programme__student")
    for student in Student.objects.visible_to(by).filter(pk__in=lost).only(*NAMES):
        sentence = _("attended lessons on days without a contract")
        yield WaitingRow(student.audit_id, student.list_name, student.number, sentence, _programmes(student.pk))


PERMIT = "programme__student__residence_permit"  # sealed, and of no use here
NAMES = ("audit_id", "number", "given_names", "call_name", "infix", "surname")


def _programmes(student: uuid.UUID) -> str:
    return reverse("students:programmes", args=[student])


def rows(month: dt.date, profile: ColumnProfile, marks: MarkQuerySet, by: User) -> Iterator[Row]:
    """A row per contract of who is to be reported, by name and then by date."""
    bow_number = own_number()
    found = contracts_of(month, by).filter(to_report("programme__")).exclude(programme__student__in=withheld(REPORT))
    found = found.select_related("programme__student", "hour_terms").defer(PERMIT)
    contracts = list(found.order_by("programme__student__sort_key", "programme__student__number", "starts_on"))
    balances = balances_of(month, profile.hours_over, by)
    minutes = minutes_per_contract(marks, contracts, balances, month_end(month))
    for contract in contracts:
        yield _row(contract, minutes.get(contract.pk, Minutes()), profile, bow_number)


def own_number() -> str:
    """The school's Blik op Werk number as DUO wants it: without zeros in front."""
    return (Organisation.objects.values_list("bow_number", flat=True).first() or "").lstrip("0")


def _row(contract: Contract, minutes: Minutes, profile: ColumnProfile, bow_number: str) -> Row:
    programme, student = contract.programme, contract.programme.student
    born = (student.birth_year, student.birth_month, student.birth_day)
    return Row(
        person=student.audit_id,
        name=student.list_name,
        number=student.number,
        surname=student.surname,
        infix=student.infix,
        given_names=student.given_names,
        birth_date=dt.date(*born) if all(born) else None,  # type: ignore[arg-type]  # none of them is None
        bsn=programme.bsn,
        bsn_basis=programme.bsn_basis,
        course=contract.course,
        course_name=contract.get_course_display(),
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        hours_agreed=contract.hours,
        reference=contract.reference,
        bow_number=bow_number,
        attended=minutes.course,
        ona=minutes.ona,
        not_counted=minutes.not_counted,
        refused=minutes.refused,
        brought=minutes.brought,
        lesson_hour=terms_of(contract)[0],
        attended_hours=profiles.hours_written(profile, minutes.course),
        ona_hours=profiles.hours_written(profile, minutes.ona),
        url=_programmes(student.pk),
    )


# --- what is in the way


def lacking(profile: ColumnProfile, row: Row) -> Iterator[str]:
    """What this row lacks for the file, as sentences without values."""
    yield from profiles.lacking(profile, LAYOUT, row)
    if any(part.source == "bsn" for part in profile.parts):
        if not row.bsn and not row.bsn_basis:
            yield _("no ground for the BSN is chosen at the programme")
        if row.bsn and not elfproef.is_valid(row.bsn):
            yield _("the BSN is not valid")


def waiting_rows(profile: ColumnProfile, made: list[Row], marks: QuerySet[Mark], by: User) -> list[WaitingRow]:
    """A line per student who lacks something, with all that is lacking."""
    found = (WaitingRow(row.person, row.name, row.number, text, row.url) for row in made for text in lacking(profile, row))
    lines: dict[uuid.UUID, list[WaitingRow]] = defaultdict(list)
    for line in chain(found, without_contract(marks, by)):
        lines[line.person].append(line)
    merged = (
        dataclasses.replace(lines[person][0], lacking="; ".join(dict.fromkeys(line.lacking for line in lines[person])))
        for person in lines
    )
    return sorted(merged, key=lambda line: (folded(line.name), line.number))


def blocks(profile: ColumnProfile, made: list[Row], waiting: list[WaitingRow], leave_out: bool, by: User) -> Iterator[Block]:
    """Why the file cannot be made."""
    yield from profiles.standing_blocks(REPORT, profile)
    if here := locations_missing(by, *ROLES):
        yield Block(_("The file for DUO is of the whole school; you hold only %(names)s.") % {"names": ", ".join(here)})
    if refused := len({row.person for row in made if row.refused}):
        text = ngettext(
            "%(number)d student with a literacy course attended lessons that were not at the school. That is not allowed.",
            "%(number)d students with a literacy course attended lessons that were not at the school. That is not allowed.",
            refused,
        )
        yield Block(text % {"number": refused})
    if waiting and not leave_out:
        text = ngettext("%(number)d student lacks something.", "%(number)d students lack something.", len(waiting))
        yield Block(text % {"number": len(waiting)}, link=_("Look who and what"), table=2)
    if not {row.person for row in made} - {line.person for line in waiting}:
        yield Block(_("There is no student to report."))


def needs() -> list[Block]:
    """What the school itself lacks."""
    if own_number():
        return []
    return [Block(_("The Blik op Werk number of the school is not filled in."), reverse("school"), _("Fill in the number"))]


# --- the report


def build(asked: Asked, by: User, progress: Progress) -> Content:
    """The file up to and including a month, and the papers to check it by."""
    month, leave_out = asked["month"], bool(asked.get("leave_out"))
    profile = profiles.current(REPORT, timezone.localdate())
    lessons = lessons_within(first_lesson_day(month, profile.hours_over), month_end(month), by, *ROLES)
    restricted = withheld(REPORT)
    marks = Mark.objects.visible_to(by).counted().filter(minutes_attended__gt=0).order_by()
    marks = marks.exclude(enrolment__programme__student__in=restricted)
    made = []
    for row in rows(month, profile, marks.filter(lesson__in=lessons), by):
        made.append(row)
        progress(len(made), None, gettext_noop("Adding up the hours of students"))
    this_year = lessons_within(dt.date(month.year, 1, 1), month_end(month), by, *ROLES)
    waiting = waiting_rows(profile, made, marks.filter(lesson__in=this_year), by)
    left_out = {line.person for line in waiting}
    inside = [row for row in made if row.person not in left_out]
    delivery = Delivery(
        profile=profile,
        name=duo_file_name(own_number(), timezone.localdate()),
        rows=inside,
        people=tuple(dict.fromkeys(row.person for row in inside)),
        blocks=tuple(blocks(profile, made, waiting, leave_out, by)),
    )
    excluded = contracts_of(month, by).exclude(to_report("programme__")).values("programme__student").distinct().count()
    kept = contracts_of(month, by).filter(to_report("programme__"), programme__student__in=restricted)
    kept_out = kept.values("programme__student").distinct().count()
    placed = Enrolment.objects.visible_to(by).filter(to_report("programme__"))
    return Content(
        about=_("%(first)s to %(last)s inclusive") % {"first": _from(month, profile), "last": date_format(month_end(month))},
        tables=(
            Filled(STUDENTS, inside),
            Filled(WAITING, waiting),
            Filled(UNSIGNED, unsigned(lessons, placed)),
            Filled(profiles.LAYOUT, profiles.layout_rows(REPORT, profile)),
        ),
        people=tuple(dict.fromkeys([*delivery.people, *left_out])),
        figures=(
            (str(len(delivery.people)), _("students in the file")),
            (hours(sum(row.attended for row in inside)), _("hours attended")),
            (str(len(waiting)), _("left out") if leave_out else _("students the file waits for")),
            (str(excluded), _("without duty and loan, not reported")),
            *figure(kept_out),
        ),
        remarks=(*_remarks(profile, delivery, excluded), *remark(kept_out)),
        footer=_("For the school's own check: only the file %(name)s goes to DUO. Confidential.") % {"name": delivery.name},
        delivery=delivery,
    )


def _from(month: dt.date, profile: ColumnProfile) -> str:
    first = first_lesson_day(month, profile.hours_over)
    return date_format(first) if first else _("the start of the contract")


def _remarks(profile: ColumnProfile, delivery: Delivery, excluded: int) -> Iterator[tuple[str, str]]:
    yield (
        _("Not in the file"),
        ngettext(
            "%(number)d student without integration duty and without DUO loan is not reported: DUO does not ask for it.",
            "%(number)d students without integration duty and without DUO loan are not reported: DUO does not ask for it.",
            excluded,
        )
        % {"number": excluded},
    )
    yield from profiles.remarks(profile, delivery)


def period(parameters: Mapping[str, str]) -> str:
    """The month, as in "oktober 2026"."""
    return date_format(dt.date.fromisoformat(parameters["month"]), "YEAR_MONTH_FORMAT")


LESSON_KIND = ("attendance.Lesson.subject", "attendance.Lesson.delivery")
BROUGHT = ("attendance.OpeningBalance.minutes", "attendance.OpeningBalance.year", "attendance.OpeningBalance.hour_class")
HOURS = ("attendance.Mark.minutes_attended", *LESSON_KIND, "attendance.ContractHours.breaks_count", *BROUGHT)
NAME = (
    *("students.Student.surname", "students.Student.infix"),
    *("students.Student.call_name", "students.Student.given_names"),
)
NAME_COLUMNS = (
    Column("name", gettext_lazy("Student"), NAME),
    Column("number", pgettext_lazy("of a student", "Number"), ("students.Student.number",)),
)
LACKING = ("students.Programme.bsn_basis", "students.Contract.hours", "students.Contract.ends_on")
STUDENTS = Table(
    gettext_lazy("In the file"),
    Row,
    (
        *NAME_COLUMNS,
        Column("course_name", gettext_lazy("Course"), ("students.Contract.course",)),
        Column("starts_on", gettext_lazy("From"), ("students.Contract.starts_on",), Kind.DATE),
        Column("ends_on", gettext_lazy("Until"), ("students.Contract.ends_on",), Kind.DATE),
        Column("hours_agreed", gettext_lazy("Hours agreed"), ("students.Contract.hours",), Kind.NUMBER),
        Column("attended", gettext_lazy("Attended (min.)"), HOURS, Kind.NUMBER, "¹"),
        Column("attended_hours", gettext_lazy("Hours in the file"), HOURS, Kind.NUMBER, "²"),
        Column("ona", gettext_lazy("ONA (min.)"), HOURS, Kind.NUMBER),
        Column("ona_hours", gettext_lazy("ONA hours in the file"), HOURS, Kind.NUMBER, "²"),
        Column("brought", gettext_lazy("Of these brought along (min.)"), BROUGHT, Kind.NUMBER, "⁴"),
        Column("not_counted", gettext_lazy("Not counted (min.)"), HOURS, Kind.NUMBER, "³"),
        Column("note", gettext_lazy("Look at"), ("students.Contract.hours", *HOURS)),
    ),
    gettext_lazy("No student is in the file."),
)
WAITING = Table(
    gettext_lazy("Students who lack something"),
    WaitingRow,
    (
        *NAME_COLUMNS,
        Column("lacking", gettext_lazy("What is lacking"), LACKING, link="url"),
    ),
    gettext_lazy("Nobody lacks anything."),
)
UNSIGNED = unsigned_table(gettext_lazy("Students to report"), gettext_lazy("Every lesson is signed."))
LAYOUT = Layout(
    row=Row,
    columns=(
        Column("bsn", gettext_lazy("BSN"), ("students.Programme.bsn",)),
        Column("course", gettext_lazy("kind of course"), ("students.Contract.course",), values=tuple(Contract.Course.choices)),
        Column("starts_on", gettext_lazy("first day of the contract"), ("students.Contract.starts_on",), Kind.DATE),
        Column("ends_on", gettext_lazy("last day of the contract"), ("students.Contract.ends_on",), Kind.DATE),
        Column("hours_agreed", gettext_lazy("hours agreed"), ("students.Contract.hours",), Kind.NUMBER),
        Column("attended", gettext_lazy("hours attended at the school"), HOURS, Kind.MINUTES),
        Column("ona", gettext_lazy("hours of the ONA course attended"), HOURS, Kind.MINUTES),
        Column("bow_number", gettext_lazy("Blik op Werk number of the school"), ("kvs.Organisation.bow_number",)),
        Column("number", gettext_lazy("student number"), ("students.Student.number",)),
        Column("reference", gettext_lazy("reference of the contract"), ("students.Contract.reference",)),
        Column("surname", gettext_lazy("surname"), ("students.Student.surname",)),
        Column("infix", gettext_lazy("name prefix"), ("students.Student.infix",)),
        Column("given_names", gettext_lazy("given names"), ("students.Student.given_names",)),
        Column(
            "birth_date",
            gettext_lazy("date of birth, if known whole"),
            ("students.Student.birth_year", "students.Student.birth_month", "students.Student.birth_day"),
            Kind.DATE,
        ),
    ),
    known=tuple(
        KnownColumn(head, source, f"DUO, uitwisselen contractgegevens (gelezen 22-11-2026): staat in het bestand. {unseen}")
        for head, source, unseen in (
            ("Burgerservicenummer", "bsn", "Niet gezien: plaats, kop, lengte."),
            ("Soort cursus", "course", "Niet gezien: de code van elke soort."),
            ("Begindatum cursus", "starts_on", "Niet gezien: schrijfwijze."),
            ("Einddatum cursus", "ends_on", "Niet gezien: schrijfwijze, gepland of werkelijk, of leeg mag."),
            ("Aantal ingekochte uren", "hours_agreed", "Niet gezien: hele uren, klokuur of lesuur."),
            ("Aantal uren deelname aan cursus", "attended", "Niet gezien: per maand of opgeteld, afronding."),
            ("Aantal uren ONA-cursus gevolgd", "ona", "Niet gezien: kolom of eigen regel."),
        )
    ),
    known_from=dt.date(2015, 1, 1),
    facts={
        "basis": "Geen enkele school of leverancier maakte de indeling openbaar: scheidingsteken, codering, datums, afronding en "
        "volgorde zijn een keuze tot iemand de handleiding in Mijn DUO heeft nagekeken."
    },
    needs=needs,
    chooses_period=True,
)
DEFINITIONS = (
    Definition(
        gettext_lazy("Attended"),
        gettext_lazy(
            "minutes at the school in lessons with a signed register: in the classroom, e-learning at school, guided practice, "
            "KNM, and the ONA portfolio at school. Source: DUO, read 22 November 2026. Breaks count where the contract says so; "
            "whether DUO means hours with or without breaks is not known."
        ),
        "¹",
    ),
    Definition(
        gettext_lazy("Hours in the file"),
        gettext_lazy("these minutes as hours, rounded once, as the layout of the file says."),
        "²",
        confirmed=False,
    ),
    Definition(
        gettext_lazy("Not counted"),
        gettext_lazy("lessons online and e-learning at home: not for DUO since 2019 (Blik op Werk)."),
        "³",
    ),
    Definition(
        gettext_lazy("Brought along"),
        gettext_lazy(
            "hours at the school from before KVS kept the registers, as noted with the contract: those of the running year when "
            "the file is over the year, all of them when it is over the whole contract, none when it is over one month."
        ),
        "⁴",
        confirmed=False,
    ),
    Definition(
        gettext_lazy("Who is in it"),
        gettext_lazy("everyone with an integration duty and everyone who pays from a DUO loan, also when a municipality pays."),
        confirmed=False,
    ),
    Definition(
        gettext_lazy("Which period"),
        gettext_lazy("the running calendar year added up, for each contract in it."),
        confirmed=False,
    ),
    Definition(
        gettext_lazy("MAP and other lessons at the school"),
        gettext_lazy("count as hours at the school."),
        confirmed=False,
    ),
)
REPORT = Report(
    code="duo",
    title=pgettext_lazy("title of a report", "DUO: contracts and hours"),
    explanation=gettext_lazy("For Mijn DUO, each month: contracts and hours attended of students with a duty or a DUO loan."),
    recipient=DUO,
    purpose=DUO_FUNDING,
    roles=ROLES,
    form=DuoForm,
    tables=(STUDENTS, WAITING, UNSIGNED, profiles.LAYOUT),
    definitions=DEFINITIONS,
    period=period,
    build=build,
    landscape=True,
    layout=LAYOUT,
)

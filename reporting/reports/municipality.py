"""Attendance of one month for the municipality that commissioned the lessons (issue 2, 3.6)."""

import datetime as dt
import uuid
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any

from django import forms
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext, pgettext_lazy

from attendance import rules as attendance
from attendance.absence import IS_EXCUSED, IS_UNEXCUSED, IS_UNKNOWN, holding_up
from attendance.absence_reasons import label as reason_label
from attendance.models import PROVEN, Mark, MarkQuerySet, agreements_of
from attendance.told import told_reasons
from kvs.models import Role, User
from kvs.templatetags.kvs import hours
from kvs.vocabulary import CLIENT_REPORTS, MUNICIPALITY
from reporting.lessons import MonthForm, UnsignedRow, lessons_within, locations_missing, unsigned, unsigned_table
from reporting.report import WITH_REASONS, Asked, Block, Column, Content, Definition, Filled, Kind, Progress, Report, Table
from reporting.rules import percentage
from reporting.withheld import figure, remark, withheld
from students.models import Client, Contract, Enrolment, Student

ROLES = frozenset({Role.ADMINISTRATION, Role.MANAGEMENT, Role.PRIVACY_OFFICER})
OFFERED = ("attendance.Lesson.planned_minutes", "attendance.Mark.state")
VERDICT = (*OFFERED, "attendance.AbsenceReason.verdict", "attendance.AbsenceReport.status")
ATTENDED = ("attendance.Mark.minutes_attended",)


@dataclass(frozen=True)
class Row:
    """One student, in minutes; `offered` is the sum of the five that follow it."""

    person: uuid.UUID | None
    name: str
    number: str
    lessons: int
    offered: int
    attended: int
    excused: int
    unknown: int
    unexcused: int
    late: int
    proven: int  # minutes attended that the student confirmed too

    @property
    def present(self) -> Decimal | None:
        """Per cent of the minutes offered."""
        return percentage(self.attended, self.offered)

    @property
    def present_unexcused(self) -> Decimal | None:
        """The same, with authorised absence left out of what was offered."""
        return percentage(self.attended, self.offered - self.excused)


@dataclass(frozen=True)
class ReasonRow:
    """One missed lesson of which the municipality hears the reason."""

    name: str
    number: str
    day: dt.date
    minutes: int
    reason: str


class MunicipalityForm(MonthForm):
    """Which municipality and which month."""

    client = forms.ModelChoiceField(
        Client.objects.filter(kind=Client.Kind.MUNICIPALITY),
        label=gettext_lazy("Municipality"),
        empty_label=gettext_lazy("Choose a municipality"),
    )
    field_order = ("client", "month")

    def clean(self) -> dict[str, Any]:
        """Beside it which reasons of absence the municipality hears by agreement, if any: so that the disclosure says so."""
        known = super().clean() or self.cleaned_data
        if known.get("client") and known.get("month"):
            agreed = agreements_of(known["client"], known["month"], month_end(known["month"]))
            codes = {code for agreement in agreed for code in agreement.reasons}
            known |= {"reasons": " ".join(sorted(codes))} if codes else {}
        return known


def commissioned(client: Client, programme: str, day: str) -> QuerySet[Contract]:
    """Contracts of `client` for the outer row's `programme` on the outer row's `day`: paths to both."""
    ends = Q(ends_on__isnull=True) | Q(ends_on__gte=OuterRef(day))
    return Contract.objects.filter(ends, client=client, programme=OuterRef(programme), starts_on__lte=OuterRef(day))


def marks_of(client: Client, first: dt.date, last: dt.date, by: User) -> MarkQuerySet:
    """Marks of signed lessons that `client` commissioned on their day. Asks one query at once."""
    # Asked first, or PostgreSQL reads every mark of the school: 500 ms for a class among a million marks.
    programmes = list(Contract.objects.visible_to(by).filter(client=client).values_list("programme", flat=True))
    return (
        Mark.objects.visible_to(by)
        .counted()
        .filter(
            Exists(commissioned(client, "enrolment__programme", "lesson__day")),
            enrolment__programme__in=programmes,
            lesson__in=lessons_within(first, last, by, *ROLES),
        )
    )


def sums_of(marks: MarkQuerySet) -> dict[uuid.UUID, dict[str, Any]]:
    """By student the sums over `marks`. One query, whatever the number."""
    there, planned = Q(state__in=attendance.THERE), F("lesson__planned_minutes")
    sums = (
        marks.order_by()
        .values(student=F("enrolment__programme__student"))
        .annotate(
            lessons=Count("lesson", distinct=True),
            offered=Sum(planned),
            attended=Sum("minutes_attended"),
            excused=Sum(planned, filter=IS_EXCUSED, default=0),
            unknown=Sum(planned, filter=IS_UNKNOWN, default=0),
            unexcused=Sum(planned, filter=IS_UNEXCUSED, default=0),
            late=Sum(planned - F("minutes_attended"), filter=there, default=0),
            proven=Sum("minutes_attended", filter=PROVEN, default=0),
        )
    )
    return {values["student"]: {name: value for name, value in values.items() if name != "student"} for values in sums}


def rows(sums: dict[uuid.UUID, dict[str, Any]], client: Client, by: User) -> Iterator[Row]:
    """A row per student of `sums` who may be in the report, by name."""
    names = ("audit_id", "number", "given_names", "call_name", "infix", "surname")
    named = Student.objects.visible_to(by).filter(pk__in=sums).exclude(pk__in=withheld(REPORT, client)).only(*names)
    for student in named.order_by("sort_key", "number"):
        yield Row(student.audit_id, student.list_name, student.number, **sums[student.pk])


def reason_rows(marks: MarkQuerySet, client: Client, first: dt.date, last: dt.date, made: list[Row]) -> list[ReasonRow]:
    """The missed lessons of who is in the report of which `client` hears the reason, by name and then by day."""
    told, people = told_reasons(marks, client, first, last), {row.person: row for row in made}
    order = {row.person: number for number, row in enumerate(made)}
    lessons = (
        marks.filter(pk__in=told)
        .order_by("lesson__starts_at", "pk")
        .values_list("pk", "enrolment__programme__student__audit_id", "lesson__day", "lesson__planned_minutes")
    )
    found = sorted((line for line in lessons if line[1] in people), key=lambda line: order[line[1]])
    return [
        ReasonRow(people[person].name, people[person].number, day, minutes, reason_label(told[key]))
        for key, person, day, minutes in found
    ]


def _agreed(client: Client, first: dt.date, last: dt.date) -> Iterator[tuple[str, str]]:
    """Which reasons the municipality hears and where that is agreed: a remark for each agreement of the period."""
    for agreement in sorted(agreements_of(client, first, last), key=lambda row: row.starts_on):
        known = {"day": date_format(agreement.starts_on), "reasons": agreement.words, "source": agreement.source}
        text = _("For lessons from %(day)s: %(reasons)s (%(source)s). Every other reason stays at the school.") % known
        yield _("Reasons by agreement"), text


def unsigned_of(client: Client, first: dt.date, last: dt.date, by: User, *roles: Role) -> list[UnsignedRow]:
    """Lessons of students of `client` that took place and are not signed, with how many of them were placed there."""
    placed = Enrolment.objects.annotate(day=OuterRef("day")).filter(Exists(commissioned(client, "programme", "day")))
    groups = Enrolment.objects.filter(programme__contracts__client=client).values("group")
    return unsigned(lessons_within(first, last, by, *roles).filter(group__in=groups), placed)


def build(asked: Asked, by: User, progress: Progress) -> Content:
    """The month's attendance for one municipality, as far as `by` may see it."""
    client, first = asked["client"], asked["month"]
    last = month_end(first)
    marks = marks_of(client, first, last, by)
    sums, counter, made = sums_of(marks), count(1), []
    for row in rows(sums, client, by):
        made.append(row)
        progress(next(counter), None, gettext_noop("Adding up the attendance of students"))
    total, lapsed = _total(made), unsigned_of(client, first, last, by, *ROLES)
    left_out = len(sums) - len(made)
    return Content(
        about=" · ".join(
            [client.name, _period(first, last), *(title for title, _text in not_over(last)), *_only_some_locations(by)]
        ),
        tables=(
            Filled(STUDENTS, made, total if made else None),
            Filled(UNSIGNED, lapsed),
            *([Filled(REASONS, reason_rows(marks, client, first, last, made))] if asked.get("reasons") else []),
        ),
        people=tuple(row.person for row in made if row.person),
        figures=(
            (str(len(made)), _("students")),
            (_hours(total.offered), _("hours offered")),
            (_hours(total.attended), _("hours attended")),
            (_percent(total.present), _("present")),
            *figure(left_out),
        ),
        remarks=((_("Proof"), _proof(total)), *not_over(last), *_agreed(client, first, last), *remark(left_out)),
        blocks=(*_held_up(marks, client, first), *waiting_for(last, lapsed, table=2)),
        footer=_("Only students whom %(client)s commissioned on the day of the lesson. Confidential.") % {"client": client.name},
    )


def not_over(last: dt.date) -> Iterator[tuple[str, str]]:
    """Says in the document that its month, which ends on `last`, goes on."""
    if last >= timezone.localdate():
        yield _("The month is not over"), _not_over(last)


def _not_over(last: dt.date) -> str:
    text = _("The month ends on %(day)s. Lessons that are still to come are not counted, so the figures will change.")
    return text % {"day": date_format(last)}


def waiting_for(last: dt.date, lapsed: list[UnsignedRow], *, table: int) -> Iterator[Block]:
    """What a client waits for unless the school gives a reason: the end of the month, and signatures (`lapsed` is that table)."""
    if last >= timezone.localdate():
        yield Block(_not_over(last), waits=True)
    if lapsed:
        text = ngettext(
            "%(number)d lesson of this month is not signed, so it does not count.",
            "%(number)d lessons of this month are not signed, so they do not count.",
            len(lapsed),
        )
        yield Block(text % {"number": len(lapsed)}, table=table, link=_("Which lessons"), waits=True)


def _held_up(marks: MarkQuerySet, client: Client, month: dt.date) -> Iterator[Block]:
    """An absence whose reason nobody knows yet holds up the month once it is too old (setting of the school)."""
    number = holding_up(marks, timezone.localdate()).count()
    if number:
        text = ngettext(
            "%(number)d absence of this month has no reason yet. Was it excused or not?",
            "%(number)d absences of this month have no reason yet. Were they excused or not?",
            number,
        )
        url = f"{reverse('attendance:absence_unknown')}?maand={month:%Y-%m}&opdrachtgever={client.pk}"
        yield Block(text % {"number": number}, url=url, link=_("Choose the reasons"))


def _total(made: list[Row]) -> Row:
    names = ("lessons", "offered", "attended", "excused", "unknown", "unexcused", "late", "proven")
    sums = {name: sum(getattr(row, name) for row in made) for name in names}
    name = ngettext("Total, %(number)d student", "Total, %(number)d students", len(made)) % {"number": len(made)}
    return Row(person=None, name=name, number="", **sums)


def _only_some_locations(by: User) -> list[str]:
    """Who does not see the whole school says so on paper: the municipality must not take a part for the whole."""
    here = locations_missing(by, *ROLES)
    return [_("only location %(names)s") % {"names": ", ".join(here)}] if here else []


def month_end(first: dt.date) -> dt.date:
    """The last day of the month that begins on `first`."""
    return first.replace(day=monthrange(first.year, first.month)[1])


def _period(first: dt.date, last: dt.date) -> str:
    return _("%(first)s to %(last)s inclusive") % {"first": date_format(first), "last": date_format(last)}


def _hours(minutes: int) -> str:
    return hours(minutes)


def _percent(value: Decimal | None) -> str:
    return f"{number_format(value)} %" if value is not None else "–"


def _proof(total: Row) -> str:
    share = percentage(total.proven, total.attended)
    if share is None:
        return _("Nobody attended a lesson with a signed register, so there is nothing to prove.")
    return _(
        "Of the minutes attended %(share)s was confirmed by the student and signed by the teacher. "
        "The rest was signed by the teacher only."
    ) % {"share": _percent(share)}


def period(parameters: Mapping[str, str]) -> str:
    """The month, as in "oktober 2026"."""
    return date_format(dt.date.fromisoformat(parameters["month"]), "YEAR_MONTH_FORMAT")


STUDENTS = Table(
    gettext_lazy("Per student, in minutes"),
    Row,
    (
        Column(
            "name",
            gettext_lazy("Student"),
            (
                "students.Student.surname",
                "students.Student.infix",
                "students.Student.call_name",
                "students.Student.given_names",
            ),
        ),
        Column("number", pgettext_lazy("of a student", "Number"), ("students.Student.number",)),
        Column("lessons", gettext_lazy("Lessons"), ("attendance.Mark.state",), Kind.NUMBER),
        Column("offered", pgettext_lazy("minutes", "Offered"), OFFERED, Kind.NUMBER),
        Column("attended", pgettext_lazy("minutes", "Attended"), ATTENDED, Kind.NUMBER),
        Column("excused", pgettext_lazy("minutes", "Excused"), VERDICT, Kind.NUMBER),
        Column("unknown", pgettext_lazy("minutes", "Not known yet"), VERDICT, Kind.NUMBER),
        Column("unexcused", pgettext_lazy("minutes", "Unexcused"), VERDICT, Kind.NUMBER),
        Column("late", pgettext_lazy("minutes", "Late"), (*OFFERED, *ATTENDED), Kind.NUMBER),
        Column("present", gettext_lazy("Present (%)"), (*OFFERED, *ATTENDED), Kind.PERCENT, "¹"),
        Column("present_unexcused", gettext_lazy("Without excused (%)"), (*OFFERED, *ATTENDED), Kind.PERCENT, "²"),
    ),
    gettext_lazy("No student of this municipality had a lesson with a signed register in this month."),
)
REASONS = Table(
    gettext_lazy("Reasons by agreement"),
    ReasonRow,
    (
        *STUDENTS.columns[:2],
        Column("day", gettext_lazy("Lesson"), ("attendance.Lesson.day",), Kind.DATE),
        Column("minutes", pgettext_lazy("minutes", "Excused"), VERDICT, Kind.NUMBER),
        Column("reason", gettext_lazy("Reason"), ("attendance.AbsenceReason.tellable", "attendance.AbsenceReport.tellable")),
    ),
    gettext_lazy("No lesson was missed for one of the reasons that are agreed."),
)
UNSIGNED = unsigned_table(gettext_lazy("Students of this municipality"), gettext_lazy("Every lesson of this month is signed."))
DEFINITIONS = (
    Definition(gettext_lazy("Present"), gettext_lazy("minutes attended divided by minutes offered."), "¹"),
    Definition(
        gettext_lazy("Without excused absence"),
        gettext_lazy("minutes attended divided by minutes offered less minutes excused."),
        "²",
    ),
    Definition(
        pgettext_lazy("minutes", "Offered"),
        gettext_lazy(
            "the lessons with a signed register: attended, excused, not known yet, unexcused and late together. "
            "A cancelled lesson does not count. Percentages are rounded only at the end."
        ),
    ),
    Definition(pgettext_lazy("minutes", "Late"), gettext_lazy("minutes missed in a lesson by coming late or leaving early.")),
    Definition(
        pgettext_lazy("minutes", "Excused"),
        gettext_lazy(
            "missed with a reason the school accepts. Which reason stays at the school, unless an agreement says that you hear "
            "it. If the school notes no reasons: told beforehand."
        ),
        confirmed=False,
    ),
    Definition(
        pgettext_lazy("minutes", "Not known yet"),
        gettext_lazy("the reason is not known yet. Until then it counts as absence that is not excused."),
    ),
)
REPORT = Report(
    code="municipality",
    title=pgettext_lazy("title of a report", "Attendance"),
    explanation=gettext_lazy(
        "For a municipality, one month: minutes offered, attended and missed by each student it commissioned."
    ),
    recipient=MUNICIPALITY,
    purpose=CLIENT_REPORTS,
    roles=ROLES,
    form=MunicipalityForm,
    tables=(STUDENTS, UNSIGNED, REASONS),
    definitions=DEFINITIONS,
    period=period,
    build=build,
    adds=lambda parameters: WITH_REASONS if parameters.get("reasons") else "",
)

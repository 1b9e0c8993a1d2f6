"""What happened to one student, in order of time, as far as the reader may see it. Nothing is kept: it is read from what
each app holds. Here, because attendance and exams do not know each other (design/architecture.md, section 2).
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import NamedTuple

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from attendance.absence import with_verdict
from attendance.models import AbsenceReport, AbsenceSignal, FollowUp, FollowUpStep, Mark, OutsideHours
from attendance.models.absence import ABSENCE_READERS, REASON_READERS
from attendance.models.follow_up import FOLLOW_UP_READERS
from attendance.models.hours import HOUR_READERS
from attendance.rules import AWAY
from attendance.weeks import monday_of
from exams.models import EXAM_READERS, ExamAttempt, LevelMeasurement
from kvs.access import STAFF
from kvs.models import Role, User
from kvs.templatetags.kvs import hours
from students.models import Contract, Enrolment, Programme, Student
from students.views.people import PROGRAMME_READERS

DAY = dt.timedelta(days=1)
READERS = STAFF - {Role.SYSTEM_ADMINISTRATOR}


class Kind(models.TextChoices):
    """What kind of thing happened; the codes stand in the address."""

    LESSONS = "lessen", gettext_lazy("lessons")
    PLACES = "groepen", gettext_lazy("groups")
    PROGRAMMES = "trajecten", gettext_lazy("programmes and contracts")
    ABSENCE = "afmeldingen", gettext_lazy("reports of absence")
    FOLLOW_UP = "opvolging", gettext_lazy("follow-up of absence")
    EXAMS = "examens", gettext_lazy("levels and exams")
    OUTSIDE = "uren", gettext_lazy("hours outside lessons")


class Period(NamedTuple):
    """Days to show, both included; None is open."""

    first: dt.date | None = None
    last: dt.date | None = None

    def __contains__(self, day: object) -> bool:
        return isinstance(day, dt.date) and (not self.first or day >= self.first) and (not self.last or day <= self.last)

    def days(self, field: str) -> Q:
        """Condition: the day in `field` lies in it."""
        begins = Q(**{f"{field}__gte": self.first}) if self.first else Q()
        return begins & Q(**{f"{field}__lte": self.last}) if self.last else begins


ALWAYS = Period()


class Happening(NamedTuple):
    """One thing on one day; a week of lessons counts as one, on the day of its last lesson."""

    day: dt.date
    kind: Kind
    title: str
    detail: str = ""
    url: str = ""
    marks: tuple[Mark, ...] = ()  # of the lessons of a week, in order of time; each with `verdict`
    signal: AbsenceSignal | None = None

    @property
    def groups(self) -> list[str]:
        """The names of the groups of its lessons."""
        return sorted({mark.lesson.group.name for mark in self.marks})

    @property
    def coming(self) -> bool:
        """Whether it is still to come: an exam that is planned, the last day of a contract."""
        return self.day > timezone.localdate()


MAY_READ = {
    Kind.LESSONS: READERS,
    Kind.PLACES: READERS,
    Kind.PROGRAMMES: PROGRAMME_READERS,
    Kind.ABSENCE: ABSENCE_READERS,
    Kind.FOLLOW_UP: FOLLOW_UP_READERS,
    Kind.EXAMS: EXAM_READERS,
    Kind.OUTSIDE: HOUR_READERS,
}


def kinds_for(user: User) -> list[Kind]:
    """The kinds `user` may read of anybody. What of them is within reach, `visible_to` of each model decides."""
    return [kind for kind, roles in MAY_READ.items() if user.has_role(*roles)]


def timeline_of(student: Student, user: User, kind: str = "", period: Period = ALWAYS) -> list[Happening]:
    """What happened to `student` as far as `user` may see it, the latest first: of one Kind or (empty) of all.

    The number of queries does not depend on how much happened. Raises ValueError for a kind that is none.
    """
    kinds = [Kind(kind)] if kind else kinds_for(user)
    found = [row for one in kinds for row in READ[one](student, user, period) if row.day in period]
    return sorted(found, key=lambda row: row.day, reverse=True)


def _lessons(student: Student, user: User, period: Period) -> list[Happening]:
    seen = Mark.objects.visible_to(user).of_student(student).filter(period.days("lesson__day"), lesson__cancelled=False)
    marks = with_verdict(seen).select_related("lesson__group", "lesson__register").order_by("lesson__starts_at")
    return [_week(monday, tuple(rows)) for monday, rows in groupby(marks, key=lambda mark: monday_of(mark.lesson.day))]


def _week(monday: dt.date, marks: tuple[Mark, ...]) -> Happening:
    missed = sum(mark.state in AWAY for mark in marks)
    lessons = ngettext("%(count)d lesson", "%(count)d lessons", len(marks)) % {"count": len(marks)}
    title = _("Week %(week)d: %(lessons)s") % {"week": monday.isocalendar().week, "lessons": lessons}
    detail = _("%(count)d missed") % {"count": missed} if missed else ""
    return Happening(marks[-1].lesson.day, Kind.LESSONS, title, detail, marks=marks)


def _places(student: Student, user: User, _period: Period) -> list[Happening]:
    """Placed, moved and left. Who leaves one group and begins in another the next day has moved."""
    seen = (
        Enrolment.objects.visible_to(user).filter(programme__student=student).select_related("group").order_by("starts_on", "pk")
    )
    left = {place.pk: place for place in seen if place.ends_on}
    found = []
    for place in seen:
        before = next((row for row in left.values() if _is_move(row, place)), None)
        if before:
            del left[before.pk]
        found.append(_begun(place, before))
    ends = [(row.ends_on, row.group.name) for row in left.values() if row.ends_on]
    return found + [Happening(day, Kind.PLACES, _("Last day in %(group)s") % {"group": name}) for day, name in ends]


def _is_move(old: Enrolment, new: Enrolment) -> bool:
    same = old.programme_id == new.programme_id and old.group_id != new.group_id
    return same and old.ends_on == new.starts_on - DAY


def _begun(place: Enrolment, before: Enrolment | None) -> Happening:
    names = {"old": before.group.name if before else "", "group": place.group.name}
    title = _("Moved from %(old)s to %(group)s") if before else _("Placed in %(group)s")
    return Happening(place.starts_on, Kind.PLACES, title % names)


def _programmes(student: Student, user: User, _period: Period) -> list[Happening]:
    """Begin and end of programmes and contracts, for who may open that tab."""
    reader = user.only_as(*PROGRAMME_READERS)
    programmes = (
        Programme.objects.visible_to(reader).filter(student=student).only("law", "route", "starts_on", "ends_on", "student")
    )
    contracts = Contract.objects.visible_to(reader).filter(programme__student=student).select_related("client")
    url = reverse("students:programmes", args=[student.pk])
    found = []
    for row in programmes:
        detail = " · ".join(filter(None, (str(row.get_law_display()), str(row.get_route_display()) if row.route else "")))
        found += _both_ends(row.starts_on, row.ends_on, (_("Programme begun"), _("Last day of the programme")), detail, url)
    for contract in contracts:
        payer = contract.client.name if contract.client else _("the student pays")
        detail = f"{contract.get_course_display()} · {payer}"
        words = (_("Contract begun"), _("Last day of the contract"))
        found += _both_ends(contract.starts_on, contract.ends_on, words, detail, url)
    return found


def _both_ends(begin: dt.date, end: dt.date | None, words: tuple[str, str], detail: str, url: str) -> list[Happening]:
    days = [(begin, words[0])] + ([(end, words[1])] if end else [])
    return [Happening(day, Kind.PROGRAMMES, word, detail, url) for day, word in days]


def _absence(student: Student, user: User, _period: Period) -> list[Happening]:
    """Reports of absence with the answer of the school; the reason for who may read reasons, and for nobody else."""
    reports = AbsenceReport.objects.visible_to(user).filter(student=student).defer("reason", "tellable")
    readable = AbsenceReport.objects.visible_to(user.only_as(*REASON_READERS)).filter(student=student)
    reasons = {row.pk: row.reason_label for row in readable}
    return [
        Happening(
            row.first_day,
            Kind.ABSENCE,
            _absent(row),
            " · ".join(filter(None, (str(row.get_status_display()), reasons.get(row.pk, "")))),
        )
        for row in reports
    ]


def _absent(row: AbsenceReport) -> str:
    if row.last_day is None:
        return _("Reported absent until further notice")
    if row.last_day == row.first_day:
        return _("Reported absent")
    return _("Reported absent until and including %(day)s") % {"day": date_format(row.last_day)}


def _follow_up(student: Student, user: User, _period: Period) -> list[Happening]:
    mine = FollowUp.objects.visible_to(user).filter(programme__student=student)
    signals = AbsenceSignal.objects.filter(follow_up__in=mine)
    steps = FollowUpStep.objects.visible_to(user).filter(follow_up__programme__student=student)
    found = [
        Happening(row.found_on, Kind.FOLLOW_UP, _("Signal of absence"), url=_ladder(row.follow_up_id), signal=row)
        for row in signals
    ]
    return found + [
        Happening(
            row.done_on,
            Kind.FOLLOW_UP,
            str(capfirst(str(row.get_kind_display()))),
            " · ".join(map(str, filter(None, (row.get_outcome_display(), row.skipped and row.get_skipped_display())))),
            _ladder(row.follow_up_id),
        )
        for row in steps
    ]


def _ladder(pk: uuid.UUID) -> str:
    return reverse("attendance:follow_up", args=[pk])


def _exams(student: Student, user: User, _period: Period) -> list[Happening]:
    """Attempts at exams, and levels: what was measured on one day is one thing."""
    attempts = ExamAttempt.objects.visible_to(user).filter(programme__student=student)
    levels = LevelMeasurement.objects.visible_to(user).filter(programme__student=student).in_order()
    url = reverse("reporting:student_progress", args=[student.pk])
    found = [
        Happening(row.taken_on, Kind.EXAMS, _("Exam: %(exam)s") % {"exam": row.exam}, str(row.get_result_display()), url)
        for row in attempts
    ]
    for day, rows in groupby(levels, key=lambda row: row.measured_on):
        measured = ", ".join(f"{row.get_skill_display()} {row.get_level_display()}" for row in rows)
        found.append(Happening(day, Kind.EXAMS, _("Level measured"), measured, url))
    return found


def _outside(student: Student, user: User, _period: Period) -> list[Happening]:
    """Hours outside lessons as they stand; an entry that turned out to be nothing is left out."""
    entries = OutsideHours.objects.visible_to(user).current().filter(programme__student=student, minutes__gt=0)
    return [
        Happening(
            row.day,
            Kind.OUTSIDE,
            _("%(hours)s hours outside lessons") % {"hours": hours(row.minutes)},
            f"{row.get_kind_display()} · {row.provider}",
            reverse("attendance:programme_hours", args=[row.programme_id]),
        )
        for row in entries
    ]


READ: Mapping[Kind, Callable[[Student, User, Period], Iterable[Happening]]] = {
    Kind.LESSONS: _lessons,
    Kind.PLACES: _places,
    Kind.PROGRAMMES: _programmes,
    Kind.ABSENCE: _absence,
    Kind.FOLLOW_UP: _follow_up,
    Kind.EXAMS: _exams,
    Kind.OUTSIDE: _outside,
}

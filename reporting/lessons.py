"""What reports about lessons share: months, lessons within reach, and the lessons that do not count yet."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attendance.models import Lesson
from kvs.models import Location, Role, User
from reporting.report import Column, Kind, Table
from students.models import Enrolment

MONTHS_BACK = 24


def first_of_month(day: dt.date, back: int = 0) -> dt.date:
    """The first day of the month `back` months before that of `day`."""
    months = day.year * 12 + day.month - 1 - back
    return dt.date(months // 12, months % 12 + 1, 1)


def month_choices() -> list[tuple[str, str]]:
    """This month and those before it, the latest first."""
    months = [first_of_month(timezone.localdate(), back) for back in range(MONTHS_BACK)]
    return [(month.isoformat(), date_format(month, "YEAR_MONTH_FORMAT")) for month in months]


class MonthForm(forms.Form):
    """Which month, by its first day; at first the one before this."""

    month = forms.DateField(label=gettext_lazy("Month"), input_formats=["%Y-%m-%d"], widget=forms.Select)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["month"].widget.choices = month_choices()
        self.fields["month"].initial = first_of_month(timezone.localdate(), back=1).isoformat()

    def clean_month(self) -> dt.date:
        """A month is its first day; one that has not begun has nothing to report."""
        month: dt.date = self.cleaned_data["month"]
        if month.day != 1 or month > timezone.localdate():
            raise ValidationError(_("Choose a month from the list."))
        return month


def lessons_within(first: dt.date | None, last: dt.date, by: User, *roles: Role) -> QuerySet[Lesson]:
    """Lessons of the period (without `first`: from the beginning) at the locations where `by` holds one of `roles`."""
    here = Location.objects.where_held(by, *roles)
    lessons = Lesson.objects.visible_to(by).filter(day__lte=last, location__in=here)
    return lessons.filter(day__gte=first) if first else lessons


@dataclass(frozen=True)
class UnsignedRow:
    """A lesson that took place and does not count, because its register is not signed."""

    day: dt.date
    group: str
    time: str
    students: int


def unsigned(lessons: QuerySet[Lesson], placed: QuerySet[Enrolment]) -> list[UnsignedRow]:
    """Which of `lessons` took place and are not signed, with how many of the students `placed` were in the group then.

    `placed` may ask for the outer lesson's "day".
    """
    number = (
        placed.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=OuterRef("day")), starts_on__lte=OuterRef("day"))
        .filter(group=OuterRef("group"))
        .order_by()
        .values("group")
        .annotate(number=Count("programme__student", distinct=True))
        .values("number")
    )
    # Asked first, or students are counted for each signed lesson too: three quarters of the time of a class report.
    open_ones = lessons.filter(cancelled=False, register__signed_at__isnull=True, ends_at__lt=timezone.now())
    found = (
        lessons.filter(pk__in=list(open_ones.values_list("pk", flat=True)))
        .annotate(students=Coalesce(Subquery(number), 0))
        .filter(students__gt=0)
        .select_related("group")
        .order_by("starts_at", "group__name")
    )
    return [
        UnsignedRow(lesson.day, lesson.group.name, f"{_time(lesson.starts_at)} – {_time(lesson.ends_at)}", lesson.students)
        for lesson in found
    ]


def _time(moment: dt.datetime) -> str:
    return time_format(timezone.localtime(moment))


def unsigned_table(head: Any, empty: Any) -> Table:
    """The table of lessons that do not count; `head` says whose students are counted in it."""
    return Table(
        gettext_lazy("Not signed, so not counted"),
        UnsignedRow,
        (
            Column("day", gettext_lazy("Lesson"), ("attendance.Lesson.day",), Kind.DATE),
            Column("group", gettext_lazy("Group"), ("students.Group.name",)),
            Column("time", gettext_lazy("Time"), ("attendance.Lesson.starts_at", "attendance.Lesson.ends_at")),
            Column("students", head, ("students.Enrolment.group",), Kind.NUMBER),
        ),
        empty,
    )


def locations_missing(by: User, *roles: Role) -> list[str]:
    """Names of the locations `by` holds in `roles` when they are not all: a part must not be taken for the whole."""
    here = list(Location.objects.where_held(by, *roles).values_list("name", flat=True))
    return [] if len(here) == Location.objects.count() else here

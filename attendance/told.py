"""Which reason of a missed lesson a client hears: by agreement, and never about health."""

import datetime as dt
import uuid

from django.db.models import OuterRef, QuerySet, Subquery

from attendance import absence_reasons as codes
from attendance.absence import IS_EXCUSED
from attendance.models import AbsenceReport, Mark, agreements_of
from students.models import Client


def told_reasons(marks: "QuerySet[Mark]", client: Client, first: dt.date, last: dt.date) -> dict[uuid.UUID, str]:
    """By primary key of the mark the code of the reason that `client` hears of it, for lessons of these days.

    What is missing is excused or not, and no more. Three queries.
    """
    agreed = agreements_of(client, first, last)
    if not agreed:
        return {}
    known = {row.pk: row for row in _with_report(marks.filter(IS_EXCUSED, lesson__day__range=(first, last)))}
    reports = AbsenceReport.objects.in_bulk([row.report for row in known.values() if row.report])  # type: ignore[attr-defined]
    said = {key: _tellable(row, reports.get(row.report)) for key, row in known.items()}  # type: ignore[attr-defined]
    return {
        key: code
        for key, code in said.items()
        if code and any(agreement.tells(code, known[key].lesson.day) for agreement in agreed)
    }


def _with_report(marks: "QuerySet[Mark]") -> "QuerySet[Mark]":
    """Each mark with its reason, and with `report`: the key of the approved report that covers it."""
    covering = AbsenceReport.objects.covering(OuterRef("lesson__starts_at"))
    mine = covering.filter(student=OuterRef("enrolment__programme__student")).order_by("starts_at")
    return marks.select_related("lesson", "absence_reason").annotate(report=Subquery(mine.values("pk")[:1]))


def _tellable(mark: Mark, report: AbsenceReport | None) -> str | None:
    """As `attendance.absence`: what was said about this very lesson, unless that decides nothing yet; else the report."""
    said = getattr(mark, "absence_reason", None)
    if said and said.verdict != codes.UNKNOWN:
        tellable: str | None = said.tellable
        return tellable
    return report.tellable if report else None

"""Letters about absence, in plain Dutch (A2): which lessons were missed and what to do. Never why somebody was away.

Kept as a page of text, as the letters of `privacy` are; the PDF is made when somebody opens it.
"""

import datetime as dt
from typing import NamedTuple

from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import translation

from attendance.absence import with_verdict
from attendance.absence_reasons import EXCUSED
from attendance.models import FollowUp, Mark
from attendance.signal_rules import ALL
from kvs.models import Organisation
from kvs.pdf import make_pdf

LANGUAGE = "nl"  # the language of the school's paper
STYLESHEET = "paper.css"


class Line(NamedTuple):
    """A lesson in a letter. `minutes`: missed of it; `whole`: all of it."""

    mark: Mark
    minutes: int
    whole: bool


def missed_marks(follow_up: FollowUp, until: dt.date) -> "QuerySet[Mark]":
    """Signed lessons of the programme that were missed, whole or in part, from the first signal until and including `until`.

    Excused ones only where a rule that found something counts all absence. Corrected marks count as they stand now. Each has
    its `verdict` (attendance.absence.with_verdict).
    """
    signals = list(follow_up.signals.all())
    since = min((row.starts_on for row in signals), default=follow_up.opened_on)
    found = Mark.objects.counted().filter(
        Q(minutes_attended__lt=F("lesson__planned_minutes")),
        enrolment__programme=follow_up.programme_id,
        lesson__day__range=(since, until),
    )
    judged = with_verdict(found)
    return judged if any(row.counts == ALL for row in signals) else judged.exclude(verdict=EXCUSED)  # type: ignore[misc]


def lines(marks: "QuerySet[Mark]") -> list[Line]:
    """What is printed, in order of time."""
    rows = marks.select_related("lesson__group").order_by("lesson__starts_at", "pk")
    return [Line(row, row.lesson.planned_minutes - row.minutes_attended, row.minutes_attended == 0) for row in rows]


def absence_letter(follow_up: FollowUp, kind: str, today: dt.date) -> str:
    """The page of the first, second or third letter (`kind`), as it is given on `today`. The school signs it: no colleague is
    named, so that the student's own copy of the file names none either.
    """
    school = Organisation.objects.first()
    with translation.override(LANGUAGE):
        known = {
            "student": follow_up.programme.student,
            "kind": kind,
            "lines": lines(missed_marks(follow_up, today)),
            "today": today,
            "school": school,
        }
        return render_to_string("attendance/letter.html", known)


def as_pdf(page: str) -> bytes:
    """The page as a tagged PDF. Raises kvs.pdf.PdfUnavailable without Pango."""
    return make_pdf(page, STYLESHEET)

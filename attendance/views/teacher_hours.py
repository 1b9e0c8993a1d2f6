"""Lesson hours per teacher per month, on the screen and as a workbook."""

import datetime as dt

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from attendance import rules
from attendance.teacher_hours import LESSON_HOURS, OFFICE, Given, given_in, total
from kvs import sheets
from kvs.access import KvsRequest, role_required
from kvs.models import Role

READERS = (Role.TEACHER, *OFFICE)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
@role_required(*READERS)
def teacher_hours(request: KvsRequest) -> HttpResponse:
    """Lessons given in the month `?maand=2026-11` (else this one) in lesson hours of `?lesuur=` 45, 50 or 60 minutes."""
    month, length = _asked(request)
    rows = given_in(month, request.user, timezone.now())
    context = {
        "month": month,
        "before": rules.month_before(month),
        "after": rules.month_after(month),
        "length": length,
        "lengths": LESSON_HOURS,
        "rows": [(row, row.lesson_hours(length)) for row in rows],
        "total": total(rows) if len(rows) > 1 else None,
        "total_hours": total(rows).lesson_hours(length) if len(rows) > 1 else None,
        "only_own": not request.user.has_role(*OFFICE),
    }
    return render(request, "attendance/teacher_hours.html", context)


@require_GET
@role_required(*READERS)
def teacher_hours_file(request: KvsRequest) -> HttpResponse:
    """The same as a workbook."""
    month, length = _asked(request)
    rows = given_in(month, request.user, timezone.now())
    lines = [_line(row, length) for row in rows]
    if len(rows) > 1:
        lines.append([_("Total"), *_line(total(rows), length)[1:]])
    sheet = sheets.Sheet(date_format(month, "YEAR_MONTH_FORMAT"), _heads(length), lines)
    answer = HttpResponse(sheets.write_xlsx([sheet]), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="lesuren-{month:%Y-%m}.xlsx"'
    return answer


def _asked(request: KvsRequest) -> tuple[dt.date, int]:
    month = rules.month_of(request.GET.get("maand", "")) or timezone.localdate().replace(day=1)
    lengths = {str(length): length for length in LESSON_HOURS}
    return month, lengths.get(request.GET.get("lesuur", ""), LESSON_HOURS[-1])


def _heads(length: int) -> list[str]:
    return [
        _("Teacher"),
        _("Lessons signed"),
        _("Minutes signed"),
        _("Lessons established"),
        _("Minutes established"),
        _("Lessons not signed"),
        _("Minutes not signed"),
        _("Of these as substitute"),
        _("Lessons"),
        _("Minutes"),
        _("Lesson hours of %(length)d minutes") % {"length": length},
    ]


def _line(row: Given, length: int) -> list[sheets.Cell]:
    name = row.teacher.full_name if row.teacher else _("no teacher")
    return [name, *row.numbers, row.lessons, row.minutes, row.lesson_hours(length)]

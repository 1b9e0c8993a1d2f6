"""School holidays from a file: read, looked at, and only then taken over."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from attendance.actions.holidays import take_holidays
from attendance.closing import lines_of
from attendance.forms.holidays import HolidayFileForm, TakeHolidaysForm
from attendance.holiday_files import read_holidays
from attendance.models.planning import PLANNERS
from kvs.access import KvsRequest, role_required
from kvs.editing import attempt
from kvs.reading import Unreadable


def _page() -> dict[str, str]:
    return {"parent": _("Days without lessons"), "parent_url": reverse("attendance:closures")}


@require_http_methods(["GET", "POST"])
@role_required(*PLANNERS)
def holidays_read(request: KvsRequest) -> HttpResponse:
    """Ask for the file; show what it would do. Nothing is written, and the file is not kept."""
    form = HolidayFileForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data
        try:
            found = read_holidays(sent["file"].read(), sent["file"].name, sent["region"])
        except Unreadable as refused:
            form.add_error("file", _(str(refused)))
        else:
            lines = lines_of(found, sent["location"], request.user, timezone.localdate())
            context = {
                "lines": lines,
                "new": sum(line.is_new for line in lines),
                "lapsing": sum(len(line.lessons) for line in lines),
                "location": sent["location"],
            }
            return render(request, "attendance/holidays_check.html", {**context, **_page()})
    status = 422 if form.errors else 200
    context = {"form": form, "title": _("School holidays from a file"), "verb": _("Read this file"), **_page()}
    return render(request, "attendance/holidays_read.html", context, status=status)


@require_POST
@role_required(*PLANNERS)
def holidays_take(request: KvsRequest) -> HttpResponse:
    """Take the chosen rows over; the lessons of those days lapse."""
    form = TakeHolidaysForm(request.POST, user=request.user)
    if form.is_valid():
        sent = form.cleaned_data
        done = attempt(form, lambda: take_holidays(periods=sent["periods"], location=sent["location"], by=request.user))
        if done:
            _tell(request, *done)
            return redirect("attendance:closures")
    for problem in {str(text) for texts in form.errors.values() for text in texts}:
        messages.error(request, problem)
    return redirect("attendance:holidays_read")


def _tell(request: KvsRequest, made: int, lapsed: int) -> None:
    if not made:
        messages.info(request, _("Nothing is changed: these holidays stood in the calendar already."))
        return
    closures = ngettext("%(number)d holiday is in the calendar", "%(number)d holidays are in the calendar", made)
    lessons = ngettext("%(number)d planned lesson lapses.", "%(number)d planned lessons lapse.", lapsed)
    messages.success(request, f"{closures % {'number': made}}; {lessons % {'number': lapsed}}")

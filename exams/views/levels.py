"""Sheets of levels: one day, a class or a student, all skills at once."""

import datetime as dt
import enum
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from exams.actions import Clash, record_levels
from exams.forms import LevelSheet, Sheet, SheetDayForm
from exams.models import LevelMeasurement
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.categories import LEARNING
from kvs.drafts import form_data
from kvs.models import AccessEvent, Role
from students.models import Enrolment, Group, Programme

ASSESSORS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.TEACHER)


@require_http_methods(["GET", "POST"])
@role_required(*ASSESSORS)
def measure_group(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The levels of everybody who is in a group on the day (`?op=2026-11-25`, else today)."""
    group = get_object_or_404(Group.objects.visible_to(request.user), pk=pk)
    day = day_of(request)
    programmes = programmes_of(request, group, day)
    back = reverse("students:group", args=[group.pk])
    return _sheet(request, programmes, day, title=_("Enter levels"), parent=group.name, parent_url=back)


@require_http_methods(["GET", "POST"])
@role_required(*ASSESSORS)
def measure_programme(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The levels of one student on the day."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user).select_related("student"), pk=pk)
    back = reverse("reporting:student_progress", args=[programme.student_id])
    name = programme.student.full_name
    return _sheet(request, [programme], day_of(request), title=_("Enter levels"), parent=name, parent_url=back)


def day_of(request: KvsRequest) -> dt.date:
    """The day the address names: who was there then, and what was measured. Today for nonsense, and for a day to come."""
    form = SheetDayForm({"op": request.GET.get("op") or ""})
    today = timezone.localdate()
    day: dt.date = (form.cleaned_data["op"] if form.is_valid() else None) or today
    return min(max(day, dt.date(2000, 1, 1)), today)


def programmes_of(request: KvsRequest, group: Group, day: dt.date) -> list[Programme]:
    """The programmes of who is placed in the group on `day`, by call name as the register has them."""
    places = Enrolment.objects.visible_to(request.user).active_on(day).filter(group=group)
    found = {place.programme_id: place.programme for place in places.select_related("programme__student")}
    return sorted(found.values(), key=lambda programme: programme.student.sort_key)


def apart(programmes: list[Programme], category: str) -> tuple[list[Programme], list[str]]:
    """Who can be filled in, and the names of those whose data of this category are restricted (AVG art. 18)."""
    locked = [programme for programme in programmes if category in programme.student.restricted]
    return [row for row in programmes if row not in locked], [row.student.full_name for row in locked]


def _sheet(request: KvsRequest, programmes: list[Programme], day: dt.date, **page: Any) -> HttpResponse:
    programmes, locked = apart(programmes, LEARNING.code)
    people = [programme.student.audit_id for programme in programmes]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    stored = stored_levels(request, programmes, day)
    kinds = {row.kind for row in stored.values()}
    first = {"measured_on": day, "shows": day, "kind": kinds.pop() if len(kinds) == 1 else LevelMeasurement.Kind.INTERIM}
    sheet = LevelSheet(form_data(request), initial=first, programmes=programmes, stored=stored)
    if request.method == "POST" and sheet.is_valid():
        step = next_step(request, sheet, lambda shows: stored_levels(request, programmes, dt.date.fromisoformat(shows)))
        if step is Step.GO:
            return redirect(f"{request.path}?op={sheet.state}")
        if step is Step.SAVE and _saved(request, sheet):
            return redirect(page["parent_url"])
    context = {
        **page,
        "form": sheet,
        "day_form": SheetDayForm(initial={"op": day}),
        "lines": sheet.lines(),
        "locked": locked,
    }
    return render(request, "exams/level_sheet.html", context, status=422 if sheet.errors else 200)


class Step(enum.Enum):
    """What a valid sheet leads to."""

    GO = "go"  # to the sheet of another day: nothing was filled in here
    STAY = "stay"  # the sheet turned to another day; its sender looks first
    SAVE = "save"


def next_step(request: KvsRequest, sheet: Sheet, stored: Callable[[str], Any]) -> Step:
    """What to do with a valid sheet. `stored` gives the rows of what a sheet can show (Sheet.state).

    Cells that were read for one day are saved to another only when neither day had anything: else an old value would go
    along, or one that nobody saw would be overwritten.
    """
    asked = "toon" in request.POST
    if not asked and not sheet.moved:
        return Step.SAVE
    before, now = (sheet.standing(stored(state)) for state in (sheet.cleaned_data["shows"] or sheet.state, sheet.state))
    touched = sheet.touched(before)
    if asked and not touched:
        return Step.GO
    filled = any(value for row in (before, now) for name, value in row.items() if not name.startswith("v-"))
    if not asked and not filled:
        return Step.SAVE
    sheet.turn(now, touched)
    return Step.STAY


def stored_levels(
    request: KvsRequest, programmes: list[Programme], day: dt.date
) -> dict[tuple[uuid.UUID, str], LevelMeasurement]:
    """What was measured on `day`."""
    rows = LevelMeasurement.objects.visible_to(request.user).filter(programme__in=programmes, measured_on=day)
    return {(row.programme_id, row.skill): row for row in rows}


def _saved(request: KvsRequest, sheet: LevelSheet) -> bool:
    day = sheet.cleaned_data["measured_on"]
    try:
        number = record_levels(day=day, kind=sheet.cleaned_data["kind"], cells=sheet.cells(), by=request.user)
    except Clash as clash:
        sheet.show_clash(clash)
    except ValidationError as problem:
        sheet.add_error(None, problem)
    else:
        text = ngettext("%(number)d level of %(day)s is saved.", "%(number)d levels of %(day)s are saved.", number)
        messages.success(request, text % {"number": number, "day": date_format(day)})
        return True
    return False

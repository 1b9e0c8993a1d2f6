"""The coordinator's dashboard: attendance by group and week, registers missing, steps due, hours and terms that end soon.

Facts and the rule beside them; no score, no rank of persons. Groups stand in order of name, the rest in order of day.
"""

from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attendance import week_chart
from attendance.forms import LocationFilter
from attendance.missing import WATCHERS, took_place
from attendance.models import Lesson
from attendance.running_out import running_out, terms_ending
from attendance.waiting import due_steps
from attendance.weeks import GroupWeeks, WeekOf, attendance_by_week, whole_weeks
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.models import AccessEvent, Location, Role
from students.models import Group

READERS = (Role.COORDINATOR, Role.MANAGEMENT)
GROUPS_SHOWN = 8  # two rows of drawings; the rest on demand
ROWS_SHOWN = 5  # of a list; the rest is opened in place


class Drawn(NamedTuple):
    """A group with its weeks and their drawing; None when no week has a figure."""

    group: Group
    weeks: list[WeekOf]
    panel: week_chart.Panel | None


@require_GET
@role_required(*READERS)
def dashboard(request: KvsRequest) -> HttpResponse:
    """What needs attention within reach (`?groepen=alle`: every group; `?vestiging=`: one location, for who has more). A
    constant number of queries.
    """
    today = timezone.localdate()
    mondays = whole_weeks(today)
    locations = Location.objects.where_held(request.user, *READERS).order_by("name")
    choice = LocationFilter(request.GET, locations=locations)
    user = request.user.only_as(*READERS).only_at(choice.location) if choice.location else request.user
    groups = attendance_by_week(user, mondays)
    shown = groups if request.GET.get("groepen") == "alle" else groups[:GROUPS_SHOWN]
    missing = took_place(Lesson.objects.visible_to(user), timezone.now())
    first = missing.select_related("group", "teacher").order_by("starts_at", "pk")[:ROWS_SHOWN]
    hours, terms = running_out(user, today), terms_ending(user, today)
    steps = list(due_steps(user).select_related("programme__student"))
    people = [row.contract.programme.student.audit_id for row in hours] + [row.student.audit_id for row in terms]
    people += [row.programme.student.audit_id for row in steps]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    context = {
        "today": today,
        "locations": locations,
        "filter": choice,
        "mondays": mondays,
        "groups": _drawn(shown),
        "number_of_groups": len(groups),
        "has_free": any(week.free for row in shown for week in row.weeks),
        "missing": [(lesson, (today - lesson.day).days) for lesson in first],
        "number_missing": missing.count(),
        "may_follow_up": request.user.has_role(*WATCHERS),
        "steps": steps,
        "hours": hours,
        "terms": [(row, (row.term_ends_on - today).days) for row in terms if row.term_ends_on],
        "rows_shown": ROWS_SHOWN,
    }
    return render(request, "attendance/dashboard.html", context)


def _drawn(rows: list[GroupWeeks]) -> list[Drawn]:
    low = week_chart.lowest([week.percentage for row in rows for week in row.weeks if week.percentage is not None])
    return [Drawn(row.group, list(row.weeks), _panel(row, low)) for row in rows]


def _panel(row: GroupWeeks, low: int) -> week_chart.Panel | None:
    values = [week.percentage for week in row.weeks]
    if all(value is None for value in values):
        return None
    numbers = [week.monday.isocalendar().week for week in row.weeks]
    return week_chart.panel(values, [bool(week.free) for week in row.weeks], numbers, low)

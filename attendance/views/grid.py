"""The month of a group: students beside lessons, on the screen and on one sheet of paper."""

import datetime as dt
import uuid

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attendance import rules
from attendance.grid import grid_of
from attendance.models import Lesson, LessonQuerySet
from attendance.templatetags.attendance import choices
from kvs import audit
from kvs.access import STAFF, KvsRequest, office_role, role_required
from kvs.models import AccessEvent, Role
from students.models import Group

READERS = STAFF - {Role.SYSTEM_ADMINISTRATOR}


@require_GET
@role_required(*READERS)
def group_grid(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The month `?maand=2026-11` (else this one) of a group; a teacher sees the lessons of the days on which she taught it."""
    group = get_object_or_404(Group.objects.visible_to(request.user).select_related("location"), pk=pk)
    month = rules.month_of(request.GET.get("maand", "")) or timezone.localdate().replace(day=1)
    after = rules.month_after(month)
    now = timezone.now()
    visible = Lesson.objects.visible_to(request.user).filter(group=group)
    grid = grid_of(group, visible.filter(day__gte=month, day__lt=after), now)
    nearest = None if grid.columns else _day_before(visible, month)
    people = [line.student.audit_id for line in grid.lines]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    context = {
        "group": group,
        "grid": grid,
        "month": month,
        "last_day": after - dt.timedelta(days=1),
        "before": rules.month_before(month),
        "after": after,
        "now": now,
        "states": choices(),
        "nearest": nearest,
        "nearest_month": f"{nearest:%Y-%m}" if nearest else "",
    }
    return render(request, "attendance/grid.html", context)


def _day_before(lessons: LessonQuerySet, month: dt.date) -> dt.date | None:
    """The day of the last lesson before `month`."""
    found: dt.date | None = lessons.filter(day__lt=month).order_by("-day").values_list("day", flat=True).first()
    return found

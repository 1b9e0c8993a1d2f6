"""Who teaches, with what qualification, and which part of the lessons was given by qualified teachers."""

import datetime as dt
import uuid
from collections import Counter
from typing import NamedTuple

from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attendance import rules
from attendance.models import Lesson
from kvs.access import KvsRequest, role_required
from kvs.models import Membership, Qualification, Role, User
from kvs.qualifications import status_on, vog_too_old
from kvs.staff import MANAGERS
from students.rules import folded

WINDOW = dt.timedelta(days=365)
STATUSES = ("registered", "exempt", "none")


class Teacher(NamedTuple):
    """A line of the list."""

    person: User
    row: Qualification | None
    status: str  # today, of STATUSES
    old_vog: bool


class Share(NamedTuple):
    """Signed lessons and their minutes by one status."""

    status: str
    lessons: int
    minutes: int
    percentage: int | None  # of the lessons


@require_GET
@role_required(Role.ADMINISTRATION, Role.COORDINATOR, *MANAGERS)
def teachers(request: KvsRequest) -> HttpResponse:
    """All teachers of today, and over a year the part of the signed lessons within reach by each status."""
    today = timezone.localdate()
    known = {row.user_id: row for row in Qualification.objects.visible_to(request.user)}
    people = sorted(User.objects.with_role_today(Role.TEACHER).distinct(), key=lambda person: folded(person.full_name))
    held = Membership.objects.filter(role=Role.TEACHER).order_by("-starts_on").values_list("user", "starts_on")
    began = dict(held)  # the last one wins: the first day as a teacher
    lines = []
    for person in people:
        row = known.get(person.pk)
        lines.append(Teacher(person, row, status_on(row, today), bool(row and vog_too_old(row, began[person.pk]))))
    context = {
        "lines": lines,
        "shares": _shares(request.user, known, today - WINDOW),
        "since": today - WINDOW,
        "may_change": request.user.has_role(*MANAGERS),
    }
    return render(request, "attendance/teachers.html", context)


def _shares(user: User, known: dict[uuid.UUID, Qualification], since: dt.date) -> list[Share]:
    held = Lesson.objects.visible_to(user).filter(day__gte=since, cancelled=False, register__signed_at__isnull=False)
    per_day = held.order_by().values_list("teacher", "day").annotate(Count("pk"), Sum("planned_minutes"))
    lessons: Counter[str] = Counter()
    minutes: Counter[str] = Counter()
    for teacher, day, number, length in per_day:
        status = status_on(known.get(teacher) if teacher else None, day)
        lessons[status] += number
        minutes[status] += length
    total = lessons.total()
    return [Share(one, lessons[one], minutes[one], rules.percentage(lessons[one], total)) for one in STATUSES]

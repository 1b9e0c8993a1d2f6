"""The code on the board of the classroom, and who has confirmed so far."""

import uuid
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from attendance import board as codes
from attendance import rules
from attendance.actions import closed_to_students
from attendance.models import Lesson, Mark, with_names
from kvs import audit
from kvs.access import KvsRequest, role_required
from kvs.models import AccessEvent, Organisation, Role
from students.models import Student

LOOKS_AGAIN = 60  # seconds, without a script and without a code


@require_GET
@role_required(Role.TEACHER)
def board(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The full screen: QR, the six digits, the names by which people are called of who confirmed. Who is not there is not
    named. It keeps itself up to date by script (board.js asks this same page), else by reloading when the code changes.
    """
    lessons = Lesson.objects.taught_by(request.user).select_related("group", "register__signed_by")
    lesson = get_object_or_404(lessons, pk=pk)
    now = timezone.now()
    why_closed = _why_closed(lesson)
    minutes = Organisation.objects.values_list("board_code_minutes", flat=True).get()
    shown = None if why_closed else codes.shown(lesson.pk, lesson.code, minutes, now)
    people, size = _confirmed(lesson)
    audit.log_access(request.user, Role.TEACHER, [student.audit_id for student in people], AccessEvent.Kind.LIST)
    context = {
        "lesson": lesson,
        "closed": why_closed,
        "shown": shown,
        "all_seconds": 60 * minutes,
        "again": shown.seconds if shown else LOOKS_AGAIN,
        "address": f"{settings.SITE_URL}{reverse('attendance:confirm')}#{shown.token}" if shown else "",
        "host": urlsplit(settings.SITE_URL).netloc,
        "names": [student.call_name or student.given_names or student.surname for student in people],
        "size": size,
    }
    return render(request, "attendance/board.html", context)


def _why_closed(lesson: Lesson) -> str:
    """Why there is no code now: "", or "cancelled", "early" or "late"."""
    problem = closed_to_students(lesson, getattr(lesson, "register", None), timezone.now())
    if problem:
        return str(problem.code)
    return rules.confirm_problem(timezone.now(), lesson.starts_at, lesson.ends_at)


def _confirmed(lesson: Lesson) -> tuple[list[Student], int]:
    """Who confirmed, by the name they are called, and how many are on the register."""
    places = list(with_names(lesson.roster()))
    there = set(Mark.objects.filter(lesson=lesson, student_at__isnull=False).values_list("enrolment", flat=True))
    students = [place.programme.student for place in places if place.pk in there]
    return sorted(students, key=lambda one: (one.call_name or one.given_names or one.surname).casefold()), len(places)

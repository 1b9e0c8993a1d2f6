"""Who confirmed a lesson meanwhile: asked every few seconds by a register that is open (static/live.js)."""

import uuid

from django.db.models import F
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_GET

from attendance.models import Lesson, Mark, shared_devices
from attendance.views.register import READERS
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.models import AccessEvent


@require_GET
@role_required(*READERS)
def live(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """JSON {"confirmed": 16, "rows": {enrolment: {"at": "08:41", "same_device": bool, "mismatch": bool, "state": "present",
    "minutes": 0, "version": 1}}}: of who confirmed, what they said and what stands in the register. Recorded as reading the
    register itself.
    """
    lesson = get_object_or_404(Lesson.objects.visible_to(request.user), pk=pk)
    confirmed = Mark.objects.filter(lesson=lesson, student_at__isnull=False).with_means()
    marks = list(confirmed.annotate(subject=F("enrolment__programme__student__audit_id")))
    shared = shared_devices(marks)
    undecided = set(Mark.objects.filter(lesson=lesson).mismatched().values_list("pk", flat=True))
    people = [mark.subject for mark in marks]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    rows = {
        str(mark.enrolment_id): {
            "at": date_format(timezone.localtime(mark.student_at), "TIME_FORMAT"),
            "same_device": mark.enrolment_id in shared,
            "mismatch": mark.pk in undecided,
            "state": mark.state,
            "minutes": mark.minutes_missed,
            "version": mark.version,
        }
        for mark in marks
    }
    return JsonResponse({"confirmed": len(rows), "rows": rows})

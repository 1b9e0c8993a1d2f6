"""The digests of the days: a month on a page, one day to print."""

import datetime as dt
import uuid
from typing import Any, NamedTuple

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attendance import rules
from attendance.actions import nightly
from attendance.actions.seal import claims_to_verify, still_fits
from attendance.models import Lesson, Mark, NightDigest
from kvs.access import KvsRequest, role_required
from kvs.models import Role

READERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.PRIVACY_OFFICER)


class Sealed(NamedTuple):
    """A register in the digest of a day. The lesson is None when it is gone, which never happens in KVS."""

    lesson: Lesson | None
    digest: str
    fits: bool


@require_GET
@role_required(*READERS)
def nights(request: KvsRequest) -> HttpResponse:
    """The digests of a month (`?maand=2026-11`, else this one). Nobody's name is here, so nothing is logged."""
    month = rules.month_of(request.GET.get("maand", "")) or timezone.localdate().replace(day=1)
    after = rules.month_after(month)
    found = NightDigest.objects.filter(day__gte=month, day__lt=after).select_related("mail").order_by("-day")
    context = {
        "nights": found,
        "month": month,
        "before": rules.month_before(month),
        "after": after,
        "address": nightly.school_address(),
    }
    return render(request, "attendance/nights.html", context)


@require_GET
@role_required(*READERS)
def night(request: KvsRequest, day: str) -> HttpResponse:
    """The digest of one day with what it is made of, compared with the registers as they are now. To print and to keep."""
    try:
        wanted = dt.date.fromisoformat(day)
    except ValueError as problem:
        raise Http404 from problem
    row = get_object_or_404(NightDigest.objects.select_related("mail"), day=wanted)
    wrong = {difference.lesson for difference in nightly.differences([row])}
    lines = dict(line.split(" ", 1) for line in row.registers)
    lessons = {str(lesson.pk): lesson for lesson in _with_marks([*lines, *wrong - {None}])}
    sealed = [_sealed(lessons.get(key), digest, uuid.UUID(key) in wrong) for key, digest in lines.items()]
    context = {
        "row": row,
        "sealed": sealed,
        "extra": [lesson for key, lesson in lessons.items() if key not in lines],
        "broken": None in wrong,
    }
    return render(request, "attendance/night.html", context)


def _with_marks(keys: list[Any]) -> "QuerySet[Lesson]":
    rows = Prefetch("marks", Mark.objects.prefetch_related(claims_to_verify()))
    return Lesson.objects.filter(pk__in=keys).select_related("group", "register").prefetch_related(rows)


def _sealed(lesson: Lesson | None, digest: str, wrong: bool) -> Sealed:
    """It fits when neither the digest of the day nor the seal of the register itself says otherwise."""
    return Sealed(lesson, digest, lesson is not None and not wrong and still_fits(lesson.register, lesson.marks.all()))

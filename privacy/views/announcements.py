"""Telling everybody: how far it is, letters for whom no mail reaches, and the own notice with "gelezen"."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.models import AccessEvent, Organisation, Role
from privacy.actions.announcements import TELLING, mark_letters, mark_read
from privacy.models import Announcement, PolicyNotice
from privacy.models.announcements import TELLERS

LETTERS_AT_ONCE = 200


def _found(pk: uuid.UUID) -> Announcement:
    return get_object_or_404(Announcement.objects.select_related("policy", "register", "job"), pk=pk)


def _mine(request: KvsRequest, announcement: Announcement) -> Any:
    """The notices of those within reach of who looks."""
    return PolicyNotice.objects.visible_to(request.user).filter(announcement=announcement)


@require_GET
@role_required(*TELLERS)
def announcement(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """How many were told, mailed, read it, and need a letter."""
    row = _found(pk)
    mine = _mine(request, row)
    context = {
        **_progress(row),
        "counts": mine.counts(),
        "paper": 0 if row.waiting else mine.on_paper().filter(letter_on__isnull=True).count(),
    }
    return render(request, "privacy/announcement.html", context)


def _progress(row: Announcement) -> dict[str, Any]:
    doing = row.job.doing if row.job else ""
    return {
        "row": row,
        "what": _(doing) if doing else _(TELLING),
        "progress_url": reverse("privacy:announcement_progress", args=[row.pk]),
        "look_url": reverse("privacy:announcement", args=[row.pk]),
    }


@require_GET
@role_required(*TELLERS)
def announcement_progress(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The part of the page that htmx asks for every second; once all mails went the whole page is loaded again."""
    row = _found(pk)
    if not row.waiting:
        return HttpResponseClientRefresh()
    return render(request, "privacy/_announcement_progress.html", _progress(row))


@require_GET
@role_required(*TELLERS)
def announcement_letters(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Letters to print for whom no mail reached and who did not read it here; LETTERS_AT_ONCE at a time."""
    row = _found(pk)
    waiting = _mine(request, row).on_paper().filter(letter_on__isnull=True).select_related("student", "user")
    notices = list(waiting.order_by("student__sort_key", "pk")[:LETTERS_AT_ONCE])
    people = [notice.person.audit_id for notice in notices]
    audit.log_access(request.user, office_role(request.user), people, AccessEvent.Kind.LIST)
    context = {"row": row, "notices": notices, "responsible": Organisation.objects.first()}
    return render(request, "privacy/announcement_letters.html", context)


@require_POST
@role_required(*TELLERS)
def announcement_lettered(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The letters were printed and given or sent."""
    row = _found(pk)
    count = mark_letters(announcement=row, by=request.user)
    text = ngettext("%(count)d letter is recorded.", "%(count)d letters are recorded.", count)
    messages.success(request, text % {"count": count})
    return redirect("privacy:announcement", pk=row.pk)


@require_http_methods(["GET", "POST"])
@role_required(*Role)
def own_notice(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The own notice, and "gelezen": that it was read, never that anybody agrees."""
    about = PolicyNotice.objects.to(request.user).select_related("announcement__policy", "announcement__register")
    notice = get_object_or_404(about, pk=pk)
    if request.method == "POST":
        mark_read(notice=notice, by=request.user)
        messages.success(request, _("Thank you. We know that you read it."))
        return redirect("home")
    only_student = request.user.is_only(Role.STUDENT)
    frame = "portal/frame.html" if only_student else "base.html"
    return render(request, "privacy/own_notice.html", {"notice": notice, "row": notice.announcement, "frame": frame})

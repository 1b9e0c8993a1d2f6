"""Scans of papers on which a student said yes or no: who records consents sends them up, two roles look."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.files import open_file
from kvs.models import AccessEvent
from kvs.pages import form_page
from kvs.pictures import JPEG, as_download
from privacy.forms.consents import ScanForm
from students.actions.consent_scans import add_scan, remove_scan
from students.models import ConsentEvent, ConsentScan
from students.models.consents import SCAN_READERS
from students.views.people import CONSENT_READERS


@require_http_methods(["GET", "POST"])
@role_required(*CONSENT_READERS)
def consent_scan_add(request: KvsRequest, pk: uuid.UUID, event: int) -> HttpResponse:
    """Send up the scan of what was signed that day."""
    mine = ConsentEvent.objects.visible_to(request.user).filter(way=ConsentEvent.Way.PAPER, consent__student=pk)
    said = get_object_or_404(mine.select_related("consent__student", "consent__client"), pk=event)
    student = said.consent.student
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    back = reverse("privacy:consents", args=[student.pk])
    form = ScanForm(*((request.POST, request.FILES) if request.method == "POST" else ()))

    def act() -> ConsentScan:
        return add_scan(event=said, content=form.cleaned_data["file"].read(), by=request.user)

    def done(_made: ConsentScan) -> str:
        messages.success(request, _("The scan is kept, sealed."))
        return back

    title = _("Scan of the paper of %(day)s: %(what)s") % {"day": date_format(said.on), "what": said.consent.title}
    return form_page(request, form, act=act, done=done, title=title, verb=_("Send up"), parent=student.full_name, parent_url=back)


def _visible(request: KvsRequest, pk: uuid.UUID) -> ConsentScan:
    rows = ConsentScan.objects.visible_to(request.user).select_related("file__sealed", "event__consent__student")
    scan = get_object_or_404(rows.select_related("event__consent__client"), pk=pk)
    who = [scan.event.consent.student.audit_id]
    audit.log_access(request.user, office_role(request.user), who, AccessEvent.Kind.DETAIL)
    return scan


@require_GET
@role_required(*SCAN_READERS)
def consent_scan(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Look at it; the student sees that somebody did."""
    scan = _visible(request, pk)
    ending = "jpg" if scan.file.content_type == JPEG else "pdf"
    return as_download(open_file(scan.file), scan.file.content_type, f"toestemming-{scan.event.on:%Y-%m-%d}.{ending}")


@require_http_methods(["GET", "POST"])
@role_required(*SCAN_READERS)
def consent_scan_remove(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Throw away a scan of the wrong paper; what was said stays."""
    scan = _visible(request, pk)
    student = scan.event.consent.student
    if request.method == "POST":
        remove_scan(scan=scan, by=request.user)
        messages.success(request, _("The scan is thrown away. What was said stays recorded."))
        return redirect("privacy:consents", pk=student.pk)
    return render(request, "privacy/consent_scan_remove.html", {"scan": scan, "student": student})

"""Telling a client about absence: which lessons, and the record that it was told. The ladder itself is of `attendance`."""

import datetime as dt
import uuid
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from attendance.actions.follow_up import record_report
from attendance.letters import Line, lines, missed_marks
from attendance.models import FollowUp
from attendance.models.follow_up import FOLLOW_UP_WRITERS
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.categories import ATTENDANCE, IDENTITY
from kvs.drafts import form_data
from kvs.models import AccessEvent, User
from kvs.pages import form_page
from kvs.vocabulary import CLIENT_REPORTS, MUNICIPALITY, PRIVATE_CLIENT
from kvs.widgets import MomentInput
from reporting.actions import record_given
from reporting.models import Disclosure, GivenByHand
from students.models import Client, Consent, Contract


class AbsenceReport(NamedTuple):
    """What a client is told: which lessons were missed, on days on which it had commissioned the course; no reasons."""

    client: Client
    reference: str  # of the client
    lines: list[Line]


class AbsenceReportForm(forms.Form):
    """How a client was told."""

    channel = forms.ChoiceField(label=gettext_lazy("How it went"), choices=Disclosure.Channel, widget=forms.RadioSelect)
    at = forms.DateTimeField(label=gettext_lazy("When"), widget=MomentInput())
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, version: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = version
        self.fields["at"].initial = timezone.localtime().replace(second=0, microsecond=0)


def report_of(follow_up: FollowUp, today: dt.date) -> AbsenceReport | None:
    """What the client of today may be told; None when nobody else pays for the programme today."""
    contracts = Contract.objects.filter(programme=follow_up.programme_id, client__isnull=False)
    contract = contracts.active_on(today).select_related("client").first()
    if contract is None or contract.client is None:
        return None
    day = OuterRef("lesson__day")
    commissioned = contracts.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), client=contract.client, starts_on__lte=day)
    return AbsenceReport(contract.client, contract.reference, lines(missed_marks(follow_up, today).filter(Exists(commissioned))))


@transaction.atomic
def tell_client(
    *, follow_up: FollowUp, report: AbsenceReport, version: int, channel: str, at: dt.datetime, by: User
) -> Disclosure:
    """Record that the client was told, as a disclosure the student sees and as a step of the ladder: both or neither.

    Raises ValidationError when there is no ground for it (restriction, objection, a private client without consent), nothing
    to tell, or somebody was first.
    """
    student = follow_up.programme.student
    if not report.lines:
        raise ValidationError(_("No missed lesson fell on a day for which this client had commissioned the course."))
    allowing = Consent.objects.in_force(timezone.localdate()).filter(
        purpose=PRIVATE_CLIENT.code, client=report.client, student=student
    )
    if report.client.is_private and not allowing.exists():
        raise ValidationError(_("The student gave no consent to tell this client. Without it there is no ground."))
    made = record_given(
        student=student,
        recipient=MUNICIPALITY.code,
        client=report.client,
        categories=[ATTENDANCE.code, IDENTITY.code],
        purpose=CLIENT_REPORTS.code,
        channel=channel,
        at=at,
        identity=GivenByHand.Identity.UNASKED,
        by=by,
    )
    record_report(follow_up=follow_up, version=version, done_on=timezone.localdate(at), by=by)
    return made


@require_http_methods(["GET", "POST"])
@role_required(*FOLLOW_UP_WRITERS)
def report_absence(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """What the client may be told, and the form that records that it was."""
    row = get_object_or_404(FollowUp.objects.visible_to(request.user).select_related("programme__student"), pk=pk)
    student = row.programme.student
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    if row.closed_on:
        raise Http404
    report = report_of(row, timezone.localdate())
    form = AbsenceReportForm(form_data(request), version=row.version)
    back = reverse("attendance:follow_up", args=[row.pk])

    def act() -> Disclosure:
        if report is None:
            raise ValidationError(_("Nobody else pays for this course today: there is no client to tell."))
        said = {name: form.cleaned_data[name] for name in ("channel", "at")}
        return tell_client(follow_up=row, report=report, version=form.cleaned_data["version"] or 0, by=request.user, **said)

    def done(_made: Disclosure) -> str:
        messages.success(request, _("Recorded. The student sees it in the own pages."))
        return back

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="reporting/report_absence.html",
        student=student,
        report=report,
        locked=ATTENDANCE.code in student.restricted,
        title=_("Tell the client about absence"),
        verb=_("Record that it was told"),
        parent=student.full_name,
        parent_url=back,
    )

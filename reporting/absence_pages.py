"""Telling a client about absence: which lessons, the report on paper, and the record that it was told. The ladder itself is of
`attendance`.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from attendance.absence_reasons import VERDICT_LABELS
from attendance.absence_reasons import label as reason_label
from attendance.actions.follow_up import record_report
from attendance.letters import LANGUAGE, lines, missed_marks
from attendance.models import FollowUp, Mark, ReasonAgreement, agreements_of
from attendance.models.follow_up import FOLLOW_UP_WRITERS, Outcome
from attendance.told import told_reasons
from attendance.views.follow_up import letter_answer
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.categories import ATTENDANCE, IDENTITY
from kvs.drafts import form_data
from kvs.models import AccessEvent, Organisation, User
from kvs.pages import form_page
from kvs.vocabulary import CLIENT_REPORTS, MUNICIPALITY, PRIVATE_CLIENT
from kvs.widgets import MomentField
from reporting.actions import record_given
from reporting.models import Disclosure, GivenByHand
from students.models import Client, Consent, Contract, Student


@dataclass(frozen=True)
class ToldLine:
    """A missed lesson with its minutes, and what the client hears about it: excused or not, or the reason that is agreed."""

    mark: Mark
    minutes: int
    whole: bool
    reason: str | None  # its code, where the client hears it

    @property
    def words(self) -> str:
        """Excused or not, with the reason."""
        verdict = self.mark.verdict  # type: ignore[attr-defined]  # missed_marks adds it
        said = str(VERDICT_LABELS[verdict]) if verdict else _("late or left early")
        return f"{said}: {reason_label(self.reason)}" if self.reason else said


@dataclass(frozen=True)
class AbsenceReport:
    """What a client is told: which lessons were missed, on days on which it had commissioned the course."""

    client: Client
    reference: str  # of the client
    lines: list[ToldLine]
    agreements: list[ReasonAgreement]  # on reasons, over these lessons

    @property
    def missed(self) -> int:
        """Minutes of all lines."""
        return sum(line.minutes for line in self.lines)

    @property
    def planned(self) -> int:
        """Minutes of all these lessons."""
        return sum(line.mark.lesson.planned_minutes for line in self.lines)


class AbsenceReportForm(forms.Form):
    """How a client was told."""

    channel = forms.ChoiceField(label=gettext_lazy("How it went"), choices=Disclosure.Channel, widget=forms.RadioSelect)
    at = MomentField(label=gettext_lazy("When"))
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
    marks = missed_marks(follow_up, today).filter(Exists(commissioned))
    found = lines(marks)
    days = [line.mark.lesson.day for line in found]
    first, last = min(days, default=today), max(days, default=today)
    told = told_reasons(marks, contract.client, first, last)
    return AbsenceReport(
        contract.client,
        contract.reference,
        [ToldLine(*line, told.get(line.mark.pk)) for line in found],
        agreements_of(contract.client, first, last),
    )


def paper(follow_up: FollowUp, report: AbsenceReport, day: dt.date, reference: str = "") -> str:
    """The page the client is told with on `day`, in Dutch; `reference` of the disclosure. No colleague is named, for the
    student reads it too, and a step that was passed over is not told.
    """
    known = {
        "report": report,
        "steps": follow_up.steps.exclude(outcome=Outcome.SKIPPED).filter(done_on__lte=day).order_by("done_on", "at"),
        "student": follow_up.programme.student,
        "reference": reference,
        "day": day,
        "school": Organisation.objects.first(),
    }
    with translation.override(LANGUAGE):
        return render_to_string("reporting/report_absence_paper.html", known)


@transaction.atomic
def tell_client(*, follow_up: FollowUp, version: int, channel: str, at: dt.datetime, by: User) -> Disclosure:
    """Record that the client was told: a disclosure the student sees, a step of the ladder, and the page as it was given on
    that day. All or nothing.

    Raises ValidationError when there is no ground for it (restriction, objection, a private client without consent), nothing
    or nobody to tell, or somebody was first.
    """
    day, student = timezone.localdate(at), follow_up.programme.student
    report = report_of(follow_up, day)
    if report is None:
        text = _("On %(day)s nobody else paid for this course: there was no client to tell.")
        raise ValidationError({"at": text % {"day": date_format(day)}})
    if not report.lines:
        text = _("Up to %(day)s no missed lesson fell on a day for which this client had commissioned the course.")
        raise ValidationError({"at": text % {"day": date_format(day)}})
    _check_consent(report.client, student)
    made = record_given(
        student=student,
        recipient=MUNICIPALITY.code,
        client=report.client,
        categories=[ATTENDANCE.code, IDENTITY.code],
        purpose=CLIENT_REPORTS.code,
        parameters={"reasons": "agreed"} if any(line.reason for line in report.lines) else {},
        channel=channel,
        at=at,
        identity=GivenByHand.Identity.UNASKED,
        note=report.reference and _("Reference of the client: %(reference)s") % {"reference": report.reference},
        by=by,
    )
    page = paper(follow_up, report, day, made.reference)
    record_report(follow_up=follow_up, version=version, done_on=day, page=page, by=by)
    return made


def _check_consent(client: Client, student: Student) -> None:
    allowing = Consent.objects.in_force(timezone.localdate()).filter(purpose=PRIVATE_CLIENT.code, client=client, student=student)
    if client.is_private and not allowing.exists():
        raise ValidationError(_("The student gave no consent to tell this client. Without it there is no ground."))


def _open(request: KvsRequest, pk: uuid.UUID) -> FollowUp:
    """A follow-up that is not closed, or 404; that it was opened stands in the file of the person."""
    found = FollowUp.objects.visible_to(request.user).open().select_related("programme__student")
    row = get_object_or_404(found, pk=pk)
    kind = AccessEvent.Kind.DETAIL
    audit.log_access(request.user, office_role(request.user), [row.programme.student.audit_id], kind)
    return row


@require_GET
@role_required(*FOLLOW_UP_WRITERS)
def report_absence_preview(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """The report as the client would get it today. Nothing is kept."""
    row, today = _open(request, pk), timezone.localdate()
    report = report_of(row, today)
    if report is None or not report.lines or ATTENDANCE.code in row.programme.student.restricted:
        raise Http404
    return letter_answer(paper(row, report, today), "verzuimmelding-voorbeeld.pdf")


@require_http_methods(["GET", "POST"])
@role_required(*FOLLOW_UP_WRITERS)
def report_absence(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """What the client may be told, and the form that records that it was."""
    row = _open(request, pk)
    student, report = row.programme.student, report_of(row, timezone.localdate())
    form = AbsenceReportForm(form_data(request), version=row.version)
    back = reverse("attendance:follow_up", args=[row.pk])

    def act() -> Disclosure:
        said = {name: form.cleaned_data[name] for name in ("channel", "at")}
        return tell_client(follow_up=row, version=form.cleaned_data["version"] or 0, by=request.user, **said)

    def done(_made: Disclosure) -> str:
        messages.success(request, _("Recorded. The report as it was given stands with the steps; the student sees it too."))
        return back

    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="reporting/report_absence.html",
        student=student,
        report=report,
        row=row,
        locked=ATTENDANCE.code in student.restricted,
        title=_("Tell the client about absence"),
        verb=_("Record that it was told"),
        parent=student.full_name,
        parent_url=back,
    )

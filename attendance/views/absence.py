"""Absence at the desk: a sick call in two clicks, leave that waits for an answer, who is reported absent now."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance import absence_reasons as reasons
from attendance.absence import without_reason
from attendance.actions import absence as actions
from attendance.forms.absence import AbsenceForm, AbsenceSettingsForm, AnswerForm, BackForm, VersionForm
from attendance.missing import number_missing
from attendance.models import AbsenceReport, AbsenceSettings, Mark, ReasonAgreement
from attendance.models.absence import ABSENCE_READERS, REASON_READERS
from attendance.views.missing import follow_up_tabs
from kvs import audit
from kvs.access import KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.editing import attempt
from kvs.models import AccessEvent, Role
from kvs.pages import Sorts, form_page, list_page
from students.models import Student

RECORDERS = (Role.ADMINISTRATION,)
EARLIER_SHOWN = 10
SORTS: Sorts = {"first": ("starts_at", "student__sort_key", "pk"), "name": ("student__sort_key", "starts_at", "pk")}


@require_GET
@role_required(*ABSENCE_READERS)
def absence_list(request: KvsRequest) -> HttpResponse:
    """Leave that waits for an answer, and who is reported absent now or later."""
    reports = AbsenceReport.objects.visible_to(request.user)
    asked = list(reports.asked().select_related("student").order_by("starts_at", "pk"))
    running = reports.approved().not_over(timezone.now()).select_related("student")
    page = list_page(request, running, among=reports, sorts=SORTS)
    seen = [report.student.audit_id for report in [*asked, *page.rows]]
    audit.log_access(request.user, office_role(request.user), seen, AccessEvent.Kind.LIST)
    context = {
        "tabs": follow_up_tabs(request.user, "attendance:absences", missing=number_missing(request.user)),
        "asked": asked,
        "page": page,
        "settings": AbsenceSettings.current(),
        "unknown": without_reason(Mark.objects.visible_to(request.user.only_as(*REASON_READERS))).count(),
        "may_read_reasons": request.user.has_role(*REASON_READERS),
        "may_record": request.user.has_role(*RECORDERS),
    }
    return render(request, "attendance/absence_list.html", context)


@require_http_methods(["GET", "POST"])
@role_required(*RECORDERS)
def absence_add(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Somebody calls: not coming today, or until a day, or until further notice. As it opens it says: ill, today."""
    student = get_object_or_404(Student.objects.visible_to(request.user), pk=pk)
    audit.log_access(request.user, office_role(request.user), [student.audit_id], AccessEvent.Kind.DETAIL)
    form = AbsenceForm(form_data(request), settings=AbsenceSettings.current(), initial={"reason": reasons.ILL})

    def act() -> AbsenceReport:
        return actions.report_absence(student=student, by=request.user, **form.said())

    def done(made: AbsenceReport) -> str:
        messages.success(request, _("%(name)s is reported absent.") % {"name": student.full_name})
        if made.last_day and not form.said()["ends_at"]:
            text = _("This report runs until and including %(day)s: for after that there is another report already.")
            messages.info(request, text % {"day": date_format(made.last_day)})
        return reverse("attendance:absences")

    reports = AbsenceReport.objects.visible_to(request.user).filter(student=student)
    return form_page(
        request,
        form,
        act=act,
        done=done,
        template="attendance/absence_add.html",
        student=student,
        earlier=reports.order_by("-starts_at")[:EARLIER_SHOWN],
        title=_("Report absent"),
        verb=_("Report absent"),
        parent=student.full_name,
        parent_url=reverse("students:detail", args=[student.pk]),
    )


def _found(request: KvsRequest, pk: uuid.UUID) -> AbsenceReport:
    report: AbsenceReport = get_object_or_404(AbsenceReport.objects.visible_to(request.user).select_related("student"), pk=pk)
    audit.log_access(request.user, office_role(request.user), [report.student.audit_id], AccessEvent.Kind.DETAIL)
    return report


@require_POST
@role_required(*ABSENCE_READERS)
def absence_decide(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Answer a student who asks leave. What could not be done is said on the list."""
    report, form = _found(request, pk), AnswerForm(request.POST)

    def act() -> AbsenceReport:
        approve = form.cleaned_data["decision"] == "approve"
        return actions.decide_leave(report=report, version=form.cleaned_data["version"], approve=approve, by=request.user)

    made = attempt(form, act) if form.is_valid() else None
    if made:
        messages.success(request, _("Answered: %(outcome)s.") % {"outcome": made.get_status_display()})
    for errors in form.errors.values():
        for error in errors:
            messages.error(request, str(error))
    return redirect("attendance:absences")


@require_http_methods(["GET", "POST"])
@role_required(*RECORDERS)
def absence_end(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Somebody comes again."""
    report = _found(request, pk)
    form = BackForm(form_data(request), initial={"back": timezone.localdate(), "version": report.version})

    def act() -> AbsenceReport:
        known = form.cleaned_data
        back = actions.day_start(known["back"])
        return actions.end_absence(report=report, version=known["version"], ends_at=back, by=request.user)

    def done(row: AbsenceReport) -> str:
        messages.success(request, _("The absence of %(name)s ends.") % {"name": row.student.full_name})
        return reverse("attendance:absences")

    return form_page(request, form, act=act, done=done, **_about(report, _("Comes again"), _("Save")))


@require_http_methods(["GET", "POST"])
@role_required(*RECORDERS)
def absence_remove(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Take out a report that was a mistake."""
    report = _found(request, pk)
    form = VersionForm(form_data(request), initial={"version": report.version})

    def act() -> Student:
        return actions.withdraw_report(report=report, version=form.cleaned_data["version"], by=request.user)

    def done(student: Student) -> str:
        messages.success(request, _("The report of %(name)s is taken out.") % {"name": student.full_name})
        return reverse("attendance:absences")

    page = _about(report, _("Take out report of absence"), _("Take out"))
    return form_page(request, form, act=act, done=done, template="attendance/absence_remove.html", report=report, **page)


def _about(report: AbsenceReport, title: str, verb: str) -> dict[str, Any]:
    return {"title": title, "verb": verb, "parent": report.student.full_name, "parent_url": reverse("attendance:absences")}


@require_http_methods(["GET", "POST"])
@role_required(*RECORDERS)
def absence_settings(request: KvsRequest) -> HttpResponse:
    """Whether the school notes reasons of absence, from which day, and the days that go with it."""
    form = AbsenceSettingsForm(form_data(request), instance=AbsenceSettings.current())

    def act() -> AbsenceSettings:
        values = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return actions.change_absence_settings(version=form.cleaned_data["version"] or 0, by=request.user, **values)

    def done(_row: AbsenceSettings) -> str:
        messages.success(request, _("What the school asks about absence is saved."))
        return reverse("attendance:absences")

    page = {"title": _("What we ask about absence"), "verb": _("Save")}
    page |= {"parent": _("Absence"), "parent_url": reverse("attendance:absences")}
    rows = {"reasons": reasons.REASONS, "agreements": ReasonAgreement.objects.select_related("client")}
    return form_page(request, form, act=act, done=done, template="attendance/absence_settings.html", **rows, **page)

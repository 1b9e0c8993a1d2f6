"""Absence in the portal: "I am ill", "I ask leave", "I come again", and the answers of the school."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance import absence_reasons as reasons
from attendance.actions import absence as actions
from attendance.forms.absence import LeaveForm, SickForm, VersionForm
from attendance.models import AbsenceReport, AbsenceSettings
from attendance.models.absence import AbsenceReportQuerySet
from kvs.access import KvsRequest
from kvs.drafts import form_data
from kvs.editing import attempt
from kvs.pages import form_page
from students.models import Student
from students.views.portal import own_file

SHOWN = 20


def _own(request: KvsRequest, student: Student) -> AbsenceReportQuerySet:
    return AbsenceReport.objects.visible_to(request.user).filter(student=student)


@require_GET
@own_file
def own_absence(request: KvsRequest, student: Student) -> HttpResponse:
    """What was told and asked, the newest first, each with the school's answer."""
    reports = _own(request, student).order_by("-starts_at")[:SHOWN]
    context = {"student": student, "reports": reports, "asks_reasons": AbsenceSettings.current().reasons_from is not None}
    return render(request, "portal/absence.html", context)


@require_http_methods(["GET", "POST"])
@own_file
def own_sick(request: KvsRequest, student: Student) -> HttpResponse:
    """ "I am ill": today or until further notice. It counts at once."""
    form = SickForm(form_data(request))
    asks = AbsenceSettings.current().asks_on(timezone.localdate())

    def act() -> AbsenceReport:
        reason = reasons.ILL if asks else ""
        return actions.report_own_absence(student=student, by=request.user, reason=reason, leave=False, **form.said())

    def done(made: AbsenceReport) -> str:
        messages.success(request, _("The school knows that you are not coming."))
        if made.last_day and not form.said()["ends_at"]:
            text = _("This is until and including %(day)s. After that you have told the school something already.")
            messages.info(request, text % {"day": date_format(made.last_day)})
        return reverse("attendance:own_absence")

    title = _("I am ill") if asks else _("I cannot come")
    return form_page(
        request, form, act=act, done=done, template="portal/absence_form.html", title=title, verb=_("Tell the school")
    )


@require_http_methods(["GET", "POST"])
@own_file
def own_leave(request: KvsRequest, student: Student) -> HttpResponse:
    """Ask leave; the school decides."""
    form = LeaveForm(form_data(request), settings=AbsenceSettings.current())

    def act() -> AbsenceReport:
        return actions.report_own_absence(student=student, by=request.user, leave=True, **form.said())

    def done(made: AbsenceReport) -> str:
        asked = made.status == AbsenceReport.Status.ASKED
        said = _("The school looks at it. You see the answer here.") if asked else _("The school knows that you are not coming.")
        messages.success(request, said)
        return reverse("attendance:own_absence")

    page = {"title": _("I ask for time off"), "verb": _("Send to the school")}
    return form_page(request, form, act=act, done=done, template="portal/absence_form.html", **page)


@require_POST
@own_file
def own_back(request: KvsRequest, student: Student, pk: uuid.UUID) -> HttpResponse:
    """ "I come again": the report ends now."""
    report, form = get_object_or_404(_own(request, student), pk=pk), VersionForm(request.POST)

    def act() -> AbsenceReport:
        version = form.cleaned_data["version"]
        return actions.end_absence(report=report, version=version, ends_at=timezone.now(), by=request.user)

    return _told(request, form, attempt(form, act) if form.is_valid() else None, _("The school knows that you come again."))


@require_POST
@own_file
def own_withdraw(request: KvsRequest, student: Student, pk: uuid.UUID) -> HttpResponse:
    """Take back what nobody answered, or what has not begun."""
    report, form = get_object_or_404(_own(request, student), pk=pk), VersionForm(request.POST)

    def act() -> Student:
        return actions.withdraw_report(report=report, version=form.cleaned_data["version"], by=request.user)

    return _told(request, form, attempt(form, act) if form.is_valid() else None, _("You took this back. The school expects you."))


def _told(request: KvsRequest, form: VersionForm, made: object, said: str) -> HttpResponse:
    if made:
        messages.success(request, said)
    for errors in form.errors.values():
        for error in errors:
            messages.error(request, str(error))
    return redirect("attendance:own_absence")

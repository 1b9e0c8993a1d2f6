"""The register of data breaches: anybody of the staff reports, privacy officer and management handle."""

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kvs import audit
from kvs.access import STAFF, KvsRequest, office_role, role_required
from kvs.drafts import form_data
from kvs.models import AccessEvent, User
from kvs.pages import form_page
from privacy.actions.incidents import (
    add_who_was_in,
    add_who_was_looked_at,
    change_incident,
    close_incident,
    report_incident,
)
from privacy.forms.incidents import GivenForm, LookedForm, ReportForm, ToldForm, WeighForm
from privacy.models import Incident
from privacy.models.incidents import HANDLERS
from students.models import Student


@require_http_methods(["GET", "POST"])
@role_required(*STAFF)
def incident_report(request: KvsRequest) -> HttpResponse:
    """Something went wrong with data: tell the privacy officer."""
    form = ReportForm(form_data(request))

    def act() -> Incident:
        return report_incident(by=request.user, **form.cleaned_data)

    def done(made: Incident) -> str:
        text = _("Thank you. The privacy officer has a message now. It is number %(number)d.")
        messages.success(request, text % {"number": made.number})
        return reverse("home")

    return form_page(
        request,
        form,
        act=act,
        done=done,
        title=_("Report a data breach"),
        verb=pgettext("a data breach", "Report"),
        parent=_("Start"),
        parent_url=reverse("home"),
    )


@require_GET
@role_required(*HANDLERS)
def incident_list(request: KvsRequest) -> HttpResponse:
    """Every breach, the open ones first."""
    found = list(Incident.objects.visible_to(request.user).defer("description", "measures", "reason"))
    context = {
        "rows": sorted(found, key=lambda row: row.closed_at is not None),
        "title": _("Data breaches"),
        "parent": _("Privacy"),
        "parent_url": reverse("privacy:overview"),
    }
    return render(request, "privacy/incidents.html", context)


@require_GET
@role_required(*HANDLERS)
def incident_page(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """What is known of one breach, and what comes next."""
    incident = _found(request, pk)
    people = set(incident.people.values_list("audit_id", flat=True))
    students = Student.objects.visible_to(request.user).filter(audit_id__in=people)
    audit.log_access(request.user, office_role(request.user), [row.audit_id for row in students], AccessEvent.Kind.LIST)
    context = {
        "incident": incident,
        "reporter": User.objects.filter(audit_id=incident.reported_by_audit_id).first(),
        "titles": dict(WeighForm(instance=incident).fields["categories"].choices),  # type: ignore[attr-defined]
        "number": len(people),
        "students": students,
        "may_close": incident.risk != "" and not incident.closed_at,
    }
    return render(request, "privacy/incident.html", context)


def _found(request: KvsRequest, pk: uuid.UUID, *, open_only: bool = False) -> Incident:
    found = Incident.objects.visible_to(request.user)
    return get_object_or_404(found.open() if open_only else found, pk=pk)


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def incident_weigh(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Decide how large the risk is."""
    return _change(request, _found(request, pk, open_only=True), WeighForm, _("How large is the risk?"))


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def incident_told(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Note when the authority and the people were told."""
    return _change(request, _found(request, pk, open_only=True), ToldForm, _("Who was told?"))


def _change(request: KvsRequest, incident: Incident, kind: type[WeighForm] | type[ToldForm], title: str) -> HttpResponse:
    form = kind(form_data(request), instance=incident)
    number = _("Data breach %(number)d") % {"number": incident.number}
    back = reverse("privacy:incident", args=[incident.pk])

    def act() -> Incident:
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return change_incident(incident=incident, version=form.cleaned_data["version"], by=request.user, changes=changes)

    def done(_saved: Incident) -> str:
        messages.success(request, _("%(what)s is saved.") % {"what": number})
        return back

    return form_page(request, form, act=act, done=done, title=title, verb=_("Save"), parent=number, parent_url=back)


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def incident_looked(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Whose files an account opened in a period: these people are affected."""
    incident, form = _found(request, pk, open_only=True), LookedForm(form_data(request))

    def act() -> int:
        return add_who_was_looked_at(incident=incident, by=request.user, **form.cleaned_data)

    return _add_people(request, incident, form, _("Who was looked at"), act)


@require_http_methods(["GET", "POST"])
@role_required(*HANDLERS)
def incident_given(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Who was in a file that went to the wrong place."""
    incident, form = _found(request, pk, open_only=True), GivenForm(form_data(request))

    def act() -> int:
        return add_who_was_in(incident=incident, disclosure=form.cleaned_data["reference"], by=request.user)

    return _add_people(request, incident, form, _("Who was in a report"), act)


def _add_people(
    request: KvsRequest, incident: Incident, form: LookedForm | GivenForm, title: str, add: Callable[[], int]
) -> HttpResponse:
    back = reverse("privacy:incident", args=[incident.pk])

    def done(number: int) -> str:
        text = ngettext("%(number)d person is added.", "%(number)d people are added.", number) % {"number": number}
        messages.success(request, text)
        return back

    number = _("Data breach %(number)d") % {"number": incident.number}
    return form_page(request, form, act=add, done=done, title=title, verb=_("Add these people"), parent=number, parent_url=back)


@require_POST
@role_required(*HANDLERS)
def incident_close(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Close a breach about which everything was decided and told."""
    incident = _found(request, pk)
    try:
        version = int(request.POST.get("version", ""))
        close_incident(incident=incident, version=version, by=request.user)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    except (ValueError, Incident.DoesNotExist):
        messages.warning(request, _("This data breach is closed already."))
    else:
        messages.success(request, _("Data breach %(number)d is closed.") % {"number": incident.number})
    return redirect("privacy:incident", pk=incident.pk)

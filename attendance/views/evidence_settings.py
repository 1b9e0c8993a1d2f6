"""What the school takes as evidence, and for which rules and clients only proven minutes count."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from attendance.actions import evidence_settings as actions
from attendance.forms.evidence_settings import EvidenceForm, ProvenOnlyForm
from attendance.models.evidence import EvidenceSetting, ProvenOnly
from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.models import Role
from kvs.pages import form_page
from students.models import Client

DECIDERS = (Role.ADMINISTRATION, Role.MANAGEMENT)


@require_http_methods(["GET", "POST"])
@role_required(*DECIDERS)
def evidence_settings(request: KvsRequest) -> HttpResponse:
    """What counts as evidence; below it for what only proven minutes count."""
    form = EvidenceForm(form_data(request), instance=EvidenceSetting.objects.first() or EvidenceSetting())

    def act() -> EvidenceSetting:
        return actions.set_mode(mode=form.cleaned_data["mode"], version=form.cleaned_data["version"] or 0, by=request.user)

    def done(_made: EvidenceSetting) -> str:
        messages.success(request, _("Saved. It holds for all figures from now on, of earlier lessons too."))
        return reverse("attendance:evidence_settings")

    page = {"title": _("Evidence and hours"), "verb": _("Save"), "parent": _("School"), "parent_url": reverse("school")}
    rows = ProvenOnly.objects.select_related("client").order_by("client__name", "rule")
    return form_page(request, form, act=act, done=done, template="attendance/evidence_settings.html", rows=rows, **page)


@require_http_methods(["GET", "POST"])
@role_required(*DECIDERS)
def proven_only_add(request: KvsRequest) -> HttpResponse:
    """Let only proven minutes count for a rule or a client."""
    form = ProvenOnlyForm(form_data(request), clients=list(Client.objects.order_by("name")))

    def act() -> ProvenOnly:
        return actions.count_proven_only(source=form.cleaned_data["source"], by=request.user, **form.chosen())

    def done(_made: ProvenOnly) -> str:
        return reverse("attendance:evidence_settings")

    page = {"title": _("Count only proven minutes"), "verb": _("Save"), "parent": _("Evidence and hours")}
    return form_page(request, form, act=act, done=done, **page, parent_url=reverse("attendance:evidence_settings"))


@require_POST
@role_required(*DECIDERS)
def proven_only_remove(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Let all minutes of signed registers count again."""
    actions.count_all_signed(row=get_object_or_404(ProvenOnly, pk=pk), by=request.user)
    messages.success(request, _("All minutes of signed registers count again."))
    return redirect("attendance:evidence_settings")

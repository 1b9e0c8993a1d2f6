"""What clients agreed to hear of absence: recording an agreement, and its end. The list stands with the settings of absence."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from attendance.actions import agreements as actions
from attendance.forms.agreements import AgreementForm, EndForm
from attendance.models import ReasonAgreement
from attendance.models.absence import REASON_READERS
from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.pages import form_page


@require_http_methods(["GET", "POST"])
@role_required(*REASON_READERS)
def agreement_add(request: KvsRequest) -> HttpResponse:
    """Record that a municipality hears reasons of absence, where that is agreed and from which day."""
    form = AgreementForm(form_data(request))

    def act() -> ReasonAgreement:
        return actions.agree_reasons(**form.cleaned_data, by=request.user)

    def done(_made: ReasonAgreement) -> str:
        messages.success(request, _("Saved. Reports to this client name these reasons from now on."))
        return reverse("attendance:absence_settings")

    page = {"title": _("Agree on reasons"), "verb": _("Save"), "parent": _("What we ask about absence")}
    return form_page(request, form, act=act, done=done, **page, parent_url=reverse("attendance:absence_settings"))


@require_http_methods(["GET", "POST"])
@role_required(*REASON_READERS)
def agreement_end(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Say until when an agreement holds."""
    row = get_object_or_404(ReasonAgreement.objects.select_related("client"), pk=pk)
    form = EndForm(form_data(request), version=row.version, initial={"ends_on": row.ends_on})

    def act() -> ReasonAgreement:
        known = form.cleaned_data
        return actions.end_agreement(row=row, version=known["version"] or 0, ends_on=known["ends_on"], by=request.user)

    def done(_made: ReasonAgreement) -> str:
        messages.success(request, _("Saved. Of lessons after that day no reason is told."))
        return reverse("attendance:absence_settings")

    title = _("End the agreement with %(name)s") % {"name": row.client.name}
    page = {"title": title, "verb": _("Save"), "parent": _("What we ask about absence")}
    return form_page(request, form, act=act, done=done, **page, parent_url=reverse("attendance:absence_settings"))

"""What a teacher showed: register, exception, VOG."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from kvs.access import KvsRequest, role_required
from kvs.drafts import form_data
from kvs.models import Qualification
from kvs.pages import form_page
from kvs.qualifications import VOG_PROFILE, change_qualification
from kvs.staff import MANAGERS
from kvs.staff_pages import accounts_of
from kvs.widgets import DateInput

FIELDS = (
    *("register", "number", "valid_until", "exemption", "training_started_on", "exemption_reported_on"),
    *("vog_on", "vog_screening"),
)


class QualificationForm(forms.ModelForm[Qualification]):
    """Everything may stay empty: what is missing is warned of in the planning."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Qualification
        fields = FIELDS
        widgets = dict.fromkeys(("valid_until", "training_started_on", "exemption_reported_on", "vog_on"), DateInput())
        help_texts = {
            "valid_until": gettext_lazy("Empty: as long as nothing else is known."),
            "exemption": gettext_lazy("Whether Blik op Werk still grants exceptions after 2024 is not confirmed."),
            "vog_screening": gettext_lazy("Blik op Werk asks for profile %(profile)s.") % {"profile": VOG_PROFILE},
        }


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def account_qualification(request: KvsRequest, pk: uuid.UUID) -> HttpResponse:
    """Note the qualification of a teacher."""
    person = get_object_or_404(accounts_of(request.user), pk=pk)
    row = Qualification.objects.filter(user=person).first() or Qualification(user=person)
    form = QualificationForm(form_data(request), instance=row, initial={"version": row.version})

    def act() -> Qualification:
        changes: dict[str, Any] = {name: form.cleaned_data[name] for name in FIELDS}
        version = form.cleaned_data["version"] or 0
        return change_qualification(user=person, version=version, by=request.user, changes=changes)

    def done(_row: Qualification) -> str:
        messages.success(request, _("The qualification of %(name)s is saved.") % {"name": person.full_name})
        return reverse("account", args=[person.pk])

    back = {"parent": person.full_name, "parent_url": reverse("account", args=[person.pk])}
    return form_page(request, form, act=act, done=done, title=_("Qualification"), verb=_("Save"), **back)

"""Asking for a copy of everything, and recording to whom it went."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kvs.models import User
from privacy.models import PersonExport
from students.models import CaseManager


class CopyForm(forms.Form):
    """Which right."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What goes in"),
        choices=PersonExport.Kind,
        widget=forms.RadioSelect,
        initial=PersonExport.Kind.ACCESS,
    )


class OtherCopyForm(CopyForm):
    """Which colleague or case manager."""

    person = forms.ChoiceField(label=gettext_lazy("About whom"))
    field_order = ("person", "kind")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = User.objects.exclude(memberships=None).exclude(student__isnull=False).distinct()
        managers = CaseManager.objects.select_related("client").order_by("surname", "call_name")
        self.fields["person"].choices = [  # type: ignore[attr-defined]
            ("", "---------"),
            (_("Colleagues"), [(str(row.audit_id), row.full_name) for row in colleagues.order_by("surname", "call_name")]),
            (_("Case managers"), [(str(row.audit_id), f"{row.full_name} ({row.client.name})") for row in managers]),
        ]


class HandOverCopyForm(forms.Form):
    """How we knew whom we gave it to."""

    seen = forms.ChoiceField(
        label=gettext_lazy("How do you know who it is?"),
        choices=[choice for choice in PersonExport.Seen.choices if choice[0] != PersonExport.Seen.SECOND_FACTOR],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Look at a document. Make no copy of it."),
    )

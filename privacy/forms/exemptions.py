"""What people type about exemptions."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.widgets import DateInput


class LookUpForm(forms.Form):
    """Who stands at the desk."""

    first = forms.CharField(label=_("Given names"), max_length=200, required=False)
    surname = forms.CharField(label=_("Surname"), max_length=200)
    born_on = forms.DateField(label=_("Date of birth"), widget=DateInput())
    seen = forms.BooleanField(
        label=_("I saw an identity document of this person."),
        error_messages={"required": _("Look at an identity document first. No copy is made.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first", "surname", "born_on"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_born_on(self) -> Any:
        """Nobody is born in the future."""
        day = self.cleaned_data["born_on"]
        if day > timezone.localdate():
            raise ValidationError(_("This date lies in the future."))
        return day

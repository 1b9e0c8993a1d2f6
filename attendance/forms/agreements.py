"""Forms for what a client agreed to hear of absence."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from attendance import absence_reasons as codes
from attendance.models.agreements import LONGEST_SOURCE
from kvs.widgets import DateInput
from students.models import Client


class AgreementForm(forms.Form):
    """With whom, which reasons, where that is agreed and from which day."""

    client = forms.ModelChoiceField(
        Client.objects.filter(kind=Client.Kind.MUNICIPALITY),
        label=_("Municipality"),
        empty_label=_("Choose a municipality"),
    )
    reasons = forms.MultipleChoiceField(
        label=_("reasons the client hears"),
        choices=[(code, codes.label(code)) for code in codes.TELLABLE],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("All other reasons stay at the school: the client sees only that the absence is excused."),
    )
    source = forms.CharField(
        label=_("where that is agreed or written"),
        max_length=LONGEST_SOURCE,
        help_text=_("The document and the article, for example: contract of 2026, article 4."),
    )
    starts_on = forms.DateField(
        label=_("for lessons from"),
        widget=DateInput(),
        help_text=_("The day the agreement begins. Of lessons before it no reason is told."),
    )


class EndForm(forms.Form):
    """Until when an agreement holds."""

    ends_on = forms.DateField(label=_("until and including"), widget=DateInput())
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, version: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = version

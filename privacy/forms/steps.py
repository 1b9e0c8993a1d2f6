"""Steps of what is asked and complained about that are the same for both: more time, and the letter that goes out."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from kvs.widgets import DateInput
from privacy.models import Complaint, PrivacyRequest


class StepForm(forms.Form):
    """A step of `row`: who comes second is told."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, row: PrivacyRequest | Complaint, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = row.version
        self.row = row

    @property
    def known_version(self) -> int:
        """The version the form was made from; 0 when it was tampered with."""
        return self.cleaned_data["version"] or 0

    def facts(self) -> dict[str, Any]:
        """What the step records, by the names of its action."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class MoreTimeForm(StepForm):
    """More time, and why."""

    reason = forms.ChoiceField(label=gettext_lazy("why"), widget=forms.RadioSelect)
    told_on = forms.DateField(label=gettext_lazy("the person was told on"), widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = self.row.Why.choices  # type: ignore[attr-defined]
        self.fields["told_on"].initial = timezone.localdate


class LetterForm(StepForm):
    """That the letter went out; in the own pages only to who asked there."""

    sent_on = forms.DateField(label=gettext_lazy("letter sent on"), widget=DateInput())
    how = forms.ChoiceField(label=gettext_lazy("how"), choices=PrivacyRequest.Sent, widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sent_on"].initial = timezone.localdate
        if self.row.channel != PrivacyRequest.Channel.PORTAL:
            without = [choice for choice in PrivacyRequest.Sent.choices if choice[0] != PrivacyRequest.Sent.PORTAL]
            self.fields["how"].choices = without  # type: ignore[attr-defined]

"""Restricting, lifting and deciding."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kvs import catalogue
from kvs.widgets import DateInput
from privacy.models import Objection, Restriction, WithheldTask
from privacy.models.restrictions import REVIEW_AFTER
from students.models.people import RESTRICTABLE


class RestrictForm(forms.Form):
    """What of the file, why, and when to look again."""

    categories = forms.MultipleChoiceField(
        label=gettext_lazy("What is restricted"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("It is kept, and not used, changed or deleted. Today's register can still be taken."),
    )
    ground = forms.ChoiceField(label=gettext_lazy("Why"), choices=Restriction.Ground, widget=forms.RadioSelect)
    review_on = forms.DateField(label=gettext_lazy("Look at it again on"), widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["categories"].choices = [(code, catalogue.category(code).title) for code in RESTRICTABLE]  # type: ignore[attr-defined]
        self.fields["review_on"].initial = timezone.localdate() + REVIEW_AFTER

    def clean_review_on(self) -> Any:
        """A day to come, so that no restriction stays in silence."""
        day = self.cleaned_data["review_on"]
        if not timezone.localdate() < day <= timezone.localdate().replace(day=1) + REVIEW_AFTER * 13:
            raise ValidationError(_("Choose a day after today, within a year."))
        return day


class LiftForm(forms.Form):
    """When and how the student was told."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    told_on = forms.DateField(label=gettext_lazy("The student was told on"), widget=DateInput())
    told_how = forms.ChoiceField(label=gettext_lazy("How"), choices=Restriction.Told, widget=forms.RadioSelect)


class DecideForm(forms.Form):
    """Whether an objection stands."""

    outcome = forms.ChoiceField(label=gettext_lazy("Decision"), choices=Objection.Outcome, widget=forms.RadioSelect)


class WithheldForm(forms.Form):
    """What is done about a file that goes without somebody."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What is done about it?"),
        choices=[choice for choice in WithheldTask.Outcome.choices if choice[0] != WithheldTask.Outcome.LIFTED],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Did you lift the restriction? Then this closes by itself in the night."),
    )

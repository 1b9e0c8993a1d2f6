"""What people type about keeping."""

from django import forms
from django.utils.translation import gettext_lazy as _


class PeriodForm(forms.Form):
    """Years and months."""

    years = forms.IntegerField(label=_("Years"), min_value=0, max_value=20)
    months = forms.IntegerField(label=_("Months"), min_value=0, max_value=11)
    version = forms.IntegerField(widget=forms.HiddenInput)

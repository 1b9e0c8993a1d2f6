"""Forms of reporting. The form that asks for a report stands in the report's own file."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reporting.models import Disclosure, ReportFile, ReportRun


class HandOverForm(forms.Form):
    """Which file went, and how."""

    file = forms.ModelChoiceField(ReportFile.objects.none(), label=_("Which file"), empty_label=None, widget=forms.RadioSelect)
    channel = forms.ChoiceField(label=_("How it went"), choices=Disclosure.Channel, widget=forms.RadioSelect)

    def __init__(self, *args: Any, run: ReportRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        files: Any = self.fields["file"]
        files.queryset = run.files.select_related("file", "run__client").filter(file__expires_at__gt=timezone.now())
        files.label_from_instance = lambda file: file.label

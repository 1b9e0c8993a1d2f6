"""Forms of hours that no register holds."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from attendance.models import ContractHours, OpeningBalance, OutsideHours
from kvs.widgets import DateInput


class HoursField(forms.DecimalField):
    """Hours as people type them, "2,5" or "2:30"; its value is whole minutes."""

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(
            label=_("number of hours"),
            min_value=0,
            max_value=most,
            localize=True,
            help_text=_("Clock hours of 60 minutes, for example 2,5 or 2:30."),
            **options,
        )
        self.widget = forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off"})

    def to_python(self, value: Any) -> Any:
        """Hours as a decimal number; "2:30" too. A point before three digits parts thousands, as Dutch writes them."""
        text = str(value or "").strip()
        if clock := re.fullmatch(r"(\d{1,4}):([0-5]\d)", text):
            return Decimal(int(clock[1])) + Decimal(int(clock[2])) / 60
        if re.fullmatch(r"\d{1,3}(\.\d{3})+(,\d+)?", text):
            return super().to_python(text.replace(".", ""))
        return super().to_python(text.replace(".", ",") or None)

    def clean(self, value: Any) -> int | None:
        """Whole minutes; raises ValidationError."""
        hours = super().clean(value)
        return None if hours is None else round(hours * 60)

    def prepare_value(self, value: Any) -> Any:
        """Minutes as "2:30"; what was typed stays as it is."""
        return f"{value // 60}:{value % 60:02d}" if isinstance(value, int) else value


class OutsideHoursForm(forms.ModelForm[OutsideHours]):
    """Hours of one day outside lessons."""

    minutes = HoursField(16)

    class Meta:
        model = OutsideHours
        fields = ("kind", "day", "minutes", "provider", "evidence", "reference")
        widgets = {"day": DateInput()}
        help_texts = {
            "provider": _("Only the name of the organisation. Nothing about the person."),
            "reference": _("For example the date on the statement: 12-11-2026."),
        }

    def _post_clean(self) -> None:
        """The action judges the row."""


class OpeningBalanceForm(forms.ModelForm[OpeningBalance]):
    """What was attended before KVS kept the registers."""

    minutes = HoursField(5000)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = OpeningBalance
        fields = ("hour_class", "year", "minutes", "source")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version

    def _post_clean(self) -> None:
        """The action judges the row."""


class ContractHoursForm(forms.ModelForm[ContractHours]):
    """What an hour is under a contract."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = ContractHours
        fields = ("lesson_hour", "breaks_count")

    def __init__(self, *args: Any, known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version if known else 0

    def _post_clean(self) -> None:
        """The action judges the row."""

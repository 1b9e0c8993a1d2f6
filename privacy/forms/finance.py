"""What finance types: an invoice that was issued elsewhere, and what to find one by."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kvs.templatetags.kvs import money
from kvs.widgets import DateInput
from privacy.models import FinancialRecord
from students.forms import LabelledChoice
from students.models import Programme, Student

AMOUNT = re.compile(r"(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,2}))?|(\d+)\.(\d{1,2})", re.ASCII)
NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]*")


class EuroField(forms.CharField):
    """An amount as people type it, "1.250,50" or "€ 1250.5", in euro cents."""

    def clean(self, value: Any) -> int | None:
        """Cents, or None when nothing was typed. Raises ValidationError."""
        typed = re.sub(r"[\s€]", "", super().clean(value))
        if not typed:
            return None
        found = AMOUNT.fullmatch(typed)
        if found is None:
            raise ValidationError(_("Type an amount in euros, such as 1.250,00."))
        whole, part = (found[1], found[2]) if found[1] else (found[3], found[4])
        return int(whole.replace(".", "")) * 100 + int((part or "0").ljust(2, "0"))


class HoursField(forms.CharField):
    """Hours as people type them, "12,5" or "12:30", in minutes."""

    def clean(self, value: Any) -> int:
        """Minutes; 0 when nothing was typed. Raises ValidationError."""
        typed = super().clean(value).strip()
        if not typed:
            return 0
        if clock := re.fullmatch(r"(\d{1,4}):([0-5]\d)", typed, re.ASCII):
            return int(clock[1]) * 60 + int(clock[2])
        if number := re.fullmatch(r"(\d{1,4})(?:[.,](\d{1,2}))?", typed, re.ASCII):
            return round((int(number[1]) + int((number[2] or "0").ljust(2, "0")) / 100) * 60)
        raise ValidationError(_("Type hours, such as 12,5 or 12:30."))


def programme_label(row: Programme) -> str:
    """A programme in a list of choices."""
    route = f" · {row.get_route_display()}" if row.route else ""
    return f"{row.get_law_display()}{route} · {_('from')} {row.starts_on:%d-%m-%Y}"


def record_label(row: FinancialRecord) -> str:
    """An invoice in a list of choices."""
    return f"{row.number} · {row.issued_on:%d-%m-%Y} · {money(row.amount_cents)}"


class InvoiceForm(forms.Form):
    """An invoice or credit note of one student."""

    number = forms.CharField(
        label=gettext_lazy("Invoice number"),
        max_length=40,
        help_text=gettext_lazy("As it stands on the invoice. KVS makes no invoices: it keeps what the books must show."),
    )
    issued_on = forms.DateField(label=gettext_lazy("Date of the invoice"), widget=DateInput())
    programme = LabelledChoice(programme_label, label=gettext_lazy("For which programme"))
    amount = EuroField(label=gettext_lazy("Amount in euros"), max_length=20)
    minutes = HoursField(label=gettext_lazy("Hours invoiced"), max_length=10, required=False)
    credits = LabelledChoice(record_label, label=gettext_lazy("Is it a credit note? On which invoice?"), required=False)

    def __init__(self, *args: Any, student: Student, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        programme, credits = self.fields["programme"], self.fields["credits"]
        assert isinstance(programme, LabelledChoice)
        assert isinstance(credits, LabelledChoice)
        programme.queryset = student.programmes.order_by("-starts_on").defer("bsn")
        credits.queryset = FinancialRecord.objects.filter(link__student=student, kind=FinancialRecord.Kind.INVOICE)
        credits.empty_label = _("No, it is an invoice")
        for name in ("number", "amount", "minutes"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_number(self) -> str:
        """Letters and digits, as any bookkeeping numbers."""
        number = str(self.cleaned_data["number"])
        if not NUMBER.fullmatch(number):
            raise ValidationError(_("An invoice number has letters, digits, spaces and . / _ - only."))
        return number


class FindInvoiceForm(forms.Form):
    """By number, or by who it was for."""

    number = forms.CharField(label=gettext_lazy("Invoice number"), max_length=40, required=False)
    first = forms.CharField(label=gettext_lazy("Given names or call name"), max_length=200, required=False)
    surname = forms.CharField(label=gettext_lazy("Surname"), max_length=200, required=False)
    born_on = forms.DateField(label=gettext_lazy("Date of birth"), widget=DateInput(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        """A number, or surname and date of birth."""
        typed = super().clean() or {}
        if typed.get("number") or self.errors:
            return typed
        for name in ("surname", "born_on"):
            if not typed.get(name):
                self.add_error(name, _("Type an invoice number, or name and date of birth."))
        return typed

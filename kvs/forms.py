"""Forms of the ground floor."""

from typing import Any

from allauth.account.forms import LoginForm as AllauthLoginForm
from django import forms
from django.core.validators import RegexValidator
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from kvs.models import Organisation


class LoginForm(AllauthLoginForm):  # type: ignore[misc]  # allauth has no types
    """Staff door: e-mail address and password, without placeholders (they vanish when typing starts)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("E-mail address")
        self.fields["password"].help_text = ""
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SchoolForm(forms.ModelForm[Organisation]):
    """The school's own facts."""

    measuring_year_month = forms.TypedChoiceField(
        label=_("The measuring year begins in"),
        choices=MONTHS.items(),
        coerce=int,
        help_text=_("Blik op Werk measures results over twelve months. Not confirmed yet: ask Blik op Werk which months."),
    )
    kvk_number = forms.CharField(label=_("KvK number"), max_length=12, required=False)  # typed with spaces or dots
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    bow_number_form = RegexValidator(r"\A0*[1-9][0-9]*\Z", _("A Blik op Werk number has 1 to 10 digits and nothing else."))

    class Meta:
        model = Organisation
        fields = (
            *("name", "street", "postcode", "city", "email", "phone", "kvk_number", "privacy_contact", "privacy_email"),
            *("bow_number", "measuring_year_month", "handbook_edition", "upload_kept_days"),
            *("statement_months", "review_months", "unused_account_days"),
            *("board_code_minutes", "board_code_required"),
        )
        help_texts = {
            "bow_number": _(
                "The number of the quality mark, as on zoekinburgerschool.nl. It is in the name of the file for DUO."
            ),
            "handbook_edition": _("As printed on it, for example 2026. It stands on the lists for Blik op Werk."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        self.fields["bow_number"].widget.attrs |= {"inputmode": "numeric"}
        self.fields["bow_number"].validators.append(self.bow_number_form)

    def clean_postcode(self) -> str:
        """As it is written: "1234ab" becomes "1234 AB"."""
        plain = "".join(self.cleaned_data["postcode"].split()).upper()
        return f"{plain[:4]} {plain[4:]}" if plain else ""

    def clean_kvk_number(self) -> str:
        """Without the spaces and dots people type."""
        return "".join(letter for letter in self.cleaned_data["kvk_number"] if letter not in " .")

"""The two fields of a new password, wherever one is chosen."""

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


def _field(label: object) -> forms.CharField:
    """Pasting is welcome; nothing of it is ever shown again."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, strip=False, max_length=200, widget=widget)  # type: ignore[arg-type]  # lazy text


class PasswordFields(forms.Form):
    """A password typed twice. Whether it is good enough depends on whose it is: the form that has a person judges."""

    password1 = _field(gettext_lazy("New password"))
    password2 = _field(gettext_lazy("The same password again"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # as Django's own
        self.fields["password1"].help_text = " ".join(password_validation.password_validators_help_texts())

    def clean_password2(self) -> str:
        """Refuses a slip of the finger."""
        again: str = self.cleaned_data["password2"]
        if "password1" in self.cleaned_data and again != self.cleaned_data["password1"]:
            raise ValidationError(_("This is not the same. Type the password again."))
        return again

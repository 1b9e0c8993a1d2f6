"""Reporting, weighing and telling of a data breach."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kvs import catalogue
from kvs.models import User
from kvs.widgets import DateInput, MomentField
from privacy.models import Incident
from reporting.models import Disclosure
from students.forms import LabelledChoice


class ReportForm(forms.ModelForm[Incident]):
    """What any colleague fills in, in a minute."""

    class Meta:
        model = Incident
        fields = ("kind", "discovered_at", "description")
        field_classes = {"discovered_at": MomentField}
        widgets = {"kind": forms.RadioSelect, "description": forms.Textarea({"rows": 5})}
        help_texts = {
            "description": gettext_lazy("What happened, to which data, of about how many people. Names are not needed."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = Incident.Kind.choices  # type: ignore[attr-defined]
        self.fields["discovered_at"].initial = timezone.localtime().replace(second=0, microsecond=0)
        self.fields["description"].max_length = 2000  # type: ignore[attr-defined]
        self.fields["description"].widget.attrs |= {"maxlength": 2000}


class WeighForm(forms.ModelForm[Incident]):
    """Which data, what was done, how large the risk is and why."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    categories = forms.MultipleChoiceField(label=gettext_lazy("Which data"), widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Incident
        fields = ("categories", "measures", "risk", "reason")
        widgets = {"measures": forms.Textarea({"rows": 4}), "reason": forms.Textarea({"rows": 4}), "risk": forms.RadioSelect}

    field_order = ("categories", "measures", "risk", "reason", "version")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        used = {field.category.code: field.category.title for model in catalogue.load().models for field in model.personal}
        self.fields["categories"].choices = sorted(used.items(), key=lambda pair: str(pair[1]))  # type: ignore[attr-defined]
        self.fields["risk"].choices = Incident.Risk.choices  # type: ignore[attr-defined]
        self.fields["risk"].required = True
        self.fields["reason"].required = True
        self.fields["version"].initial = self.instance.version


class ToldForm(forms.ModelForm[Incident]):
    """When the authority and the people were told."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Incident
        fields = ("authority_told_at", "authority_reference", "people_told_on")
        field_classes = {"authority_told_at": MomentField}
        widgets = {"people_told_on": DateInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version


class LookedForm(forms.Form):
    """Whose looking made it a breach, on which days."""

    account = LabelledChoice(lambda user: user.full_name or user.email, label=gettext_lazy("Account"))
    first = forms.DateField(label=gettext_lazy("From"), widget=DateInput())
    last = forms.DateField(label=gettext_lazy("Until and including"), widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["account"]
        assert isinstance(field, LabelledChoice)
        field.queryset = User.objects.filter(student_number__isnull=True).order_by("surname", "call_name")

    def clean(self) -> dict[str, Any]:
        """The days in order."""
        known = super().clean() or {}
        if known.get("first") and known.get("last") and known["last"] < known["first"]:
            raise ValidationError({"last": _("The last day cannot be before the first day.")})
        return known


class GivenForm(forms.Form):
    """Which hand-over went wrong, by the reference that stands on every report."""

    reference = forms.CharField(label=gettext_lazy("Reference of the report"), max_length=60)

    def clean_reference(self) -> Disclosure:
        """The latest hand-over with this reference."""
        found = Disclosure.objects.filter(reference__iexact=self.cleaned_data["reference"].strip()).order_by("-at").first()
        if found is None:
            raise ValidationError(_("No hand-over has this reference. It stands at the bottom of the report."))
        return found

"""What was handed out to students about their data, when and how."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.models import PolicyVersion, User
from kvs.widgets import DateInput
from students.forms import LabelledChoice
from students.models import HandOut, Programme
from students.models.handouts import without_policy


class HandOutForm(forms.Form):
    """One moment at the desk: which papers, on which day, in what way."""

    kinds = forms.MultipleChoiceField(
        label=_("What was handed out"),
        choices=HandOut.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[HandOut.Kind.POLICY],
        error_messages={"required": _("Choose what was handed out.")},
    )
    policy = LabelledChoice(lambda row: row.title, label=_("Which version"), required=False)
    handed_on = forms.DateField(label=_("On"), widget=DateInput())
    how = forms.ChoiceField(label=_("How"), choices=HandOut.How.choices, widget=forms.RadioSelect, initial=HandOut.How.PAPER)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = self.fields["policy"]
        assert isinstance(versions, LabelledChoice)
        versions.queryset = PolicyVersion.objects.published().defer("text")
        versions.initial = PolicyVersion.objects.in_force()
        self.fields["handed_on"].initial = timezone.localdate()


class ManyHandOutsForm(HandOutForm):
    """The same for several programmes of the list at once."""

    programmes = forms.ModelMultipleChoiceField(
        Programme.objects.none(), error_messages={"required": _("Choose at least one student.")}
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["policy"].required = True
        chosen = self.fields["programmes"]
        assert isinstance(chosen, forms.ModelMultipleChoiceField)
        chosen.queryset = without_policy(user)
        chosen.error_messages["invalid_choice"] = chosen.error_messages["invalid_pk_value"] = _(
            "For one of these it was recorded meanwhile. Look at the list again."
        )

    def clean_kinds(self) -> list[str]:
        """This list is about the policy, so that is always among them."""
        kinds: list[str] = self.cleaned_data["kinds"]
        if HandOut.Kind.POLICY not in kinds:
            raise ValidationError(_("This list is about the privacy policy. The annex alone is recorded at the student."))
        return kinds

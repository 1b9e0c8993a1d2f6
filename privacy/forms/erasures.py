"""What people type about erasing."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from kvs.widgets import DateInput
from privacy.models import Erasure, Hold

# The end of a period is found by the system itself.
BY_HAND = [choice for choice in Erasure.Reason.choices if choice[0] != Erasure.Reason.RETENTION]


class PrepareForm(forms.Form):
    """Why the data go."""

    reason = forms.ChoiceField(label=_("Reason"), choices=BY_HAND, widget=forms.RadioSelect)


class ApproveForm(forms.Form):
    """The second person's yes."""

    looked = forms.BooleanField(
        label=_("I looked at the places that name this person. What stands there is not about this person, or may stay."),
        error_messages={"required": _("First look at the places that name this person, and say that you did.")},
    )
    sure = forms.BooleanField(
        label=_("I read what goes and what stays. This cannot be undone."),
        error_messages={"required": _("Say that you read what goes and what stays.")},
    )

    def __init__(self, *args: Any, with_traces: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not with_traces:
            del self.fields["looked"]


class HoldForm(forms.Form):
    """On what ground of the law, and when somebody looks again."""

    ground = forms.ChoiceField(label=_("Ground"), choices=Hold.Ground, widget=forms.RadioSelect)
    review_on = forms.DateField(
        label=_("Look again on"), widget=DateInput(), help_text=_("Within a year. The hold stands until somebody lifts it.")
    )


class ReleaseForm(forms.Form):
    """Nothing to type; the version says which page was looked at."""

    version = forms.IntegerField(widget=forms.HiddenInput)

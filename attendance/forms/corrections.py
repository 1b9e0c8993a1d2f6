"""Forms for a register past its teacher: a correction, and a reason for what does not fit together."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from attendance import rules
from attendance.actions.corrections import CORRECTING, KEEPING_AWAY
from attendance.models import Claim, Mark
from attendance.models.corrections import LONGEST_REMARK

EMPTY = ("", "---------")


def reasons(codes: tuple[Claim.Reason, ...]) -> list[tuple[str, Any]]:
    """Choices of a list of reasons."""
    return [EMPTY, *((code.value, capfirst(code.label)) for code in codes)]


class CorrectionForm(forms.Form):
    """What a signed register should have said about one student, and why."""

    state = forms.ChoiceField(label=_("attendance"), choices=[(code, capfirst(label)) for code, label in Mark.State.choices])
    minutes = forms.IntegerField(
        label=_("minutes missed"),
        help_text=_("Only for late and left early."),
        required=False,
        min_value=0,
        max_value=rules.LONGEST_LESSON,
        error_messages={"invalid": _("Fill in the minutes as a whole number, such as 15.")},
    )
    reason = forms.ChoiceField(label=_("reason"), choices=reasons(CORRECTING))
    remark = forms.CharField(
        label=_("explanation"),
        help_text=_("Not needed. Nothing about illness or other private matters: everybody who opens this register reads it."),
        required=False,
        max_length=LONGEST_REMARK,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class KeepAwayForm(forms.Form):
    """Why a student who confirmed is marked absent all the same."""

    reason = forms.ChoiceField(label=_("reason"), choices=reasons(KEEPING_AWAY))

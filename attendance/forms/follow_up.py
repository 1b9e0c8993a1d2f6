"""Forms of following up: missing registers, absence."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attendance.models import FollowUpSetting, LadderStep, LessonQuerySet, SignalRule
from attendance.models.follow_up import OUTCOMES, Outcome, Skipped, Step
from attendance.signal_rules import MOST_LESSONS, MOST_WEEKS, PERCENTAGE
from kvs.models import User
from kvs.widgets import DateInput
from students.models import Group


class MissingFilter(forms.Form):
    """Which missing registers are listed: of one group, of one teacher."""

    groep = forms.ModelChoiceField(label=_("Group"), queryset=Group.objects.none(), required=False, empty_label=_("All groups"))
    docent = forms.ModelChoiceField(
        label=_("Teacher"), queryset=User.objects.none(), required=False, empty_label=_("All teachers")
    )

    def __init__(self, data: Any, *, lessons: LessonQuerySet) -> None:
        super().__init__(data)
        plain = lessons.order_by()
        self.fields["groep"].queryset = Group.objects.filter(pk__in=plain.values("group")).order_by("name")  # type: ignore[attr-defined]
        teachers = User.objects.filter(pk__in=plain.filter(teacher__isnull=False).values("teacher"))
        self.fields["docent"].queryset = teachers.order_by("surname", "call_name")  # type: ignore[attr-defined]
        self.fields["groep"].label_from_instance = lambda group: group.name  # type: ignore[attr-defined]
        self.fields["docent"].label_from_instance = lambda user: user.full_name  # type: ignore[attr-defined]


class FollowUpSettingForm(forms.ModelForm[FollowUpSetting]):
    """When people are reminded of registers."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = FollowUpSetting
        fields = ("teacher_hours", "coordinator_days")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version


class FollowUpFilter(forms.Form):
    """Which follow-ups are listed."""

    toon = forms.ChoiceField(
        label=_("Show"),
        required=False,
        choices=[("", _("open")), ("nu", _("due today or late")), ("gesloten", _("closed"))],
    )


class StepForm(forms.Form):
    """How the next step went."""

    outcome = forms.ChoiceField(label=_("How did it go?"), widget=forms.RadioSelect)
    skipped = forms.ChoiceField(
        label=_("Why it is passed over"),
        choices=[("", "---------"), *Skipped.choices],
        required=False,
        help_text=_("Only when you pass this step over."),
    )
    done_on = forms.DateField(label=_("Done on"), widget=DateInput(), initial=timezone.localdate)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, outcomes: Iterable[Outcome], version: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"].choices = [(one.value, one.label) for one in outcomes]  # type: ignore[attr-defined]
        self.fields["version"].initial = version


class CloseForm(forms.Form):
    """Why a follow-up ends."""

    because = forms.ChoiceField(
        label=_("Why"), choices=[(one.value, one.label) for one in OUTCOMES[Step.CLOSE]], widget=forms.RadioSelect
    )
    done_on = forms.DateField(label=_("Closed on"), widget=DateInput(), initial=timezone.localdate)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, version: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = version


class SignalRuleForm(forms.ModelForm[SignalRule]):
    """A rule of absence. Whose it is and what it looks at do not change: that would be another rule."""

    # The columns themselves begin at 0, and 0 is refused.
    threshold = forms.IntegerField(label=_("from how many lessons, or how many per cent"), min_value=1, max_value=100)
    weeks = forms.IntegerField(
        label=_("over how many weeks"),
        min_value=1,
        max_value=MOST_WEEKS,
        help_text=_("Back from the last signed lesson. From 1 to 26 weeks."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = SignalRule
        fields = ("client", "kind", "threshold", "weeks", "counts", "active", "source")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        self.fields["client"].empty_label = _("the school (all students)")  # type: ignore[attr-defined]
        if not self.instance._state.adding:
            for name in ("client", "kind"):
                del self.fields[name]

    def clean_threshold(self) -> int:
        """Of lessons no more than 60; a percentage goes to 100."""
        threshold: int = self.cleaned_data["threshold"]
        kind = self.cleaned_data.get("kind") or self.instance.kind
        if kind != PERCENTAGE and threshold > MOST_LESSONS:
            raise forms.ValidationError(_("Choose 1 to 60 lessons, or 1 to 100 per cent."))
        return threshold


class LadderStepForm(forms.ModelForm[LadderStep]):
    """How this school takes a step."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = LadderStep
        fields = ("working_days", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version
        if self.instance.kind == Step.CLOSE:  # a ladder has an end
            del self.fields["active"]

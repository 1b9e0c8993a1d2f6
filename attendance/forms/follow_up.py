"""Forms of following up: missing registers, absence."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from attendance.models import FollowUpSetting, LessonQuerySet
from kvs.models import User
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

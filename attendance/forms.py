"""Forms of lessons and registers."""

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attendance import rules
from attendance.actions import Row
from attendance.models import Lesson, Mark
from kvs.models import Role, User
from kvs.widgets import DateInput
from students.forms import LabelledChoice

MOST_MINUTES = 600  # of a lesson: constraint lesson_minutes


class RowForm(forms.Form):
    """One student of a register, named `<enrolment>-state`, `-minutes` and `-version` in the page."""

    state = forms.ChoiceField(
        choices=[("", ""), *Mark.State.choices],
        required=False,
        error_messages={"invalid_choice": _("Choose one of the states in the list.")},
    )
    minutes = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_MINUTES,
        error_messages={"invalid": _("Fill in the minutes as a whole number, such as 15.")},
    )
    version = forms.IntegerField(required=False, min_value=0)

    def clean(self) -> None:
        """Minutes left behind in a field that does not count for this state are nobody's mistake."""
        if self.cleaned_data.get("state") not in rules.WITH_MINUTES:
            self.errors.pop("minutes", None)

    def row(self, enrolment: uuid.UUID) -> Row:
        """What was said, once valid."""
        known = self.cleaned_data
        return Row(enrolment, known["state"], known.get("minutes") or 0, known["version"] or 0)


def row_forms(data: QueryDict) -> dict[uuid.UUID, RowForm]:
    """The rows in a posted register by enrolment. A row is there when its version is: an untouched proposal has no state."""
    found = {}
    for name in data:
        enrolment = _uuid(name.removesuffix("-version")) if name.endswith("-version") else None
        if enrolment:
            found[enrolment] = RowForm(data, prefix=str(enrolment))
    return found


def _uuid(text: str) -> uuid.UUID | None:
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if str(found) == text else None


class DayForm(forms.Form):
    """Which day the start page of a teacher shows."""

    dag = forms.DateField(required=False)


class LessonForm(forms.ModelForm[Lesson]):
    """An extra lesson. Day and times are asked apart, as people say them."""

    teacher = LabelledChoice(lambda user: user.full_name, label=_("teacher"), required=False)
    day = forms.DateField(label=_("day"), widget=DateInput())
    begins = forms.TimeField(label=_("from"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(label=_("until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    planned_minutes = forms.IntegerField(
        label=_("minutes of lesson"), help_text=_("Without breaks."), min_value=1, max_value=MOST_MINUTES
    )

    class Meta:
        model = Lesson
        fields = ("room", "subject", "delivery")

    field_order = ("day", "begins", "ends", "planned_minutes", "teacher", "room", "subject", "delivery")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teacher = self.fields["teacher"]
        assert isinstance(teacher, forms.ModelChoiceField)
        teacher.queryset = User.objects.with_role_today(Role.TEACHER)

    def clean(self) -> dict[str, Any]:
        """A lesson ends after it begins, on the same day."""
        known = super().clean() or self.cleaned_data
        begins, ends = known.get("begins"), known.get("ends")
        if begins and ends and ends <= begins:
            self.add_error("ends", _("A lesson ends after it begins."))
        return known

    def fields_of_lesson(self) -> dict[str, Any]:
        """What `plan_lesson` takes."""
        known = dict(self.cleaned_data)
        day, begins, ends = (known.pop(name) for name in ("day", "begins", "ends"))
        return {**known, "starts_at": _at(day, begins), "ends_at": _at(day, ends)}


def _at(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, tzinfo=timezone.get_default_timezone())


class CancelForm(forms.Form):
    """The lesson as the page showed it."""

    version = forms.IntegerField(widget=forms.HiddenInput)

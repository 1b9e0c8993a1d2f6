"""Forms of lessons and registers."""

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attendance import rules
from attendance.actions import Row
from attendance.models import Closure, Lesson, Mark, Slot
from kvs.models import Location, Role, User
from kvs.widgets import DateInput
from students.forms import LabelledChoice


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
        max_value=rules.LONGEST_LESSON,
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


class FromDayForm(forms.Form):
    """From which day a weekly lesson is to change, as the page of one of its lessons says."""

    vanaf = forms.DateField(required=False)


class LocationFilter(forms.Form):
    """Which location a page is about; empty: all within reach."""

    vestiging = forms.ModelChoiceField(
        Location.objects.none(), label=_("Location"), required=False, empty_label=_("All locations")
    )

    def __init__(self, data: QueryDict, *, locations: "QuerySet[Location]") -> None:
        super().__init__(data)
        chosen = self.fields["vestiging"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = locations

    @property
    def location(self) -> Location | None:
        """The one that is chosen; None for all, also for one that is out of reach."""
        return self.cleaned_data.get("vestiging") if self.is_valid() else None


class LessonForm(forms.ModelForm[Lesson]):
    """An extra lesson. Day and times are asked apart, as people say them."""

    teacher = LabelledChoice(lambda user: user.full_name, label=_("teacher"), required=False)
    day = forms.DateField(label=_("day"), widget=DateInput())
    begins = forms.TimeField(label=_("from"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(label=_("until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    planned_minutes = forms.IntegerField(
        label=_("minutes of lesson"), help_text=_("Without breaks."), min_value=1, max_value=rules.LONGEST_LESSON
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


class LessonChangeForm(LessonForm):
    """A lesson moved, or given by somebody else or elsewhere."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, lesson: Lesson, **kwargs: Any) -> None:
        begins, ends = timezone.localtime(lesson.starts_at), timezone.localtime(lesson.ends_at)
        names = ("planned_minutes", "teacher", "room", "subject", "delivery", "version")
        stored = {name: getattr(lesson, name) for name in names}
        times = {"day": lesson.day, "begins": begins.time(), "ends": ends.time()}
        super().__init__(*args, **(kwargs | {"initial": times | stored}))
        _keep_teacher(self.fields["teacher"], lesson.teacher_id)


class SlotForm(forms.ModelForm[Slot]):
    """A weekly lesson. With `slot` it is a change from a day on."""

    teacher = LabelledChoice(lambda user: user.full_name, label=_("teacher"), required=False)
    begins = forms.TimeField(label=_("from"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    ends = forms.TimeField(label=_("until"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    break_minutes = forms.IntegerField(
        label=_("minutes of break"), min_value=0, max_value=rules.LONGEST_LESSON, initial=0, help_text=_("All breaks together.")
    )
    from_day = forms.DateField(
        label=_("change from"), widget=DateInput(), help_text=_("Lessons before this day stay as they are.")
    )
    starts_on = forms.DateField(label=_("first day"), widget=DateInput())
    ends_on = forms.DateField(
        label=_("last day"), widget=DateInput(), required=False, help_text=_("Empty: as long as the group runs.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Slot
        fields = ("weekday", "room", "subject", "delivery")

    field_order = (
        *("from_day", "weekday", "begins", "ends", "break_minutes", "teacher", "room", "subject", "delivery"),
        *("starts_on", "ends_on", "version"),
    )

    def __init__(self, *args: Any, slot: Slot | None = None, initial: dict[str, Any] | None = None, **kwargs: Any) -> None:
        names = ("weekday", "begins", "ends", "break_minutes", "teacher", "room", "subject", "delivery", "ends_on", "version")
        stored = {name: getattr(slot, name) for name in names} if slot else {}
        super().__init__(*args, **(kwargs | {"initial": stored | (initial or {})}))
        del self.fields["starts_on" if slot else "from_day"]
        if not slot:
            del self.fields["version"]
        _keep_teacher(self.fields["teacher"], slot.teacher_id if slot else None)

    def clean(self) -> dict[str, Any]:
        """A lesson ends after it begins, on the same day."""
        known = super().clean() or self.cleaned_data
        begins, ends = known.get("begins"), known.get("ends")
        if begins and ends and ends <= begins:
            self.add_error("ends", _("A lesson ends after it begins."))
        return known


def _keep_teacher(field: forms.Field, teacher: object) -> None:
    """Teachers of today, and who stands there already."""
    assert isinstance(field, forms.ModelChoiceField)
    today = User.objects.with_role_today(Role.TEACHER)
    field.queryset = User.objects.filter(Q(pk__in=today.values("pk")) | Q(pk=teacher)).order_by("call_name", "surname")


class EndSlotForm(forms.Form):
    """The last day of a weekly lesson."""

    ends_on = forms.DateField(
        label=_("last day"), widget=DateInput(), help_text=_("Lessons after it that have no register yet are taken away.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class MakeLessonsForm(forms.Form):
    """For which days lessons are made from the timetable."""

    since = forms.DateField(label=_("from and including"), widget=DateInput())
    until = forms.DateField(label=_("until and including"), widget=DateInput())

    def clean(self) -> dict[str, Any]:
        """The period runs forwards."""
        known = super().clean() or self.cleaned_data
        if known.get("since") and known.get("until") and known["until"] < known["since"]:
            self.add_error("until", _("The last day cannot be before the first day."))
        return known


class ClosureForm(forms.ModelForm[Closure]):
    """Days without lessons."""

    location = LabelledChoice(lambda location: location.name, label=_("location"), required=False)
    starts_on = forms.DateField(label=_("first day"), widget=DateInput())
    ends_on = forms.DateField(label=_("last day"), widget=DateInput())

    class Meta:
        model = Closure
        fields = ("name",)

    field_order = ("name", "location", "starts_on", "ends_on")

    def __init__(self, *args: Any, locations: "QuerySet[Location]", whole_school: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        location = self.fields["location"]
        assert isinstance(location, forms.ModelChoiceField)
        location.required = not whole_school
        if whole_school:
            location.help_text = _("Leave empty for the whole school.")
        location.queryset = locations

    def clean(self) -> dict[str, Any]:
        """The period runs forwards."""
        known = super().clean() or self.cleaned_data
        if known.get("starts_on") and known.get("ends_on") and known["ends_on"] < known["starts_on"]:
            self.add_error("ends_on", _("The last day cannot be before the first day."))
        return known


class CancelForm(forms.Form):
    """The lesson as the page showed it."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class RemoveClosureForm(CancelForm):
    """The closure as the page showed it, and whether its lessons to come go on after all."""

    resume = forms.BooleanField(label=_("Let these lessons go on after all"), required=False, initial=True)

    def __init__(self, *args: Any, version: int, lessons: int, **kwargs: Any) -> None:
        super().__init__(*args, **(kwargs | {"initial": {"version": version}}))
        if not lessons:
            del self.fields["resume"]

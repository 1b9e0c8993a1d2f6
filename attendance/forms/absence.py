"""Forms of absence: of the administration, of the student, and of the school's choice."""

import datetime as dt
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attendance import absence_reasons as reasons
from attendance.actions.absence import day_start
from attendance.models import AbsenceSettings
from kvs.widgets import DateInput
from students.forms import LabelledChoice
from students.models import Client, Group

ONE_DAY = dt.timedelta(days=1)
TODAY, OPEN = "today", "open"


def _time(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, widget=widget, required=False)


class AbsenceForm(forms.Form):
    """From which day until which day, and why. `settings` decides whether a reason is asked at all."""

    reason = forms.ChoiceField(label=_("reason of absence"), error_messages={"required": _("Choose a reason.")})
    first = forms.DateField(label=_("first day"), widget=DateInput())
    last = forms.DateField(label=_("last day"), widget=DateInput(), required=False, help_text=_("Empty: until further notice."))
    begins = _time(_("from what time"))
    ends = _time(_("until what time"))

    student_says = False

    def __init__(self, *args: Any, settings: AbsenceSettings, initial: dict[str, Any] | None = None, **kwargs: Any) -> None:
        today = timezone.localdate()
        super().__init__(*args, **(kwargs | {"initial": {"first": today, "last": today} | (initial or {})}))
        self.settings = settings
        if not settings.reasons_from:
            del self.fields["reason"]
            return
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        found = reasons.choices(today, student=self.student_says, before=True)
        field.choices = [*([("", "---------")] if self.student_says else []), *self.offered(found)]
        field.required = settings.asks_on(today)

    def offered(self, found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """Which of the reasons are shown."""
        return found

    def clean(self) -> dict[str, Any]:
        """The period runs forwards; times belong to a part of one day."""
        known = super().clean() or self.cleaned_data
        first, last, begins, ends = (known.get(name) for name in ("first", "last", "begins", "ends"))
        if first and not 2000 <= first.year <= 2100:
            self.add_error("first", _("Is the year right?"))
        if last and not 2000 <= last.year <= 2100:
            self.add_error("last", _("Is the year right?"))
        if first and last and last < first:
            self.add_error("last", _("The last day cannot be before the first day."))
        if (begins or ends) and first != last:
            self.add_error(
                "begins" if begins else "ends", _("A time is only for a part of one day: first and last day are the same.")
            )
        elif begins and ends and ends <= begins:
            self.add_error("ends", _("Absence ends after it begins."))
        return known

    def said(self) -> dict[str, Any]:
        """What the actions take."""
        known = self.cleaned_data
        first, last, begins, ends = (known[name] for name in ("first", "last", "begins", "ends"))
        begin = at(first, begins) if begins else day_start(first)
        end = at(last, ends) if ends else day_start(last + ONE_DAY) if last else None
        return {"starts_at": begin, "ends_at": end, "reason": known.get("reason", "")}


def at(day: dt.date, time: dt.time) -> dt.datetime:
    """That moment, school time."""
    return dt.datetime.combine(day, time, tzinfo=timezone.get_default_timezone())


class LeaveForm(AbsenceForm):
    """A student asks leave, or tells something else than an illness. An illness has a button of its own."""

    student_says = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last"].required = True
        self.fields["last"].help_text = ""
        self.fields["begins"].help_text = _("Only for a part of one day.")
        if "reason" in self.fields:
            self.fields["reason"].label = _("why can you not come?")

    def offered(self, found: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        """All but illness."""
        return [row for row in found if row[0] != reasons.ILL]


class SickForm(forms.Form):
    """A student cannot come: today, or until further notice. No reason is typed and none is chosen."""

    until = forms.ChoiceField(
        label=_("how long?"),
        choices=[(TODAY, _("only today")), (OPEN, _("I do not know yet"))],
        widget=forms.RadioSelect,
        initial=TODAY,
    )

    def said(self) -> dict[str, Any]:
        """What the action takes; the reason is the view's."""
        today = timezone.localdate()
        end = day_start(today + ONE_DAY) if self.cleaned_data["until"] == TODAY else None
        return {"starts_at": day_start(today), "ends_at": end}


class WhyForm(forms.Form):
    """Why somebody was not in a lesson on `day`."""

    reason = forms.ChoiceField(
        label=_("why were you not there?"), widget=forms.RadioSelect, error_messages={"required": _("Choose a reason.")}
    )

    def __init__(self, *args: Any, day: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = reasons.choices(day, student=True, before=False)


class WhichForm(forms.Form):
    """Which absences without a reason are listed."""

    group = LabelledChoice(lambda group: group.name, label=_("group"), required=False)
    maand = forms.RegexField(r"^\d{4}-\d{2}$", required=False)
    opdrachtgever = LabelledChoice(lambda client: client.name, label=_("client"), required=False)

    def __init__(self, *args: Any, groups: "QuerySet[Group]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        group = self.fields["group"]
        assert isinstance(group, forms.ModelChoiceField)
        group.queryset = groups
        group.empty_label = _("all groups")
        client = self.fields["opdrachtgever"]
        assert isinstance(client, forms.ModelChoiceField)
        client.queryset, client.empty_label = Client.objects.order_by("name"), _("all clients")


class BackForm(forms.Form):
    """From which day somebody comes again."""

    back = forms.DateField(label=_("comes again from"), widget=DateInput())
    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean_back(self) -> dt.date:
        """A day within reach."""
        day: dt.date = self.cleaned_data["back"]
        if not 2000 <= day.year <= 2100:
            raise forms.ValidationError(_("Is the year right?"))
        return day


class AnswerForm(forms.Form):
    """The answer to a student who asks leave."""

    decision = forms.ChoiceField(choices=[("approve", ""), ("refuse", "")])
    version = forms.IntegerField(min_value=1)


class VersionForm(forms.Form):
    """A row as the page showed it."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class AbsenceSettingsForm(forms.ModelForm[AbsenceSettings]):
    """Whether and how long the school asks for reasons."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = AbsenceSettings
        fields = ("reasons_from", "student_days", "unknown_days")
        widgets = {"reasons_from": DateInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version

    def _post_clean(self) -> None:
        """The action judges the row."""

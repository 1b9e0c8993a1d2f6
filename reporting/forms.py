"""Forms of reporting. The form that asks for a report stands in the report's own file."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import fields_for_model
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from kvs import catalogue
from kvs.vocabulary import MUNICIPALITY
from kvs.widgets import DateInput, MomentField
from reporting import given, profile, rules
from reporting.actions import clients_of
from reporting.models import (
    RECIPIENTS,
    ColumnProfile,
    Disclosure,
    GivenByHand,
    ProfileColumn,
    ReportFile,
    ReportRun,
    a_code,
)
from reporting.report import Column, Report
from reporting.timeline import Kind, Period
from students.models import Student

FILE_WAYS = [way for way in Disclosure.Channel.choices if way[0] in ("portal", "secure_mail", "paper")]  # a file is not told


class HandOverForm(forms.Form):
    """Which file went, and how."""

    file = forms.ModelChoiceField(ReportFile.objects.none(), label=_("Which file"), empty_label=None, widget=forms.RadioSelect)
    channel = forms.ChoiceField(label=_("How it went"), choices=FILE_WAYS, widget=forms.RadioSelect)
    despite = forms.ChoiceField(
        label=_("Why does it go all the same?"), choices=Disclosure.Despite, required=False, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, run: ReportRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        files: Any = self.fields["file"]
        files.queryset = run.files.select_related("file", "run__client").filter(file__expires_at__gt=timezone.now())
        files.label_from_instance = lambda file: file.label
        if run.waits:
            self.fields["despite"].required = True
        else:
            del self.fields["despite"]
        if run.definition.layout:  # the papers beside it stay inside
            files.queryset = files.queryset.exclude(name="")
        if run.definition.carries_bsn:
            ways: Any = self.fields["channel"]
            ways.choices = [(Disclosure.Channel.PORTAL.value, Disclosure.Channel.PORTAL.label)]


SPARE_COLUMNS = 3  # empty ones at the end of the form, for what the recipient turns out to want as well


def _code_fields(column: Column) -> dict[str, str]:
    """Field name -> value, for each value of a column that may have a code."""
    return {f"code-{column.name}-{value}": value for value, _label in column.values}


class LayoutForm(forms.ModelForm[ColumnProfile]):
    """A new version of a layout: what the present one says, to be corrected. Columns and codes become fields too."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    PARTS = ("position", "head", "source", "required", "max_length", "confirmed", "basis")

    class Meta:
        model = ColumnProfile
        fields = profile.FACTS
        widgets = {"valid_from": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})}
        help_texts = {
            "valid_from": _("From this day every new file is made by this version. Files made earlier stay as they are."),
            "basis": _("For example the name and page of DUO's handbook, or the date of an accepted file."),
        }

    def __init__(self, data: Any, *, report: Report, present: ColumnProfile) -> None:
        start = {name: getattr(present, name) for name in profile.FACTS} | {"valid_from": timezone.localdate()}
        super().__init__(data, initial=start)
        self.layout = profile.layout_of(report)
        self.facts_kept = {name: getattr(present, name) for name in profile.FACTS}
        self.facts_shown = profile.facts_of(self.layout)
        for name in set(profile.FACTS) - set(self.facts_shown):
            del self.fields[name]
        self.fields["version"].initial = present.version
        self.coded = [column for column in self.layout.columns if column.values]
        self.rows = len(present.parts) + SPARE_COLUMNS
        for number in range(self.rows):
            self._add_column(number, present.parts[number] if number < len(present.parts) else None)
        known = {part.source: part.codes for part in present.parts}
        for column in self.coded:
            for (value, label), name in zip(column.values, _code_fields(column), strict=True):
                initial = known.get(column.name, {}).get(value, "")
                self.fields[name] = forms.CharField(
                    label=capfirst(str(label)), required=False, max_length=20, initial=initial, validators=[a_code]
                )

    def _add_column(self, number: int, part: ProfileColumn | None) -> None:
        choices = [("", _("stays empty")), *((column.name, capfirst(str(column.head))) for column in self.layout.columns)]
        made = fields_for_model(ProfileColumn, fields=[name for name in self.PARTS if name != "source"])
        made["source"] = forms.ChoiceField(choices=choices, required=False, label=_("Filled with"))
        for name in self.PARTS:
            field = made[name]
            assert field is not None
            field.initial = getattr(part, name) if part else {"required": False, "position": None}.get(name)
            field.required = False
            self.fields[f"{name}-{number}"] = field

    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields under the headings they are filled in under: first the codes, which every school has to fill in."""
        codes = [
            (_("Codes for: %(what)s") % {"what": column.head}, [self[name] for name in _code_fields(column)])
            for column in self.coded
        ]
        columns = [(self._title(number), [self[f"{name}-{number}"] for name in self.PARTS]) for number in range(self.rows)]
        return [*codes, (_("How the file is written"), [self[name] for name in self.facts_shown]), *columns]

    def _title(self, number: int) -> str:
        head = self[f"head-{number}"].value()
        return _("Column %(number)d: %(head)s") % {"number": number + 1, "head": head} if head else str(_("One more column"))

    def clean_valid_from(self) -> Any:
        """Not before today: what was made is made."""
        day = self.cleaned_data["valid_from"]
        if day < timezone.localdate():
            raise ValidationError(_("A new version holds from today or later."))
        return day

    def clean(self) -> dict[str, Any]:
        """Columns with a head, each at a place of its own; one without head is taken out."""
        data = super().clean() or {}
        taken: dict[int, int] = {}
        for number in range(self.rows):
            if not data.get(f"head-{number}"):
                if data.get(f"source-{number}") and f"head-{number}" not in self.errors:
                    self.add_error(f"head-{number}", _("Fill in the head, or choose “stays empty” to take this column out."))
                continue
            place = data.get(f"position-{number}")
            if place is None and f"position-{number}" not in self.errors:
                self.add_error(f"position-{number}", _("Fill in the place of this column."))
            elif place in taken:
                self.add_error(f"position-{number}", _("Another column has this place."))
            taken[place or 0] = number
        return data

    def facts(self) -> dict[str, Any]:
        """What the version says beside its columns."""
        return self.facts_kept | {name: self.cleaned_data[name] for name in self.facts_shown}

    def columns(self) -> list[dict[str, Any]]:
        """The columns with their codes, in order."""
        data = self.cleaned_data
        kept = [{name: data[f"{name}-{number}"] for name in self.PARTS} for number in range(self.rows) if data[f"head-{number}"]]
        codes = {column.name: {value: data[name] for name, value in _code_fields(column).items()} for column in self.coded}
        return sorted(({**part, "codes": codes.get(part["source"], {})} for part in kept), key=lambda part: part["position"])


TO_CLIENT, TO_KNOWN = "client:", "known:"


class GivenForm(forms.Form):
    """What was given about a student by mouth, telephone, letter or screen."""

    to = forms.ChoiceField(label=_("To whom"))
    organisation = forms.ChoiceField(
        label=_("What sort of organisation"), choices=[("", "---------"), *Disclosure.Organisation.choices], required=False
    )
    name = forms.CharField(
        label=_("Name of the organisation"),
        max_length=100,
        required=False,
        help_text=_("Only for another organisation. Of an organisation, not of a person."),
    )
    categories = forms.MultipleChoiceField(
        label=_("Which data"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Data about health are not in this list: they are never given this way."),
    )
    purpose = forms.ChoiceField(label=_("Why"), choices=[("", "---------"), *given.PURPOSES.items()])
    law = forms.CharField(
        label=_("Which law"), max_length=120, required=False, help_text=_("Law and article, when a law or a court demands it.")
    )
    consent_on = forms.DateField(
        label=_("The student agreed on"), widget=DateInput(), required=False, help_text=_("When the student agreed to this.")
    )
    channel = forms.ChoiceField(label=_("How it went"), choices=Disclosure.Channel, widget=forms.RadioSelect)
    at = MomentField(label=_("When"))
    identity = forms.ChoiceField(label=_("How did you know who asked?"), choices=GivenByHand.Identity, widget=forms.RadioSelect)
    asked_by = forms.CharField(
        label=_("Who asked"), max_length=100, required=False, help_text=_("Name of the person who asked for it.")
    )
    note = forms.CharField(
        label=_("Note"), max_length=200, required=False, help_text=_("Short. Nothing about health, and not the data themselves.")
    )

    def __init__(self, *args: Any, student: Student, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clients = {str(client.pk): client for client in clients_of(student)}
        known = [(f"{TO_KNOWN}{one.code}", one.name) for one in RECIPIENTS.values() if one is not MUNICIPALITY]
        to: Any = self.fields["to"]
        to.choices = [
            ("", "---------"),
            *((f"{TO_CLIENT}{pk}", client.name) for pk, client in self.clients.items()),
            *known,
            (rules.OTHER, _("another organisation")),
        ]
        self.fields["categories"].choices = [(code, catalogue.category(code).title) for code in rules.GIVEABLE]  # type: ignore[attr-defined]
        self.fields["at"].initial = timezone.localtime().replace(second=0, microsecond=0)

    def clean(self) -> dict[str, Any]:
        """What belongs to another choice is not kept; what a choice needs is there."""
        data = super().clean() or {}
        if data.get("to") == rules.OTHER:
            for name, text in (("organisation", _("Choose what sort of organisation it is.")), ("name", _("Fill in the name."))):
                if not data.get(name):
                    self.add_error(name, text)
        if data.get("identity") == GivenByHand.Identity.UNASKED:
            data["asked_by"] = ""
        elif data.get("identity") and not data.get("asked_by"):
            self.add_error("asked_by", _("Fill in who asked. Or choose that nobody asked."))
        if data.get("consent_on") and data["consent_on"] > timezone.localdate():
            self.add_error("consent_on", _("This date lies in the future."))
        return data

    def facts(self) -> dict[str, Any]:
        """What the action takes."""
        typed = {name: value for name, value in self.cleaned_data.items() if name != "to"}
        to = self.cleaned_data["to"]
        client = self.clients.get(to.removeprefix(TO_CLIENT)) if to.startswith(TO_CLIENT) else None
        typed["recipient"] = MUNICIPALITY.code if client else to.removeprefix(TO_KNOWN)
        if to != rules.OTHER:
            typed |= {"organisation": "", "name": ""}
        if typed["purpose"] != rules.LEGAL_DEMAND:
            typed["law"] = ""
        if typed["purpose"] != rules.CONSENT:
            typed["consent_on"] = None
        return {**typed, "client": client}


class WithdrawForm(forms.Form):
    """Why a record was wrong."""

    reason = forms.ChoiceField(label=_("Why is it wrong?"), choices=Disclosure.Withdrawn, widget=forms.RadioSelect)


class TimelineFilter(forms.Form):
    """Which part of a timeline is shown."""

    soort = forms.ChoiceField(label=_("What"), required=False)
    van = forms.DateField(label=_("From"), required=False, widget=DateInput)
    tot = forms.DateField(label=_("Until and including"), required=False, widget=DateInput)

    def __init__(self, data: Any, *, kinds: list[Kind]) -> None:
        super().__init__(data)
        choices: Any = self.fields["soort"]
        choices.choices = [("", _("everything")), *((kind.value, kind.label) for kind in kinds)]

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first."""
        found = super().clean() or {}
        first, last = found.get("van"), found.get("tot")
        if first and last and last < first:
            self.add_error("tot", _("The last day cannot be before the first day."))
        return found

    @property
    def period(self) -> Period:
        """The days that were asked for."""
        return Period(self.cleaned_data.get("van"), self.cleaned_data.get("tot"))

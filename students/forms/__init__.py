"""What people type about students, programmes, contracts, groups and clients."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from stdnum.nl import bsn as elfproef

from kvs.models import Location, Role, User
from kvs.widgets import DateInput, LongSelect
from students import rules
from students.models import (
    CaseManager,
    Client,
    Contract,
    CorrectionProposal,
    Enrolment,
    Exemption,
    Group,
    Programme,
    Student,
    TeachingAssignment,
)
from students.models.groups import GroupQuerySet


class BsnField(forms.CharField):
    """A BSN as people type it: "1234.56.782". Eight digits are refused, not padded: a lost zero must be seen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=20, required=False, label="BSN", **options)
        self.widget.attrs |= {"autocomplete": "off", "inputmode": "numeric", "spellcheck": "false"}

    def clean(self, value: Any) -> str | None:
        """Nine digits or None; raises ValidationError that tells what is wrong, never repeating the number."""
        digits = re.sub(r"[\s.\-]", "", super().clean(value))
        if not digits:
            return None
        if not digits.isascii() or not digits.isdigit():
            raise ValidationError(_("A BSN has digits only."))
        if len(digits) != 9:
            raise ValidationError(
                _("A BSN has nine digits; this has %(count)d. Is a zero missing at the front?"), params={"count": len(digits)}
            )
        if not elfproef.is_valid(digits):
            raise ValidationError(_("This is not a valid BSN: check the digits on the document."))
        return digits


class LabelledChoice(forms.ModelChoiceField[Any]):
    """A choice of rows whose own text (`str`) names nobody: `label_of` says what people read."""

    def __init__(self, label_of: Callable[[Any], str], *, label: Any, required: bool = True) -> None:
        super().__init__(queryset=None, label=label, required=required)
        self.label_of = label_of

    def label_from_instance(self, obj: Model) -> str:
        """What people read."""
        return self.label_of(obj)


def leave_numbers_to_model(form: forms.BaseForm) -> None:
    """Numbers out of range get the sentence of the model; the field's own would speak of 0."""
    for field in form.fields.values():
        if isinstance(field, forms.IntegerField) and not field.widget.is_hidden:
            field.validators = []
            field.widget.attrs.pop("min", None)


class StudentForm(forms.ModelForm[Student]):
    """All of a student that is not a programme. Used to register and to change."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    SECTIONS = (
        (_("Name"), ("given_names", "call_name", "infix", "surname", "gender")),
        (_("Birth and origin"), ("birth_day", "birth_month", "birth_year", "birth_place", "birth_country", "nationality")),
        (_("Residence"), ("arrived_on", "residence_permit", "residence_permit_until")),
        (
            _("Address and contact"),
            ("street", "house_number", "postcode", "city", "phone", "email", "contact_language", "no_survey"),
        ),
        (
            _("Education, work and languages"),
            ("education_level", "school_years", "other_languages", "work_experience", "availability"),
        ),
        (_("Registration"), ("intake_location",)),
    )

    class Meta:
        model = Student
        fields = (
            "given_names",
            "call_name",
            "infix",
            "surname",
            "gender",
            "birth_day",
            "birth_month",
            "birth_year",
            "birth_place",
            "birth_country",
            "nationality",
            "arrived_on",
            "residence_permit",
            "residence_permit_until",
            "street",
            "house_number",
            "postcode",
            "city",
            "phone",
            "email",
            "contact_language",
            "no_survey",
            "other_languages",
            "education_level",
            "school_years",
            "work_experience",
            "availability",
            "intake_location",
        )
        widgets = {
            "arrived_on": DateInput(),
            "residence_permit": forms.TextInput({"autocomplete": "off", "maxlength": 40}),
            "residence_permit_until": DateInput(),
        }

    def __init__(self, *args: Any, locations: "QuerySet[Location]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        leave_numbers_to_model(self)
        chosen = self.fields["intake_location"]
        assert isinstance(chosen, forms.ModelChoiceField)
        own = self.instance.intake_location_id  # kept when somebody of another location changes a telephone number
        chosen.queryset = locations | Location.objects.filter(pk=own) if own else locations
        if not own and len(locations) == 1:
            chosen.initial, chosen.empty_label = locations[0], None
        self.fields["contact_language"].widget = forms.Select(choices=[("", ""), *rules.CONTACT_LANGUAGES])
        self.fields["version"].initial = self.instance.version
        for name in ("birth_day", "birth_month", "birth_year"):
            self.fields[name].widget.attrs |= {"inputmode": "numeric"}

    def sections(self) -> "list[tuple[Any, list[forms.BoundField]]]":
        """The fields under the headings they are filled in under."""
        return [(title, [self[name] for name in names]) for title, names in self.SECTIONS]

    def clean_surname(self) -> str:
        """The surname without double spaces."""
        return " ".join(self.cleaned_data["surname"].split())

    def clean_postcode(self) -> str:
        """ "1234 AB"; a foreign postcode stays as typed."""
        return rules.postcode_normalised(self.cleaned_data["postcode"])

    def clean_arrived_on(self) -> Any:
        """Nobody arrived in the future."""
        arrived = self.cleaned_data["arrived_on"]
        if arrived and arrived > timezone.localdate():
            raise ValidationError(_("This date lies in the future."))
        return arrived

    def clean(self) -> dict[str, Any]:
        """The parts of the birth date fit together; parts may be unknown (decisions.md 40)."""
        data = super().clean() or {}
        year, month, day = (data.get(f"birth_{part}") for part in ("year", "month", "day"))
        problem = rules.birth_date_problem(year, month, day)
        if problem == "gap":
            self.add_error("birth_year", _("A day needs a month and a month needs a year. Leave empty what is unknown."))
        elif problem == "month":
            self.add_error("birth_month", _("A month is a number from 1 to 12."))
        elif problem == "day":
            self.add_error("birth_day", _("This month has no such day."))
        if year and not 1900 <= year <= timezone.localdate().year:
            self.add_error("birth_year", _("A year of birth has four digits and does not lie in the future."))
        return data


class ProgrammeForm(forms.ModelForm[Programme]):
    """On what ground somebody learns here. The BSN field is empty on opening: a stored number is replaced, never shown."""

    bsn = BsnField(help_text=_("Only with a legal ground. Leave empty to keep what is stored."))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Programme
        fields = (
            "law",
            "route",
            "target_level",
            "starts_on",
            "ends_on",
            "pip_on",
            "term_ends_on",
            "status_holder",
            "status_source",
            "pip_language_hours",
            "pip_knm_hours",
            "pip_participation_hours",
            "pip_week_hours",
            "is_elip",
            "has_duo_loan",
            "bsn_basis",
        )
        widgets = {name: DateInput() for name in ("starts_on", "ends_on", "pip_on", "term_ends_on")}

    field_order = (*Meta.fields, "bsn", "version")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version

    def clean(self) -> dict[str, Any]:
        """A BSN never comes in without its ground."""
        data = super().clean() or {}
        if data.get("bsn") and not data.get("bsn_basis"):
            self.add_error("bsn", _("Choose the ground for the BSN first. Without a ground the school may not keep it."))
        return data


class ContractForm(forms.ModelForm[Contract]):
    """What was agreed for a programme."""

    case_manager = LabelledChoice(
        lambda person: f"{person.full_name} ({person.client.name})", label=_("case manager"), required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Contract
        fields = ("client", "case_manager", "course", "hours", "reference", "starts_on", "ends_on")
        widgets = {"starts_on": DateInput(), "ends_on": DateInput()}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        leave_numbers_to_model(self)
        client, manager = self.fields["client"], self.fields["case_manager"]
        assert isinstance(client, forms.ModelChoiceField)
        assert isinstance(manager, forms.ModelChoiceField)
        client.empty_label = str(_("The student pays"))
        manager.queryset = CaseManager.objects.visible_to(user).select_related("client")
        self.fields["version"].initial = self.instance.version


def programme_label(programme: Programme) -> str:
    """A programme in a list of choices: "Wi2021, B1-route, vanaf 12 jan 2026"."""
    parts = [programme.get_law_display(), programme.get_route_display() if programme.route else ""]
    return ", ".join(str(part) for part in parts if part) + f" ({programme.starts_on:%d-%m-%Y})"


class EnrolmentForm(forms.ModelForm[Enrolment]):
    """Place a student in a group."""

    programme = LabelledChoice(programme_label, label=_("programme"))

    class Meta:
        model = Enrolment
        fields = ("programme", "group", "starts_on", "ends_on")
        widgets = {"starts_on": DateInput(), "ends_on": DateInput()}

    def __init__(self, *args: Any, student: Student, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        programme, group = self.fields["programme"], self.fields["group"]
        assert isinstance(programme, forms.ModelChoiceField)
        assert isinstance(group, forms.ModelChoiceField)
        programme.queryset = Programme.objects.visible_to(user).filter(student=student)
        group.queryset = Group.objects.visible_to(user).not_ended(timezone.localdate()).order_by("name")
        if len(programme.queryset) == 1:
            programme.initial, programme.empty_label = programme.queryset[0], None

    def clean(self) -> dict[str, Any]:
        """A period runs forward: said here, because the overlap constraint cannot even be asked about another one."""
        data = super().clean() or {}
        starts, ends = data.get("starts_on"), data.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day cannot be before the first day."))
        return data


class ExemptionForm(forms.Form):
    """That somebody was exempted. No reason, no diagnosis: the school needs neither."""

    kind = forms.ChoiceField(label=_("Kind of exemption"), choices=Exemption.Kind, widget=forms.RadioSelect)
    body = forms.ChoiceField(label=_("Decided by"), choices=Exemption.Body, widget=forms.RadioSelect)
    decided_on = forms.DateField(label=_("Date of the decision"), widget=DateInput())
    version = forms.IntegerField(widget=forms.HiddenInput)


class EndEnrolmentForm(forms.Form):
    """Last day of a place."""

    ends_on = forms.DateField(label=_("Last day"), widget=DateInput())
    version = forms.IntegerField(widget=forms.HiddenInput)


class GroupForm(forms.ModelForm[Group]):
    """A group."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Group
        fields = ("name", "location", "kind", "capacity", "starts_on", "ends_on")
        widgets = {"starts_on": DateInput(), "ends_on": DateInput()}

    def __init__(self, *args: Any, locations: "QuerySet[Location]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        leave_numbers_to_model(self)
        location = self.fields["location"]
        assert isinstance(location, forms.ModelChoiceField)
        location.queryset = locations
        self.fields["kind"].required = True
        self.fields["version"].initial = self.instance.version


class GroupFilter(forms.Form):
    """Which groups are listed."""

    soort = forms.ChoiceField(
        label=_("kind of group"), required=False, choices=[("", _("all kinds")), *Group.Kind.choices[1:], ("-", _("not set"))]
    )

    def kept(self, groups: GroupQuerySet) -> GroupQuerySet:
        """Of `groups` those of the chosen kind; all of them for a choice that is none."""
        chosen = self.cleaned_data["soort"] if self.is_valid() else ""
        return groups.filter(kind=chosen.replace("-", "")) if chosen else groups


class AssignmentForm(forms.ModelForm[TeachingAssignment]):
    """Who teaches a group."""

    teacher = LabelledChoice(lambda user: user.full_name, label=_("teacher"))

    class Meta:
        model = TeachingAssignment
        fields = ("teacher", "starts_on", "ends_on")
        widgets = {"starts_on": DateInput(), "ends_on": DateInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teacher = self.fields["teacher"]
        assert isinstance(teacher, forms.ModelChoiceField)
        teacher.queryset = User.objects.with_role_today(Role.TEACHER)


class AccessForm(forms.Form):
    """Open one group for a substitute or auditor until a date."""

    user = LabelledChoice(lambda user: user.full_name, label=_("for whom"))
    starts_on = forms.DateField(label=_("from"), widget=DateInput())
    ends_on = forms.DateField(label=_("until and including"), widget=DateInput())
    reason = forms.CharField(label=_("reason"), max_length=200, help_text=_("For example: substitutes for a colleague."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = self.fields["user"]
        assert isinstance(user, LabelledChoice)
        user.queryset = User.objects.with_role_today(Role.TEACHER) | User.objects.with_role_today(Role.AUDITOR)

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first, and not before today."""
        data = super().clean() or {}
        starts, ends = data.get("starts_on"), data.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day cannot be before the first day."))
        elif ends and ends < timezone.localdate():
            self.add_error("ends_on", _("This day has passed."))
        return data


class ClientForm(forms.ModelForm[Client]):
    """A client."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Client
        fields = ("name", "kind", "municipality_code")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version


class CaseManagerForm(forms.ModelForm[CaseManager]):
    """A person at a client."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = CaseManager
        fields = ("call_name", "infix", "surname", "email", "phone", "starts_on", "ends_on")
        widgets = {"starts_on": DateInput(), "ends_on": DateInput()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version


class ListFilter(forms.Form):
    """Above the list of students: group and whether former students are shown."""

    group = forms.ChoiceField(required=False, label=_("Group"), widget=LongSelect)
    status = forms.ChoiceField(
        required=False,
        label=_("Status"),
        choices=[("", _("Current students")), ("former", _("Former students")), ("all", _("Everyone"))],
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        group = self.fields["group"]
        assert isinstance(group, forms.ChoiceField)
        groups = Group.objects.visible_to(user).not_ended(timezone.localdate()).order_by("name")
        group.choices = [("", _("All groups")), *groups.values_list("pk", "name")]


class OwnStudentForm(StudentForm):
    """The fields of the own file named by `names`, with the rules the office has for them."""

    def __init__(self, *args: Any, names: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, locations=Location.objects.none(), **kwargs)
        keep_only(self, names)


class OwnProgrammeForm(ProgrammeForm):
    """The fields of an own programme named by `names`."""

    def __init__(self, *args: Any, names: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep_only(self, names)


def keep_only(form: forms.BaseForm, names: Iterable[str]) -> None:
    """Take every other field out of a form, but for the version of its row."""
    kept = {*names, "version"}
    for name in [name for name in form.fields if name not in kept]:
        del form.fields[name]


class DecisionForm(forms.Form):
    """The school's answer to a proposed correction."""

    decision = forms.ChoiceField(choices=CorrectionProposal.Outcome)
    reason = forms.ChoiceField(
        label=_("Reason, if you do not change it"), choices=[("", ""), *CorrectionProposal.Reason.choices], required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class LanguageForm(forms.Form):
    """The language of the pages."""

    language = forms.ChoiceField(choices=settings.LANGUAGES)

"""What people type about requests, representatives, paper files and terms."""

import datetime as dt
import uuid
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kvs.models import Role, User
from kvs.widgets import DateInput
from privacy import rules
from privacy.forms.steps import StepForm
from privacy.models import Matter, PaperDossier, PrivacyRequest, Representation, RequestSetting, RequestTask
from privacy.words import law_in_words
from students.models import CaseManager, Student
from students.rules import age_on

Kind, Channel, Person = PrivacyRequest.Kind, PrivacyRequest.Channel, PrivacyRequest.Person
WHO_HELP = gettext_lazy(
    "The number of the student, or the e-mail address of a colleague or a case manager. Leave empty when you find nobody."
)
NOT_FOUND = gettext_lazy("Nobody is known by this. Check it, or leave it empty and choose: somebody we have not found yet.")


class Found(NamedTuple):
    """Somebody who is known here."""

    audit_id: uuid.UUID
    person: Model


def find_subject(person_kind: str, who: str, user: User) -> Found | None:
    """The person behind a student number or an e-mail address, as far as `user` may find people of that kind."""
    person: Any = None
    if person_kind == Person.STUDENT:
        person = Student.objects.visible_to(user).filter(number=who.upper()).first()
    elif person_kind == Person.STAFF:
        person = User.objects.filter(email__iexact=who).exclude(memberships__role=Role.STUDENT).first()
    elif person_kind == Person.CASE_MANAGER:
        person = CaseManager.objects.visible_to(user).filter(email__iexact=who).first()
    return Found(person.audit_id, person) if person else None


def age_of(person: Model | None, day: dt.date) -> int | None:
    """The age on `day` of a student whose birth date is known."""
    return age_on(day, person.birth_year, person.birth_month, person.birth_day) if isinstance(person, Student) else None


def representation_label(row: Representation) -> str:
    """A representative in a list of choices."""
    return f"{row.name} ({row.get_kind_display()}): {row.subject_name}"


class RepresentationField(forms.ModelChoiceField[Representation]):
    """A choice of representatives, by name."""

    def label_from_instance(self, obj: Representation) -> str:
        """What people read."""
        return representation_label(obj)


class WhoForm(forms.Form):
    """Whose data, found by a number or an address."""

    person_kind = forms.ChoiceField(label=gettext_lazy("whose data"), choices=Person)
    who = forms.CharField(
        label=gettext_lazy("student number or e-mail address"), max_length=254, required=False, help_text=WHO_HELP
    )
    found: Found | None = None

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        """Find the person that was named."""
        data = super().clean() or {}
        who, kind = data.get("who", ""), data.get("person_kind", "")
        self.found = find_subject(kind, who, self.user) if who else None
        if who and self.found is None:
            self.add_error("who", NOT_FOUND)
        return data


class IntakeForm(WhoForm):
    """A request that came in by letter, by e-mail or at the desk."""

    kind = forms.ChoiceField(label=gettext_lazy("what is asked"), choices=Kind)
    channel = forms.ChoiceField(
        label=gettext_lazy("how it came in"),
        choices=[choice for choice in Channel.choices if choice[0] != Channel.PORTAL],
        widget=forms.RadioSelect,
    )
    received_on = forms.DateField(
        label=gettext_lazy("received on"), widget=DateInput(), help_text=gettext_lazy("The term runs from this day.")
    )
    name = forms.CharField(label=gettext_lazy("name of the person"), max_length=200)
    representation = RepresentationField(
        queryset=Representation.objects.none(),
        required=False,
        label=gettext_lazy("asked by a representative"),
        empty_label=gettext_lazy("No, by the person"),
    )
    matter = forms.ChoiceField(label=gettext_lazy("what it is about"), choices=Matter, initial=Matter.EVERYTHING)
    contact = forms.CharField(
        label=gettext_lazy("where the answer goes"),
        max_length=400,
        help_text=gettext_lazy("Address, or e-mail address."),
    )
    words = forms.CharField(
        label=gettext_lazy("what the person says"),
        max_length=4000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("Only what is needed to answer. No health, and no copy or number of a document."),
    )
    seen = forms.BooleanField(label=gettext_lazy("I saw the document of who asks, at the desk. I made no copy."), required=False)
    field_order = (
        "kind",
        "channel",
        "received_on",
        "person_kind",
        "who",
        "name",
        "representation",
        "matter",
        "contact",
        "words",
        "seen",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields["received_on"].initial = timezone.localdate
        self.fields["representation"].queryset = Representation.objects.visible_to(user)  # type: ignore[attr-defined]
        self.fields["channel"].initial = Channel.LETTER

    def clean(self) -> dict[str, Any]:
        """A representative acts for this person, in this matter, on this day (UAVG 5)."""
        data = super().clean()
        one, day = data.get("representation"), data.get("received_on")
        if one and day and not self.errors:
            if self.found is None or one.subject_audit_id != self.found.audit_id:
                self.add_error(
                    "representation", _("This representative acts for somebody else. Fill in the number of that student.")
                )
            elif not rules.representative_may_act(one.standing, age_of(self.found.person, day), day, data["matter"]):
                self.add_error("representation", self._why_not(one, day))
        if data.get("seen") and data.get("channel") != Channel.DESK:
            self.add_error("seen", _("You see somebody at the desk only."))
        return data

    def _why_not(self, one: Representation, day: dt.date) -> str:
        assert self.found
        age = age_of(self.found.person, day)
        if not one.standing.holds_on(day):
            return _("On the day of the request this representative did not act for the student.")
        if one.kind == Representation.Kind.PARENT and (age is None or age >= rules.ALONE_FROM):
            return _("From 16 years on somebody asks this alone (UAVG 5). Is the date of birth in the file?")
        return _("This representative does not act in this matter.")


class OwnRequestForm(forms.Form):
    """What the person adds; nobody has to explain a request."""

    words = forms.CharField(
        label=gettext_lazy("Do you want to say more?"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy("You do not have to say why."),
    )


class RecogniseForm(StepForm, WhoForm):
    """Whose request it is, for one of somebody nobody had found."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["who"].required = True
        found = [choice for choice in Person.choices if choice[0] in (Person.STUDENT, Person.STAFF, Person.CASE_MANAGER)]
        self.fields["person_kind"].choices = found  # type: ignore[attr-defined]

    def facts(self) -> dict[str, Any]:
        """The person who was found; `who` is required, so there is one."""
        assert self.found
        return {"person_kind": self.cleaned_data["person_kind"], "audit_id": self.found.audit_id}


class IdentityForm(StepForm):
    """How it is known who asks."""

    method = forms.ChoiceField(label=gettext_lazy("how do you know who asks"), widget=forms.RadioSelect)
    doubt = forms.CharField(
        label=gettext_lazy("why it is in doubt"),
        max_length=300,
        required=False,
        help_text=gettext_lazy(
            "Needed when the identity could not be established. Ask for more only when you really doubt (AVG 12(6))."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ways = [rules.SEEN, rules.CALLED_BACK, rules.NOT_ESTABLISHED]
        labels = dict(PrivacyRequest.Method.choices)
        self.fields["method"].choices = [(way, labels[way]) for way in ways]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Not knowing needs a reason."""
        data = super().clean() or {}
        if data.get("method") == rules.NOT_ESTABLISHED and not data.get("doubt"):
            self.add_error("doubt", _("Say why the identity could not be established."))
        return data


class DecideForm(StepForm):
    """The decision, with grounds from the closed list of this kind of request."""

    row: PrivacyRequest
    decision = forms.ChoiceField(label=gettext_lazy("decision"), choices=PrivacyRequest.Decision, widget=forms.RadioSelect)
    grounds = forms.MultipleChoiceField(
        label=gettext_lazy("grounds of what is refused"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("The law knows no others. Too much work is no ground."),
    )
    law = forms.CharField(
        label=gettext_lazy("which law"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Law and article, when you chose another law."),
    )
    explanation = forms.CharField(
        label=gettext_lazy("explanation"),
        max_length=4000,
        required=False,
        widget=forms.Textarea({"rows": 6}),
        help_text=gettext_lazy("Stands in the letter. Write it to the person, in plain words. A refusal needs it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(PrivacyRequest.Ground.choices)
        self.fields["grounds"].choices = [  # type: ignore[attr-defined]
            (code, f"{labels[code]} ({law_in_words(article)})" if (article := rules.ARTICLES[code]) else labels[code])
            for code in rules.GROUNDS[self.row.kind]
        ]

    def clean(self) -> dict[str, Any]:
        """What is refused has a ground and a reason; what is granted has none."""
        data = super().clean() or {}
        refusing = data.get("decision") in (PrivacyRequest.Decision.PARTLY, PrivacyRequest.Decision.REFUSED)
        if refusing and not data.get("grounds"):
            self.add_error("grounds", _("Choose the ground of the law. Without one a request cannot be refused."))
        if refusing and not data.get("explanation"):
            self.add_error("explanation", _("Say why, to the person."))
        named = rules.NAMED_LAW in data.get("grounds", [])
        if refusing and named and not data.get("law"):
            self.add_error("law", _("Name the law and the article."))
        data["law"] = data.get("law", "") if named else ""
        return data


class ExecutedForm(StepForm):
    """That what was granted is done."""

    done_on = forms.DateField(label=gettext_lazy("done on"), widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["done_on"].initial = timezone.localdate


class TaskForm(forms.Form):
    """How a task ended."""

    outcome = forms.ChoiceField(label=gettext_lazy("how it ended"), widget=forms.RadioSelect)
    how = forms.ChoiceField(label=gettext_lazy("how"), choices=[("", ""), *RequestTask.How.choices], required=False)
    done_on = forms.DateField(label=gettext_lazy("on"), widget=DateInput())
    note = forms.CharField(
        label=gettext_lazy("note"),
        max_length=600,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("Who confirmed it, or why somebody cannot be told."),
    )

    def __init__(self, *args: Any, task: RequestTask, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        other = RequestTask.Outcome.DISPROPORTIONATE if task.kind == RequestTask.Kind.RECIPIENT else RequestTask.Outcome.NOTHING
        chosen = [RequestTask.Outcome.DONE, other]
        self.fields["outcome"].choices = [(one.value, one.label) for one in chosen]  # type: ignore[attr-defined]
        self.fields["done_on"].initial = timezone.localdate

    def clean(self) -> dict[str, Any]:
        """Done says how; not telling somebody says why."""
        data = super().clean() or {}
        if data.get("outcome") == RequestTask.Outcome.DONE and not data.get("how"):
            self.add_error("how", _("Say how it was done."))
        if data.get("outcome") == RequestTask.Outcome.DISPROPORTIONATE and not data.get("note"):
            self.add_error("note", _("Say why this recipient cannot be told."))
        return data


class TermsForm(forms.ModelForm[RequestSetting]):
    """The school's own terms."""

    systems = forms.CharField(required=False, widget=forms.Textarea({"rows": 4}), max_length=2000)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = RequestSetting
        fields = (
            *("answer_days", "extension_days", "execute_days"),
            *("confirm_days", "complaint_days", "complaint_extension_days", "disputes_committee"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        column = RequestSetting._meta.get_field("systems")
        self.fields["systems"].label, self.fields["systems"].help_text = column.verbose_name, column.help_text
        self.fields["systems"].initial = "\n".join(self.instance.systems)
        self.fields["version"].initial = self.instance.version

    def clean_systems(self) -> list[str]:
        """One name a line, none twice."""
        lines = [" ".join(line.split()) for line in self.cleaned_data["systems"].splitlines()]
        if any(len(line) > 60 for line in lines):
            raise ValidationError(_("A name has at most 60 characters."))
        return list(dict.fromkeys(line for line in lines if line))


class StudentNumberForm(forms.ModelForm[Any]):
    """A form about a student, who is found by number."""

    number = forms.CharField(label=gettext_lazy("student number"), max_length=20)
    student: Student

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.order_fields(["number"])

    def clean_number(self) -> str:
        """The number of a student within reach."""
        typed = str(self.cleaned_data["number"])
        found = Student.objects.visible_to(self.user).filter(number=typed.upper()).first()
        if found is None:
            raise ValidationError(_("There is no student with this number, or not at your location."))
        self.student = found
        return typed


class RepresentationForm(StudentNumberForm):
    """Somebody who acts for a student."""

    name = forms.CharField(label=gettext_lazy("name of the representative"), max_length=200)
    contact = forms.CharField(label=gettext_lazy("address, telephone or e-mail"), max_length=400, required=False)

    class Meta:
        model = Representation
        fields = ("name", "contact", "kind", "scope", "starts_on", "ends_on", "document")
        widgets = {"starts_on": DateInput(), "ends_on": DateInput()}


class EndRepresentationForm(forms.Form):
    """The last day somebody acts for a student, and why."""

    ends_on = forms.DateField(
        label=gettext_lazy("last day"),
        widget=DateInput(),
        help_text=gettext_lazy("From the next day on this person asks and decides nothing for the student any more."),
    )
    end_reason = forms.ChoiceField(label=gettext_lazy("why it ended"), choices=Representation.EndReason, widget=forms.RadioSelect)
    version = forms.IntegerField(widget=forms.HiddenInput)


class PaperForm(StudentNumberForm):
    """Where a paper file lies."""

    class Meta:
        model = PaperDossier
        fields = ("place", "cabinet", "since")
        widgets = {"since": DateInput()}

    def clean_since(self) -> dt.date:
        """Not in the future."""
        since: dt.date = self.cleaned_data["since"]
        if since > timezone.localdate():
            raise ValidationError(_("This date lies in the future."))
        return since


class DestroyForm(forms.Form):
    """That a paper file was destroyed."""

    on = forms.DateField(label=gettext_lazy("destroyed on"), widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = timezone.localdate


class RequestFilter(forms.Form):
    """Which requests are listed."""

    show = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[
            ("", gettext_lazy("open")),
            ("late", gettext_lazy("too late")),
            ("closed", gettext_lazy("closed and taken back")),
            ("all", gettext_lazy("all")),
        ],
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False, choices=[("", gettext_lazy("all")), *Kind.choices])

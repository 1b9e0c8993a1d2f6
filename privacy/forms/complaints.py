"""What people type about complaints."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kvs.models import Role, User
from kvs.widgets import DateInput
from privacy import rules
from privacy.actions.complaints import possible_handlers
from privacy.forms.requests import Channel, RepresentationField, WhoForm, age_of
from privacy.forms.steps import StepForm
from privacy.models import Complaint, PrivacyRequest, Representation
from privacy.models.complaints import able_accounts
from students.forms import LabelledChoice
from students.models import TeachingAssignment

About, Decision = Complaint.About, Complaint.Decision
WORDS_MAX = 4000


def colleagues() -> Any:
    """Accounts of people who work here."""
    return User.objects.filter(is_active=True, student_number__isnull=True).order_by("surname", "call_name")


def known_to(user: User) -> Any:
    """Colleagues somebody can complain about by choosing a name: for a student the own teachers and who may handle
    complaints, so that none of those can be overlooked; for colleagues everybody.
    """
    if not user.is_only(Role.STUDENT):
        return colleagues().exclude(pk=user.pk)
    taught = TeachingAssignment.objects.filter(group__enrolments__programme__student__user=user).values("teacher")
    return colleagues().filter(Q(pk__in=taught) | Q(pk__in=able_accounts().values("pk")))


def name_of(user: User) -> str:
    """A colleague in a list of choices."""
    return user.full_name or user.email or ""


def reference_of(row: PrivacyRequest) -> str:
    """A request in a list of choices: no name, the number of the letter."""
    return f"{row.reference} ({row.get_kind_display()})"


class AboutForm(forms.Form):
    """What a complaint is about, and about whom."""

    about = forms.ChoiceField(label=gettext_lazy("what it is about"), choices=About, widget=forms.RadioSelect)
    accused_user = LabelledChoice(name_of, label=gettext_lazy("about whom"), required=False)
    accused = forms.CharField(
        label=gettext_lazy("name, when it is not in the list"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Only for a complaint about somebody."),
    )
    words = forms.CharField(label=gettext_lazy("what went wrong"), max_length=WORDS_MAX, widget=forms.Textarea({"rows": 6}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["accused_user"].empty_label = gettext_lazy("Somebody else, or nobody")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A complaint about somebody names that person, any other names nobody."""
        data = super().clean() or {}
        named = bool(data.get("accused_user") or data.get("accused"))
        if data.get("about") == About.PERSON and not named and "accused_user" not in self.errors:
            self.add_error("accused_user", _("Say about whom the complaint is."))
        if data.get("about") != About.PERSON:
            data["accused_user"], data["accused"] = None, ""
        return data

    def about_whom(self) -> dict[str, Any]:
        """The facts of the action."""
        typed = self.cleaned_data
        return {"about": typed["about"], "accused_user": typed["accused_user"], "accused": typed["accused"] or None}


class OwnComplaintForm(AboutForm):
    """A complaint in the own pages: nobody has to know who deals with it."""

    request = LabelledChoice(reference_of, label=gettext_lazy("about which question"), required=False)
    field_order = ("about", "accused_user", "accused", "request", "words")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["accused_user"].queryset = known_to(user)  # type: ignore[attr-defined]
        asked = PrivacyRequest.objects.of_person(user)
        if not asked.exists():
            del self.fields["request"]
            return
        self.fields["request"].queryset = asked  # type: ignore[attr-defined]
        self.fields["request"].empty_label = gettext_lazy("Not about a question")  # type: ignore[attr-defined]


class ComplaintIntakeForm(AboutForm, WhoForm):
    """A complaint by letter, by e-mail or at the desk, also by a representative."""

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
        label=gettext_lazy("made by a representative"),
        empty_label=gettext_lazy("No, by the person"),
    )
    contact = forms.CharField(
        label=gettext_lazy("where the answer goes"),
        max_length=400,
        help_text=gettext_lazy("Address, or e-mail address."),
    )
    reference = forms.CharField(
        label=gettext_lazy("number of the privacy request"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("When it is about a request: AVG and eight signs, as on the letter."),
    )
    field_order = (
        *("about", "accused_user", "accused", "reference", "channel", "received_on"),
        *("person_kind", "who", "name", "representation", "contact", "words"),
    )
    asked: PrivacyRequest | None = None

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.fields["received_on"].initial = timezone.localdate
        self.fields["channel"].initial = Channel.LETTER
        self.fields["person_kind"].label = gettext_lazy("who complains")
        self.fields["accused_user"].queryset = colleagues()  # type: ignore[attr-defined]
        self.fields["representation"].queryset = Representation.objects.visible_to(user)  # type: ignore[attr-defined]
        self.fields["words"].help_text = gettext_lazy("As it was said. Write nothing down about health that is not needed.")

    def clean(self) -> dict[str, Any]:
        """A representative acts for this person on this day; a number leads to a request."""
        data = super().clean()
        one, day = data.get("representation"), data.get("received_on")
        if one and day and not self.errors:
            if self.found is None or one.subject_audit_id != self.found.audit_id:
                self.add_error(
                    "representation", _("This representative acts for somebody else. Fill in the number of that student.")
                )
            elif not rules.representative_may_act(one.standing, age_of(self.found.person, day), day, one.scope):
                self.add_error(
                    "representation", _("On the day of the complaint this representative did not act for the student.")
                )
        if data.get("reference"):
            self.asked = self._request(data["reference"])
            if self.asked is None:
                self.add_error("reference", _("There is no privacy request of this person with this number."))
        return data

    def _request(self, typed: str) -> PrivacyRequest | None:
        """The request with this number, of the person who complains: a number of somebody else leads nowhere."""
        signs = "".join(typed.upper().removeprefix("AVG").split()).replace("-", "").lower()
        audit_id = self.found.audit_id if self.found else None
        asked = PrivacyRequest.objects
        rows = asked.filter(subject_audit_id=audit_id) if audit_id else asked.none()
        return next((row for row in rows if row.pk.hex[:8] == signs), None)


class AssignForm(StepForm):
    """Who handles it; and whose account a name is, when it is about somebody who is only named."""

    row: Complaint
    accused_user = LabelledChoice(name_of, label=gettext_lazy("whose account is this name"), required=False)
    handler = LabelledChoice(name_of, label=gettext_lazy("who handles it"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named, handler = self.fields["accused_user"], self.fields["handler"]
        named.empty_label = gettext_lazy("Somebody without an account here")  # type: ignore[attr-defined]
        named.help_text = gettext_lazy("Look well: who the complaint is about cannot read it, and does not handle it.")
        handler.help_text = gettext_lazy("Nobody who is a party in it is in this list.")
        able = [user.pk for user in possible_handlers(self.row)]
        self.fields["handler"].queryset = colleagues().filter(pk__in=able)  # type: ignore[attr-defined]
        self.fields["accused_user"].queryset = colleagues()  # type: ignore[attr-defined]
        if self.row.about != About.PERSON or self.row.accused_audit_id:
            del self.fields["accused_user"]

    def clean(self) -> dict[str, Any]:
        """The accused does not handle it."""
        data = super().clean() or {}
        if data.get("handler") and data.get("handler") == data.get("accused_user"):
            self.add_error("handler", _("Who handles a complaint is never the one it is about, nor the one who complains."))
        return data


class ConfirmForm(StepForm):
    """When the person was told that it came in."""

    confirmed_on = forms.DateField(label=gettext_lazy("confirmed on"), widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirmed_on"].initial = timezone.localdate


class JudgeForm(StepForm):
    """The decision with its reasons, and what the school does about it."""

    decision = forms.ChoiceField(label=gettext_lazy("decision"), choices=Decision, widget=forms.RadioSelect)
    reasons = forms.CharField(
        label=gettext_lazy("reasons"),
        max_length=WORDS_MAX,
        widget=forms.Textarea({"rows": 6}),
        help_text=gettext_lazy("Stand in the letter: what you heard, from whom, and why you decide this. In plain words."),
    )
    measures = forms.CharField(
        label=gettext_lazy("measures"),
        max_length=WORDS_MAX,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=gettext_lazy("What the school does about it. Stands in the letter; a founded complaint needs it."),
    )

    def clean(self) -> dict[str, Any]:
        """What is founded has a consequence."""
        data = super().clean() or {}
        if data.get("decision") in (Decision.FOUNDED, Decision.PARTLY) and not data.get("measures"):
            self.add_error("measures", _("Say what the school does about it."))
        return data


class ComplaintFilter(forms.Form):
    """Which complaints are listed."""

    show = forms.ChoiceField(
        label=gettext_lazy("Show"),
        required=False,
        choices=[
            ("", gettext_lazy("open")),
            ("late", gettext_lazy("too late")),
            ("closed", gettext_lazy("closed")),
            ("all", gettext_lazy("all")),
        ],
    )

"""Recording at the desk what a student allows, and writing what is asked."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from kvs.pictures import ACCEPT
from kvs.widgets import DateInput
from privacy.consents import Question, Speakers
from privacy.models import Representation
from students.models import ConsentEvent, ConsentText

PERSON = "person"


class ConsentForm(forms.Form):
    """What was said, by whom, how and on which day. Nothing is chosen beforehand (AVG 4(11), recital 32)."""

    answer = forms.ChoiceField(
        label=gettext_lazy("What was said"),
        choices=[("yes", pgettext_lazy("a consent", "Yes, it is allowed")), ("no", pgettext_lazy("a consent", "No, it is not"))],
        widget=forms.RadioSelect,
    )
    said_by = forms.ChoiceField(label=gettext_lazy("Who said it"), widget=forms.RadioSelect)
    way = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=[choice for choice in ConsentEvent.Way.choices if choice[0] != ConsentEvent.Way.PORTAL],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("A yes is in writing. A no may be said."),
    )
    place = forms.CharField(
        label=gettext_lazy("Where the paper lies"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("For a signed paper, such as: cupboard 3, folder consents."),
    )
    on = forms.DateField(label=gettext_lazy("On which day"), widget=DateInput())
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, question: Question, who: Speakers, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {str(one.pk): one for one in (*who.givers, *who.withdrawers)}
        self.representatives: dict[str, Representation] = known
        labels = [(key, f"{one.name} ({one.get_kind_display()})") for key, one in known.items()]
        self.fields["said_by"].choices = [(PERSON, _("the student")), *labels]  # type: ignore[attr-defined]
        self.fields["version"].initial = question.version
        self.fields["on"].initial = timezone.localdate

    @property
    def facts(self) -> dict[str, Any]:
        """What the action needs, of a valid form."""
        typed = self.cleaned_data
        return {
            "yes": typed["answer"] == "yes",
            "representation": self.representatives.get(typed["said_by"]),
            "way": typed["way"],
            "place": typed["place"] if typed["way"] == ConsentEvent.Way.PAPER else None,
            "on": typed["on"],
            "version": typed["version"],
        }


class ScanForm(forms.Form):
    """The scan of one signed paper."""

    file = forms.FileField(
        label=gettext_lazy("Scan or photo of the signed paper"),
        help_text=gettext_lazy("PDF, JPG or PNG, at most 15 MB. Only this paper, with nobody else on it."),
        allow_empty_file=True,  # the reader has a better sentence
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )


class TextForm(forms.ModelForm[ConsentText]):
    """A new version of what is asked."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = ConsentText
        fields = ("text", "important", "starts_on")
        widgets = {"text": forms.Textarea({"rows": 6, "maxlength": 1000}), "starts_on": DateInput()}
        help_texts = {
            "text": gettext_lazy("Plain words, one thing only, and what happens when somebody says no."),
            "important": gettext_lazy(
                "Leave this on unless you only correct a spelling mistake. Until they answer nothing is allowed."
            ),
        }

    def __init__(self, *args: Any, current: ConsentText, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current = current
        self.fields["text"].initial, self.fields["version"].initial = current.text, current.version
        self.fields["text"].max_length = 1000  # type: ignore[attr-defined]
        self.fields["starts_on"].initial = timezone.localdate

    def clean_text(self) -> str:
        """Other words than before, and not too many."""
        text = " ".join(str(self.cleaned_data["text"]).split())
        if len(text) > 1000:
            raise ValidationError(_("Use at most 1000 letters: a long text is not read."))
        if text == self.current.text:
            raise ValidationError(_("This is the text that is there already."))
        return text

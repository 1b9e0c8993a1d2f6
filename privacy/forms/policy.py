"""Versions of the privacy policy and of the processing register."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from kvs.models import PolicyVersion
from kvs.widgets import DateInput
from students.forms import LabelledChoice

MAX_PDF_BYTES = 10 * 1024 * 1024


class PolicyForm(forms.ModelForm[PolicyVersion]):
    """A draft: its number, its day, what it replaces, and its text or PDF."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    replaces = LabelledChoice(lambda row: row.title, label=_("Replaces"), required=False)
    pdf = forms.FileField(
        label=_("PDF"),
        required=False,
        help_text=_("Instead of or beside the text. At most 10 MB. Everybody can read it, also without an account."),
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )
    drop_file = forms.BooleanField(label=_("Leave out the PDF that is there now"), required=False)

    class Meta:
        model = PolicyVersion
        fields = ("number", "effective_on", "replaces", "replaces_older", "text", "is_important", "summary")
        widgets = {
            "effective_on": DateInput(),
            "text": forms.Textarea({"rows": 18}),
            "summary": forms.Textarea({"rows": 4}),
        }
        help_texts = {
            "text": _("Plain text. A line with # in front is a heading, with ## a smaller one, with - a line of a list."),
            "summary": _("Short, without difficult words. Everybody reads this on the screen and on paper."),
        }

    field_order = (
        *("number", "effective_on", "replaces", "replaces_older", "text", "pdf", "drop_file"),
        *("is_important", "summary", "version"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = self.fields["replaces"]
        assert isinstance(versions, LabelledChoice)
        versions.queryset = PolicyVersion.objects.published().defer("text")
        if self.instance._state.adding:
            versions.initial = versions.queryset.first()
        if not self.instance.file_id:
            del self.fields["drop_file"]
        self.fields["version"].initial = self.instance.version

    def clean_pdf(self) -> Any:
        """Really a PDF, and not larger than people can download on a telephone."""
        file = self.cleaned_data["pdf"]
        if file is None:
            return None
        if file.size > MAX_PDF_BYTES:
            raise ValidationError(_("This file is larger than 10 MB."))
        if not file.read(5).startswith(b"%PDF-"):
            raise ValidationError(_("This is not a PDF. Save the document as PDF first."))
        file.seek(0)
        return file

    def facts(self) -> dict[str, Any]:
        """What was typed, and `pdf` as bytes."""
        typed = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        file = typed.pop("pdf")
        return {**typed, "pdf": file.read() if file else None}


class RegisterForm(forms.Form):
    """Freeze the register of today."""

    is_important = forms.BooleanField(label=_("Important change: tell everybody"), required=False)
    summary = forms.CharField(
        label=_("What changes, in plain Dutch"),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Needed when everybody is told. Short, without difficult words."),
    )

"""Forms for what counts as evidence."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from attendance.models.evidence import LONGEST_SOURCE, RULE_TITLES, EvidenceSetting
from students.models import Client


class EvidenceForm(forms.ModelForm[EvidenceSetting]):
    """What counts as evidence."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = EvidenceSetting
        fields = ("mode",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = self.instance.version

    def _post_clean(self) -> None:
        """The action judges the row."""


class ProvenOnlyForm(forms.Form):
    """A rule or a client for which only proven minutes count."""

    what = forms.ChoiceField(label=_("rule or client"))
    source = forms.CharField(
        label=_("where that is agreed or written"),
        max_length=LONGEST_SOURCE,
        help_text=_("For example: contract of 2026, article 4."),
    )

    def __init__(self, *args: Any, clients: "list[Client]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clients = {str(client.pk): client for client in clients}
        what = self.fields["what"]
        assert isinstance(what, forms.ChoiceField)
        what.choices = [
            ("", "---------"),
            (_("rules"), [(f"rule:{key}", capfirst(title)) for key, title in RULE_TITLES.items()]),
            (_("clients"), [(f"client:{key}", client.name) for key, client in self.clients.items()]),
        ]

    def chosen(self) -> dict[str, Any]:
        """What `count_proven_only` takes."""
        kind, _colon, key = self.cleaned_data["what"].partition(":")
        return {"rule": key} if kind == "rule" else {"client": self.clients[key]}

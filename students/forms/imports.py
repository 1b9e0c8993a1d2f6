"""What people fill in around an import: where a file comes from, which cells are right, who was informed."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from kvs.importing import Kind
from kvs.models import Location, User
from kvs.models.vault import MAX_FILE_BYTES
from students.actions.imports import Choice
from students.importer.check import read_typed
from students.importer.columns import BY_CODE, SECTIONS
from students.importer.page import Check, said
from students.models import Client, ImportRun, InformTask, Programme
from students.models.imports import IMPORTERS

OWN = "own"  # choice: the file comes from the school's own administration


class UploadForm(forms.Form):
    """A spreadsheet, where newcomers are taken in, and who gave it."""

    file = forms.FileField(
        label=_("Spreadsheet"),
        allow_empty_file=True,  # the reader has a better sentence
        help_text=_("Excel (xlsx, xls), OpenDocument (ods) or csv, at most 20 MB. Nothing is stored in the school yet."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.ods,.csv,.txt"}),
    )
    location = forms.ModelChoiceField(
        Location.objects.none(), label=_("Location of newcomers"), empty_label=_("Choose a location")
    )
    source = forms.ChoiceField(
        label=_("Who gave you this file?"),
        help_text=_("With a client you get a task for each person: tell them within one month where their data came from."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        location, source = self.fields["location"], self.fields["source"]
        assert isinstance(location, forms.ModelChoiceField)
        assert isinstance(source, forms.ChoiceField)
        location.queryset = here = Location.objects.where_held(user, *IMPORTERS)
        if len(here) == 1:
            location.initial, location.empty_label = here[0], None
        clients = [(str(client.pk), client.name) for client in Client.objects.all()]
        source.choices = [("", _("Choose who gave it")), (OWN, _("Nobody: our own administration")), *clients]

    def clean_file(self) -> Any:
        """Not larger than what is kept (decisions.md 38)."""
        file = self.cleaned_data["file"]
        if file.size > MAX_FILE_BYTES:
            raise ValidationError(_("This file is larger than 20 MB. Split it, or leave out pictures."))
        return file

    def clean_source(self) -> Client | None:
        """The client, or None for the own administration."""
        chosen = self.cleaned_data["source"]
        return None if chosen == OWN else Client.objects.get(pk=chosen)


class InformedForm(forms.Form):
    """Who was informed, and how."""

    tasks = forms.ModelMultipleChoiceField(
        InformTask.objects.none(),
        label=_("People"),
        error_messages={"required": _("Choose who was informed."), "invalid_choice": _("This person is not in the list.")},
    )
    how = forms.ChoiceField(label=_("How were they informed?"), choices=[("", "---------"), *InformTask.How.choices])

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tasks = self.fields["tasks"]
        assert isinstance(tasks, forms.ModelMultipleChoiceField)
        tasks.queryset = InformTask.objects.visible_to(user)


class LayoutForm(forms.Form):
    """Which sheet, and what each of its columns means. The columns differ per file, so the fields are made for it."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    sheet = forms.IntegerField(min_value=0)
    law = forms.ChoiceField(
        label=_("Which law holds for everybody in this file?"),
        choices=[("", _("Not known: they come in without a programme")), *Programme.Law.choices],
        required=False,
        help_text=_("No column says it. Without a law no programme is started, and so no contract, no place and no BSN."),
    )

    def __init__(self, *args: Any, check: Check, run: ImportRun, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.check, self.run = check, run
        self.fields["version"].initial = run.version
        self.fields["law"].initial = run.law
        groups = [(str(title), [(it.code, capfirst(it.label)) for it in columns]) for title, columns in SECTIONS]
        for column in check.columns:
            self.fields[self._name(column)] = forms.ChoiceField(
                choices=[("", _("Do not take over")), *groups],
                required=False,
                label=_("Column %(letter)s") % {"letter": column["letter"]},
                initial=check.mapping.get(str(column["number"]), ""),
                widget=forms.Select(attrs={"aria-label": _("Column %(letter)s") % {"letter": column["letter"]}}),
            )

    @staticmethod
    def _name(column: dict[str, Any]) -> str:
        return f"column-{column['number']}"

    @property
    def lines(self) -> "list[tuple[dict[str, Any], forms.BoundField]]":
        """Each column of the file with its choice."""
        return [(column, self[self._name(column)]) for column in self.check.columns]

    def clean(self) -> dict[str, Any]:
        """Every meaning once."""
        data = super().clean() or {}
        seen: dict[str, str] = {}
        for column in self.check.columns:
            code = data.get(self._name(column), "")
            if code and code in seen:
                words = {"first": seen[code], "second": column["letter"]}
                self.add_error(self._name(column), _("Columns %(first)s and %(second)s cannot mean the same.") % words)
            seen.setdefault(code, column["letter"])
        if (data.get("sheet") or 0) >= len(self.check.sheets):
            self.add_error("sheet", _("This file has no such sheet."))
        return data

    @property
    def chosen_sheet(self) -> int:
        """The chosen sheet."""
        return int(self.cleaned_data["sheet"])

    @property
    def chosen_law(self) -> str:
        """The law of everybody; nothing when a column says it."""
        columns = (self.mapping or self.check.mapping).values()
        return "" if "law" in columns else str(self.cleaned_data["law"])

    @property
    def mapping(self) -> dict[str, str] | None:
        """What the columns mean; None for another sheet, whose columns are still to be recognised."""
        if self.chosen_sheet != self.check.found["sheet"]:
            return None
        chosen = {str(column["number"]): self.cleaned_data.get(self._name(column), "") for column in self.check.columns}
        return {number: code for number, code in chosen.items() if code}


class OtherForm(forms.Form):
    """What to do with one cell (or one row that may be about somebody known) instead of what was proposed."""

    do = forms.ChoiceField(label=_("What shall KVS do?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, cell: dict[str, Any], today: dt.date, choice: Choice | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cell, self.today = cell, today
        do = self.fields["do"]
        assert isinstance(do, forms.ChoiceField)
        do.initial = choice[0] if choice else None
        if cell["kind"] == "person":
            do.choices = [("accept", cell["offer"]), ("new", _("Somebody else: a new student"))]
            return
        if cell["kind"] == "row":
            do.choices = [("accept", cell["offer"]), ("new", _("This is a person: a new student"))]
            return
        accept = [("accept", cell["offer"])] if cell["value"] else []
        do.choices = [*accept, ("value", _("Use what I fill in here")), ("empty", _("Leave empty and put it on the list"))]
        column = BY_CODE[cell["code"]]
        self.fields["value"] = forms.CharField(
            label=capfirst(column.label), required=False, max_length=200, initial=choice[1] if choice and len(choice) > 1 else ""
        )
        self.fields["value"].help_text = HELP.get(column.kind, "")

    def clean(self) -> dict[str, Any]:
        """What is typed must be as clear as what comes in by itself."""
        data = super().clean() or {}
        if data.get("do") != "value" or "value" not in self.fields:
            return data
        if not data.get("value"):
            self.add_error("value", _("Fill in what KVS shall use."))
            return data
        value, why = read_typed(self.cell["code"], data["value"], self.today)
        if value in (None, ""):
            self.add_error("value", said(why) or _("KVS cannot use this here."))
        return data

    @property
    def choice(self) -> Choice:
        """As it is kept."""
        chosen = self.cleaned_data["do"]
        return ["value", self.cleaned_data["value"]] if chosen == "value" else [chosen]


HELP = {
    Kind.DATE: _("For example 12-03-2026."),
    Kind.BIRTH_DATE: _("For example 12-03-1991; only the year when more is not known."),
    Kind.BSN: _("Nine digits, as on the document."),
}


class TakeBackForm(forms.Form):
    """The word that takes an import back."""

    word = forms.CharField(label=_("Type TAKE BACK"), max_length=20)

    def clean_word(self) -> str:
        """The word of the page, in whatever case."""
        word = str(self.cleaned_data["word"]).strip()
        if word.casefold() != str(_("TAKE BACK")).casefold():
            raise ValidationError(_("Type the words exactly: TAKE BACK."))
        return word

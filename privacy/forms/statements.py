"""The questions of one chapter about the school's policy text."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kvs.catalogue import Text
from privacy.models import PolicyStatement
from privacy.statements.kinds import SILENT, Answer, Kind, Statement


class StatementsForm(forms.Form):
    """One field a question; a length of time has two: number and unit. None is required: who is not sure leaves it open."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, statements: list[Statement], said: Mapping[str, Answer], version: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.statements = statements
        self.fields["version"].initial = version
        for statement in statements:
            self._ask(statement, said.get(statement.key, Answer()))

    def _ask(self, statement: Statement, now: Answer) -> None:
        choices = [(found.code, found.label) for found in statement.options]
        more: dict[str, Any] = {"label": statement.question, "required": False}
        if statement.kind is Kind.MANY:
            field: forms.Field = forms.MultipleChoiceField(
                choices=choices,
                widget=forms.CheckboxSelectMultiple,
                initial=list(now.codes),
                help_text=gettext_lazy("Tick everything your text names."),
                **more,
            )
        elif statement.kind is Kind.ONE:
            field = forms.ChoiceField(choices=choices, widget=forms.RadioSelect, initial=now.code, **more)
        else:
            self.fields[_number(statement)] = forms.IntegerField(min_value=1, max_value=1000, initial=now.number, **more)
            units = [(unit, PolicyStatement.Unit(unit).label) for unit in statement.units]
            choices = [("", gettext_lazy("not filled in yet")), *units, *choices]
            more["label"] = gettext_lazy("Unit")
            field = forms.ChoiceField(choices=choices, initial=now.unit or now.code, **more)
        self.fields[statement.key] = field

    @property
    def sections(self) -> Iterator[tuple[Text, list[BoundField]]]:
        """Each question with its fields."""
        for statement in self.statements:
            names = [_number(statement)] if statement.kind is Kind.LENGTH else []
            yield statement.question, [self[name] for name in (*names, statement.key)]

    def clean(self) -> dict[str, Any]:
        """A number has a unit and a unit a number; who ticks that the text is silent ticks nothing else."""
        known = super().clean() or {}
        for statement in self.statements:
            if statement.kind is Kind.LENGTH:
                self._check_length(statement, known)
            elif statement.kind is Kind.MANY and SILENT in known.get(statement.key, []) and len(known[statement.key]) > 1:
                self.add_error(
                    statement.key, ValidationError(_("Either your text says nothing about it, or it names something."))
                )
        return known

    def _check_length(self, statement: Statement, known: dict[str, Any]) -> None:
        name, unit = _number(statement), known.get(statement.key)
        if name in self.errors:
            return
        if known.get(name) and unit not in statement.units:
            self.add_error(name, ValidationError(_("Choose what the number counts, or empty it.")))
        if not known.get(name) and unit in statement.units:
            self.add_error(name, ValidationError(_("Type a number, or choose that your text names no period.")))

    def answers(self) -> dict[str, Answer | None]:
        """What was answered, None for a question that was left open."""
        return {statement.key: self._answer(statement) for statement in self.statements}

    def _answer(self, statement: Statement) -> Answer | None:
        given = self.cleaned_data[statement.key]
        if not given:
            return None
        if statement.kind is Kind.LENGTH and given != SILENT:
            return Answer(number=self.cleaned_data[_number(statement)], unit=given)
        return Answer(frozenset(given if statement.kind is Kind.MANY else [given]))


def _number(statement: Statement) -> str:
    return f"{statement.key}_number"

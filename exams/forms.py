"""Sheets of levels and results, and the form of one attempt.

A sheet names its cells by programme and skill; each carries the version it showed, so that two people who fill the same
sheet are told. What clashes stays as typed and is saved at the next try: by then its typist has seen the other value.
"""

import uuid
from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exams import rules
from exams.actions import Cell, Clash
from exams.models import ExamAttempt, Level, LevelMeasurement, Skill, exam_label
from kvs.widgets import DateInput, LongSelect
from students.models import Programme

NOT_MEASURED = ("", "–")


class Line(NamedTuple):
    """One student of a sheet: the fields to fill, in the order of the heads."""

    programme: Programme
    name: str
    cells: list[tuple[str, BoundField]]  # each with the head of its column
    hidden: list[BoundField]


class Sheet(forms.Form):
    """What sheets share: a field and a version per cell, and how a clash is told."""

    programmes: list[Programme]

    def _add_cell(self, key: str, field: forms.Field, version: int) -> None:
        self.fields[key] = field
        self.fields[f"v-{key}"] = forms.IntegerField(
            widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1, initial=version
        )

    def _version(self, key: str) -> int:
        return self.cleaned_data.get(f"v-{key}") or 0

    def _tell_clash(self, key: str, version: int, sentence: str) -> None:
        """Say at the cell what stands there now, and take its version along: saving again is a choice made knowingly."""
        typed: Any = copy(self.data)
        typed[self.add_prefix(f"v-{key}")] = str(version)
        self.data = typed
        self.add_error(key, sentence)

    def _lines(self, heads: Mapping[str, str]) -> list[Line]:
        """A line per programme; `heads` by the first part of the name of a cell."""
        made = []
        for programme in self.programmes:
            keys = [f"{name}-{programme.pk}" for name in heads]
            cells = [(head, self[key]) for head, key in zip(heads.values(), keys, strict=True)]
            hidden = [self[f"v-{key}"] for key in keys if f"v-{key}" in self.fields]
            made.append(Line(programme, programme.student.list_name, cells, hidden))
        return made


class LevelSheet(Sheet):
    """The levels of one day: a line per student, a cell per skill; empty is not measured."""

    measured_on = forms.DateField(label=gettext_lazy("Measured on"), widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of measurement"), choices=LevelMeasurement.Kind)

    def __init__(
        self, *args: Any, programmes: list[Programme], stored: Mapping[tuple[uuid.UUID, str], LevelMeasurement], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.programmes = programmes
        for programme in programmes:
            for skill in Skill:
                row = stored.get((programme.pk, skill.value))
                field = forms.ChoiceField(
                    label=f"{programme.student.list_name}, {skill.label}",
                    choices=[NOT_MEASURED, *Level.choices],
                    required=False,
                    initial=row.level if row else "",
                    widget=LongSelect,
                )
                self._add_cell(_key(programme.pk, skill), field, row.version if row else 0)

    def cells(self) -> dict[tuple[uuid.UUID, str], Cell]:
        """What was typed, by (programme, skill)."""
        found = {}
        for programme in self.programmes:
            for skill in Skill:
                key = _key(programme.pk, skill)
                level = self.cleaned_data.get(key) or ""
                found[programme.pk, skill.value] = Cell({"level": level} if level else None, self._version(key))
        return found

    def show_clash(self, clash: Clash) -> None:
        """Tell at each cell what somebody else made of it."""
        for (programme, skill), row in clash.rows.items():
            self._tell_clash(_key(programme, skill), row.version if row else 0, _level_now(row))

    def lines(self) -> list[Line]:
        """For the page."""
        return self._lines({skill.value: str(skill.label) for skill in Skill})


def _key(programme: uuid.UUID, skill: str) -> str:
    return f"{skill}-{programme}"


def _level_now(row: Any) -> str:
    if row is None:
        return _("Somebody else removed this meanwhile. Save again to put yours back.")
    who = row.assessor.full_name if row.assessor else _("Somebody else")
    return _("%(who)s filled in %(level)s meanwhile. Save again to make it yours.") % {
        "who": who,
        "level": row.get_level_display(),
    }


class ResultSheet(Sheet):
    """How one exam of one day went: a line per student with a result and, when there is none, why."""

    told_by = forms.ChoiceField(label=gettext_lazy("Known from"), choices=ExamAttempt.Told)

    def __init__(self, *args: Any, programmes: list[Programme], stored: Mapping[uuid.UUID, ExamAttempt], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.programmes = programmes
        for programme in programmes:
            row = stored.get(programme.pk)
            result = forms.ChoiceField(
                label=f"{programme.student.list_name}, {_('result')}",
                choices=[("", _("not sat")), *ExamAttempt.Result.choices],
                required=False,
                initial=row.result if row else "",
                widget=LongSelect,
            )
            self._add_cell(f"result-{programme.pk}", result, row.version if row else 0)
            self.fields[f"reason-{programme.pk}"] = forms.ChoiceField(
                label=f"{programme.student.list_name}, {_('why there is no result')}",
                choices=ExamAttempt.Reason,
                required=False,
                initial=row.reason if row else "",
                widget=LongSelect,
            )

    def cells(self) -> dict[uuid.UUID, Cell]:
        """What was typed, by programme."""
        return {programme.pk: self._cell(programme.pk) for programme in self.programmes}

    def _cell(self, programme: uuid.UUID) -> Cell:
        result = self.cleaned_data.get(f"result-{programme}") or ""
        values = {
            "result": result,
            "reason": self.cleaned_data.get(f"reason-{programme}") or "",
            "told_by": self.cleaned_data["told_by"],
        }
        return Cell(values if result else None, self._version(f"result-{programme}"))

    def show_clash(self, clash: Clash) -> None:
        """Tell at each line what somebody else made of it."""
        for programme, row in clash.rows.items():
            self._tell_clash(f"result-{programme}", getattr(row, "version", 0), _result_now(row))

    def show_wrong(self, problem: ValidationError) -> None:
        """Put the refusal of a line at that line."""
        for key, errors in problem.error_dict.items():
            self.add_error(f"result-{key}" if f"result-{key}" in self.fields else None, errors)

    def lines(self) -> list[Line]:
        """For the page."""
        return self._lines({"result": _("result"), "reason": _("why there is no result")})


def _result_now(row: Any) -> str:
    if row is None:
        return _("Somebody else removed this meanwhile. Save again to put yours back.")
    return _("Somebody else filled in '%(result)s' meanwhile. Save again to make it yours.") % {
        "result": row.get_result_display()
    }


class ExamField(forms.ChoiceField):
    """An exam: part and level in one choice, as (part, level)."""

    def __init__(self, laws: Iterable[str], **options: Any) -> None:
        exams = [(f"{part}:{level}", exam_label(part, level)) for part, level in rules.exams_of(laws)]
        super().__init__(label=gettext_lazy("Exam"), choices=[("", gettext_lazy("Choose an exam")), *exams], **options)

    def clean(self, value: Any) -> Any:
        """The pair; raises ValidationError for an exam that is not offered."""
        chosen = super().clean(value)
        return tuple(chosen.split(":", 1)) if chosen else chosen


class SheetDayForm(forms.Form):
    """Which day a sheet of levels is about."""

    op = forms.DateField(label=gettext_lazy("Measured on"), widget=DateInput(), required=False)


class SheetExamForm(forms.Form):
    """Which exam of which day a sheet of results is about."""

    op = forms.DateField(label=gettext_lazy("Day of the exam"), widget=DateInput())

    def __init__(self, *args: Any, laws: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["examen"] = ExamField(laws)
        self.order_fields(["examen", "op"])


class AttemptForm(forms.ModelForm[ExamAttempt]):
    """One attempt."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = ExamAttempt
        fields = ("taken_on", "registered_on", "result", "reason", "result_on", "told_by")
        widgets = {"taken_on": DateInput(), "registered_on": DateInput(), "result_on": DateInput()}

    def __init__(self, *args: Any, law: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["exam"] = ExamField([law])
        self.order_fields(["exam", *self.Meta.fields])
        self.fields["version"].initial = self.instance.version
        if self.instance.part:
            self.fields["exam"].initial = f"{self.instance.part}:{self.instance.level}"

    def changes(self) -> dict[str, Any]:
        """The columns as typed."""
        part, level = self.cleaned_data["exam"]
        return {name: self.cleaned_data[name] for name in self.Meta.fields} | {"part": part, "level": level}

    def _post_clean(self) -> None:
        """The action judges the row as a whole, with part and level; the model alone would miss them here."""


class RemoveForm(forms.Form):
    """The word that says it is meant."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    word = forms.CharField(label=gettext_lazy("Type the word REMOVE"), max_length=20)

    def clean_word(self) -> str:
        """Only the very word, in any case."""
        word: str = self.cleaned_data["word"]
        if word.strip().upper() != _("REMOVE"):
            raise ValidationError(_("Type the word REMOVE to remove it, or go back."))
        return word

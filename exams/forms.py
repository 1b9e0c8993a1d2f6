"""Sheets of levels and results, and the form of one attempt.

A sheet names its cells by programme and skill; each carries the version it showed, so that two people who fill the same
sheet are told. What clashes stays as typed and is saved at the next try: by then its typist has seen the other value.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exams import rules
from exams.actions import Cell, Clash, refuse_odd_day
from exams.models import ExamAttempt, Level, LevelMeasurement, Skill, exam_label
from kvs.widgets import DateInput, LongSelect
from students.models import Programme

NOT_MEASURED = ("", "–")
Standing = dict[str, str]  # what is stored, by the name of its field, versions included


class Line(NamedTuple):
    """One student of a sheet: the fields to fill, in the order of the heads."""

    programme: Programme
    name: str
    cells: list[tuple[str, BoundField]]  # each with the head of its column
    hidden: list[BoundField]


class Sheet(forms.Form):
    """What sheets share: a field and a version per cell, how a clash is told, and how the sheet turns to another day.

    `shows` says what the cells and versions were read for. What is saved goes to the day (and exam) that stand in the
    fields everybody sees; when those were changed meanwhile, `turn` shows first what stands there already.
    """

    shows = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)

    programmes: list[Programme]
    day_field: str

    def _add_cell(self, key: str, field: forms.Field) -> None:
        self.fields[key] = field
        self.fields[f"v-{key}"] = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)

    def clean_shows(self) -> str:
        """What the cells were read for; nothing when that names no day."""
        shows: str = self.cleaned_data["shows"]
        try:
            dt.date.fromisoformat(shows[-10:])
        except ValueError:
            return ""
        return shows

    @property
    def moved(self) -> bool:
        """Whether the fields name something else than the cells were read for."""
        return self.cleaned_data["shows"] not in ("", self.state)

    @property
    def state(self) -> str:
        """What the fields everybody sees name: a day in ISO form, with an exam before it where there is one."""
        return str(self.cleaned_data[self.day_field])

    def standing(self, stored: Any) -> Standing:
        """What is stored, as the fields hold it. Each sheet has rows of its own."""
        raise NotImplementedError

    def touched(self, before: Standing) -> set[str]:
        """The cells that were filled in otherwise than `before`. Valid sheets only."""
        typed = {name: self.cleaned_data.get(name) or "" for name in before if not name.startswith("v-")}
        return {name for name, value in typed.items() if value and value != before[name]}

    def turn(self, now: Standing, touched: set[str]) -> None:
        """Show what stands `now`, with what was typed on top of it. Saving that is a choice made knowingly."""
        day = self.cleaned_data[self.day_field]
        typed: Any = copy(self.data)
        typed[self.add_prefix("shows")] = self.state
        for name, value in now.items():
            if name not in touched:
                typed[self.add_prefix(name)] = value
        self.data = typed
        sentence = _("The sheet now shows %(day)s, with what you filled in. Nothing is saved yet: look at it and save.")
        self.add_error(self.day_field, sentence % {"day": date_format(day)})
        for name in touched:
            if now[name] not in ("", self.cleaned_data[name]):
                self.add_error(name, _there(dict(self.fields[name].choices)[now[name]]))  # type: ignore[attr-defined]

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


def _there(value: Any) -> str:
    return _("%(value)s stands here already. Save again to make it yours.") % {"value": value}


class LevelSheet(Sheet):
    """The levels of one day: a line per student, a cell per skill; empty is not measured."""

    day_field = "measured_on"
    measured_on = forms.DateField(label=gettext_lazy("Measured on"), widget=DateInput())
    kind = forms.ChoiceField(label=gettext_lazy("Kind of measurement"), choices=LevelMeasurement.Kind)

    def __init__(
        self, *args: Any, programmes: list[Programme], stored: Mapping[tuple[uuid.UUID, str], LevelMeasurement], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.programmes = programmes
        self.initial = {**self.initial, **self.standing(stored)}
        for programme in programmes:
            for skill in Skill:
                field = forms.ChoiceField(
                    label=f"{programme.student.list_name}, {skill.label}",
                    choices=[NOT_MEASURED, *Level.choices],
                    required=False,
                    widget=LongSelect,
                )
                self._add_cell(_key(programme.pk, skill), field)

    def clean_measured_on(self) -> dt.date:
        """A day that has been, and not by a slip of the keyboard."""
        day: dt.date = self.cleaned_data["measured_on"]
        refuse_odd_day(day)
        return day

    def standing(self, stored: Mapping[tuple[uuid.UUID, str], LevelMeasurement]) -> Standing:
        """What is stored, as the fields hold it."""
        found: Standing = {}
        for programme in self.programmes:
            for skill in Skill:
                row, key = stored.get((programme.pk, skill.value)), _key(programme.pk, skill)
                found |= {key: row.level if row else "", f"v-{key}": str(row.version if row else 0)}
        return found

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

    day_field = "op"
    op = forms.DateField(label=gettext_lazy("Day of the exam"), widget=DateInput())
    told_by = forms.ChoiceField(label=gettext_lazy("Known from"), choices=ExamAttempt.Told)

    def __init__(
        self,
        *args: Any,
        programmes: list[Programme],
        laws: Iterable[str],
        stored: Mapping[uuid.UUID, ExamAttempt],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.programmes = programmes
        self.initial = {**self.initial, **self.standing(stored)}
        self.fields["examen"] = ExamField(laws)
        self.order_fields(["examen", "op", "told_by"])
        for programme in programmes:
            result = forms.ChoiceField(
                label=f"{programme.student.list_name}, {_('result')}",
                choices=[("", _("not sat")), *ExamAttempt.Result.choices],
                required=False,
                widget=LongSelect,
            )
            self._add_cell(f"result-{programme.pk}", result)
            self.fields[f"reason-{programme.pk}"] = forms.ChoiceField(
                label=f"{programme.student.list_name}, {_('why there is no result')}",
                choices=ExamAttempt.Reason,
                required=False,
                widget=LongSelect,
            )

    def clean_op(self) -> dt.date:
        """Not by a slip of the keyboard. An exam may be still to come."""
        day: dt.date = self.cleaned_data["op"]
        refuse_odd_day(day, rules.exams_known_until(timezone.localdate()))
        return day

    @property
    def state(self) -> str:
        """The exam and the day."""
        part, level = self.cleaned_data["examen"]
        return f"{part}:{level} {self.cleaned_data['op']}"

    def standing(self, stored: Mapping[uuid.UUID, ExamAttempt]) -> Standing:
        """What is stored, as the fields hold it."""
        found: Standing = {}
        for programme in self.programmes:
            row, key = stored.get(programme.pk), programme.pk
            found |= {f"result-{key}": row.result if row else "", f"reason-{key}": row.reason if row else ""}
            found[f"v-result-{key}"] = str(row.version if row else 0)
        return found

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

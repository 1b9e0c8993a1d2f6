"""What is filled in about paper: files, lesson codes, who put initials."""

import re
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from attendance import rules
from attendance.actions.papers import Place, papers_of, week_of
from attendance.models import Lesson, LessonEvidence
from kvs.models import User
from kvs.pictures import ACCEPT
from students.models import Student

MAX_FILES = 10  # in one go: each picture is drawn anew while the sender waits


class ManyFiles(forms.ClearableFileInput):
    """The browser's own field for several files; they can be dropped on it."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__(attrs={"accept": ACCEPT, "multiple": True})


class FilesField(forms.FileField):
    """Several files, as a list."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Each file by itself."""
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files or [None]]


class ScansForm(forms.Form):
    """Scans of which nobody said yet what lesson they are."""

    scans = FilesField(
        label=_("Scans or photos"),
        help_text=_("PDF, JPG or PNG, at most 15 MB each and 10 at a time. You can drop them on this field."),
        allow_empty_file=True,  # the reader has a better sentence
    )

    def clean_scans(self) -> list[Any]:
        """Not more than can be looked at while somebody waits."""
        files: list[Any] = self.cleaned_data["scans"]
        if len(files) > MAX_FILES:
            raise ValidationError(_("These are more than 10 files. Send them in parts."))
        return files


class OthersForm(forms.Form):
    """Who is on a list besides those the register names."""

    others = forms.CharField(
        label=_("Is somebody else written on it by hand?"),
        required=False,
        max_length=200,
        help_text=_("The student numbers, with a comma between them. Otherwise a deletion of their data would miss this scan."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_others(self) -> list[Student]:
        """The students with these numbers, within reach."""
        numbers = {part.strip().upper() for part in self.cleaned_data["others"].split(",") if part.strip()}
        found = list(Student.objects.visible_to(self.user).filter(number__in=numbers).only("pk", "audit_id", "number"))
        if missing := sorted(numbers - {student.number for student in found}):
            raise ValidationError(
                ngettext("This number is not known: %(numbers)s.", "These numbers are not known: %(numbers)s.", len(missing))
                % {"numbers": ", ".join(missing)}
            )
        return found


class LessonOfScanForm(OthersForm):
    """Of which lesson a scan is: the code on the paper, one field per file."""

    code = forms.CharField(
        label=_("Lesson code"),
        required=False,
        max_length=12,
        help_text=_("The 8 letters and digits under the square on the paper, such as 7Q4M-28XF."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    whole_week = forms.BooleanField(label=_("This is the list of the whole week"), required=False)
    field_order = ("code", "whole_week", "others")
    lesson: Lesson | None = None

    def clean_code(self) -> str:
        """As it is stored, however it was typed; the lesson it belongs to, within reach of this person."""
        code = re.sub(r"[\s.·-]", "", self.cleaned_data["code"]).upper()
        self.lesson = papers_of(self.user).filter(code=code).first() if code else None
        if code and self.lesson is None:
            raise ValidationError(_("You have no lesson with this code. Compare it with the paper, letter by letter."))
        return code

    def lessons(self) -> list[Lesson]:
        """The lesson, or all of its group in that week."""
        assert self.lesson
        return week_of(self.lesson) if self.cleaned_data["whole_week"] else [self.lesson]


class LessonScanForm(OthersForm):
    """A scan that is sent up from the register of its lesson."""

    file = forms.FileField(
        label=_("Scan or photo"),
        help_text=_("PDF, JPG or PNG, at most 15 MB."),
        allow_empty_file=True,  # as above
        widget=forms.FileInput(attrs={"accept": ACCEPT}),
    )
    whole_week = forms.BooleanField(label=_("This is the list of the whole week"), required=False)
    field_order = ("file", "whole_week", "others")


class InitialsForm(forms.Form):
    """Who put initials on a scan: a box per place, ticked only for whom it was written down: nothing is proposed as evidence."""

    def __init__(self, data: MultiValueDict[str, str] | None, *, places: list[Place]) -> None:
        super().__init__(data)
        self.places = {str(place.enrolment.pk): place for place in places}
        for key, place in self.places.items():
            self.fields[key] = forms.BooleanField(
                label=place.enrolment.programme.student.full_name,
                required=False,
                initial=place.initialled,
                disabled=bool(place.locked),
            )

    def lines(self) -> list[tuple[Place, forms.BoundField]]:
        """Each place with its box."""
        return [(place, self[key]) for key, place in self.places.items()]

    def chosen(self) -> list[uuid.UUID]:
        """The places with initials."""
        return [place.enrolment.pk for key, place in self.places.items() if self.cleaned_data[key]]


class EvidenceForm(forms.Form):
    """A picture of the screen or a log of a lesson online, and who is in it."""

    kind = forms.ChoiceField(label=_("What is it?"), choices=LessonEvidence.Kind.choices, widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("Picture or log"),
        help_text=_("A picture as JPG or PNG, at most 15 MB. A log as csv, txt or PDF. Faces are never recognised by computer."),
        allow_empty_file=True,  # as above
        widget=forms.FileInput(attrs={"accept": f"{ACCEPT},.csv,.txt,text/csv,text/plain"}),
    )
    people = forms.TypedMultipleChoiceField(
        label=_("Who can be seen or read in it?"),
        coerce=uuid.UUID,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("When the data of one of them are deleted, this goes as a whole. Tick one too many rather than one too few."),
        error_messages={"required": _("Tick everybody who can be seen or read in it.")},
    )

    def __init__(self, *args: Any, places: list[Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = self.fields["people"]
        assert isinstance(people, forms.TypedMultipleChoiceField)
        people.choices = [(str(place.enrolment.pk), place.enrolment.programme.student.full_name) for place in places]
        there = [place for place in places if place.mark is not None and place.mark.state in rules.THERE]
        people.initial = [str(place.enrolment.pk) for place in there]

"""Forms of school holidays that come from a file."""

import datetime as dt
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from attendance.actions.holidays import Period
from attendance.holiday_files import MOST_ROWS, REGIONS
from attendance.models.planning import PLANNERS, plans_everywhere
from kvs.models import Location, User
from students.forms import LabelledChoice

LARGEST = 2 * 1024 * 1024  # bytes; a spreadsheet of holidays is 20 KB
ROW = re.compile(r"(\d{4}-\d\d-\d\d) (\d{4}-\d\d-\d\d) ([^\x00]{1,60})")


class _ForLocation(forms.Form):
    """Where the school is closed: a location where `user` plans, or the whole school for who plans everywhere."""

    location = LabelledChoice(lambda location: location.name, label=_("location"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        location = self.fields["location"]
        assert isinstance(location, forms.ModelChoiceField)
        location.required = not plans_everywhere(user)
        location.queryset = Location.objects.where_held(user, *PLANNERS)
        if not location.required:
            location.help_text = _("Leave empty for the whole school.")


class HolidayFileForm(_ForLocation):
    """A file with school holidays, and for whom they are meant."""

    file = forms.FileField(
        label=_("File with school holidays"),
        allow_empty_file=True,  # the reader has a better sentence
        help_text=_(
            "A calendar (ics) or a spreadsheet (xlsx, ods, csv) with the columns naam, van, tot en met and, if need be, regio."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".ics,.xlsx,.ods,.xls,.csv"}),
    )
    region = forms.ChoiceField(
        label=_("Region"),
        required=False,
        choices=[("", _("not needed")), *REGIONS.items()],
        help_text=_("For a file with the holidays of several regions."),
    )
    field_order = ("file", "location", "region")

    def clean_file(self) -> Any:
        """Small: what is larger is something else."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise ValidationError(_("This file is larger than 2 MB. Keep only the holidays."))
        return file


class TakeHolidaysForm(_ForLocation):
    """The rows of a preview that are to be taken over, as the page sends them back (attendance.closing.Line.key)."""

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError for a row that no preview has shown: it is read like any input."""
        known = super().clean() or self.cleaned_data
        rows: list[str] = self.data.getlist("row")  # type: ignore[attr-defined]  # of a request it is a QueryDict
        if len(rows) > MOST_ROWS:
            raise ValidationError(_("Choose at most 300 holidays."))
        known["periods"] = [self._period(row) for row in rows]
        if not rows:
            raise ValidationError(_("Choose at least one holiday."))
        return known

    def _period(self, row: str) -> Period:
        found = ROW.fullmatch(row)
        try:
            if found is None:
                raise ValueError(row)
            first, last = (dt.date.fromisoformat(found[number]) for number in (1, 2))
        except ValueError:
            raise ValidationError(_("Read the file again: this choice is not complete.")) from None
        if not 2000 <= first.year <= last.year <= 2100 or last < first:
            raise ValidationError(_("Read the file again: this choice is not complete."))
        return Period(found[3], first, last)

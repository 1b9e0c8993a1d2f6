"""Form widgets of our own."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 2000, 2100
EARLIEST_YEAR = 1900  # of a day: somebody's birth


class DateInput(forms.DateInput):
    """The browser's own date field: it shows the local order and sends ISO."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def year_is_meant(day: dt.date) -> None:
    """A validator of every day that is typed (kvs/apps.py): the last day of 9999 has no day after it, and a place in a group
    from then on stands in the way for ever. Raises ValidationError.
    """
    if not EARLIEST_YEAR <= day.year <= LAST_YEAR:
        raise ValidationError(_("Choose a year from %(first)d to %(last)d."), params={"first": EARLIEST_YEAR, "last": LAST_YEAR})


class MomentInput(forms.DateTimeInput):
    """The browser's own field for a day and a time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class MomentField(forms.DateTimeField):
    """A day and a time. A year that nobody means is refused at the field: one moment of the year 1 cannot be told in UTC."""

    widget = MomentInput

    def to_python(self, value: Any) -> Any:
        """The moment in the zone of the school. Raises ValidationError."""
        moment = super().to_python(value)
        if moment is not None and not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValidationError(_("Choose a year from %(first)d to %(last)d."), params={"first": FIRST_YEAR, "last": LAST_YEAR})
        return moment


class LongSelect(forms.Select):
    """A select that writes its options at once. Django renders a template per option: 170 ms for a thousand groups."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        """The select as HTML, names escaped. No option groups."""
        chosen = str(value or "")
        options = "\n".join(_option(str(key), label, chosen) for key, label in self.choices)
        attributes = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        return format_html("<select{}>\n{}\n</select>", attributes, SafeString(options))  # safe: _option escapes


def _option(key: str, label: Any, chosen: str) -> str:
    selected = " selected" if key == chosen else ""
    return f'<option value="{conditional_escape(key)}"{selected}>{conditional_escape(label)}</option>'

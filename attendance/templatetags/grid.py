"""The cells of the month of a group: `{% load grid %}`. A month has five hundred, so each kind is drawn once."""

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from attendance.grid import COMING, COUNTED, OFF, OUT, Cell
from attendance.templatetags.attendance import MARKS, NO_MARK, state_label

register = template.Library()


@register.simple_tag
def grid_cells(cells: list[Cell]) -> SafeString:
    """The table cells of one student."""
    language = get_language()
    return SafeString("".join([_drawn(cell, language) for cell in cells]))


@lru_cache(maxsize=2000)
def _drawn(cell: Cell, _language: str | None) -> SafeString:
    """A sign for the eye, a word for the ear."""
    empty = {COMING: _("to come"), OFF: _("cancelled"), OUT: _("not in this group")}
    if word := empty.get(cell.kind):
        return format_html('<td class="grid-{}"><span class="visually-hidden">{}</span></td>', cell.kind, word)
    word = state_label(cell.state) if cell.state else _("no mark")
    if cell.missed:
        word = _("%(state)s, %(missed)d min missed") % {"state": word, "missed": cell.missed}
    missed = format_html('<small aria-hidden="true">{}</small>', cell.missed) if cell.missed else ""
    return format_html(
        '<td{}>{}<span class="visually-hidden">{}</span>{}</td>',
        SafeString("" if cell.kind == COUNTED else ' class="grid-open"'),
        MARKS.get(cell.state, NO_MARK),
        word,
        missed,
    )

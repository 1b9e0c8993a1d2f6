"""The fast select writes what Django's own writes."""

from html.parser import HTMLParser

import pytest
from django import forms

from kvs.widgets import LongSelect
from students.models import Enrolment

CHOICES = [("", "Alle groepen"), ("1", "NT2 B1 <dag> & 'avond'"), ("2", 'Z-route "4"')]


class Options(HTMLParser):
    """Reads a select back: its attributes, and per option value, selected and label."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[object, ...]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, frozenset(attrs)))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append((data.strip(),))


def test_same_select_as_django_writes() -> None:
    for value in ("", "1", None, "unknown"):
        fast = LongSelect(choices=CHOICES).render("group", value, {"id": "id_group"})
        slow = forms.Select(choices=CHOICES).render("group", value, {"id": "id_group"})

        assert Options(fast).found == Options(slow).found


def test_names_are_escaped() -> None:
    assert "<dag>" not in LongSelect(choices=CHOICES).render("group", "1")


@pytest.mark.parametrize(
    ("typed", "problems"),
    [
        ("1899-12-31", ["Kies een jaar van 1900 tot en met 2100."]),
        ("1900-01-01", []),
        ("2100-12-31", []),
        ("2101-01-01", ["Kies een jaar van 1900 tot en met 2100."]),
        ("9999-12-31", ["Kies een jaar van 1900 tot en met 2100."]),
    ],
)
def test_a_year_nobody_means_is_refused_in_every_form(typed: str, problems: list[str]) -> None:
    of_model = forms.modelform_factory(Enrolment, fields=["starts_on"])({"starts_on": typed})
    assert of_model.errors.get("starts_on", []) == problems
    plain = type("Plain", (forms.Form,), {"day": forms.DateField()})({"day": typed})
    assert plain.errors.get("day", []) == problems

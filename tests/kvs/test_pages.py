"""What forms and error pages of every app look like in HTML: linked labels, help and errors; pages that need nothing."""

import re

import pytest
from django import forms
from django.template.loader import get_template, render_to_string
from django.test import Client
from django.utils import translation


class ExampleForm(forms.Form):
    surname = forms.CharField(label="Achternaam", help_text="Zoals in het paspoort.")
    route = forms.ChoiceField(label="Route", choices=[("b", "B1"), ("z", "Z")], widget=forms.RadioSelect)
    informed = forms.BooleanField(label="Uitleg gekregen", required=False)
    note = forms.CharField(label="Opmerking", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> None:
        raise forms.ValidationError("Deze cursist bestaat al.")


def rendered(data: dict[str, str] | None) -> str:
    with translation.override("nl"):
        html = render_to_string("components/form.html", {"form": ExampleForm(data), "verb": "Opslaan", "cancel_url": "/terug/"})
    return re.sub(r"\s+", " ", html)


def test_errors_are_linked_both_ways() -> None:
    html = rendered({"surname": "", "version": "1"})
    assert re.findall(r'<a href="#([^"]+)">([^<]+)</a>', html) == [
        ("id_surname", "Achternaam: Dit veld is verplicht."),
        ("id_route", "Route: Dit veld is verplicht."),
    ]
    assert re.findall(r"<li>([^<]+)</li>", html) == ["Deze cursist bestaat al."]
    assert re.findall(r'aria-describedby="([^"]+)"', html) == ["id_surname_helptext id_surname_error", "id_route_error"]
    for target in ("id_surname", "id_route", "id_surname_helptext", "id_surname_error", "id_route_error"):
        assert html.count(f' id="{target}"') == 1


def test_a_good_form_shows_no_errors_and_names_what_is_not_required() -> None:
    html = rendered(None)
    assert [part in html for part in ("error-summary", "field-error", "aria-invalid")] == [False, False, False]
    assert re.findall(r"(\w+) <span class=\"optional\">", html) == ["Opmerking"]
    assert re.findall(r'<button type="(\w+)"[^>]*>(\w+)<', html) == [("submit", "Opslaan")]
    assert html.count('name="version"') == 1


def test_the_error_page_of_a_crash_needs_no_request_and_no_database() -> None:
    with translation.override("nl"):
        html = get_template("500.html").render()  # a query would raise: this test has no database
    assert re.findall(r"<h1>([^<]+)</h1>", html) == ["Er ging iets mis bij ons"]


@pytest.mark.django_db
@pytest.mark.usefixtures("school")
def test_a_page_that_is_not_there_sets_no_cookie() -> None:
    answer = Client().get("/bestaat-niet/", secure=True)
    assert (answer.status_code, dict(answer.cookies)) == (404, {})
    assert "<h1>Deze pagina is er niet</h1>" in answer.content.decode()

"""The fast select writes what Django's own writes."""

from html.parser import HTMLParser

from django import forms

from kvs.widgets import LongSelect

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

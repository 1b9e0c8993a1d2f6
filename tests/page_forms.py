"""The forms of a page as a browser would send them, read from its HTML."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

TYPED = {"text", "search", "email", "tel", "url", "number", "date", "time", "month", "password"}  # what a keyboard fills


@dataclass
class Control:
    """One named control: what kind of input it is, and what it would send untouched (None: nothing)."""

    kind: str
    value: str | None
    choices: list[str] = field(default_factory=list)
    wrong: bool = False  # the page says that what was typed is not right

    @property
    def typed(self) -> bool:
        """Whether people type in it."""
        return self.kind in TYPED or self.kind == "textarea"


@dataclass
class PageForm:
    """One form: where it goes, how, and its controls by name."""

    action: str
    method: str
    controls: dict[str, Control] = field(default_factory=dict)

    def values(self) -> dict[str, str]:
        """What is sent when nothing is touched; of an unanswered choice the first answer."""
        sent = {}
        for name, control in self.controls.items():
            value = control.value
            if value is None and control.kind in ("radio", "select"):
                value = next((choice for choice in control.choices if choice), "")
            if value is not None and control.kind != "file":
                sent[name] = value
        return sent


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.forms: list[PageForm] = []
        self.tags: set[str] = set()
        self._open: PageForm | None = None
        self._by_id: dict[str, PageForm] = {}
        self._filling: str = ""  # the select or textarea that is open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attributes}
        self.tags |= {tag, *(f"@{name}" for name in known)}
        if tag == "form":
            self._open = PageForm(known.get("action") or self.address, known.get("method", "get").lower())
            self.forms.append(self._open)
            self._by_id[known.get("id", "")] = self._open
            return
        form = self._by_id.get(known["form"]) if "form" in known else self._open
        if form is not None:
            self._control(form, tag, known)

    def _control(self, form: PageForm, tag: str, known: dict[str, str]) -> None:
        name = known.get("name", "")
        if tag == "option" and self._filling in form.controls:
            select = form.controls[self._filling]
            select.choices.append(known.get("value", ""))
            if "selected" in known:
                select.value = known.get("value", "")
        elif tag in ("select", "textarea") and name:
            form.controls[name] = Control(tag, None if tag == "select" else "", wrong="aria-invalid" in known)
            self._filling = name
        elif tag in ("input", "button") and name:
            self._input(form, name, known.get("type", "submit" if tag == "button" else "text"), known)

    def _input(self, form: PageForm, name: str, kind: str, known: dict[str, str]) -> None:
        value = known.get("value", "on" if kind == "checkbox" else "")
        control = form.controls.setdefault(name, Control(kind, None, wrong="aria-invalid" in known))
        if kind in ("radio", "checkbox", "submit"):
            control.choices.append(value)
            if "checked" in known or (kind == "submit" and control.value is None):
                control.value = value
        else:
            control.value = value

    def handle_data(self, data: str) -> None:
        if self._open and self._filling and self._open.controls[self._filling].kind == "textarea":
            control = self._open.controls[self._filling]
            control.value = (control.value or "") + data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag in ("select", "textarea"):
            self._filling = ""


def read(page: str, address: str) -> tuple[list[PageForm], set[str]]:
    """The forms of `page`, and every tag and "@attribute" in it."""
    reader = _Reader(address)
    reader.feed(page)
    reader.close()
    return reader.forms, reader.tags

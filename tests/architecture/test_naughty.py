"""Nonsense through every field of every form: never a 500, never as HTML, and what was typed stays.

The forms are read from the pages, so a new one joins by itself. KVS_EVERY_STRING=1 sends the whole list of ../shared
through each form (half an hour); otherwise its strings take turns.
"""

import html
import itertools
import json
import os
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.db import DatabaseError, models, transaction
from django.urls import resolve, reverse

from kvs import catalogue
from kvs.environment import PROJECT
from kvs.terms import Reason
from students.models import Programme, Student
from students.models.corrections import proposable
from tests.architecture.test_every_page import CODES, undone
from tests.page_forms import PageForm, read
from tests.people import Browser
from tests.whole_school import KEYWORDS, WholeSchool

pytestmark = pytest.mark.django_db
MARK = '<kvs-x onkvs="1">"\'&</kvs-x>'  # as a tag or an attribute it is seen in any page
TEXTS = (
    MARK,
    "",
    " ",
    "\x00",
    "a\x00b",
    "٤٢",
    "{{ 7|add:7 }}{% debug %}%s %(name)s {0}",
    "'; DROP TABLE students_student; --../../etc/passwd",
    '=HYPERLINK("http://x")',
    "\r\nSet-Cookie: kvs=1",
    "\u202eנהפך\u2066 Z̸͎͌a̷͔̓l̶̙̾g̴̪̈o̵ \ufeff\u2028\ufffe ﬁ Ǆ İ ß 👩🏽‍🎓",
    "x" * 2_000,
)
NUMBERS = ("", "0", "-1", "2147483648", "9" * 400, "1e309", "NaN", "٤٢", MARK, "\x00", "1,5", "0x10")
DAYS = ("", "2026-02-30", "0000-00-00", "9999-12-31", "0001-01-01", "31-12-1799", "24:00", "25:61", "9" * 400, MARK, "\x00", "-1")
MOMENTS = (*(f"{day}T00:00" for day in DAYS[1:5]), "2026-11-26T25:61", "2026-11-26", *DAYS[8:])
BY_KIND = {"number": NUMBERS, "datetime-local": MOMENTS, **dict.fromkeys(("date", "time", "month"), DAYS)}
TAMPERED = (MARK, "\x00", "9" * 400)  # in hidden fields, choices and buttons, as somebody with tools sends them
TURNS = 1  # posts with strings of others per form, when not all of them
KNOWN_NAMES = {"q", "after", "dag", "maand", "voor", "status", "next"}
OF_SOFTWARE = {"session", "work", "traces", "secret", "draft", "files", "disclosures"}
FINE = {200, 302, 400, 403, 404, 405, 409, 422, 429}


def strings_of_others() -> list[str]:
    """The big list of naughty strings, where it lies beside the project; nothing otherwise."""
    [*files] = PROJECT.parent.glob("shared/data/naughty-strings/blns.json")
    return [text for file in files for text in json.loads(file.read_text())]


def addresses(whole: WholeSchool) -> Iterator[str]:
    """Every address, and of the correction forms one for each thing that can be corrected."""
    yield from whole.addresses().values()
    for field in proposable(Student):
        yield reverse("students:propose", args=[field])
    for field in proposable(Programme):
        yield reverse("students:propose_programme", args=[whole.keys["programme"], field])
    for category in ("identity", "background"):
        yield reverse("students:correct", args=[category])


def forms_of(whole: WholeSchool) -> list[tuple[Browser, str, PageForm]]:
    """Each form of the school once, with a browser that may open it and the page it stands on."""
    found: dict[object, tuple[Browser, str, PageForm]] = {}
    for browser in [Browser(), *whole.browsers().values()]:
        browser.raise_request_exception = False
        for address in addresses(whole):
            with undone():
                answer = browser.get(address)
            if answer.status_code == 200 and "html" in answer.headers["Content-Type"]:
                for form in read(answer.content.decode(), address)[0]:
                    found.setdefault(_what_it_is(form), (browser, address, form))
    return list(found.values())


def _what_it_is(form: PageForm) -> object:
    """Two forms are alike when one view takes them with the same controls; of proposals, with controls of the same kinds."""
    view = resolve(urlsplit(form.action).path).view_name
    kinds = sorted(control.kind for control in form.controls.values())
    return view, form.method, tuple(kinds if view.startswith("students:propose") else sorted(form.controls))


def send(browser: Browser, form: PageForm, values: dict[str, str]) -> Any:
    """The answer to a form; who was signed in still is."""
    cookies = deepcopy(browser.cookies)
    answer = getattr(browser, form.method)(form.action, values)
    browser.cookies = cookies
    return answer


def faults(browser: Browser, form: PageForm, values: dict[str, str], taken: set[str]) -> Iterator[str]:
    """What is wrong with the answer to these values, and with the page it leads to."""
    with undone():
        answer = send(browser, form, values)
        yield from _faults_of(answer, form, values)
        if answer.status_code == 422:  # only what was refused becomes good again: the rest must be able to come in
            again = _without_the_refused(answer, form, values)
            answer = send(browser, form, again)
            yield from _faults_of(answer, form, again)
        if answer.status_code == 302 and answer["Location"].startswith("/"):
            taken.add(form.action)
            yield from _faults_of(browser.get(answer["Location"]), form, {})


def _faults_of(answer: Any, form: PageForm, values: dict[str, str]) -> Iterator[str]:
    if answer.status_code not in FINE:
        yield f"answers {answer.status_code}"
    if "html" not in answer.headers.get("Content-Type", ""):
        return
    shown, seen = read(answer.content.decode(), form.action)
    if {"kvs-x", "@onkvs"} & seen:
        yield "is shown as HTML"
    if answer.status_code == 422:
        yield from (f"loses what was typed in {name}" for name in _lost(shown, form, values))


def _lost(shown: list[PageForm], form: PageForm, values: dict[str, str]) -> Iterator[str]:
    same = next((one for one in shown if set(form.controls) <= set(one.controls)), None)
    for name, control in form.controls.items():
        if control.typed and control.kind != "password":
            kept = same.controls[name].value if same else None
            if _plain(kept or "") != _plain(values[name]):
                yield name


def _plain(text: str) -> str:
    """As HTML carries it: one kind of line end, and none at the beginning of a text area."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _without_the_refused(answer: Any, form: PageForm, values: dict[str, str]) -> dict[str, str]:
    shown, _seen = read(answer.content.decode(), form.action)
    wrong = {name for one in shown for name, control in one.controls.items() if control.wrong}
    untouched = form.values()
    return {name: untouched.get(name, "") if name in wrong else value for name, value in values.items()}


def nonsense(form: PageForm, number: int, turns: Iterator[str]) -> Iterator[dict[str, str]]:
    """What to send: in the fields people type in each nasty string, of the kind of the field; then also in all the others.

    The first string, which would be seen as HTML, always; of the rest every third one, by turns with the `number` of the form.
    """
    untouched = form.values()
    typed = {name: BY_KIND.get(control.kind, TEXTS) for name, control in form.controls.items() if control.typed}
    every = os.environ.get("KVS_EVERY_STRING")
    for place in range(max(map(len, typed.values()), default=0)):
        if place and not every and (place + number) % 3:
            continue
        yield {**untouched, **{name: texts[place % len(texts)] for name, texts in typed.items()}}
    for text in TAMPERED:
        yield dict.fromkeys(form.controls, text)
    others = strings_of_others() if typed else []
    if every:
        yield from ({**untouched, **dict.fromkeys(typed, text)} for text in others)
    elif others:
        yield from ({**untouched, **{name: next(turns) for name in typed}} for _round in range(TURNS))


def test_nonsense_in_every_field_of_every_form(whole: WholeSchool) -> None:
    turns = itertools.cycle(strings_of_others() or TEXTS)
    taken: set[str] = set()
    found = {
        (form.action, fault): {name: text[:40] for name, text in values.items()}
        for number, (browser, _page, form) in enumerate(forms_of(whole))
        for values in nonsense(form, number, turns)
        for fault in faults(browser, form, values, taken)
    }
    assert found == {}
    assert len(taken) > 25  # so many forms took some of it in as text


# --- in addresses


def asked_for(page: str) -> set[str]:
    """The names that links and forms of a page put behind the question mark."""
    linked = re.findall(r"""(?:href|hx-get|action)=["'][^"']*\?([^"'#]+)""", page)
    names = {part.split("=")[0] for query in linked for part in html.unescape(query).split("&")}
    return names | {name for form in read(page, "")[0] if form.method == "get" for name in form.controls}


def test_nonsense_behind_the_question_mark(whole: WholeSchool) -> None:
    found = {}
    places: dict[str, tuple[Browser, str, set[str]]] = {}
    for browser in whole.browsers().values():
        browser.raise_request_exception = False
        for name, address in whole.addresses().items():
            answer = browser.get(address)
            if answer.status_code == 200 and (names := asked_for(answer.content.decode(errors="replace"))):
                places.setdefault(name, (browser, address, names | KNOWN_NAMES))
    for browser, address, names in places.values():
        for text in (*TEXTS[:6], *NUMBERS[2:6], *DAYS[1:6], "9999-12", "0001-01"):
            answer = browser.get(address, dict.fromkeys(names, text))
            faulty = {"kvs-x", "@onkvs"} & read(answer.content.decode(errors="replace"), "")[1]
            if answer.status_code not in FINE or faulty:
                found[address, text] = (answer.status_code, faulty)
    assert found == {}
    assert len(places) > 5


def test_nonsense_in_the_path(whole: WholeSchool) -> None:
    """Words in an address that are no key: what is not known is not found."""
    found = {}
    for role, browser in whole.browsers().items():
        browser.raise_request_exception = False
        for name, keywords in KEYWORDS.items():
            for keyword in keywords.keys() - {"pk", "file", "number", "enrolment", "event"}:  # these are of a type of their own
                for word in ("x", "-", "a" * 400, "__class__"):
                    wanted = {**{one: whole.keys.get(key, key) for one, key in keywords.items()}, keyword: word}
                    answer = browser.get(reverse(name, kwargs=wanted))
                    if answer.status_code not in (403, 404, 405):
                        found[name, word, role] = answer.status_code
    assert found == {}


# --- once it is in


def typed_columns() -> Iterator[tuple[type[models.Model], Any]]:
    """Columns of text that people fill: personal ones that are no codes of the software, names of groups, clients and rooms."""
    for declared in catalogue.load().models:
        model = apps.get_model(declared.label)
        for field in declared.fields:
            column: Any = model._meta.get_field(field.name)
            by_people = (
                field.category.code not in OF_SOFTWARE
                if isinstance(field, catalogue.Field)
                else field.because in (Reason.OFFER, Reason.ORGANISATION)
            )
            fits = isinstance(column, models.CharField | models.TextField) and (column.max_length or 99) >= 16
            if by_people and fits and not column.choices and f"{declared.label}.{field.name}" not in CODES:
                yield model, column


def mark_everything() -> int:
    """Text that would be HTML in every such column of every row, as far as the database takes it; how many columns did."""
    return sum(sum(_marked(row, column) for row in model._default_manager.all()[:50]) > 0 for model, column in typed_columns())


def _marked(row: models.Model, column: Any) -> bool:
    text = f"{MARK if (column.max_length or 99) >= 60 else '<kvs-x>'}{str(row.pk)[-8:]}"
    try:
        with transaction.atomic():
            return bool(type(row)._default_manager.filter(pk=row.pk).update(**{column.name: text}))
    except (DatabaseError, ValueError):
        return False


def test_what_was_once_typed_is_text_on_every_page(whole: WholeSchool) -> None:
    browsers = whole.browsers()
    assert mark_everything() > 30
    found, seen = set(), 0
    for role, browser in browsers.items():
        for name, address in whole.addresses().items():
            answer = browser.get(address)
            if answer.get("Content-Type", "").startswith("text/calendar"):  # no browser reads that as a page (nosniff)
                continue
            page = answer.content.decode(errors="replace")
            seen += "&lt;kvs-x" in page
            if {"kvs-x", "@onkvs"} & read(page, address)[1]:
                found.add((name, role))
    assert found == set()
    assert seen > 100

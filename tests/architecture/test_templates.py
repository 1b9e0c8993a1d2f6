"""What every template and stylesheet keeps to: the content security policy, no foreign server, nothing unused."""

import re
from pathlib import Path

import allauth
import django.forms
import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template

from kvs.environment import PROJECT
from kvs.staticfiles import FILES
from kvs.templatetags.kvs import icon

FOLDER = PROJECT / "templates"
NAMES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html"))
APPS = ("kvs", "students", "attendance", "exams", "reporting", "privacy")

# Rendered by Django and allauth themselves, under these names.
ERROR_PAGES = {"400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html"}
# Components of the house that no page uses yet. A name leaves this list with its first page; the list ends empty.
AWAITED: set[str] = set()

FORBIDDEN = {
    "inline script": r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")",
    "inline style": r"<style|\sstyle\s*=",
    "event attribute": r"\s(?:on[a-z]+|hx-on[:a-z-]*)\s*=",
    "script in htmx": r"hx-(?:vals|headers)\s*=\s*[\"']js(?:avascript)?:",
    "foreign origin": r"(?:src|href|action|srcset)\s*=\s*[\"'](?:https?:)?//",
    "button without type": r"<button(?![^>]*\btype=)",
    "unescaped text": r"\|\s*safe\b|autoescape\s+off",
}


def findings(source: str) -> list[str]:
    """Names of the rules that a template breaks; comments do not count."""
    source = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", "", source, flags=re.DOTALL)
    source = re.sub(r"{%.*?%}", lambda tag: tag.group().replace(">", ""), source, flags=re.DOTALL)
    return [rule for rule, pattern in FORBIDDEN.items() if re.search(pattern, source, re.IGNORECASE)]


@pytest.mark.parametrize("name", NAMES)
def test_template_compiles(name: str) -> None:
    get_template(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_comment_ends_on_its_line(name: str) -> None:
    """Django shows one that does not to whoever looks at the page."""
    source = re.sub(r"{#.*?#}", "", (FOLDER / name).read_text())
    assert ("{#" in source, "#}" in source) == (False, False)


@pytest.mark.parametrize("name", NAMES)
def test_template_keeps_the_rules(name: str) -> None:
    assert findings((FOLDER / name).read_text()) == []


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("<script>run()</script>", "inline script"),
        ('<script type="module">run()</script>', "inline script"),
        ('<p style="color: red">', "inline style"),
        ("<style>p {}</style>", "inline style"),
        ('<a href="#" onclick="run()">', "event attribute"),
        ('<a hx-on:click="run()">', "event attribute"),
        ('<a hx-on--after-swap="run()">', "event attribute"),
        ("""<a hx-vals='js:{a: run()}'>""", "script in htmx"),
        ('<img src="https://elsewhere.example/x.png">', "foreign origin"),
        ('<link href="//elsewhere.example/x.css">', "foreign origin"),
        ('<button class="btn">Save</button>', "button without type"),
        ("{{ text|safe }}", "unescaped text"),
        ("{% autoescape off %}", "unescaped text"),
    ],
)
def test_each_rule_sees_what_it_forbids(source: str, rule: str) -> None:
    assert findings(source) == [rule]


def test_what_is_allowed_is_not_found() -> None:
    assert findings('<script src="{% static "kvs.js" %}" defer></script>{# style="" #}') == []
    assert findings('<script type="application/json" id="data">{}</script>') == []
    assert findings('<button {% if count > 1 %}hidden {% endif %}type="submit">Save</button>') == []


def _used_by_a_library(name: str) -> bool:
    """True when the template takes the place of one that allauth or Django's forms ask for."""
    libraries = (Path(allauth.__file__).parent / "templates", Path(django.forms.__file__).parent / "templates")
    return name in ERROR_PAGES or any((folder / name).is_file() for folder in libraries)


def test_every_template_is_used() -> None:
    code = [path.read_text() for app in APPS for path in (PROJECT / app).rglob("*.py")]
    text = "\n".join(code + [(FOLDER / name).read_text() for name in NAMES])
    unused = {name for name in NAMES if f'"{name}"' not in text and not _used_by_a_library(name)}
    assert unused == AWAITED


def test_every_named_icon_exists() -> None:
    named = {
        found for name in NAMES for found in re.findall(r"""(?:{% icon |\bsign=)["']([^"']+)["']""", (FOLDER / name).read_text())
    }
    for found in sorted(named):
        assert f"icon-{found}" in icon(found)


def _static_names() -> set[str]:
    """Files that templates and our stylesheets ask for."""
    sources = [(FOLDER / name).read_text() for name in NAMES]
    asked = {found for source in sources for found in re.findall(r"""{% static ["']([^"']+)["']""", source)}
    for sheet in (PROJECT / "static").glob("*.css"):
        asked |= set(re.findall(r"""url\(["']?([^"')]+)["']?\)""", sheet.read_text()))
    return asked


def test_every_static_file_is_there_and_used() -> None:
    asked = _static_names()
    assert {name for name in asked if not finders.find(name)} == set()
    own = {path.relative_to(PROJECT / "static").as_posix() for path in (PROJECT / "static").rglob("*") if path.is_file()}
    source_maps = {name for name in FILES if name.endswith(".map")}
    assert (own | set(FILES)) - source_maps == asked

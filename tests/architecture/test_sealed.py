"""Sealed fields are neither sorted nor made distinct: PostgreSQL would compare tokens, which differ each time.

`kvs.fields.SealedField` refuses look-ups itself, but Django asks no field before ORDER BY or DISTINCT. So the source is read.
"""

import ast
from collections.abc import Iterator

import pytest
from django.apps import apps

from kvs.environment import PROJECT
from kvs.fields import SealedField

APPS = ("kvs", "students", "attendance", "exams", "reporting", "privacy")
COMPARING = {"order_by", "distinct", "earliest", "latest", "in_bulk", "dates", "datetimes"}
CHOOSING = {"values", "values_list"}


def sealed_names(source: str = "") -> set[str]:
    """Names of sealed fields: those no plain field shares, and in a `source` that speaks of its model each of a model."""
    fields = [field for model in apps.get_models() for field in model._meta.local_fields]
    sealed = [field for field in fields if isinstance(field, SealedField)]
    plain = {field.name for field in fields if not isinstance(field, SealedField)}
    return {field.name for field in sealed if field.name not in plain or field.model.__name__ in source}


def called(node: ast.AST) -> str:
    """The name of the method a call calls, or nothing."""
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def chain(node: ast.AST) -> Iterator[ast.Call]:
    """The calls before this one in `a.b().c()`, and this one."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield node
        node = node.func.value


def named_in(call: ast.Call) -> set[str]:
    """Last parts of the field paths among a call's arguments, also inside F("…").desc()."""
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    texts = [node.value for argument in arguments for node in ast.walk(argument) if isinstance(node, ast.Constant)]
    return {text.lstrip("-").split("__")[-1] for text in texts if isinstance(text, str)}


def violations(source: str, names: set[str]) -> list[int]:
    """Lines that sort by a sealed field or make one distinct."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or called(node) not in COMPARING:
            continue
        compared = named_in(node)
        if called(node) == "distinct":
            chosen = [named_in(call) for call in chain(node) if called(call) in CHOOSING]
            compared = compared.union(*chosen)
        if compared & names:
            found.append(node.lineno)
    return found


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('Programme.objects.order_by("bsn")', [1]),
        ('x = 1\nStudent.objects.filter(a=1).order_by("name", "-programme__bsn")', [2]),
        ('q.order_by(F("bsn").desc(nulls_last=True))', [1]),
        ('q.distinct("bsn")', [1]),
        ('q.values_list("bsn", flat=True).filter(a=1).distinct()', [1]),
        ('q.latest("bsn")', [1]),
        ('q.in_bulk(ids, field_name="bsn")', [1]),
        ('q.order_by("name").values_list("bsn")', []),
        ('q.values("name").distinct()', []),
        ('q.order_by("bsn_index")', []),
        ("q.distinct()", []),
    ],
)
def test_the_reader_finds_what_it_should(source: str, lines: list[int]) -> None:
    assert violations(source, {"bsn"}) == lines


def test_no_code_compares_tokens() -> None:
    files = [path for app in APPS for path in (PROJECT / app).rglob("*.py") if "migrations" not in path.parts]
    assert "sealed" in sealed_names()  # kvs.KeySentinel
    assert "name" in sealed_names("PrivacyRequest.objects.order_by('name')")
    assert "name" not in sealed_names("Group.objects.order_by('name')")
    assert len(files) > 20
    texts = {str(path.relative_to(PROJECT)): path.read_text() for path in files}
    assert {name: found for name, text in texts.items() if (found := violations(text, sealed_names(text)))} == {}

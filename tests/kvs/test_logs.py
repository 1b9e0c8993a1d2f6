"""The log says which error and where, never what it quotes."""

import logging
import sys

import pytest
from django.db import IntegrityError, transaction

from kvs.logs import Formatter
from kvs.models import Location
from students.models import Student


def written(problem: BaseException) -> str:
    """What the log says of an exception that was caught here."""
    record = logging.LogRecord("kvs", logging.ERROR, __file__, 1, "Internal Server Error: %s", ("/x/",), None)
    record.exc_info = (type(problem), problem, problem.__traceback__)
    return Formatter("%(levelname)s %(message)s").format(record)


def test_a_refused_row_is_not_quoted(north: Location) -> None:
    values = {"number": "2026-1", "surname": "Geheimnaam", "street": "Dorpsstraat", "gender": "q", "intake_location": north}
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Student.objects.create(**values)
    assert "Geheimnaam" in str(caught.value)

    line = written(caught.value)

    assert "Geheimnaam" not in line
    assert "Dorpsstraat" not in line
    assert "IntegrityError" in line
    assert "test_logs.py" in line


def test_every_cause_is_named_once() -> None:
    try:
        try:
            int("geheim")
        except ValueError as first:
            raise KeyError("geheim") from first
    except KeyError:
        line = written(sys.exc_info()[1] or KeyError())

    assert (line.count("builtins.ValueError"), line.count("builtins.KeyError")) == (1, 1)
    assert line.index("builtins.ValueError") < line.index("builtins.KeyError")
    assert "geheim'" not in line

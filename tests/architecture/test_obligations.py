"""docs/privacy_obligations.md: every row of the design note is there, the tests it names exist, and what is open is counted."""

import re

from kvs.environment import PROJECT

TABLE = PROJECT / "docs" / "privacy_obligations.md"
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
OPEN = 0  # only ever smaller


def rows() -> list[tuple[int, str]]:
    """Number and proof of each row."""
    return [(int(number), shown) for number, _what, shown in ROW.findall(TABLE.read_text())]


def test_every_obligation_has_a_row() -> None:
    assert [number for number, _shown in rows()] == list(range(1, 75))


def test_every_test_that_is_named_exists() -> None:
    written = {
        name for path in (PROJECT / "tests").rglob("test_*.py") for name in re.findall(r"def (test_\w+)", path.read_text())
    }
    named = {name for _number, shown in rows() for name in re.findall(r"`(test_\w+)`", shown)}

    assert named - written == set()
    assert len(named) > 50


def test_what_is_open_is_counted() -> None:
    assert sum("**open**" in shown for _number, shown in rows()) == OPEN

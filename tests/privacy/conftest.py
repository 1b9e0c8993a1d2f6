"""Each test of privacy has a ledger file of its own: the database of one test knows nothing of another's erasures."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def own_ledger(settings: Settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path

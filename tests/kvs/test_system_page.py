"""What the system administrator reads about the backups."""

import datetime as dt
from pathlib import Path

import pytest
from pytest_django import Settings

from kvs import backup
from kvs.backup import NAME
from kvs.models import User
from kvs.views import backup_state
from tests.people import signed_in


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the backups; the public key lies in one of this test's own too."""
    settings.BACKUPS = tmp_path / "backups"
    settings.BACKUPS.mkdir()
    monkeypatch.setattr(backup, "public_key_file", lambda: tmp_path / "backup.public")
    return tmp_path


def plant(folder: Path, hours: float) -> None:
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)
    (folder / "backups" / moment.strftime(NAME)).write_bytes(b"age")


@pytest.mark.parametrize(("hours", "good"), [(0, True), (25.9, True), (26.1, False), (900, False)])
def test_the_newest_backup_is_red_after_26_hours(folder: Path, hours: float, good: bool) -> None:
    backup.make_key_pair()
    plant(folder, hours)
    plant(folder, 1000)
    (folder / "backups/kvs-20990101T000000Z.part").touch()  # half a backup is none
    said, is_good = backup_state()
    assert (is_good, "Back-up: de nieuwste is van" in said, "meer dan 26 uur" in said) == (good, True, not good)


def test_no_backup_and_no_key_are_red(folder: Path) -> None:
    assert backup_state() == ("Back-up: er wordt er geen gemaakt, want er is nog geen sleutel (bin/backup keys)", False)
    backup.make_key_pair()
    assert backup_state() == ("Back-up: er is er nog geen", False)
    (folder / "backup.public").write_text("age1none")
    assert backup_state() == ("Back-up: de map of de sleutel is niet te lezen", False)


def test_it_stands_on_the_page_of_the_system(sami: User, folder: Path) -> None:
    page = signed_in(sami).get("/").content.decode()
    assert "bin/backup keys" in page
    assert page.count("pill-bad") == 1
    backup.make_key_pair()
    plant(folder, 1)
    page = signed_in(sami).get("/").content.decode()
    assert "Back-up: de nieuwste is van" in page
    assert page.count("pill-bad") == 0

"""/readyz names what is lacking, whatever it is; /healthz says all the while that the process answers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from pytest_django import Settings

from kvs.environment import keys_folder
from kvs.models import KeySentinel, User
from tests.people import Browser, signed_in

ALL = {"database": True, "broker": True, "migrations": True, "keys": True, "catalogue": True, "ledger": True}


def asked(browser: Browser | None = None) -> tuple[int, dict[str, bool]]:
    """Status of /readyz and the parts it misses; /healthz is fine by then."""
    browser = browser or Browser()
    well = browser.get("/healthz")
    assert (well.status_code, well.content) == (200, b"ok")
    answer = browser.get("/readyz")
    parts = answer.json()
    assert parts.keys() == ALL.keys()
    return answer.status_code, {name: good for name, good in parts.items() if not good}


def sql(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.usefixtures("school")
def test_nothing_is_lacking() -> None:
    answer = Browser().get("/readyz")
    assert (answer.status_code, answer.json(), dict(answer.cookies)) == (200, ALL, {})


@pytest.fixture
def no_database() -> Iterator[Callable[[], None]]:
    """Takes the server away: its socket is somewhere else."""
    with pytest.MonkeyPatch.context() as patch:

        def away() -> None:
            connection.close()
            patch.setitem(connection.settings_dict, "HOST", "/nowhere")

        yield away
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_without_a_database_also_to_who_is_signed_in(sami: User, no_database: Callable[[], None]) -> None:
    browser = signed_in(sami)
    assert asked(browser) == (200, {})
    no_database()
    lacking = dict.fromkeys(("database", "migrations", "keys", "catalogue", "ledger"), False)
    assert asked(browser) == asked() == (503, lacking)


@pytest.mark.usefixtures("school")
def test_without_a_broker(settings: Settings) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere.sock"}}
    assert asked() == (503, {"broker": False})


@pytest.mark.usefixtures("school")
def test_with_a_migration_to_do() -> None:
    """Nothing is said of keys and tables then: they may have to be made first."""
    sql("DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations WHERE app = 'kvs')")
    assert asked() == (503, {"migrations": False, "keys": False, "catalogue": False, "ledger": False})


@pytest.mark.parametrize("table", ["CREATE TABLE old_students (name text)", "ALTER TABLE kvs_user ADD COLUMN nickname text"])
@pytest.mark.usefixtures("school")
def test_with_a_table_or_column_of_nobody(table: str) -> None:
    sql(table)
    assert asked() == (503, {"catalogue": False})


@pytest.mark.usefixtures("school")
def test_a_database_that_does_not_know_its_keys() -> None:
    KeySentinel.objects.all().delete()
    assert asked() == (503, {"keys": False})


@pytest.mark.parametrize("column", ["sealed", "index", "secret"])
@pytest.mark.usefixtures("school")
def test_a_database_of_other_keys(column: str) -> None:
    strange = Fernet(Fernet.generate_key()).encrypt(b"kvs.keysentinel.sealed\nother").decode()
    sql(f"UPDATE kvs_keysentinel SET {column} = '{strange[:64] if column != 'sealed' else strange}'")
    assert asked() == (503, {"keys": False})


@pytest.fixture
def keys(school: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the key files."""
    for path in keys_folder().iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setenv("KVS_KEYS", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["seal", "index", "secret"])
def test_a_key_file_that_went_away_is_told_before_the_next_start(keys: Path, name: str) -> None:
    assert asked() == (200, {})
    (keys / name).unlink()
    assert asked() == (503, {"keys": False})


@pytest.mark.parametrize("name", ["seal", "index", "secret"])
def test_a_strangers_key_file_is_told_before_the_next_start(keys: Path, name: str) -> None:
    (keys / name).write_text(Fernet.generate_key().decode())
    assert asked() == (503, {"keys": False})

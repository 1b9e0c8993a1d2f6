"""Dockerfile and docker-compose.yml: no Docker here, so what can be read is compared with what the code does."""

import os
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.conninfo import make_conninfo

from kvs import serve
from kvs.embedded import QUIET_LOG, SOLID_STATE
from kvs.environment import PROJECT, EnvironmentProblem, redis_url

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (PROJECT / "Dockerfile").read_text()
OURS = {"prepare", "web", "worker", "timetable"}
DEFAULT = re.compile(r"\$\{\w+:-(\w+)\}")  # what stands for a variable that is not set
each_service = pytest.mark.parametrize("name", SERVICES)


def test_the_services() -> None:
    assert set(SERVICES) == {"database", "broker", "proxy"} | OURS


@each_service
def test_no_service_has_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] not in ("", "root", "0")
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.keys() & {"cap_add", "privileged", "pid", "network_mode", "devices"} == set()
    assert {"mem_limit", "cpus", "pids_limit", "healthcheck"} <= service.keys()


@each_service
def test_every_service_is_watched_but_the_one_that_ends(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check == {"disable": True} if name == "prepare" else check["test"][0] in ("CMD", "CMD-SHELL")


@each_service
def test_secrets_are_files_and_volumes_exist(name: str) -> None:
    service = SERVICES[name]
    assert set(service.get("secrets", [])) <= COMPOSE["secrets"].keys()
    assert {DEFAULT.sub(r"\1", volume).split(":")[0] for volume in service.get("volumes", [])} <= COMPOSE["volumes"].keys()
    assert set(service["networks"]) <= COMPOSE["networks"].keys()
    for variable, value in service.get("environment", {}).items():
        assert "PASSWORD" not in variable or variable.endswith("_FILE")
        if variable.endswith("_FILE"):
            assert value.removeprefix("/run/secrets/") in service["secrets"]


def test_the_secret_files_and_the_settings_of_a_school_are_not_in_the_repository() -> None:
    ignored = (PROJECT / ".gitignore").read_text().splitlines()
    assert {"secrets/", ".env"} <= set(ignored)
    assert {Path(secret["file"]).parent for secret in COMPOSE["secrets"].values()} == {Path("secrets")}


def test_only_the_proxy_is_reached_from_outside_and_the_servers_by_nobody() -> None:
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert {name for name in SERVICES if SERVICES[name]["networks"] == ["inside"]} >= {"database", "broker"}


def test_only_what_prepares_may_write_keys_and_data_lie_apart() -> None:
    shared = ["data:/data", "ledger:/data/ledger", "${KVS_BACKUP_FOLDER:-backups}:/backups"]
    assert {name: SERVICES[name]["volumes"] for name in OURS} == {
        "prepare": [*shared, "keys:/keys"],
        **{part: [*shared, "keys:/keys:ro"] for part in OURS - {"prepare"}},
    }


@pytest.mark.parametrize("name", sorted(OURS - {"prepare"}))
def test_the_parts_run_as_under_bin_run(name: str) -> None:
    """kvs/embedded.py starts serve.web, serve.worker and serve.timetable; so does `python -m kvs.serve`."""
    assert SERVICES[name]["command"] == ["python", "-m", "kvs.serve", name]
    assert SERVICES[name]["healthcheck"]["test"] == ["CMD", "python", "-m", "kvs.serve", "healthy", name]
    assert SERVICES[name]["depends_on"] == {
        "prepare": {"condition": "service_completed_successfully"},
        "database": {"condition": "service_healthy"},
        "broker": {"condition": "service_healthy"},
    }
    started = (PROJECT / "kvs/embedded.py").read_text()
    assert f"serve.{name}(" in started


def test_preparing_is_what_bin_run_does_too() -> None:
    assert SERVICES["prepare"]["command"] == ["python", "-m", "kvs.serve", "prepare"]
    assert "serve.PREPARE.items()" in (PROJECT / "kvs/embedded.py").read_text()


def test_the_database_is_made_and_started_as_the_embedded_one() -> None:
    database = SERVICES["database"]
    assert database["command"] == ["postgres", *QUIET_LOG, *SOLID_STATE]
    made = set(shlex.split(database["environment"]["POSTGRES_INITDB_ARGS"]))
    shared = {"--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"}
    assert made == shared | {"--auth-host=scram-sha-256"}
    assert all(f'"{option}"' in (PROJECT / "kvs/embedded.py").read_text() for option in shared)
    assert database["image"].startswith("postgres:18")


def test_every_variable_is_one_the_settings_read() -> None:
    read = "".join((PROJECT / "kvs" / name).read_text() for name in ("settings.py", "environment.py"))
    named = {variable for name in OURS for variable in SERVICES[name]["environment"] if variable.startswith("KVS_")}
    assert {variable for variable in named if f'"{variable}"' not in read} == set()
    assert "KVS_DEMO" not in named
    assert SERVICES["web"]["environment"]["KVS_TRUSTED_PROXIES"] == "1"


def test_the_proxy_believes_nothing_a_browser_says_about_its_way() -> None:
    caddyfile = (PROJECT / "production/Caddyfile").read_text()
    for header in ("X-Forwarded-For {remote_host}", "X-Forwarded-Host {host}", "X-Forwarded-Proto {scheme}", "-Forwarded"):
        assert f"header_up {header}\n" in caddyfile


def test_the_image_holds_what_the_lock_says_and_no_root() -> None:
    assert "--require-hashes" in DOCKERFILE
    # A new volume takes over who owns the folder it covers.
    assert "install --directory --owner=kvs --group=kvs --mode=0700 /data /data/ledger /keys /backups\n" in DOCKERFILE
    assert [line for line in DOCKERFILE.splitlines() if line.startswith("USER")] == ["USER proxy", "USER kvs"]
    pango = (PROJECT / "bin/_environment").read_text().split("PANGO=(")[1].split(")")[0].split()
    assert all(package in DOCKERFILE for package in pango)
    kept = {line.removeprefix("!") for line in (PROJECT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    needed = {path.name for path in PROJECT.iterdir() if (path / "__init__.py").exists()} - {"tests"}
    assert needed | {"manage.py", "requirements.lock", "static", "templates", "locale"} <= kept


# --- kvs/serve.py


def test_a_broker_password_of_any_signs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a:b@c/d?é\n")
    monkeypatch.setenv("KVS_REDIS_URL", "redis://broker:6379")
    assert redis_url() == "redis://broker:6379"
    monkeypatch.setenv("KVS_REDIS_PASSWORD_FILE", str(tmp_path / "password"))
    assert redis_url() == "redis://:a%3Ab%40c%2Fd%3F%C3%A9@broker:6379"
    monkeypatch.setenv("KVS_REDIS_PASSWORD_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(EnvironmentProblem, match=r"KVS_REDIS_PASSWORD_FILE cannot be read \(No such file"):
        redis_url()


def test_a_database_with_data_gets_no_new_keys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A forgotten key volume must not end in a school whose old data nobody can read."""
    with psycopg.connect(serve_database(monkeypatch), autocommit=True) as database:
        database.execute("CREATE TABLE kvs_keysentinel (id int)")
        monkeypatch.setenv("KVS_KEYS", str(tmp_path / "keys"))
        assert not serve.holds_data()
        database.execute("INSERT INTO kvs_keysentinel VALUES (1)")
        assert serve.main(["prepare"]) == 1
        assert not (tmp_path / "keys").exists()
        assert "has no keys: put the keys of this school back." in capfd.readouterr().err
        database.execute("DROP TABLE kvs_keysentinel")


def serve_database(monkeypatch: pytest.MonkeyPatch) -> str:
    """The server of this test run, and its database that no test uses."""
    address = make_conninfo(os.environ["KVS_DATABASE_URL"], dbname="postgres")
    monkeypatch.setenv("KVS_DATABASE_URL", address)
    return address


def test_no_database_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KVS_DATABASE_URL", f"postgresql://kvs@/kvs?host={tmp_path}")
    monkeypatch.setenv("KVS_KEYS", str(tmp_path))
    assert serve.main(["prepare"]) == 1
    assert capfd.readouterr().err == "KVS: The database does not answer (KVS_DATABASE_URL).\n"


@pytest.mark.parametrize("words", [[], ["cook"], ["healthy", "cook"], ["web", "now"]])
def test_other_words_are_answered_with_the_usage(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert serve.main(words) == 1
    assert capfd.readouterr().err.startswith("KVS: usage: python -m kvs.serve web | worker")


def test_the_timetable_is_ill_when_it_has_written_nothing_for_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KVS_VAR", str(tmp_path))
    assert not serve.healthy("timetable")
    (tmp_path / "beat-schedule.dat").touch()
    assert serve.healthy("timetable")
    monkeypatch.setattr(serve, "TIMETABLE_SILENCE", -1)
    assert not serve.healthy("timetable")


def test_nothing_listens_so_the_web_is_ill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KVS_PORT", "1")
    assert not serve.healthy("web")


def test_the_commands_are_those_of_this_python() -> None:
    for command in (serve.web("127.0.0.1:1"), serve.worker(), serve.timetable(), *serve.PREPARE.values()):
        assert command[0] == sys.executable

"""The parts of a school as commands, the same ones under bin/run (kvs/embedded.py) and in containers (docker-compose.yml).

python -m kvs.serve web | worker | timetable     become that part
python -m kvs.serve prepare                      keys of a new school, tables, translations, static files
python -m kvs.serve healthy web | worker | timetable
"""

import http.client
import os
import subprocess
import sys
import time
from pathlib import Path

from kvs import environment
from kvs.environment import EnvironmentProblem, keys_folder, make_keys

MANAGE = [sys.executable, "manage.py"]
CELERY = [sys.executable, "-m", "celery", "-A", "kvs"]
PREPARE = {
    "Compiling the translations": [sys.executable, "-m", "kvs.translations", "compile"],
    "Bringing the database up to date": [*MANAGE, "migrate", "--no-input"],
    "Collecting the static files": [*MANAGE, "collectstatic", "--no-input", "--clear", "--verbosity=0"],
}
TIMETABLE_SILENCE = 600  # seconds; it writes down where it is every three minutes
EXPOSED = "0.0.0.0"  # noqa: S104  # only the proxy reaches the container


def web(address: str) -> list[str]:
    """The web server on `address` (host:port). Its log has no query strings, addresses or browsers in it."""
    log = ["--access-logfile", "-", "--access-logformat", "%(t)s %(m)s %(U)s %(s)s %(M)sms"]
    size = ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--preload", "--graceful-timeout", "5"]
    return [sys.executable, "-m", "gunicorn", "kvs.wsgi", "--bind", address, "--no-control-socket", *size, *log]


def worker() -> list[str]:
    """The worker: long work."""
    return [*CELERY, "worker", "--concurrency=2", "--loglevel=INFO", "--without-gossip", "--without-mingle"]


def timetable() -> list[str]:
    """What rings the worker at set times (Celery beat)."""
    return [*CELERY, "beat", "--loglevel=INFO", "--pidfile="]


def answers_http(port: int, path: str = "/healthz") -> bool:
    """True when the web server answers 200. The host name is one the school answers to, whatever it is called."""
    host = os.environ.get("KVS_HOSTS", "localhost").split(",")[0].lstrip(".").replace("*", "localhost")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def prepare() -> None:
    """Make a container's volumes and database ready, also after an update. Raises EnvironmentProblem."""
    if not (keys_folder() / "seal").exists() and holds_data():
        raise EnvironmentProblem(f"The database has data and {keys_folder()} has no keys: put the keys of this school back.")
    make_keys(keys_folder())
    for what, command in PREPARE.items():
        if subprocess.run(command, check=False).returncode:  # noqa: S603  # our own
            raise EnvironmentProblem(f"{what} failed; the lines above say why.")


def holds_data() -> bool:
    """Whether keys were ever used on this database. Raises EnvironmentProblem when it does not answer."""
    # Inside: the supervisor of bin/run imports this file, and must start when the database's library cannot.
    import psycopg  # noqa: PLC0415
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    password = environment.secret("KVS_DATABASE_PASSWORD_FILE") or None
    try:
        with psycopg.connect(make_conninfo(os.environ.get("KVS_DATABASE_URL", ""), password=password)) as database:
            [table] = database.execute("SELECT to_regclass('kvs_keysentinel')").fetchone() or [None]
            return bool(table and database.execute("SELECT 1 FROM kvs_keysentinel").fetchone())
    except psycopg.OperationalError as problem:
        raise EnvironmentProblem("The database does not answer (KVS_DATABASE_URL).") from problem


def healthy(part: str) -> bool:
    """Whether the part that runs in this container does its work."""
    if part == "web":
        return answers_http(environment.number("KVS_PORT", 8000), "/readyz")
    if part == "worker":
        name = f"celery@{os.uname().nodename}"
        ping = [*CELERY, "inspect", "ping", "--timeout=10", f"--destination={name}"]
        return subprocess.run(ping, check=False, stdout=subprocess.DEVNULL).returncode == 0  # noqa: S603
    written = [path.stat().st_mtime for path in environment.var_folder().glob("beat-schedule*")]
    return bool(written) and time.time() - max(written) < TIMETABLE_SILENCE


def become(command: list[str]) -> None:
    """Replace this process by the command."""
    os.chdir(Path(__file__).resolve().parent.parent)
    os.execv(command[0], command)  # noqa: S606  # our own


def main(arguments: list[str]) -> int:
    """The command line. Returns the exit code: 0, or 1 with a sentence on standard error."""
    parts = {"web": web(f"{EXPOSED}:{environment.number('KVS_PORT', 8000)}"), "worker": worker(), "timetable": timetable()}
    try:
        match arguments:
            case ["prepare"]:
                prepare()
            case ["healthy", part] if part in parts:
                return 0 if healthy(part) else 1
            case [part] if part in parts:
                become(parts[part])
            case _:
                raise EnvironmentProblem("usage: python -m kvs.serve web | worker | timetable | prepare | healthy PART")
    except EnvironmentProblem as problem:
        print(f"KVS: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

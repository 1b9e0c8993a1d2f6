"""A killed worker takes the processes of its pool along: Celery sees to that, and our supervisor relies on it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from celery import Celery

from kvs.environment import PROJECT
from tests.running import children

pytestmark = pytest.mark.kill

# An application of its own, so that the school needs no task that only sleeps.
app = Celery("sleepy", broker=os.environ["KVS_REDIS_URL"].replace("unix://", "redis+socket://", 1), set_as_current=False)
app.conf.task_default_queue = "sleepy"


@app.task  # type: ignore[untyped-decorator]  # Celery has no types
def sleep(mark: str) -> None:
    Path(mark).touch()
    time.sleep(60)


def gone(pid: int) -> bool:
    """True when the process has ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_killed_worker_takes_a_busy_pool_along(tmp_path: Path) -> None:
    mark = tmp_path / "busy"
    sleep.delay(str(mark))
    command = [sys.executable, "-m", "celery", "-A", "tests.kvs.test_celery", "worker", "--concurrency=1"]
    worker = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while not mark.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    [busy] = children(worker.pid)
    worker.send_signal(signal.SIGKILL)
    worker.wait(5)
    time.sleep(1)
    assert gone(busy)

"""An installation without servers of its own: a database, a key folder, and commands as processes."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg

from kvs.environment import PROJECT


@dataclass
class Installation:
    """A database and a key folder."""

    address: str
    keys: Path

    @property
    def env(self) -> dict[str, str]:
        own = {"KVS_DATABASE_URL": self.address, "KVS_KEYS": str(self.keys), "DJANGO_SETTINGS_MODULE": "kvs.settings"}
        return os.environ | own

    def start(self, *command: str) -> subprocess.Popen[str]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([sys.executable, *command], cwd=PROJECT, env=self.env, text=True, **pipes)  # type: ignore[call-overload,no-any-return]

    def run(self, *command: str, code: int = 0) -> str:
        """Standard output, or the last line of standard error when it is to fail."""
        process = self.start(*command)
        out, err = process.communicate(timeout=120)
        assert process.returncode == code, err
        assert "Traceback" not in err
        return out if code == 0 else err.strip().splitlines()[-1]

    def school(self, what: str) -> str:
        """What the program for tests prints last; before that may be log lines."""
        return self.run("-m", "tests.kvs.school_of_secrets", what).splitlines()[-1]

    def ask(self, question: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.address) as database:
            return database.execute(question.encode()).fetchall()

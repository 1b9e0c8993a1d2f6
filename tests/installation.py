"""An installation without servers of its own: a database, a key folder, and commands as processes."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psycopg

from kvs.backup import NOT_KEPT
from kvs.environment import PROJECT

LEFT_OUT = {model._meta.db_table for model in NOT_KEPT}  # tables whose rows are in no backup


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


@dataclass
class School(Installation):
    """A database and a data folder with keys and ledger."""

    @property
    def var(self) -> Path:
        return self.keys.parent

    @property
    def ledger(self) -> Path:
        return self.var / "ledger/erasures.log"

    @property
    def env(self) -> dict[str, str]:
        return super().env | {"KVS_VAR": str(self.var), "KVS_HOSTS": "kvs.voorbeeld.test"}

    def archives(self) -> list[Path]:
        return sorted((self.var / "backups").glob("*.age"))

    def restore(self, archive: Path, private: str, *options: str, code: int = 0) -> str:
        """What bin/restore says: all of it, or the one sentence of a refusal."""
        key_file = self.var / "private"
        key_file.write_text(f"# the owner's\n{private}\n")
        return self.run("manage.py", "restore", str(archive), "--key-file", str(key_file), *options, code=code)

    def make_pair(self) -> str:
        """The private key of a new pair for backups."""
        said = self.run("manage.py", "backup", "keys")
        [private] = [word for word in said.split() if word.startswith("AGE-SECRET-KEY-1")]
        return private

    def tables(self) -> set[str]:
        return {str(name) for (name,) in self.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}

    def content(self) -> dict[str, object]:
        """Number of rows and a digest of all they hold, by table."""
        digest = "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM"
        return {name: self.ask(f'{digest} "{name}" t')[0] for name in self.tables() - LEFT_OUT}


def make_database(name: str, var: Path) -> School:
    with psycopg.connect(os.environ["KVS_DATABASE_URL"], autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}".encode())
    return School(os.environ["KVS_DATABASE_URL"].replace("/kvs?", f"/{name}?"), var / "keys")


def drop_database(name: str) -> None:
    with psycopg.connect(os.environ["KVS_DATABASE_URL"], autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

"""Puts a backup back into an empty database. docs/beheer.md says what must lie ready: keys, ledger and private key."""

import sys
from getpass import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kvs import restore
from kvs.backup import BackupProblem
from kvs.environment import EnvironmentProblem
from kvs.ledger import LedgerProblem


class Command(BaseCommand):
    """The private key comes from a file or from standard input, never from the command line, which others can see."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """The archive and how to open it."""
        parser.add_argument("archive", type=Path)
        parser.add_argument("--key-file", type=Path, help="file with the private key; without it it is asked for")
        parser.add_argument("--without-ledger", action="store_true", help="the ledger of erasures is lost for good")

    def handle(self, archive: Path, *, key_file: Path | None, without_ledger: bool, **options: Any) -> None:
        """Raises CommandError with one sentence."""
        try:
            identity = restore.read_private_key(_private_key(key_file))
            restore.restore(archive, identity, without_ledger=without_ledger, say=self._say)
        except (BackupProblem, LedgerProblem, EnvironmentProblem) as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"Not put back: {problem.strerror} ({problem.filename}).") from problem

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _private_key(key_file: Path | None) -> str:
    if key_file:
        return key_file.read_text()
    if sys.stdin.isatty():
        return getpass("The private key of the backups (AGE-SECRET-KEY-1...): ")
    return sys.stdin.readline()

"""Makes a backup now; `backup keys` makes the key pair it is encrypted with, once. docs/beheer.md says how to keep both."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kvs import backup
from kvs.backup import BackupProblem


class Command(BaseCommand):
    """One line about what was made."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do."""
        parser.add_argument("what", nargs="?", choices=["now", "keys"], default="now")
        parser.add_argument("--new", action="store_true", help="with 'keys': replace the pair that is there")

    def handle(self, what: str, *, new: bool, **options: Any) -> None:
        """Raises CommandError with one sentence."""
        try:
            if what == "keys":
                self._show(backup.make_key_pair(again=new))
            else:
                made = backup.make_backup()
                self.stdout.write(f"The backup is made: {made.path} ({made.size} bytes).")
        except BackupProblem as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"The public key cannot be stored: {problem.strerror}.") from problem

    def _show(self, private: str) -> None:
        self.stdout.write(
            "This is the private key of the backups. It is kept nowhere on this machine and is not shown again.\n"
            "Keep it on two other places, for instance on paper in a safe. Without it no backup can be put back.\n\n"
            f"  {private}\n\n"
            f"The public half is kept in {backup.public_key_file()}."
        )

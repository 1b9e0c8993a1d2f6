"""Erases again who was erased after the backup that was put back. bin/restore does so itself; this is for when it could not."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kvs import ledger


class Command(BaseCommand):
    """Safe at any time: with nothing to do it says so."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """For a school whose file is lost."""
        parser.add_argument("--lost", action="store_true", help="make the file anew from what the database knows")

    def handle(self, *, lost: bool, **options: Any) -> None:
        """Raises CommandError with one sentence."""
        try:
            if lost:
                ledger.write_out(lost=True)
            lines, erased = ledger.replay()
            ledger.write_out()
        except (ledger.LedgerProblem, OSError) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"Erasures since the backup: {lines}; people who were back and are erased again: {erased}.")

"""Replaces a key of this installation: the one that seals (while the school runs), the one of the look-up values, or the
one that signs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kvs import environment, rotation


class Command(BaseCommand):
    """Cut off at any moment, it goes on when it is started again. No key is ever printed."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        """Which key."""
        parser.add_argument("key", choices=["seal", "index", "secret"])
        parser.add_argument("--yes", action="store_true", help="needed for 'index': every card of a student ends")

    def handle(self, key: str, *, yes: bool, **options: Any) -> None:
        """Raises CommandError with one sentence."""
        folder = environment.keys_folder()
        try:
            if key == "seal":
                rotation.rotate_seal(folder, self._say)
            elif key == "secret":
                rotation.rotate_at_rest(folder, "secret", rotation.change_secret, self._say)
            elif yes:
                rotation.rotate_at_rest(folder, "index", rotation.change_index, self._say)
            else:
                raise CommandError("Every card of a student and every invitation ends with this key. If you mean it, add --yes.")
        except (rotation.RotationProblem, environment.EnvironmentProblem) as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(f"The key folder {folder} cannot be written: {problem.strerror}.") from problem
        except KeyboardInterrupt:
            raise CommandError("Stopped. Everything still opens; start the command again to go on.") from None

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

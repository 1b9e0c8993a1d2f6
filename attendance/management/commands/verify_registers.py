"""Check the seal of every signed register."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Prefetch
from django.utils import timezone

from attendance.actions.seal import corrections_in_order, still_fits
from attendance.models import Mark, Register

AT_ONCE = 500  # registers in memory


class Command(BaseCommand):
    """Names the lessons whose register is not as it was signed; then it ends with exit code 1."""

    help = "Checks that every signed register is still as it was signed, but for corrections made in KVS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line per register that no longer fits: lesson id, group, begin."""
        signed = Register.objects.filter(signed_at__isnull=False).select_related("lesson__group")
        rows = Prefetch("lesson__marks", Mark.objects.prefetch_related(corrections_in_order()))
        checked = wrong = 0
        for register in signed.order_by("lesson__starts_at").prefetch_related(rows).iterator(chunk_size=AT_ONCE):
            checked += 1
            if not still_fits(register, register.lesson.marks.all()):
                wrong += 1
                begin = timezone.localtime(register.lesson.starts_at)
                self.stdout.write(f"{register.lesson_id} {register.lesson.group.name} {begin:%Y-%m-%d %H:%M}")
        if wrong:
            raise CommandError(f"{wrong} of {checked} signed registers no longer fit.")
        self.stdout.write(f"{checked} signed registers checked, all fit.")

"""Check the seal of every signed register, and the digest of every day."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Prefetch
from django.utils import timezone

from attendance.actions.nightly import differences
from attendance.actions.seal import claims_to_verify, still_fits
from attendance.models import Lesson, Mark, NightDigest, Register

AT_ONCE = 500  # registers in memory


class Command(BaseCommand):
    """Names the lessons whose register is not as it was signed, or not as in the digest of its day; then it ends with code 1."""

    help = "Checks that every signed register is still as it was signed, but for corrections made in KVS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line per register that no longer fits: lesson id, group, begin."""
        signed = Register.objects.filter(signed_at__isnull=False).select_related("lesson__group")
        rows = Prefetch("lesson__marks", Mark.objects.prefetch_related(claims_to_verify()))
        checked = wrong = 0
        for register in signed.order_by("lesson__starts_at").prefetch_related(rows).iterator(chunk_size=AT_ONCE):
            checked += 1
            if not still_fits(register, register.lesson.marks.all()):
                wrong += 1
                begin = timezone.localtime(register.lesson.starts_at)
                self.stdout.write(f"{register.lesson_id} {register.lesson.group.name} {begin:%Y-%m-%d %H:%M}")
        nights, changed = self._nights()
        if wrong or changed:
            raise CommandError(f"{wrong} of {checked} signed registers no longer fit, {changed} differ from {nights} digests.")
        self.stdout.write(f"{checked} signed registers and {nights} digests of days checked, all fit.")

    def _nights(self) -> tuple[int, int]:
        """Compare the digests of the days: one line per lesson, or per digest, that differs; of how many days, how many lines."""
        found = list(differences(NightDigest.objects.iterator(chunk_size=AT_ONCE)))
        names = dict(Lesson.objects.filter(pk__in=[row.lesson for row in found]).values_list("pk", "group__name"))
        for row in found:
            what = f"{row.lesson} {names.get(row.lesson, '-')}" if row.lesson else "digest"
            self.stdout.write(f"{what} not as in the digest of {row.day}")
        return NightDigest.objects.count(), len(found)

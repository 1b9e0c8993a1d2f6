"""One digest a night over what was signed that day: on paper and in a mailbox it shows a later change of a register."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

HEX = r"^[0-9a-f]{64}$"


class NightDigest(models.Model):
    """What was sealed on one day (dagzegel): append-only, and without a word about a person.

    `registers` are "<lesson id> <digest of its register>" in a fixed order, `corrections` the hashes of the rows that were
    corrected on this day (attendance/actions/seal.py). `previous` is the digest of the day before it on which something was
    sealed: who takes a day out or changes one breaks every later one.
    """

    day = models.DateField(_("day"), primary_key=True)
    previous = models.CharField(max_length=64, blank=True)  # of the first day there is none
    registers = ArrayField(models.CharField(max_length=101))
    corrections = ArrayField(models.CharField(max_length=64), default=list)  # hashes; a row that was erased leaves its hash
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField(_("made"), default=timezone.now)

    class Meta:
        verbose_name = _("digest of a day")
        ordering = ["day"]
        constraints = [
            models.CheckConstraint(
                condition=Q(digest__regex=HEX) & (Q(previous="") | Q(previous__regex=HEX)), name="night_digest_hex"
            ),
            models.UniqueConstraint(fields=["previous"], name="night_digest_one_chain"),  # a day has one day after it
        ]

    def __str__(self) -> str:
        return f"NightDigest({self.day})"


class DigestMail(models.Model):
    """That the digest of a day was mailed to the school."""

    night = models.OneToOneField(NightDigest, on_delete=models.PROTECT, primary_key=True, related_name="mail")
    mailed_at = models.DateTimeField(_("mailed"), default=timezone.now)

    class Meta:
        verbose_name = _("mail of a digest")

    def __str__(self) -> str:
        return f"DigestMail({self.pk})"

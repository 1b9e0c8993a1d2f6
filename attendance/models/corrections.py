"""What stood in a signed register before it was corrected. The first claim is never hidden (issue 4, 2): the rows only grow."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from attendance import rules
from attendance.models.lessons import Claim, Mark
from kvs.models import User

LONGEST_REMARK = 120


class CorrectionQuerySet(models.QuerySet["Correction"]):
    """Which corrections."""

    def visible_to(self, user: User) -> "CorrectionQuerySet":
        """Those of visible marks."""
        return self.filter(claim__mark__in=Mark.objects.visible_to(user))


class Correction(models.Model):
    """One change of a mark after its register was signed (correctie). Append-only.

    The claim says who changed it to what, when and why. Here stands the row of before with its salt and hash, so that the
    seal can still be checked: the first such row is one the register was signed with, and each `row_hash` covers the hash
    before it (attendance/actions/seal.py). A row that was not in the register when it was signed has an empty `was_state`.
    """

    claim = models.OneToOneField(Claim, on_delete=models.CASCADE, primary_key=True, related_name="correction")
    remark = models.CharField(_("explanation"), max_length=LONGEST_REMARK, blank=True)
    was_state = models.CharField(max_length=10, choices=Mark.State, blank=True)
    was_minutes_missed = models.PositiveSmallIntegerField(default=0)
    was_minutes_attended = models.PositiveSmallIntegerField(default=0)
    was_teacher_at = models.DateTimeField(null=True)
    was_student_at = models.DateTimeField(null=True)
    was_office_at = models.DateTimeField(null=True)
    was_salt = models.CharField(max_length=32, blank=True)
    was_hash = models.CharField(max_length=64, blank=True)
    row_hash = models.CharField(max_length=64)

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("correction")
        constraints = [
            models.CheckConstraint(
                condition=Q(was_state="", was_hash="", was_salt="")
                | Q(was_state__in=["present", "late", "left_early", "absent", "reported"], was_hash__regex=r"^[0-9a-f]{64}$"),
                name="correction_of_a_row",
            ),
            models.CheckConstraint(condition=Q(row_hash__regex=r"^[0-9a-f]{64}$"), name="correction_sealed"),
            # One row follows another: two corrections of the same row would be two truths.
            models.UniqueConstraint(fields=["was_hash"], condition=~Q(was_hash=""), name="correction_one_chain"),
        ]

    def __str__(self) -> str:
        return f"Correction({self.pk})"

    @property
    def was_there(self) -> bool:
        """Whether the row of before said that the student was there."""
        return self.was_state in rules.THERE

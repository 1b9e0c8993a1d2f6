"""Paper files in locked cabinets (policy B art. 7): where each lies, since when, and when and by whom it was destroyed."""

import uuid

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kvs.fields import SealedField
from kvs.models import User
from privacy.models.representation import of_students_within_reach
from students.models import Student

HAS_FILE = Exists(Student.objects.filter(audit_id=OuterRef("subject_audit_id")))


class PaperDossierQuerySet(models.QuerySet["PaperDossier"]):
    """Which paper files."""

    def visible_to(self, user: User) -> "PaperDossierQuerySet":
        """Those of students within reach."""
        return self.filter(of_students_within_reach(user))

    def present(self) -> "PaperDossierQuerySet":
        """Not destroyed."""
        return self.filter(destroyed_on__isnull=True)

    def with_file(self) -> "PaperDossierQuerySet":
        """Each with `has_file`: whether the file of the student in this system is still there."""
        return self.annotate(has_file=HAS_FILE)

    def left_behind(self) -> "PaperDossierQuerySet":
        """Not destroyed, while the file of the student was erased: this paper has to go too."""
        return self.present().filter(~HAS_FILE)


class PaperDossier(models.Model):
    """The paper file of a student. The row outlives the student: paper does too, until somebody destroys it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_audit_id = models.UUIDField(db_index=True)
    name = SealedField(_("name on the file"), context="privacy.paper_dossier.name")
    place = models.CharField(_("location"), max_length=80)
    cabinet = models.CharField(_("cabinet"), max_length=80, help_text=_("For example: cabinet 3, drawer 2."))
    since = models.DateField(_("since"), default=timezone.localdate)
    destroyed_on = models.DateField(_("destroyed on"), null=True, blank=True)
    destroyed_by_audit_id = models.UUIDField(null=True, blank=True, db_index=True)

    objects = PaperDossierQuerySet.as_manager()

    class Meta:
        verbose_name = _("paper file")
        ordering = ["place", "cabinet", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(place="") & ~Q(cabinet=""), name="paper_dossier_place"),
            models.CheckConstraint(
                condition=Q(destroyed_on__isnull=True, destroyed_by_audit_id__isnull=True)
                | Q(destroyed_on__isnull=False, destroyed_on__gte=F("since"), destroyed_by_audit_id__isnull=False),
                name="paper_dossier_destroyed_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"PaperDossier({self.pk})"


def alarms_for(user: User) -> list[str]:
    """That paper lies in a cabinet of people whose file was erased."""
    left = PaperDossier.objects.visible_to(user).left_behind().count()
    text = ngettext(
        "%(count)d paper file is of somebody whose file is erased: destroy it.",
        "%(count)d paper files are of people whose file is erased: destroy them.",
        left,
    )
    return [text % {"count": left}] if left else []


def waiting_for(user: User) -> int:
    """How many paper files have to be destroyed."""
    return PaperDossier.objects.visible_to(user).left_behind().count()

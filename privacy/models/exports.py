"""A copy of everything about a person, made for that person (AVG art. 15 and 20), and how it was handed over.

The file goes after KEPT_DAYS; that it was made and handed over stays: the school must be able to show it (AVG art. 5(2)).
"""

import datetime as dt
import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.models import Job, JobState, Role, SealedFile, User
from privacy.models.erasure import within_reach
from privacy.subject import find_person
from students.models import Student

KEPT_DAYS = 7  # issue 3, section 2; privacy_engineering.md 5.4: taken along within a week, or made anew
MAKERS = (Role.PRIVACY_OFFICER,)


class PersonExportQuerySet(models.QuerySet["PersonExport"]):
    """Which copies."""

    def of_person(self, user: User) -> "PersonExportQuerySet":
        """Those about the holder of this account, as a student or as a colleague."""
        mine = [user.audit_id, *Student.objects.filter(user=user).values_list("audit_id", flat=True)]
        return self.filter(subject_audit_id__in=mine)

    def visible_to(self, user: User) -> "PersonExportQuerySet":
        """The own ones, and for a privacy officer those of people within reach."""
        own = Q(pk__in=self.model.objects.of_person(user).values("pk"))
        return self.filter(own | within_reach(user.only_as(*MAKERS))) if user.has_role(*MAKERS) else self.filter(own)

    def missing(self) -> "PersonExportQuerySet":
        """Those that were made and not given to anybody yet."""
        return self.filter(made_at__isnull=False, handed_over_at__isnull=True, file__expires_at__gt=timezone.now())


class PersonExport(models.Model):
    """One copy of everything about a person: asked for, made, and taken along or handed over."""

    class Kind(models.TextChoices):
        """Which right."""

        ACCESS = "access", _("everything (AVG 15)")
        PORTABILITY = "portability", _("what you can take along to another school (AVG 20)")

    class Seen(models.TextChoices):
        """How the school knew whom it gave the copy to. Never a copy of a document (policy B 9.1)."""

        SECOND_FACTOR = "second_factor", _("signed in with a second step")
        DESK = "desk", _("seen at the desk, with a document")
        CALLED_BACK = "called_back", _("called back on the number in the file")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subject_audit_id = models.UUIDField(db_index=True)
    kind = models.CharField(_("kind"), max_length=11, choices=Kind, default=Kind.ACCESS)
    requested_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField(_("asked for on"), default=timezone.now)
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="person_export")
    file = models.OneToOneField(SealedFile, on_delete=models.SET_NULL, null=True, related_name="person_export")
    made_at = models.DateTimeField(_("made on"), null=True)
    catalogue = models.CharField(max_length=64, blank=True)  # fingerprint of the catalogue it was made by (I12)
    handed_over_at = models.DateTimeField(_("handed over on"), null=True)
    handed_over_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    seen = models.CharField(_("how we know who it is"), max_length=13, choices=Seen, blank=True)

    objects = PersonExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("copy of everything about a person")
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["access", "portability"]), name="person_export_kind"),
            models.CheckConstraint(
                condition=Q(made_at__isnull=True, file__isnull=True, catalogue="")
                | Q(made_at__isnull=False, catalogue__regex=r"^[0-9a-f]{64}$"),
                name="person_export_made_whole",
            ),
            models.CheckConstraint(
                condition=Q(handed_over_at__isnull=True, seen="")
                | Q(handed_over_at__isnull=False, made_at__isnull=False, seen__in=["second_factor", "desk", "called_back"]),
                name="person_export_handed_over_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"PersonExport({self.pk})"

    @property
    def person(self) -> models.Model | None:
        """Whose it is; None when that person is gone."""
        return find_person(self.subject_audit_id)

    @property
    def state(self) -> JobState:
        """Where it is: of the job, until the file is there. One that lost its job will not be made any more."""
        if self.made_at:
            return JobState.DONE
        return JobState(self.job.state) if self.job else JobState.FAILED

    @property
    def waiting(self) -> bool:
        """Whether it is still being made."""
        return self.state in (JobState.QUEUED, JobState.RUNNING)

    @property
    def until(self) -> dt.datetime | None:
        """Until when the file can be taken; None when there is none (any more)."""
        expires = self.file.expires_at if self.file else None
        return expires if expires and expires > timezone.now() else None

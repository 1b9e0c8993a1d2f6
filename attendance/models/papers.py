"""What shows a lesson besides the register: scans of lists on paper, and pictures or logs of a lesson online."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attendance.models.lessons import Lesson
from kvs.models import Role, SealedFile, SealedFilePerson, User
from kvs.vocabulary import CLIENT_REPORTS, QUALITY
from students.models import Student

# Who may look at a picture of an online lesson: who answers to Blik op Werk and who makes the invoices, and nobody else
# (policy B 3.1.10 gives no other purpose; domain/privacy_obligations.md 43: two roles).
EVIDENCE_READERS = (Role.ADMINISTRATION, Role.COORDINATOR)
SENDERS = (Role.TEACHER, Role.ADMINISTRATION)  # who sends up a scan, or evidence of an online lesson
# Evidence is kept for two purposes (kvs/categories.py): who objects to one of them (AVG 21), or whose presence may only be
# kept (AVG 18(2)), cannot be looked at, and a picture shows everybody at once.
NOT_TO_BE_USED = Q(restricted__contains=["attendance"]) | Q(objections__overlap=[QUALITY.code, CLIENT_REPORTS.code])


class ScanQuerySet(models.QuerySet["Scan"]):
    """Which scans."""

    def visible_to(self, user: User) -> "ScanQuerySet":
        """Those of visible lessons, and the own ones that wait for a lesson."""
        links = LessonScan.objects.filter(scan=models.OuterRef("pk"))  # no join: the list of a week has several
        shown = links.filter(lesson__in=Lesson.objects.visible_to(user))
        return self.filter(models.Exists(shown) | Q(~models.Exists(links), uploaded_by=user))

    def waiting(self) -> "ScanQuerySet":
        """Scans nobody said of which lesson they are: their file is thrown away after some days."""
        return self.filter(lessons__isnull=True, file__expires_at__gt=timezone.now())


class Scan(models.Model):
    """A scan or photo of one or more lists on paper. It goes with its file, and that goes with whoever is on it first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file = models.OneToOneField(SealedFile, on_delete=models.CASCADE, related_name="scan")
    uploaded_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    uploaded_at = models.DateTimeField(_("sent up"), default=timezone.now)

    objects = ScanQuerySet.as_manager()

    class Meta:
        verbose_name = _("scan of a list")
        ordering = ["-uploaded_at", "id"]

    def __str__(self) -> str:
        return f"Scan({self.pk})"

    @property
    def is_picture(self) -> bool:
        """Whether a page can show it; else it is a PDF."""
        return self.file.content_type.startswith("image/")


class LessonScanQuerySet(models.QuerySet["LessonScan"]):
    """Which scans of which lessons."""

    def visible_to(self, user: User) -> "LessonScanQuerySet":
        """Those of visible lessons."""
        return self.filter(lesson__in=Lesson.objects.visible_to(user))


class LessonScan(models.Model):
    """That a lesson has a scan. The row outlives the scan: by the digest the paper the school keeps can still be told apart."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="scans")
    scan = models.ForeignKey(Scan, on_delete=models.SET_NULL, null=True, related_name="lessons")
    sha256 = models.CharField(max_length=64)  # of the file as it was stored
    attached_at = models.DateTimeField(default=timezone.now)
    initials_at = models.DateTimeField(null=True)  # when somebody wrote down who had put initials

    objects = LessonScanQuerySet.as_manager()

    class Meta:
        verbose_name = _("scan of a lesson")
        ordering = ["attached_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["lesson", "sha256"],
                name="lesson_scan_once",
                violation_error_message=_("This scan is already at this lesson."),
            ),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="lesson_scan_sha256"),
        ]

    def __str__(self) -> str:
        return f"LessonScan({self.pk})"


class LessonEvidenceQuerySet(models.QuerySet["LessonEvidence"]):
    """Which evidence."""

    def visible_to(self, user: User) -> "LessonEvidenceQuerySet":
        """What `user` may look at: two roles, at their own locations. A teacher sends it up and never sees it again."""
        return self.filter(lesson__in=Lesson.objects.filter(user.locations_as(*EVIDENCE_READERS)))

    def known_to(self, user: User) -> "LessonEvidenceQuerySet":
        """Of visible lessons: that there is evidence, not what it shows."""
        return self.filter(lesson__in=Lesson.objects.visible_to(user))

    def with_people(self) -> "models.QuerySet[LessonEvidence]":
        """Each with `people`, how many are in it, and `limited`: whether one of them may not be used."""
        inside = SealedFilePerson.objects.filter(file=models.OuterRef(models.OuterRef("file"))).values("audit_id")
        limited = Student.objects.filter(NOT_TO_BE_USED, audit_id__in=inside)
        return self.annotate(people=models.Count("file__people"), limited=models.Exists(limited))


class LessonEvidence(models.Model):
    """A picture of the screen, or the log of the platform, that shows who took part in a lesson online (policy B 3.1.10).

    Who is in it stands in the manifest of its file: with the first of them the whole of it goes. Nothing looks at the faces.
    """

    class Kind(models.TextChoices):
        """What it is."""

        SCREENSHOT = "screenshot", _("picture of the screen")
        LOG = "log", _("log of the platform")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    file = models.OneToOneField(SealedFile, on_delete=models.CASCADE, related_name="lesson_evidence")
    added_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(_("sent up"), default=timezone.now)  # from here its period counts

    objects = LessonEvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("proof of an online lesson")
        ordering = ["added_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(kind__in=["screenshot", "log"]), name="lesson_evidence_kind")]

    def __str__(self) -> str:
        return f"LessonEvidence({self.pk})"

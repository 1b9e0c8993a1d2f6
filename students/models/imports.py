"""Spreadsheets that were taken in: the run, its rows, the layouts it remembers, and whom the school still has to inform.

No value of a file stands here in clear. The upload and what was found in it are sealed files that expire; what was
decided about cells, and what a row overwrote, is sealed and emptied when they go (`students.actions.imports.tidy`).
"""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.fields import SealedField
from kvs.models import Job, JobState, Location, Role, SealedFile, User
from students.models.clients import Client
from students.models.groups import Enrolment
from students.models.people import Student
from students.models.programmes import Contract, Programme

IMPORTERS = (Role.ADMINISTRATION,)


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    """Which runs."""

    def visible_to(self, user: User) -> "ImportRunQuerySet":
        """Those into a location where `user` is administration."""
        return self.filter(location__in=Location.objects.where_held(user, *IMPORTERS))


class ImportRun(models.Model):
    """One spreadsheet somebody sent up, from the file to the result."""

    class State(models.TextChoices):
        """Where it is. What a job is doing meanwhile is said by the job."""

        UPLOADED = "uploaded", _("is being read")
        REFUSED = "refused", _("could not be read")
        CHECKED = "checked", _("waits for you")
        IMPORTING = "importing", _("is being imported")
        DONE = "done", _("imported")
        TAKING_BACK = "taking_back", _("is being taken back")
        TAKEN_BACK = "taken_back", _("taken back")
        CANCELLED = "cancelled", _("stopped, file erased")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.UPLOADED)
    refusal = models.CharField(max_length=200, blank=True)  # a message id: why the file could not be read
    file_name = SealedField(context="students.import_run.file_name")
    upload = models.OneToOneField(SealedFile, on_delete=models.SET_NULL, null=True, related_name="+")
    findings = models.OneToOneField(SealedFile, on_delete=models.SET_NULL, null=True, related_name="+")
    workbook = models.OneToOneField(SealedFile, on_delete=models.SET_NULL, null=True, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, verbose_name=_("location of intake"))
    # Who gave the file (art. 14 AVG). Empty: the school's own administration, told by the students themselves.
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("comes from"))
    sheet = models.PositiveSmallIntegerField(null=True)
    mapping = models.JSONField(null=True)  # number of a column -> code of what it means
    # What the sender says of everybody when no column names a law. Empty: not known, and so no programme is started.
    law = models.CharField(_("law of everybody in the file"), max_length=6, choices=Programme.Law, blank=True)
    choices = SealedField(context="students.import_run.choices", null=True)  # JSON: cell -> what somebody decided
    job = models.OneToOneField(Job, on_delete=models.SET_NULL, null=True, related_name="+")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ImportRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        *("uploaded", "refused", "checked", "importing"),
                        *("done", "taking_back", "taken_back", "cancelled"),
                    ]
                ),
                name="import_run_state",
            ),
            models.CheckConstraint(
                condition=Q(state="refused") & ~Q(refusal="") | ~Q(state="refused") & Q(refusal=""),
                name="import_run_refusal",
            ),
            models.CheckConstraint(condition=Q(law__in=["", *Programme.Law.values]), name="import_run_law"),
        ]

    def __str__(self) -> str:
        return f"ImportRun({self.pk})"

    @property
    def working(self) -> bool:
        """Whether a job is at it."""
        return self.job is not None and self.job.state in (JobState.QUEUED, JobState.RUNNING)

    @property
    def source(self) -> str:
        """Who gave the file; empty for the own administration."""
        return self.client.name if self.client else ""


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    """Which rows."""

    def visible_to(self, user: User) -> "ImportRowQuerySet":
        """Those of visible runs."""
        return self.filter(run__in=ImportRun.objects.visible_to(user))


class ImportRow(models.Model):
    """What became of one row of a file. It says that a row is done, so that an interrupted import goes on behind it."""

    class Outcome(models.TextChoices):
        """What became of it."""

        NEW = "new", _("new")
        CHANGED = "changed", _("changed")
        UNCHANGED = "unchanged", _("unchanged")
        OPEN = "open", _("needs you")
        REFUSED = "refused", _("refused")
        TAKEN_BACK = "taken_back", _("taken back")

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()  # in the file, from 1
    outcome = models.CharField(max_length=10, choices=Outcome)
    problems = models.JSONField(default=list)  # [number of a column or null, message id]: what a person has to look at
    number_left_out = models.BooleanField(default=False)  # its BSN was not taken over: no ground, so it is kept nowhere
    # Keyed hash of what the row said (kvs.fields.blind_index): the same row of a later file is known again.
    key = models.CharField(max_length=64, blank=True)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, null=True, related_name="import_rows")
    programme = models.ForeignKey(Programme, on_delete=models.SET_NULL, null=True, related_name="+")  # that this row made
    contract = models.ForeignKey(Contract, on_delete=models.SET_NULL, null=True, related_name="+")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.SET_NULL, null=True, related_name="+")
    version_after = models.PositiveIntegerField(null=True)  # of the student: what was edited since is not taken back
    before = SealedField(context="students.import_row.before", null=True)  # JSON: what this row overwrote

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("row of an import")
        ordering = ["number"]
        indexes = [models.Index(fields=["key"], name="import_row_key")]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="import_row_once"),
            models.CheckConstraint(
                condition=Q(outcome__in=["open", "refused", "taken_back"])
                | Q(outcome__in=["new", "changed", "unchanged"], student__isnull=False),
                name="import_row_has_student",
            ),
            models.CheckConstraint(condition=Q(key="") | Q(key__regex=r"^[0-9a-f]{64}$"), name="import_row_key_form"),
        ]

    def __str__(self) -> str:
        return f"ImportRow({self.pk})"


class ImportLayout(models.Model):
    """What the columns of a file meant, for the next file with the same titles. The titles themselves are only hashed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=64, unique=True)  # kvs.importing.layout_key
    mapping = models.JSONField()  # number of a column -> code of what it means
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("remembered layout")

    def __str__(self) -> str:
        return f"ImportLayout({self.pk})"


class InformTaskQuerySet(models.QuerySet["InformTask"]):
    """Which tasks."""

    def visible_to(self, user: User) -> "InformTaskQuerySet":
        """Those about visible students."""
        return self.filter(student__in=Student.objects.visible_to(user))

    def open(self) -> "InformTaskQuerySet":
        """Those nobody did yet."""
        return self.filter(done_at__isnull=True)

    def overdue(self, day: dt.date) -> "InformTaskQuerySet":
        """Open ones whose last day has passed."""
        return self.open().filter(due_on__lt=day)


class InformTask(models.Model):
    """Tell somebody from whom the school got the data, at the latest a month after it got them (art. 14 AVG)."""

    class How(models.TextChoices):
        """How it was told."""

        TALK = "talk", _("in a conversation")
        LETTER = "letter", _("by letter")
        EMAIL = "email", _("by e-mail")
        KNEW = "knew", _("knew it already")  # art. 14(5)(a) AVG

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="inform_tasks")
    run = models.ForeignKey(ImportRun, on_delete=models.SET_NULL, null=True, related_name="+")
    organisation = models.CharField(_("comes from"), max_length=120)
    due_on = models.DateField(_("before"))
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    how = models.CharField(_("how"), max_length=6, choices=How, blank=True)

    objects = InformTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("person to inform")
        ordering = ["due_on", "pk"]
        indexes = [models.Index(fields=["due_on", "id"], condition=Q(done_at__isnull=True), name="inform_task_open")]
        constraints = [
            models.CheckConstraint(condition=~Q(organisation=""), name="inform_task_has_source"),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True, how="")
                | Q(done_at__isnull=False, how__in=["talk", "letter", "email", "knew"]),
                name="inform_task_done_whole",
            ),
            models.UniqueConstraint(
                F("student"),
                F("organisation"),
                condition=Q(done_at__isnull=True),
                name="inform_task_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"InformTask({self.pk})"


def informing_waits_for(user: User) -> tuple[int, int]:
    """How many people `user` could inform, and how many of them too late."""
    found = (
        InformTask.objects.visible_to(user)
        .open()
        .aggregate(all=models.Count("pk"), late=models.Count("pk", filter=Q(due_on__lt=timezone.localdate())))
    )
    counts: dict[str, Any] = found
    return counts["all"], counts["late"]

"""What guards and records: audit lines, access lines, long work, sealed files and the sentinel of the keys.

Nothing here holds a value of a person. People are named by their random `audit_id` without a foreign key: it dies with
the person's row, and the lines become unlinkable (decisions.md 33).
"""

import uuid
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kvs.fields import SealedField
from kvs.models.accounts import User
from kvs.models.roles import Role
from kvs.trace import actor_audit_id, subject_audit_id

MAX_FILE_BYTES = 20 * 1024 * 1024  # decisions.md 38
SEAL_BYTES = 1024  # room a seal takes beside the content


class AuditAction(models.TextChoices):
    """What was done to a row."""

    CREATE = "create", _("added")
    UPDATE = "update", _("changed")
    DELETE = "delete", _("deleted")


class AuditEntryManager(models.Manager["AuditEntry"]):
    """What django-auditlog calls to write a line. It brings old and new values; only the names of fields are kept."""

    def log_create(
        self, instance: models.Model, *, action: AuditAction, changes: Iterable[str] | None, **unused: Any
    ) -> "AuditEntry | None":
        """The line of one saved or deleted row; None when no audited field changed."""
        if not changes:
            return None
        entry = self.line(instance, action, changes)
        entry.save(force_insert=True)
        return entry

    def log_m2m_changes(
        self, changed_queryset: models.QuerySet[Any], instance: models.Model, operation: str, field_name: str
    ) -> "AuditEntry | None":
        """The line of a changed many-to-many relation: that it changed, not with whom. None when it did not."""
        if not changed_queryset.exists():
            return None
        entry = self.line(instance, AuditAction.UPDATE, [field_name])
        entry.save(force_insert=True)
        return entry

    def line(self, instance: models.Model, action: AuditAction, fields: Iterable[str]) -> "AuditEntry":
        """An unsaved line about `instance`, by whoever acts now. Only a change names fields."""
        named = {*fields} - {instance._meta.pk.name} if action == AuditAction.UPDATE else ()
        return self.model(
            action=action,
            model=instance._meta.label_lower,
            object_pk=str(instance.pk),
            fields=sorted(named),
            actor_audit_id=actor_audit_id(),
            subject_audit_id=subject_audit_id(instance),
        )


class AuditEntry(models.Model):
    """One fact: who did what to which fields of which row, and when. Append-only."""

    Action = AuditAction  # the name under which django-auditlog asks for it

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    action = models.CharField(_("action"), max_length=6, choices=AuditAction)
    model = models.CharField(max_length=100)
    object_pk = models.CharField(max_length=36)
    fields = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    actor_audit_id = models.UUIDField(null=True, db_index=True)
    subject_audit_id = models.UUIDField(null=True, db_index=True)

    objects = AuditEntryManager()

    class Meta:
        verbose_name = _("audit line")
        indexes = [models.Index(fields=["model", "object_pk"], name="audit_entry_object")]
        constraints = [
            models.CheckConstraint(condition=Q(action__in=AuditAction.values), name="audit_entry_action"),
            # Which fields a new or deleted row had filled is already something about the person.
            models.CheckConstraint(condition=Q(action="update") | Q(fields=[]), name="audit_entry_only_changes_name_fields"),
        ]

    def __str__(self) -> str:
        return f"AuditEntry({self.pk})"


class AccessEvent(models.Model):
    """Someone looked at someone's data. Append-only.

    A detail page or an export is a line each time; a list is one line per viewer, person and day: later views that day
    conflict with the unique constraint and write nothing, so the table never needs an UPDATE (decisions.md 34).
    """

    class Kind(models.TextChoices):
        """How much was seen."""

        LIST = "list", _("in a list")
        DETAIL = "detail", _("opened")
        EXPORT = "export", _("exported")

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)
    day = models.DateField(default=timezone.localdate)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    viewer_audit_id = models.UUIDField()
    viewer_role = models.CharField(_("role"), max_length=24, choices=Role)
    subject_audit_id = models.UUIDField()
    reason = models.CharField(_("reason"), max_length=40, default="daily_work")

    class Meta:
        verbose_name = _("access line")
        indexes = [
            models.Index(fields=["subject_audit_id", "at"], name="access_event_subject"),
            models.Index(fields=["viewer_audit_id", "at"], name="access_event_viewer"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["viewer_audit_id", "subject_audit_id", "day"],
                condition=Q(kind="list"),
                name="access_event_list_once",
            ),
            models.CheckConstraint(condition=Q(kind__in=["list", "detail", "export"]), name="access_event_kind"),
            models.CheckConstraint(condition=Q(viewer_role__in=Role.values), name="access_event_role"),
            # A code, so that nobody types a story about a person here.
            models.CheckConstraint(condition=Q(reason__regex=r"^[a-z_]+$"), name="access_event_reason"),
        ]

    def __str__(self) -> str:
        return f"AccessEvent({self.pk})"


class JobState(models.TextChoices):
    """Where a job is."""

    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("busy")
    DONE = "done", _("ready")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", pgettext_lazy("a job", "cancelled")  # a lesson that is cancelled has another word


class JobQuerySet(models.QuerySet["Job"]):
    """Which jobs."""

    def visible_to(self, user: User) -> "JobQuerySet":
        """The jobs this user asked for."""
        return self.filter(requested_by=user)

    def unfinished(self) -> "JobQuerySet":
        """Waiting or busy."""
        return self.filter(state__in=[JobState.QUEUED, JobState.RUNNING])


class Job(models.Model):
    """Long work: what is asked, how far it is, how it ended. The broker is only a bell to it (decisions.md 5).

    `heartbeat` is the last sign of life of the runner, or of the asking while it waits. `attempt` counts the claims and
    so names the runner: a runner whose number has passed has lost the job.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=80)
    arguments = models.JSONField(default=dict, blank=True)  # ids and codes only: kvs.jobs.start_job refuses the rest
    state = models.CharField(_("state"), max_length=9, choices=JobState, default=JobState.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    doing = models.CharField(max_length=80, blank=True)  # a message id, translated when shown
    heartbeat = models.DateTimeField(default=timezone.now)
    attempt = models.PositiveSmallIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    result = models.JSONField(default=dict, blank=True)  # ids and counts only
    error = models.CharField(max_length=80, blank=True)  # the name of the exception's class, never its text
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="jobs")
    requested_at = models.DateTimeField(default=timezone.now, db_index=True)
    finished_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        indexes = [models.Index(fields=["heartbeat"], condition=Q(state__in=["queued", "running"]), name="job_unfinished")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="queued", attempt=0, finished_at__isnull=True, error="")
                | Q(state="running", attempt__gte=1, finished_at__isnull=True, error="")
                | Q(state="done", attempt__gte=1, finished_at__isnull=False, error="")
                | Q(state="failed", attempt__gte=1, finished_at__isnull=False) & ~Q(error="")
                | Q(state="cancelled", finished_at__isnull=False, error="", cancel_requested=True),
                name="job_state",
            ),
            models.CheckConstraint(condition=Q(total__isnull=True) | Q(done__lte=F("total")), name="job_done_in_total"),
        ]

    def __str__(self) -> str:
        return f"Job({self.pk})"


class SealedFileQuerySet(models.QuerySet["SealedFile"]):
    """Which files."""

    def visible_to(self, user: User) -> "SealedFileQuerySet":
        """The files this user made; other files are reached through the row that holds them."""
        return self.filter(created_by=user)


class SealedFile(models.Model):
    """A file, sealed in the database under its own id (decisions.md 38). Write and read it through kvs/files.py."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=80)
    content_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)  # of the content before sealing
    size = models.PositiveIntegerField()  # bytes, before sealing
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)  # empty: as long as the row that holds it

    objects = SealedFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        constraints = [
            models.CheckConstraint(condition=Q(size__lte=MAX_FILE_BYTES), name="sealed_file_size"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="sealed_file_sha256"),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("created_at")), name="sealed_file_expiry"
            ),
        ]

    def __str__(self) -> str:
        return f"SealedFile({self.pk})"


class SealedContent(models.Model):
    """The sealed bytes of a file, apart from it: `select_related` on a list of files must not load them."""

    file = models.OneToOneField(SealedFile, on_delete=models.CASCADE, primary_key=True, related_name="sealed")
    content = models.BinaryField()

    class Meta:
        verbose_name = _("content of a file")
        constraints = [
            models.CheckConstraint(
                condition=LessThanOrEqual(
                    Func("content", function="octet_length", output_field=models.IntegerField()),
                    MAX_FILE_BYTES + SEAL_BYTES,
                ),
                name="sealed_content_size",
            ),
        ]

    def __str__(self) -> str:
        return f"SealedContent({self.pk})"


class SealedFilePerson(models.Model):
    """That a person is in a file: erasing the person finds every file to delete or write anew."""

    id = models.BigAutoField(primary_key=True)
    file = models.ForeignKey(SealedFile, on_delete=models.CASCADE, related_name="people")
    audit_id = models.UUIDField(db_index=True)

    class Meta:
        verbose_name = _("person in a file")
        constraints = [models.UniqueConstraint(fields=["file", "audit_id"], name="sealed_file_person_once")]

    def __str__(self) -> str:
        return f"SealedFilePerson({self.pk})"


class KeySentinel(models.Model):
    """Known values made with this installation's keys: others are noticed before they touch data (kvs/sentinel.py)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    sealed = SealedField(context="kvs.key_sentinel.sealed")
    index = models.CharField(max_length=64)
    secret = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("sentinel of the keys")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="key_sentinel_is_one_row")]

    def __str__(self) -> str:
        return "KeySentinel"


class LedgerEntry(models.Model):
    """An erasure that was carried out, by pseudonym. Append-only; kvs/ledger.py keeps the same outside the backups."""

    seq = models.PositiveBigIntegerField(primary_key=True)
    person = models.CharField(max_length=64, db_index=True)
    scope = models.CharField(max_length=80)
    done_at = models.DateTimeField()
    plan_hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("line of the ledger of erasures")
        constraints = [
            models.CheckConstraint(condition=Q(seq__gte=1), name="ledger_entry_seq"),
            models.CheckConstraint(condition=Q(person__regex="^[0-9a-f]{64}$"), name="ledger_entry_person"),
            models.CheckConstraint(condition=Q(plan_hash__regex="^[0-9a-f]{64}$"), name="ledger_entry_plan_hash"),
            models.CheckConstraint(condition=Q(scope__regex="^[a-z0-9_.,:-]+$"), name="ledger_entry_scope"),  # a code
        ]

    def __str__(self) -> str:
        return f"LedgerEntry({self.pk})"


class ErasedMark(models.Model):
    """By which an import recognises somebody who was erased, without knowing who; until a day (kvs/ledger.py)."""

    mark = models.CharField(max_length=64, primary_key=True)
    until = models.DateField(db_index=True)

    class Meta:
        verbose_name = _("mark of an erased person")
        constraints = [models.CheckConstraint(condition=Q(mark__regex="^[0-9a-f]{64}$"), name="erased_mark_is_keyed")]

    def __str__(self) -> str:
        return "ErasedMark"

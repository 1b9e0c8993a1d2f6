"""Telling everybody that something important changed in what the school does with data (A: "Belangrijke wijzigingen").

A notice records that somebody was told and, later, that it was read. Neither is consent, and nothing here may be used as such.
"""

import datetime as dt
import uuid
from typing import Any

from django.db import models
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kvs.models import Job, JobState, PolicyVersion, Role, User
from students.models import Student

TELLERS = (Role.PRIVACY_OFFICER, Role.ADMINISTRATION)
UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


class RegisterVersion(models.Model):
    """The processing register as it was on a day: a frozen copy of its rows (AVG 30; B 8.3, 8.4). Its table only grows."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(_("version number"), unique=True)
    published_at = models.DateTimeField(_("published"), default=timezone.now)
    rows = models.JSONField()  # privacy/register.py writes and reads it
    sha256 = models.CharField(max_length=64)  # of the rows in their one way of writing
    is_important = models.BooleanField(_("important change: tell everybody"), default=False)
    summary = models.TextField(_("what changes, in plain Dutch"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("version of the processing register")
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="register_number"),
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="register_digest"),
            models.CheckConstraint(
                condition=Q(is_important=False) | ~Q(summary=""),
                name="register_important_is_explained",
                violation_error_message=_("Say in plain Dutch what changes: everybody reads it."),
            ),
        ]

    def __str__(self) -> str:
        return f"RegisterVersion({self.pk})"


class Announcement(models.Model):
    """That everybody is told of one important change: of the privacy policy or of the processing register."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    policy = models.OneToOneField(PolicyVersion, on_delete=models.PROTECT, null=True, related_name="announcement")
    register = models.OneToOneField(RegisterVersion, on_delete=models.PROTECT, null=True, related_name="announcement")
    made_at = models.DateTimeField(default=timezone.now)
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("announcement")
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(policy__isnull=False, register__isnull=True) | Q(policy__isnull=True, register__isnull=False),
                name="announcement_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"Announcement({self.pk})"

    @property
    def title(self) -> str:
        """What changed, as a heading."""
        if self.policy:
            return gettext("The privacy policy changes")
        return gettext("What the school does with your data changes")

    @property
    def summary(self) -> str:
        """What changes, in the words of the school."""
        about = self.policy or self.register
        return about.summary if about else ""

    @property
    def from_day(self) -> dt.date:
        """The first day of what changes; a version of the register says what is done from the day it was published."""
        return self.policy.effective_on if self.policy else timezone.localdate(self.made_at)

    @property
    def waiting(self) -> bool:
        """Whether the mails are still being sent."""
        return self.job is not None and self.job.state in UNFINISHED


class PolicyNoticeQuerySet(models.QuerySet["PolicyNotice"]):
    """Which notices."""

    def to(self, user: User) -> "PolicyNoticeQuerySet":
        """Those to the person who has this account."""
        return self.filter(Q(user=user.pk) | Q(student__user=user.pk))

    def visible_to(self, user: User) -> "PolicyNoticeQuerySet":
        """The own ones; for who tells people those to visible students, and to colleagues."""
        own = Q(user=user.pk) | Q(student__user=user.pk)
        if not user.has_role(*TELLERS):
            return self.filter(own)
        mine = Student.objects.visible_to(user.only_as(*TELLERS))
        return self.filter(own | Q(student__in=mine) | Q(user__isnull=False))

    def to_mail(self) -> "PolicyNoticeQuerySet":
        """Those that still have to be mailed: there is an address, and it was not tried."""
        address = (Q(student__isnull=False) & ~Q(student__email="")) | Q(user__email__isnull=False)
        return self.filter(address, mailed_at__isnull=True, refused=False)

    def on_paper(self) -> "PolicyNoticeQuerySet":
        """Those that reach nobody by mail and were not read: a letter is needed. Of a mail still to be sent we do not know."""
        no_address = Q(student__email="") | Q(user__isnull=False, user__email__isnull=True)
        return self.filter(Q(refused=True) | no_address, mailed_at__isnull=True, read_at__isnull=True)

    def counts(self) -> dict[str, int]:
        """How many were told, mailed, refused by a mail server, read and given a letter."""
        found: dict[str, Any] = self.aggregate(
            told=Count("pk"),
            mailed=Count("pk", filter=Q(mailed_at__isnull=False)),
            refused=Count("pk", filter=Q(refused=True)),
            read=Count("pk", filter=Q(read_at__isnull=False)),
            letters=Count("pk", filter=Q(letter_on__isnull=False)),
        )
        return found


class PolicyNotice(models.Model):
    """That one person, a student or a colleague, was told. `read_at` says that it was read; that is never consent."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="notices")
    student = models.ForeignKey(Student, on_delete=models.CASCADE, null=True, related_name="policy_notices")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="policy_notices")
    mailed_at = models.DateTimeField(_("mailed"), null=True)
    refused = models.BooleanField(_("the mail was refused"), default=False)
    letter_on = models.DateField(_("letter"), null=True)
    read_at = models.DateTimeField(_("read (this is no consent)"), null=True)

    objects = PolicyNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice of a change")
        constraints = [
            models.CheckConstraint(
                condition=Q(student__isnull=False, user__isnull=True) | Q(student__isnull=True, user__isnull=False),
                name="policy_notice_to_one_person",
            ),
            models.UniqueConstraint(fields=["announcement", "student"], name="policy_notice_student_once"),
            models.UniqueConstraint(fields=["announcement", "user"], name="policy_notice_user_once"),
            models.CheckConstraint(condition=~Q(refused=True, mailed_at__isnull=False), name="policy_notice_mailed_or_refused"),
        ]
        indexes = [models.Index(fields=["user"], condition=Q(read_at__isnull=True), name="policy_notice_unread")]

    def __str__(self) -> str:
        return f"PolicyNotice({self.pk})"

    @property
    def person(self) -> Student | User:
        """Who is told."""
        person = self.student or self.user
        assert person is not None  # a constraint
        return person

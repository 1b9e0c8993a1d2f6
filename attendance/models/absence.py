"""Absence: reports beforehand, the reason of a missed lesson afterwards, and what the school asks about it.

A reason is sealed whatever it is: were only illness and birth sealed, an empty column beside them would name them.
"""

import datetime as dt
import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.expressions import Combinable
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attendance import absence_reasons as reasons
from attendance.models.lessons import Lesson, Mark
from kvs.fields import SealedField
from kvs.models import Role, User
from students.models import Student

# Who handles absence. The reason itself is for the administration only: columns say so in the data catalogue.
ABSENCE_READERS = (Role.ADMINISTRATION, Role.COORDINATOR)
REASON_READERS = (Role.ADMINISTRATION,)
PERIOD = Func(F("starts_at"), F("ends_at"), function="tstzrange", output_field=DateTimeRangeField())
MOST_DAYS = 90


class Party(models.TextChoices):
    """Who says it."""

    STUDENT = "student", _("student")
    OFFICE = "office", _("administration")


def tellable_beside_reason(name: str) -> models.CheckConstraint:
    """Sealed beside every reason, never alone: so neither column shows which of the two says something."""
    both = Q(reason__isnull=True, tellable__isnull=True) | Q(reason__isnull=False, tellable__isnull=False)
    return models.CheckConstraint(condition=both, name=f"{name}_tellable")


class AbsenceReportQuerySet(models.QuerySet["AbsenceReport"]):
    """Which reports."""

    def visible_to(self, user: User) -> "AbsenceReportQuerySet":
        """The own ones; for administration and coordinator those of visible students. A teacher sees none: see `covering`."""
        return self.filter(student__in=Student.objects.visible_to(user.only_as(*ABSENCE_READERS, Role.STUDENT)))

    def approved(self) -> "AbsenceReportQuerySet":
        """Those that count."""
        return self.filter(status=AbsenceReport.Status.APPROVED)

    def asked(self) -> "AbsenceReportQuerySet":
        """Leave on which nobody decided yet."""
        return self.filter(status=AbsenceReport.Status.ASKED)

    def not_over(self, moment: dt.datetime) -> "AbsenceReportQuerySet":
        """Those that hold at `moment` or later."""
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=moment))

    def covering(self, begin: "dt.datetime | Combinable") -> "AbsenceReportQuerySet":
        """Those that count for a lesson that begins at `begin`: who leaves halfway, or comes halfway, is not absent."""
        ends = Q(ends_at__isnull=True) | Q(ends_at__gt=begin)
        return self.approved().filter(ends, starts_at__lte=begin)


def reported_absent(lesson: Lesson) -> set[uuid.UUID]:
    """Primary keys of students who are reported absent for `lesson`; without the reason, so for whoever sees the register."""
    return set(AbsenceReport.objects.covering(lesson.starts_at).values_list("student", flat=True))


class AbsenceReport(models.Model):
    """Somebody will not be there: a sick call or leave, told beforehand (afmelding). An open end: until further notice."""

    class Status(models.TextChoices):
        """Whether it counts."""

        ASKED = "asked", _("asked")
        APPROVED = "approved", _("approved")
        REFUSED = "refused", _("refused")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="absence_reports", verbose_name=_("student"))
    starts_at = models.DateTimeField(_("absent from"))
    ends_at = models.DateTimeField(_("absent until"), null=True, blank=True)
    reason = SealedField(_("reason of absence"), context="attendance.absence_report.reason", null=True, blank=True)
    tellable = SealedField(_("reason a client can hear"), context="attendance.absence_report.tellable", null=True, blank=True)
    status = models.CharField(_("answer of the school"), max_length=8, choices=Status)
    party = models.CharField(max_length=8, choices=Party)
    by_audit_id = models.UUIDField()
    made_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by_audit_id = models.UUIDField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AbsenceReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report of absence")
        ordering = ["-starts_at"]
        indexes = [models.Index(fields=["starts_at", "ends_at"], name="absence_report_period_index")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["asked", "approved", "refused"]), name="absence_report_status"),
            models.CheckConstraint(condition=Q(party__in=["student", "office"]), name="absence_report_party"),
            tellable_beside_reason("absence_report"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="absence_report_period",
                violation_error_message=_("Absence ends after it begins."),
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by_audit_id__isnull=True) & ~Q(status="refused")
                | Q(decided_at__isnull=False, decided_by_audit_id__isnull=False) & ~Q(status="asked"),
                name="absence_report_decided_whole",
            ),
            ExclusionConstraint(
                name="absence_report_once",
                expressions=[(PERIOD, RangeOperators.OVERLAPS), ("student", RangeOperators.EQUAL)],
                condition=~Q(status="refused"),
                violation_error_message=_("There already is a report of absence for these days. Look at that one first."),
            ),
        ]

    def __str__(self) -> str:
        return f"AbsenceReport({self.pk})"

    @property
    def reason_label(self) -> str:
        """The reason in words; empty when none is noted."""
        return reasons.label(self.reason)

    @property
    def holds(self) -> bool:
        """Whether it counts at this moment."""
        now = timezone.now()
        return self.status == self.Status.APPROVED and self.starts_at <= now and (self.ends_at is None or self.ends_at > now)

    @property
    def can_be_withdrawn(self) -> bool:
        """Whether the student can still take it back: nobody answered, or it has not begun."""
        return self.status == self.Status.ASKED or (self.status == self.Status.APPROVED and self.starts_at > timezone.now())

    @property
    def first_day(self) -> dt.date:
        """The first day, school time."""
        return timezone.localdate(self.starts_at)

    @property
    def last_day(self) -> dt.date | None:
        """The last day, school time; None while the end is open. An end at midnight belongs to the day before."""
        return timezone.localdate(self.ends_at - dt.timedelta(microseconds=1)) if self.ends_at else None

    @property
    def is_part_of_day(self) -> bool:
        """Whether it begins or ends within a day, so that the times are to be shown."""
        moments = [timezone.localtime(moment).time() for moment in (self.starts_at, self.ends_at) if moment]
        return any(moment != dt.time() for moment in moments)


class AbsenceReasonQuerySet(models.QuerySet["AbsenceReason"]):
    """Which reasons."""

    def visible_to(self, user: User) -> "AbsenceReasonQuerySet":
        """The own ones; for the administration those of visible marks."""
        return self.filter(mark__in=Mark.objects.visible_to(user.only_as(*REASON_READERS, Role.STUDENT)))


class AbsenceReason(models.Model):
    """Why somebody missed one lesson, said afterwards. It goes before a report."""

    class Verdict(models.TextChoices):
        """What the reason makes of the absence; that is all a teacher or a client sees."""

        EXCUSED = reasons.EXCUSED, reasons.VERDICT_LABELS[reasons.EXCUSED]
        UNEXCUSED = reasons.UNEXCUSED, reasons.VERDICT_LABELS[reasons.UNEXCUSED]
        UNKNOWN = reasons.UNKNOWN, reasons.VERDICT_LABELS[reasons.UNKNOWN]

    mark = models.OneToOneField(Mark, on_delete=models.CASCADE, primary_key=True, related_name="absence_reason")
    reason = SealedField(_("reason of absence"), context="attendance.absence_reason.reason", null=True, blank=True)
    tellable = SealedField(_("reason a client can hear"), context="attendance.absence_reason.tellable", null=True, blank=True)
    verdict = models.CharField(_("excused or not"), max_length=9, choices=Verdict)
    party = models.CharField(max_length=8, choices=Party)
    by_audit_id = models.UUIDField()
    at = models.DateTimeField(default=timezone.now)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AbsenceReasonQuerySet.as_manager()

    class Meta:
        verbose_name = _("reason of one absence")
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=["excused", "unexcused", "unknown"]), name="absence_reason_verdict"),
            models.CheckConstraint(condition=Q(party__in=["student", "office"]), name="absence_reason_party"),
            tellable_beside_reason("absence_reason"),
        ]

    def __str__(self) -> str:
        return f"AbsenceReason({self.pk})"

    @property
    def reason_label(self) -> str:
        """The reason in words; empty when none is noted."""
        return reasons.label(self.reason)


class AbsenceSettings(models.Model):
    """What the school asks about absence; one row. Without it: nothing (privacy by default, AVG art. 25(2))."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    reasons_from = models.DateField(
        _("note reasons of absence from"),
        null=True,
        blank=True,
        help_text=_("Absence in lessons from this day on needs a reason. Empty: the school notes no reasons at all."),
    )
    student_days = models.PositiveSmallIntegerField(
        _("days in which a student can give a reason afterwards"),
        default=14,
        help_text=_("Counted from the lesson. From 0 (never) to 90 days."),
    )
    unknown_days = models.PositiveSmallIntegerField(
        _("days after which an unknown reason holds up the end of the month"),
        default=14,
        help_text=_("Counted from the lesson. From 0 to 90 days."),
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("settings of absence")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="absence_settings_one_row"),
            models.CheckConstraint(
                condition=Q(student_days__lte=MOST_DAYS, unknown_days__lte=MOST_DAYS),
                name="absence_settings_days",
                violation_error_message=_("A number of days is at most 90."),
            ),
        ]

    def __str__(self) -> str:
        return "AbsenceSettings"

    @classmethod
    def current(cls) -> "AbsenceSettings":
        """What holds now."""
        return cls.objects.first() or cls()

    def asks_on(self, day: dt.date) -> bool:
        """Whether a reason is noted for absence on `day`."""
        return self.reasons_from is not None and day >= self.reasons_from

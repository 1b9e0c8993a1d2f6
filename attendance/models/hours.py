"""Hours that no register holds: outside lessons, brought along when KVS began; and what an hour is under a contract."""

import datetime as dt
import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attendance.hour_rules import CLASS_LABELS, CLASSES, OUTSIDE
from attendance.models.outside_rules import MOST_A_DAY, OutsideRule
from kvs.models import Role, User
from students.models import Contract, Programme, Student

# Who may read hours of others; tests/attendance compares with the data catalogue.
HOUR_READERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.FINANCE, Role.MANAGEMENT, Role.PRIVACY_OFFICER)
MOST_BROUGHT = 5000 * 60  # the largest contract there is


class ContractHours(models.Model):
    """What an hour is under a contract. Without a row: 60 minutes, breaks do not count."""

    class LessonHour(models.IntegerChoices):
        """Minutes of a lesson hour (lesuur)."""

        SIXTY = 60, _("60 minutes")
        FIFTY = 50, _("50 minutes")
        FORTY_FIVE = 45, _("45 minutes")

    contract = models.OneToOneField(Contract, on_delete=models.CASCADE, primary_key=True, related_name="hour_terms")
    lesson_hour = models.PositiveSmallIntegerField(_("length of a lesson hour"), choices=LessonHour, default=LessonHour.SIXTY)
    breaks_count = models.BooleanField(_("breaks count as lesson"), default=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("hours of a contract")
        constraints = [models.CheckConstraint(condition=Q(lesson_hour__in=[45, 50, 60]), name="contract_hours_lesson_hour")]

    def __str__(self) -> str:
        return f"ContractHours({self.pk})"


class OpeningBalanceQuerySet(models.QuerySet["OpeningBalance"]):
    """Which balances."""

    def visible_to(self, user: User) -> "OpeningBalanceQuerySet":
        """The own ones; for who may read hours those of visible programmes."""
        programmes = Programme.objects.visible_to(user.only_as(*HOUR_READERS, Role.STUDENT))
        return self.filter(contract__programme__in=programmes)


class OpeningBalance(models.Model):
    """Hours attended before KVS kept the registers: of one kind, in one year (beginstand)."""

    class Source(models.TextChoices):
        """Where the figure stands."""

        OLD_SYSTEM = "old_system", _("the system the school used before")
        PAPER = "paper", _("attendance lists on paper")
        DUO = "duo", _("what was delivered to DUO")
        SCHOOL = "school", _("a statement of another school")
        MUNICIPALITY = "municipality", _("a statement of the municipality")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="opening_balances")
    hour_class = models.CharField(_("kind of hours"), max_length=20, choices=[(code, CLASS_LABELS[code]) for code in CLASSES])
    year = models.PositiveSmallIntegerField(_("year"))
    minutes = models.PositiveIntegerField(_("number of hours"))
    source = models.CharField(_("source"), max_length=12, choices=Source)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = OpeningBalanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("opening balance")
        ordering = ["year", "hour_class"]
        constraints = [
            models.CheckConstraint(condition=Q(hour_class__in=CLASSES), name="balance_class"),
            models.CheckConstraint(
                condition=Q(year__range=(2007, 2100)),
                name="balance_year",
                violation_error_message=_("A year has four digits and is not before 2007."),
            ),
            models.CheckConstraint(
                condition=Q(minutes__lte=MOST_BROUGHT),
                name="balance_minutes",
                violation_error_message=_("An opening balance is at most 5000 hours."),
            ),
            models.CheckConstraint(
                condition=Q(source__in=["old_system", "paper", "duo", "school", "municipality"]), name="balance_source"
            ),
            models.UniqueConstraint(
                fields=["contract", "hour_class", "year"],
                name="balance_once",
                violation_error_message=_("There is an opening balance of this kind for this year already. Change that one."),
            ),
        ]

    def __str__(self) -> str:
        return f"OpeningBalance({self.pk})"


class OutsideHoursQuerySet(models.QuerySet["OutsideHours"]):
    """Which entries."""

    def visible_to(self, user: User) -> "OutsideHoursQuerySet":
        """The own ones; for who may read hours those of visible programmes."""
        return self.filter(programme__in=Programme.objects.visible_to(user.only_as(*HOUR_READERS, Role.STUDENT)))

    def current(self) -> "OutsideHoursQuerySet":
        """The last word on each entry: what was corrected counts no more."""
        return self.filter(correction__isnull=True)

    def standing_on(self, student: Student, day: dt.date) -> "OutsideHoursQuerySet":
        """What counts for `student` on `day`, whatever the programme: somebody has one day."""
        return self.current().filter(programme__student=student, day=day, minutes__gt=0)


class OutsideHours(models.Model):
    """Hours of one day outside lessons, with who gave them and what shows it. Append-only: a correction is a new row."""

    class Kind(models.TextChoices):
        """Which kind; the codes are kinds of hours (attendance/hour_rules.py)."""

        PARTICIPATION = "participation", CLASS_LABELS["participation"]
        INTAKE = "intake", CLASS_LABELS["intake"]
        INTAKE_PARTICIPATION = "intake_participation", CLASS_LABELS["intake_participation"]
        PRACTICE_OUTSIDE = "practice_outside", CLASS_LABELS["practice_outside"]

    class Evidence(models.TextChoices):
        """What shows it. No free text: what people did, or why not, may say something about their health."""

        STATEMENT = "statement", _("signed statement of the provider")
        LIST = "list", _("signed attendance list")
        AGREEMENT = "agreement", _("agreement on the placement")
        MUNICIPALITY = "municipality", _("message of the municipality")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="outside_hours")
    kind = models.CharField(_("kind of hours"), max_length=20, choices=Kind)
    day = models.DateField(_("day"))
    minutes = models.PositiveSmallIntegerField(_("number of hours"))
    provider = models.CharField(_("given by (organisation)"), max_length=80)
    evidence = models.CharField(_("evidence"), max_length=12, choices=Evidence)
    reference = models.CharField(_("number or date of the evidence"), max_length=40)
    corrects = models.OneToOneField("self", on_delete=models.CASCADE, null=True, blank=True, related_name="correction")
    by_audit_id = models.UUIDField()  # no foreign key: an append-only row cannot be emptied when an account goes
    at = models.DateTimeField(default=timezone.now)

    objects = OutsideHoursQuerySet.as_manager()

    class Meta:
        verbose_name = _("hours outside lessons")
        ordering = ["-day", "-at"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=OUTSIDE), name="outside_kind"),
            models.CheckConstraint(
                condition=Q(minutes__range=(1, MOST_A_DAY)) | Q(minutes=0, corrects__isnull=False),
                name="outside_minutes",
                violation_error_message=_("A day has at most 16 hours. Only a correction may say that it was nothing."),
            ),
            models.CheckConstraint(
                condition=Q(evidence__in=["statement", "list", "agreement", "municipality"]), name="outside_evidence"
            ),
            models.CheckConstraint(
                condition=Q(reference__regex=r"^[A-Za-z0-9][A-Za-z0-9 ./-]*$"),
                name="outside_reference",
                violation_error_message=_("A reference has letters, digits, spaces and . / - only."),
            ),
            models.CheckConstraint(
                condition=Q(day__gte="2007-01-01"),
                name="outside_day",
                violation_error_message=_("This is before the year 2007. Is the year right?"),
            ),
            OutsideRule(
                name="outside_day_total",
                violation_error_message=_("A day has at most 16 hours. Look at what is noted for this day already."),
            ),
            OutsideRule(
                name="outside_in_programme",
                violation_error_message=_("This day is not within the programme, or still to come."),
            ),
            OutsideRule(
                name="outside_once",
                violation_error_message=_("These hours are noted already. Correct that entry if there were more."),
            ),
        ]

    def __str__(self) -> str:
        return f"OutsideHours({self.pk})"

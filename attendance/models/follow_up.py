"""What the school wants followed up, and when: registers without a signature, and absence."""

import datetime as dt
import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attendance import signal_rules
from attendance.models.lessons import Mark
from kvs.categories import ATTENDANCE
from kvs.fields import SealedField
from kvs.models import Role, User
from students.models import Client, Programme

# Who may read what is done about absence of others; tests/attendance compares with the data catalogue.
FOLLOW_UP_READERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.PRIVACY_OFFICER)
FOLLOW_UP_WRITERS = (Role.ADMINISTRATION, Role.COORDINATOR)

# No public norm exists for any of these figures (domain/blik_op_werk_and_municipalities.md 4.2: "make all of these settings"):
# they are examples, shown as such until the school decides.
EXAMPLE_TEACHER_HOURS = 24
EXAMPLE_COORDINATOR_DAYS = 3
EXAMPLE_STEP_DAYS = 5  # working days for a step of the ladder


class FollowUpSetting(models.Model):
    """When somebody is reminded of a register without a signature; one row for the school."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    teacher_hours = models.PositiveSmallIntegerField(
        _("hours after the lesson before the teacher gets an e-mail"),
        default=EXAMPLE_TEACHER_HOURS,
        help_text=_("From 1 to 336 hours (two weeks). At most one e-mail a day, on working days."),
    )
    coordinator_days = models.PositiveSmallIntegerField(
        _("working days before the coordinator gets an e-mail"),
        default=EXAMPLE_COORDINATOR_DAYS,
        help_text=_("From 1 to 20 working days after the day of the lesson. At most one e-mail a day."),
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("reminders of registers")
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="follow_up_setting_is_one_row"),
            models.CheckConstraint(
                condition=Q(teacher_hours__range=(1, 336)),
                name="follow_up_setting_hours",
                violation_error_message=_("Choose a number of hours from 1 to 336."),
            ),
            models.CheckConstraint(
                condition=Q(coordinator_days__range=(1, 20)),
                name="follow_up_setting_days",
                violation_error_message=_("Choose a number of working days from 1 to 20."),
            ),
        ]

    def __str__(self) -> str:
        return "FollowUpSetting"


def follow_up_settings() -> FollowUpSetting:
    """What the school decided; the examples while it decided nothing."""
    return FollowUpSetting.objects.first() or FollowUpSetting()


class RegisterReminder(models.Model):
    """That somebody is mailed about registers on a day: the constraint keeps it to one mail. Kept for a month."""

    class Kind(models.TextChoices):
        """As whom."""

        TEACHER = "teacher", _("teacher")
        COORDINATOR = "coordinator", _("coordinator")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=11, choices=Kind)
    day = models.DateField(_("day"), default=timezone.localdate)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("reminder of registers")
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "day"], name="register_reminder_once_a_day"),
            models.CheckConstraint(condition=Q(kind__in=["teacher", "coordinator"]), name="register_reminder_kind"),
        ]

    def __str__(self) -> str:
        return f"RegisterReminder({self.pk})"


class SignalKind(models.TextChoices):
    """What a rule looks at (attendance/signal_rules.py)."""

    LESSONS = signal_rules.LESSONS, _("lessons missed")
    PERCENTAGE = signal_rules.PERCENTAGE, _("per cent of the time missed")
    CONSECUTIVE = signal_rules.CONSECUTIVE, _("lessons missed one after the other")


class Counts(models.TextChoices):
    """Which absence counts."""

    UNEXCUSED = signal_rules.UNEXCUSED, _("unexcused only")
    ALL = signal_rules.ALL, _("all absence")


def rule_constraints(name: str) -> list[models.CheckConstraint]:
    """What holds for the figures of a rule, in its own table and in the signals it made."""
    lessons = Q(kind__in=["lessons", "consecutive"], threshold__range=(1, 60))
    return [
        models.CheckConstraint(condition=Q(kind__in=["lessons", "percentage", "consecutive"]), name=f"{name}_kind"),
        models.CheckConstraint(condition=Q(counts__in=["unexcused", "all"]), name=f"{name}_counts"),
        models.CheckConstraint(
            condition=lessons | Q(kind="percentage", threshold__range=(1, 100)),
            name=f"{name}_threshold",
            violation_error_message=_("Choose 1 to 60 lessons, or 1 to 100 per cent."),
        ),
        models.CheckConstraint(
            condition=Q(weeks__range=(1, signal_rules.MOST_WEEKS)),
            name=f"{name}_weeks",
            violation_error_message=_("Choose 1 to 26 weeks."),
        ),
    ]


class SignalRule(models.Model):
    """When absence becomes a signal: for the school, or for students of one client instead of the school's rule of that kind."""

    Kind, Counts = SignalKind, Counts

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("client"))
    kind = models.CharField(_("what is looked at"), max_length=11, choices=SignalKind)
    threshold = models.PositiveSmallIntegerField(_("from how many lessons, or how many per cent"))
    weeks = models.PositiveSmallIntegerField(
        _("over how many weeks"), help_text=_("Back from the last signed lesson. From 1 to 26 weeks.")
    )
    counts = models.CharField(_("which absence counts"), max_length=9, choices=Counts, default=Counts.UNEXCUSED)
    active = models.BooleanField(_("in use"), default=True)
    source = models.CharField(
        _("where this was agreed"),
        max_length=120,
        blank=True,
        help_text=_("For example: agreement with the client, article 5. Left empty it is shown as an example of the school."),
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("rule of absence")
        constraints = [
            *rule_constraints("signal_rule"),
            models.UniqueConstraint(
                fields=["client", "kind"],
                name="signal_rule_once",
                nulls_distinct=False,
                violation_error_message=_("There is a rule of this kind for this client already. Change that one."),
            ),
        ]

    def __str__(self) -> str:
        return f"SignalRule({self.pk})"

    @property
    def rule(self) -> signal_rules.Rule | None:
        """The rule as a value; None when it is not in use."""
        return signal_rules.Rule(self.kind, self.threshold, self.weeks, self.counts) if self.active else None


class Step(models.TextChoices):
    """The ladder, from the first step to the last."""

    TALK = "talk", _("talk")
    LETTER_1 = "letter_1", _("first letter")
    LETTER_2 = "letter_2", _("second letter")
    LETTER_3 = "letter_3", _("third letter")
    REPORT = "report", _("report to the client")
    CLOSE = "close", _("closing")


LETTERS = (Step.LETTER_1, Step.LETTER_2, Step.LETTER_3)
LADDER = (Step.TALK, *LETTERS, Step.REPORT)


class LadderStep(models.Model):
    """A step as this school takes it: within how many working days after the one before, or not at all."""

    kind = models.CharField(_("step"), max_length=8, choices=Step, primary_key=True)
    working_days = models.PositiveSmallIntegerField(
        _("working days for this step"),
        default=EXAMPLE_STEP_DAYS,
        help_text=_("After the step before it, or after the signal. From 1 to 60."),
    )
    active = models.BooleanField(_("in use"), default=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("step of the ladder")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["talk", "letter_1", "letter_2", "letter_3", "report", "close"]), name="ladder_step_kind"
            ),
            models.CheckConstraint(
                condition=Q(working_days__range=(1, 60)),
                name="ladder_step_days",
                violation_error_message=_("Choose a number of working days from 1 to 60."),
            ),
            models.CheckConstraint(condition=Q(active=True) | ~Q(kind="close"), name="ladder_step_close"),
        ]

    def __str__(self) -> str:
        return f"LadderStep({self.pk})"


def ladder() -> dict[str, LadderStep]:
    """Every step as the school takes it; the example for what it did not decide."""
    known = LadderStep.objects.in_bulk()
    return {kind: known.get(kind) or LadderStep(kind=kind) for kind in Step.values}


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    """Which follow-ups."""

    def visible_to(self, user: User) -> "FollowUpQuerySet":
        """Those of visible programmes, for who may read them; the own ones."""
        return self.filter(programme__in=Programme.objects.visible_to(user.only_as(*FOLLOW_UP_READERS, Role.STUDENT)))

    def open(self) -> "FollowUpQuerySet":
        """Those with a next step."""
        return self.filter(closed_on__isnull=True)

    def due(self, today: dt.date) -> "FollowUpQuerySet":
        """Those of which the next step is to be done today, or should have been."""
        return self.open().filter(due_on__lte=today)

    def usable(self) -> "FollowUpQuerySet":
        """Without people whose presence is restricted (AVG 18): those data are kept, and nothing is done with them."""
        return self.exclude(programme__student__restricted__contains=[ATTENDANCE.code])


class FollowUp(models.Model):
    """What the school does about the absence of somebody in a programme, from the first signal until it is closed.

    A signal that comes while one is open joins it: nobody climbs two ladders at once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="follow_ups")
    opened_on = models.DateField(_("begun on"))
    next_step = models.CharField(_("next step"), max_length=8, choices=Step, blank=True)
    due_on = models.DateField(_("to be done by"), null=True)
    closed_on = models.DateField(_("closed on"), null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up of absence")
        indexes = [models.Index(fields=["due_on"], name="follow_up_due", condition=Q(closed_on__isnull=True))]
        constraints = [
            models.UniqueConstraint(
                fields=["programme"], condition=Q(closed_on__isnull=True), name="follow_up_one_open_per_programme"
            ),
            models.CheckConstraint(
                condition=Q(next_step="", due_on__isnull=True, closed_on__isnull=False)
                | Q(
                    next_step__in=["talk", "letter_1", "letter_2", "letter_3", "report", "close"],
                    due_on__isnull=False,
                    closed_on__isnull=True,
                ),
                name="follow_up_open_or_closed",
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                name="follow_up_period",
                violation_error_message=_("This day is before the first signal."),
            ),
        ]

    def __str__(self) -> str:
        return f"FollowUp({self.pk})"


class AbsenceSignal(models.Model):
    """That a rule found something: the rule as it was then, the period, and the lessons that made it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    follow_up = models.ForeignKey(FollowUp, on_delete=models.CASCADE, related_name="signals")
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="+")  # of the follow-up; for the constraint
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, related_name="+")  # whose rule; None: the school's
    kind = models.CharField(_("what is looked at"), max_length=11, choices=SignalKind)
    threshold = models.PositiveSmallIntegerField(_("from how many lessons, or how many per cent"))
    weeks = models.PositiveSmallIntegerField(_("over how many weeks"))
    counts = models.CharField(_("which absence counts"), max_length=9, choices=Counts)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until and including"))
    found_on = models.DateField(_("found on"))

    class Meta:
        verbose_name = _("signal of absence")
        ordering = ["starts_on", "kind"]
        constraints = [
            *rule_constraints("absence_signal"),
            ExclusionConstraint(
                name="absence_signal_once",
                expressions=[
                    ("programme", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    (Func("starts_on", "ends_on", models.Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("There is a signal of this kind over these days already."),
            ),
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="absence_signal_period"),
        ]

    def __str__(self) -> str:
        return f"AbsenceSignal({self.pk})"


class SignalLesson(models.Model):
    """A lesson that made a signal, through the mark of that student in it."""

    id = models.BigAutoField(primary_key=True)
    signal = models.ForeignKey(AbsenceSignal, on_delete=models.CASCADE, related_name="lines")
    mark = models.ForeignKey(Mark, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("lesson of a signal")
        constraints = [models.UniqueConstraint(fields=["signal", "mark"], name="signal_lesson_once")]

    def __str__(self) -> str:
        return f"SignalLesson({self.pk})"


class Outcome(models.TextChoices):
    """How a step ended. A closed list: what people say about their absence may say something of their health."""

    AGREED = "agreed", _("talked, and agreed how to go on")
    NO_SHOW = "no_show", _("invited, did not come")
    NOT_REACHED = "not_reached", _("not reached: try again")
    HANDED = "handed", _("letter handed over")
    POSTED = "posted", _("letter sent by post")
    PORTAL = "portal", _("letter put in the portal only")
    REPORTED = "reported", _("told to the client")
    SKIPPED = "skipped", _("passed over")
    RECOVERED = "recovered", _("recovered: comes again")
    EXCUSED = "excused", _("turned out to be excused")
    CORRECTED = "corrected", _("the register was wrong")
    STOPPED = "stopped", _("stopped or moved to another course")
    FINISHED = "finished", _("all steps were taken")


class Skipped(models.TextChoices):
    """Why a step was passed over."""

    DISCUSSED = "discussed", _("discussed already")
    CLIENT = "client", _("so agreed with the client")
    SOONER = "sooner", _("the next step is needed at once")


DELIVERED = (Outcome.HANDED, Outcome.POSTED, Outcome.PORTAL)
OUTCOMES: dict[str, tuple[Outcome, ...]] = {
    Step.TALK: (Outcome.AGREED, Outcome.NO_SHOW, Outcome.NOT_REACHED, Outcome.SKIPPED),
    **dict.fromkeys(LETTERS, (*DELIVERED, Outcome.SKIPPED)),
    Step.REPORT: (Outcome.REPORTED, Outcome.SKIPPED),
    Step.CLOSE: (Outcome.RECOVERED, Outcome.EXCUSED, Outcome.CORRECTED, Outcome.STOPPED, Outcome.FINISHED),
}


class FollowUpStepQuerySet(models.QuerySet["FollowUpStep"]):
    """Which steps."""

    def visible_to(self, user: User) -> "FollowUpStepQuerySet":
        """Those of visible follow-ups."""
        return self.filter(follow_up__in=FollowUp.objects.visible_to(user))


class FollowUpStep(models.Model):
    """A step that was taken, or passed over: by whom, when, and how it ended. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    follow_up = models.ForeignKey(FollowUp, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(_("step"), max_length=8, choices=Step)
    outcome = models.CharField(_("outcome"), max_length=11, choices=Outcome)
    skipped = models.CharField(_("why it is passed over"), max_length=9, choices=Skipped, blank=True)
    done_on = models.DateField(_("done on"))
    at = models.DateTimeField(default=timezone.now)
    by_audit_id = models.UUIDField()  # no foreign key: an append-only row cannot be emptied when an account goes

    objects = FollowUpStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of a follow-up")
        ordering = ["at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="talk", outcome__in=["agreed", "no_show", "not_reached", "skipped"])
                | Q(kind__in=["letter_1", "letter_2", "letter_3"], outcome__in=["handed", "posted", "portal", "skipped"])
                | Q(kind="report", outcome__in=["reported", "skipped"])
                | Q(kind="close", outcome__in=["recovered", "excused", "corrected", "stopped", "finished"]),
                name="follow_up_step_outcome",
                violation_error_message=_("This outcome does not belong to this step."),
            ),
            models.CheckConstraint(
                condition=Q(outcome="skipped", skipped__in=["discussed", "client", "sooner"])
                | (~Q(outcome="skipped") & Q(skipped="")),
                name="follow_up_step_skipped",
                violation_error_message=_("Say why this step is passed over, and only then."),
            ),
        ]

    def __str__(self) -> str:
        return f"FollowUpStep({self.pk})"


class AbsenceLetterQuerySet(models.QuerySet["AbsenceLetter"]):
    """Which letters."""

    def visible_to(self, user: User) -> "AbsenceLetterQuerySet":
        """Those of visible follow-ups: a student reads the own letters."""
        return self.filter(step__follow_up__in=FollowUp.objects.visible_to(user))


class AbsenceLetter(models.Model):
    """A letter to the student, or the report to the client, as it was given: sealed, and readable in the portal as long as
    the file is kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    step = models.OneToOneField(FollowUpStep, on_delete=models.CASCADE, related_name="letter")
    page = SealedField(context="attendance.absenceletter.page")  # the PDF is made of it when somebody opens it
    mailed_at = models.DateTimeField(null=True)  # that there is a letter; the letter itself is never mailed

    objects = AbsenceLetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter about absence")
        ordering = ["-step__at"]

    def __str__(self) -> str:
        return f"AbsenceLetter({self.pk})"

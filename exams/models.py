"""What a student can do (level measurements) and what was sat (attempts at exam parts)."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from exams import rules
from kvs.models import Role, User
from students.models import Programme

# Who may read levels and exams of others; tests/exams compares with the data catalogue.
LEARNING_READERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.PRIVACY_OFFICER, Role.TEACHER)
EXAM_READERS = (*LEARNING_READERS, Role.MANAGEMENT)


class Skill(models.TextChoices):
    """What is measured."""

    READING = "reading", _("reading")
    LISTENING = "listening", _("listening")
    WRITING = "writing", _("writing")
    SPEAKING = "speaking", _("speaking")
    CONVERSATION = "conversation", _("conversation")


class Level(models.TextChoices):
    """Where somebody stands, lowest first (rules.LEVELS)."""

    ALFA_A = "alfa_a", "Alfa A"
    ALFA_B = "alfa_b", "Alfa B"
    ALFA_C = "alfa_c", "Alfa C"
    A1_1 = "a1_1", "A1.1"
    A1_2 = "a1_2", "A1.2"
    A2_1 = "a2_1", "A2.1"
    A2_2 = "a2_2", "A2.2"
    B1_1 = "b1_1", "B1.1"
    B1_2 = "b1_2", "B1.2"
    B2 = "b2", "B2"
    C1 = "c1", "C1"


class ExamPart(models.TextChoices):
    """Parts of exams, and duties that are closed like one. Which law has which: exams/rules.py."""

    LE = "le", _("Reading (lezen)")
    LU = "lu", _("Listening (luisteren)")
    SC = "sc", _("Writing (schrijven)")
    SP = "sp", _("Speaking (spreken)")
    KNM = "knm", "KNM"
    MAP = "map", "MAP"
    PVT = "pvt", "PVT"
    ONA = "ona", "ONA"
    NT2_1_LE = "nt2_1_le", _("State exam NT2 I, reading")
    NT2_1_SC = "nt2_1_sc", _("State exam NT2 I, writing")
    NT2_1_LU = "nt2_1_lu", _("State exam NT2 I, listening")
    NT2_1_SP = "nt2_1_sp", _("State exam NT2 I, speaking")
    NT2_2_LE = "nt2_2_le", _("State exam NT2 II, reading")
    NT2_2_SC = "nt2_2_sc", _("State exam NT2 II, writing")
    NT2_2_LU = "nt2_2_lu", _("State exam NT2 II, listening")
    NT2_2_SP = "nt2_2_sp", _("State exam NT2 II, speaking")


class ExamLevel(models.TextChoices):
    """The level an exam is sat at."""

    NONE = "", _("no level")
    A2 = "a2", "A2"
    B1 = "b1", "B1"
    B2 = "b2", "B2"


def exam_label(part: str, level: str) -> str:
    """How people name an exam: "Lezen B1"."""
    return " ".join(str(word) for word in (ExamPart(part).label, ExamLevel(level).label if level else "") if word)


class LevelMeasurementQuerySet(models.QuerySet["LevelMeasurement"]):
    """Which measurements."""

    def visible_to(self, user: User) -> "LevelMeasurementQuerySet":
        """The own ones; for who may read progress those of visible programmes."""
        return self.filter(programme__in=Programme.objects.visible_to(user.only_as(*LEARNING_READERS, Role.STUDENT)))

    def in_order(self) -> "LevelMeasurementQuerySet":
        """Oldest first."""
        return self.order_by("measured_on", "pk")


class LevelMeasurement(models.Model):
    """The level of one skill on one day, as a teacher judged or a test showed (niveaumeting)."""

    class Kind(models.TextChoices):
        """At what moment of the programme."""

        INTAKE = "intake", _("intake")
        INTERIM = "interim", _("on the way")
        FINAL = "final", _("at the end")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="measurements")
    skill = models.CharField(_("skill"), max_length=12, choices=Skill)
    level = models.CharField(_("level"), max_length=6, choices=Level)
    measured_on = models.DateField(_("measured on"))
    kind = models.CharField(_("kind of measurement"), max_length=7, choices=Kind, default=Kind.INTERIM)
    assessor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("assessor"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = LevelMeasurementQuerySet.as_manager()

    class Meta:
        verbose_name = _("level measurement")
        constraints = [
            models.CheckConstraint(condition=Q(skill__in=rules.SKILLS), name="measurement_skill"),
            models.CheckConstraint(condition=Q(level__in=rules.LEVELS), name="measurement_level"),
            models.CheckConstraint(condition=Q(kind__in=["intake", "interim", "final"]), name="measurement_kind"),
            models.CheckConstraint(
                condition=Q(measured_on__gte=rules.EARLIEST),
                name="measurement_day",
                violation_error_message=_("A measurement cannot be from before the year 2000."),
            ),
            models.UniqueConstraint(
                fields=["programme", "skill", "measured_on"],
                name="measurement_once_a_day",
                violation_error_message=_("This skill was measured on that day already."),
            ),
        ]

    def __str__(self) -> str:
        return f"LevelMeasurement({self.pk})"


def latest_levels(measurements: Iterable[LevelMeasurement]) -> dict[str, LevelMeasurement]:
    """The last measurement of each skill, in the order of the skills."""
    last: dict[str, LevelMeasurement] = {}
    for measurement in sorted(measurements, key=lambda row: row.measured_on):
        last[measurement.skill] = measurement
    return {skill: last[skill] for skill in rules.SKILLS if skill in last}


class ExamAttemptQuerySet(models.QuerySet["ExamAttempt"]):
    """Which attempts."""

    def visible_to(self, user: User) -> "ExamAttemptQuerySet":
        """The own ones; for who may read exams those of visible programmes."""
        return self.filter(programme__in=Programme.objects.visible_to(user.only_as(*EXAM_READERS, Role.STUDENT)))

    def in_order(self) -> "models.QuerySet[Any]":
        """Oldest first, with `number`: the how manieth attempt of this student at this part it is."""
        window: dict[str, Any] = {"partition_by": [F("programme__student"), F("part")], "order_by": [F("taken_on"), F("pk")]}
        return self.annotate(number=models.Window(models.functions.RowNumber(), **window)).order_by("taken_on", "pk")


class ExamAttempt(models.Model):
    """One attempt at one exam part (poging). Planned ones have a day to come and no result yet."""

    class Result(models.TextChoices):
        """How it ended. DUO: ExamenresultaatWI2021."""

        OPEN = rules.OPEN, _("no result yet")
        PASSED = rules.PASSED, _("passed")
        FAILED = rules.FAILED, _("not passed")
        NONE = rules.NONE, _("no result")

    class Reason(models.TextChoices):
        """Why there is no result. DUO: RedenGeenResultaatInburgeringsexamen. Codes: nobody writes here what was the matter."""

        UNKNOWN = "", _("not applicable")
        CULPABLE = "culpable", _("own fault, says DUO (verwijtbaar)")
        NOT_CULPABLE = "not_culpable", _("not own fault, says DUO (niet verwijtbaar)")
        WITHDRAWN = "withdrawn", _("withdrew (afgemeld)")
        ABSENT = "absent", _("did not come (absent)")

    class Told(models.TextChoices):
        """Where the school has it from: DUO tells the candidate, not the school (domain/duo.md 3.1)."""

        STUDENT = "student", _("the student said so")
        LETTER = "letter", _("letter of DUO seen")
        ONLINE = "online", _("Mijn Inburgering seen together")
        MUNICIPALITY = "municipality", _("the municipality")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="attempts")
    part = models.CharField(_("exam part"), max_length=8, choices=ExamPart)
    level = models.CharField(_("level"), max_length=2, choices=ExamLevel, blank=True)
    taken_on = models.DateField(_("day of the exam"))
    registered_on = models.DateField(_("registered on"), null=True, blank=True)
    result = models.CharField(_("result"), max_length=6, choices=Result, default=Result.OPEN)
    result_on = models.DateField(_("result known on"), null=True, blank=True)
    reason = models.CharField(_("why there is no result"), max_length=12, choices=Reason, blank=True)
    told_by = models.CharField(_("known from"), max_length=12, choices=Told, default=Told.STUDENT)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ExamAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("exam attempt")
        constraints = [
            models.CheckConstraint(condition=Q(part__in=rules.PART_CODES), name="attempt_part"),
            models.CheckConstraint(condition=Q(level__in=["", *rules.EXAM_LEVELS]), name="attempt_level"),
            models.CheckConstraint(condition=Q(result__in=rules.EXAM_RESULTS), name="attempt_result"),
            models.CheckConstraint(
                condition=Q(result=rules.NONE, reason__in=rules.REASONS) | (~Q(result=rules.NONE) & Q(reason="")),
                name="attempt_reason",
                violation_error_message=_("Say why there is no result; with another result there is nothing to say."),
            ),
            models.CheckConstraint(condition=Q(told_by__in=["student", "letter", "online", "municipality"]), name="attempt_told"),
            models.CheckConstraint(
                condition=Q(taken_on__gte=rules.EARLIEST),
                name="attempt_day",
                violation_error_message=_("An exam cannot be from before the year 2000."),
            ),
            models.CheckConstraint(
                condition=Q(registered_on__isnull=True) | Q(registered_on__lte=F("taken_on")),
                name="attempt_registered_before",
                violation_error_message=_("Registering for an exam comes before the exam."),
            ),
            models.CheckConstraint(
                condition=Q(result_on__isnull=True) | (Q(result_on__gte=F("taken_on")) & ~Q(result=rules.OPEN)),
                name="attempt_result_after",
                violation_error_message=_("A result is known on the day of the exam or later, and only when there is one."),
            ),
            models.UniqueConstraint(
                fields=["programme", "part", "taken_on"],
                name="attempt_once_a_day",
                violation_error_message=_("This exam part is there already on that day."),
            ),
        ]

    def __str__(self) -> str:
        return f"ExamAttempt({self.pk})"

    @property
    def exam(self) -> str:
        """How people name it: "Lezen B1"."""
        return exam_label(self.part, self.level)

"""On what ground somebody learns here: the programme (traject) and its contracts (cursusovereenkomsten)."""

import datetime as dt
import uuid
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from kvs.fields import SealedField
from kvs.models import User
from students.models.clients import CaseManager, Client
from students.models.people import Student, between

MOST_IN_PIP, MOST_A_WEEK = 5000, 60  # hours
PIP_TOTAL: dict[str, Any] = {"null": True, "blank": True, "validators": [MaxValueValidator(MOST_IN_PIP)]}
PERIOD = Func("starts_on", "ends_on", models.Value("[]"), function="daterange")


def _at_most(name: str, most: int) -> Q:
    """Condition: empty or no more than that."""
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__lte": most})


class ProgrammeQuerySet(models.QuerySet["Programme"]):
    """Which programmes."""

    def visible_to(self, user: User) -> "ProgrammeQuerySet":
        """Those of visible students."""
        return self.filter(student__in=Student.objects.visible_to(user))

    def active_on(self, day: dt.date) -> "ProgrammeQuerySet":
        """Those whose period includes `day`."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day)


class Programme(models.Model):
    """One way through, under one law and route, from start to end. A BSN exists only here and only on a named ground."""

    class Law(models.TextChoices):
        """Under which law (domain/duo.md section 4)."""

        NONE = "none", _("no integration duty")
        WI2007 = "wi2007", "Wi2007"
        WI2013 = "wi2013", "Wi2013"
        WI2021 = "wi2021", "Wi2021"

    class Route(models.TextChoices):
        """Route of the Wi2021 (leerroute)."""

        NONE = "", _("no route")
        B1 = "b1", _("B1 route")
        EDUCATION = "education", _("education route")
        Z = "z", _("Z route")

    class BsnBasis(models.TextChoices):
        """The legal ground for holding a BSN (art. 46 UAVG: consent never is one)."""

        NONE = "", _("no ground: no BSN")
        ISI_DELIVERY = "isi_delivery", _("delivery of course data to DUO (Besluit inburgering art. 6.2)")
        LOAN_INVOICE = "loan_invoice", _("invoice on a DUO loan (Regeling inburgering art. 4.2)")

    class Level(models.TextChoices):
        """Level aimed at (CEFR)."""

        UNKNOWN = "", _("not set")
        A1 = "a1", "A1"
        A2 = "a2", "A2"
        B1 = "b1", "B1"
        B2 = "b2", "B2"
        C1 = "c1", "C1"

    class StatusHolder(models.TextChoices):
        """Whether the law treats somebody as an asylum status holder: it decides which hours count (domain/duo.md 4.1, 4.2)."""

        UNKNOWN = "", _("not known")
        YES = "yes", _("yes")
        NO = "no", _("no, family or other migrant")

    class StatusSource(models.TextChoices):
        """Where the school has it from. No document is kept for it."""

        UNKNOWN = "", _("not set")
        PIP = "pip", _("the PIP of the municipality")
        MUNICIPALITY = "municipality", _("another message of the municipality")
        STUDENT = "student", _("the student said so")
        FILE = "file", _("the spreadsheet that was imported")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="programmes")
    law = models.CharField(_("law"), max_length=8, choices=Law, default=Law.NONE)
    route = models.CharField(_("route"), max_length=10, choices=Route, blank=True)
    target_level = models.CharField(_("level aimed at"), max_length=2, choices=Level, blank=True)
    # ELIP students whom a municipality placed count in no result or survey of Blik op Werk (its mail of 9 March 2022).
    is_elip = models.BooleanField(_("ELIP student, placed by the municipality"), default=False)
    has_duo_loan = models.BooleanField(_("pays from a DUO loan"), default=False)
    bsn = SealedField("BSN", context="students.programme.bsn", null=True, blank=True)
    bsn_index = models.CharField(max_length=80, null=True, editable=False)  # noqa: DJ001  # NULL: many have none
    bsn_basis = models.CharField(_("ground for the BSN"), max_length=16, choices=BsnBasis, blank=True)
    pip_on = models.DateField(_("date of the first PIP"), null=True, blank=True)
    term_ends_on = models.DateField(_("end of the integration term"), null=True, blank=True)
    status_holder = models.CharField(_("asylum status holder"), max_length=3, choices=StatusHolder, blank=True)
    status_source = models.CharField(_("status known from"), max_length=12, choices=StatusSource, blank=True)
    # As they stand in the PIP of the municipality. Hours of 60 minutes: the PIP does not say otherwise (not confirmed).
    pip_language_hours = models.PositiveSmallIntegerField(_("hours of language in the PIP"), **PIP_TOTAL)
    pip_knm_hours = models.PositiveSmallIntegerField(_("hours of KNM in the PIP"), **PIP_TOTAL)
    pip_participation_hours = models.PositiveSmallIntegerField(_("hours of participation in the PIP"), **PIP_TOTAL)
    pip_week_hours = models.PositiveSmallIntegerField(
        _("hours a week in the PIP"), null=True, blank=True, validators=[MaxValueValidator(MOST_A_WEEK)]
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until and including"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = _("programme")
        ordering = ["-starts_on"]
        indexes = [models.Index(fields=["bsn_index"], name="programme_bsn")]
        constraints = [
            models.CheckConstraint(condition=Q(law__in=["none", "wi2007", "wi2013", "wi2021"]), name="programme_law"),
            models.CheckConstraint(
                condition=Q(route="") | Q(route__in=["b1", "education", "z"], law="wi2021"),
                name="programme_route",
                violation_error_message=_("Only a programme under the Wi2021 has a route."),
            ),
            models.CheckConstraint(condition=Q(target_level__in=["", "a1", "a2", "b1", "b2", "c1"]), name="programme_level"),
            models.CheckConstraint(
                condition=Q(status_holder="", status_source="")
                | Q(status_holder__in=["yes", "no"], status_source__in=["pip", "municipality", "student", "file"]),
                name="programme_status_source",
                violation_error_message=_("Say where the school knows from whether this is a status holder, and only then."),
            ),
            models.CheckConstraint(
                condition=Q(
                    pip_language_hours__isnull=True,
                    pip_knm_hours__isnull=True,
                    pip_participation_hours__isnull=True,
                    pip_week_hours__isnull=True,
                )
                | Q(law="wi2021"),
                name="programme_pip_of_law",
                violation_error_message=_("Only a programme under the Wi2021 has a PIP with hours."),
            ),
            models.CheckConstraint(
                condition=_at_most("pip_language_hours", MOST_IN_PIP)
                & _at_most("pip_knm_hours", MOST_IN_PIP)
                & _at_most("pip_participation_hours", MOST_IN_PIP)
                & _at_most("pip_week_hours", MOST_A_WEEK),
                name="programme_pip_hours",
                violation_error_message=_("Hours in a PIP are at most 5000, and at most 60 a week."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="programme_period",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
            models.CheckConstraint(
                condition=Q(bsn_basis="")
                | Q(bsn_basis="isi_delivery", law__in=["wi2007", "wi2013", "wi2021"])
                | Q(bsn_basis="loan_invoice", has_duo_loan=True),
                name="programme_bsn_basis",
                violation_error_message=_(
                    "This ground does not fit: delivery to DUO needs an integration duty, an invoice needs a DUO loan."
                ),
            ),
            models.CheckConstraint(
                condition=Q(bsn__isnull=True, bsn_index__isnull=True)
                | (Q(bsn__isnull=False, bsn_index__isnull=False) & ~Q(bsn_basis="")),
                name="programme_bsn_needs_basis",
                violation_error_message=_("A BSN may only be kept on a programme that names its legal ground."),
            ),
            ExclusionConstraint(
                name="programme_bsn_one_person",
                expressions=[("bsn_index", RangeOperators.EQUAL), ("student", RangeOperators.NOT_EQUAL)],
                violation_error_message=_("Another student has this BSN."),
            ),
        ]

    def __str__(self) -> str:
        return f"Programme({self.pk})"


class ContractQuerySet(models.QuerySet["Contract"]):
    """Which contracts."""

    def visible_to(self, user: User) -> "ContractQuerySet":
        """Those of visible programmes."""
        return self.filter(programme__in=Programme.objects.visible_to(user))

    def active_on(self, day: dt.date) -> "ContractQuerySet":
        """Those whose period includes `day`: they tell who commissioned a lesson of that day."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day)


class Contract(models.Model):
    """What was agreed for a programme in a period: for whom, which course, how many hours. Without client the student pays."""

    class Course(models.TextChoices):
        """The three kinds of course DUO knows (domain/duo.md 1.3)."""

        LITERACY = "literacy", _("literacy course")
        INTEGRATION = "integration", _("integration course")
        NT2 = "nt2", _("NT2 course")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="contracts")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("client"))
    case_manager = models.ForeignKey(
        CaseManager, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("case manager")
    )
    course = models.CharField(_("course"), max_length=12, choices=Course, default=Course.INTEGRATION)
    hours = models.PositiveIntegerField(
        _("hours agreed"), null=True, blank=True, validators=between(1, 5000, _("A contract has 1 to 5000 hours."))
    )
    reference = models.CharField(_("reference of the client"), max_length=60, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until and including"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ContractQuerySet.as_manager()

    class Meta:
        verbose_name = _("contract")
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(condition=Q(course__in=["literacy", "integration", "nt2"]), name="contract_course"),
            models.CheckConstraint(
                condition=Q(hours__isnull=True) | Q(hours__range=(1, 5000)),
                name="contract_hours",
                violation_error_message=_("A contract has 1 to 5000 hours."),
            ),
            models.CheckConstraint(
                condition=Q(case_manager__isnull=True) | Q(client__isnull=False),
                name="contract_case_manager_has_client",
                violation_error_message=_("A case manager belongs to a client."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="contract_period",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
            ExclusionConstraint(
                name="contract_one_at_a_time",
                expressions=[("programme", RangeOperators.EQUAL), (PERIOD, RangeOperators.OVERLAPS)],
                violation_error_message=_("This programme already has a contract in that period."),
            ),
        ]

    def __str__(self) -> str:
        return f"Contract({self.pk})"

"""The student: who somebody is and how to reach them. Numbers with legal weight lie on the programme, not here."""

import datetime as dt
import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from kvs import catalogue
from kvs.fields import SealedField
from kvs.models import Location, Role, User
from students import rules


def between(least: int, most: int, sentence: Any) -> list[Any]:
    """Validators of a number; without them a far larger one is answered with the limits of the column."""
    return [MinValueValidator(least, sentence), MaxValueValidator(most, sentence)]


# What the use of can be restricted (AVG art. 18): categories of the data catalogue that a student's file holds.
RESTRICTABLE = (
    "identity",
    "contact",
    "bsn",
    "residence",
    "background",
    "programme",
    "attendance",
    "learning",
    "exams",
)
# Purposes that rest on AVG art. 6(1)(e) or (f), to which somebody can object (art. 21); the survey has its own field.
OBJECTABLE = ("client_reports", "quality")
SCHOOL_WIDE = (Role.ADMINISTRATION, Role.COORDINATOR, Role.MANAGEMENT, Role.PRIVACY_OFFICER, Role.FINANCE)


class StudentQuerySet(models.QuerySet["Student"]):
    """Which students."""

    def visible_to(self, user: User) -> "StudentQuerySet":
        """The one rule on who sees which student; everything about a student follows it.

        Own file: the student. Office roles: students of their locations (intake or any group there). Teachers and
        auditors: students placed in a group they teach today, or were given access to, on a day they had that access.
        System administrators: nobody.
        """
        reachable = Q(user=user) if user.has_role(Role.STUDENT) else Q(pk__in=[])
        if user.has_role(*SCHOOL_WIDE):
            reachable |= self._at_locations_of(user)
        if user.has_role(Role.TEACHER, Role.AUDITOR):
            reachable |= Q(pk__in=self._taught_by(user))
        return self.filter(reachable)

    def _at_locations_of(self, user: User) -> Q:
        held = [membership for membership in user.active_memberships() if membership.role in SCHOOL_WIDE]
        if any(membership.location_id is None for membership in held):
            return Q(pk__isnull=False)
        locations = [membership.location_id for membership in held]
        placed = Student.objects.filter(programmes__enrolments__group__location__in=locations).values("pk")
        return Q(intake_location__in=locations) | Q(pk__in=placed)

    def _taught_by(self, user: User) -> "models.QuerySet[Any, Any]":
        from students.models.groups import Enrolment  # noqa: PLC0415  # groups.py needs Student; one of the two must wait

        return Enrolment.objects.reachable_through_groups(user).values("programme__student")

    def matching(self, typed: str) -> "StudentQuerySet":
        """Students whose name or number has every typed word, at the start of a word, whatever accents or order."""
        found = self
        for word in rules.folded(typed).split():
            found = found.filter(search_text__contains=f" {word}")
        return found


class Student(models.Model):
    """Somebody who takes, took or will take lessons (cursist)."""

    class Gender(models.TextChoices):
        """As the school's registration form offers it."""

        FEMALE = "f", _("woman")
        MALE = "m", _("man")
        OTHER = "x", _("other")

    class EducationLevel(models.TextChoices):
        """Highest education, coarse: what placing in a route needs."""

        NONE = "none", _("no school")
        PRIMARY = "primary", _("primary school")
        SECONDARY = "secondary", _("secondary school")
        VOCATIONAL = "vocational", _("vocational education")
        HIGHER = "higher", _("higher education")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    audit_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.OneToOneField(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="student")
    number = models.CharField(_("student number"), max_length=20, unique=True)

    given_names = models.CharField(_("given names"), max_length=200, blank=True)
    call_name = models.CharField(_("call name"), max_length=80, blank=True)
    infix = models.CharField(_("name prefix"), max_length=20, blank=True)
    surname = models.CharField(_("surname"), max_length=200, help_text=_("Somebody with one name: fill it in here."))
    sort_key = models.CharField(max_length=300, editable=False)
    search_text = models.CharField(max_length=600, editable=False)

    gender = models.CharField(_("gender"), max_length=1, choices=Gender, blank=True)
    birth_year = models.PositiveSmallIntegerField(
        _("year of birth"),
        null=True,
        blank=True,
        validators=between(1900, 2100, _("A year of birth has four digits and does not lie in the future.")),
    )
    birth_month = models.PositiveSmallIntegerField(
        _("month of birth"), null=True, blank=True, validators=between(1, 12, _("A month is a number from 1 to 12."))
    )
    birth_day = models.PositiveSmallIntegerField(
        _("day of birth"), null=True, blank=True, validators=between(1, 31, _("This month has no such day."))
    )
    birth_place = models.CharField(_("place of birth"), max_length=120, blank=True)
    birth_country = models.CharField(_("country of birth"), max_length=80, blank=True)
    nationality = models.CharField(_("nationality"), max_length=80, blank=True)
    arrived_on = models.DateField(_("in the Netherlands since"), null=True, blank=True)
    residence_permit = SealedField(_("residence permit"), context="students.student.residence_permit", null=True, blank=True)
    residence_permit_until = models.DateField(_("residence permit valid until"), null=True, blank=True)

    street = models.CharField(_("street"), max_length=120, blank=True)
    house_number = models.CharField(_("house number"), max_length=20, blank=True)
    postcode = models.CharField(_("postcode"), max_length=12, blank=True)
    city = models.CharField(_("town"), max_length=80, blank=True)
    phone = models.CharField(_("telephone"), max_length=32, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)

    contact_language = models.CharField(_("language to be addressed in"), max_length=3, blank=True)  # ISO 639-3
    # The survey rests on a legitimate interest: who objects is never handed over (AVG art. 21; privacy_obligations.md 40).
    no_survey = models.BooleanField(_("does not want to be asked for the survey of Blik op Werk"), default=False)
    # Decided in the privacy part, obeyed here: what is restricted is kept, and not used, changed or deleted (AVG art. 18).
    restricted = ArrayField(models.CharField(max_length=20), default=list, blank=True, editable=False)
    objections = ArrayField(models.CharField(max_length=20), default=list, blank=True, editable=False)  # codes of purposes
    other_languages = models.CharField(_("other languages"), max_length=200, blank=True)
    education_level = models.CharField(_("education"), max_length=12, choices=EducationLevel, blank=True)
    school_years = models.PositiveSmallIntegerField(
        _("years of school"), null=True, blank=True, validators=between(0, 40, _("Years of school are a number from 0 to 40."))
    )
    work_experience = models.CharField(_("work experience"), max_length=300, blank=True)
    availability = models.CharField(_("availability"), max_length=200, blank=True)

    intake_location = models.ForeignKey(Location, on_delete=models.PROTECT, verbose_name=_("location of intake"))
    registered_on = models.DateField(_("registered on"), default=timezone.localdate)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = StudentQuerySet.as_manager()

    class Meta:
        verbose_name = _("student")
        verbose_name_plural = _("students")
        ordering = ["sort_key", "number"]
        indexes = [
            models.Index(fields=["sort_key", "number"], name="student_order"),
            GinIndex(OpClass(F("search_text"), "gin_trgm_ops"), name="student_search"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(number__regex=r"^[A-Z0-9-]+$"),
                name="student_number_form",
                violation_error_message=_("A student number has only capital letters, digits and hyphens."),
            ),
            models.CheckConstraint(condition=~Q(surname=""), name="student_has_name"),
            models.CheckConstraint(
                condition=Q(birth_year__isnull=True) | Q(birth_year__range=(1900, 2100)), name="student_birth_year"
            ),
            models.CheckConstraint(
                condition=(Q(birth_month__isnull=True) | Q(birth_month__range=(1, 12), birth_year__isnull=False))
                & (Q(birth_day__isnull=True) | Q(birth_day__range=(1, 31), birth_month__isnull=False)),
                name="student_birth_parts",
                violation_error_message=_("A day needs a month and a month needs a year."),
            ),
            models.CheckConstraint(condition=Q(restricted__contained_by=list(RESTRICTABLE)), name="student_restricted"),
            models.CheckConstraint(condition=Q(objections__contained_by=list(OBJECTABLE)), name="student_objections"),
            models.CheckConstraint(condition=Q(gender__in=["", "f", "m", "x"]), name="student_gender"),
            models.CheckConstraint(
                condition=Q(education_level__in=["", "none", "primary", "secondary", "vocational", "higher"]),
                name="student_education_level",
            ),
            models.CheckConstraint(
                condition=Q(contact_language="") | Q(contact_language__regex=r"^[a-z]{3}$"),
                name="student_contact_language",
                violation_error_message=_("Choose a language from the list."),
            ),
            models.CheckConstraint(condition=Q(school_years__isnull=True) | Q(school_years__lte=40), name="student_school_years"),
        ]

    def __str__(self) -> str:
        return f"Student({self.pk})"

    @property
    def full_name(self) -> str:
        """Call name (or given names), prefix and surname: "Siti van den Berg-Rahayu"."""
        return " ".join(part for part in (self.call_name or self.given_names, self.infix, self.surname) if part)

    @property
    def list_name(self) -> str:
        """Surname first, as reports and lists order it: "Berg-Rahayu, Siti van den"."""
        behind = " ".join(part for part in (self.call_name or self.given_names, self.infix) if part)
        return f"{self.surname}, {behind}" if behind else self.surname

    @property
    def contact_language_name(self) -> str:
        """The language's own name: "ትግርኛ"; an unlisted code as it is."""
        return dict(rules.CONTACT_LANGUAGES).get(self.contact_language, self.contact_language)

    @property
    def birth_date_text(self) -> str:
        """The date of birth as far as it is known: "12 jan 1990", "jan 1990", "1990" or nothing."""
        if self.birth_year is None or self.birth_month is None:
            return str(self.birth_year or "")
        if self.birth_day is None:
            return date_format(dt.date(self.birth_year, self.birth_month, 1), "b Y")
        return date_format(dt.date(self.birth_year, self.birth_month, self.birth_day))

    @property
    def restricted_titles(self) -> list[str]:
        """What is restricted, in words: "Examens"."""
        return [str(catalogue.category(code).title) for code in self.restricted]

    @property
    def initials(self) -> str:
        """First letters of call name and surname, for the mark on the page."""
        return "".join(part[0] for part in (self.call_name or self.given_names, self.surname) if part).upper()


class FieldSourceQuerySet(models.QuerySet["FieldSource"]):
    """Which sources."""

    def visible_to(self, user: User) -> "FieldSourceQuerySet":
        """Those of visible students."""
        return self.filter(student__in=Student.objects.visible_to(user))


class FieldSource(models.Model):
    """Where a group of fields of a student came from, and whether it was rectified (decisions.md 30; art. 14 AVG)."""

    class Group(models.TextChoices):
        """Fields that are told and corrected together."""

        NAME = "name", _("name")
        BIRTH = "birth", _("birth and origin")
        CONTACT = "contact", _("address and contact")
        BACKGROUND = "background", _("education, work and languages")

    class Source(models.TextChoices):
        """Who told us."""

        STUDENT = "student", _("the student")
        SCHOOL = "school", _("the school")
        THIRD_PARTY = "third_party", _("another organisation")

    id = models.BigAutoField(primary_key=True)
    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="sources")
    group = models.CharField(max_length=12, choices=Group)
    source = models.CharField(max_length=12, choices=Source)
    organisation = models.CharField(max_length=120, blank=True)  # which third party
    on = models.DateField(default=timezone.localdate)
    rectified = models.BooleanField(default=False)

    objects = FieldSourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("source of data")
        constraints = [
            models.UniqueConstraint(fields=["student", "group"], name="field_source_one_per_group"),
            models.CheckConstraint(condition=Q(group__in=["name", "birth", "contact", "background"]), name="field_source_group"),
            models.CheckConstraint(
                condition=Q(source__in=["student", "school"], organisation="") | (Q(source="third_party") & ~Q(organisation="")),
                name="field_source_source",
            ),
        ]

    def __str__(self) -> str:
        return f"FieldSource({self.pk})"

"""The timetable: which lessons a group has every week, and on which days the school is closed."""

import datetime as dt
import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import GreaterThan
from django.utils.translation import gettext_lazy as _

from kvs.models import Location, Role, User
from students.models import Group
from students.models.people import SCHOOL_WIDE

PLANNERS = (Role.ADMINISTRATION, Role.COORDINATOR)


class Subject(models.TextChoices):
    """What is taught."""

    LANGUAGE = "language", _("language")
    LITERACY = "literacy", _("literacy")
    KNM = "knm", "KNM"
    ONA = "ona", "ONA"
    MAP = "map", "MAP"
    OTHER = "other", _("other subject")


class Delivery(models.TextChoices):
    """How it is taught; decides later which hours count (domain/duo.md 1.4)."""

    CLASSROOM = "classroom", _("in the classroom")
    ONLINE = "online", _("online")
    ELEARNING_SCHOOL = "elearning_school", _("e-learning at school")
    ELEARNING_HOME = "elearning_home", _("e-learning at home")
    PRACTICE = "practice", _("guided practice")
    ONA_SCHOOL = "ona_school", _("ONA portfolio at school")


class Weekday(models.IntegerChoices):
    """Day of the week, numbered as datetime.date.weekday()."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class LengthInMinutes(models.Func):
    """The length of an interval in minutes."""

    template = "(EXTRACT(EPOCH FROM %(expressions)s) / 60)"
    output_field = models.FloatField()


def kind_constraints(name: str) -> list[models.BaseConstraint]:
    """What holds for subject and delivery, in a lesson as in the timetable."""
    return [
        models.CheckConstraint(condition=Q(subject__in=Subject.values), name=f"{name}_subject"),
        models.CheckConstraint(condition=Q(delivery__in=Delivery.values), name=f"{name}_delivery"),
        models.CheckConstraint(
            condition=~Q(subject="literacy", delivery__in=["online", "elearning_home"]),
            name=f"{name}_literacy_at_school",
            violation_error_message=_("Literacy lessons may not be given online (Blik op Werk, since 2019)."),
        ),
    ]


class SlotQuerySet(models.QuerySet["Slot"]):
    """Which slots."""

    def visible_to(self, user: User) -> "SlotQuerySet":
        """Those of visible groups."""
        return self.filter(group__in=Group.objects.visible_to(user))

    def from_day(self, day: dt.date) -> "SlotQuerySet":
        """Those that hold on `day` or later."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day))


class Slot(models.Model):
    """A weekly lesson of a group, in school time, in a period (roosteruur). Lessons are made from it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="slots", verbose_name=_("group"))
    weekday = models.PositiveSmallIntegerField(_("day of the week"), choices=Weekday)
    begins = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))
    break_minutes = models.PositiveSmallIntegerField(_("minutes of break"), default=0)
    teacher = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="slots", verbose_name=_("teacher")
    )
    room = models.CharField(_("room"), max_length=40, blank=True)
    subject = models.CharField(_("subject"), max_length=10, choices=Subject, default=Subject.LANGUAGE)
    delivery = models.CharField(_("way of teaching"), max_length=18, choices=Delivery, default=Delivery.CLASSROOM)
    starts_on = models.DateField(_("from and including"))
    ends_on = models.DateField(_("until and including"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = SlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("timetable slot")
        ordering = ["weekday", "begins"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(0, 6)), name="slot_weekday"),
            models.CheckConstraint(
                condition=GreaterThan(LengthInMinutes(F("ends") - F("begins")), F("break_minutes")),
                name="slot_time",
                violation_error_message=_("A lesson ends after it begins, and is longer than its break."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="slot_period",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
            *kind_constraints("slot"),
        ]

    def __str__(self) -> str:
        return f"Slot({self.pk})"


def plans_everywhere(user: User) -> bool:
    """Whether `user` plans for all locations, and so may close the whole school."""
    return any(held.role in PLANNERS and held.location_id is None for held in user.active_memberships())


class ClosureQuerySet(models.QuerySet["Closure"]):
    """Which closures."""

    def visible_to(self, user: User) -> "ClosureQuerySet":
        """Everybody who plans sees those of the whole school, and those of the own locations."""
        if not user.has_role(*SCHOOL_WIDE):
            return self.none()
        return self.filter(Q(location__isnull=True) | user.locations_as(*SCHOOL_WIDE))

    def changeable_by(self, user: User) -> "ClosureQuerySet":
        """Those at locations where `user` plans; of the whole school for who plans everywhere."""
        mine = self.filter(user.locations_as(*PLANNERS), location__isnull=False)
        return self.filter(Q(pk__in=mine.values("pk")) | Q(location__isnull=True)) if plans_everywhere(user) else mine

    def covering(self, first: dt.date, last: dt.date) -> "ClosureQuerySet":
        """Those with a day from `first` to `last`, both included."""
        return self.filter(starts_on__lte=last, ends_on__gte=first)


class Closure(models.Model):
    """Days without lessons: a school holiday or a day off, of one location or of the whole school (sluiting)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=60)
    location = models.ForeignKey(
        Location,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("location"),
        help_text=_("Leave empty for the whole school."),
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ClosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("closure")
        ordering = ["starts_on", "name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="closure_has_name"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="closure_period",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def closes(self, location: object, day: dt.date) -> bool:
        """Whether the location with this primary key has no lessons on `day` because of it."""
        return self.location_id in (None, location) and self.starts_on <= day <= self.ends_on

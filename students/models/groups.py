"""Groups, who teaches them, who is placed in them, and who else may look."""

import datetime as dt
import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import connection, models
from django.db.models import F, OuterRef, Q
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kvs.access import UserObjectPermissionBase
from kvs.models import Location, Role, User
from students.models.people import SCHOOL_WIDE, between
from students.models.programmes import PERIOD, Programme

TIMETABLE_LOCK = 4202  # advisory lock, beside students.actions.NUMBER_LOCK
FAR_AWAY = dt.date(9999, 12, 31)  # stands for an open end in comparisons, never stored


def active(day: dt.date, prefix: str = "") -> Q:
    """Condition: the period of the row (or of the row behind `prefix`) includes `day`."""
    return Q(**{f"{prefix}starts_on__lte": day}) & (Q(**{f"{prefix}ends_on__isnull": True}) | Q(**{f"{prefix}ends_on__gte": day}))


def hold_timetable() -> None:
    """Until the transaction ends nobody else plans lessons or places students: together they must not put a student in two
    lessons at once. To be held before any row is locked; the database takes it too (attendance.models.student_once).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TIMETABLE_LOCK])


class GroupQuerySet(models.QuerySet["Group"]):
    """Which groups."""

    def visible_to(self, user: User) -> "GroupQuerySet":
        """Groups of the own locations for the office; for a teacher or auditor those taught or opened today."""
        reachable = Q(pk__in=[])
        if user.has_role(*SCHOOL_WIDE):
            reachable |= user.locations_as(*SCHOOL_WIDE)
        if user.has_role(Role.TEACHER):
            reachable |= Q(pk__in=TeachingAssignment.objects.of_today(user).values("group"))
        if user.has_role(Role.TEACHER, Role.AUDITOR):
            reachable |= Q(pk__in=GroupAccess.objects.of_today(user).values("content_object"))
        return self.filter(reachable)

    def not_ended(self, day: dt.date) -> "GroupQuerySet":
        """Those that run on `day` or begin later: they can be filled."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day))


class Group(models.Model):
    """A class that takes lessons together (groep)."""

    class Kind(models.TextChoices):
        """What a group is for: the subjects of lessons (attendance.models.Subject), the routes of the Wi2021, and exams."""

        UNKNOWN = "", _("not set")
        NT2 = "nt2", "NT2"
        LITERACY = "literacy", _("literacy")
        Z_ROUTE = "z_route", _("Z route")
        EDUCATION = "education", _("education route")
        ONA = "ona", "ONA"
        KNM = "knm", "KNM"
        MAP = "map", "MAP"
        EXAM = "exam", _("exam training")
        STATE_EXAM = "state_exam", _("state exam NT2")
        OTHER = "other", _("another kind of group")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=80)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, verbose_name=_("location"))
    kind = models.CharField(_("kind of group"), max_length=10, choices=Kind, blank=True)  # unknown of groups of before
    capacity = models.PositiveSmallIntegerField(
        _("places"), default=20, validators=between(1, 60, _("A group has 1 to 60 places."))
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until and including"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("group")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="group_name_unique", violation_error_message=_("There is already a group with this name.")
            ),
            models.CheckConstraint(condition=~Q(name=""), name="group_has_name"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["", "nt2", "literacy", "z_route", "education", "ona", "knm", "map", "exam", "state_exam", "other"]
                ),
                name="group_kind",
                violation_error_message=_("Choose a kind of group from the list."),
            ),
            models.CheckConstraint(
                condition=Q(capacity__range=(1, 60)),
                name="group_capacity",
                violation_error_message=_("A group has 1 to 60 places."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="group_period",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TeachingAssignmentQuerySet(models.QuerySet["TeachingAssignment"]):
    """Which assignments."""

    def visible_to(self, user: User) -> "TeachingAssignmentQuerySet":
        """Those of visible groups."""
        return self.filter(group__in=Group.objects.visible_to(user))

    def of_today(self, user: User) -> "TeachingAssignmentQuerySet":
        """What `user` teaches today; nothing once the role has ended, whatever was left open."""
        if not user.has_role(Role.TEACHER):
            return self.none()
        return self.filter(active(timezone.localdate()), teacher=user)


class TeachingAssignment(models.Model):
    """Who teaches a group, in a period. It decides what a teacher may see."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    teacher = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assignments", verbose_name=_("teacher"))
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="assignments", verbose_name=_("group"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until and including"), null=True, blank=True)

    objects = TeachingAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("teaching assignment")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="teaching_assignment_period",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
            ExclusionConstraint(
                name="teaching_assignment_no_overlap",
                expressions=[
                    ("teacher", RangeOperators.EQUAL),
                    ("group", RangeOperators.EQUAL),
                    (PERIOD, RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This teacher already teaches this group in that period."),
            ),
        ]

    def __str__(self) -> str:
        return f"TeachingAssignment({self.pk})"


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    """Which enrolments."""

    def visible_to(self, user: User) -> "EnrolmentQuerySet":
        """Those of visible programmes; a teacher sees only the enrolments in groups within reach."""
        visible = Q(programme__in=Programme.objects.visible_to(user))
        if user.has_role(*SCHOOL_WIDE):
            return self.filter(visible)
        mine = Q(programme__student__user=user) if user.has_role(Role.STUDENT) else Q(pk__in=[])
        return self.filter(mine | Q(pk__in=Enrolment.objects.reachable_through_groups(user).values("pk")))

    def active_on(self, day: dt.date) -> "EnrolmentQuerySet":
        """Those whose period includes `day`."""
        return self.filter(active(day))

    def reachable_through_groups(self, user: User) -> "EnrolmentQuerySet":
        """Enrolments that overlap the period in which `user` teaches, or was given, the group; access must hold today."""
        taught = TeachingAssignment.objects.of_today(user).filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=OuterRef("starts_on")),
            group=OuterRef("group"),
            starts_on__lte=Coalesce(OuterRef("ends_on"), FAR_AWAY),
        )
        given = GroupAccess.objects.of_today(user).filter(
            ends_on__gte=OuterRef("starts_on"),
            content_object=OuterRef("group"),
        )
        return self.filter(models.Exists(taught) | models.Exists(given))


class Enrolment(models.Model):
    """A place of a student in a group, under one programme, in a period (plaatsing)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="enrolments", verbose_name=_("programme"))
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="enrolments", verbose_name=_("group"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until and including"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("enrolment")
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="enrolment_period",
                violation_error_message=_("The last day cannot be before the first day."),
            ),
            ExclusionConstraint(
                name="enrolment_no_overlap",
                expressions=[
                    ("programme", RangeOperators.EQUAL),
                    ("group", RangeOperators.EQUAL),
                    (PERIOD, RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This student is already placed in this group in that period."),
            ),
        ]

    def __str__(self) -> str:
        return f"Enrolment({self.pk})"


class GroupAccessQuerySet(models.QuerySet["GroupAccess"]):
    """Which exceptions."""

    def visible_to(self, user: User) -> "GroupAccessQuerySet":
        """The own exceptions, and those on groups the office sees."""
        if user.has_role(*SCHOOL_WIDE):
            return self.filter(content_object__in=Group.objects.visible_to(user))
        return self.filter(user=user)

    def of_today(self, user: User) -> "GroupAccessQuerySet":
        """What was opened for `user` today, for who may still teach or audit."""
        if not user.has_role(Role.TEACHER, Role.AUDITOR):
            return self.none()
        return self.filter(active(timezone.localdate()), user=user)


class GroupAccess(UserObjectPermissionBase):
    """An exception: this substitute or auditor, this group, until this day. guardian's direct-foreign-key table with
    dates; guardian's own check functions ignore them and are never called (decisions.md 20).
    """

    content_object = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="access")
    starts_on = models.DateField(_("from"), default=timezone.localdate)
    ends_on = models.DateField(_("until and including"))
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=200)

    objects = GroupAccessQuerySet.as_manager()  # type: ignore[misc,assignment]  # guardian types its own manager

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = _("access to a group")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="group_access_period"),
            models.CheckConstraint(condition=~Q(reason=""), name="group_access_has_reason"),
        ]

    def __str__(self) -> str:
        return f"GroupAccess({self.pk})"

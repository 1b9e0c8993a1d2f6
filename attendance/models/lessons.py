"""Lessons, registers and marks. A mark is what two parties claim; the claims only grow, the mark is their present outcome."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Deferrable, Exists, F, Func, Q, Sum, Value
from django.db.models.functions import Coalesce, Lower, Trim
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from attendance import rules
from attendance.models import student_once
from attendance.models.evidence import EvidenceSetting
from attendance.models.planning import Closure, Delivery, Slot, Subject, kind_constraints
from attendance.models.presence import Means
from attendance.models.student_once import StudentOnce
from kvs.models import Location, Role, User
from students.models import Enrolment, Group, GroupAccess, Student, TeachingAssignment
from students.models.people import SCHOOL_WIDE

TIME = Func(F("starts_at"), F("ends_at"), function="tstzrange", output_field=DateTimeRangeField())
# A room by which it is known again, as rules.same_room: "lokaal  A" is "Lokaal A".
ROOM = Lower(Trim(Func(F("room"), Value(r"\s+"), Value(" "), Value("g"), function="regexp_replace")))


class LessonQuerySet(models.QuerySet["Lesson"]):
    """Which lessons."""

    def visible_to(self, user: User) -> "LessonQuerySet":
        """Those within reach of `user`."""
        return self.filter(reaches(user))

    def taught_by(self, user: User) -> "LessonQuerySet":
        """Lessons of which `user` keeps the register: the teacher's part of `visible_to`. Nobody else may mark or sign."""
        return self.filter(teaches(user))

    def of_student(self, student: Student) -> "LessonQuerySet":
        """Lessons on days of a place of `student` in the group."""
        placed = Enrolment.objects.filter(_covers_lesson(), group=models.OuterRef("group"), programme__student=student)
        return self.filter(models.Exists(placed))

    def given_by(self, user: User) -> "LessonQuerySet":
        """Of the lessons that `user` keeps the register of: those she gives herself, those that name no teacher, and those of a
        group that was opened to her as a substitute.
        """
        return self.taught_by(user).filter(Q(teacher=user) | Q(teacher__isnull=True) | _was_given(user))

    def on(self, day: dt.date) -> "LessonQuerySet":
        """Lessons that start on `day`, school time."""
        return self.filter(day=day)

    def with_places(self) -> "models.QuerySet[Lesson]":
        """Each lesson with `places`: how many students are placed in its group on its day."""
        placed = Enrolment.objects.filter(_covers_lesson(), group=models.OuterRef("group")).order_by().values("group")
        number = placed.annotate(number=models.Count("pk")).values("number")
        return self.annotate(places=Coalesce(models.Subquery(number), 0))

    def lapsing(self, location: Location | None, first: dt.date, last: dt.date) -> "LessonQuerySet":
        """Lessons without a register that do not go on when `location` (None: the whole school) is closed in these days."""
        found = self.filter(day__gte=first, day__lte=last, cancelled=False, register__isnull=True)
        return found.filter(location=location) if location else found

    def resumable(self, closure: Closure) -> "LessonQuerySet":
        """Lessons to come that lapsed through `closure` and have no register: they can go on when it is taken away."""
        return self.filter(lapsed_by=closure, cancelled=True, register__isnull=True, starts_at__gt=timezone.now())

    def unsigned(self) -> "LessonQuerySet":
        """Lessons that took place and whose register is not signed."""
        return self.filter(cancelled=False, register__signed_at__isnull=True)


def with_names(enrolments: "models.QuerySet[Enrolment]") -> "models.QuerySet[Enrolment]":
    """Enrolments with just the names of their students: the sealed columns of the programme stay unread."""
    names = ("id", "audit_id", "given_names", "call_name", "infix", "surname")
    return enrolments.select_related("programme__student").only(
        "starts_on", "ends_on", "group", "programme__id", *(f"programme__student__{name}" for name in names)
    )


def reaches(user: User) -> Q:
    """Condition on a lesson, which `visible_to` asks. Office: lessons at the own locations. Teacher: lessons of a day on
    which the group is, or was given, to her, or that she gives herself; her access must hold today. Student: lessons on
    days of an own place in the group.
    """
    reachable = teaches(user)
    if user.has_role(*SCHOOL_WIDE):
        reachable |= user.locations_as(*SCHOOL_WIDE)
    if user.has_role(Role.AUDITOR):
        reachable |= _was_given(user)
    if user.has_role(Role.STUDENT):
        placed = Enrolment.objects.filter(_covers_lesson(), group=models.OuterRef("group"), programme__student__user=user)
        reachable |= Q(models.Exists(placed))
    return reachable


def teaches(user: User) -> Q:
    """Condition on a lesson: the group is given to `user` on its day, she gives it herself, or it was opened to her."""
    if not user.has_role(Role.TEACHER):
        return Q(pk__in=[])
    taught = TeachingAssignment.objects.of_today(user).filter(_covers_lesson(), group=models.OuterRef("group"))
    return Q(models.Exists(taught)) | Q(teacher=user) | _was_given(user)


def _was_given(user: User) -> Q:
    """Condition on a lesson: the group was opened to `user` for its day, and still is."""
    given = GroupAccess.objects.of_today(user).filter(_covers_lesson(), content_object=models.OuterRef("group"))
    return Q(models.Exists(given))


def _covers_lesson() -> Q:
    """Condition on a row with a period, inside a subquery over lessons: the period includes the day of the lesson."""
    return Q(starts_on__lte=models.OuterRef("day")) & (Q(ends_on__isnull=True) | Q(ends_on__gte=models.OuterRef("day")))


def _only_one(*of: str | models.Func, name: str, message: Any, where: Q | None = None) -> ExclusionConstraint:
    """No two lessons at the same time of one group, teacher or room. Checked at the end of each statement, so that a whole
    series can be moved at once.
    """
    return ExclusionConstraint(
        name=name,
        expressions=[(TIME, RangeOperators.OVERLAPS), *((field, RangeOperators.EQUAL) for field in of)],
        condition=Q(cancelled=False) & (where or Q()),
        deferrable=Deferrable.IMMEDIATE,
        violation_error_message=message,
    )


class Lesson(models.Model):
    """One lesson of a group (les)."""

    Subject, Delivery = Subject, Delivery

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="lessons", verbose_name=_("group"))
    location = models.ForeignKey(Location, on_delete=models.PROTECT, verbose_name=_("location"))
    teacher = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="lessons", verbose_name=_("teacher")
    )
    day = models.DateField(_("day"), editable=False)  # of starts_at in school time; kept because most questions ask by day
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    planned_minutes = models.PositiveSmallIntegerField(_("minutes of lesson"))  # without breaks: what remains of the time
    room = models.CharField(_("room"), max_length=40, blank=True)
    subject = models.CharField(_("subject"), max_length=10, choices=Subject, default=Subject.LANGUAGE)
    delivery = models.CharField(_("way of teaching"), max_length=18, choices=Delivery, default=Delivery.CLASSROOM)
    cancelled = models.BooleanField(_("cancelled"), default=False)
    lapsed_by = models.ForeignKey(  # the closure it lapsed through; empty when it was cancelled by hand
        Closure, on_delete=models.SET_NULL, null=True, editable=False, related_name="lapsed", verbose_name=_("closure")
    )
    resumed_at = models.DateTimeField(null=True, editable=False)  # it had lapsed and goes on after all: people are told
    code = models.CharField(_("lesson code"), max_length=8, unique=True, editable=False)  # binds paper to the lesson
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, null=True, editable=False, related_name="lessons")
    slot_day = models.DateField(null=True, editable=False)  # the day of the series it was made for; moving leaves it
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = LessonQuerySet.as_manager()

    class Meta:
        verbose_name = _("lesson")
        ordering = ["starts_at"]
        indexes = [
            models.Index(fields=["group", "starts_at"], name="lesson_group_start"),
            models.Index(fields=["day", "location"], name="lesson_day_location"),
        ]
        constraints = [
            _only_one("group", name="lesson_group_once", message=_("This group already has a lesson at that time.")),
            _only_one("teacher", name="lesson_teacher_once", message=_("This teacher already gives a lesson at that time.")),
            _only_one(
                *("location", ROOM),
                name="lesson_room_once",
                message=_("There already is a lesson in this room at that time."),
                where=~Q(room=""),
            ),
            models.CheckConstraint(
                condition=Q(slot__isnull=True, slot_day__isnull=True) | Q(slot__isnull=False, slot_day__isnull=False),
                name="lesson_of_series",
            ),
            models.UniqueConstraint(fields=["slot", "slot_day"], name="lesson_once_per_slot"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="lesson_period",
                violation_error_message=_("A lesson ends after it begins."),
            ),
            models.CheckConstraint(condition=Q(planned_minutes__range=(1, 600)), name="lesson_minutes"),
            models.CheckConstraint(
                condition=Q(cancelled=True, resumed_at__isnull=True) | Q(cancelled=False, lapsed_by__isnull=True),
                name="lesson_lapse",
            ),
            *kind_constraints("lesson"),
            StudentOnce(
                name=student_once.NAME,
                violation_error_message=_(
                    "A student would have two lessons at the same time: see the timetables of both groups."
                ),
            ),
            models.CheckConstraint(condition=Q(code__regex=r"^[A-Z2-9]{6,8}$"), name="lesson_code_form"),
        ]

    def __str__(self) -> str:
        return f"Lesson({self.pk})"

    def roster(self) -> "models.QuerySet[Enrolment]":
        """Who is on the register: placed in the group on the day of the lesson, or marked before the place was changed.

        Who may open the lesson sees its whole register: a signature stands for all of it.
        """
        placed = Enrolment.objects.active_on(self.day).filter(group=self.group_id).order_by().values("pk")
        # A union, not OR: PostgreSQL would read all places of the school to find these (measured at 20,000).
        return Enrolment.objects.filter(pk__in=placed.union(Mark.objects.filter(lesson=self).values("enrolment")))


class RegisterQuerySet(models.QuerySet["Register"]):
    """Which registers."""

    def visible_to(self, user: User) -> "RegisterQuerySet":
        """Those of visible lessons."""
        return self.filter(lesson__in=Lesson.objects.visible_to(user))


class Register(models.Model):
    """The register of a lesson once somebody saved it (presentielijst); signed by the teacher it is sealed."""

    lesson = models.OneToOneField(Lesson, on_delete=models.PROTECT, primary_key=True, related_name="register")
    saved_at = models.DateTimeField(default=timezone.now)
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    established = models.BooleanField(default=False)  # by a coordinator, for a teacher who could not sign (vastgesteld)
    row_hashes = ArrayField(models.CharField(max_length=64), default=list)
    digest = models.CharField(max_length=64, blank=True)
    seal = models.PositiveSmallIntegerField(default=1)  # what of the lesson is in the digest (attendance/actions/seal.py)

    objects = RegisterQuerySet.as_manager()

    class Meta:
        verbose_name = _("register")
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True, signed_by__isnull=True, digest="", row_hashes=[], established=False)
                | Q(signed_at__isnull=False, signed_by__isnull=False, digest__regex=r"^[0-9a-f]{64}$"),
                name="register_signed_whole",
            ),
            models.CheckConstraint(condition=Q(seal__range=(1, 2)), name="register_seal"),
        ]

    def __str__(self) -> str:
        return f"Register({self.pk})"


class MarkQuerySet(models.QuerySet["Mark"]):
    """Which marks."""

    def visible_to(self, user: User) -> "MarkQuerySet":
        """Those of visible lessons and visible places: a student sees only the own."""
        return self.filter(lesson__in=Lesson.objects.visible_to(user), enrolment__in=Enrolment.objects.visible_to(user))

    def of_student(self, student: Student) -> "MarkQuerySet":
        """Marks of `student`, in whatever group."""
        return self.filter(enrolment__programme__student=student)

    def mismatched(self) -> "MarkQuerySet":
        """The student says "I was there", the teacher or the office says not, and nobody gave a reason for that yet."""
        answered = Claim.objects.filter(mark=models.OuterRef("pk"), state=models.OuterRef("state")).exclude(reason="")
        return self.filter(~models.Exists(answered), student_at__isnull=False).exclude(state__in=rules.THERE)

    def with_means(self) -> "models.QuerySet[Mark]":
        """Each mark with `means` and `device` of the student's confirmation; None without one."""
        said = models.FilteredRelation("claims", condition=Q(claims__party="student"))
        return self.annotate(said=said).annotate(means=F("said__means"), device=F("said__device"))

    def counted(self) -> "MarkQuerySet":
        """Marks that count as hours: of signed registers only, and no absence on a day without a place in the group: a place
        that ends in hindsight leaves such marks behind. Everything that sums minutes starts here.
        """
        signed = self.filter(lesson__register__signed_at__isnull=False, lesson__cancelled=False)
        still_there = Q(enrolment__ends_on__isnull=True) | Q(enrolment__ends_on__gte=F("lesson__day"))
        return signed.filter(Q(minutes_attended__gt=0) | Q(still_there, enrolment__starts_on__lte=F("lesson__day")))

    def absent(self) -> "MarkQuerySet":
        """Whole lessons missed, told beforehand or not. Whether that is excused: `attendance.absence`."""
        return self.filter(state__in=rules.AWAY)


# rules.proven for sums: present by the word of both parties or with initials on paper, as far as the school takes that as
# evidence. The setting is asked in the query itself, so no sum can forget it.
PROVEN = Q(state__in=rules.THERE) & (
    Q(~Exists(EvidenceSetting.objects.filter(mode="paper")), teacher_at__isnull=False, student_at__isnull=False)
    | Q(~Exists(EvidenceSetting.objects.filter(mode="digital")), paper_at__isnull=False)
)


class Minutes(NamedTuple):
    """Minutes of lesson offered to somebody, and of these attended."""

    offered: int
    attended: int


def hours_of(enrolments: "Iterable[Enrolment] | models.QuerySet[Enrolment]") -> dict[uuid.UUID, Minutes]:
    """Minutes per enrolment (by primary key) over signed registers; a place without any has no entry. One query."""
    sums = (
        Mark.objects.counted()
        .filter(enrolment__in=enrolments)
        .order_by()
        .values_list("enrolment")
        .annotate(offered=Sum("lesson__planned_minutes"), attended=Sum("minutes_attended"))
    )
    return {enrolment: Minutes(offered, attended) for enrolment, offered, attended in sums}


class Mark(models.Model):
    """Was this student there: the present outcome of the claims, kept by the action that adds them."""

    class State(models.TextChoices):
        """What the register shows."""

        PRESENT = rules.PRESENT, _("present")
        LATE = rules.LATE, _("late")
        LEFT_EARLY = rules.LEFT_EARLY, _("left early")
        ABSENT = rules.ABSENT, _("absent")
        REPORTED = rules.REPORTED, _("reported absent")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="marks")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.CASCADE, related_name="marks")
    state = models.CharField(_("attendance"), max_length=10, choices=State)
    minutes_missed = models.PositiveSmallIntegerField(_("minutes missed"), default=0)  # of late and left early only
    minutes_attended = models.PositiveSmallIntegerField(_("minutes present"))
    teacher_at = models.DateTimeField(null=True)  # the teacher's last claim
    student_at = models.DateTimeField(null=True)  # the student's own confirmation
    office_at = models.DateTimeField(null=True)  # the word of coordinator or administration, which is nobody's signature
    paper_at = models.DateTimeField(null=True)  # initials seen on a scanned list; a scan may come later, so it is not sealed
    salt = models.CharField(max_length=32, editable=False)
    row_hash = models.CharField(max_length=64, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = MarkQuerySet.as_manager()

    class Meta:
        verbose_name = _("mark")
        indexes = [models.Index(fields=["enrolment", "lesson"], name="mark_enrolment_lesson")]
        constraints = [
            models.UniqueConstraint(fields=["lesson", "enrolment"], name="mark_one_per_student"),
            models.CheckConstraint(
                condition=Q(state__in=["late", "left_early"], minutes_missed__gte=1)
                | Q(state__in=["present", "absent", "reported"], minutes_missed=0),
                name="mark_minutes_missed",
                violation_error_message=_("Late and left early need a number of minutes; the other states have none."),
            ),
            models.CheckConstraint(
                condition=Q(minutes_attended=0) | Q(state__in=["present", "late", "left_early"]),
                name="mark_minutes_attended",
            ),
            models.CheckConstraint(
                condition=Q(teacher_at__isnull=False)
                | Q(student_at__isnull=False)
                | Q(paper_at__isnull=False)
                | Q(office_at__isnull=False),
                name="mark_has_a_claim",
            ),
        ]

    def __str__(self) -> str:
        return f"Mark({self.pk})"

    @property
    def evidence(self) -> str:
        """Which parties stand behind it: one of rules.EVIDENCE."""
        return rules.evidence(
            teacher=self.teacher_at is not None, student=self.student_at is not None, paper=self.paper_at is not None
        )


def shared_devices(marks: "Iterable[Mark]") -> set[uuid.UUID]:
    """Enrolments whose students confirmed one lesson in the same browser. `marks` of that lesson, from `with_means`."""
    by_device = [(getattr(mark, "device", ""), mark.enrolment_id) for mark in marks]
    times = Counter(device for device, _enrolment in by_device)
    return {enrolment for device, enrolment in by_device if device and times[device] > 1}


class ClaimQuerySet(models.QuerySet["Claim"]):
    """Which claims."""

    def visible_to(self, user: User) -> "ClaimQuerySet":
        """Those of visible marks."""
        return self.filter(mark__in=Mark.objects.visible_to(user))


class Claim(models.Model):
    """What one party said about one student in one lesson, at one moment. Append-only (decisions.md 30, 31)."""

    class Party(models.TextChoices):
        """Who speaks."""

        TEACHER = "teacher", _("teacher")
        STUDENT = "student", _("student")
        OFFICE = "office", _("administration")
        COORDINATOR = "coordinator", _("coordinator")
        PAPER = "paper", _("list on paper")

    class Reason(models.TextChoices):
        """Why something is said against an earlier claim. A closed list: about illness nothing is written."""

        MISTAKE = "mistake", _("a mistake while filling in the register")
        TIMES = "times", _("came or left at another time")
        SEEN = "seen", _("was there: the teacher or the group saw it")
        NOT_SEEN = "not_seen", _("was not there: the teacher is certain")
        WENT = "went", _("confirmed and went away at once")
        OTHER_DEVICE = "other_device", _("somebody else confirmed with this phone or card")
        LIST = "list", _("the list on paper says so")
        MESSAGE = "message", _("had reported the absence before the lesson")
        CAME = "came", _("came after the register was signed")

    id = models.BigAutoField(primary_key=True)
    mark = models.ForeignKey(Mark, on_delete=models.CASCADE, related_name="claims")
    party = models.CharField(max_length=12, choices=Party)
    by_audit_id = models.UUIDField()  # no foreign key: an append-only row cannot be emptied when an account goes
    at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=Mark.State)
    minutes_missed = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason, blank=True)
    means = models.CharField(max_length=6, choices=Means, blank=True)  # how a student confirmed
    device = models.CharField(max_length=64, blank=True)  # equal only for one browser in one lesson (kvs/sessions.py)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("claim")
        constraints = [
            models.CheckConstraint(
                condition=Q(party__in=["teacher", "student", "office", "coordinator", "paper"]), name="claim_party"
            ),
            models.CheckConstraint(
                condition=Q(reason="")
                | Q(
                    reason__in=[
                        *("mistake", "times", "seen", "not_seen", "went", "other_device", "list", "message", "came"),
                    ]
                ),
                name="claim_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["present", "late", "left_early", "absent", "reported"]), name="claim_state"
            ),
            models.CheckConstraint(
                condition=Q(means="", device="") | Q(means__in=["plain", "code", "tablet"], party="student"), name="claim_means"
            ),
        ]

    def __str__(self) -> str:
        return f"Claim({self.pk})"

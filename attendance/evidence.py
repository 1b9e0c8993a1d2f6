"""What pages show of evidence: reasons and corrections of one register, and what lacks evidence in a month."""

import datetime as dt
import uuid
from collections import defaultdict
from typing import Any, NamedTuple

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from attendance import rules
from attendance.models import PROVEN, Claim, Lesson, Mark, MarkQuerySet
from kvs.models import Role, User

NAMES = ("audit_id", "given_names", "call_name", "infix", "surname")
READERS = (Role.ADMINISTRATION, Role.COORDINATOR, Role.TEACHER)


class Said(NamedTuple):
    """A claim with a reason, as a register shows it for ever."""

    at: dt.datetime
    who: str
    party: str
    state: str
    minutes: int
    reason: str
    corrects: bool
    was_state: str = ""
    was_minutes: int = 0
    remark: str = ""


def claims_with_reason() -> QuerySet[Claim]:
    """Corrections, and reasons why a mark stands that a student contradicts."""
    return Claim.objects.exclude(reason="")


def said_with_reason(lesson: Lesson) -> dict[uuid.UUID, list[Said]]:
    """`claims_with_reason` of a lesson by enrolment, the oldest first. One query."""
    name = User.objects.filter(audit_id=OuterRef("by_audit_id")).values(
        json=JSONObject(call_name="call_name", infix="infix", surname="surname")
    )
    claims = claims_with_reason().filter(mark__lesson=lesson).select_related("correction").order_by("id")
    found: dict[uuid.UUID, list[Said]] = defaultdict(list)
    for claim in claims.annotate(enrolment=F("mark__enrolment"), name=Subquery(name)):
        found[claim.enrolment].append(_said(claim, claim.name))
    return found


def _said(claim: Claim, name: dict[str, str] | None) -> Said:
    before = getattr(claim, "correction", None)
    return Said(
        at=claim.at,
        who=User(**name).full_name if name else _("somebody who is no longer here"),
        party=claim.get_party_display(),
        state=claim.state,
        minutes=claim.minutes_missed,
        reason=claim.get_reason_display(),
        corrects=before is not None,
        was_state=before.was_state if before else "",
        was_minutes=before.was_minutes_missed if before else 0,
        remark=before.remark if before else "",
    )


# --- without evidence


class GroupLine(NamedTuple):
    """One group in a month: students present, of these without evidence, and open mismatches, over its lessons."""

    group: uuid.UUID
    name: str
    lessons: int
    present: int
    unproven: int
    mismatched: int


def within(user: User, month: dt.date) -> MarkQuerySet:
    """Marks of a month that `user` may see as administration, coordinator or teacher of the lesson."""
    marks = Mark.objects.visible_to(user.only_as(*READERS))
    return marks.filter(lesson__day__gte=month, lesson__day__lt=rules.month_after(month), lesson__cancelled=False)


def groups_of(user: User, month: dt.date) -> list[GroupLine]:
    """Each group with a mark in the month. Presence counts as soon as the register is signed. Two queries."""
    signed, there = Q(lesson__register__signed_at__isnull=False), Q(state__in=rules.THERE)
    marks = within(user, month).order_by()
    sums = marks.values(group=F("lesson__group"), name=F("lesson__group__name")).annotate(
        lessons=Count("lesson", distinct=True),
        present=Count("pk", filter=signed & there),
        unproven=Count("pk", filter=signed & there & ~PROVEN),
    )
    apart = Mark.objects.filter(pk__in=marks.values("pk")).mismatched().order_by()
    mismatched = dict(apart.values_list("lesson__group").annotate(number=Count("pk")))
    lines = [GroupLine(**row, mismatched=mismatched.get(row["group"], 0)) for row in sums]
    return sorted(lines, key=lambda line: (-line.mismatched, -line.unproven, line.name))


class LessonLine(NamedTuple):
    """A lesson with the students whose presence nothing shows, and those whose claims contradict each other."""

    lesson: Lesson
    unproven: list[Mark]
    mismatched: list[Mark]


def lessons_of(user: User, month: dt.date, group: uuid.UUID) -> list[LessonLine]:
    """Lessons of a group in a month in which something is missing, latest first. Two queries."""
    names = [f"enrolment__programme__student__{name}" for name in NAMES]
    lesson = ("starts_at", "day", "group", "register__signed_at", "register__established")
    mine = (
        within(user, month)
        .filter(lesson__group=group)
        .select_related("lesson__register", "enrolment__programme__student")
        .only("state", "minutes_missed", "teacher_at", "student_at", "paper_at", "office_at", "enrolment__programme__id",
              *names, *(f"lesson__{name}" for name in lesson))
        .order_by("-lesson__starts_at", "enrolment__programme__student__sort_key")
    )  # fmt: skip
    unproven = mine.filter(~PROVEN, lesson__register__signed_at__isnull=False, state__in=rules.THERE)
    found: dict[uuid.UUID, LessonLine] = {}
    for place, marks in ((1, unproven), (2, mine.mismatched())):
        for mark in marks:
            line = found.setdefault(mark.lesson_id, LessonLine(mark.lesson, [], []))
            both: tuple[Any, ...] = line
            both[place].append(mark)
    return sorted(found.values(), key=lambda line: line.lesson.starts_at, reverse=True)

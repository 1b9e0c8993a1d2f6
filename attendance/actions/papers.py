"""What comes in from paper: scans, of which lessons they are, and who put initials on them."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from attendance import rules
from attendance.models import Claim, Lesson, LessonQuerySet, LessonScan, Mark, Scan, with_names
from kvs.files import store_file
from kvs.models import Role, SealedFilePerson, User
from kvs.pictures import clean_upload
from students.actions.restrictions import restricted_sentence
from students.models import Enrolment, Student
from students.rules import folded

KIND = "attendance.scan"
WAITING = dt.timedelta(days=7)  # how long a scan may lie without a lesson: nobody knows yet who is on it
WEEK = dt.timedelta(weeks=1)


def papers_of(user: User) -> LessonQuerySet:
    """The lessons of which `user` brings in the paper: a teacher the lessons she teaches, the administration those it sees."""
    lessons = Lesson.objects.visible_to(user)
    return lessons if user.has_role(Role.ADMINISTRATION) else lessons.taught_by(user)


# --- the file


@transaction.atomic
def add_scan(*, content: bytes, by: User) -> Scan:
    """Take in a scan or photo of which nobody said yet what lesson it is. Raises ValidationError for what cannot be opened."""
    clean = clean_upload(content)
    until = timezone.now() + WAITING
    file = store_file(clean.content, kind=KIND, content_type=clean.content_type, people=(), by=by, expires_at=until)
    return Scan.objects.create(file=file, uploaded_by=by)


@transaction.atomic
def match_scan(*, scan: Scan, lessons: Iterable[Lesson], by: User, others: Iterable[Student] = ()) -> list[LessonScan]:
    """Say of which lessons the scan is, once and for all. `others`: who is on it by hand. From now on it is kept as long as
    the file of everybody on it. Raises ValidationError, also when it was matched before, and PermissionDenied.
    """
    wanted = list(lessons)
    _check_lessons(wanted, by)
    row = Scan.objects.select_for_update(of=("self",)).select_related("file").get(pk=scan.pk)
    if LessonScan.objects.filter(scan=row).exists():
        raise ValidationError(_("Somebody already said of which lesson this scan is."), code="matched")
    people = {student.audit_id for student in others} | _on_the_lists(wanted)
    if not people:
        raise ValidationError(_("Nobody is on the register of this lesson, so there can be no initials."), code="empty")
    row.file.expires_at = None
    row.file.save(update_fields=["expires_at"])
    SealedFilePerson.objects.bulk_create(SealedFilePerson(file=row.file, audit_id=person) for person in people)
    made = [LessonScan(lesson=lesson, scan=row, sha256=row.file.sha256) for lesson in wanted]
    return LessonScan.objects.bulk_create(made)


def _check_lessons(lessons: list[Lesson], by: User) -> None:
    if not lessons or papers_of(by).filter(pk__in=[lesson.pk for lesson in lessons]).count() < len(lessons):
        raise PermissionDenied(_("Only the teacher of this lesson and the administration bring in its paper."))
    for lesson in lessons:
        if lesson.cancelled:
            raise ValidationError(_("This lesson is cancelled: there is no register to keep."), code="cancelled")
        if not rules.has_begun(timezone.now(), lesson.starts_at):
            raise ValidationError(_("This lesson has not begun yet, so nobody can have put initials."), code="early")


def _on_the_lists(lessons: list[Lesson]) -> set[uuid.UUID]:
    """Everybody on the registers of these lessons, by audit_id. A list on paper names all of them, present or not."""
    return {place.programme.student.audit_id for lesson in lessons for place in with_names(lesson.roster())}


def week_of(lesson: Lesson) -> list[Lesson]:
    """The lessons of the same group in the same week that are not cancelled: what a list of a week is about."""
    monday = lesson.day - lesson.day.weekday() * dt.timedelta(days=1)
    found = Lesson.objects.filter(group=lesson.group_id, cancelled=False, day__gte=monday, day__lt=monday + WEEK)
    return list(found.order_by("starts_at"))


@transaction.atomic
def remove_scan(*, scan: Scan, by: User) -> None:
    """Throw away a scan that was sent up by mistake. Raises ValidationError once initials were written down from it."""
    row = Scan.objects.select_for_update(of=("self",)).select_related("file").get(pk=scan.pk)
    links = LessonScan.objects.filter(scan=row)
    if links.filter(initials_at__isnull=False).exists():
        raise ValidationError(_("Initials were written down from this scan, so it stays."), code="used")
    links.delete()
    row.file.delete()


# --- who put initials


class Place(NamedTuple):
    """Somebody on a list: the place, what stands in the register, and whether initials can be written down."""

    enrolment: Enrolment
    mark: Mark | None
    locked: str  # why nothing about this person can be changed; empty when it can

    @property
    def initialled(self) -> bool:
        """Whether initials were written down."""
        return self.mark is not None and self.mark.paper_at is not None

    @property
    def problem(self) -> str:
        """Why initials cannot be added, or taken back when they are there; empty when they can."""
        if self.locked or not self.initialled:
            return self.locked
        assert self.mark
        if self.mark.teacher_at is None and self.mark.student_at is None:
            return _("This mark rests on the initials alone. Fill in the register first.")
        return ""


def places_of(lesson: Lesson) -> list[Place]:
    """Everybody on the register of `lesson` as the list on paper has them. Three queries."""
    marks = {mark.enrolment_id: mark for mark in Mark.objects.filter(lesson=lesson)}
    sealed = getattr(lesson, "register", None) is not None and lesson.register.signed_at is not None
    roster = lesson.roster()
    limited = Student.objects.filter(restricted__contains=["attendance"], programmes__enrolments__in=roster)
    restricted, found = set(limited.values_list("pk", flat=True)), []
    for place in sorted(with_names(roster), key=lambda place: folded(place.programme.student.full_name)):
        mark, locked = marks.get(place.pk), ""
        if place.programme.student_id in restricted:
            locked = restricted_sentence(["attendance"])
        elif mark is None and sealed:
            locked = _("Came into the group after the register was signed.")
        found.append(Place(place, mark, locked))
    return found


@transaction.atomic
def record_initials(*, link: LessonScan, enrolments: Iterable[uuid.UUID], by: User) -> int:
    """Write down whose initials are on the scan, all of them; how many changed. Safe to repeat, also long after the register
    was signed: what was sealed stays as it is (models.Mark.paper_at).

    Initials are a claim of presence beside what stands there: a mark the teacher made stays, and the two then do not fit
    together. Raises PermissionDenied, ValidationError for a cancelled lesson and per place (keyed by enrolment id).
    """
    lesson = Lesson.objects.select_for_update(of=("self",)).select_related("register").get(pk=link.lesson_id)
    _check_lessons([lesson], by)
    wanted = set(enrolments)
    given: list[Place] = []
    taken: list[Place] = []
    for place in places_of(lesson):
        if place.initialled != (place.enrolment.pk in wanted):
            (taken if place.initialled else given).append(place)
    if refused := {str(place.enrolment.pk): place.problem for place in (*given, *taken) if place.problem}:
        raise ValidationError(refused)
    _claim_by_paper(given, rules.PRESENT, lesson, by)
    _claim_by_paper(taken, rules.ABSENT, lesson, by)
    LessonScan.objects.filter(pk=link.pk).update(initials_at=timezone.now())
    return len(given) + len(taken)


def _claim_by_paper(places: list[Place], state: str, lesson: Lesson, by: User) -> None:
    """Initials, or that there are none after all: then the word of the paper is that somebody was not there."""
    now = timezone.now()
    minutes = rules.minutes_attended(rules.PRESENT, lesson.planned_minutes, 0)
    known = {"lesson": lesson, "state": rules.PRESENT, "minutes_attended": minutes, "paper_at": now}
    made = Mark.objects.bulk_create(Mark(enrolment=place.enrolment, **known) for place in places if place.mark is None)
    had = [place.mark for place in places if place.mark is not None]
    Mark.objects.filter(pk__in=[mark.pk for mark in had]).update(paper_at=now if state == rules.PRESENT else None)
    said = {"party": Claim.Party.PAPER, "by_audit_id": by.audit_id, "at": now, "state": state}
    Claim.objects.bulk_create(Claim(mark=mark, **said) for mark in (*made, *had))

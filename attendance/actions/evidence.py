"""Evidence of a lesson online: taken in, looked at by two roles, thrown away."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from attendance import rules
from attendance.actions.papers import papers_of
from attendance.models import Delivery, Lesson, LessonEvidence, with_names
from attendance.models.papers import NOT_TO_BE_USED
from kvs.files import store_file
from kvs.models import User
from kvs.pictures import Clean, clean_log, clean_upload
from kvs.terms import Period, add
from students.models import Enrolment, Student

KIND = "attendance.evidence"


@transaction.atomic
def add_evidence(*, lesson: Lesson, kind: str, content: bytes, enrolments: Iterable[uuid.UUID], by: User) -> LessonEvidence:
    """Take in a picture of the screen or a log, with who is in it. Raises ValidationError and PermissionDenied."""
    if not papers_of(by).filter(pk=lesson.pk).exists():
        raise PermissionDenied(_("Only the teacher of this lesson and the administration send up its proof."))
    _check_online(lesson)
    places = _chosen(lesson, set(enrolments))
    clean = _clean(kind, content)
    people = [place.programme.student.audit_id for place in places]
    file = store_file(clean.content, kind=KIND, content_type=clean.content_type, people=people, by=by)
    return LessonEvidence.objects.create(lesson=lesson, kind=kind, file=file, added_by=by)


def _check_online(lesson: Lesson) -> None:
    if lesson.delivery != Delivery.ONLINE:
        raise ValidationError(_("This lesson was not online: its proof is the register."), code="not_online")
    if lesson.cancelled:
        raise ValidationError(_("This lesson is cancelled: there is no register to keep."), code="cancelled")
    if not rules.has_begun(timezone.now(), lesson.starts_at):
        raise ValidationError(_("This lesson has not begun yet."), code="early")


def _chosen(lesson: Lesson, wanted: set[uuid.UUID]) -> list[Enrolment]:
    """The places of who is in it. Raises ValidationError for nobody, for a stranger, and by name for who may not be in it."""
    places = list(with_names(lesson.roster().filter(pk__in=wanted)))
    if not places or len(places) < len(wanted):
        raise ValidationError({"people": _("Tick everybody who can be seen or read in it.")})
    students = [place.programme.student_id for place in places]
    if refused := Student.objects.filter(NOT_TO_BE_USED, pk__in=students).order_by("sort_key"):
        raise ValidationError(
            {
                "people": _(
                    "This cannot be kept with %(names)s in it: an objection or a restriction holds. Make a picture without them."
                )
                % {"names": ", ".join(student.full_name for student in refused)}
            }
        )
    return places


def _clean(kind: str, content: bytes) -> Clean:
    try:
        return clean_log(content) if kind == LessonEvidence.Kind.LOG else clean_upload(content, pdf=False)
    except ValidationError as refused:
        raise ValidationError({"file": refused.messages}) from refused


@transaction.atomic
def remove_evidence(*, evidence: LessonEvidence, by: User) -> None:
    """Throw it away before its time."""
    evidence.file.delete()


# --- how long, and whether it may be looked at


def kept_until(evidence: LessonEvidence, period: Period) -> dt.date:
    """The day on which its period is over."""
    return add(timezone.localdate(evidence.added_at), period)


def why_closed(evidence: LessonEvidence, period: Period) -> str:
    """Why nobody may look at it now, as a sentence; empty when it may be opened. `evidence` comes from `with_people`.

    Asked at each look: an objection counts the same minute, and a period that is over does when the night has not come by yet.
    """
    if kept_until(evidence, period) <= timezone.localdate():
        return _("Its period of keeping is over. It is thrown away in the night.")
    if evidence.limited:  # type: ignore[attr-defined]  # with_people adds it
        return _("Somebody in it objects, or the use of these data is restricted. It may be kept, but not looked at.")
    return ""

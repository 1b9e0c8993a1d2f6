"""Why somebody missed a lesson, said afterwards by the student or the administration. Never by the teacher."""

import uuid
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from attendance import absence_reasons as reasons
from attendance.absence import may_still_say
from attendance.models import AbsenceReason, AbsenceSettings, Mark
from attendance.models.absence import REASON_READERS, Party
from kvs.models import User
from students.actions.restrictions import check_unrestricted
from students.models import Student

SAID = ("reason", "verdict")


@transaction.atomic
def give_reasons(*, chosen: Mapping[uuid.UUID, str], by: User) -> int:
    """The administration says why, for many absences at once: code by primary key of the mark. How many were new.

    Safe to repeat; who came after all meanwhile is passed over. Raises ValidationError, keyed by the mark, and then nothing
    is saved.
    """
    visible = Mark.objects.visible_to(by.only_as(*REASON_READERS)).absent().filter(pk__in=chosen)
    marks = visible.select_related("lesson", "enrolment__programme__student").select_for_update(of=("self",)).order_by("pk")
    known = {row.mark_id: row for row in AbsenceReason.objects.filter(mark__in=chosen)}
    problems: dict[str, str] = {}
    said = 0
    for mark in marks:
        try:
            said += _say(mark, known.get(mark.pk), chosen[mark.pk], by, student_says=False)
        except ValidationError as problem:
            problems[str(mark.pk)] = problem.messages[0]
    if problems:
        raise ValidationError(problems)
    return said


@transaction.atomic
def give_own_reason(*, mark: Mark, student: Student, reason: str, by: User) -> AbsenceReason:
    """The student says why, within the days the school sets. Raises ValidationError: also when the school said it first."""
    row = Mark.objects.select_for_update(of=("self",)).select_related("lesson", "enrolment__programme__student").get(pk=mark.pk)
    known = AbsenceReason.objects.filter(mark=row).first()
    if row.enrolment.programme.student_id != student.pk or row not in Mark.objects.absent():
        raise ValidationError(_("You were there: there is nothing to explain."))
    if not may_still_say(AbsenceSettings.current(), row.lesson, timezone.localdate()):
        raise ValidationError(_("You can not tell it here any more. Ask at the desk."))
    if known and known.party == Party.OFFICE:
        raise ValidationError(_("The school has answered this already. Ask at the desk."))
    _say(row, known, reason, by, student_says=True)
    return AbsenceReason.objects.get(mark=row)


def _say(mark: Mark, known: AbsenceReason | None, code: str, by: User, *, student_says: bool) -> bool:
    """Whether something was said that was not known."""
    day = mark.lesson.day
    if not AbsenceSettings.current().asks_on(day):
        raise ValidationError(_("The school notes no reasons of absence."))
    said = reasons.reason(code, day)
    if said is None or code not in dict(reasons.choices(day, student=student_says, before=False)):
        raise ValidationError(_("Choose one of the reasons in the list."))
    check_unrestricted(mark.enrolment.programme.student, AbsenceReason, SAID)
    party = Party.STUDENT if student_says else Party.OFFICE
    row = known or AbsenceReason(mark=mark, version=0)
    if known and (known.reason, known.party) == (code, party):
        return False
    row.reason, row.tellable = code, reasons.tellable(code)
    row.verdict, row.party = reasons.verdict_of(said, student=student_says), party
    row.by_audit_id, row.at, row.version = by.audit_id, timezone.now(), row.version + 1
    row.full_clean()
    row.save()
    return True

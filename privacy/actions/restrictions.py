"""What restricts, lifts, stops and resumes. Each act brings the student's own columns in step in the same transaction."""

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs.editing import changed
from kvs.models import User
from privacy.actions.erasure import plan_what_was_held
from privacy.models import Objection, PrivacyRequest, Restriction
from privacy.subject import subject_of
from students.actions.restrictions import set_limits
from students.models import Student


@transaction.atomic
def restrict(*, student: Student, categories: Iterable[str], ground: str, review_on: dt.date, by: User) -> Restriction:
    """Restrict the use of these categories from now on. Raises ValidationError."""
    row = Restriction(student=_locked(student), categories=sorted({*categories}), ground=ground, review_on=review_on, set_by=by)
    row.full_clean(exclude=["student", "set_by", "lifted_by"])
    row.save(force_insert=True)
    _bring_in_step(row.student, by)
    return row


@transaction.atomic
def lift(*, restriction: Restriction, version: int, told_on: dt.date, told_how: str, by: User) -> Restriction:
    """End a restriction of which the student was told before (AVG art. 18(3)). Raises ValidationError."""
    if told_on > timezone.localdate():
        raise ValidationError({"told_on": _("Tell the student first; then lift the restriction.")})
    if told_on < restriction.starts_on:
        raise ValidationError({"told_on": _("This day lies before the restriction began.")})
    row = changed(Restriction.objects.in_force(), restriction.pk, version, {"told_on": told_on, "told_how": told_how})
    row.lifted_at, row.lifted_by = timezone.now(), by
    row.full_clean(exclude=["student", "set_by", "lifted_by"])
    row.save()
    student = _locked(row.student)
    _bring_in_step(student, by)
    student.refresh_from_db()
    plan_what_was_held(subject_of(student))
    return row


@transaction.atomic
def object_to(*, student: Student, purpose: str, by: User) -> Objection:
    """Stop this purpose for the student, at once and before any decision. Raises ValidationError when it is stopped already."""
    row = Objection(student=_locked(student), purpose=purpose, made_by=by)
    row.full_clean(exclude=["student", "made_by", "decided_by"])
    if Objection.objects.standing().filter(student=row.student, purpose=purpose).exists():
        raise ValidationError(_("This objection is already known."))
    row.save(force_insert=True)
    _bring_in_step(row.student, by)
    return row


@transaction.atomic
def withdraw_objection(*, objection: Objection, by: User) -> None:
    """The student takes it back: the purpose goes on. Doing it twice changes nothing."""
    student = _locked(objection.student)
    for row in Objection.objects.standing().filter(pk=objection.pk):
        row.withdrawn_at = timezone.now()
        row.save()
    _bring_in_step(student, by)


@transaction.atomic
def decide_objection(*, objection: Objection, outcome: str, by: User) -> Objection:
    """Decide. Raises ValidationError when it was decided or taken back meanwhile."""
    student = _locked(objection.student)
    row = Objection.objects.open().filter(pk=objection.pk).first()
    if row is None:
        raise ValidationError(_("This objection was decided or taken back meanwhile."))
    row.outcome, row.decided_at, row.decided_by = outcome, timezone.now(), by
    row.full_clean(exclude=["student", "made_by", "decided_by"])
    row.save()
    _bring_in_step(student, by)
    return row


@transaction.atomic
def settle_objections(*, request: PrivacyRequest, outcome: str, by: User) -> None:
    """Give every objection of this request that waits its outcome: what a letter answered goes for all it is about."""
    for row in Objection.objects.open().filter(request=request):
        decide_objection(objection=row, outcome=outcome, by=by)


@transaction.atomic
def withdraw_objections(*, request: PrivacyRequest, by: User) -> None:
    """The student takes back every objection of this request that was not decided yet."""
    for row in Objection.objects.open().filter(request=request):
        withdraw_objection(objection=row, by=by)


def _locked(student: Student) -> Student:
    """Two who restrict at once must not each write a list without the other's."""
    return Student.objects.select_for_update().get(pk=student.pk)


def _bring_in_step(student: Student, by: User) -> None:
    in_force = Restriction.objects.in_force().filter(student=student)
    set_limits(
        student=student,
        restricted={code for row in in_force for code in row.categories},
        objections=Objection.objects.standing().filter(student=student).values_list("purpose", flat=True),
        by=by,
    )

"""What students correct themselves: at once what they are the source of, else by a proposal on which the school decides."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs.models import Role, User
from students.actions import change_programme, change_student
from students.models import CorrectionProposal, FieldSource, Programme, Student
from students.models.corrections import columns_of, corrected_at_once, proposable


def correct_own_data(*, student: Student, version: int, by: User, changes: Mapping[str, Any]) -> Student:
    """A student corrects, at once, what the student is the source of (catalogue: Rectify.DIRECT).

    Raises PermissionDenied for somebody else's file or for another field, ValidationError "stale" as `change_student`.
    """
    _check_own(student, by, set(changes) <= set(corrected_at_once(Student)))
    return change_student(
        student=student, version=version, by=by, changes=changes, source=FieldSource.Source.STUDENT, rectified=True
    )


@transaction.atomic
def propose_correction(
    *, student: Student, field: str, values: Mapping[str, Any], by: User, programme: Programme | None = None
) -> CorrectionProposal:
    """A student proposes other values for `field` (catalogue: Rectify.PROPOSE); the school decides.

    Raises PermissionDenied for somebody else's file or for another field, ValidationError when nothing would change, and
    IntegrityError (with a sentence for `kvs.editing.attempt`) when the same was asked and not answered yet.
    """
    target: Student | Programme = programme or student
    own = programme is None or programme.student_id == student.pk
    _check_own(student, by, own and field in proposable(type(target)) and set(values) == set(columns_of(field)))
    stored = type(target)._default_manager.get(pk=target.pk)  # a form has written into the row it was made with
    if all(getattr(stored, name) == value for name, value in values.items()):
        raise ValidationError(_("This is what we have already. Change it, or go back."))
    proposal = CorrectionProposal(student=student, programme=programme, field=field)
    proposal.propose(values)
    proposal.save(force_insert=True)
    return proposal


def _check_own(student: Student, by: User, allowed: bool) -> None:
    if student.user_id != by.pk or not allowed:
        raise PermissionDenied(str(Role.STUDENT.label))


@transaction.atomic
def decide_correction(
    *, proposal: CorrectionProposal, version: int, accept: bool, by: User, reason: str = ""
) -> CorrectionProposal:
    """Accept a proposal, so that the file changes, or refuse it with a reason (CorrectionProposal.Reason).

    `version` is that of the student or programme as the decider saw it. The proposed value is gone afterwards. Raises
    ValidationError: "decided" when somebody was first, "stale" when the file changed meanwhile.
    """
    row = CorrectionProposal.objects.select_for_update(of=("self",)).select_related("student", "programme").get(pk=proposal.pk)
    if row.decided_at:
        raise ValidationError(_("A colleague has decided this already."), code="decided")
    if accept:
        _take_over(row, version, by)
    elif reason not in CorrectionProposal.Reason.values:
        raise ValidationError({"reason": _("Choose a reason: the student reads it.")})
    row.value, row.decided_at, row.decided_by = None, timezone.now(), by
    row.outcome = CorrectionProposal.Outcome.ACCEPTED if accept else CorrectionProposal.Outcome.REFUSED
    row.reason = "" if accept else reason
    row.save()
    return row


def _take_over(proposal: CorrectionProposal, version: int, by: User) -> None:
    changes = proposal.proposed()
    if proposal.programme:
        change_programme(programme=proposal.programme, version=version, by=by, changes=changes)
    else:
        source = FieldSource.Source.STUDENT
        change_student(student=proposal.student, version=version, by=by, changes=changes, source=source, rectified=True)

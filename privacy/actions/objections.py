"""An objection that runs a term: it stops its purpose at once (AVG 21(1)), and the school decides and answers by letter.

Every purpose one can object to here rests on AVG 6(1)(e) or (f), so the school may weigh it. The absolute right of AVG 21(2)
and (3) is about direct marketing, which the system does not know; the survey is a choice in the own data, where the answer is
always yes. Neither asks for a decision.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs.models import User
from privacy import rules
from privacy.actions.requests import decide_again, request_to_join, take_in, withdraw_request
from privacy.actions.restrictions import object_to, withdraw_objection
from privacy.models import Objection, PrivacyRequest
from students.models import Student


@transaction.atomic
def say_no(*, student: Student, purpose: str, by: User, own: bool, identity: str = "") -> Objection:
    """Stop this purpose, and see that it is decided and answered within the term of a request.

    `own`: the student does it in the own pages. `identity`: how it is known who asks (rules.METHODS); empty when that is still
    to be said. An objection or an unanswered request about objections that is there already serves for this one too; after a
    letter it is a request of its own, because that letter does not answer it.
    """
    if purpose not in Objection.Purpose.values:
        raise ValidationError(_("Choose one of the purposes in the list."))
    Student.objects.select_for_update().get(pk=student.pk)  # saying it twice at once gives one
    standing = Objection.objects.standing().filter(student=student, purpose=purpose).first()
    made = standing or object_to(student=student, purpose=purpose, by=by)
    if standing is None:
        asked = request_to_join(student.audit_id, rules.OBJECTION, own=own)
        made.request = asked or take_in(**_facts(student, by, own), identity=identity, by=by, own=own)
        made.save(update_fields=["request"])
    return made


def _facts(student: Student, by: User, own: bool) -> dict[str, Any]:
    return {
        "kind": rules.OBJECTION,
        "channel": PrivacyRequest.Channel.PORTAL if own else PrivacyRequest.Channel.DESK,
        "received_on": timezone.localdate(),
        "person_kind": PrivacyRequest.Person.STUDENT,
        "subject_audit_id": student.audit_id,
        "name": student.full_name,
        "contact": (by.email if own else student.email) or None,
    }


@transaction.atomic
def take_back(*, objection: Objection, by: User) -> None:
    """The student takes it back: the purpose goes on. The unanswered request about it ends when no other objection of it waits,
    else it is decided again: its letter is about fewer things.
    """
    withdraw_objection(objection=objection, by=by)
    asked = PrivacyRequest.objects.select_for_update(of=("self",)).unanswered().filter(objections=objection).first()
    if asked is None:
        return
    if Objection.objects.open().filter(request=asked).exists():
        decide_again(asked)
    else:
        withdraw_request(request=asked, by=by)

"""What carries a granted request out: the part of privacy that does it, or a person who confirms it was done by hand.

A part says per kind of request where it is done and from when it counts as done; a request of that kind cannot be closed
as granted before. Kinds without an entry, and people who are not in the system, are done by hand.
"""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kvs.models import User
from privacy import rules
from privacy.actions.erasure import prepare_erasure
from privacy.actions.exports import ask_export
from privacy.models import Erasure, Objection, PersonExport, PrivacyRequest, Restriction
from privacy.subject import find_person
from students.models import Consent, ConsentEvent, Student


class Execution(NamedTuple):
    """How one kind of request is carried out. `begin` makes the row that does it and gives its key; without it the page
    at `url` is where somebody does it. `done_on`: the day it was done, None while it was not.
    """

    verb: str | Promise
    url: Callable[[PrivacyRequest], str]
    done_on: Callable[[PrivacyRequest], dt.date | None]
    begin: Callable[[PrivacyRequest, User], uuid.UUID] | None = None


def execution_of(request: PrivacyRequest) -> Execution | None:
    """How this request is carried out by the system; None when somebody does it by hand."""
    way = EXECUTIONS.get(request.kind)
    if way is None or (request.kind in OF_STUDENTS and request.person_kind != PrivacyRequest.Person.STUDENT):
        return None
    return way if request.subject_audit_id else None


# --- restriction and objection: on the privacy tab of the student


def _student(request: PrivacyRequest) -> Student | None:
    return Student.objects.filter(audit_id=request.subject_audit_id).first() if request.subject_audit_id else None


def _student_page(request: PrivacyRequest) -> str:
    student = _student(request)
    return reverse("privacy:student", args=[student.pk]) if student else ""


def _restricted_on(request: PrivacyRequest) -> dt.date | None:
    found = Restriction.objects.filter(student=_student(request), starts_on__gte=request.received_on)
    return found.order_by("starts_on").values_list("starts_on", flat=True).first()


def _stopped_on(request: PrivacyRequest) -> dt.date | None:
    found = Objection.objects.standing().filter(request=request)
    days = [timezone.localdate(made_at) for made_at in found.values_list("made_at", flat=True)]
    return min((day for day in days if day >= request.received_on), default=None)


# --- consent: taken back on the page of the student


def _consents_page(request: PrivacyRequest) -> str:
    student = _student(request)
    return reverse("privacy:consents", args=[student.pk]) if student else ""


def _withdrawn_on(request: PrivacyRequest) -> dt.date | None:
    """The day something was taken back; the day it was asked when nothing is allowed at all."""
    student = _student(request)
    events = ConsentEvent.objects.filter(consent__student=student, act=ConsentEvent.Act.WITHDRAWN, on__gte=request.received_on)
    day = events.order_by("on").values_list("on", flat=True).first()
    if day is None and not Consent.objects.filter(student=student, state=Consent.State.GIVEN).exists():
        return request.received_on
    return day


def _person(request: PrivacyRequest) -> Any:
    person = find_person(request.subject_audit_id) if request.subject_audit_id else None
    if person is None:
        raise ValidationError(_("The person is not in the system any more."))
    return person


# --- erasure: planned by one, approved by another


def _plan_erasure(request: PrivacyRequest, by: User) -> uuid.UUID:
    made = prepare_erasure(person=_person(request), reason=Erasure.Reason.REQUEST, by=by, handled_by=request.handler_audit_id)
    return made.pk


def _erasure_page(request: PrivacyRequest) -> str:
    return reverse("privacy:erasure", args=[request.execution]) if request.execution else ""


def _erased_on(request: PrivacyRequest) -> dt.date | None:
    done = Erasure.objects.filter(pk=request.execution, state=Erasure.State.DONE).first() if request.execution else None
    return timezone.localdate(done.done_at) if done and done.done_at else None


# --- access and portability: a copy that is made, and handed over


def _ask_copy(request: PrivacyRequest, by: User) -> uuid.UUID:
    return ask_export(person=_person(request), kind=request.kind, by=by).pk


def _copy_page(request: PrivacyRequest) -> str:
    return reverse("privacy:export", args=[request.execution]) if request.execution else ""


def _handed_over_on(request: PrivacyRequest) -> dt.date | None:
    given = PersonExport.objects.filter(pk=request.execution, handed_over_at__isnull=False).first() if request.execution else None
    return timezone.localdate(given.handed_over_at) if given else None


OF_STUDENTS = frozenset({rules.RESTRICTION, rules.OBJECTION, rules.CONSENT})
EXECUTIONS: dict[str, Execution] = {
    rules.ACCESS: Execution(_("Make the copy"), _copy_page, _handed_over_on, _ask_copy),
    rules.PORTABILITY: Execution(_("Make the copy"), _copy_page, _handed_over_on, _ask_copy),
    rules.ERASURE: Execution(_("Erase the data"), _erasure_page, _erased_on, _plan_erasure),
    rules.RESTRICTION: Execution(_("Restrict the use of the data"), _student_page, _restricted_on),
    rules.OBJECTION: Execution(_("Stop the purpose"), _student_page, _stopped_on),
    rules.CONSENT: Execution(_("Record the withdrawal"), _consents_page, _withdrawn_on),
}

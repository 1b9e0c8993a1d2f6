"""What happens to a complaint: taken in, given to a handler, confirmed, extended, decided, answered, closed."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs.editing import changed
from kvs.jobs import start_job
from kvs.mail import send_mail
from kvs.models import Role, User
from privacy import letters, rules
from privacy.models import Complaint, PrivacyRequest
from privacy.models.complaints import HANDLERS, able_accounts
from privacy.models.terms import settings_of_school

STATE = Complaint.State
UNCHECKED = ["representation", "request"]  # fetched by us, and a query each in full_clean


@transaction.atomic
def take_in_complaint(
    *, about: str, received_on: dt.date, by: User, own: bool = False, accused_user: User | None = None, **facts: Any
) -> Complaint:
    """Record a complaint that came in; who may handle it is told by e-mail, never who it is about.

    `own`: `by` complains, else `by` is the colleague who took it in. `facts`: channel, person_kind, name, words,
    subject_audit_id, contact, representation, asked_by, accused (a name), request. Raises ValidationError.
    """
    if received_on > timezone.localdate():
        raise ValidationError({"received_on": _("This date lies in the future.")})
    terms, request = settings_of_school(), facts.get("request")
    due = rules.complaint_due_on(received_on, about, terms.complaint_days)
    row = Complaint(
        about=about,
        received_on=received_on,
        confirm_by=received_on + dt.timedelta(days=terms.confirm_days),
        due_on=due,
        last_day=due,
        taken_in_by_audit_id=None if own else by.audit_id,
        request_handler_audit_id=_handler_of(request),
        confirmed_on=received_on if own else None,  # the page that answers says so
        **facts,
    )
    if accused_user is not None:
        row.accused_audit_id, row.accused = accused_user.audit_id, accused_user.full_name
    row.full_clean(exclude=UNCHECKED)
    row.save(force_insert=True)
    start_job("privacy.tell_complaint", {"complaint": row.pk, "what": "received"}, by=by)
    return row


def _handler_of(request: PrivacyRequest | None) -> Any:
    return (request.handler_audit_id or request.decided_by_audit_id) if request else None


def possible_handlers(complaint: Complaint) -> list[User]:
    """Privacy officers and management of today who are no party in it and reach the person who complains."""
    found = able_accounts().exclude(audit_id__in=complaint.parties)
    return [user for user in found.order_by("surname", "call_name", "pk") if _reaches(user, complaint)]


def _reaches(user: User, complaint: Complaint) -> bool:
    return Complaint.objects.handled_by_role_of(user).filter(pk=complaint.pk).exists()


def _row(complaint: Complaint, version: int, by: User, changes: Mapping[str, object], *states: str) -> Complaint:
    """The row with `changes`, locked, which was in one of `states`. Raises ValidationError: out of date, in another state,
    or about or by the actor.
    """
    stored = Complaint.objects.select_related("request").get(pk=complaint.pk)
    row = changed(Complaint.objects.all(), complaint.pk, version, changes)
    if stored.state not in states:
        raise ValidationError(
            _("This can no longer be done: the complaint is %(state)s.") % {"state": stored.get_state_display()}
        )
    if by.audit_id in (stored.accused_audit_id, stored.subject_audit_id):
        raise ValidationError(_("This complaint is about you or made by you. Somebody else has to do this."))
    return row


def _handled(complaint: Complaint, version: int, by: User, changes: Mapping[str, object], *states: str) -> Complaint:
    """As `_row`, for what only the handler does."""
    row = _row(complaint, version, by, changes, *states)
    if row.handler_audit_id != by.audit_id:
        raise ValidationError(_("Only the colleague who handles this complaint can do this."))
    return row


def _save(row: Complaint) -> Complaint:
    row.full_clean(exclude=UNCHECKED)
    row.save()
    return row


@transaction.atomic
def assign_complaint(
    *, complaint: Complaint, version: int, handler: User, by: User, accused_user: User | None = None
) -> Complaint:
    """Give it to a handler; again until the letter is sent, and then the new one decides anew.

    `accused_user`: whose account a name turned out to be. Raises ValidationError for a handler who is the accused, the
    complainant, or who handled the request it is about.
    """
    changes = {"decision": "", "decided_on": None, "letter": None}
    row = _row(complaint, version, by, changes, STATE.NEW, STATE.HANDLING, STATE.DECIDED)
    if row.letter_sent_on:
        raise ValidationError(_("The decision stands: its letter is sent."))
    if accused_user is not None and row.about == rules.ABOUT_PERSON:
        row.accused_audit_id = accused_user.audit_id
    if handler.audit_id in row.parties:
        raise ValidationError({"handler": _("Who handles a complaint is never the one it is about, nor the one who complains.")})
    if not handler.has_role(*HANDLERS):
        raise ValidationError({"handler": _("Choose a privacy officer or somebody of management.")})
    row.handler_audit_id, row.assigned_by_audit_id = handler.audit_id, by.audit_id
    row.assigned_on, row.state = timezone.localdate(), STATE.HANDLING
    _save(row)
    start_job("privacy.tell_complaint", {"complaint": row.pk, "what": "assigned"}, by=by)
    return row


def _not_to_come(name: str, day: dt.date) -> None:
    if day > timezone.localdate():
        raise ValidationError({name: _("This date lies in the future.")})


@transaction.atomic
def confirm_complaint(*, complaint: Complaint, version: int, confirmed_on: dt.date, by: User) -> Complaint:
    """Record that the person was told that it came in. Raises ValidationError."""
    _not_to_come("confirmed_on", confirmed_on)
    return _save(_row(complaint, version, by, {"confirmed_on": confirmed_on}, STATE.NEW, STATE.HANDLING))


@transaction.atomic
def extend_complaint(*, complaint: Complaint, version: int, reason: str, told_on: dt.date, by: User) -> Complaint:
    """Take more time, once, before the term has passed, with a notice and a reason. Raises ValidationError."""
    row, today = _handled(complaint, version, by, {}, STATE.HANDLING), timezone.localdate()
    _not_to_come("told_on", told_on)
    until = rules.complaint_extended_to(row.received_on, row.due_on, row.about, settings_of_school().complaint_extension_days)
    if not rules.may_extend(today, row.due_on, extended=row.extended_to is not None) or until <= row.due_on:
        raise ValidationError(_("A term is extended once, before it has passed, and the person is told why."))
    row.extended_to = row.last_day = until
    row.extension_reason, row.extension_told_on, row.reminders = reason, told_on, 0
    return _save(row)


@transaction.atomic
def decide_complaint(
    *, complaint: Complaint, version: int, decision: str, reasons: str, by: User, measures: str = ""
) -> Complaint:
    """Decide and make the letter; again until the letter is sent. Only the handler. Raises ValidationError."""
    changes = {
        "decision": decision,
        "reasons": reasons or None,
        "measures": measures or None,
        "decided_on": timezone.localdate(),
        "state": STATE.DECIDED,
    }
    row = _handled(complaint, version, by, changes, STATE.HANDLING, STATE.DECIDED)
    if row.letter_sent_on:
        raise ValidationError(_("The decision stands: its letter is sent."))
    row.full_clean(exclude=UNCHECKED)
    row.letter = letters.complaint_letter(row, by, settings_of_school().disputes_committee)
    row.save()
    return row


@transaction.atomic
def send_complaint_letter(*, complaint: Complaint, version: int, sent_on: dt.date, how: str, by: User) -> Complaint:
    """Record that the letter went out: the answer is given. Raises ValidationError."""
    row = _handled(complaint, version, by, {"letter_sent_on": sent_on, "letter_sent_how": how}, STATE.DECIDED)
    if sent_on > timezone.localdate() or (row.decided_on and sent_on < row.decided_on):
        raise ValidationError({"sent_on": _("The letter goes after the decision, and not in the future.")})
    return _save(row)


@transaction.atomic
def close_complaint(*, complaint: Complaint, version: int, by: User) -> Complaint:
    """Close. Raises ValidationError while the letter is not sent."""
    row = _row(complaint, version, by, {}, STATE.DECIDED)
    if row.letter_sent_on is None:
        raise ValidationError(_("The letter has not been sent."))
    row.state, row.closed_on = STATE.CLOSED, timezone.localdate()
    return _save(row)


# --- by e-mail: that there is one, that its term ends. Never whose, never what.


def _readers(row: Complaint) -> list[User]:
    """The handler; until there is one the privacy officers, or management when every privacy officer is a party."""
    active = User.objects.filter(is_active=True, email__isnull=False).exclude(audit_id__in=row.parties).order_by("pk")
    if row.handler_audit_id:
        return list(active.filter(audit_id=row.handler_audit_id))
    for role in (Role.PRIVACY_OFFICER, Role.MANAGEMENT):
        if found := [user for user in active.filter(pk__in=User.objects.with_role_today(role)) if _reaches(user, row)]:
            return found
    return []


def tell_readers(complaint: str, what: str) -> None:
    """Mail each; one whose mail is refused does not keep it from the others. Raises OSError afterwards."""
    row = Complaint.objects.select_related("request").filter(pk=complaint).first()
    refused: OSError | None = None
    for user in _readers(row) if row else []:
        try:
            send_mail("complaint", user, complaint=row, what=what, path=reverse("privacy:complaint", args=[complaint]))
        except OSError as problem:
            refused = problem
    if refused is not None:
        raise refused


@transaction.atomic
def remind_of_complaints() -> int:
    """Start a mail for each complaint of which another reminder has fallen due; how many."""
    today, started = timezone.localdate(), 0
    for row in Complaint.objects.unanswered().select_for_update(skip_locked=True, of=("self",)):
        wanted = rules.reminders_due(today, row.last_day)
        if wanted > row.reminders:
            row.reminders = wanted
            row.save(update_fields=["reminders"])
            start_job("privacy.tell_complaint", {"complaint": row.pk, "what": "reminder"}, by=None)
            started += 1
    return started

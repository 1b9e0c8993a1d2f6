"""What happens to a request: taken in, recognised, identified, extended, decided, answered, carried out, closed."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from kvs.editing import changed
from kvs.holidays import working_days_after
from kvs.jobs import start_job
from kvs.models import User
from privacy import letters, rules
from privacy.actions.restrictions import settle_objections, withdraw_objections
from privacy.execution import execution_of
from privacy.models import Objection, PaperDossier, PrivacyRequest, Representation, RequestSetting, RequestTask
from privacy.models.terms import settings_of_school
from reporting.models import Disclosure

STATE = PrivacyRequest.State
# A part is granted: then somebody says per purpose, on the page of the student, which.
SETTLES = {"granted": Objection.Outcome.UPHELD, "refused": Objection.Outcome.REFUSED}
UNCHECKED = ["representation"]  # fetched by us, and a query each in full_clean


# --- in


@transaction.atomic
def take_in(
    *, kind: str, channel: str, received_on: dt.date, person_kind: str, name: str, by: User, own: bool = False, **facts: Any
) -> PrivacyRequest:
    """Record a request that came in; the privacy contacts are told by e-mail.

    `own`: `by` asks it, else `by` is the colleague who took it in. `facts`: subject_audit_id, contact, words, matter,
    representation, identity. Raises ValidationError when the same runs already, or for a day that has not come.
    """
    if received_on > timezone.localdate():
        raise ValidationError({"received_on": _("This date lies in the future.")})
    due = rules.due_on(received_on, settings_of_school().answer_days)
    request = PrivacyRequest(
        kind=kind,
        channel=channel,
        received_on=received_on,
        person_kind=person_kind,
        name=name,
        due_on=due,
        last_day=due,
        taken_in_by_audit_id=None if own else by.audit_id,
        **facts,
    )
    _place(request, by)
    request.full_clean(exclude=UNCHECKED)
    request.save(force_insert=True)
    start_job("privacy.tell_contacts", {"request": request.pk, "what": "received"}, by=by)
    return request


def _place(request: PrivacyRequest, by: User) -> None:
    """An identity that suffices opens the request; the day and who established it go along."""
    if request.identity:
        request.identity_on = request.identity_on or timezone.localdate()
        request.identity_by_audit_id = by.audit_id
    if request.state == STATE.NEW and _identified(request):
        request.state = STATE.HANDLING


def _identified(request: PrivacyRequest) -> bool:
    return request.identity == rules.NOT_ESTABLISHED or rules.identity_suffices(request.kind, request.identity)


@transaction.atomic
def withdraw_request(*, request: PrivacyRequest, by: User) -> None:
    """The person takes an open request back, and with it the objections it was about. Doing it twice changes nothing."""
    for row in PrivacyRequest.objects.select_for_update().filter(pk=request.pk).open():
        row.state, row.closed_on, row.version = STATE.WITHDRAWN, timezone.localdate(), row.version + 1
        row.save()
        withdraw_objections(request=row, by=by)


def request_to_join(audit_id: uuid.UUID, kind: str, *, own: bool) -> PrivacyRequest | None:
    """The request of this kind that a new word of this person belongs to; None when it needs one, and a letter, of its own.

    One without an answer, of which a decision that was not sent is taken back: the letter is about the new word too. At the desk
    also one that was granted and of which the word is how it is carried out.
    """
    rows = PrivacyRequest.objects.select_for_update(of=("self",)).open().filter(subject_audit_id=audit_id, kind=kind)
    waiting = rows.unanswered().first()
    if waiting is not None:
        return decide_again(waiting)
    unused = {"executed_on__isnull": True, "objections__isnull": True, "tasks__isnull": True}
    return None if own else rows.filter(decision__in=["granted", "partly"], **unused).first()


def decide_again(row: PrivacyRequest) -> PrivacyRequest:
    """Take back a decision whose letter was not sent: what it has to answer changed. Nothing for one that has none."""
    if row.state != STATE.DECIDED or row.letter_sent_on is not None:
        return row
    row.decision, row.grounds, row.law, row.explanation, row.letter = "", [], "", None, None
    row.decided_on = row.decided_by_audit_id = row.execute_by = row.executed_on = None
    row.state, row.version = STATE.HANDLING, row.version + 1
    row.tasks.open().exclude(request__kind=rules.CONSENT).delete()
    return _save(row)


# --- handling


def _row(request: PrivacyRequest, version: int, by: User, changes: Mapping[str, object], *states: str) -> PrivacyRequest:
    """The row with `changes`, locked, in one of `states`; who acts first on a request handles it.

    Raises ValidationError: out of date, in another state, or about the actor's own data.
    """
    row = changed(PrivacyRequest.objects.all(), request.pk, version, changes)
    if row.state not in states:
        raise ValidationError(_("This can no longer be done: the request is %(state)s.") % {"state": row.get_state_display()})
    if PrivacyRequest.objects.of_person(by).filter(pk=row.pk).exists():
        raise ValidationError(_("Nobody handles the own request. Ask another privacy officer."))
    row.handler_audit_id = row.handler_audit_id or by.audit_id
    return row


def _save(row: PrivacyRequest) -> PrivacyRequest:
    row.full_clean(exclude=UNCHECKED)
    row.save()
    return row


@transaction.atomic
def recognise_person(*, request: PrivacyRequest, version: int, person_kind: str, audit_id: uuid.UUID, by: User) -> PrivacyRequest:
    """Say whose data a request is about, for one that came in without. Raises ValidationError."""
    changes = {"person_kind": person_kind, "subject_audit_id": audit_id}
    return _save(_row(request, version, by, changes, STATE.NEW, STATE.HANDLING))


@transaction.atomic
def establish_identity(*, request: PrivacyRequest, version: int, method: str, by: User, doubt: str = "") -> PrivacyRequest:
    """Record how it is known who asks; never a copy. Raises ValidationError when the kind of request needs more."""
    changes = {"identity": method, "doubt": doubt or None, "identity_on": timezone.localdate()}
    row = _row(request, version, by, changes, STATE.NEW, STATE.HANDLING)
    if not _identified(row):
        raise ValidationError({"method": _("For this request a number and a PIN are not enough: see the person, or call back.")})
    _place(row, by)
    return _save(row)


@transaction.atomic
def extend_term(*, request: PrivacyRequest, version: int, reason: str, told_on: dt.date, by: User) -> PrivacyRequest:
    """Take more time, once, before the term has passed, with a notice and a reason (AVG 12(3); policy B 9.5).

    Raises ValidationError when it is too late or was done before.
    """
    row = _row(request, version, by, {}, STATE.NEW, STATE.HANDLING)
    today = timezone.localdate()
    if not rules.may_extend(today, row.due_on, extended=row.extended_to is not None):
        raise ValidationError(_("A term is extended once, before it has passed, and the person is told why."))
    if told_on > today:
        raise ValidationError({"told_on": _("This date lies in the future.")})
    until = rules.extended_to(row.received_on, row.due_on, settings_of_school().extension_days)
    row.extended_to = row.last_day = until
    row.extension_reason, row.extension_told_on, row.reminders = reason, told_on, 0
    return _save(row)


# --- deciding


@transaction.atomic
def decide_request(
    *,
    request: PrivacyRequest,
    version: int,
    decision: str,
    by: User,
    grounds: Iterable[str] = (),
    law: str = "",
    explanation: str = "",
) -> PrivacyRequest:
    """Decide, make the tasks that follow and the letter. May be done again until the letter is sent.

    Raises ValidationError: without a ground of the law for what is refused, or when somebody asked who may not.
    """
    granted = decision == PrivacyRequest.Decision.GRANTED
    today = timezone.localdate()
    changes = {
        "decision": decision,
        "grounds": [] if granted else list(grounds),
        "law": "" if granted else law,
        "explanation": explanation or None,
        "decided_on": today,
        "decided_by_audit_id": by.audit_id,
        "state": STATE.DECIDED,
    }
    row = _row(request, version, by, changes, STATE.DECIDED)  # the state it is in now is looked at below
    _refuse_hasty(PrivacyRequest.objects.get(pk=row.pk))
    positive = decision != PrivacyRequest.Decision.REFUSED
    row.execute_by = working_days_after(today, settings_of_school().execute_days) if positive else None
    row.full_clean(exclude=UNCHECKED)
    row.save()
    _make_tasks(row)
    row.letter = letters.decision_letter(row, by)
    row.save(update_fields=["letter"])
    return row


def _refuse_hasty(stored: PrivacyRequest) -> None:
    """Raise ValidationError when the stored request cannot be decided (again)."""
    if stored.state not in (STATE.HANDLING, STATE.DECIDED):
        raise ValidationError(_("First establish who asks; then decide."))
    if stored.letter_sent_on or stored.executed_on or stored.execution:
        raise ValidationError(_("The decision stands: its letter is sent or it is being carried out."))


def _make_tasks(row: PrivacyRequest) -> None:
    """The tasks that hang on the decision; those that ended under an earlier decision stay.

    Those of a withdrawn consent were made when it was withdrawn, which no decision changes (AVG 7(3)).
    """
    if row.kind == rules.CONSENT:
        return
    row.tasks.open().delete()
    known = set(row.tasks.values_list("kind", "what"))
    wanted = _tasks(row) if row.is_granted else []
    for task in wanted:
        if (task.kind, task.what) not in known:
            task.save(force_insert=True)


def _tasks(row: PrivacyRequest) -> list[RequestTask]:
    follows = rules.FOLLOWING.get(row.kind, rules.NOTHING_FOLLOWS)
    kind, person, found = RequestTask.Kind, row.subject_audit_id, []
    if follows.recipients and person:
        found += [RequestTask(request=row, kind=kind.RECIPIENT, what=name, last_on=on) for name, on in recipients_of(person)]
    if follows.paper and person:
        papers = PaperDossier.objects.present().filter(subject_audit_id=person)
        found += [RequestTask(request=row, kind=kind.PAPER, what=f"{p.place}, {p.cabinet}", paper=p.pk) for p in papers]
    if follows.elsewhere:
        found += [RequestTask(request=row, kind=kind.SYSTEM, what=name) for name in settings_of_school().systems]
    return found


def recipients_of(audit_id: uuid.UUID) -> list[tuple[str, dt.date]]:
    """Everybody who ever got data of this person, from the register of disclosures, with the last day (AVG 19)."""
    named: dict[str, dt.date] = {}
    with translation.override(letters.LANGUAGE):
        for disclosure in Disclosure.objects.standing().filter(people__audit_id=audit_id).select_related("client").order_by("at"):
            named[str(disclosure.receiver)[:200]] = timezone.localdate(disclosure.at)
    return sorted(named.items())


# --- answering, carrying out, closing


@transaction.atomic
def send_letter(*, request: PrivacyRequest, version: int, sent_on: dt.date, how: str, by: User) -> PrivacyRequest:
    """Record that the letter of the decision went out: the answer is given. Raises ValidationError.

    Only now a refused objection lets its purpose go on: nobody finds out by a report that it was refused (AVG 21(1), 12(4)).
    """
    row = _row(request, version, by, {"letter_sent_on": sent_on, "letter_sent_how": how}, STATE.DECIDED)
    if sent_on > timezone.localdate() or (row.decided_on and sent_on < row.decided_on):
        raise ValidationError({"sent_on": _("The letter goes after the decision, and not in the future.")})
    if row.decision in SETTLES:
        settle_objections(request=row, outcome=SETTLES[row.decision], by=by)
    return _save(row)


@transaction.atomic
def start_execution(*, request: PrivacyRequest, version: int, by: User) -> PrivacyRequest:
    """Begin to carry out what was granted, where the system does it. Raises ValidationError."""
    row = _row(request, version, by, {}, STATE.DECIDED)
    way = execution_of(row)
    if not row.is_granted or row.execution or way is None or way.begin is None:
        raise ValidationError(_("There is nothing to begin here."))
    row.execution = way.begin(row, by)
    return _save(row)


@transaction.atomic
def confirm_executed(*, request: PrivacyRequest, version: int, done_on: dt.date, by: User) -> PrivacyRequest:
    """Record that what was granted is done. Raises ValidationError while the system has not done its part."""
    row = _row(request, version, by, {"executed_on": done_on}, STATE.DECIDED)
    if not row.is_granted:
        raise ValidationError(_("Nothing was granted: there is nothing to carry out."))
    way = execution_of(row)
    if way is not None and way.done_on(row) is None:
        raise ValidationError(_("This is not carried out yet."))
    if done_on > timezone.localdate() or (row.decided_on and done_on < row.decided_on):
        raise ValidationError({"done_on": _("This is done after the decision, and not in the future.")})
    if row.decision in SETTLES:  # stopped after the letter, at the desk: that is how it is carried out
        settle_objections(request=row, outcome=SETTLES[row.decision], by=by)
    return _save(row)


@transaction.atomic
def confirm_task(*, task: RequestTask, outcome: str, how: str, note: str, done_on: dt.date, by: User) -> RequestTask:
    """Record how a task ended; a paper file that was destroyed is so in its own register too. Raises ValidationError."""
    row = RequestTask.objects.select_for_update().open().filter(pk=task.pk).first()
    if row is None:
        raise ValidationError(_("A colleague confirmed this already."))
    if done_on > timezone.localdate():
        raise ValidationError({"done_on": _("This date lies in the future.")})
    done = outcome == RequestTask.Outcome.DONE
    row.outcome, row.how, row.note = outcome, how if done else "", note or None
    row.done_on, row.done_by_audit_id = done_on, by.audit_id
    row.full_clean(exclude=["request"])
    row.save()
    paper = PaperDossier.objects.present().filter(pk=row.paper).first() if row.paper and done else None
    if paper is not None:
        destroy_paper(paper=paper, on=done_on, by=by)
    return row


@transaction.atomic
def close_request(*, request: PrivacyRequest, version: int, by: User) -> PrivacyRequest:
    """Close. Raises ValidationError while a letter, a task or what was granted is still to be done."""
    row = _row(request, version, by, {}, STATE.DECIDED)
    if missing := what_is_missing(row):
        raise ValidationError(missing)
    row.state, row.closed_on = STATE.CLOSED, timezone.localdate()
    return _save(row)


def what_is_missing(row: PrivacyRequest) -> list[str]:
    """What keeps a decided request from being closed, a sentence each."""
    tasks = row.tasks.open().count()
    undecided = Objection.objects.open().filter(request=row).exists()
    problems = (
        (undecided, _("An objection on the privacy page of the student is not decided yet.")),
        (row.letter_sent_on is None, _("The letter has not been sent.")),
        (row.is_granted and row.executed_on is None, _("What was granted is not carried out yet.")),
        (tasks > 0, _("There are tasks left: somebody has to confirm them.")),
    )
    return [sentence for wrong, sentence in problems if wrong]


# --- terms, representatives, paper


@transaction.atomic
def change_terms(*, version: int, by: User, changes: Mapping[str, object]) -> RequestSetting:
    """Set the school's own terms; requests that run keep theirs. Raises ValidationError, also "stale"."""
    RequestSetting.objects.get_or_create(pk=1)
    row = changed(RequestSetting.objects.all(), 1, version, changes)
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def add_representation(*, subject_audit_id: uuid.UUID, subject_name: str, by: User, **facts: Any) -> Representation:
    """Record who acts for a student, and which document was seen. Raises ValidationError."""
    row = Representation(subject_audit_id=subject_audit_id, subject_name=subject_name, seen_by_audit_id=by.audit_id, **facts)
    row.full_clean()
    row.save(force_insert=True)
    return row


@transaction.atomic
def end_representation(
    *, representation: Representation, version: int, ends_on: dt.date, end_reason: str, by: User
) -> Representation:
    """Record the last day on which somebody acts for a student, and why it ended.

    What was asked up to and including that day stays asked: who may act is computed for the day of each act. Raises
    ValidationError: ended meanwhile, out of date, or a day before the first day or later than the one already known.
    """
    row = Representation.objects.running().select_for_update().filter(pk=representation.pk).first()
    if row is None:
        raise ValidationError(_("A colleague ended this representation meanwhile."))
    if ends_on < row.starts_on:
        raise ValidationError({"ends_on": _("The last day cannot be before the first day.")})
    if row.ends_on is not None and ends_on > row.ends_on:
        text = _("This representation ends on %(day)s already. Choose that day or an earlier one.")
        raise ValidationError({"ends_on": text % {"day": date_format(row.ends_on)}})
    changes = {"ends_on": ends_on, "end_reason": end_reason, "ended_by_audit_id": by.audit_id}
    row = changed(Representation.objects.running(), row.pk, version, changes)
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def add_paper(*, subject_audit_id: uuid.UUID, name: str, by: User, **facts: Any) -> PaperDossier:
    """Record that there is a paper file. Raises ValidationError."""
    row = PaperDossier(subject_audit_id=subject_audit_id, name=name, **facts)
    row.full_clean()
    row.save(force_insert=True)
    return row


@transaction.atomic
def destroy_paper(*, paper: PaperDossier, on: dt.date, by: User) -> PaperDossier:
    """Record that a paper file was destroyed. Raises ValidationError when that was said before, or for a wrong day."""
    row = PaperDossier.objects.select_for_update().present().filter(pk=paper.pk).first()
    if row is None:
        raise ValidationError(_("A colleague confirmed this already."))
    if on > timezone.localdate() or on < row.since:
        raise ValidationError({"on": _("Choose a day after the file was put there, and not in the future.")})
    row.destroyed_on, row.destroyed_by_audit_id = on, by.audit_id
    row.save()
    return row

"""What prepares, approves and carries out an erasure, and what holds one back (privacy_engineering.md 5.5)."""

import datetime as dt
import secrets
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kvs import catalogue, ledger
from kvs.database import erasing, forget_statistics
from kvs.editing import changed
from kvs.jobs import start_job
from kvs.models import User
from kvs.terms import Container
from privacy import plan as plans
from privacy import traces
from privacy.actions.exemption import copy_out
from privacy.models import Erasure, Hold
from privacy.plan import Plan, plan_for
from privacy.subject import Subject, find_person, subject_of
from reporting.counts import freeze
from reporting.models import Disclosure
from students import rules
from students.models import Programme, Student

REMEMBERED = dt.timedelta(days=3 * 366)  # how long an import is warned that somebody was erased
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is read as another
ERASING = gettext_noop("Erasing the data")
SEARCHING = gettext_noop("Looking for the name elsewhere")
STATE = Erasure.State
UNUSABLE = "!"  # no password hashes to this

Progress = Callable[[int, int | None, str], None]


class Refused(Exception):
    """The erasure cannot go on as it was approved; the code says why (Erasure.problem)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# --- holds


def held_containers(subject: Subject) -> dict[str, str]:
    """Container -> why nothing in it may go now: the ground of a hold, or "restriction" (AVG art. 18)."""
    held: dict[str, str] = {}
    for hold in Hold.objects.standing().filter(subject_audit_id__in=subject.audit_ids):
        held |= dict.fromkeys(hold.containers, hold.ground)
    if isinstance(subject.person, Student) and subject.person.restricted:  # exams hang on the programme, that on the file
        held[Container.CORE] = "restriction"
    return held


@transaction.atomic
def set_hold(*, person: Model, ground: str, review_on: dt.date, by: User) -> Hold:
    """Keep the file of a person from being erased until somebody lifts this. Raises ValidationError for a day too far away.

    An erasure that waited for a second person waits for this from now on.
    """
    subject = subject_of(person)
    container = next(iter(catalogue.load().find(person).containers))
    hold = Hold(
        subject_audit_id=subject.audit_ids[0],
        containers=[container],
        ground=ground,
        review_on=review_on,
        set_by_audit_id=by.audit_id,
    )
    hold.full_clean(exclude=["released_at", "released_by_audit_id"])
    hold.save(force_insert=True)
    for erasure in _open_of(subject).filter(state=STATE.PREPARED):
        _write_plan(erasure, subject)
        erasure.save()
    return hold


@transaction.atomic
def release_hold(*, hold: Hold, version: int, by: User) -> Hold:
    """Lift a hold; an erasure that waited for it is planned anew the same moment. Raises ValidationError when out of date."""
    changes = {"released_at": timezone.now(), "released_by_audit_id": by.audit_id}
    row = changed(Hold.objects.standing(), hold.pk, version, changes)
    row.save()
    if person := find_person(row.subject_audit_id):
        plan_what_was_held(subject_of(person))
    return row


def plan_what_was_held(subject: Subject) -> None:
    """An erasure that waited for a hold or a restriction is planned anew, now that something was lifted."""
    for erasure in _open_of(subject).filter(state=STATE.HELD):
        _write_plan(erasure, subject)
        erasure.save()


def _open_of(subject: Subject) -> Any:
    return Erasure.objects.select_for_update().open().filter(subject_audit_id__in=subject.audit_ids)


# --- from plan to approval


@transaction.atomic
def prepare_erasure(*, person: Model, reason: str, by: User, handled_by: uuid.UUID | None = None) -> Erasure:
    """Plan the erasure of a Student, User or CaseManager, for a second person to approve.

    `handled_by`: audit_id of who handles the request it follows from. Raises ValidationError when one is open already.
    """
    subject = subject_of(person)
    if by in subject.rows:
        raise ValidationError(_("Nobody prepares the erasure of the own data."))
    erasure = Erasure(
        reference=_reference(),
        subject_audit_id=subject.audit_ids[0],
        reason=reason,
        prepared_by_audit_id=by.audit_id,
        handled_by_audit_id=handled_by,
    )
    _write_plan(erasure, subject)
    erasure.validate_constraints()
    erasure.save(force_insert=True)
    return erasure


@transaction.atomic
def prepare_retention(*, person: Model, today: dt.date) -> Erasure | None:
    """The erasure of somebody whose time is over, approved by the rule itself. None while something is held or open."""
    subject = subject_of(person)
    plan = plan_for(subject, today=today, holds=held_containers(subject))
    if plan.held or _open_of(subject).exists():
        return None
    return Erasure.objects.create(
        reference=_reference(),
        subject_audit_id=subject.audit_ids[0],
        reason=Erasure.Reason.RETENTION,
        state=STATE.APPROVED,
        approved_at=timezone.now(),
        plan=plan.as_json(),
        plan_hash=plan.hash,
        catalogue=catalogue.fingerprint(),
    )


@transaction.atomic
def renew_plan(*, erasure: Erasure, by: User) -> Erasure:
    """Plan anew what changed meanwhile; whoever does that is who prepared it. Raises ValidationError when it is too late."""
    row, subject = _locked(erasure, STATE.PREPARED, STATE.HELD, STATE.FAILED)
    row.prepared_by_audit_id, row.prepared_at, row.problem = by.audit_id, timezone.now(), ""
    row.approved_at = row.approved_by_audit_id = row.job = None
    _write_plan(row, subject)
    row.save()
    return row


@transaction.atomic
def approve_erasure(*, erasure: Erasure, by: User, looked: bool = False) -> Erasure:
    """Approve what was prepared and let a worker do it. `looked`: the places that name the person were looked at.

    Raises ValidationError: for who prepared it or handles the request, when the data changed meanwhile (code "changed"),
    while something is held, and while nobody looked.
    """
    row, subject = _locked(erasure, STATE.PREPARED)
    if by.audit_id in (row.prepared_by_audit_id, row.handled_by_audit_id, *subject.audit_ids):
        raise ValidationError(
            _("Somebody else has to approve this: not who prepared it, nor who handles the request."), code="same_person"
        )
    plan = _plan(subject)
    if plan.hash != row.plan_hash:
        raise ValidationError(
            _("Data of this person changed since this was prepared. Look at the new plan and have it prepared again."),
            code="changed",
        )
    if row.traces and not looked:
        raise ValidationError(_("First look at the places that name this person, and say that you did."), code="traces")
    row.state, row.approved_by_audit_id, row.approved_at, row.problem = STATE.APPROVED, by.audit_id, timezone.now(), ""
    row.job = start_job("privacy.erase", {"erasure": row.pk}, by=by).pk
    row.save()
    return row


@transaction.atomic
def cancel_erasure(*, erasure: Erasure, by: User) -> Erasure:
    """Stop an erasure that nobody approved yet. Raises ValidationError when it is too late."""
    row, _subject = _locked(erasure, STATE.PREPARED, STATE.HELD, STATE.FAILED)
    row.state = STATE.CANCELLED
    row.approved_at = row.approved_by_audit_id = None
    row.save()
    return row


def _locked(erasure: Erasure, *states: str) -> tuple[Erasure, Subject]:
    row = Erasure.objects.select_for_update().get(pk=erasure.pk)
    person = find_person(row.subject_audit_id)
    if row.state not in states or person is None:
        raise ValidationError(_("This erasure is %(state)s.") % {"state": row.get_state_display()}, code="stale")
    return row, subject_of(person)


def _plan(subject: Subject) -> Plan:
    return plan_for(subject, today=timezone.localdate(), holds=held_containers(subject))


def _write_plan(erasure: Erasure, subject: Subject) -> None:
    """Put the present plan in the row; it waits while something is held."""
    plan = _plan(subject)
    erasure.plan, erasure.plan_hash, erasure.catalogue = plan.as_json(), plan.hash, catalogue.fingerprint()
    erasure.traces = traces.as_json(traces.find_traces(subject, plan.goes))
    erasure.told = recipients_of(subject)
    erasure.state = STATE.HELD if plan.held else STATE.PREPARED


def _reference() -> str:
    return "W-" + "".join(secrets.choice(LETTERS) for _letter in range(8))


def recipients_of(subject: Subject) -> list[dict[str, str]]:
    """Who outside the school got data of this person, latest first: whom the school tells of an erasure (AVG art. 19)."""
    mine = Disclosure.objects.standing().filter(people__audit_id__in=subject.audit_ids).select_related("client").distinct()
    return [
        {"recipient": row.recipient, "client": row.client.name if row.client else row.name, "on": row.at.date().isoformat()}
        for row in mine.order_by("-at")
    ]


# --- carrying it out


def run_erasure(*, erasure: Erasure, progress: Progress, today: dt.date | None = None) -> Erasure:
    """Erase as approved, in one transaction; does nothing when that is done already. Anything unforeseen rolls it all back.

    What stands in the way (data that changed, a hold, the name in a new place) brings it back to be prepared again.
    """
    waiting = Erasure.objects.filter(pk=erasure.pk, state__in=[STATE.APPROVED, STATE.RUNNING])
    if not waiting.update(state=STATE.RUNNING):
        return Erasure.objects.get(pk=erasure.pk)
    try:
        with transaction.atomic():
            return _run(erasure.pk, progress, today or timezone.localdate())
    except Refused as refused:
        waiting.update(state=STATE.PREPARED, problem=refused.code, approved_at=None, approved_by_audit_id=None)
    except ledger.LedgerProblem:
        waiting.update(state=STATE.FAILED, problem="ledger")
        raise
    except Exception:
        waiting.update(state=STATE.FAILED, problem="error")
        raise
    return Erasure.objects.get(pk=erasure.pk)


def _run(pk: uuid.UUID, progress: Progress, today: dt.date) -> Erasure:
    erasure = Erasure.objects.select_for_update().get(pk=pk)
    person = find_person(erasure.subject_audit_id)
    if person is None:
        raise ValueError("Nobody to erase.")
    type(person)._default_manager.select_for_update().get(pk=person.pk)
    subject = subject_of(person)
    plan = plan_for(subject, today=today, holds=held_containers(subject))
    if plan.held:
        raise Refused("held")
    if erasure.reason != Erasure.Reason.RETENTION and plan.hash != erasure.plan_hash:
        raise Refused("changed")
    progress(1, 3, SEARCHING)
    found = traces.as_json(traces.find_traces(subject, plan.goes))
    if any(trace not in erasure.traces for trace in found):
        raise Refused("traces")
    progress(2, 3, ERASING)
    told = recipients_of(subject)
    carry_out(plan, today)
    if erasure.reason != Erasure.Reason.RETENTION:  # that does it once for everybody
        forget_statistics(plan.goes)
    entry = ledger.record_erasure(audit_id=subject.audit_ids[0], scope="all", plan_hash=plan.hash)
    return _close(erasure.pk, plan, told, entry.seq, today)


def _close(pk: uuid.UUID, plan: Plan, told: list[dict[str, str]], seq: int, today: dt.date) -> Erasure:
    erasure = Erasure.objects.get(pk=pk)  # its pseudonym is a new one by now
    erasure.state, erasure.done_at, erasure.problem = STATE.DONE, timezone.now(), ""
    erasure.plan, erasure.plan_hash, erasure.told, erasure.ledger_seq = plan.as_json(), plan.hash, told, seq
    erasure.backups_gone_on = today + dt.timedelta(days=plans.backup_days())
    erasure.save()
    return erasure


def carry_out(plan: Plan, today: dt.date) -> None:
    """Do what the plan says, and look whether nothing is left to do. Inside a transaction; records nothing itself.

    Raises RuntimeError when planning again still finds something (fixpoint).
    """
    values = _remembered(plan.subject)
    with erasing():
        copy_out(plan, today)
        freeze(Programme.objects.filter(pk__in=plan.goes.get(Programme, ())), today)
        for model, keys in plan.goes.items():
            for some in plans.chunks(keys):
                model._base_manager.filter(pk__in=some)._raw_delete("default")  # no signals: nothing writes history anew
        for model, name, keys in plan.cuts:
            for some in plans.chunks(keys):
                model._base_manager.filter(pk__in=some).update(**{name: None})
        _rename(plan)
        _empty_shells(plan)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    left = [line for line in plan_for(plan.subject, today=today).does if line.action != plans.EMPTY]  # an empty row stays empty
    if left:
        raise RuntimeError(f"Left after erasing: {', '.join(sorted({line.model for line in left}))}")
    for purpose, value in values:
        ledger.remember_erased(purpose, value, until=today + REMEMBERED)


def _rename(plan: Plan) -> None:
    """Rows that stay in a container of their own get another pseudonym: the log knows the old one."""
    new = uuid.uuid4()
    for model, name in dict.fromkeys(plan.renamed):
        model._base_manager.filter(**{f"{name}__in": plan.subject.audit_ids}).update(**{name: new})


def _empty_shells(plan: Plan) -> None:
    """The account of a colleague who signed registers stays as a number without a name: it is part of their seals."""
    for user in User.objects.filter(pk__in=plan.shells):
        number = "WEG-" + "".join(secrets.choice(LETTERS) for _letter in range(12))
        User.objects.filter(pk=user.pk).update(
            email=None,
            student_number=number,
            call_name="",
            infix="",
            surname="",
            language="nl",
            is_active=False,
            password=UNUSABLE,
            pin=None,
            last_login=None,
            contract_kind="",
            contract_ends_on=None,
            stated_until=None,
            audit_id=uuid.uuid4(),
        )


def _remembered(subject: Subject) -> Iterable[tuple[str, str]]:
    """What an old list may still say of the person: number, BSN, and name with date of birth (kvs.ledger.was_erased)."""
    person = subject.person
    if not isinstance(person, Student):
        return []
    found = [("number", person.number)]
    numbers = Programme.objects.filter(student=person, bsn__isnull=False).values_list("bsn", flat=True)
    found += [("bsn", bsn) for bsn in numbers if bsn]
    born = (person.birth_year, person.birth_month, person.birth_day)
    for first in {person.call_name, person.given_names} - {""} or {""}:
        if person.birth_year:
            found.append(("identity", rules.identity_text(first, person.surname, *born)))
    return found


@ledger.replayed_by
def erase_again(audit_id: uuid.UUID, scope: str) -> None:
    """After a backup was put back: erase whom the ledger knows as erased. Holds of the old backup hold nothing any more."""
    person = find_person(audit_id)
    if person is not None:
        today = timezone.localdate()
        plan = plan_for(subject_of(person), today=today)
        carry_out(plan, today)
        forget_statistics(plan.goes)

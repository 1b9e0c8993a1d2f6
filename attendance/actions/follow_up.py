"""What changes the follow-up of absence: finding signals, taking steps, closing, and the settings of all that."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from attendance import letters
from attendance.models import (
    AbsenceLetter,
    AbsenceSignal,
    FollowUp,
    FollowUpStep,
    LadderStep,
    SignalLesson,
    SignalRule,
    ladder,
)
from attendance.models.follow_up import DELIVERED, LADDER, OUTCOMES, Outcome, Step
from attendance.signals_of_absence import Found, find
from kvs.editing import changed
from kvs.holidays import working_days_after
from kvs.jobs import start_job
from kvs.mail import send_mail
from kvs.models import User
from students.actions.restrictions import check_unrestricted
from students.models import Contract, Programme

LOOKING = gettext_noop("Looking at the registers")

# --- signals


def find_signals(
    *, today: dt.date, by: User | None = None, progress: Callable[[int, int | None, str], None] | None = None
) -> int:
    """Store what the rules find in signed registers; how many signals are new. Safe to repeat: a day that made a signal of a
    kind makes no other.
    """
    made = 0
    for number, programme in enumerate(sorted({found.programme for found in find(today)}), start=1):
        made += _store(programme, today, by)
        if progress:
            progress(number, None, LOOKING)
    return made


@transaction.atomic
def _store(programme: uuid.UUID, today: dt.date, by: User | None) -> int:
    """The programme is the lock: two runs at once store everything once, because the second looks again."""
    Programme.objects.select_for_update(of=("self",), no_key=True).get(pk=programme)
    found = list(find(today, programme))
    if not found:
        return 0
    follow_up = FollowUp.objects.open().filter(programme=programme).first()
    if follow_up is None:
        first = next_step(ladder(), "", has_client=has_client(programme, today))
        days = ladder()[first].working_days
        follow_up = FollowUp.objects.create(
            programme_id=programme, opened_on=today, next_step=first, due_on=working_days_after(today, days)
        )
    for one in found:
        _signal(follow_up, one, today)
    return len(found)


def _signal(follow_up: FollowUp, found: Found, today: dt.date) -> None:
    row = AbsenceSignal.objects.create(
        follow_up=follow_up,
        programme_id=found.programme,
        client_id=found.client,
        starts_on=found.signal.starts_on,
        ends_on=found.signal.ends_on,
        found_on=today,
        **found.rule._asdict(),
    )
    SignalLesson.objects.bulk_create(SignalLesson(signal=row, mark_id=lesson.key) for lesson in found.signal.lessons)


def has_client(programme: uuid.UUID, today: dt.date) -> bool:
    """Whether somebody else pays for this programme, so that there is a client to report to."""
    return Contract.objects.active_on(today).filter(programme=programme, client__isnull=False).exists()


def next_step(steps: Mapping[str, LadderStep], after: str, *, has_client: bool) -> str:
    """The step that follows `after` ("" for the first) on the ladder of the school; closing when there is none any more."""
    rest = LADDER[LADDER.index(Step(after)) + 1 :] if after else LADDER
    possible = [kind for kind in rest if steps[kind].active and (kind != Step.REPORT or has_client)]
    return possible[0] if possible else Step.CLOSE


# --- steps


@transaction.atomic
def take_step(*, follow_up: FollowUp, version: int, outcome: str, done_on: dt.date, by: User, skipped: str = "") -> FollowUpStep:
    """Record that the next step was taken or passed over, and set the one after it. Closing ends the follow-up.

    A letter is made and kept as it is given. Raises ValidationError, also "stale" and for restricted data.
    """
    row = _open(follow_up, version)
    if outcome not in OUTCOMES[row.next_step]:
        raise ValidationError({"outcome": _("This outcome does not belong to this step.")})
    step = _step(row, row.next_step, outcome, done_on, by, skipped)
    steps = ladder()
    if outcome == Outcome.NOT_REACHED:
        row.due_on = working_days_after(done_on, steps[row.next_step].working_days)
    elif row.next_step == Step.CLOSE:
        _end(row, done_on)
    else:
        row.next_step = next_step(steps, row.next_step, has_client=has_client(row.programme_id, done_on))
        row.due_on = working_days_after(done_on, steps[row.next_step].working_days)
    row.save()
    if outcome in DELIVERED:
        _write_letter(step, by)
    return step


@transaction.atomic
def record_report(*, follow_up: FollowUp, version: int, done_on: dt.date, page: str, by: User) -> FollowUpStep:
    """Record that the client was told, and keep the `page` it was told with. A client may want to know sooner than the ladder
    says: then the next step stays.

    Only reporting calls this, beside the disclosure it belongs to. Raises ValidationError, also "stale".
    """
    row = _open(follow_up, version)
    if row.next_step == Step.REPORT:
        step = take_step(follow_up=row, version=version, outcome=Outcome.REPORTED, done_on=done_on, by=by)
    else:
        step = _step(row, Step.REPORT, Outcome.REPORTED, done_on, by, "")
        row.save()
    AbsenceLetter.objects.create(step=step, page=page)
    return step


@transaction.atomic
def close_follow_up(*, follow_up: FollowUp, version: int, because: str, done_on: dt.date, by: User) -> FollowUpStep:
    """End a follow-up before the ladder does, with the reason. Raises ValidationError, also "stale"."""
    row = _open(follow_up, version)
    if because not in OUTCOMES[Step.CLOSE]:
        raise ValidationError({"because": _("Choose a reason from the list.")})
    step = _step(row, Step.CLOSE, because, done_on, by, "")
    _end(row, done_on)
    row.save()
    return step


def _open(follow_up: FollowUp, version: int) -> FollowUp:
    row = changed(FollowUp.objects.select_related("programme__student"), follow_up.pk, version, {})
    if row.closed_on:
        raise ValidationError(_("This follow-up is closed. There is nothing left to do."))
    check_unrestricted(row.programme.student, FollowUp, ["next_step"])
    return row


def _step(row: FollowUp, kind: str, outcome: str, done_on: dt.date, by: User, skipped: str) -> FollowUpStep:
    if done_on > timezone.localdate():
        raise ValidationError({"done_on": _("This day is still to come.")})
    if done_on < row.opened_on:
        raise ValidationError({"done_on": _("This is before the day of the signal.")})
    step = FollowUpStep(follow_up=row, kind=kind, outcome=outcome, skipped=skipped, done_on=done_on, by_audit_id=by.audit_id)
    if bool(skipped) != (outcome == Outcome.SKIPPED):
        raise ValidationError({"skipped": _("Say why this step is passed over, and only then.")})
    step.full_clean(exclude=["follow_up"])
    step.save(force_insert=True)
    return step


def _end(row: FollowUp, day: dt.date) -> None:
    row.next_step, row.due_on, row.closed_on = "", None, day


def _write_letter(step: FollowUpStep, by: User) -> None:
    letter = AbsenceLetter.objects.create(step=step, page=letters.absence_letter(step.follow_up, step.kind, step.done_on))
    start_job("attendance.tell_letter", {"letter": letter.pk}, by=by)


@transaction.atomic
def tell_letter(letter: str | uuid.UUID) -> bool:
    """Mail the student that there is a letter, once; whether a mail went. Nothing of the letter is in it. Raises OSError."""
    mine = AbsenceLetter.objects.select_for_update(of=("self",), skip_locked=True)
    row = mine.select_related("step__follow_up__programme__student").filter(pk=letter, mailed_at__isnull=True).first()
    student = row.step.follow_up.programme.student if row else None
    if row is None or student is None or not student.email:
        return False
    greeted = User(email=student.email, call_name=student.call_name or student.given_names)
    send_mail("absence_letter", greeted, student.email, path=reverse("attendance:own_letters"))
    row.mailed_at = timezone.now()
    row.save(update_fields=["mailed_at"])
    return True


# --- settings


@transaction.atomic
def add_rule(*, by: User, **fields: object) -> SignalRule:
    """A rule of the school, or of a client in the place of the school's. Raises ValidationError."""
    row = SignalRule(**fields)
    row.full_clean()
    row.save(force_insert=True)
    return row


@transaction.atomic
def change_rule(*, rule: SignalRule, version: int, by: User, changes: Mapping[str, object]) -> SignalRule:
    """Change a rule; signals it made stay as they were. Raises ValidationError, also "stale"."""
    row = changed(SignalRule.objects.all(), rule.pk, version, changes)
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def change_step(*, kind: str, version: int, by: User, changes: Mapping[str, object]) -> LadderStep:
    """Set how this school takes a step; who climbs already keeps the day that was set. Raises ValidationError, also "stale"."""
    LadderStep.objects.get_or_create(kind=kind)
    row = changed(LadderStep.objects.all(), kind, version, changes)
    row.full_clean(validate_unique=False)
    row.save()
    return row

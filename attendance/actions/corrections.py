"""What happens to a register past its teacher: corrections after signing, reasons for what does not fit together, and a
register a coordinator establishes. All of it only adds: the first claim stays, and the seal keeps fitting (actions/seal.py).
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from attendance import rules
from attendance.actions import Row, closed, row_problem
from attendance.actions.seal import correct_row, kept_row, seal_rows
from attendance.models import Claim, Correction, Lesson, Mark, Register
from kvs.models import Role, User
from students.actions.health import check_no_health
from students.actions.restrictions import check_unrestricted

Reason = Claim.Reason
# Why an outcome is put in place of another, by which way it goes (issue 4, section 2: a short list).
TO_THERE = (Reason.MISTAKE, Reason.SEEN, Reason.TIMES, Reason.LIST)
TO_AWAY = (Reason.MISTAKE, Reason.NOT_SEEN, Reason.WENT, Reason.OTHER_DEVICE, Reason.LIST, Reason.MESSAGE)
CORRECTING = tuple(dict.fromkeys((*TO_THERE, *TO_AWAY)))
# Why a student who confirmed is marked absent all the same.
KEEPING_AWAY = (Reason.NOT_SEEN, Reason.WENT, Reason.OTHER_DEVICE, Reason.LIST)
_MARKED = ["state", "minutes_missed", "minutes_attended"]


def office_party(user: User, lesson: Lesson) -> Claim.Party | None:
    """As whom `user` may correct this lesson after signing: coordinator before administration; None: not at all.

    Administration too: it gets the paper lists and what students bring in (domain/peers.md, 275: the office corrects
    without hiding the teacher's mark).
    """
    held = {each.role for each in user.active_memberships() if each.location_id in (None, lesson.location_id)}
    if Role.COORDINATOR in held:
        return Claim.Party.COORDINATOR
    return Claim.Party.OFFICE if Role.ADMINISTRATION in held else None


def decides(user: User, lesson: Lesson, register: Register | None) -> Claim.Party | None:
    """As whom `user` says what holds when student and teacher contradict each other: teacher before signing, office after."""
    if register and register.signed_at:
        return office_party(user, lesson)
    return Claim.Party.TEACHER if Lesson.objects.taught_by(user).filter(pk=lesson.pk).exists() else None


@transaction.atomic
def correct_mark(*, lesson: Lesson, row: Row, reason: str, remark: str = "", by: User) -> Correction:
    """Correct one student in a signed register. `row.version` is that of the mark the form showed, 0 without a mark.

    Raises PermissionDenied for who is no coordinator or administration at the location; ValidationError with a sentence when
    the register is not signed, the row changed meanwhile, says so already, or the values or the reason do not go together.
    """
    locked = _locked(lesson, by)
    party = _may(office_party(by, locked))
    _signed(locked)
    mark = _mark_of(locked, row.enrolment, row.version)
    if sentence := row_problem(row, locked):
        raise ValidationError({"minutes" if row.state in rules.WITH_MINUTES else "state": sentence})
    if reason not in (TO_THERE if row.state in rules.THERE else TO_AWAY):
        raise ValidationError({"reason": _("This reason does not go with what you chose. Choose another one.")})
    return _correct(locked, mark, _value(row), party, reason, remark, by)


@transaction.atomic
def came_after_all(*, lesson: Lesson, enrolment: uuid.UUID, by: User) -> Correction:
    """Somebody the signed register calls away comes in: late, by the clock. For the teacher, on the day, until the end.

    Raises PermissionDenied for who does not teach the lesson, ValidationError with a sentence for any other moment.
    """
    locked = Lesson.objects.taught_by(by).select_for_update(of=("self",), no_key=True).filter(pk=lesson.pk).first()
    if locked is None:
        raise PermissionDenied(str(Role.TEACHER.label))
    _signed(locked)
    now = timezone.now()
    if now > locked.ends_at:
        raise ValidationError(_("The lesson is over. The coordinator can still correct the register, with a reason."))
    mark = _mark_of(locked, enrolment, None)
    if mark.pk and mark.state in rules.THERE:
        raise ValidationError(_("This student is on the register as present already."))
    missed = rules.minutes_late(now, locked.starts_at, locked.planned_minutes)
    value = (rules.LATE, missed) if missed else (rules.PRESENT, 0)
    return _correct(locked, mark, value, Claim.Party.TEACHER, Reason.CAME, "", by)


def _correct(
    lesson: Lesson, mark: Mark, value: tuple[str, int], party: Claim.Party, reason: str, remark: str, by: User
) -> Correction:
    check_unrestricted(mark.enrolment.programme.student, Mark, _MARKED)
    now, known = timezone.now(), not mark._state.adding
    if known and value == (mark.state, mark.minutes_missed):
        raise ValidationError(_("The register says this already. Nothing was changed."))
    check_no_health({"remark": remark})
    remark = " ".join(remark.split())
    before = kept_row(mark, remark) if known else Correction(remark=remark)
    before.clean_fields(exclude=[each.name for each in Correction._meta.fields if each.name != "remark"])
    if party == Claim.Party.TEACHER:
        mark.teacher_at, mark.office_at = now, None
    else:
        mark.teacher_at, mark.office_at = _teacher_at(mark, value[0]), now
    _set(mark, value, lesson)
    mark.version += known
    correct_row(mark, _claim(mark, value, party, reason, by, now), before)
    return before


def _teacher_at(mark: Mark, state: str) -> dt.datetime | None:
    """When the teacher said what now stands there; None when she said otherwise: then it is not her word any more."""
    said, at = mark.state, mark.teacher_at
    claims = Claim.objects.filter(mark=mark, correction__isnull=False).select_related("correction").order_by("id")
    for number, claim in enumerate(claims):
        if number == 0:
            said, at = claim.correction.was_state, claim.correction.was_teacher_at
        if claim.party == Claim.Party.TEACHER:
            said, at = claim.state, claim.at
    return at if (said in rules.THERE) == (state in rules.THERE) else None


@transaction.atomic
def keep_away(*, lesson: Lesson, enrolment: uuid.UUID, reason: str, by: User) -> Claim:
    """Let a mark stand that says "not there" of a student who confirmed, with the reason. Both claims stay.

    Before signing for the teacher, after it for coordinator or administration. Raises PermissionDenied for others;
    ValidationError when these do not contradict each other (any more), or for another reason.
    """
    locked = _locked(lesson, by)
    register = Register.objects.select_related("signed_by").filter(lesson=locked).first()
    party = _may(decides(by, locked, register))
    if party == Claim.Party.TEACHER and (problem := closed(locked, register, timezone.now())):
        raise problem
    if reason not in KEEPING_AWAY:
        raise ValidationError({"reason": _("Choose one of the reasons in the list.")})
    mark = Mark.objects.filter(lesson=locked).mismatched().filter(enrolment=enrolment).first()
    if mark is None:
        raise ValidationError(_("What the student and the teacher say fits together now. Nothing is to be decided."))
    claim = _claim(mark, (mark.state, mark.minutes_missed), party, reason, by, timezone.now())
    claim.save(force_insert=True)
    return claim


@transaction.atomic
def establish_register(*, lesson: Lesson, rows: Iterable[Row], by: User) -> Register:
    """Establish a register whose teacher could not sign it. It counts as a signed one, and is nobody's signature as teacher:
    each row is the coordinator's word, and what a teacher had saved stays among the claims.

    Raises PermissionDenied for who is no coordinator at the location; ValidationError with a sentence before the end of the
    lesson, for a lesson of her own, a signed, cancelled or empty register, and per row (keyed by enrolment id).
    """
    locked = _locked(lesson, by)
    if office_party(by, locked) != Claim.Party.COORDINATOR:
        raise PermissionDenied(str(Role.COORDINATOR.label))
    register = Register.objects.select_related("signed_by").filter(lesson=locked).first()
    now = timezone.now()
    if problem := establish_problem(locked, register, now) or closed(locked, register, now):
        raise problem
    if Lesson.objects.taught_by(by).filter(pk=locked.pk).exists():
        raise ValidationError(_("You teach this lesson yourself. Sign the register as its teacher."))
    roster = set(locked.roster().values_list("pk", flat=True))
    if not roster:
        raise ValidationError(_("Nobody is on this register, so there is nothing to sign."))
    marks = {mark.enrolment_id: mark for mark in Mark.objects.filter(lesson=locked)}
    said = {row.enrolment: row for row in rows}
    _check_rows(locked, roster, marks, said)
    register = register or Register(lesson=locked)
    register.saved_at, register.saved_by, register.established = now, by, True
    established = [_established(locked, marks.get(key), said[key], now) for key in sorted(roster)]
    seal_rows(locked, register, established, by=by, at=now)
    for mark in established:
        mark.save()
    Claim.objects.bulk_create(
        _claim(mark, (mark.state, mark.minutes_missed), Claim.Party.COORDINATOR, "", by, now) for mark in established
    )
    register.save()
    return register


def establish_problem(lesson: Lesson, register: Register | None, now: dt.datetime) -> ValidationError | None:
    """Why a coordinator cannot establish this register yet: its teacher still can sign it in the lesson. None: she can."""
    if now < lesson.ends_at and not (register and register.signed_at):
        return ValidationError(_("The lesson is not over: its teacher can still sign."), code="early")
    return None


def _check_rows(lesson: Lesson, roster: set[uuid.UUID], marks: Mapping[uuid.UUID, Mark], said: Mapping[uuid.UUID, Row]) -> None:
    """Every student of the roster has a valid row, made from the mark as it stands now."""
    problems = {}
    for key in roster | said.keys():
        row, mark = said.get(key), marks.get(key)
        if key not in roster:
            sentence = _("This student is not placed in the group on the day of this lesson.")
        elif row is None or not row.state:
            sentence = _("Choose what this student was: a register is established for everybody.")
        elif row.version != (mark.version if mark else 0):
            sentence = _("Somebody else changed this student meanwhile. Look at what stands there now.")
        else:
            sentence = row_problem(row, lesson)
        if sentence:
            problems[str(key)] = sentence
    if problems:
        raise ValidationError(problems)


def _established(lesson: Lesson, mark: Mark | None, row: Row, now: dt.datetime) -> Mark:
    known = mark is not None
    mark = mark or Mark(lesson=lesson, enrolment_id=row.enrolment)
    mark.teacher_at, mark.office_at = None, now
    _set(mark, _value(row), lesson)
    mark.version += known
    return mark


# --- shared


def _locked(lesson: Lesson, by: User) -> Lesson:
    """The lesson, as long as this act lasts. NO KEY: rows that point to it may be written meanwhile."""
    found = Lesson.objects.visible_to(by).select_for_update(of=("self",), no_key=True).filter(pk=lesson.pk).first()
    if found is None:
        raise PermissionDenied(str(Role.COORDINATOR.label))
    return found


def _may(party: Claim.Party | None) -> Claim.Party:
    if party is None:
        raise PermissionDenied(f"{Role.COORDINATOR.label}, {Role.ADMINISTRATION.label}")
    return party


def _signed(lesson: Lesson) -> None:
    if lesson.cancelled:
        raise ValidationError(_("This lesson is cancelled: there is no register to keep."), code="cancelled")
    if not Register.objects.filter(lesson=lesson, signed_at__isnull=False).exists():
        raise ValidationError(_("This register is not signed. Its teacher can still change it."), code="unsigned")


def _mark_of(lesson: Lesson, enrolment: uuid.UUID, version: int | None) -> Mark:
    """The mark of a student on this register; a new one for who was placed after signing."""
    place = lesson.roster().select_related("programme__student").filter(pk=enrolment).first()
    if place is None:
        raise ValidationError(_("This student is not placed in the group on the day of this lesson."))
    mark: Mark = Mark.objects.filter(lesson=lesson, enrolment=place).first() or Mark(lesson=lesson, version=0)
    if version is not None and version != mark.version:
        raise ValidationError(_("Somebody else changed this student meanwhile. Look at what stands there now."))
    mark.version = mark.version or 1
    mark.enrolment = place
    return mark


def _value(row: Row) -> tuple[str, int]:
    return row.state, row.minutes_missed if row.state in rules.WITH_MINUTES else 0


def _set(mark: Mark, value: tuple[str, int], lesson: Lesson) -> None:
    mark.state, mark.minutes_missed = value
    mark.minutes_attended = rules.minutes_attended(mark.state, lesson.planned_minutes, mark.minutes_missed)


def _claim(mark: Mark, value: tuple[str, int], party: Claim.Party, reason: str, by: User, at: dt.datetime) -> Claim:
    state, missed = value
    return Claim(mark=mark, party=party, by_audit_id=by.audit_id, at=at, state=state, minutes_missed=missed, reason=reason)

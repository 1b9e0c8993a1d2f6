"""The seal of a signed register, and the chain of corrections behind it.

Signing gives every row a salt and a hash; the register keeps the list of hashes and a digest over it, so a row can be erased
and the rest stays verifiable. A correction keeps the row of before with its salt and hash; the hash of the row after it covers
that hash, and who said what, when and why. A row fits when it leads back, link by link, to a row that was signed. Whoever
changes a row past KVS, or removes a correction, breaks a link.
"""

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import Prefetch, QuerySet

from attendance import rules
from attendance.models import Claim, Correction, Lesson, Mark, Register
from kvs.models import User

SEALED_FIELDS = ("lesson_id", "enrolment_id", "state", "minutes_missed", "minutes_attended", "teacher_at", "student_at")
# What a correction keeps of the row before it.
KEPT_FIELDS = ("state", "minutes_missed", "minutes_attended", "teacher_at", "student_at", "office_at", "salt")


def seal_rows(lesson: Lesson, register: Register, marks: Iterable[Mark], *, by: User, at: dt.datetime) -> None:
    """Salt and hash every row, and put the list, its digest and who signed when in the register; nothing is saved here."""
    rows = list(marks)
    for mark in rows:
        mark.salt = secrets.token_hex(16)
        mark.row_hash = _first_hash(_link(mark))
    register.signed_at, register.signed_by = at, by
    register.row_hashes = sorted(mark.row_hash for mark in rows)
    register.digest = _digest(lesson, register)


def correct_row(mark: Mark, claim: Claim, before: Correction) -> None:
    """Give a corrected `mark` its new salt and hash. `before` holds the row as it was; nothing is saved here."""
    mark.salt = secrets.token_hex(16)
    before.row_hash = mark.row_hash = _next_hash(_link(mark), claim, before)


class _Link(NamedTuple):
    """One state of one row: what stood in it, and its salt."""

    values: tuple[object, ...]
    salt: str


def _link(mark: Mark) -> _Link:
    return _Link((*(getattr(mark, name) for name in SEALED_FIELDS), *filter(None, [mark.office_at])), mark.salt)


def _link_before(mark: Mark, before: Correction) -> _Link:
    """The row as it was before a correction."""
    kept = {name: getattr(before, f"was_{name}") for name in KEPT_FIELDS}
    return _link(Mark(lesson_id=mark.lesson_id, enrolment_id=mark.enrolment_id, **kept))


def _first_hash(link: _Link) -> str:
    return rules.row_hash(link.salt, *map(_text, link.values))


def _next_hash(link: _Link, claim: Claim, before: Correction) -> str:
    said = (claim.party, claim.by_audit_id, claim.at, claim.state, claim.minutes_missed, claim.reason, before.remark)
    return rules.row_hash(link.salt, *map(_text, link.values), before.was_hash, *map(_text, said))


def _digest(lesson: Lesson, register: Register) -> str:
    """The time and length of the lesson are part of what was signed, and so is in which role."""
    assert register.signed_at is not None
    what = "/".join(_text(value) for value in (lesson.pk, lesson.starts_at, lesson.ends_at, lesson.planned_minutes))
    signer = f"{register.signed_by_id}/established" if register.established else register.signed_by_id
    return rules.register_digest(what, signer, _text(register.signed_at), register.row_hashes)


def _text(value: object) -> str:
    return value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else str(value)


def corrections_in_order(to_attr: str = "corrected") -> "Prefetch[str, QuerySet[Claim], str]":
    """For marks: the claims that corrected each of them, oldest first, with what stood before."""
    claims = Claim.objects.filter(correction__isnull=False).select_related("correction").order_by("id")
    return Prefetch("claims", claims, to_attr=to_attr)


def verify_register(lesson: Lesson) -> bool:
    """Whether a signed register is still as it was signed, but for corrections that KVS made itself. Rows that were erased
    leave their hash behind and do not count against it. Raises Register.DoesNotExist when the register is not signed.
    """
    register = Register.objects.select_related("lesson").get(lesson=lesson, signed_at__isnull=False)
    return still_fits(register, Mark.objects.filter(lesson=lesson).prefetch_related(corrections_in_order()))


def still_fits(register: Register, marks: Iterable[Mark]) -> bool:
    """Whether these marks (with `corrected` from `corrections_in_order`) and this register are what was signed."""
    sealed = set(register.row_hashes)
    rows_fit = all(_row_fits(mark, getattr(mark, "corrected"), sealed) for mark in marks)  # noqa: B009  # prefetched
    return rows_fit and register.digest == _digest(register.lesson, register)


def _row_fits(mark: Mark, claims: Sequence[Claim], sealed: set[str]) -> bool:
    if not claims:
        return mark.row_hash in sealed and mark.row_hash == _first_hash(_link(mark))
    first = claims[0].correction
    if first.was_state:
        known = first.was_hash in sealed and first.was_hash == _first_hash(_link_before(mark, first))
    else:
        known = first.was_hash == ""  # added after signing, by a correction
    links = [*(_link_before(mark, claim.correction) for claim in claims[1:]), _link(mark)]
    follows = [*(claim.correction.was_hash for claim in claims[1:]), mark.row_hash]
    return known and all(
        claim.correction.row_hash == after == _next_hash(link, claim, claim.correction)
        and link.values[2:4] == (claim.state, claim.minutes_missed)
        for claim, link, after in zip(claims, links, follows, strict=True)
    )

"""The seal of a signed register, and the chain of corrections behind it.

Signing gives every row a salt and a hash; the register keeps the list of hashes and a digest over it, so a row can be erased
and the rest stays verifiable. A correction keeps the row of before with its salt and hash; the hash of the row after it covers
that hash, and who said what, when and why. A row fits when it leads back, link by link, to a row that was signed. Whoever
changes a row past KVS, or removes a correction, breaks a link.

Of the lesson the digest holds what decides which hours count and whose they are. KVS itself changes nothing of these on a
signed lesson: moving, cancelling, closures and changes of a series leave it alone (actions/planning.py), and an account that
gave a lesson cannot be removed. Registers signed before the kind of lesson was in it have seal 1 and verify as they did; its
number stands in the digest, so a register that gets a lower one no longer fits. Initials on paper may come years later, so
they are not sealed: what a row says of them has to be what the last claim of the paper says.
"""

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import Prefetch, Q, QuerySet

from attendance import rules
from attendance.models import Claim, Correction, Lesson, Mark, Register
from kvs.models import User

SEALED_FIELDS = ("lesson_id", "enrolment_id", "state", "minutes_missed", "minutes_attended", "teacher_at", "student_at")
SEAL = 2  # of registers signed now
OF_LESSON = {
    1: ("pk", "starts_at", "ends_at", "planned_minutes"),
    2: ("pk", "starts_at", "ends_at", "planned_minutes", "cancelled", "subject", "delivery", "teacher_id"),
}
# What a correction keeps of the row before it.
KEPT_FIELDS = ("state", "minutes_missed", "minutes_attended", "teacher_at", "student_at", "office_at", "salt")


def seal_rows(lesson: Lesson, register: Register, marks: Iterable[Mark], *, by: User, at: dt.datetime) -> None:
    """Salt and hash every row, and put the list, its digest and who signed when in the register; nothing is saved here."""
    rows = list(marks)
    for mark in rows:
        mark.salt = secrets.token_hex(16)
        mark.row_hash = _first_hash(_link(mark))
    register.signed_at, register.signed_by, register.seal = at, by, SEAL
    register.row_hashes = sorted(mark.row_hash for mark in rows)
    register.digest = _digest(lesson, register)


def kept_row(mark: Mark, remark: str = "") -> Correction:
    """What a correction keeps of a row that stands in the register, before it is changed."""
    kept = {f"was_{name}": getattr(mark, name) for name in KEPT_FIELDS}
    return Correction(remark=remark, was_hash=mark.row_hash, **kept)


def correct_row(mark: Mark, claim: Claim, before: Correction) -> None:
    """Store a corrected `mark` with its new salt and hash, the claim behind it and the row as it was."""
    mark.salt = secrets.token_hex(16)
    before.row_hash = mark.row_hash = _next_hash(_link(mark), claim, before)
    mark.save()
    claim.save(force_insert=True)
    before.claim = claim
    before.save(force_insert=True)


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
    """What kind of lesson it was, when and how long is part of what was signed, and so is in which role."""
    assert register.signed_at is not None
    what = "/".join(_text(getattr(lesson, name)) for name in OF_LESSON[register.seal])
    if register.seal > 1:
        what = f"{register.seal}/{what}"
    signer = f"{register.signed_by_id}/established" if register.established else register.signed_by_id
    return rules.register_digest(what, signer, _text(register.signed_at), register.row_hashes)


def _text(value: object) -> str:
    return value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else str(value)


def claims_to_verify() -> "Prefetch[str, QuerySet[Claim], str]":
    """For marks, as `to_verify`: the claims that corrected each of them, with what stood before, and those of paper, oldest
    first.
    """
    wanted = Q(correction__isnull=False) | Q(party=Claim.Party.PAPER)
    return Prefetch("claims", Claim.objects.filter(wanted).select_related("correction").order_by("id"), to_attr="to_verify")


def verify_register(lesson: Lesson) -> bool:
    """Whether a signed register is still as it was signed, but for corrections that KVS made itself. Rows that were erased
    leave their hash behind and do not count against it. Raises Register.DoesNotExist when the register is not signed.
    """
    register = Register.objects.select_related("lesson").get(lesson=lesson, signed_at__isnull=False)
    return still_fits(register, Mark.objects.filter(lesson=lesson).prefetch_related(claims_to_verify()))


def still_fits(register: Register, marks: Iterable[Mark]) -> bool:
    """Whether these marks (with `claims_to_verify`) and this register are what was signed, and paper what was written down."""
    sealed = set(register.row_hashes)
    return register.digest == _digest(register.lesson, register) and all(_mark_fits(mark, sealed) for mark in marks)


def _mark_fits(mark: Mark, sealed: set[str]) -> bool:
    claims: list[Claim] = mark.to_verify  # type: ignore[attr-defined]  # prefetched
    paper = [claim for claim in claims if claim.party == Claim.Party.PAPER]
    initials = paper[-1].at if paper and paper[-1].state in rules.THERE else None
    return mark.paper_at == initials and _row_fits(mark, [claim for claim in claims if hasattr(claim, "correction")], sealed)


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
        and _no_more_than_said(claim, link, _link_before(mark, claim.correction))
        for claim, link, after in zip(claims, links, follows, strict=True)
    )


def _no_more_than_said(claim: Claim, link: _Link, before: _Link) -> bool:
    """Whether a correction changed of the row only what its claim says: a student's late confirmation only that there is one."""
    confirmed = SEALED_FIELDS.index("student_at")
    if claim.party == Claim.Party.STUDENT:
        same = (*before.values[:confirmed], claim.at, *before.values[confirmed + 1 :])
        return before.values[confirmed] is None and link.values == same
    said = link.values[2:4] == (claim.state, claim.minutes_missed)
    return said and link.values[confirmed] == before.values[confirmed]

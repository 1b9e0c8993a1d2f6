"""The digest of a day: made in the night after it, mailed to the school, and compared with the registers whenever asked."""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from attendance import rules
from attendance.models import Correction, DigestMail, NightDigest, Register
from kvs.mail import send_mail
from kvs.models import Organisation, User

log = logging.getLogger(__name__)
DAY = dt.timedelta(days=1)
FROM_HOUR = 2  # school time: whoever signs at midnight is stored long before
IN_ONE_MAIL = 14  # days; the last digest holds all before it, so what is left out of a mail is not lost


# --- making


def _span(day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """When `day` begins and when the next one does, school time."""
    return _midnight(day), _midnight(day + DAY)


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time()))


def signed_on(day: dt.date) -> "QuerySet[Register]":
    """The registers that were signed on `day`, in the order of the digest."""
    begin, end = _span(day)
    return Register.objects.filter(signed_at__gte=begin, signed_at__lt=end).order_by("lesson")


def corrected_on(day: dt.date) -> "QuerySet[Correction]":
    """The corrections that were made on `day`, in the order of the digest."""
    begin, end = _span(day)
    return Correction.objects.filter(claim__at__gte=begin, claim__at__lt=end).order_by("claim")


def make_digests(now: dt.datetime | None = None) -> list[NightDigest]:
    """Make the digest of every day until yesterday that has none and on which something was signed. Safe to repeat; before
    two o'clock it waits.
    """
    moment = timezone.localtime(now)
    if moment.hour < FROM_HOUR:
        return []
    made: list[NightDigest] = []
    with transaction.atomic():
        Organisation.objects.select_for_update().first()  # one at a time
        last = NightDigest.objects.last()
        for day in _days(last.day if last else None, moment.date()):
            made.append(_make(day, made[-1] if made else last))
    return made


def _days(last: dt.date | None, today: dt.date) -> list[dt.date]:
    """The days behind `last` and before `today` on which something was signed or corrected."""
    found: set[dt.date] = set()
    rows: Any
    for rows, at in ((Register.objects.all(), "signed_at"), (Correction.objects.all(), "claim__at")):
        rows = rows.filter(**{f"{at}__lt": _midnight(today)})
        if last:
            rows = rows.filter(**{f"{at}__gte": _midnight(last + DAY)})
        found.update(rows.order_by().values_list(f"{at}__date", flat=True).distinct())
    return sorted(found)


def _make(day: dt.date, before: NightDigest | None) -> NightDigest:
    row = NightDigest(day=day, previous=before.digest if before else "")
    row.registers = [f"{lesson} {digest}" for lesson, digest in signed_on(day).values_list("lesson", "digest")]
    row.corrections = list(corrected_on(day).values_list("row_hash", flat=True))
    row.digest = _digest_of(row)
    row.save(force_insert=True)
    return row


def _digest_of(row: NightDigest) -> str:
    return rules.night_digest(row.day, row.previous, [*row.registers, *row.corrections])


# --- mailing


def school_address() -> str:
    """Where digests are mailed: the school's own address, else that of the privacy contact; empty when neither is known."""
    school = Organisation.objects.first()
    return (school.email or school.privacy_email) if school else ""


@transaction.atomic
def mail_digests() -> int:
    """Mail the digests that were not, in one mail, to the school; of how many days. Tried again next time when no mail
    server takes it. The mail holds days, numbers and digests.
    """
    rows = NightDigest.objects.select_for_update(of=("self",), skip_locked=True).filter(mail__isnull=True)
    waiting, address = list(rows.order_by("day")), school_address()
    if not waiting or not address:
        return 0
    lines = [(row.day, len(row.registers), row.digest) for row in waiting[-IN_ONE_MAIL:]]
    try:
        send_mail("night_digest", User(email=address), lines=lines)
    except OSError as problem:
        log.warning("The digest of the day was not mailed: %s", type(problem).__name__)
        return 0
    DigestMail.objects.bulk_create(DigestMail(night=row) for row in waiting)
    return len(waiting)


# --- comparing


class Difference(NamedTuple):
    """Something that is not as it was in the night. Without a lesson the digest itself does not fit."""

    day: dt.date
    lesson: uuid.UUID | None


def differences(nights: Iterable[NightDigest]) -> Iterator[Difference]:
    """What no longer fits these digests, which come in the order of their days, the first after `previous` of its own: a
    digest or the chain, a register that changed or went, one that says it was signed that day and is not in it, a
    correction that was not there that night. Corrections that are gone went with the person.
    """
    before: NightDigest | None = None
    for night in nights:
        if night.digest != _digest_of(night) or (before is not None and night.previous != before.digest):
            yield Difference(night.day, None)
        yield from (Difference(night.day, lesson) for lesson in sorted(_lessons_that_differ(night)))
        before = night


def _lessons_that_differ(night: NightDigest) -> set[uuid.UUID]:
    sealed = dict(line.split(" ", 1) for line in night.registers)
    found = {str(lesson): digest for lesson, digest in signed_on(night.day).values_list("lesson", "digest")}
    wrong = {uuid.UUID(lesson) for lesson in sealed.keys() | found.keys() if sealed.get(lesson) != found.get(lesson)}
    later = corrected_on(night.day).exclude(row_hash__in=night.corrections)
    return wrong | set(later.values_list("claim__mark__lesson", flat=True))

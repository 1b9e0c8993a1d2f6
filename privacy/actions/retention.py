"""What goes by itself when its time is over, after the person was told (privacy_engineering.md 5.6; B 5)."""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, Count, F, Model, Q, QuerySet, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kvs import audit, catalogue
from kvs.database import erasing, forget_statistics
from kvs.mail import send_mail
from kvs.models import AccessEvent, AuditAction, AuditEntry, Membership, RetentionSetting, Role, SealedFile, Statement, User
from kvs.retention import CHANGEABLE, period_of
from kvs.terms import Period
from kvs.vocabulary import BREACH_PERIOD, LESSON_EVIDENCE_PERIOD, LOG_PERIOD, PAPER_PERIOD, REQUEST_PERIOD, STAFF_FILE
from privacy import clocks
from privacy.actions import erasure as erasing_actions
from privacy.actions.announcements import tell_newcomers
from privacy.actions.closing import close_unused
from privacy.actions.withheld import note_withheld
from privacy.models import (
    AccessReview,
    Complaint,
    Erasure,
    ExemptionRecord,
    FinancialRecord,
    Hold,
    Incident,
    PaperDossier,
    PrivacyRequest,
    RetentionNotice,
    YearCount,
)
from students.models import Programme, Student

log = logging.getLogger(__name__)

TELLING = gettext_noop("Telling students whose file goes soon")
PURGING = gettext_noop("Erasing files whose time is over")
# The last month of a course is delivered to DUO in the month after it; a correction may take one more.
BSN_AFTER_END = Period(months=2)
# How a request or a complaint ended.
ANSWER = Case(When(state="withdrawn", then=F("state")), default=F("decision"))

Progress = Callable[[int, int | None, str], None]


@transaction.atomic
def change_period(*, code: str, years: int, months: int, version: int, by: User) -> RetentionSetting:
    """Keep this kind of data longer or shorter. Raises ValidationError below what the law demands, or when out of date."""
    retention = CHANGEABLE[code]
    chosen = Period(years=years, months=months)
    if retention.law_minimum and chosen.days_at_least() < retention.law_minimum.days_at_least():
        raise ValidationError({"years": _("The law demands a longer period.")})
    row = RetentionSetting.objects.select_for_update().filter(code=code).first() or RetentionSetting(code=code, version=0)
    if row.version != version:
        raise ValidationError(_("Somebody else changed this meanwhile. Look at the page again."), code="stale")
    row.years, row.months, row.version = years, months, version + 1
    row.full_clean()
    row.save()
    return row


# --- telling beforehand


def tell_students(*, today: dt.date) -> int:
    """Tell students whose file goes within 30 days, in the portal and by a mail that says nothing about them; how many."""
    told = 0
    for due in clocks.due_until(today + clocks.NOTICE):
        on = max(due.on, today + clocks.NOTICE)  # who was never told is told first, however long ago the time was over
        if RetentionNotice.objects.filter(student=due.student, due_on__gte=due.on).exists():
            continue
        with transaction.atomic():
            mailed = bool(due.student.email) and _mail(due.student)
            RetentionNotice.objects.create(student=due.student, due_on=on, told_on=today, mailed=mailed)
        told += 1
    return told


def _mail(student: Student) -> bool:
    """Whether a mail went. It names no person and says only that there is a message."""
    try:
        send_mail("file_goes", User(email=student.email, call_name=student.call_name or student.given_names))
    except OSError as problem:
        log.warning("A notice was not mailed: %s", type(problem).__name__)
        return False
    return True


@transaction.atomic
def want_hours(*, student: Student, by: User) -> RetentionNotice | None:
    """The student wants a statement of the hours before the file goes. None when nothing is about to go."""
    notice = RetentionNotice.objects.select_for_update().filter(student=student).order_by("-due_on").first()
    if notice is not None and notice.hours_wanted_on is None:
        notice.hours_wanted_on = timezone.localdate()
        notice.save()
    return notice


# --- the nightly run


def run_retention(*, today: dt.date, progress: Progress) -> dict[str, int]:
    """All that is due on `today`; safe to run twice. Each person is a transaction of its own: how many of what."""
    progress(0, None, TELLING)
    counts = {"told": tell_students(today=today), "bsn": empty_bsn(today=today), "withheld": note_withheld(today=today)}
    counts |= purge_people(today=today, progress=progress)
    counts |= {"closed": close_unused(today=today), "newcomers": tell_newcomers(today=today)}
    return {**counts, **forget_answered(today=today), **forget_old(today=today)}


def purge_people(*, today: dt.date, progress: Progress) -> dict[str, int]:
    """Erase the students and case managers whose time is over and who were told in time; how many, and how many wait."""
    people: list[Model] = [due.student for due in clocks.due_until(today) if _told_in_time(due.student, today)]
    people += clocks.contacts_due(today)
    counts = {"erased": 0, "waiting": 0}
    for number, person in enumerate(people):
        progress(number, len(people), PURGING)
        done = _purge(person, today)
        counts["erased" if done else "waiting"] += 1
    if counts["erased"]:
        forget_statistics(apps.get_model(declared.label) for declared in catalogue.load().models if declared.personal)
    return counts


def _told_in_time(student: Student, today: dt.date) -> bool:
    return RetentionNotice.objects.filter(student=student, due_on__lte=today).exists()


def _purge(person: Any, today: dt.date) -> bool:
    """Erase one person because the time is over. False when something stands in the way: a hold, a restriction, the name
    in somebody else's data; that waits for people, under Erasures.
    """
    erasure = erasing_actions.prepare_retention(person=person, today=today)
    if erasure is None:
        return False
    done = erasing_actions.run_erasure(erasure=erasure, progress=lambda done, total, doing: None, today=today)
    return done.state == Erasure.State.DONE


def empty_bsn(*, today: dt.date) -> int:
    """Empty the BSN of students whose last programme with a ground has ended (UAVG art. 46); of how many programmes."""
    latest = clocks.before(today, BSN_AFTER_END)
    runs = Q(programmes__ends_on__isnull=True) | Q(programmes__ends_on__gt=latest)
    running = Count("programmes", filter=runs & ~Q(programmes__bsn_basis=""))
    over = Student.objects.annotate(running=running).filter(running=0, restricted=[])
    with transaction.atomic():
        rows = list(Programme.objects.filter(student__in=over, bsn_index__isnull=False).select_related("student").defer("bsn"))
        Programme.objects.filter(pk__in=[row.pk for row in rows]).update(bsn=None, bsn_index=None)
        audit.log_bulk(rows, AuditAction.UPDATE, ["bsn"], by=None)
    return len(rows)


@transaction.atomic
def forget_answered(*, today: dt.date) -> dict[str, int]:
    """Delete requests, complaints and data breaches that were closed so long ago, with what hangs on them; how many of each.

    The numbers per year, kind and outcome stay. A request somebody complains about now waits for the end of that, a breach for
    the end of a hold or restriction of somebody it is about. What is open stays, however old it is.
    """
    latest = clocks.before(today, period_of(REQUEST_PERIOD))
    disputed = Complaint.objects.open().filter(request__isnull=False).values("request")
    requests = PrivacyRequest.objects.filter(closed_on__lte=latest).exclude(pk__in=disputed)
    complaints = Complaint.objects.filter(closed_on__lte=latest)
    breaches = Incident.objects.filter(closed_at__date__lte=clocks.before(today, period_of(BREACH_PERIOD)))
    waiting = Incident.objects.filter(_waits("people__audit_id")).values("pk")
    return {
        "requests": _count_and_delete(requests, YearCount.What.REQUEST, "received_on__year", "kind", ANSWER),
        "complaints": _count_and_delete(complaints, YearCount.What.COMPLAINT, "received_on__year", "about", ANSWER),
        "breaches": _count_and_delete(
            breaches.exclude(pk__in=waiting), YearCount.What.BREACH, "discovered_at__year", "kind", F("risk")
        ),
    }


def _count_and_delete(rows: Any, what: str, year: str, kind: str, outcome: Any) -> int:
    lines = rows.select_for_update(of=("self",)).annotate(comes_to=outcome)
    found = list(lines.values_list("pk", year, kind, "comes_to"))
    for (year_of, code, comes_to), number in Counter(line[1:] for line in found).items():
        kept = {"year": year_of, "what": what, "kind": code, "outcome": comes_to}
        YearCount.objects.get_or_create(**kept)
        YearCount.objects.filter(**kept).update(number=F("number") + number)
    rows.model.objects.filter(pk__in=[pk for pk, *_rest in found]).delete()
    return len(found)


def _waits(audit_id: str) -> Q:
    """Condition that somebody is held or restricted; `audit_id` leads to who it is about."""
    held = Hold.objects.standing().values("subject_audit_id")
    restricted = Student.objects.filter(restricted__len__gt=0).values("audit_id")
    return Q(**{f"{audit_id}__in": held}) | Q(**{f"{audit_id}__in": restricted})


def forget_old(*, today: dt.date) -> dict[str, int]:
    """Whatever else has a time that is over: lines of the log, exemptions, the books, paper that is gone, the school's own
    record of erasures and more; how many of each.
    """
    log = timezone.make_aware(dt.datetime.combine(clocks.before(today, period_of(LOG_PERIOD)), dt.time()))
    asked = timezone.make_aware(dt.datetime.combine(clocks.before(today, period_of(REQUEST_PERIOD)), dt.time()))
    over: Mapping[str, Any] = {
        "log": AuditEntry.objects.filter(at__lt=log),
        "access": AccessEvent.objects.filter(at__lt=log),
        "exemptions": ExemptionRecord.objects.over(today),
        "books": _books_over(today),
        "evidence": _evidence_over(today),
        "papers": _papers_over(today),
        "erasures": Erasure.objects.filter(state__in=["done", "cancelled"], prepared_at__lt=asked),
        "holds": Hold.objects.filter(released_at__lt=asked),
        "reviews": AccessReview.objects.filter(signed_at__lt=asked),
        "statements": _statements_over(clocks.before(today, period_of(STAFF_FILE))),
    }
    with erasing():
        return {
            name: rows._raw_delete("default") if name in ("log", "access") else rows.delete()[0] for name, rows in over.items()
        }


def _books_over(today: dt.date) -> Any:
    """Invoices whose seven years have passed, save those of somebody whose file is held or restricted."""
    held = Hold.objects.standing().values("subject_audit_id")
    kept = Q(link__student__audit_id__in=held) | Q(link__student__restricted__len__gt=0)
    return FinancialRecord.objects.over(today).exclude(pk__in=FinancialRecord.objects.filter(kept).values("pk"))


def _evidence_over(today: dt.date) -> Any:
    """Files that prove an online lesson and whose period has passed, save those with somebody whose file is held or
    restricted in it.
    """
    last = clocks.before(today, period_of(LESSON_EVIDENCE_PERIOD)) + dt.timedelta(days=1)
    added = timezone.make_aware(dt.datetime.combine(last, dt.time()))
    kept = SealedFile.objects.filter(_waits("people__audit_id"), lesson_evidence__isnull=False).values("pk")
    return SealedFile.objects.filter(lesson_evidence__added_at__lt=added).exclude(pk__in=kept)


def _papers_over(today: dt.date) -> Any:
    """Paper files that were destroyed so long ago. What still lies in a cabinet stays on the list, whoever was erased."""
    latest = clocks.before(today, period_of(PAPER_PERIOD))
    return PaperDossier.objects.filter(destroyed_on__lte=latest).exclude(_waits("subject_audit_id"))


def _statements_over(since: dt.date) -> "QuerySet[Statement]":
    """Statements of who worked here until before that day: the last role, or the contract when that ended sooner."""
    until = Q(ends_on__isnull=True) | Q(ends_on__gte=since)
    contract = Q(user__contract_ends_on__isnull=True) | Q(user__contract_ends_on__gte=since)
    lasting = Membership.objects.filter(until, contract).exclude(role=Role.STUDENT)
    return Statement.objects.filter(said_at__date__lt=since).exclude(user__in=lasting.values("user"))

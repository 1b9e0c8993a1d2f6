"""What changes reports of absence and the school's choice about them. Each action is one transaction.

The student row is the lock: of two reports at once the second meets the first.
"""

import datetime as dt
import logging

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from attendance import absence_reasons as reasons
from attendance.models import AbsenceReason, AbsenceReport, AbsenceSettings
from attendance.models.absence import Party
from kvs.editing import changed
from kvs.jobs import start_job
from kvs.mail import send_mail
from kvs.models import User
from students.actions.restrictions import check_unrestricted
from students.models import Student

log = logging.getLogger(__name__)

SAID = ("starts_at", "ends_at", "reason", "status")
LONGEST_AHEAD = dt.timedelta(days=366)  # further ahead is a slip of the year
LONGEST_BACK = dt.timedelta(days=92)  # what was longer ago is told per lesson
TELL = "attendance.tell_answer"


@transaction.atomic
def report_absence(
    *, student: Student, starts_at: dt.datetime, ends_at: dt.datetime | None, reason: str, by: User
) -> AbsenceReport:
    """The administration notes that `student` will not be there; it counts at once. Said twice it is one report.

    `reason` is a code, empty when the school notes none that day. An open end runs until the next report, if there is one.
    Raises ValidationError: also for days that overlap.
    """
    return _report(student, starts_at, ends_at, reason, by, student_says=False)


@transaction.atomic
def report_own_absence(
    *, student: Student, starts_at: dt.datetime, ends_at: dt.datetime | None, reason: str, leave: bool, by: User
) -> AbsenceReport:
    """The student reports sick, which counts at once, or asks leave, on which the school decides. Raises as `report_absence`.

    `leave` is what was asked where the school notes no reasons; else the reason decides.
    """
    return _report(student, starts_at, ends_at, reason, by, student_says=True, leave=leave)


def _report(
    student: Student,
    starts_at: dt.datetime,
    ends_at: dt.datetime | None,
    reason: str,
    by: User,
    *,
    student_says: bool,
    leave: bool = False,
) -> AbsenceReport:
    Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    check_unrestricted(student, AbsenceReport, SAID)
    _check_days(starts_at, ends_at)
    ends_at = ends_at or _next_begin(student, starts_at)
    said = _reason(reason, timezone.localdate(starts_at), student_says=student_says)
    asks = student_says and (not said.on_own_word if said else leave)
    status = AbsenceReport.Status.ASKED if asks else AbsenceReport.Status.APPROVED
    same = AbsenceReport.objects.filter(student=student, starts_at=starts_at, ends_at=ends_at, status=status).first()
    if same and same.reason == (said.code if said else None):
        return same
    party = Party.STUDENT if student_says else Party.OFFICE
    made = AbsenceReport(student=student, starts_at=starts_at, ends_at=ends_at, status=status, party=party)
    made.reason, made.by_audit_id = said.code if said else None, by.audit_id
    made.tellable = reasons.tellable(made.reason)
    made.full_clean()
    made.save(force_insert=True)
    return made


def _next_begin(student: Student, starts_at: dt.datetime) -> dt.datetime | None:
    """When the next report of absence begins, if one is known: until then an open end holds, for reports never overlap."""
    known = AbsenceReport.objects.filter(student=student, starts_at__gt=starts_at)
    standing = known.exclude(status=AbsenceReport.Status.REFUSED).order_by("starts_at")
    return standing.values_list("starts_at", flat=True).first()


def _check_days(starts_at: dt.datetime, ends_at: dt.datetime | None) -> None:
    now = timezone.now()
    if starts_at < now - LONGEST_BACK:
        raise ValidationError({"first": _("That is more than three months ago. Give the reason at the lesson itself.")})
    if starts_at > now + LONGEST_AHEAD:
        raise ValidationError({"first": _("That is more than a year ahead. Is the year right?")})
    if ends_at and ends_at > starts_at + LONGEST_AHEAD:
        raise ValidationError({"last": _("That is more than a year. Is the year right?")})


def _reason(code: str, day: dt.date, *, student_says: bool) -> reasons.Reason | None:
    """The reason of a report; None where the school notes none. Raises ValidationError."""
    if not AbsenceSettings.current().asks_on(day):
        return None
    if code not in dict(reasons.choices(day, student=student_says, before=True)):
        raise ValidationError({"reason": _("Choose one of the reasons in the list.")})
    return reasons.reason(code, day)


@transaction.atomic
def decide_leave(*, report: AbsenceReport, version: int, approve: bool, by: User) -> AbsenceReport:
    """Answer a student who asks leave; a mail says that there is an answer. Raises ValidationError when it was answered."""
    row = changed(AbsenceReport.objects.select_related("student"), report.pk, version, {})
    if row.status != AbsenceReport.Status.ASKED:
        raise ValidationError(_("A colleague has decided this already."), code="decided")
    check_unrestricted(row.student, AbsenceReport, ["status"])
    row.status = AbsenceReport.Status.APPROVED if approve else AbsenceReport.Status.REFUSED
    row.decided_at, row.decided_by_audit_id = timezone.now(), by.audit_id
    row.save()
    if row.student.email:
        start_job(TELL, {"report": row.pk}, by=None)
    return row


def tell_answer(report: str) -> None:
    """Mail the student that there is an answer; the mail says neither what was asked nor what was answered. Raises OSError."""
    row = AbsenceReport.objects.select_related("student__user").filter(pk=report).first()
    if row is None or not row.student.email:  # gone meanwhile
        return
    student = row.student
    language = {"language": student.user.language} if student.user else {}
    send_mail("answer", User(email=student.email, call_name=student.call_name or student.given_names, **language))


@transaction.atomic
def end_absence(*, report: AbsenceReport, version: int, ends_at: dt.datetime, by: User) -> AbsenceReport:
    """The student comes again (beter melden): the report holds until `ends_at`. Raises ValidationError."""
    row = changed(AbsenceReport.objects.select_related("student"), report.pk, version, {})
    check_unrestricted(row.student, AbsenceReport, ["ends_at"])
    if row.status != AbsenceReport.Status.APPROVED:
        raise ValidationError(_("This report does not count, so there is nothing to end."))
    if ends_at <= row.starts_at:
        raise ValidationError({"back": _("That is before the first day of absence. Take the report out if it was a mistake.")})
    if row.ends_at and ends_at > row.ends_at:
        raise ValidationError({"back": _("That is later than the report says. Make a new report for the days after it.")})
    row.ends_at = ends_at
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def withdraw_report(*, report: AbsenceReport, version: int, by: User) -> Student:
    """Take a report out: it was a mistake, or the student asks no leave any more. Raises ValidationError."""
    row = changed(AbsenceReport.objects.select_related("student"), report.pk, version, {})
    check_unrestricted(row.student, AbsenceReport, SAID)
    begun = row.starts_at <= timezone.now()
    if by.pk == row.student.user_id and row.status != AbsenceReport.Status.ASKED and begun:
        raise ValidationError(_("This has begun or was answered already. Ask at the desk."))
    row.delete()
    return row.student


@transaction.atomic
def change_absence_settings(
    *, version: int, by: User, reasons_from: dt.date | None, student_days: int, unknown_days: int
) -> AbsenceSettings:
    """Choose whether reasons are noted. Reasons of days on which none are noted any more are emptied; what they made of the
    absence stays. Raises ValidationError, also "stale".
    """
    AbsenceSettings.objects.get_or_create(pk=1)
    changes = {"reasons_from": reasons_from, "student_days": student_days, "unknown_days": unknown_days}
    row = changed(AbsenceSettings.objects.all(), 1, version, changes)
    row.full_clean(validate_unique=False)
    row.save()
    _empty_reasons(row)
    return row


def _empty_reasons(settings: AbsenceSettings) -> None:
    """One by one, so that the audit has a line in each file."""
    reports, said = AbsenceReport.objects.filter(reason__isnull=False), AbsenceReason.objects.filter(reason__isnull=False)
    if settings.reasons_from:
        reports = reports.filter(starts_at__lt=day_start(settings.reasons_from))
        said = said.filter(mark__lesson__day__lt=settings.reasons_from)
    for row in [*reports, *said]:
        row.reason = row.tellable = None
        row.save(update_fields=["reason", "tellable"])


def day_start(day: dt.date) -> dt.datetime:
    """Midnight at which `day` begins, school time."""
    return dt.datetime.combine(day, dt.time(), tzinfo=timezone.get_default_timezone())

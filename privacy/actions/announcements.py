"""Publishing versions of the policy and the register, and telling everybody of an important change."""

import datetime as dt
import hashlib
import logging
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from kvs import audit
from kvs.editing import changed
from kvs.files import open_file, store_file
from kvs.jobs import start_job
from kvs.mail import send_mail
from kvs.models import AuditAction, Membership, Organisation, PolicyVersion, Role, SealedFile, User
from privacy import register
from privacy.models import Announcement, PolicyNotice, RegisterVersion
from students.models import Enrolment, Programme, Student

log = logging.getLogger(__name__)
TELLING = gettext_noop("Telling people by e-mail")
FILE_KIND = "privacy.policy"

# --- versions of the policy


@transaction.atomic
def draft_policy(*, by: User, pdf: bytes | None = None, **facts: Any) -> PolicyVersion:
    """A version nobody sees yet. `pdf`: its file, instead of or beside the text. Raises ValidationError."""
    row = PolicyVersion(**facts)
    row.file = _stored(pdf, by) if pdf else None
    row.full_clean()
    row.save(force_insert=True)
    return row


@transaction.atomic
def change_policy(
    *,
    policy: PolicyVersion,
    version: int,
    by: User,
    changes: Mapping[str, Any],
    pdf: bytes | None = None,
    drop_file: bool = False,
) -> PolicyVersion:
    """Change a draft. Raises ValidationError, also "stale"; PolicyVersion.DoesNotExist for a published one."""
    row = changed(PolicyVersion.objects.filter(published_at__isnull=True), policy.pk, version, changes)
    old = row.file
    if pdf or drop_file:
        row.file = _stored(pdf, by) if pdf else None
    row.full_clean()
    row.save()
    if old is not None and old != row.file:
        old.delete()
    return row


def _stored(pdf: bytes, by: User) -> SealedFile:
    return store_file(pdf, kind=FILE_KIND, content_type="application/pdf", people=(), by=by)


@transaction.atomic
def remove_draft(*, policy: PolicyVersion, by: User) -> None:
    """Throw a draft away, with its file. Raises PolicyVersion.DoesNotExist for a published one."""
    row = PolicyVersion.objects.select_for_update(of=("self",)).filter(published_at__isnull=True).get(pk=policy.pk)
    file = row.file
    row.delete()
    if file is not None:
        file.delete()


@transaction.atomic
def publish_policy(*, policy: PolicyVersion, version: int, by: User) -> PolicyVersion:
    """Publish a draft: from now on nothing of it changes, and an important change is told to everybody.

    Raises ValidationError, also "stale"; PolicyVersion.DoesNotExist when it was published meanwhile.
    """
    row = changed(PolicyVersion.objects.filter(published_at__isnull=True), policy.pk, version, {"published_at": timezone.now()})
    if row.replaces and row.replaces.effective_on >= row.effective_on:
        raise ValidationError({"effective_on": _("This is not after the day of the version it replaces.")})
    row.sha256 = hashlib.sha256(row.text.encode() + (open_file(row.file) if row.file else b"")).hexdigest()
    row.full_clean()
    row.save()
    if row.is_important:
        announce(policy=row, by=by)
    return row


# --- versions of the processing register


@transaction.atomic
def publish_register(*, is_important: bool, summary: str, by: User) -> RegisterVersion:
    """Freeze the register of this moment. Raises ValidationError when nothing changed since the last version."""
    Organisation.objects.select_for_update().get()  # one publisher at a time
    last = RegisterVersion.objects.defer("rows").first()
    rows = register.rows_now()
    row = RegisterVersion(
        number=last.number + 1 if last else 1,
        rows=rows,
        sha256=register.digest(rows),
        is_important=is_important,
        summary=summary,
    )
    if last and last.sha256 == row.sha256:
        raise ValidationError(_("Nothing changed since version %(number)d."), params={"number": last.number})
    row.full_clean()
    row.save(force_insert=True)
    if row.is_important:
        announce(register=row, by=by)
    return row


# --- telling everybody


def announce(*, by: User, policy: PolicyVersion | None = None, register: RegisterVersion | None = None) -> Announcement:
    """A notice for every active person, and the job that mails them. Inside the transaction that publishes.

    At publication, so before the day in force: policy A counts the use of its services from the notice on, and the notice names
    that day. Who comes in between is told by the night (`tell_newcomers`).
    """
    made = Announcement.objects.create(policy=policy, register=register)
    _tell(made, by)
    Organisation.objects.update(announced_at=made.made_at)
    return made


def tell_newcomers(*, today: dt.date) -> int:
    """Tell who became active after a version was published that is not in force yet; how many.

    At the intake they were handed the version of that day; this one still changes something for them.
    """
    coming = Announcement.objects.filter(policy__effective_on__gt=today)
    return sum(_tell_once(row.pk) for row in coming)


@transaction.atomic
def _tell_once(key: uuid.UUID) -> int:
    return _tell(Announcement.objects.select_for_update(of=("self",)).get(pk=key), None)


def _tell(made: Announcement, by: User | None) -> int:
    """A notice for every active person without one, and the job that mails them; how many."""
    told = PolicyNotice.objects.filter(announcement=made)
    students = list(active_students())
    told_as_student = {student.user_id for student in students}
    staff = active_staff().exclude(pk__in=told.filter(user__isnull=False).values("user"))
    known = set(told.values_list("student", flat=True))
    notices = [PolicyNotice(announcement=made, student=student) for student in students if student.pk not in known]
    notices += [PolicyNotice(announcement=made, user=user) for user in staff if user.pk not in told_as_student]
    if notices or made.job is None:
        PolicyNotice.objects.bulk_create(notices, batch_size=1000)
        audit.log_bulk(notices, AuditAction.CREATE, by=by)
        made.job = start_job("privacy.announce", {"announcement": made.pk}, by=by)
        made.save(update_fields=["job"])
    return len(notices)


def active_students() -> Any:
    """Students with a programme or a place that is not over yet."""
    not_over = Q(ends_on__isnull=True) | Q(ends_on__gte=timezone.localdate())
    programmes = Programme.objects.filter(not_over).values("student")
    places = Enrolment.objects.filter(not_over).values("programme__student")
    return Student.objects.filter(Q(pk__in=programmes) | Q(pk__in=places)).only("audit_id", "user", "email")


def active_staff() -> Any:
    """Colleagues who hold a role today or later, of accounts that may sign in."""
    held = Membership.objects.exclude(role=Role.STUDENT).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=timezone.localdate()))
    return User.objects.filter(pk__in=held.values("user"), is_active=True).only("audit_id", "email")


def mail_notices(*, announcement: Announcement, progress: Callable[[int, int | None, str], None]) -> None:
    """Mail everybody who has an address and was not mailed yet; each person once, also when this runs again."""
    waiting = PolicyNotice.objects.filter(announcement=announcement).to_mail()
    keys = list(waiting.order_by("pk").values_list("pk", flat=True))
    for number, key in enumerate(keys):
        progress(number, len(keys), TELLING)
        mail_notice(key)
    progress(len(keys), len(keys), TELLING)


@transaction.atomic
def mail_notice(key: Any) -> bool:
    """Mail one notice, unless that was done; whether a mail went. The row is locked while the mail goes."""
    mine = PolicyNotice.objects.select_for_update(of=("self",), skip_locked=True)
    mine = mine.select_related("student", "user", "announcement__policy")
    notice = mine.to_mail().filter(pk=key).first()
    if notice is None:
        return False
    try:
        send_mail("policy_notice", *_address(notice), from_day=notice.announcement.from_day)
    except OSError as problem:
        log.warning("A notice was not mailed: %s", type(problem).__name__)
        notice.refused = True
    else:
        notice.mailed_at = timezone.now()
    notice.save(update_fields=["refused", "mailed_at"])
    return not notice.refused


def _address(notice: PolicyNotice) -> tuple[User, str]:
    """Whom to greet, and where to. A student is mailed at the address of the file, which the family may share."""
    if notice.student is None:
        assert notice.user is not None
        return notice.user, notice.user.email or ""
    student = notice.student
    return User(email=student.email, call_name=student.call_name or student.given_names), student.email


@transaction.atomic
def mark_read(*, notice: PolicyNotice, by: User) -> PolicyNotice:
    """Record that `by` read the notice. It says nothing about agreeing. The first time counts."""
    row = PolicyNotice.objects.to(by).select_for_update(of=("self",)).get(pk=notice.pk)
    if row.read_at is None:
        row.read_at = timezone.now()
        row.save(update_fields=["read_at"])
    return row


@transaction.atomic
def mark_letters(*, announcement: Announcement, by: User) -> int:
    """Record that the letters that are needed were printed and given or sent today; how many."""
    mine = PolicyNotice.objects.visible_to(by).on_paper().filter(announcement=announcement, letter_on__isnull=True)
    rows = list(PolicyNotice.objects.select_for_update(of=("self",)).select_related("student", "user").filter(pk__in=mine))
    for row in rows:
        row.letter_on = timezone.localdate()
    PolicyNotice.objects.bulk_update(rows, ["letter_on"])
    audit.log_bulk(rows, AuditAction.UPDATE, ["letter_on"], by=by)
    return len(rows)

"""What begins, decides and signs a review of everybody's access (B 6; AVG 5(2), 32(1)(d))."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kvs.models import Membership, Organisation, Role, User
from kvs.staff import MANAGERS, end_role
from kvs.terms import Period, add
from privacy.models.reviews import REVIEWERS, AccessReview, AccessReviewLine
from students.actions.access import end_group_access
from students.models import GroupAccess

KIND, DECISION = AccessReviewLine.Kind, AccessReviewLine.Decision
MAY_END = {KIND.ROLE: MANAGERS, KIND.EXCEPTION: (Role.ADMINISTRATION, Role.MANAGEMENT)}


class Access(NamedTuple):
    """Something that opens data today or later: the row, and how it is written down."""

    row: Membership | GroupAccess
    user: User
    kind: str
    role: str
    place: str

    @property
    def key(self) -> tuple[str, str]:
        """How a line of a review finds it again."""
        return self.kind, str(self.row.pk)


def living(today: dt.date) -> dict[tuple[str, str], Access]:
    """Every role of staff and every exception that opens something today or later, by the key of its line; two queries."""
    return {access.key: access for access in _living(today)}


def _living(today: dt.date) -> Iterator[Access]:
    lasting = Q(ends_on__isnull=True) | Q(ends_on__gte=today)
    contract = Q(user__contract_ends_on__isnull=True) | Q(user__contract_ends_on__gte=today)
    roles = Membership.objects.filter(lasting, contract, user__is_active=True).exclude(role=Role.STUDENT)
    for row in roles.select_related("user", "location"):
        yield Access(row, row.user, KIND.ROLE, row.role, row.location.name if row.location else "")
    given = GroupAccess.objects.filter(contract, ends_on__gte=today, user__is_active=True)
    for access in given.select_related("user", "content_object"):
        yield Access(access, access.user, KIND.EXCEPTION, "", access.content_object.name)


def due_on() -> dt.date | None:
    """When the next review has to be signed: so many months after the last, or after the school began; None without staff."""
    months = Organisation.objects.values_list("review_months", flat=True).get()
    last = AccessReview.objects.aggregate(last=Max("signed_at"))["last"]
    begun = Membership.objects.exclude(role=Role.STUDENT).aggregate(first=Min("starts_on"))["first"]
    since = timezone.localdate(last) if last else begun
    return add(since, Period(months=months)) if since else None


def may_end(by: User, kind: str) -> bool:
    """Whether `by` ends such a line; anybody else writes down that it has to end."""
    return by.has_role(*MAY_END[KIND(kind)])


# --- acts


@transaction.atomic
def start_review(*, by: User) -> AccessReview:
    """Write down all access there is. Raises ValidationError while another review is open."""
    _lock(by)
    if AccessReview.objects.open().exists():
        raise ValidationError(_("A review is going on already."))
    review = AccessReview.objects.create(started_by_audit_id=by.audit_id)
    add_missing(review=review)
    return review


@transaction.atomic
def add_missing(*, review: AccessReview) -> int:
    """Lines for access that was given since the review began; how many."""
    _locked(review)
    known = set(review.lines.values_list("kind", "object_pk"))
    new = [access for key, access in living(timezone.localdate()).items() if key not in known]
    for access in new:
        AccessReviewLine.objects.create(
            review=review,
            account_audit_id=access.user.audit_id,
            kind=access.kind,
            object_pk=str(access.row.pk),
            role=access.role,
            place=access.place,
            **facts_of(access),
        )
    return len(new)


def facts_of(access: Access) -> dict[str, Any]:
    """What the reviewer reads beside a line, as it is now; and is frozen when it is decided."""
    user = access.user
    return {
        "starts_on": access.row.starts_on,
        "ends_on": access.row.ends_on,
        "last_sign_in_on": timezone.localdate(user.last_login) if user.last_login else None,
        "stated_until": user.stated_until,
        "contract_kind": user.contract_kind,
        "contract_ends_on": user.contract_ends_on,
    }


@transaction.atomic
def decide(*, line: AccessReviewLine, decision: str, seen: str, by: User) -> None:
    """Keep a line or end it. Who may end it ends it at once (every session of the account too); of somebody else it is
    written down that it has to end. Raises ValidationError, also when somebody decided since `seen` was read.
    """
    _lock(by)
    _locked(line.review)
    row = AccessReviewLine.objects.select_for_update().get(pk=line.pk)
    if row.decision != seen:
        raise ValidationError(_("Somebody else decided on this line meanwhile: look again."))
    access = living(timezone.localdate()).get((row.kind, row.object_pk))
    if access is not None:
        for name, value in facts_of(access).items():
            setattr(row, name, value)
    if decision == DECISION.END and access is not None and may_end(by, row.kind):
        _end(access, by)
    row.decision = DECISION(decision) if access is not None or row.decision else DECISION.GONE
    row.decided_at, row.decided_by_audit_id = timezone.now(), by.audit_id
    row.save()


def _end(access: Access, by: User) -> None:
    if isinstance(access.row, Membership):
        end_role(membership=access.row, by=by, last_day=None)
    else:
        end_group_access(access=access.row, by=by)


@transaction.atomic
def sign_review(*, review: AccessReview, by: User) -> None:
    """Sign that all access was reviewed. Raises ValidationError while a line waits, or has to end and has not ended."""
    _lock(by)
    row = _locked(review)
    here, now = living(timezone.localdate()), timezone.now()
    if set(here) - set(row.lines.values_list("kind", "object_pk")):
        raise ValidationError(_("Access was given since the review began. It is added below: decide on it too."))
    undecided = row.lines.filter(decision="")
    gone = [line.pk for line in undecided if (line.kind, line.object_pk) not in here]
    for line in row.lines.filter(pk__in=gone):
        line.decision, line.decided_at = DECISION.GONE, now
        line.save()
    if number := row.lines.filter(decision="").count():
        text = ngettext("%(number)d line waits for a decision.", "%(number)d lines wait for a decision.", number)
        raise ValidationError(text % {"number": number})
    if any((line.kind, line.object_pk) in here for line in row.lines.filter(decision=DECISION.END)):
        raise ValidationError(_("Something that has to end has not ended yet. Management can end it here."))
    row.state, row.signed_at, row.signed_by_audit_id = AccessReview.State.SIGNED, now, by.audit_id
    row.save()


def _lock(by: User) -> None:
    """One act on access at a time, as in kvs.staff; raises ValidationError when the role of `by` ended meanwhile."""
    Organisation.objects.select_for_update().get()
    actor: User = User.objects.get(pk=by.pk)
    if not actor.is_active or not actor.has_role(*REVIEWERS):
        raise ValidationError(_("Your own role has ended meanwhile: nothing was changed."))


def _locked(review: AccessReview) -> AccessReview:
    row = AccessReview.objects.select_for_update().get(pk=review.pk)
    if row.state == AccessReview.State.SIGNED:
        raise ValidationError(_("This review is signed: it does not change any more."))
    return row


# --- what waits


def waiting_for(user: User) -> int:
    """How many lines of the open review wait for a decision."""
    reviews = AccessReview.objects.visible_to(user).open()
    return AccessReviewLine.objects.filter(review__in=reviews, decision="").count()


def alarms_for(user: User) -> list[str]:
    """Whether the review is late."""
    due = due_on()
    if due is None or due >= timezone.localdate() or not user.has_role(*REVIEWERS):
        return []
    return [_("The half-yearly review of who may see what is late: begin it under “Who may see what”.")]

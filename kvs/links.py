"""One-time links: an invitation, a forgotten password, a lost second step. Each leads to choosing a password.

The secret (160 bits) stands behind the # of the address, which browsers send to no server: it is in no log and no
Referer. It is made when the e-mail is made, in the worker, and kept as a keyed hash only.
"""

import datetime as dt
import secrets
import uuid

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from kvs.cards import end_sessions
from kvs.fields import blind_index
from kvs.jobs import Run, job, start_job
from kvs.mail import send_mail
from kvs.models import OneTimeLink, User
from kvs.trace import acting

TOKEN_BYTES = 20
LIFETIMES = {
    OneTimeLink.Kind.INVITE: dt.timedelta(days=settings.INVITATION_DAYS),
    OneTimeLink.Kind.RESET: dt.timedelta(hours=1),
    OneTimeLink.Kind.RECOVER: dt.timedelta(days=1),
}


def token_index(token: str) -> str:
    """The keyed look-up value of a link's secret. Raises ValueError when it is empty."""
    return blind_index("one_time_link", token)


def link_of(token: str) -> OneTimeLink | None:
    """The live link with this secret, with its account; None also when the account is closed."""
    found = OneTimeLink.objects.live().filter(token_index=token_index(token), user__is_active=True) if token else None
    return found.select_related("user").first() if found is not None else None


@transaction.atomic
def invite(*, user: User, by: User) -> OneTimeLink:
    """A fresh invitation by e-mail; an earlier one dies."""
    link = _renew(user, OneTimeLink.Kind.INVITE, by)
    start_job("kvs.send_link", {"link": link.pk}, by=by)
    return link


@transaction.atomic
def ask_recovery(*, user: User, by: User) -> OneTimeLink:
    """That `by` wants `user` to set up password and second factor anew. Nothing happens until somebody else confirms."""
    return _renew(user, OneTimeLink.Kind.RECOVER, by)


@transaction.atomic
def confirm_recovery(*, user: User, by: User) -> OneTimeLink | None:
    """The second person: the link is mailed. None when nobody asked, or `by` did. The caller removes the factors."""
    asked = OneTimeLink.objects.live().select_for_update(of=("self",)).filter(user=user, kind=OneTimeLink.Kind.RECOVER)
    link = asked.exclude(issued_by=by).filter(issued_by__isnull=False, confirmed_by__isnull=True).first()
    if link is not None:
        link.confirmed_by = by
        link.save(update_fields=["confirmed_by"])
        start_job("kvs.send_link", {"link": link.pk}, by=by)
    return link


def take_back(*, user: User, by: User) -> None:
    """End every link of `user`."""
    OneTimeLink.objects.filter(user=user).delete()


def _renew(user: User, kind: OneTimeLink.Kind, by: User | None) -> OneTimeLink:
    OneTimeLink.objects.filter(user=user, kind=kind).delete()
    return OneTimeLink.objects.create(user=user, kind=kind, issued_by=by, expires_at=timezone.now() + LIFETIMES[kind])


@job("kvs.send_link")
def send_link(run: Run) -> None:
    """Mail a link that was made; a second run mails a new secret and the first one dies. Raises OSError."""
    link = OneTimeLink.objects.live().filter(pk=run.arguments["link"], user__is_active=True).select_related("user").first()
    if link is not None:  # else it was taken back meanwhile
        _mail(link)


@transaction.atomic
def ask_reset(*, user: User | None) -> None:
    """Somebody forgot a password: the worker mails a link if this account may have one. As much work for nobody as for
    somebody, so that neither answer nor time tells whether an address is known.
    """
    start_job("kvs.send_reset", {"user": user.pk if user else uuid.uuid4()}, by=None)


@job("kvs.send_reset")
def send_reset(run: Run) -> None:
    """Mail a link for a new password to who had one; an earlier link dies. Raises OSError.

    Who never had one (a student with a card, somebody invited) gets none here: that address is not proven.
    """
    user = User.objects.filter(pk=run.arguments["user"], is_active=True, email__isnull=False).first()
    if user is not None and user.has_usable_password() and user.active_memberships():
        _mail(_renew(user, OneTimeLink.Kind.RESET, None))


@job("kvs.tell_new_password")
def tell_new_password(run: Run) -> None:
    """Tell the owner of an account that its password was changed (ASVS 6.3.7). Raises OSError."""
    user = User.objects.filter(pk=run.arguments["user"]).first()
    if user is not None and user.email:
        send_mail("new_password", user)


def _mail(link: OneTimeLink) -> None:
    """Give `link` a secret and mail it. A mail server that refuses leaves no secret behind. Raises OSError."""
    token = _give_secret(link)
    try:
        send_mail(link.kind, link.user, address=address_of(token), until=link.expires_at)
    except OSError:
        link.token_index, link.sent_at = None, None
        link.save(update_fields=["token_index", "sent_at"])
        raise


def _give_secret(link: OneTimeLink) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link.token_index, link.sent_at = token_index(token), timezone.now()
    link.save(update_fields=["token_index", "sent_at"])
    return token


def hand_over(*, user: User) -> str:
    """The address of a link for a new password, for who sits at the machine itself: nothing is mailed."""
    return address_of(_give_secret(_renew(user, OneTimeLink.Kind.RESET, None)))


def address_of(token: str) -> str:
    """The address that is mailed."""
    return f"{settings.SITE_URL}{reverse('one_time_link')}#{token}"


@transaction.atomic
def use_link(*, pk: uuid.UUID, password: str) -> User | None:
    """Give the account of a live link this password, which the caller has judged; None when the link is gone.

    Every other link of the account dies and every session ends: whoever was in before must show the new password.
    """
    live = OneTimeLink.objects.live().select_for_update(of=("self",))
    link = live.filter(pk=pk, token_index__isnull=False, user__is_active=True).select_related("user").first()
    if link is None:
        return None
    user = link.user
    with acting(lambda: user):
        user.set_password(password)
        user.save(update_fields=["password"])
        take_back(user=user, by=user)
    end_sessions(user=user)
    if link.kind != OneTimeLink.Kind.INVITE:
        start_job("kvs.tell_new_password", {"user": user.pk}, by=user)
    return user


@transaction.atomic
def change_password(*, user: User, password: str) -> None:
    """Give a signed-in account this password, which the caller has judged. Links that were under way die."""
    row = User.objects.select_for_update().get(pk=user.pk)
    row.set_password(password)
    row.save(update_fields=["password"])
    user.password = row.password
    take_back(user=row, by=row)
    start_job("kvs.tell_new_password", {"user": row.pk}, by=row)


def delete_expired_links() -> None:
    """Delete links nobody used."""
    OneTimeLink.objects.filter(expires_at__lte=timezone.now()).delete()

"""E-mail to the privacy contacts about requests: that there is one, that its term ends. Never whose, never what."""

import uuid

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from kvs.jobs import start_job
from kvs.mail import send_mail
from kvs.models import Role, User
from privacy import rules
from privacy.models import PrivacyRequest

TEMPLATES = {"received": "privacy_request", "reminder": "privacy_reminder"}


def contacts() -> list[User]:
    """Everybody who is a privacy officer today and has an address."""
    active = User.objects.with_role_today(Role.PRIVACY_OFFICER).filter(is_active=True, email__isnull=False)
    return list(active.order_by("pk"))


def tell_contacts(request: str | uuid.UUID, what: str) -> None:
    """Mail each contact; one whose mail is refused does not keep it from the others. Raises OSError afterwards."""
    found = PrivacyRequest.objects.filter(pk=request).first()
    if found is None:  # gone meanwhile
        return
    refused: OSError | None = None
    for user in contacts():
        try:
            send_mail(TEMPLATES[what], user, request=found, path=reverse("privacy:request", args=[found.pk]))
        except OSError as problem:
            refused = problem
    if refused is not None:
        raise refused


@transaction.atomic
def remind() -> int:
    """Start a mail for each request of which another reminder has fallen due; how many."""
    today, started = timezone.localdate(), 0
    for row in PrivacyRequest.objects.unanswered().select_for_update(skip_locked=True):
        wanted = rules.reminders_due(today, row.last_day)
        if wanted > row.reminders:
            row.reminders = wanted
            row.save(update_fields=["reminders"])
            start_job("privacy.tell_contacts", {"request": row.pk, "what": "reminder"}, by=None)
            started += 1
    return started

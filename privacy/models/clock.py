"""What requests and complaints share: somebody asked, and a term runs until the letter with the answer is sent."""

import datetime as dt
from typing import Self, TypeVar

from django.db import models

from kvs.models import User
from students.models import Student

OPEN_STATES = ("new", "handling", "decided")
Asked = TypeVar("Asked", bound=models.Model, covariant=True)


class ClockQuerySet(models.QuerySet[Asked]):
    """By whom, and how the clock stands. For models with `subject_audit_id`, `state`, `letter_sent_on` and `last_day`."""

    def of_person(self, user: User) -> Self:
        """Those of the holder of this account, as a student or as a colleague."""
        mine = [user.audit_id, *Student.objects.filter(user=user).values_list("audit_id", flat=True)]
        return self.filter(subject_audit_id__in=mine)

    def open(self) -> Self:
        """Not closed, not taken back."""
        return self.filter(state__in=OPEN_STATES)

    def unanswered(self) -> Self:
        """Open ones whose letter has not been sent: the clock runs."""
        return self.open().filter(letter_sent_on__isnull=True)

    def overdue(self, today: dt.date) -> Self:
        """Unanswered ones whose last day has passed."""
        return self.unanswered().filter(last_day__lt=today)

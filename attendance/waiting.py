"""What waits for somebody who looks after registers and absence: for start pages, the navigation and overviews."""

from django.utils import timezone

from attendance.missing import number_missing
from attendance.models import AbsenceReport, FollowUp
from attendance.models.absence import ABSENCE_READERS
from attendance.models.follow_up import FollowUpQuerySet
from kvs.models import User


def due_steps(user: User) -> FollowUpQuerySet:
    """Follow-ups of absence that `user` may read, of which the next step is due today or late; the oldest day first."""
    found = FollowUp.objects.visible_to(user).usable().due(timezone.localdate())
    return found.order_by("due_on", "programme__student__sort_key", "pk")


def number_waiting(user: User) -> int:
    """Registers without a signature, steps that are due and leave that was asked, together: the figure in the navigation."""
    return number_missing(user) + due_steps(user).count() + number_asking(user)


def number_asking(user: User) -> int:
    """Students who wait for an answer of `user` about leave."""
    return AbsenceReport.objects.visible_to(user.only_as(*ABSENCE_READERS)).asked().count()

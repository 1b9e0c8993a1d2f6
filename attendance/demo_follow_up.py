"""Absence of the demo school that is followed up: rules, and students on different steps of the ladder."""

import datetime as dt

from attendance.actions.follow_up import add_rule, change_step, close_follow_up, find_signals, take_step
from attendance.models import FollowUp
from students.demo import staff

# When the registers were looked at, in days before today; each follow-up found then climbs these steps, so many days later.
FOUND = {24: (("agreed", 3), ("handed", 9), ("posted", 16)), 15: (("no_show", 5),), 4: (), 0: ()}
CLOSED = 1  # of those found first this many came back


def fill(today: dt.date) -> None:
    """After the lessons: what the rules found in them over the last weeks, and what Ineke did about it."""
    by = staff("ineke")
    common = {"client": None, "active": True, "counts": "unexcused", "source": ""}
    add_rule(kind="lessons", threshold=4, weeks=4, by=by, **common)
    add_rule(kind="consecutive", threshold=3, weeks=4, by=by, **common)
    change_step(kind="letter_1", version=1, by=by, changes={"working_days": 3})
    for days, steps in FOUND.items():
        day = today - dt.timedelta(days=days)
        known = set(FollowUp.objects.values_list("pk", flat=True))
        find_signals(today=day, by=by)
        for number, row in enumerate(FollowUp.objects.exclude(pk__in=known).order_by("programme__student__number")):
            climbed = steps[: len(steps) - number % 2]  # not all of them equally far
            for outcome, later in climbed:
                row.refresh_from_db()
                take_step(follow_up=row, version=row.version, outcome=outcome, done_on=day + dt.timedelta(days=later), by=by)
            if steps and number < CLOSED and days == max(FOUND):
                row.refresh_from_db()
                close_follow_up(follow_up=row, version=row.version, because="recovered", done_on=today, by=by)

"""Does the file of a month have to go to DUO without somebody? Then the privacy officer has a task, with a day."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs.holidays import is_working_day
from kvs.models import User
from privacy.models import WithheldTask
from reporting.duo_hours import contracts_of, to_report
from reporting.lessons import first_of_month
from reporting.reports import duo
from reporting.withheld import withheld

# DUO wants the file monthly; on which day is in no public source. The data have to be there two weeks after they are needed
# (Besluit inburgering art. 6.2, text of 2014; domain/duo.md section 1, read 2026-11-26: not confirmed).
DAY_OF_DUO = 14


def duo_by(month: dt.date) -> dt.date:
    """The last working day up to the fourteenth of the month after `month` (a first day)."""
    day = (month + dt.timedelta(days=31)).replace(day=DAY_OF_DUO)
    while not is_working_day(day):
        day -= dt.timedelta(days=1)
    return day


def number_withheld(month: dt.date) -> int:
    """How many students of the whole school should be in the file of `month` and may not be."""
    found = contracts_of(month, None).filter(to_report("programme__"), programme__student__in=withheld(duo.REPORT))
    return found.values("programme__student").distinct().count()


@transaction.atomic
def note_withheld(*, today: dt.date) -> int:
    """Make the task of the month before `today`, or bring it up to date; how many students it is about. Safe to run twice.

    It closes by itself when nobody is left out any more, and opens again when more are than somebody looked at.
    """
    month = first_of_month(today, back=1)
    number = number_withheld(month)
    task = WithheldTask.objects.select_for_update().filter(month=month).first()
    if task is None:
        if number:
            WithheldTask.objects.create(month=month, number=number, last_on=duo_by(month))
        return number
    if number > task.number:
        task.outcome, task.done_on, task.done_by = "", None, None
    elif not number and not task.outcome:
        task.outcome, task.done_on = WithheldTask.Outcome.LIFTED, today
    task.number = number or task.number
    task.save()
    return number


@transaction.atomic
def finish_withheld(*, task: WithheldTask, outcome: str, by: User) -> WithheldTask:
    """Say what is done about it. Raises ValidationError when a colleague was first."""
    row = WithheldTask.objects.select_for_update().get(pk=task.pk)
    if row.outcome:
        raise ValidationError(_("A colleague has done this already."))
    row.outcome, row.done_on, row.done_by = outcome, timezone.localdate(), by
    row.full_clean(exclude=["done_by"])
    row.save()
    return row

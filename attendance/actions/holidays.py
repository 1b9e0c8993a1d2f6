"""Taking holidays of a file over into the calendar."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction

from attendance.actions.closures import add_closure
from attendance.closing import same_closure
from attendance.models import Closure
from kvs.models import Location, User
from students.models.groups import hold_timetable


class Period(NamedTuple):
    """Days to close the school on, both included, and what they are called."""

    name: str
    starts_on: dt.date
    ends_on: dt.date


@transaction.atomic
def take_holidays(*, periods: Sequence[Period], location: Location | None, by: User) -> tuple[int, int]:
    """Close `location` (None: the whole school) in these periods; how many are new, and how many lessons lapse.

    What stands in the calendar already is passed over, so twice is once. Raises ValidationError: then nothing is written.
    """
    hold_timetable()
    stored = Closure.objects.filter(location=location).values_list("name", "starts_on", "ends_on")
    known = {same_closure(*row) for row in stored}
    made = lapsed = 0
    for period in periods:
        key = same_closure(*period)
        if key not in known:
            known.add(key)
            lapsed += add_closure(location=location, by=by, **period._asdict())[1]
            made += 1
    return made, lapsed

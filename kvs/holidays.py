"""Public holidays of the Netherlands, and which days are worked.

Source of the list: the `holidays` library, category "public": the days of the Algemene termijnenwet art. 3, with Liberation Day
only in the years in which people are free on it (every fifth). School holidays are not in it: those differ per region and school.
"""

import datetime as dt
from functools import cache

import holidays

SATURDAY = 5  # datetime.date.weekday()


@cache
def _of(year: int) -> dict[dt.date, str]:
    return dict(sorted(holidays.country_holidays("NL", years=year, language="nl").items()))


def public_holidays(year: int) -> dict[dt.date, str]:
    """Every public holiday in that calendar year, earliest first, with its Dutch name ("Koningsdag")."""
    return dict(_of(year))


def holiday_on(day: dt.date) -> str:
    """The Dutch name of the public holiday `day` is; empty when it is none."""
    return _of(day.year).get(day, "")


def is_working_day(day: dt.date) -> bool:
    """Whether people work on `day`: Monday to Friday, and no public holiday."""
    return day.weekday() < SATURDAY and not holiday_on(day)


def working_days_after(day: dt.date, number: int) -> dt.date:
    """The last of `number` working days after `day`; `day` itself does not count."""
    while number:
        day += dt.timedelta(days=1)
        number -= is_working_day(day)
    return day

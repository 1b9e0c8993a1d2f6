"""Days on which nobody works: the list of the law (Algemene termijnenwet art. 3), and working days counted around it."""

import datetime as dt

import pytest

from kvs.holidays import holiday_on, is_working_day, public_holidays, working_days_after

D = dt.date


def test_the_holidays_of_a_year_have_dutch_names() -> None:
    """2027, counted from Easter Sunday 28 March by hand; King's Day of art. 3 on 27 April."""
    assert public_holidays(2027) == {
        D(2027, 1, 1): "Nieuwjaarsdag",
        D(2027, 3, 26): "Goede vrijdag",
        D(2027, 3, 28): "Eerste paasdag",
        D(2027, 3, 29): "Tweede paasdag",
        D(2027, 4, 27): "Koningsdag",
        D(2027, 5, 6): "Hemelvaartsdag",
        D(2027, 5, 16): "Eerste pinksterdag",
        D(2027, 5, 17): "Tweede pinksterdag",
        D(2027, 12, 25): "Eerste kerstdag",
        D(2027, 12, 26): "Tweede kerstdag",
    }


def test_who_changes_the_answer_changes_nobody_elses() -> None:
    public_holidays(2027).clear()
    assert len(public_holidays(2027)) == 10


@pytest.mark.parametrize(
    ("day", "name", "works"),
    [
        (D(2026, 11, 27), "", True),  # a Friday
        (D(2026, 11, 28), "", False),
        (D(2026, 11, 29), "", False),
        (D(2025, 4, 26), "Koningsdag", False),  # the 27th was a Sunday
        (D(2025, 4, 28), "", True),
        (D(2025, 5, 5), "Bevrijdingsdag", False),  # every fifth year
        (D(2026, 5, 5), "", True),
        (D(2026, 4, 6), "Tweede paasdag", False),
    ],
)
def test_a_day(day: dt.date, name: str, works: bool) -> None:
    assert (holiday_on(day), is_working_day(day)) == (name, works)


@pytest.mark.parametrize(
    ("day", "number", "last"),
    [
        (D(2026, 11, 23), 5, D(2026, 11, 30)),  # Monday to Monday
        (D(2026, 11, 27), 5, D(2026, 12, 4)),  # Friday to Friday
        (D(2026, 11, 28), 5, D(2026, 12, 4)),  # Saturday
        (D(2026, 11, 29), 5, D(2026, 12, 4)),
        (D(2026, 12, 23), 5, D(2026, 12, 31)),  # Christmas Friday
        (D(2026, 12, 24), 5, D(2027, 1, 4)),  # Christmas, a weekend and New Year's Day
        (D(2026, 4, 2), 1, D(2026, 4, 7)),  # Good Friday to Easter Monday
        (D(2026, 4, 2), 0, D(2026, 4, 2)),
    ],
)
def test_working_days_are_counted_around_holidays(day: dt.date, number: int, last: dt.date) -> None:
    assert working_days_after(day, number) == last

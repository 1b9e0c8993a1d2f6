"""How icons, dates, hours and money look on a page."""

import datetime as dt

import pytest
from django.template import Context, Template
from django.utils import translation
from lucide import IconDoesNotExist

from kvs.templatetags.kvs import hours, icon, money

DAY, MOMENT = dt.date(2026, 1, 12), dt.datetime(2026, 3, 3, 9, 30)  # noqa: DTZ001  # how it is written, not when it is


def written(source: str, language: str = "nl") -> str:
    with translation.override(language):
        return Template(source).render(Context({"day": DAY, "moment": MOMENT}))


@pytest.mark.parametrize(
    ("source", "dutch", "english"),
    [
        ("{{ day|date }}", "12 jan 2026", "12 Jan 2026"),
        ("{{ day }}", "12 jan 2026", "12 Jan 2026"),
        ('{{ day|date:"SHORT_DATE_FORMAT" }}', "ma 12 jan", "Mon 12 Jan"),
        ('{{ day|date:"MONTH_DAY_FORMAT" }}', "maandag 12 januari", "Monday 12 January"),
        ('{{ day|date:"YEAR_MONTH_FORMAT" }}', "januari 2026", "January 2026"),
        ("{{ moment|date }}", "3 mrt 2026", "3 Mar 2026"),
        ("{{ moment|time }}", "09:30", "09:30"),
        ('{{ moment|date:"DATETIME_FORMAT" }}', "3 mrt 2026, 09:30", "3 Mar 2026, 09:30"),
    ],
)
def test_dates(source: str, dutch: str, english: str) -> None:
    assert written(source) == dutch
    assert written(source, "en") == english


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (210, "3,5"),
        (90, "1,5"),
        (60, "1"),
        (0, "0"),
        (45, "0,75"),
        (50, "0,83"),
        (600, "10"),
        (132_840, "2.214"),
        (-90, "-1,5"),
    ],
)
def test_hours(minutes: int, text: str) -> None:
    with translation.override("nl"):
        assert hours(minutes) == text


@pytest.mark.parametrize(
    ("cents", "text"), [(125_000, "€\xa01.250,00"), (5, "€\xa00,05"), (0, "€\xa00,00"), (-1_250, "€\xa0-12,50")]
)
def test_money(cents: int, text: str) -> None:
    with translation.override("nl"):
        assert money(cents) == text


def test_nothing_is_a_dash() -> None:
    assert (hours(None), money(None)) == ("–", "–")


def test_icon_is_hidden_from_screen_readers_and_sized() -> None:
    svg = icon("search", 16)
    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>")
    assert [part in svg for part in ('aria-hidden="true"', 'class="icon icon-search"', 'width="16"', "style=")] == [
        True,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("source", ['{% icon "search" 16 %}', "{% icon name 16 %}", '{% icon "search" size %}'])
def test_icon_in_a_page_is_the_same_written_out_or_named(source: str) -> None:
    assert Template(source).render(Context({"name": "search", "size": 16})) == icon("search", 16)


def test_unknown_icon_is_refused() -> None:
    with pytest.raises(IconDoesNotExist):
        icon("no-such-icon")

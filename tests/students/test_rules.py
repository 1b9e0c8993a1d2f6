"""Names, dates and numbers: tables of cases."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from students import rules


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Şahin", "sahin"),
        ("Nguyễn Thị Hoa", "nguyen thi hoa"),
        ("Łukasz D'Souza", "lukasz d souza"),
        ("José-Luis  de la   Fuente", "jose luis de la fuente"),
        ("Søren Ærø", "soren aero"),
        ("IJsbrand", "ijsbrand"),
        ("İbrahim Yıldız", "ibrahim yildiz"),
        ("محمد", "محمد"),
        ("ገብረ", "ገብረ"),
        ("", ""),
    ],
)
def test_folding(text: str, expected: str) -> None:
    assert rules.folded(text) == expected


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(text: str) -> None:
    once = rules.folded(text)

    assert rules.folded(once) == once


def test_lists_order_by_surname_without_prefix() -> None:
    people = [("de Vries", "Vries", "Anna"), ("Ábel", "Ábel", "Bo"), ("IJsbrand", "IJsbrand", "Cy"), ("abdi", "abdi", "Di")]

    ordered = sorted(people, key=lambda person: rules.sort_key(person[1], person[2]))

    assert [person[0] for person in ordered] == ["abdi", "Ábel", "IJsbrand", "de Vries"]


@pytest.mark.parametrize(
    "typed", ["berg", "van den berg", "vandenberg", "siti", "rahayu", "2025", "berg siti", "BÉRG", "2025-0147", "berg-rah"]
)
def test_ways_to_find_one_person(typed: str) -> None:
    text = rules.search_text(
        given_names="Siti Nurhaliza", call_name="Siti", infix="van den", surname="Berg-Rahayu", number="2025-0147"
    )

    assert all(f" {word}" in text for word in rules.folded(typed).split())


@pytest.mark.parametrize(
    ("year", "month", "day", "problem"),
    [
        (None, None, None, ""),
        (1990, None, None, ""),
        (1990, 2, None, ""),
        (1990, 2, 28, ""),
        (1990, 2, 29, "day"),
        (1992, 2, 29, ""),
        (1990, 13, None, "month"),
        (1990, 0, None, "month"),
        (1990, 4, 31, "day"),
        (1990, None, 5, "gap"),
        (None, 5, None, "gap"),
        (None, 5, 5, "gap"),
    ],
)
def test_birth_dates_may_be_partly_unknown(year: int | None, month: int | None, day: int | None, problem: str) -> None:
    assert rules.birth_date_problem(year, month, day) == problem


@pytest.mark.parametrize(
    ("on", "born", "age"),
    [
        (dt.date(2026, 11, 22), (2010, 11, 22), 16),
        (dt.date(2026, 11, 22), (2010, 11, 23), 15),
        (dt.date(2026, 11, 22), (2010, None, None), 15),
        (dt.date(2026, 12, 31), (2010, None, None), 16),
        (dt.date(2026, 11, 22), (None, None, None), None),
    ],
)
def test_age_counts_the_unknown_as_not_yet_passed(
    on: dt.date, born: tuple[int | None, int | None, int | None], age: int | None
) -> None:
    assert rules.age_on(on, *born) == age


@pytest.mark.parametrize(
    ("year", "last", "expected"),
    [
        (2026, None, "2026-0001"),
        (2026, "2026-0147", "2026-0148"),
        (2027, "2026-0147", "2027-0001"),
        (2026, "2026-9999", "2026-10000"),
    ],
)
def test_student_numbers_count_per_year(year: int, last: str | None, expected: str) -> None:
    assert rules.next_number(year, last) == expected


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("1234ab", "1234 AB"), (" 1234 AB ", "1234 AB"), ("0234 AB", "0234 AB"), ("B-1000", "B-1000"), ("SW1A 1AA", "SW1A 1AA")],
)
def test_postcodes(typed: str, kept: str) -> None:
    assert rules.postcode_normalised(typed) == kept

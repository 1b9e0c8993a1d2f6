"""Titles, columns and cells of spreadsheets: what is certain, what is only proposed, what is a problem."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as any_

from kvs import importing
from kvs.importing import Column, Kind, Reading, find_header, interpret, layout_key, recognise
from kvs.reading import Value

TODAY = dt.date(2026, 11, 25)
NAME = Column("surname", "achternaam", ("achternaam", "naam"))
BORN = Column("birth_date", "geboortedatum", ("geboortedatum", "geb datum"), Kind.BIRTH_DATE)
START = Column("starts_on", "begin", ("startdatum", "start"), Kind.DATE)
BSN = Column("bsn", "BSN", ("bsn", "sofi"), Kind.BSN)
MAIL = Column("email", "e-mail", ("e-mail",), Kind.EMAIL)
PHONE = Column("phone", "telefoon", ("telefoon",), Kind.PHONE)
HOURS = Column("hours", "uren", ("uren",), Kind.NUMBER)
CODE = Column("postcode", "postcode", ("postcode",), Kind.POSTCODE)
LAW = Column("law", "wet", ("wet",), Kind.CHOICE, {"wi2021": ("2021", "wi 2021"), "none": ("geen",)})
COLUMNS = (NAME, BORN, START, BSN, MAIL, PHONE, HOURS, CODE, LAW)
GOOD = "999990019"
EIGHT = 12345672  # fits the elfproef with a 0 in front

CELLS: list[tuple[Column, Value, Reading]] = [
    (BORN, dt.date(1991, 3, 12), Reading((1991, 3, 12))),
    (BORN, "12-03-1991", Reading((1991, 3, 12))),
    (BORN, "12.3.1991", Reading((1991, 3, 12))),
    (BORN, "1991-03-12", Reading((1991, 3, 12))),
    (BORN, "1991-03-12 00:00:00", Reading((1991, 3, 12))),
    (BORN, "13/04/1991", Reading((1991, 4, 13))),
    (BORN, "03/04/1991", Reading(why=importing.DAY_OR_MONTH, offered=(1991, 4, 3))),
    (BORN, "04/13/1991", Reading(why=importing.DAY_OR_MONTH, offered=(1991, 4, 13))),
    (BORN, "04/04/1991", Reading((1991, 4, 4))),
    (BORN, "03-04-88", Reading(why=importing.WHICH_CENTURY, offered=(1988, 4, 3))),
    (BORN, "03-04-08", Reading(why=importing.WHICH_CENTURY, offered=(2008, 4, 3))),
    (START, "01-09-26", Reading(why=importing.WHICH_CENTURY, offered=dt.date(2026, 9, 1))),
    (START, "01-09-88", Reading(why=importing.WHICH_CENTURY, offered=dt.date(2088, 9, 1))),
    (BORN, "7 jan 1991", Reading(why=importing.AS_TEXT, offered=(1991, 1, 7))),
    (BORN, "7 maart 1991", Reading(why=importing.AS_TEXT, offered=(1991, 3, 7))),
    (BORN, "7-mrt-91", Reading(why=importing.AS_TEXT, offered=(1991, 3, 7))),
    (BORN, 33245, Reading(why=importing.AS_NUMBER, offered=(1991, 1, 7))),
    (BORN, "33245", Reading(why=importing.AS_NUMBER, offered=(1991, 1, 7))),
    (BORN, 1990, Reading(why=importing.PARTLY, offered=(1990, None, None))),
    (BORN, "1990", Reading(why=importing.PARTLY, offered=(1990, None, None))),
    (BORN, "00-00-1990", Reading(why=importing.PARTLY, offered=(1990, None, None))),
    (BORN, "maart 1990", Reading(why=importing.PARTLY, offered=(1990, 3, None))),
    (BORN, "03-1990", Reading(why=importing.PARTLY, offered=(1990, 3, None))),
    (BORN, 19910312, Reading((1991, 3, 12))),
    (BORN, "19910300", Reading(why=importing.PARTLY, offered=(1991, 3, None))),
    (BORN, "19910000", Reading(why=importing.PARTLY, offered=(1991, None, None))),
    (BORN, "31-02-1990", Reading(why=importing.NO_SUCH_DAY)),
    (BORN, "29-02-1991", Reading(why=importing.NO_SUCH_DAY)),
    (BORN, "31-01-2062", Reading(why=importing.IN_FUTURE)),
    (BORN, "12-03-1591", Reading(why=importing.TOO_EARLY)),
    (BORN, "10-12-1899", Reading(why=importing.TOO_EARLY)),
    (BORN, "18991210", Reading(why=importing.TOO_EARLY)),
    (BORN, 18980102, Reading(why=importing.TOO_EARLY)),
    (BORN, "1899", Reading(why=importing.TOO_EARLY)),
    (BORN, "18993110", Reading(why=importing.NO_DATE)),
    (BORN, "31-02-1898", Reading(why=importing.NO_SUCH_DAY)),
    (BORN, "00-00-0000", Reading(why=importing.NO_SUCH_DAY)),
    (BORN, "onbekend", Reading(why=importing.NO_DATE)),
    (BORN, True, Reading(why=importing.NO_DATE)),
    (BORN, 10**14, Reading(why=importing.NO_DATE)),
    (START, 1990, Reading(why=importing.PARTLY)),
    (START, "maart 1990", Reading(why=importing.PARTLY)),
    (BSN, GOOD, Reading(GOOD)),
    (BSN, int(GOOD), Reading(GOOD)),
    (BSN, "9999.90.019", Reading(GOOD)),
    (BSN, EIGHT, Reading(why=importing.LOST_ZERO, offered=f"0{EIGHT}")),
    (BSN, "123456789", Reading(why=importing.NO_BSN)),
    (BSN, "1234567", Reading(why=importing.NO_BSN)),
    (BSN, "٩٩٩٩٩٠٠١٩", Reading(why=importing.NO_BSN)),
    (BSN, "geen", Reading(why=importing.NO_BSN)),
    (PHONE, 612345678, Reading(why=importing.LOST_ZERO, offered="0612345678")),
    (PHONE, "06-12345678", Reading("06-12345678")),
    (PHONE, "+31 6 12345678", Reading("+31 6 12345678")),
    (PHONE, "bellen na 5", Reading(why=importing.NO_PHONE)),
    (MAIL, "rania@voorbeeld.test", Reading("rania@voorbeeld.test")),
    (MAIL, "rania@voorbeeld", Reading(why=importing.NO_EMAIL)),
    (HOURS, "300", Reading(300)),
    (HOURS, "300,0", Reading(300)),
    (HOURS, "300 uur", Reading(why=importing.NO_NUMBER, offered=300)),
    (HOURS, True, Reading(why=importing.NO_NUMBER)),
    (CODE, "1234ab", Reading("1234 AB")),
    (CODE, "12345", Reading(why=importing.NO_POSTCODE, offered="12345")),
    (LAW, "Wi 2021", Reading("wi2021")),
    (LAW, 2021, Reading("wi2021")),
    (LAW, "GEEN", Reading("none")),
    (LAW, "misschien", Reading(why=importing.UNKNOWN_WORD)),
    (NAME, "  El   Idrissi ", Reading("El Idrissi")),
    (NAME, "El\x00Idrissi", Reading("ElIdrissi")),
    (NAME, dt.date(2026, 1, 2), Reading("02-01-2026")),
    (NAME, 7, Reading("7")),
    *((column, empty, Reading()) for column in COLUMNS for empty in (None, "", "  ", "\xa0", "\x00")),
]


@pytest.mark.parametrize(("column", "cell", "expected"), CELLS)
def test_what_a_cell_says(column: Column, cell: Value, expected: Reading) -> None:
    assert interpret(column, cell, TODAY) == expected


@given(
    column=any_.sampled_from(COLUMNS),
    cell=any_.one_of(any_.text(max_size=40), any_.integers(), any_.floats(allow_nan=False), any_.dates(), any_.booleans()),
)
def test_no_cell_makes_it_fall_over(column: Column, cell: Any) -> None:
    found = interpret(column, cell, TODAY)

    assert found.certain or found.value is None


SHEETS: list[tuple[str, list[list[Value]], int, tuple[str, ...]]] = [
    ("at the top", [["Achternaam", "BSN"], ["Haddad", GOOD]], 0, ("surname", "bsn")),
    ("under titles", [["Cursisten 2026"], [], ["", "let op!"], ["Naam", "Sofi"], ["Haddad", GOOD]], 3, ("surname", "bsn")),
    (
        "in two rows",
        [["Cursist", "", "Traject", ""], ["achternaam", "geb. datum", "start", "uren"], ["Haddad", "1-1-1990", "2-2-2026", 3]],
        1,
        ("surname", "birth_date", "starts_on", "hours"),
    ),
    ("words that look like titles below", [["Naam", "Wet"], ["Wet", "2021"], ["Haddad", "geen"]], 0, ("surname", "law")),
]


@pytest.mark.parametrize(("kind", "rows", "row", "codes"), SHEETS)
def test_titles_are_found(kind: str, rows: list[list[Value]], row: int, codes: tuple[str, ...]) -> None:
    header = find_header(rows, COLUMNS)

    assert header is not None
    assert header.row == row
    assert tuple(guess.code for guess in recognise(header, rows[row + 1 :], COLUMNS)) == codes


def test_a_sheet_without_known_titles_has_none() -> None:
    assert find_header([["a", "b"], [1, 2]], COLUMNS) is None
    assert find_header([], COLUMNS) is None


def test_values_are_evidence_beside_the_title() -> None:
    rows: list[list[Value]] = [["Achternaam", "kolom", "BSN", "Geb. datum"], ["Haddad", GOOD, "1234", "12-03-1991"]]
    header = find_header(rows, COLUMNS)
    assert header
    found = recognise(header, rows[1:], COLUMNS)

    assert [(guess.code, guess.certainty) for guess in found] == [
        ("surname", importing.SURE),
        ("bsn", importing.LIKELY),  # by its values, for what is called so holds none
        ("", importing.UNKNOWN),
        ("birth_date", importing.SURE),
    ]


def test_each_meaning_once() -> None:
    rows: list[list[Value]] = [["Achternaam", "Naam", "uren", "uren"], ["Haddad", "x", 3, "veel"]]
    header = find_header(rows, COLUMNS)
    assert header

    assert [guess.code for guess in recognise(header, rows[1:], COLUMNS)] == ["surname", "", "hours", ""]


def test_a_layout_is_known_by_its_titles_alone() -> None:
    assert layout_key(["Achternaam", "BSN "]) == layout_key(["ACHTERNAAM", "bsn"])
    assert layout_key(["Achternaam", "BSN"]) != layout_key(["BSN", "Achternaam"])

"""What a spreadsheet means. Tables of what files really say; dates and numbers also for whatever hypothesis thinks of."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvs import importing
from kvs.importing import Column, Guess, Header, Kind, Order, Reading, date_order, find_header, interpret, layout_key, recognise
from kvs.reading import Value, read_workbook
from students.importer.columns import BY_CODE, COLUMNS

SHARED = Path(__file__).parents[3] / "shared" / "data"
TODAY = dt.date(2026, 11, 25)
BORN, DAY = BY_CODE["birth_date"], BY_CODE["starts_on"]
DATE = Column("date", "", (), Kind.DATE)


def offer(why: str, *value: Any) -> Reading:
    return Reading(why=why, offered=value[0] if value else None)


# --- cells


BIRTH_DATES: list[tuple[Value, Reading]] = [
    (dt.date(1991, 3, 12), Reading((1991, 3, 12))),
    ("12-03-1991", Reading((1991, 3, 12))),
    ("1-2-1991", Reading((1991, 2, 1))),
    ("12.03.1991", Reading((1991, 3, 12))),
    ("1991-03-12", Reading((1991, 3, 12))),
    ("1991-03-12T00:00:00", Reading((1991, 3, 12))),
    ("12-03-1991 0:00", Reading((1991, 3, 12))),
    ("19910312", Reading((1991, 3, 12))),
    (19910312, Reading((1991, 3, 12))),
    ("29-02-2000", Reading((2000, 2, 29))),
    ("13/03/1991", Reading((1991, 3, 13))),
    ("03/03/1991", Reading((1991, 3, 3))),
    ("01-01-1988", Reading((1988, 1, 1))),
    # proposed, stored only after a click
    ("03/04/1988", offer(importing.DAY_OR_MONTH, (1988, 4, 3))),
    ("03/25/1988", offer(importing.DAY_OR_MONTH, (1988, 3, 25))),
    ("03-04-88", offer(importing.WHICH_CENTURY, (1988, 4, 3))),
    ("03-04-05", offer(importing.WHICH_CENTURY, (2005, 4, 3))),
    ("3 maart 1988", offer(importing.AS_TEXT, (1988, 3, 3))),
    ("3 mrt. 1988", offer(importing.AS_TEXT, (1988, 3, 3))),
    ("3-okt-88", offer(importing.AS_TEXT, (1988, 10, 3))),
    ("3/OCT/1988", offer(importing.AS_TEXT, (1988, 10, 3))),
    ("March 3rd, 1988", offer(importing.AS_TEXT, (1988, 3, 3))),
    (33245, offer(importing.AS_NUMBER, (1991, 1, 7))),
    (33245.5, offer(importing.AS_NUMBER, (1991, 1, 7))),
    ("33245", offer(importing.AS_NUMBER, (1991, 1, 7))),
    # parts that nobody knows stay unknown: never a made-up 1 January (decisions.md 40)
    ("1988", offer(importing.PARTLY, (1988, None, None))),
    (1988, offer(importing.PARTLY, (1988, None, None))),
    ("00-00-1988", offer(importing.PARTLY, (1988, None, None))),
    ("00-03-1988", offer(importing.PARTLY, (1988, 3, None))),
    ("??-03-1988", offer(importing.PARTLY, (1988, 3, None))),
    ("xx-xx-1988", offer(importing.PARTLY, (1988, None, None))),
    ("12-00-1988", offer(importing.PARTLY, (1988, None, None))),
    ("1975-01-??", offer(importing.PARTLY, (1975, 1, None))),
    ("1975-??-??", offer(importing.PARTLY, (1975, None, None))),
    ("1988-00-00", offer(importing.PARTLY, (1988, None, None))),
    ("19680000", offer(importing.PARTLY, (1968, None, None))),
    ("19680300", offer(importing.PARTLY, (1968, 3, None))),
    ("maart 1988", offer(importing.PARTLY, (1988, 3, None))),
    ("3/1988", offer(importing.PARTLY, (1988, 3, None))),
    # no date
    ("31-02-1962", offer(importing.NO_SUCH_DAY)),
    ("29-02-1900", offer(importing.NO_SUCH_DAY)),
    ("32-01-1991", offer(importing.NO_SUCH_DAY)),
    ("00-13-1988", offer(importing.NO_SUCH_DAY)),
    ("12-03-0191", offer(importing.NO_SUCH_DAY)),
    ("0000-01-01", offer(importing.NO_SUCH_DAY)),
    (dt.date(1899, 12, 31), offer(importing.TOO_EARLY)),
    (dt.date(2029, 3, 12), offer(importing.IN_FUTURE)),
    ("26-11-2026", offer(importing.IN_FUTURE)),
    ("3 foo 1988", offer(importing.NO_DATE)),
    ("onbekend", offer(importing.NO_DATE)),
    ("00000000", offer(importing.NO_DATE)),
    (True, offer(importing.NO_DATE)),
    (12, offer(importing.NO_DATE)),
    (10**15, offer(importing.NO_DATE)),
    ("nan", offer(importing.NO_DATE)),
    ("9" * 5000, offer(importing.NO_DATE)),
]


@pytest.mark.parametrize(("cell", "reading"), BIRTH_DATES, ids=lambda it: str(it)[:30])
def test_dates_of_birth(cell: Value, reading: Reading) -> None:
    assert interpret(BORN, cell, TODAY) == reading


@pytest.mark.parametrize(
    ("cell", "reading"),
    [
        ("12-03-2027", Reading(dt.date(2027, 3, 12))),
        ("12-03-27", offer(importing.WHICH_CENTURY, dt.date(2027, 3, 12))),
        ("00-03-2027", offer(importing.PARTLY)),
        ("2027", offer(importing.PARTLY)),
        ("31-12-9999", offer(importing.NO_SUCH_DAY)),
    ],
)
def test_other_dates_are_whole(cell: Value, reading: Reading) -> None:
    assert interpret(DATE, cell, TODAY) == reading


@given(st.dates(dt.date(1900, 1, 1), TODAY))
def test_a_date_written_whole_comes_back(day: dt.date) -> None:
    for written in (day, f"{day:%d-%m-%Y}", f"{day:%-d.%-m.%Y}", f"{day:%Y%m%d}", day.isoformat(), int(f"{day:%Y%m%d}")):
        assert interpret(BORN, written, TODAY) == Reading((day.year, day.month, day.day))


@given(st.one_of(st.text(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.dates()))
def test_whatever_a_cell_says_nothing_breaks_and_no_date_is_certain_that_cannot_be(cell: Value) -> None:
    for column in COLUMNS:
        for order in Order if column.kind in (Kind.DATE, Kind.BIRTH_DATE) else [Order.UNKNOWN]:
            found = interpret(column, cell, TODAY, order)
            assert found.certain == (not found.why)
            if found.certain and column.kind is Kind.DATE and found.value is not None:
                assert 1900 <= found.value.year <= 2100


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["12-03-1991", "01-02-1990"], Order.UNKNOWN),
        (["13-03-1991", "01-02-1990"], Order.DAY_FIRST),
        (["03/25/1991", "01-02-1990"], Order.TURNED),
        (["03/25/1991", "13-02-1990", dt.date(1990, 2, 13)], Order.MONTH_FIRST),
        (["03/25/1991", dt.date(1990, 2, 12)], Order.TURNED),
        (["13-05-2012", dt.date(1993, 12, 6)], Order.DAY_FIRST),
        ([], Order.UNKNOWN),
    ],
)
def test_the_dates_of_a_column_tell_about_each_other(values: list[Value], order: Order) -> None:
    assert date_order(values) == order


@pytest.mark.parametrize(
    ("cell", "order", "reading"),
    [
        ("03/04/1988", Order.DAY_FIRST, Reading((1988, 4, 3))),
        ("03-04-88", Order.DAY_FIRST, offer(importing.WHICH_CENTURY, (1988, 4, 3))),
        ("03-04-1988", Order.MONTH_FIRST, offer(importing.DAY_OR_MONTH, (1988, 3, 4))),
        ("12/06/93", Order.MONTH_FIRST, offer(importing.DAY_OR_MONTH, (1993, 12, 6))),
        ("03-25-1988", Order.MONTH_FIRST, offer(importing.DAY_OR_MONTH, (1988, 3, 25))),
        ("13-04-1988", Order.MONTH_FIRST, Reading((1988, 4, 13))),
        ("04-04-1988", Order.MONTH_FIRST, Reading((1988, 4, 4))),
        (dt.date(1988, 4, 3), Order.MONTH_FIRST, Reading((1988, 4, 3))),
        (dt.date(1988, 4, 3), Order.TURNED, offer(importing.DAY_OR_MONTH, (1988, 3, 4))),
        (dt.date(1988, 4, 13), Order.TURNED, Reading((1988, 4, 13))),
    ],
)
def test_month_first_is_never_certain(cell: Value, order: Order, reading: Reading) -> None:
    assert interpret(BORN, cell, TODAY, order) == reading


CELLS: list[tuple[Kind, Value, Reading]] = [
    (Kind.BSN, "999990639", Reading("999990639")),
    (Kind.BSN, 999990639, Reading("999990639")),
    (Kind.BSN, "9999.90.639", Reading("999990639")),
    (Kind.BSN, 12345672, offer(importing.LOST_ZERO, "012345672")),
    (Kind.BSN, "12345672", offer(importing.LOST_ZERO, "012345672")),
    (Kind.BSN, 12345673, offer(importing.NO_BSN)),
    (Kind.BSN, "999990638", offer(importing.NO_BSN)),
    (Kind.BSN, "000000000", offer(importing.NO_BSN)),
    (Kind.BSN, "٩٩٩٩٩٠٦٣٩", offer(importing.NO_BSN)),
    (Kind.BSN, "zie dossier", offer(importing.NO_BSN)),
    (Kind.POSTCODE, "3565ce", Reading("3565 CE")),
    (Kind.POSTCODE, "3565 CE", Reading("3565 CE")),
    (Kind.POSTCODE, "0565 CE", offer(importing.NO_POSTCODE, "0565 CE")),
    (Kind.PHONE, "06-12345678", Reading("06-12345678")),
    (Kind.PHONE, "+31 6 12345678", Reading("+31 6 12345678")),
    (Kind.PHONE, 612345678, offer(importing.LOST_ZERO, "0612345678")),
    (Kind.PHONE, "geen", offer(importing.NO_PHONE)),
    (Kind.EMAIL, "mailto:a@example.nl", Reading("a@example.nl")),
    (Kind.EMAIL, "a@example.nl; b@example.nl", offer(importing.NO_EMAIL)),
    (Kind.NUMBER, 12, Reading(12)),
    (Kind.NUMBER, "12,0", Reading(12)),
    (Kind.NUMBER, "12 uur", offer(importing.NO_NUMBER, 12)),
    (Kind.NUMBER, 12.5, offer(importing.NO_NUMBER)),
    (Kind.NUMBER, True, offer(importing.NO_NUMBER)),
    (Kind.TEXT, "  de \u00a0 Vries\x00 ", Reading("de Vries")),
    (Kind.TEXT, 12, Reading("12")),
    *[(kind, cell, Reading()) for kind in Kind for cell in (None, "", " \u00a0", "null", "-", "?")],
]


@pytest.mark.parametrize(("kind", "cell", "reading"), CELLS, ids=lambda it: str(it)[:30])
def test_cells(kind: Kind, cell: Value, reading: Reading) -> None:
    assert interpret(Column("x", "", (), kind, {}), cell, TODAY) == reading


@pytest.mark.parametrize(
    ("code", "cell", "value"),
    [
        ("gender", "Vrouw", "f"),
        ("gender", "m", "m"),
        ("has_duo_loan", True, "1"),
        ("has_duo_loan", "nee", "0"),
        ("law", "Wi 2021", "wi2021"),
    ],
)
def test_words(code: str, cell: Value, value: str) -> None:
    assert interpret(BY_CODE[code], cell, TODAY) == Reading(value)
    assert interpret(BY_CODE[code], "banaan", TODAY) == Reading(why=importing.UNKNOWN_WORD)


def test_no_sentence_repeats_a_number() -> None:
    for cell in ("999990638", "12345672", 12345673):
        assert "9999" not in str(interpret(BY_CODE["bsn"], cell, TODAY).why)
        assert "1234" not in str(interpret(BY_CODE["bsn"], cell, TODAY).why)


# --- titles


TITLES = [
    ("Achternaam", "surname"),
    ("GEB.DATUM", "birth_date"),
    ("Geboortedatum (dd-mm-jjjj)", "birth_date"),
    ("Achternaam cursist", "surname"),
    ("Naam van de cursist", "name_first_last"),
    ("Adres Straat", "street"),
    ("Naam klantmanager", "case_manager"),
    ("Klantmanager gemeente", "case_manager"),
    ("Date of birth", "birth_date"),
    # of somebody else, or something else
    ("IBAN nummer", ""),
    ("Nummer polis", ""),
    ("Naam partner", ""),
    ("Geboortedatum kind", ""),
    ("Telefoon klantmanager", ""),
    ("E-mail werkgever", ""),
    ("Opmerkingen", ""),
]


@pytest.mark.parametrize(("title", "code"), TITLES)
def test_titles(title: str, code: str) -> None:
    guess = recognise(Header(0, (title,)), [], COLUMNS)[0]
    assert guess.code == code
    assert (guess.certainty == 0) == (not code)


def test_values_are_evidence() -> None:
    rows: list[list[Value]] = [["999990639", "a@example.nl", "3565CE", "x", "morgen"]] * 5
    found = recognise(Header(0, ("Kolom", "Contact hier", "Vak", "", "Geboortedatum")), rows, COLUMNS)
    assert found == [
        Guess("bsn", importing.LIKELY, importing.BY_VALUES),
        Guess("email", importing.LIKELY, importing.BY_VALUES),
        Guess("postcode", importing.LIKELY, importing.BY_VALUES),
        Guess("", importing.UNKNOWN, importing.BY_NOTHING),
        Guess("birth_date", importing.MAYBE, importing.BY_HEAD),
    ]


def test_one_column_per_meaning_the_surest() -> None:
    rows: list[list[Value]] = [["vijf", "999990639"]] * 3
    assert [it.code for it in recognise(Header(0, ("BSN", "Burgerservicenummer")), rows, COLUMNS)] == ["", "bsn"]


@pytest.mark.parametrize(
    ("rows", "row", "titles"),
    [
        ([["Achternaam", "Geslacht"], ["Vries", "v"]], 0, ("Achternaam", "Geslacht")),
        ([["Cursisten 2026"], [], ["", "Gemeente: x"], ["Achternaam", "Voornaam"], ["A", "B"]], 3, ("Achternaam", "Voornaam")),
        (
            [["Naam", "", "Adres", "", "BSN"], ["Voornaam", "Achternaam", "Straat", "Postcode", ""], ["A", "B", "C", "D", 1]],
            1,
            ("Naam Voornaam", "Naam Achternaam", "Adres Straat", "Adres Postcode", "BSN"),
        ),
        ([["BSN", "Naam", ""], ["BSN", "Voornaam", "Achternaam"]], 1, ("BSN", "Naam Voornaam", "Naam Achternaam")),
    ],
)
def test_the_header_is_found(rows: list[list[Value]], row: int, titles: tuple[str, ...]) -> None:
    found = find_header(rows, COLUMNS)
    assert found
    assert found.row == row
    if len(rows) > 2 and row == 1:
        assert found.titles == titles
    assert [it.code for it in recognise(found, [], COLUMNS)] == [it.code for it in recognise(Header(row, titles), [], COLUMNS)]


def test_no_header() -> None:
    assert find_header([["x", "y"], [1, 2]], COLUMNS) is None
    assert find_header([], COLUMNS) is None


def test_a_layout_is_known_again_by_its_titles() -> None:
    assert layout_key(["Naam ", "BSN"]) == layout_key(["naam", "b.s.n".replace(".", "")])
    assert len({layout_key(it) for it in (["a", "b"], ["b", "a"], ["a b"], ["a", "b", ""])}) == 4


REAL = {  # the row of the titles, the columns that are recognised
    "spreadsheets-practice/readxl_deaths.xlsx": (4, "name_first_last birth_date"),
    "spreadsheets-practice/readxl_deaths.xls": (4, "name_first_last birth_date"),
    "spreadsheets-practice/evap_sample_user.xlsx": (0, "call_name surname email"),
    "spreadsheets-practice/rosariosis_students_import.csv": (0, "name_first_last surname gender birth_date email"),
    "test-persons/rvig_testpersons.csv": (
        0,
        "bsn given_names infix surname birth_date birth_place gender street house_number postcode city",
    ),
    "test-persons/brp_features_testdata.csv": (
        0,
        "bsn given_names surname birth_date birth_place gender postcode house_number",
    ),
}


@pytest.mark.skipif(not SHARED.exists(), reason="the shared test data is not here")
@pytest.mark.parametrize("name", REAL)
def test_real_files(name: str) -> None:
    row, codes = REAL[name]
    rows = read_workbook((SHARED / name).read_bytes(), name)[0].rows
    header = find_header(rows, COLUMNS)
    assert header
    assert header.row == row
    assert {it.code for it in recognise(header, rows[row + 1 :], COLUMNS)} - {""} == set(codes.split())


@pytest.mark.skipif(not SHARED.exists(), reason="the shared test data is not here")
def test_an_american_list_is_read_with_the_month_first() -> None:
    name = "rosariosis_students_import.csv"
    dates = [row[3] for row in read_workbook((SHARED / "spreadsheets-practice" / name).read_bytes(), name)[0].rows[1:]]
    order = date_order(dates)
    read = [interpret(BORN, cell, TODAY, order) for cell in dates if cell]
    assert [it.value or it.offered for it in read] == [(1993, 12, 6), (1949, 6, 22), (2003, 8, 23), (2012, 5, 13), (2012, 5, 13)]
    assert [it.certain for it in read] == [False, False, True, False, True]

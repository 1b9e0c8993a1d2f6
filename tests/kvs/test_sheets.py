"""Cells: text stays text in every spreadsheet program, numbers stay numbers, and nothing about us goes along."""

import csv
import datetime as dt
import io
import re
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from kvs.sheets import CALCULATES, LONGEST_TEXT, Cell, Dialect, Sheet, harmless, write_csv, write_for_machine, write_xlsx

DANGEROUS = ['=HYPERLINK("http://x")', "+31612345678", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "=cmd|' /C calc'!A0"]
# What XML cannot hold (surrogates, most control characters) is no cell text anywhere.
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60)


def sheet(*rows: list[Cell], name: str = "Blad", head: str = "Kop") -> Sheet:
    return Sheet(name, [head], rows)


def parts(content: bytes) -> dict[str, str]:
    """The XML files of a workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def loaded(content: bytes) -> list[list[object]]:
    """The cells of the first sheet, read by another library."""
    return [list(row) for row in CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()]


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.parametrize("text", DANGEROUS)
def test_dangerous_text_is_a_text_cell(text: str) -> None:
    made = write_xlsx([sheet([text], head=text)])
    assert loaded(made) == [[text], [text]]
    xml = parts(made)["xl/worksheets/sheet1.xml"]
    assert re.findall(r"<f\b|<hyperlink", xml) == []
    assert re.findall(r'<c r="A\d+"[^>]*t="(\w+)"', xml) == ["s", "s"]


@given(st.one_of(TEXTS, st.sampled_from(CALCULATES).flatmap(lambda sign: TEXTS.map(lambda text: sign.strip("\t\r\n") + text))))
def test_every_text_comes_back_as_it_was(text: str) -> None:
    made = write_xlsx([sheet([text])])
    assert loaded(made)[1:] == [[text]]
    assert "<f" not in parts(made)["xl/worksheets/sheet1.xml"]


@given(TEXTS)
def test_no_csv_cell_begins_with_a_sign_that_calculates(text: str) -> None:
    [[head], [cell]] = read_csv(write_csv(sheet([text], head=text)))
    assert head == cell
    assert not cell.startswith(CALCULATES)
    assert cell in (text, f"'{text}")


@pytest.mark.parametrize("text", DANGEROUS)
def test_dangerous_csv_text_gets_an_apostrophe(text: str) -> None:
    assert read_csv(write_csv(sheet([text])))[1] == [f"'{text}"]


def test_numbers_and_dates_are_no_text() -> None:
    row: list[Cell] = [1170, Decimal("92.3"), dt.date(2025, 10, 10), None, "0612"]
    table = Sheet("Blad", ["a", "b", "c", "d", "e"], [row])
    assert loaded(write_xlsx([table]))[1] == [1170.0, 92.3, dt.date(2025, 10, 10), "", "0612"]
    assert read_csv(write_csv(table))[1] == ["1170", "92,3", "2025-10-10", "", "0612"]


def test_csv_is_what_dutch_spreadsheet_programs_expect() -> None:
    made = write_csv(Sheet("Blad", ["Naam", "Minuten"], [['Ó "Neill; x', -5]]))
    assert made == '\ufeff"Naam";"Minuten"\r\n"Ó ""Neill; x";-5\r\n'.encode()


def test_a_workbook_says_nothing_about_who_made_it() -> None:
    made = parts(write_xlsx([sheet(["x"])]))
    core = made["docProps/core.xml"]
    assert re.findall(r"<(dc:creator|cp:lastModifiedBy|dc:title|dc:subject)>([^<]+)<", core) == []
    assert set(re.findall(r"\d{4}-\d{2}-\d{2}T[\d:]+Z", core)) == {"2000-01-01T00:00:00Z"}
    assert "<Company></Company>" in made["docProps/app.xml"]


def test_the_same_rows_make_the_same_file() -> None:
    assert write_xlsx([sheet(["x"])]) == write_xlsx([sheet(["x"])])


def test_names_of_sheets_are_made_to_fit() -> None:
    names = [
        "Cursisten: 1/2 [oud]",
        "x" * 40,
        "x" * 31,
        "'",
        "Cursisten  1 2  oud ",
        "Cursisten van wie iets ontbreekt, in lijst",
    ]
    made = write_xlsx([sheet(["x"], name=name) for name in names])
    found = CalamineWorkbook.from_filelike(io.BytesIO(made)).sheet_names
    assert found == [
        *("Cursisten  1 2  oud", f"{'x' * 30}…", "x" * 31, "1", "Cursisten  1 2  oud 2"),
        "Cursisten van wie iets…",  # at a word
    ]


def test_a_text_too_long_for_a_cell_is_refused() -> None:
    write_xlsx([sheet(["x" * LONGEST_TEXT])])
    with pytest.raises(ValueError, match="32767 characters"):
        write_xlsx([sheet(["x" * (LONGEST_TEXT + 1)])])


# --- files that a machine reads


def machine(*, separator: str = ";", quoting: str = "needed", encoding: str = "utf-8", line_end: str = "\r\n") -> Dialect:
    return Dialect(separator, quoting, encoding, line_end)


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (machine(), b'a;"b;c"\r\nd;\r\n'),
        (machine(separator=","), b"a,b;c\r\nd,\r\n"),
        (machine(separator="\t", line_end="\n"), b"a\tb;c\nd\t\n"),
        (machine(quoting="all"), b'"a";"b;c"\r\n"d";""\r\n'),
        (machine(separator=",", quoting="none"), b"a,b;c\r\nd,\r\n"),
        (machine(encoding="utf-8-sig"), b'\xef\xbb\xbfa;"b;c"\r\nd;\r\n'),
    ],
)
def test_a_machine_gets_exactly_its_dialect(dialect: Dialect, expected: bytes) -> None:
    assert write_for_machine([["a", "b;c"], ["d", ""]], dialect) == expected


def test_codes_keep_their_zeros_and_hyphens_and_get_no_apostrophe() -> None:
    assert write_for_machine([["007", "1-2", "N/1"]], machine()) == b"007;1-2;N/1\r\n"


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_machine_file_has_no_formula_either(text: str) -> None:
    with pytest.raises(ValueError, match="calculate"):
        write_for_machine([[text]], machine())
    assert write_for_machine([[harmless(text)]], machine()).startswith((b"'", b"\"'"))


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("a;b", machine(quoting="none")),
        ('a"b', machine(quoting="none")),
        ("a\nb", machine(quoting="none")),
        ("Łukasz", machine(encoding="cp1252")),
        ("ليلى", machine(encoding="cp1252")),
    ],
)
def test_what_does_not_fit_is_refused_not_bent(text: str, dialect: Dialect) -> None:
    with pytest.raises(ValueError, match=r"separator|codec"):
        write_for_machine([[text]], dialect)

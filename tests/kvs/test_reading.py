"""Spreadsheets that anybody may have made: read as they are meant, or refused in one sentence, quickly and in little memory."""

import datetime as dt
import io
import json
import os
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from kvs import reading, reading_child
from kvs.reading import Sheet, Unreadable, read_workbook

SHARED = Path(__file__).parents[3] / "shared" / "data"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PARTS = {
    "_rels/.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
PAGE = "xl/worksheets/sheet1.xml"


def raw(cells: str = '<c r="A1"><v>1</v></c>', *, before: str = "", behind: str = "", **parts: str) -> bytes:
    """An xlsx of hand-written XML."""
    page = f'<?xml version="1.0"?>{before}<worksheet {MAIN}><sheetData><row r="1">{cells}</row></sheetData>{behind}</worksheet>'
    return zipped({**PARTS, PAGE: page, **parts})


def zipped(parts: dict[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return target.getvalue()


def book(fill: Callable[[Any, Any], None]) -> bytes:
    """An xlsx as Excel makes it."""
    target = io.BytesIO()
    with Workbook(target, {"in_memory": True, "default_date_format": "dd-mm-yyyy"}) as made:
        fill(made, made.add_worksheet("Cursisten"))
    return target.getvalue()


def old_office(*names: str) -> bytes:
    """Looks like an Office file of before 2007 with parts of these names."""
    return reading_child.OLE + b"\x00" * 600 + b"".join(name.encode("utf-16-le") for name in names) + b"\x00" * 600


def lying() -> bytes:
    """A zip bomb that says it is small."""
    made = bytearray(raw('<c r="A1"><v>1</v></c>' * 12_000_000))
    struct.pack_into("<I", made, made.rfind(PAGE.encode()) - 46 + 24, 1000)
    struct.pack_into("<I", made, made.find(PAGE.encode()) - 30 + 22, 1000)
    return bytes(made)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
SPREAD = '<c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c>'
MERGES = "<mergeCells>" + "".join(f'<mergeCell ref="A{n}:B{n}"/>' for n in range(1, 50_001)) + "</mergeCells>"
ENTITY = '<c r="A1" t="inlineStr"><is><t>&{};</t></is></c>'

HOSTILE: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "zip bomb": ("a.xlsx", lambda: raw('<c r="A1"><v>1</v></c>' * 12_000_000), "too_much"),
    "many small cells": ("a.xlsx", lambda: raw('<c r="A1"><v>1</v></c>' * 6_000_000), "too_much"),
    "one endless text": ("a.xlsx", lambda: raw(f'<c r="A1" t="inlineStr"><is><t>{"x" * 190_000_000}</t></is></c>'), "too_much"),
    "zip bomb that lies": ("a.xlsx", lying, "damaged"),
    "xml bomb": ("a.xlsx", lambda: raw(ENTITY.format("l9"), before=f"<!DOCTYPE l [{LAUGHS}]>"), "damaged"),
    "a file of the server": (
        "a.xlsx",
        lambda: raw(ENTITY.format("e"), before='<!DOCTYPE l [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
        "damaged",
    ),
    "two cells far apart": ("a.xlsx", lambda: raw(SPREAD), "too_much"),
    "50,000 merges": ("a.xlsx", lambda: raw(behind=MERGES), "merges"),
    "6,000 parts": ("a.xlsx", lambda: zipped({**PARTS, **{f"x{n}": "" for n in range(6_000)}}), "too_much"),
    "password": ("a.xlsx", lambda: old_office("EncryptedPackage"), "locked"),
    "macros": ("a.xlsm", lambda: raw(**{"xl/vbaProject.bin": "x"}), "macros"),
    "macros under another name": ("a.xlsx", lambda: raw(**{"xl/vbaProject.bin": "x"}), "macros"),
    "macros in an xls": ("a.xls", lambda: old_office("_VBA_PROJECT_CUR"), "macros"),
    "broken zip": ("a.xlsx", lambda: raw()[:400], "damaged"),
    "broken xls": ("a.xls", lambda: old_office("Workbook"), "damaged"),
    "another zip": ("a.xlsx", lambda: zipped({"word/document.xml": "<a/>"}), "no_spreadsheet"),
    "pdf": ("a.xlsx", lambda: b"%PDF-1.4 x", "no_spreadsheet"),
    "web page as xls": ("a.xls", lambda: b"\n <html><table>", "no_spreadsheet"),
    "picture": ("a.csv", lambda: b"\x89PNG\r\n\x1a\n\x00\x00", "no_spreadsheet"),
    "xlsx called csv": ("a.csv", raw, "is_xlsx"),
    "xls called xlsx": ("a.xlsx", lambda: old_office("Workbook"), "is_xls"),
    "ods called xlsx": ("a.xlsx", lambda: zipped({"content.xml": "<a/>"}), "is_ods"),
    "text called xlsx": ("a.xlsx", lambda: b"naam;bsn\nA;1", "is_csv"),
    "no ending": ("cursisten", lambda: b"naam;bsn\nA;1", "is_csv"),
    "50,001 rows": ("a.csv", lambda: b"a;b\n" * 50_001, "too_much"),
    "301 columns": ("a.csv", lambda: b";".join([b"a"] * 301), "too_much"),
    "20 MB of signs": ("a.csv", lambda: b"a;b\n" + b";" * 20_000_000, "too_much"),
    "a quote that never ends": ("a.csv", lambda: b'a;b\n"' + b"x;y\n" * 400_000, "damaged"),
}
MEASURE = """
import resource, sys
sys.path.insert(0, sys.argv[1])
import django.conf
django.conf.settings.configure(USE_I18N=False)
from kvs.reading import Unreadable, read_workbook
try:
    read_workbook(sys.stdin.buffer.read(), sys.argv[2])
    said = ""
except Unreadable as refused:
    said = str(refused)
own = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(said, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, own, sep="|")
"""


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_gets_its_sentence_in_ten_seconds_and_300_megabytes(case: str) -> None:
    """In a process of its own, for the system counts the memory of the greatest child a process ever had."""
    name, make, key = HOSTILE[case]
    content, root = make(), str(Path(reading.__file__).parents[1])
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", MEASURE, root, name], input=content, capture_output=True, check=True)
    took = time.monotonic() - began
    said, child, parent = done.stdout.decode().strip().split("|")
    assert said == reading.SENTENCES[key]
    assert took < 10
    assert int(child) < 300 * 1024
    assert int(parent) < 150 * 1024  # what it sent, and the answer


@pytest.mark.parametrize("content", [b"", b"\r\n\r\n", b"\x00" * 5000])
def test_nothing_in_it(content: bytes) -> None:
    with pytest.raises(Unreadable, match=reading.EMPTY):
        read_workbook(content, "a.xlsx")


def test_sheets_without_rows() -> None:
    with pytest.raises(Unreadable, match=reading.NO_ROWS):
        read_workbook(book(lambda made, page: None), "a.xlsx")


def test_the_child_gets_no_secret_and_keeps_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the child could see, told by a child that is put in its place; that it may leave no image of its memory too."""
    spy = tmp_path / "spy.py"
    told = "dict(os.environ), os.getcwd(), list(resource.getrlimit(resource.RLIMIT_CORE)), sys.argv[1:]"
    spy.write_text(
        "import json, os, resource, sys\n"
        f"sys.path.insert(0, {str(Path(reading_child.__file__).parent)!r})\n"
        "import reading_child\n"
        "sys.stdin.close = lambda: None\n"
        "reading_child._read = lambda content, ending: "
        f"[{{'name': json.dumps([{told}]), 'rows': [['x']], 'hidden': False}}]\n"
        "reading_child.main()\n"
    )
    monkeypatch.setattr(reading, "CHILD", str(spy))
    monkeypatch.setenv("KVS_DATABASE_URL", "postgresql://secret")
    seen, folder, core, arguments = json.loads(read_workbook(b"x", "Zeer Geheim.xlsx")[0].name)
    assert {name for name in seen if not name.startswith(("LC_", "__"))} == {"PATH"}
    assert (folder, core, arguments) == ("/", [0, 0], ["xlsx"])


def test_a_child_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hanging = tmp_path / "hanging.py"
    hanging.write_text("import os, time\nopen('/proc/self/comm', 'w').write('kvs_hanging')\ntime.sleep(60)\n")
    monkeypatch.setattr(reading, "CHILD", str(hanging))
    monkeypatch.setattr(reading, "SECONDS", 0)
    with pytest.raises(Unreadable, match="too large"):
        read_workbook(b"x", "a.csv")
    here = [line.split()[3] for it in Path("/proc").glob("[0-9]*/stat") if "kvs_hanging" in (line := _text(it))]
    assert str(os.getpid()) not in here


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


# --- what is read


def test_values_come_as_they_are_meant() -> None:
    def fill(made: Any, page: Any) -> None:
        page.write_row(0, 0, ["tekst", 7, 7.5, True, "007"])
        page.write_datetime(0, 5, dt.date(1991, 3, 12))
        page.write_formula(0, 6, "=HYPERLINK(1)", value="uitkomst")
        page.write_row(2, 1, ["later"])
        made.add_worksheet("Oud").hide()

    assert read_workbook(book(fill), "a.xlsx") == [
        Sheet("Cursisten", [["tekst", 7, 7.5, True, "007", dt.date(1991, 3, 12), "uitkomst"], [], ["", "later"]]),
        Sheet("Oud", [], hidden=True),
    ]


def test_odd_numbers_and_other_workbooks_do_no_harm() -> None:
    cells = '<c r="A1"><v>NaN</v></c><c r="B1"><v>inf</v></c><c r="C1"><v>1e308</v></c><c r="D1"><f>[1]Blad1!A1</f><v>12</v></c>'
    external = {"xl/externalLinks/externalLink1.xml": "<externalLink/>"}
    assert read_workbook(raw(cells, **external), "a.xlsx")[0].rows == [["nan", "inf", 1e308, 12]]


def test_what_is_merged_downwards_holds_for_every_row_but_not_sideways() -> None:
    def fill(made: Any, page: Any) -> None:
        page.merge_range("A1:C1", "Groepen van nu")
        page.merge_range("A2:A3", "NT2 dinsdag")
        page.write("B2", "Rania")
        page.write("B3", "Mina")
        page.merge_range("A4:C4", "gestopt")

    assert read_workbook(book(fill), "a.xlsx")[0].rows == [
        ["Groepen van nu"],
        ["NT2 dinsdag", "Rania"],
        ["NT2 dinsdag", "Mina"],
        ["gestopt"],
    ]


ROWS = [["Naam", "Adres"], ["Siân Ø", "Weg 1, boven, links"], ["Ümit", "Plein 2, 3 hoog"]]
TEXT = "\n".join(";".join(row) for row in ROWS)


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("cp1252"),
        TEXT.encode("mac_roman"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace(";", "\t").encode(),
        TEXT.replace(";", "|").encode(),
        f"sep=;\r\n{TEXT}".encode(),
        "\n".join(",".join(f'"{cell}"' for cell in row) for row in ROWS).encode(),
    ],
    ids=["utf8", "mark", "utf16", "utf16be", "cp1252", "mac", "crlf", "cr", "tab", "bar", "sep", "comma"],
)
def test_csv_however_it_was_saved(content: bytes) -> None:
    assert read_workbook(content, "lijst.CSV")[0].rows == ROWS


def test_quotes_of_windows_are_not_taken_for_letters_of_a_mac() -> None:
    rows = read_workbook("Naam;Adres\nd’Hondt–Smit;’s-Gravenweg €5".encode("cp1252"), "a.csv")[0].rows
    assert rows[1] == ["d’Hondt–Smit", "’s-Gravenweg €5"]


def test_the_largest_that_is_allowed_is_read() -> None:
    content = b"a;b;c\n" * reading_child.MOST_ROWS
    assert len(read_workbook(content, "a.csv")[0].rows) == reading_child.MOST_ROWS


# --- real files


PRACTICE: dict[str, list[tuple[str, int, int]]] = {  # sheet, rows, columns
    "calamine_date.ods": [("Sheet1", 4, 2)],
    "calamine_date.xlsx": [("Sheet1", 3, 2)],
    "calamine_merged_range.xlsx": [("Sheet1", 4, 8), ("Sheet2", 4, 6)],
    "evap_sample_user.xlsx": [("Users", 3, 4)],
    "readxl_deaths.xls": [("arts", 19, 6), ("other", 19, 6)],
    "readxl_deaths.xlsx": [("arts", 19, 6), ("other", 19, 6)],
    "readxl_type-me.xlsx": [
        ("logical_coercion", 11, 2),
        ("numeric_coercion", 8, 2),
        ("date_coercion", 8, 2),
        ("text_coercion", 7, 2),
    ],
    "rosariosis_students_import.csv": [("csv", 9, 7)],
    "rosariosis_students_import.xlsx": [("Sheet1", 9, 7), ("Sheet2", 2, 4)],
}


@pytest.mark.skipif(not SHARED.exists(), reason="the shared test data is not here")
@pytest.mark.parametrize("name", PRACTICE)
def test_practice_files(name: str) -> None:
    sheets = read_workbook((SHARED / "spreadsheets-practice" / name).read_bytes(), name)
    assert [(it.name, len(it.rows), max(map(len, it.rows))) for it in sheets] == PRACTICE[name]


@pytest.mark.skipif(not SHARED.exists(), reason="the shared test data is not here")
def test_practice_values() -> None:
    def read(name: str, folder: str = "spreadsheets-practice") -> list[Sheet]:
        return read_workbook((SHARED / folder / name).read_bytes(), name)

    bowie = ["David Bowie", "musician", 69, True, dt.date(1947, 1, 8), dt.date(2016, 1, 10)]
    assert read("readxl_deaths.xls")[0].rows[5] == read("readxl_deaths.xlsx")[0].rows[5] == bowie
    assert len(read("unpivotr_worked-examples.xlsx")) == 25
    assert len(read("rvig_testpersons.csv", "test-persons")[0].rows) == 353
    brp = read("brp_features_testdata.csv", "test-persons")[0].rows
    assert len(brp) == 44
    assert brp[10][8] == "Malmø"  # the file was saved on an old Mac

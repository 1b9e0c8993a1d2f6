"""Acceptance (ii): a student moves from Utrecht to Zeist on the 15th, somebody pays alone, somebody is called like a formula."""

import csv
import io
import re
import zipfile
from dataclasses import dataclass

import pytest
from django.urls import reverse
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from kvs.jobs import run_job
from kvs.models import User
from kvs.pdf import pdf_available
from reporting.models import ReportRun
from students.actions import open_account
from students.models import Client
from tests.people import Browser, signed_in
from tests.reporting.conftest import LINK, FixedSchool

needs_pango = pytest.mark.skipif(bool(pdf_available()), reason=pdf_available())
ASK = "/rapporten/nieuw/municipality/"
ALONE = "Zelfbetaler"


@dataclass
class Delivered:
    """The files of one report as they came out of the browser, and its page."""

    run: ReportRun
    xlsx: bytes
    pdf: bytes
    csv: list[bytes]  # one per table

    def sheet(self, number: int) -> list[list[str]]:
        """Rows of a table in the workbook, as a reader writes them."""
        return [[spoken(cell) for cell in row] for row in self.book().get_sheet_by_index(number).to_python()[1:]]

    def book(self) -> CalamineWorkbook:
        return CalamineWorkbook.from_filelike(io.BytesIO(self.xlsx))

    def lines(self, number: int) -> list[list[str]]:
        """Rows of a table in the CSV, "0,0" as 0; a text that would be a formula has an apostrophe before it."""
        rows = list(csv.reader(io.StringIO(self.csv[number].decode("utf-8-sig")), delimiter=";"))[1:]
        return [[re.sub(r"^(\d+),0$", r"\1", cell.removeprefix("'")) for cell in row] for row in rows]

    def paper(self) -> str:
        """All text of the PDF without spaces: a long name goes on at the next line."""
        return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(self.pdf)).pages).split())


def spoken(cell: object) -> str:
    """A cell of the workbook as the CSV has it."""
    if isinstance(cell, float):
        return f"{cell:.1f}".replace(".", ",") if cell % 1 else f"{cell:.0f}"
    return str(cell)


def delivered(browser: Browser, client: Client) -> Delivered:
    """Ask for October 2025, let the work be done, and take every file from the page."""
    place = browser.post(ASK, {"client": str(client.pk), "month": "2025-10-01"})["Location"]
    run = ReportRun.objects.get(client=client)
    assert run.job_id
    run_job(run.job_id)  # what the worker calls
    page = browser.get(place).content.decode()
    links = dict.fromkeys(re.findall(rf'href="({place}bestand/[0-9a-f-]+/)"', page))
    files = [browser.get(link) for link in links]
    of = {
        kind: [file.content for file in files if file.headers.get("Content-Disposition", "").endswith(f'{kind}"')]
        for kind in ("xlsx", "pdf", "csv")
    }
    return Delivered(run, of["xlsx"][0], of["pdf"][0], of["csv"])


def numbers(rows: list[list[str]]) -> dict[str, list[str]]:
    """Lessons and minutes offered, attended, excused, not known yet, unexcused, late, by student number."""
    return {row[1]: row[2:9] for row in rows if row[1]}


@needs_pango
@pytest.mark.django_db(transaction=True)
def test_each_municipality_gets_its_own_days_and_nobody_else(fixed: FixedSchool, ineke: User) -> None:
    browser = signed_in(ineke)
    utrecht, zeist = delivered(browser, fixed.utrecht), delivered(browser, fixed.zeist)
    moved, odd = fixed.people["moved"], fixed.people["odd"]

    # Only the 10th, only the 20th; the 12th, which nobody signed, stands apart.
    assert numbers(utrecht.lines(0)) == {
        odd.number: ["2", "180", "0", "90", "0", "90", "0"],
        moved.number: ["1", "90", "75", "0", "0", "0", "15"],
    }
    assert numbers(zeist.lines(0)) == {moved.number: ["1", "90", "90", "0", "0", "0", "0"]}
    assert utrecht.lines(1) == [["2025-10-12", "NT2 B1 dag 2", "09:00 – 10:30", "2"]]
    assert zeist.lines(1) == []

    for report in (utrecht, zeist):
        # PDF = XLSX = CSV.
        sheet = [row for row in report.sheet(0) if row[1]]
        assert sheet == report.lines(0)
        assert report.sheet(1) == report.lines(1)
        paper = report.paper()
        for name, number, *minutes in [row[:9] for row in report.lines(0)]:
            assert "".join([*name.split(), number, *minutes]) in paper
        # Who pays alone is in no file, though living in Utrecht.
        everything = f"{paper}{report.lines(0)}{report.sheet(0)}{report.lines(1)}{report.sheet(1)}"
        assert ALONE not in everything

    # The odd name is text: no formula in the workbook, an apostrophe in the CSV, itself on paper.
    assert LINK in [row[0] for row in utrecht.sheet(0)]
    with zipfile.ZipFile(io.BytesIO(utrecht.xlsx)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/")]
    assert [b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets] == [False] * len(sheets)
    assert "'=HYPERLINK" in utrecht.csv[0].decode()
    assert "".join(LINK.split()) in utrecht.paper()

    # Handed over: who is in it sees it, who is not does not.
    place = reverse("reporting:hand_over", args=[utrecht.run.pk])
    file = utrecht.run.files.get(format="xlsx")
    assert browser.post(place, {"file": str(file.pk), "channel": "portal", "despite": "unsigned"}).status_code == 302
    seen = {
        name: "Verstrekt aan Gemeente Utrecht"
        in signed_in(open_account(student=student, by=ineke)).get("/verstrekt/").content.decode()
        for name, student in fixed.people.items()
    }
    assert seen == {"moved": True, "odd": True, "alone": False}

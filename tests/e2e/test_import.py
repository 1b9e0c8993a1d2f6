"""Administration imports a spreadsheet with a real worker: on both screens, without JavaScript, and with a worker killed -9."""

import datetime as dt
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from kvs.reading import read_workbook
from tests.canaries import numbers_of_nobody
from tests.e2e.conftest import DESKTOP, Visitor, visit
from tests.running import RunningSchool, children, data_folder, gone_within, start_school
from tests.students.importing import book

pytestmark = pytest.mark.e2e
HEAD = ("Achternaam", "tussenv.", "Voornaam", "Geb.datum", "SOFI", "Wet", "Opdrachtgever")
FIRST, SECOND = numbers_of_nobody()[-2:]  # the demo school counts from the other end
ZERO = 12345672  # eight digits that pass the elfproef with a 0 in front


def rows(width: int) -> list[list[Any]]:
    """People of one screen: the desktop and the phone share a school."""
    born = dt.date(1991, 3, 12)
    return [
        [f"El Idrissi-{width}", "", "Yasmin", born, "", "Wi2021", "Oosterveen"],
        [f"Petrović-{width}", "", "Milan", "03-04-88", FIRST, "geen", ""],
        [f"Berg-{width}", "van den", "Siti", "7 jan 1990", "", "geen", "Oosterven"],
        ["", "", "Zonder", "31-02-1962", "", "", ""],
    ]


def upload(page: Page, content: bytes, name: str) -> None:
    page.goto("/cursisten/")
    page.get_by_role("link", name="Importeren").click()
    page.get_by_label("Spreadsheet").set_input_files({"name": name, "mimeType": "application/x", "buffer": content})
    page.get_by_label("Vestiging van nieuwe cursisten").select_option(index=1)
    page.get_by_label("Van wie hebt u dit bestand?").select_option(label="Gemeente Oosterveen")
    page.get_by_role("button", name="Bestand lezen").click()


def test_a_spreadsheet_from_sending_up_to_taking_back(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in("ineke")
    page.goto("/cursisten/importeren/")
    page.get_by_role("button", name="Bestand lezen").click()
    expect(page.locator(".error-summary")).to_be_focused()
    visitor.check("import-upload-wrong")
    lines = [*rows(visitor.width), ["Bron: gemeente Oosterveen"]]
    upload(page, book(lines, head=HEAD, title="Najaar 2026"), f"cursisten-{visitor.width}.xlsx")
    expect(page.get_by_role("heading", name="Controleren vóór het importeren")).to_be_visible(timeout=60_000)
    visitor.check("import-check")
    expect(page.get_by_role("button", name="1 rij importeren").first).to_be_visible()
    page.get_by_role("button", name="De 2 datums overnemen").click()
    expect(page.get_by_role("button", name="2 rijen importeren").first).to_be_visible()
    page.get_by_role("button", name="Overnemen 8").click()
    expect(page.get_by_text("Weggelaten")).to_be_visible()
    page.get_by_role("link", name="Anders… G6").click()
    page.get_by_label("Gebruik wat ik hier invul").check()
    page.get_by_role("button", name="Dit gebruiken").click()
    expect(page.locator(".error-summary")).to_be_focused()
    visitor.check("import-other-wrong")
    page.get_by_label("Opdrachtgever").fill("Oosterveen")
    page.get_by_role("button", name="Dit gebruiken").click()
    page.get_by_role("button", name="3 rijen importeren").first.click()
    expect(page.get_by_role("heading", name="Resultaat van de import")).to_be_visible(timeout=60_000)
    visitor.check("import-result")
    expect(page.get_by_text("BSN niet overgenomen in 1 rij: geen grondslag.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Werkblad met wat nog moet").click()
    [sheet] = read_workbook(Path(download.value.path()).read_bytes(), "x.xlsx")
    assert [line[:2] for line in sheet.rows[1:]] == [[7, "A7"], [7, "D7"]]
    take_back(visitor)


def take_back(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/cursisten/informeren/")
    visitor.check("inform-tasks")
    page.get_by_label(f"Petrović-{visitor.width}").check()
    page.get_by_label("Hoe zijn zij geïnformeerd?").select_option(label="per brief")
    page.get_by_role("button", name="Deze zijn geïnformeerd").click()
    expect(page.get_by_text("1 persoon is geïnformeerd.")).to_be_visible()
    page.goto("/cursisten/importeren/")
    visitor.check("import-list")
    page.get_by_role("link", name=f"cursisten-{visitor.width}.xlsx").click()
    page.get_by_role("link", name="Deze import terugdraaien").click()
    visitor.check("import-take-back")
    page.get_by_label("Typ TERUGDRAAIEN").fill("terugdraaien")
    page.get_by_role("button", name="Terugdraaien").click()
    expect(page.get_by_text("3 teruggedraaid")).to_be_visible(timeout=60_000)
    visitor.check("import-taken-back")


def test_without_javascript(without_script: Visitor) -> None:
    page = without_script.page
    without_script.sign_in("ineke")
    name = f"zonder-{without_script.width}.csv"
    upload(page, f"Achternaam;Voornaam\nKanarie-{without_script.width};Lina\n".encode(), name)
    look_until(page, "Controleren vóór het importeren")
    page.get_by_role("button", name="1 rij importeren").first.click()
    look_until(page, "Resultaat van de import")
    expect(page.get_by_text("1 nieuw")).to_be_visible()


def look_until(page: Page, heading: str) -> None:
    """Press "look again" until the worker is through."""
    for _attempt in range(120):
        if page.get_by_role("heading", name=heading).is_visible():
            return
        page.get_by_role("link", name="Opnieuw kijken").click()
        page.wait_for_timeout(500)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()


def test_a_hostile_file(visitor: Visitor) -> None:
    visitor.sign_in("ineke")
    upload(visitor.page, b"%PDF-1.7", "kwaad.csv")
    expect(visitor.page.get_by_text("Dit is geen spreadsheet.")).to_be_visible(timeout=60_000)
    visitor.check("import-refused")


# --- acceptance (i) of issue 2


def acceptance_file() -> bytes:
    """Wi2021 for a municipality with a valid BSN; a self-payer without duty with one; Wi2021 with eight digits."""
    born = dt.date(1991, 3, 12)
    people: list[list[Any]] = [
        ["Kanarie", "", "Een", born, FIRST, "Wi2021", "Oosterveen"],
        ["Kanarie", "", "Twee", born, SECOND, "geen", "zelf"],
        ["Kanarie", "", "Drie", born, ZERO, "Wi2021", "Oosterveen"],
    ]
    return book(people, head=HEAD)


def import_it(visitor: Visitor) -> None:
    visitor.sign_in("ineke")
    upload(visitor.page, acceptance_file(), "drie.xlsx")
    expect(visitor.page.get_by_role("heading", name="Controleren vóór het importeren")).to_be_visible(timeout=60_000)


@pytest.mark.kill
def test_three_rows_a_killed_worker_and_the_same_file_again(browser: Browser) -> None:
    with data_folder() as var:
        with start_school(var) as school:
            [visitor] = list(visit_once(browser, school))
            import_it(visitor)
            expect(visitor.page.get_by_text("8 cijfers, eindigt op 72")).to_be_visible()
            expect(visitor.page.get_by_text("Bij 1 rij gaat het BSN niet mee: geen grondslag")).to_be_visible()
            assert found(school, f"0{ZERO}") == []
            visitor.page.get_by_role("button", name="Overnemen E4").click()
            kill_the_worker(visitor.page, school)
            assert gone_within(var, 20)
        with start_school(var) as school:
            begin_again(school)
            expected_students(school)
            [visitor] = list(visit_once(browser, school))
            import_it(visitor)
            expect(visitor.page.get_by_text("3 rijen zijn eerder geïmporteerd")).to_be_visible()
            visitor.page.get_by_role("button", name="3 rijen importeren").first.click()
            expect(visitor.page.get_by_role("heading", name="Resultaat van de import")).to_be_visible(timeout=60_000)
            assert visitor.page.locator(".import-result").inner_text().split() == ["3", "ongewijzigd"]
            with visitor.page.expect_download() as download:
                visitor.page.get_by_role("link", name="Werkblad met wat nog moet").click()
            [sheet] = read_workbook(Path(download.value.path()).read_bytes(), "x.xlsx")
            assert SECOND not in str(sheet.rows)
            expected_students(school)
            assert SECOND not in school.log


def visit_once(browser: Browser, school: RunningSchool) -> list[Visitor]:
    """A window that stays open until the browser closes."""
    return [next(visit(browser, school, DESKTOP))]


def kill_the_worker(page: Page, school: RunningSchool) -> None:
    """In the middle of the rows: another connection holds the table that a batch writes last."""
    address = school.database_url  # two connections: inside a transaction the view of activity stands still
    with psycopg.connect(address) as database, psycopg.connect(address, autocommit=True) as onlooker:
        database.execute("LOCK TABLE students_importrow IN EXCLUSIVE MODE")
        page.get_by_role("button", name="3 rijen importeren").first.click()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%students_importrow%'"
        deadline = time.monotonic() + 60
        while onlooker.execute(waiting).fetchone() != (1,):
            assert time.monotonic() < deadline, school.log
            time.sleep(0.1)
        worker = school.pid("worker")
        for pid in [*children(worker), worker]:  # its runners first: they would finish the row once the table is free
            os.kill(pid, signal.SIGKILL)
        database.rollback()


def begin_again(school: RunningSchool) -> None:
    """As if a minute of silence had passed: then the next worker takes the job over (decisions.md 5)."""
    with psycopg.connect(school.database_url, autocommit=True) as database:
        assert database.execute("SELECT state FROM kvs_job WHERE kind = 'students.import'").fetchone() == ("running",)
        assert database.execute("SELECT count(*) FROM students_student WHERE surname = 'Kanarie'").fetchone() == (0,)
        database.execute("UPDATE kvs_job SET heartbeat = now() - interval '2 minutes' WHERE kind = 'students.import'")
        deadline = time.monotonic() + 90
        while database.execute("SELECT state FROM kvs_job WHERE kind = 'students.import'").fetchone() != ("done",):
            assert time.monotonic() < deadline, school.log
            time.sleep(0.2)


def expected_students(school: RunningSchool) -> None:
    """Three students, each once; the first and third with a sealed BSN; the second's number in no table."""
    with psycopg.connect(school.database_url) as database:
        people = database.execute(
            "SELECT call_name, bsn_index IS NOT NULL, bsn_basis FROM students_student s JOIN students_programme p "
            "ON p.student_id = s.id WHERE surname = 'Kanarie' ORDER BY call_name"
        ).fetchall()
    assert people == [("Drie", True, "isi_delivery"), ("Een", True, "isi_delivery"), ("Twee", False, "")]
    for number in (FIRST, SECOND, f"0{ZERO}"):
        assert found(school, number) == []


def found(school: RunningSchool, number: str) -> list[str]:
    """The tables that hold this text in clear."""
    with psycopg.connect(school.database_url) as database:
        named = "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public'"
        tables = [name for (name,) in database.execute(named).fetchall()]
        holding = [f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table} t WHERE t::text LIKE %(text)s)" for table in tables]
        return [name for (name,) in database.execute(" UNION ALL ".join(holding), {"text": f"%{number}%"}).fetchall()]


def test_the_scan_finds_what_is_there(school: RunningSchool) -> None:
    assert found(school, "Lindenhof") == ["kvs_organisation", "privacy_registerversion"]
    assert re.fullmatch(r"\d{9}", SECOND)

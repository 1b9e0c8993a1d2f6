"""A spreadsheet and a worker, for the tests of importing."""

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from xlsxwriter import Workbook

from kvs.jobs import Run
from kvs.models import Job, JobState
from kvs.trace import acting
from students.models import ImportRun
from students.tasks import check_import, import_rows, take_back
from tests.people import Browser

WORK = {"students.check_import": check_import, "students.import": import_rows, "students.take_back": take_back}
HEAD = ("Achternaam", "Voornaam", "Geb.datum", "BSN", "Wet", "Opdrachtgever")


def book(rows: Sequence[Any], *, head: Sequence[str] = HEAD, title: str = "", hidden: bool = False) -> bytes:
    """A workbook with a title above the column names, as offices make them."""
    target = io.BytesIO()
    with Workbook(target, {"in_memory": True, "default_date_format": "dd-mm-yyyy"}) as made:
        page = made.add_worksheet("Cursisten")
        lines = [*([[title], []] if title else []), list(head), *rows]
        for number, line in enumerate(lines):
            for column, value in enumerate(line):
                if isinstance(value, dt.date):
                    page.write_datetime(number, column, value)
                else:
                    page.write(number, column, value)
        if hidden:
            made.add_worksheet("Oud").hide()
    return target.getvalue()


def send(browser: Browser, content: bytes, name: str = "cursisten.xlsx", *, source: Any = "own", **more: Any) -> ImportRun:
    """Send a file up and let a worker look at it."""
    file = SimpleUploadedFile(name, content)
    answer = browser.post(reverse("students:imports"), {"file": file, "source": source, **more})
    assert answer.status_code == 302, answer.content.decode()
    run: ImportRun = ImportRun.objects.latest("started_at")
    work(run)
    return ImportRun.objects.get(pk=run.pk)


def say_law(browser: Browser, run: ImportRun, law: str) -> ImportRun:
    """Say which law holds for everybody in the file, and let a worker look again."""
    columns = {f"column-{number}": code for number, code in (run.mapping or {}).items()}
    press(browser, run, "layout", version=run.version, sheet=run.sheet, law=law, **columns)
    run = ImportRun.objects.get(pk=run.pk)
    work(run)
    return ImportRun.objects.get(pk=run.pk)


def work(run: ImportRun) -> None:
    """Do the job the run waits for, in this process and transaction."""
    job = Job.objects.get(kind__in=WORK, pk__in=ImportRun.objects.filter(pk=run.pk).values("job"))
    assert job.state == JobState.QUEUED
    with acting(lambda: job.requested_by):
        WORK[job.kind](Run(job))
    Job.objects.filter(pk=job.pk).update(state=JobState.DONE, attempt=1, finished_at=job.requested_at)


def page(browser: Browser, run: ImportRun) -> str:
    """The page of an import."""
    answer = browser.get(reverse("students:import", args=[run.pk]))
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def press(browser: Browser, run: ImportRun, name: str, **sent: Any) -> None:
    """Press a button of the page of an import."""
    answer = browser.post(reverse(f"students:import_{name}", args=[run.pk]), sent)
    assert answer.status_code == 302, answer.content.decode()


def start(browser: Browser, run: ImportRun) -> ImportRun:
    """Import the rows that are ready."""
    press(browser, run, "start", version=ImportRun.objects.get(pk=run.pk).version)
    work(run)
    return ImportRun.objects.get(pk=run.pk)

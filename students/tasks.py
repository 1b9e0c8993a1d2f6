"""Imports as long work: ids in, one action, safe to run twice."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from celery import shared_task
from django.db import connection
from django.utils.translation import gettext_noop

from kvs.jobs import Run, job
from kvs.models import SealedFile, User
from kvs.reading import Sheet, Unreadable, read_workbook
from students.actions import imports, taking_back
from students.actions.intake import Intake, take_in
from students.importer.check import Understood, layout_of, look, understand
from students.importer.result import workbook
from students.models import ImportRow, ImportRun
from students.models.imports import IMPORTERS

BATCH = 100  # rows that go in together
IMPORT_LOCK = 4202  # advisory lock
READING = gettext_noop("Reading the file")
WRITING = gettext_noop("Importing the rows")
TAKING_BACK = gettext_noop("Taking the rows back")
OTHER_IMPORT = gettext_noop("Another import is busy; this one waits")
GONE = gettext_noop("The file has been destroyed, because its time was over. Send it up again.")


def _run(run: Run) -> ImportRun:
    related = ("upload", "client", "location", "findings")
    return ImportRun.objects.select_related(*related).get(pk=run.arguments["run"])


def _sheets(this: ImportRun) -> list[Sheet] | None:
    """The sheets; None when the file cannot be read, which the run then says."""
    try:
        return read_workbook(imports.content_of(this), this.file_name or "")
    except Unreadable as refused:
        imports.refuse_import(run=this, because=str(refused))
    except SealedFile.DoesNotExist:
        imports.refuse_import(run=this, because=GONE)
    return None


@job("students.check_import")
def check_import(run: Run) -> None:
    """Read the file and keep what was found in it, or why it cannot be read."""
    this, by = _run(run), run.job.requested_by
    run.progress(0, None, READING)
    sheets = _sheets(this)
    if sheets is None or by is None:
        return
    findings, people = look(sheets, this, by, run.progress, imports.choices_of(this))
    imports.keep_findings(run=this, findings=findings, people=people, by=by)


@job("students.import")
def import_rows(run: Run) -> None:
    """Take in the rows that are ready and not in yet; run again, it goes on behind the last one."""
    this, by = _run(run), run.job.requested_by
    if this.state != ImportRun.State.IMPORTING or by is None:
        return
    with _one_at_a_time(run):
        _import_rows(run, this, by)


def _import_rows(run: Run, this: ImportRun, by: User) -> None:
    run.progress(0, None, READING)
    user = by.only_as(*IMPORTERS)
    _number, layout = layout_of(read_workbook(imports.content_of(this), this.file_name or ""), this)
    understood = understand(layout, this, user, imports.choices_of(this), run.progress)
    done = set(this.rows.values_list("number", flat=True))
    _keep_waiting(this, [each for each in understood if each.asks and each.intake.number not in done])
    ready = [each.intake for each in understood if not each.asks and each.intake.number not in done]
    count = len(understood)
    for batch in _batches(ready):
        run.progress(count - len(ready) + ready.index(batch[0]), count, WRITING)
        take_in(run=this, rows=batch, by=by)
    run.progress(count, count, WRITING)
    imports.finish_import(run=this, workbook=workbook(this, understood, layout.mapping), by=by)


@contextmanager
def _one_at_a_time(run: Run) -> Iterator[None]:
    """Two imports at once would not see each other's people: the second waits. PostgreSQL frees the lock of a dead worker."""
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [IMPORT_LOCK])
            if cursor.fetchone() == (True,):
                break
            run.progress(0, None, OTHER_IMPORT)
            time.sleep(0.5)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [IMPORT_LOCK])


def _keep_waiting(this: ImportRun, waiting: Sequence[Understood]) -> None:
    """Rows that ask something stay out, with what they ask."""
    rows = []
    for each in waiting:
        refused = any(ask.refused for ask in each.asks)
        outcome = ImportRow.Outcome.REFUSED if refused else ImportRow.Outcome.OPEN
        problems = [(ask.column, ask.why) for ask in each.asks]
        rows.append(
            ImportRow(
                run=this,
                number=each.intake.number,
                outcome=outcome,
                problems=problems,
                number_left_out=each.intake.number_left_out,
            )
        )
    ImportRow.objects.bulk_create(rows, batch_size=500)


def _batches(rows: Sequence[Intake]) -> list[Sequence[Intake]]:
    """By the hundred. A row about the person of an earlier one begins a new batch: it must find what that one wrote."""
    found: list[list[Intake]] = [[]]
    for row in rows:
        people = {key for other in found[-1] for key in (other.number, other.known)}
        if len(found[-1]) >= BATCH or (people - {None}) & {row.same_as, row.known}:
            found.append([])
        found[-1].append(row)
    return [batch for batch in found if batch]


@job("students.take_back")
def take_back(run: Run) -> None:
    """Take back what an import wrote, as far as nobody touched it since."""
    this = _run(run)
    rows = list(this.rows.filter(outcome__in=taking_back.WRITTEN))
    for start in range(0, len(rows), BATCH):
        run.progress(start, len(rows), TAKING_BACK)
        taking_back.take_back_rows(rows=rows[start : start + BATCH], by=run.job.requested_by)
    taking_back.finish_taking_back(run=this)


@shared_task  # type: ignore[untyped-decorator]
def tidy_imports() -> None:
    """Forget what repeats values of files that have expired."""
    imports.tidy()

"""What happens to a spreadsheet as a whole: sent up, looked at, decided on, started, stopped, finished, forgotten."""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kvs import audit
from kvs.files import open_file, store_file
from kvs.jobs import request_cancel, start_job
from kvs.models import AuditAction, Location, Organisation, SealedFile, User
from students.models import Client, ImportLayout, ImportRow, ImportRun, InformTask

UPLOAD, FINDINGS, WORKBOOK = "import.upload", "import.findings", "import.workbook"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Choice = list[str]  # ["accept"], ["empty"], ["new"] or ["value", what was typed]


@transaction.atomic
def start_import(*, content: bytes, file_name: str, location: Location, client: Client | None, by: User) -> ImportRun:
    """Keep an upload, sealed until it expires, and let a worker look at it. Raises kvs.files.FileTooLarge."""
    now = timezone.now()
    days = Organisation.objects.values_list("upload_kept_days", flat=True).get()
    upload = store_file(
        content,
        kind=UPLOAD,
        content_type="application/octet-stream",
        people=[],  # who is in it, nobody knows yet
        by=by,
        expires_at=now + dt.timedelta(days=days),
    )
    run = ImportRun.objects.create(
        file_name=file_name[-200:], upload=upload, location=location, client=client, started_by=by, started_at=now
    )
    return _ring(run, "students.check_import", by)


def _ring(run: ImportRun, kind: str, by: User) -> ImportRun:
    run.job = start_job(kind, {"run": run.pk}, by=by)
    run.save()
    return run


def _locked(run: ImportRun, *states: ImportRun.State) -> ImportRun:
    """The run, locked; raises ValidationError when it is past these states, or when a worker is at it."""
    row = ImportRun.objects.select_for_update(of=("self",)).select_related("job", "client", "location").get(pk=run.pk)
    if row.state not in states or row.working:
        raise ValidationError(_("This import has moved on meanwhile. Look at the page again."), code="stale")
    return row


def content_of(run: ImportRun) -> bytes:
    """The upload. Raises SealedFile.DoesNotExist once it has expired or was erased."""
    if run.upload is None:
        raise SealedFile.DoesNotExist
    return open_file(run.upload)


def findings_of(run: ImportRun) -> dict[str, Any]:
    """What the check found. Raises SealedFile.DoesNotExist once it is gone."""
    if run.findings is None:
        raise SealedFile.DoesNotExist
    found: dict[str, Any] = json.loads(open_file(run.findings))
    return found


def choices_of(run: ImportRun) -> dict[str, Choice]:
    """What was decided, by cell."""
    found: dict[str, Choice] = json.loads(run.choices or "{}")
    return found


@transaction.atomic
def keep_findings(*, run: ImportRun, findings: Mapping[str, Any], people: Iterable[uuid.UUID], by: User | None) -> None:
    """Keep what a check found, in place of what an earlier one found. What was decided stays where a cell asks the same.

    `people`: audit_ids of the students the file seems to be about.
    """
    row = ImportRun.objects.select_for_update(of=("self",)).select_related("upload", "findings").get(pk=run.pk)
    if row.upload is None or row.state not in (ImportRun.State.UPLOADED, ImportRun.State.CHECKED):
        return  # erased or started meanwhile
    old, kept = row.findings, _still_asked(row, findings)
    row.findings = store_file(
        json.dumps(findings).encode(),
        kind=FINDINGS,
        content_type="application/json",
        people=people,
        by=by,
        expires_at=row.upload.expires_at,
    )
    row.sheet, row.mapping, row.choices = findings["sheet"], findings["mapping"], json.dumps(kept)
    row.state, row.version = ImportRun.State.CHECKED, row.version + 1
    row.save()
    if old:
        old.delete()


def _still_asked(run: ImportRun, findings: Mapping[str, Any]) -> dict[str, Choice]:
    """The decisions about cells of the same sheet that ask the same as before, under the same meaning of their column."""
    try:
        before = findings_of(run)
    except SealedFile.DoesNotExist:
        return {}
    if before["sheet"] != findings["sheet"]:
        return {}
    old, new = (
        {cell["cell"]: (cell, each["mapping"].get(str(cell["column"]))) for cell in each["cells"]} for each in (before, findings)
    )
    return {cell: choice for cell, choice in choices_of(run).items() if cell in new and new[cell] == old.get(cell)}


@transaction.atomic
def refuse_import(*, run: ImportRun, because: str) -> None:
    """The file cannot be read: say why (a message id) and erase it."""
    row = ImportRun.objects.select_for_update(of=("self",)).select_related("upload", "findings").get(pk=run.pk)
    if row.state in (ImportRun.State.UPLOADED, ImportRun.State.CHECKED):
        row.state, row.refusal, row.finished_at = ImportRun.State.REFUSED, because[:200], timezone.now()
        _erase_files(row)
        row.save()


def _erase_files(run: ImportRun) -> None:
    """Upload and findings go, with what was decided about their cells."""
    files = [file for file in (run.upload, run.findings) if file]
    run.upload = run.findings = run.choices = None
    run.save()
    for file in files:
        file.delete()


@transaction.atomic
def change_layout(
    *, run: ImportRun, version: int, sheet: int, mapping: Mapping[str, str] | None, by: User, law: str = ""
) -> ImportRun:
    """Another sheet, or other meanings of columns (None: guess them), and look again. Remembered for such files.

    `law`: what holds for all rows when no column says it; of this file alone, so not remembered.
    Raises ValidationError "stale" when somebody did so since `version` was read.
    """
    row = _locked(run, ImportRun.State.CHECKED)
    if row.version != version:
        raise ValidationError(_("A colleague changed the columns meanwhile. Compare, then choose again."), code="stale")
    row.sheet, row.mapping, row.law = sheet, None if mapping is None else dict(mapping), law
    if mapping is not None:
        key = findings_of(row)["layout"]
        ImportLayout.objects.update_or_create(key=key, defaults={"mapping": row.mapping, "used_at": timezone.now()})
    return _ring(row, "students.check_import", by)


@transaction.atomic
def decide(*, run: ImportRun, choices: Mapping[str, Choice | None], again_by: User | None = None) -> ImportRun:
    """Keep what somebody decided about cells; None takes a decision back. Raises ValidationError "stale".

    `again_by` lets a worker look again: what was typed may make the row somebody the file or the school has already.
    """
    row = _locked(run, ImportRun.State.CHECKED)
    kept = {**choices_of(row), **choices}
    row.choices = json.dumps({cell: choice for cell, choice in kept.items() if choice is not None})
    row.save(update_fields=["choices"])
    return _ring(row, "students.check_import", again_by) if again_by else row


@transaction.atomic
def begin_import(*, run: ImportRun, version: int, by: User) -> ImportRun:
    """Let a worker take the rows in; also to go on with an import that was stopped. Raises ValidationError "stale"."""
    row = _locked(run, ImportRun.State.CHECKED, ImportRun.State.IMPORTING)
    if row.version != version:
        raise ValidationError(_("A colleague changed the columns meanwhile. Compare, then choose again."), code="stale")
    row.state = ImportRun.State.IMPORTING
    return _ring(row, "students.import", by)


def stop_import(*, run: ImportRun) -> None:
    """Stop the worker after the rows it is writing. What is in stays in."""
    if run.job:
        request_cancel(run.job)


@transaction.atomic
def discard_import(*, run: ImportRun) -> ImportRun:
    """Erase the file and what was found in it, before anything was imported. Raises ValidationError "stale"."""
    row = ImportRun.objects.select_for_update(of=("self",)).select_related("job", "upload", "findings").get(pk=run.pk)
    if row.state not in (ImportRun.State.UPLOADED, ImportRun.State.CHECKED):
        raise ValidationError(_("This import has moved on meanwhile. Look at the page again."), code="stale")
    if row.working and row.job:
        request_cancel(row.job)
    row.state, row.finished_at = ImportRun.State.CANCELLED, timezone.now()
    _erase_files(row)
    return row


@transaction.atomic
def finish_import(*, run: ImportRun, workbook: bytes, by: User | None) -> None:
    """All rows are written: keep the workbook of what needs a person, and be done."""
    row = ImportRun.objects.select_for_update(of=("self",)).select_related("upload", "workbook", "findings").get(pk=run.pk)
    if row.state != ImportRun.State.IMPORTING:
        return
    old = row.workbook
    people = row.rows.filter(student__isnull=False).exclude(problems=[]).values_list("student__audit_id", flat=True)
    row.workbook = store_file(
        workbook,
        kind=WORKBOOK,
        content_type=XLSX,
        people=people,
        by=by,
        expires_at=row.upload.expires_at if row.upload else timezone.now() + dt.timedelta(days=1),
    )
    gone = [file for file in (old, row.findings) if file]  # what was asked has been answered
    row.state, row.finished_at, row.choices, row.findings = ImportRun.State.DONE, timezone.now(), None, None
    row.save()
    for file in gone:
        file.delete()


@transaction.atomic
def tidy() -> int:
    """Once an upload has expired, what repeats values of it goes too; how many rows forgot what they overwrote.

    An import that nobody finished by then has come to nothing more.
    """
    expired, now = ImportRun.objects.filter(upload__isnull=True), timezone.now()
    waiting = expired.filter(state__in=[ImportRun.State.UPLOADED, ImportRun.State.CHECKED])
    waiting.update(state=ImportRun.State.CANCELLED, finished_at=now, choices=None)
    expired.filter(state=ImportRun.State.IMPORTING).update(state=ImportRun.State.DONE, finished_at=now, choices=None)
    return ImportRow.objects.filter(run__in=expired, before__isnull=False).update(before=None)


@transaction.atomic
def mark_informed(*, tasks: Sequence[InformTask], how: str, by: User) -> int:
    """Record that these people were told where their data came from; how many, for a colleague may have been first."""
    mine = InformTask.objects.select_for_update(of=("self",)).select_related("student").open()
    rows = list(mine.filter(pk__in=[task.pk for task in tasks]))
    for row in rows:
        row.done_at, row.done_by, row.how = timezone.now(), by, how
    InformTask.objects.bulk_update(rows, ["done_at", "done_by", "how"])
    audit.log_bulk(rows, AuditAction.UPDATE, ["done_at", "done_by", "how"], by=by)
    return len(rows)

"""Uploads of which nobody knows yet who is in them: rows of spreadsheets are read, scans without a lesson cannot be."""

from typing import Any
from uuid import UUID

from attendance.models import Scan
from kvs.files import open_file
from kvs.models import SealedFile
from kvs.reading import Unreadable, read_workbook
from privacy.subject import Subject
from privacy.traces import Value, names, values_of
from students.models import ImportRow, ImportRun, Student


def uploads_with(subject: Subject) -> set[UUID]:
    """The primary keys of the files of imports that hold this person; of one that cannot be read it must be assumed, and so
    of scans of which nobody said yet what lesson they are: those live for a week and can be made again.
    """
    if not isinstance(subject.person, Student):
        return set()
    took_in = set(ImportRow.objects.filter(student=subject.person).values_list("run", flat=True))
    values = values_of(subject)
    runs = ImportRun.objects.filter(upload__isnull=False).select_related("upload")
    held = [run for run in runs if run.pk in took_in or _says(run, values)]
    waiting = Scan.objects.waiting().values_list("file", flat=True)
    return {*waiting, *(file for run in held for file in (run.upload_id, run.findings_id, run.workbook_id) if file)}


def _says(run: ImportRun, values: list[Value]) -> bool:
    assert run.upload
    try:
        sheets = read_workbook(open_file(run.upload), run.file_name or "")
    except SealedFile.DoesNotExist:
        return False  # its time is over: it opens for nobody, and is destroyed within minutes
    except Unreadable:
        return True
    return any(names(_line(row), values) for sheet in sheets for row in sheet.rows)


def _line(row: list[Any]) -> str:
    return " ".join(str(cell) for cell in row if cell is not None)

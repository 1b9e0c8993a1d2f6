"""Taking an import back: what it made goes, what it overwrote returns; what was touched since stays, with the reason."""

import json
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from kvs.jobs import start_job
from kvs.models import SealedFilePerson, User
from students import actions
from students.actions.imports import _locked
from students.models import Contract, Enrolment, FieldSource, ImportRow, ImportRun, InformTask, Programme, Student

EDITED = gettext_noop("Somebody changed this since the import. It stays.")
IN_USE = gettext_noop(
    "The school has recorded more about this student since: lessons, results, an account or a report. It stays."
)
FORGOTTEN = gettext_noop("What this row overwrote has been destroyed with the file. It stays.")

MADE = (Student, Programme, Contract, Enrolment)
OWN = (FieldSource, InformTask, ImportRow, Programme, Contract, Enrolment)  # what an import itself hangs on a student
WRITTEN = (ImportRow.Outcome.NEW, ImportRow.Outcome.CHANGED)


def what_stays(run: ImportRun) -> dict[str, int]:
    """How many students go, how many get back what was overwritten, and how many stay: edited since, in use, forgotten."""
    rows = list(run.rows.filter(outcome__in=WRITTEN).select_related("run", "student", "programme", "contract", "enrolment"))
    used, counts = _in_use(rows), dict.fromkeys(("goes", "returns", "edited", "used", "forgotten"), 0)
    for row in rows:
        new = row.outcome == ImportRow.Outcome.NEW
        if _edited(row):
            counts["edited"] += 1
        elif row.student_id in used:
            counts["used"] += 1
        elif new or run.upload_id:
            counts["goes" if new else "returns"] += 1
        else:
            counts["forgotten"] += 1
    return counts


@transaction.atomic
def take_back_import(*, run: ImportRun, by: User) -> ImportRun:
    """Let a worker take an import back. Raises ValidationError "stale" when it is not finished."""
    row = _locked(run, ImportRun.State.DONE, ImportRun.State.TAKING_BACK)
    row.state = ImportRun.State.TAKING_BACK
    row.job = start_job("students.take_back", {"run": row.pk}, by=by)
    row.save()
    return row


@transaction.atomic
def take_back_rows(*, rows: Sequence[ImportRow], by: User | None) -> None:
    """Take back what these rows of one run wrote, each whole or not at all; safe to run twice."""
    list(Student.objects.select_for_update().filter(import_rows__in=[row.pk for row in rows]).order_by("pk").values_list("pk"))
    fresh = ImportRow.objects.select_related("run", "student", "programme", "contract", "enrolment")
    written = list(fresh.filter(pk__in=[row.pk for row in rows], outcome__in=WRITTEN))
    used = _in_use(written)
    for row in written:
        reason = _edited(row) or (IN_USE if row.student_id in used else "")
        if not reason and row.outcome == ImportRow.Outcome.CHANGED:
            reason = _restore(row, by)
        if reason:
            row.problems = [*(it for it in row.problems if it[1] not in (EDITED, IN_USE, FORGOTTEN)), (None, reason)]
            row.save(update_fields=["problems"])
            written = [other for other in written if other.pk != row.pk]
    gone = [row.student_id for row in written if row.student_id and row.outcome == ImportRow.Outcome.NEW]
    done = ImportRow.objects.filter(pk__in=[row.pk for row in written])
    done.update(outcome=ImportRow.Outcome.TAKEN_BACK, student=None, key="", before=None, problems=[])
    Student.objects.filter(pk__in=gone).delete()


@transaction.atomic
def finish_taking_back(*, run: ImportRun) -> None:
    """All rows were tried. When nothing stays the files go too; a run of which something stays can be tried again later."""
    row = ImportRun.objects.select_for_update(of=("self",)).select_related("upload", "findings", "workbook").get(pk=run.pk)
    if row.state != ImportRun.State.TAKING_BACK:
        return
    left = row.rows.filter(outcome__in=WRITTEN).exists()
    row.state, row.finished_at = ImportRun.State.DONE if left else ImportRun.State.TAKEN_BACK, timezone.now()
    files = [] if left else [file for file in (row.upload, row.findings, row.workbook) if file]
    if not left:
        row.upload = row.findings = row.workbook = None
    row.save()
    for file in files:
        file.delete()


def _edited(row: ImportRow) -> str:
    """Why this row's own rows are no longer as the import left them; empty when they are."""
    assert row.student
    made = [(row.student, row.version_after), *((it, 1) for it in (row.programme, row.contract, row.enrolment) if it)]
    return EDITED if any(it.version != version for it, version in made) else ""


def _in_use(rows: Sequence[ImportRow]) -> set[uuid.UUID | None]:
    """Students of these rows on whom something hangs that the import did not make, in whatever app.

    Found by the foreign keys of all installed models, so that this app need not know who uses its rows.
    """
    new = [row for row in rows if row.outcome == ImportRow.Outcome.NEW]
    students = {row.student_id: row.student_id for row in new}
    owner: dict[type[models.Model], dict[Any, uuid.UUID | None]] = {Student: students}
    links: tuple[tuple[type[models.Model], str], ...] = (
        (Programme, "programme_id"),
        (Contract, "contract_id"),
        (Enrolment, "enrolment_id"),
    )
    for model, name in links:
        owner[model] = {getattr(row, name): row.student_id for row in rows if getattr(row, name)}
    used = {row.student_id for row in new if row.student and row.student.user_id}
    for model, found in owner.items():
        for relation in model._meta.related_objects:
            if relation.related_model not in OWN and found:
                used |= {found[key] for key in _pointing(relation, found)}
    return used | _others(new, owner) | _in_reports(new)


def _pointing(relation: Any, keys: Iterable[Any]) -> Iterable[Any]:
    """Which of `keys` some row points to through `relation`."""
    pointing = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": list(keys)})
    return set(pointing.values_list(relation.field.name, flat=True))


def _others(new: Sequence[ImportRow], owner: dict[type[models.Model], dict[Any, uuid.UUID | None]]) -> set[uuid.UUID | None]:
    """Students with a programme, contract or place that their row did not make, or that came in a second import too."""
    students = [row.student_id for row in new]
    paths: tuple[tuple[type[models.Model], str], ...] = (
        (Programme, "student"),
        (Contract, "programme__student"),
        (Enrolment, "programme__student"),
    )
    found: set[uuid.UUID | None] = set()
    for model, path in paths:
        other = model._base_manager.filter(**{f"{path}__in": students}).exclude(pk__in=owner[model])
        found |= set(other.values_list(path, flat=True))
    again = ImportRow.objects.filter(student__in=students, outcome=ImportRow.Outcome.CHANGED)
    return found | set(again.values_list("student", flat=True))


def _in_reports(new: Sequence[ImportRow]) -> set[uuid.UUID | None]:
    """Students who stand in a file that was made since, such as a report."""
    audit_ids = {row.student.audit_id: row.student_id for row in new if row.student}
    own = [file for row in new[:1] for file in (row.run.workbook_id, row.run.findings_id) if file]
    there = SealedFilePerson.objects.filter(audit_id__in=audit_ids).exclude(file__in=own).values_list("audit_id", flat=True)
    return {audit_ids[audit_id] for audit_id in there}


def _restore(row: ImportRow, by: User | None) -> str:
    """Undo what a row changed of somebody the school knew. Returns why not, or nothing."""
    assert row.student
    assert by
    if row.run.upload_id is None:
        return FORGOTTEN
    before = json.loads(row.before or "{}")
    try:
        with transaction.atomic():
            _restore_programme(row, before, by)
            if "student" in before:
                _restore_student(row.student, before, by)
    except ValidationError:
        return EDITED
    InformTask.objects.filter(student=row.student_id, run=row.run_id).open().delete()
    return ""


def _restore_programme(row: ImportRow, before: dict[str, Any], by: User) -> None:
    for made in (row.enrolment, row.contract, row.programme):
        if made:
            made.delete()
    if "programme" not in before:
        return
    key, values, version = before["programme"]
    programme = Programme.objects.get(pk=key)
    if row.version_after is not None and programme.version == version:
        actions.change_programme(programme=programme, version=version, by=by, changes=_python(Programme, values))
    else:
        raise ValidationError(EDITED)


def _restore_student(student: Student, before: dict[str, Any], by: User) -> None:
    changes = _python(Student, before["student"])
    actions.change_student(student=student, version=student.version, by=by, changes=changes)
    for group in before["groups"]:
        there = FieldSource.objects.filter(student=student, group=group)
        if group not in before["sources"]:
            there.delete()
        else:
            source, organisation, on = before["sources"][group]
            there.update(source=source, organisation=organisation, on=on)


def _python(model: type[models.Model], values: dict[str, Any]) -> dict[str, Any]:
    """Values as JSON keeps them, as the columns of `model` hold them."""
    return {name: model._meta.get_field(name).to_python(value) for name, value in values.items()}  # type: ignore[union-attr]

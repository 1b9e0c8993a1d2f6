"""What changes levels and exam attempts. A sheet (a class, or one student) is saved in one transaction."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from exams import rules
from exams.models import ExamAttempt, LevelMeasurement
from kvs import audit
from kvs.catalogue import field_for
from kvs.editing import changed
from kvs.models import AuditAction, User
from students.actions.restrictions import check_unrestricted, restricted_sentence
from students.models import Programme

Row = TypeVar("Row", LevelMeasurement, ExamAttempt)


class Cell(NamedTuple):
    """What a sheet says about one row of the database: its values, None for "nothing there"; and the `version` it showed."""

    values: dict[str, str] | None
    version: int = 0


class Clash(Exception):
    """Somebody else changed these cells since the sheet was opened. Nothing of the sheet is saved; both are shown.

    `rows` holds what stands there now by key of the cell, None where it was removed.
    """

    def __init__(self, rows: Mapping[Any, LevelMeasurement | ExamAttempt | None]) -> None:
        super().__init__(f"{len(rows)} cells")
        self.rows = rows


def refuse_odd_day(day: dt.date, last: dt.date | None = None) -> None:
    """Raise ValidationError for a day so long ago that it is a typing mistake, or after `last` (None: today)."""
    if day > (last or timezone.localdate()):
        raise ValidationError(
            _("This is more than two years ahead. Is the year right?") if last else _("This day is still to come.")
        )
    if day < rules.EARLIEST:
        raise ValidationError(_("This is before the year 2000. Is the year right?"))


def check_day(day: dt.date, field: str, last: dt.date | None = None) -> None:
    """As refuse_odd_day, with the sentence at `field`."""
    try:
        refuse_odd_day(day, last)
    except ValidationError as odd:
        raise ValidationError({field: odd}) from odd


@transaction.atomic
def record_levels(*, day: dt.date, kind: str, cells: Mapping[tuple[uuid.UUID, str], Cell], by: User) -> int:
    """Save what was measured on `day`, by (programme, skill); how many cells changed.

    Emptying a cell removes the measurement. Safe to repeat. Raises ValidationError for a day to come, and Clash.
    """
    check_day(day, "measured_on")
    _lock({programme for programme, _skill in cells})
    rows = LevelMeasurement.objects.filter(programme__in={programme for programme, _skill in cells}, measured_on=day)
    stored = {(row.programme_id, row.skill): row for row in rows.select_related("programme__student")}

    def new(key: tuple[uuid.UUID, str]) -> LevelMeasurement:
        return LevelMeasurement(programme_id=key[0], skill=key[1], measured_on=day)

    extra = {"kind": kind, "assessor": by}
    return _write(LevelMeasurement, stored, cells, new, compare=("level", "kind"), extra=extra, by=by)


@transaction.atomic
def record_results(*, part: str, level: str, day: dt.date, cells: Mapping[uuid.UUID, Cell], by: User) -> int:
    """Save how one exam of one day went, by programme; how many cells changed. Values: result, reason, told_by.

    Raises ValidationError keyed by programme for a part that is not of its law or a result that does not fit, and Clash.
    """
    _lock(set(cells))
    programmes = Programme.objects.in_bulk(list(cells))
    _check_results(part, level, day, {key: (programmes[key].law, cell) for key, cell in cells.items()})
    rows = ExamAttempt.objects.filter(programme__in=cells, part=part, taken_on=day).select_related("programme__student")
    stored = {row.programme_id: row for row in rows}

    def new(key: uuid.UUID) -> ExamAttempt:
        return ExamAttempt(programme=programmes[key], part=part, taken_on=day)

    compare = ("result", "reason", "told_by", "level")
    return _write(ExamAttempt, stored, cells, new, compare=compare, extra={"level": level}, by=by)


def _check_results(part: str, level: str, day: dt.date, cells: Mapping[uuid.UUID, tuple[str, Cell]]) -> None:
    wrong: dict[str, str] = {}
    for key, (law, cell) in cells.items():
        if cell.values is not None:
            try:
                check_attempt(law, part, level, day, cell.values["result"], cell.values["reason"])
            except ValidationError as problem:
                wrong[str(key)] = problem.messages[0]
    if wrong:
        raise ValidationError(wrong)


def check_attempt(law: str, part: str, level: str, day: dt.date, result: str, reason: str) -> None:
    """Raise ValidationError when a law has no such exam, or the result cannot be (rules.Part)."""
    known = rules.part_of(law, part)
    if known is None or not rules.fits(law, part, level):
        raise ValidationError({"exam": _("This exam does not belong to the law of this programme.")})
    if result not in known.results:
        raise ValidationError({"result": _("This part is closed with a date; it has no other result.")})
    if result != rules.OPEN and day > timezone.localdate():
        raise ValidationError({"result": _("This exam is still to come, so there is no result yet.")})
    if (result == rules.NONE) != bool(reason):
        raise ValidationError({"reason": _("Say why there is no result; with another result there is nothing to say.")})
    check_day(day, "taken_on", rules.exams_known_until(timezone.localdate()))


def _lock(programmes: set[uuid.UUID]) -> None:
    """One writer at a time per programme: two sheets saved at once meet here, not at a unique constraint."""
    list(Programme.objects.select_for_update(of=("self",)).filter(pk__in=programmes).order_by("pk").values_list("pk"))


def _write(
    model: type[Row],
    stored: Mapping[Any, Row],
    cells: Mapping[Any, Cell],
    new: Callable[[Any], Row],
    *,
    compare: tuple[str, ...],
    extra: Mapping[str, Any],
    by: User,
) -> int:
    """Make the rows what the cells say, in a fixed number of queries. Raises Clash before anything is written."""
    made: list[Row] = []
    different: list[Row] = []
    gone: list[Row] = []
    clashes: dict[Any, Row | None] = {}
    for key, cell in cells.items():
        row = stored.get(key)
        wanted = None if cell.values is None else {**cell.values, **extra}
        if _says(row, compare) == _says_wanted(wanted, compare):
            continue
        if cell.version != (row.version if row else 0):
            clashes[key] = row
        elif wanted is None:
            assert row is not None
            gone.append(row)
        else:
            target = row or new(key)
            for name, value in wanted.items():
                setattr(target, name, value)
            (different if row else made).append(target)
    if clashes:
        raise Clash(clashes)
    _refuse_restricted(model, [*made, *different, *gone])
    _store(model, made, different, gone, (*compare, *extra), by)
    return len(made) + len(different) + len(gone)


def _refuse_restricted(model: type[models.Model], rows: list[Row]) -> None:
    """Raise ValidationError when the category of these rows is restricted for one of their students."""
    code = field_for(model, "level").category.code
    restricted = Programme.objects.filter(pk__in={row.programme_id for row in rows}, student__restricted__contains=[code])
    if rows and restricted.exists():
        raise ValidationError(restricted_sentence([code]), code="restricted")


def _says(row: models.Model | None, names: tuple[str, ...]) -> list[Any] | None:
    return None if row is None else [getattr(row, name) for name in names]


def _says_wanted(wanted: Mapping[str, Any] | None, names: tuple[str, ...]) -> list[Any] | None:
    return None if wanted is None else [wanted[name] for name in names]


def _store(model: type[Row], made: list[Row], different: list[Row], gone: list[Row], names: tuple[str, ...], by: User) -> None:
    columns: list[str] = sorted({*names})
    for row in different:
        row.version += 1
    model._default_manager.bulk_create(made)
    model._default_manager.bulk_update(different, [*columns, "version"])
    audit.log_bulk(_with_owner(model, made), AuditAction.CREATE, by=by)
    audit.log_bulk(different, AuditAction.UPDATE, columns, by=by)
    model._default_manager.filter(pk__in=[row.pk for row in gone]).delete()  # signals tell the audit


def _with_owner(model: type[Row], rows: list[Row]) -> list[Row]:
    """The new rows with their student at hand: the audit asks whom each is about."""
    found = model._default_manager.filter(pk__in=[row.pk for row in rows]).select_related("programme__student") if rows else []
    return list(found)


# --- one attempt


@transaction.atomic
def add_attempt(*, programme: Programme, by: User, **fields: Any) -> ExamAttempt:
    """Note an exam that was registered for or taken. Raises ValidationError."""
    attempt = ExamAttempt(programme=programme, **fields)
    _check(attempt)
    attempt.save(force_insert=True)
    return attempt


@transaction.atomic
def change_attempt(*, attempt: ExamAttempt, version: int, by: User, changes: Mapping[str, Any]) -> ExamAttempt:
    """Change an attempt, for example when the letter with the result has come. Raises ValidationError."""
    row = changed(ExamAttempt.objects.select_related("programme__student"), attempt.pk, version, changes)
    _check(row)
    row.save()
    return row


@transaction.atomic
def remove_attempt(*, attempt: ExamAttempt, version: int, by: User) -> None:
    """Remove an attempt that was noted by mistake. Raises ValidationError "stale" when it was changed meanwhile."""
    row = changed(ExamAttempt.objects.select_related("programme__student"), attempt.pk, version, {})
    check_unrestricted(row.programme.student, ExamAttempt, ["result"])
    row.delete()


def _check(attempt: ExamAttempt) -> None:
    check_unrestricted(attempt.programme.student, ExamAttempt, ["result"])
    check_attempt(attempt.programme.law, attempt.part, attempt.level, attempt.taken_on, attempt.result, attempt.reason)
    if attempt.result_on and attempt.result_on > timezone.localdate():
        raise ValidationError({"result_on": _("This day is still to come.")})
    attempt.full_clean(exclude=["programme"])

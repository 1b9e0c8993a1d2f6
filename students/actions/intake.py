"""Taking in rows of a spreadsheet: somebody new, or more about somebody the school knows. Each row whole or not at all.

Rows go in by the hundred, for one by one ten thousand would take minutes. What the database or a rule refuses in a
hundred is done again one by one, so that only the row itself stays out.
"""

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop, override

from kvs import audit
from kvs.models import AuditAction, User
from students import actions, rules
from students.models import (
    Contract,
    CorrectionProposal,
    Enrolment,
    FieldSource,
    Group,
    ImportRow,
    ImportRun,
    InformTask,
    Programme,
    Student,
)

PROTECTED = gettext_noop("The student corrected this; the file says something else. The file does not overwrite it.")
OTHER_BSN = gettext_noop("The file has another BSN than the student's file. Check the document.")
OTHER_CONTRACT = gettext_noop("There is another contract in this period. Change it by hand if it is not right.")
NO_PLACE = gettext_noop("The group is full or does not run on that day. The student has no place yet.")
NOT_STORED = gettext_noop("The database refuses this row. Enter it by hand; the page then says what is wrong.")
NUMBER_TAKEN = gettext_noop("Another student has this student number.")

Problem = tuple[int | None, str]  # number of the column, message id


@dataclass
class Intake:
    """One row of a file, understood and decided on. Columns of models only as far as the row fills them."""

    number: int  # in the file, from 1
    key: str = ""
    student: dict[str, Any] = field(default_factory=dict)
    proposed: dict[str, Any] = field(default_factory=dict)  # birth date that is proposed and that nobody decided about yet
    programme: dict[str, Any] = field(default_factory=dict)
    start_is_given: bool = False  # the first day stands in the row, and is not the default of the whole file
    bsn: str | None = None  # only when the programme names its ground
    number_left_out: bool = False
    lawless: bool = False  # it names no law, and so something of it stays behind
    contract: dict[str, Any] = field(default_factory=dict)
    group: Group | None = None
    placed_on: dt.date | None = None
    known: uuid.UUID | None = None  # the student it is about; None: somebody new
    nothing_new: bool = False  # an earlier import took in exactly this row
    same_as: int | None = None  # the row of this file that is about the same person
    problems: list[Problem] = field(default_factory=list)  # what a person has to look at although the row goes in
    columns: dict[str, int] = field(default_factory=dict)  # name of a model's column -> number of the file's


def take_in(*, run: ImportRun, rows: Sequence[Intake], by: User) -> None:
    """Write rows of a run that are not written yet, and what became of each."""
    try:
        with transaction.atomic():
            _write(run, rows, by)
    except (ValidationError, IntegrityError, DataError) as problem:
        if len(rows) > 1:
            for row in rows:
                take_in(run=run, rows=[row], by=by)
            return
        refused = Intake(rows[0].number, number_left_out=False, problems=[(None, _sentence(problem))])
        ImportRow.objects.create(run=run, **_line(refused, ImportRow.Outcome.OPEN))


def _sentence(problem: Exception) -> str:
    """The message id of why a row was refused; never the database's own text, which repeats values."""
    name = getattr(getattr(problem.__cause__, "diag", None), "constraint_name", None)
    if name and name.startswith("students_student_number"):
        return NUMBER_TAKEN
    with override(None):
        for model in apps.get_app_config("students").get_models():
            for rule in model._meta.constraints:
                if rule.name == name and rule.violation_error_message != rule.default_violation_error_message:
                    return str(rule.violation_error_message)
    return NOT_STORED


def _line(row: Intake, outcome: str, **made: Any) -> dict[str, Any]:
    """The fields of what became of a row."""
    known = {"number": row.number, "outcome": outcome, "problems": row.problems, "number_left_out": row.number_left_out}
    return {**known, "key": row.key, **made}


def _write(run: ImportRun, rows: Sequence[Intake], by: User) -> None:
    _find_twins(run, rows)
    new = [row for row in rows if row.known is None]
    _write_new(run, new, by)
    same = [row for row in rows if row.known and row.nothing_new]
    unchanged = ImportRow.Outcome.UNCHANGED
    ImportRow.objects.bulk_create(ImportRow(run=run, student_id=row.known, **_line(row, unchanged)) for row in same)
    known = _known(row.known for row in rows if row.known and not row.nothing_new)
    for row in rows:
        if row.known in known and not row.nothing_new:
            with transaction.atomic():
                _complete(run, row, known[row.known], by)


def _find_twins(run: ImportRun, rows: Sequence[Intake]) -> None:
    """Rows about the person of an earlier row are about that student. The earlier row was written in an earlier batch."""
    wanted = {row.same_as for row in rows if row.same_as}
    if not wanted:
        return
    found = dict(run.rows.filter(number__in=wanted, student__isnull=False).values_list("number", "student"))
    for row in rows:
        if row.same_as:
            row.known = found.get(row.same_as)


# --- somebody new


def _write_new(run: ImportRun, rows: Sequence[Intake], by: User) -> None:
    students = _new_students(run, rows)
    Student.objects.bulk_create(students)
    _note(run, students, by)
    programmes = {row.number: _new_programme(row, who) for row, who in zip(rows, students, strict=True) if row.programme}
    Programme.objects.bulk_create(programmes.values())
    contracts = {row.number: _new_contract(row, programmes[row.number]) for row in rows if row.contract}
    Contract.objects.bulk_create(contracts.values())
    places = _new_places(rows, programmes)
    for made in (students, programmes.values(), contracts.values(), places.values()):
        audit.log_bulk(made, AuditAction.CREATE, by=by)
    ImportRow.objects.bulk_create(
        ImportRow(
            run=run,
            student=who,
            programme=programmes.get(row.number),
            contract=contracts.get(row.number),
            enrolment=places.get(row.number),
            version_after=who.version,
            **_line(row, ImportRow.Outcome.NEW),
        )
        for row, who in zip(rows, students, strict=True)
    )


def _new_students(run: ImportRun, rows: Sequence[Intake]) -> list[Student]:
    numbers = iter(actions.next_numbers(sum("number" not in row.student for row in rows)))
    made = []
    for row in rows:
        fields = {**row.student, "number": row.student.get("number") or next(numbers), "intake_location": run.location}
        made.append(actions.new_student(**fields))
    return made


def _note(run: ImportRun, students: Sequence[Student], by: User) -> None:
    """Where their data came from, and that they must be told when it is somebody else (art. 14 AVG)."""
    touched = [(who, group) for who in students for group in actions.filled_groups(who)]
    actions.note_sources(touched, _source(run), run.source)
    _ask_to_inform(run, students, by)


def _ask_to_inform(run: ImportRun, students: Sequence[Student], by: User) -> None:
    if not run.client:
        return
    due_on = rules.month_after(timezone.localdate(run.started_at))
    waiting = InformTask.objects.open().filter(student__in=students, organisation=run.source)
    asked = set(waiting.values_list("student", flat=True))
    tasks = [InformTask(student=who, run=run, organisation=run.source, due_on=due_on) for who in students if who.pk not in asked]
    InformTask.objects.bulk_create(tasks)
    audit.log_bulk(tasks, AuditAction.CREATE, by=by)


def _new_programme(row: Intake, student: Student) -> Programme:
    index = actions.bsn_index(row.bsn) if row.bsn else None
    return Programme(student=student, bsn=row.bsn, bsn_index=index, **row.programme)


def _new_contract(row: Intake, programme: Programme) -> Contract:
    return Contract(programme=programme, **{"starts_on": programme.starts_on, "ends_on": programme.ends_on, **row.contract})


def _new_places(rows: Sequence[Intake], programmes: dict[int, Programme]) -> dict[int, Enrolment]:
    """Places in groups with room; who does not fit comes in without one and is listed for a person."""
    wanted = [row for row in rows if row.group and row.number in programmes]
    groups = {group.pk: group for group in _locked({row.group.pk for row in wanted if row.group})}
    taken: dict[uuid.UUID, list[actions.Period]] = defaultdict(list)
    for group, starts_on, ends_on in Enrolment.objects.filter(group__in=groups).values_list("group", "starts_on", "ends_on"):
        taken[group].append((starts_on, ends_on))
    made: dict[int, Enrolment] = {}
    for row in wanted:
        assert row.group
        programme = programmes[row.number]
        period = (row.placed_on or programme.starts_on, programme.ends_on)
        try:
            actions.check_period(*period)
            actions.check_room(groups[row.group.pk], taken[row.group.pk], *period)
        except ValidationError:
            row.problems.append((row.columns.get("group"), NO_PLACE))
            continue
        taken[row.group.pk].append(period)
        made[row.number] = Enrolment(programme=programme, group=groups[row.group.pk], starts_on=period[0], ends_on=period[1])
    Enrolment.objects.bulk_create(made.values())
    return made


def _locked(groups: Iterable[uuid.UUID]) -> list[Group]:
    """Two intakes must not share the last place; always in one order, so that they never wait for each other."""
    return list(Group.objects.select_for_update().filter(pk__in=groups).order_by("pk"))


# --- somebody the school knows


def _known(keys: Iterable[uuid.UUID]) -> dict[uuid.UUID, Student]:
    found = Student.objects.filter(pk__in=set(keys)).prefetch_related(
        "sources", "programmes__contracts", "programmes__enrolments"
    )
    return {student.pk: student for student in found}


def _complete(run: ImportRun, row: Intake, student: Student, by: User) -> None:
    """Add what the row says to what the school knows; an empty cell erases nothing."""
    before: dict[str, Any] = {}
    made: dict[str, Any] = {}
    changes = _changes(row, student)
    if changes:
        touched = [name for name, names in actions.SOURCE_GROUPS.items() if set(names) & set(changes)]
        before["student"] = {name: getattr(student, name) for name in changes}
        before["sources"] = {source.group: [source.source, source.organisation, source.on] for source in student.sources.all()}
        student = actions.change_student(
            student=student, version=student.version, by=by, changes=changes, source=_source(run), organisation=run.source
        )
        before["groups"] = touched
    if row.programme:
        made, kept = _programme(row, student, by)
        before |= kept
    written = bool(before or made)
    if written:
        _ask_to_inform(run, [student], by)
    outcome = ImportRow.Outcome.CHANGED if written else ImportRow.Outcome.UNCHANGED
    kept_before = json.dumps(before, cls=DjangoJSONEncoder) if before else None
    line = _line(row, outcome, student=student, version_after=student.version, before=kept_before, **made)
    ImportRow.objects.create(run=run, **line)


def _source(run: ImportRun) -> str:
    return FieldSource.Source.THIRD_PARTY if run.client else FieldSource.Source.SCHOOL


def _changes(row: Intake, student: Student) -> dict[str, Any]:
    """What the row says otherwise, without what the student rectified: that is listed for a person (decisions.md 30)."""
    rectified = {source.group for source in student.sources.all() if source.rectified}
    guarded = {name for group in rectified for name in actions.SOURCE_GROUPS[group]}
    said = {name: value for name, value in row.student.items() if name != "number"}
    different = {name: value for name, value in said.items() if getattr(student, name) != value}
    row.problems += [(row.columns.get(name), PROTECTED) for name in sorted(set(different) & guarded)]
    return {name: value for name, value in different.items() if name not in guarded}


def _programme(row: Intake, student: Student, by: User) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was made for the programme of the row, and what was overwritten."""
    made: dict[str, Any] = {}
    before: dict[str, Any] = {}
    programme = _same_programme(row, student)
    if programme is None:
        programme = actions.start_programme(student=student, by=by, bsn=row.bsn, **row.programme)
        made["programme"] = programme
    elif changes := _programme_changes(row, programme):
        before["programme"] = [programme.pk, {name: getattr(programme, name) for name in changes}, programme.version + 1]
        programme = actions.change_programme(programme=programme, version=programme.version, by=by, changes=changes)
    if row.contract and (contract := _contract(row, programme, by)):
        made["contract"] = contract
    if row.group and (place := _place(row, programme, row.group, by)):
        made["enrolment"] = place
    return made, before


def _same_programme(row: Intake, student: Student) -> Programme | None:
    """The programme under the same law on the first day the row names; without such a day the latest."""
    same = [programme for programme in student.programmes.all() if programme.law == row.programme["law"]]
    if row.start_is_given:
        day = row.programme["starts_on"]
        same = [it for it in same if it.starts_on <= day and (it.ends_on is None or it.ends_on >= day)]
    return max(same, key=lambda programme: programme.starts_on, default=None)


def _programme_changes(row: Intake, programme: Programme) -> dict[str, Any]:
    said = {name: value for name, value in row.programme.items() if name not in ("law", "starts_on") and value != ""}
    if said.get("status_holder") == programme.status_holder:
        said.pop("status_source", None)  # the file says nothing new: the first source stays
    if row.bsn and not programme.bsn:
        said["bsn"] = row.bsn
    elif row.bsn and row.bsn != programme.bsn:
        row.problems.append((row.columns.get("bsn"), OTHER_BSN))
    if not row.bsn or programme.bsn:
        said.pop("bsn_basis", None)  # a ground comes with its number
    different = {name: value for name, value in said.items() if getattr(programme, name) != value}
    if not different:
        return {}
    accepted = CorrectionProposal.objects.filter(programme=programme, outcome=CorrectionProposal.Outcome.ACCEPTED)
    guarded = set(accepted.values_list("field", flat=True))
    row.problems += [(row.columns.get(name), PROTECTED) for name in sorted(set(different) & guarded)]
    return {name: value for name, value in different.items() if name not in guarded}


def _contract(row: Intake, programme: Programme, by: User) -> Contract | None:
    """The contract of the row, unless the programme has one in that period; another client is for a person to settle."""
    fields = {"starts_on": programme.starts_on, "ends_on": programme.ends_on, **row.contract}
    first, last = fields["starts_on"], fields["ends_on"] or dt.date.max
    there = [it for it in programme.contracts.all() if it.starts_on <= last and (it.ends_on or dt.date.max) >= first]
    if not there:
        return actions.add_contract(programme=programme, by=by, **fields)
    if [it.client_id for it in there] != [getattr(fields.get("client"), "pk", None)]:
        row.problems.append((row.columns.get("client"), OTHER_CONTRACT))
    return None


def _place(row: Intake, programme: Programme, group: Group, by: User) -> Enrolment | None:
    starts_on = row.placed_on or programme.starts_on
    there = [it for it in programme.enrolments.all() if it.group_id == group.pk and (it.ends_on or dt.date.max) >= starts_on]
    if there:
        return None
    try:
        with transaction.atomic():
            return actions.enrol_student(programme=programme, group=group, starts_on=starts_on, ends_on=programme.ends_on, by=by)
    except ValidationError:
        row.problems.append((row.columns.get("group"), NO_PLACE))
        return None

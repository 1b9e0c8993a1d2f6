"""What changes registers and marks. The lesson row is the lock: one register, one writer at a time."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from attendance import board, rules
from attendance.actions.seal import correct_row, kept_row, seal_rows
from attendance.models import Claim, Lesson, Mark, Means, Register, with_names
from attendance.models.absence import reported_absent
from kvs.models import Organisation, Role, User
from students.models import Enrolment, Student


class Row(NamedTuple):
    """What a page says about one student. `version` is that of the mark the page showed, 0 when there was none yet.

    An empty state is a proposal the teacher has not touched: nothing when saving, present when signing.
    """

    enrolment: uuid.UUID
    state: str
    minutes_missed: int = 0
    version: int = 0


class Conflict(NamedTuple):
    """A row somebody else changed meanwhile: theirs stands in the register, both are kept, the page asks which is right."""

    enrolment: uuid.UUID
    name: str
    ours: Row
    theirs: Mark
    who: str
    at: dt.datetime | None


class Saved(NamedTuple):
    """How a register came out: the rows of this act as they now stand, and those that need an answer first."""

    register: Register | None
    saved: list[Mark]
    conflicts: list[Conflict]


def save_register(*, lesson: Lesson, rows: Iterable[Row], by: User, rest_present: bool = False) -> Saved:
    """Save what a teacher says about her class, in one transaction and a fixed number of queries; safe to repeat.

    `rest_present` makes every proposal real: present, or reported for who is reported absent. Raises PermissionDenied for
    who does not teach the lesson; ValidationError with a sentence when the register is closed, and per row (keyed by
    enrolment id) for bad values.
    """
    with transaction.atomic():
        sheet = _open_sheet(lesson, by, Claim.Party.TEACHER)
        sheet.post(list(rows))
        if rest_present:
            sheet.mark_open_as_proposed()
        return sheet.write()


def sign_register(*, lesson: Lesson, rows: Iterable[Row], by: User) -> Saved:
    """Save, make every proposal real and seal the register; with a conflict it is saved but not signed.

    Raises as `save_register`, and ValidationError for an empty register.
    """
    with transaction.atomic():
        sheet = _open_sheet(lesson, by, Claim.Party.TEACHER)
        if not sheet.roster:
            raise ValidationError(_("Nobody is on this register, so there is nothing to sign."))
        posted = list(rows)
        sheet.check_seen(posted)
        sheet.post([row if row.state else row._replace(state=sheet.proposed(row.enrolment)) for row in posted])
        if not sheet.conflicts:
            sheet.stand_for_all()
            seal_rows(sheet.lesson, sheet.register, sheet.marks.values(), by=by, at=sheet.now)
            sheet.changed = sheet.marks
        return sheet.write()


def confirm_presence(
    *, lesson: Lesson, student: Student, by: User, code: str = "", tablet: bool = False, device: str = ""
) -> Mark:
    """The student's own "I was here". Before the teacher marks, the row turns to present; a teacher's mark stays as it is
    and both are kept. After signing it changes no state or minutes: it is one link more of the chain behind the seal.
    Safe to repeat: the first time counts.

    `code`: as typed or scanned from the board. `tablet`: on the class tablet. `device`: SessionStore.browser_in for this
    lesson. Raises ValidationError, also outside the time for confirming; with one of CODE_PROBLEMS as its code when the code
    on the board is missing or does not fit.
    """
    _check_on_the_spot(lesson)
    means = Means.TABLET if tablet else _means(lesson, code)
    with transaction.atomic():
        sheet = _open_sheet(lesson, by, Claim.Party.STUDENT)
        sheet.means, sheet.device = means, device
        placed = Enrolment.objects.filter(pk__in=sheet.roster, programme__student=student)
        enrolment = placed.values_list("pk", flat=True).first()
        if enrolment is None or (sheet.register.signed_at and enrolment not in sheet.marks):
            raise ValidationError(_("You are not on the register of this lesson. Ask your teacher."))
        return sheet.confirm_late(enrolment) if sheet.register.signed_at else sheet.confirm(enrolment)


CODE_PROBLEMS = {
    "missing": gettext_lazy("Type the code that is on the board."),
    "form": gettext_lazy("The code on the board has 6 digits. Type all 6."),
    "old": gettext_lazy("This code is old. There is a new code on the board now."),
    "other_lesson": gettext_lazy("This code is of another lesson. Scan the code on the board in your own lesson."),
    "wrong": gettext_lazy("This is not the code of your lesson. Look at the board and type it again."),
}


def _means(lesson: Lesson, code: str) -> Means:
    school = Organisation.objects.only("board_code_minutes", "board_code_required").get()
    if not code.strip():
        if rules.board_code_needed(school.board_code_required, lesson.delivery):
            raise ValidationError(CODE_PROBLEMS["missing"], code="missing")
        return Means.PLAIN
    problem = board.problem(
        code,
        lesson=lesson.pk,
        lesson_code=lesson.code,
        starts_at=lesson.starts_at,
        minutes=school.board_code_minutes,
        now=timezone.now(),
    )
    if problem:
        raise ValidationError(CODE_PROBLEMS[problem], code=problem)
    return Means.CODE


def _check_on_the_spot(lesson: Lesson) -> None:
    problem = rules.confirm_problem(timezone.now(), lesson.starts_at, lesson.ends_at)
    if problem == "early":
        at = date_format(timezone.localtime(lesson.starts_at - rules.CONFIRM_BEFORE), "TIME_FORMAT")
        raise ValidationError(_("It is too early. You can do this from %(at)s."), code="early", params={"at": at})
    if problem == "late":
        raise ValidationError(_("It is too late. Tell your teacher that you were here."), code="late")


def row_problem(row: Row, lesson: Lesson) -> str:
    """Why what a row says cannot be: a sentence, or nothing."""
    if row.state and row.state not in rules.STATES:
        return _("Choose one of the states in the list.")
    problem = rules.minutes_problem(row.state, row.minutes_missed, lesson.planned_minutes)
    if problem == "missing":
        return _("Fill in how many minutes: at least 1.")
    if problem == "too_many":
        planned = lesson.planned_minutes
        return ngettext(
            "The lesson has %(planned)d minute; more cannot be missed.",
            "The lesson has %(planned)d minutes; more cannot be missed.",
            planned,
        ) % {"planned": planned}
    return ""


@dataclass
class _Sheet:
    """A register while its lesson is locked: what stands in it, and what this act adds."""

    lesson: Lesson
    register: Register
    roster: set[uuid.UUID]
    reported: set[uuid.UUID]  # of these, who is reported absent
    marks: dict[uuid.UUID, Mark]
    said: dict[uuid.UUID, tuple[str, int]]  # this person's last claim per mark
    by: User
    party: Claim.Party
    now: dt.datetime
    changed: dict[uuid.UUID, Mark] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    means: str = ""  # of a student's confirmation
    device: str = ""
    conflicts: list[Row] = field(default_factory=list)

    def post(self, rows: list[Row]) -> None:
        """Take over posted rows. A clash with another teacher's later mark is kept as a claim and left as it is."""
        self._check(rows)
        for row in rows:
            if row.state:
                mark = self.marks.get(row.enrolment)
                value = (row.state, row.minutes_missed if row.state in rules.WITH_MINUTES else 0)
                if mark and mark.teacher_at and mark.version != row.version and _value(mark) != value:
                    self.conflicts.append(row)
                    self._claim(mark, value)
                else:
                    self._say(row.enrolment, value)

    def check_seen(self, rows: list[Row]) -> None:
        """A proposal that is not what a student or the paper said since the page was made: nobody may sign that unseen."""
        unseen = {}
        for row in rows:
            mark = self.marks.get(row.enrolment)
            if not row.state and mark and not mark.teacher_at and mark.state != self.proposed(row.enrolment):
                sentence = _("This student was confirmed as present meanwhile. Choose what is right, then sign again.")
                unseen[str(row.enrolment)] = sentence
        if unseen:
            raise ValidationError(unseen)

    def mark_open_as_proposed(self) -> None:
        """Everybody without a mark is what was proposed."""
        for enrolment in self.roster - self.marks.keys():
            self._say(enrolment, (self.proposed(enrolment), 0))

    def proposed(self, enrolment: uuid.UUID) -> str:
        """What the page proposes for a row nobody marked."""
        return rules.REPORTED if enrolment in self.reported else rules.PRESENT

    def stand_for_all(self) -> None:
        """The teacher's own claim for every row: open ones are present, a student's confirmation is taken over."""
        self.mark_open_as_proposed()
        for enrolment, mark in self.marks.items():
            if not mark.teacher_at:
                self._say(enrolment, _value(mark))

    def confirm(self, enrolment: uuid.UUID) -> Mark:
        """The student's claim. It does not count as a version: the teacher's page is not out of date because of it."""
        mark = self.marks.get(enrolment)
        if mark and mark.student_at:
            return mark
        if mark is None:
            mark = self._new_mark(enrolment, (rules.PRESENT, 0))
        mark.student_at = self.now
        self.changed[enrolment] = mark
        self._claim(mark, (rules.PRESENT, 0))
        self._write_marks()
        return mark

    def confirm_late(self, enrolment: uuid.UUID) -> Mark:
        """The student's claim on a signed row: that she was there, and nothing of state or minutes (decision 206)."""
        mark = self.marks[enrolment]
        if not mark.student_at:
            before = kept_row(mark)
            mark.student_at = self.now
            correct_row(mark, self._new_claim(mark, (rules.PRESENT, 0)), before)
        return mark

    def write(self) -> Saved:
        """Store what this act changed; nothing when it changed nothing."""
        if self.changed or self.claims:
            self.register.saved_at, self.register.saved_by = self.now, self.by
            self._write_marks()
            self.register.save()
        stored = None if self.register._state.adding else self.register
        return Saved(stored, list(self.changed.values()), _answerable(self.conflicts, self.marks))

    def _write_marks(self) -> None:
        Mark.objects.bulk_create(
            self.changed.values(),
            update_conflicts=True,
            unique_fields=["lesson", "enrolment"],
            update_fields=[
                *("state", "minutes_missed", "minutes_attended", "teacher_at", "student_at", "salt", "row_hash", "version")
            ],
        )
        Claim.objects.bulk_create(self.claims)

    def _check(self, rows: list[Row]) -> None:
        problems = {str(row.enrolment): sentence for row in rows if (sentence := self._problem(row))}
        if problems:
            raise ValidationError(problems)

    def _problem(self, row: Row) -> str:
        if row.enrolment not in self.roster:
            return _("This student is not placed in the group on the day of this lesson.")
        return row_problem(row, self.lesson)

    def _say(self, enrolment: uuid.UUID, value: tuple[str, int]) -> None:
        """The teacher's claim on a row, unless it is what she said last and what stands there."""
        mark = self.marks.get(enrolment)
        if mark is None:
            mark = self._new_mark(enrolment, value)
        elif mark.teacher_at and _value(mark) == value and self.said.get(mark.pk) == value:
            return
        else:
            mark.state, mark.minutes_missed = value
            mark.minutes_attended = rules.minutes_attended(*_in_lesson(value, self.lesson))
            mark.version += 1
        mark.teacher_at = self.now
        self.changed[enrolment] = mark
        self._claim(mark, value)

    def _new_mark(self, enrolment: uuid.UUID, value: tuple[str, int]) -> Mark:
        mark = Mark(lesson=self.lesson, enrolment_id=enrolment, state=value[0], minutes_missed=value[1])
        mark.minutes_attended = rules.minutes_attended(*_in_lesson(value, self.lesson))
        self.marks[enrolment] = mark
        return mark

    def _claim(self, mark: Mark, value: tuple[str, int]) -> None:
        if self.said.get(mark.pk) != value:
            self.said[mark.pk] = value
            self.claims.append(self._new_claim(mark, value))

    def _new_claim(self, mark: Mark, value: tuple[str, int]) -> Claim:
        said = {"party": self.party, "by_audit_id": self.by.audit_id, "at": self.now, "means": self.means, "device": self.device}
        return Claim(mark=mark, state=value[0], minutes_missed=value[1], **said)


def _open_sheet(lesson: Lesson, by: User, party: Claim.Party) -> _Sheet:
    """Lock the lesson and read its register. NO KEY: rows that point to the lesson may be written meanwhile."""
    reachable = Lesson.objects.taught_by(by) if party == Claim.Party.TEACHER else Lesson.objects.visible_to(by)
    locked = reachable.select_for_update(of=("self",), no_key=True).filter(pk=lesson.pk).first()
    if locked is None:
        raise PermissionDenied(str(Role.TEACHER.label))
    now = timezone.now()
    register = Register.objects.select_related("signed_by").filter(lesson=locked).first()
    problem = (closed_to_students if party == Claim.Party.STUDENT else closed)(locked, register, now)
    if problem:
        raise problem
    students = dict(locked.roster().values_list("pk", "programme__student"))
    reported = reported_absent(locked) if party == Claim.Party.TEACHER else set()
    claims = Claim.objects.filter(mark__lesson=locked, by_audit_id=by.audit_id).order_by("mark", "-id").distinct("mark")
    return _Sheet(
        lesson=locked,
        register=register or Register(lesson=locked, saved_by=by),
        roster=set(students),
        reported={enrolment for enrolment, student in students.items() if student in reported},
        marks={mark.enrolment_id: mark for mark in Mark.objects.filter(lesson=locked)},
        said={claim.mark_id: (claim.state, claim.minutes_missed) for claim in claims},
        by=by,
        party=party,
        now=now,
    )


def closed(lesson: Lesson, register: Register | None, now: dt.datetime) -> ValidationError | None:
    """Why a register cannot be changed at this moment (code "cancelled", "signed" or "early"), or None when it can."""
    if lesson.cancelled:
        return ValidationError(_("This lesson is cancelled: there is no register to keep."), code="cancelled")
    if register and register.signed_at and register.signed_by:
        if register.established:
            text = _("This register was established by %(who)s, coordinator, on %(at)s. A change needs a reason now.")
        else:
            text = _("This register was signed by %(who)s on %(at)s. A change needs a reason now.")
        params = {"who": register.signed_by.full_name, "at": _moment(register.signed_at)}
        return ValidationError(text, code="signed", params=params)
    if not rules.has_begun(now, lesson.starts_at):
        return ValidationError(
            _("This lesson has not begun. The register opens on %(at)s."),
            code="early",
            params={"at": _moment(lesson.starts_at - rules.OPENS_BEFORE)},
        )
    return None


def closed_to_students(lesson: Lesson, register: Register | None, now: dt.datetime) -> ValidationError | None:
    """As `closed`, for whoever confirms: a signature does not end that, the time after the lesson does."""
    problem = closed(lesson, register, now)
    return None if problem and problem.code == "signed" else problem


def _moment(moment: dt.datetime) -> str:
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def _value(mark: Mark | Claim) -> tuple[str, int]:
    return mark.state, mark.minutes_missed


def _in_lesson(value: tuple[str, int], lesson: Lesson) -> tuple[str, int, int]:
    return value[0], lesson.planned_minutes, value[1]


def _answerable(rows: list[Row], marks: dict[uuid.UUID, Mark]) -> list[Conflict]:
    """The clashing rows with names: of the student, and of who made the mark that stands."""
    if not rows:
        return []
    places = {place.pk: place for place in with_names(Enrolment.objects.filter(pk__in=[row.enrolment for row in rows]))}
    standing = [marks[row.enrolment] for row in rows]
    values = {mark.pk: _value(mark) for mark in standing}
    claims = Claim.objects.filter(mark__in=standing, party=Claim.Party.TEACHER).order_by("id")
    makers = {claim.mark_id: claim.by_audit_id for claim in claims if values[claim.mark_id] == _value(claim)}
    people = {user.audit_id: user.full_name for user in User.objects.filter(audit_id__in=makers.values())}
    return [
        Conflict(
            enrolment=row.enrolment,
            name=places[row.enrolment].programme.student.full_name,
            ours=row,
            theirs=mark,
            who=people.get(makers.get(mark.pk), _("a colleague")),
            at=mark.teacher_at,
        )
        for row, mark in zip(rows, standing, strict=True)
    ]

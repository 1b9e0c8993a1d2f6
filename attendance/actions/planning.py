"""What changes the timetable and single lessons: series of lessons around closures, an extra one, moved, cancelled.

Every action holds the timetable: it looks for clashes first, and says with what; the constraints stand behind it.
"""

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attendance import rules
from attendance.actions.lapses import tell_of_lapse, tell_of_resumption
from attendance.clashes import clashes_of
from attendance.models import Closure, Lesson, Mark, Register, Slot
from kvs import audit
from kvs.editing import changed
from kvs.holidays import holiday_on
from kvs.models import AuditAction, User
from students.models import Group
from students.models.groups import hold_timetable

LONGEST_AHEAD = 400  # days for which lessons are made in one go: a school year and a bit
DAY = dt.timedelta(days=1)
OF_LESSON = ("teacher", "room", "subject", "delivery")  # what a lesson takes over from its slot


# --- one lesson


@transaction.atomic
def plan_lesson(
    *, group: Group, starts_at: dt.datetime, ends_at: dt.datetime, planned_minutes: int, by: User, **fields: Any
) -> Lesson:
    """A lesson of `group`, at the group's location unless `location` says otherwise. Raises ValidationError.

    `starts_at`, `ends_at` are aware; `planned_minutes` is lesson time without breaks.
    """
    hold_timetable()
    lesson = Lesson(
        group=group,
        starts_at=starts_at,
        ends_at=ends_at,
        planned_minutes=planned_minutes,
        day=timezone.localdate(starts_at),
        code=_new_codes(1).pop(),
        **({"location": group.location} | fields),
    )
    _check(lesson)
    lesson.save(force_insert=True)
    return lesson


@transaction.atomic
def change_lesson(*, lesson: Lesson, version: int, changes: Mapping[str, object], by: User) -> Lesson:
    """Move a lesson, let somebody else give it, or another room. Raises ValidationError when its register was begun."""
    hold_timetable()
    row = changed(Lesson.objects.select_related("group", "location"), lesson.pk, version, changes)
    row.day = timezone.localdate(row.starts_at)
    if row.cancelled:
        raise ValidationError(_("This lesson is cancelled."))
    begun = Register.objects.filter(lesson=row).exists() or row.marks.exists()  # marks alone: students who confirmed
    if begun and {"starts_at", "ends_at", "planned_minutes"} & _differing(lesson, changes):
        raise ValidationError(_("The register of this lesson was begun: the times stay as they were."))
    if Register.objects.filter(lesson=row, signed_at__isnull=False).exists():
        raise ValidationError(_("The register of this lesson is signed: the lesson took place."))
    _check(row)
    row.save()
    return row


def _differing(lesson: Lesson, changes: Mapping[str, object]) -> set[str]:
    return {name for name, value in changes.items() if getattr(lesson, name) != value}


def _check(lesson: Lesson) -> None:
    """Raise ValidationError for a day on which the group does not run, impossible minutes, and every clash."""
    group = lesson.group
    if lesson.day < group.starts_on or (group.ends_on and lesson.day > group.ends_on):
        raise ValidationError({"day": _("The group %(group)s does not run on that day.") % {"group": group.name}})
    length = _length(lesson.starts_at, lesson.ends_at)
    if length <= 0:  # PostgreSQL refuses to compare such a period before the constraint can speak
        raise ValidationError(_("A lesson ends after it begins."))
    if lesson.planned_minutes > length:
        raise ValidationError(
            {
                "planned_minutes": ngettext(
                    "From begin to end is %(length)d minute.", "From begin to end is %(length)d minutes.", length
                )
                % {"length": length}
            }
        )
    lesson.full_clean(exclude=["group", "location", "teacher", "slot"], validate_constraints=False)
    found = clashes_of([lesson])
    if found:
        raise ValidationError(found[lesson.pk])
    lesson.validate_constraints()


def _length(starts_at: dt.datetime, ends_at: dt.datetime) -> int:
    """Minutes from begin to end."""
    return int((ends_at - starts_at).total_seconds() // 60)


@transaction.atomic
def cancel_lesson(*, lesson: Lesson, version: int, by: User) -> Lesson:
    """Let a lesson lapse and tell its people; what was marked stays and never counts. Safe to repeat.

    Raises ValidationError for a signed register.
    """
    changes: Mapping[str, object] = {"cancelled": True}
    row = changed(Lesson.objects.select_related("teacher"), lesson.pk, version, changes)
    if Register.objects.filter(lesson=row, signed_at__isnull=False).exists():
        raise ValidationError(_("The register of this lesson is signed: the lesson took place."))
    row.resumed_at = None
    row.save(update_fields=["cancelled", "resumed_at", "version"])
    if not lesson.cancelled:
        tell_of_lapse(lesson=row, by=by)
    return row


@transaction.atomic
def resume_lesson(*, lesson: Lesson, version: int, by: User) -> Lesson:
    """Let a lesson that was cancelled go on after all and tell its people. Raises ValidationError: "stale", when it is not
    cancelled, has a register or has begun, and for every clash with what was planned since.
    """
    hold_timetable()
    row = changed(Lesson.objects.select_related("group", "location", "teacher"), lesson.pk, version, {})
    problem = why_not_resumed(row, Register.objects.filter(lesson=row).exists())
    if problem:
        raise ValidationError(problem)
    row.cancelled, row.lapsed_by, row.resumed_at = False, None, timezone.now()
    _check(row)
    row.save(update_fields=["cancelled", "lapsed_by", "resumed_at", "version"])
    tell_of_resumption(lesson=row, by=by)
    return row


def why_not_resumed(lesson: Lesson, has_register: bool) -> str:
    """Why a lesson cannot go on after all, clashes apart; nothing when it can."""
    if not lesson.cancelled:
        return _("This lesson is not cancelled: it goes on.")
    if has_register:
        return _("This lesson has a register already: it stays cancelled.")
    if lesson.starts_at <= timezone.now():
        return _("The time of this lesson has begun or is over: plan an extra lesson instead.")
    return ""


def _new_codes(number: int) -> list[str]:
    """Codes no lesson has; two planners drawing the same one at once (1 in 78 billion) meet the unique constraint."""
    found: set[str] = set()
    while len(found) < number:
        drawn = {"".join(secrets.choice(rules.CODE_LETTERS) for _letter in range(rules.CODE_LENGTH)) for _code in range(number)}
        found |= drawn - set(Lesson.objects.filter(code__in=drawn).values_list("code", flat=True))
    return list(found)[:number]


# --- the timetable


class Skipped(NamedTuple):
    """A day of the timetable without a lesson, and why."""

    day: dt.date
    why: str


class Made(NamedTuple):
    """What became of a timetable: lessons made now, days without one, days on which it clashes."""

    lessons: list[Lesson]
    free: list[Skipped]
    clashing: list[Skipped]


@transaction.atomic
def add_slot(*, group: Group, by: User, **fields: Any) -> Slot:
    """A weekly lesson in the timetable of a group; no lessons are made yet. Raises ValidationError."""
    slot = Slot(group=group, **fields)
    _check_slot(slot)
    slot.save(force_insert=True)
    return slot


def _check_slot(slot: Slot) -> None:
    group = slot.group
    if slot.starts_on < group.starts_on or (group.ends_on and slot.starts_on > group.ends_on):
        raise ValidationError({"starts_on": _("The group %(group)s does not run on that day.") % {"group": group.name}})
    slot.full_clean(exclude=["group", "teacher"])
    if _length(*_times(slot, slot.starts_on)) - slot.break_minutes > rules.LONGEST_LESSON:
        raise ValidationError({"ends": _("A lesson has at most %(most)d minutes.") % {"most": rules.LONGEST_LESSON}})


@transaction.atomic
def make_lessons(*, group: Group, until: dt.date, by: User, since: dt.date | None = None) -> Made:
    """The lessons of the timetable of `group` from `since` (default: today) up to and including `until`.

    Safe to repeat: a day of a slot gets one lesson, also when that was moved or cancelled since. No lesson on public
    holidays and closures; a day that clashes is left out and told. Raises ValidationError for a period of over a year.
    """
    since = since or timezone.localdate()
    if not 2000 <= since.year <= until.year <= 2100:  # beyond the calendar of Python the day after does not exist
        raise ValidationError({"until": _("Choose days between 2000 and 2100.")})
    if (until - since).days > LONGEST_AHEAD:
        raise ValidationError({"until": _("At most %(days)d days at a time.") % {"days": LONGEST_AHEAD}})
    hold_timetable()
    last = min(until, group.ends_on or until)
    slots = list(group.slots.from_day(since).filter(starts_on__lte=last).select_related("teacher"))
    known = set(Lesson.objects.filter(slot__in=slots).values_list("slot", "slot_day"))
    free = free_days(group, since, last)
    wanted = [(slot, day) for slot in slots for day in _days_of(slot, max(since, group.starts_on), last)]
    new = [(slot, day) for slot, day in wanted if (slot.pk, day) not in known and day not in free]
    codes = _new_codes(len(new))
    lessons = [_lesson_of(slot, day, group, code) for (slot, day), code in zip(new, codes, strict=True)]
    lessons.sort(key=lambda lesson: lesson.starts_at)
    clashes = clashes_of(lessons)
    made = Lesson.objects.bulk_create([lesson for lesson in lessons if lesson.pk not in clashes], batch_size=500)
    audit.log_bulk(made, AuditAction.CREATE, by=by)
    skipped = sorted({Skipped(day, free[day]) for slot, day in wanted if day in free and (slot.pk, day) not in known})
    clashing = [Skipped(lesson.day, " ".join(clashes[lesson.pk])) for lesson in lessons if lesson.pk in clashes]
    return Made(made, skipped, clashing)


def free_days(group: Group, first: dt.date, last: dt.date) -> dict[dt.date, str]:
    """Days from `first` to `last` on which `group` has no lessons: public holidays and closures, with the name."""
    found = {day: name for day in _days(first, last) if (name := holiday_on(day))}
    for closure in Closure.objects.covering(first, last).order_by("-starts_on"):
        if closure.location_id in (None, group.location_id):
            found |= dict.fromkeys(_days(max(first, closure.starts_on), min(last, closure.ends_on)), closure.name)
    return found


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for number in range((last - first).days + 1):
        yield first + number * DAY


def _days_of(slot: Slot, first: dt.date, last: dt.date) -> Iterator[dt.date]:
    """The days of a slot in a period."""
    first = max(first, slot.starts_on)
    first += (slot.weekday - first.weekday()) % 7 * DAY
    yield from (day for day in _days(first, min(last, slot.ends_on or last)) if day.weekday() == slot.weekday)


def _lesson_of(slot: Slot, day: dt.date, group: Group, code: str) -> Lesson:
    starts_at, ends_at = _times(slot, day)
    return Lesson(
        slot=slot,
        slot_day=day,
        group=group,
        location_id=group.location_id,
        day=day,
        starts_at=starts_at,
        ends_at=ends_at,
        planned_minutes=_length(starts_at, ends_at) - slot.break_minutes,
        code=code,
        **{name: getattr(slot, name) for name in OF_LESSON},
    )


def _times(slot: Slot, day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """Begin and end of a lesson of `slot` on `day`: the timetable is in school time, so both are right in summer too."""
    zone = timezone.get_default_timezone()
    return dt.datetime.combine(day, slot.begins, tzinfo=zone), dt.datetime.combine(day, slot.ends, tzinfo=zone)


class Apart(NamedTuple):
    """A lesson that does not follow its series, and why."""

    lesson: uuid.UUID
    starts_at: dt.datetime
    why: str


class SeriesChange(NamedTuple):
    """What became of a series: lessons that are taken away, and lessons that stay as they were. Both in order of time."""

    slot: Slot
    gone: list[Apart]
    kept: list[Apart]

    @property
    def seen(self) -> str:
        """What stands for these lessons in a page that shows them before saving: another list is shown again."""
        return hashlib.sha256(repr([(str(row.lesson), row.why) for row in (*self.gone, *self.kept)]).encode()).hexdigest()[:16]


def preview(change: Callable[[], SeriesChange]) -> SeriesChange:
    """What `change` would do. It is done and undone, so that what is shown is what will happen; raises what it raises."""
    with transaction.atomic():
        found = change()
        transaction.set_rollback(True)
    return found


@transaction.atomic
def change_slot(*, slot: Slot, version: int, from_day: dt.date, changes: Mapping[str, object], by: User) -> SeriesChange:
    """Change the timetable from `from_day` on ("vanaf hier"): lessons before it stay, later ones follow.

    The old slot ends the day before and stays as history; without days before it is changed itself. Lessons that were
    moved, cancelled or begun by hand stay as they are. Raises ValidationError when anything clashes: then nothing changes.
    """
    hold_timetable()
    before = Slot.objects.get(pk=slot.pk)
    if from_day <= before.starts_on:
        row = changed(Slot.objects.select_related("group", "teacher"), slot.pk, version, changes)
        _check_slot(row)
        row.save()
    else:
        old = changed(Slot.objects.select_related("group", "teacher"), slot.pk, version, {})
        values = {
            name: getattr(old, name) for name in ("weekday", "begins", "ends", "break_minutes", "ends_on", *OF_LESSON)
        } | dict(changes)
        row = Slot(group=old.group, **values | {"starts_on": from_day})
        if old.ends_on and from_day > old.ends_on:
            raise ValidationError(
                {"from_day": _("This lesson is in the timetable until %(last)s.") % {"last": date_format(old.ends_on)}}
            )
        _check_slot(row)
        old.ends_on = from_day - DAY
        old.save()
        row.save(force_insert=True)
    return _follow(before, row, from_day, by)


def _follow(old: Slot, slot: Slot, from_day: dt.date, by: User) -> SeriesChange:
    """Bring the lessons of `old` from `from_day` on in line with `slot`; those outside its days or on a free day go."""
    lessons = _of_series(old, from_day)
    kept = [Apart(lesson.pk, lesson.starts_at, why) for lesson in lessons if (why := _stays(lesson, old))]
    following = [lesson for lesson in lessons if not _stays(lesson, old)]
    times = {lesson.pk: lesson.starts_at for lesson in following}
    for lesson in following:
        assert lesson.slot_day is not None
        day = lesson.slot_day + (slot.weekday - lesson.slot_day.weekday()) * DAY
        fresh = _lesson_of(slot, day, lesson.group, lesson.code)
        for name in ("slot", "slot_day", "day", "starts_at", "ends_at", "planned_minutes", *OF_LESSON):
            setattr(lesson, name, getattr(fresh, name))
        lesson.version += 1
    days = [lesson.day for lesson in following]
    free = free_days(slot.group, min(days), max(days)) if days else {}
    staying = [lesson for lesson in following if _within(slot, lesson.day) and lesson.day not in free]
    leaving = [lesson for lesson in following if not _within(slot, lesson.day) or lesson.day in free]
    gone = [Apart(lesson.pk, times[lesson.pk], _why_not(slot, lesson.day, free)) for lesson in leaving]
    Lesson.objects.filter(pk__in=[lesson.pk for lesson in leaving]).delete()
    _refuse_clashes(staying)
    fields = ["slot", "slot_day", "day", "starts_at", "ends_at", "planned_minutes", *OF_LESSON, "version"]
    if staying:
        Lesson.objects.bulk_update(staying, fields, batch_size=500)
        audit.log_bulk(staying, AuditAction.UPDATE, ["teacher"], by=by)
    return SeriesChange(slot, gone, kept)


def _of_series(slot: Slot, first: dt.date) -> list[Lesson]:
    """The lessons of a series from `first` on that are not cancelled, each with `marked`, in order of time and held."""
    marked = Exists(Mark.objects.filter(lesson=OuterRef("pk")))
    rows = Lesson.objects.select_for_update(of=("self",)).filter(slot=slot.pk, slot_day__gte=first, cancelled=False)
    return list(rows.annotate(marked=marked).select_related("group", "slot", "register").order_by("starts_at"))


def _begun(lesson: Lesson) -> str:
    """Why a lesson of `_of_series` belongs to the past of its register; nothing when nobody marked anything."""
    register = getattr(lesson, "register", None)
    if register and register.signed_at:
        return _("its register is signed")
    return _("its register was begun") if register or getattr(lesson, "marked", False) else ""


def _stays(lesson: Lesson, slot: Slot) -> str:
    """Why a lesson of `slot` stays as it is; nothing when it follows the series."""
    return _begun(lesson) or ("" if _is_as_made(lesson, slot) else _("it was moved by hand"))


def _why_not(slot: Slot, day: dt.date, free: Mapping[dt.date, str]) -> str:
    """Why a series has no lesson on `day`."""
    if _within(slot, day):
        return _("no lessons on %(day)s: %(why)s") % {"day": date_format(day), "why": free[day]}
    if day < slot.starts_on:
        return _("%(day)s is before the first day of the change") % {"day": date_format(day)}
    return _("after the last day of the weekly lesson")


def _is_as_made(lesson: Lesson, slot: Slot) -> bool:
    """Whether nobody gave this lesson a time or day of its own."""
    made = (lesson.slot_day, *_times(slot, lesson.slot_day)) if lesson.slot_day else None
    return (lesson.day, lesson.starts_at, lesson.ends_at) == made


def _within(slot: Slot, day: dt.date) -> bool:
    return slot.starts_on <= day and (slot.ends_on is None or day <= slot.ends_on)


def _refuse_clashes(lessons: list[Lesson]) -> None:
    clashes = clashes_of(lessons)
    if clashes:
        days = {lesson.pk: date_format(lesson.day) for lesson in lessons}
        told = [f"{days[key]}: {' '.join(sentences)}" for key, sentences in clashes.items()]
        raise ValidationError([_("Nothing is changed: %(number)d lessons would clash.") % {"number": len(clashes)}, *told])


@transaction.atomic
def end_slot(*, slot: Slot, version: int, ends_on: dt.date, by: User) -> SeriesChange:
    """Take a weekly lesson out of the timetable after `ends_on`; later lessons without a register go with it."""
    hold_timetable()
    row = changed(Slot.objects.select_related("group", "teacher"), slot.pk, version, {"ends_on": ends_on})
    if ends_on < row.starts_on:
        raise ValidationError({"ends_on": _("The last day cannot be before the first day.")})
    row.save()
    lessons = _of_series(row, ends_on + DAY)
    kept = [Apart(lesson.pk, lesson.starts_at, why) for lesson in lessons if (why := _begun(lesson))]
    why = _("after the last day of the weekly lesson")
    gone = [Apart(lesson.pk, lesson.starts_at, why) for lesson in lessons if not _begun(lesson)]
    later = Lesson.objects.filter(slot=row, slot_day__gt=ends_on)
    later.filter(register__isnull=True, marks__isnull=True).delete()  # cancelled ones too
    return SeriesChange(row, gone, kept)

"""When absence becomes a signal: the rules of a school or a client as pure functions over signed lessons.

No public norm exists for any figure here: no tender or handbook that could be read names a threshold
(domain/blik_op_werk_and_municipalities.md 4.2, read 2026-11-26). So the figures come in as settings, with their source; the
meaning of a rule is ours and stands below. What comes out names lessons, never a score of a person (policy B 4.4, AVG 22).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

LESSONS = "lessons"  # so many lessons missed within so many weeks
PERCENTAGE = "percentage"  # so many per cent of the minutes on offer missed over so many weeks
CONSECUTIVE = "consecutive"  # so many lessons missed one after the other
KINDS = (LESSONS, PERCENTAGE, CONSECUTIVE)
UNEXCUSED = "unexcused"
ALL = "all"
MOST_WEEKS = 26
MOST_LESSONS = 60

Key = TypeVar("Key")


class Rule(NamedTuple):
    """One rule. `threshold`: lessons, or per cent for PERCENTAGE. `weeks`: how far it looks back from the last signed lesson."""

    kind: str
    threshold: int
    weeks: int
    counts: str = UNEXCUSED


class Presence(NamedTuple, Generic[Key]):
    """A student in one signed lesson; `key` is whatever the caller knows it by. Minutes."""

    key: Key
    day: dt.date
    planned: int
    attended: int
    excused: bool

    @property
    def missed(self) -> bool:
        """The whole lesson: late and left early miss minutes, not the lesson."""
        return self.attended == 0


class Signal(NamedTuple, Generic[Key]):
    """What a rule found: a period of days and the lessons that made it."""

    starts_on: dt.date
    ends_on: dt.date
    lessons: tuple[Presence[Key], ...]


def signal(rule: Rule, lessons: Iterable[Presence[Key]], since: dt.date) -> Signal[Key] | None:
    """What `rule` finds in `lessons` (in order of time) on or after `since`: the first day of the place, or the day after the
    last signal of this rule, so that a day makes one signal only. None when it finds nothing.

    It looks back from the last signed lesson, not from today: registers are signed late, and a holiday is no presence.
    """
    counted = [lesson for lesson in lessons if lesson.day >= since]
    if not counted:
        return None
    end = counted[-1].day
    start = end - dt.timedelta(weeks=rule.weeks) + dt.timedelta(days=1)
    window = [lesson for lesson in counted if lesson.day >= start]
    if rule.kind == PERCENTAGE:
        # Over a part of the weeks a percentage says nothing: one lesson missed in the first week would be 100.
        return _percentage(rule, window, start, end) if since <= start else None
    found = _run(rule, window) if rule.kind == CONSECUTIVE else [lesson for lesson in window if _counts(rule, lesson)]
    if len(found) < rule.threshold:
        return None
    return Signal(found[0].day, found[-1].day, tuple(found))


def _counts(rule: Rule, lesson: Presence[Key]) -> bool:
    """Whether missing this lesson counts for the rule."""
    return lesson.missed and (rule.counts == ALL or not lesson.excused)


def _run(rule: Rule, window: Sequence[Presence[Key]]) -> list[Presence[Key]]:
    """The last row of missed lessons that is long enough. An excused lesson, where it does not count, is passed over: it
    neither adds to the row nor ends it.
    """
    best: list[Presence[Key]] = []
    row: list[Presence[Key]] = []
    for lesson in window:
        if _counts(rule, lesson):
            row.append(lesson)
        elif not (lesson.missed and lesson.excused):
            row = []
        if len(row) >= rule.threshold:
            best = row
    return best


def _percentage(rule: Rule, window: Sequence[Presence[Key]], start: dt.date, end: dt.date) -> Signal[Key] | None:
    """Minutes missed of minutes on offer, in whole numbers. Where only unexcused absence counts, excused lessons leave both
    sides, as in the second figure of every report (domain 4.5).
    """
    asked = [lesson for lesson in window if rule.counts == ALL or not lesson.excused]
    offered = sum(lesson.planned for lesson in asked)
    missing = [lesson for lesson in asked if lesson.attended < lesson.planned]
    missed = sum(lesson.planned - lesson.attended for lesson in missing)
    if not missed or 100 * missed < rule.threshold * offered:
        return None
    return Signal(start, end, tuple(missing))


def rules_for(own: Iterable[tuple[str, Rule | None]], school: Iterable[tuple[str, Rule | None]]) -> list[Rule]:
    """The rules for a student of a client, from pairs of kind and rule (None: switched off). A client's `own` rule of a kind
    takes the place of the school's, also when it is switched off.
    """
    chosen = {**dict(school), **dict(own)}
    return [rule for kind in KINDS if (rule := chosen.get(kind)) is not None]

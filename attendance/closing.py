"""What a closure, or holidays of a file, would do to the calendar of a location or the whole school, before it is written."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from attendance.holiday_files import Holiday
from attendance.models import Closure, Lesson
from kvs.models import Location, User
from students.models import Group

ByGroup = list[tuple[Group, list[Lesson]]]


def lapsing(location: Location | None, first: dt.date, last: dt.date, user: User) -> list[Lesson]:
    """The lessons that `user` may see and that lapse when `location` (None: the whole school) is closed in these days."""
    found = Lesson.objects.visible_to(user).lapsing(location, first, last)
    return list(found.select_related("group").order_by("group__name", "group", "starts_at"))


def by_group(lessons: Iterable[Lesson]) -> ByGroup:
    """Lessons as `lapsing` gives them, group by group."""
    return [(group, list(rows)) for group, rows in groupby(lessons, key=lambda lesson: lesson.group)]


def seen(lessons: Iterable[Lesson]) -> str:
    """What stands for these lessons in a page that shows them before saving: another list is shown again."""
    return hashlib.sha256(repr([str(lesson.pk) for lesson in lessons]).encode()).hexdigest()[:16]


@dataclass
class Line:
    """A row of the file, and what comes of it. Only a `new` one can be taken over."""

    holiday: Holiday
    why: Any = ""  # it is not taken over, and this is why
    overlaps: Closure | None = None  # another closure of these days
    lessons: list[Lesson] = field(default_factory=list)  # that would lapse, by group and time

    @property
    def is_new(self) -> bool:
        """Whether it can be taken over."""
        return not self.why

    @property
    def key(self) -> str:
        """The row as the page sends it back."""
        return f"{self.holiday.starts_on} {self.holiday.ends_on} {self.holiday.name}"

    @property
    def by_group(self) -> ByGroup:
        """The lessons that would lapse, group by group."""
        return by_group(self.lessons)


def same_closure(name: str, first: dt.date, last: dt.date) -> tuple[str, dt.date, dt.date]:
    """By which a closure is known again, within one location: the same file twice adds nothing."""
    return name.casefold(), first, last


def lines_of(holidays: Sequence[Holiday], location: Location | None, user: User, today: dt.date) -> list[Line]:
    """A line per row, in the order of the file, for `user` who plans there. The same queries, however many rows."""
    usable = [row for row in holidays if row.usable and row.starts_on and row.ends_on]
    if not usable:
        return [_line(row, [], [], today) for row in holidays]
    first, last = min(row.starts_on for row in usable if row.starts_on), max(row.ends_on for row in usable if row.ends_on)
    known = list(Closure.objects.covering(first, last).filter(location=location))
    found = lapsing(location, first, last, user)
    taken: set[uuid.UUID] = set()
    lines = []
    for row in holidays:
        line = _line(row, known, found, today)
        line.lessons = [lesson for lesson in line.lessons if lesson.pk not in taken]  # of two periods the first takes it
        taken |= {lesson.pk for lesson in line.lessons}
        lines.append(line)
    return lines


def _line(row: Holiday, known: Iterable[Closure], lessons: Iterable[Lesson], today: dt.date) -> Line:
    if not row.usable or row.starts_on is None or row.ends_on is None:
        return Line(row, why=row.problem or row.left_out)
    first, last = row.starts_on, row.ends_on
    here = [closure for closure in known if closure.starts_on <= last and first <= closure.ends_on]
    key = same_closure(row.name, first, last)
    if any(same_closure(closure.name, closure.starts_on, closure.ends_on) == key for closure in here):
        return Line(row, why=_("Stands in the calendar already."))
    if last < today:
        return Line(row, why=_("Is over since %(day)s.") % {"day": date_format(last)})
    return Line(row, overlaps=here[0] if here else None, lessons=[lesson for lesson in lessons if first <= lesson.day <= last])

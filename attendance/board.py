"""The code on the board: six digits that only this lesson shows, and only these minutes.

Nothing is stored. A code is a keyed hash of the lesson and of the stretch of time it stands on the board. The code before
works until the next change as well, for who scanned just in time; the next one already does, for a web server whose clock
is behind that of the one which made it.
"""

import datetime as dt
import uuid
from typing import NamedTuple

from attendance import rules
from kvs.fields import blind_index
from kvs.student_door import plain_digits

DIGITS = 6


class Shown(NamedTuple):
    """What stands on the board now."""

    code: str  # "482915"
    token: str  # of the QR: names the lesson too, "CDFGHJKM-482915"
    seconds: int  # until the next one

    @property
    def spoken(self) -> str:
        """In two halves, as people read and type it: "482 915"."""
        return f"{self.code[:3]} {self.code[3:]}"


def shown(lesson: uuid.UUID, lesson_code: str, minutes: int, now: dt.datetime) -> Shown:
    """The code of this lesson at `now`, where a new one comes every `minutes`."""
    code = _code(lesson, minutes, _stretch(minutes, now))
    return Shown(code, f"{lesson_code}-{code}", int(60 * minutes - now.timestamp() % (60 * minutes)) or 1)


def problem(typed: str, *, lesson: uuid.UUID, lesson_code: str, starts_at: dt.datetime, minutes: int, now: dt.datetime) -> str:
    """Why what was typed or scanned does not open this lesson now: "", "form", "other_lesson", "old" or "wrong"."""
    named, _dash, digits = plain_digits(typed).upper().rpartition("-")
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return "form"
    if named and named != lesson_code:
        return "other_lesson"
    this = _stretch(minutes, now)
    if digits in [_code(lesson, minutes, this + by) for by in (0, -1, 1)]:
        return ""
    first = _stretch(minutes, starts_at - rules.CONFIRM_BEFORE)
    return "old" if digits in [_code(lesson, minutes, stretch) for stretch in range(first, this - 1)] else "wrong"


def _stretch(minutes: int, at: dt.datetime) -> int:
    return int(at.timestamp() // (60 * minutes))


def _code(lesson: uuid.UUID, minutes: int, stretch: int) -> str:
    keyed = blind_index("attendance.board", f"{lesson}/{minutes}/{stretch}")
    return f"{int(keyed, 16) % 10**DIGITS:0{DIGITS}}"

"""What a mark is worth in minutes, and the seal of a signed register. Norms 2.9.2 and 2.9.3 of Blik op Werk ask for the
two parties; domain/blik_op_werk_and_municipalities.md, section 1.1 (read 2026-11-22).
"""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

PRESENT = "present"
LATE = "late"
LEFT_EARLY = "left_early"
ABSENT = "absent"
REPORTED = "reported"  # afgemeld: said beforehand; whether that is excused is decided elsewhere
STATES = (PRESENT, LATE, LEFT_EARLY, ABSENT, REPORTED)
THERE = frozenset({PRESENT, LATE, LEFT_EARLY})
AWAY = frozenset({ABSENT, REPORTED})  # the whole lesson
WITH_MINUTES = frozenset({LATE, LEFT_EARLY})
TAP_CYCLE = (PRESENT, ABSENT, LATE, REPORTED)  # left early is reached through the name (design/look.md)

MINUTE = dt.timedelta(minutes=1)
# The class comes in and confirms before the bell; earlier than this a mark would be a guess about the future.
OPENS_BEFORE = dt.timedelta(minutes=30)
# A student confirms on the spot, when coming in or going out. Later it would be memory, and the teacher signs about then:
# Blik op Werk wants both parties on the lesson itself (norm 2.9.2).
CONFIRM_BEFORE = dt.timedelta(minutes=15)
CONFIRM_AFTER = dt.timedelta(minutes=60)
OPEN_FROM_EARLIER = dt.timedelta(days=30)  # how long an unsigned lesson stays on the teacher's start page

# Lesson codes are read from paper and typed over. Without 0/O/Q, 1/I/L, 5/S, 8/B, and without vowels: no words.
LONGEST_LESSON = 600  # minutes; constraint lesson_minutes
CODE_LETTERS = "CDFGHJKMNPRTVWXYZ234679"
CODE_LENGTH = 8


# What kind of hour a lesson is (domain/duo.md 1.4, read 2026-11-22). A report sums the classes its own rule accepts.
HOUR_CLASSES = (
    *("classroom", "elearning_school", "practice", "knm"),  # at the school
    *("ona_course", "ona_portfolio"),  # at the school too; DUO asks for the hours of an ONA course apart
    *("distance", "elearning_home"),
)
# DUO's page "uitwisselen contractgegevens": only hours the student was at the school, and an ONA course in a field of its
# own. Online and at home never count, since 2019-01-01.
DUO_COURSE_HOURS = frozenset({"classroom", "elearning_school", "practice", "knm", "ona_portfolio"})
DUO_ONA_HOURS = frozenset({"ona_course"})
NOT_AT_SCHOOL = {"online": "distance", "elearning_home": "elearning_home"}
LITERACY = "literacy"  # both the subject of a lesson and the course of a contract

# Who stands behind a mark. Norm 2.9.2 of Blik op Werk asks for the two parties or for initials on a list
# (domain/blik_op_werk_and_municipalities.md, section 1.1); the word of one of them proves nothing.
BOTH, TEACHER_ONLY, STUDENT_ONLY, PAPER, NO_EVIDENCE = EVIDENCE = ("both", "teacher", "student", "paper", "none")


def same_room(room: str) -> str:
    """By which a room is known again, as the constraint lesson_room_once knows it: "lokaal  A " is "Lokaal A"."""
    return " ".join(room.split()).lower()


class Counts(NamedTuple):
    """The line above a register. The first three make the class; confirmed counts apart (design/look.md)."""

    present: int
    absent: int
    open: int
    confirmed: int


def has_begun(now: dt.datetime, starts_at: dt.datetime) -> bool:
    """Whether a register may be filled in."""
    return now >= starts_at - OPENS_BEFORE


def confirm_problem(now: dt.datetime, starts_at: dt.datetime, ends_at: dt.datetime) -> str:
    """Why a student cannot confirm a lesson at this moment: "", "early" or "late"."""
    if now < starts_at - CONFIRM_BEFORE:
        return "early"
    return "late" if now > ends_at + CONFIRM_AFTER else ""


def board_code_needed(required: bool, delivery: str) -> bool:
    """Whether a confirmation needs the code on the board: when the school asks for it, and the lesson is at the school."""
    return required and delivery not in NOT_AT_SCHOOL


def counts(states: Iterable[str], *, size: int, confirmed: int) -> Counts:
    """What a class of `size` with these stored states adds up to: late counts as present, reported as absent."""
    found = Counter(state in THERE for state in states)
    return Counts(found[True], found[False], size - found.total(), confirmed)


def evidence(*, teacher: bool, student: bool, paper: bool) -> str:
    """Which of EVIDENCE a mark has: the word of the teacher, of the student, initials of the student on a scanned list."""
    if teacher and student:
        return BOTH
    if paper:
        return PAPER
    if teacher:
        return TEACHER_ONLY
    return STUDENT_ONLY if student else NO_EVIDENCE


def proven(state: str, *, teacher: bool, student: bool, paper: bool, mode: str = "both") -> bool:
    """Whether a mark with `state` counts as proven (bewezen): both parties, or initials on paper. `mode`: what the school
    takes as evidence, "paper", "digital" or "both". Absence needs no proof and gives none.
    """
    digitally, on_paper = teacher and student and mode != "paper", paper and mode != "digital"
    return state in THERE and (digitally or on_paper)


def percentage(attended: int, offered: int) -> int | None:
    """Whole per cent of minutes attended, or None when nothing was offered yet."""
    return round(100 * attended / offered) if offered else None


def minutes_problem(state: str, missed: int, planned: int) -> str:
    """Why `missed` minutes cannot go with `state` in a lesson of `planned` minutes: "", "missing" or "too_many"."""
    if state not in WITH_MINUTES:
        return ""
    if missed < 1:
        return "missing"
    return "too_many" if missed > planned else ""


def minutes_attended(state: str, planned: int, missed: int) -> int:
    """Minutes present in a lesson of `planned` minutes: all of them less `missed` for late and early, none when away."""
    if state not in THERE:
        return 0
    return max(planned - missed, 0) if state in WITH_MINUTES else planned


def minutes_late(now: dt.datetime, starts_at: dt.datetime, planned: int) -> int:
    """Minutes missed by who comes in at `now`: begun minutes of the clock, at most the whole lesson of `planned` minutes."""
    return min(max(-int((starts_at - now) // MINUTE), 0), planned)


def hour_class(subject: str, delivery: str) -> str:
    """Which of HOUR_CLASSES a lesson is: first where it was given, then what it was about.

    MAP and other subjects at the school are hours at the school; whether DUO wants them is not confirmed.
    """
    if delivery in NOT_AT_SCHOOL:
        return NOT_AT_SCHOOL[delivery]
    if delivery == "ona_school":
        return "ona_portfolio"
    if subject in ("ona", "knm"):
        return "ona_course" if subject == "ona" else "knm"
    return delivery


def literacy_online(course: str, subject: str, delivery: str) -> bool:
    """Whether this lesson, under a contract for `course`, is literacy given away from the school: not allowed at all since
    2019-01-01 (Blik op Werk; domain/duo.md 1.4).
    """
    return LITERACY in (course, subject) and delivery in NOT_AT_SCHOOL


def row_hash(salt: str, *values: object) -> str:
    """Digest of one row of a register. The salt keeps a row from being guessed after it is erased."""
    text = "\x1f".join([salt, *(str(value) for value in values)])
    return hashlib.sha256(text.encode()).hexdigest()


def register_digest(lesson: object, signer: object, signed_at: str, row_hashes: Iterable[str]) -> str:
    """Digest over a signed register: which lesson, who signed when, and its row hashes in a fixed order.

    Rows can be erased later: their hashes stay in the register's own list, so the rest remains verifiable.
    """
    return row_hash(str(lesson), signer, signed_at, *sorted(row_hashes))


def night_digest(day: dt.date, previous: str, lines: Iterable[str]) -> str:
    """Digest over what was sealed on `day`, in this order, and over the digest before it."""
    return hashlib.sha256("\n".join([day.isoformat(), previous, *lines]).encode()).hexdigest()


def month_of(text: str) -> dt.date | None:
    """The first day of "2026-11"; None for anything else."""
    try:
        found = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def month_after(month: dt.date) -> dt.date:
    """The first day of the next month."""
    return (month.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


def month_before(month: dt.date) -> dt.date:
    """The first day of the month before."""
    return (month.replace(day=1) - dt.timedelta(days=1)).replace(day=1)

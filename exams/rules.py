"""Levels, skills and exam parts: what may be measured and what may be sat. Facts with their source and certainty.

Sources: DUO's exam interface (Examen API 1.0.0 and MAP, PVT, Z-route API 1.0.0, openapi.yml, read 2026-11-22), the
Staatsexamenbesluit NT2 (BWBR0006192, an old consolidation), domain/duo.md 3.2. What rests on other web pages only is
`confirmed=False` and shown so.
"""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

# --- levels (domain: Raamwerk Alfabetisering below A1, the CEFR halved up to B1 as schools measure it)

LEVELS = ("alfa_a", "alfa_b", "alfa_c", "a1_1", "a1_2", "a2_1", "a2_2", "b1_1", "b1_2", "b2", "c1")
SKILLS = ("reading", "listening", "writing", "speaking", "conversation")

# The last step of a whole CEFR level: who aims at B1 has reached it at B1.2.
GOAL = {"a1": "a1_2", "a2": "a2_2", "b1": "b1_2", "b2": "b2", "c1": "c1"}
EARLIEST = dt.date(2000, 1, 1)  # before this no school here measured anything: a typing mistake


def exams_known_until(today: dt.date) -> dt.date:
    """The last day of an exam that somebody may be registered for: beyond two years the year is a typing mistake."""
    return today + dt.timedelta(days=731)


def rank(level: str) -> int:
    """Place of a level on the ladder, from 0. Raises ValueError for a level that does not exist."""
    return LEVELS.index(level)


# --- exam parts


class Part(NamedTuple):
    """A part of an exam, or a duty that is closed like one (MAP, PVT). `levels` is empty where the part has none."""

    code: str
    levels: tuple[str, ...]
    results: tuple[str, ...]
    source: str
    confirmed: bool


OPEN, PASSED, FAILED, NONE = "open", "passed", "failed", "none"
EXAM_RESULTS = (OPEN, PASSED, FAILED, NONE)
DUTY_RESULTS = (OPEN, PASSED)  # the municipality tells DUO a date, no mark

_DUO = "DUO Examen API 1.0.0"
_DUTIES = "DUO MAP, PVT, Z-route API 1.0.0"
_WEB = "domain/duo.md 3.2, web pages only"
_STATE = "Staatsexamenbesluit NT2 art. 4(3) and 14, old consolidation; the level from web pages only"

_WI2021 = (
    *(Part(code, ("a2", "b1", "b2"), EXAM_RESULTS, _DUO, True) for code in ("le", "lu", "sc", "sp")),
    Part("knm", (), EXAM_RESULTS, _DUO, True),
    Part("map", (), DUTY_RESULTS, _DUTIES, True),
    Part("pvt", (), DUTY_RESULTS, _DUTIES, True),
)
_WI2013 = (
    *(Part(code, ("a2",), EXAM_RESULTS, _WEB, False) for code in ("le", "lu", "sc", "sp")),
    Part("knm", (), EXAM_RESULTS, _WEB, False),
    Part("ona", (), EXAM_RESULTS, _WEB, False),
    Part("pvt", (), DUTY_RESULTS, _WEB, False),  # who became obliged from 2017-10-01
)
_STATE_EXAM = tuple(
    Part(f"nt2_{programme}_{skill}", (level,), EXAM_RESULTS, _STATE, False)
    for programme, level in (("1", "b1"), ("2", "b2"))
    for skill in ("le", "sc", "lu", "sp")
)
_PARTS = {"wi2021": (*_WI2021, *_STATE_EXAM), "wi2013": (*_WI2013, *_STATE_EXAM)}

PART_CODES = ("le", "lu", "sc", "sp", "knm", "map", "pvt", "ona", *(part.code for part in _STATE_EXAM))
EXAM_LEVELS = ("a2", "b1", "b2")
REASONS = ("culpable", "not_culpable", "withdrawn", "absent")  # DUO: RedenGeenResultaatInburgeringsexamen


def parts_of(law: str) -> tuple[Part, ...]:
    """The parts a student under `law` can sit. Anybody may sit the state exam; of the Wi2007 no parts are known here."""
    return _PARTS.get(law, _STATE_EXAM)


def part_of(law: str, code: str) -> Part | None:
    """The part with this code under `law`; None when that law has no such part."""
    return next((part for part in parts_of(law) if part.code == code), None)


def fits(law: str, code: str, level: str) -> bool:
    """Whether somebody under `law` can sit part `code` at `level` ("" for a part without levels)."""
    part = part_of(law, code)
    return part is not None and (level in part.levels if part.levels else level == "")


def exams_of(laws: Iterable[str]) -> list[tuple[str, str]]:
    """Every (part, level) that somebody under one of `laws` can sit, in the order of the laws' own lists."""
    found = [(part.code, level) for law in laws for part in parts_of(law) for level in part.levels or ("",)]
    return list(dict.fromkeys(found))

"""Reasons of absence: one row per reason, with what it means, from which day it may be used, its source and how sure that is.

Sources: policy B 3.1.8 (holiday, birth, illness, never the nature of an illness); the list of issue 4, section 2;
domain/blik_op_werk_and_municipalities.md, section 5 (read 2026-11-22). No published list of an NT2 school could be
found, so what is not in policy B is "not confirmed". A reason that changes gets a last day and a new row beside it: history
stays as it was said.
"""

import datetime as dt
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

# What a teacher or a client may know of an absence (privacy_obligations.md 41).
EXCUSED = "excused"
UNEXCUSED = "unexcused"
UNKNOWN = "unknown"
VERDICTS = (EXCUSED, UNEXCUSED, UNKNOWN)
VERDICT_LABELS: dict[str, Any] = {EXCUSED: _("excused"), UNEXCUSED: _("unexcused"), UNKNOWN: _("not known yet")}

POLICY_B = dt.date(2020, 12, 1)  # version 5.0 is in force
WI2021 = dt.date(2022, 1, 1)  # in force; before there was no PIP


class Reason(NamedTuple):
    """Why somebody was not there. `verdict` is what it makes of an absence."""

    code: str
    label: Any
    verdict: str
    starts_on: dt.date
    source: str
    health: bool = False  # AVG art. 9: sealed, and read by the administration and the student only
    on_own_word: bool = False  # what the student says is enough; else the school decides
    by_student: bool = True  # a student may say it
    before: bool = True  # can be told beforehand
    confirmed: bool = False
    ends_on: dt.date | None = None

    def holds_on(self, day: dt.date) -> bool:
        """Whether it may be said about an absence on `day`."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


# A school may ask no proof of an illness or a birth: that would be asking for its nature (AVG 9; AP on employers, 2016).
REASONS = (
    Reason("ill", _("illness"), EXCUSED, POLICY_B, "B 3.1.8", health=True, on_own_word=True, confirmed=True),
    Reason("birth", _("birth"), EXCUSED, POLICY_B, "B 3.1.8", health=True, on_own_word=True, confirmed=True),
    Reason("holiday", _("holiday"), EXCUSED, POLICY_B, "B 3.1.8", confirmed=True),
    Reason("leave", _("leave"), EXCUSED, POLICY_B, "issue 4.2"),
    Reason("appointment", _("exam or appointment with the municipality"), EXCUSED, POLICY_B, "issue 4.2"),
    Reason("pip_work", _("work in the PIP"), EXCUSED, WI2021, "issue 4.2"),
    Reason("excused", _("excused otherwise"), EXCUSED, POLICY_B, "issue 4.2", by_student=False),
    Reason("unexcused", _("unexcused"), UNEXCUSED, POLICY_B, "issue 4.2", by_student=False, before=False),
)
ILL = "ill"

# What an agreement with a client can name (privacy_obligations.md 41). Never illness and birth: AVG 9, no ground allows it.
# Nor "excused otherwise": as long as that is not named, "excused" without a reason does not mean "ill".
TELLABLE = ("holiday", "leave", "appointment", "pip_work")
UNTOLD = "untold"  # a reason is noted that no client hears


def reason(code: str | None, day: dt.date | None = None) -> Reason | None:
    """The reason of this code that holds on `day` (without it: the last one); None for another code or day."""
    found = [row for row in REASONS if row.code == code and (day is None or row.holds_on(day))]
    return found[-1] if found else None


def label(code: str | None) -> str:
    """The reason in words; an unknown code as it is, nothing for none."""
    known = reason(code)
    return str(known.label) if known else code or ""


def tellable(code: str | None) -> str | None:
    """What a client can hear of the reason of this code: the code itself, else UNTOLD; None when no reason is noted."""
    if code is None:
        return None
    return code if code in TELLABLE else UNTOLD


def told_label(code: str | None) -> str:
    """What a client can hear, in words."""
    return str(_("no client hears it")) if code == UNTOLD else label(code)


def choices(day: dt.date, *, student: bool, before: bool) -> list[tuple[str, Any]]:
    """What can be chosen for an absence on `day`: by the student or the administration, told beforehand or afterwards."""
    return [
        (row.code, row.label)
        for row in REASONS
        if row.holds_on(day) and (row.by_student or not student) and (row.before or not before)
    ]


def verdict_of(said: Reason, *, student: bool) -> str:
    """What the reason makes of an absence when the student, or the administration, says it."""
    return UNKNOWN if student and not said.on_own_word else said.verdict

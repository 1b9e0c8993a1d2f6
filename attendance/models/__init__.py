"""Models of attendance."""

from attendance.models.hours import ContractHours, OpeningBalance, OutsideHours
from attendance.models.lessons import (
    PROVEN,
    Claim,
    ClaimQuerySet,
    Lesson,
    LessonQuerySet,
    Mark,
    MarkQuerySet,
    Minutes,
    Register,
    RegisterQuerySet,
    hours_of,
    reaches,
    teaches,
    with_names,
)
from attendance.models.planning import Closure, Delivery, Slot, Subject

__all__ = [
    "PROVEN",
    "Claim",
    "ClaimQuerySet",
    "Closure",
    "ContractHours",
    "Delivery",
    "Lesson",
    "LessonQuerySet",
    "Mark",
    "MarkQuerySet",
    "Minutes",
    "OpeningBalance",
    "OutsideHours",
    "Register",
    "RegisterQuerySet",
    "Slot",
    "Subject",
    "hours_of",
    "reaches",
    "teaches",
    "with_names",
]

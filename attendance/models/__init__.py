"""Models of attendance."""

from attendance.models.absence import AbsenceReason, AbsenceReport, AbsenceSettings
from attendance.models.corrections import Correction
from attendance.models.follow_up import FollowUpSetting, RegisterReminder, follow_up_settings
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
    shared_devices,
    teaches,
    with_names,
)
from attendance.models.nightly import DigestMail, NightDigest
from attendance.models.papers import LessonEvidence, LessonScan, Scan
from attendance.models.planning import Closure, Delivery, Slot, Subject
from attendance.models.presence import Means

__all__ = [
    "PROVEN",
    "AbsenceReason",
    "AbsenceReport",
    "AbsenceSettings",
    "Claim",
    "ClaimQuerySet",
    "Closure",
    "ContractHours",
    "Correction",
    "Delivery",
    "DigestMail",
    "FollowUpSetting",
    "Lesson",
    "LessonEvidence",
    "LessonQuerySet",
    "LessonScan",
    "Mark",
    "MarkQuerySet",
    "Means",
    "Minutes",
    "NightDigest",
    "OpeningBalance",
    "OutsideHours",
    "Register",
    "RegisterQuerySet",
    "RegisterReminder",
    "Scan",
    "Slot",
    "Subject",
    "follow_up_settings",
    "hours_of",
    "reaches",
    "shared_devices",
    "teaches",
    "with_names",
]

"""Models of attendance."""

from attendance.models.absence import AbsenceReason, AbsenceReport, AbsenceSettings
from attendance.models.agreements import ReasonAgreement, agreements_of
from attendance.models.corrections import Correction
from attendance.models.evidence import EvidenceSetting, ProvenOnly, proven_only
from attendance.models.follow_up import (
    AbsenceLetter,
    AbsenceSignal,
    FollowUp,
    FollowUpSetting,
    FollowUpStep,
    LadderStep,
    RegisterReminder,
    SignalLesson,
    SignalRule,
    follow_up_settings,
    ladder,
)
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
    "AbsenceLetter",
    "AbsenceReason",
    "AbsenceReport",
    "AbsenceSettings",
    "AbsenceSignal",
    "Claim",
    "ClaimQuerySet",
    "Closure",
    "ContractHours",
    "Correction",
    "Delivery",
    "DigestMail",
    "EvidenceSetting",
    "FollowUp",
    "FollowUpSetting",
    "FollowUpStep",
    "LadderStep",
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
    "ProvenOnly",
    "ReasonAgreement",
    "Register",
    "RegisterQuerySet",
    "RegisterReminder",
    "Scan",
    "SignalLesson",
    "SignalRule",
    "Slot",
    "Subject",
    "agreements_of",
    "follow_up_settings",
    "hours_of",
    "ladder",
    "proven_only",
    "reaches",
    "shared_devices",
    "teaches",
    "with_names",
]

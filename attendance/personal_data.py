"""Declarations of attendance: every column, personal or not."""

from kvs.catalogue import Field, Model, NotPersonal
from kvs.categories import ABSENCE_REASON, ACCOUNT, ATTENDANCE, LESSON_EVIDENCE, PROGRAMME
from kvs.terms import Reason, Sensitivity
from kvs.vocabulary import BLIK_OP_WERK, CLIENT_REPORTS, DUO, DUO_FUNDING, MUNICIPALITY, PROGRESS, QUALITY

# DUO asks how many hours somebody attended, and no more of a lesson (domain/duo.md 1.3).
TO_DUO = {
    "purposes": (PROGRESS, CLIENT_REPORTS, QUALITY, DUO_FUNDING),
    "recipients": (MUNICIPALITY, BLIK_OP_WERK, DUO),
}
# Illness and birth are health; so that nothing tells them apart, every reason is for the administration only (B 3.1.8).
FOR_ADMINISTRATION = {"readable_by": frozenset({"administration"})}
# The part of it that says nothing about health: a municipality hears it where that is agreed (privacy_obligations.md 41).
TOLD = {"readable_by": frozenset({"administration", "coordinator", "management", "privacy_officer"})}
# Who said so and when is for who handles absence: a teacher sees on the register that somebody is reported, no more.
HANDLED = {"readable_by": frozenset({"administration", "coordinator"})}
# What is done about absence is read by fewer people than absence itself.
FOLLOWED = {"readable_by": frozenset({"administration", "coordinator", "management", "privacy_officer"})}
CLAIMED = {"audited": False}  # the claims are the record of who said what when: they only grow
NO_PICTURE = {"sensitivity": Sensitivity.SENSITIVE}  # when and of what kind, not what it shows

MODELS = (
    Model(
        "attendance.Slot",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("group", Reason.LINK),
            NotPersonal("weekday", Reason.OFFER),
            NotPersonal("begins", Reason.OFFER),
            NotPersonal("ends", Reason.OFFER),
            NotPersonal("break_minutes", Reason.OFFER),
            Field("teacher", ACCOUNT),
            NotPersonal("room", Reason.OFFER),
            NotPersonal("subject", Reason.OFFER),
            NotPersonal("delivery", Reason.OFFER),
            NotPersonal("starts_on", Reason.OFFER),
            NotPersonal("ends_on", Reason.OFFER),
            NotPersonal("version", Reason.VERSION),
        ),
        actors=("teacher",),
    ),
    Model(
        "attendance.Closure",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("name", Reason.OFFER),
            NotPersonal("location", Reason.LINK),
            NotPersonal("starts_on", Reason.OFFER),
            NotPersonal("ends_on", Reason.OFFER),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "attendance.Lesson",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("group", Reason.LINK),
            NotPersonal("location", Reason.LINK),
            Field("teacher", ACCOUNT),
            NotPersonal("day", Reason.OFFER),
            NotPersonal("starts_at", Reason.OFFER),
            NotPersonal("ends_at", Reason.OFFER),
            NotPersonal("planned_minutes", Reason.OFFER),
            NotPersonal("room", Reason.OFFER),
            NotPersonal("subject", Reason.OFFER),
            NotPersonal("delivery", Reason.OFFER),
            NotPersonal("cancelled", Reason.OFFER),
            NotPersonal("lapsed_by", Reason.LINK),
            NotPersonal("resumed_at", Reason.OFFER),
            NotPersonal("code", Reason.OFFER),
            NotPersonal("slot", Reason.LINK),
            NotPersonal("slot_day", Reason.OFFER),
            NotPersonal("version", Reason.VERSION),
        ),
        actors=("teacher",),
    ),
    Model(
        "attendance.Register",
        (
            NotPersonal("lesson", Reason.LINK),
            NotPersonal("saved_at", Reason.VERSION),
            NotPersonal("saved_by", Reason.LINK),
            Field("signed_at", ACCOUNT),
            NotPersonal("signed_by", Reason.LINK),
            Field("established", ACCOUNT),
            NotPersonal("row_hashes", Reason.AGGREGATE),
            NotPersonal("digest", Reason.AGGREGATE),
            NotPersonal("seal", Reason.SOFTWARE),
        ),
        actors=("saved_by", "signed_by"),
    ),
    Model(
        "attendance.Mark",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("lesson", Reason.LINK),
            NotPersonal("enrolment", Reason.LINK),
            Field("state", ATTENDANCE, **CLAIMED),
            Field("minutes_missed", ATTENDANCE, **CLAIMED),
            Field("minutes_attended", ATTENDANCE, **CLAIMED, **TO_DUO),
            Field("teacher_at", ATTENDANCE, **CLAIMED),
            Field("student_at", ATTENDANCE, **CLAIMED),
            Field("paper_at", ATTENDANCE, **CLAIMED),
            Field("office_at", ATTENDANCE, **CLAIMED),
            NotPersonal("salt", Reason.SOFTWARE),
            NotPersonal("row_hash", Reason.SOFTWARE),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("enrolment__programme__student",),
    ),
    Model(
        "attendance.Claim",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("mark", Reason.LINK),
            Field("party", ATTENDANCE, **CLAIMED),
            Field("by_audit_id", ATTENDANCE, **CLAIMED),
            Field("at", ATTENDANCE, **CLAIMED),
            Field("state", ATTENDANCE, **CLAIMED),
            Field("minutes_missed", ATTENDANCE, **CLAIMED),
            Field("reason", ATTENDANCE, **CLAIMED),
            Field("means", ATTENDANCE, **CLAIMED),
            Field("device", ATTENDANCE, **CLAIMED),
        ),
        owners=("mark__enrolment__programme__student",),
    ),
    Model(
        "attendance.Correction",
        (
            NotPersonal("claim", Reason.LINK),
            Field("remark", ATTENDANCE, **CLAIMED),
            Field("was_state", ATTENDANCE, **CLAIMED),
            Field("was_minutes_missed", ATTENDANCE, **CLAIMED),
            Field("was_minutes_attended", ATTENDANCE, **CLAIMED),
            Field("was_teacher_at", ATTENDANCE, **CLAIMED),
            Field("was_student_at", ATTENDANCE, **CLAIMED),
            Field("was_office_at", ATTENDANCE, **CLAIMED),
            NotPersonal("was_salt", Reason.SOFTWARE),
            NotPersonal("was_hash", Reason.SOFTWARE),
            NotPersonal("row_hash", Reason.SOFTWARE),
        ),
        owners=("claim__mark__enrolment__programme__student",),
    ),
    Model(
        "attendance.FollowUpSetting",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("teacher_hours", Reason.SETTING),
            NotPersonal("coordinator_days", Reason.SETTING),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "attendance.RegisterReminder",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("user", Reason.LINK),
            Field("kind", ACCOUNT, audited=False),
            Field("day", ACCOUNT, audited=False),
            NotPersonal("mailed_at", Reason.PROCESS),
        ),
        owners=("user",),
    ),
    Model(
        "attendance.Scan",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("file", Reason.LINK),
            NotPersonal("uploaded_by", Reason.LINK),
            Field("uploaded_at", ATTENDANCE),
        ),
        actors=("uploaded_by",),
        pseudonyms=("file__people__audit_id",),
    ),
    Model(
        "attendance.LessonScan",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("lesson", Reason.LINK),
            NotPersonal("scan", Reason.LINK),
            NotPersonal("sha256", Reason.AGGREGATE),
            NotPersonal("attached_at", Reason.VERSION),
            NotPersonal("initials_at", Reason.VERSION),
        ),
    ),
    Model(
        "attendance.LessonEvidence",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("lesson", Reason.LINK),
            Field("kind", LESSON_EVIDENCE, **NO_PICTURE),
            Field("file", LESSON_EVIDENCE, sealed_by="kvs.files.store_file"),
            NotPersonal("added_by", Reason.LINK),
            Field("added_at", LESSON_EVIDENCE, **NO_PICTURE),
        ),
        actors=("added_by",),
        pseudonyms=("file__people__audit_id",),
    ),
    Model(
        "attendance.NightDigest",
        (
            NotPersonal("day", Reason.ROW_ID),
            NotPersonal("previous", Reason.AGGREGATE),
            NotPersonal("registers", Reason.AGGREGATE),
            NotPersonal("corrections", Reason.AGGREGATE),
            NotPersonal("digest", Reason.AGGREGATE),
            NotPersonal("made_at", Reason.PROCESS),
        ),
    ),
    Model(
        "attendance.DigestMail",
        (
            NotPersonal("night", Reason.LINK),
            NotPersonal("mailed_at", Reason.PROCESS),
        ),
    ),
    Model(
        "attendance.SignalRule",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("client", Reason.LINK),
            NotPersonal("kind", Reason.SETTING),
            NotPersonal("threshold", Reason.SETTING),
            NotPersonal("weeks", Reason.SETTING),
            NotPersonal("counts", Reason.SETTING),
            NotPersonal("active", Reason.SETTING),
            NotPersonal("source", Reason.SETTING),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "attendance.LadderStep",
        (
            NotPersonal("kind", Reason.SETTING),
            NotPersonal("working_days", Reason.SETTING),
            NotPersonal("active", Reason.SETTING),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "attendance.FollowUp",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("programme", Reason.LINK),
            Field("opened_on", ATTENDANCE, **FOLLOWED),
            Field("next_step", ATTENDANCE, **FOLLOWED),
            Field("due_on", ATTENDANCE, **FOLLOWED),
            Field("closed_on", ATTENDANCE, **FOLLOWED),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("programme__student",),
    ),
    Model(
        "attendance.AbsenceSignal",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("follow_up", Reason.LINK),
            NotPersonal("programme", Reason.LINK),
            NotPersonal("client", Reason.LINK),
            Field("kind", ATTENDANCE, **FOLLOWED, **CLAIMED),
            Field("threshold", ATTENDANCE, **FOLLOWED, **CLAIMED),
            Field("weeks", ATTENDANCE, **FOLLOWED, **CLAIMED),
            Field("counts", ATTENDANCE, **FOLLOWED, **CLAIMED),
            Field("starts_on", ATTENDANCE, **FOLLOWED, **CLAIMED),
            Field("ends_on", ATTENDANCE, **FOLLOWED, **CLAIMED),
            Field("found_on", ATTENDANCE, **FOLLOWED, **CLAIMED),
        ),
        owners=("programme__student",),
    ),
    Model(
        "attendance.SignalLesson",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("signal", Reason.LINK),
            NotPersonal("mark", Reason.LINK),
        ),
    ),
    Model(
        "attendance.FollowUpStep",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("follow_up", Reason.LINK),
            Field("kind", ATTENDANCE, **FOLLOWED, **CLAIMED),
            Field("outcome", ATTENDANCE, **FOLLOWED, **CLAIMED),
            Field("skipped", ATTENDANCE, **FOLLOWED, **CLAIMED),
            Field("done_on", ATTENDANCE, **FOLLOWED, **CLAIMED),
            Field("at", ATTENDANCE, **FOLLOWED, **CLAIMED),
            Field("by_audit_id", ATTENDANCE, **FOLLOWED, **CLAIMED),
        ),
        owners=("follow_up__programme__student",),
    ),
    Model(
        "attendance.AbsenceLetter",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("step", Reason.LINK),
            Field("page", ATTENDANCE, **FOLLOWED, **CLAIMED, sensitivity=Sensitivity.IDENTIFIER),
            NotPersonal("mailed_at", Reason.PROCESS),
        ),
        owners=("step__follow_up__programme__student",),
    ),
    Model(
        "attendance.EvidenceSetting",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("mode", Reason.SETTING),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "attendance.ProvenOnly",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("rule", Reason.SETTING),
            NotPersonal("client", Reason.LINK),
            NotPersonal("source", Reason.SETTING),
        ),
    ),
    Model(
        "attendance.ReasonAgreement",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("client", Reason.LINK),
            NotPersonal("reasons", Reason.SETTING),
            NotPersonal("source", Reason.SETTING),
            NotPersonal("starts_on", Reason.SETTING),
            NotPersonal("ends_on", Reason.SETTING),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "attendance.ContractHours",
        (
            NotPersonal("contract", Reason.LINK),
            Field("lesson_hour", PROGRAMME),
            Field("breaks_count", PROGRAMME),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("contract__programme__student",),
    ),
    Model(
        "attendance.OpeningBalance",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("contract", Reason.LINK),
            Field("hour_class", ATTENDANCE, **TO_DUO),
            Field("year", ATTENDANCE, **TO_DUO),
            Field("minutes", ATTENDANCE, **TO_DUO),
            Field("source", ATTENDANCE),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("contract__programme__student",),
    ),
    Model(
        "attendance.OutsideHours",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("programme", Reason.LINK),
            Field("kind", ATTENDANCE, **CLAIMED),
            Field("day", ATTENDANCE, **CLAIMED),
            Field("minutes", ATTENDANCE, **CLAIMED),
            Field("provider", ATTENDANCE, **CLAIMED),
            Field("evidence", ATTENDANCE, **CLAIMED),
            Field("reference", ATTENDANCE, **CLAIMED),
            NotPersonal("corrects", Reason.LINK),
            Field("by_audit_id", ATTENDANCE, **CLAIMED),
            Field("at", ATTENDANCE, **CLAIMED),
        ),
        owners=("programme__student",),
    ),
    Model(
        "attendance.AbsenceReport",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("student", Reason.LINK),
            Field("starts_at", ATTENDANCE, **HANDLED),
            Field("ends_at", ATTENDANCE, **HANDLED),
            Field("reason", ABSENCE_REASON, **FOR_ADMINISTRATION),
            Field("tellable", ATTENDANCE, **TOLD),
            Field("status", ATTENDANCE),
            Field("party", ATTENDANCE, **HANDLED),
            Field("by_audit_id", ATTENDANCE, **HANDLED),
            Field("made_at", ATTENDANCE, **HANDLED),
            Field("decided_at", ATTENDANCE, **HANDLED),
            Field("decided_by_audit_id", ATTENDANCE, **HANDLED),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("student",),
    ),
    Model(
        "attendance.AbsenceReason",
        (
            NotPersonal("mark", Reason.LINK),
            Field("reason", ABSENCE_REASON, **FOR_ADMINISTRATION),
            Field("tellable", ATTENDANCE, **TOLD),
            Field("verdict", ATTENDANCE),
            Field("party", ATTENDANCE),
            Field("by_audit_id", ATTENDANCE, **HANDLED),
            Field("at", ATTENDANCE),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("mark__enrolment__programme__student",),
    ),
    Model(
        "attendance.AbsenceSettings",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("reasons_from", Reason.SETTING),
            NotPersonal("student_days", Reason.SETTING),
            NotPersonal("unknown_days", Reason.SETTING),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
)

"""Declarations of privacy: every column, personal or not. Each subject has its own tuple."""

from kvs.catalogue import Field, Model, NotPersonal
from kvs.categories import EXEMPTION, REQUESTS
from kvs.terms import Kind, Reason, Sensitivity
from kvs.vocabulary import EXPORT_PERIOD, STUDENT_FILE

KEPT = {"sensitivity": Sensitivity.SENSITIVE}  # says nothing of health: that there was one is sealed beside it
ERASURES = (
    Model(
        "privacy.Hold",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("subject_audit_id", REQUESTS),
            Field("containers", REQUESTS),
            Field("ground", REQUESTS),
            Field("set_by_audit_id", REQUESTS),
            Field("set_on", REQUESTS),
            Field("review_on", REQUESTS),
            Field("released_at", REQUESTS),
            Field("released_by_audit_id", REQUESTS),
            NotPersonal("version", Reason.VERSION),
        ),
        pseudonyms=("subject_audit_id", "set_by_audit_id", "released_by_audit_id"),
    ),
    Model(
        "privacy.Erasure",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("reference", Reason.ROW_ID),
            Field("subject_audit_id", REQUESTS),
            Field("reason", REQUESTS),
            Field("state", REQUESTS),
            Field("prepared_by_audit_id", REQUESTS),
            Field("prepared_at", REQUESTS),
            Field("handled_by_audit_id", REQUESTS),
            Field("approved_by_audit_id", REQUESTS),
            Field("approved_at", REQUESTS),
            Field("plan", REQUESTS, audited=False),
            NotPersonal("plan_hash", Reason.SOFTWARE),
            NotPersonal("catalogue", Reason.SOFTWARE),
            NotPersonal("traces", Reason.PROCESS),
            Field("told", REQUESTS, audited=False),
            NotPersonal("problem", Reason.PROCESS),
            NotPersonal("job", Reason.PROCESS),
            NotPersonal("certificate", Reason.PROCESS),
            Field("done_at", REQUESTS),
            NotPersonal("backups_gone_on", Reason.PROCESS),
            NotPersonal("ledger_seq", Reason.PROCESS),
        ),
        pseudonyms=("subject_audit_id", "prepared_by_audit_id", "handled_by_audit_id", "approved_by_audit_id"),
    ),
    Model(
        "privacy.ExemptionRecord",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("identity_index", EXEMPTION, index_of="name"),
            Field("name", EXEMPTION),
            Field("born_on", EXEMPTION),
            Field("kind", EXEMPTION),
            Field("body", EXEMPTION),
            Field("decided_on", EXEMPTION),
            Field("copied_on", EXEMPTION, **KEPT),
            Field("kept_until", EXEMPTION, **KEPT),
        ),
    ),
    Model(
        "privacy.ExemptionLookup",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("record", Reason.LINK),
            Field("at", EXEMPTION, **KEPT),
            Field("by_audit_id", EXEMPTION, **KEPT),
        ),
        pseudonyms=("by_audit_id",),
    ),
)

WITH_THE_FILE = {"retention": STUDENT_FILE}  # it says what may not be done with the file, so it goes with it
RESTRICTIONS = (
    Model(
        "privacy.Restriction",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("student", Reason.LINK),
            Field("categories", REQUESTS, **WITH_THE_FILE),
            Field("ground", REQUESTS, **WITH_THE_FILE),
            Field("starts_on", REQUESTS, **WITH_THE_FILE),
            Field("review_on", REQUESTS, **WITH_THE_FILE),
            NotPersonal("set_by", Reason.LINK),
            Field("told_on", REQUESTS, **WITH_THE_FILE),
            Field("told_how", REQUESTS, **WITH_THE_FILE),
            Field("lifted_at", REQUESTS, **WITH_THE_FILE),
            NotPersonal("lifted_by", Reason.LINK),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("student",),
        actors=("set_by", "lifted_by"),
    ),
    Model(
        "privacy.Objection",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("student", Reason.LINK),
            Field("purpose", REQUESTS, **WITH_THE_FILE),
            Field("made_at", REQUESTS, **WITH_THE_FILE),
            NotPersonal("made_by", Reason.LINK),
            Field("outcome", REQUESTS, **WITH_THE_FILE),
            Field("decided_at", REQUESTS, **WITH_THE_FILE),
            NotPersonal("decided_by", Reason.LINK),
            Field("withdrawn_at", REQUESTS, **WITH_THE_FILE),
        ),
        owners=("student",),
        actors=("made_by", "decided_by"),
    ),
)
IDENTIFYING = {"sensitivity": Sensitivity.IDENTIFIER}  # names, addresses and what people wrote: sealed
REQUEST_MODELS = (
    Model(
        "privacy.RequestSetting",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("answer_days", Reason.SETTING),
            NotPersonal("extension_days", Reason.SETTING),
            NotPersonal("execute_days", Reason.SETTING),
            NotPersonal("systems", Reason.SETTING),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "privacy.PrivacyRequest",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("kind", REQUESTS),
            Field("channel", REQUESTS),
            Field("received_on", REQUESTS),
            Field("person_kind", REQUESTS),
            Field("subject_audit_id", REQUESTS),
            Field("name", REQUESTS, kind=Kind.NAME, **IDENTIFYING),
            Field("contact", REQUESTS, **IDENTIFYING),
            Field("words", REQUESTS, **IDENTIFYING),
            Field("matter", REQUESTS),
            NotPersonal("representation", Reason.LINK),
            Field("asked_by", REQUESTS, kind=Kind.NAME, **IDENTIFYING),
            Field("taken_in_by_audit_id", REQUESTS),
            Field("state", REQUESTS),
            Field("identity", REQUESTS),
            Field("doubt", REQUESTS, **IDENTIFYING),
            Field("identity_on", REQUESTS),
            Field("identity_by_audit_id", REQUESTS),
            Field("handler_audit_id", REQUESTS),
            Field("due_on", REQUESTS),
            Field("extended_to", REQUESTS),
            Field("extension_reason", REQUESTS),
            Field("extension_told_on", REQUESTS),
            Field("last_day", REQUESTS),
            NotPersonal("reminders", Reason.PROCESS),
            Field("decision", REQUESTS),
            Field("grounds", REQUESTS),
            Field("law", REQUESTS),
            Field("explanation", REQUESTS, **IDENTIFYING),
            Field("decided_on", REQUESTS),
            Field("decided_by_audit_id", REQUESTS),
            Field("execute_by", REQUESTS),
            Field("execution", REQUESTS),
            Field("executed_on", REQUESTS),
            Field("letter", REQUESTS, **IDENTIFYING),
            Field("letter_sent_on", REQUESTS),
            Field("letter_sent_how", REQUESTS),
            Field("closed_on", REQUESTS),
            NotPersonal("version", Reason.VERSION),
        ),
        pseudonyms=(
            *("subject_audit_id", "taken_in_by_audit_id", "identity_by_audit_id"),
            *("handler_audit_id", "decided_by_audit_id"),
        ),
    ),
    Model(
        "privacy.RequestTask",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("request", Reason.LINK),
            Field("kind", REQUESTS),
            Field("what", REQUESTS),
            Field("last_on", REQUESTS),
            Field("paper", REQUESTS),
            Field("outcome", REQUESTS),
            Field("how", REQUESTS),
            Field("note", REQUESTS, **IDENTIFYING),
            Field("done_on", REQUESTS),
            Field("done_by_audit_id", REQUESTS),
        ),
        pseudonyms=("request__subject_audit_id", "done_by_audit_id"),
    ),
    Model(
        "privacy.Representation",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("subject_audit_id", REQUESTS),
            Field("subject_name", REQUESTS, kind=Kind.NAME, **IDENTIFYING),
            Field("name", REQUESTS, kind=Kind.NAME, **IDENTIFYING),
            Field("contact", REQUESTS, **IDENTIFYING),
            Field("kind", REQUESTS),
            Field("scope", REQUESTS),
            Field("starts_on", REQUESTS),
            Field("ends_on", REQUESTS),
            Field("document", REQUESTS),
            Field("seen_on", REQUESTS),
            Field("seen_by_audit_id", REQUESTS),
            NotPersonal("version", Reason.VERSION),
        ),
        pseudonyms=("subject_audit_id", "seen_by_audit_id"),
    ),
    Model(
        "privacy.PaperDossier",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("subject_audit_id", REQUESTS),
            Field("name", REQUESTS, kind=Kind.NAME, **IDENTIFYING),
            Field("place", REQUESTS),
            Field("cabinet", REQUESTS),
            Field("since", REQUESTS),
            Field("destroyed_on", REQUESTS),
            Field("destroyed_by_audit_id", REQUESTS),
        ),
        pseudonyms=("subject_audit_id", "destroyed_by_audit_id"),
    ),
)

RETENTION = (
    Model(
        "privacy.RetentionNotice",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("student", Reason.LINK),
            Field("due_on", REQUESTS, **WITH_THE_FILE),
            Field("told_on", REQUESTS, **WITH_THE_FILE),
            Field("mailed", REQUESTS, **WITH_THE_FILE),
            Field("hours_wanted_on", REQUESTS, **WITH_THE_FILE),
        ),
        owners=("student",),
    ),
)

COPY = {"retention": EXPORT_PERIOD}
EXPORTS = (
    Model(
        "privacy.PersonExport",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("subject_audit_id", REQUESTS, **COPY),
            Field("kind", REQUESTS, **COPY),
            NotPersonal("requested_by", Reason.LINK),
            Field("requested_at", REQUESTS, **COPY),
            NotPersonal("job", Reason.LINK),
            NotPersonal("file", Reason.LINK),
            Field("made_at", REQUESTS, **COPY),
            NotPersonal("catalogue", Reason.SOFTWARE),
            Field("handed_over_at", REQUESTS, **COPY),
            NotPersonal("handed_over_by", Reason.LINK),
            Field("seen", REQUESTS, **COPY),
        ),
        actors=("requested_by", "handed_over_by"),
        pseudonyms=("subject_audit_id",),
    ),
)

INCIDENTS = (
    Model(
        "privacy.Incident",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("number", Reason.ROW_ID),
            Field("kind", REQUESTS),
            Field("discovered_at", REQUESTS),
            Field("description", REQUESTS, sensitivity=Sensitivity.IDENTIFIER),
            Field("reported_at", REQUESTS),
            Field("reported_by_audit_id", REQUESTS),
            Field("categories", REQUESTS),
            Field("measures", REQUESTS, sensitivity=Sensitivity.IDENTIFIER),
            Field("risk", REQUESTS),
            Field("reason", REQUESTS, sensitivity=Sensitivity.IDENTIFIER),
            Field("authority_told_at", REQUESTS),
            Field("authority_reference", REQUESTS),
            Field("people_told_on", REQUESTS),
            Field("closed_at", REQUESTS),
            NotPersonal("version", Reason.VERSION),
        ),
        pseudonyms=("reported_by_audit_id",),
    ),
    Model(
        "privacy.IncidentPerson",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("incident", Reason.LINK),
            Field("audit_id", REQUESTS, audited=False),
            Field("source", REQUESTS, audited=False),
        ),
        pseudonyms=("audit_id",),
    ),
)


MODELS: tuple[Model, ...] = (*ERASURES, *RESTRICTIONS, *REQUEST_MODELS, *EXPORTS, *INCIDENTS, *RETENTION)

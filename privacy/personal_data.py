"""Declarations of privacy: every column, personal or not. Each subject has its own tuple."""

from kvs.catalogue import Field, Model, NotPersonal
from kvs.categories import ACCOUNT, EXEMPTION, INVOICES, REQUESTS
from kvs.terms import Kind, Reason, Sensitivity
from kvs.vocabulary import BREACH_PERIOD, EXPORT_PERIOD, PAPER_PERIOD, REQUEST_PERIOD, STUDENT_FILE

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
            Field("identity", EXEMPTION),
            Field("identity_index", EXEMPTION, index_of="identity", index_purpose="privacy.exemption"),
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
            NotPersonal("request", Reason.LINK),
            Field("outcome", REQUESTS, **WITH_THE_FILE),
            Field("decided_at", REQUESTS, **WITH_THE_FILE),
            NotPersonal("decided_by", Reason.LINK),
            Field("withdrawn_at", REQUESTS, **WITH_THE_FILE),
        ),
        owners=("student",),
        actors=("made_by", "decided_by"),
    ),
)
ON_PAPER = {"retention": PAPER_PERIOD}
IDENTIFYING = {"sensitivity": Sensitivity.IDENTIFIER}  # names, addresses and what people wrote: sealed
REQUEST_MODELS = (
    Model(
        "privacy.RequestSetting",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("answer_days", Reason.SETTING),
            NotPersonal("extension_days", Reason.SETTING),
            NotPersonal("execute_days", Reason.SETTING),
            NotPersonal("confirm_days", Reason.SETTING),
            NotPersonal("complaint_days", Reason.SETTING),
            NotPersonal("complaint_extension_days", Reason.SETTING),
            NotPersonal("disputes_committee", Reason.SETTING),
            NotPersonal("systems", Reason.SETTING),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "privacy.PolicyStatement",
        (
            NotPersonal("key", Reason.LAW),
            NotPersonal("said", Reason.SETTING),
            NotPersonal("number", Reason.SETTING),
            NotPersonal("unit", Reason.SETTING),
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
            Field("end_reason", REQUESTS),
            Field("ended_by_audit_id", REQUESTS),
            Field("document", REQUESTS),
            Field("seen_on", REQUESTS),
            Field("seen_by_audit_id", REQUESTS),
            NotPersonal("version", Reason.VERSION),
        ),
        pseudonyms=("subject_audit_id", "ended_by_audit_id", "seen_by_audit_id"),
    ),
    Model(
        "privacy.PaperDossier",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("subject_audit_id", REQUESTS, **ON_PAPER),
            Field("name", REQUESTS, kind=Kind.NAME, **IDENTIFYING, **ON_PAPER),
            Field("place", REQUESTS, **ON_PAPER),
            Field("cabinet", REQUESTS, **ON_PAPER),
            Field("since", REQUESTS, **ON_PAPER),
            Field("destroyed_on", REQUESTS, **ON_PAPER),
            Field("destroyed_by_audit_id", REQUESTS, **ON_PAPER),
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

WITHHELD = (
    Model(
        "privacy.WithheldTask",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("month", Reason.PROCESS),
            NotPersonal("number", Reason.AGGREGATE),
            NotPersonal("last_on", Reason.PROCESS),
            NotPersonal("outcome", Reason.PROCESS),
            NotPersonal("done_on", Reason.PROCESS),
            NotPersonal("done_by", Reason.LINK),
        ),
        actors=("done_by",),
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

BREACH = {"retention": BREACH_PERIOD}
INCIDENTS = (
    Model(
        "privacy.Incident",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("number", Reason.ROW_ID),
            Field("kind", REQUESTS, **BREACH),
            Field("discovered_at", REQUESTS, **BREACH),
            Field("description", REQUESTS, sensitivity=Sensitivity.IDENTIFIER, **BREACH),
            Field("reported_at", REQUESTS, **BREACH),
            Field("reported_by_audit_id", REQUESTS, **BREACH),
            Field("categories", REQUESTS, **BREACH),
            Field("measures", REQUESTS, sensitivity=Sensitivity.IDENTIFIER, **BREACH),
            Field("risk", REQUESTS, **BREACH),
            Field("reason", REQUESTS, sensitivity=Sensitivity.IDENTIFIER, **BREACH),
            Field("authority_told_at", REQUESTS, **BREACH),
            Field("authority_reference", REQUESTS, **BREACH),
            Field("people_told_on", REQUESTS, **BREACH),
            Field("closed_at", REQUESTS, **BREACH),
            NotPersonal("version", Reason.VERSION),
        ),
        pseudonyms=("reported_by_audit_id",),
    ),
    Model(
        "privacy.IncidentPerson",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("incident", Reason.LINK),
            Field("audit_id", REQUESTS, audited=False, **BREACH),
            Field("source", REQUESTS, audited=False, **BREACH),
        ),
        pseudonyms=("audit_id",),
    ),
)

COMPLAINTS = (
    Model(
        "privacy.Complaint",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("about", REQUESTS),
            Field("channel", REQUESTS),
            Field("received_on", REQUESTS),
            Field("person_kind", REQUESTS),
            Field("subject_audit_id", REQUESTS),
            Field("name", REQUESTS, kind=Kind.NAME, **IDENTIFYING),
            Field("contact", REQUESTS, **IDENTIFYING),
            Field("words", REQUESTS, **IDENTIFYING),
            NotPersonal("representation", Reason.LINK),
            Field("asked_by", REQUESTS, kind=Kind.NAME, **IDENTIFYING),
            Field("taken_in_by_audit_id", REQUESTS),
            Field("accused_audit_id", REQUESTS),
            Field("accused", REQUESTS, kind=Kind.NAME, **IDENTIFYING),
            NotPersonal("request", Reason.LINK),
            Field("request_handler_audit_id", REQUESTS),
            Field("state", REQUESTS),
            Field("handler_audit_id", REQUESTS),
            Field("assigned_by_audit_id", REQUESTS),
            Field("assigned_on", REQUESTS),
            Field("confirm_by", REQUESTS),
            Field("confirmed_on", REQUESTS),
            Field("due_on", REQUESTS),
            Field("extended_to", REQUESTS),
            Field("extension_reason", REQUESTS),
            Field("extension_told_on", REQUESTS),
            Field("last_day", REQUESTS),
            NotPersonal("reminders", Reason.PROCESS),
            Field("decision", REQUESTS),
            Field("reasons", REQUESTS, **IDENTIFYING),
            Field("measures", REQUESTS, **IDENTIFYING),
            Field("decided_on", REQUESTS),
            Field("letter", REQUESTS, **IDENTIFYING),
            Field("letter_sent_on", REQUESTS),
            Field("letter_sent_how", REQUESTS),
            Field("closed_on", REQUESTS),
            NotPersonal("version", Reason.VERSION),
        ),
        pseudonyms=(
            *("subject_audit_id", "taken_in_by_audit_id", "accused_audit_id"),
            *("request_handler_audit_id", "handler_audit_id", "assigned_by_audit_id"),
        ),
    ),
    Model(
        "privacy.YearCount",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("year", Reason.AGGREGATE),
            NotPersonal("what", Reason.AGGREGATE),
            NotPersonal("kind", Reason.AGGREGATE),
            NotPersonal("outcome", Reason.AGGREGATE),
            NotPersonal("number", Reason.AGGREGATE),
        ),
    ),
)

ANNOUNCEMENTS = (
    Model(
        "privacy.RegisterVersion",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("number", Reason.ORGANISATION),
            NotPersonal("published_at", Reason.ORGANISATION),
            NotPersonal("rows", Reason.SOFTWARE),
            NotPersonal("sha256", Reason.SOFTWARE),
            NotPersonal("is_important", Reason.ORGANISATION),
            NotPersonal("summary", Reason.ORGANISATION),
        ),
    ),
    Model(
        "privacy.Announcement",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("policy", Reason.LINK),
            NotPersonal("register", Reason.LINK),
            NotPersonal("made_at", Reason.ORGANISATION),
            NotPersonal("job", Reason.LINK),
        ),
    ),
    Model(
        "privacy.PolicyNotice",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("announcement", Reason.LINK),
            NotPersonal("student", Reason.LINK),
            NotPersonal("user", Reason.LINK),
            Field("mailed_at", REQUESTS, **WITH_THE_FILE),
            Field("refused", REQUESTS, **WITH_THE_FILE),
            Field("letter_on", REQUESTS, **WITH_THE_FILE),
            Field("read_at", REQUESTS, **WITH_THE_FILE),
        ),
        owners=("student", "user"),
    ),
)


BOOKS_ONLY = {"readable_by": frozenset({"finance"})}
SEALED = {**BOOKS_ONLY, "sensitivity": Sensitivity.IDENTIFIER}
FINANCE = (
    Model(
        "privacy.FinancialRecord",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("series", Reason.SOFTWARE),
            NotPersonal("location", Reason.LINK),
            Field("kind", INVOICES, **BOOKS_ONLY),
            Field("number", INVOICES, **SEALED),
            Field("number_index", INVOICES, index_of="number", **BOOKS_ONLY),
            Field("issued_on", INVOICES, **BOOKS_ONLY),
            Field("amount_cents", INVOICES, **BOOKS_ONLY),
            Field("minutes", INVOICES, **BOOKS_ONLY),
            Field("law", INVOICES, **BOOKS_ONLY),
            Field("route", INVOICES, **BOOKS_ONLY),
            Field("on_loan", INVOICES, **BOOKS_ONLY),
            Field("name", INVOICES, kind=Kind.NAME, **SEALED),
            Field("address", INVOICES, **SEALED),
            Field("born_on", INVOICES, **SEALED),
            Field("bsn", INVOICES, kind=Kind.BSN, **SEALED),
            Field("payer", INVOICES, **SEALED),
            Field("payer_index", INVOICES, index_of="payer", **BOOKS_ONLY),
            Field("payer_called", INVOICES, **SEALED),
            Field("payer_called_index", INVOICES, index_of="payer_called", index_purpose="payer", **BOOKS_ONLY),
            Field("recorded_on", INVOICES, **BOOKS_ONLY),
            Field("kept_until", INVOICES, **BOOKS_ONLY),
        ),
        pseudonyms=("link__student__audit_id",),  # as long as there is a file; then it is about nobody we know
    ),
    Model(
        "privacy.StudentInvoice",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("student", Reason.LINK),
            NotPersonal("record", Reason.LINK),
            Field("recorded_on", INVOICES, retention=STUDENT_FILE, **BOOKS_ONLY),
            NotPersonal("recorded_by", Reason.LINK),
        ),
        owners=("student",),
        actors=("recorded_by",),
    ),
)

# What was reviewed and signed, as long as the school has to be able to show it (AVG 5(2)).
SHOWN = {"retention": REQUEST_PERIOD}
REVIEWS = (
    Model(
        "privacy.AccessReview",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("state", Reason.PROCESS),
            Field("started_at", ACCOUNT, **SHOWN),
            Field("started_by_audit_id", ACCOUNT, **SHOWN),
            Field("signed_at", ACCOUNT, **SHOWN),
            Field("signed_by_audit_id", ACCOUNT, **SHOWN),
        ),
        pseudonyms=("started_by_audit_id", "signed_by_audit_id"),
    ),
    Model(
        "privacy.AccessReviewLine",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("review", Reason.LINK),
            Field("account_audit_id", ACCOUNT, **SHOWN),
            Field("kind", ACCOUNT, **SHOWN),
            Field("object_pk", ACCOUNT, **SHOWN),
            Field("role", ACCOUNT, **SHOWN),
            Field("place", ACCOUNT, **SHOWN),
            Field("starts_on", ACCOUNT, **SHOWN),
            Field("ends_on", ACCOUNT, **SHOWN),
            Field("last_sign_in_on", ACCOUNT, **SHOWN),
            Field("stated_until", ACCOUNT, **SHOWN),
            Field("contract_kind", ACCOUNT, **SHOWN),
            Field("contract_ends_on", ACCOUNT, **SHOWN),
            Field("decision", ACCOUNT, **SHOWN),
            Field("decided_at", ACCOUNT, **SHOWN),
            Field("decided_by_audit_id", ACCOUNT, **SHOWN),
        ),
        pseudonyms=("account_audit_id", "decided_by_audit_id"),
    ),
)

MODELS: tuple[Model, ...] = (
    *ERASURES,
    *RESTRICTIONS,
    *REQUEST_MODELS,
    *COMPLAINTS,
    *EXPORTS,
    *INCIDENTS,
    *RETENTION,
    *ANNOUNCEMENTS,
    *FINANCE,
    *WITHHELD,
    *REVIEWS,
)

"""What is limited, kept, held and erased: every column, personal or not."""

from kvs.catalogue import Field, Model, NotPersonal
from kvs.categories import EXEMPTION, INVOICES, REQUESTS
from kvs.terms import Kind, Reason, Sensitivity
from kvs.vocabulary import STUDENT_FILE

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

"""What the school answers for: breaches, announcements, reviews of access. Every column, personal or not."""

from kvs.catalogue import Field, Model, NotPersonal
from kvs.categories import ACCOUNT, REQUESTS
from kvs.terms import Reason, Sensitivity
from kvs.vocabulary import BREACH_PERIOD, REQUEST_PERIOD
from privacy.personal_data.keeping import WITH_THE_FILE

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

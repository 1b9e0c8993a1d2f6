"""Declarations of reporting: every column, personal or not."""

from django.utils.translation import gettext_lazy as _

from kvs.catalogue import Field, Model, NotPersonal
from kvs.categories import DISCLOSURES, WORK
from kvs.terms import Kind, Reason, Sensitivity

OF_ANOTHER = _("This is the name of somebody else, who asked for it at another organisation.")
LAYOUTS = (
    Model(
        "reporting.ColumnProfile",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("report", Reason.SETTING),
            NotPersonal("version", Reason.VERSION),
            NotPersonal("valid_from", Reason.SETTING),
            NotPersonal("separator", Reason.SETTING),
            NotPersonal("quoting", Reason.SETTING),
            NotPersonal("encoding", Reason.SETTING),
            NotPersonal("line_end", Reason.SETTING),
            NotPersonal("with_head", Reason.SETTING),
            NotPersonal("date_form", Reason.SETTING),
            NotPersonal("decimal_sign", Reason.SETTING),
            NotPersonal("decimals", Reason.SETTING),
            NotPersonal("rounding", Reason.SETTING),
            NotPersonal("hour_minutes", Reason.SETTING),
            NotPersonal("hours_over", Reason.SETTING),
            NotPersonal("confirmed", Reason.SETTING),
            NotPersonal("basis", Reason.SETTING),
        ),
    ),
    Model(
        "reporting.ProfileColumn",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("profile", Reason.LINK),
            NotPersonal("position", Reason.LAW),
            NotPersonal("head", Reason.LAW),
            NotPersonal("source", Reason.LAW),
            NotPersonal("codes", Reason.LAW),
            NotPersonal("required", Reason.LAW),
            NotPersonal("max_length", Reason.LAW),
            NotPersonal("confirmed", Reason.LAW),
            NotPersonal("basis", Reason.LAW),
        ),
    ),
)

FROZEN = Model(
    "reporting.FrozenCount",
    (
        NotPersonal("id", Reason.ROW_ID),
        NotPersonal("year", Reason.AGGREGATE),
        NotPersonal("location", Reason.LINK),
        NotPersonal("law", Reason.AGGREGATE),
        NotPersonal("route", Reason.AGGREGATE),
        NotPersonal("programmes", Reason.AGGREGATE),
        NotPersonal("started", Reason.AGGREGATE),
        NotPersonal("ended", Reason.AGGREGATE),
        NotPersonal("passed", Reason.AGGREGATE),
        NotPersonal("minutes", Reason.AGGREGATE),
    ),
)

MODELS = (
    *LAYOUTS,
    FROZEN,
    Model(
        "reporting.ReportRun",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("report", WORK),
            Field("parameters", WORK),
            NotPersonal("client", Reason.LINK),
            Field("locations", WORK),
            NotPersonal("profile", Reason.LINK),
            NotPersonal("blocks", Reason.PROCESS),
            NotPersonal("job", Reason.LINK),
            NotPersonal("requested_by", Reason.LINK),
            Field("requested_at", WORK),
            NotPersonal("version", Reason.VERSION),
            NotPersonal("made_at", Reason.PROCESS),
        ),
        actors=("requested_by",),
    ),
    Model(
        "reporting.ReportFile",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("run", Reason.LINK),
            NotPersonal("format", Reason.PROCESS),
            NotPersonal("table", Reason.PROCESS),
            NotPersonal("name", Reason.PROCESS),
            NotPersonal("file", Reason.LINK),
        ),
    ),
    Model(
        "reporting.Disclosure",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("report", DISCLOSURES),
            Field("parameters", DISCLOSURES),
            NotPersonal("version", Reason.VERSION),
            Field("reference", DISCLOSURES),
            Field("recipient", DISCLOSURES),
            NotPersonal("client", Reason.LINK),
            Field("locations", DISCLOSURES),
            Field("organisation", DISCLOSURES),
            Field("name", DISCLOSURES),
            Field("categories", DISCLOSURES),
            Field("purpose", DISCLOSURES),
            Field("law", DISCLOSURES),
            Field("consent_on", DISCLOSURES),
            Field("format", DISCLOSURES),
            Field("sha256", DISCLOSURES),
            Field("channel", DISCLOSURES),
            Field("despite", DISCLOSURES),
            Field("at", DISCLOSURES),
            NotPersonal("by", Reason.LINK),
            Field("withdrawn_at", DISCLOSURES),
            NotPersonal("withdrawn_by", Reason.LINK),
            Field("withdrawn_reason", DISCLOSURES),
        ),
        actors=("by", "withdrawn_by"),
        pseudonyms=("people__audit_id",),
    ),
    Model(
        "reporting.GivenByHand",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("disclosure", Reason.LINK),
            NotPersonal("student", Reason.LINK),
            Field("asked_by", DISCLOSURES, kind=Kind.NAME, sensitivity=Sensitivity.IDENTIFIER, withhold=OF_ANOTHER),
            Field("identity", DISCLOSURES),
            Field("note", DISCLOSURES, sensitivity=Sensitivity.IDENTIFIER),
        ),
        owners=("student",),
    ),
    Model(
        "reporting.DisclosedPerson",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("disclosure", Reason.LINK),
            Field("audit_id", DISCLOSURES, audited=False),  # the disclosure itself is the line
        ),
        pseudonyms=("audit_id",),
    ),
)

"""Declarations of students: every column, personal or not."""

from kvs.catalogue import Field, Model, NotPersonal
from kvs.categories import (
    ACCOUNT,
    BACKGROUND,
    BSN,
    CONSENTS,
    CONTACT,
    CONTACT_PERSON,
    EXEMPTION,
    FILES,
    IDENTITY,
    PROGRAMME,
    RESIDENCE,
    WORK,
)
from kvs.terms import Kind, Reason, Rectify, Sensitivity, Source
from kvs.vocabulary import (
    CLIENT_REPORTS,
    MUNICIPALITY,
    RIGHTS,
    STUDENT_FILE,
    SURVEY,
    SURVEYOR,
    TEACHING_PURPOSE,
    WHILE_NEEDED,
)

# The survey agency calls or mails; which of the two depends on the kind of programme (Blik op Werk, "tevredenheidsonderzoek
# (TVO) Panteia"). So these few columns serve the survey, and no other of their category.
NAME_TO_SURVEYOR = {"purposes": (*IDENTITY.purposes, SURVEY)}
TO_SURVEYOR = {"purposes": (*PROGRAMME.purposes, SURVEY), "recipients": (*PROGRAMME.recipients, SURVEYOR)}

DECIDED = {"purposes": (RIGHTS,), "recipients": (), "rectify": Rectify.REQUEST, "portable": False}

CLIENTS = (
    Model(
        "students.Client",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("name", Reason.ORGANISATION),
            NotPersonal("kind", Reason.ORGANISATION),
            NotPersonal("municipality_code", Reason.ORGANISATION),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "students.CaseManager",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("audit_id", Reason.ROW_ID),
            NotPersonal("client", Reason.LINK),
            Field("call_name", CONTACT_PERSON, kind=Kind.NAME),
            Field("infix", CONTACT_PERSON, kind=Kind.NAME),
            Field("surname", CONTACT_PERSON, kind=Kind.NAME),
            Field("email", CONTACT_PERSON),
            Field("phone", CONTACT_PERSON, kind=Kind.PHONE),
            Field("starts_on", CONTACT_PERSON),
            Field("ends_on", CONTACT_PERSON),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("self",),
    ),
)

# A source row is itself the record of a change, beside the audited change of the student.
PEOPLE = (
    Model(
        "students.Student",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("audit_id", Reason.ROW_ID),
            NotPersonal("user", Reason.LINK),
            Field("number", PROGRAMME, **TO_SURVEYOR),
            Field("given_names", IDENTITY, kind=Kind.NAME, **NAME_TO_SURVEYOR),
            Field("call_name", IDENTITY, kind=Kind.NAME, rectify=Rectify.DIRECT, **NAME_TO_SURVEYOR),
            Field("infix", IDENTITY, kind=Kind.NAME, **NAME_TO_SURVEYOR),
            Field("surname", IDENTITY, kind=Kind.NAME, **NAME_TO_SURVEYOR),
            Field("sort_key", IDENTITY, kind=Kind.NAME, rectify=Rectify.REQUEST, portable=False),
            Field("search_text", IDENTITY, kind=Kind.NAME, rectify=Rectify.REQUEST, portable=False),
            Field("gender", IDENTITY),
            Field("birth_year", IDENTITY),
            Field("birth_month", IDENTITY),
            Field("birth_day", IDENTITY),
            Field("birth_place", IDENTITY),
            Field("birth_country", IDENTITY),
            Field("nationality", IDENTITY),
            Field("arrived_on", BACKGROUND),
            Field("residence_permit", RESIDENCE),
            Field("residence_permit_until", RESIDENCE, sensitivity=Sensitivity.SENSITIVE, kind=Kind.TEXT),
            Field("street", CONTACT),
            Field("house_number", CONTACT),
            Field("postcode", CONTACT, kind=Kind.POSTCODE),
            Field("city", CONTACT),
            Field("phone", CONTACT, kind=Kind.PHONE),
            Field("email", CONTACT),
            Field("contact_language", CONTACT),
            Field("no_survey", CONTACT, purposes=(SURVEY,), recipients=()),
            Field("restricted", PROGRAMME, **DECIDED),
            Field("objections", PROGRAMME, **DECIDED),
            Field("other_languages", BACKGROUND, rectify=Rectify.DIRECT),
            Field("education_level", BACKGROUND, rectify=Rectify.DIRECT),
            Field("school_years", BACKGROUND, rectify=Rectify.DIRECT),
            Field("work_experience", BACKGROUND, rectify=Rectify.DIRECT),
            Field("availability", BACKGROUND, rectify=Rectify.DIRECT),
            Field("intake_location", PROGRAMME),
            Field("registered_on", PROGRAMME),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("self",),
        actors=("user",),  # the account: the file stays when it goes
    ),
    Model(
        "students.FieldSource",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("student", Reason.LINK),
            Field("group", IDENTITY, rectify=Rectify.REQUEST, portable=False, audited=False),
            Field("source", IDENTITY, rectify=Rectify.REQUEST, portable=False, audited=False),
            Field("organisation", IDENTITY, rectify=Rectify.REQUEST, portable=False, audited=False),
            Field("on", IDENTITY, rectify=Rectify.REQUEST, portable=False, audited=False),
            Field("rectified", IDENTITY, rectify=Rectify.REQUEST, portable=False, audited=False),
        ),
        owners=("student",),
    ),
)

# Which hours the law asks of somebody depends on these (Besluit inburgering 2021, art. 3.14; domain/duo.md 4.1 and 4.2), so
# they rest on the course contract and go to the municipality that made the PIP; not to Blik op Werk, not to a teacher.
FOR_HOURS = {
    "purposes": (TEACHING_PURPOSE, CLIENT_REPORTS),
    "recipients": (MUNICIPALITY,),
    "readable_by": frozenset({"administration", "coordinator", "finance", "management", "privacy_officer"}),
}
PROGRAMMES = (
    Model(
        "students.Programme",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("student", Reason.LINK),
            Field("law", PROGRAMME),
            Field("route", PROGRAMME, **TO_SURVEYOR),
            Field("target_level", PROGRAMME),
            Field("is_elip", PROGRAMME),
            Field("has_duo_loan", PROGRAMME),
            Field("bsn", BSN),
            Field("bsn_index", BSN, index_of="bsn"),
            Field("bsn_basis", PROGRAMME),
            Field("pip_on", PROGRAMME),
            Field("term_ends_on", PROGRAMME),
            Field("status_holder", PROGRAMME, **FOR_HOURS),
            Field("status_source", PROGRAMME, **FOR_HOURS),
            Field("pip_language_hours", PROGRAMME, **FOR_HOURS),
            Field("pip_knm_hours", PROGRAMME, **FOR_HOURS),
            Field("pip_participation_hours", PROGRAMME, **FOR_HOURS),
            Field("pip_week_hours", PROGRAMME, **FOR_HOURS),
            Field("starts_on", PROGRAMME),
            Field("ends_on", PROGRAMME),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("student",),
    ),
    Model(
        "students.Contract",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("programme", Reason.LINK),
            Field("client", PROGRAMME),
            NotPersonal("case_manager", Reason.LINK),
            Field("course", PROGRAMME, **TO_SURVEYOR),
            Field("hours", PROGRAMME),
            Field("reference", PROGRAMME),
            Field("starts_on", PROGRAMME),
            Field("ends_on", PROGRAMME),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("programme__student",),
        actors=("case_manager",),
    ),
)

# Lives and dies with the file; at the end the privacy module copies it out (decisions.md 41).
IN_FILE = {"retention": STUDENT_FILE, "readable_by": frozenset({"administration", "privacy_officer"})}
EXEMPTIONS = (
    Model(
        "students.Exemption",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("programme", Reason.LINK),
            Field("kind", EXEMPTION, **IN_FILE),
            Field("body", EXEMPTION, **IN_FILE),
            Field("decided_on", EXEMPTION, **IN_FILE),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("programme__student",),
    ),
)

GROUPS = (
    Model(
        "students.Group",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("name", Reason.OFFER),
            NotPersonal("location", Reason.LINK),
            NotPersonal("kind", Reason.OFFER),
            NotPersonal("capacity", Reason.OFFER),
            NotPersonal("starts_on", Reason.OFFER),
            NotPersonal("ends_on", Reason.OFFER),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "students.TeachingAssignment",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("teacher", Reason.LINK),
            NotPersonal("group", Reason.LINK),
            Field("starts_on", ACCOUNT),
            Field("ends_on", ACCOUNT),
        ),
        owners=("teacher",),
    ),
    Model(
        "students.Enrolment",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("programme", Reason.LINK),
            Field("group", PROGRAMME),
            Field("starts_on", PROGRAMME),
            Field("ends_on", PROGRAMME),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("programme__student",),
    ),
    Model(
        "students.GroupAccess",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("user", Reason.LINK),
            NotPersonal("permission", Reason.LINK),
            NotPersonal("content_object", Reason.LINK),
            Field("starts_on", ACCOUNT),
            Field("ends_on", ACCOUNT),
            NotPersonal("granted_by", Reason.LINK),
            Field("reason", ACCOUNT),
        ),
        owners=("user",),
        actors=("granted_by",),
    ),
)

ASKED = {"rectify": Rectify.REQUEST, "portable": False}  # what happened to a question is not itself corrected
CORRECTIONS = (
    Model(
        "students.CorrectionProposal",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("student", Reason.LINK),
            NotPersonal("programme", Reason.LINK),
            Field("field", IDENTITY, **ASKED),
            # Whatever it is about, possibly a document number: sealed, and gone with the decision.
            Field("value", IDENTITY, sensitivity=Sensitivity.IDENTIFIER, retention=WHILE_NEEDED, emptied_early=True, **ASKED),
            Field("made_at", IDENTITY, **ASKED),
            Field("decided_at", IDENTITY, **ASKED),
            NotPersonal("decided_by", Reason.LINK),
            Field("outcome", IDENTITY, **ASKED),
            Field("reason", IDENTITY, **ASKED),
        ),
        owners=("student",),
        actors=("decided_by",),
    ),
)

DESK = {"readable_by": frozenset({"administration"})}  # whoever imports also informs
SEALED_FOR_NOW = {"sensitivity": Sensitivity.IDENTIFIER, "emptied_early": True}
IMPORTS = (
    Model(
        "students.ImportRun",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("state", WORK),
            NotPersonal("refusal", Reason.PROCESS),
            Field("file_name", FILES, sensitivity=Sensitivity.IDENTIFIER),  # may name a person
            NotPersonal("upload", Reason.LINK),
            NotPersonal("findings", Reason.LINK),
            NotPersonal("workbook", Reason.LINK),
            NotPersonal("location", Reason.LINK),
            NotPersonal("client", Reason.LINK),
            NotPersonal("sheet", Reason.PROCESS),
            NotPersonal("mapping", Reason.PROCESS),
            NotPersonal("law", Reason.PROCESS),  # of a file, not of a person: what a person has stands at the programme
            Field("choices", FILES, **SEALED_FOR_NOW),
            NotPersonal("job", Reason.LINK),
            NotPersonal("started_by", Reason.LINK),
            Field("started_at", WORK),
            NotPersonal("finished_at", Reason.PROCESS),
            NotPersonal("version", Reason.VERSION),
        ),
        actors=("started_by",),
    ),
    Model(
        "students.ImportRow",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("run", Reason.LINK),
            Field("number", IDENTITY, audited=False, **DESK, **ASKED),
            Field("outcome", IDENTITY, audited=False, **DESK, **ASKED),
            Field("problems", IDENTITY, audited=False, **DESK, **ASKED),
            Field("number_left_out", PROGRAMME, audited=False, **DESK, **ASKED),
            Field("key", IDENTITY, audited=False, **DESK, **ASKED),
            NotPersonal("student", Reason.LINK),
            NotPersonal("programme", Reason.LINK),
            NotPersonal("contract", Reason.LINK),
            NotPersonal("enrolment", Reason.LINK),
            NotPersonal("version_after", Reason.VERSION),
            Field("before", IDENTITY, audited=False, retention=WHILE_NEEDED, **SEALED_FOR_NOW, **ASKED),
        ),
        owners=("student",),
    ),
    Model(
        "students.ImportLayout",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("key", Reason.ROW_ID),
            NotPersonal("mapping", Reason.SETTING),
            NotPersonal("used_at", Reason.VERSION),
        ),
    ),
    Model(
        "students.InformTask",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("student", Reason.LINK),
            NotPersonal("run", Reason.LINK),
            Field("organisation", IDENTITY, **DESK, **ASKED),
            Field("due_on", IDENTITY, **DESK, **ASKED),
            Field("done_at", IDENTITY, **DESK, **ASKED),
            NotPersonal("done_by", Reason.LINK),
            Field("how", IDENTITY, **DESK, **ASKED),
        ),
        owners=("student",),
        actors=("done_by",),
    ),
)

SAID = {"audited": False}  # the events are the record of who said what when: they only grow
# A signature, and what else stands on the paper: for the two who have to show it.
SIGNED = {"sensitivity": Sensitivity.IDENTIFIER, "readable_by": frozenset({"administration", "privacy_officer"})}
CONSENT = (
    Model(
        "students.ConsentText",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("purpose", Reason.SETTING),
            NotPersonal("version", Reason.VERSION),
            NotPersonal("text", Reason.SETTING),
            NotPersonal("important", Reason.SETTING),
            NotPersonal("starts_on", Reason.SETTING),
        ),
    ),
    Model(
        "students.Consent",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("student", Reason.LINK),
            Field("purpose", CONSENTS),
            Field("client", CONSENTS),
            Field("state", CONSENTS),
            Field("since", CONSENTS),
            NotPersonal("text_version", Reason.VERSION),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("student",),
    ),
    Model(
        "students.ConsentEvent",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("consent", Reason.LINK),
            Field("act", CONSENTS, **SAID),
            Field("text_version", CONSENTS, **SAID),
            Field("language", CONSENTS, **SAID),
            Field("on", CONSENTS, **SAID),
            Field("at", CONSENTS, **SAID),
            Field("way", CONSENTS, **SAID),
            Field("said_by", CONSENTS, **SAID),
            Field("representation", CONSENTS, **SAID),
            Field("place", CONSENTS, sensitivity=Sensitivity.IDENTIFIER, **SAID),
            Field("by_audit_id", CONSENTS, **SAID),
        ),
        owners=("consent__student",),
    ),
    Model(
        "students.ConsentScan",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("event", Reason.LINK),
            Field("file", CONSENTS, sealed_by="kvs.files.store_file", **SIGNED),
            NotPersonal("added_by", Reason.LINK),
            Field("added_at", CONSENTS),
        ),
        owners=("event__consent__student",),
        actors=("added_by",),
    ),
)

# Whom the school told what: part of the file, for whoever works with programmes; it goes to nobody outside.
GIVEN = {
    "recipients": (),
    "purposes": (RIGHTS,),
    "sources": (Source.SCHOOL,),
    "readable_by": frozenset({"administration", "coordinator", "finance", "management", "privacy_officer"}),
    **ASKED,
}
HAND_OUTS = (
    Model(
        "students.HandOut",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("programme", Reason.LINK),
            Field("kind", PROGRAMME, **GIVEN),
            NotPersonal("policy", Reason.LINK),
            Field("handed_on", PROGRAMME, **GIVEN),
            Field("how", PROGRAMME, **GIVEN),
            NotPersonal("by", Reason.LINK),
        ),
        owners=("programme__student",),
        actors=("by",),
    ),
)

MODELS = (
    *CLIENTS,
    *PEOPLE,
    *PROGRAMMES,
    *EXEMPTIONS,
    *GROUPS,
    *CORRECTIONS,
    *IMPORTS,
    *CONSENT,
    *HAND_OUTS,
)

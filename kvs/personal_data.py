"""Declarations of the ground floor: accounts, vault, the models of libraries, and the stores that are no table."""

from django.utils.translation import gettext_lazy as _

from kvs.catalogue import Field, Model, NotPersonal, Store
from kvs.categories import ACCOUNT, DRAFT, ERASED, FILES, SECRET, SESSION, STATEMENT, TRACES, WORK
from kvs.terms import Kind, Period, Reason, Rectify, Sensitivity
from kvs.vocabulary import ACCOUNT_PERIOD, SESSION_PERIOD

SEALED_SECRET = _("Sealed proof that this browser is yours; it says nothing about you.")
COLLEAGUE = _("You see in which role someone looked; the name is private to that employee.")  # CJEU C-579/21

ACCOUNTS = (
    Model(
        "kvs.Organisation",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("name", Reason.ORGANISATION),
            NotPersonal("is_demo", Reason.SETTING),
            NotPersonal("bow_number", Reason.ORGANISATION),
            NotPersonal("measuring_year_month", Reason.ORGANISATION),
            NotPersonal("handbook_edition", Reason.ORGANISATION),
            NotPersonal("upload_kept_days", Reason.SETTING),
            NotPersonal("street", Reason.ORGANISATION),
            NotPersonal("postcode", Reason.ORGANISATION),
            NotPersonal("city", Reason.ORGANISATION),
            NotPersonal("email", Reason.ORGANISATION),
            NotPersonal("phone", Reason.ORGANISATION),
            NotPersonal("kvk_number", Reason.ORGANISATION),
            NotPersonal("privacy_contact", Reason.ORGANISATION),
            NotPersonal("privacy_email", Reason.ORGANISATION),
            NotPersonal("announced_at", Reason.PROCESS),
            NotPersonal("statement_months", Reason.SETTING),
            NotPersonal("review_months", Reason.SETTING),
            NotPersonal("unused_account_days", Reason.SETTING),
            NotPersonal("board_code_minutes", Reason.SETTING),
            NotPersonal("board_code_required", Reason.SETTING),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "kvs.PolicyVersion",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("number", Reason.ORGANISATION),
            NotPersonal("effective_on", Reason.ORGANISATION),
            NotPersonal("replaces", Reason.LINK),
            NotPersonal("replaces_older", Reason.ORGANISATION),
            NotPersonal("text", Reason.ORGANISATION),
            NotPersonal("file", Reason.LINK),
            NotPersonal("sha256", Reason.SOFTWARE),
            NotPersonal("is_important", Reason.ORGANISATION),
            NotPersonal("summary", Reason.ORGANISATION),
            NotPersonal("published_at", Reason.ORGANISATION),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "kvs.RoleSetting",
        (
            NotPersonal("role", Reason.SETTING),
            NotPersonal("idle_minutes", Reason.SETTING),
            NotPersonal("absolute_minutes", Reason.SETTING),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "kvs.RetentionSetting",
        (
            NotPersonal("code", Reason.SETTING),
            NotPersonal("years", Reason.SETTING),
            NotPersonal("months", Reason.SETTING),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "kvs.Location",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("name", Reason.OFFER),
            NotPersonal("city", Reason.OFFER),
            NotPersonal("version", Reason.VERSION),
        ),
    ),
    Model(
        "kvs.User",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("audit_id", Reason.ROW_ID),
            Field("email", ACCOUNT, rectify=Rectify.DIRECT, portable=True),
            Field("student_number", ACCOUNT),
            Field("call_name", ACCOUNT, kind=Kind.NAME, rectify=Rectify.PROPOSE, portable=True),
            Field("infix", ACCOUNT, kind=Kind.NAME, rectify=Rectify.PROPOSE, portable=True),
            Field("surname", ACCOUNT, kind=Kind.NAME, rectify=Rectify.PROPOSE, portable=True),
            Field("language", ACCOUNT, rectify=Rectify.DIRECT, portable=True),
            Field("is_active", ACCOUNT),
            Field("contract_kind", ACCOUNT),
            Field("contract_ends_on", ACCOUNT),
            Field("stated_until", ACCOUNT, audited=False),  # derived; the statements themselves are in the log
            Field("password", SECRET),
            Field("pin", SECRET),
            Field("last_login", SESSION, retention=ACCOUNT_PERIOD),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("self",),
    ),
    Model(
        "kvs.Membership",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("user", Reason.LINK),
            Field("role", ACCOUNT),
            Field("location", ACCOUNT),
            Field("starts_on", ACCOUNT),
            Field("ends_on", ACCOUNT),
            NotPersonal("given_by", Reason.LINK),
        ),
        owners=("user",),
        actors=("given_by",),
    ),
    Model(
        "kvs.Qualification",
        (
            NotPersonal("user", Reason.LINK),
            *(
                Field(name, ACCOUNT)
                for name in (
                    *("register", "number", "valid_until", "training_started_on", "exemption", "exemption_reported_on"),
                    *("vog_on", "vog_screening"),
                )
            ),
            NotPersonal("version", Reason.VERSION),
        ),
        owners=("user",),
    ),
    Model(
        "kvs.WebSession",
        (
            NotPersonal("key_hash", Reason.ROW_ID),
            NotPersonal("user", Reason.LINK),
            Field("level", SESSION),
            Field("bound_to", SESSION),
            Field(
                "data",
                SESSION,
                sensitivity=Sensitivity.IDENTIFIER,
                sealed_by="kvs.sessions.SessionStore",
                withhold=SEALED_SECRET,
            ),
            Field("idle_minutes", SESSION),
            Field("started_at", SESSION),
            Field("last_seen", SESSION),
            Field("expires_at", SESSION),
            Field("remembered_until", SESSION),
            Field("trusted_until", SESSION),
        ),
        owners=("user",),
    ),
    Model(
        "kvs.Card",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("user", Reason.LINK),
            Field("token_index", SECRET),
            Field("issued_at", ACCOUNT),
            NotPersonal("issued_by", Reason.LINK),
            Field("revoked_at", ACCOUNT),
        ),
        owners=("user",),
        actors=("issued_by",),
    ),
    Model(
        "kvs.DeskCode",
        (
            NotPersonal("user", Reason.LINK),
            Field("code", SECRET),
            Field("expires_at", ACCOUNT),
            NotPersonal("issued_by", Reason.LINK),
        ),
        owners=("user",),
        actors=("issued_by",),
    ),
    Model(
        "kvs.OneTimeLink",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("user", Reason.LINK),
            Field("kind", ACCOUNT),
            Field("token_index", SECRET),
            Field("issued_at", ACCOUNT),
            NotPersonal("issued_by", Reason.LINK),
            NotPersonal("confirmed_by", Reason.LINK),
            Field("sent_at", ACCOUNT),
            Field("expires_at", ACCOUNT),
        ),
        owners=("user",),
        actors=("issued_by", "confirmed_by"),
    ),
    Model(
        "kvs.Draft",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("user", Reason.LINK),
            Field("path_hash", DRAFT, sensitivity=Sensitivity.SENSITIVE),
            Field("data", DRAFT, sealed_by="kvs.drafts.keep"),
            Field("made_at", DRAFT, sensitivity=Sensitivity.PLAIN),
        ),
        owners=("user",),
    ),
)

STATEMENTS = (
    Model(
        "kvs.StatementText",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("kind", Reason.SETTING),
            NotPersonal("number", Reason.VERSION),
            NotPersonal("text", Reason.SETTING),
            NotPersonal("important", Reason.SETTING),
            NotPersonal("made_at", Reason.VERSION),
            NotPersonal("made_by", Reason.LINK),
        ),
        actors=("made_by",),
    ),
    Model(
        "kvs.Statement",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("user", Reason.LINK),
            NotPersonal("text", Reason.LINK),
            Field("said_at", STATEMENT),
        ),
        owners=("user",),
    ),
)

VAULT = (
    Model(
        "kvs.AuditEntry",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("at", TRACES),
            Field("action", TRACES),
            Field("model", TRACES),
            Field("object_pk", TRACES),
            Field("fields", TRACES),
            Field("actor_audit_id", TRACES),
            Field("subject_audit_id", TRACES),
        ),
        pseudonyms=("actor_audit_id", "subject_audit_id"),
    ),
    Model(
        "kvs.AccessEvent",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("at", TRACES),
            Field("day", TRACES),
            Field("kind", TRACES),
            Field("viewer_audit_id", TRACES, withhold=COLLEAGUE),
            Field("viewer_role", TRACES),
            Field("subject_audit_id", TRACES),
            Field("reason", TRACES),
        ),
        pseudonyms=("viewer_audit_id", "subject_audit_id"),
    ),
    Model(
        "kvs.Job",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("kind", WORK),
            Field("arguments", WORK),
            NotPersonal("state", Reason.PROCESS),
            NotPersonal("done", Reason.PROCESS),
            NotPersonal("total", Reason.PROCESS),
            NotPersonal("doing", Reason.PROCESS),
            NotPersonal("heartbeat", Reason.PROCESS),
            NotPersonal("attempt", Reason.PROCESS),
            Field("cancel_requested", WORK),
            Field("result", WORK),
            NotPersonal("error", Reason.PROCESS),
            NotPersonal("requested_by", Reason.LINK),
            Field("requested_at", WORK),
            NotPersonal("finished_at", Reason.PROCESS),
        ),
        actors=("requested_by",),
    ),
    Model(
        "kvs.SealedFile",
        (
            NotPersonal("id", Reason.ROW_ID),
            Field("kind", FILES),
            Field("content_type", FILES),
            Field("sha256", FILES),
            Field("size", FILES),
            NotPersonal("created_by", Reason.LINK),
            Field("created_at", FILES),
            Field("expires_at", FILES),
        ),
        actors=("created_by",),
        pseudonyms=("people__audit_id",),
    ),
    Model(
        "kvs.SealedContent",
        (
            NotPersonal("file", Reason.LINK),
            Field("content", FILES, sensitivity=Sensitivity.IDENTIFIER, sealed_by="kvs.files.store_file", audited=False),
        ),
        pseudonyms=("file__people__audit_id",),
    ),
    Model(
        "kvs.SealedFilePerson",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("file", Reason.LINK),
            Field("audit_id", FILES, audited=False),
        ),
        pseudonyms=("audit_id",),
    ),
    Model(
        "kvs.KeySentinel",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("sealed", Reason.SOFTWARE),
            NotPersonal("index", Reason.SOFTWARE),
            NotPersonal("secret", Reason.SOFTWARE),
        ),
    ),
    Model(
        "kvs.LedgerEntry",
        (
            NotPersonal("seq", Reason.ROW_ID),
            Field("person", ERASED),
            Field("scope", ERASED),
            Field("done_at", ERASED),
            Field("plan_hash", ERASED),
        ),
    ),
    Model(
        "kvs.ErasedMark",
        (
            Field("mark", ERASED),
            Field("until", ERASED),
        ),
    ),
)

LIBRARIES = (
    Model(
        "auth.Permission",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("name", Reason.SOFTWARE),
            NotPersonal("content_type", Reason.LINK),
            NotPersonal("codename", Reason.SOFTWARE),
        ),
    ),
    Model(
        "auth.Group_permissions",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("group", Reason.LINK),
            NotPersonal("permission", Reason.LINK),
        ),
    ),
    Model(
        "auth.Group",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("name", Reason.SETTING),
            NotPersonal("permissions", Reason.LINK),
        ),
    ),
    Model(
        "contenttypes.ContentType",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("app_label", Reason.SOFTWARE),
            NotPersonal("model", Reason.SOFTWARE),
        ),
    ),
    Model(
        "account.EmailAddress",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("user", Reason.LINK),
            Field("email", ACCOUNT, rectify=Rectify.DIRECT),
            Field("verified", ACCOUNT),
            Field("primary", ACCOUNT),
        ),
        owners=("user",),
    ),
    Model(
        "account.EmailConfirmation",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("email_address", Reason.LINK),
            NotPersonal("created", Reason.VERSION),
            Field("sent", ACCOUNT, audited=False),
            Field("key", SECRET, audited=False),
        ),
        owners=("email_address__user",),
    ),
    Model(
        "mfa.Authenticator",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("user", Reason.LINK),
            Field("type", SECRET, withhold=""),
            Field("data", SECRET, sealed_by="kvs.factor_door.MfaAdapter"),  # and kvs.factors, for a passkey
            Field("created_at", SECRET, withhold="", audited=False),
            Field("last_used_at", SECRET, withhold="", audited=False),
        ),
        owners=("user",),
    ),
    Model(
        "guardian.UserObjectPermission",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("permission", Reason.LINK),
            NotPersonal("content_type", Reason.LINK),
            Field("object_pk", ACCOUNT),
            NotPersonal("user", Reason.LINK),
        ),
        owners=("user",),
    ),
    Model(
        "guardian.GroupObjectPermission",
        (
            NotPersonal("id", Reason.ROW_ID),
            NotPersonal("permission", Reason.LINK),
            NotPersonal("content_type", Reason.LINK),
            NotPersonal("object_pk", Reason.SETTING),
            NotPersonal("group", Reason.LINK),
        ),
    ),
)

MODELS = ACCOUNTS + STATEMENTS + VAULT + LIBRARIES

STORES = (
    Store(
        "database:default",
        _("Database"),
        _("All tables of this catalogue."),
        ("django.db.backends.postgresql",),
        gone_after=Period(),
    ),
    Store(
        "cache:default",
        _("Cache"),
        _("Counters of sign-in attempts, by network address and by hashed name, for at most a day."),
        ("django.core.cache.backends.redis.RedisCache",),
        gone_after=Period(days=1),
    ),
    Store("broker", _("Queue of work"), _("Numbers of jobs. No personal values."), ("redis", "redis+socket", "rediss")),
    Store("schedule", _("Schedule"), _("When recurring work ran last."), ("celery.beat:PersistentScheduler",)),
    Store(
        "sessions",
        _("Sessions"),
        _("Table of signed-in browsers; contents sealed."),
        ("kvs.sessions",),
        gone_after=SESSION_PERIOD.period,
    ),
    Store(
        "messages",
        _("Messages on the next page"),
        _("Inside the session, until they have been read."),
        ("django.contrib.messages.storage.session.SessionStorage",),
        gone_after=SESSION_PERIOD.period,
    ),
    Store(
        "mail",
        _("E-mail"),
        _("Messages without personal details; sent, not kept. The school's mailbox lies outside this system."),
        ("django.core.mail.backends.smtp.EmailBackend", "django.core.mail.backends.console.EmailBackend"),
    ),
    Store("log:stdout", _("Log"), _("Technical lines without personal values."), ("logging.StreamHandler",)),
    Store(
        "storage:default",
        _("File storage"),
        _("Not used: files are sealed in the database. Memory only."),
        ("django.core.files.storage.InMemoryStorage",),
    ),
    Store(
        "storage:staticfiles",
        _("Style and scripts"),
        _("Files of the software."),
        ("django.contrib.staticfiles.storage.ManifestStaticFilesStorage",),
    ),
    Store(
        "upload:MemoryFileUploadHandler",
        _("Uploads"),
        _("In memory while the request lasts."),
        ("django.core.files.uploadhandler.MemoryFileUploadHandler",),
    ),
    Store(
        "upload:TemporaryFileUploadHandler",
        _("Large uploads"),
        _("A temporary file while the request lasts."),
        ("django.core.files.uploadhandler.TemporaryFileUploadHandler",),
        gone_after=Period(hours=1),
    ),
    Store(
        "backups",
        _("Backups"),
        _("The whole database, encrypted; what opens it does not lie on this machine. Without keys, sessions and drafts."),
        gone_after=Period(days=35),
    ),
    Store("ledger", _("Ledger of erasures"), _("Keyed numbers of erased files, outside the backups. No name.")),
)

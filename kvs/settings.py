"""The one settings file. Defaults are safe for production; the environment opts into the demo (KVS_DEMO=1).

Environment: KVS_VAR data folder, KVS_KEYS key folder, KVS_DATABASE_URL, KVS_REDIS_URL, KVS_HOSTS (comma separated names
this school answers to), KVS_URL (how browsers reach it, for links in e-mail), KVS_DEMO, KVS_TRUSTED_PROXIES (how many
proxies of our own stand in front), KVS_INVITATION_DAYS, and for e-mail KVS_MAIL_HOST, KVS_MAIL_PORT, KVS_MAIL_FROM,
KVS_MAIL_SECURITY (starttls, tls, none), KVS_MAIL_USER, KVS_MAIL_PASSWORD_FILE,
KVS_DATABASE_PASSWORD_FILE, KVS_REDIS_PASSWORD_FILE. Backups: KVS_BACKUPS folder, KVS_BACKUP_AT (02:30), KVS_BACKUP_DAYS
they are kept.
"""

import os

import django_stubs_ext
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from psycopg.conninfo import conninfo_to_dict

from kvs import environment
from kvs.environment import PROJECT

django_stubs_ext.monkeypatch()  # lets forms be typed with the model they are for

VAR = environment.var_folder()
DEMO = environment.flag("KVS_DEMO")
KEYS = environment.read_keys(environment.keys_folder())

# --- who we are
DEBUG = False  # never on: its error pages print personal data
SECRET_KEY = KEYS.secret
SEAL_KEYS = environment.SealKeys(environment.keys_folder())  # to be called: a rotation changes them under way
FIELD_ENCRYPTION_KEY = KEYS.seal  # the library asks for it at import; kvs/fields.py uses SEAL_KEYS
INDEX_KEY = KEYS.index
LEDGER_KEY = KEYS.ledger
ALLOWED_HOSTS = [host for host in os.environ.get("KVS_HOSTS", "localhost,127.0.0.1").split(",") if host]
# Links in e-mail are made by the worker, without a request; never from the Host header of whoever asks.
SITE_URL = (os.environ.get("KVS_URL") or environment.default_url()).rstrip("/")
ROOT_URLCONF = "kvs.urls"
WSGI_APPLICATION = "kvs.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "kvs.User"

INSTALLED_APPS = [
    "kvs",
    "students",
    "attendance",
    "exams",
    "reporting",
    "privacy",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "auditlog",
    "csp",
    "django_htmx",
    "guardian",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "kvs.middleware.probes_are_nobody",
    "kvs.ledger_guard.closed_until_replayed",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "kvs.middleware.language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "kvs.audit.actor_middleware",
    "kvs.middleware.no_store",
    "kvs.middleware.web_session",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "kvs.middleware.second_step",
    "kvs.middleware.stated",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PROJECT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["kvs.templatetags.kvs"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "kvs.access.context",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- data
_DATABASE = conninfo_to_dict(os.environ.get("KVS_DATABASE_URL", "postgresql:///kvs"))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _DATABASE.pop("dbname", "kvs"),
        "USER": _DATABASE.pop("user", ""),
        "PASSWORD": environment.secret("KVS_DATABASE_PASSWORD_FILE") or _DATABASE.pop("password", ""),
        "HOST": _DATABASE.pop("host", ""),
        "PORT": _DATABASE.pop("port", ""),
        "OPTIONS": _DATABASE,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
MIGRATION_MODULES = {"auditlog": None}  # the audit table is ours: kvs.AuditEntry (decisions.md 33)
AUDITLOG_LOGENTRY_MODEL = "kvs.AuditEntry"
AUDITLOG_DISABLE_REMOTE_ADDR = True

REDIS_URL = environment.redis_url()
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL, "KEY_PREFIX": "kvs"}}

# --- backups (kvs/backup.py)
LEDGER_FILE = VAR / "ledger/erasures.log"  # in no backup (kvs/ledger.py)
BACKUPS = environment.backups_folder()
BACKUP_AT = environment.time_of_day("KVS_BACKUP_AT", "02:30")  # in TIME_ZONE
BACKUP_DAYS = environment.number("KVS_BACKUP_DAYS", 35, at_least=1)

# --- long work
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {  # seconds
    "ring-waiting-jobs": {"task": "kvs.tasks.ring_waiting_jobs", "schedule": 30},
    "delete-expired": {"task": "kvs.tasks.delete_expired", "schedule": 600},
    "nightly-backup": {"task": "kvs.tasks.nightly_backup", "schedule": 900},
    "tidy-imports": {"task": "students.tasks.tidy_imports", "schedule": 600},
    "delete-old-exports": {"task": "privacy.tasks.delete_old_exports", "schedule": 86400},
    "retention": {"task": "privacy.tasks.start_retention", "schedule": 86400},
    "remind-of-requests": {"task": "privacy.tasks.remind", "schedule": 3600},
    "signals-of-absence": {"task": "attendance.tasks.start_signals", "schedule": 86400},
    "remind-of-registers": {"task": "attendance.tasks.remind_of_registers", "schedule": 3600},
    "night-digest": {"task": "attendance.tasks.night_digest", "schedule": 900},
    "delete-old-report-runs": {"task": "reporting.tasks.delete_old_runs", "schedule": 3600},
}
CELERY_TIMEZONE = "Europe/Amsterdam"

# --- language and time
LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Dutch")), ("en", _("English"))]
LOCALE_PATHS = [VAR / "locale"]  # compiled there from locale/*.po at start (decisions.md 7)
TIME_ZONE = "Europe/Amsterdam"
USE_TZ = True
FORMAT_MODULE_PATH = ["kvs.formats"]

# --- static files
STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [PROJECT / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder", "kvs.staticfiles.PackageFinder"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},  # no media folder: files are kvs.SealedFile
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}

# --- signing in
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
PASSWORD_MINIMUM = 15  # characters; NIST SP 800-63B-4 where the password is the only factor
PASSWORD_MINIMUM_WITH_SECOND_STEP = 8
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "kvs.passwords.LengthValidator"},
    {"NAME": "kvs.passwords.BlocklistValidator"},
]
ACCOUNT_ADAPTER = "kvs.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {"login": "kvs.forms.LoginForm", "reauthenticate": "kvs.factor_door.PasswordAgainForm"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds
# Nothing is counted per address here: a classroom shares one (decisions.md 17). kvs/floods.py does that.
# A PIN has six digits, so guesses are counted per day as well: else a patient guesser of all numbers would get in.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "5/5m/key", "pin_failed": "5/5m/key,30/d/key"}
ACCOUNT_RATE_LIMITS["factor_failed"] = "30/d/key"  # beside login_failed, which counts codes too
ACCOUNT_RATE_LIMITS["board_code_failed"] = "10/5m/key"  # six digits of a lesson, counted per account
ACCOUNT_RATE_LIMITS["ask_reset"] = "3/15m/key,10/d/key"  # counted per typed address, known or not
MFA_ADAPTER = "kvs.factor_door.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a passkey opens the account alone: finger, face or code of the device
MFA_TOTP_TOLERANCE = 1  # half minutes, for clocks that differ (RFC 6238, 5.2)
MFA_FORMS = {
    "authenticate": "kvs.factor_door.CodeForm",
    "authenticate_webauthn": "kvs.factor_door.PasskeyForm",
    "reauthenticate": "kvs.factor_door.CodeAgainForm",
    "reauthenticate_webauthn": "kvs.factor_door.PasskeyAgainForm",
}
INVITATION_DAYS = environment.number("KVS_INVITATION_DAYS", 7)
ALLAUTH_TRUSTED_PROXY_COUNT = environment.number("KVS_TRUSTED_PROXIES", 0)

# --- one cookie, and only from the sign-in page on
SESSION_ENGINE = "kvs.sessions"
SESSION_COOKIE_NAME = "kvs" if DEMO else "__Host-kvs"
SESSION_COOKIE_SECURE = not DEMO
SESSION_COOKIE_HTTPONLY = True
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_USE_SESSIONS = True
CSRF_COOKIE_SECURE = not DEMO
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- the wire
SECURE_SSL_REDIRECT = not DEMO
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
SECURE_HSTS_SECONDS = 0 if DEMO else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEMO
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
ANONYMOUS_USER_NAME = None  # guardian: no account for nobody
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
SILENCED_SYSTEM_CHECKS = [
    "security.W021",  # HSTS preload binds the whole domain of a school for years; theirs to choose, not ours
    "guardian.W001",  # guardian's backend is unused on purpose: access.py reads its tables with dates (decisions.md 20)
]

# --- mail and logs
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend" if DEMO else "django.core.mail.backends.smtp.EmailBackend"
DEFAULT_FROM_EMAIL = os.environ.get("KVS_MAIL_FROM", "kvs@localhost")
EMAIL_HOST = os.environ.get("KVS_MAIL_HOST", "localhost")
EMAIL_PORT = environment.number("KVS_MAIL_PORT", {"starttls": 587, "tls": 465, "none": 25}[environment.mail_security()])
EMAIL_USE_TLS = environment.mail_security() == "starttls"
EMAIL_USE_SSL = environment.mail_security() == "tls"
EMAIL_HOST_USER = os.environ.get("KVS_MAIL_USER", "")
EMAIL_HOST_PASSWORD = environment.secret("KVS_MAIL_PASSWORD_FILE")
EMAIL_TIMEOUT = 20  # seconds
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "kvs.logs.Formatter", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"}},
    "root": {"handlers": ["stdout"], "level": "INFO"},
    "loggers": {"django.server": {"handlers": ["stdout"], "propagate": False}},
}

"""Settings, read from the environment. A missing or unfit variable ends the process with one line that says what to do.

`make run` and the tests set every variable themselves; README "Configuration" lists them.
"""

import gc
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import environ
from celery.schedules import crontab

# While a process starts hardly anything is garbage, and to look for it takes an eighth of that time: portal.apps lets
# it be looked for once all is loaded.
gc.disable()

ROOT = Path(__file__).resolve().parent.parent
env = environ.Env()


def required(name: str, advice: str) -> str:
    """Return the variable's text, or end the process with `advice` when it is unset or empty."""
    value = env.str(name, default="")
    if not value:
        sys.exit(f"{name} is not set. {advice}")
    return value


def together(*names: str) -> list[str]:
    """Return the variables' texts, all of them empty when none is set; end the process when only some are."""
    values = [env.str(name, default="") for name in names]
    missing = [name for name, value in zip(names, values, strict=True) if not value]
    if 0 < len(missing) < len(names):
        sys.exit(f"{missing[0]} is not set. {', '.join(names)} belong together: set all of them, or none.")
    return values


PORTAL_ENV = required("PORTAL_ENV", "Set it to production, local or test; `make run` sets it to local.")
if PORTAL_ENV not in {"production", "local", "test"}:
    sys.exit(f"PORTAL_ENV is {PORTAL_ENV!r}. Set it to production, local or test.")
PRODUCTION = PORTAL_ENV == "production"

SECRET_KEY = required(
    "SECRET_KEY",
    "Make one with `python -c 'import secrets; print(secrets.token_urlsafe(50))'` and keep it out of the repository.",
)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if len(SECRET_KEY) < 50 or "change" in SECRET_KEY.lower() or "example" in SECRET_KEY.lower():
    sys.exit("SECRET_KEY is shorter than 50 characters or an example. Make one of your own.")

BASE_URL = required(
    "BASE_URL", "Set it to the address people type, for example https://pelatihan.example.go.id"
).rstrip("/")
SECURE = BASE_URL.startswith("https://")
if PRODUCTION and not SECURE:
    sys.exit(f"BASE_URL is {BASE_URL!r}. In production it must begin with https://.")
ALLOWED_HOSTS = [BASE_URL.split("//", 1)[1].split("/")[0].rsplit(":", 1)[0], *env.list("EXTRA_HOSTS", default=[])]
if PRODUCTION and "*" in ALLOWED_HOSTS:
    sys.exit("EXTRA_HOSTS holds '*'. Name each host.")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
DEBUG = False

# An instant (with its zone) from which a run rehearses; programme time then moves as staff say. Never in production.
REHEARSE_FROM = env.str("PORTAL_REHEARSAL", default="")
REHEARSAL = bool(REHEARSE_FROM)
if PRODUCTION and REHEARSAL:
    sys.exit("PORTAL_REHEARSAL is set. The clock of a production portal cannot be moved: unset it.")

INSTALLED_APPS = [
    "portal.accounts",
    "programs",
    "participants",
    "portal.apps.PortalConfig",
    "portal.apps.StaffAdminConfig",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
]

MIDDLEWARE = [
    "portal.middleware.limit_waiting",
    "portal.middleware.guard",
    "portal.middleware.compress",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.speak",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "portal.csrf.CsrfMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.middleware.LoginRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.kept_answers.KeptAnswers",  # after who may read a page is known
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "portal.template_loader.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                ),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.rehearsal",
                "portal.context.organiser",
            ],
        },
    }
]

FORM_RENDERER = "portal.forms.ControlRenderer"

# --- Database and broker -------------------------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
if PRODUCTION and not (DATABASE_URL and REDIS_URL):
    sys.exit("DATABASE_URL and REDIS_URL must both be set in production.")
if not (DATABASE_URL and REDIS_URL):
    from portal import embedded

    DATABASE_URL = DATABASE_URL or embedded.database_url()
    REDIS_URL = REDIS_URL or embedded.redis_url()

# A socket in a folder is written postgres:///portal?host=/folder&user=portal, as PostgreSQL's own tools read it.
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"] |= {
    "ENGINE": "portal.postgresql",
    "CONN_MAX_AGE": None,  # persistent: half of a small request's cost is connecting
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": DATABASES["default"].get("OPTIONS", {})
    | {
        "connect_timeout": 5,
        # A line that was cut without a word is found out within 25 seconds, and not after the system's two hours.
        "keepalives_idle": 10,  # seconds, as the next
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 25_000,  # milliseconds
        # A row that an index names costs hardly more than the next one: there is no disk that turns.
        # For a row that others wait for as well one waits up to twice: for one's turn, and for who holds it.
        "options": "-c statement_timeout=15s -c lock_timeout=1700ms -c idle_in_transaction_session_timeout=30s"
        " -c random_page_cost=1.1",
    },
}
# What a web request may wait for the database in all, in seconds; longer where staff or machines wait for much at once.
DATABASE_SECONDS = env.float("DATABASE_SECONDS", default=600.0 if PORTAL_ENV == "test" else 4.5)
DATABASE_SECONDS_OF_STAFF = max(15.0, DATABASE_SECONDS)
DATABASE_SLOW = DATABASE_SECONDS / 4  # after so long nobody waits any more for others to be answered
DATABASE_QUICK = DATABASE_SECONDS / 16  # and so fast an answer shows that it is over
# How many of a web process's threads wait for the database: the others answer /livez, kept pages, and 503.
_threads = int(os.environ.get("WEB_THREADS", "4"))
DATABASE_WAITERS = env.int(
    "DATABASE_WAITERS", default=1_000 if PORTAL_ENV == "test" else max(1, _threads - max(1, _threads // 4))
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Limits of the staff login are counted in the database, so that they hold in every process and without Redis.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        # At more rows Django throws away a third of those that still count, and strangers could wipe out everybody's
        # limits. What is over goes at night.
        "OPTIONS": {"MAX_ENTRIES": 100_000_000},
    },
    "pages": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "OPTIONS": {"MAX_ENTRIES": 500}},
}

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
    "visibility_timeout": 600,
    # Whoever rings waits two seconds at the most, once in ten, and does not try again: with kombu's own values a broker
    # that is away costs six seconds a request, and one that takes in and says nothing as long for each further try.
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_DEFAULT_QUEUE = "transactional"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
TICK_SECONDS = env.int("TICK_SECONDS", default=30)
CELERY_BEAT_SCHEDULE = {
    # No "expires": it would be said by the beat's clock and judged by the worker's, and nothing would count where they
    # are apart. Ticks that piled up are passed over by the database's clock; of nights the first does all there is.
    "tick": {"task": "participants.tasks.tick", "schedule": TICK_SECONDS},
    # 01:00 to 03:50 WIB; each run ends after minutes, and one that finds nothing costs a few queries.
    "retention": {
        "task": "participants.tasks.retain",
        "schedule": crontab(minute="*/10", hour="18-20"),
        "options": {"queue": "bulk"},
    },
}

# --- Mail ----------------------------------------------------------------------------------------------------------

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # opens /metrics; without one nobody does
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=20)
MAILS_PER_MINUTE_AND_DOMAIN = env.int("MAILS_PER_MINUTE_AND_DOMAIN", default=0)  # by each sending process; 0: no limit
# Mails go by SMTP, or by a provider that django-anymail knows, with the keys that its documentation names.
MAIL_PROVIDER, _secret = together("MAIL_PROVIDER", "ANYMAIL_WEBHOOK_SECRET")
ANYMAIL = {
    name.removeprefix("ANYMAIL_"): value
    for name, value in os.environ.items()
    if MAIL_PROVIDER and name.startswith("ANYMAIL_") and value
} | {"REQUESTS_TIMEOUT": EMAIL_TIMEOUT, "IGNORE_UNSUPPORTED_FEATURES": True}
if MAIL_PROVIDER:
    _is_known = MAIL_PROVIDER.isidentifier() and MAIL_PROVIDER != "base"
    if not (_is_known and find_spec(f"anymail.webhooks.{MAIL_PROVIDER}")):
        sys.exit(f"MAIL_PROVIDER is {MAIL_PROVIDER!r}. Set it to one that django-anymail knows, for example postmark.")
    if ":" not in _secret:
        sys.exit("ANYMAIL_WEBHOOK_SECRET has no colon. Make it user:password, and give both to the provider.")
    EMAIL_BACKEND = f"anymail.backends.{MAIL_PROVIDER}.EmailBackend"  # its keys: portal.apps
else:
    vars().update(
        env.email_url_config(required("EMAIL_URL", "For example smtp+tls://user:password@mail.example.go.id:587"))
    )
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="Pelatihan Gen Z <pelatihan@localhost>" if not PRODUCTION else "")
if PRODUCTION and not DEFAULT_FROM_EMAIL:
    sys.exit("MAIL_FROM is not set. For example: Pelatihan Gen Z <pelatihan@example.go.id>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
CONTACT_EMAIL = env.str("CONTACT_EMAIL", default="" if PRODUCTION else "tanya@example.go.id")  # where a person answers
MINISTRY_SITE = env.str("MINISTRY_SITE", default="https://ekraf.go.id/")

# --- WhatsApp and SMS: each exists only where all of its variables are set -------------------------------------------

WHATSAPP_PHONE_NUMBER_ID, WHATSAPP_TOKEN, WHATSAPP_APP_SECRET, WHATSAPP_VERIFY_TOKEN = together(
    "WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"
)
WHATSAPP_API_VERSION = env.str("WHATSAPP_API_VERSION", default="") or "v23.0"
WHATSAPP_STAND_IN = env.str("WHATSAPP_STAND_IN", default="").rstrip("/")  # a server that plays Meta, for tests
if PRODUCTION and WHATSAPP_STAND_IN:
    sys.exit("WHATSAPP_STAND_IN is set. In production nobody stands in for Meta: unset it.")
WHATSAPP_ORIGIN = WHATSAPP_STAND_IN or "https://graph.facebook.com"
SMS_URL, SMS_TOKEN, SMS_SENDER = together("SMS_URL", "SMS_TOKEN", "SMS_SENDER")
if SMS_URL and PRODUCTION and not SMS_URL.startswith("https://"):
    sys.exit(f"SMS_URL is {SMS_URL!r}. In production it must begin with https://.")
HTTPS_TIMEOUT = 15.0  # seconds that a provider has for its whole answer

# --- People --------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["portal.logins.Logins"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "door"
LOGIN_REDIRECT_URL = "my_page"
ACCOUNT_ADAPTER = "portal.accounts.adapter.StaffAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
MFA_ADAPTER = "portal.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "add_webauthn": "portal.accounts.forms.AddPasskeyForm",
    "authenticate_webauthn": "portal.accounts.forms.UsePasskeyForm",
    "reauthenticate_webauthn": "portal.accounts.forms.ProvePasskeyForm",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE  # a local run speaks plain HTTP
MFA_TOTP_ISSUER = "Pelatihan Gen Z"

# Sign-in with Google exists only where both are set. What Google says is proof of an address; nothing of it is stored.
GOOGLE_CLIENT_ID, GOOGLE_CLIENT_SECRET = together("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET")
GOOGLE_STAND_IN = env.str("GOOGLE_STAND_IN", default="").rstrip("/")  # a provider that plays Google, for tests
if PRODUCTION and GOOGLE_STAND_IN:
    sys.exit("GOOGLE_STAND_IN is set. In production nobody stands in for Google: unset it.")
GOOGLE_ORIGIN = GOOGLE_STAND_IN or "https://accounts.google.com"
if GOOGLE_CLIENT_ID:
    INSTALLED_APPS.append("allauth.socialaccount")
    SOCIALACCOUNT_ADAPTER = "portal.accounts.google.GoogleAdapter"
    SOCIALACCOUNT_REQUESTS_TIMEOUT = 4  # seconds that a thread of ours waits for each of Google's answers
    _google_at = {
        "AUTHORIZE_URL": f"{GOOGLE_STAND_IN}/authorize",
        "ACCESS_TOKEN_URL": f"{GOOGLE_STAND_IN}/token",
        "IDENTITY_URL": f"{GOOGLE_STAND_IN}/userinfo",
        "CERTS_URL": f"{GOOGLE_STAND_IN}/certs",
        "ID_TOKEN_ISSUER": GOOGLE_STAND_IN,
    }
    SOCIALACCOUNT_PROVIDERS = {"google": _google_at if GOOGLE_STAND_IN else {}}

SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # the address is unique in the database, by an index on its NFKC lower-case form
    "security.W003",  # portal.csrf.CsrfMiddleware is Django's own, under a name that the check does not know
    "security.W002",  # X-Frame-Options is set by portal.middleware.guard, on refusals too
]

# --- Sessions and cookies ------------------------------------------------------------------------------------------

SESSION_ENGINE = "portal.accounts.sessions"  # in the database: a wiped Redis logs nobody out
SESSION_COOKIE_AGE = 30 * 24 * 3600  # a participant's own phone; staff sessions end sooner (portal.accounts.staff_gate)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.views.csrf_failure"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
MESSAGE_STORAGE = "portal.notices.NoticeStorage"

SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$"]  # asked from inside, without TLS
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)  # one proxy of our own, which overwrites both headers
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)  # limits of the staff login count the client's address, not the proxy's
FASTEST_FORM = env.float("FASTEST_FORM", default=1.0)  # seconds; who sends a form sooner is asked for one more press
CROWD_ASKS = env.int("CROWD_ASKS", default=30)  # login codes for one network in ten minutes; more must be worked for
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
# An attendance grid without its script sends two fields a person and day: 800 people, three days, and a few more.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2 * 800 * 3 + 50

# --- Language, time, files -----------------------------------------------------------------------------------------

LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia"), ("en", "English")]
LOCALE_PATHS = [ROOT / "portal" / "locale"]
USE_I18N = True
# How many of a web process's threads wait for sessions' rows: while one stays held the others serve everybody else.
SESSION_WAITERS = 1_000 if PORTAL_ENV == "test" else max(1, int(os.environ.get("WEB_THREADS", "4")) // 2)

USE_TZ = True
FORMAT_MODULE_PATH = "portal.formats"
TIME_ZONE = "Asia/Jakarta"  # only where a page has no region of its own; sessions carry theirs

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(ROOT / "staticfiles")))
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if PORTAL_ENV == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = PORTAL_ENV == "test"
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # pages name no other, and to compress a file takes longest

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "portal.logs.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "mail.log": {"level": "ERROR"},
        # What anybody can bring about and is answered is no event, and fills no disk with tracebacks.
        **{f"django.security.{name}": {"level": "CRITICAL"} for name in ("RequestDataTooBig", "TooManyFieldsSent")},
    },
}

"""Settings, all from the environment.

SCHEME below is the list of variables; `.env.example` explains each and a test compares the two.
Every variable may also be given as NAME_FILE, the path of a file that holds the value.
"""

import socket
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from bookstore import logs
from bookstore.roles import DatabaseAccess, get_role

# Forms and admin classes name their model in brackets, which Django itself does not read yet.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

SCHEME = {
    "BOOKSTORE_ROLE": (str, "all"),
    "BOOKSTORE_DATA_DIR": (str, str(BASE_DIR / "var")),
    "STATIC_ROOT": (str, ""),
    "AWS_STORAGE_BUCKET_NAME": (str, ""),
    "AWS_S3_UNSIGNED": (bool, False),
    "DATABASE_URL": (str, ""),
    "DATABASE_READER_URL": (str, ""),
    "REDIS_URL": (str, ""),
    "SECRET_KEY": (str, ""),
    "SECRET_KEY_FALLBACKS": (list, []),
    "DEBUG": (bool, False),
    "ALLOWED_HOSTS": (list, ["localhost", "127.0.0.1", "[::1]"]),
    "CSRF_TRUSTED_ORIGINS": (list, []),
    "HTTPS_ONLY": (bool, True),
    "PROXY_COUNT": (int, 0),
    "RATE_LIMITS": (bool, True),
    "FAKE_PAYMENTS": (bool, False),
    "STRIPE_SECRET_KEY": (str, ""),
    "STRIPE_PUBLISHABLE_KEY": (str, ""),
    "STRIPE_WEBHOOK_SECRET": (str, ""),
    "STRIPE_API_URL": (str, "https://api.stripe.com"),
    "RELEASE": (str, ""),
    "STARTUP_SECONDS": (int, 60),
    "LOG_FORMAT": (str, "text"),
    "SLOW_QUERY_SECONDS": (float, 0.5),
    "METRICS_PORT": (int, 0),
    "SENTRY_DSN": (str, ""),
    "EMAIL_URL": (str, ""),
    "DEFAULT_FROM_EMAIL": (str, "shop@localhost"),
    "SHOP_NAME": (str, "The Bookstore"),
    "SHOP_CURRENCY": (str, "USD"),
    "SHOP_URL": (str, "http://localhost:8000"),
    "CDN_SECONDS": (int, 0),
    "SHOP_TIME_ZONE": (str, "UTC"),
    "SHOP_BANK_ACCOUNT": (str, ""),
}
env = environ.FileAwareEnv(**SCHEME)


def _required(name: str, why: str) -> str:
    value: str = env(name)
    if not value:
        raise ImproperlyConfigured(
            f"{name} is missing: {why}. Set it (or {name}_FILE); .env.example explains it."
        )
    return value


def _email(url: str) -> dict[str, Any]:
    if not url:
        return {"EMAIL_BACKEND": "bookstore.mail.Unset"}
    if url.startswith("consolemail:") and env("LOG_FORMAT") == "json":
        raise ImproperlyConfigured(
            f"EMAIL_URL is {url}, which would write customers' e-mails among the log lines."
            " With LOG_FORMAT=json name a mail server or a folder (filemail:////folder)."
        )
    config: dict[str, Any] = environ.Env.email_url_config(url)
    return config


ROLE = get_role(env("BOOKSTORE_ROLE"))
DATA_DIR = Path(env("BOOKSTORE_DATA_DIR")).resolve()
DEBUG = env("DEBUG")
SECRET_KEY = _required("SECRET_KEY", "it signs sessions and links")
SECRET_KEY_FALLBACKS = env("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env("CSRF_TRUSTED_ORIGINS")

SHOP_NAME = env("SHOP_NAME")
SHOP_CURRENCY = env("SHOP_CURRENCY")
SHOP_URL = env("SHOP_URL")
SHOP_BANK_ACCOUNT = env("SHOP_BANK_ACCOUNT")
FAKE_PAYMENTS = env("FAKE_PAYMENTS")
STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY")
STRIPE_PUBLISHABLE_KEY = env("STRIPE_PUBLISHABLE_KEY")
STRIPE_WEBHOOK_SECRET = env("STRIPE_WEBHOOK_SECRET")
STRIPE_API_URL = env("STRIPE_API_URL")

# --- Stores -------------------------------------------------------------------------------------

STARTUP_SECONDS = env("STARTUP_SECONDS")
REDIS_URL = _required("REDIS_URL", "live answers and cached pages stand in Redis")
if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL begins with none of redis://, rediss:// and unix://.")


def _database(name: str, why: str) -> dict[str, Any]:
    config: dict[str, Any] = environ.Env.db_url_config(_required(name, why))
    if "ENGINE" not in config:
        raise ImproperlyConfigured(f"{name} is no address like postgresql://user@host/name.")
    config["CONN_MAX_AGE"] = 600
    config["CONN_HEALTH_CHECKS"] = True
    # How near a near miss must be for search to find it; PostgreSQL's own 0.3 forgives too little.
    # Compiling a query takes longer than any of ours.
    threshold = "-c pg_trgm.similarity_threshold=0.2 -c jit=off"
    # When a host that has gone silent counts as dead; see wsgi.py for one that works too long. What
    # was sent and never arrived is seen by tcp_user_timeout alone, in milliseconds: Linux would try
    # again for a quarter of an hour. To it, a server that is too busy to read on is as silent: rows
    # of a job or of a backup that is put back may wait for a lock or a disk. wsgi.py waits less.
    silence = {
        "connect_timeout": 3, "keepalives_idle": 10, "keepalives_interval": 3,
        "tcp_user_timeout": 30_000,
    }  # fmt: skip
    config["OPTIONS"] = {"options": threshold, **silence, **config.get("OPTIONS", {})}
    return config


DATABASE_READER_URL = env("DATABASE_READER_URL")
match ROLE.database:
    case DatabaseAccess.OWNER:
        DATABASES = {"default": _database("DATABASE_URL", "this role keeps its records there")}
    case DatabaseAccess.READER:
        DATABASES = {
            "default": _database("DATABASE_READER_URL", "this role reads the catalogue there")
        }
    case DatabaseAccess.NONE:
        DATABASES = {"default": {"ENGINE": "django.db.backends.dummy"}}


def _redis_connections() -> dict[str, Any]:
    """How they are kept: a host that has gone silent is noticed before somebody asks it."""
    if REDIS_URL.startswith("unix://"):
        return {}
    idle = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 3, "TCP_KEEPCNT": 3}
    known = {getattr(socket, name): n for name, n in idle.items() if hasattr(socket, name)}
    return {"socket_keepalive": True, "socket_keepalive_options": known}


CACHES = {
    "default": {
        "BACKEND": "caching.backend.Cache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "bookstore",
        "OPTIONS": {
            "REDIS_CLIENT_CLASS": "caching.measuring.TimedRedis",
            "CONNECTION_POOL_CLASS": "caching.away.Pool",
            "CONNECTION_POOL_KWARGS": _redis_connections(),
            # Seconds; for jobs and commands. wsgi.py has less patience, because people wait there.
            "SOCKET_CONNECT_TIMEOUT": 0.25,
            "SOCKET_TIMEOUT": 2.0,
            # Redis gone means slower, never an error.
            "IGNORE_EXCEPTIONS": True,
        },
    }
}

# --- Applications -------------------------------------------------------------------------------

INSTALLED_APPS = [
    "bookstore.backoffice.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "csp",
    "django_htmx",
    *(["ninja"] if ROLE.has_sessions else []),
    "caching",
    "catalog",
    "accounts",
    "orders",
    "storefront",
    "bookstore",
]

_VISITOR_MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
MIDDLEWARE = [
    "bookstore.request_id.middleware",
    "bookstore.metrics.middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "bookstore.compression.PageCompression",
    "bookstore.content_policy.ContentPolicy",
    "django.middleware.common.CommonMiddleware",
    *(["bookstore.limits.middleware", *_VISITOR_MIDDLEWARE] if ROLE.has_sessions else []),
    # allauth insists on it in every role; without its addresses it does nothing.
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

# The admin site, sign-in and CSRF tokens are for roles that know their visitors.
_CHECKS_OF_VISITORS = [
    *(f"admin.E{number}" for number in (402, 404, 408, 409, 410)),
    "security.W003",
]
SILENCED_SYSTEM_CHECKS = [
    # HSTS for this host alone: the bookseller's other hosts may not speak HTTPS.
    "security.W005",
    "security.W021",
    *([] if ROLE.has_sessions else _CHECKS_OF_VISITORS),
]

ROOT_URLCONF = "bookstore.urls"
WSGI_APPLICATION = "bookstore.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

FORM_RENDERER = "storefront.form_writing.Renderer"

_VISITOR_CONTEXT = [
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the packages' own templates, so that the shop's account pages win over allauth's.
        "DIRS": [BASE_DIR / "storefront" / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "storefront.standing_text.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                *(_VISITOR_CONTEXT if ROLE.has_sessions else []),
                "storefront.context.shop",
            ],
        },
    },
]

# --- Visitors -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/account/"
ACCOUNT_ADAPTER = "storefront.signin.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "storefront.account_forms.SignInForm",
    "signup": "storefront.account_forms.SignUpForm",
    "reset_password": "storefront.account_forms.ForgottenPasswordForm",
    "reset_password_from_key": "storefront.account_forms.NewPasswordForm",
    "change_password": "storefront.account_forms.ChangePasswordForm",
    "add_email": "storefront.account_forms.ChangeEmailForm",
    "reauthenticate": "storefront.account_forms.AskAgainForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_CHANGE_EMAIL = True  # one address a customer; another one replaces it once confirmed
ACCOUNT_EMAIL_NOTIFICATIONS = True  # tell the owner when password or address change
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # for the latter

SESSION_ENGINE = "storefront.sessions"
SESSION_COOKIE_NAME = "visitor"
SESSION_COOKIE_SAMESITE = "Lax"

# --- Security -----------------------------------------------------------------------------------

HTTPS_ONLY = env("HTTPS_ONLY") and not DEBUG
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS_ONLY
SECURE_REDIRECT_EXEMPT = [r"^(api/|live/)?(health|ready)$"]  # load balancers ask over plain HTTP
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS_ONLY else 0
RATE_LIMITS = env("RATE_LIMITS")
CDN_SECONDS = env("CDN_SECONDS")
# How many proxies wrote to X-Forwarded-For and -Proto; with none, nobody is believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env("PROXY_COUNT")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env("PROXY_COUNT") else None
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "storefront.views.errors.form_is_too_old"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576  # bytes, for everything but uploaded files
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # a long series in the back office has as many

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- Words, time, files, e-mail -----------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
USE_TZ = True
TIME_ZONE = env("SHOP_TIME_ZONE")

STATIC_URL = "static/"
STATIC_ROOT = Path(env("STATIC_ROOT") or DATA_DIR / "static")
AWS_STORAGE_BUCKET_NAME = env("AWS_STORAGE_BUCKET_NAME")
AWS_S3_UNSIGNED = env("AWS_S3_UNSIGNED")
_MEDIA = (
    "bookstore.media.Bucket"
    if AWS_STORAGE_BUCKET_NAME
    else "django.core.files.storage.FileSystemStorage"
)
STORAGES = {
    "default": {"BACKEND": _MEDIA},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"

DEFAULT_FROM_EMAIL = SERVER_EMAIL = env("DEFAULT_FROM_EMAIL")
EMAIL_TIMEOUT = 20  # seconds
vars().update(_email(env("EMAIL_URL")))

# --- Jobs ---------------------------------------------------------------------------------------

# Only the role that may write defers any, and runs them.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs" if ROLE.database is DatabaseAccess.OWNER else ""
PROCRASTINATE_ON_APP_READY = "bookstore.deferring.use"

# --- What it tells of itself ---------------------------------------------------------------------

RELEASE = env("RELEASE")
SLOW_QUERY_SECONDS = env("SLOW_QUERY_SECONDS")
METRICS_PORT = env("METRICS_PORT")
SENTRY_DSN = env("SENTRY_DSN")
LOGGING = logs.configuration(env("LOG_FORMAT"), role=ROLE.name, release=RELEASE)

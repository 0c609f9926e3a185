"""Every setting of the platform, read from the environment in one flat file.

README.md has the table of variables. A business's own settings (keys, hours, switches) live in
its own schema, never here.
"""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import admin_menus, environment

BASE_DIR = Path(__file__).resolve().parent.parent
environment.load_file(BASE_DIR / ".env")

# --- What nothing starts without ------------------------------------------------------------

DEBUG = environment.boolean("DEBUG", default=False)
_debug_encryption_key: str | None
if DEBUG:
    # Fixed values, so that a developer's sessions survive a restart. Never used outside DEBUG.
    SECRET_KEY = environment.env.str("SECRET_KEY", "insecure-development-key")
    _debug_encryption_key = "aW5zZWN1cmUtZGV2ZWxvcG1lbnQta2V5LTMyYnl0ZXM="
else:
    SECRET_KEY = environment.required(
        "SECRET_KEY", "Give a long random value, or set DEBUG=true on your own machine."
    )
    _debug_encryption_key = None
    if len(SECRET_KEY) < 32:
        raise ImproperlyConfigured("SECRET_KEY is too short: give at least 32 random characters.")
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS")
FIELD_ENCRYPTION_KEYS = environment.fernet_keys(
    "FIELD_ENCRYPTION_KEYS", fallback=_debug_encryption_key
)

# --- Where the platform lives ---------------------------------------------------------------

PLATFORM_URL = environment.http_url(
    "PLATFORM_URL", environment.env.str("PLATFORM_URL", "http://localhost:8000")
)
PLATFORM_SCHEME = PLATFORM_URL.scheme
ROOT_DOMAIN = (PLATFORM_URL.hostname or "").lower()
# ":8000" or "": what follows the host in an address of ours.
PLATFORM_PORT = f":{PLATFORM_URL.port}" if PLATFORM_URL.port else ""
SECURE = PLATFORM_SCHEME == "https"
# Every host is looked up in the database by TenantMiddleware, an unknown one is a 404.
ALLOWED_HOSTS = ["*"]
# May `seed_demo` create demo businesses on this deployment?
ALLOW_DEMO = environment.boolean("ALLOW_DEMO", default=False)

# --- Tenancy --------------------------------------------------------------------------------

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
# Extensions and the job queue: the only schema beside its own that a business's path holds.
EXTENSIONS_SCHEMA = "extensions"
# What one business may take from the others: per cent of the time of each web process's threads,
# and seconds in the database for each statement of a request or a job. 0 means without limit.
WEB_THREADS = environment.integer("WEB_THREADS", default=8, least=1)
BUSINESS_SHARE = environment.integer("BUSINESS_SHARE", default=50)
REQUEST_STATEMENT_SECONDS = environment.integer("REQUEST_STATEMENT_SECONDS", default=15)
JOB_STATEMENT_SECONDS = environment.integer("JOB_STATEMENT_SECONDS", default=300)
# Where businesses' schemas live: all in one PostgreSQL, or on the nodes of a Citus cluster.
TENANT_SHARDING = environment.choice("TENANT_SHARDING", ["none", "citus"], default="none")
# The database itself refuses to change a business's books. Citus takes triggers on a business's
# tables with a setting of its own only.
APPEND_ONLY_TRIGGERS = environment.boolean(
    "APPEND_ONLY_TRIGGERS", default=TENANT_SHARDING == "none"
)
# Schemas that the worker keeps ready for sign-ups; 0: each sign-up makes its own.
SPARE_SCHEMAS = environment.integer("SPARE_SCHEMAS", default=0)
if SPARE_SCHEMAS and TENANT_SHARDING == "citus":
    raise ImproperlyConfigured(
        "SPARE_SCHEMAS must be 0 with TENANT_SHARDING=citus: "
        "a business gets its node as it is made."
    )

# How long a business that is to be deleted can still be kept.
DELETION_WAIT_DAYS = environment.integer("DELETION_WAIT_DAYS", default=30)
# Where the last export of a deleted business goes; without it none is deleted for good.
FINAL_EXPORT_DIRECTORY = environment.env.str("FINAL_EXPORT_DIRECTORY", "")
# Businesses that get a new version's migrations before all others, by name.
FLEET_CANARIES = environment.words("FLEET_CANARIES")

# In the platform's schema and in every business's: each has people and sessions of its own.
_EVERYWHERE = [
    "access",
    "unfold",
    "django.contrib.admin",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "axes",
]
SHARED_APPS = [
    "tenants",
    "django_tenants",
    "procrastinate.contrib.django",
    *_EVERYWHERE,
    "django.contrib.auth",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "rest_framework",
    "config",
]
# A deployment's own apps, for example with payables of their own: see docs/payables.md.
EXTRA_TENANT_APPS = environment.app_names("EXTRA_TENANT_APPS")
TENANT_APPS = [
    *_EVERYWHERE,
    "events",
    "notifications",
    "payments",
    "bookings",
    *EXTRA_TENANT_APPS,
]
INSTALLED_APPS = [
    *SHARED_APPS,
    *(app for app in TENANT_APPS if app not in SHARED_APPS),
    # For its abstract model only: in neither list above, so its own table exists nowhere.
    "rest_framework_api_key",
]

DATABASES = {"default": environment.database("DATABASE_URL")}
DATABASE_POOLING = environment.choice(
    "DATABASE_POOLING", ["session", "transaction"], default="session"
)
_pool_size = environment.integer("DATABASE_POOL_SIZE", default=10)
if DATABASE_POOLING == "transaction":
    # PgBouncer has the connections; see docs/operating.md.
    DATABASES["default"] |= {
        "POOLS_TRANSACTIONS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "CONN_MAX_AGE": 60,
    }
elif _pool_size:
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"].get("OPTIONS", {}),  # type: ignore[dict-item]
        "pool": {
            "min_size": 1,
            "max_size": _pool_size,
            "timeout": 15,
            # A PostgreSQL backend keeps what it has learnt of every table that it has touched, in
            # every business: its memory grows until the connection is replaced.
            "max_lifetime": environment.integer(
                "DATABASE_CONNECTION_SECONDS", default=600, least=1
            ),
        },
    }
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "KEY_FUNCTION": "tenants.cache.key_in_tenant",
    }
}

# --- Requests -------------------------------------------------------------------------------

WSGI_APPLICATION = "config.wsgi.application"
ROOT_URLCONF = "config.urls"
PUBLIC_SCHEMA_URLCONF = "config.urls_public"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tenants.middleware.RequestGuardMiddleware",
    "config.csp.PathAwareCSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "tenants.middleware.TenantMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tenants.context_processors.business",
            ],
        },
    }
]
# A body over 1 MB is refused before it is parsed.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
USE_X_FORWARDED_HOST = environment.boolean("USE_X_FORWARDED_HOST", default=False)
if environment.boolean("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Sign-in --------------------------------------------------------------------------------

AUTH_USER_MODEL = "access.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesBackend", "access.backends.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"
PASSWORD_RESET_TIMEOUT = 3 * 24 * 60 * 60
# Ten wrong passwords for one person from one address: half an hour's pause.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_DISABLE_ACCESS_LOG = True
AXES_LOCKOUT_TEMPLATE = "access/locked_out.html"
AXES_USERNAME_FORM_FIELD = "username"
AXES_VERBOSE = False
# How many proxies stand in front; 0 takes the address of the connection itself.
AXES_IPWARE_PROXY_COUNT = environment.integer("PROXY_COUNT", default=0) or None
AXES_IPWARE_META_PRECEDENCE_ORDER = (
    ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"] if AXES_IPWARE_PROXY_COUNT else ["REMOTE_ADDR"]
)

# --- Cookies and headers --------------------------------------------------------------------

# Cookies carry no Domain attribute, so one business's never reach another's host; the __Host-
# prefix makes browsers enforce it (RFC 6265bis, section 4.1.3.2).
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 60 * 60
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
# The cookie storage signs with SECRET_KEY alone; the session lives in the business's schema.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = SECURE and environment.boolean("SSL_REDIRECT", default=True)
# A load balancer asks over plain http.
SECURE_REDIRECT_EXEMPT = [r"^healthz/$"]
SECURE_HSTS_SECONDS = environment.integer("HSTS_SECONDS", default=31536000) if SECURE else 0
# Other subdomains and the browsers' preload list are the domain owner's decision, not ours.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Where "Pay" may send the browser: Chromium checks form-action against redirects too.
STRIPE_CHECKOUT_ORIGINS = environment.words("STRIPE_CHECKOUT_ORIGINS") or [
    "https://checkout.stripe.com"
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF, *STRIPE_CHECKOUT_ORIGINS],
    },
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: [] for feature in ("camera", "geolocation", "microphone", "usb", "payment")
}

# --- The two admin sites --------------------------------------------------------------------

UNFOLD_OPERATOR = admin_menus.OPERATOR
UNFOLD_STAFF = admin_menus.STAFF

# --- API ------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "access.authentication.BearerAuthentication",
        "access.authentication.StaffSessionAuthentication",
    ],
    # Closed by default: a view that says nothing is for API keys and staff.
    "DEFAULT_PERMISSION_CLASSES": ["access.permissions.IsMemberOfBusiness"],
    "DEFAULT_PARSER_CLASSES": ["access.parsers.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "access.negotiation.AlwaysJSON",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "config.errors.api_exception_handler",
    "UNAUTHENTICATED_USER": None,
}

# --- Stripe ---------------------------------------------------------------------------------

# Unset means Stripe itself. An address points the SDK at the sandbox; live keys are refused then.
STRIPE_API_BASE = environment.env.str("STRIPE_API_BASE", "") or None
if STRIPE_API_BASE:
    environment.http_url("STRIPE_API_BASE", STRIPE_API_BASE)

# --- Text messages ----------------------------------------------------------------------------

TWILIO_API_BASE = environment.env.str("TWILIO_API_BASE", "https://api.twilio.com").rstrip("/")
environment.http_url("TWILIO_API_BASE", TWILIO_API_BASE)

# --- Callbacks to the businesses' own systems -------------------------------------------------

# May a callback go to http:// and to private addresses? Only on a developer's machine.
WEBHOOK_ALLOW_PRIVATE = environment.boolean("WEBHOOK_ALLOW_PRIVATE", default=DEBUG)

# --- Jobs, mail, files ----------------------------------------------------------------------

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_ON_APP_READY = "tenants.queue.take_turns"
# Where the worker listens for new jobs. A connection that is pooled by transactions can't listen.
JOBS_DATABASE = DATABASES["default"]
if environment.env.str("JOBS_DATABASE_URL", ""):
    JOBS_DATABASE = environment.database("JOBS_DATABASE_URL")

_mail = environment.email("EMAIL_URL", default="consolemail://" if DEBUG else "smtp://localhost:25")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(_mail.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(_mail.get("EMAIL_USE_SSL"))
EMAIL_FILE_PATH = _mail.get("EMAIL_FILE_PATH")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = environment.env.str("DEFAULT_FROM_EMAIL", f"bookings@{ROOT_DOMAIN}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

STATIC_URL = "/static/"
STATIC_ROOT = environment.env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "config.staticfiles.HashedStaticFiles"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- Languages, time, logs ------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

LOG_LEVEL = environment.env.str("LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
    raise ImproperlyConfigured(f"LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {LOG_LEVEL}.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"tenant": {"()": "tenants.logs.TenantFilter"}},
    "formatters": {
        "line": {
            "()": "tenants.logs.RedactingFormatter",
            "format": "{asctime} {levelname} [{tenant}] {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["tenant"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "stripe": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}

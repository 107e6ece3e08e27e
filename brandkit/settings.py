"""Settings, read from the environment. A bad value stops the start and names itself; see docs/operate.md."""

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy

from brandkit.common.environment import Environment
from brandkit.common.secret import secret_key
from brandkit.log_settings import log_settings, metrics_token
from brandkit.mail_settings import mail, own_address
from brandkit.provider_settings import providers

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

DATA_DIR = Path(env.str("BRANDKIT_DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # it holds what nobody else may see

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or secret_key(DATA_DIR / "secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
CSRF_FAILURE_VIEW = "brandkit.web.views.too_old"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "brandkit.accounts.admin_app.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "knox",
    "rest_framework",
    "drf_spectacular",
    "brandkit.common",
    "brandkit.accounts",
    "brandkit.web",
    "templates_app",
    "generation",
    "review",
]

MIDDLEWARE = [
    "brandkit.web.requests.Requests",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "brandkit.web.limits.Limits",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "brandkit.urls"
WSGI_APPLICATION = "brandkit.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "brandkit.web.context.page",
            ],
        },
    },
]

# Database. SQLite in the data folder unless told otherwise.
DATABASES = {"default": env.db_url("DATABASE_URL", f"sqlite:///{DATA_DIR / 'brandkit.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # 8 MB of cache, and a checkpoint every 16 MB: a batch's chunk is written once, not spilled and again.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
        "PRAGMA cache_size=-8192; PRAGMA wal_autocheckpoint=4000;",
    }
elif DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL must name sqlite or postgres.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # counts wrong passwords, and closes the door for a while
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "brandkit.web.pages.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "web:sign-in"
LOGIN_REDIRECT_URL = "web:home"
LOGOUT_REDIRECT_URL = "web:sign-in"

# E-mail: none unless a server is named.
BRANDKIT_URL = own_address(env)
BRANDKIT_SENDS_MAIL = bool(env.str("BRANDKIT_EMAIL_URL", ""))
vars().update(mail(env, BRANDKIT_URL))

# Words and time.
LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_I18N = False
USE_TZ = True

# Stores: private and public, apart. Files by default, two S3 buckets where they are named.
BRANDKIT_S3_PRIVATE_BUCKET = env.str("BRANDKIT_S3_PRIVATE_BUCKET", "")
BRANDKIT_S3_PUBLIC_BUCKET = env.str("BRANDKIT_S3_PUBLIC_BUCKET", "")
if bool(BRANDKIT_S3_PRIVATE_BUCKET) != bool(BRANDKIT_S3_PUBLIC_BUCKET):
    raise ImproperlyConfigured(
        "Name both BRANDKIT_S3_PRIVATE_BUCKET and BRANDKIT_S3_PUBLIC_BUCKET, or neither."
    )
if BRANDKIT_S3_PRIVATE_BUCKET and BRANDKIT_S3_PRIVATE_BUCKET == BRANDKIT_S3_PUBLIC_BUCKET:
    raise ImproperlyConfigured("BRANDKIT_S3_PRIVATE_BUCKET and BRANDKIT_S3_PUBLIC_BUCKET must differ.")


def store(folder: str, bucket: str) -> dict[str, object]:
    if not bucket:
        return {
            "BACKEND": "brandkit.common.storage.DurableFileSystemStorage",
            "OPTIONS": {"location": DATA_DIR / folder, "base_url": None},
        }
    return {
        "BACKEND": "brandkit.common.s3.S3Store",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": env.str("BRANDKIT_S3_ENDPOINT", "") or None,
            "region_name": env.str("BRANDKIT_S3_REGION", "") or None,
            "default_acl": None,
            "querystring_auth": True,
            "max_memory_size": 8 * 2**20,  # larger ones go to the disk: a zip of photos may have 512 MB
        },
    }


STORAGES = {
    "default": store("private", BRANDKIT_S3_PRIVATE_BUCKET),
    "private": store("private", BRANDKIT_S3_PRIVATE_BUCKET),
    "public": store("public", BRANDKIT_S3_PUBLIC_BUCKET),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # forms; files are streamed to disk and limited by intake
FILE_UPLOAD_MAX_MEMORY_SIZE = 0  # uploads go to a file at once: the decoder's child reads it from there
FILE_UPLOAD_HANDLERS = ["brandkit.web.uploads.ToDisk"]
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "tmp"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)

# Safety of pages.
BRANDKIT_HTTPS = env.bool("BRANDKIT_HTTPS", False)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BRANDKIT_HTTPS
SECURE_HSTS_SECONDS = 31536000 if BRANDKIT_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = BRANDKIT_HTTPS
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BRANDKIT_BEHIND_PROXY", False) else None
)
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# Curation, on Django's admin in Unfold's skin.
UNFOLD = {
    "SITE_TITLE": "brandkit",
    "SITE_HEADER": "brandkit",
    "SITE_SUBHEADER": "Curation",
    "SITE_SYMBOL": "palette",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("web/favicon.svg")}
    ],
    "SHOW_HISTORY": False,  # the trail is told on the pages themselves
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "templates_app.admin.desk.desk",
    "COLORS": {
        "primary": {
            "50": "#f0faf7",
            "100": "#e2f1ee",
            "200": "#bfe3db",
            "300": "#8fcfc1",
            "400": "#4fb3a0",
            "500": "#1f8f7b",
            "600": "#0b6b5b",
            "700": "#09594c",
            "800": "#08473d",
            "900": "#073a33",
            "950": "#04231f",
        },
    },
    "SIDEBAR": {
        "navigation": [
            {
                "items": [
                    {"title": "Overview", "icon": "home", "link": reverse_lazy("admin:index")},
                    {
                        "title": "Scenes",
                        "icon": "landscape",
                        "link": reverse_lazy("admin:templates_app_scenetemplate_changelist"),
                    },
                    {
                        "title": "Drafts from models",
                        "icon": "auto_awesome",
                        "link": reverse_lazy("admin:generation_scenedraft_changelist"),
                    },
                    {
                        "title": "Prompts",
                        "icon": "notes",
                        "link": reverse_lazy("admin:templates_app_prompttemplate_changelist"),
                    },
                    {
                        "title": "Formats",
                        "icon": "aspect_ratio",
                        "link": reverse_lazy("admin:templates_app_outputformat_changelist"),
                    },
                ],
            },
            {
                "separator": True,
                "items": [
                    {
                        "title": "Brands and members",
                        "icon": "groups",
                        "link": reverse_lazy("admin:accounts_brand_changelist"),
                    },
                    {
                        "title": "Reasons",
                        "icon": "rule",
                        "link": reverse_lazy("admin:review_reason_changelist"),
                        "permission": "brandkit.accounts.site.may_manage",
                    },
                    {"title": "What is stuck", "icon": "hourglass", "link": reverse_lazy("admin:stuck")},
                    {
                        "title": "What happened",
                        "icon": "history",
                        "link": reverse_lazy("admin:common_event_changelist"),
                        "permission": "brandkit.accounts.site.may_manage",
                    },
                    {
                        "title": "People",
                        "icon": "person",
                        "link": reverse_lazy("admin:accounts_user_changelist"),
                        "permission": "brandkit.accounts.site.is_operator",
                    },
                    {
                        "title": "Provider accounts",
                        "icon": "cloud",
                        "link": reverse_lazy("admin:generation_provideraccount_changelist"),
                        "permission": "brandkit.accounts.site.is_operator",
                    },
                    {
                        "title": "Back to the studio",
                        "icon": "arrow_back",
                        "link": reverse_lazy("web:home"),
                        "active": False,
                    },
                ],
            },
        ],
    },
}

# The engine. Huey on a SQLite file of its own unless told otherwise.
BRANDKIT_ENGINE = env.str("BRANDKIT_ENGINE", "huey")
BRANDKIT_ENGINE_URL = env.str("BRANDKIT_ENGINE_URL", "")
BRANDKIT_ENGINE_PREFIX = env.str("BRANDKIT_ENGINE_PREFIX", "brandkit")
BRANDKIT_WORKER_THREADS = env.int("BRANDKIT_WORKER_THREADS", 32)
BRANDKIT_STOP_SECONDS = env.int("BRANDKIT_STOP_SECONDS", 600)
BRANDKIT_LEASE_SECONDS = env.int("BRANDKIT_LEASE_SECONDS", 60)
BRANDKIT_HEARTBEAT_SECONDS = env.int("BRANDKIT_HEARTBEAT_SECONDS", 15)
BRANDKIT_SWEEP_SECONDS = env.int("BRANDKIT_SWEEP_SECONDS", 10)
BRANDKIT_MAX_ATTEMPTS = env.int("BRANDKIT_MAX_ATTEMPTS", 4)
BRANDKIT_UNKNOWN_OUTCOME = env.str("BRANDKIT_UNKNOWN_OUTCOME", "retry")

# Providers: alias to {BACKEND, OPTIONS}; imported on first use.
BRANDKIT_PROVIDERS = providers(env)
BRANDKIT_PROVIDER = env.str("BRANDKIT_PROVIDER", "compositor")
# Where catalogues may have photos fetched from besides public https addresses: "host" or "host:port".
BRANDKIT_PHOTO_HOSTS = env.list("BRANDKIT_PHOTO_HOSTS", default=[])

# The API.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "brandkit.accounts.tokens.Token",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["brandkit.common.api.Json"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "brandkit.common.api.OneFormat",
    "DEFAULT_SCHEMA_CLASS": "brandkit.common.openapi.Schema",
    "DEFAULT_THROTTLE_RATES": {"login_address": "30/min", "login_name": "10/min"},
    "NUM_PROXIES": 1 if env.bool("BRANDKIT_BEHIND_PROXY", False) else 0,
    "EXCEPTION_HANDLER": "brandkit.common.problems.problem",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {"TOKEN_TTL": timedelta(days=env.int("BRANDKIT_TOKEN_DAYS", 30)), "TOKEN_PREFIX": "brandkit_"}
SPECTACULAR_SETTINGS = {
    "TITLE": "brandkit",
    "DESCRIPTION": "One product photo into brand-true pictures, again and again. See docs/integrate.md.",
    "VERSION": "1",
    "LICENSE": {"name": "Apache-2.0"},
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "GenerationState": "generation.models.Generation.State",
        "BatchState": "generation.models.Batch.State",
        "ReviewState": "review.models.Review.State",
        "AttemptOutcome": "generation.models.Attempt.Outcome",
        "Verdict": "review.models.Verdict",
        "GivenVerdict": "review.serializers.GIVEN",
        "FileType": "templates_app.models.OutputFormat.FileType",
    },
}

# Seeing inside.
LOGGING = log_settings(env)
BRANDKIT_METRICS_TOKEN = metrics_token(env)

"""Everything that differs between two sites comes from the environment."""

from __future__ import annotations

from pathlib import Path

from config import env
from config.city import read_city
from config.sms import read_sms

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env.path("VAR_DIR", BASE_DIR / "var")
CITY_DIR = BASE_DIR / "cities" / env.text("CITY", "hcmc")
CITY = read_city(CITY_DIR)
CODE_PREFIX = CITY.code_prefix

DEBUG = env.flag("DEBUG")
DEMO = env.flag("DEMO")
SECRET_KEY = env.text("SECRET_KEY")
#: Fernet keys that seal contacts, newest first: rotate by adding one in front.
CONTACT_KEYS = env.words("CONTACT_KEYS")
BLIND_INDEX_KEY = env.text("BLIND_INDEX_KEY")
SITE_URL = env.text("SITE_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "django_vite",
    "django_htmx",
    "procrastinate.contrib.django",
    "rest_framework",
    "rest_framework_gis",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    # Before allauth, whose pages it replaces by its own.
    "accounts",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "gis_data",
    "incidents",
    "mapui",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.Readable",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.InWords",
    "config.middleware.InTurn",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": env.database("DATABASE_URL")}
#: Debian's GDAL is older than the warning asks for; files are opened by an allow-list
#: of drivers, none of which follows an address (gis_data.importing).
SILENCED_SYSTEM_CHECKS = ["gis.W001"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
#: By name or e-mail; who fails too often waits, at every door, the admin's too.
AUTHENTICATION_BACKENDS = ["accounts.entry.NameOrEmail"]
#: Staff are invited; nobody signs up, by no door.
ACCOUNT_ADAPTER = "accounts.adapters.Accounts"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
#: No code comes by mail: a stolen mailbox opens nothing.
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
ACCOUNT_FORMS = {"reauthenticate": "accounts.forms.SameAgain"}
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("PROXIES", 0)
MFA_ADAPTER = "accounts.adapters.Factors"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
#: An e-mail here is the one somebody was invited by.
MFA_ALLOW_UNVERIFIED_EMAIL = True
#: Clocks of phones differ by some seconds.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "accounts.forms.SecondFactor",
    "reauthenticate": "accounts.forms.SecondFactorAgain",
    "activate_totp": "accounts.forms.NewApp",
    "add_webauthn": "accounts.forms.NewPasskey",
}
#: Other doors for staff: OpenID Connect, each by its name; none by default.
SOCIALACCOUNT_ADAPTER = "accounts.adapters.Providers"
SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
SOCIALACCOUNT_STORE_TOKENS = False
OIDC = [env.provider(each) for each in env.words("OIDC_PROVIDERS")]
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": OIDC}}
#: How long the link to choose a new password holds.
PASSWORD_RESET_TIMEOUT = 2 * 3600
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "mapui:workbench"
LOGOUT_REDIRECT_URL = "mapui:home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

#: What the site can speak; the city says which of them it does, its own first.
SPOKEN = {"vi": "Tiếng Việt", "en": "English"}
LANGUAGES = [(each, SPOKEN[each]) for each in CITY.languages]
LANGUAGE_CODE = CITY.languages[0]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = CITY.time_zone
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
#: What browsers ask for by a fixed name, whatever page they are on.
WHITENOISE_ROOT = BASE_DIR / "mapui/root"
MEDIA_ROOT = env.path("MEDIA_ROOT", VAR_DIR / "media")
STORAGES = {
    # Originals are private: no address leads to them but a view that asks who looks.
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DJANGO_VITE = {
    "default": {
        "manifest_path": BASE_DIR / "mapui/static/mapui/build/manifest.json",
        "static_url_prefix": "mapui/build",
    }
}
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20
ATTACHMENTS_AT_MOST = env.number("ATTACHMENTS_AT_MOST", 5)
ATTACHMENT_BYTES_AT_MOST = env.number("ATTACHMENT_MEGABYTES", 20) * 2**20
#: What may wait for reports that are not sent yet, and what one address may add to it.
STAGED_BYTES_AT_MOST = env.number("STAGED_MEGABYTES", 5000) * 2**20
STAGED_BYTES_AN_HOUR = env.number("STAGED_MEGABYTES_AN_HOUR", 200) * 2**20

#: Where files are written before they are sent, and how many rows a public one has, and
#: one for who works here: no more than one sheet of a workbook holds.
SENDING_DIR = VAR_DIR / "sending"
FILE_ROWS_AT_MOST = env.number("FILE_ROWS_AT_MOST", 500_000)
STAFF_FILE_ROWS_AT_MOST = env.number("STAFF_FILE_ROWS_AT_MOST", 1_000_000)
#: How large a publisher's file of boundaries or assets may be.
MAP_FILE_BYTES_AT_MOST = env.number("MAP_FILE_MEGABYTES", 200) * 2**20

EMAIL_BACKEND = env.text(
    "EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend"
)
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "no-reply@localhost")
SMS = read_sms()
#: How long after a first failure a notice is tried again; then twice as long, and so on.
NOTICE_WAIT_SECONDS = env.number("NOTICE_WAIT_SECONDS", 30)
NOTICE_LONGEST_WAIT_SECONDS = env.number("NOTICE_LONGEST_WAIT_SECONDS", 3600)
#: After so long a notice that a worker began to send is taken up by another.
NOTICE_STUCK_SECONDS = env.number("NOTICE_STUCK_SECONDS", 300)

REST_FRAMEWORK = {
    "EXCEPTION_HANDLER": "config.api.exception_handler",
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication"
    ],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "config.parsers.Json",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_RATES": {
        "reads": f"{env.number('READS_A_MINUTE', 1200)}/min",
        "proofs": f"{env.number('PROOFS_A_MINUTE', 60)}/min",
        "reports": f"{env.number('REPORTS_A_MINUTE', 60)}/min",
    },
    # Whom a request is counted for: its sender, or who our own proxies say it is.
    "NUM_PROXIES": env.number("PROXIES", 0),
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": CITY.service_name.get("en", CITY.service_name[LANGUAGE_CODE]),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.complete",
    ],
}

#: No request leaves the site for a visitor; MapLibre's worker is a file of our own.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "media-src": ["'self'", "blob:"],
        # A form that leads to another door is followed there.
        "form-action": ["'self'", *env.origins(OIDC)],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
#: Which sites may show the public map within a page of theirs; no other page is framed.
EMBEDDED_BY = env.words("EMBEDDED_BY", "*")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
HTTPS = SITE_URL.startswith("https://")
#: Without TLS only a site on one's own machine works with passkeys.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # Who asks too often is not to be forgotten for many others who ask.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.logging.WithoutCodes",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "procrastinate.blueprints": {"level": "WARNING"},
        "procrastinate.periodic": {"level": "WARNING"},
    },
}
#: Where the boundaries come from; empty means the pinned download, then the sketch.
GIS_DATA_DIR = env.text("GIS_DATA_DIR", "")

"""Settings, all from the environment; docs/operations.md explains each one."""

import base64
import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
import structlog
from celery.schedules import crontab
from django.utils.csp import CSP

# Forms, fields and views can name the types they hold, as the type checker wants them to.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")

HOME = Path(env.str("FRACOPS_HOME", str(BASE_DIR / "var")))
"""Where the embedded servers and the generated secret key live."""


def _kept(name: str, make: Callable[[], str]) -> str:
    """A secret made once for this installation and kept for its owner's eyes only."""
    kept = HOME / name
    if not kept.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(make())
    return kept.read_text()


SECRET_KEY = env.str("SECRET_KEY", "") or _kept("secret-key", lambda: secrets.token_urlsafe(50))
# The first seals providers' keys, every one of them opens what it once sealed.
CREDENTIAL_KEYS = env.list("CREDENTIAL_KEYS", default=[]) or [
    _kept("credential-key", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
]
DEBUG = env.bool("DEBUG", False)
# This machine may always ask: health checks do, by the loopback address.
ALLOWED_HOSTS = ["127.0.0.1", *env.list("ALLOWED_HOSTS", default=["localhost"])]
SITE_URL = env.str("SITE_URL", f"http://127.0.0.1:{env.str('PORT', '8000')}").rstrip("/")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "fracops",
    "clients",
    "monitoring",
    "reports",
    "allauth",
    "allauth.account",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.forms",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "fracops.badinput.RefuseControlCharacters",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "fracops.once.FormsOnce",
    "clients.tenancy.ScopeMiddleware",
]

ROOT_URLCONF = "fracops.urls"
WSGI_APPLICATION = "fracops.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fracops.pages.context.shell",
            ],
        },
    }
]


def _database(variable: str, default: str, **test: Any) -> dict[str, Any]:
    return {
        **env.db_url(variable, default=default),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "TEST": test,
        "OPTIONS": {"connect_timeout": 5},
    }


# Tests make and empty their databases as the owner; `default` stays the runtime role, in the same database.
DATABASES = {
    "default": _database("DATABASE_URL", "postgresql://fracops_app@127.0.0.1/fracops", MIRROR="owner"),
    "owner": _database("DATABASE_OWNER_URL", "postgresql://fracops_owner@127.0.0.1/fracops", DEPENDENCIES=[]),
}
DATABASE_ROUTERS = ["clients.database.OneDatabase"]
REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "fracops",
    }
}

AUTH_USER_MODEL = "clients.User"
PERMISSIONS = "fracops.permissions.PERMISSIONS"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "clients"
ACCOUNT_ADAPTER = "clients.accounts.InvitedOnly"
ACCOUNT_FORMS = {
    "login": "clients.account_forms.Login",
    "change_password": "clients.account_forms.ChangePassword",
    "set_password": "clients.account_forms.SetPassword",
    "reset_password": "clients.account_forms.ResetPassword",
    "reset_password_from_key": "clients.account_forms.ResetPasswordKey",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "FracOps: "
# Who asks with an address that has no login gets the same page and no mail: nobody's letter box is ours to write to.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reset_password": "10/m/ip,5/m/key"}

SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
SESSION_COOKIE_HTTPONLY = True
SECURE_COOKIES = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if SECURE_COOKIES else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
# Whose requests are counted for the limits on logins: behind the proxy, the address it adds to X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if SECURE_PROXY_SSL_HEADER else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.SELF],
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = False


def _mailer() -> dict[str, Any]:
    """EMAIL_URL (``smtp+tls://user:password@host:587``, ``filemail:///folder``, ``consolemail://``) as Django's MAILERS wants it."""
    parts = env.email_url("EMAIL_URL", default="consolemail://")
    backend = parts["EMAIL_BACKEND"]
    options: dict[str, Any] = {}
    if backend.endswith("smtp.EmailBackend"):
        options = {
            "host": parts["EMAIL_HOST"],
            "port": parts["EMAIL_PORT"],
            "username": parts["EMAIL_HOST_USER"],
            "password": parts["EMAIL_HOST_PASSWORD"],
            "use_tls": parts.get("EMAIL_USE_TLS", False),
            "use_ssl": parts.get("EMAIL_USE_SSL", False),
            "timeout": 20,
        }
    elif backend.endswith("filebased.EmailBackend"):
        options = {"file_path": "/" + parts["EMAIL_FILE_PATH"].lstrip("/")}
    return {"BACKEND": backend, "OPTIONS": options}


MAILERS = {"default": _mailer()}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "FracOps <fracops@localhost>")

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME / "beat-schedule")
# Sources are pulled by workers of their own: a provider that drips keeps no report and no roll-up waiting.
CELERY_TASK_ROUTES = {"monitoring.pull": {"queue": "pull"}}
CELERY_BEAT_SCHEDULE = {
    "pull what is due": {
        "task": "monitoring.pull_due",
        "schedule": timedelta(seconds=20),
        "options": {"expires": 20},
    },
    "roll up what arrived": {
        "task": "monitoring.roll_up_touched",
        "schedule": timedelta(seconds=20),
        "options": {"expires": 60},
    },
    "forget what retention drops": {"task": "monitoring.forget_expired", "schedule": crontab(minute="20", hour="3")},
    "find sources that bring the same calls": {
        "task": "monitoring.find_doubles",
        "schedule": crontab(minute="50", hour="4"),
    },
    "read feeds of retirements": {
        "task": "clients.read_retirement_feeds",
        "schedule": timedelta(minutes=15),
        "options": {"expires": 900},
    },
    "watch for models that retire": {
        "task": "monitoring.watch_retirements",
        "schedule": crontab(minute="10", hour="5"),
    },
    "plan and send reports": {
        "task": "reports.plan_due",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    "read every client for the portfolio": {
        "task": "fracops.glance_at_all",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    "send invitations": {
        "task": "clients.send_invitations",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "send charters": {
        "task": "clients.send_charter_links",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "hand on what was told to who is away": {
        "task": "clients.stand_in_for_absent",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "write exports": {"task": "fracops.write_exports", "schedule": timedelta(minutes=1), "options": {"expires": 60}},
    "read feeds": {"task": "clients.read_feeds", "schedule": timedelta(minutes=10), "options": {"expires": 600}},
    "send what is due": {"task": "reports.send_due", "schedule": timedelta(minutes=1), "options": {"expires": 60}},
}

INGEST_RATE = env.str("INGEST_RATE", "1200/minute")
"""Requests per source on /v1/traces, in the notation of the `limits` package."""
# Hosts, or host:port, inside a private network that sources may be pulled from.
OUTBOUND_ALLOWED = env.list("OUTBOUND_ALLOWED", default=[])
# Five megabytes of text of any alphabet, as a form sends them: what is too long is then said by the field, with the text still in it.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
# templates/django/forms/ has our own of Django's templates of fields.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
            ],
            "foreign_pre_chain": [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso")],
        },
    },
    "filters": {"no_trace_of_bad_input": {"()": "fracops.badinput.WithoutTrace"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["no_trace_of_bad_input"]}
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    # SQL and request bodies carry clients' text: never at DEBUG.
    "loggers": {
        "django.db.backends": {"level": "INFO"},
        "django.request": {"level": "ERROR"},
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
    },
}

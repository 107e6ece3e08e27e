"""What can be seen of the inside: what is logged and how, and who may read the numbers; docs/operate.md."""

import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from brandkit.common.environment import Environment

FORMATS = {"text": "brandkit.common.logs.Text", "json": "brandkit.common.logs.Json"}


def log_settings(env: Environment) -> dict[str, Any]:
    """Raises ImproperlyConfigured, which names the setting that is wrong."""
    wanted = env.str("BRANDKIT_LOG_FORMAT", "text")
    if wanted not in FORMATS:
        raise ImproperlyConfigured(f"BRANDKIT_LOG_FORMAT must be {' or '.join(FORMATS)}, not {wanted!r}.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": {"()": FORMATS[wanted]}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "chosen"}},
        "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
        "loggers": {
            # Django's own handlers would tell it a second time, in another format.
            "django": {"handlers": [], "level": "INFO"},
            # Huey has a word for every message; what matters of them is in the rows.
            "huey": {"handlers": ["console"], "level": "WARNING", "propagate": False},
            "celery": {"handlers": ["console"], "level": "WARNING", "propagate": False},
            "axes": {"level": "WARNING"},  # four lines for each sign-in otherwise
        },
    }


def metrics_token(env: Environment) -> str:
    """Empty where nobody may read them. Raises ImproperlyConfigured where it is too easily guessed."""
    token = env.str("BRANDKIT_METRICS_TOKEN", "")
    if token and not re.fullmatch(r"[!-~]{16,}", token):
        raise ImproperlyConfigured("BRANDKIT_METRICS_TOKEN must be at least 16 letters, digits or signs.")
    return str(token)

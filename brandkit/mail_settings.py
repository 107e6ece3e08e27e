"""E-mail, from the environment: none unless a server is named."""

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from brandkit.common.environment import Environment

PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 587, "smtp+ssl": 465}
PATIENCE = 20
"""Seconds that a mail server may take for one step."""


def mail(env: Environment, url: str) -> dict[str, Any]:
    """Settings of Django's. url: our own. Raises ImproperlyConfigured, which never shows the password."""
    server = env.str("BRANDKIT_EMAIL_URL", "")
    sender = env.str("BRANDKIT_EMAIL_FROM", "") or f"brandkit@{urlsplit(url).hostname or 'localhost'}"
    if server and not url:
        raise ImproperlyConfigured("Set BRANDKIT_URL beside BRANDKIT_EMAIL_URL: mails link to it.")
    return {
        **(_server(server) if server else {}),
        "DEFAULT_FROM_EMAIL": sender,
        "SERVER_EMAIL": sender,
        "EMAIL_TIMEOUT": PATIENCE,
    }


def own_address(env: Environment) -> str:
    """Where people find this service, with no slash at its end; empty where nobody has said."""
    url = str(env.str("BRANDKIT_URL", "")).rstrip("/")
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query):
        raise ImproperlyConfigured("BRANDKIT_URL must be like https://pictures.example.com.")
    return url


def _server(server: str) -> dict[str, Any]:
    scheme = server.partition("://")[0]
    try:
        given: dict[str, Any] = Environment.email_url_config(server)
    except (ValueError, ImproperlyConfigured):
        given = {}
    if not given or (scheme in PORTS and not given["EMAIL_HOST"]):
        words = (
            "BRANDKIT_EMAIL_URL can't be read. Write it like smtp+tls://name:password@mail.example.com:587, "
        )
        raise ImproperlyConfigured(f"{words}with %40 for an @ in the name or password.")
    given["EMAIL_PORT"] = given["EMAIL_PORT"] or PORTS.get(scheme, 0)
    return given

"""Settings that can be wrong, found at the start. Each has an id that stays."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import connection

from generation.imaging.ratios import RATIOS, SIZES
from generation.limits import all_limits, option
from generation.providers.base import Provider
from generation.providers.registry import Misconfigured, Registry

ABOVE_ZERO = (
    "BRANDKIT_LEASE_SECONDS",
    "BRANDKIT_HEARTBEAT_SECONDS",
    "BRANDKIT_SWEEP_SECONDS",
    "BRANDKIT_MAX_ATTEMPTS",
    "BRANDKIT_WORKER_THREADS",
    "BRANDKIT_STOP_SECONDS",
)

BROKERS = {"huey": ("", "redis", "rediss"), "celery": ("amqp", "amqps", "redis", "rediss")}
"""What the address of an engine's broker may begin with."""
HINTS = {
    "huey": "Leave it out for a file beside the database, which serves one machine.",
    "celery": "Such as amqp://user:password@host:5672// for RabbitMQ.",
}


@register
def check_provider(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """E001: the usual provider is one that there is."""
    known = settings.BRANDKIT_PROVIDERS
    if settings.BRANDKIT_PROVIDER in known:
        return []
    hint = f"Choose one of: {', '.join(sorted(known)) or 'none'}."
    words = f"BRANDKIT_PROVIDER names {settings.BRANDKIT_PROVIDER!r}, which is not in BRANDKIT_PROVIDERS."
    return [Error(words, hint=hint, id="brandkit.E001")]


@register
def check_providers(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """E002: each provider can be built from its settings."""
    return [
        Error(
            problem,
            hint=f"Its settings begin with {_prefix(alias)}: see docs/operate.md.",
            id="brandkit.E002",
        )
        for alias in settings.BRANDKIT_PROVIDERS
        for problem in _problems(alias, settings.BRANDKIT_PROVIDERS[alias])
    ]


def _prefix(alias: str) -> str:
    """How the names of its settings begin in the environment."""
    return f"{alias.replace('-', '_').upper()}_"


def _problems(alias: str, entry: dict[str, Any]) -> Iterator[str]:
    """Without options only its module is looked for: importing the image libraries takes a second."""
    unknown = sorted(set(entry) - {"BACKEND", "OPTIONS"})
    if unknown:
        yield f"Provider {alias!r}: unknown key {unknown[0]!r}; there are BACKEND and OPTIONS."
    try:
        if entry.get("OPTIONS") or not _is_there(entry):
            Registry({alias: entry}).get(alias)
    except Misconfigured as error:
        yield str(error)


def _is_there(entry: dict[str, Any]) -> bool:
    module = str(entry.get("BACKEND", "")).rpartition(".")[0]
    try:
        return bool(module) and find_spec(module) is not None
    except ImportError:
        return False


@register
def check_prices(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """W001: each provider that asks for money has a price for every size that it makes."""
    return [
        Warning(
            f"No price is set for {alias}'s {', '.join(sizes)} pictures: they count as free.",
            hint=f"Set {_prefix(alias)}PRICES, so that the spend is known: see docs/operate.md.",
            id="brandkit.W001",
        )
        for alias, entry in settings.BRANDKIT_PROVIDERS.items()
        if (sizes := _without_price(alias, entry))
    ]


def _without_price(alias: str, entry: dict[str, Any]) -> list[str]:
    """Size classes. Without options there is no key, so nothing to pay for; what is broken, E002 tells."""
    if not entry.get("OPTIONS"):
        return []
    try:
        provider = Registry({alias: entry}).get(alias)
    except Misconfigured:
        return []
    return [size for size in SIZES if size not in provider.prices and _makes(provider, size)]


def _makes(provider: Provider, size: str) -> bool:
    return not all(provider.why_not(ratio=ratio, size=size) for ratio in RATIOS)


@register
def check_addresses(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """W003: no key goes over a network in plain text."""
    return [
        Warning(
            f"{alias} is asked over plain http: whoever is on the way can read its key and the pictures.",
            hint=f"Begin {_prefix(alias)}URL with https://.",
            id="brandkit.W003",
        )
        for alias, entry in settings.BRANDKIT_PROVIDERS.items()
        if _in_plain_text(str(entry.get("OPTIONS", {}).get("url", "")))
    ]


def _in_plain_text(url: str) -> bool:
    """Whether it is plain http to another machine; what is no address, E002 tells."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme != "http" or not parts.hostname:
        return False
    try:
        return not ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname != "localhost"


@register
def check_times(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """E003: numbers are above zero. E004: a lease outlives a heartbeat that comes late."""
    found: list[CheckMessage] = [
        Error(f"{name} must be at least 1.", id="brandkit.E003")
        for name in ABOVE_ZERO
        if getattr(settings, name) < 1
    ]
    if settings.BRANDKIT_LEASE_SECONDS < 2 * settings.BRANDKIT_HEARTBEAT_SECONDS:
        words = "BRANDKIT_LEASE_SECONDS must be at least twice BRANDKIT_HEARTBEAT_SECONDS."
        hint = "Otherwise one late heartbeat loses a claim, and a picture is paid for twice."
        found.append(Error(words, hint=hint, id="brandkit.E004"))
    return found


@register
def check_unknown_outcome(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """E005: what to do about a call that nobody knows the outcome of."""
    if settings.BRANDKIT_UNKNOWN_OUTCOME in ("retry", "hold"):
        return []
    words = f"BRANDKIT_UNKNOWN_OUTCOME is {settings.BRANDKIT_UNKNOWN_OUTCOME!r}; it must be retry or hold."
    return [Error(words, id="brandkit.E005")]


@register
def check_limits(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """W002: providers that share an account name the same limits."""
    return [
        Warning(
            f"{' and '.join(limits.aliases)} share the account {account} and differ in {name}.",
            hint="The strictest limit counts for all of them. Give each the same.",
            id="brandkit.W002",
        )
        for account, limits in all_limits().items()
        for name in ("calls_at_once", "requests_a_minute")
        if len({option(alias, name) for alias in limits.aliases}) > 1
    ]


@register
def check_engine(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """E006: the task engine is one that there is. E007: it has a broker that it can talk to."""
    schemes = BROKERS.get(settings.BRANDKIT_ENGINE)
    if schemes is None:
        words = f"BRANDKIT_ENGINE is {settings.BRANDKIT_ENGINE!r}; it must be {' or '.join(BROKERS)}."
        return [Error(words, id="brandkit.E006")]
    scheme = settings.BRANDKIT_ENGINE_URL.partition("://")[0]
    if scheme in schemes:
        return []
    known = " or ".join(f"{each}://" for each in schemes if each)
    words = (
        f"BRANDKIT_ENGINE_URL must begin with {known} where BRANDKIT_ENGINE is {settings.BRANDKIT_ENGINE}."
    )
    return [Error(words, hint=HINTS[settings.BRANDKIT_ENGINE], id="brandkit.E007")]


@register
def check_reach(app_configs: Sequence[AppConfig] | None = None, **_: Any) -> list[CheckMessage]:
    """W004: workers on other machines need a database and a broker that they reach."""
    if not settings.BRANDKIT_ENGINE_URL or connection.vendor != "sqlite":
        return []
    words = (
        "BRANDKIT_ENGINE_URL names a broker, and the database is a file: workers elsewhere don't reach it."
    )
    return [
        Warning(words, hint="Set DATABASE_URL to PostgreSQL, or leave the broker out.", id="brandkit.W004")
    ]

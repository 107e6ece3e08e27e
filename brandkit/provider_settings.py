"""The providers that the environment names, for `BRANDKIT_PROVIDERS`; see docs/operate.md."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from brandkit.common.environment import Environment
from generation.providers.prices import PriceTable

Entry = dict[str, Any]

NONE: Mapping[str, Any] = {}

# US dollars, Google's standard tier (facts of November 2026). The gateway tells none: there, an estimate.
GEMINI_PRICES = {"1K": "0.134", "2K": "0.134", "4K": "0.24", "input": "0.0011"}


def providers(env: Environment) -> dict[str, Entry]:
    """Alias to BACKEND and OPTIONS: the compositor, and those whose key (or address) is set.

    Raises ImproperlyConfigured, which names the setting that is wrong.
    """
    found = {"compositor": _entry("compositor.Compositor", {})}
    if env.str("WISDOM_GATE_KEY", ""):
        found["wisdom-gate"] = _entry("gemini.Gemini", _options(env, "WISDOM_GATE", prices=GEMINI_PRICES))
    if env.str("GEMINI_KEY", ""):
        found["gemini"] = _entry("gemini.GoogleGemini", _options(env, "GEMINI", prices=GEMINI_PRICES))
    if env.str("IMAGE_JOBS_URL", ""):
        options = {**_object(env, "IMAGE_JOBS_OPTIONS", NONE), **_options(env, "IMAGE_JOBS")}
        if hosts := env.list("IMAGE_JOBS_HOSTS", default=[]):
            options["allow_hosts"] = hosts
        found["image-jobs"] = _entry("image_jobs.ImageJobs", options)
    if env.str("OPENAI_KEY", ""):
        options = _options(env, "OPENAI")
        if quality := env.str("OPENAI_QUALITY", ""):
            options["quality"] = quality
        found["openai"] = _entry("openai_images.OpenAIImages", options)
    return found


def _entry(backend: str, options: dict[str, Any]) -> Entry:
    return {"BACKEND": f"generation.providers.{backend}", "OPTIONS": options}


def _options(env: Environment, prefix: str, *, prices: Mapping[str, Any] = NONE) -> dict[str, Any]:
    """What every paid provider can be told; what nobody said is left to the provider's own default."""
    options = {
        "key": env.str(f"{prefix}_KEY", ""),
        "url": env.str(f"{prefix}_URL", ""),
        "model": env.str(f"{prefix}_MODEL", ""),
        "requests_a_minute": _above_zero(env, f"{prefix}_REQUESTS_A_MINUTE"),
        "calls_at_once": _above_zero(env, f"{prefix}_CALLS_AT_ONCE"),
        "prices": _prices(env, f"{prefix}_PRICES", prices),
    }
    return {name: value for name, value in options.items() if value}


def _above_zero(env: Environment, name: str) -> int | None:
    number: int | None = env.int(name, None)
    if number is not None and number < 1:
        raise ImproperlyConfigured(f"{name} is {number}; it must be at least 1. Leave it out for no limit.")
    return number


def _prices(env: Environment, name: str, usual: Mapping[str, Any]) -> Mapping[str, Any]:
    prices = _object(env, name, usual)
    try:
        PriceTable(prices)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error
    return prices


def _object(env: Environment, name: str, usual: Mapping[str, Any]) -> Mapping[str, Any]:
    value = env.json(name, usual)
    if not isinstance(value, Mapping):
        raise ImproperlyConfigured(f'{name} must be a JSON object, such as {{"name": "value"}}.')
    return value

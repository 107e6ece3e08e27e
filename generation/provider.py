"""The providers of this install, as its settings name them."""

from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

from brandkit.common.errors import Invalid
from generation.imaging.ratios import MODEL_PIXELS
from generation.providers.base import Provider
from generation.providers.registry import Misconfigured, Registry, UnknownProvider
from templates_app.models import OutputFormat


def get_provider(alias: str) -> Provider:
    """The provider of that alias. Raises Invalid for one that there is not, naming those that there are."""
    try:
        return _registry().get(alias)
    except UnknownProvider as error:
        raise Invalid(str(error)) from error
    except Misconfigured as error:
        raise ImproperlyConfigured(str(error)) from error


def get_providers() -> list[Provider]:
    """All of them, the usual one first."""
    others = [alias for alias in settings.BRANDKIT_PROVIDERS if alias != settings.BRANDKIT_PROVIDER]
    return [get_provider(alias) for alias in (settings.BRANDKIT_PROVIDER, *others)]


def price_of(provider: Provider, *, size: str, pictures: int) -> Decimal | None:
    """About what one picture costs, in US dollars; None where nobody has set a price for that size.

    pictures: so many are sent with it. What is computed on this machine is free.
    """
    if provider.computes or size in provider.prices:
        return provider.price(size=size, pictures=pictures)
    return None


def why_not(provider: Provider, output_format: OutputFormat) -> str:
    """One sentence why `provider` can't make pictures for that format; empty when it can."""
    reason = provider.why_not(ratio=output_format.ratio, size=output_format.size)
    if reason:
        return reason
    width, height = MODEL_PIXELS[output_format.ratio][output_format.size]
    if output_format.width <= width and output_format.height <= height:
        return ""
    return (
        f"The format {output_format.slug} needs {output_format.width} × {output_format.height} pixels; a "
        f"{output_format.ratio} picture at {output_format.size} has only {width} × {height}, and pictures "
        "are never enlarged. Choose a larger size."
    )


@cache
def _registry() -> Registry:
    return Registry(settings.BRANDKIT_PROVIDERS)


@receiver(setting_changed)
def _forget(*, setting: str, **_: Any) -> None:
    if setting == "BRANDKIT_PROVIDERS":
        _registry.cache_clear()

"""The providers of this install, and what they can make."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from brandkit.common.errors import Invalid
from generation.provider import get_provider, get_providers, price_of, why_not
from templates_app.models import OutputFormat

FAKE = "generation.providers.fake.Fake"


@pytest.fixture(autouse=True)
def fake(settings: Any) -> None:
    settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": FAKE}, "broken": {"BACKEND": "nowhere.Nobody"}}


def a_format(width: int, height: int, ratio: str = "4:5", size: str = "1K") -> OutputFormat:
    return OutputFormat(slug="poster", width=width, height=height, ratio=ratio, size=size)


def test_it_knows_the_providers_of_the_settings(settings: Any) -> None:
    assert get_provider("fake").alias == "fake"
    settings.BRANDKIT_PROVIDERS = {"other": {"BACKEND": FAKE}}
    with pytest.raises(Invalid, match=r"There is no provider 'fake'\. There is: other\."):
        get_provider("fake")


def test_it_blames_the_settings_for_a_provider_that_is_broken() -> None:
    with pytest.raises(ImproperlyConfigured, match="Provider 'broken'"):
        get_provider("broken")


@pytest.mark.parametrize(("width", "height"), [(928, 1152), (100, 100), (928, 1)])
def test_it_makes_what_fits_into_its_pictures(width: int, height: int) -> None:
    assert why_not(get_provider("fake"), a_format(width, height)) == ""


@pytest.mark.parametrize(("width", "height"), [(929, 1152), (928, 1153)])
def test_it_never_enlarges(width: int, height: int) -> None:
    assert why_not(get_provider("fake"), a_format(width, height)) == (
        f"The format poster needs {width} × {height} pixels; a 4:5 picture at 1K has only 928 × 1152, and "
        "pictures are never enlarged. Choose a larger size."
    )


def test_it_passes_on_what_the_provider_can_not_make(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = get_provider("fake")
    monkeypatch.setattr(type(provider), "ratios", frozenset({"1:1"}))
    assert why_not(provider, a_format(10, 10)) == "Fake does not make 4:5 pictures; it makes 1:1."


def test_it_offers_the_usual_one_first(settings: Any) -> None:
    settings.BRANDKIT_PROVIDERS = {alias: {"BACKEND": FAKE} for alias in ("one", "two", "three")}
    settings.BRANDKIT_PROVIDER = "two"
    assert [provider.alias for provider in get_providers()] == ["two", "one", "three"]


def test_it_tells_free_from_no_price_set(settings: Any) -> None:
    prices = {"1K": "0.134", "input": "0.0011"}
    settings.BRANDKIT_PROVIDERS = {
        "fake": {"BACKEND": FAKE, "OPTIONS": {"prices": prices}},
        "compositor": {"BACKEND": "generation.providers.compositor.Compositor"},
    }
    fake, free = get_provider("fake"), get_provider("compositor")
    assert price_of(fake, size="1K", pictures=2) == Decimal("0.1362")
    assert price_of(fake, size="4K", pictures=2) is None
    assert price_of(free, size="4K", pictures=2) == 0

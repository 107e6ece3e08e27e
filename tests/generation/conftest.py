"""A brand, those who make and curate pictures for it, and a provider that does as it is told."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.dispatch import receiver

from brandkit.accounts.models import Brand, Role, User
from generation.models import Generation, Output
from generation.signals import output_ready
from tests.factories import make_brand, make_generation, make_user
from tests.generation.scripts import Script


@pytest.fixture
def brand() -> Brand:
    return make_brand()


@pytest.fixture
def designer(brand: Brand) -> User:
    return make_user(brand)


@pytest.fixture
def curator(brand: Brand) -> User:
    return make_user(brand, Role.CURATOR)


@pytest.fixture
def scripted(settings: Any) -> Script:
    """Makes a generation whose provider follows these steps."""

    def make(*steps: dict[str, Any], **fields: Any) -> Generation:
        fake = {"BACKEND": "generation.providers.fake.Fake", "OPTIONS": {"script": list(steps)}}
        settings.BRANDKIT_PROVIDERS = {"fake": fake}
        return make_generation(make_brand(), **{"provider": "fake", **fields})

    return make


@pytest.fixture
def outputs_told() -> Iterator[list[Output]]:
    """Every output that the signal told of."""
    told: list[Output] = []

    @receiver(output_ready)
    def listen(output: Output, **_: Any) -> None:
        told.append(output)

    yield told
    output_ready.disconnect(listen)

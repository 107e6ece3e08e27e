"""A provider that does as it is told, and an ear for what comes out."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.dispatch import receiver

from generation.engine import claims, store_brake
from generation.models import Generation, Output
from generation.signals import output_ready
from tests.factories import make_brand, make_generation
from tests.generation.scripts import Script


@pytest.fixture(autouse=True)
def worker_is_new() -> Iterator[None]:
    """No test waits because another one's store was full, nor holds what another one claimed."""
    yield
    store_brake._failed.clear()
    claims._held.clear()


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

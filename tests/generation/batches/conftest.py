"""Where no worker listens: what is told to workers is counted instead."""

from typing import Any

import pytest
from django.test import Client

from brandkit.accounts.models import User
from generation import tasks
from tests.generation.batches.pages import FAKE


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages were sent, each time some were."""
    times: list[int] = []
    monkeypatch.setattr(tasks, "dispatch", lambda count=1: times.append(count))
    return times


@pytest.fixture
def providers(settings: Any) -> None:
    """One with a price, which is the usual one, and one without."""
    settings.BRANDKIT_PROVIDERS = {
        "fake": {"BACKEND": FAKE, "OPTIONS": {"prices": {"1K": "0.5"}}},
        "other": {"BACKEND": FAKE},
    }
    settings.BRANDKIT_PROVIDER = "fake"


@pytest.fixture
def client(designer: User) -> Client:
    client = Client()
    client.force_login(designer)
    return client

"""Where no worker listens: what is told to workers is counted instead."""

import pytest

from generation import tasks


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many messages were sent, each time some were."""
    times: list[int] = []
    monkeypatch.setattr(tasks, "dispatch", lambda count=1: times.append(count))
    return times

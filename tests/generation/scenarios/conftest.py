"""What all scenarios stand on."""

import pytest

from generation.engine import ends

pytest.register_assert_rewrite("tests.generation.scenarios.play")


@pytest.fixture(autouse=True)
def longest_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause between two tries is random, and may be none at all: here it is always its longest."""
    monkeypatch.setattr(ends._random, "uniform", lambda shortest, longest: longest)

"""What all scenarios stand on."""

import logging
from collections.abc import Iterator
from itertools import chain

import pytest

from generation.engine import ends
from tests.generation.scenarios import canaries
from tests.standins import image_jobs, openai_images

pytest.register_assert_rewrite("tests.generation.scenarios.play")


@pytest.fixture(autouse=True)
def longest_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause between two tries is random, and may be none at all: here it is always its longest."""
    monkeypatch.setattr(ends._random, "uniform", lambda shortest, longest: longest)


@pytest.fixture(autouse=True)
def nothing_leaks(
    db: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[None]:
    """After every scenario: no key and no base64 of ours in a row, a file, a log or what was printed."""
    for standin in (image_jobs, openai_images):
        monkeypatch.setattr(standin, "KEY", canaries.KEY)
    for name in (None, *logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)
    yield
    out, err = capfd.readouterr()
    records = [*caplog.get_records("setup"), *caplog.get_records("call")]
    printed = [("output", out), ("errors", err)]
    canaries.check(chain(printed, canaries.logs(records), canaries.rows(), canaries.files()))

"""A real worker process that is killed, or stopped, in the middle of its job."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from generation.models import Attempt, Generation, Output, WorkerSign
from generation.tasks import dispatch
from tests.factories import make_brand, make_generation
from tests.standins.halting_store import HALT
from tests.standins.processes import call_log, calls, eventually, process

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]
NEVER = "/nobody/makes/this"


@pytest.fixture
def halt() -> Iterator[Path]:
    HALT.touch()
    yield HALT
    HALT.unlink(missing_ok=True)


@pytest.fixture
def go() -> Path:
    """The provider's call waits until this file is there."""
    return call_log().with_name("go")


def wanted() -> Generation:
    generation = make_generation(make_brand(), provider="fake")
    dispatch()
    return generation


def ended(generation: Generation) -> str:
    """The state it ended with, once it has."""
    generation.refresh_from_db()
    return generation.state if generation.has_ended else ""


def outcomes(generation: Generation) -> list[str]:
    return list(generation.attempts.values_list("outcome", flat=True))


def test_it_makes_the_picture_again_when_killed_in_the_call() -> None:
    generation = wanted()
    script = [{"do": "picture", "until": NEVER}, {"do": "picture"}]
    with process("work", script=script) as first:
        eventually(lambda: calls() == 1, of=first)
        first.kill()
        first.wait()
    assert outcomes(generation) == ["unknown"]
    with process("work", script=script) as second:
        assert eventually(lambda: ended(generation), of=second) == "succeeded"
    assert (outcomes(generation), calls()) == (["unknown", "picture"], 2)
    assert Output.objects.count() == 1


def test_it_pays_for_no_second_call_when_killed_in_the_finish(halt: Path) -> None:
    generation = wanted()
    script: list[dict[str, Any]] = [{"do": "picture"}]
    with process("work", script=script) as first:
        eventually(lambda: Generation.objects.exclude(fetched=""), of=first)
        first.kill()
        first.wait()
    halt.unlink()
    with process("work", script=script) as second:
        assert eventually(lambda: ended(generation), of=second) == "succeeded"
    assert (outcomes(generation), calls()) == (["picture"], 1)
    assert Output.objects.count() == 1


def test_it_finishes_its_work_when_told_to_stop(go: Path) -> None:
    generation = wanted()
    with process("work", script=[{"do": "picture", "until": str(go)}]) as worker:
        eventually(lambda: calls() == 1, of=worker)
        assert WorkerSign.objects.count() == 1
        worker.terminate()
        go.touch()
        assert worker.wait(60) == 0
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation)) == ("succeeded", ["picture"])
    assert WorkerSign.objects.count() == 0


def test_it_hands_back_what_takes_too_long_when_told_to_stop() -> None:
    generation = wanted()
    patience = {"BRANDKIT_STOP_SECONDS": "1", "BRANDKIT_LEASE_SECONDS": "600"}
    with process("work", script=[{"do": "picture", "until": NEVER}], **patience) as worker:
        eventually(lambda: calls() == 1, of=worker)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    assert list(Generation.objects.claimable(timezone.now())) == [generation]
    assert Attempt.objects.get().outcome == "unknown"

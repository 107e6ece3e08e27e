"""Real workers that end while a vendor's job goes on: the next one asks for the same job."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.utils import timezone

from generation.models import Generation
from generation.tasks import dispatch
from tests.generation.scripts import outcomes, wanted
from tests.standins.polling import jobs_asked_for, polling
from tests.standins.processes import Process, eventually, process

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


@contextmanager
def worker(folder: Path, **changes: str) -> Iterator[Process]:
    """Of one thread, so that nobody but a busy one could hear of the end."""
    entry = polling(folder / "done", folder / "log")
    environment = {"TEST_PROVIDERS": json.dumps({"fake": entry}), "BRANDKIT_WORKER_THREADS": "1"}
    with process("work", script=[], **environment, **changes) as running:
        yield running


def announced() -> Generation:
    generation = wanted()
    dispatch()
    return generation


def noted(generation: Generation) -> bool:
    return generation.attempts.exclude(job="").exists()


def ends_well(generation: Generation, folder: Path) -> None:
    (folder / "done").touch()
    with worker(folder) as second:
        eventually(lambda: Generation.objects.filter(state="succeeded"), of=second)
    assert jobs_asked_for(folder / "log") == ["", "job-1"]
    assert outcomes(generation) == ["unknown", "picture"]
    assert [attempt.job for attempt in generation.attempts.all()] == ["job-1", "job-1"]


def test_it_leaves_a_job_to_the_next_worker_when_told_to_stop(tmp_path: Path) -> None:
    generation = announced()
    with worker(tmp_path, BRANDKIT_LEASE_SECONDS="600") as first:
        eventually(lambda: noted(generation), of=first)
        first.send_signal(signal.SIGTERM)
        assert first.wait(60) == 0
    generation.refresh_from_db()
    assert (generation.state, generation.tries, outcomes(generation)) == ("queued", 0, ["unknown"])
    ends_well(generation, tmp_path)


def test_it_goes_on_with_the_job_of_a_worker_that_was_killed(tmp_path: Path) -> None:
    generation = announced()
    with worker(tmp_path) as first:
        eventually(lambda: noted(generation), of=first)
        first.kill()
        first.wait()
    Generation.objects.update(lease_until=timezone.now())
    ends_well(generation, tmp_path)

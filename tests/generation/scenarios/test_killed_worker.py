"""A real worker ends while a vendor's job is at work: the next one asks for that job, paid only once."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import LazySettings
from django.utils import timezone

from generation.models import Generation
from generation.tasks import dispatch
from tests.generation.scenarios.play import outcomes, spend, use, wanted
from tests.generation.scenarios.scenario import PICTURE
from tests.standins.image_jobs import Api, image_jobs_server
from tests.standins.processes import Process, eventually, process

pytestmark = [pytest.mark.worker, pytest.mark.one_database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def api(settings: LazySettings) -> Iterator[Api]:
    """Its jobs are at work until it is told to finish them."""
    with image_jobs_server(running=10**6) as server:
        use(settings, "image_jobs.ImageJobs", key=server.key, url=server.url, longest_pause=1)
        yield server


@contextmanager
def worker(settings: LazySettings, **changes: str) -> Iterator[Process]:
    providers = json.dumps(settings.BRANDKIT_PROVIDERS)
    with process("work", script=[], TEST_PROVIDERS=providers, **changes) as running:
        yield running


def asked_for() -> Generation:
    generation = wanted()
    dispatch()
    return generation


def ends_well(generation: Generation, api: Api, settings: LazySettings) -> None:
    """The next worker asks for the same job, and only one picture is paid."""
    looked = len(api.polls)
    api.finish_jobs()
    with worker(settings) as second:
        eventually(lambda: Generation.objects.filter(state="succeeded"), of=second)
    assert (len(api.posts), len(api.polls)) == (1, looked + 1)
    assert {poll.path for poll in api.polls} == {"/v1/jobs/job-1"}
    assert (outcomes(generation), spend(generation)) == (("unknown", "picture"), PICTURE)
    assert [attempt.job for attempt in generation.attempts.all()] == ["job-1", "job-1"]
    assert [len(attempt.sent) for attempt in generation.attempts.order_by("number")] == [2, 0]


def test_it_pays_once_when_killed_while_it_polls(api: Api, settings: LazySettings) -> None:
    generation = asked_for()
    with worker(settings) as first:
        eventually(lambda: api.polls, of=first)
        first.send_signal(signal.SIGKILL)
        first.wait()
    Generation.objects.update(lease_until=timezone.now())
    ends_well(generation, api, settings)


def test_it_pays_once_when_told_to_stop_while_it_polls(api: Api, settings: LazySettings) -> None:
    generation = asked_for()
    with worker(settings, BRANDKIT_LEASE_SECONDS="600") as first:
        eventually(lambda: api.polls, of=first)
        first.send_signal(signal.SIGTERM)
        assert first.wait(60) == 0
    generation.refresh_from_db()
    assert (generation.state, generation.tries, outcomes(generation)) == ("queued", 0, ("unknown",))
    ends_well(generation, api, settings)

"""Every fault that the flat job API's stand-in knows, through the whole engine."""

from collections.abc import Callable
from itertools import chain, repeat
from typing import Any

import pytest

from brandkit.common.storage import digest
from generation.engine.jobs import NotedJob
from generation.models import Generation
from generation.provider_accounts import resume
from generation.providers import image_jobs
from generation.providers.wire.fetch import fetch
from tests.generation.scenarios.image_jobs_table import ASKED, FETCHED, POLLED
from tests.generation.scenarios.play import (
    IMPATIENT,
    PATIENT,
    check_the_end,
    check_the_first_call,
    outcomes,
    spend,
    to_the_end,
    turn,
    use,
    wanted,
)
from tests.generation.scenarios.scenario import PICTURE, Scenario
from tests.standins import image_jobs as standin
from tests.standins.gemini.pictures import picture as drawn
from tests.standins.image_jobs import FAULTS, FILE_FAULTS, Api, image_jobs_server

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
DAWDLES = {"silent", "trickle"}


def picture(width: int, height: int, name: str) -> bytes:
    """Another one for each name."""
    return drawn(width, height, kind="JPEG", hue=sum(name.encode()) % 360)


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes between two looks at a job, and pictures are quick to open."""
    monkeypatch.setattr(standin, "picture", picture)
    monkeypatch.setattr(NotedJob, "pause", lambda self, seconds: True)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """impatient(looks=1, fetches=3): so many of them are given up soon, and no other."""

    def be(*, looks: int = 0, fetches: int = 0) -> None:
        look_seconds = chain([0.5] * looks, repeat(PATIENT))
        fetch_seconds = chain([0.3] * fetches, repeat(PATIENT))

        def pause(self: NotedJob, seconds: float) -> bool:
            monkeypatch.setattr(image_jobs, "POLL_SECONDS", next(look_seconds))
            return True

        def fetch_in_time(url: str, **more: Any) -> int:
            return fetch(url, seconds=next(fetch_seconds), **more)

        monkeypatch.setattr(NotedJob, "pause", pause)
        monkeypatch.setattr(image_jobs, "fetch", fetch_in_time)

    return be


def connect(settings: Any, server: Api, **options: Any) -> None:
    given = {"key": server.key, "url": server.url, "allow_hosts": [host(server)], **options}
    use(settings, "image_jobs.ImageJobs", **given)


def host(server: Api) -> str:
    """Where finished pictures lie."""
    return server.files.root.removeprefix("http://")


def play(settings: Any, server: Api, scenario: Scenario, *, seconds: float = PATIENT) -> Generation:
    connect(settings, server, seconds=seconds)
    generation = wanted()
    assert turn(generation) == 1
    check_the_first_call(generation, scenario)
    connect(settings, server)
    to_the_end(generation)
    check_the_end(generation, scenario)
    if generation.state == "succeeded":
        job = f"job-{len(server.posts)}"
        names = (job, "moved")  # there is one more name, of a picture that has moved
        assert generation.output.sha256 in {digest(picture(1024, 1024, name)) for name in names}
    return generation


def test_it_tells_of_every_fault_that_there_is() -> None:
    assert set(ASKED) == set(POLLED) == set(FAULTS)
    assert set(FETCHED) == set(FILE_FAULTS)


@pytest.mark.parametrize("name", ASKED)
def test_it_ends_well_after_asking(name: str, settings: Any) -> None:
    scenario = ASKED[name]
    with image_jobs_server(name) as server:
        play(settings, server, scenario, seconds=IMPATIENT if name in DAWDLES else PATIENT)
        assert len(server.posts) == len(scenario.outcomes)
        assert len(server.polls) == (1 if name == "odd_status" else 0)


POLLS = {
    # outcomes: pictures asked for, looks at jobs
    ("picture",): (1, 3),  # the fault, at work, done
    ("stopped",): (1, 1),
    ("refused",): (1, 1),
    ("later", "picture"): (2, 3),
}


@pytest.mark.parametrize("name", POLLED)
def test_it_ends_well_after_looking_at_a_job(
    name: str, settings: Any, impatient: Callable[..., None]
) -> None:
    scenario = POLLED[name]
    impatient(looks=1 if name in DAWDLES else 0)
    with image_jobs_server(running=1, polls=[name]) as server:
        generation = play(settings, server, scenario)
        assert (len(server.posts), len(server.polls)) == POLLS[scenario.outcomes]
    assert [attempt.job for attempt in generation.attempts.order_by("number")] == [
        f"job-{number}" for number, _ in enumerate(scenario.outcomes, 1)
    ]


FETCHES = {
    # outcomes: pictures asked for, looks at jobs, files asked for
    ("picture",): (1, 1, 4),
    ("stopped",): (1, 1, 1),
    ("unknown", "picture"): (1, 2, 4),
}


@pytest.mark.parametrize("name", FETCHED)
def test_it_ends_well_after_fetching(name: str, settings: Any, impatient: Callable[..., None]) -> None:
    impatient(fetches=3 if name in DAWDLES else 0)
    with image_jobs_server(running=0, outputs="url", fetches=[name] * 3) as server:
        scenario = FETCHED[name].named(files=host(server))
        play(settings, server, scenario)
        asked = (len(server.posts), len(server.polls), len(server.files.seen))
        assert asked == FETCHES[scenario.outcomes]


@pytest.mark.parametrize("name", sorted(set(FILE_FAULTS) - DAWDLES - {"moved", "to_private", "to_file"}))
def test_it_fetches_once_more_before_anything_else(name: str, settings: Any) -> None:
    with image_jobs_server(outputs="url", fetches=[name]) as server:
        connect(settings, server)
        generation = wanted()
        turn(generation)
        assert (generation.state, outcomes(generation), spend(generation)) == (
            "succeeded",
            ("picture",),
            PICTURE,
        )
        assert (len(server.posts), len(server.files.seen)) == (1, 2)


def test_it_asks_for_the_same_job_while_it_is_at_work(settings: Any) -> None:
    words = "Image jobs was not done after 0.05 s (last seen: “running”)."
    with image_jobs_server(running=10**6) as server:
        connect(settings, server, budget=0.05)
        generation = wanted()
        turn(generation)
        to_the_end(generation)
        assert (generation.state, outcomes(generation)) == ("failed", ("unknown",) * 4)
        assert spend(generation) == PICTURE
        assert (
            generation.failure_words
            == f"It did not work after 4 tries. The last one: {words} Try again later."
        )
        assert len(server.posts) == 1


def test_it_keeps_the_job_while_the_operator_allows_its_host(settings: Any) -> None:
    with image_jobs_server(running=0, outputs="url") as server:
        connect(settings, server, allow_hosts=[])
        generation = wanted()
        turn(generation)
        to_the_end(generation)
        assert (generation.state, outcomes(generation)) == ("queued", ("stopped",))
        connect(settings, server)
        resume("vendor", by=None)
        turn(generation)
        assert (generation.state, outcomes(generation)) == ("succeeded", ("stopped", "picture"))
        assert (len(server.posts), spend(generation)) == (1, PICTURE)

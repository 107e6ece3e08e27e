"""Jobs that take their time: polled, handed back, taken up again, and paid for once."""

from typing import Any

import pytest

from generation.providers import image_jobs
from generation.providers.base import Made, Stopped, TryLater
from tests.generation.providers.image_jobs import (
    INPUTS,
    NOTHING,
    PRICE,
    RUBBISH,
    Waiting,
    make,
)
from tests.standins.image_jobs import image_jobs_server, picture


def test_it_follows_a_job_with_growing_pauses() -> None:
    job = Waiting()
    with image_jobs_server(running=8) as server:
        result, made = make(server, job)
    assert isinstance(result, Made)
    assert made == picture(1024, 1024, "job-1")
    assert (result.cost, result.response_id, job.noted) == (PRICE, "job-1", ["job-1"])
    assert job.pauses == [1.0, 1.5, 2.25, 3.375, 5.062, 7.594, 11.391, 15, 15]
    assert (len(server.posts), len(server.polls)) == (1, 9)


def test_it_keeps_the_number_before_it_asks_for_it() -> None:
    polls_when_noted: list[int] = []

    class Looking(Waiting):
        def note(self, id: str) -> None:
            polls_when_noted.append(len(server.polls))
            super().note(id)

    with image_jobs_server(running=0) as server:
        make(server, Looking())
    assert polls_when_noted == [0]


def test_it_asks_for_an_earlier_job_and_pays_nothing() -> None:
    with image_jobs_server(running=1) as server:
        first, nothing = make(server, Waiting(stops_at=1))
        then, made = make(server, Waiting("job-1"))
    assert (first.code, first.job_goes_on, first.unknown, first.cost) == ("handed_back", True, False, PRICE)
    assert (first.response_id, first.parameters["size"], nothing) == ("job-1", "1024x1024", b"")
    assert isinstance(then, Made)
    assert (then.cost, made) == (NOTHING, picture(1024, 1024, "job-1"))
    assert (len(server.posts), len(server.polls)) == (1, 2)


@pytest.mark.parametrize(
    "poll",
    [
        "broken",
        "bad_gateway",
        "overloaded",
        "gateway_time_out",
        "time_out",
        "bad_input",
        "reset",
        "reset_in_body",
        "cut_off",
        "web_page",
        "empty",
        "array",
        "odd_status",
    ],
)
def test_a_poll_that_fails_is_not_a_job_that_failed(poll: str) -> None:
    with image_jobs_server(running=0, polls=[poll, poll]) as server:
        result, made = make(server)
    assert isinstance(result, Made)
    assert (result.cost, made) == (PRICE, picture(1024, 1024, "job-1"))
    assert (len(server.posts), len(server.polls)) == (1, 3)


@pytest.mark.parametrize("poll", ["silent", "trickle"])
def test_a_poll_ends_in_time(poll: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_jobs, "POLL_SECONDS", 0.3)
    with image_jobs_server(running=0, polls=[poll]) as server:
        result, _ = make(server)
    assert isinstance(result, Made)
    assert len(server.polls) == 2


def test_it_waits_as_long_as_a_poll_is_told() -> None:
    job = Waiting()
    with image_jobs_server(running=1, polls=["slow_down"]) as server:
        result, _ = make(server, job)
    assert isinstance(result, Made)
    assert job.pauses == [1.0, 7.0, 2.25]


def test_it_gives_the_job_up_for_now_when_its_time_is_spent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = Waiting()
    monkeypatch.setattr(image_jobs, "monotonic", lambda: job.waited)
    with image_jobs_server(running=99) as server:
        result, made = make(server, job, budget=60)
    assert isinstance(result, TryLater)
    assert (result.code, result.unknown, result.job_goes_on) == ("still_running", True, True)
    assert (result.cost, result.response_id, made) == (PRICE, "job-1", b"")
    assert result.words == ("Image jobs was not done after 60 s (last seen: “running”).")
    assert sum(job.pauses) == pytest.approx(60)
    assert len(server.posts) == 1


def test_it_costs_nothing_more_where_an_earlier_job_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    job = Waiting("job-1")
    monkeypatch.setattr(image_jobs, "monotonic", lambda: job.waited)
    with image_jobs_server(running=99) as server:
        make(server, Waiting(stops_at=1))
        result, _ = make(server, job, budget=60)
    assert (result.code, result.cost) == ("still_running", NOTHING)


def test_it_begins_anew_where_the_job_is_lost() -> None:
    with image_jobs_server() as server:
        result, _ = make(server, Waiting("job-9"))
    assert isinstance(result, TryLater)
    assert (result.code, result.job_goes_on, result.cost, result.http_status) == (
        "job_lost",
        False,
        NOTHING,
        404,
    )
    assert result.words == "Image jobs no longer knows the job."
    assert server.posts == []


@pytest.mark.parametrize("poll", ["bad_key", "no_credit", "forbidden", "moved"])
def test_it_stops_where_a_poll_is_refused_for_good(poll: str) -> None:
    with image_jobs_server(running=0, polls=[poll]) as server:
        result, _ = make(server)
    assert isinstance(result, Stopped)
    assert result.cost == PRICE
    assert len(server.polls) == 1


def test_a_job_that_failed_costs_its_inputs_and_is_begun_anew() -> None:
    with image_jobs_server(running=0, polls=["failed"]) as server:
        result, made = make(server)
    assert isinstance(result, TryLater)
    assert (result.code, result.cost, result.job_goes_on, made) == ("job_failed", INPUTS, False, b"")
    assert (result.vendor_code, result.vendor_words) == ("worker_lost", "The worker broke down.")
    assert result.words == (
        "Image jobs began the picture and did not finish it. It said: “The worker broke down”."
    )


def test_it_follows_a_job_whose_status_it_does_not_know() -> None:
    with image_jobs_server("odd_status", running=0) as server:
        result, _ = make(server)
    assert isinstance(result, Made)
    assert len(server.posts) == 1


def test_it_takes_numbers_for_jobs() -> None:
    job = Waiting()
    with image_jobs_server({"status": "queued", "request_id": 4711}) as server:
        result, _ = make(server, job)
    assert (result.code, job.noted, server.polls[0].path) == ("job_lost", ["4711"], "/v1/jobs/4711")


def test_it_asks_for_a_job_of_any_name_at_its_own_address() -> None:
    with image_jobs_server() as server:
        make(server, Waiting("../../etc?x=1#y"))
    assert [seen.path for seen in server.polls] == ["/v1/jobs/..%2F..%2Fetc%3Fx%3D1%23y"]


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_it_survives_any_answer_to_a_poll(rubbish: Any) -> None:
    with image_jobs_server(running=0, polls=[rubbish]) as server:
        result, made = make(server)
    assert isinstance(result, Made | Stopped | TryLater)
    assert (made == b"") == (not isinstance(result, Made))
    assert len(server.posts) == 1

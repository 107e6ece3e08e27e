"""The flat job API, asked for real: our provider against the stand-in."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest

from generation.providers import image_jobs
from generation.providers.base import (
    Failed,
    Job,
    Made,
    Picture,
    PictureRequest,
    Refused,
    Stopped,
    TryLater,
)
from generation.providers.image_jobs import ImageJobs
from tests.generation.imaging.photos import gradient, saved
from tests.standins.image_jobs import KEY, Api, image_jobs_server, picture

PRICES = {"1K": "0.10", "2K": "0.20", "4K": "0.40", "input": "0.01"}
PRICE, INPUTS, NOTHING = Decimal("0.12"), Decimal("0.02"), Decimal(0)
Ending = Failed | Stopped | TryLater
QUICK = {"1K": 0.3}


def a_picture(role: str, format: str = "JPEG") -> Picture:
    data = saved(gradient(), format)
    return Picture(
        role=role, data=data, media_type=f"image/{format.lower()}", width=96, height=64, sha256=role * 8
    )


def a_request(**changes: Any) -> PictureRequest:
    usual = {
        "prompt": "A lamp on a table",
        "ratio": "1:1",
        "size": "1K",
        "subject": a_picture("subject"),
        "scene": a_picture("scene", "WEBP"),
        "seed": 7,
    }
    return PictureRequest(**{**usual, **changes})


class Waiting(Job):
    """Passes the time of its pauses without spending it. stops_at: the pause in which the process stops."""

    def __init__(self, id: str = "", *, stops_at: int | None = None) -> None:
        super().__init__(id)
        self.pauses: list[float] = []
        self.noted: list[str] = []
        self._stops_at = stops_at

    def note(self, id: str) -> None:
        super().note(id)
        self.noted.append(id)

    def pause(self, seconds: float) -> bool:
        self.pauses.append(round(seconds, 3))
        clock.now += seconds
        return len(self.pauses) != self._stops_at


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


clock = Clock()


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    clock.now = 1000.0
    monkeypatch.setattr(image_jobs, "monotonic", clock)


def provider(server: Api, **options: Any) -> ImageJobs:
    usual = {"url": server.url, "key": server.key, "prices": PRICES}
    return ImageJobs(alias="jobs", options={**usual, **options})


def make(server: Api, job: Job | None = None, **options: Any) -> tuple[Any, bytes]:
    """Result and the bytes in the sink."""
    sink = BytesIO()
    result = provider(server, **options).make(a_request(), sink, job or Waiting())
    assert KEY not in repr(result)
    return result, sink.getvalue()


def files_of(server: Api) -> list[str]:
    return [f"127.0.0.1:{server.files.server_port}"]


def test_it_sends_both_pictures_and_keeps_the_one_that_comes() -> None:
    job = Waiting()
    with image_jobs_server() as server:
        result, made = make(server, job)
    assert isinstance(result, Made)
    assert made == picture(1024, 1024, "job-1")
    assert (result.cost, result.http_status, result.response_id) == (PRICE, 200, "job-1")
    assert result.bytes_received > len(made)
    assert result.parameters == {"size": "1024x1024", "n": 1, "seed": 7}
    assert (result.vendor_code, result.vendor_words, result.notes) == ("", "", ())
    body = server.posts[0].body
    assert set(body) == {"prompt", "subject_image", "reference_image", "size", "n", "seed"}
    assert (job.noted, job.pauses, len(server.seen)) == ([], [], 1)


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"frame": "aspect_ratio"}, {"aspect_ratio": "1:1", "n": 1, "seed": 7}),
        ({"model": "flat-1"}, {"size": "1024x1024", "n": 1, "seed": 7, "model": "flat-1"}),
        ({"fields": {"strength": 0.5}}, {"size": "1024x1024", "n": 1, "seed": 7, "strength": 0.5}),
    ],
)
def test_it_sends_what_its_options_say(options: dict[str, Any], sent: dict[str, Any]) -> None:
    with image_jobs_server() as server:
        result, _ = make(server, **options)
    body = server.posts[0].body
    assert result.parameters == sent
    assert {name: value for name, value in body.items() if name in sent} == sent


def test_it_sends_no_seed_where_there_is_none() -> None:
    with image_jobs_server() as server:
        result = provider(server).make(a_request(seed=None), BytesIO(), Waiting())
    assert result.parameters == {"size": "1024x1024", "n": 1}
    assert "seed" not in server.posts[0].body


def test_it_needs_both_pictures() -> None:
    with image_jobs_server() as server, pytest.raises(ValueError, match="a subject and a scene"):
        provider(server).make(a_request(scene=None), BytesIO(), Waiting())
    assert server.seen == []


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


def test_it_gives_the_job_up_for_now_when_its_time_is_spent() -> None:
    job = Waiting()
    with image_jobs_server(running=99) as server:
        result, made = make(server, job, budget=60)
    assert isinstance(result, TryLater)
    assert (result.code, result.unknown, result.job_goes_on) == ("still_running", True, True)
    assert (result.cost, result.response_id, made) == (PRICE, "job-1", b"")
    assert result.words == (
        "Image jobs was not done after 1 min (last seen: “running”). The same job is asked for again later."
    )
    assert sum(job.pauses) == pytest.approx(60)
    assert len(server.posts) == 1


def test_it_costs_nothing_more_where_an_earlier_job_is_not_done() -> None:
    with image_jobs_server(running=99) as server:
        make(server, Waiting(stops_at=1))
        result, _ = make(server, Waiting("job-1"), budget=60)
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
    assert result.words == "Image jobs no longer knows the job, so the picture is asked for anew."
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
        "Image jobs began the picture and did not finish it. It is asked for anew. "
        "It said: “The worker broke down.”."
    )


@pytest.mark.parametrize(
    ("faults", "polls", "cost", "status"),
    [(["blocked"], [], NOTHING, 400), (["refused"], [], INPUTS, 200), (["ok"], ["refused"], INPUTS, 200)],
)
def test_it_tells_a_refusal(faults: list[str], polls: list[str], cost: Decimal, status: int) -> None:
    with image_jobs_server(*faults, polls=polls, running=0) as server:
        result, made = make(server)
    assert isinstance(result, Refused)
    assert (result.code, result.stage, result.may_pass) == ("blocked_prompt", "prompt", False)
    assert (result.cost, result.http_status, made) == (cost, status, b"")
    assert (result.vendor_code, result.vendor_words) == (
        "moderation_blocked",
        "The prompt is against our rules.",
    )
    assert result.words == (
        "Image jobs would not make this picture. Change the prompt or the photos. "
        "It said: “The prompt is against our rules.”."
    )
    assert len(server.posts) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "code", "cost"),
    [
        ("bad_key", Stopped, "key_refused", NOTHING),
        ("forbidden", Stopped, "key_refused", NOTHING),
        ("no_credit", Stopped, "no_credit", NOTHING),
        ("no_model", Stopped, "model_unknown", NOTHING),
        ("moved", Stopped, "moved", NOTHING),
        ("bad_input", Failed, "bad_input", NOTHING),
        ("too_large", Failed, "too_large", NOTHING),
        ("slow_down", TryLater, "too_many_calls", NOTHING),
        ("time_out", TryLater, "time_out", NOTHING),
        ("broken", TryLater, "overloaded", NOTHING),
        ("bad_gateway", TryLater, "overloaded", NOTHING),
        ("overloaded", TryLater, "overloaded", NOTHING),
        ("gateway_time_out", TryLater, "overloaded", NOTHING),
        ("reset", TryLater, "cut_off", PRICE),
        ("reset_in_body", TryLater, "cut_off", PRICE),
        ("cut_off", TryLater, "cut_off", PRICE),
        ("silent", TryLater, "time_out", PRICE),
        ("trickle", TryLater, "time_out", PRICE),
        ("web_page", TryLater, "bad_answer", PRICE),
        ("empty", TryLater, "bad_answer", PRICE),
        ("array", TryLater, "bad_answer", PRICE),
        ("no_outputs", TryLater, "no_picture", INPUTS),
        ("empty_base64", TryLater, "no_picture", PRICE),
        ("bad_base64", TryLater, "bad_answer", PRICE),
        ("failed", TryLater, "job_failed", INPUTS),
        ("no_id", Stopped, "not_understood", PRICE),
        ("bad_id", Stopped, "not_understood", PRICE),
        ("long_id", Stopped, "not_understood", PRICE),
        ("odd_output", Stopped, "not_understood", PRICE),
        ("file_url", Stopped, "host_not_allowed", PRICE),
        ("private_url", Stopped, "host_not_allowed", PRICE),
    ],
)
def test_it_tells_each_fault_and_asks_once(fault: str, kind: type[Ending], code: str, cost: Decimal) -> None:
    job = Waiting()
    with image_jobs_server(fault) as server:
        result, made = make(server, job, timeouts=QUICK)
    assert isinstance(result, kind)
    assert (result.code, result.cost, made) == (code, cost, b"")
    assert (len(server.posts), len(server.polls), job.noted) == (1, 0, [])
    assert result.words.endswith((".", "”."))


def test_it_takes_a_picture_however_small() -> None:
    with image_jobs_server("small_base64") as server:
        result, made = make(server)
    assert isinstance(result, Made)
    assert made == b"tiny"


def test_it_says_how_to_name_what_it_does_not_know() -> None:
    with image_jobs_server("odd_output") as server:
        result, _ = make(server)
    assert result.words == (
        "Image jobs answers in a way that it is not set up for here: an output with picture, and with "
        "neither url nor base64. An operator can name it in the provider's options, and resume the provider."
    )


def test_it_follows_a_job_whose_status_it_does_not_know() -> None:
    with image_jobs_server("odd_status", running=0) as server:
        result, _ = make(server)
    assert isinstance(result, Made)
    assert len(server.posts) == 1


def test_it_takes_its_names_from_the_options() -> None:
    with image_jobs_server("odd_output", "odd_status") as server:
        named, _ = make(server, base64_field="picture")
        done, _ = make(server, done=["warming up"])
    assert (named.code, done.code) == ("bad_answer", "no_picture")


def test_it_fetches_a_picture_without_the_key() -> None:
    with image_jobs_server(outputs="url") as server:
        result, made = make(server, allow_hosts=files_of(server))
    assert isinstance(result, Made)
    assert (result.cost, made) == (PRICE, picture(1024, 1024, "job-1"))
    assert [seen.path for seen in server.files.seen] == ["/1024x1024/job-1.jpg"]


def test_it_fetches_from_no_private_host_that_nobody_allowed() -> None:
    with image_jobs_server(outputs="url") as server:
        result, made = make(server)
    assert isinstance(result, Stopped)
    assert (result.code, result.cost, made) == ("host_not_allowed", PRICE, b"")
    assert result.words == (
        f"Image jobs keeps its pictures at “127.0.0.1:{server.files.server_port}”, where this server "
        "fetches nothing from. If the address is right, an operator can allow it (allow_hosts) and resume "
        "the provider."
    )
    assert server.files.seen == []


@pytest.mark.parametrize("fetch", ["gone", "expired", "broken", "web_page", "reset", "cut_off"])
def test_it_fetches_again_what_did_not_come(fetch: str) -> None:
    job = Waiting()
    with image_jobs_server(outputs="url", fetches=[fetch, fetch]) as server:
        result, made = make(server, job, allow_hosts=files_of(server))
    assert isinstance(result, Made)
    assert (result.cost, made, job.pauses) == (PRICE, picture(1024, 1024, "job-1"), [2.0, 10.0])
    assert (len(server.posts), len(server.files.seen)) == (1, 3)


def test_it_follows_a_redirect_to_the_picture() -> None:
    with image_jobs_server(outputs="url", fetches=["moved"]) as server:
        _, made = make(server, allow_hosts=files_of(server))
    assert made == picture(1024, 1024, "moved")


@pytest.mark.parametrize("fetch", ["to_private", "to_file"])
def test_it_follows_no_redirect_to_what_is_not_allowed(fetch: str) -> None:
    with image_jobs_server(outputs="url", fetches=[fetch]) as server:
        result, made = make(server, allow_hosts=files_of(server))
    assert (result.code, made, len(server.files.seen)) == ("host_not_allowed", b"", 1)


@pytest.mark.parametrize(("running", "goes_on"), [(None, False), (0, True)])
def test_a_picture_that_does_not_come_is_paid_and_its_job_kept(running: int | None, goes_on: bool) -> None:
    with image_jobs_server(outputs="url", fetches=["gone"] * 3, running=running) as server:
        result, made = make(server, allow_hosts=files_of(server))
    assert isinstance(result, TryLater)
    assert (result.code, result.step, result.job_goes_on) == ("not_fetched", "fetch", goes_on)
    assert (result.cost, made, result.unknown) == (PRICE, b"", False)
    assert (len(server.posts), len(server.files.seen)) == (1, 3)


def test_it_fetches_no_more_where_the_process_stops() -> None:
    with image_jobs_server(outputs="url", fetches=["gone"] * 3) as server:
        result, _ = make(server, Waiting(stops_at=1), allow_hosts=files_of(server))
    assert (result.code, len(server.files.seen)) == ("not_fetched", 1)


def test_it_never_holds_a_page_for_a_picture() -> None:
    with image_jobs_server(outputs="url", fetches=["web_page"] * 3) as server:
        result, made = make(server, allow_hosts=files_of(server))
    assert (result.code, made) == ("not_fetched", b"")


def test_it_may_send_the_key_in_another_header() -> None:
    with image_jobs_server() as server:
        result, _ = make(server, key_header="X-Key")
    headers = server.posts[0].headers
    assert (result.code, headers["x-key"]) == ("key_refused", KEY)
    assert "authorization" not in headers


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": ""}, "url"),
        ({"url": "jobs.example.com"}, "url"),
        ({"poll_path": "/jobs"}, r"poll_path is '/jobs'; it must hold \{id\}"),
        ({"frame": "square"}, "frame is 'square'; there are size and aspect_ratio"),
        ({"sizes": ["8K"]}, "sizes know no '8K'; there are 1K, 2K, 4K"),
        ({"fields": {"n": 4}}, "fields must not hold 'n', which is sent anyway"),
        ({"budget": 0}, "budget must be a number of seconds above 0"),
        ({"longest_pause": "9"}, "longest_pause must be a number of seconds above 0"),
        ({"allow_hosts": "files.example.com"}, "allow_hosts must be a list"),
        ({"speed": 1}, "there is no option 'speed'"),
    ],
)
def test_it_says_which_option_is_wrong(options: dict[str, Any], words: str) -> None:
    usual = {"url": "https://jobs.example.com/v1/jobs", "key": KEY}
    with pytest.raises(ValueError, match=words):
        ImageJobs(alias="jobs", options={**usual, **options})


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({}, ["1K", "2K", "4K"]),
        ({"frame": "aspect_ratio"}, ["1K"]),
        ({"frame": "aspect_ratio", "sizes": ["2K"]}, ["2K"]),
    ],
)
def test_it_makes_the_sizes_that_can_be_asked_for(options: dict[str, Any], sizes: list[str]) -> None:
    jobs = ImageJobs(alias="jobs", options={"url": "https://jobs.example.com", **options})
    assert [size for size in ("1K", "2K", "4K") if not jobs.why_not(ratio="1:1", size=size)] == sizes
    if sizes == ["2K"]:
        assert jobs.why_not(ratio="1:1", size="1K") == "Image jobs does not make 1K pictures; it makes 2K."


def test_it_shows_no_key() -> None:
    jobs = ImageJobs(alias="jobs", options={"url": "https://jobs.example.com", "key": KEY})
    assert KEY not in repr(jobs)
    assert KEY not in repr(jobs.options)


RUBBISH: list[Any] = [
    [],
    [5],
    [None],
    {},
    {"error": None},
    {"status": None},
    {"status": 5},
    {"status": ["succeeded"]},
    {"status": {"a": 1}},
    {"status": "queued", "request_id": None},
    {"status": "queued", "request_id": True},
    {"status": "queued", "request_id": ["job-1"]},
    {"status": "queued", "request_id": "a\nb"},
    {"status": "failed", "error": "words"},
    {"status": "failed", "error": ["words"]},
    {"status": "failed", "error": {"code": 7, "message": {"a": 1}}},
    {"status": "succeeded"},
    {"status": "succeeded", "outputs": None},
    {"status": "succeeded", "outputs": {"url": "https://x"}},
    {"status": "succeeded", "outputs": "https://x"},
    {"status": "succeeded", "outputs": [None]},
    {"status": "succeeded", "outputs": [7]},
    {"status": "succeeded", "outputs": [[]]},
    {"status": "succeeded", "outputs": [{}]},
    {"status": "succeeded", "outputs": [{"url": 7}]},
    {"status": "succeeded", "outputs": [{"url": "http://[::1"}]},
    {"status": "succeeded", "outputs": [{"url": "https://:99999999/"}]},
    {"status": "succeeded", "outputs": [{"url": "https://user:secret@127.0.0.1/x"}]},
    {"status": "succeeded", "outputs": [{"url": "x" * 20_000}]},
    {"status": "succeeded", "outputs": [{"base64": None}]},
    {"status": "succeeded", "outputs": [{"base64": {"a": 1}}]},
    {"status": "succeeded", "outputs": [{"url": None, "base64": "????"}]},
]


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_it_survives_any_answer(rubbish: Any) -> None:
    with image_jobs_server(rubbish) as server:
        result, made = make(server)
    assert isinstance(result, Failed | Stopped | TryLater)
    assert (made, len(server.posts), len(server.polls)) == (b"", 1, 0)
    assert result.cost in (PRICE, INPUTS)


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_it_survives_any_answer_to_a_poll(rubbish: Any) -> None:
    with image_jobs_server(running=0, polls=[rubbish]) as server:
        result, made = make(server)
    assert isinstance(result, Made | Stopped | TryLater)
    assert (made == b"") == (not isinstance(result, Made))
    assert len(server.posts) == 1


def test_it_keeps_the_first_of_several_and_says_so() -> None:
    outputs = ["aGVsbG8=", {"base64": "d29ybGQ="}]
    with image_jobs_server({"status": "succeeded", "outputs": outputs}) as server:
        result, made = make(server)
    assert isinstance(result, Made)
    assert (made, result.notes) == (b"hello", ("2 pictures came; the first one was kept.",))


def test_it_takes_numbers_for_jobs() -> None:
    job = Waiting()
    with image_jobs_server({"status": "queued", "request_id": 4711}) as server:
        result, _ = make(server, job)
    assert (result.code, job.noted, server.polls[0].path) == ("job_lost", ["4711"], "/v1/jobs/4711")


def test_it_asks_for_a_job_of_any_name_at_its_own_address() -> None:
    with image_jobs_server() as server:
        make(server, Waiting("../../etc?x=1#y"))
    assert [seen.path for seen in server.polls] == ["/v1/jobs/..%2F..%2Fetc%3Fx%3D1%23y"]


def test_it_costs_nothing_where_nobody_answers() -> None:
    with image_jobs_server() as server:
        pass
    result, _ = make(server)
    assert isinstance(result, TryLater)
    assert (result.code, result.cost, result.unknown) == ("no_connection", NOTHING, False)


def test_it_strikes_out_a_key_that_the_vendor_repeats() -> None:
    key = "key-that-is-wrong-1234"
    with image_jobs_server() as server:
        result, _ = make(server, key=key)
    assert isinstance(result, Stopped)
    assert result.vendor_words.startswith("Incorrect API key provided: ")
    assert key not in repr(result)

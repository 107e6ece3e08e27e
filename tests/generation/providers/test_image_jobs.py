"""The flat job API, asked for real: what is sent, what is kept, what its options do."""

from io import BytesIO
from typing import Any

import pytest

from generation.providers.base import Finding, Made
from generation.providers.image_jobs import ImageJobs
from tests.generation.providers.image_jobs import (
    PRICE,
    Waiting,
    a_request,
    make,
    provider,
)
from tests.standins.image_jobs import KEY, image_jobs_server, picture


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


def test_it_takes_outputs_for_success_where_no_status_is_told() -> None:
    with image_jobs_server({"outputs": ["aGVsbG8="]}) as server:
        result, made = make(server)
    assert isinstance(result, Made)
    assert (made, result.cost) == (b"hello", PRICE)


def test_it_takes_a_picture_however_small() -> None:
    with image_jobs_server("small_base64") as server:
        result, made = make(server)
    assert isinstance(result, Made)
    assert made == b"tiny"


def test_it_takes_its_names_from_the_options() -> None:
    with image_jobs_server("odd_output", "odd_status") as server:
        named, _ = make(server, base64_field="picture")
        done, _ = make(server, done=["warming up"])
    assert (named.code, done.code) == ("bad_answer", "no_picture")


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


def test_it_keeps_the_first_of_several_and_says_so() -> None:
    outputs = ["aGVsbG8=", {"base64": "d29ybGQ="}]
    with image_jobs_server({"status": "succeeded", "outputs": outputs}) as server:
        result, made = make(server)
    assert isinstance(result, Made)
    assert (made, result.notes) == (b"hello", ("2 pictures came; the first one was kept.",))


@pytest.mark.parametrize(
    ("poll", "found"),
    [
        ("ok", [("host", True), ("key", True)]),
        ("empty", [("host", True), ("key", True)]),
        ("bad_input", [("host", True), ("key", True)]),
        ("slow_down", [("host", True), ("key", True)]),
        ("bad_key", [("host", True), ("key", False)]),
        ("no_credit", [("host", True), ("key", False)]),
        ("moved", [("host", False)]),
        ("bad_gateway", [("host", False)]),
        ("reset", [("host", False)]),
    ],
)
def test_it_probes_for_nothing(poll: str, found: list[tuple[str, bool]]) -> None:
    findings: list[Finding] = []
    with image_jobs_server(polls=[poll]) as server:
        provider(server).probe(findings.append)
    assert [(finding.what, finding.works) for finding in findings] == found
    assert server.posts == []

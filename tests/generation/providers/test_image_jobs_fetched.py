"""Pictures that lie at another host: fetched without the key, and from nowhere that is not allowed."""

import pytest

from generation.providers.base import Made, Stopped, TryLater
from tests.generation.providers.image_jobs import (
    PRICE,
    Waiting,
    files_of,
    make,
)
from tests.standins.image_jobs import image_jobs_server, picture


def test_it_fetches_a_picture_without_the_key() -> None:
    with image_jobs_server(outputs="url") as server:
        result, made = make(server, allow_hosts=files_of(server))
    assert isinstance(result, Made)
    assert (result.cost, made) == (PRICE, picture(1024, 1024, "job-1"))
    assert result.bytes_received > len(made)
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
    tries, job = (3 if goes_on else 6), Waiting()
    with image_jobs_server(outputs="url", fetches=["gone"] * tries, running=running) as server:
        result, made = make(server, job, allow_hosts=files_of(server))
    assert isinstance(result, TryLater)
    assert job.pauses[-2:] == ([2.0, 10.0] if goes_on else [60.0, 120.0])
    assert (result.code, result.step, result.job_goes_on) == ("not_fetched", "fetch", goes_on)
    assert (result.http_status, result.vendor_words) == (404, "HTTP 404")
    assert (result.cost, made, result.unknown) == (PRICE, b"", False)
    assert (len(server.posts), len(server.files.seen)) == (1, tries)


def test_it_fetches_no_more_where_the_process_stops() -> None:
    with image_jobs_server(outputs="url", fetches=["gone"] * 3) as server:
        result, _ = make(server, Waiting(stops_at=1), allow_hosts=files_of(server))
    assert (result.code, len(server.files.seen)) == ("not_fetched", 1)


def test_it_never_holds_a_page_for_a_picture() -> None:
    with image_jobs_server(outputs="url", fetches=["web_page"] * 6) as server:
        result, made = make(server, allow_hosts=files_of(server))
    assert (result.code, made) == ("not_fetched", b"")

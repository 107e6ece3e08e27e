"""The stand-in itself: strict about what it is asked, and as broken as its script says."""

import base64
from io import BytesIO
from typing import Any

import pytest
import requests
from PIL import Image

from generation.imaging.ratios import MODEL_PIXELS
from tests.generation.imaging.photos import gradient, saved
from tests.standins.image_jobs import FAULTS, KEY, Api, image_jobs_server

PHOTO = base64.b64encode(saved(gradient(), "JPEG")).decode()
BODY = {
    "prompt": "A lamp",
    "subject_image": PHOTO,
    "reference_image": PHOTO,
    "size": "1024x1024",
    "n": 1,
    "seed": 7,
}
BREAKS_OFF = {"reset", "reset_in_body", "cut_off"}


def post(server: Api, body: Any = None, **headers: str) -> requests.Response:
    asked = {"Authorization": f"Bearer {KEY}", **headers}
    document = BODY if body is None else body
    return requests.post(server.url, json=document, headers=asked, timeout=10, allow_redirects=False)


def get(url: str, key: str = KEY) -> requests.Response:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return requests.get(url, headers=headers, timeout=10)


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def test_it_answers_at_once_with_a_picture_of_the_right_pixels() -> None:
    with image_jobs_server() as server:
        answer = post(server)
    told = answer.json()
    output = told["outputs"][0]
    assert (answer.status_code, told["request_id"], told["status"]) == (200, "job-1", "succeeded")
    assert (output["width"], output["height"], output["format"]) == (1024, 1024, "jpeg")
    assert opened(base64.b64decode(output["base64"])).size == (1024, 1024)
    assert len(output["base64"]) > 50_000
    assert server.posts[0].body == BODY


def test_it_makes_the_ratio_at_its_smallest_size() -> None:
    body = {name: value for name, value in BODY.items() if name != "size"} | {"aspect_ratio": "16:9"}
    with image_jobs_server() as server:
        output = post(server, body).json()["outputs"][0]
    assert (output["width"], output["height"]) == MODEL_PIXELS["16:9"]["1K"]


def test_it_makes_as_many_as_asked() -> None:
    with image_jobs_server() as server:
        outputs = post(server, BODY | {"n": 3}).json()["outputs"]
    assert len({output["base64"] for output in outputs}) == 3


def test_it_is_polled_until_it_is_done() -> None:
    with image_jobs_server(running=2) as server:
        answer = post(server)
        statuses = [get(f"{server.url}/job-1").json()["status"] for _ in range(3)]
    assert (answer.status_code, answer.json()) == (202, {"request_id": "job-1", "status": "queued"})
    assert statuses == ["running", "running", "succeeded"]
    assert (len(server.posts), len(server.polls)) == (1, 3)


def test_it_lays_pictures_at_another_host() -> None:
    with image_jobs_server(outputs="url") as server:
        url = post(server).json()["outputs"][0]["url"]
        answer = get(url, key="")
    assert url == f"{server.files.root}/1024x1024/job-1.jpg"
    assert server.files.root != server.root
    assert (answer.headers["Content-Type"], opened(answer.content).size) == ("image/jpeg", (1024, 1024))


def test_it_finds_a_key_at_the_other_host() -> None:
    with (
        pytest.raises(AssertionError, match="found something wrong"),
        image_jobs_server() as server,
        pytest.raises(requests.ConnectionError),
    ):
        get(f"{server.files.root}/1024x1024/job-1.jpg")


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"style": "bold"}, 400, "Unknown field: style"),
        ({"seed": "7"}, 400, "seed must be of type int"),
        ({"n": True}, 400, "n must be of type int"),
        ({"n": 5}, 400, "n must be 1 to 4"),
        ({"prompt": ""}, 400, "prompt is missing"),
        ({"subject_image": ""}, 400, "subject_image is missing"),
        ({"subject_image": "no base64"}, 400, "subject_image is no base64: "),
        ({"reference_image": "R0lGODlh"}, 400, "Unsupported MIME type of reference_image"),
        ({"size": "1000x1000"}, 400, "No such size: 1000x1000"),
        ({"aspect_ratio": "1:1"}, 400, "Give one of size and aspect_ratio"),
        ({"model": "flat-2"}, 404, "No such model: flat-2"),
    ],
)
def test_it_refuses_what_the_facts_do_not_name(change: dict[str, Any], status: int, words: str) -> None:
    with image_jobs_server() as server:
        answer = post(server, BODY | change)
    assert answer.status_code == status
    assert answer.json()["error"]["message"].startswith(words)


def test_it_refuses_the_wrong_key_type_and_job() -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "text/plain"}
    with image_jobs_server() as server:
        assert post(server, Authorization="Bearer other").status_code == 401
        assert requests.post(server.url, data=b"{}", headers=headers, timeout=10).status_code == 415
        assert get(f"{server.url}/job-9").status_code == 404


def test_it_plays_each_fault_once_after_looking_at_the_request() -> None:
    with image_jobs_server("overloaded", "ok", "slow_down") as server:
        assert post(server, BODY | {"n": 9}).status_code == 400
        answers = [post(server) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 200, 429, 200]
    assert answers[2].headers["Retry-After"] == "7"


@pytest.mark.parametrize("fault", sorted(BREAKS_OFF))
def test_it_breaks_off(fault: str) -> None:
    with image_jobs_server(fault) as server:
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            post(server)
        assert post(server).status_code == 200


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - BREAKS_OFF - {"silent", "trickle"}))
def test_it_says_what_its_faults_say(fault: str) -> None:
    with image_jobs_server(fault, running=0) as server:
        spoiled, whole = post(server), post(server)
    assert (spoiled.status_code, spoiled.content) != (202, whole.content)
    assert whole.json() == {"request_id": "job-2", "status": "queued"}


@pytest.mark.parametrize("fault", ["gone", "expired", "broken", "web_page"])
def test_it_spoils_files_too(fault: str) -> None:
    with image_jobs_server(outputs="url", fetches=[fault]) as server:
        url = post(server).json()["outputs"][0]["url"]
        spoiled, whole = get(url, key=""), get(url, key="")
    assert spoiled.headers["Content-Type"] == "text/html"
    assert whole.headers["Content-Type"] == "image/jpeg"

"""The stand-in of OpenAI's images/edits is what the `openai` client takes for the real one."""

import base64
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import openai
import pytest
import requests
from openai.types import ImagesResponse
from PIL import Image

from tests.standins.gemini.pictures import picture
from tests.standins.openai_images import FAULTS, KEY, ODD, OpenAIImages, form

SUBJECT = ("subject.jpg", picture(320, 240, kind="JPEG"), "image/jpeg")
SCENE = ("scene.png", picture(300, 200), "image/png")
REFERENCE = ("reference.webp", picture(64, 48, kind="WEBP"), "image/webp")
ODD_BYTES = ("odd.png", b"\r\n--\r\n" + bytes(range(256)), "image/png")


@pytest.fixture
def client(server: OpenAIImages) -> Iterator[openai.OpenAI]:
    with a_client(server) as made:
        yield made


@pytest.fixture
def server() -> Iterator[OpenAIImages]:
    with OpenAIImages() as started:
        yield started


def a_client(server: OpenAIImages, key: str = KEY) -> openai.OpenAI:
    return openai.OpenAI(api_key=key, base_url=f"{server.url}/v1", max_retries=0, timeout=5)


def edit(client: openai.OpenAI, **more: Any) -> ImagesResponse:
    given = {
        "model": "gpt-image-2",
        "image": [SUBJECT, SCENE],
        "prompt": "Put it on the table: naïve.",
        **more,
    }
    answer = client.images.edit(**given)
    assert isinstance(answer, ImagesResponse)
    return answer


@pytest.mark.parametrize(
    ("model", "size", "pixels"),
    [
        ("gpt-image-2", "1264x848", (1264, 848)),
        ("gpt-image-2", "3840x2160", (3840, 2160)),
        ("gpt-image-2", "auto", (1024, 1024)),
        ("gpt-image-1.5", "1536x1024", (1536, 1024)),
        ("gpt-image-1-mini", "1024x1536", (1024, 1536)),
    ],
)
def test_it_answers_what_the_client_takes(
    client: openai.OpenAI, model: str, size: str, pixels: tuple[int, int]
) -> None:
    answer = edit(client, model=model, size=size)
    assert answer.data is not None
    (made,) = answer.data
    assert answer.model_extra == made.model_extra == {}
    assert (answer.size, answer.output_format) == (f"{pixels[0]}x{pixels[1]}", "png")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    with Image.open(BytesIO(base64.b64decode(made.b64_json or ""))) as opened:
        assert (opened.format, opened.size) == ("PNG", pixels)


def test_it_answers_fields_of_the_types_that_the_client_has(client: openai.OpenAI) -> None:
    answer = edit(client)
    assert ImagesResponse.model_validate(answer.model_dump(), strict=True) == answer


def test_it_understands_what_the_client_sends(client: openai.OpenAI, server: OpenAIImages) -> None:
    edit(client, image=[SUBJECT, SCENE, REFERENCE], size="1024x1024", n=2, quality="high")
    (asked,) = server.asked
    assert asked.fields == {
        "model": "gpt-image-2",
        "prompt": "Put it on the table: naïve.",
        "size": "1024x1024",
        "n": "2",
        "quality": "high",
    }
    sent = [(part.name, part.filename, part.data, part.media_type) for part in asked.pictures]
    assert sent == [("image[]", *each) for each in (SUBJECT, SCENE, REFERENCE)]


def test_it_takes_a_single_picture_by_itself(client: openai.OpenAI, server: OpenAIImages) -> None:
    edit(client, image=SUBJECT)
    assert [part.name for part in server.asked[0].pictures] == ["image"]


def test_it_makes_as_many_as_are_asked_for(client: openai.OpenAI) -> None:
    assert len(edit(client, n=3).data or ()) == 3


def test_it_reads_a_form_byte_by_byte() -> None:
    body = requests.Request("POST", "http://x", data={"prompt": "a"}, files={"image": ODD_BYTES}).prepare()
    boundary = body.headers["Content-Type"].partition("boundary=")[2]
    assert isinstance(body.body, bytes)
    parts = form(body.body, boundary.encode())
    assert [(part.name, part.data) for part in parts] == [("prompt", b"a"), ("image", ODD_BYTES[1])]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"response_format": "b64_json"}, "Unknown parameter: 'response_format'."),
        ({"extra_body": {"seed": 1}}, "Unknown parameter: 'seed'."),
        ({"prompt": "x" * 32_001}, "The prompt must have 1 to 32000 characters."),
        ({"prompt": ""}, "The prompt must have 1 to 32000 characters."),
        ({"n": 0}, "Invalid value for n: 0."),
        ({"n": 11}, "Invalid value for n: 11."),
        ({"quality": "best"}, "Invalid value: 'best'."),
        ({"size": "1000x1000"}, "Invalid size '1000x1000' for gpt-image-2."),
        ({"size": "1616x528"}, "Invalid size '1616x528' for gpt-image-2."),
        ({"size": "4096x4096"}, "Invalid size '4096x4096' for gpt-image-2."),
        ({"size": "3856x2160"}, "Invalid size '3856x2160' for gpt-image-2."),
        ({"size": "1K"}, "Invalid size '1K' for gpt-image-2."),
        ({"model": "gpt-image-1.5", "size": "1264x848"}, "Invalid size '1264x848' for gpt-image-1.5."),
        ({"image": [REFERENCE] * 17}, "Between 1 and 16 images, not 17."),
        ({"image": []}, "Between 1 and 16 images, not 0."),
        ({"image": [SUBJECT, ("a.gif", b"GIF89a", "image/gif")]}, "Unsupported MIME type ('image/gif')."),
        ({"image": [SUBJECT, ("a.png", SUBJECT[1], "image/png")]}, "Invalid image file."),
        ({"image": [SUBJECT, ("a.png", SCENE[1][:200], "image/png")]}, "Invalid image file."),
        ({"mask": SUBJECT}, "Unsupported MIME type ('image/jpeg')."),
    ],
)
def test_it_refuses_what_the_facts_do_not_name(
    client: openai.OpenAI, server: OpenAIImages, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        edit(client, **more)
    assert isinstance(refused.value.body, dict)
    assert refused.value.body["message"] == words
    assert server.asked == []


def test_it_refuses_a_picture_of_fifty_megabytes(client: openai.OpenAI) -> None:
    heavy = ("a.jpg", SUBJECT[1] + bytes(50 * 10**6 - len(SUBJECT[1])), "image/jpeg")
    with pytest.raises(openai.BadRequestError, match=r"Each image must be under 50 MB\."):
        edit(client, image=heavy)


def test_it_refuses_several_pictures_of_one_name(server: OpenAIImages) -> None:
    answer = requests.post(
        f"{server.url}/v1/images/edits",
        data={"model": "gpt-image-2", "prompt": "a"},
        files=[("image", SUBJECT), ("image", SCENE)],
        headers={"Authorization": f"Bearer {KEY}"},
        timeout=5,
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "duplicate_parameter")


@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\n\r\n--y--", b"--x\r\nabc\r\n--x--\r\n"])
def test_it_refuses_what_is_no_form(server: OpenAIImages, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "multipart/form-data; boundary=x"}
    answer = requests.post(f"{server.url}/v1/images/edits", data=body, headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_form")


def test_it_knows_its_models(client: openai.OpenAI) -> None:
    assert client.models.retrieve("gpt-image-2").model_extra == {}
    with pytest.raises(openai.NotFoundError) as refused:
        client.models.retrieve("gpt-image-1")
    assert refused.value.code == "model_not_found"


def test_it_refuses_another_key(server: OpenAIImages) -> None:
    with a_client(server, key="sk-other") as client, pytest.raises(openai.AuthenticationError) as refused:
        edit(client)
    assert refused.value.code == "invalid_api_key"
    assert server.asked == []


@pytest.mark.parametrize(
    ("name", "error", "code"),
    [
        ("blocked", openai.BadRequestError, "moderation_blocked"),
        ("bad_image", openai.BadRequestError, "invalid_image_file"),
        ("echo", openai.BadRequestError, "invalid_image_file"),
        ("key_refused", openai.AuthenticationError, "invalid_api_key"),
        ("no_credit", openai.APIStatusError, "insufficient_balance"),
        ("forbidden", openai.PermissionDeniedError, "forbidden"),
        ("model_gone", openai.NotFoundError, "model_not_found"),
        ("too_large", openai.APIStatusError, None),
        ("slow_down", openai.RateLimitError, "rate_limit_exceeded"),
        ("time_out", openai.APIStatusError, "timeout"),
        ("broken", openai.InternalServerError, "server_error"),
        ("bad_gateway", openai.InternalServerError, None),
        ("overloaded", openai.InternalServerError, "overloaded"),
        ("gateway_time_out", openai.InternalServerError, None),
    ],
)
def test_it_errs_as_the_client_expects(
    name: str, error: type[openai.APIStatusError], code: str | None
) -> None:
    with OpenAIImages(name) as server, a_client(server) as client:
        with pytest.raises(error) as raised:
            edit(client)
        assert raised.value.code == code
        assert edit(client).data


def test_it_names_every_fault_once() -> None:
    assert not set(FAULTS) & set(ODD)

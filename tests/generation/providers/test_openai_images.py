"""OpenAI's images/edits, against the strict stand-in: what is sent, and how each answer ends."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from socket import socket
from typing import Any

import openai
import pytest
from PIL import Image

from generation.imaging.ratios import MODEL_PIXELS, RATIOS
from generation.providers.base import (
    Failed,
    Finding,
    Job,
    Made,
    Picture,
    PictureRequest,
    Provider,
    Refused,
    Result,
    Stopped,
    TryLater,
)
from generation.providers.openai_images import OpenAIImages as Provided
from tests.standins.gemini.pictures import picture
from tests.standins.openai_images import BLOCKED, KEY, OpenAIImages

PRICES = {"1K": "0.04", "2K": "0.16", "input": "0.001"}
PRICE, INPUTS, FREE = Decimal("0.043"), Decimal("0.003"), Decimal(0)
PARAMETERS = {"model": "gpt-image-2", "size": "1200x896", "n": 1}


def a_picture(role: str, kind: str, width: int = 320, height: int = 240) -> Picture:
    data = picture(width, height, kind=kind)
    return Picture(
        role=role,
        data=data,
        media_type=f"image/{kind.lower()}",
        width=width,
        height=height,
        sha256=sha256(data).hexdigest(),
    )


REQUEST = PictureRequest(
    prompt="Set it on the table — naïve light.",
    ratio="4:3",
    size="1K",
    subject=a_picture("subject", "JPEG"),
    scene=a_picture("scene", "WEBP"),
    references=(a_picture("reference", "PNG", 64, 64),),
    seed=7,
)


@pytest.fixture
def server() -> Iterator[OpenAIImages]:
    with OpenAIImages() as started:
        yield started


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address that is taken, and where nobody listens."""
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def provided(url: str, **options: Any) -> Provider:
    return Provided(alias="openai", options={"key": KEY, "url": url, "prices": PRICES, **options})


def made(provider: Provider, request: PictureRequest = REQUEST) -> tuple[Result, bytes]:
    """What came of it, and the bytes in the sink."""
    sink = BytesIO()
    return provider.make(request, sink, Job()), sink.getvalue()


def probed(provider: Provider) -> list[tuple[str, bool]]:
    found: list[Finding] = []
    provider.probe(found.append)
    return [(each.what, each.works) for each in found]


# What is sent, and what is made of it


def test_it_makes_the_picture_that_was_asked_for(server: OpenAIImages) -> None:
    result, data = made(provided(server.url))
    assert data == picture(1200, 896)
    assert isinstance(result, Made)
    assert result.bytes_received > len(data)
    usage = {
        "input_tokens": 1520,
        "input_tokens_details": {"text_tokens": 20, "image_tokens": 1500},
        "output_tokens": 1500,
        "total_tokens": 3020,
    }
    expected = Made(
        cost=PRICE,
        http_status=200,
        bytes_received=result.bytes_received,
        usage=usage,
        parameters=PARAMETERS,
    )
    assert result == expected


def test_it_sends_what_the_vendors_own_client_would(server: OpenAIImages) -> None:
    made(provided(server.url, quality="high"))
    with openai.OpenAI(api_key=KEY, base_url=f"{server.url}/v1", max_retries=0) as client:
        client.images.edit(
            model="gpt-image-2",
            prompt=REQUEST.prompt,
            size="1200x896",
            n=1,
            quality="high",
            image=[
                (f"{each.role}.{each.media_type[6:]}", each.data, each.media_type)
                for each in REQUEST.pictures
            ],
        )
    ours, theirs = server.asked
    assert ours == theirs
    assert [part.filename for part in ours.pictures] == ["subject.jpeg", "scene.webp", "reference.png"]
    assert [part.data for part in ours.pictures] == [each.data for each in REQUEST.pictures]


def test_it_sends_one_picture_by_itself(server: OpenAIImages) -> None:
    request = replace(REQUEST, scene=None, references=())
    assert isinstance(made(provided(server.url), request)[0], Made)
    assert [part.name for part in server.asked[0].pictures] == ["image"]


def test_it_sends_sixteen_pictures(server: OpenAIImages) -> None:
    request = replace(REQUEST, references=(a_picture("reference", "PNG", 64, 64),) * 14)
    assert isinstance(made(provided(server.url), request)[0], Made)
    assert len(server.asked[0].pictures) == 16


@pytest.mark.parametrize("size", ["1K", "2K"])
@pytest.mark.parametrize("ratio", RATIOS)
def test_it_makes_every_ratio_in_the_exact_pixels(server: OpenAIImages, ratio: str, size: str) -> None:
    provider = provided(server.url)
    assert provider.why_not(ratio=ratio, size=size) == ""
    _, data = made(provider, replace(REQUEST, ratio=ratio, size=size))
    with Image.open(BytesIO(data)) as opened:
        assert opened.size == MODEL_PIXELS[ratio][size]


def test_it_does_not_make_4k() -> None:
    words = "OpenAI does not make 4K pictures; it makes 1K, 2K."
    assert [provided("http://x").why_not(ratio=ratio, size="4K") for ratio in RATIOS] == [words] * len(RATIOS)


@pytest.mark.parametrize(
    ("ratio", "pixels"), [("1:1", (1024, 1024)), ("3:2", (1536, 1024)), ("2:3", (1024, 1536))]
)
def test_it_makes_the_three_sizes_of_older_models(
    server: OpenAIImages, ratio: str, pixels: tuple[int, int]
) -> None:
    provider = provided(server.url, model="gpt-image-1.5")
    assert provider.why_not(ratio=ratio, size="1K") == ""
    _, data = made(provider, replace(REQUEST, ratio=ratio))
    with Image.open(BytesIO(data)) as opened:
        assert opened.size == pixels
        wanted = MODEL_PIXELS[ratio]["1K"]
        assert abs(opened.width / opened.height / (wanted[0] / wanted[1]) - 1) < 0.03
        assert opened.width >= wanted[0]
        assert opened.height >= wanted[1]


@pytest.mark.parametrize(("ratio", "size"), [("4:3", "1K"), ("1:1", "2K")])
def test_it_says_what_older_models_do_not_make(ratio: str, size: str) -> None:
    words = "OpenAI's gpt-image-1.5 makes only 1:1, 3:2, 2:3 pictures, and those at 1K."
    assert provided("http://x", model="gpt-image-1.5").why_not(ratio=ratio, size=size) == words


def test_it_says_how_many_pictures_it_takes() -> None:
    words = "OpenAI takes at most 16 pictures in one call, and here are 17. Remove 1."
    assert provided("http://x").why_not_from(pictures=17, objects=16, people=0, prompt="a") == words
    assert provided("http://x").why_not_from(pictures=16, objects=15, people=0, prompt="a" * 32_000) == ""


# How each answer ends


@pytest.mark.parametrize(
    ("fault", "code", "status", "vendor_code"),
    [
        ("key_refused", "key_refused", 401, "invalid_api_key"),
        ("no_credit", "no_credit", 402, "insufficient_balance"),
        ("forbidden", "key_refused", 403, "forbidden"),
        ("model_gone", "model_unknown", 404, "model_not_found"),
        ("moved", "moved", 308, ""),
    ],
)
def test_it_stops_where_nobodys_call_will_work(fault: str, code: str, status: int, vendor_code: str) -> None:
    with OpenAIImages(fault) as server:
        result, data = made(provided(server.url))
    assert isinstance(result, Stopped)
    assert (result.code, result.http_status, result.vendor_code) == (code, status, vendor_code)
    assert (result.cost, data, len(server.seen)) == (FREE, b"", 1)
    assert result.words.startswith("OpenAI ")


def test_it_is_refused_by_moderation() -> None:
    with OpenAIImages("blocked") as server:
        result, data = made(provided(server.url))
    assert isinstance(result, Refused)
    assert result == Refused(
        code="blocked_prompt",
        words="OpenAI stopped before drawing: its moderation does not allow the prompt or the pictures. "
        "It said: “Your request was rejected by the safety system. safety_violations=[violence]”. "
        "Change the prompt, or use other pictures.",
        stage="prompt",
        http_status=400,
        bytes_received=result.bytes_received,
        vendor_code="moderation_blocked",
        vendor_words=BLOCKED,
        parameters=PARAMETERS,
    )
    assert (data, len(server.seen)) == (b"", 1)


@pytest.mark.parametrize(
    ("fault", "code", "status", "words"),
    [
        ("bad_image", "bad_input", 400, "the scene picture (image/webp, "),
        ("too_large", "too_large", 413, "the reference picture (image/png, "),
    ],
)
def test_it_fails_where_the_same_would_come_again(fault: str, code: str, status: int, words: str) -> None:
    with OpenAIImages(fault) as server:
        result, data = made(provided(server.url))
    assert isinstance(result, Failed)
    assert (result.code, result.http_status) == (code, status)
    assert words in result.words
    assert (result.cost, data, len(server.seen)) == (FREE, b"", 1)


@pytest.mark.parametrize(
    ("fault", "code", "status", "cost", "unknown"),
    [
        ("slow_down", "too_many_calls", 429, FREE, False),
        ("time_out", "time_out", 408, FREE, False),
        ("broken", "overloaded", 500, FREE, False),
        ("bad_gateway", "overloaded", 502, FREE, False),
        ("overloaded", "overloaded", 503, FREE, False),
        ("gateway_time_out", "overloaded", 504, FREE, False),
        ("reset", "cut_off", None, PRICE, True),
        ("reset_in_body", "cut_off", 200, PRICE, False),
        ("cut_off", "cut_off", 200, PRICE, False),
        ("silent", "time_out", None, PRICE, True),
        ("trickle", "time_out", 200, PRICE, False),
        ("web_page", "bad_answer", 200, PRICE, False),
        ("null", "bad_answer", 200, PRICE, False),
        ("bad_base64", "bad_answer", 200, PRICE, False),
        ("no_data", "no_picture", 200, INPUTS, False),
        ("null_data", "no_picture", 200, INPUTS, False),
        ("empty_data", "no_picture", 200, INPUTS, False),
        ("odd_data", "no_picture", 200, INPUTS, False),
        ("empty_base64", "no_picture", 200, INPUTS, False),
        ("null_base64", "no_picture", 200, INPUTS, False),
        ("an_address", "no_picture", 200, INPUTS, False),
    ],
)
def test_it_is_tried_later_where_it_may_pass(
    fault: str, code: str, status: int | None, cost: Decimal, unknown: bool
) -> None:
    seconds = 2 if fault in ("silent", "trickle") else 30
    with OpenAIImages(fault) as server:
        result, data = made(provided(server.url, timeouts={"1K": seconds}))
    assert isinstance(result, TryLater)
    assert (result.code, result.http_status, result.cost, result.unknown) == (code, status, cost, unknown)
    assert (result.slow, result.wait) == ((True, 12) if fault == "slow_down" else (False, None))
    assert (data, len(server.seen), result.parameters) == (b"", 1, PARAMETERS)


def test_it_costs_nothing_where_nobody_was_reached(nobody: str) -> None:
    result, data = made(provided(nobody))
    assert isinstance(result, TryLater)
    assert (result.code, result.cost, result.unknown, data) == ("no_connection", FREE, False, b"")


@pytest.mark.parametrize("fault", ["no_usage", "odd_usage"])
def test_it_needs_no_usage(fault: str) -> None:
    with OpenAIImages(fault) as server:
        result, data = made(provided(server.url))
    assert isinstance(result, Made)
    assert (result.usage, result.cost, data) == ({}, PRICE, picture(1200, 896))


def test_it_hands_on_a_picture_of_another_size() -> None:
    with OpenAIImages("other_size") as server:
        result, data = made(provided(server.url))
    assert isinstance(result, Made)
    assert (result.cost, data) == (PRICE, picture(1024, 1024))


# Keys, and the set-up


def test_it_tells_neither_keys_nor_pictures() -> None:
    with OpenAIImages("echo") as server:
        provider = provided(server.url)
        result, _ = made(provider)
    assert isinstance(result, Failed)
    sent = REQUEST.pictures[0].data
    for told in (repr(result), repr(provider)):
        assert KEY not in told
        assert "/9j/" not in told
        assert repr(sent[:20])[2:-1] not in told
    assert result.vendor_code == "invalid_image_file"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"quality": "best"}, r"^quality is 'best'; it must be one of low, medium, high, auto\.$"),
        ({"key": ""}, r"^the option 'key' is missing\.$"),
        ({"seed": 1}, r"^there is no option 'seed'\.$"),
    ],
)
def test_it_says_what_is_wrong_with_its_options(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        provided("http://x", **options)


def test_it_asks_the_vendors_own_host_unless_told_another() -> None:
    provider = Provided(alias="openai", options={"key": KEY})
    assert (provider.url, provider.model) == ("https://api.openai.com", "gpt-image-2")


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({}, [("host", True), ("key", True), ("model", True)]),
        ({"key": "sk-other-key"}, [("host", True), ("key", False)]),
        ({"model": "gpt-image-0"}, [("host", True), ("key", True), ("model", False)]),
    ],
)
def test_it_probes_for_nothing(
    server: OpenAIImages, options: dict[str, Any], found: list[tuple[str, bool]]
) -> None:
    assert probed(provided(server.url, **options)) == found
    assert [(seen.method, seen.path[:11]) for seen in server.seen] == [("GET", "/v1/models/")]


def test_it_finds_that_nobody_is_there(nobody: str) -> None:
    assert probed(provided(nobody)) == [("host", False)]

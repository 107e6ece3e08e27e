"""Gemini in its native shape: what is sent, what is kept of a picture, what a probe tells."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from google.genai import types
from PIL import Image

from generation.providers.base import Failed, Finding, Job, Made, PictureRequest
from generation.providers.gemini import Gemini, GoogleGemini
from generation.providers.registry import Misconfigured, Registry
from generation.providers.wire.body import json_body
from tests.generation.providers.gemini import INPUT, make, picture, provider, request
from tests.standins.gemini import PICTURES, GeminiServer, gemini_server
from tests.standins.gemini.pictures import picture as drawn

FLAWED = {"empty_data", "null_data", "not_base64"}


def sent_by(server: GeminiServer, asked: PictureRequest) -> Any:
    """The body that reaches the server, as parsed JSON."""
    result, _ = make(server, asked)
    assert isinstance(result, Made)
    return json.loads(server.requests[-1].body)


# What is sent


def test_it_sends_subject_scene_references_and_then_the_words() -> None:
    references = (picture("reference", data=drawn(30, 30)), picture("reference", data=drawn(31, 31)))
    asked = request(references=tuple(_as_png(one) for one in references))
    with gemini_server() as server:
        make(server, asked)
    [got] = server.asked
    assert got.parts == ("image", "image", "image", "image", "text")
    assert [one.data for one in got.pictures] == [one.data for one in asked.pictures]
    assert [one.media_type for one in got.pictures] == ["image/jpeg", "image/webp", "image/png", "image/png"]
    assert got.texts == ("Put the bottle on the table.",)
    assert (got.ratio, got.size, got.seed) == ("4:5", "1K", 7)
    assert got.modalities == ("TEXT", "IMAGE")
    assert got.model == "gemini-3-pro-image"


def _as_png(given: Any) -> Any:
    return picture("reference", "PNG", given.data)


def test_it_asks_with_words_alone() -> None:
    with gemini_server() as server:
        result, data = make(server, request(subject=None, scene=None, ratio="16:9", size="2K"))
    assert server.asked[0].parts == ("text",)
    assert isinstance(result, Made)
    assert result.cost == Decimal("0.134")
    assert Image.open(BytesIO(data)).size == (2752, 1536)


def test_it_asks_for_one_picture_to_be_changed() -> None:
    with gemini_server() as server:
        result, _ = make(server, request(subject=None))
    assert server.asked[0].parts == ("image", "text")
    assert result.cost == Decimal("0.134") + INPUT


def test_it_never_sends_the_cut_out() -> None:
    with gemini_server() as server:
        make(server, request(cutout=picture("cutout", "PNG")))
    assert len(server.asked[0].pictures) == 2


def test_it_leaves_the_seed_out_where_there_is_none() -> None:
    with gemini_server() as server:
        body = sent_by(server, request(seed=None))
        result, _ = make(server, request(seed=None))
    assert "seed" not in body["generationConfig"]
    assert "seed" not in result.parameters


def test_it_keeps_the_seed_as_it_was_sent() -> None:
    with gemini_server() as server:
        result, _ = make(server, request(seed=2**40 + 5))
    assert server.asked[0].seed == result.parameters["seed"] == 5


def test_it_sends_what_googles_own_types_allow() -> None:
    with gemini_server() as server:
        body = sent_by(server, request())
    [content] = body.pop("contents")
    read = types.Content.model_validate(content)
    assert [part.text for part in read.parts or []] == [None, None, "Put the bottle on the table."]
    assert read.parts is not None
    assert [part.inline_data.data for part in read.parts if part.inline_data] == [
        one.data for one in request().pictures
    ]
    config = types.GenerateContentConfig.model_validate(body.pop("generationConfig"))
    assert (config.seed, config.response_modalities) == (7, ["TEXT", "IMAGE"])
    assert config.image_config == types.ImageConfig(aspect_ratio="4:5", image_size="1K")
    assert body == {}


def test_it_sends_the_key_in_one_header_and_nowhere_else() -> None:
    with gemini_server() as server:
        result, _ = make(server)
        [got] = server.requests
    assert [name for name, value in got.headers.items() if server.key in value] == ["x-goog-api-key"]
    assert server.key.encode() not in got.body
    assert server.key not in got.path
    assert server.key not in repr(result)
    assert server.key not in repr(provider(server))


def test_it_sends_nothing_that_is_larger_than_a_request_may_be() -> None:
    many = tuple(picture("reference", data=bytes(7 * 10**6)) for _ in range(11))
    with gemini_server() as server:
        result, data = make(server, request(references=many))
    assert isinstance(result, Failed)
    assert (result.code, result.step, result.cost) == ("too_large", "prepare", Decimal(0))
    assert result.words == (
        "Wisdom Gate takes 100 MB in one call, and these pictures make 102.7 MB. "
        "Remove some of the subject's further photos."
    )
    assert (server.requests, data) == ([], b"")


# What is kept of a picture


def test_it_keeps_the_picture_and_what_was_told_with_it() -> None:
    with gemini_server() as server:
        result, data = make(server)
        [got] = server.requests
    sent = json.loads(got.told.body)
    assert data == base64.b64decode(sent["candidates"][0]["content"]["parts"][1]["inlineData"]["data"])
    assert result == Made(
        cost=Decimal("0.1362"),
        http_status=200,
        bytes_received=len(got.told.body),
        model_version="gemini-3-pro-image",
        response_id="mXsiafrPO5-vqtsPxZ7jyAE",
        vendor_code="STOP",
        vendor_words="Here is your picture.",
        usage=sent["usageMetadata"],
        parameters={"model": "gemini-3-pro-image", "aspectRatio": "4:5", "imageSize": "1K", "seed": 7},
    )


@pytest.mark.parametrize("name", sorted(set(PICTURES) - FLAWED))
def test_it_takes_the_last_picture_that_is_no_thought(name: str) -> None:
    with gemini_server(name) as server:
        result, data = make(server)
        told = json.loads(server.requests[0].told.body)
    parts = told["candidates"][0]["content"]["parts"]
    kept = [part["inlineData"] for part in parts if "inlineData" in part and not part.get("thought")]
    assert isinstance(result, Made)
    assert result.cost == Decimal("0.1362")
    assert data == base64.b64decode(kept[-1]["data"].translate(str.maketrans("-_", "+/")))


def test_it_makes_4k_pictures() -> None:
    with gemini_server() as server:
        result, data = make(server, request(ratio="1:1", size="4K"))
    assert Image.open(BytesIO(data)).size == (4096, 4096)
    assert result.cost == Decimal("0.24") + 2 * INPUT


def test_it_serves_many_threads_and_mixes_nothing_up() -> None:
    def picture_of(number: int) -> bytes:
        sink = BytesIO()
        assert isinstance(asking.make(request(prompt=chr(64 + number)), sink, Job()), Made)
        return sink.getvalue()

    with gemini_server() as server, ThreadPoolExecutor(12) as pool:
        asking = provider(server)
        together = list(pool.map(picture_of, range(1, 25)))
        alone = [picture_of(number) for number in range(1, 13)]
    assert together == alone * 2
    assert len(set(alone)) == 12


# How it is set up


def test_it_talks_to_the_gateway_or_to_google() -> None:
    gateway = Gemini(alias="wisdom-gate", options={"key": "k"})
    google = GoogleGemini(alias="gemini", options={"key": "k"})
    assert (gateway.name, gateway.url) == ("Wisdom Gate", "https://wisdom-gate.juheapi.com")
    assert (google.name, google.url) == ("Gemini", "https://generativelanguage.googleapis.com")
    assert gateway.model == google.model == "gemini-3-pro-image"


def test_it_asks_for_the_model_of_the_settings() -> None:
    with gemini_server() as server:
        result, _ = make(server, model="gemini-3-pro-image-preview")
    assert result.model_version == server.asked[0].model == "gemini-3-pro-image-preview"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "key"),
        ({"key": "k", "model": "models/gemini-3-pro-image"}, "model is 'models/gemini-3-pro-image'"),
        ({"key": "k", "url": "ftp://example.org"}, "url"),
        ({"key": "k", "colour": "red"}, "there is no option 'colour'"),
    ],
)
def test_it_says_which_option_is_wrong(options: dict[str, Any], words: str) -> None:
    entry = {"BACKEND": "generation.providers.gemini.Gemini", "OPTIONS": options}
    with pytest.raises(Misconfigured, match=words):
        Registry({"wisdom-gate": entry}).get("wisdom-gate")


def test_it_tells_what_it_can_make() -> None:
    limits = Gemini(alias="wisdom-gate", options={"key": "k"})
    assert (limits.most_pictures, limits.most_objects, limits.most_people) == (14, 6, 5)
    assert limits.why_not(ratio="21:9", size="4K") == ""
    assert limits.why_not_from(pictures=14, objects=6, people=5, prompt="x") == ""
    assert limits.why_not_from(pictures=15, objects=1, people=0, prompt="x") == (
        "Wisdom Gate takes at most 14 pictures in one call, and here are 15. Remove 1."
    )


# The probe


def probed(server: GeminiServer, **options: Any) -> list[Finding]:
    found: list[Finding] = []
    provider(server, **options).probe(found.append)
    return found


def test_it_proves_host_and_key_and_model_for_nothing() -> None:
    with gemini_server() as server:
        found = probed(server)
        assert (len(server.requests), server.asked) == (1, [])
    assert [(one.what, one.works) for one in found] == [
        ("host", True),
        ("key", True),
        ("pace", True),
        ("model", True),
    ]
    assert found[-1].words == (
        "gemini-3-pro-image was not refused. Nothing was paid, and only a picture proves it."
    )


def test_it_finds_out_that_the_key_is_wrong() -> None:
    with gemini_server() as server:
        found = probed(server, key="wrong")
    assert [(one.what, one.works) for one in found] == [("host", True), ("key", False)]
    assert found[-1].words.startswith("Wisdom Gate refused the key (HTTP 400).")


def test_it_finds_out_that_the_model_is_gone() -> None:
    with gemini_server() as server:
        found = probed(server, model="nano")
    assert [(one.what, one.works) for one in found][-1] == ("model", False)
    assert "knows no model nano" in found[-1].words


def test_it_finds_out_that_nobody_is_there() -> None:
    with gemini_server() as server:
        url = server.url
    found: list[Finding] = []
    Gemini(alias="wisdom-gate", options={"key": "k", "url": url}).probe(found.append)
    words = f"{url} gave no answer (no connection). Check the address."
    assert found == [Finding(what="host", works=False, words=words)]


def test_it_knows_its_bodys_length_before_it_sends_it() -> None:
    with gemini_server() as server:
        make(server)
        body = json_body(provider(server).document(request()))
    assert int(server.requests[0].headers["content-length"]) == len(body) == len(server.requests[0].body)

"""The stand-in, seen by Google's own client and by bare sockets: both sides must understand each other."""

import base64
import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from PIL import Image

from generation.imaging.ratios import MODEL_PIXELS, SIZES
from tests.standins.gemini import (
    ERRORS,
    FAULTS,
    HELD,
    KEY,
    NOTHING_MADE,
    PICTURES,
    TRANSPORT,
    GeminiServer,
    gemini_server,
)
from tests.standins.gemini.pictures import picture

MODEL = "gemini-3-pro-image"
PATH = f"/v1beta/models/{MODEL}:generateContent"
TEXT = {"contents": [{"parts": [{"text": "a bottle"}]}]}


@cache
def client(key: str) -> genai.Client:
    """Google's own client; each call tells it which server to ask."""
    return genai.Client(api_key=key)


@pytest.fixture(scope="module", autouse=True)
def _hang_up() -> Iterator[None]:
    yield
    client(KEY).close()
    client.cache_clear()


def at(server: GeminiServer) -> types.HttpOptions:
    attempts = types.HttpRetryOptions(attempts=1)
    return types.HttpOptions(
        base_url=server.url, api_version="v1beta", timeout=20_000, retry_options=attempts
    )


def ask(server: GeminiServer, **config: Any) -> types.GenerateContentResponse:
    """What the client makes of the answer to a subject, a scene and words."""
    contents: list[Any] = [
        types.Part.from_bytes(data=picture(40, 30), mime_type="image/png"),
        types.Part.from_bytes(data=picture(40, 30, kind="JPEG"), mime_type="image/jpeg"),
        "Put the bottle on the table.",
    ]
    return client(server.key).models.generate_content(
        model=MODEL,
        contents=contents,
        config=types.GenerateContentConfig(
            http_options=at(server),
            response_modalities=["TEXT", "IMAGE"],
            image_config=types.ImageConfig(aspect_ratio="4:5", image_size="1K"),
            **config,
        ),
    )


def raw(server: GeminiServer, body: Any, *, path: str = PATH, **headers: str) -> tuple[int, Any]:
    """Status and document of a bare request."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)
    try:
        connection.request("POST", path, text, headers or {"x-goog-api-key": server.key})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def sent(media_type: str, data: bytes) -> dict[str, Any]:
    return {"inline_data": {"mime_type": media_type, "data": base64.b64encode(data).decode()}}


def contents(*parts: Any, **more: Any) -> dict[str, Any]:
    return {"contents": [{"parts": list(parts)}], **more}


@pytest.fixture
def server() -> Iterator[GeminiServer]:
    with gemini_server() as made:
        yield made


# Google's client asks

TELLS_NOTHING = {"silent", "trickle", "trickle_in_head", "json_list", "json_null", "empty_body"}


def test_it_takes_the_clients_request_and_the_client_its_answer(server: GeminiServer) -> None:
    answer = ask(server, seed=7, candidate_count=1)
    words, made = answer.parts or []
    assert made.inline_data is not None
    assert (words.text, made.text) == ("Here is your picture.", None)
    assert made.inline_data.mime_type == "image/png"
    assert Image.open(BytesIO(made.inline_data.data or b"")).size == (928, 1152)
    assert answer.candidates is not None
    assert answer.candidates[0].finish_reason is types.FinishReason.STOP
    assert answer.model_version == MODEL
    [asked] = server.asked
    assert asked.parts == ("image", "image", "text")
    assert (asked.ratio, asked.size, asked.seed) == ("4:5", "1K", 7)
    assert asked.texts == ("Put the bottle on the table.",)
    assert [one.data for one in asked.pictures] == [picture(40, 30), picture(40, 30, kind="JPEG")]


def test_it_takes_what_else_the_client_can_say(server: GeminiServer) -> None:
    safety = types.SafetySetting(
        category=types.HarmCategory.HARM_CATEGORY_HARASSMENT,
        threshold=types.HarmBlockThreshold.BLOCK_ONLY_HIGH,
    )
    search = types.Tool(google_search=types.GoogleSearch())
    ask(server, safety_settings=[safety], tools=[search], system_instruction="Be brief.")
    assert len(server.asked) == 1


# Its types are strict about usage, where a key stands in place of a name.
@pytest.mark.filterwarnings("ignore:WEATHER is not a valid")
@pytest.mark.parametrize("name", sorted(set(NOTHING_MADE) - {"echoes_key_everywhere"}))
def test_the_client_reads_every_answer_without_a_picture(name: str) -> None:
    with gemini_server(name) as server:
        answer = ask(server)
    kept = [part for part in answer.parts or [] if part.inline_data and not part.thought]
    assert (kept == []) == (name != "image_safety_unflagged")


@pytest.mark.parametrize("name", sorted(set(PICTURES) - {"not_base64"}))
def test_the_client_reads_every_picture(name: str) -> None:
    with gemini_server(name) as server:
        answer = ask(server)
    assert [part for part in answer.parts or [] if part.inline_data]


@pytest.mark.parametrize("name", sorted(set(ERRORS) - {"moved", "internal_rubbish", "internal_empty"}))
def test_the_client_raises_its_own_error_for_every_error(name: str) -> None:
    with gemini_server(name) as server, pytest.raises(errors.APIError) as caught:
        ask(server)
    [received] = server.requests
    assert caught.value.code == received.told.status
    assert isinstance(caught.value, errors.ClientError if received.told.status < 500 else errors.ServerError)


@pytest.mark.parametrize("name", sorted(set(TRANSPORT) - TELLS_NOTHING))
def test_the_client_can_not_read_a_broken_answer(name: str) -> None:
    with gemini_server(name) as server, pytest.raises(Exception, match=r"."):
        ask(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["silent", "trickle", "trickle_in_head"])
def test_it_dawdles_until_somebody_gives_up(name: str) -> None:
    with gemini_server(name) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=0.5)
        connection.request("POST", PATH, json.dumps(TEXT), {"x-goog-api-key": server.key})
        while not server.asked:
            assert connection.sock.fileno() > 0
        connection.sock.settimeout(0.01)
        with pytest.raises(TimeoutError):
            connection.getresponse().read()
        connection.close()


def test_the_client_is_told_of_a_bad_key(server: GeminiServer) -> None:
    options = types.GenerateContentConfig(http_options=at(server))
    with genai.Client(api_key="wrong") as asker, pytest.raises(errors.ClientError) as caught:
        asker.models.generate_content(model=MODEL, contents="a bottle", config=options)
    assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
    assert "API_KEY_INVALID" in str(caught.value.details)


# The script


def test_it_names_at_least_35_faults_and_the_fact_of_each() -> None:
    assert len(FAULTS) == sum(map(len, (ERRORS, TRANSPORT, NOTHING_MADE, PICTURES))) >= 35
    assert all(fault.fact for fault in FAULTS.values())


def test_it_knows_every_reason_of_the_facts() -> None:
    told = json.dumps([_told(name) for name in NOTHING_MADE] + [_told("finish_max_tokens")])
    for reason in [
        "STOP",
        "MAX_TOKENS",
        "SAFETY",
        "RECITATION",
        "LANGUAGE",
        "OTHER",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_OTHER",
        "NO_IMAGE",
        "IMAGE_RECITATION",
        "MALFORMED_RESPONSE",
    ]:
        assert f'"finishReason": "{reason}"' in told, reason
    for reason in ("SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"):
        assert f'"blockReason": "{reason}"' in told, reason


def _told(name: str) -> Any:
    with gemini_server(name) as server:
        return raw(server, TEXT)[1]


def test_it_uses_up_one_step_a_good_request() -> None:
    with gemini_server("overloaded", "too_many") as server:
        assert raw(server, {"rubbish": 1})[0] == 400
        assert [raw(server, TEXT)[0] for _ in range(3)] == [503, 429, 200]
        assert server.script_left == 0
    assert [received.asked is not None for received in server.requests] == [False, True, True, True]


def test_it_holds_an_answer_until_told() -> None:
    with gemini_server(HELD) as server, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(raw, server, TEXT)
        while not server.asked:
            assert not waiting.done()
        server.go.set()
        assert waiting.result()[0] == 200


def test_it_goes_on_as_told_after_the_script() -> None:
    with gemini_server("overloaded", then="internal") as server:
        assert [raw(server, TEXT)[0] for _ in range(3)] == [503, 500, 500]


@pytest.mark.parametrize("ratio", MODEL_PIXELS)
@pytest.mark.parametrize("size", SIZES[:2])
def test_it_makes_the_pixels_asked_for(server: GeminiServer, ratio: str, size: str) -> None:
    config = {"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": ratio, "imageSize": size}}
    _, answer = raw(server, {**TEXT, "generationConfig": config})
    [part] = answer["candidates"][0]["content"]["parts"]
    assert Image.open(BytesIO(base64.b64decode(part["inlineData"]["data"]))).size == MODEL_PIXELS[ratio][size]


# Strictness


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "Parsing error"),
        ({}, "contents is not specified"),
        ({"contents": []}, "contents is not specified"),
        (contents(), "must not be empty"),
        ({**TEXT, "model": MODEL}, 'Unknown name "model"'),
        ({**TEXT, "prompt": "x"}, 'Unknown name "prompt"'),
        (contents({"text": "x", "inlineData": {}}), "exactly one"),
        (contents({"text": ""}), "text"),
        (contents({"picture": "x"}), 'Unknown name "picture"'),
        (contents({"inlineData": {"mimeType": "image/png", "data": "!!"}}), "Base64 decoding failed"),
        (contents({"inlineData": {"mimeType": "image/png", "data": "+_=="}}), "Base64 decoding failed"),
        (contents({"inlineData": {"mimeType": "image/png"}}), "Base64 decoding failed"),
        (contents(sent("image/gif", b"x")), "Unsupported MIME type: image/gif"),
        (contents(sent("image/png", b"x")), "Unable to process input image"),
        (contents(sent("image/png", picture(9, 9, kind="JPEG"))), "Unable to process input image"),
        (contents(sent("image/png", picture(9, 9)[:-30])), "Unable to process input image"),
        (contents(sent("image/png", bytes(7 * 10**6 + 1))), "exceeds the inline limit"),
        (contents(*[sent("image/png", picture(9, 9))] * 15), "at most 14"),
        ({**TEXT, "generationConfig": {"imageConfig": {"imageSize": "4k"}}}, "Invalid image size: 4k"),
        ({**TEXT, "generationConfig": {"imageConfig": {"aspectRatio": "5:7"}}}, "Invalid aspect ratio: 5:7"),
        ({**TEXT, "generationConfig": {"imageConfig": {"outputMimeType": "image/png"}}}, "outputMimeType"),
        ({**TEXT, "generationConfig": {"responseModalities": ["image"]}}, "response_modalities"),
        ({**TEXT, "generationConfig": {"seed": "7"}}, "seed"),
        ({**TEXT, "generationConfig": {"seed": 2**31}}, "seed"),
        ({**TEXT, "generationConfig": {}, "generation_config": {}}, "twice"),
        ({**TEXT, "safetySettings": [{"category": "X", "threshold": "NONE"}]}, "threshold"),
    ],
)
def test_it_refuses_what_breaks_a_rule(server: GeminiServer, body: Any, words: str) -> None:
    status, answer = raw(server, body)
    assert (status, answer["error"]["code"], answer["error"]["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert words in answer["error"]["message"]
    assert server.asked == []


def test_it_takes_both_casings_and_both_alphabets(server: GeminiServer) -> None:
    odd = picture(31, 17, hue=90) + b"\xff\xfe\xfb"
    blob = {"mimeType": "image/png", "data": base64.urlsafe_b64encode(odd).decode()}
    body = contents(
        {"inlineData": blob}, sent("image/png", odd), {"text": "x"}, generation_config={"seed": 1}
    )
    assert raw(server, body)[0] == 200
    assert [one.data for one in server.asked[0].pictures] == [odd, odd]


@pytest.mark.parametrize(
    ("path", "headers", "status", "word"),
    [
        (PATH, {"x-other": "1"}, 403, "PERMISSION_DENIED"),
        (PATH, {"authorization": "Bearer wrong"}, 400, "API_KEY_INVALID"),
        (f"{PATH}?key=anything", None, 404, "NOT_FOUND"),
        ("/v1/images", None, 404, "NOT_FOUND"),
        ("/v1beta/models/nano:generateContent", None, 404, "NOT_FOUND"),
    ],
)
def test_it_refuses_a_wrong_door(
    server: GeminiServer, path: str, headers: dict[str, str] | None, status: int, word: str
) -> None:
    told, answer = raw(server, TEXT, path=path, **(headers or {}))
    assert told == status
    assert word in json.dumps(answer)
    assert server.asked == []


def test_it_takes_the_key_as_a_bearer_too(server: GeminiServer) -> None:
    assert raw(server, TEXT, authorization=f"Bearer {server.key}")[0] == 200


def test_it_refuses_a_key_in_the_body(server: GeminiServer) -> None:
    assert raw(server, contents({"text": server.key}))[0] == 400


def test_it_refuses_a_body_that_is_too_large(server: GeminiServer) -> None:
    status, answer = raw(server, b" " * (100 * 10**6 + 1))
    assert (status, answer["error"]["code"]) == (413, "request_too_large")

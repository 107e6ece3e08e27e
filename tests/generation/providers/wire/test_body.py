"""Bodies that carry pictures."""

import base64
import email.parser
import email.policy
import json
import random
import tracemalloc

import pytest

from generation.providers.wire.body import PIECE, Base64, Body, FormFile, form_body, json_body

BYTES = random.Random(3).randbytes(2 * PIECE + 1)


def whole(body: Body) -> bytes:
    sent = b"".join(body)
    assert len(sent) == len(body) == body.length
    return sent


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 1])
def test_it_puts_pictures_into_json(size: int) -> None:
    document = {
        "text": 'ü "quoted" \\',
        "parts": [{"data": Base64(BYTES[:size])}, {"data": Base64(b"second")}],
    }
    body = json_body(document)
    assert body.media_type == "application/json"
    sent = json.loads(whole(body))
    assert sent["text"] == 'ü "quoted" \\'
    assert base64.b64decode(sent["parts"][0]["data"], validate=True) == BYTES[:size]
    assert sent["parts"][1]["data"] == base64.b64encode(b"second").decode()


def test_it_can_be_sent_twice() -> None:
    body = json_body({"data": Base64(BYTES)})
    assert whole(body) == whole(body)


def test_it_refuses_what_json_can_not_say() -> None:
    with pytest.raises(TypeError, match="bytes has no place in JSON"):
        json_body({"data": b"raw"})
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_body({"seed": float("nan")})


def test_it_makes_forms() -> None:
    files = [
        FormFile(name="image[]", filename="subject.png", media_type="image/png", data=BYTES),
        FormFile(name="image[]", filename='sc"ene.jpg', media_type="image/jpeg", data=b"\r\n--\r\n"),
    ]
    body = form_body([("model", "gpt"), ("prompt", "Küche\r\nzwei")], files)
    head = f"Content-Type: {body.media_type}\r\n\r\n".encode()
    parsed = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + whole(body))
    parts = [
        (part.get_param("name", header="content-disposition"), part.get_filename(), part.get_content_type())
        for part in parsed.iter_parts()
    ]
    assert parts == [
        ("model", None, "text/plain"),
        ("prompt", None, "text/plain"),
        ("image[]", "subject.png", "image/png"),
        ("image[]", "sc%22ene.jpg", "image/jpeg"),
    ]
    payloads = [part.get_payload(decode=True) for part in parsed.iter_parts()]
    assert payloads == [b"gpt", "Küche\r\nzwei".encode(), BYTES, b"\r\n--\r\n"]


def test_it_holds_no_picture_twice() -> None:
    body = json_body({"data": Base64(bytes(20_000_000))})
    tracemalloc.start()
    for _ in body:
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_it_shows_no_bytes() -> None:
    file = FormFile(name="image", filename="a.png", media_type="image/png", data=b"canary")
    for shown in (repr(Base64(b"canary")), repr(file), repr(json_body({"data": Base64(b"canary")}))):
        assert "canary" not in shown

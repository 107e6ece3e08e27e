"""What providers over HTTP have in common: their options, and how each failure is told and paid."""

import hashlib
import json
import socket
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any, BinaryIO

import pytest
import time_machine

from generation.providers.base import (
    Failed,
    Job,
    Made,
    Picture,
    PictureRequest,
    Result,
    Stopped,
    TryLater,
)
from generation.providers.wire.body import json_body
from generation.providers.wire.endings import blame, seconds_to_midnight
from generation.providers.wire.line import Reply
from generation.providers.wire.provider import HttpProvider
from generation.providers.wire.spill import spilled
from tests.generation.providers.wire.host import Answer, Host, answer, reset, trickle

KEY = "wg-canary-1234"
PRICES = {"1K": "0.134", "input": "0.0011"}
FULL = Decimal("0.1362")


class Plain(HttpProvider):
    """The smallest vendor there is."""

    name = "Plain"
    model = "plain-1"
    url = "https://plain.invalid"

    def ask(self, request: PictureRequest, job: Job) -> Reply:
        seconds = self.timeouts[request.size]
        return self.line.post("/make", body=json_body({"prompt": request.prompt}), seconds=seconds)

    def read(self, reply: Reply, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        if reply.document is None:
            return self.bad_answer(reply, price=self.price_of(request), request=request)
        spilled(reply.document["data"]).copy_to(sink)
        return Made(**self.facts(reply, request, cost=self.price_of(request), usage={"a": 1}))

    def parameters(self, request: PictureRequest) -> dict[str, Any]:
        return {"seed": request.seed}


def picture(role: str, media_type: str = "image/jpeg", size: int = 1000) -> Picture:
    data = bytes(size)
    sha256 = hashlib.sha256(data).hexdigest()
    return Picture(role=role, data=data, media_type=media_type, width=1, height=1, sha256=sha256)


SUBJECT, SCENE = picture("subject"), picture("scene", "image/webp", 3_100_000)
WISH = PictureRequest(prompt="p", ratio="1:1", size="1K", subject=SUBJECT, scene=SCENE, seed=7)


def provider(url: str, **options: Any) -> Plain:
    return Plain(alias="plain", options={"key": KEY, "url": url, "prices": PRICES, **options})


def result(*answers: Answer, **options: Any) -> Any:
    """What comes of asking a host that answers so; and that it was asked once."""
    sink = BytesIO()
    with Host.serving(*answers) as host:
        ended = provider(host.url, **options).make(WISH, sink, Job())
    assert len(host.requests) == 1
    assert host.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in repr(ended)
    assert sink.getvalue() == (b"\0\0\0" if isinstance(ended, Made) else b"")
    return ended


def error(status: str, code: str = "", message: str = "No.", *details: Any, **headers: str) -> bytes:
    told = {"error": {"code": int(status[:3]), "message": message, "status": code, "details": details}}
    return answer(json.dumps(told).encode(), status, **headers)


def test_it_makes_a_picture() -> None:
    assert result(answer(b'{"data": "AAAA"}')) == Made(
        cost=FULL, http_status=200, bytes_received=16, usage={"a": 1}, parameters={"seed": 7}
    )


def test_it_tells_what_came_and_what_was_sent() -> None:
    ended = result(error("400 Bad Request", "INVALID_ARGUMENT", f"No field {KEY}."))
    assert (ended.http_status, ended.vendor_code, ended.vendor_words) == (
        400,
        "INVALID_ARGUMENT",
        "No field […].",
    )
    assert ended.parameters == {"seed": 7}
    assert ended.bytes_received > 50


API_KEY_INVALID = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
STOPS: dict[str, tuple[bytes, str, str]] = {
    "401": (
        error("401 Unauthorized", message="Unknown key."),
        "key_refused",
        "Plain refused the key (HTTP 401). An operator must set a valid one and resume the provider. "
        "It said: “Unknown key”.",
    ),
    "403": (
        error("403 Forbidden", message=""),
        "key_refused",
        "Plain refused the key (HTTP 403). An operator must set a valid one and resume the provider.",
    ),
    "Google's 400 for a key": (
        error("400 Bad Request", "INVALID_ARGUMENT", "", API_KEY_INVALID),
        "key_refused",
        "Plain refused the key (HTTP 400). An operator must set a valid one and resume the provider.",
    ),
    "402": (
        error("402 Payment Required", message=""),
        "no_credit",
        "Plain takes no calls on this account (HTTP 402): its billing, credit or region. An operator must "
        "settle that and resume the provider.",
    ),
    "Google's 400 for an account": (
        error("400 Bad Request", "FAILED_PRECONDITION", "User location is not supported."),
        "no_credit",
        "Plain takes no calls on this account (HTTP 400): its billing, credit or region. An operator must "
        "settle that and resume the provider. It said: “User location is not supported”.",
    ),
    "404": (
        error("404 Not Found", message=""),
        "model_unknown",
        "Plain knows no model plain-1 at its address (HTTP 404); names get retired. An operator must set "
        "another model and resume the provider.",
    ),
    "a redirect": (
        answer(b"", "308 Permanent Redirect", Location="http://127.0.0.1:1/make"),
        "moved",
        "Plain has moved to another address (HTTP 308); nothing was sent there. An operator must set the new "
        "address and resume the provider.",
    ),
}


@pytest.mark.parametrize("case", STOPS)
def test_it_stops_for_everybody(case: str) -> None:
    answered, code, words = STOPS[case]
    ended = result(answered)
    assert (type(ended), ended.code, ended.words, ended.cost) == (Stopped, code, words, 0)


FAILURES: dict[str, tuple[bytes, str, str, str]] = {
    "a picture": (
        error("400 Bad Request", "INVALID_ARGUMENT", "Unsupported MIME type"),
        "bad_input",
        "inputs",
        "Plain refused the scene picture (image/webp, 3.1 MB): “Unsupported MIME type”. "
        "Upload the scene again as JPEG.",
    ),
    "some picture": (
        error("400 Bad Request", "INVALID_ARGUMENT", "Unable to process input image."),
        "bad_input",
        "inputs",
        "Plain refused the subject picture (image/jpeg, 1 KB) or the scene picture (image/webp, 3.1 MB): "
        "“Unable to process input image”. Upload them again as JPEG.",
    ),
    "a ratio": (
        error("400 Bad Request", "INVALID_ARGUMENT", "Bad aspect ratio for the image."),
        "bad_request",
        "call",
        "Plain refused the request (HTTP 400). Change the prompt or the format. "
        "It said: “Bad aspect ratio for the image”.",
    ),
    "no words": (
        answer(b"", "422 Unprocessable"),
        "bad_request",
        "call",
        "Plain refused the request (HTTP 422). Change the prompt or the format.",
    ),
    "size": (
        answer(b"<html><body>Too large</body></html>", "413 Payload Too Large"),
        "too_large",
        "call",
        "Plain does not take as much as was sent (HTTP 413): the subject picture (image/jpeg, 1 KB) or the "
        "scene picture (image/webp, 3.1 MB). Use smaller pictures, or fewer. It said: “Too large”.",
    ),
}


@pytest.mark.parametrize("case", FAILURES)
def test_it_fails_for_these_inputs(case: str) -> None:
    answered, code, step, words = FAILURES[case]
    ended = result(answered)
    assert (type(ended), ended.code, ended.step, ended.words) == (Failed, code, step, words)
    assert ended.cost == 0


@pytest.mark.parametrize(
    ("answered", "code", "wait", "slow"),
    [
        (error("429 Too Many Requests", "RESOURCE_EXHAUSTED", Retry_After="12"), "too_many_calls", 12, True),
        (error("429 Too Many Requests"), "too_many_calls", None, True),
        (error("408 Request Timeout"), "time_out", None, False),
        (error("500 Internal"), "overloaded", None, False),
        (answer(b"<html>Bad gateway</html>", "502 Bad Gateway"), "overloaded", None, False),
        (error("503 Unavailable", Retry_After="5"), "overloaded", 5, False),
        (answer(b"", "504 Gateway Timeout"), "overloaded", None, False),
        (answer(b"", "529 Overloaded"), "overloaded", None, False),
    ],
)
def test_it_tries_later_as_told(answered: bytes, code: str, wait: float | None, slow: bool) -> None:
    ended = result(answered)
    assert (type(ended), ended.code, ended.wait, ended.slow) == (TryLater, code, wait, slow)
    assert (ended.unknown, ended.cost) == (False, 0)


def test_it_waits_for_the_next_day_where_todays_quota_is_gone() -> None:
    day = {"violations": [{"quotaId": "GenerateRequestsPerDayPerProject"}]}
    with time_machine.travel(datetime(2026, 11, 22, 20, tzinfo=UTC)):
        ended = result(error("429 Too Many Requests", "RESOURCE_EXHAUSTED", "No.", day, Retry_After="9"))
    assert (type(ended), ended.code, ended.slow) == (TryLater, "quota_used_up", True)
    assert ended.wait == pytest.approx(12 * 3600, abs=30)
    assert "midnight in US Pacific time" in ended.words


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 7, 1, 12, tzinfo=UTC), 19),
        (datetime(2026, 12, 1, 12, tzinfo=UTC), 20),
        (datetime(2026, 11, 1, 7, tzinfo=UTC), 25),  # the clocks are put back
        (datetime(2026, 7, 1, 7, tzinfo=UTC), 24),
    ],
)
def test_it_knows_when_the_day_begins_in_california(now: datetime, hours: float) -> None:
    assert seconds_to_midnight(now) == hours * 3600


HALF = b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"data": "AAAA'


@pytest.mark.parametrize(
    ("answers", "code", "unknown", "cost"),
    [
        (reset(), "cut_off", True, FULL),
        (reset(HALF), "cut_off", False, FULL),
        (HALF, "cut_off", False, FULL),
        (trickle(b""), "time_out", True, FULL),
        (trickle(b"HTTP/1.1 200 OK\r\n\r\n", b" "), "time_out", False, FULL),
        (answer(b"<html>Hello</html>"), "bad_answer", False, FULL),
        (answer(b""), "bad_answer", False, FULL),
        (answer(b"no gzip", Content_Encoding="gzip"), "bad_answer", False, FULL),
    ],
)
def test_it_counts_as_paid_what_may_have_been_made(
    answers: Answer, code: str, unknown: bool, cost: Decimal
) -> None:
    ended = result(answers, timeouts={"1K": 0.4})
    assert (type(ended), ended.code, ended.unknown, ended.cost) == (TryLater, code, unknown, cost)
    assert ("counts as paid" in ended.words) is unknown
    assert ended.http_status == (None if unknown else 200)


def test_it_owes_nothing_where_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    ended = provider(f"http://127.0.0.1:{port}").make(WISH, BytesIO(), Job())
    assert isinstance(ended, TryLater)
    assert (ended.code, ended.unknown, ended.cost) == ("no_connection", False, Decimal(0))
    assert ended.words == "Plain could not be reached."


def test_it_does_not_ask_again_for_an_answer_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.providers.wire.spill.MOST_WORDS", 1000)
    ended = result(answer(b'{"text": "' + b"word " * 999 + b'"}'))
    assert (type(ended), ended.code, ended.cost) == (Failed, "too_large", FULL)


def test_it_shortens_long_words() -> None:
    ended = result(error("400 Bad Request", message="word " * 500))
    assert len(ended.words) < 450
    assert "…" in ended.words
    assert len(ended.vendor_words) == 2000


def test_it_blames_the_picture_whose_type_is_named() -> None:
    sent = (picture("subject", "image/png"), picture("scene"), picture("reference", "image/webp", 250_000))
    assert blame(sent, "image/webp is broken") == (
        "the reference picture (image/webp, 0.2 MB)",
        "Upload the reference again as JPEG.",
    )
    assert blame(sent[1:2], "broken") == (
        "the scene picture (image/jpeg, 1 KB)",
        "Upload the scene again from another file.",
    )
    assert blame((), "broken") == ("a request without pictures", "Change the prompt or the format.")


def test_it_tells_apart_pictures_of_one_role() -> None:
    sent = (picture("subject"), picture("scene"), picture("reference", size=4_000), picture("reference"))
    assert blame(sent, "broken") == (
        "the subject picture (image/jpeg, 1 KB), the scene picture (image/jpeg, 1 KB), "
        "the reference picture 1 (image/jpeg, 4 KB) or the reference picture 2 (image/jpeg, 1 KB)",
        "Upload them again from another file.",
    )


BAD_OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "no key": ({"key": ""}, "the option 'key' is missing."),
    "a key with a line break": ({"key": KEY + "\n"}, "the option 'key' must be letters, digits and signs"),
    "a key with umlauts": ({"key": KEY + "ä"}, "the option 'key' must be letters, digits and signs"),
    "no address": ({"url": "plain"}, "the option 'url' is not right: it must be an address"),
    "a password": ({"url": f"https://me:{KEY}@plain.com"}, "the option 'url' is not right"),
    "an unknown size": ({"timeouts": {"8K": 3}}, "the option 'timeouts' knows no '8K'"),
    "no time": ({"timeouts": {"1K": 0}}, "the option 'timeouts' has 0 for 1K"),
    "endless time": ({"timeouts": {"1K": float("inf")}}, "the option 'timeouts' has inf for 1K"),
    "time in words": ({"timeouts": {"1K": "60"}}, "the option 'timeouts' has '60' for 1K"),
    "an unknown one": ({"retries": 3}, "there is no option 'retries'"),
}


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_it_checks_its_options_when_it_is_built(case: str) -> None:
    options, words = BAD_OPTIONS[case]
    with pytest.raises(ValueError, match=words) as refused:
        Plain(alias="plain", options={"key": KEY, **options})
    assert KEY not in str(refused.value)


def test_it_takes_other_time_outs_for_some_sizes() -> None:
    assert provider("https://plain.com", timeouts={"4K": 900}).timeouts == {"1K": 300, "2K": 300, "4K": 900}


def test_it_shows_no_key() -> None:
    shown = provider("https://plain.com")
    assert repr(shown) == "<Plain 'plain': plain-1 at https://plain.com>"
    assert KEY not in f"{shown.options} {shown.line}"

"""What vendors say in errors."""

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from generation.providers.wire.line import Reply
from generation.providers.wire.told import LONGEST_WAIT, Told, told

RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "26s"}
ERROR_INFO = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}


def google(
    code: int = 429, status: str = "RESOURCE_EXHAUSTED", *details: Mapping[str, Any]
) -> dict[str, Any]:
    return {"error": {"code": code, "message": "No.", "status": status, "details": list(details)}}


def quota(quota_id: str) -> Mapping[str, Any]:
    kind = "type.googleapis.com/google.rpc.QuotaFailure"
    return {"@type": kind, "violations": [{"quotaMetric": "m", "quotaId": quota_id}]}


def read(document: Any = None, text: str = "", **headers: str) -> Told:
    return told(Reply(status=400, document=document, text=text, headers=headers))


@pytest.mark.parametrize("wrap", [lambda error: error, lambda error: [error]])
def test_it_reads_the_shape_of_google(wrap: Any) -> None:
    assert read(wrap(google(400, "INVALID_ARGUMENT", ERROR_INFO, RETRY_INFO))) == Told(
        code="INVALID_ARGUMENT", words="No.", reasons=("API_KEY_INVALID",), wait=26
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (
            {"message": "No.", "type": "image_error", "param": None, "code": "moderation_blocked"},
            "moderation_blocked",
        ),
        ({"message": "No.", "type": "invalid_request_error", "code": None}, "invalid_request_error"),
        ({"message": "No.", "type": "one", "code": "429"}, "one"),
        ({"message": "No.", "code": 7}, ""),
    ],
)
def test_it_reads_the_shape_of_openai(error: Any, code: str) -> None:
    assert read({"error": error}) == Told(code=code, words="No.")


@pytest.mark.parametrize(
    "document", [{"error": "No."}, {"message": "No."}, {"detail": "No."}, "No.", ["No."]]
)
def test_it_reads_plainer_shapes(document: Any) -> None:
    assert read(document) == Told(words="No.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("upstream timed out\n", "upstream timed out"),
        (
            "<!doctype html><head><title>502 Bad Gateway</title><style>a{b:c}</style></head>"
            "<body><h1>Bad&nbsp;&amp; worse</h1><script>x('<b>')</script></body>",
            "Bad & worse",
        ),
        ("", ""),
    ],
)
def test_it_reads_pages_and_text(text: str, words: str) -> None:
    assert read(text=text) == Told(words=words)


@pytest.mark.parametrize(
    ("delay", "wait"),
    [("26s", 26), ("45.837906927s", 45.837906927), ("0s", 0), ("999999s", LONGEST_WAIT)]
    + [(rubbish, None) for rubbish in ("", "soon", "-4s", "1e9s", "NaNs", 3, None, ["26s"])],
)
def test_it_reads_how_long_google_wants_to_wait(delay: Any, wait: float | None) -> None:
    assert read(google(429, "RESOURCE_EXHAUSTED", {**RETRY_INFO, "retryDelay": delay})).wait == wait


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("30", 30),
        (" 1.5 ", 1.5),
        ("0", 0),
        ("99999999", LONGEST_WAIT),
        ("Sun, 22 Nov 2026 12:02:00 GMT", 120),
        ("Sun, 22 Nov 2026 12:02:00 -0000", 120),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0),
        ("Sun, 22 Nov 9026 12:02:00 GMT", LONGEST_WAIT),
        ("Sun, 22 Nov 2026 25:02:00 GMT", None),
        ("-5", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_it_reads_retry_after(value: str, wait: float | None) -> None:
    with time_machine.travel(datetime(2026, 11, 22, 12, tzinfo=UTC), tick=False):
        assert told(Reply(status=429, headers={"retry-after": value})).wait == wait


def test_it_believes_google_before_the_header() -> None:
    reply = Reply(status=429, document=google(429, "X", RETRY_INFO), headers={"retry-after": "3"})
    assert told(reply).wait == 26


@pytest.mark.parametrize(
    ("quota_id", "per_day"),
    [("GenerateRequestsPerDayPerProjectPerModel", True), ("GenerateRequestsPerMinutePerProject", False)],
)
def test_it_tells_a_quota_of_the_day_from_one_of_the_minute(quota_id: str, per_day: bool) -> None:
    assert read(google(429, "RESOURCE_EXHAUSTED", quota(quota_id), RETRY_INFO)).per_day is per_day


def test_it_strikes_out_keys() -> None:
    error = {"message": "bad wg-canary", "code": "wg-canary-x"}
    said = told(Reply(status=400, document={"error": error}), ["wg-canary"])
    assert said == Told(code="[…]-x", words="bad […]")


def test_it_stands_anything() -> None:
    chance = random.Random(17)
    known = google(429, "RESOURCE_EXHAUSTED", RETRY_INFO, ERROR_INFO, quota("PerDay"))
    for _ in range(2000):
        document = spoiled(known, chance)
        said = told(Reply(status=429, document=document, text=json.dumps(document)[:50]))
        assert isinstance(said.words, str)
        assert said.wait is None or 0 <= said.wait <= LONGEST_WAIT


def spoiled(value: Any, chance: random.Random) -> Any:
    """The same with something else here and there."""
    if chance.random() < 0.08:
        return chance.choice([None, 0, -1.5, "", "x", [], {}, [None], {"error": None}, True, [[]], "PerDay"])
    if isinstance(value, dict):
        return {chance.choice([name, name, "code"]): spoiled(inner, chance) for name, inner in value.items()}
    if isinstance(value, list):
        return [spoiled(inner, chance) for inner in value]
    return value

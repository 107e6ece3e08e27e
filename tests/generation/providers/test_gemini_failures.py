"""Every way in which Gemini makes no picture: what it is, what it costs, what people read."""

import base64
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
import time_machine

from generation.providers.base import Failed, Job, Made, Refused, Result, Stopped, TryLater
from generation.providers.gemini import Gemini
from tests.generation.providers.gemini import INPUT, make, provider, request
from tests.standins.gemini import FAULTS, PICTURES, TRANSPORT, Fault, gemini_server
from tests.standins.gemini.errors import html
from tests.standins.gemini.fault import always
from tests.standins.gemini.reply import Reply

NOTHING = Decimal(0)
INPUTS = 2 * INPUT
ALL = Decimal("0.134") + INPUTS

# name: what it is, its code, what it costs
EXPECTED: dict[str, tuple[type[Result], str, Decimal]] = {
    "bad_input_image": (Failed, "bad_input", NOTHING),
    "unsupported_mime": (Failed, "bad_input", NOTHING),
    "bad_ratio": (Failed, "bad_request", NOTHING),
    "bad_request_gateway": (Failed, "bad_input", NOTHING),
    "echoes_key": (Failed, "bad_request", NOTHING),
    "echoes_picture": (Failed, "bad_input", NOTHING),
    "key_invalid": (Stopped, "key_refused", NOTHING),
    "region": (Stopped, "no_credit", NOTHING),
    "billing": (Stopped, "no_credit", NOTHING),
    "credit_gone": (Stopped, "no_credit", NOTHING),
    "credit_gone_gateway": (Stopped, "no_credit", NOTHING),
    "key_401": (Stopped, "key_refused", NOTHING),
    "key_403": (Stopped, "key_refused", NOTHING),
    "model_gone": (Stopped, "model_unknown", NOTHING),
    "model_gone_gateway": (Stopped, "model_unknown", NOTHING),
    "model_gone_html": (Stopped, "model_unknown", NOTHING),
    "moved": (Stopped, "moved", NOTHING),
    "too_large": (Failed, "too_large", NOTHING),
    "too_large_html": (Failed, "too_large", NOTHING),
    "too_many": (TryLater, "too_many_calls", NOTHING),
    "too_many_fraction": (TryLater, "too_many_calls", NOTHING),
    "too_many_today": (TryLater, "quota_used_up", NOTHING),
    "too_many_gateway": (TryLater, "too_many_calls", NOTHING),
    "too_many_gateway_date": (TryLater, "too_many_calls", NOTHING),
    "too_many_untold": (TryLater, "too_many_calls", NOTHING),
    "too_many_html": (TryLater, "too_many_calls", NOTHING),
    "request_time_out": (TryLater, "time_out", NOTHING),
    "internal": (TryLater, "overloaded", NOTHING),
    "internal_empty": (TryLater, "overloaded", NOTHING),
    "internal_rubbish": (TryLater, "overloaded", NOTHING),
    "bad_gateway": (TryLater, "overloaded", NOTHING),
    "overloaded": (TryLater, "overloaded", NOTHING),
    "overloaded_array": (TryLater, "overloaded", NOTHING),
    "overloaded_gateway": (TryLater, "overloaded", NOTHING),
    "deadline": (TryLater, "overloaded", NOTHING),
    "gateway_time_out": (TryLater, "overloaded", NOTHING),
    # Nobody knows, or somebody made something
    "silent": (TryLater, "time_out", ALL),
    "closed_before": (TryLater, "cut_off", ALL),
    "reset_before": (TryLater, "cut_off", ALL),
    "reset_in_body": (TryLater, "cut_off", ALL),
    "cut": (TryLater, "cut_off", ALL),
    "cut_in_chunks": (TryLater, "cut_off", ALL),
    "cut_but_said_whole": (TryLater, "cut_off", ALL),
    "trickle": (TryLater, "time_out", ALL),
    "trickle_in_head": (TryLater, "time_out", ALL),
    "html_page": (TryLater, "bad_answer", ALL),
    "empty_body": (TryLater, "bad_answer", ALL),
    "json_null": (TryLater, "bad_answer", ALL),
    "json_list": (TryLater, "bad_answer", ALL),
    # The model would not
    "prompt_safety": (Refused, "blocked_prompt", INPUTS),
    "prompt_other": (Refused, "blocked_prompt", INPUTS),
    "prompt_blocklist": (Refused, "blocked_prompt", INPUTS),
    "prompt_prohibited": (Refused, "blocked_prompt", INPUTS),
    "prompt_image_safety": (Refused, "blocked_prompt", INPUTS),
    "prompt_unknown": (Refused, "blocked_prompt", INPUTS),
    "image_safety": (Refused, "blocked_picture", INPUTS),
    "image_safety_words": (Refused, "blocked_picture", INPUTS),
    "image_safety_sketch": (Refused, "blocked_picture", INPUTS),
    "image_safety_unflagged": (Refused, "blocked_picture", INPUTS),
    "prohibited": (Refused, "blocked_picture", INPUTS),
    "image_prohibited": (Refused, "blocked_picture", INPUTS),
    "image_recitation": (Refused, "blocked_picture", INPUTS),
    "safety": (Refused, "blocked_picture", INPUTS),
    "recitation": (Refused, "blocked_picture", INPUTS),
    "language": (Refused, "blocked_picture", INPUTS),
    "blocklist": (Refused, "blocked_picture", INPUTS),
    "spii": (Refused, "blocked_picture", INPUTS),
    "no_image": (Refused, "no_picture", INPUTS),
    "image_other": (Refused, "no_picture", INPUTS),
    "other": (Refused, "no_picture", INPUTS),
    "malformed": (Refused, "no_picture", INPUTS),
    "max_tokens": (Refused, "no_picture", INPUTS),
    "finish_unknown": (Refused, "no_picture", INPUTS),
    "echoes_key_in_words": (Refused, "refused_in_words", INPUTS),
    "echoes_key_everywhere": (Refused, "no_picture", INPUTS),
    "refused_in_words": (Refused, "refused_in_words", INPUTS),
    # It said nothing
    "nothing": (TryLater, "no_picture", INPUTS),
    "thinking_only": (TryLater, "no_picture", INPUTS),
    "thought_picture_only": (TryLater, "no_picture", INPUTS),
    "no_candidates": (TryLater, "no_picture", INPUTS),
    "stop_without_parts": (TryLater, "no_picture", INPUTS),
    # It sent something in a picture's place
    "empty_data": (TryLater, "bad_answer", ALL),
    "null_data": (TryLater, "bad_answer", ALL),
    "not_base64": (TryLater, "bad_answer", ALL),
}
SHORT = {"1K": 0.3, "2K": 0.3, "4K": 0.3}
UNKNOWN = {"silent", "closed_before", "reset_before", "trickle_in_head"}
DAWDLES = {"silent", "trickle", "trickle_in_head"}


def ended(name: str) -> Any:
    """How one call ends that meets that fault; it is called once, and writes nothing."""
    with gemini_server(name) as server:
        result, data = make(server, timeouts=SHORT if name in DAWDLES else {})
        assert (len(server.requests), server.script_left) == (1, 0)
        told = server.requests[0].told
    assert data == b""
    if name not in TRANSPORT:
        assert (result.http_status, result.bytes_received) == (told.status, len(told.body))
    return result


def test_it_has_an_end_for_every_fault() -> None:
    flawed = {"empty_data", "null_data", "not_base64"}
    assert flawed <= set(PICTURES)
    assert set(EXPECTED) == set(FAULTS) - set(PICTURES) | flawed


@pytest.mark.parametrize("name", EXPECTED)
def test_it_tells_what_has_happened(name: str) -> None:
    result = ended(name)
    kind, code, cost = EXPECTED[name]
    assert (type(result), result.code, result.cost) == (kind, code, cost)
    assert result.words.startswith(
        ("Wisdom Gate", "The connection to Wisdom Gate", "Today's quota at Wisdom")
    )
    assert result.words.endswith((".", "”"))
    assert result.parameters["imageSize"] == "1K"
    assert getattr(result, "may_pass", False) == name.startswith("image_safety")
    assert getattr(result, "slow", False) == name.startswith("too_many")
    assert getattr(result, "unknown", False) == (name in UNKNOWN)


# Refusals


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("prompt_safety", "prompt"),
        ("image_safety", "picture"),
        ("no_image", "picture"),
        ("refused_in_words", "words"),
    ],
)
def test_it_tells_where_it_was_stopped(name: str, stage: str) -> None:
    assert ended(name).stage == stage


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "prompt_blocklist",
            "Wisdom Gate stopped before drawing: a word in the prompt is on its list of forbidden words. "
            "Word the prompt differently.",
        ),
        (
            "prompt_unknown",
            "Wisdom Gate stopped before drawing: its reason is WEATHER. Change the prompt, or use other "
            "pictures.",
        ),
        (
            "image_safety_words",
            "Wisdom Gate held its picture back: it did not pass its own safety check. It said: “Unable to "
            "show the generated image”. Ask again: the same often passes.",
        ),
        (
            "finish_unknown",
            "Wisdom Gate sent no picture: its reason is WEATHER. Ask again, or change the prompt.",
        ),
        (
            "refused_in_words",
            "Wisdom Gate answered in words only. It said: “I can't draw that person, but I'd gladly draw the "
            "bottle alone”. Change the prompt, or use other pictures.",
        ),
        ("nothing", "Wisdom Gate sent an empty answer: no picture and no reason."),
        ("empty_data", "Wisdom Gate sent a picture without content."),
        ("not_base64", "Wisdom Gate sent a picture that can't be read."),
    ],
)
def test_it_says_what_helps(name: str, words: str) -> None:
    assert ended(name).words == words


def test_it_keeps_the_vendors_reason_and_words() -> None:
    refused = ended("image_safety_words")
    assert refused.vendor_code == "IMAGE_SAFETY"
    assert refused.vendor_words == "Unable to show the generated image."
    assert refused.response_id == "mXsiafrPO5-vqtsPxZ7jyAE"
    assert refused.usage["promptTokenCount"] == 1110


def test_it_keeps_the_words_of_a_refusal() -> None:
    refused = ended("refused_in_words")
    assert refused.vendor_words == "I can't draw that person, but I'd gladly draw the bottle alone."


# Errors


def test_it_says_which_picture_was_refused() -> None:
    failed = ended("unsupported_mime")
    assert failed.words.startswith(
        "Wisdom Gate refused the scene picture (image/webp, 1 KB): “Unsupported MIME"
    )
    assert failed.words.endswith("Upload the scene again as JPEG.")
    assert failed.vendor_code == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("name", "wait"), [("too_many", 26), ("too_many_fraction", 45.837906927), ("too_many_gateway", 7)]
)
def test_it_waits_as_told_and_goes_slower(name: str, wait: float) -> None:
    later = ended(name)
    assert (later.wait, later.slow, later.unknown) == (wait, True, False)


def test_it_reads_a_date_to_wait_for() -> None:
    assert 15 < ended("too_many_gateway_date").wait <= 20


@pytest.mark.parametrize("name", ["too_many_untold", "too_many_html"])
def test_it_goes_slower_when_no_wait_was_told(name: str) -> None:
    later = ended(name)
    assert (later.wait, later.slow) == (None, True)


def test_it_waits_for_the_next_day_when_the_quota_is_used_up() -> None:
    with time_machine.travel(datetime(2026, 11, 22, 17, 0, tzinfo=UTC), tick=False):
        later = ended("too_many_today")
    assert later.wait == 15 * 3600
    assert later.slow


def test_it_pays_nothing_where_nobody_listens() -> None:
    with gemini_server() as server:
        url = server.url
    asking = Gemini(alias="wisdom-gate", options={"key": "k", "url": url, "prices": {"1K": "0.134"}})
    later = asking.make(request(), BytesIO(), Job())
    assert isinstance(later, TryLater)
    assert (later.code, later.cost, later.http_status) == ("no_connection", NOTHING, None)
    assert (later.unknown, later.unreached) == (False, True)


def test_it_follows_no_redirect() -> None:
    with gemini_server() as other:
        moved = replace(html(307, "Temporary Redirect"), headers={"Location": other.url})
        with gemini_server(Fault("A redirect to where somebody listens", always(moved))) as server:
            result, _ = make(server)
        assert isinstance(result, Stopped)
        assert other.requests == []


# Nothing of ours in what is kept


def test_it_keeps_no_picture_that_an_error_sends_back() -> None:
    asked = request()
    with gemini_server("echoes_picture") as server:
        result, _ = make(server, asked)
    assert isinstance(result, Failed)
    for one in asked.pictures:
        assert base64.b64encode(one.data[:60]).decode() not in repr(result)
    assert result.words.startswith("Wisdom Gate refused")


@pytest.mark.parametrize("name", ["echoes_key", "echoes_key_in_words", "echoes_key_everywhere"])
def test_it_keeps_no_key_that_comes_back(name: str) -> None:
    with gemini_server(name) as server:
        result, _ = make(server)
        assert server.key.encode() in server.requests[0].told.body
        assert server.key not in repr(result)


def test_it_logs_neither_key_nor_picture(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    names = ("echoes_key", "echoes_picture", "reset_in_body", "html_page", "image_text")
    asked = request()
    with gemini_server(*names) as server:
        for _ in names:
            make(server, asked)
        told = server.requests[-1].told.body.decode()
    assert server.key not in caplog.text
    for data in (base64.b64encode(asked.pictures[0].data).decode(), told[told.index('"data": "') + 9 :]):
        assert data[:40] not in caplog.text


def test_it_goes_on_after_a_fault() -> None:
    with gemini_server("reset_in_body", "cut", "silent") as server:
        asking = provider(server, timeouts=SHORT)
        kinds = [type(asking.make(request(), BytesIO(), Job())) for _ in range(4)]
    assert kinds == [TryLater, TryLater, TryLater, Made]


RUBBISH: list[Any] = [None, 0, -1.5, "x", "", [], {}, [None], [[]], [{}], {"x": 1}, True, 1e400, "\ud800\0"]
PLACES: list[Callable[[Any], Any]] = [
    lambda value: {"candidates": value},
    lambda value: {"candidates": [value]},
    lambda value: {"candidates": [{"content": value}]},
    lambda value: {"candidates": [{"content": {"parts": value}}]},
    lambda value: {"candidates": [{"content": {"parts": [value]}}]},
    lambda value: {"candidates": [{"content": {"parts": [{"text": value}]}}]},
    lambda value: {"candidates": [{"content": {"parts": [{"inlineData": value}]}}]},
    lambda value: {"candidates": [{"content": {"parts": [{"inlineData": {"data": value}}]}}]},
    lambda value: {"candidates": [{"finishReason": value, "finishMessage": value}]},
    lambda value: {"promptFeedback": value},
    lambda value: {"promptFeedback": {"blockReason": value}},
    lambda value: {"usageMetadata": value, "modelVersion": value, "responseId": value},
    lambda value: {"usageMetadata": {"promptTokenCount": value}},
]


def test_it_survives_whatever_stands_in_any_place() -> None:
    documents = [place(value) for value in RUBBISH for place in PLACES]
    script = [Fault("Rubbish", always(Reply.json(document))) for document in documents]
    with gemini_server(*script) as server:
        asking = provider(server)
        for document in documents:
            result = asking.make(request(), BytesIO(), Job())
            assert isinstance(result, Refused | TryLater), document
            json.dumps([result.usage, result.words, result.vendor_words], allow_nan=False).encode()
            assert "\0" not in repr(result)
        assert server.script_left == 0

"""Whatever the flat job API may answer instead of a picture: one call, one ending, its cost."""

from decimal import Decimal
from typing import Any

import pytest

from generation.providers.base import Failed, Refused, Stopped, TryLater
from tests.generation.providers.image_jobs import (
    INPUTS,
    NOTHING,
    PRICE,
    RUBBISH,
    Waiting,
    make,
)
from tests.standins.image_jobs import image_jobs_server

Ending = Failed | Stopped | TryLater
QUICK = {"1K": 0.3}


@pytest.mark.parametrize(
    ("faults", "polls", "cost", "status"),
    [(["blocked"], [], NOTHING, 400), (["refused"], [], INPUTS, 200), (["ok"], ["refused"], INPUTS, 200)],
)
def test_it_tells_a_refusal(faults: list[str], polls: list[str], cost: Decimal, status: int) -> None:
    with image_jobs_server(*faults, polls=polls, running=0) as server:
        result, made = make(server)
    assert isinstance(result, Refused)
    assert (result.code, result.stage, result.may_pass) == ("blocked_prompt", "prompt", False)
    assert (result.cost, result.http_status, made) == (cost, status, b"")
    assert (result.vendor_code, result.vendor_words) == (
        "moderation_blocked",
        "The prompt is against our rules.",
    )
    assert result.words == (
        "Image jobs would not make this picture. Change the prompt or the photos. "
        "It said: “The prompt is against our rules”."
    )
    assert len(server.posts) == 1


@pytest.mark.parametrize(
    ("fault", "kind", "code", "cost"),
    [
        ("bad_key", Stopped, "key_refused", NOTHING),
        ("forbidden", Stopped, "key_refused", NOTHING),
        ("no_credit", Stopped, "no_credit", NOTHING),
        ("no_model", Stopped, "model_unknown", NOTHING),
        ("moved", Stopped, "moved", NOTHING),
        ("bad_input", Failed, "bad_input", NOTHING),
        ("too_large", Failed, "too_large", NOTHING),
        ("slow_down", TryLater, "too_many_calls", NOTHING),
        ("time_out", TryLater, "time_out", NOTHING),
        ("broken", TryLater, "overloaded", NOTHING),
        ("bad_gateway", TryLater, "overloaded", NOTHING),
        ("overloaded", TryLater, "overloaded", NOTHING),
        ("gateway_time_out", TryLater, "overloaded", NOTHING),
        ("reset", TryLater, "cut_off", PRICE),
        ("reset_in_body", TryLater, "cut_off", PRICE),
        ("cut_off", TryLater, "cut_off", PRICE),
        ("silent", TryLater, "time_out", PRICE),
        ("trickle", TryLater, "time_out", PRICE),
        ("web_page", TryLater, "bad_answer", PRICE),
        ("empty", TryLater, "bad_answer", PRICE),
        ("array", TryLater, "bad_answer", PRICE),
        ("no_outputs", TryLater, "no_picture", INPUTS),
        ("empty_base64", TryLater, "no_picture", PRICE),
        ("bad_base64", TryLater, "bad_answer", PRICE),
        ("failed", TryLater, "job_failed", INPUTS),
        ("no_id", Stopped, "not_understood", PRICE),
        ("bad_id", Stopped, "not_understood", PRICE),
        ("long_id", Stopped, "not_understood", PRICE),
        ("odd_output", Stopped, "not_understood", PRICE),
        ("file_url", Stopped, "host_not_allowed", PRICE),
        ("private_url", Stopped, "host_not_allowed", PRICE),
    ],
)
def test_it_tells_each_fault_and_asks_once(fault: str, kind: type[Ending], code: str, cost: Decimal) -> None:
    job = Waiting()
    with image_jobs_server(fault) as server:
        result, made = make(server, job, timeouts=QUICK)
    assert isinstance(result, kind)
    assert (result.code, result.cost, made) == (code, cost, b"")
    assert (len(server.posts), len(server.polls), job.noted) == (1, 0, [])
    assert result.words.endswith((".", "”."))


def test_it_says_how_to_name_what_it_does_not_know() -> None:
    with image_jobs_server("odd_output") as server:
        result, _ = make(server)
    assert result.words == (
        "Image jobs answers in a way that it is not set up for here: an output with picture, and with "
        "neither url nor base64. An operator can name it in the provider's options, and resume the provider."
    )


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_it_survives_any_answer(rubbish: Any) -> None:
    with image_jobs_server(rubbish) as server:
        result, made = make(server)
    assert isinstance(result, Failed | Stopped | TryLater)
    assert (made, len(server.posts), len(server.polls)) == (b"", 1, 0)
    assert result.cost in (PRICE, INPUTS)


def test_it_costs_nothing_where_nobody_answers() -> None:
    with image_jobs_server() as server:
        pass
    result, _ = make(server)
    assert isinstance(result, TryLater)
    assert (result.code, result.cost, result.unknown) == ("no_connection", NOTHING, False)


def test_it_strikes_out_a_key_that_the_vendor_repeats() -> None:
    key = "key-that-is-wrong-1234"
    with image_jobs_server() as server:
        result, _ = make(server, key=key)
    assert isinstance(result, Stopped)
    assert result.vendor_words.startswith("Incorrect API key provided: ")
    assert key not in repr(result)

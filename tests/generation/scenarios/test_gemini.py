"""Every fault that Gemini's stand-in knows, through the whole engine."""

import base64
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from brandkit.common.storage import digest
from generation.models import Generation
from tests.generation.scenarios import gemini_table
from tests.generation.scenarios.canaries import KEY
from tests.generation.scenarios.gemini_table import SCENARIOS
from tests.generation.scenarios.play import (
    IMPATIENT,
    PATIENT,
    check_the_end,
    check_the_first_call,
    make_due,
    outcomes,
    spend,
    to_the_end,
    turn,
    use,
    wanted,
    words_shown,
)
from tests.generation.scenarios.scenario import NOTHING, PICTURE
from tests.standins import gemini
from tests.standins.gemini import FAULTS, GeminiServer, gemini_server

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
DAWDLES = {"silent", "trickle", "trickle_in_head"}


def connect(settings: Any, server: GeminiServer, **options: Any) -> None:
    use(settings, "gemini.Gemini", **{"key": server.key, "url": server.url, **options})


def test_it_tells_of_every_fault_that_there_is() -> None:
    assert set(SCENARIOS) == set(FAULTS)
    for name in ("ERRORS", "TRANSPORT", "NOTHING_MADE", "PICTURES"):
        assert set(getattr(gemini_table, name)) == set(getattr(gemini, name))
    assert len(SCENARIOS) >= 30


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_ends_well_after(name: str, settings: Any) -> None:
    scenario = SCENARIOS[name]
    with gemini_server(name, key=KEY) as server:
        connect(settings, server, seconds=IMPATIENT if name in DAWDLES else PATIENT)
        generation = wanted()
        assert turn(generation) == 1
        check_the_first_call(generation, scenario)
        connect(settings, server)
        to_the_end(generation)
        check_the_end(generation, scenario)
        assert len(server.requests) == len(server.asked) == len(scenario.outcomes)
        if generation.state == "succeeded":
            assert generation.output.sha256 == digest(last_picture(server))


def last_picture(server: GeminiServer) -> bytes:
    """Of the server's last answer, as it sent it; sketches are left out."""
    answer: Mapping[str, Any] = json.loads(server.requests[-1].told.body)
    parts = answer["candidates"][0]["content"]["parts"]
    images = [part for part in parts if "inlineData" in part and not part.get("thought")]
    return base64.urlsafe_b64decode(images[-1]["inlineData"]["data"].translate(str.maketrans("+/", "-_")))


FOR_EVER = {
    # fault: how it ends where it never stops, in how many calls, for what
    "overloaded": ("failed", ("later",) * 4, "0"),
    "too_many": ("failed", ("later",) * 4, "0"),
    "reset_in_body": ("failed", ("later",) * 4, "0.5448"),
    "closed_before": ("failed", ("unknown",) * 4, "0.5448"),
    "blank": ("failed", ("later",) * 4, "0.5448"),
    "nothing": ("failed", ("later",) * 4, "0.0088"),
    "image_safety": ("refused", ("refused",) * 2, "0.0044"),
    "prompt_safety": ("refused", ("refused",), "0.0022"),
    "bad_input_image": ("failed", ("failed",), "0"),
    "key_401": ("queued", ("stopped",), "0"),
}


@pytest.mark.parametrize("name", FOR_EVER)
def test_it_gives_up_where_there_is_no_end_to(name: str, settings: Any) -> None:
    state, tried, cost = FOR_EVER[name]
    with gemini_server(then=name, key=KEY) as server:
        connect(settings, server)
        generation = wanted()
        to_the_end_from_the_start(generation)
        assert (generation.state, outcomes(generation)) == (state, tried)
        assert spend(generation) == Decimal(cost)
        assert len(server.requests) == len(tried)
    if len(tried) == 4:
        assert generation.failure_words == (
            f"It did not work after 4 tries. The last one: {SCENARIOS[name].words} Try again later."
        )


def to_the_end_from_the_start(generation: Generation) -> None:
    assert turn(generation) == 1
    to_the_end(generation)


def test_it_allows_one_more_try_after_an_image_safety_stop_and_no_more(settings: Any) -> None:
    with gemini_server("image_safety", "overloaded", "image_safety_words", key=KEY) as server:
        connect(settings, server)
        generation = wanted()
        to_the_end_from_the_start(generation)
        assert (generation.state, outcomes(generation)) == ("refused", ("refused", "later", "refused"))
        assert spend(generation) == Decimal("0.0044")
        assert generation.failure_words == SCENARIOS["image_safety_words"].words
        assert len(server.requests) == 3


@pytest.mark.parametrize("name", ["closed_before", "reset_before"])
def test_it_holds_what_nobody_knows_where_the_operator_wants_a_persons_word(name: str, settings: Any) -> None:
    settings.BRANDKIT_UNKNOWN_OUTCOME = "hold"
    with gemini_server(name, key=KEY) as server:
        connect(settings, server)
        generation = wanted()
        to_the_end_from_the_start(generation)
        assert (generation.state, outcomes(generation), spend(generation)) == (
            "failed",
            ("unknown",),
            PICTURE,
        )
        assert generation.failure_words == (
            f"{SCENARIOS[name].words} So it is not known whether a picture was made and paid for. "
            "Ask again to have it made anew."
        )
        assert len(server.requests) == 1


def test_it_waits_and_costs_nothing_where_nobody_was_reached(settings: Any) -> None:
    with gemini_server(key=KEY) as server:
        connect(settings, server)
    generation = wanted()
    for _ in range(5):
        assert turn(generation) == 1
        assert "Wisdom Gate could not be reached." in words_shown(generation)
        make_due(generation)
    assert (generation.state, generation.tries) == ("queued", 0)
    assert (outcomes(generation), spend(generation)) == (("later",) * 5, NOTHING)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"key": "another-key-than-that"}, "key_refused"),
        ({"model": "gemini-9"}, "model_unknown"),
    ],
)
def test_it_stops_where_it_is_set_up_wrongly(options: dict[str, str], code: str, settings: Any) -> None:
    with gemini_server(key=KEY) as server:
        connect(settings, server, **options)
        generation = wanted()
        to_the_end_from_the_start(generation)
        assert (generation.state, outcomes(generation), spend(generation)) == (
            "queued",
            ("stopped",),
            NOTHING,
        )
        assert generation.attempts.get().code == code
        assert (len(server.requests), len(server.asked)) == (1, 0)

"""Every fault that the stand-in of OpenAI's images/edits knows, through the whole engine."""

from typing import Any

import pytest

from brandkit.common.storage import digest
from tests.generation.scenarios.openai_table import FAULTS, ODD, SCENARIOS
from tests.generation.scenarios.play import (
    IMPATIENT,
    PATIENT,
    check_the_end,
    check_the_first_call,
    to_the_end,
    turn,
    use,
    wanted,
)
from tests.standins import openai_images
from tests.standins.gemini.pictures import picture
from tests.standins.openai_images import OpenAIImages

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
DAWDLES = {"silent", "trickle"}


def connect(settings: Any, server: OpenAIImages, **options: Any) -> None:
    use(settings, "openai_images.OpenAIImages", key=server.key, url=server.url, **options)


def test_it_tells_of_every_fault_that_there_is() -> None:
    assert (set(FAULTS), set(ODD)) == (set(openai_images.FAULTS), set(openai_images.ODD))


@pytest.mark.parametrize("name", SCENARIOS)
def test_it_ends_well_after(name: str, settings: Any) -> None:
    scenario = SCENARIOS[name]
    with OpenAIImages(name) as server:
        connect(settings, server, seconds=IMPATIENT if name in DAWDLES else PATIENT)
        generation = wanted()
        assert turn(generation) == 1
        check_the_first_call(generation, scenario)
        connect(settings, server)
        to_the_end(generation)
        check_the_end(generation, scenario)
        assert len(server.seen) == len(server.asked) == len(scenario.outcomes)
    if generation.state == "succeeded":
        assert generation.output.sha256 == digest(picture(1024, 1024))


def test_it_flags_a_square_where_another_ratio_was_asked_for(settings: Any) -> None:
    with OpenAIImages("other_size") as server:
        connect(settings, server)
        generation = wanted(ratio="16:9")
        turn(generation)
        assert [flag["code"] for flag in generation.output.flags] == ["wrong_ratio", "too_small"]
        assert len(server.asked) == 1

"""A worker died in the middle: what the next one makes of it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from brandkit.common.storage import keep, private_store
from generation.engine.claims import claimed
from generation.models import Attempt, Generation, Output
from generation.runner import run
from tests.conftest import stored_files
from tests.factories import make_brand, make_generation, picture_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fake(settings: Any) -> None:
    settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": "generation.providers.fake.Fake"}}


def abandoned(*, tries: int = 1, in_call: bool = True, **fields: Any) -> Generation:
    """Its worker is gone, its lease has run out."""
    since = timezone.now() - timedelta(minutes=2)
    generation = make_generation(
        make_brand(),
        provider="fake",
        state="running",
        claim=uuid4(),
        worker="dead:1",
        started_at=since,
        lease_until=since + timedelta(minutes=1),
        tries=tries,
        **fields,
    )
    if in_call:
        Attempt.objects.create(
            brand=generation.brand,
            generation=generation,
            number=1,
            provider="fake",
            model="fake-1",
            started_at=since,
            cost=1,
        )
    return generation


def outcomes(generation: Generation) -> list[str]:
    return list(generation.attempts.values_list("outcome", flat=True))


def test_it_calls_again_and_keeps_the_lost_call_as_unknown() -> None:
    generation = abandoned()
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation)) == ("succeeded", ["unknown", "picture"])


def test_it_holds_where_the_operator_wants_a_persons_word(settings: Any) -> None:
    settings.BRANDKIT_UNKNOWN_OUTCOME = "hold"
    generation = abandoned()
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.failure_code) == ("failed", "outcome_unknown")
    assert "not known whether a picture was made and paid for" in generation.failure_words
    assert outcomes(generation) == ["unknown"]
    generation.move("queued")
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation)) == ("succeeded", ["unknown", "picture"])


def test_it_does_not_hold_where_no_call_had_begun(settings: Any) -> None:
    settings.BRANDKIT_UNKNOWN_OUTCOME = "hold"
    generation = abandoned(in_call=False)
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation)) == ("succeeded", ["picture"])


def test_it_gives_up_on_what_ends_every_worker(settings: Any) -> None:
    generation = abandoned(tries=settings.BRANDKIT_MAX_ATTEMPTS)
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.failure_code) == ("failed", "gave_up")
    assert generation.failure_words.startswith("Workers stopped in the middle of 4 calls")
    assert outcomes(generation) == ["unknown"]


def leave_answer(generation: Generation, data: bytes) -> str:
    """As a worker that is killed after its answer was stored, and before that was noted."""
    return keep(private_store(), f"outputs/{generation.brand_id}/{generation.pk}/1-answer.png", data)


@pytest.mark.parametrize("unknown", ["retry", "hold"])
def test_it_takes_over_an_answer_that_nobody_could_note(settings: Any, unknown: str) -> None:
    settings.BRANDKIT_UNKNOWN_OUTCOME = unknown
    generation = abandoned(tries=settings.BRANDKIT_MAX_ATTEMPTS)
    name = leave_answer(generation, picture_bytes())
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation)) == ("succeeded", ["picture"])
    output = Output.objects.get()
    assert (output.picture.name, output.attempt.cost) == (name, Decimal(1))
    with output.picture.open() as picture:
        assert picture.read() == picture_bytes()
    assert "Its worker stopped" in output.attempt.words


def test_it_makes_anew_what_it_can_not_take_over() -> None:
    generation = abandoned()
    name = leave_answer(generation, b"half a picture")
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation)) == ("queued", ["later"])
    assert not private_store().exists(name)
    Generation.objects.update(retry_at=None)
    run(generation.NOUN, generation.pk)
    assert Output.objects.get().picture.name == f"outputs/{generation.brand_id}/{generation.pk}/2-answer.png"
    assert len([each for each in stored_files() if "/outputs/" in each]) == 3


def came(**fields: Any) -> Generation:
    """A worker was lost over the picture that came."""
    generation = abandoned(**fields)
    name = f"outputs/{generation.brand_id}/{generation.pk}/1-answer.png"
    keep(private_store(), name, picture_bytes())
    generation.attempts.update(outcome="picture")
    Generation.objects.filter(pk=generation.pk).update(fetched=name)
    return generation


def take_over_and_die(generation: Generation) -> None:
    """As `run` does until its worker is killed."""
    with claimed(generation.NOUN, generation.pk) as claim:
        assert claim
    Generation.objects.filter(pk=generation.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_it_finishes_what_came_and_pays_nothing() -> None:
    generation = came()
    take_over_and_die(generation)
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation)) == ("succeeded", ["picture"])


def test_it_gives_up_on_a_picture_that_ends_every_worker(settings: Any) -> None:
    generation = came()
    for _ in range(settings.BRANDKIT_MAX_ATTEMPTS - 1):
        take_over_and_die(generation)
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.failure_code) == ("failed", "gave_up")
    assert generation.failure_words.startswith("The picture came, but 4 workers stopped")
    assert not Output.objects.exists()
    generation.move("queued")
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation)) == ("succeeded", ["picture"])

"""One generation through the runner: each answer, its state, its attempts and its words."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.dispatch import receiver
from django.utils import timezone

from brandkit.common.storage import private_store
from generation.engine.claims import stopping
from generation.models import Attempt, Generation, Output
from generation.runner import run
from generation.signals import output_ready
from tests.generation.scripts import Script, kinds, outcomes, outputs_stored

pytestmark = pytest.mark.django_db


def now_due(generation: Generation) -> tuple[str, int]:
    Generation.objects.filter(pk=generation.pk).update(retry_at=timezone.now())
    return generation.NOUN, generation.pk


def test_it_makes_a_picture(scripted: Script, outputs_told: list[Output]) -> None:
    generation = scripted({"do": "picture"})
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    output = generation.output
    assert (generation.state, generation.failure_code, generation.failure_words) == ("succeeded", "", "")
    assert (generation.claim, generation.lease_until, generation.fetched) == (None, None, "")
    assert generation.ended_at is not None
    assert (output.media_type, output.width, output.height) == ("image/png", 1024, 1024)
    assert (output.subject_box, output.notes) == ([0.25, 0.25, 0.75, 0.75], ["made by a script"])
    assert output.bytes == output.picture.size
    assert outputs_told == [output]
    assert kinds(generation) == ["generation.running", "generation.succeeded"]


def test_it_keeps_what_was_sent_and_what_it_cost(scripted: Script) -> None:
    generation = scripted({"do": "picture"})
    run(generation.NOUN, generation.pk)
    attempt = generation.attempts.get()
    assert [(each["role"], each["sha256"]) for each in attempt.sent] == [
        ("subject", generation.subject.normal_sha256),
        ("scene", generation.scene_version.sha256),
    ]
    assert (attempt.number, attempt.outcome, str(attempt.cost)) == (1, "picture", "0.01000")
    assert attempt.response_id == "fake-1"
    assert attempt.seconds is not None


def test_it_drops_a_message_that_comes_five_times(scripted: Script) -> None:
    generation = scripted({"do": "picture"})
    for _ in range(5):
        run(generation.NOUN, generation.pk)
    assert outcomes(generation) == ["picture"]
    assert Output.objects.count() == 1


@pytest.mark.parametrize("state", ["succeeded", "refused", "failed", "cancelled"])
def test_it_leaves_alone_what_has_ended(scripted: Script, state: str) -> None:
    generation = scripted({"do": "picture"}, state=state)
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation), kinds(generation)) == (state, [], [])


def test_it_leaves_alone_what_another_worker_holds(scripted: Script) -> None:
    until = timezone.now() + timedelta(seconds=30)
    generation = scripted({"do": "picture"}, state="running", claim=uuid4(), lease_until=until)
    run(generation.NOUN, generation.pk)
    assert outcomes(generation) == []


def test_it_waits_until_a_retry_is_due(scripted: Script) -> None:
    generation = scripted({"do": "picture"}, retry_at=timezone.now() + timedelta(seconds=30))
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation)) == ("queued", [])


def test_it_drops_the_number_of_nothing() -> None:
    run("generation", 987654321)
    assert Attempt.objects.count() == 0


@pytest.mark.parametrize(
    ("do", "state", "outcome", "words"),
    [
        ("refuse", "refused", "refused", "No people, please."),
        ("fail", "failed", "failed", "No people, please."),
    ],
)
def test_it_ends_with_the_words_of_the_provider(
    scripted: Script, do: str, state: str, outcome: str, words: str
) -> None:
    generation = scripted({"do": do, "code": "people", "words": "No people, please."})
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    attempt = generation.attempts.get()
    assert (generation.state, generation.failure_code, generation.failure_words) == (state, "people", words)
    assert (attempt.outcome, attempt.code, attempt.words) == (outcome, "people", "No people, please.")
    assert generation.ended_at is not None
    assert Output.objects.count() == 0
    assert outputs_stored() == []


def test_it_tries_again_when_the_provider_says(scripted: Script) -> None:
    generation = scripted({"do": "later", "wait": 90}, {"do": "picture"})
    before = timezone.now()
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.claim, generation.tries) == ("queued", None, 1)
    assert generation.retry_at
    assert timedelta(seconds=90) <= generation.retry_at - before < timedelta(seconds=100)
    run(*now_due(generation))
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation)) == ("succeeded", ["later", "picture"])


def test_it_gives_up_after_the_last_try(scripted: Script, settings: Any) -> None:
    settings.BRANDKIT_MAX_ATTEMPTS = 3
    generation = scripted({"do": "later", "code": "busy", "words": "We are busy."})
    for _ in range(5):
        run(*now_due(generation))
    generation.refresh_from_db()
    assert (generation.state, generation.failure_code) == ("failed", "busy")
    assert (
        generation.failure_words
        == "It did not work after 3 tries. The last one: We are busy. Try again later."
    )
    assert outcomes(generation) == ["later", "later", "later"]


def test_it_tries_again_when_a_provider_breaks_off(scripted: Script) -> None:
    generation = scripted({"do": "raise"}, {"do": "picture"})
    run(generation.NOUN, generation.pk)
    attempt = generation.attempts.get()
    assert (attempt.outcome, attempt.code, attempt.words) == (
        "unknown",
        "provider_error",
        "Fake broke off (RuntimeError).",
    )
    assert str(attempt.cost) == "0.01000"
    run(*now_due(generation))
    generation.refresh_from_db()
    assert generation.state == "succeeded"


@pytest.mark.parametrize(
    ("do", "code", "words"),
    [
        ("blank", "bad_picture_blank", "What came back can't be used as a picture: It is all of one colour."),
        ("nothing", "empty_answer", "The answer held no picture."),
    ],
)
def test_it_tries_again_when_the_answer_is_no_picture(
    scripted: Script, outputs_told: list[Output], do: str, code: str, words: str
) -> None:
    generation = scripted({"do": do}, {"do": "picture"})
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    attempt = generation.attempts.get()
    assert (generation.state, generation.fetched) == ("queued", "")
    assert (attempt.outcome, attempt.code, attempt.words) == ("later", code, words)
    assert (outputs_told, outputs_stored()) == ([], [])
    run(*now_due(generation))
    generation.refresh_from_db()
    assert generation.state == "succeeded"


def test_it_does_not_take_text_for_a_picture(scripted: Script) -> None:
    generation = scripted({"do": "text"})
    run(generation.NOUN, generation.pk)
    attempt = generation.attempts.get()
    assert (attempt.outcome, attempt.code) == ("later", "bad_picture_type")
    assert "This file is text." in attempt.words
    assert outputs_stored() == []


def test_it_fails_where_the_provider_is_no_longer_there(scripted: Script) -> None:
    generation = scripted({"do": "picture"}, provider="gone")
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.failure_code) == ("failed", "provider_gone")
    assert generation.failure_words == (
        "The provider “gone” is no longer set up. Ask the operator to bring it back and try "
        "again, or ask for this with another provider."
    )
    assert outcomes(generation) == []


@pytest.mark.parametrize("change", ["other bytes", "gone"])
def test_it_fails_where_an_input_is_not_what_it_was(scripted: Script, change: str) -> None:
    generation = scripted({"do": "picture"})
    store, name = private_store(), str(generation.subject.normal)
    store.delete(name)
    if change == "other bytes":
        with store.open(name, "wb") as file:
            file.write(b"something else")
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.failure_code) == ("failed", "input_changed")
    assert (
        generation.failure_words
        == "The subject's picture is no longer in the store as it was. Upload it again."
    )
    assert outcomes(generation) == []


def test_it_undoes_the_finish_where_a_listener_fails(scripted: Script, caplog: Any) -> None:
    generation = scripted({"do": "picture"})

    @receiver(output_ready)
    def listen(**_: Any) -> None:
        raise ValueError("no review today")

    try:
        run(generation.NOUN, generation.pk)
    finally:
        output_ready.disconnect(listen)
    generation.refresh_from_db()
    assert (generation.state, generation.failure_code) == ("failed", "internal_error")
    assert Output.objects.count() == 0
    assert generation.fetched != ""
    assert "no review today" in caplog.text


def test_it_begins_no_call_when_the_process_is_to_stop(scripted: Script) -> None:
    generation = scripted({"do": "picture"})
    stopping.set()
    try:
        run(generation.NOUN, generation.pk)
    finally:
        stopping.clear()
    generation.refresh_from_db()
    assert (generation.state, generation.claim, generation.tries, outcomes(generation)) == (
        "queued",
        None,
        0,
        [],
    )
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert generation.state == "succeeded"


def test_an_attempt_names_the_model_that_was_called(scripted: Script) -> None:
    generation = scripted({"do": "picture"}, model="retired-1")
    run(generation.NOUN, generation.pk)
    assert generation.attempts.get().model == "fake-1"

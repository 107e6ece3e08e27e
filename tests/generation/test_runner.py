"""One generation through the runner: each answer, its state, its attempts and its words."""

import errno
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, BinaryIO
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.dispatch import receiver
from django.utils import timezone

from brandkit.common.errors import StorageFailed
from brandkit.common.models import history
from brandkit.common.storage import DurableFileSystemStorage, private_store
from generation.engine.claims import Claim, stopping
from generation.engine.patience import patiently
from generation.imaging.answer import Answer, open_answer
from generation.imaging.unreadable import Limits
from generation.models import Attempt, Generation, Output
from generation.providers.base import Job, Made, PictureRequest, Provider, Result
from generation.runner import run
from generation.signals import output_ready
from tests.conftest import stored_files
from tests.factories import make_brand, make_generation

pytestmark = pytest.mark.django_db
Script = Callable[..., Generation]


class Thief(Provider):
    """While it is asked, another worker takes the generation over."""

    name = "Thief"
    model = "thief-1"

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        Generation.objects.update(claim=uuid4(), worker="somebody else")
        sink.write(b"too late")
        return Made()


class Finder(Thief):
    """The other one even finds its answer in the store."""

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        result = super().make(request, sink, job)
        Attempt.objects.update(outcome=Attempt.Outcome.PICTURE)
        return result


@pytest.fixture
def scripted(settings: Any) -> Script:
    """Makes a generation whose provider follows these steps."""

    def make(*steps: dict[str, Any], **fields: Any) -> Generation:
        fake = {"BACKEND": "generation.providers.fake.Fake", "OPTIONS": {"script": list(steps)}}
        settings.BRANDKIT_PROVIDERS = {"fake": fake}
        return make_generation(make_brand(), **{"provider": "fake", **fields})

    return make


@pytest.fixture
def outputs_told() -> Iterator[list[Output]]:
    """Every output that the signal told of."""
    told: list[Output] = []

    @receiver(output_ready)
    def listen(output: Output, **_: Any) -> None:
        told.append(output)

    yield told
    output_ready.disconnect(listen)


def now_due(generation: Generation) -> tuple[str, int]:
    Generation.objects.filter(pk=generation.pk).update(retry_at=timezone.now())
    return generation.NOUN, generation.pk


def outcomes(generation: Generation) -> list[str]:
    return list(generation.attempts.values_list("outcome", flat=True))


def kinds(generation: Generation) -> list[str]:
    return [event.kind for event in history(generation)]


def outputs_stored() -> list[str]:
    return [name for name in stored_files() if "/outputs/" in name]


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


def test_it_pays_once_where_the_disk_is_full(scripted: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    generation = scripted({"do": "picture"})
    monkeypatch.setattr("brandkit.common.storage.os.fsync", full_disk)
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.failure_code) == ("failed", "storage_failed")
    assert generation.failure_words == (
        "The picture could not be stored: No space left on device. "
        "Have the operator look at the store, then ask again."
    )
    assert outcomes(generation) == ["failed"]
    assert str(generation.attempts.get().cost) == "0.01000"
    assert [name for name in stored_files() if "/tests/" not in name] == []


def test_it_stops_an_answer_without_end(scripted: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    generation = scripted({"do": "picture"})
    monkeypatch.setattr("generation.engine.sink.LIMITS", Limits(bytes=1000))
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.failure_code) == ("failed", "storage_failed")
    assert "larger than 0 MB" in generation.failure_words


def test_it_finishes_for_nothing_once_there_is_room_again(
    scripted: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = scripted({"do": "picture"}, {"do": "refuse"})
    with monkeypatch.context() as patch:
        patch.setattr("generation.engine.finish.keep", full_store)
        run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.failure_code) == ("failed", "storage_failed")
    generation.move("queued")
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation)) == ("succeeded", ["picture"])


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


def test_it_changes_nothing_once_the_claim_is_lost_in_the_call(settings: Any) -> None:
    settings.BRANDKIT_PROVIDERS = {"thief": {"BACKEND": f"{__name__}.Thief"}}
    generation = make_generation(make_brand(), provider="thief")
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.worker, generation.fetched) == ("running", "somebody else", "")
    assert outcomes(generation) == ["unknown"]
    assert kinds(generation) == ["generation.running"]
    assert outputs_stored() == []


def test_it_changes_nothing_once_the_claim_is_lost_in_the_finish(
    scripted: Script, outputs_told: list[Output], monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = scripted({"do": "picture"})

    def open_late(*args: Any, **named: Any) -> Answer:
        Generation.objects.update(claim=uuid4(), worker="somebody else")
        return open_answer(*args, **named)

    monkeypatch.setattr("generation.engine.finish.open_answer", open_late)
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.worker) == ("running", "somebody else")
    assert (Output.objects.count(), outputs_told) == (0, [])
    assert generation.fetched in "".join(outputs_stored())


def test_it_keeps_what_was_paid_for_while_the_database_is_away(
    scripted: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = scripted({"do": "picture"})
    waits: list[float] = []
    monkeypatch.setattr("generation.engine.patience.time.sleep", waits.append)
    monkeypatch.setattr("generation.engine.patience.connection.close", lambda: None)
    failing = iter([OperationalError("gone"), OperationalError("gone"), None])

    def note(claim: Claim, **changes: Any) -> None:
        if changes.keys() == {"fetched"} and changes["fetched"] and (error := next(failing)):
            raise error
        really(claim, **changes)

    really = Claim.note
    monkeypatch.setattr(Claim, "note", note)
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation), waits) == ("succeeded", ["picture"], [1, 2])


def test_it_is_patient_for_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("generation.engine.patience.time.sleep", waits.append)
    monkeypatch.setattr("generation.engine.patience.connection.close", lambda: None)

    def write() -> None:
        if sum(waits) < 590:
            raise OperationalError("the host is being moved")

    patiently(write)
    assert 590 <= sum(waits) <= 600


def test_it_leaves_bytes_that_another_worker_has_taken_over(settings: Any) -> None:
    settings.BRANDKIT_PROVIDERS = {"finder": {"BACKEND": f"{__name__}.Finder"}}
    generation = make_generation(make_brand(), provider="finder")
    run(generation.NOUN, generation.pk)
    assert len(outputs_stored()) == 1


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


def full_store(*_: Any) -> None:
    raise StorageFailed


def full_disk(*_: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_it_does_not_pay_again_where_a_provider_has_no_room_on_the_disk(
    scripted: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = scripted({"do": "picture"})
    monkeypatch.setattr("generation.providers.fake.Fake.make", full_disk)
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.failure_code) == ("failed", "storage_failed")
    assert generation.failure_words == (
        "The picture could not be stored: No space left on device. "
        "Have the operator look at the store, then ask again."
    )
    attempt = generation.attempts.get()
    assert (attempt.outcome, attempt.step, str(attempt.cost)) == ("failed", "store", "0.01000")


def test_an_attempt_names_the_model_that_was_called(scripted: Script) -> None:
    generation = scripted({"do": "picture"}, model="retired-1")
    run(generation.NOUN, generation.pk)
    assert generation.attempts.get().model == "fake-1"


def test_it_says_that_the_store_can_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise OSError("the bucket refused")

    generation = make_generation(make_brand())
    monkeypatch.setattr(DurableFileSystemStorage, "_open", broken)
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, generation.failure_code) == ("failed", "storage_failed")
    assert "could not be read from the store or written: the bucket refused" in generation.failure_words
    assert not generation.attempts.exists()

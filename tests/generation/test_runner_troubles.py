"""What is full, away or taken over in the middle of the work: nothing is lost, nothing is paid twice."""

import errno
from typing import Any, BinaryIO
from uuid import uuid4

import pytest
from django.db import OperationalError

from brandkit.common.errors import StorageFailed
from brandkit.common.storage import DurableFileSystemStorage
from generation.engine.claims import Claim
from generation.engine.patience import patiently
from generation.imaging.answer import Answer, open_answer
from generation.imaging.unreadable import Limits
from generation.models import Attempt, Generation, Output
from generation.providers.base import Job, Made, PictureRequest, Provider, Result
from generation.runner import run
from tests.conftest import stored_files
from tests.factories import make_brand, make_generation
from tests.generation.scripts import (
    Script,
    kinds,
    outcomes,
    outputs_stored,
    work_on,
    work_on_when_due,
)

pytestmark = pytest.mark.django_db


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


def test_it_begins_no_call_while_the_store_takes_nothing(
    scripted: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = scripted({"do": "picture"}), scripted({"do": "picture"})
    with monkeypatch.context() as patch:
        patch.setattr("brandkit.common.storage.os.fsync", full_disk)
        assert (work_on(first), work_on(second)) == ("failed", "queued")
        assert work_on_when_due(second) == "queued"
    assert (outcomes(first), outcomes(second), second.tries) == (["failed"], [], 0)
    assert work_on_when_due(second) == "succeeded"
    assert "private/trial" not in stored_files()


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
    assert generation.failure_words.endswith("Have the operator look at the store, then ask again.")
    generation.move("queued")
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert (generation.state, outcomes(generation)) == ("succeeded", ["picture"])


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

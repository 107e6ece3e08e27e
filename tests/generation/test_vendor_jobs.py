"""A vendor's job outlives the call that began it: paid once, and asked for until it ends."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, BinaryIO
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from generation.engine import jobs
from generation.engine.claims import stopping
from generation.models import Attempt, Generation
from generation.provider_accounts import resume
from generation.providers.base import (
    Failed,
    Job,
    Made,
    PictureRequest,
    Provider,
    Refused,
    Result,
    Stopped,
    TryLater,
)
from generation.queueing import put_back
from tests.factories import picture_bytes
from tests.generation.scripts import costs, outcomes, wanted, work_on, work_on_when_due

pytestmark = pytest.mark.django_db
PRICE = Decimal("0.10")
Turn = Callable[[Job, BinaryIO], Result]


class Jobs(Provider):
    """Does one turn a call, and keeps the numbers of the jobs that it was asked for."""

    name = "Jobs"
    model = "jobs-1"
    turns: list[Turn]
    asked: list[str]

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        self.asked.append(job.id)
        return self.turns.pop(0)(job, sink)

    def price(self, *, size: str, pictures: int) -> Decimal:
        return PRICE


@pytest.fixture
def ask(settings: Any) -> Iterator[Callable[..., Generation]]:
    """Makes a generation whose provider takes these turns."""

    def make(*turns: Turn) -> Generation:
        settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": f"{__name__}.Jobs"}}
        Jobs.turns, Jobs.asked = list(turns), []
        return wanted()

    yield make
    stopping.clear()


def cost(job: Job, began: bool) -> Decimal:
    return PRICE if began else Decimal(0)


def ends(**how: Any) -> Turn:
    """Begins a job, unless there is one, and breaks off so."""

    def turn(job: Job, sink: BinaryIO) -> Result:
        began = not job.id
        if began:
            job.note("job-1")
        return TryLater(**{"code": "still_running", "words": "It goes on.", "cost": cost(job, began), **how})

    return turn


def comes(job: Job, sink: BinaryIO) -> Result:
    began = not job.id
    sink.write(picture_bytes())
    return Made(cost=cost(job, began))


def raises(job: Job, sink: BinaryIO) -> Result:
    job.note("job-1")
    raise RuntimeError("a bug")


STILL = ends(unknown=True, job_goes_on=True)


def test_it_asks_for_the_same_job_and_pays_once(ask: Any) -> None:
    generation = ask(STILL, STILL, comes)
    assert work_on(generation) == "queued"
    attempt = generation.attempts.get()
    assert (attempt.job, attempt.outcome, len(attempt.sent)) == ("job-1", "unknown", 2)
    assert work_on_when_due(generation) == "queued"
    assert work_on_when_due(generation) == "succeeded"
    assert Jobs.asked == ["", "job-1", "job-1"]
    assert outcomes(generation) == ["unknown", "unknown", "picture"]
    assert costs(generation) == ["0.10000", "0.00000", "0.00000"]
    assert [attempt.sent for attempt in generation.attempts.order_by("number")][1:] == [[], []]


def test_it_is_never_held(ask: Any, settings: Any) -> None:
    settings.BRANDKIT_UNKNOWN_OUTCOME = "hold"
    generation = ask(STILL, raises, comes)
    assert work_on(generation) == "queued"
    assert work_on_when_due(generation) == "queued"
    assert work_on_when_due(generation) == "succeeded"
    assert Jobs.asked == ["", "job-1", "job-1"]


def test_it_begins_anew_once_the_job_is_lost(ask: Any) -> None:
    lost = ends(code="job_lost", words="There is no such job any more.")
    generation = ask(STILL, lost, comes)
    for _ in range(2):
        assert work_on_when_due(generation) == "queued"
    assert work_on_when_due(generation) == "succeeded"
    assert Jobs.asked == ["", "job-1", ""]
    assert costs(generation) == ["0.10000", "0.00000", "0.10000"]


@pytest.mark.parametrize(
    "end",
    [
        Refused(code="blocked", words="No.", stage="picture"),
        Failed(code="job_failed", words="It failed.", step="call"),
    ],
)
def test_it_begins_anew_where_the_job_ended_and_somebody_asks_again(ask: Any, end: Result) -> None:
    generation = ask(STILL, lambda *_: end, comes)
    work_on(generation)
    work_on_when_due(generation)
    put_back(generation, None, send=False)
    assert work_on(generation) == "succeeded"
    assert Jobs.asked == ["", "job-1", ""]


def test_it_goes_on_after_the_account_was_stopped(ask: Any) -> None:
    stop = Stopped(code="key_refused", words="The key is refused.")

    def begin_and_stop(job: Job, sink: BinaryIO) -> Result:
        job.note("job-1")
        return stop

    generation = ask(begin_and_stop, lambda *_: stop, comes)
    for _ in range(2):
        assert work_on(generation) == "queued"
        resume("fake", by=None)
    assert work_on(generation) == "succeeded"
    assert Jobs.asked == ["", "job-1", "job-1"]


def test_it_fetches_again_what_could_not_be_stored(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    generation = ask(STILL, comes, comes)
    work_on(generation)
    with monkeypatch.context() as patch:
        patch.setattr("generation.engine.calls.keep", full_disk)
        assert work_on_when_due(generation) == "failed"
    put_back(generation, None, send=False)
    assert work_on(generation) == "succeeded"
    assert Jobs.asked == ["", "job-1", "job-1"]
    assert costs(generation) == ["0.10000", "0.00000", "0.00000"]


def full_disk(*_: Any) -> None:
    raise OSError(28, "No space left on device")


def test_it_is_asked_for_again_by_a_person_after_the_last_try(ask: Any, settings: Any) -> None:
    settings.BRANDKIT_MAX_ATTEMPTS = 2
    generation = ask(STILL, STILL, comes)
    work_on(generation)
    assert work_on_when_due(generation) == "failed"
    put_back(generation, None, send=False)
    assert work_on(generation) == "succeeded"
    assert Jobs.asked == ["", "job-1", "job-1"]


def test_it_goes_on_after_a_bug_of_ours(ask: Any) -> None:
    generation = ask(raises, comes)
    assert work_on(generation) == "queued"
    assert (generation.attempts.get().job, costs(generation)) == ("job-1", ["0.10000"])
    assert work_on_when_due(generation) == "succeeded"
    assert Jobs.asked == ["", "job-1"]


def test_it_hands_the_job_back_when_told_to_stop(ask: Any, settings: Any) -> None:
    settings.BRANDKIT_MAX_ATTEMPTS = 1

    def waits(job: Job, sink: BinaryIO) -> Result:
        if not job.id:
            job.note("job-1")
        stopping.set()
        assert not job.pause(600)
        return TryLater(code="handed_back", words="Handed back.", job_goes_on=True, cost=PRICE)

    generation = ask(waits, comes)
    assert work_on(generation) == "queued"
    assert (generation.tries, generation.retry_at, outcomes(generation)) == (0, None, ["unknown"])
    stopping.clear()
    assert work_on(generation) == "succeeded"
    assert Jobs.asked == ["", "job-1"]


def test_it_waits_between_looks() -> None:
    assert jobs.NotedJob(None, Attempt(job="job-1")).pause(0)  # type: ignore[arg-type]


def test_it_keeps_the_number_before_the_call_goes_on(ask: Any) -> None:
    seen: list[str] = []

    def look(job: Job, sink: BinaryIO) -> Result:
        job.note("job-1")
        seen.append(Attempt.objects.get().job)
        return comes(job, sink)

    work_on(ask(look))
    assert seen == ["job-1"]


def test_it_leaves_the_number_to_whoever_took_the_work_over(ask: Any) -> None:
    def stolen(job: Job, sink: BinaryIO) -> Result:
        Generation.objects.update(claim=uuid4(), worker="somebody else")
        job.note("job-1")
        raise AssertionError("it went on")

    generation = ask(stolen)
    assert work_on(generation) == "running"
    assert (generation.worker, generation.attempts.get().job) == ("somebody else", "job-1")


def test_it_does_not_lose_the_number_while_the_database_is_away(
    ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(jobs.NotedJob, "_write", away)
    monkeypatch.setattr("generation.engine.patience.time.sleep", lambda _: None)
    monkeypatch.setattr("generation.engine.patience.connection.close", lambda: None)
    generation = ask(raises, comes)
    assert work_on(generation) == "queued"
    assert work_on_when_due(generation) == "succeeded"
    assert Jobs.asked == ["", "job-1"]


@pytest.mark.parametrize("number", ["x" * 201, "two\nlines"])
def test_it_takes_no_number_that_can_not_be_kept(ask: Any, number: str) -> None:
    def note(job: Job, sink: BinaryIO) -> Result:
        job.note(number)
        raise AssertionError("it went on")

    generation = ask(note)
    assert work_on(generation) == "queued"
    attempt = generation.attempts.get()
    assert (attempt.code, attempt.words, attempt.job) == (
        "provider_error",
        "Jobs broke off (ValueError).",
        "",
    )


@pytest.mark.parametrize("unknown", ["retry", "hold"])
def test_it_goes_on_where_a_worker_died(ask: Any, settings: Any, unknown: str) -> None:
    settings.BRANDKIT_UNKNOWN_OUTCOME = unknown
    generation = ask(comes)
    since = timezone.now() - timedelta(minutes=2)
    Generation.objects.update(
        state="running", claim=uuid4(), started_at=since, lease_until=since + timedelta(minutes=1), tries=1
    )
    Attempt.objects.create(
        brand=generation.brand,
        generation=generation,
        number=1,
        provider="fake",
        model="jobs-1",
        job="job-7",
        started_at=since,
        cost=PRICE,
    )
    assert work_on(generation) == "succeeded"
    assert Jobs.asked == ["job-7"]
    assert costs(generation) == ["0.10000", "0.00000"]

"""Calls at once and requests a minute: limits of an account, whoever calls."""

import threading
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from generation.engine.claims import claimed, stopping, take_next
from generation.models import Generation, ProviderAccount
from generation.providers.base import Job, PictureRequest, Result
from generation.providers.fake import Fake
from generation.runner import run, run_next
from tests.generation.scripts import FAKE, outcomes, several, use, wanted, work_on
from tests.races import at_once
from tests.standins.counting import begins, counting


class Full(Fake):
    """Its calls end only when everybody has tried."""

    everybody: threading.Barrier

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        self.everybody.wait(timeout=60)
        return super().make(request, sink, job)


def states(works: list[Generation]) -> list[str]:
    return sorted(
        Generation.objects.filter(pk__in=[work.pk for work in works]).values_list("state", flat=True)
    )


@pytest.mark.django_db(transaction=True)
def test_it_never_calls_more_often_at_once_than_the_account_takes(settings: Any) -> None:
    entry = {"BACKEND": f"{__name__}.Full", "OPTIONS": {"account": "ours", "calls_at_once": 2}}
    settings.BRANDKIT_PROVIDERS = {"fake": entry, "twin": entry}
    works = several(6)
    Generation.objects.filter(pk__in=[work.pk for work in works[::2]]).update(provider="twin")
    Full.everybody = threading.Barrier(6)
    waiting = iter(works)

    def try_one() -> None:
        work = next(waiting)
        run(work.NOUN, work.pk)
        if not work.attempts.exists():
            Full.everybody.wait(timeout=60)

    at_once(6, try_one)
    assert states(works) == ["queued"] * 4 + ["succeeded"] * 2


@pytest.mark.django_db(transaction=True)
def test_it_keeps_to_the_rate_over_many_threads(settings: Any, tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    settings.BRANDKIT_PROVIDERS = {"fake": counting(diary, requests_a_minute=1200)}
    works = several(8)
    waiting = iter(works)
    at_once(8, lambda: work_on(next(waiting)))
    assert states(works) == ["succeeded"] * 8
    first = min(work.started_at.timestamp() for work in Generation.objects.all() if work.started_at)
    late = [at - first - number * 0.05 for number, at in enumerate(begins(diary))]
    assert len(late) == 8
    assert min(late) >= 0


@pytest.mark.django_db
def test_it_leaves_room_to_what_has_come(settings: Any) -> None:
    use(settings, calls_at_once=1)
    first, second = several(2)
    with claimed("generation", first.pk) as claim:
        assert claim
        assert (work_on(second), outcomes(second)) == ("queued", [])
        claim.note(fetched="somewhere")
        assert work_on(second) == "succeeded"


@pytest.mark.django_db
def test_it_counts_no_call_of_a_worker_that_died(settings: Any) -> None:
    use(settings, calls_at_once=1)
    first, second = several(2)
    with claimed("generation", first.pk):
        assert work_on(second) == "queued"
        Generation.objects.filter(pk=first.pk).update(lease_until=first.created_at)
        assert work_on(second) == "succeeded"


@pytest.mark.django_db
def test_it_takes_as_many_as_there_is_room_for(settings: Any) -> None:
    use(settings, calls_at_once=2)
    first, second, third = several(3)
    with claimed("generation", first.pk) as claim:
        assert run_next()
        assert claim
        assert (take_next() or claim).work == third
        assert not run_next()
    assert states([first, second, third]) == ["running", "running", "succeeded"]


@pytest.mark.django_db
def test_it_does_not_let_a_full_account_stand_before_others(settings: Any) -> None:
    settings.BRANDKIT_PROVIDERS = {
        "fake": {"BACKEND": FAKE, "OPTIONS": {"calls_at_once": 1}},
        "other": {"BACKEND": FAKE},
    }
    full, waiting, other = wanted(), wanted(), wanted(provider="other")
    with claimed("generation", full.pk):
        assert [run_next(), run_next()] == [True, False]
    assert (outcomes(waiting), outcomes(other)) == ([], ["picture"])


@pytest.mark.django_db
def test_it_hands_back_what_waits_for_its_turn_when_told_to_stop(settings: Any) -> None:
    use(settings, requests_a_minute=10)
    first, second = several(2)
    work_on(first)
    stopping.set()
    try:
        assert work_on(second) == "queued"
    finally:
        stopping.clear()
    assert (second.claim, second.tries, outcomes(second)) == (None, 0, [])


@pytest.mark.django_db
def test_it_takes_no_turn_for_what_somebody_else_claimed(settings: Any) -> None:
    use(settings, requests_a_minute=10)
    generation = wanted()
    assert work_on(generation) == "succeeded"
    turn = ProviderAccount.objects.get().next_call_at
    assert work_on(generation) == "succeeded"
    assert ProviderAccount.objects.get().next_call_at == turn


@pytest.mark.django_db
def test_it_takes_the_strictest_limit_of_an_account(settings: Any) -> None:
    settings.BRANDKIT_PROVIDERS = {
        "fake": {"BACKEND": FAKE, "OPTIONS": {"account": "ours", "calls_at_once": 5}},
        "twin": {"BACKEND": FAKE, "OPTIONS": {"account": "ours", "calls_at_once": 1}},
        "third": {"BACKEND": FAKE, "OPTIONS": {"account": "ours"}},
    }
    first, second = several(2)
    with claimed("generation", first.pk):
        assert work_on(second) == "queued"

"""Claim, lease and heartbeat: of all who try, one works, for as long as its process lives."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
import time_machine
from django.db import OperationalError, connections, transaction
from django.utils import timezone

from generation.engine import claims, worker
from generation.engine.claims import (
    LostClaim,
    claimed,
    clock_watched,
    hand_back,
    held,
    remove_sign,
    renew,
    show_sign,
    worker_name,
)
from generation.models import Generation, WorkerSign
from generation.runner import run
from tests.factories import make_brand, make_generation


def at_once(count: int, do: Callable[[], Any]) -> None:
    """Run `do` in so many threads that start together."""
    start = threading.Barrier(count)

    def work() -> None:
        start.wait()
        try:
            do()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_it_gives_a_generation_to_one_of_many_threads() -> None:
    generation = make_generation(make_brand())
    won: list[bool] = []
    over = threading.Barrier(4)

    def take() -> None:
        with claimed(generation.NOUN, generation.pk) as claim:
            won.append(claim is not None)
            over.wait()

    at_once(4, take)
    assert sorted(won) == [False, False, False, True]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [{"tries": 1}, {"reserved": None}, {"fetched": "answer.png"}])
def test_it_takes_nothing_that_has_changed_since_it_was_read(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is late begins its call just then, or gets its answer; or the budget is lowered."""
    generation = make_generation(make_brand())
    row = Generation.objects.filter(pk=generation.pk)

    def meanwhile(*_: object) -> None:
        row.update(**change)

    monkeypatch.setattr(claims, "room_for", meanwhile)
    with claimed(generation.NOUN, generation.pk) as claim:
        assert claim is None
    assert row.get().state == "queued"


@pytest.mark.django_db(transaction=True)
def test_it_makes_one_attempt_when_two_threads_run_the_same(settings: Any) -> None:
    settings.BRANDKIT_PROVIDERS = {"fake": {"BACKEND": "generation.providers.fake.Fake"}}
    generation = make_generation(make_brand(), provider="fake")
    at_once(2, lambda: run(generation.NOUN, generation.pk))
    generation.refresh_from_db()
    assert (generation.state, generation.attempts.count()) == ("succeeded", 1)


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_work_inside_a_transaction() -> None:
    generation = make_generation(make_brand())
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert generation.state == "queued"


@pytest.mark.django_db
def test_it_renews_every_lease_of_this_process_and_no_other(django_assert_num_queries: Any) -> None:
    mine = [make_generation(make_brand()) for _ in range(3)]
    late = timezone.now() + timedelta(seconds=5)
    other = make_generation(make_brand(), state="running", lease_until=late)
    with ExitStack() as stack:
        claims = [stack.enter_context(claimed(each.NOUN, each.pk)) for each in mine]
        assert (held(), all(claims)) == (3, True)
        Generation.objects.update(lease_until=late)
        with django_assert_num_queries(1):
            renew()
        assert Generation.objects.filter(lease_until__gt=late + timedelta(seconds=30)).count() == 3
    other.refresh_from_db()
    assert (other.lease_until, held()) == (late, 0)


@pytest.mark.django_db
def test_it_hands_back_what_it_holds() -> None:
    generation = make_generation(make_brand())
    with claimed(generation.NOUN, generation.pk):
        hand_back()
        assert list(Generation.objects.claimable(timezone.now())) == [generation]


def lease_has_run_out() -> None:
    Generation.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
def test_it_takes_nothing_over_from_itself() -> None:
    generation = make_generation(make_brand())
    with claimed(generation.NOUN, generation.pk) as mine:
        lease_has_run_out()  # the database was away, and the call goes on
        with claimed(generation.NOUN, generation.pk) as again:
            assert again is None
        assert mine
        mine.note(fetched="mine")


@pytest.mark.django_db
def test_it_takes_nothing_over_while_others_may_still_renew_their_leases(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claims, "_away_at", claims._away_at)
    others = make_generation(make_brand(), state="running", claim=uuid4())
    lease_has_run_out()
    monkeypatch.setattr(worker, "renew", Mock(side_effect=OperationalError("the database is away")))
    with pytest.raises(OperationalError):
        worker._beat()
    with claimed(others.NOUN, others.pk) as claim:
        assert claim is None
    monkeypatch.setattr(claims, "_away_at", claims._away_at - 61)
    with claimed(others.NOUN, others.pk) as claim:
        assert claim


@pytest.mark.django_db
def test_it_takes_nothing_over_when_only_the_clock_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "_away_at", claims._away_at)
    lives = timezone.now() + timedelta(seconds=60)
    others = make_generation(make_brand(), state="running", claim=uuid4(), lease_until=lives)
    with clock_watched(), time_machine.travel(timezone.now() + timedelta(hours=1)):
        with claimed(others.NOUN, others.pk) as claim:
            assert claim is None
        monkeypatch.setattr(claims, "_away_at", claims._away_at - 61)
        with claimed(others.NOUN, others.pk) as claim:
            assert claim


@pytest.mark.django_db
def test_it_loses_a_claim_to_whoever_takes_it_over() -> None:
    generation = make_generation(make_brand())
    with claimed(generation.NOUN, generation.pk) as first:
        hand_back()
        with claimed(generation.NOUN, generation.pk) as second:
            assert first
            assert second
            with pytest.raises(LostClaim):
                first.note(fetched="mine")
            with pytest.raises(LostClaim):
                first.move("succeeded")
            generation.refresh_from_db()
            assert (generation.state, generation.fetched, generation.claim) == ("running", "", second.token)


@pytest.mark.django_db
def test_it_shows_one_sign_of_life_a_process() -> None:
    show_sign()
    show_sign()
    assert [sign.worker for sign in WorkerSign.objects.all()] == [worker_name()]
    remove_sign()
    assert WorkerSign.objects.count() == 0

"""Two real worker processes on one account: together they keep to its limits."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from generation.models import Attempt, Generation, ProviderAccount
from generation.tasks import dispatch
from tests.generation.scripts import several
from tests.standins.counting import begins, counting, most_at_once
from tests.standins.processes import Process, eventually, process

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]
UNFINISHED = ("queued", "running")


@contextmanager
def two_workers(entry: dict[str, Any]) -> Iterator[Process]:
    """Of four threads each, whose provider `fake` is set up so."""
    environment = {"TEST_PROVIDERS": json.dumps({"fake": entry}), "BRANDKIT_WORKER_THREADS": "4"}
    one = process("work", script=[], **environment)
    other = process("work", script=[], **environment)
    with one as worker, other:
        yield worker


def announced(count: int) -> list[Generation]:
    works = several(count)
    dispatch(2)
    return works


def work_of_two(count: int, entry: dict[str, Any]) -> list[Generation]:
    """Two workers make that many pictures; gives them when all have ended."""
    announced(count)
    with two_workers(entry) as worker:
        eventually(lambda: not Generation.objects.filter(state__in=UNFINISHED).exists(), of=worker)
    return list(Generation.objects.all())


def test_it_never_calls_more_often_at_once_than_the_account_takes(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    works = work_of_two(8, counting(diary, calls_at_once=3))
    assert [work.state for work in works] == ["succeeded"] * 8
    assert (len(begins(diary)), most_at_once(diary) <= 3) == (8, True)


def test_it_keeps_to_the_rate(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    works = work_of_two(8, counting(diary, requests_a_minute=300))
    first = min(work.started_at.timestamp() for work in works if work.started_at)
    late = [at - first - number * 0.2 for number, at in enumerate(begins(diary))]
    assert (len(late), min(late) >= 0) == (8, True)


@pytest.mark.one_database
def test_it_stops_everybody_at_one_word(tmp_path: Path) -> None:
    works = announced(4)
    script = [{"do": "picture"}, {"do": "picture"}, {"do": "stop"}]
    entry = counting(tmp_path / "diary", calls_at_once=1, log=str(tmp_path / "log"), script=script)
    with two_workers(entry) as worker:
        eventually(lambda: ProviderAccount.objects.exclude(paused_at=None), of=worker)
        eventually(lambda: not Generation.objects.filter(state="running").exists(), of=worker)
    outcomes = Attempt.objects.order_by("started_at").values_list("outcome", flat=True)
    assert list(outcomes) == ["picture", "picture", "stopped"]
    states = sorted(Generation.objects.values_list("state", flat=True))
    assert states == ["queued"] * (len(works) - 2) + ["succeeded"] * 2


@pytest.mark.one_database
def test_it_slows_everybody_and_goes_on(tmp_path: Path) -> None:
    script = [{"do": "later", "slow": True, "wait": 1}, {"do": "picture"}]
    entry = counting(tmp_path / "diary", calls_at_once=1, log=str(tmp_path / "log"), script=script)
    works = work_of_two(3, entry)
    assert [work.state for work in works] == ["succeeded"] * 3
    account = ProviderAccount.objects.get()
    assert (account.pace, account.closed_until is not None) == (0.5, True)

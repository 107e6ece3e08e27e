"""What time does: late, due and lost work is sent again, and leftovers go."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.dispatch import receiver
from django.utils import timezone

from generation.engine.claims import claimed
from generation.models import Generation, WorkerSign
from generation.signals import swept
from generation.sweeper import Sweeper, overdue
from tests.factories import make_brand, make_generation

pytestmark = pytest.mark.django_db


def ago(seconds: float) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


def waiting(*, since: float = 60, **fields: Any) -> Generation:
    generation = make_generation(make_brand(), **fields)
    Generation.objects.filter(pk=generation.pk).update(created_at=ago(since))
    return generation


@pytest.mark.parametrize(
    ("fields", "is_overdue"),
    [
        ({}, True),
        ({"since": 1}, False),
        ({"retry_at": 1}, True),
        ({"retry_at": -60}, False),
        ({"state": "running", "lease_until": 1}, True),
        ({"state": "running", "lease_until": -60}, False),
        ({"state": "succeeded"}, False),
        ({"state": "cancelled"}, False),
    ],
)
def test_it_sends_what_is_overdue_and_nothing_else(fields: dict[str, Any], is_overdue: bool) -> None:
    for name in {"retry_at", "lease_until"} & set(fields):
        fields = {**fields, name: ago(fields[name])}
    generation = waiting(**fields)
    sent: list[tuple[str, int]] = []
    Sweeper(lambda *key: sent.append(key)).sweep()
    assert sent == ([("generation", generation.pk)] if is_overdue else [])


def test_it_thinks_of_no_message_as_lost_while_every_thread_is_at_work(settings: Any) -> None:
    settings.BRANDKIT_WORKER_THREADS = 1
    waiting()
    late = waiting(state="running", claim=uuid4(), lease_until=ago(1))
    with claimed("generation", waiting(since=1).pk):
        assert [found.pk for found in overdue()] == [late.pk]
    assert len(overdue()) == 2


def test_it_does_not_send_again_what_was_just_sent(settings: Any) -> None:
    generation = waiting(retry_at=ago(1))
    sent: list[tuple[str, int]] = []
    sweeper = Sweeper(lambda *key: sent.append(key))
    sweeper.sweep()
    sweeper.sweep()
    assert sent == [("generation", generation.pk)]
    settings.BRANDKIT_LEASE_SECONDS = 0
    sweeper.sweep()
    assert sent == [("generation", generation.pk)] * 2


def test_it_removes_leftovers_of_killed_processes_only(settings: Any) -> None:
    folders = [Path(settings.DATA_DIR) / "private" / ".parts", Path(settings.FILE_UPLOAD_TEMP_DIR)]
    for folder in folders:
        folder.mkdir(exist_ok=True)
        (folder / "fresh").touch()
        (folder / "old").touch()
        os.utime(folder / "old", (time.time() - 7200,) * 2)
    kept = Path(settings.DATA_DIR) / "private" / "picture"
    kept.touch()
    os.utime(kept, (time.time() - 7200,) * 2)
    Sweeper(print).sweep()
    assert [[file.name for file in folder.iterdir()] for folder in folders] == [["fresh"], ["fresh"]]
    assert kept.exists()


def test_it_forgets_workers_that_are_long_gone() -> None:
    for name, seen in {"here": ago(5), "gone": ago(90_000)}.items():
        WorkerSign.objects.create(worker=name, seen_at=seen)
    Sweeper(print).sweep()
    assert [sign.worker for sign in WorkerSign.objects.all()] == ["here"]


def test_it_tells_the_other_rooms_and_survives_their_errors(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    @receiver(swept)
    def broken(**_: Any) -> None:
        raise ValueError("not today")

    @receiver(swept)
    def works(**_: Any) -> None:
        told.append("swept")

    try:
        Sweeper(print).sweep()
    finally:
        swept.disconnect(broken)
        swept.disconnect(works)
    assert told == ["swept"]
    assert "not today" in caplog.text

"""What time does: leftovers go, and other rooms do their part."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.dispatch import receiver
from django.utils import timezone

from generation.models import WorkerSign
from generation.signals import swept
from generation.sweeper import sweep
from tests.generation.scripts import wanted

pytestmark = pytest.mark.django_db


def ago(seconds: float) -> Any:
    return timezone.now() - timedelta(seconds=seconds)


def test_it_fails_in_words_what_waits_for_a_provider_that_is_gone() -> None:
    gone, waiting = wanted(provider="gone"), wanted(provider="compositor")
    sweep()
    gone.refresh_from_db()
    assert (gone.state, gone.failure_code) == ("failed", "provider_gone")
    waiting.refresh_from_db()
    assert waiting.state == "queued"


def test_it_removes_leftovers_of_killed_processes_only(settings: Any) -> None:
    folders = [Path(settings.DATA_DIR) / "private" / ".parts", Path(settings.FILE_UPLOAD_TEMP_DIR)]
    for folder in folders:
        folder.mkdir(exist_ok=True)
        (folder / "fresh").touch()
        (folder / "old").touch()
        os.utime(folder / "old", (time.time() - 2 * 86400,) * 2)
    kept = Path(settings.DATA_DIR) / "private" / "picture"
    kept.touch()
    os.utime(kept, (time.time() - 2 * 86400,) * 2)
    sweep()
    assert [[file.name for file in folder.iterdir()] for folder in folders] == [["fresh"], ["fresh"]]
    assert kept.exists()


def test_it_forgets_workers_that_are_long_gone() -> None:
    for name, seen in {"here": ago(5), "gone": ago(90_000)}.items():
        WorkerSign.objects.create(worker=name, seen_at=seen)
    sweep()
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
        sweep()
    finally:
        swept.disconnect(broken)
        swept.disconnect(works)
    assert told == ["swept"]
    assert "not today" in caplog.text

"""A provider that writes down when each of its calls began and ended, over all threads and processes."""

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from generation.providers.base import Job, PictureRequest, Result
from generation.providers.fake import Fake


class Counting(Fake):
    """As Fake. diary: path of a file that gets a line for each beginning and each end."""

    def __init__(self, *, alias: str, options: Mapping[str, Any]) -> None:
        super().__init__(alias=alias, options=options)
        self._diary = Path(options["diary"])

    @classmethod
    def known_options(cls) -> set[str]:
        return super().known_options() | {"diary"}

    def make(self, request: PictureRequest, sink: BinaryIO, job: Job) -> Result:
        self._write(+1)
        try:
            return super().make(request, sink, job)
        finally:
            self._write(-1)

    def _write(self, change: int) -> None:
        with self._diary.open("a") as diary:
            diary.write(json.dumps([time.time(), change, threading.get_ident()]) + "\n")


def counting(diary: Path, **options: Any) -> dict[str, Any]:
    """An entry of BRANDKIT_PROVIDERS."""
    return {"BACKEND": f"{__name__}.Counting", "OPTIONS": {"diary": str(diary), **options}}


def most_at_once(diary: Path) -> int:
    """Of the calls that are written down."""
    running = most = 0
    for _, change, _ in _lines(diary):
        running += change
        most = max(most, running)
    return most


def begins(diary: Path) -> list[float]:
    """When calls began, in seconds since 1970, in order."""
    return sorted(at for at, change, _ in _lines(diary) if change > 0)


def _lines(diary: Path) -> list[Any]:
    return [json.loads(line) for line in diary.read_text().splitlines()] if diary.exists() else []

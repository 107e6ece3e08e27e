"""How far something is, told in a shell: a bar where somebody watches, a line now and then in a log."""

import sys
import time
from collections.abc import Callable
from typing import Self

from tqdm import tqdm

from generation.templatetags.batches import about_time

EVERY = 10.0
"""Seconds between two lines."""


class Telling:
    """A bar with a rate and a time left on a terminal; else lines with the same, `EVERY` some seconds."""

    def __init__(self, what: str, of: int, noun: str, say: Callable[[str], None]) -> None:
        """say: writes one line."""
        self._what, self._of, self._noun, self._say = what, of, noun, say
        self._began = self._told = time.monotonic()
        self._first: int | None = None
        watched = sys.stderr.isatty()
        label = f"{what:<8}"
        self._bar = tqdm(desc=label, total=of, unit=f" {noun}", disable=not watched, dynamic_ncols=True)

    def at(self, done: int) -> None:
        """So many are done in all."""
        now = time.monotonic()
        if self._first is None:
            self._first, self._began = done, now
            self._bar.initial = done
        self._bar.n = done
        self._bar.refresh()
        if self._bar.disable and now - self._told >= EVERY:
            self._told = now
            self._say(self._line(done, now - self._began))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def _line(self, done: int, seconds: float) -> str:
        rate = (done - (self._first or 0)) / seconds if seconds else 0.0
        words = f"{self._what:<8} {done:,} of {self._of:,}"
        if not rate:
            return words
        left = (self._of - done) / rate
        return f"{words}, {per(rate, self._noun)}, {about_time(left)} left"


def per(rate: float, noun: str) -> str:
    """So many a second, told by the minute where they are few."""
    return f"{rate:.1f} {noun} a second" if rate >= 1 else f"{rate * 60:.1f} {noun} a minute"

"""A thread that does one thing again and again: heartbeats and sweeps."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connections

logger = logging.getLogger(__name__)
PATIENCE = 10.0
"""Seconds that a turn under way may still take when the block has ended."""


@contextmanager
def every(seconds: float, do: Callable[[], object], *, name: str) -> Iterator[None]:
    """Call `do` at once and then every `seconds`, in a thread beside, for as long as the block runs.

    A failure is logged and the next turn comes as planned: a database that is away comes back.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_again, args=(seconds, do, stop), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)


def _again(seconds: float, do: Callable[[], object], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            do()
        except Exception:
            logger.exception("The %s failed; it goes on.", threading.current_thread().name)
        finally:
            connections.close_all()
        stop.wait(seconds)

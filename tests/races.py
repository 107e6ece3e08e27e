"""Forces a race: several threads that begin at the same moment, each with its own database connection."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def at_once(count: int, do: Callable[[], T]) -> list[T]:
    """Call `do` in `count` threads together; gives what they gave. Needs a test with real transactions."""
    ready = Barrier(count)

    def one(_: int) -> T:
        try:
            ready.wait(timeout=60)
            return do()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))

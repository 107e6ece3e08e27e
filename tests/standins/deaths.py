"""Worker processes that die by SIGKILL at a point of their choice, on the database and stores of a test.

Run as `python -m tests.standins.deaths`: a process with one thread that has Django set up, and forks a worker
for each line of JSON that it reads: `{"point", "works": [[noun, number], ...]}`. Without a point the worker
works on all of them, as often as they are due, until each has ended. Its answer is the worker's exit status:
minus the signal that ended it.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

Key = tuple[str, int]


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def then_die(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same, and right after it the end."""

    @wraps(function)
    def last(*args: Any, **kwargs: Any) -> None:
        function(*args, **kwargs)
        die()

    return last


def after(place: str) -> Any:
    """Dies when what stands at that dotted place has been done."""
    from django.utils.module_loading import import_string

    return patch(place, then_die(import_string(place)))


def after_rows() -> Any:
    """When the output's row is written, before anything is committed."""
    from generation.models import Output

    return patch.object(Output, "save", then_die(Output.save))


def while_sending() -> Any:
    """When the first piece of a picture has gone out."""
    from generation.providers.wire.body import Base64

    pieces = Base64.__iter__

    def first(self: Base64) -> Iterator[bytes]:
        yield next(pieces(self))
        die()

    return patch.object(Base64, "__iter__", first)


def while_storing() -> Any:
    """When half of the answer is in the file that stands aside."""
    from django.core.files.base import File

    chunks = File.chunks

    def half(self: "File[Any]", chunk_size: int | None = None) -> Iterator[bytes]:
        whole = b"".join(chunks(self, chunk_size))
        yield whole[: len(whole) // 2]
        die()

    return patch.object(File, "chunks", half)


@contextmanager
def after_signal() -> Iterator[None]:
    """When review has heard of the output, before anything is committed."""
    from generation.signals import output_ready

    output_ready.connect(die, weak=False)
    yield


POINTS: dict[str, Callable[[], Any]] = {
    "after the claim": lambda: patch("generation.runner._work_or_fail", die),
    "after the attempt is written": lambda: after("generation.engine.calls._begin"),
    "while sending": while_sending,
    "after the answer": lambda: after("generation.engine.calls._ask"),
    "while storing bytes": while_storing,
    "after storing": lambda: after("generation.engine.calls.keep"),
    "after the rows": after_rows,
    "after the signal": after_signal,
}


def work_on(works: Sequence[Key]) -> None:
    """Until all have ended."""
    from generation.engine.claims import heartbeat
    from generation.models import WORKS
    from generation.runner import run

    left = list(works)
    with heartbeat():
        while left:
            for key in left:
                run(*key)
            left = [(noun, pk) for noun, pk in left if not WORKS[noun].objects.get(pk=pk).has_ended]
            time.sleep(0.05)


def worker(point: str, works: Sequence[Key]) -> None:
    """What the forked process does. Only it comes here."""
    status = 1
    try:
        with ExitStack() as stack:
            if point:
                stack.enter_context(POINTS[point]())
            work_on(works)
        status = 0
    finally:
        os._exit(status)


def main() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            worker(order["point"], [(noun, pk) for noun, pk in order["works"]])
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201 -- the answer


if __name__ == "__main__":
    main()

"""What goes on beside the work in a worker process, from its start to its end."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from django.conf import settings
from django.db import InterfaceError, OperationalError

from generation.engine import crew
from generation.engine.claims import (
    clock_watched,
    database_is_away,
    hand_back,
    held,
    look_at_clock,
    remove_sign,
    renew,
    show_sign,
    stopping,
)
from generation.engine.crew import Crew
from generation.engine.every import every
from generation.runner import run_next
from generation.signals import send_to_all, ticked
from generation.sweeper import sweep

logger = logging.getLogger(__name__)
LOOK_SECONDS = 1.0
"""So long waits at most what no message told of: a try that is due, or an account that is open again."""

WAITS = (
    "Pictures in work: %s. They are paid for, so they are waited for, at most %s seconds. "
    "Stop once more to hand them back at once."
)


@contextmanager
def at_work() -> Iterator[None]:
    """This process is a worker while the block runs; what it still holds at the end is handed back."""
    stopping.clear()
    hands = Crew(settings.BRANDKIT_WORKER_THREADS, run_next)
    crew.set_out(hands)
    with clock_watched(), ExitStack() as threads:
        threads.enter_context(every(settings.BRANDKIT_HEARTBEAT_SECONDS, _beat, name="heartbeat"))
        threads.enter_context(every(settings.BRANDKIT_SWEEP_SECONDS, sweep, name="sweeper"))
        threads.enter_context(every(LOOK_SECONDS, hands.look, name="lookout"))
        threads.enter_context(every(1, partial(send_to_all, ticked), name="chores"))
        try:
            yield
        finally:
            stopping.set()
    hand_back()
    remove_sign()


def stop(hurry: Callable[[], bool]) -> None:
    """Begin no new call, leave jobs to other workers, and wait for what is under way.

    hurry: whether there is no time left for it.
    """
    stopping.set()
    if held():
        logger.info(WAITS, held(), settings.BRANDKIT_STOP_SECONDS)
    until = time.monotonic() + settings.BRANDKIT_STOP_SECONDS
    while not crew.is_idle() and time.monotonic() < until and not hurry():
        time.sleep(0.05)


def _beat() -> None:
    look_at_clock()
    try:
        renew()
        show_sign()
    except (OperationalError, InterfaceError):
        database_is_away()
        raise

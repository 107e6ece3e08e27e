"""What goes on beside the work in a worker process, from its start to its end."""

import atexit
import logging
import threading
from contextlib import ExitStack

from django.conf import settings
from django.db import InterfaceError, OperationalError

from generation.engine.claims import (
    database_is_away,
    hand_back,
    held,
    remove_sign,
    renew,
    show_sign,
    stopping,
)
from generation.engine.every import every
from generation.engine.room import Dispatch, send_by
from generation.signals import ticked
from generation.sweeper import Sweeper

logger = logging.getLogger(__name__)
WAITS = (
    "Pictures in work: %s. They are paid for, so they are waited for, at most %s seconds. "
    "Stop once more to hand them back at once."
)
_begun = threading.Lock()


def begin(dispatch: Dispatch) -> None:
    """Start the heartbeat and the sweeper of this process, once however often it is called."""
    stopping.clear()
    send_by(dispatch)
    if not _begun.acquire(blocking=False):
        return
    threads = ExitStack()
    threads.enter_context(every(settings.BRANDKIT_HEARTBEAT_SECONDS, _beat, name="heartbeat"))
    threads.enter_context(every(settings.BRANDKIT_SWEEP_SECONDS, Sweeper(dispatch).sweep, name="sweeper"))
    threads.enter_context(every(1, _tick, name="chores"))
    atexit.register(_end, threads)


def stop() -> None:
    """The process is to stop: its threads begin no new call, and leave jobs to other workers."""
    if held() and not stopping.is_set():
        logger.info(WAITS, held(), settings.BRANDKIT_STOP_SECONDS)
    stopping.set()


def _tick() -> None:
    for receiver, answer in ticked.send_robust(sender=None):
        if isinstance(answer, Exception):
            logger.error("%r failed in its turn.", receiver, exc_info=answer)


def _beat() -> None:
    try:
        renew()
        show_sign()
    except (OperationalError, InterfaceError):
        database_is_away()
        raise


def _end(threads: ExitStack) -> None:
    threads.close()
    hand_back()
    remove_sign()

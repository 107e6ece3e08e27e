"""Nothing is paid for that can't be kept: after a picture could not be stored, no call begins before one can.

What was under way when the store failed is lost; what comes after waits in the queue. Each process sees it
for itself.
"""

import logging
import threading

from brandkit.common.errors import StorageFailed
from brandkit.common.storage import keep, private_store

logger = logging.getLogger(__name__)
WAIT = 15.0
"""Seconds until a piece of work that met a store that takes nothing is due again."""

NAME = "trial"
"""Of a file that is gone at once; a worker killed in between leaves one, however often that happens."""

TRIAL = bytes(4 * 2**20)
"""As large as pictures are: a disk that is nearly full takes small files still."""

_failed = threading.Event()
_trying = threading.Lock()


def store_failed() -> None:
    """A picture could not be stored."""
    _failed.set()


def store_takes() -> bool:
    """Whether pictures can be stored; tried with a file only where the last one could not."""
    if not _failed.is_set():
        return True
    with _trying:
        return not _failed.is_set() or _try()


def _try() -> bool:
    try:
        private_store().delete(keep(private_store(), NAME, TRIAL))
    except (OSError, StorageFailed) as error:
        logger.warning("The store takes no pictures; no call begins before it does: %s", error)
        return False
    _failed.clear()
    return True

"""Living with a database that is shared, and sometimes away for a moment."""

import logging
import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)
WAITS = (1, 2, 4, 8, *[15] * 39)
"""Seconds before each further try: ten minutes in all, enough to move a database to another host."""


def patiently(write: Callable[[], None]) -> None:
    """What has been paid for is not forgotten because the database is away."""
    for wait in WAITS:
        try:
            return write()
        except (OperationalError, InterfaceError):
            logger.warning("The database does not answer; trying again in %s seconds.", wait)
            connection.close()
            time.sleep(wait)
    return write()


def release_connection() -> None:
    """A call takes minutes: nobody keeps a connection for that long. (In a test's transaction it stays.)"""
    if not connection.in_atomic_block:
        connection.close()

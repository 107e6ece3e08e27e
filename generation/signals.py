"""The calls that go up."""

import logging

from django.dispatch import Signal

logger = logging.getLogger(__name__)

output_ready = Signal()
"""Sent in the transaction that stores an Output, with `sender=Output` and `output`: review opens on it."""

swept = Signal()
"""Sent by every worker after each sweep, in no transaction, with `sender=None`: for what time does elsewhere.

Several workers send it at once; a receiver that raises is logged, and the others are still called.
"""

ticked = Signal()
"""Sent by every worker once a second, in a thread of its own and in no transaction, with `sender=None`.

For chores in small steps. A receiver may go on for as long as it finds something to do; one that raises is
logged.
"""


def send_to_all(signal: Signal) -> None:
    """Call every receiver; one that raises is logged."""
    for receiver, answer in signal.send_robust(sender=None):
        if isinstance(answer, Exception):
            logger.error("%r failed.", receiver, exc_info=answer)

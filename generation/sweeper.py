"""What time does: late leases, due retries and lost messages are sent again, leftovers go."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from brandkit.common.storage import remove_leftovers
from generation.engine.claims import held
from generation.models import WORKS, Work, WorkerSign
from generation.signals import swept

logger = logging.getLogger(__name__)
Key = tuple[str, int]
Dispatch = Callable[[str, int], None]
"""Sends a message: the noun of the work, and its number."""

AT_ONCE = 100
MESSAGE_LOST = timedelta(seconds=5)
SIGN_FORGOTTEN = timedelta(days=1)


class Sweeper:
    """Runs in every worker: what one sends twice, the claim drops."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._sent: dict[Key, float] = {}

    def sweep(self) -> None:
        """One round."""
        for noun, pk in self._not_just_sent(overdue()):
            self._dispatch(noun, pk)
        remove_leftovers()
        WorkerSign.objects.filter(seen_at__lt=timezone.now() - SIGN_FORGOTTEN).delete()
        for receiver, answer in swept.send_robust(sender=None):
            if isinstance(answer, Exception):
                logger.error("%r failed after the sweep.", receiver, exc_info=answer)

    def _not_just_sent(self, keys: Iterable[Key]) -> list[Key]:
        """Where the queue is long a message waits its turn: it is not sent anew at every sweep."""
        now = time.monotonic()
        self._sent = {key: at for key, at in self._sent.items() if now - at < settings.BRANDKIT_LEASE_SECONDS}
        new = [key for key in keys if key not in self._sent]
        self._sent.update(dict.fromkeys(new, now))
        return new


def overdue() -> list[Key]:
    """What somebody should be told of, by noun and number, oldest first.

    A row that waits for its first turn is thought of as lost only while this worker has nothing better to do:
    where all threads are at work, its message simply waits in line.
    """
    now = timezone.now()
    idle = max(0, settings.BRANDKIT_WORKER_THREADS - held())
    found: list[Key] = []
    for noun, model in WORKS.items():
        claimable = model.objects.claimable(now).order_by("pk").values_list("pk", flat=True)
        fresh = claimable.filter(state=Work.State.QUEUED, retry_at=None, created_at__lt=now - MESSAGE_LOST)
        late = claimable.exclude(state=Work.State.QUEUED, retry_at=None)
        found += [(noun, pk) for pk in (*late[:AT_ONCE], *fresh[:idle])]
    return found

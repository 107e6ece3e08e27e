"""What time does: late leases, due retries and lost messages are sent again, leftovers go."""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from brandkit.common.storage import remove_leftovers
from generation.engine.claims import held
from generation.models import Generation, WorkerSign
from generation.signals import swept

logger = logging.getLogger(__name__)
AT_ONCE = 100
MESSAGE_LOST = timedelta(seconds=5)
SIGN_FORGOTTEN = timedelta(days=1)


class Sweeper:
    """Runs in every worker: what one sends twice, the claim drops."""

    def __init__(self, dispatch: Callable[[int], None]) -> None:
        self._dispatch = dispatch
        self._sent: dict[int, float] = {}

    def sweep(self) -> None:
        """One round."""
        for pk in self._not_just_sent(overdue()):
            self._dispatch(pk)
        remove_leftovers()
        WorkerSign.objects.filter(seen_at__lt=timezone.now() - SIGN_FORGOTTEN).delete()
        for receiver, answer in swept.send_robust(sender=None):
            if isinstance(answer, Exception):
                logger.error("%r failed after the sweep.", receiver, exc_info=answer)

    def _not_just_sent(self, ids: Iterable[int]) -> list[int]:
        """Where the queue is long a message waits its turn: it is not sent anew at every sweep."""
        now = time.monotonic()
        self._sent = {pk: at for pk, at in self._sent.items() if now - at < settings.BRANDKIT_LEASE_SECONDS}
        new = [pk for pk in ids if pk not in self._sent]
        self._sent.update(dict.fromkeys(new, now))
        return new


def overdue() -> list[int]:
    """Numbers of the generations that somebody should be told of, oldest first.

    A row that waits for its first turn is thought of as lost only while this worker has nothing better to do:
    where all threads are at work, its message simply waits in line.
    """
    now = timezone.now()
    claimable = Generation.objects.claimable(now).order_by("id").values_list("id", flat=True)
    fresh = claimable.filter(state=Generation.State.QUEUED, retry_at=None)
    late = claimable.exclude(state=Generation.State.QUEUED, retry_at=None)
    idle = max(0, settings.BRANDKIT_WORKER_THREADS - held())
    return [*late[:AT_ONCE], *fresh.filter(created_at__lt=now - MESSAGE_LOST)[:idle]]

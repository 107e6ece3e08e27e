"""What time does: late leases, due retries and lost messages are sent again, leftovers go."""

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from brandkit.common.storage import remove_leftovers
from generation.engine.claims import held
from generation.engine.room import Dispatch, Key, next_in_line, tight_rooms
from generation.models import WORKS, Work, WorkerSign
from generation.signals import swept

logger = logging.getLogger(__name__)
AT_ONCE = 100
MESSAGE_LOST = timedelta(seconds=5)
SIGN_FORGOTTEN = timedelta(days=1)


class Overdue(NamedTuple):
    """Work that somebody should be told of, as it stands now: tried again later, it is news again."""

    noun: str
    pk: int
    retry_at: datetime | None = None
    lease_until: datetime | None = None


class Sweeper:
    """Runs in every worker: what one sends twice, the claim drops."""

    def __init__(self, dispatch: Dispatch) -> None:
        self._dispatch = dispatch
        self._sent: dict[Overdue, float] = {}

    def sweep(self) -> None:
        """One round."""
        for found in self._not_just_sent(overdue()):
            self._dispatch(found.noun, found.pk)
        for noun, pk in waiting_for_room():
            self._dispatch(noun, pk)
        remove_leftovers()
        WorkerSign.objects.filter(seen_at__lt=timezone.now() - SIGN_FORGOTTEN).delete()
        for receiver, answer in swept.send_robust(sender=None):
            if isinstance(answer, Exception):
                logger.error("%r failed after the sweep.", receiver, exc_info=answer)

    def _not_just_sent(self, works: Iterable[Overdue]) -> list[Overdue]:
        """Where the queue is long a message waits its turn: it is not sent anew at every sweep."""
        now = time.monotonic()
        self._sent = {
            work: at for work, at in self._sent.items() if now - at < settings.BRANDKIT_LEASE_SECONDS
        }
        new = [work for work in works if work not in self._sent]
        self._sent.update(dict.fromkeys(new, now))
        return new


def overdue() -> list[Overdue]:
    """What somebody should be told of, oldest first, but for what waits for room in its provider's account.

    A row that waits for its first turn is thought of as lost only while this worker has nothing better to do:
    where all threads are at work, its message simply waits in line.
    """
    now = timezone.now()
    tight = [alias for room in tight_rooms(now) for alias in room.limits.aliases]
    found: list[Overdue] = []
    for noun, model in WORKS.items():
        claimable = model.objects.claimable(now).exclude(provider__in=tight, fetched="").order_by("pk")
        facts = claimable.values_list("pk", "retry_at", "lease_until")
        fresh = facts.filter(state=Work.State.QUEUED, retry_at=None, created_at__lt=now - MESSAGE_LOST)
        late = facts.exclude(state=Work.State.QUEUED, retry_at=None)
        found += [Overdue(noun, *each) for each in (*late[:AT_ONCE], *fresh[: idle()])]
    return found


def waiting_for_room() -> list[Key]:
    """What there is room for now, of accounts that don't take every call.

    Sent at every sweep: what there was no room for was dropped, and these are never more than idle threads.
    """
    now = timezone.now()
    return [
        key for room in tight_rooms(now) for key in next_in_line(room.limits, now, min(room.left(), idle()))
    ]


def idle() -> int:
    """How many threads of this worker have nothing to do."""
    threads: int = settings.BRANDKIT_WORKER_THREADS
    return max(0, threads - held())

"""Room for one more call: an account's limits, which all worker processes keep together."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from brandkit.common.errors import Invalid
from generation.engine.brakes import SLOWEST, is_shut, locked, pace_of
from generation.limits import Limits, all_limits, limits_of
from generation.models import WORKS, ProviderAccount, Work
from generation.provider import get_provider

logger = logging.getLogger(__name__)
Key = tuple[str, int]
Dispatch = Callable[[str, int], None]
"""Sends a message: the noun of the work, and its number."""

NO_LIMIT = 10**6
LONGEST_TURN = timedelta(seconds=10)
"""Work that would wait longer for its turn is left in the queue: a thread that waits does nothing else."""

_dispatch: Dispatch | None = None


class Room:
    """How many more calls an account takes at the moment `now`."""

    def __init__(self, limits: Limits, row: ProviderAccount, now: datetime) -> None:
        self.limits = limits
        self.row = row
        self._now = now
        self._pace = pace_of(row, now)

    def left(self) -> int:
        """Calls that may be claimed now. It holds only while the account's row is locked."""
        if is_shut(self.row, self._now) or self._turn() - self._now > LONGEST_TURN:
            return 0
        at_once = self.limits.calls_at_once
        if at_once is None and self._pace < 1:
            at_once = settings.BRANDKIT_WORKER_THREADS  # of no limit there is no half
        if at_once is None:
            return NO_LIMIT
        return max(1, int(at_once * self._pace)) - in_call(self.limits, self._now)

    def take_turn(self) -> datetime:
        """When the call may begin: calls are spread evenly over the minute, without bursts."""
        turn = self._turn()
        if self.limits.requests_a_minute:
            self.row.next_call_at = turn + self._between(self._pace)
            self.row.save(update_fields=["next_call_at"])
        return turn

    def _turn(self) -> datetime:
        following = self.row.next_call_at if self.limits.requests_a_minute else None
        if following is None or following > self._now + LONGEST_TURN + self._between(SLOWEST):
            return self._now  # nobody takes a turn as late as that, but by a clock that went wrong
        return max(self._now, following)

    def _between(self, pace: float) -> timedelta:
        """Between two calls."""
        return timedelta(minutes=1) / ((self.limits.requests_a_minute or NO_LIMIT) * pace)


def room_for(work: Work, now: datetime) -> Room | None:
    """The account's room, locked for the transaction of a claim; None where the work needs none.

    It needs none once its answer is safe, and none to fail where its provider is no longer there.
    """
    limits = limits_of(work.provider)
    if limits is None or work.fetched:
        return None
    if not has_account(limits):
        row = ProviderAccount.objects.select_for_update().filter(name=limits.account).first()
        return Room(limits, row, now) if row else None
    return Room(limits, locked(limits.account), now)


def has_account(limits: Limits) -> bool:
    """Whether somebody else is called, or limits are kept: what is computed here needs neither."""
    return limits.any or not all(_computes(alias) for alias in limits.aliases)


def may_begin(work: Work) -> bool:
    """Whether nobody has paused or closed the account since the work was claimed."""
    limits = limits_of(work.provider)
    shut = ProviderAccount.objects.shut(timezone.now())
    return limits is None or not shut.filter(name=limits.account).exists()


def in_call(limits: Limits, now: datetime) -> int:
    """Calls of an account that are under way or about to begin, in all workers."""
    kinds = (model.objects.in_call(now).filter(provider__in=limits.aliases) for model in WORKS.values())
    return sum(works.count() for works in kinds)


def tight_rooms(now: datetime) -> list[Room]:
    """Of the accounts that don't take every call: limited, shut, or slowed down at some time."""
    limits = all_limits()
    rows = {row.name: row for row in ProviderAccount.objects.filter(name__in=limits)}
    braked = {name for name, row in rows.items() if is_shut(row, now) or row.slowed_at}
    return [
        Room(each, rows.get(name) or ProviderAccount(name=name), now)
        for name, each in limits.items()
        if each.any or name in braked
    ]


def next_in_line(limits: Limits, now: datetime, most: int) -> list[Key]:
    """What waits for that account to be called, oldest first."""
    found: list[tuple[datetime, Key]] = []
    for noun, model in WORKS.items():
        waiting = model.objects.claimable(now).filter(provider__in=limits.aliases, fetched="")
        oldest = waiting.order_by("pk").values_list("created_at", "pk")[: max(0, most)]
        found += [(created_at, (noun, pk)) for created_at, pk in oldest]
    return [key for _, key in sorted(found)[: max(0, most)]]


def send_by(dispatch: Dispatch | None) -> None:
    """How this process tells workers of what comes next; None where it is not to."""
    global _dispatch
    _dispatch = dispatch


def send_next(alias: str) -> None:
    """A call of that provider has begun or ended: have the next one claimed, if there is room for it now.

    Where that fails, the sweeper does it.
    """
    if _dispatch is None:
        return
    try:
        now, limits = timezone.now(), limits_of(alias)
        room = next((each for each in tight_rooms(now) if each.limits == limits), None)
        if room and room.left() > 0:
            for key in next_in_line(room.limits, now, 1):
                _dispatch(*key)
    except Exception:
        logger.exception("What waits for %s could not be sent; the sweeper will do it.", alias)


def _computes(alias: str) -> bool:
    try:
        return get_provider(alias).computes
    except (Invalid, ImproperlyConfigured):
        return True  # the call tells what is wrong

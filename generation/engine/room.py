"""Room for one more call: an account's limits, which all worker processes keep together."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache, partial

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count
from django.utils import timezone

from brandkit.common.errors import Invalid
from generation.engine.brakes import SLOWEST, is_shut, locked, pace_of
from generation.limits import Limits, all_limits, limits_of
from generation.models import WORKS, Batch, ProviderAccount, Work
from generation.provider import get_provider

Calls = Counter[str]
"""How many are under way, by provider."""
CountCalls = Callable[[], Calls]

NO_LIMIT = 10**6
ALLOWED = 0.98
"""Part of the requests a minute that is used. A vendor counts them when they come, and their way takes now
more, now less time: one too many would cost everybody minutes at half the pace."""

LONGEST_TURN = timedelta(seconds=10)
"""Work that would wait longer for its turn is left in the queue: a thread that waits does nothing else."""


class Room:
    """How many more calls an account takes at the moment `now`."""

    def __init__(
        self, limits: Limits, row: ProviderAccount, now: datetime, calls: CountCalls | None = None
    ) -> None:
        """calls: counts those under way; asked only where there is a limit to them."""
        self.limits = limits
        self.row = row
        self._now = now
        self._pace = pace_of(row, now)
        self._calls = calls or partial(calls_under_way, now)

    def left(self) -> int:
        """Calls that may be claimed now. It holds only while the account's row is locked."""
        if is_shut(self.row, self._now) or self._turn() - self._now > LONGEST_TURN:
            return 0
        at_once = self.limits.calls_at_once
        if at_once is None and self._pace < 1:
            at_once = settings.BRANDKIT_WORKER_THREADS  # of no limit there is no half
        if at_once is None:
            return NO_LIMIT
        calls = self._calls()
        return max(1, int(at_once * self._pace)) - sum(calls[alias] for alias in self.limits.aliases)

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
        return timedelta(minutes=1) / ((self.limits.requests_a_minute or NO_LIMIT) * ALLOWED * pace)


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
    """Whether nobody has shut the account, or stopped the batch, since the work was claimed."""
    if work.turn and not Batch.objects.open().filter(pk=work.turn).exists():
        return False
    limits = limits_of(work.provider)
    shut = ProviderAccount.objects.shut(timezone.now())
    return limits is None or not shut.filter(name=limits.account).exists()


def calls_under_way(now: datetime) -> Calls:
    """Calls that wait for their answer or are about to begin, in all workers."""
    found: Calls = Counter()
    for model in WORKS.values():
        counts = model.objects.in_call(now).order_by().values_list("provider").annotate(Count("pk"))
        found.update(dict(counts))
    return found


def full_providers(now: datetime) -> set[str]:
    """Those whose account takes no further call now."""
    limits = all_limits()
    rows = {row.name: row for row in ProviderAccount.objects.filter(name__in=limits)}
    calls = cache(partial(calls_under_way, now))
    rooms = (
        Room(each, rows.get(name) or ProviderAccount(name=name), now, calls) for name, each in limits.items()
    )
    return {alias for room in rooms if room.left() < 1 for alias in room.limits.aliases}


def _computes(alias: str) -> bool:
    try:
        return get_provider(alias).computes
    except (Invalid, ImproperlyConfigured):
        return True  # the call tells what is wrong

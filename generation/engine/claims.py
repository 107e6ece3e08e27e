"""Who works on what: the claim, its lease, the heartbeat that renews it, and the fence."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from brandkit.common.errors import Conflict
from generation import budgets
from generation.engine import line
from generation.engine.every import every
from generation.engine.room import room_for
from generation.models import WORKS, Work, WorkerSign

State = Work.State
READ = ("claim", "lease_until", "tries", "reserved", "fetched")
"""What a claim relies on as it was read: a worker that is late, or a budget, may have changed it since."""

_held: dict[UUID, type[Work]] = {}
_away_at = float("-inf")
_clock: float | None = None
CLOCK_WAS_SET = 2.0
"""Seconds that the clock has gone more or less than it should have since the last look: somebody moved it."""

_one_by_one = threading.Lock()
stopping = threading.Event()
"""This process was told to stop: it begins no new call."""


class LostClaim(Exception):
    """The lease ran out and somebody else has the work now: nothing of ours may be written."""


class Claim:
    """The right to work on one row, proven by a token that every later write names."""

    def __init__(
        self, work: Work, token: UUID, *, lost_since: datetime | None = None, turn: datetime | None = None
    ) -> None:
        self.work = work
        self.token = token
        self.lost_since = lost_since
        """When a worker before us claimed it whose lease ran out; None where it was waiting in the queue."""
        self.turn = turn
        """When its call may begin; None where its provider's account has no limits to keep."""

    @property
    def facts(self) -> dict[str, Any]:
        """What log lines about it tell."""
        work = self.work
        return {"worker": worker_name(), "brand": work.brand_id, "batch": work.turn, work.NOUN: work.pk}

    def move(self, to: str, **changes: Any) -> None:
        """End the claim: move the work on and let it go. Raises LostClaim."""
        # After a rollback our copy of the row may believe what is not so.
        self.work.refresh_from_db(fields=["state", "price", "reserved"])
        try:
            with transaction.atomic():
                money = self._set_aside(to == State.QUEUED)
                self.work.move(
                    to,
                    only_if={"claim": self.token},
                    claim=None,
                    worker="",
                    lease_until=None,
                    **money,
                    **changes,
                )
        except Conflict as error:
            raise LostClaim from error

    def _set_aside(self, again: bool) -> dict[str, Any]:
        """The price of one more call, or nothing any more; what is free needs no budget."""
        if not (self.work.reserved or (again and self.work.price)):
            return {"reserved": budgets.NONE}
        budget = budgets.locked(self.work.brand_id)
        (budgets.reserve if again else budgets.release)(budget, [self.work])
        return {"reserved": self.work.reserved}

    def note(self, **changes: Any) -> None:
        """Change the row while the claim goes on. Raises LostClaim."""
        mine = type(self.work).objects.filter(pk=self.work.pk, state=State.RUNNING, claim=self.token)
        if mine.update(**changes) != 1:
            raise LostClaim
        for name, value in changes.items():
            setattr(self.work, name, value)

    def check(self) -> None:
        """Raises LostClaim where it is no longer ours."""
        if not type(self.work).objects.filter(pk=self.work.pk, claim=self.token).exists():
            raise LostClaim


@contextmanager
def claimed(noun: str, pk: int) -> Iterator[Claim | None]:
    """Take what is due, and hold it for the block; None where there is nothing to take."""
    claim = take(noun, pk)
    try:
        yield claim
    finally:
        if claim:
            let_go(claim)


def take(noun: str, pk: int) -> Claim | None:
    """That row, if it is due; its leases are renewed until `let_go`. Refuses to run in a transaction.

    Where its provider's account has no room for one more call, it stays in the queue.
    """
    with transaction.atomic(durable=True):
        line.lock()
        now = timezone.now()
        row = WORKS[noun].objects.claimable(now).filter(pk=pk).first()
        claim = _claim(row, now) if row else None
    return _hold(claim)


def take_next() -> Claim | None:
    """Whatever is next in line, as `take`; None where nothing is due that there is room for.

    The threads of a process come one after the other: whoever waits for SQLite's lock looks for it in vain
    for tens of milliseconds at a time.
    """
    with _one_by_one, transaction.atomic(durable=True):
        line.lock()
        now = timezone.now()
        claim = next(filter(None, (_claim(row, now) for row in line.next_up(now, ours=list(_held)))), None)
        if claim:
            line.has_been_served(claim.work.brand_id, now)
    return _hold(claim)


def anything_due() -> bool:
    """Whether `take_next` would find something now. Takes nothing."""
    return any(line.next_up(timezone.now(), ours=list(_held)))


def let_go(claim: Claim) -> None:
    """Its leases are no longer renewed."""
    _held.pop(claim.token, None)


def _hold(claim: Claim | None) -> Claim | None:
    """Its lease is renewed from now on."""
    if claim:
        _held[claim.token] = type(claim.work)
    return claim


def _claim(row: Work, now: datetime) -> Claim | None:
    """By compare-and-swap: of all who try at once, one changes the row.

    What this process works on itself is not taken from it: only the database was away for too long to renew
    the lease.
    """
    if row.claim in _held or (row.state == State.RUNNING and not _leases_are_kept()):
        return None
    room = room_for(row, now)
    if room and room.left() < 1:
        return None
    token, lost_since = uuid4(), row.started_at if row.state == State.RUNNING else None
    try:
        row.move(
            State.RUNNING,
            only_if={name: getattr(row, name) for name in READ},
            data={"worker": worker_name()},
            claim=token,
            worker=worker_name(),
            lease_until=now + lease(),
            started_at=now,
            ended_at=None,
            retry_at=None,
            failure_code="",
            failure_words="",
        )
    except Conflict:
        return None
    return Claim(row, token, lost_since=lost_since, turn=room.take_turn() if room else None)


def heartbeat() -> AbstractContextManager[None]:
    """Renews the leases of this process while the block runs."""
    return every(settings.BRANDKIT_HEARTBEAT_SECONDS, renew, name="heartbeat")


def renew() -> None:
    """One UPDATE for all of a kind that this process holds."""
    _set_leases(lease())


def database_is_away() -> None:
    """Nobody can renew a lease now: when the database is back, all have as long as one lasts to do so."""
    global _away_at
    _away_at = time.monotonic()


@contextmanager
def clock_watched() -> Iterator[None]:
    """While the block runs it is seen where the clock is set, or this machine sleeps."""
    global _clock
    _clock = time.time() - time.monotonic()
    try:
        yield
    finally:
        _clock = None


def look_at_clock() -> None:
    """Where it was set, leases tell nothing until all have been renewed."""
    global _clock
    if _clock is None:
        return
    clock = time.time() - time.monotonic()
    if abs(clock - _clock) > CLOCK_WAS_SET:
        database_is_away()
    _clock = clock


def _leases_are_kept() -> bool:
    """Whether a lease that has run out tells that its worker is gone."""
    look_at_clock()
    return time.monotonic() - _away_at > lease().total_seconds()


def hand_back() -> None:
    """Let go of all that this process holds, before it ends: others need not wait for the leases."""
    _set_leases(timedelta(0))
    _held.clear()


def held() -> int:
    """How many rows this process works on now."""
    return len(_held)


def _set_leases(left: timedelta) -> None:
    ours = dict(_held)
    for model in set(ours.values()):
        tokens = [token for token, kind in ours.items() if kind is model]
        mine = model.objects.filter(state=State.RUNNING, claim__in=tokens)
        mine.update(lease_until=timezone.now() + left)


def show_sign() -> None:
    """This worker lives."""
    WorkerSign.objects.update_or_create(worker=worker_name(), defaults={"seen_at": timezone.now()})


def remove_sign() -> None:
    """This worker ends."""
    WorkerSign.objects.filter(worker=worker_name()).delete()


def lease() -> timedelta:
    """How long a claim holds without a heartbeat."""
    return timedelta(seconds=settings.BRANDKIT_LEASE_SECONDS)


def worker_name() -> str:
    """This process, for people: host and process number."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}"

"""Why the line does not move: nobody works, nobody may be called, or nobody knows."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from generation.limits import Limits, all_limits
from generation.models import Attempt, ProviderAccount, Work, WorkerSign
from generation.provider_accounts import AccountState, all_states
from generation.waiting import clock
from generation.watching.finding import Finding, Link, Scope, Works, examples

QUIET = timedelta(minutes=10)
"""So long may a line stand still before it is strange: a provider may be slow, or called rarely."""

LATEST = 500
"""Attempts that are looked at for whom they called."""


def find(scope: Scope) -> Iterator[Finding]:
    """Of all providers."""
    now = timezone.now()
    seen = WorkerSign.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    if seen is None or now - seen > timedelta(seconds=settings.BRANDKIT_LEASE_SECONDS):
        yield from _nobody_works(scope, seen)
        seen = None
    states = all_states()
    for limits in all_limits().values():
        state = states[limits.account]
        if not state.is_open:
            yield from _shut(scope, limits, state)
        elif seen:
            yield from _stands_still(scope, limits, now)


def _nobody_works(scope: Scope, seen: datetime | None) -> Iterator[Finding]:
    waiting = Works.of(scope, state=Work.State.QUEUED)
    if count := waiting.count():
        yield Finding(
            title="No worker is running",
            why="The last sign of life has run out." if seen else "None has shown a sign of life for a day.",
            helps="Start one with manage.py work, or look why it ended.",
            count=count,
            since=seen,
        )


def _shut(scope: Scope, limits: Limits, state: AccountState) -> Iterator[Finding]:
    waiting = Works.of(scope, state=Work.State.QUEUED, provider__in=limits.aliases)
    if not (count := waiting.count()):
        return
    yield Finding(
        title=f"Nobody calls {limits.account}",
        why=state.words,
        helps=_then(scope, state),
        count=count,
        since=state.paused_since,
        do=_resume(limits) if scope.is_all else None,
    )


def _resume(limits: Limits) -> Link:
    row = ProviderAccount.objects.get(name=limits.account)
    return Link(words="Resume", path=reverse("admin:generation_provideraccount_resume", args=[row.pk]))


def _then(scope: Scope, state: AccountState) -> str:
    if state.closed_until:
        return f"It goes on by itself at {clock(state.closed_until)}."
    if scope.is_all:
        return "Put right what was wrong, then resume it."
    return "The operator puts right what was wrong, and resumes it."


def _stands_still(scope: Scope, limits: Limits, now: datetime) -> Iterator[Finding]:
    """There is work, there are workers, the account is open, and yet no call has begun for a while."""
    if Works.of(Scope(), state=Work.State.RUNNING, provider__in=limits.aliases).count() or _called(
        limits, now
    ):
        return
    due = Q(retry_at=None, created_at__lt=now - QUIET) | Q(retry_at__lt=now - QUIET)
    waiting = Works.of(scope, state=Work.State.QUEUED, provider__in=limits.aliases, reserved__isnull=False)
    waiting = waiting.filter(due).of_open_batches()
    if first := waiting.first():
        yield Finding(
            title=f"The line for {limits.account} does not move",
            why="Workers are there and it is open, and yet no call has begun for a while.",
            helps="Look at the workers' log, then start them anew.",
            count=waiting.count(),
            since=min(work.created_at for work in first),
            examples=examples(first),
        )


def _called(limits: Limits, now: datetime) -> bool:
    latest = Attempt.objects.order_by("-pk").values_list("provider", "started_at")[:LATEST]
    return any(alias in limits.aliases and now - began < QUIET for alias, began in latest)

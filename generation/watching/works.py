"""Pictures that stand still one by one: in a worker's hands, before their next try, for a person's word."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from brandkit.accounts.models import Brand
from generation.budgets import money, standings
from generation.models import WORKS, Budget, Work
from generation.waiting import why_waiting
from generation.watching.finding import Finding, Link, Scope, Works, examples

LONG = timedelta(minutes=30)
"""No call should take so long."""

REMEMBERED = timedelta(days=30)
"""Whoever has not asked again by then does not want it any more."""


def find(scope: Scope) -> Iterator[Finding]:
    """Of all kinds of work."""
    yield from _without_money(scope)
    yield from _left_alone(scope)
    yield from _long_in_work(scope)
    yield from _unknown(scope)
    yield from _tried_later(scope)


def _without_money(scope: Scope) -> Iterator[Finding]:
    waiting: dict[int, int] = {}
    for model in WORKS.values():
        rows = scope.of(model.objects.filter(state=Work.State.QUEUED, reserved=None)).order_by()
        for brand, count in rows.values_list("brand").annotate(count=Count("pk")):
            waiting[brand] = waiting.get(brand, 0) + count
    now = standings(waiting)
    for brand in Brand.objects.filter(pk__in=waiting):
        budget = now[brand.pk]
        yield Finding(
            title=f"{brand} has used up its budget",
            why=_used(budget),
            helps="An owner of the brand can raise it; else they go on with the next month.",
            count=waiting[brand.pk],
            since=budget.stopped_at,
            do=Link(words="See the budget", path=reverse("spend:page", args=[brand.slug])),
        )


def _used(budget: Budget) -> str:
    if budget.limit is None:
        return "It has no limit any more, and money is set aside for them soon."
    return f"{money(budget.committed)} of {money(budget.limit)} are spent or promised this month."


def _left_alone(scope: Scope) -> Iterator[Finding]:
    """Another worker takes it over within a sweep, if there is one."""
    sweep = timedelta(seconds=2 * settings.BRANDKIT_SWEEP_SECONDS)
    found = Works.of(scope, state=Work.State.RUNNING, lease_until__lt=timezone.now() - sweep)
    if first := found.first("lease_until"):
        yield Finding(
            title="A worker has gone in the middle of its work",
            why="Nobody has taken over what it worked on, although its lease has run out.",
            helps="See that a worker is running, and look at its log.",
            count=found.count(),
            since=min(work.lease_until for work in first if work.lease_until),
            examples=examples(first, {work.pk: work.worker for work in first}),
        )


def _long_in_work(scope: Scope) -> Iterator[Finding]:
    now = timezone.now()
    found = Works.of(scope, state=Work.State.RUNNING, lease_until__gte=now, started_at__lt=now - LONG)
    if first := found.first("started_at"):
        yield Finding(
            title="Some pictures have been in work for long",
            why="Their worker lives and has not brought them to an end.",
            helps="Look at that worker's log. Stopped twice, it hands back what it works on.",
            count=found.count(),
            since=min(work.started_at for work in first if work.started_at),
            examples=examples(first, {work.pk: work.worker for work in first}),
        )


def _unknown(scope: Scope) -> Iterator[Finding]:
    since = timezone.now() - REMEMBERED
    found = Works.of(scope, state=Work.State.FAILED, failure_code="outcome_unknown").filter(
        ended_at__gt=since
    )
    if first := found.first("-pk"):
        yield Finding(
            title="Nobody knows what came of some calls",
            why="They may have been paid for, so they are not made again without a person's word.",
            helps="Ask for each again, or leave it.",
            count=found.count(),
            since=min(work.ended_at for work in first if work.ended_at),
            examples=examples(first),
        )


def _tried_later(scope: Scope) -> Iterator[Finding]:
    found = Works.of(scope, state=Work.State.QUEUED, retry_at__gt=timezone.now(), tries__gt=0)
    if first := found.first("retry_at"):
        words = {work.pk: f"called {_times(work.tries)}. {_why(work)}".rstrip() for work in first}
        yield Finding(
            title="Some pictures are tried again later",
            why=f"Calls for them did not work. After {settings.BRANDKIT_MAX_ATTEMPTS} calls a picture fails.",
            helps="They go on by themselves. Where many come from one provider, look at what it says.",
            count=found.count(),
            since=min(work.created_at for work in first),
            examples=examples(first, words),
        )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _why(work: Work) -> str:
    return why_waiting([work]).get(work.pk, "")

"""The line: what a worker does next, of all that waits.

What is paid for is finished first. Then brands take turns, so that one brand's catalogue run never stands
before another's three pictures. Within a brand, what a person asked for goes before batches; of each, the
more urgent goes first, then the older.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery

from brandkit.accounts.models import Brand
from generation.engine.room import full_providers
from generation.models import WORKS, Batch, BrandTurn, Generation, Work

State = Work.State
LINE = 0x6C696E65
"""Number of the lock in PostgreSQL: "line" in ASCII."""

PATIENCE = "30s"
"""A worker whose machine is gone while it has the lock must not hold up the others."""

AT_ONCE = 100
TRIES = 3
"""How often the head of the line is looked for, where others take it away."""

BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
BRANDS_TURN = F("brand__turn__served_at").asc(nulls_first=True)


class Head(NamedTuple):
    """Who is first among some of the lanes of a brand: numbers by kind of work."""

    served_at: datetime
    brand: int
    works: dict[str, list[int]]


def lock() -> None:
    """One worker at a time takes from the line, until its transaction ends: a few milliseconds.

    On SQLite every transaction is the only one anyway.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('idle_in_transaction_session_timeout', %s, true), pg_advisory_xact_lock(%s)",
            [PATIENCE, LINE],
        )


def next_up(now: datetime, *, ours: Collection[UUID] = ()) -> Iterator[Work]:
    """What may be claimed at the moment `now`, best first; of what waits its turn, the first only.

    ours: claims of this process, which it does not take from itself.
    """
    full = full_providers(now)
    for model in WORKS.values():
        yield from _late(model, now, ours).exclude(provider__in=full, fetched="")[:AT_ONCE]
    for model in WORKS.values():
        yield from _come(model, now)[:AT_ONCE]
    aliases = [alias for alias in settings.BRANDKIT_PROVIDERS if alias not in full]
    for _ in range(TRIES):
        first = _first(now, aliases)
        if first is None:
            return
        yield first


def has_been_served(brand: int, now: datetime) -> None:
    """Its turn comes again after all others have had theirs, also where the clock was set back meanwhile."""
    last = BrandTurn.objects.aggregate(last=Max("served_at"))["last"]
    at = max(now, last + MOMENT) if last else now
    if not BrandTurn.objects.filter(brand=brand).update(served_at=at):
        BrandTurn.objects.create(brand_id=brand, served_at=at)


def of_no_provider() -> Iterator[Work]:
    """Some of what waits for providers that are no longer in the settings: nobody's turn comes there."""
    for model in WORKS.values():
        waiting = model.objects.in_line().exclude(provider__in=settings.BRANDKIT_PROVIDERS)
        yield from waiting.order_by()[:AT_ONCE]


def _late(model: type[Work], now: datetime, ours: Collection[UUID]) -> "QuerySet[Any]":
    """Whose worker has gone, the oldest first."""
    running = model.objects.filter(state=State.RUNNING, retry_at=None, lease_until__lt=now)
    return running.exclude(claim__in=ours).order_by("lease_until", "pk")


def _come(model: type[Work], now: datetime) -> "QuerySet[Any]":
    """Whose picture is there and only has to be opened."""
    return model.objects.in_line().filter(_due(now), fetched__gt="").order_by("pk")


def _due(now: datetime) -> Q:
    return Q(retry_at=None) | Q(retry_at__lte=now)


def _first(now: datetime, aliases: list[str]) -> Work | None:
    """The head of the line, among what waits for these providers."""
    heads = [head for head in (_first_single(now, aliases), _first_of_batches(now, aliases)) if head]
    if not heads:
        return None
    head = min(heads, key=lambda head: (head.served_at, head.brand))  # of equals, the first: a person's
    found = [work for noun, pks in head.works.items() for work in WORKS[noun].objects.filter(pk__in=pks)]
    return min(found, key=lambda work: (-work.priority, work.created_at, work.pk), default=None)


def _first_single(now: datetime, aliases: list[str]) -> Head | None:
    """Of the brand whose turn it is, the first of what people asked for: one for each provider and kind."""
    lanes = {
        f"{noun}__{number}": _lane(model, now, brand=OuterRef("pk"), provider=alias)
        for noun, model in WORKS.items()
        for number, alias in enumerate(aliases)
    }
    brands = Brand.objects.annotate(served=F("turn__served_at"), **lanes)
    for served, brand, *found in brands.order_by(
        F("turn__served_at").asc(nulls_first=True), "pk"
    ).values_list("served", "pk", *lanes):
        works: dict[str, list[int]] = {}
        for name, pk in zip(lanes, found, strict=True):
            if pk:
                works.setdefault(name.partition("__")[0], []).append(pk)
        if works:
            return Head(served or BEFORE_ALL, brand, works)
    return None


def _first_of_batches(now: datetime, aliases: list[str]) -> Head | None:
    """Of the brand whose turn it is, the first picture of its most urgent batch that has any to be made."""
    lane = _lane(
        Generation, now, brand=OuterRef("brand"), provider=OuterRef("provider"), batch=OuterRef("pk")
    )
    batches = Batch.objects.open().filter(provider__in=aliases).annotate(head=lane)
    in_turn = batches.order_by(BRANDS_TURN, "brand", "-priority", "pk")
    for served, brand, head in in_turn.values_list("brand__turn__served_at", "brand", "head"):
        if head:
            return Head(served or BEFORE_ALL, brand, {Generation.NOUN: [head]})
    return None


def _lane(model: type[Work], now: datetime, **which: Any) -> Subquery:
    """Number of the first that waits in that lane and is due."""
    order = ["-priority", "pk"]
    if model is Generation:
        which = {"batch": None, **which}
        order = ["batch_id", *order]  # it is the same for all; PostgreSQL finds the index by it
    waiting = model.objects.in_line().filter(_due(now), **which).order_by(*order)
    return Subquery(waiting.values("pk")[:1])

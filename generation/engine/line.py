"""The line: what a worker does next, of all that waits.

What is paid for is finished first. Then brands take turns, so that one brand's catalogue run never stands
before another's three pictures. Within a brand, what a person asked for goes before batches; of each, the
more urgent goes first, then the older.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery

from brandkit.accounts.models import Brand
from generation.engine.compiled import rows
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

MOMENT = timedelta(microseconds=1)
BRANDS_TURN = F("brand__turn__served_at").asc(nulls_first=True)


Names = tuple[str, ...]
Found = QuerySet[Any, Any]
Turn = tuple[bool, Any, int]


class Head(NamedTuple):
    """Who is first among some of the lanes of a brand: numbers by kind of work."""

    turn: Turn
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
        for pk, claim, provider, fetched in rows(LATE[model.NOUN], now):
            if UUID(str(claim)) not in ours and (fetched or provider not in full):
                yield from model.objects.filter(pk=pk)
    for model in WORKS.values():
        for (pk,) in rows(COME[model.NOUN], now):
            yield from model.objects.filter(pk=pk)
    aliases = tuple(alias for alias in settings.BRANDKIT_PROVIDERS if alias not in full)
    for _ in range(TRIES if aliases else 0):
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


def _late(model: type[Work], now: datetime, _: Names) -> Found:
    """Whose worker has gone, the oldest first."""
    running = model.objects.filter(state=State.RUNNING, lease_until__lt=now).order_by("lease_until", "pk")
    return running.values_list("pk", "claim", "provider", "fetched")[:AT_ONCE]


def _come(model: type[Work], now: datetime, _: Names) -> Found:
    """Whose picture is there and only has to be opened."""
    come = model.objects.in_line().filter(_due(now), fetched__gt="").order_by("pk")
    return come.values_list("pk")[:AT_ONCE]


LATE = {noun: partial(_late, model) for noun, model in WORKS.items()}
COME = {noun: partial(_come, model) for noun, model in WORKS.items()}


def _due(now: datetime) -> Q:
    return Q(retry_at=None) | Q(retry_at__lte=now)


def _first(now: datetime, aliases: Names) -> Work | None:
    """The head of the line, among what waits for these providers."""
    heads = [head for head in (_first_single(now, aliases), _first_of_batches(now, aliases)) if head]
    if not heads:
        return None
    head = min(heads, key=lambda head: head.turn)  # of equals, the first: a person's
    found = [work for noun, pks in head.works.items() for work in WORKS[noun].objects.filter(pk__in=pks)]
    return min(found, key=lambda work: (-work.priority, work.created_at, work.pk), default=None)


def _first_single(now: datetime, aliases: Names) -> Head | None:
    """Of the brand whose turn it is, the first of what people asked for: one for each provider and kind."""
    for served, brand, *found in rows(_singles, now, aliases):
        works = {
            noun: [pk for pk in found[at * len(aliases) : (at + 1) * len(aliases)] if pk]
            for at, noun in enumerate(WORKS)
        }
        if any(works.values()):
            return Head(_turn(served, brand), works)
    return None


def _singles(now: datetime, aliases: Names) -> Found:
    """Each brand in its turn, with the heads of its lanes."""
    lanes = {
        f"{noun}__{number}": _lane(model, now, brand=OuterRef("pk"), provider=alias)
        for noun, model in WORKS.items()
        for number, alias in enumerate(aliases)
    }
    brands = Brand.objects.annotate(served=F("turn__served_at"), **lanes)
    in_turn = brands.order_by(F("turn__served_at").asc(nulls_first=True), "pk")
    return in_turn.values_list("served", "pk", *lanes)


def _first_of_batches(now: datetime, aliases: Names) -> Head | None:
    """Of the brand whose turn it is, the first picture of its most urgent batch that has any to be made."""
    for served, brand, head in rows(_batches, now, aliases):
        if head:
            return Head(_turn(served, brand), {Generation.NOUN: [head]})
    return None


def _batches(now: datetime, aliases: Names) -> Found:
    """Each brand's open batches in their turn, with the head of their lane."""
    lane = _lane(
        Generation, now, brand=OuterRef("brand"), provider=OuterRef("provider"), batch=OuterRef("pk")
    )
    batches = Batch.objects.open().filter(provider__in=aliases).annotate(head=lane)
    in_turn = batches.order_by(BRANDS_TURN, "brand", "-priority", "pk")
    return in_turn.values_list("brand__turn__served_at", "brand", "head")


def _turn(served_at: Any, brand: int) -> Turn:
    """Who was never served comes first. The database's own form of a moment compares as it should."""
    return served_at is not None, served_at or 0, brand


def _lane(model: type[Work], now: datetime, **which: Any) -> Subquery:
    """Number of the first that waits in that lane and is due."""
    order = ["-priority", "pk"]
    if model is Generation:
        which = {"batch": None, **which}
        order = ["batch_id", *order]  # it is the same for all; PostgreSQL finds the index by it
    waiting = model.objects.in_line().filter(_due(now), **which).order_by(*order)
    return Subquery(waiting.values("pk")[:1])

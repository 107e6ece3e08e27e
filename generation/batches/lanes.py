"""In whose turn a picture is made that several have asked for.

A lane is a batch's place in the line; it is shut while the batch is paused, and once it is cancelled. What
somebody else waits for too must not stay behind there.
"""

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from generation.models import Batch, BatchItem, Generation
from generation.queueing import announce

AT_ONCE = 500
QUEUED = Generation.State.QUEUED


def take_over(rows: Iterable[Generation], lane: Batch | None) -> None:
    """What waits in other lanes is made in this one: all of it for a single wish, else what is shut in.

    rows: locked.
    """
    others = [row for row in rows if row.state == QUEUED and row.batch_id and row.batch_id != _pk(lane)]
    if others and lane:
        lanes = Batch.objects.open().filter(pk__in={row.batch_id for row in others})
        still_open = set(lanes.values_list("pk", flat=True))
        others = [row for row in others if row.batch_id not in still_open]
    _put(others, lane)


def give_away(rows: Iterable[Generation]) -> list[Generation]:
    """Put each into the lane of another batch that is under way and holds it; gives those that none wants.

    rows: locked, of one lane that is shut for good. An open batch is preferred to a paused one.
    """
    found = {row.pk: row for row in rows}
    holders = BatchItem.objects.filter(generation__in=found, batch__state__in=Batch.UNDER_WAY)
    others = holders.exclude(batch__in={row.batch_id for row in found.values()}).select_related("batch")
    open_last = F("batch__paused_at").desc(nulls_last=True)
    heirs = {item.generation_id: item.batch for item in others.order_by(open_last, "-batch")}
    lanes = defaultdict(list)
    for pk, heir in heirs.items():
        lanes[heir].append(found[pk])
    for heir, its_own in lanes.items():
        _put(its_own, heir)
    return [row for pk, row in found.items() if pk not in heirs]


def share_out() -> None:
    """What waits in the lane of a paused batch goes to an open one that holds it too."""
    for batch in _wanting():
        while _fetch_some(batch):
            pass


def _wanting() -> QuerySet[Batch]:
    """Open ones that wait for what others have asked for, beside a paused one of their brand."""
    paused = Batch.objects.paused().filter(brand=OuterRef("brand"))
    waiting = Batch.objects.open().filter(progress__reused__gt=0, progress__queued__gt=0)
    return waiting.filter(Exists(paused))


def _fetch_some(batch: Batch) -> bool:
    with transaction.atomic():
        held = BatchItem.objects.filter(batch=batch, generation=OuterRef("pk"))
        shut = Batch.objects.paused().filter(brand=batch.brand_id)
        behind = Generation.objects.filter(Exists(held), batch__in=shut, state=QUEUED)
        rows = list(behind.select_for_update(of=("self",)).order_by("pk")[:AT_ONCE])
        _put(rows, batch)
        announce(rows)
    return bool(rows)


def _put(rows: list[Generation], lane: Batch | None) -> None:
    if rows:
        pks = [row.pk for row in rows]
        Generation.objects.filter(pk__in=pks, state=QUEUED).update(batch=lane)
    for row in rows:
        row.batch = lane


def _pk(lane: Batch | None) -> int | None:
    return lane.pk if lane else None


def announce_lane(batch: Batch) -> None:
    """Have workers look at what waits in it."""
    waiting = Generation.objects.filter(batch=batch, state=QUEUED, reserved__isnull=False)
    announce(waiting.order_by("pk")[:AT_ONCE])

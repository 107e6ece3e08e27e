"""What a batch needs done in small steps: workers do a step of each batch in turn, once a second or oftener.

A step is one transaction: a kill loses nothing, and no step holds up a person who asks for a picture.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef

from generation.batches.ends import end_finished, end_if_done, recount
from generation.batches.filling import fill_some
from generation.batches.holding import held, next_chore, take
from generation.batches.lanes import give_away, share_out
from generation.engine.claims import stopping
from generation.models import Batch, BatchChore, BatchItem, Generation
from generation.queueing import AGAIN, announce, locked, queue_again, take_out_all
from generation.signals import swept, ticked

logger = logging.getLogger(__name__)
State = Batch.State
Kind = BatchChore.Kind
AT_ONCE = 500
LOOKED_AT = 20_000
"""Items that one step looks through for what is to be asked again."""


def connect() -> None:
    """Have workers do them."""
    ticked.connect(work_off, dispatch_uid="batches.work_off")
    swept.connect(clear_lanes, dispatch_uid="batches.clear_lanes")


def work_off(**_: Any) -> None:
    """Receiver of `ticked`: go on while there is anything to do, then end what is done."""
    waiting = Batch.objects.filter(Exists(BatchChore.objects.filter(batch=OuterRef("pk")))).order_by("pk")
    batches = list(waiting)
    while batches and not stopping.is_set():
        batches = [batch for batch in batches if _goes_on(batch)]
    end_finished()


def _goes_on(batch: Batch) -> bool:
    """Whether there is more to do for it now. What fails is tried again in the next turn."""
    try:
        return do_some(batch)
    except Exception:
        logger.exception("A step of batch %s failed; it is tried again.", batch.pk)
        return False


def do_some(batch: Batch) -> bool:
    """One step of its oldest chore; gives whether this process can go on with it now."""
    chore = next_chore(batch)
    if chore is None:
        return False
    match chore.kind:
        case Kind.FILL:
            if not take(chore):
                return False
            fill_some(batch)
            return True
        case Kind.CANCEL:
            return _cancel_some(batch, chore)
        case _:
            return _retry_some(batch, chore)


def clear_lanes(**_: Any) -> None:
    """Receiver of `swept`: what waits in lanes that are shut for good is cancelled, or goes to others.

    It was in work when its batch was cancelled, and came back into the queue.
    """
    left = Generation.objects.filter(batch=OuterRef("pk"), state=Generation.State.QUEUED)
    for batch in Batch.objects.filter(Exists(left), state=State.CANCELLED, chores=None):
        with held(batch) as now:
            if now.state == State.CANCELLED and not now.chores.exists():
                BatchChore.objects.create(batch=now, kind=Kind.CANCEL)
    share_out()


def _cancel_some(batch: Batch, chore: BatchChore) -> bool:
    """What waits in its lane, from the first on: for another batch that holds it, else not at all."""
    with held(batch) as now:
        if not BatchChore.objects.filter(pk=chore.pk).exists():
            return True
        waiting = Generation.objects.filter(batch=now, state=Generation.State.QUEUED)
        first = list(waiting.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        rows = locked(waiting.filter(pk__in=first))
        mine = give_away(rows)
        take_out_all(mine, chore.asked_by)
        announce([row for row in rows if row.state == Generation.State.QUEUED])
        if len(first) == AT_ONCE:
            return True
        chore.delete()
        recount(now)
    end_if_done(batch)
    return True


def _retry_some(batch: Batch, chore: BatchChore) -> bool:
    """What ended without a picture, in the order of its items, from where the last step stopped."""
    with held(batch) as now:
        same = BatchChore.objects.select_related("asked_by").filter(pk=chore.pk).first()
        if same is None:
            return True
        generations, last = _ended(now, same.data)
        rows = locked(Generation.objects.filter(pk__in=generations, state__in=AGAIN))
        for row in rows:
            row.batch = now
        queue_again(rows, same.asked_by, asker=same.asked_by)
        announce(rows)
        if last is None:
            same.delete()
        else:
            same.data["after"] = last
            same.save(update_fields=["data"])
    if last is None:
        end_if_done(batch)
    return True


def _ended(batch: Batch, data: Mapping[str, Any]) -> tuple[list[int], int | None]:
    """Some generations that a retry means, and the item to go on after; None where that was all."""
    items = BatchItem.objects.filter(batch=batch, pk__gt=data.get("after", 0)).order_by("pk")
    end = items.values_list("pk", flat=True)[LOOKED_AT : LOOKED_AT + 1].first()
    states = AGAIN if data["cancelled"] else AGAIN - {Generation.State.CANCELLED}
    found = items.filter(generation__state__in=states, **({"pk__lt": end} if end else {}))
    if data["reason"]:
        found = found.filter(generation__failure_code=data["reason"])
    some = list(found.values_list("pk", "generation")[:AT_ONCE])
    last = some[-1][0] if len(some) == AT_ONCE else end and end - 1
    return [generation for _, generation in some], last

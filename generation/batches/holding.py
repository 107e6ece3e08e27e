"""Who works on a batch now.

What changes a batch locks its row first, then what queueing locks, and its progress last. A chore has one
worker at a time, so that none does another's work again; that is no more than manners, since each step is
written only where the one before it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from generation.engine.claims import lease, worker_name
from generation.models import Batch, BatchChore


@contextmanager
def held(batch: Batch | int) -> Iterator[Batch]:
    """A transaction with the batch's row locked, as it stands now. Raises DoesNotExist where it is gone."""
    pk = batch.pk if isinstance(batch, Batch) else batch
    with transaction.atomic():
        locked = Batch.objects.select_for_update(no_key=True, of=("self",))
        yield locked.select_related("brand", "requested_by").get(pk=pk)


def next_chore(batch: Batch) -> BatchChore | None:
    """The oldest of a batch goes first."""
    return batch.chores.select_related("asked_by").order_by("pk").first()


def take(chore: BatchChore) -> bool:
    """Whether this process may go on with it; nobody else does until a lease has passed, or `let_go`."""
    now = timezone.now()
    with transaction.atomic():
        same = BatchChore.objects.select_for_update().filter(pk=chore.pk).first()
        if same is None:
            return False
        until = parse_datetime(same.data.get("until", ""))
        if until and until > now and same.data["worker"] != worker_name():
            return False
        same.data |= {"worker": worker_name(), "until": (now + lease()).isoformat()}
        same.save(update_fields=["data"])
        chore.data = same.data
    return True


def let_go(chore: BatchChore) -> None:
    """Somebody else may go on with it, if it is still there."""
    with transaction.atomic():
        same = BatchChore.objects.select_for_update().filter(pk=chore.pk).first()
        if same and same.data.get("worker") == worker_name():
            same.data = {name: value for name, value in same.data.items() if name not in ("worker", "until")}
            same.save(update_fields=["data"])

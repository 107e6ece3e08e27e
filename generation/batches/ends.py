"""When a batch has ended: everything is written, and nothing of it waits or is in work."""

from collections import Counter

from django.db.models import Count
from django.utils import timezone

from brandkit.accounts.notices import tell
from generation.batches.holding import held
from generation.models import Batch, BatchProgress, Generation

State = Batch.State


def end_finished() -> None:
    """End every batch that is done, by its counts; each is counted exactly before."""
    seeming = Batch.objects.filter(state=State.RUNNING, chores=None)
    for batch in seeming.filter(progress__queued__lte=0, progress__running__lte=0):
        end_if_done(batch)


def end_if_done(batch: Batch) -> bool:
    """End it if nothing is left to do, and tell who asked for it; gives whether it has ended now."""
    with held(batch) as now:
        progress = BatchProgress.objects.get(batch=now)
        if now.state != State.RUNNING or now.chores.exists() or progress.queued > 0 or progress.running > 0:
            return False
        counts = recount(now)
        if counts["queued"] or counts["running"]:
            return False
        told = {name: counts[name] for name in ("succeeded", "refused", "failed", "cancelled")}
        now.move(State.ENDED, paused_at=None, paused_by=None, ended_at=timezone.now(), data=told)
        if now.requested_by:
            path = f"/b/{now.brand.slug}/batches/{now.pk}/"
            words = ended_words(now, counts, progress.problems)
            tell([now.requested_by], brand=now.brand, kind="batch.ended", words=words, path=path)
    return True


def recount(batch: Batch) -> Counter[str]:
    """Set the counts by state to what they are, and give them. Call it with the batch held.

    Its progress is locked first, so that no move is counted meanwhile; the moves themselves are not held up.
    """
    BatchProgress.objects.select_for_update().get(batch=batch)
    states = Generation.objects.filter(items__batch=batch).order_by().values_list("state")
    found = Counter(dict(states.annotate(count=Count("pk"))))
    exact = {state: found[state] for state in Generation.State.values}
    BatchProgress.objects.filter(batch=batch).update(**exact)
    return found


def ended_words(batch: Batch, counts: Counter[str], problems: int) -> str:
    """For the one who asked."""
    parts = [f"{counts['succeeded']:,} made or there before"]
    parts += [f"{counts[name]:,} {name}" for name in ("refused", "failed", "cancelled") if counts[name]]
    lines = "1 line" if problems == 1 else f"{problems:,} lines"
    left = f" {lines} could not be asked for." if problems else ""
    return f"The batch “{batch.name}” has ended: {', '.join(parts)}.{left}"

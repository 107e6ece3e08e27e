"""Batches that do not go on."""

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from generation.models import Batch, BatchChore
from generation.watching.finding import MOST, Finding, Link, Scope

LATE = timedelta(minutes=10)
SHOWN = 20
"""Batches of each kind: an operator sees the picture by then."""

CHORES = {
    BatchChore.Kind.FILL: "Its pictures are still being written.",
    BatchChore.Kind.CANCEL: "It was cancelled, and not all of its pictures are taken out of the queue yet.",
    BatchChore.Kind.RETRY: "What failed in it is still being put back into the queue.",
}


def find(scope: Scope) -> Iterator[Finding]:
    """Paused ones that have something left, and those whose chores nobody does."""
    yield from _paused(scope)
    yield from _with_late_chores(scope)


def _paused(scope: Scope) -> Iterator[Finding]:
    paused = Batch.objects.paused().select_related("brand", "paused_by", "progress")
    for batch in scope.of(paused).order_by("paused_at")[:SHOWN]:
        yield Finding(
            title=f"The batch “{batch}” of {batch.brand} is paused",
            why=f"{batch.paused_by or 'The operator'} paused it.",
            helps="Resume it, or cancel it.",
            count=min(MOST + 1, batch.progress.left),
            since=batch.paused_at,
            do=_page(batch),
        )


def _with_late_chores(scope: Scope) -> Iterator[Finding]:
    """Whoever does one says until when; a step takes a second or two."""
    late = timezone.now() - LATE
    chores = BatchChore.objects.filter(created_at__lt=late).select_related("batch__brand", "batch__progress")
    for chore in scope.of(chores, "batch__brand")[:SHOWN]:
        until = parse_datetime(chore.data.get("until", ""))
        if until and until > late:
            continue
        yield Finding(
            title=f"The batch “{chore.batch}” of {chore.batch.brand} does not go on",
            why=CHORES[BatchChore.Kind(chore.kind)],
            helps="Look at the workers' log; any worker does it.",
            count=min(MOST + 1, chore.batch.progress.left),
            since=chore.created_at,
            do=_page(chore.batch),
        )


def _page(batch: Batch) -> Link:
    return Link(words="See the batch", path=reverse("batches:show", args=[batch.brand.slug, batch.pk]))

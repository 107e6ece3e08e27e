"""What review has to tell of its inside: its queue, and what could not be published or taken back."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone

from generation.watching.finding import SHOWN, Finding, Link, Scope, counted
from review.models import Rendition, Review

NOT_YET = timedelta(minutes=5)
"""So long a file may outlive the version that was taken back: sweeps try again."""


def measure(brands: dict[int, str]) -> Iterable[Any]:
    """The queue of each brand."""
    from generation.watching.measures import gauge  # with its library; no worker needs it

    now = timezone.now()
    length, oldest, unpublished = [], [], []
    waiting = Review.objects.undecided().order_by().values_list("brand")
    for brand, count, first in waiting.annotate(count=Count("pk"), first=Min("created_at")):
        length.append(([brands.get(brand, "")], count))
        oldest.append(([brands.get(brand, "")], max(0.0, (now - first).total_seconds())))
    for brand, count in _unpublished().order_by().values_list("brand").annotate(count=Count("pk")):
        unpublished.append(([brands.get(brand, "")], count))
    yield gauge("review_queue_length", "Pictures that wait for a verdict.", ["brand"], length)
    yield gauge("review_queue_oldest_seconds", "Since when the first of them waits.", ["brand"], oldest)
    yield gauge("unpublished", "Approved pictures that could not be published.", ["brand"], unpublished)


def find(scope: Scope) -> Iterator[Finding]:
    """Publishing that failed, and files that should be gone."""
    yield from _not_published(scope)
    yield from _not_deleted(scope)


def _unpublished() -> Any:
    return Review.objects.filter(state=Review.State.APPROVED).exclude(problem="")


def _not_published(scope: Scope) -> Iterator[Finding]:
    rows = scope.of(_unpublished()).select_related("brand")
    if first := list(rows.order_by("pk")[:SHOWN]):
        yield Finding(
            title="Some approved pictures could not be published",
            why="Each tells on its page what came between.",
            helps="What can pass is tried again every five minutes; the others are to be made anew.",
            count=counted(rows),
            since=min(review.decisions.latest("id").decided_at for review in first),
            examples=[_link(review) for review in first],
        )


def _link(review: Review) -> Link:
    words = f"{review.brand}, review {review.pk}: {review.problem}"
    return Link(words=words, path=reverse("review:show", args=[review.brand.slug, review.pk]))


def _not_deleted(scope: Scope) -> Iterator[Finding]:
    late = timezone.now() - NOT_YET
    rows = Rendition.objects.filter(version__recalled_at__lt=late).exclude(file="")
    rows = scope.of(rows, "version__asset__brand").select_related("version")
    if first := list(rows.order_by("version__recalled_at")[:SHOWN]):
        yield Finding(
            title="Files of pictures that were taken back are still in the public store",
            why="No address of ours shows them, but the store has not deleted them.",
            helps="See that the store takes orders; every sweep tries again.",
            count=counted(rows),
            noun="file",
            since=first[0].version.recalled_at,
            examples=[Link(words=str(rendition.file)) for rendition in first],
        )

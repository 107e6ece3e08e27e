"""Reviews for tests, at every point of their way."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from brandkit.accounts.models import Brand, Role, User
from brandkit.common.models import history
from generation.models import Output
from generation.signals import output_ready
from review.deciding import decide
from review.models import AssetVersion, Decision, Review
from review.publishing.actions import publish
from tests.conftest import stored_files
from tests.factories import make_generation, make_output, make_user


def make_review(
    brand: Brand, *, by: User | None = None, output: dict[str, Any] | None = None, **fields: Any
) -> Review:
    """A finished picture (1024 x 1024, for a format of 256 x 256) that waits for its verdict."""
    ready = make_output(make_generation(brand, by=by, **fields), **(output or {}))
    output_ready.send(sender=Output, output=ready)
    return Review.objects.for_desk().get(output=ready)


def make_published(brand: Brand, *, by: User | None = None, **fields: Any) -> AssetVersion:
    """A picture that `by` (a new reviewer) approved, with its address."""
    review = make_review(brand, **fields)
    approve(review, by or make_user(brand, Role.REVIEWER))
    return AssetVersion.objects.select_related("asset").get(review=review)


def approve(review: Review, by: User) -> None:
    """Approved, and published as a worker does when it can no longer be undone."""
    decide(review=review, by=by, verdict="approved")
    too_late(review)
    publish(review=review, by=by)


def run_out(review: Review) -> None:
    """Whoever holds it has left."""
    Review.objects.filter(pk=review.pk).update(claimed_until=timezone.now() - timedelta(seconds=1))


def too_late(review: Review) -> None:
    """The ten seconds in which its last verdict can be undone are over."""
    late = timezone.now() - timedelta(seconds=1)
    Decision.objects.filter(review=review, undo_until__isnull=False).update(undo_until=late)
    Review.objects.filter(pk=review.pk, retry_at__isnull=False).update(retry_at=late)


def kinds(review: Review) -> list[str]:
    """What happened to it, in order."""
    return [event.kind.removeprefix("review.") for event in history(review)]


def public_files() -> list[str]:
    """What strangers could be shown."""
    return [name for name in stored_files() if name.startswith("public/")]

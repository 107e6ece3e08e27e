"""Reviews for tests, at every point of their way."""

from typing import Any

from brandkit.accounts.models import Brand, Role, User
from generation.models import Output
from generation.signals import output_ready
from review.deciding import decide
from review.models import AssetVersion, Review
from review.publishing.actions import publish
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
    publish(review=review, by=by)

"""What waits for a verdict: whose turn it is, in which order."""

from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, may
from brandkit.common.errors import Conflict
from review.claiming import claim
from review.models import Review, ReviewQuerySet


def queue(brand: Brand, user: User) -> ReviewQuerySet:
    """What waits for a verdict that `user` may give, oldest first, with what others look at just now."""
    if not may(user, Act.REVIEW, brand):
        return Review.objects.none()
    rows = Review.objects.undecided().filter(brand=brand)
    if brand.approvals > 1:
        rows = rows.exclude(first_approval_by=user)
    return rows if brand.allow_self_review else rows.not_asked_for_by(user)


def next_for(*, brand: Brand, user: User, after: int = 0) -> Review | None:
    """What `user` looks at already, or the oldest that nobody looks at.

    after: number of a review that was skipped; the one behind it comes, and the oldest again at the end.
    """
    now = timezone.now()
    waiting = queue(brand, user)
    mine = waiting.filter(claimed_by=user, claimed_until__gt=now, state=Review.State.CLAIMED)
    free = waiting.free(now)
    return mine.first() or free.filter(pk__gt=after).first() or free.first()


def take_next(*, brand: Brand, user: User, after: int = 0) -> Review | None:
    """The next one, claimed: whoever is faster gets it, the other gets the one after."""
    while review := next_for(brand=brand, user=user, after=after):
        try:
            claim(review=review, by=user)
        except Conflict:
            continue
        return review
    return None

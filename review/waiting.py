"""What waits for a verdict: whose turn it is, in which order."""

from django.db.models import QuerySet
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, may
from brandkit.common.errors import Conflict
from review.choices import choices
from review.claiming import claim
from review.lanes import Line, lanes
from review.models import Review, ReviewQuerySet
from review.wanted import ALL, Wanted, overdue_before

__all__ = [
    "COUNTED",
    "ahead",
    "choices",
    "counted",
    "in_order",
    "next_for",
    "overdue_before",
    "queue",
    "strip",
    "take_next",
]

COUNTED = 100
"""No more than so many of the waiting pictures are counted."""


def queue(brand: Brand, user: User, wanted: Wanted = ALL) -> ReviewQuerySet:
    """What waits for a verdict that `user` may give, with what others look at just now.

    Oldest first, whatever order is wanted: lists and counts need no other. `in_order` has it.
    """
    if not may(user, Act.REVIEW, brand):
        return Review.objects.none()
    rows = Review.objects.undecided().filter(brand=brand)
    if brand.approvals > 1:
        rows = rows.exclude(first_approval_by=user)
    if not brand.allow_self_review:
        rows = rows.not_asked_for_by(user)
    return wanted.of_queue(brand, rows)


def counted(reviews: QuerySet[Review]) -> int:
    """How many these are, COUNTED where there are more."""
    return reviews.values("pk")[:COUNTED].count()


def in_order(*, brand: Brand, user: User, wanted: Wanted = ALL, after: int = 0, count: int) -> list[Review]:
    """The next `count` of the queue behind the review of that number, held or not, with what a tile shows.

    What comes back to `user` after changes is first, then what is overdue, then the rest in the order wanted,
    and last what comes back to others.
    """
    return _line(brand, user, wanted, queue(brand, user, wanted)).behind(after, count)


def strip(
    brand: Brand, user: User, wanted: Wanted = ALL, *, around: int = 0, count: int = 12
) -> list[Review]:
    """The review of that number, if it waits, and what comes behind it in the queue: `count` in all."""
    waiting = queue(brand, user, wanted)
    line = _line(brand, user, wanted, waiting)
    itself = list(line.rows.filter(pk=around)) if around else []
    return itself + line.behind(around, count - len(itself))


def ahead(*, brand: Brand, user: User, after: int = 0, wanted: Wanted = ALL, count: int = 3) -> list[Review]:
    """What `user` gets next, without the review numbered `after`: what they hold already, then what is free.

    Behind `after`, and from the start again at the end; what has come since and goes before is not missed.
    """
    now = timezone.now()
    waiting = queue(brand, user, wanted)
    line = _line(brand, user, wanted, waiting.free(now))
    held = Review.objects.filter(
        brand=brand, claimed_by=user, state=Review.State.CLAIMED, claimed_until__gt=now
    )
    mine = waiting.filter(pk__in=list(held.order_by().values_list("pk", flat=True)))
    found = {review.pk: review for review in _shown(mine.exclude(pk=after))[:count]}
    found |= {review.pk: review for review in line.behind(after, count, again=True)}
    if after and len(found) < count:
        found |= {review.pk: review for review in line.behind(0, 2 * count + 1) if review.pk != after}
    return list(found.values())[:count]


def next_for(*, brand: Brand, user: User, after: int = 0, wanted: Wanted = ALL) -> Review | None:
    """What `user` looks at already, or the first that nobody looks at.

    after: number of a review that was skipped; the one behind it comes, and the first again at the end.
    """
    found = ahead(brand=brand, user=user, after=after, wanted=wanted, count=1)
    return found[0] if found else None


def take_next(*, brand: Brand, user: User, after: int = 0, wanted: Wanted = ALL) -> Review | None:
    """The next one, claimed: whoever is faster gets it, the other gets the one after."""
    while review := next_for(brand=brand, user=user, after=after, wanted=wanted):
        try:
            claim(review=review, by=user)
        except Conflict:
            continue
        return review
    return None


def _line(brand: Brand, user: User, wanted: Wanted, rows: ReviewQuerySet) -> Line:
    return Line(brand=brand, rows=_shown(rows), lanes=lanes(brand, user, wanted.order))


def _shown(rows: ReviewQuerySet) -> ReviewQuerySet:
    """With what a small picture of it tells."""
    return rows.select_related("brand", "claimed_by", "subject", "scene", "output")

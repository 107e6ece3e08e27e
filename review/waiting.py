"""What waits for a verdict: whose turn it is, in which order."""

from dataclasses import replace

from django.db.models import QuerySet
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, may
from brandkit.common.errors import Conflict
from review.choices import choices
from review.claiming import claim
from review.lanes import Line, lanes
from review.models import Review, ReviewQuerySet
from review.parts import Part, overdue_before
from review.wanted import AGE, ALL, FLAGGED, Wanted

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
    part = _part(brand, user, wanted)
    return _judged_by(user, brand, part.rows()) if part else Review.objects.none()


def counted(reviews: QuerySet[Review]) -> int:
    """How many these are, COUNTED where there are more."""
    return reviews.values("pk")[:COUNTED].count()


def in_order(*, brand: Brand, user: User, wanted: Wanted = ALL, after: int = 0, count: int) -> list[Review]:
    """The next `count` of the queue behind the review of that number, held or not, with what a tile shows.

    What comes back to `user` after changes is first, then what is overdue, then the rest in the order wanted,
    and last what comes back to others.
    """
    line = _line(brand, user, wanted)
    return line.behind(after, count) if line else []


def strip(
    brand: Brand, user: User, wanted: Wanted = ALL, *, around: int = 0, count: int = 12
) -> list[Review]:
    """The review of that number, if it waits, and what comes behind it in the queue: `count` in all."""
    line = _line(brand, user, wanted)
    if line is None:
        return []
    here = line.fit(line.part.only([around]).rows())
    itself = [review for review in here if review.brand_id == brand.pk]
    return itself + line.behind(around, count - len(itself))


def ahead(*, brand: Brand, user: User, after: int = 0, wanted: Wanted = ALL, count: int = 3) -> list[Review]:
    """What `user` gets next, without the review numbered `after`: what they hold already, then what is free.

    Behind `after`, and from the start again at the end; what has come since and goes before is not missed.
    """
    now = timezone.now()
    line = _line(brand, user, wanted)
    if line is None:
        return []
    held = Review.objects.filter(claimed_by=user, state=Review.State.CLAIMED, claimed_until__gt=now)
    mine = line.part.only(set(held.order_by().values_list("pk", flat=True)) - {after})
    found = {review.pk: review for review in line.fit(mine.rows()) if review.brand_id == brand.pk}
    free = replace(line, fit=lambda rows: line.fit(rows.free(now)))
    found |= {review.pk: review for review in free.behind(after, count, again=True)}
    if after and len(found) < count:
        found |= {review.pk: review for review in free.behind(0, 2 * count + 1) if review.pk != after}
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


def _part(brand: Brand, user: User, wanted: Wanted) -> Part | None:
    """What of the brand's queue is wanted; None for those who give no verdicts on it."""
    own = wanted.asked_by == user.get_username() and not brand.allow_self_review
    return None if own or not may(user, Act.REVIEW, brand) else wanted.part_of(brand)


def _line(brand: Brand, user: User, wanted: Wanted) -> Line | None:
    """The same in its order."""
    part = _part(brand, user, wanted)
    if part is None:
        return None

    def fit(rows: ReviewQuerySet) -> ReviewQuerySet:
        return _judged_by(user, brand, rows).select_related(
            "brand", "claimed_by", "subject", "scene", "output"
        )

    # Where all are flagged, the lane of those that are not would be searched from end to end.
    order = AGE if wanted.flagged and wanted.order == FLAGGED else wanted.order
    return Line(part=part, lanes=lanes(brand, user, order), fit=fit)


def _judged_by(user: User, brand: Brand, rows: ReviewQuerySet) -> ReviewQuerySet:
    """Those of `rows` that a reviewer of the brand may decide on."""
    if brand.approvals > 1:
        rows = rows.exclude(first_approval_by=user)
    return rows if brand.allow_self_review else rows.not_asked_for_by(user)

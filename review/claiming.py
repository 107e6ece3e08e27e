"""Who looks at which picture just now."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, require
from brandkit.common.errors import Conflict, NotAllowed, NotFound
from review.models import Review

CLAIM = timedelta(minutes=5)
NOBODY = {"claimed_by": None, "claimed_at": None, "claimed_until": None}
OWN = "You asked for this picture yourself, so somebody else decides on it."
OF_CLAIM = ["state", "first_approval_by", *NOBODY]


class Lost(Conflict):
    """Somebody else was faster, and `who_was_faster` tells who."""


def claim(*, review: Review, by: User) -> None:
    """Take a review for the next five minutes, or hold on to it for five more.

    `review` is brought up to date.
    Raises NotAllowed to those who may not decide on it, Conflict with who was faster.
    """
    require_judge(review, by)
    now = timezone.now()
    held = Review.objects.filter(pk=review.pk, state=Review.State.CLAIMED, claimed_by=by)
    mine = held.update(claimed_until=now + CLAIM)
    review.refresh_from_db(fields=OF_CLAIM)
    if mine:
        return
    require_open(review, by)
    same: dict[str, object] = {"first_approval_by": review.first_approval_by_id}
    if review.state == Review.State.CLAIMED:
        same["claimed_until__lt"] = now
    try:
        take(review, by, same)
    except Conflict as error:
        raise who_was_faster(review, by) from error


def release(*, review: Review, by: User) -> None:
    """Put a review back for others. Raises Conflict where `by` does not hold it."""
    require_judge(review, by)
    try:
        review.move(Review.State.WAITING, actor=by, only_if={"claimed_by": by}, **NOBODY)
    except Conflict as error:
        raise who_was_faster(review, by) from error


def take_over(*, review: Review, by: User) -> None:
    """An owner takes a review from whoever looks at it.

    Raises NotAllowed, and Conflict where it is not held by the one who is named in `review` any more.
    """
    require(by, Act.MANAGE, review.brand)
    require_open(review, by)
    if not review.is_held or review.claimed_by == by:
        claim(review=review, by=by)
        return
    try:
        take(review, by, {"claimed_by": review.claimed_by}, taken_from=review.claimed_by_id)
    except Conflict as error:
        raise who_was_faster(review, by) from error


def lock(review: Review) -> None:
    """Nobody else changes it until the transaction ends. `review` is brought up to date."""
    row = Review.objects.select_for_update(no_key=True)
    review.refresh_from_db(fields=[*OF_CLAIM, "retry_at"], from_queryset=row)


def lock_all(brand: Brand, numbers: Collection[int]) -> list[Review]:
    """The same for many of a brand, in the order of their numbers, with all that a verdict needs of them.

    Raises NotFound where one is not the brand's.
    """
    rows = Review.objects.for_desk().select_related("asked_again_by").filter(brand=brand, pk__in=numbers)
    locked = list(rows.select_for_update(of=["self"], no_key=True).order_by("pk"))
    if len(locked) != len(numbers):
        raise NotFound
    return locked


def require_judge(review: Review, by: User) -> None:
    """Raises NotAllowed (NotFound to strangers) where `by` may not decide on this one."""
    require(by, Act.REVIEW, review.brand)
    require_open(review, by)


def require_open(review: Review, by: User) -> None:
    """Raises NotAllowed where others have to decide on this one."""
    if words := why_closed(review, by):
        raise NotAllowed(words)


def why_closed(review: Review, by: User) -> str:
    """One sentence why others have to decide on this one; empty where `by` may, if they may at all."""
    if review.is_closed_to(by):
        return OWN
    if review.is_undecided and review.brand.approvals > 1 and review.first_approval_by_id == by.pk:
        return "You have approved this picture; the second approval is somebody else's."
    return ""


def who_was_faster(review: Review, by: User) -> Conflict:
    """A Conflict in words that help."""
    review.refresh_from_db()
    if review.is_held and review.claimed_by not in (None, by):
        until = timezone.localtime(review.claimed_until).strftime("%H:%M")
        return Conflict(f"{review.claimed_by} is looking at this picture, until {until} at most.")
    decision = review.decisions.select_related("decided_by").last()
    if decision and not review.is_undecided:
        who = "You have" if decision.decided_by == by else f"{decision.decided_by} has"
        done = {"changes_requested": "asked for changes to"}.get(decision.verdict, decision.verdict)
        return Conflict(f"{who} {done} this picture already.")
    return Conflict("You no longer hold this picture. Open it again to decide.")


def take(review: Review, by: User, only_if: Mapping[str, object], **data: object) -> None:
    """For five minutes, whoever may. Raises Conflict."""
    review.move(Review.State.CLAIMED, actor=by, only_if=only_if, data=data, **_held(by))


def take_all(reviews: Iterable[Review], by: User) -> None:
    """The same for many that are locked, as far as they are not theirs already."""
    claimed = Review.State.CLAIMED
    others = [review for review in reviews if (review.state, review.claimed_by_id) != (claimed, by.pk)]
    Review.move_all(others, claimed, actor=by, **_held(by))


def _held(by: User) -> dict[str, Any]:
    now = timezone.now()
    return {"claimed_by": by, "claimed_at": now, "claimed_until": now + CLAIM}

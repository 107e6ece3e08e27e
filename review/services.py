"""Judging pictures: who looks at which, and the one verdict that each gets."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from brandkit.accounts.models import Brand, User
from brandkit.accounts.policy import Act, may, require
from brandkit.common.errors import Conflict, Invalid, NotAllowed
from brandkit.common.models import record
from generation.models import Output
from review.models import Decision, Review, ReviewQuerySet
from review.publishing.actions import AGAIN_AFTER, publish_or_note, require_fit

CLAIM = timedelta(minutes=5)
NOTE_LENGTH = 5000
VERDICTS = (Decision.Verdict.APPROVED, Decision.Verdict.REJECTED)


def open_review(sender: type[Output], output: Output, **signal: Any) -> None:
    """Receives `output_ready`, inside the transaction that stores the output."""
    generation = output.generation
    asked = {
        "brand": output.brand,
        "requested_by": generation.requested_by,
        "asked_again_by": generation.asked_again_by,
    }
    review, new = Review.objects.get_or_create(output=output, defaults=asked)
    if new:
        record("review.waiting", review)


def queue(brand: Brand, user: User) -> ReviewQuerySet:
    """What waits for a verdict that `user` may give, oldest first, with what others look at just now."""
    if not may(user, Act.REVIEW, brand):
        return Review.objects.none()
    rows = Review.objects.undecided().filter(brand=brand)
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


def claim(*, review: Review, by: User) -> None:
    """Take a review for the next five minutes, or hold on to it for five more.

    Raises NotAllowed to those who may not decide on it, Conflict with who was faster.
    """
    _require_judge(review, by)
    until = timezone.now() + CLAIM
    held = Review.objects.filter(pk=review.pk, state=Review.State.CLAIMED, claimed_by=by)
    if held.update(claimed_until=until):
        review.refresh_from_db(fields=["state", "claimed_by", "claimed_until"])
        return
    review.refresh_from_db(fields=["state", "claimed_by", "claimed_until"])
    run_out = {"claimed_until__lt": timezone.now()} if review.state == Review.State.CLAIMED else {}
    try:
        review.move(Review.State.CLAIMED, actor=by, only_if=run_out, claimed_by=by, claimed_until=until)
    except Conflict as error:
        raise _who_was_faster(review, by) from error


def release(*, review: Review, by: User) -> None:
    """Put a review back for others. Raises Conflict where `by` does not hold it."""
    _require_judge(review, by)
    try:
        review.move(
            Review.State.WAITING, actor=by, only_if={"claimed_by": by}, claimed_by=None, claimed_until=None
        )
    except Conflict as error:
        raise _who_was_faster(review, by) from error


def decide(*, review: Review, by: User, verdict: str, reason: str = "", note: str = "") -> Decision:
    """Give the verdict, once and for all; an approved picture is published right after.

    Where it can't be published it stays approved, and `review.problem` says why.
    Raises NotAllowed, Invalid (what was said, or a picture that its format can't hold), Conflict with who was
    faster and what they said.
    """
    _require_judge(review, by)
    _require_sense(verdict, reason, note)
    if verdict == Decision.Verdict.APPROVED:
        require_fit(review)
    try:
        with transaction.atomic():
            decision = _decided(review, by, verdict, reason, note)
    except Conflict as error:
        raise _who_was_faster(review, by) from error
    if verdict == Decision.Verdict.APPROVED:
        publish_or_note(review=review, by=by)
    return decision


def _decided(review: Review, by: User, verdict: str, reason: str, note: str) -> Decision:
    claim(review=review, by=by)
    approved = verdict == Decision.Verdict.APPROVED
    review.move(
        verdict,
        actor=by,
        only_if={"claimed_by": by},
        data={"reason": reason, "note": note.strip()},
        claimed_until=None,
        # Should this process end before it is public, the sweep publishes it.
        retry_at=timezone.now() + AGAIN_AFTER if approved else None,
    )
    return Decision.objects.create(
        review=review, verdict=verdict, reason=reason, note=note.strip(), decided_by=by
    )


def _require_judge(review: Review, by: User) -> None:
    require(by, Act.REVIEW, review.brand)
    if review.is_closed_to(by):
        raise NotAllowed("You asked for this picture yourself, so somebody else decides on it.")


def _require_sense(verdict: str, reason: str, note: str) -> None:
    if len(note) > NOTE_LENGTH or "\0" in note:
        raise Invalid(f"A note is plain text of at most {NOTE_LENGTH} characters; this one has {len(note)}.")
    if verdict not in VERDICTS:
        raise Invalid(f"The verdict is one of: {', '.join(VERDICTS)}.")
    if verdict == Decision.Verdict.REJECTED and reason not in Decision.Reason:
        raise Invalid(f"Say why it is rejected, with one of: {', '.join(Decision.Reason.values)}.")
    if verdict == Decision.Verdict.APPROVED and reason:
        raise Invalid("A reason goes with a rejection only; put a remark on an approval into its note.")


def _who_was_faster(review: Review, by: User) -> Conflict:
    """The same Conflict in words that help."""
    review.refresh_from_db()
    decision = review.decisions.select_related("decided_by").last()
    if decision:
        who = "You have" if decision.decided_by == by else f"{decision.decided_by} has"
        return Conflict(f"{who} {decision.get_verdict_display().lower()} this picture already.")
    if review.state == Review.State.CLAIMED and review.claimed_by not in (None, by):
        until = timezone.localtime(review.claimed_until).strftime("%H:%M")
        return Conflict(f"{review.claimed_by} is looking at this picture, until {until} at most.")
    return Conflict("You no longer hold this picture. Open it again to decide.")

"""Telling people what was decided on their pictures: gathered, not one by one."""

from datetime import timedelta

from django.utils import timezone

from brandkit.accounts.models import User
from review.models import Decision, Untold

WAIT = {User.Gathered.SOON: timedelta(minutes=5), User.Gathered.DAILY: timedelta(days=1)}


def remember(decision: Decision) -> None:
    """Whoever asked for the picture is to be told. Call it in the transaction of the verdict."""
    review = decision.review
    user = review.asked_again_by or review.requested_by
    if user is None or user == decision.decided_by or user.verdict_notices not in WAIT:
        return
    due_at = timezone.now() + WAIT[User.Gathered(user.verdict_notices)]
    Untold.objects.create(decision=decision, user=user, brand=review.brand, due_at=due_at)


def forget(decision: Decision) -> None:
    """It was undone."""
    Untold.objects.filter(decision=decision).delete()

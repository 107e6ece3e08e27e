"""Reviews that somebody held and let go of by leaving: back to those that wait."""

from django.utils import timezone

from brandkit.common.errors import Conflict
from review.claiming import NOBODY
from review.models import Review

AT_ONCE = 100


def let_go(sender: object = None, **signal: object) -> None:
    """Receives `swept`, from several workers at once: of each review one of them moves it."""
    now = timezone.now()
    run_out = Review.objects.filter(state=Review.State.CLAIMED, claimed_until__lt=now).order_by("pk")
    for review in run_out[:AT_ONCE]:
        try:
            review.move(
                Review.State.WAITING,
                only_if={"claimed_until__lt": now},
                **NOBODY,
            )
        except Conflict:
            continue  # whoever held it came back, or has decided

"""What every page about one picture needs."""

from typing import Any

from brandkit.accounts.models import Brand
from brandkit.common.errors import NotFound
from review import origin
from review.models import Review


def find(brand: Brand, pk: int) -> Review:
    """Raises NotFound."""
    review = Review.objects.for_desk().filter(brand=brand, pk=pk).first()
    if review is None:
        raise NotFound
    return review


def told(review: Review) -> dict[str, Any]:
    """What every page about one picture tells: what it was made from, and what happened to it."""
    output = review.output
    attempts = list(output.generation.attempts.all())
    return {
        "review": review,
        "output": output,
        "generation": output.generation,
        "inputs": origin.inputs(output.generation),
        "attempts": attempts,
        "cost": sum(attempt.cost for attempt in attempts),
        "trail": origin.trail(review),
        "decision": review.decisions.select_related("decided_by").last(),
    }

"""A review opens on every picture that comes."""

from typing import Any

from brandkit.common.models import record
from generation.models import Generation, Output
from review.models import Decision, Review, Verdict


def open_review(sender: type[Output], output: Output, **signal: Any) -> None:
    """Receives `output_ready`, inside the transaction that stores the output."""
    generation = output.generation
    narrowed = {
        "subject": generation.subject,
        "scene_id": generation.scene_version.scene_id,
        "prompt_version": generation.prompt_version,
        "batch": generation.batch,
        "provider": generation.provider,
        "priority": generation.priority,
        "flagged": bool(output.flags),
    }
    asked = {
        "brand": output.brand,
        "requested_by": generation.requested_by,
        "asked_again_by": generation.asked_again_by,
        "meant_for_id": _who_wanted_changes(generation),
    }
    review, new = Review.objects.get_or_create(output=output, defaults={**asked, **narrowed})
    if new:
        record("review.waiting", review)


def _who_wanted_changes(generation: Generation) -> int | None:
    """Number of the person to whom it comes back, if anybody asked for it instead of another picture."""
    undone = Decision.objects.filter(verdict=Verdict.UNDONE).values("supersedes")
    decision = generation.asked_by_decisions.exclude(pk__in=undone).order_by("id").last()
    return decision.decided_by_id if decision else None

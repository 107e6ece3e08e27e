"""From a finished picture to a published one: judgement, and what the world sees."""

from review.models.assets import Asset, AssetVersion, Rendition
from review.models.decisions import Decision, DecisionReason, Reason, Untold, Verdict
from review.models.desk import DeskKeys
from review.models.pins import Pin
from review.models.reviews import Review, ReviewQuerySet

__all__ = [
    "Asset",
    "AssetVersion",
    "Decision",
    "DecisionReason",
    "DeskKeys",
    "Pin",
    "Reason",
    "Rendition",
    "Review",
    "ReviewQuerySet",
    "Untold",
    "Verdict",
]

"""What pages of other rooms show of a verdict."""

from django import template

from review import telling
from review.models import Decision, Pin, Review

register = template.Library()


@register.filter
def verdict(review: Review) -> Decision | None:
    """The one that counts today; None where there is none."""
    given = review.decisions.select_related("decided_by").prefetch_related("reasons")
    return telling.standing(given).first()


@register.filter
def told_pins(review: Review) -> list[Pin]:
    """Its pins, once there is a verdict that they go with."""
    return [] if review.is_undecided else list(review.pins.select_related("by"))


@register.filter
def percent(share: float) -> str:
    """A share as an SVG takes it: 0.25 is "25.0000%"."""
    return f"{share:.4%}"

"""What the Studio's templates ask about a picture."""

from decimal import Decimal

from django import template

from generation import selectors
from generation.imaging.answer import PREVIEW
from generation.imaging.files import THUMBNAIL, fit
from generation.models import Generation, Output

register = template.Library()


@register.filter
def varies(generation: Generation) -> bool:
    """Whether asking for it again gives another picture."""
    return selectors.varies(generation)


@register.filter
def thumbnail_width(output: Output) -> int:
    """Pixels."""
    return fit((output.width, output.height), THUMBNAIL)[0]


@register.filter
def preview_width(output: Output) -> int:
    """Pixels."""
    return fit((output.width, output.height), PREVIEW)[0]


@register.filter
def price(dollars: Decimal) -> str:
    """An amount as people read it: "free", "$0.134"."""
    return f"${dollars.normalize():f}" if dollars else "free"


@register.filter
def plain(name: str) -> str:
    """A variable's name as a label: "tag_text" is "Tag text"."""
    return name.replace("_", " ").capitalize()


@register.filter
def duration(seconds: float) -> str:
    """As people read it: "0.8 s", "2 min 5 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"

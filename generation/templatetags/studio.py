"""What the Studio's templates ask about a picture."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.template.defaultfilters import filesizeformat

from generation import selectors
from generation.imaging.answer import PREVIEW
from generation.imaging.files import THUMBNAIL, fit
from generation.models import Attempt, Generation, Output
from templates_app.models import PromptVersion

register = template.Library()


@register.filter
def varies(generation: Generation) -> bool:
    """Whether asking for it again gives another picture."""
    return selectors.varies(generation)


@register.filter
def maker(generation: Generation) -> str:
    """Who makes it, by name, where there are several to choose from; else empty."""
    return selectors.maker(generation)


@register.filter
def price_again(generation: Generation) -> Decimal | None:
    """About what one more call for it costs; None where nobody charges, or nobody knows."""
    return selectors.price_again(generation)


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
def about(dollars: Decimal | None) -> str:
    """An estimate as people read it: "free", "about $0.14", "no price set". studio.js says it alike."""
    if dollars is None:
        return "no price set"
    if not dollars:
        return "free"
    return f"about ${dollars:.2f}" if dollars >= Decimal("0.01") else f"about ${dollars:.2g}"


@register.simple_tag(takes_context=True)
def word(context: Mapping[str, Any], prompt: PromptVersion, name: str, usual: Any) -> Any:
    """A variable's value as the form held it; else its usual one."""
    held = context.get("given") or {}
    return held.get(f"var-{prompt.pk}-{name}", "" if usual is None else usual)


@register.filter
def plain(name: str) -> str:
    """A variable's name as a label: "tag_text" is "Tag text"."""
    return name.replace("_", " ").capitalize()


@register.filter
def duration(seconds: float) -> str:
    """As people read it: "0.8 s", "2 min 5 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


@register.filter
def outcome(attempt: Attempt) -> str:
    """What came of a call; where nobody knows, what that means."""
    if attempt.outcome != Attempt.Outcome.UNKNOWN:
        return attempt.get_outcome_display()
    work = attempt.work
    if work.state == work.State.RUNNING and attempt.number == work.attempts.count():
        return "Waiting for the answer"
    return "No answer came; it counts as spent" if attempt.cost else "No answer came"


@register.filter
def facts(attempt: Attempt) -> list[tuple[str, list[str]]]:
    """What is kept of a call, as label and lines; what nobody knows is left out."""
    received = filesizeformat(attempt.bytes_received) if attempt.bytes_received else ""
    rows = [
        ("Step", [attempt.step]),
        ("Code", [attempt.code]),
        ("HTTP status", [str(attempt.http_status or "")]),
        ("Provider's code", [attempt.vendor_code]),
        ("Provider's words", [attempt.vendor_words]),
        ("Sent", [_sent(picture) for picture in attempt.sent]),
        ("Parameters", [_data(attempt.parameters)]),
        ("Job", [attempt.job]),
        ("Received", [received]),
        ("Model version", [attempt.model_version]),
        ("Response", [attempt.response_id]),
        ("Usage", [_data(attempt.usage)]),
    ]
    return [(label, lines) for label, lines in rows if any(lines)]


def _sent(picture: Mapping[str, Any]) -> str:
    pixels, size = f"{picture['width']} × {picture['height']}", filesizeformat(picture["bytes"])
    return f"{picture['role']}: {picture['media_type']}, {pixels}, {size}, sha256 {picture['sha256'][:16]}"


def _data(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False) if value else ""

"""How batches are told: counts, times and states as people read them."""

from dataclasses import dataclass, replace

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from brandkit.common.errors import Invalid
from brandkit.web.templatetags.web import STATES, icon
from generation.models import Batch, BatchProgress, Generation
from generation.provider import get_provider

register = template.Library()

# state: (icon, tone, words)
BATCH_STATES: dict[str, tuple[str, str, str]] = {
    Batch.State.DRAFT: ("pen", "calm", "Not started"),
    Batch.State.FILLING: ("work", "busy", "Getting ready"),
    Batch.State.RUNNING: ("work", "busy", "Under way"),
    Batch.State.ENDED: ("check", "good", "Ended"),
    Batch.State.CANCELLED: ("minus", "calm", "Cancelled"),
}

MINUTE, HOUR, DAY = 60, 3600, 86400


@register.filter
def number(count: int) -> str:
    """With its thousands apart: "12,400"."""
    return f"{count:,}"


@register.filter
def about_time(seconds: float) -> str:
    """How long something takes, as exactly as it matters: "40 s", "5 min", "2 h 10 min", "3 days"."""
    if seconds < MINUTE:
        return f"{max(round(seconds), 1)} s"
    if seconds < HOUR:
        return f"{round(seconds / MINUTE)} min"
    if seconds < 2 * DAY:
        hours, minutes = divmod(round(seconds / MINUTE), 60)
        return f"{hours} h {minutes} min" if minutes and hours < 10 else f"{round(seconds / HOUR)} h"
    return f"{round(seconds / DAY)} days"


@register.filter
def places(count: int) -> range:
    """So many things to draw."""
    return range(count)


@register.filter
def pace(rate: float) -> str:
    """Pictures a minute as people read it: "24 a minute", "40 an hour"."""
    if rate >= 1:
        return f"{rate:.0f} a minute"
    return f"{60 * rate:.0f} an hour" if 60 * rate >= 1 else "less than one an hour"


@register.filter
def took(batch: Batch) -> float:
    """Seconds from its start to its end."""
    if not (batch.started_at and batch.ended_at):
        return 0
    return (batch.ended_at - batch.started_at).total_seconds()


@register.filter
def provider_name(alias: str) -> str:
    """How people call it; its alias where it is no longer set up."""
    try:
        return get_provider(alias).name
    except Invalid:
        return alias


@register.filter
def stands_as(batch: Batch) -> str:
    """How it stands, in a word."""
    return _looks(batch)[2]


@register.simple_tag
def batch_chip(batch: Batch) -> SafeString:
    """How it stands, as icon and word."""
    image, tone, words = _looks(batch)
    return format_html('<span class="chip chip-{}">{}{}</span>', tone, icon(image), words)


def _looks(batch: Batch) -> tuple[str, str, str]:
    if batch.paused_at and batch.is_under_way:
        return "pause", "warn", "Paused"
    return BATCH_STATES[batch.state]


@dataclass(frozen=True, kw_only=True)
class Part:
    """Pictures of a batch in one state. start, width: of its piece of the bar, in percent."""

    state: str
    words: str
    icon: str
    count: int
    start: float = 0
    width: float = 0


@register.filter
def tally(progress: BatchProgress) -> list[Part]:
    """The pictures by state, where there are any."""
    found = [
        Part(state=state, words=words, icon=STATES[state][0], count=max(getattr(progress, state), 0))
        for state, words in Generation.State.choices
    ]
    return [part for part in found if part.count]


@register.filter
def parts(progress: BatchProgress) -> list[Part]:
    """The same as pieces of a bar, what is done first; what waits is its ground."""
    order = ["succeeded", "refused", "failed", "cancelled", "running"]
    found = {part.state: part for part in tally(progress)}
    whole = max(progress.wanted, sum(part.count for part in found.values()), 1)
    pieces, start = [], 0.0
    for state in order:
        if part := found.get(state):
            width = 100 * part.count / whole
            pieces.append(replace(part, start=round(start, 3), width=round(width, 3)))
            start += width
    return pieces


@register.filter
def told(progress: BatchProgress) -> str:
    """How far it is, in a sentence."""
    if not progress.wanted:
        return "No picture is asked for."
    done = f"{progress.succeeded:,} of {progress.wanted:,} picture{'' if progress.wanted == 1 else 's'} done"
    without = progress.refused + progress.failed
    more = [f"{without:,} without a picture"] if without else []
    more += [f"{progress.cancelled:,} cancelled"] if progress.cancelled > 0 else []
    never = progress.left - progress.queued - progress.running
    if progress.batch.state == Batch.State.CANCELLED and never > 0:
        more += [f"{never:,} never asked for"]
    elif progress.left:
        more += [f"{progress.left:,} to go"]
    return ", ".join([done, *more]) + "."

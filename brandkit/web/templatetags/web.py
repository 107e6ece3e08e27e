"""Icons, and states told by icon and word."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

# state: (icon, tone). A state is never told by its colour alone.
STATES = {
    "queued": ("clock", "calm"),
    "running": ("work", "busy"),
    "succeeded": ("check", "good"),
    "refused": ("hand", "bad"),
    "failed": ("alert", "bad"),
    "cancelled": ("minus", "calm"),
    "waiting": ("clock", "calm"),
    "claimed": ("eye", "busy"),
    "approved": ("check", "good"),
    "rejected": ("cross", "bad"),
    "changes_requested": ("pen", "warn"),
    "published": ("globe", "good"),
    "recalled": ("undo", "warn"),
    "draft": ("pen", "calm"),
    "retired": ("archive", "calm"),
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of `icons.svg`, as decoration: the words beside it say what it means."""
    return format_html(
        '<svg class="icon icon-{}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        name,
        static("web/icons.svg"),
        name,
    )


@register.simple_tag
def chip(state: str, words: str) -> SafeString:
    """A state as icon and word; `words` is what the row's own `get_state_display` says."""
    name, tone = STATES.get(state, ("minus", "calm"))
    return format_html('<span class="chip chip-{}">{}{}</span>', tone, icon(name), words)

"""What the templates ask about the further photos of a subject."""

from django import template
from django.utils.text import get_text_list

from generation.models import Reference, Subject
from generation.provider import get_providers

register = template.Library()


@register.simple_tag
def further(subject: Subject, gone: Reference | str) -> list[Reference]:
    """Its further photos; with them the one that has just been taken away, in its place."""
    also = gone.pk if isinstance(gone, Reference) else None
    return [each for each in subject.references.all() if each.removed_at is None or each.pk == also]


@register.simple_tag
def takers() -> str:
    """Names of the providers that are sent further photos, such as "Gemini and OpenAI"."""
    names = dict.fromkeys(provider.name for provider in get_providers() if provider.takes_references)
    return get_text_list(list(names), "and")


@register.simple_tag
def kinds() -> list[tuple[str, str]]:
    """What a further photo can show: its value, and how people call it."""
    return Reference.Shows.choices

"""The sheet that tells what each key does."""

from typing import Any

from django import template

from brandkit.accounts.models import User
from review import keys

register = template.Library()


@register.simple_tag
def keys_of(user: User) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Each group of actions with its (action, words, key)."""
    return keys.help_for(user)


@register.simple_tag
def fixed_keys() -> Any:
    """Each place with its (key, words): keys that nobody can change."""
    return keys.FIXED.items()

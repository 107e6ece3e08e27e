"""Figures from outside, fit for a row: what a vendor tells of usage is kept, and never believed."""

from collections.abc import Callable
from math import isfinite
from typing import Any

DEPTH = 4
MOST = 50
"""Entries of each object and list."""


def plain(value: object, clean: Callable[[str], str], depth: int = DEPTH) -> Any:
    """`value` as far as it is numbers and short words, in objects and lists at most four deep; else None.

    clean: strikes keys and pictures out of words.
    """
    if isinstance(value, dict) and depth:
        entries = list(value.items())[:MOST]
        return {clean(str(name))[:60]: plain(item, clean, depth - 1) for name, item in entries}
    if isinstance(value, list) and depth:
        return [plain(item, clean, depth - 1) for item in value[:MOST]]
    if isinstance(value, str):
        return clean(value)[:100]
    return value if isinstance(value, int) or (isinstance(value, float) and isfinite(value)) else None

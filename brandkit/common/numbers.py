"""Numbers that come as text in addresses and forms, where anybody may write anything."""

import re
from collections.abc import Iterable

BIGGEST = 2**63 - 1
"""The last number that a row can have."""


def row_number(text: str) -> int | None:
    """The row's number that `text` writes in ASCII digits; None for what can't be one."""
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None


def row_numbers(texts: Iterable[str]) -> list[int]:
    """Those of them that can be a row's number."""
    return [pk for pk in map(row_number, texts) if pk is not None]

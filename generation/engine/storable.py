"""Facts from outside in a form that every database takes: no picture is lost over one character."""

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any


def storable(value: Any, longest: int | None = None) -> Any:
    """Without zero characters, broken halves of characters and endless numbers; text of at most `longest`."""
    match value:
        case str():
            return value.replace("\0", "").encode(errors="replace").decode()[:longest]
        case Mapping():
            return {storable(str(name)): storable(each) for name, each in value.items()}
        case list() | tuple():
            return [storable(each) for each in value]
        case float() if not isfinite(value):
            return str(value)
        case bool() | int() | float() | Decimal() | None:
            return value
        case _:
            return storable(str(value))

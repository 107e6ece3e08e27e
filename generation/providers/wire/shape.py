"""Answers from outside have any shape: what stands there, or an empty one of what should."""

from collections.abc import Mapping
from typing import Any


def object_of(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def text_of(value: object) -> str:
    return value if isinstance(value, str) else ""

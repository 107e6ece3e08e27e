"""What is logged, as one of our formats writes it."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any


class Ear:
    """Holds the lines."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self._stream = StringIO()
        self.handler = logging.StreamHandler(self._stream)
        self.handler.setFormatter(formatter)

    @property
    def lines(self) -> list[str]:
        return self._stream.getvalue().splitlines()

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    def of(self, name: str) -> list[dict[str, Any]]:
        """Those of one logger."""
        return [each for each in self.objects if each["logger"] == name]


@contextmanager
def heard(formatter: logging.Formatter) -> Iterator[Ear]:
    """All that is logged within the block, from INFO on."""
    ear, root = Ear(formatter), logging.getLogger()
    level = root.level
    root.addHandler(ear.handler)
    root.setLevel(logging.INFO)
    try:
        yield ear
    finally:
        root.removeHandler(ear.handler)
        root.setLevel(level)

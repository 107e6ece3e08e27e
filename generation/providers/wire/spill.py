"""Reads JSON answers with pictures in them: long base64 goes into a file as it comes, never into memory."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO

LONG = 8 * 1024
"""Bytes of a JSON string; a longer one is taken for base64 first."""


class Spilled:
    """The bytes that a base64 string of an answer stands for, in a file without a name.

    size: so many bytes. error: why it is no base64, else empty; then there are no bytes.
    """

    def __init__(self, file: BinaryIO | None, *, size: int, error: str = "") -> None:
        self._file = file
        self.size = size
        self.error = error

    def __repr__(self) -> str:
        return f"Spilled(size={self.size}, error={self.error!r})"

    def head(self, count: int) -> bytes:
        """The first bytes, such as `imaging.sniff` wants."""
        raise NotImplementedError

    def copy_to(self, sink: BinaryIO) -> int:
        """Write all bytes to `sink`; returns how many."""
        raise NotImplementedError

    def close(self) -> None:
        """Give the file back."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """document: None where it is no JSON; then text holds the first 4,000 characters."""

    document: Any
    text: str
    spilled: tuple[Spilled, ...] = ()


def read_json(chunks: Iterable[bytes]) -> Parsed:
    """Parse an answer as it comes. Raises Fault: cut_off, too_large."""
    raise NotImplementedError


def spilled(value: object) -> Spilled:
    """What a leaf of a document holds, be it long (`Spilled` already) or a short string of base64.

    With `error` set where it is neither; never raises.
    """
    raise NotImplementedError

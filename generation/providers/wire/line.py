"""One vendor's host: asks once, waits no longer than told, and hands back the answer. No retries, no redirects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from generation.providers.wire.body import Body
from generation.providers.wire.spill import Spilled

MOST_BYTES = 200 * 10**6
"""Bytes of an answer."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer, whatever its status. Use it as a context manager: closing it frees the pictures.

    headers: names in lower case. document: the parsed JSON (long base64 as `Spilled`; read such leaves with
    `spill.spilled`); None where it is no JSON: then text holds the first 4,000 characters.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    document: Any = None
    text: str = ""
    bytes_received: int = 0
    pictures: tuple[Spilled, ...] = field(default=(), repr=False)

    def close(self) -> None:
        for picture in self.pictures:
            picture.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Line:
    """One vendor's host. base: http or https, no query. headers: go with every request, keys among them.

    Raises ValueError for a base that is no such address.
    """

    def __init__(self, *, base: str, headers: Mapping[str, str]) -> None:
        self.base = base.rstrip("/")
        self._headers = dict(headers)

    def __repr__(self) -> str:
        return f"Line({self.base!r})"

    def post(self, path: str, *, body: Body, seconds: float, most_bytes: int = MOST_BYTES) -> Reply:
        """Send `body` to base + path. seconds: for all of it, from the first byte sent to the last one read.

        Raises Fault. An answer of any status is a Reply.
        """
        raise NotImplementedError

    def get(self, path: str, *, seconds: float, most_bytes: int = MOST_BYTES) -> Reply:
        """As `post`, without a body; it costs nothing."""
        raise NotImplementedError

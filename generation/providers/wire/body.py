"""Bodies of requests that carry pictures, sent piece by piece: no picture is ever held a second time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Base64:
    """A leaf of a JSON document: these bytes, as a string in base64 (standard alphabet, padded)."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class FormFile:
    """One file of a form. name: of its field; several may have the same."""

    name: str
    filename: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Body:
    """What is sent, of known length; it can be walked through again and again."""

    media_type: str
    length: int
    chunks: Callable[[], Iterator[bytes]] = field(repr=False)

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[bytes]:
        return self.chunks()


def json_body(document: Mapping[str, Any]) -> Body:
    """The document as JSON; a `Base64` may stand wherever a string may."""
    raise NotImplementedError


def form_body(fields: Sequence[tuple[str, str]], files: Sequence[FormFile]) -> Body:
    """The fields and then the files as multipart/form-data, in the order given."""
    raise NotImplementedError

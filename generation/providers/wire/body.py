"""Bodies of requests that carry pictures, sent piece by piece: no picture is ever held a second time."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import pybase64
from urllib3.fields import RequestField

PIECE = 3 * 2**16
"""Bytes that are encoded at once; three of them make four characters."""


@dataclass(frozen=True)
class Base64:
    """A leaf of a JSON document: these bytes, as a string in base64 (standard alphabet, padded)."""

    data: bytes = field(repr=False)

    def __len__(self) -> int:
        """Characters of it."""
        return (len(self.data) + 2) // 3 * 4

    def __iter__(self) -> Iterator[bytes]:
        data = memoryview(self.data)
        return (pybase64.b64encode(data[at : at + PIECE]) for at in range(0, len(data), PIECE))


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
    leaves: list[Base64] = []
    mark = token_hex(16)

    def leave_out(leaf: object) -> str:
        if not isinstance(leaf, Base64):
            raise TypeError(f"{type(leaf).__name__} has no place in JSON.")
        leaves.append(leaf)
        return mark

    text = json.dumps(document, default=leave_out, separators=(",", ":"), allow_nan=False)
    first, *others = (part.encode() for part in text.split(mark))
    parts: list[bytes | Base64] = [first]
    for leaf, part in zip(leaves, others, strict=True):
        parts += [leaf, part]
    return _body("application/json", parts)


def form_body(fields: Sequence[tuple[str, str]], files: Sequence[FormFile]) -> Body:
    """The fields and then the files as multipart/form-data, in the order given."""
    boundary = token_hex(16)
    parts: list[bytes | Base64] = []
    for name, value in fields:
        parts += [_form_head(boundary, RequestField(name, b"")), value.encode(), b"\r\n"]
    for file in files:
        head = RequestField(file.name, b"", filename=file.filename)
        parts += [_form_head(boundary, head, file.media_type), file.data, b"\r\n"]
    parts.append(f"--{boundary}--\r\n".encode())
    return _body(f"multipart/form-data; boundary={boundary}", parts)


def _form_head(boundary: str, form_field: RequestField, media_type: str | None = None) -> bytes:
    form_field.make_multipart(content_type=media_type)
    return f"--{boundary}\r\n{form_field.render_headers()}".encode()


def _body(media_type: str, parts: Sequence[bytes | Base64]) -> Body:
    return Body(media_type=media_type, length=sum(map(len, parts)), chunks=lambda: _pieces(parts))


def _pieces(parts: Sequence[bytes | Base64]) -> Iterator[bytes]:
    for part in parts:
        if isinstance(part, Base64):
            yield from part
        else:
            yield part

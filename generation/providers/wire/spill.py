"""Reads JSON answers with pictures in them: long base64 goes into a file as it comes, never into memory.

A 20 MB answer costs the standard parser 3.5 times its size in memory (measured); here about nothing.
"""

import json
import math
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from secrets import token_hex
from typing import IO, Any, BinaryIO

from generation.providers.wire.decode64 import Decoder
from generation.providers.wire.fault import Fault

LONG = 8 * 1024
"""Bytes of a JSON string; a longer one is taken for base64 first."""

SURE = 2**20
"""Bytes of a string that is longer, and no base64, that is still handed back as a str."""

MOST_WORDS = 16 * 2**20
"""Bytes of an answer beside its long base64: they are held in memory."""

MOST_PICTURES = 64
"""Long strings in one answer: each holds a file open."""

TEXT = 4_000
"""Characters kept of what is no JSON."""


class Spilled:
    """The bytes that a base64 string of an answer stands for, in a file without a name.

    size: so many bytes. error: why it is no base64, else empty; then there are no bytes.
    """

    def __init__(self, file: IO[bytes] | None = None, *, size: int = 0, error: str = "") -> None:
        self._file = file
        self.size = size
        self.error = error

    def __repr__(self) -> str:
        return f"Spilled(size={self.size}, error={self.error!r})"

    def copy_to(self, sink: BinaryIO) -> int:
        """Write all bytes to `sink`; returns how many."""
        if self._file is not None:
            self._file.seek(0)
            shutil.copyfileobj(self._file, sink, 2**18)
        return self.size

    def close(self) -> None:
        """Give the file back."""
        if self._file is not None:
            self._file.close()


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """document: None where it is no whole JSON; then text holds the first 4,000 characters.

    cut: it is the beginning of a JSON document. pictures: all that `document` holds, to be closed.
    """

    document: Any = None
    text: str = ""
    cut: bool = False
    pictures: tuple[Spilled, ...] = ()


def read_json(chunks: Iterable[bytes]) -> Parsed:
    """Parse an answer as it comes. Raises Fault, too_large, and whatever `chunks` raises."""
    reader = _Reader()
    try:
        for chunk in chunks:
            reader.feed(chunk)
        return reader.end()
    except BaseException:
        reader.close()
        raise


def spilled(value: object) -> Spilled:
    """What a leaf of a document holds, be it long (`Spilled` already) or a short string of base64.

    With `error` set where it is neither; never raises.
    """
    if isinstance(value, Spilled):
        return value
    if not isinstance(value, str):
        return Spilled(error="it is no string")
    picture = _Picture(BytesIO())
    picture.feed(value.encode("utf-8", "replace"))
    return picture.end()


class _Picture:
    """Base64, decoded into a file as it comes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = Decoder()
        self._size = 0
        self.error = ""

    def feed(self, piece: bytes) -> None:
        if self.error:
            return
        try:
            self._size += self._file.write(self._decoder.feed(piece))
        except ValueError as error:
            self._fail(error)

    def end(self) -> Spilled:
        try:
            self._size += 0 if self.error else self._file.write(self._decoder.end())
        except ValueError as error:
            self._fail(error)
        return Spilled(error=self.error) if self.error else Spilled(self._file, size=self._size)

    def close(self) -> None:
        self._file.close()

    def _fail(self, error: ValueError) -> None:
        self.error = f"it is no base64: {error}"
        self._file.close()


class _String:
    """The inside of a JSON string as it comes, escapes and all."""

    def __init__(self) -> None:
        self.raw: bytearray | None = bytearray()  # None once it is too long to be anything but a picture
        self.picture: _Picture | None = None  # since it is long
        self._escaped = False  # whether what came last takes the next character's meaning away

    def end_in(self, chunk: bytes, at: int) -> int:
        """Where its closing quote is, from `at` on; -1 where it goes on."""
        quote = chunk.find(b'"', at)
        while quote >= 0 and self._is_escaped(chunk, at, quote):
            quote = chunk.find(b'"', quote + 1)
        if quote < 0:
            self._escaped = self._is_escaped(chunk, at, len(chunk))
        return quote

    def feed(self, piece: bytes) -> None:
        if self.raw is not None:
            self.raw += piece
        if self.picture:
            self.picture.feed(piece)
        elif self.raw is not None and len(self.raw) > LONG:
            self.picture = _Picture(tempfile.TemporaryFile())  # noqa: SIM115 - Spilled.close gives it back
            self.picture.feed(bytes(self.raw))
        if self.raw is not None and len(self.raw) > SURE:
            self.raw = None

    def _is_escaped(self, chunk: bytes, start: int, at: int) -> bool:
        """Whether an odd number of backslashes stands before `at`; the string's part begins at `start`."""
        first = at
        while first > start and chunk[first - 1 : first] == b"\\":
            first -= 1
        return (at - first + (self._escaped and first == start)) % 2 == 1


class _Reader:
    """Parts an answer: pictures into files; all else, with a mark in each picture's place, into memory."""

    def __init__(self) -> None:
        self._head = b""
        self._words = bytearray()
        self._string: _String | None = None
        self._mark = token_hex(16)
        self._pictures: list[Spilled] = []

    def feed(self, chunk: bytes) -> None:
        self._head += chunk[: max(0, 4 * TEXT - len(self._head))]
        at = 0
        while at < len(chunk):
            at = self._in_string(self._string, chunk, at) if self._string else self._between(chunk, at)

    def end(self) -> Parsed:
        """What it was. To be called once."""
        cut = True
        try:
            if self._string is None:
                return Parsed(document=self._parse(), pictures=tuple(self._pictures))
        except json.JSONDecodeError as error:
            # Something is missing at its end; or a word, such as `tru`, is not whole.
            cut = error.pos >= len(error.doc.rstrip()) or not error.doc.rstrip().endswith(("}", "]"))
        except (ValueError, RecursionError):
            cut = False
        self.close()
        text = self._head.decode("utf-8-sig", "replace")[:TEXT]
        return Parsed(text=text, cut=cut and text.lstrip().startswith(("{", "[")))

    def close(self) -> None:
        for picture in self._pictures:
            picture.close()
        if self._string and self._string.picture:
            self._string.picture.close()

    def _between(self, chunk: bytes, at: int) -> int:
        """What stands outside of strings. Returns where the next one begins."""
        quote = chunk.find(b'"', at)
        end = len(chunk) if quote < 0 else quote + 1
        self._keep(chunk[at:end])
        if quote >= 0:
            self._string = _String()
        return end

    def _in_string(self, string: _String, chunk: bytes, at: int) -> int:
        """What stands in a string. Returns where it ends, past its quote."""
        quote = string.end_in(chunk, at)
        string.feed(chunk[at : len(chunk) if quote < 0 else quote])
        if quote < 0:
            return len(chunk)
        self._close_string(string)
        return quote + 1

    def _close_string(self, string: _String) -> None:
        self._string = None
        picture = string.picture.end() if string.picture else None
        if picture is None or (picture.error and string.raw is not None):
            self._keep(string.raw or b"")
        else:
            self._keep(f"{self._mark}{len(self._pictures)}".encode())
            self._pictures.append(picture)
        self._keep(b'"')
        if len(self._pictures) > MOST_PICTURES:
            raise Fault("too_large", f"the answer holds more than {MOST_PICTURES} pictures")

    def _keep(self, piece: bytes | bytearray) -> None:
        self._words += piece
        if len(self._words) > MOST_WORDS:
            raise Fault("too_large", f"the answer holds more than {MOST_WORDS} bytes beside its pictures")

    def _parse(self) -> Any:
        document = json.loads(
            self._words.decode("utf-8-sig", "replace"),
            strict=False,
            parse_float=_finite,
            parse_constant=lambda _: None,
        )
        return self._placed(document)

    def _placed(self, value: Any) -> Any:
        """With pictures instead of their marks, and no characters that a database refuses."""
        if isinstance(value, dict):
            return {_plain(name): self._placed(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._placed(inner) for inner in value]
        if not isinstance(value, str):
            return value
        if value.startswith(self._mark):
            return self._pictures[int(value.removeprefix(self._mark))]
        return _plain(value)


def _plain(text: str) -> str:
    """Without lone surrogates and NULs."""
    return text if text.isascii() and "\0" not in text else _encodable(text)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _finite(number: str) -> float | None:
    return value if math.isfinite(value := float(number)) else None

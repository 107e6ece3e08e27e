"""Walks a file's parts before a decoder sees it: how many there are, and how large a picture they promise.

Only lengths and counters are read, so that a hostile file costs nothing here. Formats: JPEG by ITU-T T.81
annex B, PNG by its third edition, WebP by RFC 9649. HEIC is left to libheif, which has limits of its own.
"""

import mmap
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from generation.imaging.sniff import JPEG, NAMES, PNG, WEBP
from generation.imaging.unreadable import Limits, Unreadable

Buffer = bytes | mmap.mmap
# 0xFF, then neither a stuffed zero, nor a restart marker, nor fill.
MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
START, END, SCAN = 0xD8, 0xD9, 0xDA
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
ANIMATED = 0x02


@dataclass(frozen=True)
class Size:
    width: int
    height: int


class StructureError(Exception):
    """What is wrong with a file's parts: the rest of a sentence, and what to do."""


class BrokenError(StructureError):
    def __init__(self, words: str) -> None:
        super().__init__(f"is damaged: {words}. Save or download it again.")


class TooManyError(StructureError):
    def __init__(self, words: str) -> None:
        super().__init__(f"has too many {words}. Open it in a picture editor and save it again.")


class AnimatedError(StructureError):
    def __init__(self) -> None:
        super().__init__("is animated. Upload a still photo.")


def check_structure(data: Buffer, media_type: str, limits: Limits) -> None:
    """Raise Unreadable for a file with broken, too many or moving parts, or with too large a picture."""
    if media_type not in WALKS:
        return
    try:
        size = WALKS[media_type](data, limits)
    except StructureError as error:
        words = f"This {NAMES[media_type]} {error}"
        raise Unreadable("structure", words, bytes=len(data), type=media_type) from error
    check_size(size.width, size.height, media_type, limits, len(data))


def check_size(width: int, height: int, media_type: str, limits: Limits, length: int) -> None:
    """Raise Unreadable for a picture that is larger or smaller than photos are."""
    found: dict[str, int | str] = {"bytes": length, "type": media_type, "width": width, "height": height}
    is_large = max(width, height) > limits.side or width * height > limits.pixels
    if not is_large and min(width, height) >= limits.short_side:
        return
    words = f"This photo is {width} x {height} px. "
    if is_large:
        millions = limits.pixels // 2**20
        words += f"Upload one of at most {millions} megapixels and {limits.side} px a side."
    else:
        words += f"Upload one of at least {limits.short_side} px a side; 768 or more look good."
    raise Unreadable("header", words, **found)


def jpeg_size(data: Buffer, limits: Limits) -> Size:
    """Walk the markers of the first picture; a second one behind it (MPO) is none of our business."""
    size, scans = None, 0
    for count, (marker, at) in enumerate(_jpeg_markers(data)):
        if count >= limits.chunks:
            raise TooManyError(f"parts (over {limits.chunks})")
        if marker in FRAMES and size is None:
            size = Size(_number(data, at + 5, 2), _number(data, at + 3, 2))
        elif marker == SCAN:
            scans += 1
            if scans > limits.scans:
                raise TooManyError(f"passes (over {limits.scans})")
    if size is None or not scans:
        raise BrokenError("it holds no picture")
    return size


def _jpeg_markers(data: Buffer) -> Iterator[tuple[int, int]]:
    """Each marker of the first picture, with where its length stands."""
    at = 2
    while found := MARKER.search(data, at):
        marker, at = found.group()[1], found.end()
        if marker == END:
            return
        yield marker, at
        # A marker without a length is rare, and skipping too little is safe: what follows is searched.
        at += 0 if marker in (0x01, START) else max(_number(data, at, 2), 2)


def png_size(data: Buffer, limits: Limits) -> Size:
    for count, (kind, length) in enumerate(_png_chunks(data)):
        if count == 0 and (kind != b"IHDR" or length != 13):
            raise BrokenError("it does not begin with its size")
        if count >= limits.chunks:
            raise TooManyError(f"parts (over {limits.chunks})")
        if kind == b"acTL":
            raise AnimatedError
        if kind == b"IEND":
            return Size(_number(data, 16, 4), _number(data, 20, 4))
    raise BrokenError("it ends too early")


def _png_chunks(data: Buffer) -> Iterator[tuple[bytes, int]]:
    """Each chunk's kind and length."""
    at = 8
    while at + 12 <= len(data):
        length = _number(data, at, 4)
        if at + 12 + length > len(data):
            return
        yield data[at + 4 : at + 8], length
        at += 12 + length


def webp_size(data: Buffer, limits: Limits) -> Size:
    size = None
    for count, (kind, at) in enumerate(_riff_chunks(data)):
        if count >= limits.chunks:
            raise TooManyError(f"parts (over {limits.chunks})")
        if kind == b"ANIM" or (kind == b"VP8X" and data[at] & ANIMATED):
            raise AnimatedError
        size = size or _webp_chunk_size(data, kind, at)
    if size is None:
        raise BrokenError("it holds no picture")
    return size


def _riff_chunks(data: Buffer) -> Iterator[tuple[bytes, int]]:
    """Each chunk's kind and where its content begins. Chunks are filled up to an even length."""
    at, end = 12, 8 + _number(data, 4, 4, "little")
    if end > len(data) + 1:
        raise BrokenError("it ends too early")
    while at + 8 <= min(end, len(data)):
        length = _number(data, at + 4, 4, "little")
        if at + 8 + length > len(data):
            raise BrokenError("it ends too early")
        yield data[at : at + 4], at + 8
        at += 8 + length + length % 2


def _webp_chunk_size(data: Buffer, kind: bytes, at: int) -> Size | None:
    """The size that a chunk tells: the canvas, a lossy frame or a lossless one."""
    if kind == b"VP8X":
        return Size(_number(data, at + 4, 3, "little") + 1, _number(data, at + 7, 3, "little") + 1)
    if kind == b"VP8 ":
        return Size(_number(data, at + 6, 2, "little") & 0x3FFF, _number(data, at + 8, 2, "little") & 0x3FFF)
    if kind == b"VP8L":
        bits = _number(data, at + 1, 4, "little")
        return Size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    return None


def _number(data: Buffer, at: int, length: int, order: str = "big") -> int:
    field = data[at : at + length]
    if len(field) < length:
        raise BrokenError("it ends too early")
    return int.from_bytes(field, "little" if order == "little" else "big")


WALKS: dict[str, Callable[[Buffer, Limits], Size]] = {JPEG: jpeg_size, PNG: png_size, WEBP: webp_size}

"""Opens a stranger's photo: the one way by which outside pictures come in."""

import hashlib
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from generation.imaging import sandbox
from generation.imaging.sandbox import BOUNDS, Bounds
from generation.imaging.sniff import HEAD, media_type
from generation.imaging.unreadable import LIMITS, MEGABYTE, Limits, Unreadable

__all__ = ["Bounds", "Limits", "Photo", "Unreadable", "open_file", "open_photo"]

FAILURES = {
    "memory": "This photo needs too much memory to open. Save it smaller or as a plain JPEG.",
    "cpu": "This photo takes too long to open. Save it smaller or as a plain JPEG.",
    "time": "This photo takes too long to open. Save it smaller or as a plain JPEG.",
    "crash": "This photo can't be opened. Open it in a picture editor and save it again.",
    "error": "This photo can't be opened. Open it in a picture editor and save it again.",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Photo:
    """An opened photo, all in memory: nothing is left on disk."""

    media_type: str
    size: int
    """Bytes of the file that came."""
    sha256: str
    """Of the file that came, in hexadecimal."""
    original_width: int
    original_height: int
    """Pixels of the file that came, upright."""
    width: int
    height: int
    """Pixels of the normalised picture: upright, at most 3072 a side."""
    jpeg: bytes
    """The normalised picture: sRGB, quality 95, no metadata, on white where it was see-through."""
    thumbnail: bytes
    """WebP, at most 512 px a side."""
    rgb: np.ndarray
    """The pixels that went into `jpeg`: (height, width, 3), uint8."""
    alpha: np.ndarray | None
    """How opaque it was, (height, width), uint8, if that sets a subject apart: it is the cut-out then."""


def open_photo(path: Path, *, limits: Limits = LIMITS, bounds: Bounds = BOUNDS) -> Photo:
    """Open and normalise a JPEG, PNG, WebP or HEIC in a limited child process.

    The same file gives the same bytes. Raises Unreadable with what was found; nothing is left behind then.
    """
    with path.open("rb") as file:
        return open_file(file, size=path.stat().st_size, limits=limits, bounds=bounds)


def open_file(file: IO[bytes], *, size: int, limits: Limits = LIMITS, bounds: Bounds = BOUNDS) -> Photo:
    """As `open_photo`, from a real file of `size` bytes that may have no name."""
    _check_length(size, limits)
    with tempfile.TemporaryFile() as answer:
        file.seek(0)
        kind = media_type(file.read(HEAD), size)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # a real file
        facts = _normalise(file, answer, kind, size, limits, bounds)
        answer.seek(0)
        return Photo(media_type=kind, size=size, sha256=sha256, **_received(answer, facts))


def _check_length(size: int, limits: Limits) -> None:
    if size == 0:
        raise Unreadable("size", "This file is empty. Choose the photo again.", bytes=0)
    if size > limits.bytes:
        words = (
            f"This file is {size / MEGABYTE:.1f} MB. Upload one of at most {limits.bytes // MEGABYTE} MB, "
            "for example as a JPEG."
        )
        raise Unreadable("size", words, bytes=size)


def _normalise(
    file: IO[bytes], answer: IO[bytes], kind: str, size: int, limits: Limits, bounds: Bounds
) -> dict[str, Any]:
    job = "generation.imaging.normalise.normalise"
    try:
        facts: dict[str, Any] = sandbox.run(job, kind, asdict(limits), files=(file, answer), bounds=bounds)
    except sandbox.Failed as failure:
        raise Unreadable("decode", FAILURES[failure.kind], bytes=size, type=kind) from failure
    if "refused" in facts:
        raise Unreadable(**facts["refused"])
    return facts


def _received(answer: IO[bytes], facts: dict[str, Any]) -> dict[str, Any]:
    """What the child wrote, in its order: JPEG, thumbnail, pixels, alpha."""
    width, height = facts["size"]
    return {
        "original_width": facts["original"][0],
        "original_height": facts["original"][1],
        "width": width,
        "height": height,
        "jpeg": answer.read(facts["jpeg"]),
        "thumbnail": answer.read(facts["thumbnail"]),
        "rgb": _pixels(answer, (height, width, 3)),
        "alpha": _pixels(answer, (height, width)) if facts["alpha"] else None,
    }


def _pixels(answer: IO[bytes], shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(answer.read(int(np.prod(shape))), np.uint8).reshape(shape)

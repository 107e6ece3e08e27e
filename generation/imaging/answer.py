"""Opens a provider's answer: third-party input like any other, so in a limited child process."""

import tempfile
from dataclasses import asdict, dataclass
from typing import IO, Any

from generation.imaging import sandbox
from generation.imaging.sandbox import BOUNDS
from generation.imaging.sniff import HEAD, media_type
from generation.imaging.unreadable import Limits, Unreadable

PREVIEW = 1600
# A 4K picture that is all noise is a PNG of 52 MB.
LIMITS = Limits(bytes=128 * 2**20, long_side=PREVIEW)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came, and its small copies for screens, all in memory."""

    media_type: str
    width: int
    height: int
    preview: bytes
    """WebP, at most 1600 px a side."""
    thumbnail: bytes
    """WebP, at most 512 px a side."""


def open_answer(file: IO[bytes], *, size: int) -> Answer:
    """Check and shrink the picture in `file`, a real file of `size` bytes.

    Raises Unreadable for what is no picture, too large, damaged, or blank: all of one colour.
    """
    if not 0 < size <= LIMITS.bytes:
        raise Unreadable("size", f"It has {size} bytes.", bytes=size)
    file.seek(0)
    kind = media_type(file.read(HEAD), size)
    file.seek(0)
    with tempfile.TemporaryFile() as small:
        facts = _shrink(file, small, kind)
        small.seek(0)
        return Answer(
            media_type=kind,
            width=facts["original"][0],
            height=facts["original"][1],
            preview=small.read(facts["preview"]),
            thumbnail=small.read(facts["thumbnail"]),
        )


def _shrink(file: IO[bytes], small: IO[bytes], kind: str) -> dict[str, Any]:
    job = "generation.imaging.shrink.shrink"
    try:
        facts: dict[str, Any] = sandbox.run(job, kind, asdict(LIMITS), files=(file, small), bounds=BOUNDS)
    except sandbox.Failed as failure:
        raise Unreadable("decode", f"It can't be opened ({failure.kind}).", type=kind) from failure
    if "refused" in facts:
        raise Unreadable(**facts["refused"])
    return facts

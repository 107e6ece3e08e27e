"""Makes a stored picture small enough for a model that takes no larger ones, in a limited child process."""

import tempfile
from dataclasses import asdict, dataclass
from typing import Any

from generation.imaging import sandbox
from generation.imaging.sandbox import BOUNDS
from generation.imaging.sniff import HEAD, media_type
from generation.imaging.unreadable import Limits, Unreadable


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A JPEG within the limits: sRGB, no metadata, on white where it was see-through."""

    jpeg: bytes
    width: int
    height: int


def fit_within(data: bytes, *, most_bytes: int, most_side: int) -> Fitted:
    """The picture as a JPEG of at most so many bytes and pixels a side; the same gives the same bytes.

    Raises Unreadable for what is no picture, or can't be made that small.
    """
    kind = media_type(data[:HEAD], len(data))
    limits = asdict(Limits(bytes=len(data), long_side=most_side))
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as target:
        source.write(data)
        source.flush()
        job, files = "generation.imaging.refit.refit", (source, target)
        try:
            facts: dict[str, Any] = sandbox.run(job, kind, limits, most_bytes, files=files, bounds=BOUNDS)
        except sandbox.Failed as failure:
            raise Unreadable("decode", f"It can't be opened ({failure.kind}).", type=kind) from failure
        if "refused" in facts:
            raise Unreadable(**facts["refused"])
        target.seek(0)
        return Fitted(jpeg=target.read(), width=facts["width"], height=facts["height"])

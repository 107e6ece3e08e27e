"""A picture to a smaller JPEG. Runs only in the sandbox's child: see `fitting.fit_within`."""

from collections.abc import Iterator
from typing import IO, Any

from PIL import Image

from generation.imaging import files
from generation.imaging.normalise import read
from generation.imaging.unreadable import Limits, Unreadable

QUALITIES = (95, 90, 85, 80)
"""From the usual one down to where a label's small print begins to suffer; below, fewer pixels are better."""

SCALES = (1.0, 0.75, 0.5, 0.25)


def refit(
    source: IO[bytes], target: IO[bytes], media_type: str, limits: dict[str, int], most_bytes: int
) -> dict[str, Any]:
    """Read a picture from `source`, scaled down as `limits` say; write a JPEG of at most `most_bytes`.

    Returns its width and height, or `refused` with what Unreadable has to say.
    """
    try:
        picture = read(source, media_type, Limits(**limits)).rgb
        for smaller, quality in _tries(picture):
            data = files.jpeg(smaller, quality)
            if len(data) <= most_bytes:
                target.write(data)
                return {"width": smaller.width, "height": smaller.height}
        raise Unreadable("size", f"It can't be made smaller than {most_bytes} bytes.", bytes=len(data))
    except Unreadable as error:
        return {"refused": {"step": error.step, "words": str(error), **error.found}}


def _tries(picture: Image.Image) -> Iterator[tuple[Image.Image, int]]:
    for scale in SCALES:
        size = files.fit(picture.size, round(max(picture.size) * scale))
        smaller = picture if scale == 1 else picture.resize(size, Image.Resampling.LANCZOS)
        for quality in QUALITIES:
            yield smaller, quality

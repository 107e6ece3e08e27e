"""The one error of opening a photo, and the limits that it speaks of."""

from dataclasses import dataclass

MEGABYTE = 2**20


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a photo may be. The defaults let every camera's and phone's pictures through."""

    bytes: int = 50 * MEGABYTE
    pixels: int = 64 * MEGABYTE
    """A sensor sold as 64 megapixels makes 9248 x 6936."""
    side: int = 16_384
    short_side: int = 32
    scans: int = 100
    """Passes in a progressive JPEG. Each goes over the whole picture; cameras and editors make 10 or so."""
    chunks: int = 10_000
    """Parts of a file: JPEG segments, PNG and WebP chunks."""
    long_side: int = 3072
    """What it is scaled down to: the most that picture models take."""


LIMITS = Limits()


class Unreadable(Exception):
    """The file is not taken as a photo. Nothing of it was kept.

    step: where it failed: size (of the file), type, structure, header (width and height) or decode.
    found: what was found: bytes, type, width, height, as far as it came.
    str(error): a sentence for the person who sent it, that says what to do.
    """

    def __init__(self, step: str, words: str, **found: int | str) -> None:
        super().__init__(words)
        self.step = step
        self.found = found

"""A channel's exact file: cut around the subject, scaled down, sRGB, nothing else in it. No Django here."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from brandkit.common.errors import Invalid
from generation.imaging.slot import Box

Size = tuple[int, int]
Window = tuple[float, float, float, float]

MEDIA_TYPES: Mapping[str, str] = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
WAYS: Mapping[str, Mapping[str, Any]] = {
    "jpg": {"format": "JPEG", "quality": 92, "subsampling": 0, "optimize": True, "progressive": True},
    "png": {"format": "PNG", "compress_level": 6},
    "webp": {"format": "WEBP", "quality": 92, "method": 4},
}


class Unfit(Invalid):
    """This picture can't be cut to its format."""

    code = "unfit"


def window(picture: Size, wanted: Size, subject: Box | None) -> Window:
    """The largest part of a picture that has the wanted shape: x0, y0, x1, y1 in pixels, not rounded.

    Its middle is the subject's, as far as the picture goes; the picture's own where the subject is unknown.
    Raises Unfit where it would have to be enlarged, or would cut through the subject.
    """
    scale = min(picture[0] / wanted[0], picture[1] / wanted[1])
    if scale < 1:
        raise Unfit(
            f"This picture has {_words(picture)} pixels and the format needs {_words(wanted)}: published "
            "pictures are never enlarged. Ask for it again at a larger size."
        )
    box = subject or Box(x0=0, y0=0, x1=1, y1=1)
    known = subject is not None
    x0, x1 = _span(picture[0], min(wanted[0] * scale, picture[0]), box.x0, box.x1, known=known)
    y0, y1 = _span(picture[1], min(wanted[1] * scale, picture[1]), box.y0, box.y1, known=known)
    return x0, y0, x1, y1


def _span(length: int, span: float, low: float, high: float, *, known: bool) -> tuple[float, float]:
    """One side of the window. low, high: the subject's ends as fractions of `length`."""
    if known and (high - low) * length > span:
        raise Unfit(
            "No crop of this format's shape holds the whole subject, and a crop never cuts through it. "
            "Ask for this format anew: the picture is then made in its shape."
        )
    start = ((low + high) * length - span) / 2
    start = min(max(start, 0.0), length - span)
    return start, start + span


def cut(pixels: np.ndarray, wanted: Size, subject: Box | None) -> Image.Image:
    """That part of the picture, at exactly `wanted` pixels.

    pixels: (height, width, 3), uint8. subject: its place in them. Raises Unfit as `window` does.
    """
    picture = Image.fromarray(pixels)
    if picture.size == wanted:
        return picture
    part = window(picture.size, wanted, subject)
    return picture.resize(wanted, Image.Resampling.LANCZOS, box=part)


def encode(picture: Image.Image, file_type: str) -> bytes:
    """The file of an sRGB picture: jpg, png or webp. The same picture gives the same bytes."""
    out = BytesIO()
    picture.save(out, icc_profile=SRGB, **WAYS[file_type])
    return out.getvalue()


def _srgb_profile() -> bytes:
    """LittleCMS's sRGB profile, without the second at which it was made (bytes 24 to 35, ICC.1 7.2.1)."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = np.array([2026, 1, 1, 0, 0, 0], ">u2").tobytes()
    return bytes(profile)


def _words(size: Size) -> str:
    return f"{size[0]} × {size[1]}"


SRGB = _srgb_profile()

"""Small words for pictures as arrays, shared by cut-out and compositor. Rows come first: (H, W, channels)."""

from typing import Any, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]
A = TypeVar("A", bound=NDArray[Any])
Rect = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels; x1 and y1 are one past the last."""

_LEVELS = np.arange(256, dtype=np.float32) / 255
_TO_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(
    np.float32
)
_STEPS = np.arange(65536, dtype=np.float64) / 65535
_TO_SRGB = (
    np.where(_STEPS <= 0.0031308, _STEPS * 12.92, 1.055 * _STEPS ** (1 / 2.4) - 0.055).astype(np.float32)
    * 255
)
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""How much red, green and blue light weigh in brightness (Rec. 709)."""


def crop(picture: A, box: Rect) -> A:
    """That part of the picture, as a view."""
    x0, y0, x1, y1 = box
    return cast(A, picture[y0:y1, x0:x1])


def span(mask: Mask, *, room: float = 0.0) -> Rect | None:
    """The smallest rectangle around what is set, grown on each side by `room` of its size; None if empty."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return None
    x0, x1, y0, y1 = int(columns[0]), int(columns[-1]) + 1, int(rows[0]), int(rows[-1]) + 1
    dx, dy = round((x1 - x0) * room), round((y1 - y0) * room)
    height, width = mask.shape
    return max(0, x0 - dx), max(0, y0 - dy), min(width, x1 + dx), min(height, y1 + dy)


def shrink(picture: A, longest: int) -> A:
    """The picture with its longer side at most that many pixels."""
    height, width = picture.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1:
        return picture
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return resize(picture, *size)


def resize(picture: A, width: int, height: int) -> A:
    """The picture at that size: pixels are averaged on the way down, smoothly joined on the way up."""
    kind = cv2.INTER_CUBIC if width > picture.shape[1] else cv2.INTER_AREA
    return cast(A, cv2.resize(picture, (width, height), interpolation=kind))


def blur(picture: Floats, sigma: float) -> Floats:
    """Gaussian blur; the border goes on as it is."""
    if sigma <= 0.2:
        return picture
    return cast(Floats, cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))


def to_linear(srgb: U8) -> Floats:
    """sRGB bytes to linear light, 0 to 1 (IEC 61966-2-1)."""
    return _TO_LINEAR[srgb]


def to_srgb(linear: Floats) -> Floats:
    """Linear light to sRGB, 0 to 255, not rounded (IEC 61966-2-1)."""
    return _TO_SRGB[(np.clip(linear, 0, 1) * np.float32(65535)).astype(np.uint16)]


def to_lab(srgb: U8 | Floats) -> Floats:
    """sRGB, 0 to 255, to CIE Lab (D65); any list or picture of colours."""
    flat = (srgb.astype(np.float32) / 255).reshape(1, -1, 3)
    return cast(Floats, cv2.cvtColor(flat, cv2.COLOR_RGB2Lab)).reshape(srgb.shape)


def ciede2000(one: Floats, other: Floats) -> float:
    """Mean colour difference between two pictures or lists of colours in CIE Lab (CIE 142-2001)."""
    from skimage import color  # slow to import

    different: Any = color.deltaE_ciede2000
    return float(different(one, other).mean())


def to_bytes(srgb: Floats) -> U8:
    """Rounded to whole levels, 0 to 255."""
    return np.rint(np.clip(srgb, 0, 255)).astype(np.uint8)

"""Small words for pictures as arrays, shared by cut-out and compositor. Rows first: height, width, channels."""

from typing import Any, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]
A = TypeVar("A", bound=NDArray[Any])
Rect = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels; x1 and y1 are one past the last."""

_LEVELS = np.arange(256, dtype=np.float32) / 255
_TO_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
_STEPS = np.arange(65536, dtype=np.float64) / 65535
_TO_SRGB = np.where(_STEPS <= 0.0031308, _STEPS * 12.92, 1.055 * _STEPS ** (1 / 2.4) - 0.055).astype(np.float32) * 255
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""How much red, green and blue light weigh in brightness (Rec. 709)."""


def crop(picture: A, box: Rect) -> A:
    """That part of the picture, as a view."""
    x0, y0, x1, y1 = box
    return picture[y0:y1, x0:x1]


def span(mask: Mask, *, room: float = 0.0) -> Rect | None:
    """The smallest rectangle around all that is set, grown by `room` of its size on each side; None if nothing is."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    if not len(columns):
        return None
    x0, x1, y0, y1 = int(columns[0]), int(columns[-1]) + 1, int(rows[0]), int(rows[-1]) + 1
    dx, dy = round((x1 - x0) * room), round((y1 - y0) * room)
    height, width = mask.shape
    return max(0, x0 - dx), max(0, y0 - dy), min(width, x1 + dx), min(height, y1 + dy)


def shrink(picture: Any, longest: int) -> Any:
    """The picture with its longer side at most that many pixels."""
    height, width = picture.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1:
        return picture
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def blur(picture: F32, sigma: float) -> F32:
    """Gaussian blur; pictures with many pixels under it are blurred small."""
    if sigma <= 0.2:
        return picture
    return cast(F32, cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))


def to_linear(srgb: U8) -> F32:
    """sRGB bytes to linear light, 0 to 1 (IEC 61966-2-1)."""
    return _TO_LINEAR[srgb]


def to_srgb(linear: F32) -> F32:
    """Linear light to sRGB, 0 to 255, not rounded (IEC 61966-2-1)."""
    return _TO_SRGB[(np.clip(linear, 0, 1) * np.float32(65535)).astype(np.uint16)]


def to_bytes(srgb: F32) -> U8:
    """Rounded to whole levels, 0 to 255."""
    return np.rint(np.clip(srgb, 0, 255)).astype(np.uint8)

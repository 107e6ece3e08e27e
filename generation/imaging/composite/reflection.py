"""What a glossy ground mirrors: the subject, and no longer what it hides."""

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.arrays import Floats, blur

STRONGEST = 0.3
"""What polished stone throws back at the flat angles of product pictures (Fresnel, near 75 degrees)."""

SIZE = 320
"""Longest side at which the image is worked out."""

UNDERSIDE = 0.5
"""The ground sees the subject from below, where it is darker than its front."""

LEAST = 0.35
"""Most grounds have a colour of their own: so much of their light stays, whatever they no longer mirror."""


def mirrored(picture: Floats, base: NDArray[np.floating]) -> Floats:
    """A picture (H, W, C) upside down, each column in its own foot; row 0 lies as high as the highest foot.

    base: (W,), rows by which each column's foot lies above the lowest row.
    """
    height, width = picture.shape[:2]
    rows = (height - 1 + base.max() - np.arange(height, dtype=np.float32))[:, None] - 2 * base[None]
    columns = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width)).copy()
    answer = cv2.remap(
        picture, columns, rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    return np.asarray(answer, np.float32)


def gain(subject: Floats, behind: Floats, gloss: float) -> Floats:
    """Light that the ground gains, or loses, (H, W, 3), linear; row 0 nearest to the foot.

    subject: (H, W, 4), mirrored, colours times cover and cover.
    behind: (1, W, 3), what the ground mirrored in each column before.
    """
    height = len(subject)
    behind = np.asarray(cv2.blur(behind, (height // 4 * 2 + 1, 1)), np.float32)
    soft = _fading(subject, 1 - gloss)
    below = np.arange(height, dtype=np.float32)[:, None, None] / height
    fade = np.exp(-below / (0.3 + gloss)) * np.clip((1 - below) / 0.4, 0, 1)
    answer: Floats = gloss * STRONGEST * fade * (UNDERSIDE * soft[..., :3] - soft[..., 3:] * behind)
    return answer


def add(ground: Floats, gained: Floats) -> Floats:
    """The ground with what it gained, never darker than `LEAST` of itself."""
    answer: Floats = np.maximum(ground + gained, LEAST * ground)
    return answer


def _fading(picture: Floats, rough: float) -> Floats:
    """Blurred the more, the further from the foot and the rougher the ground is."""
    height = len(picture)
    answer, start = picture, 0.0
    for sigma, until in ((0.04, 0.05), (0.14, 0.2), (0.25, 0.6)):
        blurred = blur(picture, rough * sigma * height)
        weight = np.clip((np.arange(height) / height - start) / (until - start), 0, 1)[:, None, None]
        answer, start = (answer * (1 - weight) + blurred * weight).astype(np.float32), until
    return answer

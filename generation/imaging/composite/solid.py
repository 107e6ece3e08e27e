"""A guess at the subject's body from its silhouette, for shadows and shading.

The silhouette is blown up like a balloon: what lies becomes round. What stands is mirrored in the ground first,
so that a can becomes a round column on a round base.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.arrays import F32, Mask, blur

STEEPEST = 0.5
"""Sine of the steepest angle from which product photos are taken: a base's rim looks at most so much curved."""


@dataclass(frozen=True, kw_only=True)
class Solid:
    """Lengths are in pixels of the silhouette that it was made from.

    half: (H, W), half the body's depth at each place, 0 outside; rows count from the top, the last stands on the ground.
    base: (W,), how many rows each column was let down to stand on the ground. centre: the middle's depth behind the foot.
    """

    half: F32 = field(repr=False)
    base: NDArray[np.int64] = field(repr=False)
    centre: float


def inflate(silhouette: Mask) -> Solid:
    """The body of a silhouette (H, W) that is cut to its own box."""
    height, width = silhouette.shape
    base = _base(silhouette)
    if base is None:
        half = _balloon(silhouette)
        return Solid(half=half, base=np.zeros(width, np.int64), centre=0.0)
    rows = np.arange(height)[:, None] - base[None]
    standing = np.take_along_axis(silhouette, np.maximum(rows, 0), axis=0) & (rows >= 0)
    half = _balloon(np.vstack([standing, standing[::-1]]))[:height]
    return Solid(half=half, base=base, centre=float(half[-max(1, height // 40) :].max()))


def _balloon(shape: Mask) -> F32:
    """Half the depth of a body that is as deep as it is thick, everywhere."""
    inner = cv2.distanceTransform(np.pad(shape, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    reach = 2 * int(inner.max()) + 1
    thick = cv2.dilate(inner, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    half = np.sqrt(np.maximum(inner * (2 * thick - inner), 0))
    return np.where(shape, np.maximum(blur(half, 1.0), 0.5), 0).astype(np.float32)


def _base(silhouette: Mask) -> NDArray[np.int64] | None:
    """How far each column's foot lies above the lowest row because a round base's rim goes back there.

    None if the subject has no base: it touches the ground in a point, as a ball does.
    """
    height, width = silhouette.shape
    lifted = np.where(silhouette.any(axis=0), np.argmax(silhouette[::-1], axis=0), height)
    lowest = int(np.median(np.flatnonzero(lifted == 0)))
    jumps = np.flatnonzero(np.abs(np.diff(np.pad(lifted, 1, constant_values=height))) > 0.08 * height)
    left, right = jumps[jumps <= lowest].max(), jumps[jumps > lowest].min()
    across = (np.arange(left, right) + 0.5 - left) / (right - left) * 2 - 1
    rim = STEEPEST * (right - left) / 2 * (1 - np.sqrt(1 - across**2))
    if (lifted[left:right] <= rim + 2).mean() < 0.85:
        return None
    base = np.zeros(width, np.int64)
    base[left:right] = lifted[left:right]
    return base


def normals(solid: Solid) -> F32:
    """Which way the front faces: (H, W, 3) as right, up, toward the camera; smooth, length 1."""
    body = blur(solid.half, max(1.0, 0.05 * min(solid.half.shape)))
    dy, dx = np.gradient(body)
    facing = np.dstack([-dx, dy, np.full_like(body, 0.7)])
    answer: F32 = (facing / np.linalg.norm(facing, axis=-1, keepdims=True)).astype(np.float32)
    return answer

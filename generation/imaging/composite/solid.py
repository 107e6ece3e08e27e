"""A guess at the subject's body from its silhouette, for shadows and shading.

The silhouette is mirrored in the ground and blown up like a balloon, so a can becomes a round column that stands
on its base, and a ball a ball that touches in one point.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.arrays import F32, Mask, blur

STEEPEST = 0.5
"""Sine of the steepest angle from which product photos are taken: a base may look so much curved, not more."""


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
    rows = np.arange(height)[:, None] - base[None]
    standing = np.take_along_axis(silhouette, np.maximum(rows, 0), axis=0) & (rows >= 0)
    mirrored = np.pad(np.vstack([standing, standing[::-1]]), 1).astype(np.uint8)
    depth = cv2.distanceTransform(mirrored, cv2.DIST_L2, 5)[1 : height + 1, 1:-1]
    half = blur(np.minimum(1.2 * depth, 0.5 * min(height, width)), 1.0) * standing
    foot = half[-max(1, height // 40) :]
    return Solid(half=half.astype(np.float32), base=base, centre=float(foot.max()))


def _base(silhouette: Mask) -> NDArray[np.int64]:
    """How far each column's foot lies above the lowest row because it stands further back, as a round base's rim does."""
    height, width = silhouette.shape
    lifted = np.argmax(silhouette[::-1], axis=0)
    across = (np.arange(width) + 0.5) / (width / 2) - 1
    rim = STEEPEST * width / 2 * (1 - np.sqrt(np.maximum(0, 1 - across**2)))
    return np.where(silhouette.any(axis=0) & (lifted <= rim + 1.5), lifted, 0)


def normals(solid: Solid) -> F32:
    """Which way the front faces: (H, W, 3) as right, up, toward the camera; smooth, length 1."""
    body = blur(solid.half, max(1.0, 0.05 * min(solid.half.shape)))
    dy, dx = np.gradient(body)
    facing = np.dstack([-dx, dy, np.full_like(body, 0.7)])
    answer: F32 = (facing / np.linalg.norm(facing, axis=-1, keepdims=True)).astype(np.float32)
    return answer

"""A guess at the subject's body from its silhouette, for shadows and shading.

The silhouette is blown up like a balloon: what lies becomes round. What stands is mirrored in the ground
first, so that a can becomes a round column on a round base.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.arrays import Floats, Mask, blur

STEEPEST = 0.5
"""Sine of the steepest angle from which product photos are taken: how curved a base's rim may look."""


@dataclass(frozen=True, kw_only=True)
class Solid:
    """Lengths are in pixels of the silhouette that it was made from.

    half: (H, W), half the body's depth at each place, 0 outside; the last row stands on the ground.
    middle: (W,), how far behind the ground line the body's middle is in each column.
    base: (W,), how many rows each column was let down to stand on the ground.
    stands: it has a base, and does not just touch the ground in a point, as a ball does.
    """

    half: Floats = field(repr=False)
    middle: Floats = field(repr=False)
    base: NDArray[np.int64] = field(repr=False)
    stands: bool


def inflate(silhouette: Mask, flat: float) -> Solid:
    """The body of a silhouette (H, W) cut to its own box. flat: how much the view shortens the ground."""
    height, width = silhouette.shape
    base = _base(silhouette)
    if base is None:
        middle = np.zeros(width, np.float32)
        return Solid(half=_balloon(silhouette), middle=middle, base=np.zeros(width, np.int64), stands=False)
    rows = np.arange(height)[:, None] - base[None]
    standing = np.take_along_axis(silhouette, np.maximum(rows, 0), axis=0) & (rows >= 0)
    half = _balloon(np.vstack([standing, standing[::-1]]))[:height]
    touching = np.flatnonzero(standing[-1])
    middle = np.interp(np.arange(width), touching, (base / flat + half[-1])[touching])
    return Solid(half=half, middle=middle.astype(np.float32), base=base, stands=True)


def _balloon(shape: Mask) -> Floats:
    """Half the depth of a body that is as deep as it is thick, everywhere."""
    inner = cv2.distanceTransform(np.pad(shape, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    reach = 2 * int(inner.max()) + 1
    thick = cv2.dilate(inner, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    half = np.sqrt(np.maximum(inner * (2 * thick - inner), 0))
    return np.where(shape, np.maximum(blur(half, 1.0), 0.5), 0).astype(np.float32)


def _base(silhouette: Mask) -> NDArray[np.int64] | None:
    """How far each column's foot lies above the lowest row because the base goes back there.

    None if the subject has no base.
    """
    height, width = silhouette.shape
    lifted = np.where(silhouette.any(axis=0), np.argmax(silhouette[::-1], axis=0), height)
    lowest = int(np.median(np.flatnonzero(lifted == 0)))
    jumps = np.flatnonzero(np.abs(np.diff(np.pad(lifted, 1, constant_values=height))) > 0.08 * height)
    left, right = jumps[jumps <= lowest].max(), jumps[jumps > lowest].min()
    foot = lifted[left:right]
    slack = 2 + 0.02 * (right - left)
    if not (
        np.mean(foot <= _rim(len(foot)) + 2) > 0.85
        or np.abs(foot - _edges(foot, lowest - left)).max() < slack
    ):
        return None
    base = np.zeros(width, np.int64)
    base[left:right] = foot
    return base


def _rim(width: int) -> NDArray[np.float64]:
    """The most that the front of a round base rises toward its sides."""
    across = (np.arange(width) + 0.5) / width * 2 - 1
    return np.asarray(STEEPEST * width / 2 * (1 - np.sqrt(1 - across**2)))


def _edges(foot: NDArray[np.int64], corner: int) -> NDArray[np.float64]:
    """The front edges of a box that shows its corner: straight up to both sides, as steep as boxes look."""
    last = len(foot) - 1
    ends = np.minimum(foot[[0, last]], STEEPEST * np.array([corner, last - corner]))
    return np.asarray(np.interp(np.arange(len(foot)), [0, corner, last], [ends[0], 0, ends[1]]))


def normals(solid: Solid) -> Floats:
    """Which way the front faces: (H, W, 3) as right, up, toward the camera; length 1, without a crease."""
    shape = solid.half > 0
    height, size = len(shape), min(shape.shape)
    room = size // 2 + 1
    tall = np.pad(np.vstack([shape, shape[::-1]]) if solid.stands else shape, room).astype(np.float32)
    body = sum((blur(tall, share * size) for share in (0.06, 0.12, 0.24)), np.zeros_like(tall)) * np.float32(
        size / 4
    )
    dy, dx = (slope[room : room + height, room:-room] for slope in np.gradient(body))
    facing = np.dstack([-dx, dy, np.full_like(dx, 0.7)])
    facing /= np.linalg.norm(facing, axis=-1, keepdims=True)
    rows = np.minimum(
        np.arange(height)[:, None] + solid.base[None], height - 1
    )  # back up to where they are seen
    answer: Floats = np.take_along_axis(facing, rows[..., None], axis=0).astype(np.float32)
    return answer

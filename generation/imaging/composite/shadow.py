"""How much light still reaches the ground around a body: its cast shadow and the darkness where it touches.

Both are the same sum: over many directions that light comes from, does the body stand in the way? Few
directions close together are the main light, the whole sky is the rest; so shadows soften with distance.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from generation.imaging.arrays import U8, Floats, blur
from generation.imaging.composite.solid import Solid
from generation.imaging.slot import Light

WIDEST = 30.0
"""Half the angle (degrees) under which the softest main light is seen."""

LOWEST = 12.0
"""A main light lower than this (degrees) is taken to be this high: shadows without end help nobody."""

STEP = 3
"""Of how many slices one is enough against the whole sky, whose shadow is soft."""

BOUNCE = 0.7
"""How well lit the side is that the subject turns to the ground, against the ground itself."""

SKY = np.array([0.78, 1.0, 1.32], np.float32)
"""Colour of the light that is left where bare sun is blocked (blue sky against sunlight)."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The ground seen from above, in pixels of the body's silhouette; rows go away from the camera.

    sun, sky: 0 to 1, how much of the main light and of all other light reaches each place.
    left, near: where in it the silhouette's left edge and its foot are.
    """

    sun: Floats = field(repr=False)
    sky: Floats = field(repr=False)
    left: int
    near: int


def direct_share(light: Light) -> float:
    """The main light's part of all light on the ground."""
    return 0.5 * (1 - light.softness**3)


def toward(light: Light) -> Floats:
    """Unit vector to the light: right, up, toward the camera."""
    azimuth, height = np.radians([light.azimuth, max(light.height, LOWEST)])
    flat = np.cos(height)
    return np.array([np.sin(azimuth) * flat, np.sin(height), np.cos(azimuth) * flat], np.float32)


def cast(solid: Solid, light: Light) -> Ground:
    """Light on the ground around the body."""
    height = len(solid.half)
    reach = round(height * max(1.2, min(2.5, 1.1 / np.tan(np.radians(max(light.height, LOWEST))) + 0.4))) + 24
    layers, behind = _layers(solid)
    sun = _reached(layers, _disc(toward(light), np.radians(WIDEST * light.softness)), reach)
    sky = _reached(layers[::-STEP][::-1], _dome(), reach, STEP)
    return Ground(sun=blur(sun, 0.7), sky=blur(sky, 2.0), left=reach, near=reach - behind)


def reached(ground: Ground, light: Light, own: Floats) -> Floats:
    """Share of red, green and blue light that still falls on each place of the ground, (rows, columns, 3).

    own: the subject's mean colour, linear: what it keeps from the ground it partly throws back in its colour.
    """
    share = direct_share(light)
    sky = (1 - share) * SKY ** np.float32(1 - light.softness)
    sky, sun = sky / (sky + share), share / (sky + share)
    hidden = 1 - ground.sky[..., None]
    answer: Floats = (
        ground.sun[..., None] * sun + (1 - hidden * (1 - BOUNCE * own * (1 - 0.6 * hidden))) * sky
    )
    return answer


def _layers(solid: Solid) -> tuple[U8, int]:
    """The body in level slices, the top one first, (H, depth, W), 1 inside; and where their depth begins."""
    deepest = solid.half.max(axis=0)
    first, last = int((solid.middle - deepest).min()) - 1, int((solid.middle + deepest).max()) + 2
    away = np.abs(np.arange(first, last)[:, None] - solid.middle[None])
    return (solid.half[:, None, :] >= np.maximum(away, 0.5)[None]).astype(np.uint8), first


def _reached(layers: U8, directions: Floats, reach: int, step: int = 1) -> Floats:
    """Share of the directions (n, 3) from which each place is lit, up to `reach` away on all sides."""
    count, depth, width = layers.shape
    lit = np.zeros((depth + 2 * reach, width + 2 * reach), np.float32)
    for right, up, front in directions:
        shade = np.zeros(lit.shape, np.uint8)
        for row, layer in enumerate(layers):
            above = (count - 1 - row) * step
            _paint(shade, layer, reach - round(above * right / up), reach + round(above * front / up))
        lit += 1 - shade
    return lit / np.float32(len(directions))


def _paint(shade: U8, layer: U8, x: int, z: int) -> None:
    """Lay a slice's shadow down with its corner at x, z; what falls outside is lost."""
    rows, columns = shade.shape
    depth, width = layer.shape
    x0, x1, z0, z1 = max(0, x), min(columns, x + width), max(0, z), min(rows, z + depth)
    if x0 < x1 and z0 < z1:
        to = shade[z0:z1, x0:x1]
        np.maximum(to, layer[z0 - z : z1 - z, x0 - x : x1 - x], out=to)


def _spiral(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points spread evenly over a disc of radius 1 (Vogel, 1979): x, y."""
    k = np.arange(count) + 0.5
    radius, angle = np.sqrt(k / count), k * np.pi * (3 - np.sqrt(5))
    return radius * np.cos(angle), radius * np.sin(angle)


def _disc(middle: Floats, radius: float) -> Floats:
    """Directions spread over a round light."""
    if radius < 0.01:
        return middle[None]
    side = np.cross(middle, [0, 1, 0.001])
    side /= np.linalg.norm(side)
    x, y = _spiral(32)
    many = middle + np.tan(radius) * (x[:, None] * side + y[:, None] * np.cross(side, middle))
    many /= np.linalg.norm(many, axis=1, keepdims=True)
    lowest = np.sin(np.radians(LOWEST))
    many[:, 1] = np.maximum(many[:, 1], lowest)
    return np.asarray(many, np.float32)


def _dome() -> Floats:
    """Directions over the whole sky, more of them high up, as flat ground feels it (cosine-weighted)."""
    x, y = _spiral(48)
    return np.column_stack([x, np.sqrt(np.maximum(1 - x**2 - y**2, 0.02)), y]).astype(np.float32)

"""How much light still reaches the ground around a body: its cast shadow and the darkness where it touches.

Both are the same sum: over many directions that light comes from, does the body stand in the way? Few directions
close together are the main light, the whole sky is the rest; so shadows soften with distance by themselves.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from generation.imaging.arrays import F32, U8, blur
from generation.imaging.composite.solid import Solid
from generation.imaging.slot import Light

WIDEST = 30.0
"""Half the angle (degrees) under which the softest main light is seen."""

LOWEST = 12.0
"""A main light lower than this (degrees) is taken to be this high: shadows without end help nobody."""

BOUNCE = 0.5
"""How well lit the side is that the subject turns to the ground, against the ground itself."""

SKY = np.array([0.78, 1.0, 1.32], np.float32)
"""Colour of the light that is left where bare sun is blocked (blue sky against sunlight)."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The ground seen from above, in pixels of the body's silhouette: rows go away from the camera, columns right.

    sun, sky: 0 to 1, how much of the main light and of all other light reaches each place.
    left, near: where in it the silhouette's left edge and its foot are.
    """

    sun: F32 = field(repr=False)
    sky: F32 = field(repr=False)
    left: int
    near: int


def direct_share(light: Light) -> float:
    """The main light's part of all light on the ground."""
    return 0.58 * (1 - light.softness**3)


def toward(light: Light) -> F32:
    """Unit vector to the light: right, up, toward the camera."""
    azimuth, height = np.radians([light.azimuth, max(light.height, LOWEST)])
    flat = np.cos(height)
    return np.array([np.sin(azimuth) * flat, np.sin(height), np.cos(azimuth) * flat], np.float32)


def cast(solid: Solid, light: Light) -> Ground:
    """Light on the ground around the body."""
    height, width = solid.half.shape
    main = _disc(toward(light), np.radians(WIDEST * light.softness))
    around = _dome()
    reach = int(height * min(2.5, 1.1 / np.tan(np.radians(max(light.height, LOWEST))) + 0.4)) + 24
    reach = max(reach, int(1.2 * height))
    layers = _layers(solid, reach)
    sun = blur(_reached(layers, main, height), 0.6)
    sky = blur(_reached(layers[::-3][::-1], around, height, step=3), 1.5)
    deepest = int(np.ceil(solid.half.max()))
    return Ground(sun=sun, sky=sky, left=reach, near=reach + deepest - round(solid.centre))


def reached(ground: Ground, light: Light, own: F32) -> F32:
    """Share of red, green and blue light that still falls on each place of the ground, (rows, columns, 3).

    own: the subject's mean colour, linear: what it keeps from the ground it partly throws back in its colour.
    """
    share = direct_share(light)
    sky = (1 - share) * SKY ** np.float32(1 - light.softness)
    sky, sun = sky / (sky + share), share / (sky + share)
    hidden = 1 - ground.sky[..., None]
    answer: F32 = ground.sun[..., None] * sun + (1 - hidden * (1 - BOUNCE * own)) * sky
    return answer


def _layers(solid: Solid, reach: int) -> U8:
    """The body cut into level slices, the top one first: (H, depth + 2 reach, W + 2 reach), 1 where it is."""
    deepest = int(np.ceil(solid.half.max()))
    away = np.abs(np.arange(2 * deepest + 1) - deepest)[None, :, None]
    body = (solid.half[:, None, :] >= np.maximum(away, 0.5)).astype(np.uint8)
    return np.pad(body, ((0, 0), (reach, reach), (reach, reach)))


def _reached(layers: U8, directions: F32, height: int, step: int = 1) -> F32:
    """Share of the directions (n, 3) from which each place on the ground is lit."""
    blocked = np.zeros(layers.shape[1:], np.float32)
    for right, up, front in directions:
        shade = np.zeros(layers.shape[1:], np.uint8)
        for row, layer in enumerate(layers):
            above = (len(layers) - 1 - row) * step
            _paint(shade, layer, round(-above * right / up), round(above * front / up))
        blocked += shade
    return 1 - blocked / np.float32(len(directions))


def _paint(shade: U8, layer: U8, dx: int, dz: int) -> None:
    """Lay a slice's shadow down, moved by dx to the right and dz away from the camera."""
    rows, columns = shade.shape
    if abs(dx) >= columns or abs(dz) >= rows:
        return
    to = shade[max(0, dz) : rows + min(0, dz), max(0, dx) : columns + min(0, dx)]
    of = layer[max(0, -dz) : rows + min(0, -dz), max(0, -dx) : columns + min(0, -dx)]
    np.maximum(to, of, out=to)


def _spiral(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points spread evenly over a disc of radius 1 (Vogel, 1979): x, y."""
    k = np.arange(count) + 0.5
    radius, angle = np.sqrt(k / count), k * np.pi * (3 - np.sqrt(5))
    return radius * np.cos(angle), radius * np.sin(angle)


def _disc(middle: F32, radius: float) -> F32:
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
    return many.astype(np.float32)


def _dome() -> F32:
    """Directions over the whole sky, more of them high up, as flat ground feels it (cosine-weighted)."""
    x, y = _spiral(48)
    return np.column_stack([x, np.sqrt(np.maximum(1 - x**2 - y**2, 0.02)), y]).astype(np.float32)

"""Bringing the subject's light toward the scene's: it should belong there, and keep its colour."""

import numpy as np

from generation.imaging.arrays import LUMA, U8, Floats, Mask, blur, ciede2000, to_lab, to_linear, to_srgb
from generation.imaging.composite.shadow import direct_share, toward
from generation.imaging.composite.solid import Solid, normals
from generation.imaging.slot import Light

LIMIT = 5.0
"""Mean CIEDE2000 by which a product's colours may change: a shopper still sees the same colour."""

MID_GREY = 0.18
"""What a well exposed picture's surroundings reflect on average: more is a bright scene, less a dark one."""

EXPOSURE, WHITE = 0.5, 0.5
"""How much of the scene's difference in brightness and in colour is taken over; the eye does the rest."""

WHITE_GROUND = 0.6
"""Linear brightness of a white ground in a well exposed picture: it throws as much light up as comes down."""

FORM = 0.5
"""How much of the shading is taken over: the photo has some of its own, and the body is a guess."""


def field(*, rgba: U8, solid: Solid, light: Light, around: U8, ground: U8) -> Floats:
    """Gains in linear light for each place of the subject (H, W, 3), all of them within `LIMIT`.

    rgba: the subject at the solid's size. around: the scene near it. ground: the ground at its foot.
    """
    inside = rgba[..., 3] > 127
    floor = min(1.0, float((to_linear(ground) @ LUMA).mean()) / WHITE_GROUND)
    own = to_linear(rgba[inside][:, :3])
    shading = shading_of(inside, solid, light, floor)
    shading **= _weakest(own, shading[inside][:, None], 0.7 * LIMIT)
    whole = gains_of(around)
    return (shading[..., None] * whole ** _weakest(own, whole, LIMIT, shading[inside][:, None])).astype(
        np.float32
    )


def _weakest(own: Floats, gains: Floats, limit: float, given: Floats | float = 1.0) -> np.float32:
    """The highest power of the gains, at most 1, that keeps colours times `given` in the limit."""
    if change(own, own * given * gains) <= limit:
        return np.float32(1)
    low, high = 0.0, 1.0
    for _ in range(7):
        middle = (low + high) / 2
        if change(own, own * given * gains**middle) <= limit:
            low = middle
        else:
            high = middle
    return np.float32(low)


def gains_of(around: U8) -> Floats:
    """Gains for red, green and blue from the scene nearby; what is colourful tells little of the light."""
    lit = to_linear(around).reshape(-1, 3)
    bright = lit @ LUMA
    gain = (max(float(bright.mean()), 1e-3) / MID_GREY) ** EXPOSURE
    greyness = 1 - (lit.max(1) - lit.min(1)) / (lit.max(1) + 1e-3)
    weight = bright * greyness**4 * (lit.max(1) < 0.98) + 1e-6
    colour = (lit * weight[:, None]).sum(0) / weight.sum()
    colour = np.clip(colour / max(float(colour @ LUMA), 1e-6), 0.7, 1.4) ** WHITE
    return np.asarray(np.clip(gain, 0.45, 1.6) * colour / (colour @ LUMA), np.float32)


def shading_of(inside: Mask, solid: Solid, light: Light, floor: float) -> Floats:
    """Brighter toward the light, darker away from it and near the ground; 1 on average."""
    share = direct_share(light)
    facing = normals(solid)
    sun = ((1 + (facing * toward(light)).sum(-1)) / 2) ** 2  # wraps around softly, as light in rooms does
    sky = (1 + facing[..., 1]) / 2
    height = len(sky)
    up = np.arange(height, 0, -1, dtype=np.float32)[:, None] / height
    ground = floor * (1 - sky) * (1 - np.exp(-up / 0.3))
    lit = share * sun + (1 - share) * (sky + ground)
    lit = (lit / max(float(lit[inside].mean()), 1e-6)) ** FORM
    answer: Floats = blur(_spread(np.clip(lit, 0.5, 1.4), inside), 1.5)
    return answer


def _spread(values: Floats, inside: Mask) -> Floats:
    """Outside, the average of what is near inside: edges must not see a jump."""
    sigma = max(2.0, 0.03 * max(values.shape))
    weight = blur(inside.astype(np.float32), sigma)
    near = blur(np.where(inside, values, 0).astype(np.float32), sigma) / np.maximum(weight, 1e-3)
    return np.where(inside, values, np.where(weight > 1e-3, near, 1)).astype(np.float32)


def change(before: Floats, after: Floats) -> float:
    """Mean CIEDE2000 between two lists of colours in linear light, (n, 3)."""
    return ciede2000(to_lab(to_srgb(before)), to_lab(to_srgb(after)))

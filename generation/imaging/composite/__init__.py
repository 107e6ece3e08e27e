"""Sets a cut-out into a scene so that it looks as if it had been photographed there.

Everything is worked out in linear light and from the slot's few numbers; the same input gives the same bytes.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from generation.imaging.arrays import (
    U8,
    Floats,
    Rect,
    crop,
    resize,
    shrink,
    span,
    to_bytes,
    to_linear,
    to_srgb,
)
from generation.imaging.composite import grain, light, reflection, shadow
from generation.imaging.composite.place import Place, place
from generation.imaging.composite.solid import Solid, inflate
from generation.imaging.slot import Box, Slot

BODY = 256
"""Longest side, in pixels, at which the subject's body and its shadow are worked out."""


@dataclass(frozen=True, kw_only=True)
class Composite:
    """rgb: (height, width, 3). subject_box: where the subject stands. notes: what a person should know."""

    rgb: U8 = field(repr=False)
    subject_box: Box
    notes: tuple[str, ...] = ()


class NothingToPlace(ValueError):
    """The cut-out is empty: there is no subject to set into the scene."""


def composite(*, scene: U8, cutout: U8, slot: Slot, width: int, height: int) -> Composite:
    """A picture of width x height; scene is (H, W, 3), cutout (H, W, 4) with free colours. NothingToPlace."""
    box = span(cutout[..., 3] > 127)
    if box is None:
        raise NothingToPlace("the cut-out is empty: every pixel is transparent")
    subject = crop(cutout, box)
    size = (box[2] - box[0], box[3] - box[1])
    where = place(scene=scene.shape[1::-1], subject=size, slot=slot, width=width, height=height)
    rgb = resize(crop(scene, where.view), width, height)
    colours, alpha = _fit(subject, where)
    small = shrink(np.dstack([colours, alpha]), BODY)
    solid = inflate(small[..., 3] > 127, _flat(slot))
    around, ground = _around(rgb, where)
    gains = light.field(rgba=small, solid=solid, light=slot.light, around=around, ground=ground)
    lit = to_linear(colours) * cv2.resize(gains, (where.width, where.height))
    cover = alpha.astype(np.float32) / 255
    own = to_linear(small[small[..., 3] > 127][:, :3]).mean(0)
    _shade(rgb, where, solid, slot, own)
    if slot.gloss > 0:
        _reflect(rgb, where, solid, slot, lit, cover)
    _paste(rgb, where, lit, cover, _noise(scene, subject, where))
    return Composite(rgb=rgb, subject_box=_box(where, width, height), notes=where.notes)


def _fit(subject: U8, where: Place) -> tuple[U8, U8]:
    """The subject at its size in the picture: colours and alpha. Clear pixels' colours have no say."""
    alpha = subject[..., 3:].astype(np.float32)
    weighted = np.dstack([subject[..., :3] * (alpha / 255), alpha])
    sized = resize(weighted, where.width, where.height)
    cover = np.clip(sized[..., 3:], 0, 255)
    return to_bytes(sized[..., :3] * 255 / np.maximum(cover, 1)), to_bytes(cover[..., 0])


def _around(rgb: U8, where: Place) -> tuple[U8, U8]:
    """The scene near the subject, and the ground at its foot; both small."""
    dx, dy = round(where.width / 2), round(where.height / 2)
    left, right = where.left - dx, where.left + where.width + dx
    near = _inside(rgb, left, where.top - dy, right, where.foot + dy)
    foot = _inside(rgb, left, where.foot - dy / 4, right, where.foot + dy)
    return shrink(crop(rgb, near), 128), shrink(crop(rgb, foot), 128)


def _shade(rgb: U8, where: Place, solid: Solid, slot: Slot, own: Floats) -> None:
    """Darken the ground where the subject, of mean colour `own`, keeps light from it."""
    ground = shadow.cast(solid, slot.light)
    unit = where.height / len(solid.half)
    flat = _flat(slot)
    rows, columns = ground.sun.shape
    # From above to the picture: away from the camera is up, and shortened.
    left, foot = where.left - ground.left * unit, where.foot + ground.near * unit * flat
    area = _inside(rgb, left, foot - rows * unit * flat, left + columns * unit, foot)
    turn = np.array([[unit, 0, left - area[0]], [0, -unit * flat, foot - area[1]]], np.float32)
    size = (area[2] - area[0], area[3] - area[1])
    reached = shadow.reached(ground, slot.light, own)
    factor = cv2.warpAffine(reached, turn, size, flags=cv2.INTER_LINEAR, borderValue=(1, 1, 1))
    part = crop(rgb, area)
    part[:] = to_bytes(to_srgb(to_linear(part) * factor))


def _flat(slot: Slot) -> float:
    """How much the view shortens what goes away on the ground."""
    return float(np.sin(np.radians(max(slot.tilt, 4.0))))


def _inside(rgb: U8, x0: float, y0: float, x1: float, y1: float) -> Rect:
    height, width = rgb.shape[:2]
    return max(0, int(x0)), max(0, int(y0)), min(width, int(x1) + 1), min(height, int(y1) + 1)


def _reflect(rgb: U8, where: Place, solid: Solid, slot: Slot, lit: Floats, cover: Floats) -> None:
    """Show the subject in the ground below it, as far as the picture reaches. It is soft: small will do."""
    before, after = (
        min(where.width // 4, room) for room in (where.left, rgb.shape[1] - where.left - where.width)
    )
    sides = slice(where.left - before, where.left + where.width + after)
    light = np.dstack([lit * cover[..., None], cover])
    subject = shrink(np.pad(light, ((0, 0), (before, after), (0, 0))), reflection.SIZE)
    height, width = subject.shape[:2]
    columns = np.linspace(-before, where.width + after, width) * len(solid.base) / where.width
    base = np.interp(columns, np.arange(len(solid.base)), solid.base) * height / len(solid.half)
    above = rgb[: max(1, where.top), sides]  # the ground mirrors flatly: what it shows stands far behind
    behind = to_linear(resize(above, width, 8)).mean(0, keepdims=True)
    gained = reflection.gain(reflection.mirrored(subject, base), behind, slot.gloss)
    start = where.foot - round(base.max() * where.height / height)
    part = rgb[start : start + where.height, sides]
    gained = resize(gained, part.shape[1], where.height)[: len(part)]
    part[:] = to_bytes(to_srgb(reflection.add(to_linear(part), gained)))


def _noise(scene: U8, subject: U8, where: Place) -> Floats:
    """What the subject lacks of the scene's grain."""
    wanted = grain.strength(shrink(crop(scene, where.view), 1024))
    own = grain.strength(np.ascontiguousarray(subject[..., :3]), subject[..., 3] > 250) * min(
        1.0, 1 / where.scale
    )
    missing = np.sqrt(max(0.0, wanted**2 - own**2))
    seed = grain.seed(scene, subject)
    return grain.draw((where.height, where.width), sigma=missing, size=where.zoom, seed=seed)


def _paste(rgb: U8, where: Place, lit: Floats, cover: Floats, noise: Floats) -> None:
    part = rgb[where.top : where.foot, where.left : where.left + where.width]
    share = cover[..., None]
    mixed = to_srgb(to_linear(part) * (1 - share) + lit * share)
    part[:] = to_bytes(mixed + noise[..., None] * share)


def _box(where: Place, width: int, height: int) -> Box:
    right = where.left + where.width
    return Box(x0=where.left / width, y0=where.top / height, x1=right / width, y1=where.foot / height)

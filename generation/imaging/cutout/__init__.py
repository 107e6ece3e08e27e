"""From a photo to its subject alone: colours, soft edge, and how sure that is.

A saliency network says roughly where the subject is, GrabCut finds its outline at work size, and matting
gives each edge pixel its share. Without the network's weights GrabCut starts from the border instead.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from generation.imaging.arrays import U8, Floats, Mask, crop, shrink, span
from generation.imaging.cutout import backdrop, matting, saliency
from generation.imaging.slot import Box

OUTLINE_SIZE = 448
"""Longest side at which the outline is looked for."""

EDGE_SIZE = 1024
"""Longest side at which the soft edge is worked out."""

ROOM = 8
"""Pixels of the outline's size that are looked at around it: more than the soft edge is wide."""

SPECK = 0.02
"""Parts smaller than this share of the largest one are dirt."""


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """A subject without its background.

    rgba: (H, W, 4), the photo's size; colours hold nothing of the old background.
    box: where alpha is over a half. confidence: 0 (a guess) to 1. parts: how many separate things.
    touches_edge: it goes on beyond the picture.
    """

    rgba: U8 = field(repr=False)
    box: Box
    confidence: float
    parts: int
    touches_edge: bool


def cut_out(rgb: U8) -> Cutout:
    """Cut the subject out of a photo (H, W, 3). If nothing stands out, it is all subject, confidence 0."""
    _check(rgb)
    small = shrink(rgb, OUTLINE_SIZE)
    found = saliency.find(small)
    chance, confidence = (found.chance, found.agreement) if found else (_by_border(small), 0.5)
    behind = backdrop.fit(small, chance > 0.2)
    outline = _without_specks(backdrop.grab_cut(small, chance, behind))
    if found:
        confidence *= _agreement(outline, chance > 0.5)
    if not outline.any():
        return _describe(rgb, np.ones(rgb.shape[:2], np.float32), confidence=0.0)
    return _describe(rgb, _soft_edge(rgb, outline), confidence=confidence)


def from_alpha(rgb: U8, alpha: U8) -> Cutout:
    """A cut-out that the upload brought itself: rgb (H, W, 3), alpha (H, W), 0 to 255."""
    _check(rgb)
    if alpha.shape != rgb.shape[:2]:
        raise ValueError(f"alpha is {alpha.shape}, its picture {rgb.shape[:2]}")
    share = alpha.astype(np.float32) / 255
    if not (share > 0.5).any():
        return _describe(rgb, np.ones_like(share), confidence=0.0)
    return _describe(rgb, share, confidence=1.0)


def _check(rgb: U8) -> None:
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or 0 in rgb.shape:
        raise ValueError(f"not an RGB picture of bytes: {rgb.shape}, {rgb.dtype}")


def _by_border(rgb: U8) -> Floats:
    """How likely each pixel is the subject's, judged only by how unlike the border it is."""
    nothing = np.zeros(rgb.shape[:2], bool)
    behind = backdrop.fit(rgb, nothing)
    chance = np.clip(behind.unlike / (6 * behind.roughness + 12), 0.03, 0.94)
    edge = max(1, min(nothing.shape) // 50)
    chance[:edge] = chance[-edge:] = 0
    chance[:, :edge] = chance[:, -edge:] = 0
    return np.asarray(chance, np.float32)


def _without_specks(mask: Mask) -> Mask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = [k + 1 for k in range(count - 1) if areas[k] >= SPECK * areas.max()]
    return np.isin(labels, kept)


def _agreement(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / max(1, int((one | other).sum())))


def _soft_edge(rgb: U8, outline: Mask) -> Floats:
    """Alpha at full size; only around the subject is there anything to work out."""
    height, width = rgb.shape[:2]
    rows, columns = outline.shape
    x0, y0, x1, y1 = span(outline) or (0, 0, columns, rows)
    near = max(0, x0 - ROOM), max(0, y0 - ROOM), min(columns, x1 + ROOM), min(rows, y1 + ROOM)
    box = Box(x0=near[0] / columns, y0=near[1] / rows, x1=near[2] / columns, y1=near[3] / rows)
    area = box.pixels(width, height)
    alpha = np.zeros((height, width), np.float32)
    crop(alpha, area)[:] = _refined(crop(rgb, area), crop(outline, near), max(height, width))
    return alpha


def _refined(rgb: U8, outline: Mask, longest: int) -> Floats:
    """Alpha of a part of a photo, whose longest side is given, worked out in a band along the outline."""
    work = min(EDGE_SIZE, longest)
    small = shrink(rgb, max(1, round(max(rgb.shape[:2]) * work / longest)))
    height, width = small.shape[:2]
    rough = (
        cv2.resize(outline.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC) > 0.5
    ).astype(np.float32)
    band = max(2, round(work / 150))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1,) * 2)
    unknown = cv2.dilate(rough, disc) != cv2.erode(rough, disc, borderType=cv2.BORDER_REPLICATE)
    alpha = matting.closed_form(small.astype(np.float32) / 255, rough, unknown)
    alpha = np.clip((alpha - 0.04) / 0.92, 0, 1)
    if small.shape != rgb.shape:
        alpha = matting.upscale(alpha, small, rgb, radius=2)
        alpha = np.clip((alpha - 0.04) / 0.92, 0, 1)
    return np.asarray(alpha, np.float32)


def _describe(rgb: U8, alpha: Floats, *, confidence: float) -> Cutout:
    levels = np.rint(alpha * 255).astype(np.uint8)
    solid = levels > 127
    height, width = solid.shape
    around = span(levels > 0, room=0.05)
    x0, y0, x1, y1 = span(solid) or (0, 0, width, height)
    rgba = np.zeros((height, width, 4), np.uint8)
    if around:
        part = crop(rgba, around)
        part[..., :3] = matting.free_colours(crop(rgb, around), crop(levels, around))
        part[..., 3] = crop(levels, around)
    return Cutout(
        rgba=rgba,
        box=Box(x0=x0 / width, y0=y0 / height, x1=x1 / width, y1=y1 / height),
        confidence=round(min(1.0, max(0.0, confidence)), 4),
        parts=_parts(solid),
        touches_edge=bool(np.concatenate([solid[0], solid[-1], solid[:, 0], solid[:, -1]]).any()),
    )


def _parts(solid: Mask) -> int:
    small = shrink(solid.astype(np.uint8) * 255, OUTLINE_SIZE) > 127
    count, _, stats, _ = cv2.connectedComponentsWithStats(small.astype(np.uint8), connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    return int((areas >= SPECK * areas.max()).sum()) if count > 1 else 0

"""What is to be said about a photo before anything is made of it. Advice never blocks.

The thresholds were set on the truth pictures and scikit-image's, sharp, blurred, pasted together and cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.arrays import U8, Floats, Mask, crop, shrink, span
from generation.imaging.cutout import Cutout

SHORT_SIDE = 768
LITTLE = 0.10
"""Least share of the picture that the subject should cover."""
UNSURE = 0.7
"""A cut-out less sure than this is often wrong: right ones had 0.79 and more, wrong ones mostly less."""

SUBJECT_SIZE = 512
BLURRED = 0.62
"""Share of an edge's steepness left after blurring it more: 0.31 to 0.45 in sharp pictures, 0.57 to 0.72 when
they are softened by 2 of 512 pixels, 0.7 and more by 3."""

BACKGROUND_SIZE = 384
EDGE = 4.0
"""Steepness from which a background pixel counts as an edge (CIE Lab as OpenCV scales it, a pixel)."""
CLUTTERED = 0.35
"""Share of the background that is edges: 0.01 on a sweep, 0.10 in a kitchen, 0.32 on a chequered cloth, 0.38
and more among many things, bricks or gravel."""


@dataclass(frozen=True)
class Advice:
    """code: for programs. words: a sentence that says what to do."""

    code: str
    words: str


def advise(rgb: U8, cutout: Cutout, *, original: tuple[int, int] | None = None) -> tuple[Advice, ...]:
    """What would make pictures from this photo better, the most helpful first; empty if it is fine.

    rgb: the normalised photo (H, W, 3). original: width and height of the file that came, if it was larger.
    """
    height, width = rgb.shape[:2]
    return (
        *_about_size(original or (width, height)),
        *_about_sharpness(rgb, cutout),
        *_about_subject(cutout),
        *_about_background(rgb, cutout),
    )


def _about_size(size: tuple[int, int]) -> Iterator[Advice]:
    if min(size) < SHORT_SIDE:
        yield Advice(
            "too_small",
            f"The photo is {size[0]} x {size[1]} px; the product will look soft. "
            f"Use one with a short side of at least {SHORT_SIDE} px.",
        )


def _about_sharpness(rgb: U8, cutout: Cutout) -> Iterator[Advice]:
    if softness(rgb, cutout.rgba[..., 3]) > BLURRED:
        yield Advice("blurred", "The product is blurred. Focus on it, hold still, and take the photo again.")


def _about_subject(cutout: Cutout) -> Iterator[Advice]:
    if cutout.confidence < UNSURE:  # then nothing that the cut-out says of the subject is worth telling
        yield Advice(
            "unsure",
            "It is hard to tell the product from its background. Check the cut-out; "
            "a plain background of another colour helps.",
        )
        return
    if cutout.touches_edge:
        words = "The product touches the edge of the photo. Leave some room all around it."
        yield Advice("touches_edge", words)
    share = float(np.mean(cutout.rgba[..., 3])) / 255
    if share < LITTLE:
        yield Advice(
            "too_little",
            f"The product fills only {max(1, int(share * 100))} % of the photo. "
            f"Go nearer or crop, until it fills {LITTLE * 100:.0f} %.",
        )
    if cutout.parts > 1:
        yield Advice(
            "several_things",
            f"There are {cutout.parts} separate things in the photo. Show the product alone.",
        )


def _about_background(rgb: U8, cutout: Cutout) -> Iterator[Advice]:
    if clutter(rgb, cutout.rgba[..., 3]) > CLUTTERED:
        yield Advice("cluttered", "The background is busy. A plain one gives a cleaner cut-out.")


def softness(rgb: U8, alpha: U8) -> float:
    """How much of the steepness of the subject's sharpest edges stays when they are blurred: 0 sharp, 1 soft.

    After Crete and others, "The blur effect", 2007, which compares a picture with itself blurred; taken over
    the steepest fiftieth only, because a smooth product has few edges, and at the size that pictures show.
    """
    box = span(alpha > 127, room=0.03)
    if box is None:
        return 0.0
    grey, inside = cv2.cvtColor(crop(rgb, box), cv2.COLOR_RGB2GRAY), crop(alpha, box)
    grey, inside = shrink(grey, SUBJECT_SIZE), shrink(inside, SUBJECT_SIZE)
    near = cv2.dilate(inside, np.ones((9, 9), np.uint8)) > 0
    before, after = (_steepness(grey, blur)[near] for blur in (1.0, 3.0))
    steepest = before >= np.quantile(before, 0.98)
    return float(np.mean(after[steepest] / np.maximum(before[steepest], 1e-3)))


def clutter(rgb: U8, alpha: U8) -> float:
    """How much of the background, seen small, is edges: 0 to 1. No background is no clutter."""
    small = cv2.cvtColor(shrink(rgb, BACKGROUND_SIZE), cv2.COLOR_RGB2LAB)
    outside = _far_from(shrink(alpha, BACKGROUND_SIZE))
    if np.mean(outside) < 0.02:
        return 0.0
    steepness = np.sum([_steepness(small[..., channel], 1.5) for channel in range(3)], axis=0)
    return float(np.mean(steepness[outside] > EDGE))


def _far_from(alpha: U8) -> Mask:
    return np.asarray(cv2.dilate(alpha, np.ones((15, 15), np.uint8)) < 10)


def _steepness(grey: NDArray[Any], blur: float) -> Floats:
    """Levels a pixel, after a Gaussian blur of that many pixels."""
    soft = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), blur)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    return np.asarray(cv2.magnitude(across, down) / 8, np.float32)

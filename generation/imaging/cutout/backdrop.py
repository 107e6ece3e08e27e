"""Telling the subject from a plain backdrop, and the last word on each pixel by GrabCut."""

from dataclasses import dataclass

import cv2
import numpy as np

from generation.imaging.arrays import U8, Floats, Mask, Rect, crop, span, to_lab

PLAIN = 4.0
"""Up to this mean distance from a smooth surface (CIE Lab) a border counts as plain."""

SUBJECT = (cv2.GC_FGD, cv2.GC_PR_FGD)


@dataclass(frozen=True, kw_only=True)
class Backdrop:
    """A smooth surface behind the subject; distances in CIE Lab.

    unlike: how far each pixel is from what the backdrop would be there. unshaded: the same, from the backdrop
    in any shadow: what stays is another thing, not the subject's own shadow. roughness: of the border.
    """

    unlike: Floats
    unshaded: Floats
    roughness: float

    @property
    def plain(self) -> bool:
        return self.roughness < PLAIN


def fit(rgb: U8, subject: Mask) -> Backdrop:
    """A quadratic colour surface through the picture's border, where the subject isn't."""
    lab = to_lab(rgb)
    height, width = subject.shape
    terms = _terms(height, width)
    edge = max(3, min(height, width) // 20)
    border = np.ones(subject.shape, bool)
    border[edge:-edge, edge:-edge] = False
    border &= ~subject
    if border.sum() < 200:
        nothing = np.zeros(subject.shape, np.float32)
        return Backdrop(unlike=nothing, unshaded=nothing, roughness=100.0)
    surface = np.dot(terms, _robust(terms[border], lab[border])).astype(np.float32)
    unlike = np.linalg.norm(lab - surface, axis=-1)
    roughness = float(np.percentile(unlike[border], 80))
    return Backdrop(unlike=unlike, unshaded=_unshaded(lab, surface), roughness=roughness)


def _unshaded(lab: Floats, surface: Floats) -> Floats:
    """Distance to the nearest colour on the way from the backdrop down to black."""
    share = (lab * surface).sum(-1) / np.maximum((surface * surface).sum(-1), 1e-3)
    answer: Floats = np.linalg.norm(lab - surface * np.clip(share, 0, 1)[..., None], axis=-1)
    return answer


def _terms(height: int, width: int) -> Floats:
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], -1)


def _robust(terms: Floats, colours: Floats) -> Floats:
    """Least squares, then once more without the worst fifth."""
    model = np.linalg.lstsq(terms, colours, rcond=None)[0]
    off = np.abs(terms @ model - colours).sum(-1)
    good = off <= np.percentile(off, 80)
    answer: Floats = np.linalg.lstsq(terms[good], colours[good], rcond=None)[0]
    return answer


def grab_cut(rgb: U8, chance: Floats, backdrop: Backdrop) -> Mask:
    """GrabCut (Rother et al., 2004), started from how likely each pixel is the subject's."""
    hints = np.full(chance.shape, cv2.GC_PR_BGD, np.uint8)
    hints[chance > 0.5] = cv2.GC_PR_FGD
    hints[chance > 0.95] = cv2.GC_FGD
    hints[chance < 0.02] = cv2.GC_BGD
    if backdrop.plain:
        _heed(hints, chance, backdrop)
    # What is far from the subject is decided, and has no say.
    area = span(hints != cv2.GC_BGD, room=0.2)
    return _decided(rgb, hints, area) if area else chance > 0.5


def _decided(rgb: U8, hints: U8, area: Rect) -> Mask:
    near, mask = np.ascontiguousarray(crop(hints, area)), np.zeros(hints.shape, bool)
    subject = np.isin(near, SUBJECT)
    if subject.any() and not subject.all():
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.setRNGSeed(1)  # its first clusters are drawn by lot
        part = np.ascontiguousarray(crop(rgb, area))
        cv2.grabCut(part, near, (0, 0, 1, 1), *models, 3, cv2.GC_INIT_WITH_MASK)
        subject = np.isin(near, SUBJECT)
    crop(mask, area)[:] = subject
    return mask


def _heed(hints: U8, chance: Floats, backdrop: Backdrop) -> None:
    """Before a plain backdrop: what is unlike it and near the subject stays, what is just like it may go."""
    reach = max(5, min(chance.shape) // 25) | 1
    near = cv2.dilate((chance > 0.5).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    noise = backdrop.roughness
    hints[near & (backdrop.unshaded > 4 * noise + 12) & (hints != cv2.GC_FGD)] = cv2.GC_PR_FGD
    same = (backdrop.unlike < 1.5 * noise + 1) & (chance < 0.8)
    hints[same & (hints == cv2.GC_PR_FGD)] = cv2.GC_PR_BGD

"""How much of every edge pixel is subject, and which colour that part has.

pymatting has all of this, but compiles itself for more than a minute where its cache can't be kept, and for
seconds in every process; only the closed form is needed here, and only in a narrow band.
"""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.arrays import U8, Floats, Mask, shrink

EPSILON = 1e-5
"""How much noise a window's colour line may have."""

FUSION_SIZE = 768
"""Longest side at which the mean colours along the edge are worked out."""

OFFSETS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]


def closed_form(rgb: Floats, rough: Floats, unknown: Mask) -> Floats:
    """Alpha where `unknown` is set, from `rough` around it; all (H, W), colours 0 to 1.

    Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural Image Matting", 2008: in every 3 x 3 window
    alpha is a linear function of colour. Only windows that see an unknown pixel are written down.
    """
    inner = np.zeros_like(unknown)
    inner[1:-1, 1:-1] = cv2.dilate(unknown.astype(np.uint8), np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0
    windows = _windows(inner)
    wanted = np.flatnonzero(unknown)
    if not len(windows) or not len(wanted):
        return rough
    number = np.full(unknown.size, -1)
    number[wanted] = np.arange(len(wanted))
    weights = _weights(number, windows, _affinities(rgb.reshape(-1, 3)[windows]), len(wanted))
    # Pixels beyond the border weigh nothing: any will do in their place.
    around = np.clip(wanted[:, None] + _steps(unknown.shape[1], 2), 0, unknown.size - 1)
    inside = number[around]
    known = rough.ravel().astype(np.float64)
    pull = -np.where(inside < 0, weights * known[around], 0).sum(1)
    weights[inside < 0] = 0
    alpha = rough.copy()
    alpha.ravel()[wanted] = np.clip(_solve(weights, np.maximum(inside, 0), pull, known[wanted]), 0, 1)
    return alpha


def _weights(
    number: NDArray[np.int64], windows: NDArray[np.int64], pairs: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    """The sparse matrix, (count, 25): each row holds an unknown pixel's weights for its 5 x 5 neighbours."""
    weights = np.zeros((count, 5, 5))
    for i, (y, x) in enumerate(OFFSETS):
        rows = number[windows[:, i]]
        seen = rows >= 0
        weights[rows[seen], 1 - y : 4 - y, 1 - x : 4 - x] += pairs[seen, i].reshape(-1, 3, 3)
    return weights.reshape(count, 25)


def _solve(
    weights: NDArray[np.float64],
    columns: NDArray[np.int64],
    goal: NDArray[np.float64],
    start: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Conjugate gradients with Jacobi's preconditioner (Shewchuk, 1994, B3).

    SciPy's takes half a second to import and leaves its sums to BLAS, where they depend on the cores.
    """
    diagonal = np.maximum(weights[:, 12], 1e-9)
    found = start.copy()
    rest = goal - (weights * found[columns]).sum(1)
    way = rest / diagonal
    slope, enough = (rest * way).sum(), 1e-6 * (goal * goal).sum()
    for _ in range(150):
        if (rest * rest).sum() <= enough:
            break
        turned = np.einsum("ij,ij->i", weights, way[columns])
        step = slope / (way * turned).sum()
        found += step * way
        rest -= step * turned
        better = rest / diagonal
        slope, before = (rest * better).sum(), slope
        way = better + slope / before * way
    return found


def _windows(centres: Mask) -> NDArray[np.int64]:
    """For each centre, the flat indices of its nine pixels."""
    return np.asarray(np.flatnonzero(centres)[:, None] + _steps(centres.shape[1], 1), np.int64)


def _steps(width: int, reach: int) -> NDArray[np.int64]:
    """How far the pixels of a square around one are from it in a flat picture, row by row."""
    side = np.arange(-reach, reach + 1)
    return (side[:, None] * width + side).ravel()


def _affinities(colours: Floats) -> NDArray[np.float64]:
    """The matting Laplacian of each window: (n, 9, 9) for colours (n, 9, 3)."""
    apart = colours.astype(np.float64)
    apart -= apart.mean(axis=1, keepdims=True)
    spread = np.einsum("nic,nid->ncd", apart, apart) / 9 + np.eye(3) * (EPSILON / 9)
    similar = np.einsum("nic,ncd,njd->nij", apart, np.linalg.inv(spread), apart, optimize=True)
    return cast(NDArray[np.float64], np.eye(9) - (1 + similar) / 9)


def upscale(alpha: Floats, small: U8, full: U8, radius: int) -> Floats:
    """Alpha carried from a small picture to the full one along edges (He, "Fast Guided Filter", 2015)."""
    height, width = full.shape[:2]
    large = cv2.resize(alpha, (width, height), interpolation=cv2.INTER_LINEAR)
    side = (2 * radius + 1, 2 * radius + 1)
    soft = cv2.dilate(((alpha > 0) & (alpha < 1)).astype(np.uint8), np.ones(side, np.uint8))
    line = cv2.resize(_lines(alpha, small.astype(np.float32) / 255, soft > 0, side), (width, height))
    edge = cv2.resize(soft, (width, height), interpolation=cv2.INTER_NEAREST) > 0
    near = line[edge]
    fitted = (near[:, :3] * (full[edge].astype(np.float32) / 255)).sum(-1) + near[:, 3]
    large[edge] = np.clip(fitted, 0, 1)
    return cast(Floats, large)


def _lines(alpha: Floats, guide: Floats, where: Mask, side: tuple[int, int]) -> Floats:
    """Around each pixel, alpha as a linear function of colour: three slopes and an offset, (H, W, 4)."""
    mean, mean_alpha = cv2.blur(guide, side)[where], cv2.blur(alpha, side)[where]
    together = cv2.blur(guide * alpha[..., None], side)[where] - mean * mean_alpha[:, None]
    pairs = cv2.blur(guide[..., [0, 0, 0, 1, 1, 2]] * guide[..., [0, 1, 2, 1, 2, 2]], side)[where]
    spread = pairs[:, [0, 1, 2, 1, 3, 4, 2, 4, 5]].reshape(-1, 3, 3) - mean[:, :, None] * mean[:, None, :]
    slope = np.linalg.solve(spread + np.eye(3, dtype=np.float32) * 1e-4, together[..., None])[..., 0]
    line = np.zeros((*alpha.shape, 4), np.float32)
    line[where] = np.column_stack([slope, mean_alpha - (slope * mean).sum(-1)])
    line[~where, 3] = alpha[~where]
    return cast(Floats, cv2.blur(line, side))


def free_colours(rgb: U8, alpha: U8) -> U8:
    """The subject's own colours, without the old background's share in edge pixels; 0 where alpha is 0.

    Forte, "Approximate Fast Foreground Colour Estimation", 2021 (blur fusion, twice): what is smooth in it is
    worked out small.
    """
    picture = shrink(rgb, FUSION_SIZE).astype(np.float32)
    share = shrink(alpha, FUSION_SIZE).astype(np.float32)[..., None] / 255
    own, other = _means(picture, picture, share, max(share.shape) // 12)
    own = _own(picture, own, other, share)
    own, other = _means(own, other, share, max(1, 6 * len(share) // len(alpha)))
    soft = (alpha > 0) & (alpha < 255)
    near, behind = (_at(mean, soft) for mean in (own, other))
    colours = rgb.copy()
    colours[alpha == 0] = 0
    colours[soft] = (
        _own(rgb[soft].astype(np.float32), near, behind, alpha[soft][:, None] / np.float32(255)) + 0.5
    )
    return colours


def _at(small: Floats, where: Mask) -> Floats:
    """What a small picture would be at full size in some places: (n, 3)."""
    return cast(Floats, cv2.resize(small, where.shape[::-1])[where])


def _means(own: Floats, other: Floats, share: Floats, radius: int) -> tuple[Floats, Floats]:
    """The mean colours of subject and background around each pixel."""
    side = (2 * radius + 1, 2 * radius + 1)
    cover = cv2.blur(share, side)[..., None]
    mine = cv2.blur(own * share, side) / (cover + 1e-5)
    return mine, cv2.blur(other * (1 - share), side) / (1 - cover + 1e-5)


def _own(picture: Floats, own: Floats, other: Floats, share: Floats) -> Floats:
    """The subject's colour that explains each pixel's best."""
    return cast(Floats, np.clip(own + share * (picture - share * own - (1 - share) * other), 0, 255))

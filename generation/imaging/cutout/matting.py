"""How much of every edge pixel is subject, and which colour that part has.

pymatting has all of this, but compiles itself for more than a minute where its cache can't be kept, and for
seconds in every process; only the closed form is needed here, and only in a narrow band.
"""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from generation.imaging.arrays import U8, Floats, Mask

EPSILON = 1e-5
"""How much noise a window's colour line may have."""

OFFSETS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]


def closed_form(rgb: Floats, rough: Floats, unknown: Mask) -> Floats:
    """Alpha where `unknown` is set, from `rough` around it; all (H, W), colours 0 to 1.

    Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural Image Matting", 2008: in every 3 x 3 window
    alpha is a linear function of colour. Only windows that see an unknown pixel are written down.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import cg

    inner = np.zeros_like(unknown)
    inner[1:-1, 1:-1] = cv2.dilate(unknown.astype(np.uint8), np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0
    windows = _windows(inner)
    if not len(windows):
        return rough
    pairs = _affinities(rgb.reshape(-1, 3)[windows])
    rows, columns = np.repeat(windows, 9, axis=1).ravel(), np.tile(windows, 9).ravel()
    number = np.full(unknown.size, -1)
    wanted = np.flatnonzero(unknown)
    number[wanted] = np.arange(len(wanted))
    known = rough.ravel().astype(np.float64)
    ours = number[rows] >= 0
    rows, columns, values = number[rows[ours]], columns[ours], pairs.ravel()[ours]
    outside = number[columns] < 0
    pull = np.bincount(rows[outside], -values[outside] * known[columns[outside]], len(wanted))
    inside = ~outside
    laplacian = coo_array(
        (values[inside], (rows[inside], number[columns[inside]])), (len(wanted),) * 2
    ).tocsr()
    diagonal = laplacian.diagonal()
    jacobi = coo_array((1 / np.maximum(diagonal, 1e-9), (np.arange(len(wanted)),) * 2)).tocsr()
    solved, _ = cg(laplacian, pull, x0=known[wanted], rtol=1e-3, maxiter=150, M=jacobi)
    alpha = rough.copy()
    alpha.ravel()[wanted] = np.clip(solved, 0, 1)
    return alpha


def _windows(centres: Mask) -> NDArray[np.int64]:
    """For each centre, the flat indices of its nine pixels."""
    width = centres.shape[1]
    steps = np.array([dy * width + dx for dy, dx in OFFSETS], np.int64)
    return np.asarray(np.flatnonzero(centres)[:, None] + steps, np.int64)


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
    fitted = (line[edge][:, :3] * (full[edge].astype(np.float32) / 255)).sum(-1) + line[edge][:, 3]
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

    Forte, "Approximate Fast Foreground Colour Estimation", 2021 (blur fusion, twice).
    """
    picture = rgb.astype(np.float32)
    share = alpha.astype(np.float32)[..., None] / 255
    own = other = picture
    for radius in (max(rgb.shape[:2]) // 12, 6):
        own, other = _fuse(picture, own, other, share, radius)
    soft = (alpha > 0) & (alpha < 255)
    colours = np.where(soft[..., None], np.clip(own + 0.5, 0, 255).astype(np.uint8), rgb)
    return np.where((alpha > 0)[..., None], colours, np.uint8(0))


def _fuse(picture: Floats, own: Floats, other: Floats, alpha: Floats, radius: int) -> tuple[Floats, Floats]:
    side = (2 * radius + 1, 2 * radius + 1)
    share = cv2.blur(alpha, side)[..., None]
    own = cv2.blur(own * alpha, side) / (share + 1e-5)
    other = cv2.blur(other * (1 - alpha), side) / (1 - share + 1e-5)
    own = np.clip(own + alpha * (picture - alpha * own - (1 - alpha) * other), 0, 255)
    return own, other

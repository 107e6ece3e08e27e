"""Noise like the scene's own, drawn from a seed that the pictures themselves give."""

import hashlib

import cv2
import numpy as np

from generation.imaging.arrays import U8, Floats, Mask, blur

MOST = 6.0
"""Stronger noise than this (levels of 255) is texture, not grain."""


def strength(rgb: U8, where: Mask | None = None) -> float:
    """Standard deviation of a picture's noise in levels of 255 (Immerkaer, 1996), from its calmest half."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    rough = np.abs(cv2.filter2D(grey, -1, kernel))
    calm = cv2.blur(rough, (9, 9))
    chosen = calm[where] if where is not None and where.any() else calm
    limit = np.percentile(chosen, 40)
    mask = calm <= limit if where is None or not where.any() else (calm <= limit) & where
    return float(min(MOST, rough[mask].mean() * np.sqrt(np.pi / 2) / 6))


def draw(shape: tuple[int, int], *, sigma: float, size: float, seed: int) -> Floats:
    """Grey noise (H, W) of that standard deviation, its grains about `size` pixels large."""
    noise = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    if size > 1:
        noise = blur(noise, 0.45 * size)
        noise /= max(float(noise.std()), 1e-6)
    return noise * np.float32(sigma)


def seed(*pictures: U8) -> int:
    """The same pictures, the same noise."""
    total = hashlib.blake2b(digest_size=8)
    for picture in pictures:
        total.update(np.ascontiguousarray(picture).data)
    return int.from_bytes(total.digest())

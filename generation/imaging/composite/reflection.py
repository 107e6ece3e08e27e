"""The subject's image in a glossy ground."""

import cv2
import numpy as np

from generation.imaging.arrays import F32, blur

STRONGEST = 0.30
"""What polished stone throws back at the flat angles of product pictures (Fresnel, about 75 degrees off the normal)."""


def mirrored(light: F32, alpha: F32, base: F32, gloss: float) -> tuple[F32, F32]:
    """Colour times cover, and cover, of the image below the ground line; row 0 lies just below it.

    light: (H, W, 3), linear; alpha: (H, W); base: (W,), rows by which each column's foot lies above the lowest row.
    """
    height, width = alpha.shape
    rows = (height - 1 - np.arange(height, dtype=np.float32))[:, None] - 2 * base[None]
    columns = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width))
    flipped = cv2.remap(
        np.dstack([light * alpha[..., None], alpha]), columns.copy(), rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
    )
    fade = gloss * STRONGEST * np.exp(-np.arange(height) / (height * (0.15 + 0.5 * gloss)))
    soft = flipped * fade.astype(np.float32)[:, None, None]
    for part, sigma in ((0.0, 0.006), (0.12, 0.02), (0.35, 0.04)):  # the further from the foot, the less sharp
        start = int(part * height)
        blurred = blur(soft, (1.3 - gloss) * sigma * height)
        ramp = np.clip((np.arange(height) - start) / max(1.0, 0.1 * height), 0, 1) if part else np.ones(height)
        weight = ramp.astype(np.float32)[:, None, None]
        soft = soft * (1 - weight) + blurred * weight
    return soft[..., :3], soft[..., 3]

"""Our own pictures to bytes and back. For files from strangers there is `decode.open_photo`."""

from io import BytesIO

import numpy as np
from PIL import Image

THUMBNAIL = 512


def jpeg(picture: Image.Image, quality: int = 95) -> bytes:
    """The normalised form: colour at full size, no metadata; equal pixels give equal bytes."""
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def png(pixels: np.ndarray) -> bytes:
    """Grey (H, W), RGB or RGBA (H, W, 3 or 4) of uint8 as a PNG, without loss; equal pixels, equal bytes."""
    import cv2  # takes half of Pillow's time; but the process that opens strangers' files does without

    turns = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    turned = cv2.cvtColor(pixels, turns[pixels.shape[2]]) if pixels.ndim == 3 else pixels
    fast = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
    return bytes(cv2.imencode(".png", turned, fast)[1].tobytes())


def pixels(data: bytes) -> np.ndarray:
    """The pixels of a picture that we wrote: uint8, (H, W), (H, W, 3) or (H, W, 4)."""
    with Image.open(BytesIO(data), formats=["JPEG", "PNG", "WEBP"]) as picture:
        return np.array(picture)


def thumbnail(picture: Image.Image) -> bytes:
    """A WebP of at most 512 px a side, never enlarged; it may be see-through."""
    small = picture.copy() if max(picture.size) <= THUMBNAIL else _shrunk(picture)
    out = BytesIO()
    small.save(out, "WEBP", quality=82, method=2)
    return out.getvalue()


def _shrunk(picture: Image.Image) -> Image.Image:
    # Half of Lanczos' time; at this size nobody sees a difference.
    return picture.resize(fit(picture.size, THUMBNAIL), Image.Resampling.HAMMING, reducing_gap=2.0)


def fit(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    """That size scaled down, never up, until its longer side is at most `long_side`."""
    scale = min(1.0, long_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))

"""What a composite takes at 1K, 2K and 4K, against one decode and one encode of a picture of that size.

Run as `python -m bench.compositor_speed`. Both sides run in turns in this process; the shortest run counts.
The provider's time holds decoding its inputs and encoding its answer as well.
"""

import hashlib
import sys
from io import BytesIO

import numpy as np
from PIL import Image

from bench.timing import shortest
from generation.imaging.arrays import U8, resize
from generation.imaging.composite import composite
from generation.imaging.ratios import MODEL_PIXELS
from generation.providers.base import Job, Picture, PictureRequest
from generation.providers.compositor import Compositor
from tests import truth


def png(pixels: U8) -> bytes:
    out = BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def decode_and_encode(data: bytes) -> None:
    """The floor: a picture of the size that is made, read and written once."""
    with Image.open(BytesIO(data)) as opened:
        png(np.asarray(opened.convert("RGB")))


def picture(role: str, pixels: U8) -> Picture:
    data = png(pixels)
    height, width = pixels.shape[:2]
    return Picture(
        role=role,
        data=data,
        media_type="image/png",
        width=width,
        height=height,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def measure(size: str, name: str = "kitchen") -> None:
    """Print one line for a square picture made from inputs of 2048 px."""
    scene = resize(truth.picture(f"{name}/scene"), 2048, 2048)
    cutout = resize(np.dstack([truth.picture("subject/photo"), truth.mask("subject")]), 2048, 2048)
    width, height = MODEL_PIXELS["1:1"][size]
    made = composite(scene=scene, cutout=cutout, slot=truth.SLOTS[name], width=width, height=height)
    request = PictureRequest(
        prompt="",
        subject=picture("subject", cutout[..., :3]),
        cutout=picture("cutout", cutout),
        scene=picture("scene", scene),
        slot=truth.SLOTS[name],
        ratio="1:1",
        size=size,
        parameters={},
    )
    data = png(made.rgb)
    floor, alone, whole = shortest(
        lambda: decode_and_encode(data),
        lambda: composite(scene=scene, cutout=cutout, slot=truth.SLOTS[name], width=width, height=height),
        lambda: Compositor(alias="compositor", options={}).make(request, BytesIO(), Job()),
    )
    print(
        f"compositor {size} ({width} x {height}): composite {alone:.3f} s, whole call {whole:.3f} s, "
        f"decode and encode {floor:.3f} s, ratio {alone / floor:.2f} and {whole / floor:.2f}"
    )


def main() -> int:
    for size in ("1K", "2K", "4K"):
        measure(size)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The truth pictures in `fixtures/truth`, with the slots that a curator gives their scenes."""

from pathlib import Path

import numpy as np
from PIL import Image

from generation.imaging.arrays import U8
from generation.imaging.slot import Box, Light, Slot

FOLDER = Path(__file__).parent.parent / "fixtures/truth/banana"
SIZE = 768
SCENES = ("kitchen", "studio", "picnic")


def picture(name: str) -> U8:
    """An RGB picture of the truth set, such as `kitchen/scene`."""
    return np.array(Image.open(FOLDER / f"{name}.png").convert("RGB"))


def mask(name: str) -> U8:
    """The exact silhouette in `subject` or a scene's truth picture, 0 to 255."""
    return np.array(Image.open(FOLDER / name / "mask.png").convert("L"))


def _slot(box: tuple[int, int, int, int], light: Light, *, gloss: float, tilt: float) -> Slot:
    x0, y0, x1, y1 = (edge / SIZE for edge in box)
    return Slot(box=Box(x0=x0, y0=y0, x1=x1, y1=y1), ground=y1, light=light, gloss=gloss, tilt=tilt)


# The silhouettes' boxes and, from the script that rendered them, where light and camera stand.
SLOTS = {
    "kitchen": _slot((170, 369, 533, 511), Light(azimuth=273, height=32, softness=0.5), gloss=0.4, tilt=15),
    "studio": _slot((173, 333, 598, 504), Light(azimuth=69, height=50, softness=0.4), gloss=0.5, tilt=11),
    "picnic": _slot((224, 283, 528, 446), Light(azimuth=64, height=57, softness=0.0), gloss=0.0, tilt=26),
}

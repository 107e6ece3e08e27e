"""How long it takes to open a photo, against a bare Pillow decode, resize and encode of the same file.

Run as `python -m bench.intake`. Both sides run in turns in this process; the shortest of the runs counts.
Ends with status 1 if a ratio is over its goal. The cut-out is reported apart: it has no floor to stand on.
"""

import importlib.util
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from bench.timing import shortest
from generation.imaging.decode import open_photo
from generation.imaging.files import fit

GOAL = 1.6
SIZES = {"12 MP": (4032, 3024), "48 MP": (8064, 6048)}


def photo(width: int, height: int) -> Image.Image:
    """What costs a JPEG decoder as much as a photo: soft shapes, edges, fine texture, a sensor's noise."""
    random = np.random.default_rng(width)
    colours = [_layer(random, width, height, cells) for cells in (6, 40, 300)]
    mixed = sum(weight * layer for weight, layer in zip((0.6, 0.25, 0.15), colours, strict=True))
    noise = random.normal(0, 4, (height, width, 1)).astype(np.float32)
    return Image.fromarray(np.clip(mixed + noise, 0, 255).astype(np.uint8))


def _layer(random: np.random.Generator, width: int, height: int, cells: int) -> np.ndarray:
    coarse = random.integers(0, 256, (max(2, cells * height // width), cells, 3), dtype=np.uint8)
    scaled = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(scaled, np.float32)


def bare(path: Path, target: Path) -> None:
    """What anybody would write: decode, scale, encode."""
    with Image.open(path) as opened:
        size = fit(opened.size, 3072)
        scaled = opened.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    scaled.save(target, "JPEG", quality=95, subsampling=0)


def measure(name: str, folder: Path) -> bool:
    """Print one line. False if it is over the goal."""
    path = folder / "photo.jpg"
    photo(*SIZES[name]).save(path, "JPEG", quality=92)
    open_photo(path)  # the first one starts the process beside
    floor, ours = shortest(lambda: bare(path, folder / "bare.jpg"), lambda: open_photo(path))
    ratio = ours / floor
    verdict = "ok" if ratio <= GOAL else "OVER"
    megabytes = path.stat().st_size / 2**20
    print(
        f"intake {name} JPEG ({megabytes:.1f} MB): {ours:.3f} s, bare {floor:.3f} s, "
        f"ratio {ratio:.2f} (goal at most {GOAL}) {verdict}"
    )
    return ratio <= GOAL


def measure_cutout(folder: Path) -> None:
    if importlib.util.find_spec("generation.imaging.cutout") is None:
        return
    from generation.imaging.cutout import cut_out

    rgb = open_photo(folder / "photo.jpg").rgb
    (took,) = shortest(lambda: cut_out(rgb))
    print(f"intake cut-out of {rgb.shape[1]} x {rgb.shape[0]}: {took:.3f} s")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        within = [measure(name, Path(folder)) for name in SIZES]
        measure_cutout(Path(folder))
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())

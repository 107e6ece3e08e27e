"""What a whole `generate` costs beyond its image work, and how long the command line takes to start.

Run as `python -m bench.generate`. The demo's photo goes into the demo's kitchen with the compositor, at 2K:
taken in, asked for, run. Its image work is done alone in the same process, in turns with it: open the photo,
cut out, advise, composite, encode, check and shrink the answer. The median of the rounds' ratios counts. Ends
with status 1 if it is over its goal.

The floor of `manage.py check` is a process that only sets Django up, with the same settings and apps.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.database import demo_in
from bench.timing import RUNS, shortest

if TYPE_CHECKING:
    from generation.imaging.slot import Slot

GOAL = 1.25
SIDE = 2048
ROOT = Path(__file__).parent.parent
PHOTO = ROOT / "fixtures/demo/subjects/banana.jpg"
SETUP = (
    "import os, django; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'brandkit.settings'); django.setup()"
)


def photo(folder: str, number: int) -> Path:
    """The demo's photo with a comment of its own, so that it is another one each time."""
    data = PHOTO.read_bytes()
    path = Path(folder) / f"banana-{number}.jpg"
    path.write_bytes(data[:2] + b"\xff\xfe\x00\x06" + number.to_bytes(4) + data[2:])
    return path


def whole(path: Path) -> None:
    """What `manage.py generate` does once it has started."""
    from brandkit.accounts.models import Brand
    from generation.intake import take_in
    from generation.runner import run
    from generation.services import request
    from templates_app.demo import BRAND
    from templates_app.services import find_format, find_prompt, find_scene

    brand = Brand.objects.get(slug=BRAND)
    subject, _ = take_in(brand=brand, by=None, file=path)
    generation, new = request(
        brand=brand,
        by=None,
        subject=subject,
        scene_version=find_scene(brand=brand, slug="kitchen"),
        prompt_version=find_prompt(brand=brand),
        output_format=find_format(brand=brand, slug="square"),
        send=False,
    )
    run(generation.NOUN, generation.pk)
    generation.refresh_from_db()
    assert new
    assert generation.output.width == SIDE


def image_work(path: Path, scene: bytes, slot: "Slot") -> dict[str, float]:
    """Seconds of each step of the job that works on pixels, with nothing around it.

    The cut-out goes on as it is: that a provider gets it as a file is a cost of the whole.
    """
    from generation.imaging import files
    from generation.imaging.advice import advise
    from generation.imaging.answer import open_answer
    from generation.imaging.composite import composite
    from generation.imaging.cutout import cut_out
    from generation.imaging.decode import open_photo

    laps: dict[str, float] = {}
    with lap(laps, "open"):
        opened = open_photo(path)
    with lap(laps, "cut out"):
        cutout = cut_out(opened.rgb)
        files.png(cutout.rgba)
    with lap(laps, "advise"):
        advise(opened.rgb, cutout, original=(opened.original_width, opened.original_height))
    with lap(laps, "composite"):
        made = composite(scene=files.pixels(scene), cutout=cutout.rgba, slot=slot, width=SIDE, height=SIDE)
    with lap(laps, "encode"), tempfile.TemporaryFile() as file:
        size = file.write(files.png(made.rgb))
        file.flush()
        with lap(laps, "check and preview"):
            open_answer(file, size=size)
    laps["encode"] -= laps["check and preview"]
    return laps


@contextmanager
def lap(laps: dict[str, float], name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    laps[name] = time.perf_counter() - start


def measure_generate(folder: str) -> bool:
    """Print one line. False if it is over the goal."""
    from templates_app.models import SceneVersion

    version = SceneVersion.objects.get(scene__slug="kitchen")
    with version.picture.open("rb") as stored:
        scene = stored.read()
    wholes, works = [], []
    for number in range(RUNS + 1):
        path, laps = photo(folder, number), dict[str, float]()
        with lap(laps, "whole"):
            whole(path)
        wholes.append(laps["whole"])
        works.append(image_work(path, scene, version.slot))
    # The first round loads the models. Both halves of a round meet the same machine, busy or not.
    rounds = [(whole, sum(steps.values())) for whole, steps in zip(wholes, works, strict=True)][1:]
    ratio = median(ours / floor for ours, floor in rounds)
    steps = ", ".join(f"{name} {median(work[name] for work in works[1:]):.2f}" for name in works[0])
    print(
        f"generate at {SIDE} px: {median(ours for ours, _ in rounds):.2f} s, its image work "
        f"{median(floor for _, floor in rounds):.2f} s ({steps}), "
        f"ratio {ratio:.2f} (goal at most {GOAL}) {'ok' if ratio <= GOAL else 'OVER'}"
    )
    return ratio <= GOAL


def measure_start() -> None:
    check, floor = shortest(
        lambda: python("manage.py", "check", "--verbosity", "0"), lambda: python("-c", SETUP)
    )
    print(
        f"start-up of `manage.py check`: {check:.2f} s, setting Django up alone {floor:.2f} s, "
        f"ratio {check / floor:.2f}"
    )


def python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        demo_in(folder)
        good = measure_generate(folder)
        measure_start()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
